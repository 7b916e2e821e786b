//! What changing a property does to its resource.

use serde_json::Value;

use super::changes::Impact;
use super::value::{Step, schema_path};
use crate::facts::interruptions::{interrupts, keeps};
use crate::facts::resource_types::{self, Replacement, ResourceType};

/// What changing what stands at a path of a resource does to it; the path starts with the attribute, such as
/// `Properties`. Attributes other than properties are CloudFormation's own and leave the resource alone.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html>
/// (read 2026-11-25).
pub(super) fn of(kind: &str, path: &[Step], before: Option<&Value>, after: Option<&Value>) -> Impact {
    match path {
        [Step::Key(attribute)] if attribute == "Type" => Impact::Replaces,
        [Step::Key(attribute), inner @ ..] if attribute == "Properties" => {
            let names = schema_path(inner);
            if names.first().is_some_and(|name| keeps(kind, name)) {
                return interruption(kind, &names);
            }
            if let Some(stands) = names.first().and_then(|name| serverless(kind, name)) {
                return stands;
            }
            match resource_types::find(kind) {
                Some(facts) => of_property(facts, &names, [before, after]).max(interruption(kind, &names)),
                // It is not a thing of AWS.
                None if kind == "AWS::CDK::Metadata" => Impact::InPlace,
                // Of types that AWS does not publish, nothing is known.
                None => Impact::MayReplace,
            }
        }
        _ => Impact::InPlace,
    }
}

/// What a property of a resource of the serverless transform does: what it does to the resource that the transform makes
/// of it, or nothing to that resource, if it has no such property.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>
/// and, for keys of a simple table,
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html> (from
/// memory).
fn serverless(kind: &str, name: &str) -> Option<Impact> {
    let made = match kind {
        "AWS::Serverless::Api" => "AWS::ApiGateway::RestApi",
        "AWS::Serverless::Application" => "AWS::CloudFormation::Stack",
        "AWS::Serverless::Function" => "AWS::Lambda::Function",
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api",
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        "AWS::Serverless::StateMachine" => "AWS::StepFunctions::StateMachine",
        _ => return None,
    };
    let made_by = match (kind, name) {
        ("AWS::Serverless::SimpleTable", "PrimaryKey") => return Some(Impact::MayReplace),
        ("AWS::Serverless::StateMachine", "Type") => "StateMachineType",
        ("AWS::Serverless::StateMachine", "Name") => "StateMachineName",
        (_, name) => name,
    };
    let facts = resource_types::find(made)?;
    let known = facts.properties().property(made_by).is_some();
    Some(if known { of_property(facts, &[made_by], [None, None]) } else { Impact::InPlace })
}

fn interruption(kind: &str, names: &[&str]) -> Impact {
    let first = names.first().is_some_and(|name| interrupts(kind, name));
    if first { Impact::MayInterrupt } else { Impact::InPlace }
}

fn of_property(kind: ResourceType, names: &[&str], values: [Option<&Value>; 2]) -> Impact {
    match kind.replacement(names) {
        Replacement::Never => Impact::InPlace,
        Replacement::Always => Impact::Replaces,
        Replacement::Conditional => {
            let at = kind.replaced_sometimes().any(|pattern| is_within(pattern, names));
            // Above a property that replaces, the change counts only if the property is part of it.
            let mut patterns = kind.replaced_always().chain(kind.replaced_sometimes());
            let part = patterns.any(|pattern| {
                let rest = below(pattern, names);
                rest.is_some_and(|rest| values.into_iter().flatten().any(|value| has(value, &rest)))
            });
            if at || part { Impact::MayReplace } else { Impact::InPlace }
        }
    }
}

/// Whether a path is what the pattern names, or lies in it.
fn is_within(pattern: &str, names: &[&str]) -> bool {
    let mut names = names.iter();
    pattern.split('.').all(|part| names.next().is_some_and(|name| part == "*" || part == *name))
}

/// What of the pattern lies below a path, if it does.
fn below<'a>(pattern: &'a str, names: &[&str]) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split('.');
    let above = names.iter().all(|name| parts.next().is_some_and(|part| part == "*" || part == *name));
    let rest: Vec<&str> = parts.collect();
    (above && !rest.is_empty()).then_some(rest)
}

/// Whether a value has a part; calls of functions may have every part.
fn has(value: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    if super::normal::intrinsic(value).is_some() {
        return true;
    }
    match value {
        Value::Array(items) if *first == "*" => items.iter().any(|item| has(item, rest)),
        Value::Object(map) if *first == "*" => map.values().any(|item| has(item, rest)),
        Value::Object(map) => map.get(*first).is_some_and(|inner| has(inner, rest)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}
