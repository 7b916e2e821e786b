//! Who could do or reach more than before: what permissions and networks mean, not how they are written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::changes::{Exposure, ExposureKind, StackChange};
use super::draft::{entry, section};
use super::grants::{Grant, Statement, text, texts, widened};
use super::normal::is_policy;
use super::reach::{Opening, Rule, opened};
use super::switches::switches;

/// What the change of a stack exposes; without a template before, the stack is new.
///
/// Of things that are new only what is public or unbounded is said: that somebody may use them is why they are made.
pub fn exposures(change: &StackChange, before: Option<&Value>, after: &Value) -> Vec<Exposure> {
    let stack = &change.stack;
    let changed: BTreeSet<&str> = change.resources.iter().map(|resource| resource.id.as_str()).collect();
    let found = &mut BTreeSet::new();
    let empty = Value::Null;
    let old = before.unwrap_or(&empty);
    permissions(old, after, (&changed, before.is_none()), found);
    networks(old, after, before.is_none(), found);
    switches(old, after, &changed, found);
    let exposure = |(resource, kind, text): &(String, ExposureKind, String)| Exposure {
        stack: stack.clone(),
        resource: resource.clone(),
        kind: *kind,
        text: text.clone(),
    };
    found.iter().map(exposure).collect()
}

/// What is found: the resource, the kind and the text.
pub(super) type Found = BTreeSet<(String, ExposureKind, String)>;

/// Whose permissions statements are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A role, user or group, or whatever a policy is attached to.
    Identity(String),
    /// A resource that has a policy of its own.
    Resource(String),
}

fn permissions(before: &Value, after: &Value, (changed, new_stack): (&BTreeSet<&str>, bool), found: &mut Found) {
    let differs = |id: &str, _: &Value| changed.contains(id);
    let (mut old, mut new) = (statements(before, differs), statements(after, differs));
    // What stays as it is matters only beside what changes: it may allow already what is allowed elsewhere now.
    let touched: BTreeSet<Subject> = old.keys().chain(new.keys()).cloned().collect();
    if touched.is_empty() {
        return;
    }
    let beside = |id: &str, properties: &Value| {
        !changed.contains(id) && subjects(id, properties).any(|subject| touched.contains(&subject))
    };
    for (subject, stays) in statements(after, beside).into_iter().filter(|(subject, _)| touched.contains(subject)) {
        old.entry(subject.clone()).or_default().extend(stays.iter().cloned());
        new.entry(subject).or_default().extend(stays);
    }
    for (subject, after_statements) in &new {
        let before_statements = old.get(subject).map(Vec::as_slice).unwrap_or_default();
        let (Subject::Identity(name) | Subject::Resource(name)) = subject;
        let id = id_of(name);
        let made = entry(after, "Resources", id).is_some() && entry(before, "Resources", id).is_none();
        let fresh = made || (new_stack && before_statements.is_empty());
        let grants = widened(before_statements, after_statements);
        report(subject, &grants, fresh, found);
    }
    // A policy that goes may have denied something, if its subject stays.
    for (subject, before_statements) in old.iter().filter(|(subject, _)| !new.contains_key(*subject)) {
        let (Subject::Identity(name) | Subject::Resource(name)) = subject;
        let stays = |id: &str| entry(after, "Resources", id).is_some() || entry(before, "Resources", id).is_none();
        if !stays(id_of(name)) {
            continue;
        }
        report(subject, &widened(before_statements, &[]), false, found);
    }
}

/// Whose the statements of a resource may be.
fn subjects(id: &str, properties: &Value) -> impl Iterator<Item = Subject> {
    let own = Subject::Identity(format!("${{{id}}}"));
    let invoked = properties.get("FunctionName").map(|function| Subject::Resource(text(function)));
    guarded(id, properties).into_iter().chain(attached(id, properties)).chain([own]).chain(invoked)
}

