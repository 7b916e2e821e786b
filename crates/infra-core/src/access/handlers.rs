//! What CloudFormation does to resources with the caller's credentials, by the permissions that AWS publishes for each
//! type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::beside::beside;
use super::calls::{prefix, texts};
use super::{Ask, Handlers, Needs, Statement};
use crate::facts::resource_types;
use crate::state::{Desired, is_protected};

/// Types that call no service.
const INERT: [&str; 3] =
    ["AWS::CloudFormation::WaitConditionHandle", "AWS::CloudFormation::WaitCondition", "AWS::CDK::Metadata"];

/// Characters of a stack's name that are in the names that CloudFormation makes for IAM; from memory.
const NAME_PART: usize = 24;

/// Adds what CloudFormation needs for the resources of the environment.
pub(super) fn add(ask: &Ask<'_>, needs: &mut Needs) {
    let handlers: &[&str] = match ask.handlers {
        Handlers::None => return,
        Handlers::Read => &["read"],
        Handlers::Delete => &["read", "delete", "list"],
        Handlers::All => &["create", "read", "update", "delete", "list"],
    };
    let mut actions = BTreeSet::new();
    let opened = match ask.handlers {
        Handlers::Delete => protected(ask.desired),
        Handlers::None | Handlers::Read | Handlers::All => BTreeSet::new(),
    };
    for name in types(ask.desired) {
        let Some(kind) = resource_types::find(name) else {
            needs.silent.insert(name.to_owned());
            continue;
        };
        let mut said = false;
        // What is protected from deletion is changed before it goes.
        let update = opened.contains(name).then_some(&"update");
        for permissions in handlers.iter().chain(update).filter_map(|handler| kind.permissions(handler)) {
            said = true;
            actions.extend(permissions.filter(|action| is_action(action)));
        }
        if !said && !INERT.contains(&name) {
            needs.silent.insert(name.to_owned());
        }
    }
    actions.extend(resources(ask.desired).flat_map(|(_, resource)| beside(resource, ask.handlers)));
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for action in actions {
        let service = action.split(':').next().unwrap_or_default();
        services.entry(service).or_default().insert(action);
    }
    for (service, actions) in services {
        let kept: BTreeSet<String> =
            actions.iter().filter(|action| !covered(action, &actions)).map(|action| (*action).to_owned()).collect();
        if service == "iam" {
            needs.statements.extend(iam(ask.desired, kept));
            continue;
        }
        let mut statement = Statement { actions: kept, ..Statement::new(&sid(service), ["*".to_owned()]) };
        if service == "s3"
            && types(ask.desired).iter().all(|kind| kind.starts_with("AWS::S3::Bucket"))
            && let Some(buckets) = buckets(ask.desired)
        {
            // Nothing but buckets whose names are known: the bootstrap.
            statement.resources = buckets;
            if let Some(list) = statement.actions.take("s3:ListAllMyBuckets") {
                let all = Statement::new("ListingBucketsHasNoResource", ["*".to_owned()]);
                needs.statements.push(Statement { actions: BTreeSet::from([list]), ..all });
            }
        }
        needs.statements.push(statement);
    }
}

fn types(desired: &Desired) -> BTreeSet<&str> {
    let resources = resources(desired);
    resources.filter_map(|(_, resource)| resource.get("Type").and_then(Value::as_str)).collect()
}

/// The types of resources that their service refuses to delete.
fn protected(desired: &Desired) -> BTreeSet<&str> {
    let protected = resources(desired).filter(|(_, resource)| is_protected(resource));
    protected.filter_map(|(_, resource)| resource.get("Type").and_then(Value::as_str)).collect()
}

fn resources(desired: &Desired) -> impl Iterator<Item = (&String, &Value)> {
    desired.stacks.values().filter_map(|stack| stack.template.get("Resources")?.as_object()).flatten()
}

fn is(resource: &Value, kind: &str) -> bool {
    resource.get("Type").and_then(Value::as_str) == Some(kind)
}

/// Whether it is spelled as IAM takes it.
fn is_action(action: &str) -> bool {
    let word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
    };
    action.split_once(':').is_some_and(|(service, verb)| word(service, "-") && word(verb, "*?"))
}

