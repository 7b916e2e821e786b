//! What is sent to AWS, scoped to the resources of an environment.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Statement;
use super::handlers;
use crate::state::{Desired, OutputRef, StackKey, fill_text};

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The environment.
    pub desired: &'a Desired,
    /// The bucket for templates that are too long for a request.
    pub bucket: &'a str,
    /// The actions that are sent, such as `cloudformation:DescribeStacks`.
    pub actions: &'a [&'static str],
    /// What CloudFormation does with the caller's credentials.
    pub handlers: Handlers,
}

/// What CloudFormation does with resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handlers {
    /// Nothing.
    None,
    /// It looks at them.
    Read,
    /// It deletes them.
    Delete,
    /// It makes, changes and deletes them.
    All,
}

/// What credentials must allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The statements.
    pub statements: Vec<Statement>,
    /// Types of resources for which AWS publishes no permissions.
    pub silent: BTreeSet<String>,
}

/// Region of everything that serves the edge.
const EDGE: &str = "us-east-1";

/// Says what credentials must allow.
pub fn needs(ask: &Ask<'_>) -> Needs {
    let mut statements: Vec<Statement> = Vec::new();
    let mut allow = |action: &str, (sid, resources): (&str, BTreeSet<String>)| {
        let position = statements.iter().position(|it| it.sid == sid);
        let index = position.unwrap_or_else(|| {
            statements.push(Statement::new(sid, resources));
            statements.len() - 1
        });
        if let Some(statement) = statements.get_mut(index) {
            statement.actions.insert(action.to_owned());
        }
    };
    for action in ask.actions {
        allow(action, place(ask, action));
        for more in implied(action) {
            allow(more, place(ask, more));
        }
    }
    // Who has no kubeconfig yet makes one with `aws eks update-kubeconfig`.
    let asks_clusters = ask.actions.contains(&"cloudformation:DescribeStacks") && !ask.desired.objects.is_empty();
    if asks_clusters {
        let clusters = arn(ask.desired, "eks", "*", "cluster/*");
        allow("eks:DescribeCluster", ("Kubeconfig", BTreeSet::from([clusters])));
    }
    if ask.actions.contains(&"cloudformation:CreateChangeSet") {
        if let Some(transforms) = transforms(ask.desired) {
            allow("cloudformation:CreateChangeSet", ("Transforms", transforms));
        }
        for (start, action, resource) in DYNAMIC {
            if ask.desired.stacks.values().any(|stack| stack.body.contains(start)) {
                let arn = arn(ask.desired, resource.0, "*", resource.1);
                allow(action, ("DynamicReferences", BTreeSet::from([arn])));
            }
        }
    }
    statements.retain(|statement| !statement.resources.is_empty());
    let mut needs = Needs { statements, silent: BTreeSet::new() };
    handlers::add(ask, &mut needs);
    needs
}

/// What dynamic references and types of parameters in templates make CloudFormation ask, with the caller's credentials.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html> (from memory).
const DYNAMIC: [(&str, &str, (&str, &str)); 4] = [
    ("{{resolve:secretsmanager:", "secretsmanager:GetSecretValue", ("secretsmanager", "secret:*")),
    ("{{resolve:ssm:", "ssm:GetParameters", ("ssm", "parameter/*")),
    ("AWS::SSM::Parameter::Value<", "ssm:GetParameters", ("ssm", "parameter/*")),
    ("{{resolve:ssm-secure:", "ssm:GetParameters", ("ssm", "parameter/*")),
];

/// What AWS demands for an action besides its own name: tags of stacks, the resources of a stack for drift, and the
/// template that CloudFormation reads with the caller's credentials.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html> and
/// `detect-drift-stack.html` of the user guide of CloudFormation (from memory).
fn implied(action: &str) -> &'static [&'static str] {
    match action {
        "cloudformation:CreateChangeSet" => &["cloudformation:TagResource", "cloudformation:UntagResource"],
        "cloudformation:DetectStackDrift" => {
            &["cloudformation:DetectStackResourceDrift", "cloudformation:BatchDescribeTypeConfigurations"]
        }
        "s3:PutObject" => &["s3:GetObject"],
        _ => &[],
    }
}

