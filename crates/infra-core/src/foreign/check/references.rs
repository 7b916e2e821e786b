//! Names that lead nowhere.

use super::uses::{How, Use, Uses};
use super::{Stack, error, meant, names};
use crate::artifacts::Pseudo;
use crate::diag::{At, Diagnostic, Diagnostics};

/// Checks that everything a template names is there.
pub(super) fn check(stack: &Stack, uses: &Uses<'_>, diags: &mut Diagnostics) {
    let is_rewritten = stack.is_rewritten();
    for it in &uses.names {
        let is_value = matches!(it.section, "Conditions" | "Rules");
        if is_value && matches!(it.how, How::Ref | How::Attribute) && stack.resource(it.name).is_some() {
            diags.push(too_early(stack, it));
            continue;
        }
        let (is_there, finding) = match it.how {
            How::Ref => (is_value_name(stack, it.name), no_value(stack, it)),
            How::Attribute => (stack.resource(it.name).is_some(), no_resource(stack, it, "cfn/unknown-resource")),
            How::DependsOn => (stack.resource(it.name).is_some(), no_resource(stack, it, "cfn/unknown-dependency")),
            How::Condition => {
                (stack.entry("Conditions", it.name).is_some(), no_entry(stack, it, "Conditions", "condition"))
            }
            How::Mapping => (stack.entry("Mappings", it.name).is_some(), no_entry(stack, it, "Mappings", "mapping")),
        };
        if !is_there && !is_rewritten {
            diags.push(finding());
        }
    }
}

fn is_value_name(stack: &Stack, name: &str) -> bool {
    name == "AWS::NoValue"
        || Pseudo::from_name(name).is_some()
        || stack.parameter(name).is_some()
        || stack.resource(name).is_some()
}

fn no_value<'a>(stack: &'a Stack, it: &'a Use<'a>) -> Box<dyn Fn() -> Diagnostic + 'a> {
    Box::new(move || {
        let title = format!("`{}` is neither a parameter nor a resource", it.name);
        let finding = error("cfn/unknown-reference", it.span, title, "names nothing in this template")
            .note("`Ref` and `${…}` give parameters, pseudo parameters and resources of the same template");
        let pseudo = Pseudo::ALL.iter().map(|pseudo| pseudo.as_str()).chain(["AWS::NoValue"]);
        let all = names(stack, "Parameters").chain(names(stack, "Resources")).chain(pseudo);
        meant(finding, it.name, all, "add it, or import it from the stack that has it; text `${…}` is written `${!…}`")
    })
}

fn no_resource<'a>(stack: &'a Stack, it: &'a Use<'a>, id: &'static str) -> Box<dyn Fn() -> Diagnostic + 'a> {
    Box::new(move || {
        let finding =
            error(id, it.span, format!("there is no resource `{}`", it.name), "names no resource of this template")
                .note("only resources of the same template have attributes and an order");
        meant(
            finding,
            it.name,
            names(stack, "Resources"),
            "add the resource, or import the value from the stack that has it",
        )
    })
}

fn no_entry<'a>(
    stack: &'a Stack,
    it: &'a Use<'a>,
    section: &'static str,
    what: &'static str,
) -> Box<dyn Fn() -> Diagnostic + 'a> {
    let id = if what == "condition" { "cfn/unknown-condition" } else { "cfn/unknown-mapping" };
    Box::new(move || {
        let finding = error(id, it.span, format!("there is no {what} `{}`", it.name), "names nothing in this template")
            .note(format!("a {what} is written in section `{section}` of the same template"));
        meant(finding, it.name, names(stack, section), &format!("add `{}` to section `{section}`", it.name))
    })
}

/// Conditions are decided before any resource is there.
fn too_early(stack: &Stack, it: &Use<'_>) -> Diagnostic {
    let finding = error(
        "cfn/condition-needs-resource",
        it.span,
        format!("`{}` is a resource, and conditions know none", it.name),
        "not known yet",
    );
    let finding = match stack.resource(it.name) {
        Some(resource) => finding.also(At::Span(resource.key_span), "the resource"),
        None => finding,
    };
    finding
        .note("conditions are decided before resources are made; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html")
        .help("compare parameters, pseudo parameters and values of mappings only")
}