/// The statements of those resources of a template that are wanted, by whose they are.
fn statements(template: &Value, wanted: impl Fn(&str, &Value) -> bool) -> BTreeMap<Subject, Vec<Statement>> {
    let mut found: BTreeMap<Subject, Vec<Statement>> = BTreeMap::new();
    for (id, resource) in section(template, "Resources") {
        let Some(properties) = resource.get("Properties").filter(|properties| wanted(id, properties)) else { continue };
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let own = Subject::Identity(format!("${{{id}}}"));
        for managed in properties.get("ManagedPolicyArns").map(texts).unwrap_or_default() {
            let statement = Statement::allow(&format!("what {managed} allows"), "*", "", &[], id);
            found.entry(own.clone()).or_default().push(statement);
        }
        if kind == "AWS::Lambda::Permission" {
            let (subject, statement) = invocation(id, properties);
            found.entry(subject).or_default().push(statement);
            continue;
        }
        let mut documents = Vec::new();
        policies(properties, &mut documents);
        for document in documents {
            let list = Statement::of_document(&document, id);
            let of_resource = list.iter().any(Statement::names_principals);
            let subjects = match kind {
                _ if of_resource => guarded(id, properties),
                "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => vec![own.clone()],
                _ => attached(id, properties),
            };
            for subject in subjects {
                found.entry(subject).or_default().extend(list.iter().cloned());
            }
        }
    }
    found
}

/// The id in `${Queue.Arn}`.
fn id_of(name: &str) -> &str {
    name.trim_start_matches("${").trim_end_matches('}').split('.').next().unwrap_or_default()
}

/// What a policy with principals guards: what it is attached to, or the resource itself.
fn guarded(id: &str, properties: &Value) -> Vec<Subject> {
    let keys = ["Bucket", "Queues", "Topics", "SecretId", "EventBusName", "StateMachineArn"];
    let names: Vec<String> = keys.iter().filter_map(|key| properties.get(*key)).flat_map(texts).collect();
    let own = vec![Subject::Resource(format!("${{{id}}}"))];
    // `named` leaves everything but a single reference as it is.
    let name = |name: &String| {
        let id = named(name);
        Subject::Resource(if id == *name { id } else { format!("${{{id}}}") })
    };
    if names.is_empty() { own } else { names.iter().map(name).collect() }
}

/// To whom an identity policy is attached.
fn attached(id: &str, properties: &Value) -> Vec<Subject> {
    let keys = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];
    let names: Vec<String> = keys.iter().filter_map(|key| properties.get(*key)).flat_map(texts).collect();
    if names.is_empty() {
        vec![Subject::Identity(format!("${{{id}}}"))]
    } else {
        names.into_iter().map(Subject::Identity).collect()
    }
}

fn invocation(id: &str, properties: &Value) -> (Subject, Statement) {
    let value = |key: &str| properties.get(key).map(text).unwrap_or_default();
    let keys = ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType"];
    let condition: Vec<(&str, &Value)> = keys.iter().filter_map(|key| Some((*key, properties.get(*key)?))).collect();
    let function = value("FunctionName");
    let statement = Statement::allow(&value("Action"), "*", &value("Principal"), &condition, id);
    (Subject::Resource(function), statement)
}