/// Whether a pattern beside it says the same, or another spelling comes first: IAM does not tell letter cases apart.
fn covered(action: &str, all: &BTreeSet<&str>) -> bool {
    all.iter().filter(|other| **other != action).any(|other| match other.strip_suffix('*') {
        Some(start) => action.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start)),
        None => *other < action && other.eq_ignore_ascii_case(action),
    })
}

fn sid(service: &str) -> String {
    let words = service.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    format!("CloudFormation{}", words.collect::<String>())
}

fn buckets(desired: &Desired) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (_, bucket) in resources(desired).filter(|(_, it)| is(it, "AWS::S3::Bucket")) {
        let name = bucket.pointer("/Properties/BucketName")?.as_str()?;
        found.insert(format!("arn:{}:s3:::{name}", desired.partition));
        found.insert(format!("arn:{}:s3:::{name}/*", desired.partition));
    }
    Some(found)
}

/// Whoever may change any role can do anything, so what changes something is for what the project's stacks make.
fn iam(desired: &Desired, actions: BTreeSet<String>) -> Vec<Statement> {
    let of = |kind, name, part| named(desired, kind, name, part);
    let roles = of("AWS::IAM::Role", "RoleName", "role");
    let mut passed = roles.clone();
    let foreign = foreign_roles(desired);
    passed.extend(foreign.iter().cloned());
    let mut pass = Statement::new("CloudFormationPassesRoles", passed);
    if let Some(services) = trusted(desired).filter(|_| foreign.is_empty()) {
        pass.equals.insert("iam:PassedToService".to_owned(), services);
    }
    let linked = format!("arn:{}:iam::{}:role/aws-service-role/*", desired.partition, desired.account);
    let mut list = [
        Statement::new("CloudFormationIam", ["*".to_owned()]),
        Statement::new("CloudFormationIamRoles", roles),
        Statement::new(
            "CloudFormationIamProfiles",
            of("AWS::IAM::InstanceProfile", "InstanceProfileName", "instance-profile"),
        ),
        Statement::new("CloudFormationIamPolicies", of("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "policy")),
        Statement::new("CloudFormationServiceLinkedRoles", [linked]),
        pass,
    ];
    let nothing_to_pass = foreign.is_empty() && !resources(desired).any(|(_, it)| is(it, "AWS::IAM::Role"));
    for action in actions.into_iter().filter(|action| !(nothing_to_pass && action == "iam:PassRole")) {
        let verb = action.split(':').nth(1).unwrap_or_default();
        let looks = ["Get", "List"].iter().any(|start| verb.starts_with(start));
        let index = match verb {
            "PassRole" => 5,
            "CreateServiceLinkedRole" | "DeleteServiceLinkedRole" => 4,
            _ if looks => 0,
            _ if verb.contains("InstanceProfile") => 2,
            _ if verb.contains("Role") || verb == "UpdateAssumeRolePolicy" => 1,
            _ if verb.contains("Policy") && !verb.contains("User") && !verb.contains("Group") => 3,
            _ => 0,
        };
        if let Some(statement) = list.get_mut(index) {
            statement.actions.insert(action);
        }
    }
    list.into_iter().filter(|statement| !statement.actions.is_empty()).collect()
}

/// ARNs of what the stacks make of a type: by the start of the names that CloudFormation makes, and by names that
/// templates give.
fn named(desired: &Desired, kind: &str, name: &str, part: &str) -> BTreeSet<String> {
    let made: String = prefix(desired).chars().take(NAME_PART).collect();
    let arn = |path: &str, name: &str| format!("arn:{}:iam::{}:{part}{path}{name}", desired.partition, desired.account);
    let of_kind = resources(desired).filter(|(_, it)| is(it, kind));
    let one = |(_, resource): (&String, &Value)| {
        let path = resource.pointer("/Properties/Path").map_or_else(|| "/".to_owned(), pattern);
        match resource.get("Properties").and_then(|properties| properties.get(name)) {
            Some(name) => arn(&path, &pattern(name)),
            None => arn(&path, &format!("{made}*")),
        }
    };
    let mut found: BTreeSet<String> = of_kind.map(one).collect();
    found.insert(arn("/", &format!("{made}*")));
    found
}

/// A text with `*` for what is not known before it is deployed.
fn pattern(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => match map.get("Fn::Sub") {
            Some(Value::String(text)) => {
                let mut pattern = String::new();
                let mut rest = text.as_str();
                while let Some((before, after)) = rest.split_once("${") {
                    pattern.push_str(before);
                    pattern.push('*');
                    rest = after.split_once('}').map_or("", |(_, rest)| rest);
                }
                pattern + rest
            }
            Some(_) | None => "*".to_owned(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => "*".to_owned(),
    }
}

/// Roles of others that templates name.
fn foreign_roles(desired: &Desired) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, resource) in resources(desired) {
        texts(resource.get("Properties").unwrap_or(&Value::Null), &mut |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            if let ["arn", _, "iam", _, account, role] = parts.as_slice()
                && role.starts_with("role/")
                && *account == desired.account
            {
                found.insert(text.to_owned());
            }
        });
    }
    found
}