/// The statement of an action: its name, which says why where the resources are `*`, and the resources.
fn place(ask: &Ask<'_>, action: &str) -> (&'static str, BTreeSet<String>) {
    let desired = ask.desired;
    let all = || BTreeSet::from(["*".to_owned()]);
    match action {
        "sts:GetCallerIdentity" => ("IdentityHasNoResource", all()),
        "cloudformation:DescribeStacks" => ("ListingStacksHasNoResource", all()),
        "cloudformation:DescribeStackDriftDetectionStatus" | "cloudformation:BatchDescribeTypeConfigurations" => {
            ("DriftDetectionHasNoResource", all())
        }
        "route53:ListHostedZonesByName" => ("ListingZonesHasNoResource", all()),
        "route53:GetChange" => ("ChangesHaveIdsOfTheirOwn", BTreeSet::from([global(desired, "route53", "change/*")])),
        _ => match action.split(':').next().unwrap_or_default() {
            "cloudformation" => ("Stacks", stacks(desired)),
            "route53" => zones(desired),
            "acm" => ("Certificates", certificates(desired)),
            "s3" => ("TemplateBucket", BTreeSet::from([global_bucket(desired, ask.bucket)])),
            _ => ("NotKnownToBeNarrower", all()),
        },
    }
}

/// The regions that are asked: those of the stacks, that of the environment and that of the edge.
fn regions(desired: &Desired) -> BTreeSet<&str> {
    let mut regions: BTreeSet<&str> = desired.stacks.keys().map(|key| key.region.as_str()).collect();
    regions.insert(&desired.region);
    if desired.partition == "aws" {
        regions.insert(EDGE);
    }
    regions
}

pub(super) fn prefix(desired: &Desired) -> String {
    format!("{}-{}-", desired.project, desired.environment)
}

/// The stacks of the environment: by the start of their names, also those that it does not have any more, and by their
/// names where they are called something else.
fn stacks(desired: &Desired) -> BTreeSet<String> {
    let prefix = prefix(desired);
    let (ours, others): (Vec<&StackKey>, Vec<&StackKey>) =
        desired.stacks.keys().partition(|key| key.name.starts_with(&prefix));
    let other = |key: &&StackKey| arn(desired, "cloudformation", &key.region, &format!("stack/{}/*", key.name));
    let mut found: BTreeSet<String> = others.iter().map(other).collect();
    if !ours.is_empty() {
        let one = |region| arn(desired, "cloudformation", region, &format!("stack/{prefix}*/*"));
        found.extend(regions(desired).into_iter().map(one));
    }
    found
}

fn zones(desired: &Desired) -> (&'static str, BTreeSet<String>) {
    let ids: BTreeSet<String> = desired.zones.iter().map(|zone| fill_text(&zone.id, &|_: &OutputRef| None)).collect();
    if ids.iter().any(|id| id.contains("${")) {
        return ("ZonesThatStacksMakeHaveIdsOfTheirOwn", BTreeSet::from([global(desired, "route53", "hostedzone/*")]));
    }
    ("Zones", ids.iter().map(|id| global(desired, "route53", &format!("hostedzone/{id}"))).collect())
}

/// Certificates of the environment have ids that nobody knows before; those that templates name may be elsewhere.
fn certificates(desired: &Desired) -> BTreeSet<String> {
    let mut found: BTreeSet<String> =
        regions(desired).into_iter().map(|region| arn(desired, "acm", region, "certificate/*")).collect();
    let covered = found.clone();
    for stack in desired.stacks.values() {
        texts(&stack.template, &mut |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            if let ["arn", _, "acm", region, _, id] = parts.as_slice()
                && id.starts_with("certificate/")
                && !(text.contains(&desired.account) && covered.contains(&arn(desired, "acm", region, "certificate/*")))
            {
                found.insert(text.to_owned());
            }
        });
    }
    found
}

/// Macros that templates name, `AWS::LanguageExtensions` among them.
fn transforms(desired: &Desired) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (key, stack) in &desired.stacks {
        texts(stack.template.get("Transform").unwrap_or(&Value::Null), &mut |name| {
            let owner = if name.starts_with("AWS::") { "aws" } else { &desired.account };
            let name = name.trim_start_matches("AWS::");
            found.insert(format!("arn:{}:cloudformation:{}:{owner}:transform/{name}", desired.partition, key.region));
        });
    }
    Some(found).filter(|found| !found.is_empty())
}

pub(super) fn texts(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, visit)),
        Value::Object(map) => map.values().for_each(|item| texts(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn arn(desired: &Desired, service: &str, region: &str, resource: &str) -> String {
    format!("arn:{}:{service}:{region}:{}:{resource}", desired.partition, desired.account)
}

fn global(desired: &Desired, service: &str, resource: &str) -> String {
    format!("arn:{}:{service}:::{resource}", desired.partition)
}

fn global_bucket(desired: &Desired, bucket: &str) -> String {
    global(desired, "s3", &format!("{bucket}/*"))
}
