//! What is wrong with templates as documents, whatever the resources in them are.

mod cycles;
mod functions;
mod limits;
mod mappings;
mod outputs;
mod parameters;
mod references;
mod resources;
mod secrets;
mod sections;
mod unused;
mod uses;

use super::{Stack, System, Variant};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::place::Span;
use crate::source::Pair;
pub(super) use functions::without_transform;
use uses::Uses;

/// Checks every template of a system; `bytes` says how large a template is.
pub(super) fn check(system: &System, bytes: &dyn Fn(&Stack) -> usize, diags: &mut Diagnostics) {
    let base = Variant::default();
    let world = super::evaluate::World::new(system, &base);
    for (index, stack) in system.stacks.iter().enumerate() {
        let mut found = Diagnostics::default();
        let uses = Uses::of(stack);
        sections::check(stack, &mut found);
        resources::check(&world, index, stack, &uses, &mut found);
        functions::check(stack, &uses, &mut found);
        references::check(stack, &uses, &mut found);
        cycles::check(stack, &uses, &mut found);
        parameters::check(stack, &mut found);
        unused::check(stack, &uses, &mut found);
        limits::check(stack, bytes(stack), &uses, &mut found);
        mappings::check(stack, &uses, &mut found);
        secrets::check(stack, &mut found);
        diags.extend(found.into_sorted().into_iter().map(|finding| with_subject(stack, finding)));
    }
    outputs::check(&world, diags);
}

/// Says of a finding in a resource which it is.
fn with_subject(stack: &Stack, mut finding: Diagnostic) -> Diagnostic {
    if let Some(At::Span(span)) = finding.primary.as_ref().map(|label| &label.at) {
        let ends = stack.source.pairs().iter().map(|pair| pair.key_span.start).filter(|start| start > &first(stack));
        let end = ends.min().unwrap_or(u32::MAX);
        let before = |pair: &&Pair| pair.key_span.start <= span.start && span.start < end;
        let resource = stack.section("Resources").iter().rfind(before);
        finding.subject = resource.map(|resource| format!("{}/{}", stack.name, resource.key));
    }
    finding
}

/// Where the resources of a template begin.
fn first(stack: &Stack) -> u32 {
    stack.section("Resources").first().map_or(u32::MAX, |pair| pair.key_span.start)
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
