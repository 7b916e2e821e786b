//! The pure half of `infra`: a typed model of AWS infrastructure and the pipe that compiles it.
//!
//! `load -> resolve -> lower -> assemble`, each a pure function that returns its value and diagnostics.
//! Nothing here reads a file, a clock, an environment variable or a random source; `clippy.toml` fences that.

pub mod access;
#[macro_use]
pub mod artifacts;
pub mod assembly;
pub mod catalogue;
pub mod diag;
pub mod diff;
pub mod facts;
pub mod foreign;
pub mod kinds;
pub mod lower;
pub mod model;
pub mod names;
pub mod place;
pub mod plan;
pub mod resolve;
pub mod rules;
pub mod schema;
pub mod source;
pub mod state;
pub mod view;

use std::collections::BTreeSet;

use assembly::Assembly;
use diag::{Diagnostic, Diagnostics, suggest};
use lower::Artifacts;
use model::Definition;
use resolve::Resolved;
use rules::allow::{Allowance, Checked};
use source::Sources;

/// Compiles one definition; `stacks` limits the output to some stacks and what they take values from (empty: all).
///
/// Reports every mistake it can find; `None` if one keeps it from compiling. What the rules find does not: whether
/// that is let through is for the caller to say.
pub fn compile(
    definition: Definition,
    stacks: &[String],
    sources: &Sources,
    diags: &mut Diagnostics,
) -> Option<Assembly> {
    let world = resolve::resolve(definition, diags)?;
    let mut selected = BTreeSet::new();
    for name in stacks {
        let known = || (0..world.stack_count()).map(|index| world.stack(index).0.as_str());
        if let Some(index) = (0..world.stack_count()).find(|index| world.stack(*index).0.as_str() == name) {
            selected.insert(index);
            continue;
        }
        let error = Diagnostic::error("cli/unknown-stack", format!("there is no stack `{name}`"));
        diags.push(match suggest(name, known()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("the stacks are {}", resolve::list(known()))),
        });
    }
    let mut artifacts = lower::lower(&world, diags)?;
    let allowances = check_artifacts(&world, &artifacts, None, diags);
    if selected.len() < stacks.len() {
        return None;
    }
    if !selected.is_empty() {
        artifacts.select(&selected);
    }
    Some(Assembly { allowances, ..assembly::assemble(&world, sources, &artifacts) })
}

/// Checks what one definition compiles to against every rule, those of the calendar if the day is given.
///
/// What the definition accepts is still among the findings; [`rules::allow::apply`] takes it out.
pub fn check(definition: Definition, today: Option<names::Date>) -> Checked {
    let environment = definition.environment.name.to_string();
    let mut diags = Diagnostics::default();
    let world = resolve::resolve(definition, &mut diags);
    let artifacts = world.as_ref().and_then(|world| lower::lower(world, &mut diags));
    let allowances = match (&world, &artifacts) {
        (Some(world), Some(artifacts)) => check_artifacts(world, artifacts, today, &mut diags),
        (None | Some(_), _) => Vec::new(),
    };
    Checked { environment, findings: diags.into_sorted(), allowances }
}

/// Checks documents that others wrote, as one deployment, against every rule; returns the number of stacks, too.
///
/// Where conditions ask for parameters, once for each value that they ask for.
pub fn check_documents(inputs: &[foreign::Input], sources: &Sources, today: Option<names::Date>) -> (Checked, usize) {
    let mut diags = Diagnostics::default();
    let Some(system) = foreign::System::read(inputs, sources, &mut diags) else {
        let findings = diags.into_sorted();
        return (Checked { findings, ..Checked::default() }, 0);
    };
    let mut checked = Checked { findings: diags.into_sorted(), ..Checked::default() };
    let variants = system.variants();
    checked.findings.extend(variants.left_out(&system));
    for variant in variants.list {
        let templates = system.evaluate(&variant);
        let foreign = view::Foreign::new(&system, &variant, &templates);
        let view = view::View::new(foreign.input(today), &foreign);
        let mut diags = Diagnostics::default();
        rules::check(&view, &mut diags);
        checked.findings.extend(foreign.only_here(diags.into_sorted(), &checked.findings));
        for allowance in rules::allow::of_view(&view, &mut checked.findings) {
            if !checked.allowances.contains(&allowance) {
                checked.allowances.push(allowance);
            }
        }
    }
    (checked, system.stacks.len())
}

/// Adds what the rules find, and returns what the definition accepts of it.
fn check_artifacts(
    world: &Resolved,
    artifacts: &Artifacts,
    today: Option<names::Date>,
    diags: &mut Diagnostics,
) -> Vec<Allowance> {
    let own = view::Own::new(world, artifacts);
    let view = view::View::new(own.input(today), &own);
    rules::check(&view, diags);
    rules::allow::of_model(world, artifacts, &view)
}
