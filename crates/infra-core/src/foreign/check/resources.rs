//! The attributes that every resource has.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html> (read
//! 2026-11-23).

use super::super::evaluate::{Scope, World};
use super::super::stack::kind;
use super::uses::{How, Uses};
use super::{Stack, error, meant};
use crate::artifacts::functions::is_function;
use crate::artifacts::{Deletion, Expr};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::source::{Literal, Node, Pair, Value, literal};

/// Keys of a resource.
const ATTRIBUTES: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Further keys that the serverless transform takes; a module has `Version` and so has a custom resource.
const TRANSFORMED: &[&str] = &["Connectors", "IgnoreGlobals", "Version"];

const SOURCE: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html";

/// Checks the resources of a template.
pub(super) fn check<'a>(world: &World<'a>, index: usize, stack: &'a Stack, uses: &Uses<'a>, diags: &mut Diagnostics) {
    let mut serverless = None;
    for pair in stack.section("Resources").iter().filter(|pair| pair.key != "Fn::Transform") {
        if !matches!(pair.value.value, Value::Map(_)) {
            continue;
        }
        attributes(pair, diags);
        type_of(pair, diags);
        policies(world, Scope::of(index), pair, diags);
        if kind(&pair.value).is_some_and(|kind| kind.starts_with("AWS::Serverless::")) {
            serverless = serverless.or(Some(pair));
        }
    }
    if let Some(pair) = serverless {
        diags.push(unchecked(pair));
    }
    depends(world, index, stack, uses, diags);
}

fn attributes(resource: &Pair, diags: &mut Diagnostics) {
    // The serverless transform takes a description beside the properties.
    let is_serverless = kind(&resource.value).is_some_and(|kind| kind.starts_with("AWS::Serverless::"));
    for pair in resource.value.pairs() {
        if is_serverless && pair.key == "Description" {
            continue;
        }
        if ATTRIBUTES.contains(&pair.key.as_str())
            || TRANSFORMED.contains(&pair.key.as_str())
            || pair.key.starts_with("Fn::")
        {
            continue;
        }
        let title = format!("a resource has no attribute `{}`", pair.key);
        let finding =
            error("cfn/unknown-attribute", pair.key_span, title, "not an attribute").note(format!("source: {SOURCE}"));
        diags.push(meant(finding, &pair.key, ATTRIBUTES.iter().copied(), "put it below `Properties`, or remove it"));
    }
    if let Some(properties) = resource.value.pair("Properties")
        && let Value::List(_) = properties.value.value
    {
        diags.push(
            error("cfn/not-a-mapping", properties.value.span, "`Properties` is a mapping".to_owned(), "a list")
                .note("properties have names")
                .help("write `Properties: { Name: value }`"),
        );
    }
    for key in ["CreationPolicy", "UpdatePolicy"] {
        diags.extend(resource.value.pair(key).and_then(not_a_policy));
    }
}

/// Reports a policy of creation or update that is neither a mapping nor a function that gives one.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
/// (read 2026-11-23): functions work in both, and of those only `Fn::If` and macros give a mapping.
fn not_a_policy(pair: &Pair) -> Option<Diagnostic> {
    let label = match (&pair.value.value, pair.value.pairs()) {
        (Value::Plain(text), _) if literal(text) == Literal::Null => return None,
        (Value::Plain(_) | Value::Quoted(_), _) => "a scalar",
        (Value::List(_), _) => "a list",
        (Value::Map(_), [only])
            if is_function(&only.key) && !["Fn::If", "Fn::FindInMap", "Fn::Transform"].contains(&only.key.as_str()) =>
        {
            "a function that gives no mapping"
        }
        (Value::Map(_), _) => return None,
    };
    let finding = error("cfn/not-a-mapping", pair.value.span, format!("`{}` is a mapping", pair.key), label);
    Some(finding.note(format!("source: {SOURCE}")).help(format!("write `{}: {{ … }}`, or remove it", pair.key)))
}

fn type_of(resource: &Pair, diags: &mut Diagnostics) {
    let finding = match resource.value.pair("Type") {
        None if resource.value.pairs().iter().any(|pair| pair.key.starts_with("Fn::")) => return,
        None => {
            error("cfn/no-type", resource.key_span, format!("resource `{}` has no type", resource.key), "no `Type`")
        }
        Some(pair) => match pair.value.scalar() {
            Some(text) if text.split("::").count() >= 2 && !text.contains(char::is_whitespace) => return,
            Some(text) => error(
                "cfn/no-type",
                pair.value.span,
                format!("`{text}` is not a resource type"),
                "parts are separated by `::`",
            ),
            None => error("cfn/no-type", pair.value.span, "a type is text".to_owned(), "not text"),
        },
    };
    diags.push(
        finding
            .note("CloudFormation creates resources by their type")
            .help("write the type, such as `Type: AWS::SQS::Queue`"),
    );
}

fn policies<'a>(world: &World<'a>, scope: Scope, resource: &'a Pair, diags: &mut Diagnostics) {
    for (key, allows_create) in [("DeletionPolicy", true), ("UpdateReplacePolicy", false)] {
        let Some(pair) = resource.value.pair(key) else { continue };
        let value = world.eval(scope, &pair.value);
        let is_fine = match &value {
            Expr::Text(name) => {
                Deletion::from_name(name).is_some_and(|it| allows_create || it != Deletion::RetainExceptOnCreate)
            }
            Expr::Parameter(_) | Expr::Call(..) | Expr::Absent => true,
            _ => false,
        };
        if is_fine {
            continue;
        }
        let all = ["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"];
        let all = all.get(..if allows_create { 4 } else { 3 }).unwrap_or_default();
        let written = value.as_text().unwrap_or_default();
        let finding = error("cfn/policy", pair.value.span, format!("`{written}` is not a value of `{key}`"), "not a policy")
            .note(format!("the values are {}; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-{}.html", all.join(", "), key.to_lowercase()));
        diags.push(meant(finding, written, all.iter().copied(), &format!("write `{key}: Retain`")));
    }
}

/// A resource that waits for one that is not created.
fn depends<'a>(world: &World<'a>, index: usize, stack: &'a Stack, uses: &Uses<'a>, diags: &mut Diagnostics) {
    let scope = Scope::of(index);
    let is_created = |node: &'a Node| world.is_created(scope, node);
    for it in uses.names.iter().filter(|it| it.how == How::DependsOn) {
        let (Some(owner), Some(target)) = (stack.resource(it.owner), stack.resource(it.name)) else { continue };
        let condition =
            |pair: &Pair| pair.value.pair("Condition").and_then(|pair| pair.value.scalar()).map(str::to_owned);
        if condition(target).is_none() || condition(target) == condition(owner) {
            continue;
        }
        if is_created(&owner.value) && !is_created(&target.value) {
            diags.push(
                Diagnostic::advice(
                    "cfn/depends-on-nothing",
                    format!("`{}` waits for `{}`, which is not created", it.owner, it.name),
                )
                .at(At::Span(it.span), "not created with the parameters' defaults")
                .also(At::Span(target.key_span), "created only under its condition")
                .note("CloudFormation ignores a `DependsOn` on a resource whose condition does not hold")
                .help("give both resources the same condition, or remove the `DependsOn`"),
            );
        }
    }
}

fn unchecked(pair: &Pair) -> Diagnostic {
    Diagnostic::advice("cfn/serverless", "resources of the serverless transform are not checked")
        .at(At::Span(pair.key_span), "the first of them")
        .note("AWS::Serverless-2016-10-31 makes other resources of them, which are not in this file")
        .help("run `sam validate --lint`, or check the template that the transform makes")
}
