//! What is wrong with templates as documents, whatever the resources in them are.

mod cycles;
mod functions;
mod limits;
mod mappings;
mod outputs;
mod parameters;
mod references;
mod resources;
mod sections;
mod unused;
mod uses;

use super::{Stack, System, Variant};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::place::{Sources, Span};
pub(super) use functions::without_transform;
use uses::Uses;

/// Checks every template of a system.
pub(super) fn check(system: &System, sources: &Sources, diags: &mut Diagnostics) {
    let base = Variant::default();
    let world = super::evaluate::World::new(system, &base);
    for (index, stack) in system.stacks.iter().enumerate() {
        let uses = Uses::of(stack);
        sections::check(stack, diags);
        resources::check(&world, index, stack, &uses, diags);
        functions::check(stack, &uses, diags);
        references::check(stack, &uses, diags);
        cycles::check(stack, &uses, diags);
        parameters::check(stack, diags);
        unused::check(stack, &uses, diags);
        limits::check(stack, sources, &uses, diags);
        mappings::check(stack, diags);
    }
    outputs::check(&world, diags);
}

/// Starts a finding about a place of a template.
fn error(id: &'static str, span: Span, title: String, label: &str) -> Diagnostic {
    Diagnostic::error(id, title).at(At::Span(span), label)
}

/// Adds the name that was probably meant, or else what to do.
fn meant<'a>(
    finding: Diagnostic,
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> Diagnostic {
    match suggest(word, candidates) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(otherwise),
    }
}

/// Returns the names of a section's entries.
fn names<'a>(stack: &'a Stack, section: &str) -> impl Iterator<Item = &'a str> {
    stack.section(section).iter().map(|pair| pair.key.as_str())
}
