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

/// Properties that hold a secret, by type.
const PROPERTIES: &[(&str, &str)] = &[
    ("AWS::DocDB::DBCluster", "MasterUserPassword"),
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
    ("AWS::IAM::User", "LoginProfile.Password"),
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
    ("AWS::Redshift::Cluster", "MasterUserPassword"),
    ("AWS::SecretsManager::Secret", "SecretString"),
];

/// Last words of names of environment variables that hold a secret.
const WORDS: &[&str] = &["PASSWORD", "PASSWD", "SECRET", "SECRET_KEY", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY"];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    by_name(cx, view);
    let resources = view.resources().map(|it| (it.properties(), format!("`{}`", it.id())));
    let objects = view.objects().map(|it| (it.body(), format!("{} `{}`", it.kind(), it.name())));
    for (root, owner) in resources.chain(objects) {
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
        Expr::Text(text) => secrets::found(text),
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
            if let Some(value) = resource.get(path).filter(is_literal) {
                report(cx, &value, &format!("`{path}` of `{}` is written out", resource.id()));
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
    for function in view.of("AWS::Lambda::Function") {
        let variables = function.get("Environment.Variables");
        for (name, value) in variables.into_iter().flat_map(|variables| variables.entries()) {
            if names_secret(name) && is_literal(&value) {
                report(cx, &value, &format!("environment variable `{name}` of `{}` is written out", function.id()));
            }
        }
    }
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