/// Every policy document in a value, also those that are written as text.
fn policies(value: &Value, found: &mut Vec<Value>) {
    match value {
        _ if is_policy(value) => found.push(value.clone()),
        Value::Object(map) => map.values().for_each(|inner| policies(inner, found)),
        Value::Array(items) => items.iter().for_each(|inner| policies(inner, found)),
        Value::String(text) if text.trim_start().starts_with('{') && text.contains("\"Statement\"") => {
            if let Some(document) = serde_json::from_str::<Value>(text).ok().filter(is_policy) {
                found.push(document);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn report(subject: &Subject, grants: &BTreeSet<Grant>, fresh: bool, found: &mut Found) {
    // Actions of one kind are said together.
    let mut lines: BTreeMap<(&str, ExposureKind, String, bool), Vec<&str>> = BTreeMap::new();
    for grant in grants {
        let identity = matches!(subject, Subject::Identity(_));
        let anyone = !identity && (grant.principal == "*" || grant.principal.starts_with("everything but"));
        let admin = identity && grant.resource == "*" && is_unbounded(&grant.action);
        let public = anyone && !grant.conditional && !grant.no_longer_denied;
        if fresh && !public && !admin {
            continue;
        }
        let kind = if public {
            ExposureKind::Public
        } else if identity || grant.no_longer_denied {
            ExposureKind::Permission
        } else {
            ExposureKind::Principal
        };
        let (Subject::Identity(whose) | Subject::Resource(whose)) = subject;
        let on = if identity { named(&grant.resource) } else { own(&grant.resource, whose) };
        let to = if identity { named(whose) } else { principal(&grant.principal) };
        let condition = if grant.conditional { ", under a condition" } else { "" };
        // A managed policy says itself on what.
        let on = if grant.action.starts_with("what ") { String::new() } else { format!("on {on} ") };
        let line = format!("{on}for {to}{condition}");
        lines.entry((&grant.origin, kind, line, grant.no_longer_denied)).or_default().push(&grant.action);
    }
    for ((origin, kind, line, denied), actions) in lines {
        let start = if denied { "no longer denied: " } else { "" };
        found.insert((origin.to_owned(), kind, format!("{start}{} {line}", actions.join(", "))));
    }
}

/// Whether an action is everything, or everything but something; `AdministratorAccess` allows everything.
fn is_unbounded(action: &str) -> bool {
    matches!(action, "*" | "*:*")
        || action.starts_with("everything but")
        || action.to_ascii_lowercase().contains("/administratoraccess")
}

/// A resource of a policy of its own: `*` is the resource itself.
fn own(resource: &str, whose: &str) -> String {
    if resource == "*" { named(whose) } else { named(resource) }
}

/// `${Queue.Arn}` is `Queue`.
fn named(text: &str) -> String {
    if text == "*" {
        return "everything".to_owned();
    }
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|inner| !inner.contains('$'));
    let id = inner.and_then(|inner| inner.split('.').next());
    id.unwrap_or(text).to_owned()
}

fn principal(name: &str) -> String {
    let account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        "*" => "anyone".to_owned(),
        "${AWS::AccountId}" => "anyone in the account".to_owned(),
        name if account => format!("anyone in account {name}"),
        name if name.ends_with(".amazonaws.com") => format!("service {name}"),
        name => named(name),
    }
}

fn networks(before: &Value, after: &Value, new_stack: bool, found: &mut Found) {
    let (old, new) = (rules(before), rules(after));
    for (group, after_rules) in new.iter().filter(|(group, rules)| old.get(*group) != Some(*rules)) {
        let before_rules = old.get(group).map(Vec::as_slice).unwrap_or_default();
        let id = id_of(group);
        let made = entry(after, "Resources", id).is_some() && entry(before, "Resources", id).is_none();
        let fresh = made || (new_stack && before_rules.is_empty());
        let public = fronts(after, id);
        for opening in opened(before_rules, after_rules) {
            let expected = opening.web && public;
            if !fresh || (opening.everywhere && !expected) {
                found.insert(said(&opening, id));
            }
        }
    }
}

fn said(opening: &Opening, group: &str) -> (String, ExposureKind, String) {
    let kind = if opening.everywhere { ExposureKind::Public } else { ExposureKind::Network };
    let text = format!("{} of {group} from {}", opening.ports, named(&opening.source));
    (opening.origin.clone(), kind, text)
}

/// The rules of a template by the security group that they open.
fn rules(template: &Value) -> BTreeMap<String, Vec<Rule>> {
    let mut found: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for (id, resource) in section(template, "Resources") {
        let Some(properties) = resource.get("Properties") else { continue };
        match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::EC2::SecurityGroup") => {
                let list = properties.get("SecurityGroupIngress").and_then(Value::as_array).into_iter().flatten();
                found.entry(format!("${{{id}}}")).or_default().extend(list.filter_map(|rule| Rule::read(rule, id)));
            }
            Some("AWS::EC2::SecurityGroupIngress") => {
                let group = properties.get("GroupId").or_else(|| properties.get("GroupName")).map(text);
                let group = group.unwrap_or_default().replace(".GroupId}", "}");
                found.entry(group).or_default().extend(Rule::read(properties, id));
            }
            _ => {}
        }
    }
    found
}

