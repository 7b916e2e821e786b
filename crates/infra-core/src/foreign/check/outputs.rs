//! Outputs, and the values that stacks export to and import from each other.

use std::collections::BTreeMap;

use super::super::evaluate::{Export, Scope, World, agree};
use super::{Stack, error, meant};
use crate::artifacts::Expr;
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::names::glob;
use crate::source::{Node, Pair};

const ATTRIBUTES: &[&str] = &["Condition", "Description", "Export", "Value"];

const SOURCE: &str =
    "source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html";

/// Checks the outputs of all stacks and what is imported.
pub(super) fn check(world: &World<'_>, diags: &mut Diagnostics) {
    for (index, stack) in world.system.stacks.iter().enumerate() {
        for output in stack.section("Outputs").iter().filter(|pair| pair.key != "Fn::Transform") {
            attributes(output, diags);
        }
        let sections = ["Resources", "Outputs", "Conditions"];
        let mut arguments = Vec::new();
        for pair in sections.into_iter().flat_map(|section| stack.section(section)) {
            if world.is_created(Scope::of(index), &pair.value) {
                imports(world, index, &pair.value, &mut arguments);
            }
        }
        missing(world, index, stack, &arguments, diags);
    }
    let mut by_name: BTreeMap<&str, Vec<(usize, &Pair)>> = BTreeMap::new();
    for export in world.exports().iter().filter(|export| !export.name.contains('*')) {
        by_name.entry(&export.name).or_default().push((export.stack, export.output));
    }
    by_name.iter().for_each(|(name, outputs)| twice(world, name, outputs, diags));
}

fn attributes(output: &Pair, diags: &mut Diagnostics) {
    for pair in output.value.pairs().iter().filter(|pair| !ATTRIBUTES.contains(&pair.key.as_str())) {
        let title = format!("an output has no attribute `{}`", pair.key);
        let finding = error("cfn/unknown-attribute", pair.key_span, title, "not an attribute").note(SOURCE);
        diags.push(meant(finding, &pair.key, ATTRIBUTES.iter().copied(), "remove it"));
    }
    if output.value.pair("Value").is_none() && !output.value.pairs().is_empty() {
        let title = format!("output `{}` has no value", output.key);
        diags.push(
            error("cfn/output-value", output.key_span, title, "no `Value`").note(SOURCE).help("write `Value: …`"),
        );
    }
    let export = output.value.pair("Export");
    if let Some(pair) = export.filter(|pair| pair.value.pair("Name").is_none()) {
        let title = format!("the export of output `{}` has no name", output.key);
        let finding = error("cfn/output-value", pair.key_span, title, "no `Name`");
        diags.push(finding.note(SOURCE).help("write `Export: { Name: … }`"));
    }
}

/// An export's name is unique in its account and region.
fn twice(world: &World<'_>, name: &str, outputs: &[(usize, &Pair)], diags: &mut Diagnostics) {
    let place = |index: usize| world.stack(index).map(|stack| (stack.region, stack.account.clone()));
    let is_made = |index: usize, pair: &Pair| {
        let stack = world.stack(index).and_then(|stack| stack.entry("Outputs", &pair.key));
        stack.is_some_and(|pair| world.is_created(Scope::of(index), &pair.value))
    };
    let made: Vec<_> = outputs.iter().filter(|(index, pair)| is_made(*index, pair)).collect();
    for (at, (index, pair)) in made.iter().enumerate() {
        let before = made.iter().take(at).find(|(other, _)| place(*other) == place(*index));
        let Some((_, first)) = before else { continue };
        diags.push(
            error("cfn/export-twice", pair.key_span, format!("`{name}` is exported twice"), "the second time")
                .also(At::Span(first.key_span), "the first time")
                .note("an export's name is unique in its account and region; source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-importvalue.html")
                .help("put the stack's name into it: `!Sub \"${AWS::StackName}-…\"`"),
        );
    }
}

/// Finds the arguments of imports below a node.
fn imports<'a>(world: &World<'a>, index: usize, node: &'a Node, found: &mut Vec<&'a Node>) {
    node.items().iter().for_each(|item| imports(world, index, item, found));
    for pair in node.pairs() {
        // Only the branch that is taken has to find what it imports.
        if let ("Fn::If", [condition, yes, no]) = (pair.key.as_str(), pair.value.items()) {
            let holds = condition.scalar().is_some_and(|name| world.holds(Scope::of(index), name));
            imports(world, index, if holds { yes } else { no }, found);
            continue;
        }
        if pair.key == "Fn::ImportValue" {
            found.push(&pair.value);
        }
        imports(world, index, &pair.value, found);
    }
}

/// Reports imports of a stack that no other one exports.
///
/// Templates that are given together need not belong together: what is missing is told where the stack finds other
/// imports here, where both stacks are named, or where a name is so near that it is a slip.
fn missing<'a>(world: &World<'a>, index: usize, stack: &'a Stack, arguments: &[&'a Node], diags: &mut Diagnostics) {
    let is_near = |other: &Stack| {
        agree(other.region.as_ref(), stack.region.as_ref()) && agree(other.account.as_ref(), stack.account.as_ref())
    };
    let others: Vec<&Stack> = world
        .system
        .stacks
        .iter()
        .enumerate()
        .filter(|(at, it)| *at != index && is_near(it))
        .map(|(_, it)| it)
        .collect();
    let exports: Vec<&Export<'_>> =
        world.exports().iter().filter(|export| world.stack(export.stack).is_some_and(is_near)).collect();
    let names = arguments.iter().filter_map(|argument| match world.eval(Scope::of(index), argument) {
        Expr::Text(name) => Some((*argument, name)),
        _ => None,
    });
    let is_exported = |name: &str| exports.iter().any(|export| glob(&export.name, name));
    let (found, lost): (Vec<_>, Vec<_>) = names.partition(|(_, name)| is_exported(name));
    let belongs = !found.is_empty() || (stack.is_named && others.iter().any(|other| other.is_named));
    for (argument, name) in lost {
        let known = || exports.iter().map(|export| export.name.as_str());
        if !belongs && suggest(&name, known()).is_none() {
            continue;
        }
        let finding = Diagnostic::warning("cfn/import-of-nothing", format!("no stack here exports `{name}`"))
            .at(At::Span(argument.span), "taken from elsewhere")
            .note(
                "a stack with this import can be made only after one that exports the name in the same account and region",
            );
        diags.push(meant(finding, &name, known(), "export it, or check that another deployment does"));
    }
}
