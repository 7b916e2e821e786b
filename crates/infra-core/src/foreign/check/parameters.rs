//! What is written about parameters.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html> (read
//! 2026-11-23).

use super::super::parameters::{Declared, spelled, split};
use super::{Stack, error, meant};
use crate::diag::{At, Diagnostics};
use crate::facts::limits::cloudformation as limits;
use crate::source::{Literal, Node, Pair, literal};

const ATTRIBUTES: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// Types of one value; those of AWS exist as lists too.
const TYPES: &[&str] = &[
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
    "CommaDelimitedList",
    "Number",
    "String",
];

const SOURCE: &str =
    "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html";

/// Checks the parameters of a template.
pub(super) fn check(stack: &Stack, diags: &mut Diagnostics) {
    for parameter in stack.section("Parameters").iter().filter(|pair| !pair.value.pairs().is_empty()) {
        for pair in parameter.value.pairs().iter().filter(|pair| !ATTRIBUTES.contains(&pair.key.as_str())) {
            let title = format!("a parameter has no attribute `{}`", pair.key);
            let finding = error("cfn/unknown-attribute", pair.key_span, title, "not an attribute").note(SOURCE);
            diags.push(meant(finding, &pair.key, ATTRIBUTES.iter().copied(), "remove it"));
        }
        kind(parameter, diags);
        default(parameter, diags);
    }
}

fn is_type(kind: &str) -> bool {
    let inner = |prefix: &str| kind.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    match (inner("List<"), inner("AWS::SSM::Parameter::Value<")) {
        (Some(item), _) => item == "String" || item == "Number" || (item.starts_with("AWS::") && TYPES.contains(&item)),
        (None, Some(value)) => is_type(value),
        (None, None) => TYPES.contains(&kind),
    }
}

fn kind(parameter: &Pair, diags: &mut Diagnostics) {
    let Some(pair) = parameter.value.pair("Type") else {
        let title = format!("parameter `{}` has no type", parameter.key);
        diags.push(
            error("cfn/parameter-type", parameter.key_span, title, "no `Type`")
                .note(SOURCE)
                .help("write `Type: String`"),
        );
        return;
    };
    let written = pair.value.scalar().unwrap_or_default();
    if !is_type(written) {
        let title = format!("`{written}` is not a type of parameters");
        let finding = error("cfn/parameter-type", pair.value.span, title, "not a type").note(SOURCE);
        diags.push(meant(finding, written, TYPES.iter().copied(), "write `Type: String`"));
    }
}

fn default(parameter: &Pair, diags: &mut Diagnostics) {
    let declared = Declared(&parameter.value);
    let Some(pair) = parameter.value.pair("Default") else { return };
    let Some(value) = spelled(&pair.value) else {
        let title = format!("the default of parameter `{}` is not text", parameter.key);
        let finding = error("cfn/parameter-default", pair.value.span, title, "a list or mapping");
        diags.push(finding.note(SOURCE).help("write the items of a list as one text: `Default: \"a,b\"`"));
        return;
    };
    let reasons = reasons(&parameter.value, declared, &value);
    for (key, why) in reasons {
        let title = format!("the default of parameter `{}` is not allowed", parameter.key);
        let finding = error("cfn/parameter-default", pair.value.span, title, &why);
        let rule = parameter.value.pair(key).map(|rule| At::Span(rule.key_span));
        let finding = match rule {
            Some(at) => finding.also(at, "the rule"),
            None => finding,
        };
        diags.push(finding.note(SOURCE).help(format!("change the default or `{key}`")));
    }
}

/// Returns the attributes that a default breaks, and how.
fn reasons(node: &Node, declared: Declared<'_>, value: &str) -> Vec<(&'static str, String)> {
    let mut reasons = Vec::new();
    let number = |text: &str| match literal(text) {
        Literal::Int(_) | Literal::Float(_) => text.parse::<f64>().ok(),
        Literal::Null | Literal::Bool(_) | Literal::Text => None,
    };
    let bound = |key: &str| number(node.pair(key)?.value.scalar()?);
    // A default of these types is the name of a Systems Manager parameter, whose value the rules are about.
    let values: Vec<&str> = match (declared.kind().starts_with("AWS::SSM::Parameter::Value<"), declared.is_list()) {
        (true, _) => return reasons,
        (false, true) => split(value).collect(),
        (false, false) => vec![value],
    };
    // A list is allowed as a whole, or item by item.
    let is_listed = |value: &str| declared.allowed().any(|allowed| allowed == value);
    let is_whole = declared.allowed().next().is_none() || is_listed(value);
    for value in values {
        if !is_whole && !is_listed(value) {
            reasons.push(("AllowedValues", format!("`{value}` is none of the allowed values")));
        }
        if matches!(declared.kind(), "Number" | "List<Number>") {
            match number(value) {
                None => reasons.push(("Type", format!("`{value}` is not a number"))),
                Some(number) if bound("MinValue").is_some_and(|least| number < least) => {
                    reasons.push(("MinValue", format!("{value} is too small")));
                }
                Some(number) if bound("MaxValue").is_some_and(|most| number > most) => {
                    reasons.push(("MaxValue", format!("{value} is too large")));
                }
                Some(_) => {}
            }
        }
    }
    let length = u32::try_from(value.chars().count()).map_or(f64::INFINITY, f64::from);
    if bound("MinLength").is_some_and(|least| length < least) {
        reasons.push(("MinLength", format!("{length} characters are too few")));
    }
    if bound("MaxLength").is_some_and(|most| length > most) {
        reasons.push(("MaxLength", format!("{length} characters are too many")));
    }
    if value.len() > limits::PARAMETER_VALUE_BYTES {
        reasons
            .push(("Default", format!("{} bytes; a value has up to {}", value.len(), limits::PARAMETER_VALUE_BYTES)));
    }
    reasons
}
