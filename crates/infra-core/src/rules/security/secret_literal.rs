//! `security/secret-literal`: secrets appear by reference only.

use crate::artifacts::Expr;
use crate::diag::Diagnostic;
use crate::facts::secrets;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/secret-literal",
    code: "SEC-001",
    severity: Severity::Error,
    phase: Phase::Security,
    title: "secret is written out",
    why: "what stands in a template or manifest is read by everyone who may read the repository, the stack or the \
          object, and stays in their history",
    error: None,
    sources: &["https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - name: DB_PASSWORD
              value: k3Xr9-not-so-secret
#                    ^
"#,
    good: &[("value: k3Xr9-not-so-secret", "valueFrom: { secretKeyRef: { name: orders-db, key: password } }")],
    check: Check::View(check),
};

/// Properties that hold a secret, by type; through lists.
const PROPERTIES: &[(&str, &str)] = &[
    ("AWS::AmazonMQ::Broker", "Users.Password"),
    ("AWS::Cognito::UserPoolIdentityProvider", "ProviderDetails.client_secret"),
    ("AWS::DMS::Endpoint", "Password"),
    ("AWS::DirectoryService::MicrosoftAD", "Password"),
    ("AWS::DirectoryService::SimpleAD", "Password"),
    ("AWS::DocDB::DBCluster", "MasterUserPassword"),
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
    ("AWS::ElastiCache::User", "Passwords"),
    ("AWS::IAM::User", "LoginProfile.Password"),
    ("AWS::MemoryDB::User", "AuthenticationMode.Passwords"),
    ("AWS::OpenSearchService::Domain", "AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword"),
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
    ("AWS::Redshift::Cluster", "MasterUserPassword"),
    ("AWS::RedshiftServerless::Namespace", "AdminUserPassword"),
    ("AWS::SecretsManager::Secret", "SecretString"),
];

/// Properties that hold environment variables, by type: a mapping, or a list of `Name` and `Value`.
const VARIABLES: &[(&str, &str)] = &[
    ("AWS::AppRunner::Service", "SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables"),
    ("AWS::Batch::JobDefinition", "ContainerProperties.Environment"),
    ("AWS::CodeBuild::Project", "Environment.EnvironmentVariables"),
    ("AWS::ECS::TaskDefinition", "ContainerDefinitions.Environment"),
    ("AWS::Lambda::Function", "Environment.Variables"),
    ("AWS::Serverless::Function", "Environment.Variables"),
];

/// Last words of names of environment variables that hold a secret.
const WORDS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "SECRET_KEY",
    "SECRET_ACCESS_KEY",
    "TOKEN",
    "AUTH_TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    by_name(cx, view);
    let resources = view.resources().map(|it| (it.properties(), format!("`{}`", it.id())));
    let objects = view.objects().map(|it| (it.body(), format!("{} `{}`", it.kind(), it.name())));
    let batches = view.records().filter(|record| record.resource().is_none());
    let records = batches.map(|record| (record.prop(), format!("record `{}`", record.called())));
    view.objects().filter(|object| object.kind() == "Secret").for_each(|secret| encoded(cx, &secret));
    for (root, owner) in resources.chain(objects).chain(records) {
        by_form(cx, root, &owner);
    }
    for stack in view.stacks() {
        stack.outputs().for_each(|(key, value)| by_form(cx, value, &format!("output `{key}`")));
    }
}

/// Reports each text that has the form of a secret, whatever it is called.
fn by_form(cx: &mut Cx<'_>, value: Prop<'_>, owner: &str) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| by_form(cx, below, owner)),
        Expr::List(_) => value.items().for_each(|item| by_form(cx, item, owner)),
        other => {
            if let Some(form) = form_in(other) {
                report(cx, &value, &format!("{owner} holds what has the form of a {form}"));
            }
        }
    }
}

/// Looks into text, its parts, and what functions are given.
fn form_in(value: &Expr) -> Option<&'static str> {
    match value {
        // User data is encoded where all of it is known.
        Expr::Text(text) => secrets::found(text)
            .or_else(|| decoded(text).filter(|_| text.len() >= 32).and_then(|plain| secrets::found(&plain))),
        Expr::Concat(items) | Expr::List(items) => items.iter().find_map(form_in),
        Expr::Object(object) => object.iter().find_map(|(_, below)| form_in(below)),
        Expr::Call(_, argument) => form_in(argument),
        _ => None,
    }
}