/// The services that the roles trust; nothing if that is not known of all of them.
fn trusted(desired: &Desired) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (_, role) in resources(desired).filter(|(_, it)| is(it, "AWS::IAM::Role")) {
        let statements = role.pointer("/Properties/AssumeRolePolicyDocument/Statement")?;
        let one = std::slice::from_ref(statements);
        for statement in statements.as_array().map_or(one, Vec::as_slice) {
            match statement.pointer("/Principal/Service") {
                Some(Value::String(service)) => {
                    found.insert(service.clone());
                }
                Some(Value::Array(services)) => {
                    for service in services {
                        found.insert(service.as_str()?.to_owned());
                    }
                }
                // Federated users and accounts take a role themselves.
                None if statement.get("Principal").is_some_and(Value::is_object) => {}
                Some(_) | None => return None,
            }
        }
    }
    if found.contains("pods.eks.amazonaws.com") {
        // Pods get their roles through EKS.
        found.insert("eks.amazonaws.com".to_owned());
    }
    Some(found).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::needs;
    use super::*;
    use crate::kinds::testing::compile;

    const YAML: &str = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
queues: { jobs: {} }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }
raw:
  task-role:
    type: AWS::IAM::Role
    properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: { Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: ecs-tasks.amazonaws.com } }
  task:
    type: AWS::ECS::TaskDefinition
    properties: { TaskRoleArn: arn:aws:iam::123456789012:role/of-others }
