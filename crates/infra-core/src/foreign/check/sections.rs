//! The sections of a template, and what holds for each entry whatever it is.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html> (read 2026-11-23).

use super::{Stack, error, meant};
use crate::diag::{At, Diagnostics};
use crate::names::LogicalId;
use crate::source::{Node, Value};

/// The sections, and whether each is a mapping of entries.
const SECTIONS: &[(&str, bool)] = &[
    ("AWSTemplateFormatVersion", false),
    ("Description", false),
    ("Metadata", false),
    ("Parameters", true),
    ("Rules", true),
    ("Mappings", true),
    ("Conditions", true),
    ("Transform", false),
    ("Hooks", true),
    ("Globals", false),
    ("Resources", true),
    ("Outputs", true),
    ("Fn::Transform", false),
];

const SOURCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html";

/// Checks the sections of a template.
pub(super) fn check(stack: &Stack, diags: &mut Diagnostics) {
    for pair in stack.source.pairs() {
        let Some((_, is_mapping)) = SECTIONS.iter().find(|(name, _)| *name == pair.key) else {
            let finding = error(
                "cfn/unknown-section",
                pair.key_span,
                format!("a template has no section `{}`", pair.key),
                "not a section",
            );
            let finding = finding.note(format!("the sections are listed at {SOURCE}"));
            diags.push(meant(
                finding,
                &pair.key,
                SECTIONS.iter().map(|(name, _)| *name),
                "remove it, or put it into `Metadata`",
            ));
            continue;
        };
        if *is_mapping && !matches!(pair.value.value, Value::Map(_)) {
            diags.push(shape(&pair.value, &format!("section `{}` is a mapping of names", pair.key)));
        }
    }
    version(stack, diags);
    let only_rewritten = stack.is_rewritten();
    if stack.section("Resources").is_empty() && !only_rewritten {
        let place = stack.source.pair("Resources").map_or(stack.source.span, |pair| pair.key_span);
        diags.push(
            error(
                "cfn/no-resources",
                place,
                "the template has no resource".to_owned(),
                "a template needs at least one",
            )
            .note(format!("`Resources` is the only section that must be there; source: {SOURCE}"))
            .help("add a resource below `Resources`"),
        );
    }
    for (section, is_mapping) in SECTIONS {
        if *is_mapping {
            entries(stack, section, diags);
        }
    }
    twice(stack, diags);
}

fn version(stack: &Stack, diags: &mut Diagnostics) {
    let Some(pair) = stack.source.pair("AWSTemplateFormatVersion") else { return };
    if pair.value.scalar() != Some("2010-09-09") {
        diags.push(
            error("cfn/format-version", pair.value.span, "unknown version of the template format".to_owned(), "not a version")
                .note("the only version is 2010-09-09; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/format-version-structure.html")
                .help("write `AWSTemplateFormatVersion: \"2010-09-09\"`"),
        );
    }
}

/// Reports an entry or section that is not a mapping.
fn shape(node: &Node, what: &str) -> crate::diag::Diagnostic {
    let label = match &node.value {
        Value::Plain(_) | Value::Quoted(_) => "a scalar",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    };
    error("cfn/not-a-mapping", node.span, what.to_owned(), label)
        .note(format!("source: {SOURCE}"))
        .help("write `Name: { … }`")
}

fn entries(stack: &Stack, section: &str, diags: &mut Diagnostics) {
    for pair in stack.section(section) {
        let is_macro = pair.key == "Fn::Transform";
        if !is_macro && !matches!(pair.value.value, Value::Map(_)) && section != "Hooks" {
            diags.push(shape(&pair.value, &format!("`{}` of section `{section}` is a mapping", pair.key)));
        }
        // Conditions are left out: templates that AWS publishes call them `PrivateSubnets&3AZCondition`, and they deploy.
        let has_id = matches!(section, "Resources" | "Parameters" | "Mappings" | "Outputs");
        if !is_macro && has_id && pair.key.parse::<LogicalId>().is_err() {
            let max = LogicalId::MAX_LEN;
            diags.push(
                error("cfn/logical-id", pair.key_span, format!("`{}` is not a name of section `{section}`", short(&pair.key)), "letters and digits only")
                    .note(format!("names have 1 to {max} letters and digits; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html"))
                    .help(format!("write `{}`", id_of(&pair.key))),
            );
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

fn id_of(text: &str) -> String {
    let id: String = text.chars().filter(char::is_ascii_alphanumeric).take(LogicalId::MAX_LEN).collect();
    if id.is_empty() { "Name".to_owned() } else { id }
}

/// Parameters and resources share their names.
fn twice(stack: &Stack, diags: &mut Diagnostics) {
    for pair in stack.section("Parameters") {
        let Some(resource) = stack.resource(&pair.key) else { continue };
        diags.push(
            error(
                "cfn/name-taken",
                resource.key_span,
                format!("`{}` is a parameter and a resource", pair.key),
                "the resource",
            )
            .also(At::Span(pair.key_span), "the parameter")
            .note("`Ref` could mean either, so names are unique in the whole template")
            .help("rename one of them"),
        );
    }
}