/// Reports what stands in the place of a secret.
fn by_name(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, path) in PROPERTIES {
        for resource in view.of(kind) {
            for value in resource.properties().every(path).iter().filter(|value| is_literal(value)) {
                report(cx, value, &format!("`{path}` of `{}` is written out", resource.id()));
            }
        }
    }
    for container in view.objects().filter_map(|object| object.pods()).flat_map(|pods| pods.containers()) {
        for (name, value) in container.envs() {
            if names_secret(&name) && is_literal(&value) {
                report(cx, &value, &format!("environment variable `{name}` of `{}` is written out", container.name()));
            }
        }
    }
    for (kind, path) in VARIABLES {
        for resource in view.of(kind) {
            for held in resource.properties().every(path) {
                of_variables(cx, &resource, &held);
            }
        }
    }
}

/// Reports the variables of a mapping, or the one of an item with `Name` and `Value`, whose name says that they are secret.
fn of_variables(cx: &mut Cx<'_>, resource: &Resource<'_>, held: &Prop<'_>) {
    let item = held.key("Name").and_then(|name| Some((name.text()?.into_owned(), held.key("Value")?)));
    let variables: Vec<(String, Prop<'_>)> = match item {
        Some(item) => vec![item],
        None => held.entries().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    for (name, value) in variables {
        // CodeBuild reads the others from where they are kept.
        let is_plain = held.key("Type").is_none_or(|kind| kind.is("PLAINTEXT"));
        if is_plain && names_secret(&name) && is_literal(&value) {
            report(cx, &value, &format!("environment variable `{name}` of `{}` is written out", resource.id()));
        }
    }
}

/// Reports what is encoded in a Secret of Kubernetes and has the form of one.
fn encoded(cx: &mut Cx<'_>, secret: &Object<'_>) {
    for (key, value) in secret.get("data").into_iter().flat_map(|data| data.entries()) {
        let plain = value.text().and_then(|text| decoded(&text));
        if let Some(form) = plain.and_then(|plain| secrets::found(&plain)) {
            report(cx, &value, &format!("`{key}` of Secret `{}` holds a {form}, only encoded", secret.name()));
        }
    }
}

/// The text behind base64.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c.wrapping_sub(b'A'),
            b'a'..=b'z' => c.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => c.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits = bits.wrapping_add(6);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or_default());
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

fn report(cx: &mut Cx<'_>, value: &Prop<'_>, title: &str) {
    let mut finding: Diagnostic = value.finding(title, "a literal");
    if let Some(label) = finding.primary.as_mut() {
        label.at = label.at.clone().hidden();
    }
    cx.report(
        finding.help("keep it in Secrets Manager, and refer to it: `{{resolve:secretsmanager:…}}` or a mounted file"),
    );
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

/// Whether the value is a text that was written by a person and is more than a switch, a path or a name of something.
fn is_literal(value: &Prop<'_>) -> bool {
    let Expr::Text(text) = value.expr() else { return false };
    let reference = text.contains("${") || text.contains("{{") || text.starts_with("arn:") || text.starts_with('/');
    // What has the form of a secret is reported as one, once.
    !reference
        && secrets::found(text).is_none()
        && text.len() >= 6
        && !matches!(text.as_ref(), "changeme" | "false" | "disabled" | "REPLACE_ME")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn what_is_encoded_and_what_lists_hold_is_read() {
        assert_eq!(super::decoded("c2hvcDphYg==").as_deref(), Some("shop:ab"));
        assert_eq!(super::decoded("c2hvcA").as_deref(), Some("shop"));
        let task = |kind: &str| {
            format!(
                "Resources:\n  One: {{ Type: {kind}, Properties: {{ ContainerDefinitions: [{{ Name: a, Image: b, Environment: [{{ Name: DB_PASSWORD, Value: k3Xr9-quiet }}] }}] }} }}\n"
            )
        };
        assert_eq!(of_rule(&super::RULE, &task("AWS::ECS::TaskDefinition")).len(), 1);
    }

    #[test]
    fn a_token_is_told_under_any_name_in_any_plane() {
        let token = ["ghp", "a1B2c3D4e5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");
        let function = format!(
            "Resources:\n  One: {{ Type: AWS::Lambda::Function, Properties: {{ Environment: {{ Variables: {{ REMOTE: {token} }} }} }} }}\n"
        );
        let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a }}\ndata: {{ remote: {token} }}\n");
        for text in [function, map] {
            let found = of_rule(&super::RULE, &text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(!found[0].contains(&token));
        }
    }
}