/// Whether a security group belongs to a load balancer that faces the internet.
fn fronts(template: &Value, group: &str) -> bool {
    section(template, "Resources").any(|(_, resource)| {
        let of = |key: &str| resource.pointer(&format!("/Properties/{key}"));
        let kind = resource.get("Type").and_then(Value::as_str);
        let groups = of("SecurityGroups").map(texts).unwrap_or_default();
        kind == Some("AWS::ElasticLoadBalancingV2::LoadBalancer")
            && of("Scheme").and_then(Value::as_str) != Some("internal")
            && groups.iter().any(|known| named(known) == group)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(before: Option<&Value>, after: &Value) -> Vec<String> {
        let key = crate::state::StackKey::new("s", "eu-west-1");
        let change = crate::diff::stacks::one_template(&key, before.unwrap_or(&Value::Null), after);
        exposures(&change, before, after)
            .iter()
            .map(|one| format!("{} {:?}: {}", one.resource, one.kind, one.text))
            .collect()
    }

    fn template(resources: Value) -> Value {
        json!({ "Resources": resources })
    }

    fn role(statements: Value) -> Value {
        json!({ "Type": "AWS::IAM::Role", "Properties": { "Policies": [{ "PolicyName": "p", "PolicyDocument": { "Statement": statements } }] } })
    }

    #[test]
    fn a_new_permission_says_what_on_what_and_for_whom() {
        let old = template(json!({ "Role": role(json!([])) }));
        let grant = json!({ "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": { "Fn::GetAtt": ["QueueJobs", "Arn"] } });
        let new = template(json!({ "Role": role(json!([grant.clone()])) }));
        assert_eq!(
            found(Some(&old), &new),
            ["Role Permission: sqs:GetQueueUrl, sqs:SendMessage on QueueJobs for Role"]
        );
        assert_eq!(found(Some(&new), &old), Vec::<String>::new());
        assert_eq!(found(None, &new), Vec::<String>::new(), "a first deployment says only what is public or unbounded");
        let apart = json!({ "Type": "AWS::IAM::Policy", "Properties": { "Roles": [{ "Ref": "Role" }], "PolicyDocument": { "Statement": [grant] } } });
        let moved = template(json!({ "Role": role(json!([])), "Apart": apart }));
        assert_eq!(found(Some(&new), &moved), Vec::<String>::new(), "moving a statement to a policy of its own");
        assert_eq!(found(Some(&old), &moved).len(), 1, "a new policy of a role that is there");
    }

    #[test]
    fn administrators_and_the_public_are_said_even_if_new() {
        let admin = template(json!({ "Role": role(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }])) }));
        assert_eq!(found(None, &admin), ["Role Permission: * on everything for Role"]);
        let queue = |principal: Value, condition: Option<Value>| {
            let mut statement =
                json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": principal });
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            template(
                json!({ "Policy": { "Type": "AWS::SQS::QueuePolicy", "Properties": { "PolicyDocument": { "Statement": [statement] } } } }),
            )
        };
        let source = Some(json!({ "ArnEquals": { "aws:SourceArn": "x" } }));
        assert_eq!(found(None, &queue(json!("*"), None)), ["Policy Public: sqs:SendMessage on Policy for anyone"]);
        assert_eq!(found(None, &queue(json!("*"), source.clone())), Vec::<String>::new());
        let held = queue(json!({ "AWS": "123456789012" }), None);
        let more = queue(json!({ "AWS": ["123456789012", "210987654321"] }), None);
        assert_eq!(
            found(Some(&held), &more),
            ["Policy Principal: sqs:SendMessage on Policy for anyone in account 210987654321"]
        );
        let free = queue(json!("*"), None);
        assert_eq!(
            found(Some(&queue(json!("*"), source)), &free),
            ["Policy Public: sqs:SendMessage on Policy for anyone"]
        );
    }

    #[test]
    fn a_policy_belongs_to_what_it_guards() {
        let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*" });
        let policy = json!({ "Type": "AWS::S3::BucketPolicy", "Properties": { "Bucket": { "Ref": "B" }, "PolicyDocument": { "Statement": [deny] } } });
        let bucket = json!({ "Type": "AWS::S3::Bucket" });
        let old = template(json!({ "B": bucket.clone(), "P": policy.clone() }));
        let renamed = template(json!({ "B": bucket.clone(), "Q": policy }));
        assert_eq!(found(Some(&old), &renamed), Vec::<String>::new());
        assert_eq!(found(Some(&old), &template(json!({}))), Vec::<String>::new(), "what is gone needs no guard");
        assert_eq!(
            found(Some(&old), &template(json!({ "B": bucket }))),
            ["P Permission: no longer denied: s3:* on B for anyone"]
        );
    }

    #[test]
    fn a_condition_that_anyone_meets_keeps_nobody_out() {
        let with = |condition: Value| {
            let statement = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": "*", "Condition": condition });
            template(
                json!({ "P": { "Type": "AWS::SQS::QueuePolicy", "Properties": { "Queues": [{ "Ref": "Q" }], "PolicyDocument": { "Statement": [statement] } } } }),
            )
        };
        let secure = with(json!({ "Bool": { "aws:SecureTransport": "true" } }));
        assert_eq!(found(None, &secure), ["P Public: sqs:SendMessage on Q for anyone"]);
        let everywhere = with(json!({ "IpAddress": { "aws:SourceIp": ["0.0.0.0/0"] } }));
        assert_eq!(found(None, &everywhere), ["P Public: sqs:SendMessage on Q for anyone"]);
        assert_eq!(
            found(None, &with(json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }))),
            Vec::<String>::new()
        );
        assert_eq!(found(None, &with(json!({ "StringEquals": { "aws:SourceAccount": "1" } }))), Vec::<String>::new());
    }

    #[test]
    fn a_managed_policy_that_is_added_is_a_permission() {
        let with = |arns: Value| {
            template(json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": { "ManagedPolicyArns": arns } } }))
        };
        let read = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        assert_eq!(found(Some(&with(json!([]))), &with(json!([read]))).len(), 1);
        assert_eq!(found(None, &with(json!([read]))), Vec::<String>::new());
        assert_eq!(found(None, &with(json!(["arn:aws:iam::aws:policy/AdministratorAccess"]))).len(), 1);
    }

    fn group(rules: Value) -> Value {
        json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "SecurityGroupIngress": rules } })
    }

    #[test]
    fn networks_are_compared_over_both_ways_to_write_rules() {
        let rule =
            |cidr: &str, port: u16| json!({ "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr });
        let inline = template(json!({ "G": group(json!([rule("10.0.0.0/8", 5432)])) }));
        let mut own = rule("10.0.0.0/8", 5432);
        own["GroupId"] = json!({ "Fn::GetAtt": ["G", "GroupId"] });
        let apart = template(
            json!({ "G": group(json!([])), "R": { "Type": "AWS::EC2::SecurityGroupIngress", "Properties": own } }),
        );
        assert_eq!(found(Some(&inline), &apart), Vec::<String>::new());
        let open = template(json!({ "G": group(json!([rule("0.0.0.0/0", 5432)])) }));
        assert_eq!(found(Some(&inline), &open), ["G Public: tcp port 5432 of G from 0.0.0.0/0"]);
        assert_eq!(found(None, &open), ["G Public: tcp port 5432 of G from 0.0.0.0/0"]);
        assert_eq!(found(None, &inline), Vec::<String>::new());
        let web = template(json!({
            "G": group(json!([rule("0.0.0.0/0", 443)])),
            "L": { "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": { "Scheme": "internet-facing", "SecurityGroups": [{ "Ref": "G" }] } }
        }));
        assert_eq!(found(None, &web), ["L Public: the load balancer faces the internet"]);
    }

    #[test]
    fn switches_that_open_a_thing_are_seen() {
        let one = |kind: &str, properties: Value| template(json!({ "X": { "Type": kind, "Properties": properties } }));
        let opens = |kind: &str, before: Value, after: Value| {
            let (before, after) = (one(kind, before), one(kind, after));
            assert_eq!(found(Some(&after), &before), Vec::<String>::new(), "{kind}");
            assert_eq!(found(Some(&before), &after).len(), 1, "{kind}: {:?}", found(Some(&before), &after));
        };
        opens("AWS::RDS::DBInstance", json!({ "PubliclyAccessible": false }), json!({ "PubliclyAccessible": "true" }));
        opens("AWS::S3::Bucket", json!({ "PublicAccessBlockConfiguration": { "BlockPublicPolicy": true } }), json!({}));
        opens("AWS::S3::Bucket", json!({}), json!({ "AccessControl": "PublicRead" }));
        let cluster = |cidrs: Value| json!({ "ResourcesVpcConfig": { "PublicAccessCidrs": cidrs } });
        opens("AWS::EKS::Cluster", cluster(json!(["192.0.2.0/25"])), cluster(json!(["192.0.2.0/24"])));
        opens("AWS::EKS::Cluster", json!({ "ResourcesVpcConfig": { "EndpointPublicAccess": false } }), json!({}));
        opens("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({ "Scheme": "internal" }), json!({}));
        opens(
            "AWS::ApiGatewayV2::Route",
            json!({ "AuthorizationType": "JWT" }),
            json!({ "AuthorizationType": "NONE" }),
        );
        opens("AWS::Lambda::Url", json!({ "AuthType": "AWS_IAM" }), json!({ "AuthType": "NONE" }));
    }
}