";

    fn ask(yaml: &str, actions: &[&'static str], handlers: Handlers) -> Needs {
        let desired = Desired::read(&compile(yaml).files).unwrap();
        needs(&Ask { desired: &desired, bucket: "templates", actions, handlers })
    }

    fn texts_of(set: &BTreeSet<String>) -> Vec<&str> {
        set.iter().map(String::as_str).collect()
    }

    fn find<'a>(needs: &'a Needs, action: &str) -> Vec<&'a Statement> {
        needs.statements.iter().filter(|it| it.actions.contains(action)).collect()
    }

    #[test]
    fn what_is_sent_is_for_the_resources_of_the_environment() {
        let actions =
            ["cloudformation:GetTemplate", "route53:GetHostedZone", "s3:PutObject", "acm:DescribeCertificate"];
        let found = ask(YAML, &actions, Handlers::None);
        let resources = |action: &str| texts_of(&find(&found, action)[0].resources);
        assert_eq!(
            resources("cloudformation:GetTemplate"),
            [
                "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-dev-*/*",
                "arn:aws:cloudformation:us-east-1:123456789012:stack/shop-dev-*/*"
            ]
        );
        assert_eq!(resources("route53:GetHostedZone"), ["arn:aws:route53:::hostedzone/Z0123456789EXAMPLE0"]);
        assert_eq!(resources("s3:GetObject"), ["arn:aws:s3:::templates/*"]);
        assert_eq!(found.statements.len(), 4);
        let made = YAML.replace(", existing: Z0123456789EXAMPLE0", "");
        let found = ask(&made, &["route53:GetHostedZone"], Handlers::None);
        assert_eq!(found.statements[0].sid, "ZonesThatStacksMakeHaveIdsOfTheirOwn");
    }

    #[test]
    fn handlers_give_the_permissions_of_the_types_and_of_no_others() {
        let found = ask("queues: { jobs: {} }\n", &[], Handlers::All);
        let services: BTreeSet<&str> =
            found.statements.iter().flat_map(|it| &it.actions).filter_map(|it| it.split(':').next()).collect();
        assert_eq!(services, BTreeSet::from(["sqs"]));
        assert!(!find(&found, "sqs:CreateQueue").is_empty() && !find(&found, "sqs:DeleteQueue").is_empty());
        let found = ask("queues: { jobs: {} }\n", &[], Handlers::Delete);
        assert!(find(&found, "sqs:CreateQueue").is_empty() && !find(&found, "sqs:DeleteQueue").is_empty());
        let pool = |protection: &str| {
            let properties = format!("{{ DeletionProtection: {protection} }}");
            let yaml = format!("raw: {{ p: {{ type: 'AWS::Cognito::UserPool', properties: {properties} }} }}\n");
            find(&ask(&yaml, &[], Handlers::Delete), "cognito-idp:UpdateUserPool").len()
        };
        assert_eq!((pool("ACTIVE"), pool("INACTIVE")), (1, 0));
    }

    #[test]
    fn roles_are_changed_and_passed_only_where_they_are_ours() {
        let ours = YAML.replace("{ TaskRoleArn: arn:aws:iam::123456789012:role/of-others }", "{}");
        let found = ask(&ours, &[], Handlers::All);
        assert_eq!(
            texts_of(&find(&found, "iam:CreateRole")[0].resources),
            ["arn:aws:iam::123456789012:role/shop-dev-*"]
        );
        let pass = find(&found, "iam:PassRole");
        assert_eq!(texts_of(&pass[0].resources), ["arn:aws:iam::123456789012:role/shop-dev-*"]);
        assert_eq!(texts_of(&pass[0].equals["iam:PassedToService"]), ["ecs-tasks.amazonaws.com"]);
        // Whom a role of others trusts is not known.
        let found = ask(YAML, &[], Handlers::All);
        let pass = find(&found, "iam:PassRole");
        assert_eq!(
            texts_of(&pass[0].resources),
            ["arn:aws:iam::123456789012:role/of-others", "arn:aws:iam::123456789012:role/shop-dev-*"]
        );
        assert!(pass[0].equals.is_empty());
    }

    #[test]
    fn parameters_that_come_from_ssm_are_read_with_the_credentials_of_the_caller() {
        let actions = ["cloudformation:CreateChangeSet"];
        let yaml = "
queues: { jobs: { existing: { arn: { ssm-parameter: /jobs } } } }
topics: { events: { subscriptions: { jobs: { queue: jobs } } } }
";
        assert_eq!(find(&ask(yaml, &actions, Handlers::None), "ssm:GetParameters").len(), 1);
        let yaml = yaml.replace("{ ssm-parameter: /jobs }", "'arn:aws:sqs:eu-west-1:123456789012:jobs'");
        assert!(find(&ask(&yaml, &actions, Handlers::None), "ssm:GetParameters").is_empty());
    }

    #[test]
    fn a_type_without_permissions_is_named() {
        let yaml = "
raw:
  answer: { type: 'AWS::CloudFormation::CustomResource', properties: { ServiceToken: arn:aws:lambda:eu-west-1:123456789012:function:f } }
";
        let found = ask(yaml, &[], Handlers::All);
        assert_eq!(texts_of(&found.silent), ["AWS::CloudFormation::CustomResource"]);
    }

    #[test]
    fn spellings_and_patterns_are_said_once() {
        let all = BTreeSet::from(["s3:GetBucketCORS", "s3:GetBucketCors", "s3:List*", "s3:ListBucket"]);
        let kept: Vec<&&str> = all.iter().filter(|action| !covered(action, &all)).collect();
        assert_eq!(kept, [&"s3:GetBucketCORS", &"s3:List*"]);
        assert!(
            is_action("sqs:CreateQueue") && !is_action("sqs") && !is_action("sqs: CreateQueue") && !is_action(":x")
        );
    }

    #[test]
    fn names_that_templates_compute_are_patterns() {
        assert_eq!(pattern(&serde_json::json!({ "Fn::Sub": "a-${AWS::Region}-b${X}" })), "a-*-b*");
        assert_eq!(pattern(&serde_json::json!({ "Ref": "Name" })), "*");
    }
}
