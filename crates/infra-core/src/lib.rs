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

/// Compiles one definition; `stacks` limits the output to some stacks and what they take values from (empty: all), by
/// names in which `*` and `?` stand for any text and any one character.
///
/// Reports every mistake it can find; `None` if one keeps it from compiling. What the rules find does not: whether
/// that is let through is for the caller to say.
pub fn compile(
    definition: Definition,
    stacks: &[String],
    sources: &Sources,
    diags: &mut Diagnostics,
) -> Option<Assembly> {
    let world = whole(definition, None, diags)?;
    let mut selected = BTreeSet::new();
    let mut complete = true;
    for name in stacks {
        let known = || (0..world.stack_count()).map(|index| world.stack(index).0.as_str());
        let asked: BTreeSet<_> =
            (0..world.stack_count()).filter(|index| names::glob(name, world.stack(*index).0.as_str())).collect();
        if !asked.is_empty() {
            selected.extend(asked);
            continue;
        }
        complete = false;
        let error = Diagnostic::error("cli/unknown-stack", format!("there is no stack `{name}`"));
        diags.push(match suggest(name, known()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("the stacks are {}", resolve::list(known()))),
        });
    }
    let mut artifacts = lower::lower(&world, diags)?;
    let allowances = check_artifacts(&world, &artifacts, None, diags);
    if !complete {
        return None;
    }
    if !selected.is_empty() {
        artifacts.select(&selected);
    }
    Some(Assembly { allowances, ..assembly::assemble(&world, sources, &artifacts) })
}

/// Binds a definition. Where mistakes keep that from being done, the rules still judge what does not hang together with
/// them: all of them where everything that was written is known, else only the schemas, which look at one resource.
fn whole(definition: Definition, today: Option<names::Date>, diags: &mut Diagnostics) -> Option<Resolved> {
    let rest = match resolve::resolve_or_rest(definition, diags) {
        Ok(world) => return Some(world),
        Err(rest) => rest?,
    };
    let mut found = Diagnostics::default();
    let artifacts = lower::lower(&rest.world, &mut Diagnostics::default())?;
    let allowances = check_artifacts(&rest.world, &artifacts, today, &mut found);
    let is_known = |it: &Diagnostic| !rest.is_partial || it.id.starts_with("schema/");
    let shown = |it: &Diagnostic| it.primary.as_ref().is_some_and(|label| rest.shows(&label.at));
    let open = |it: &Diagnostic| is_known(it) && shown(it) && !rules::allow::is_accepted(&allowances, it);
    diags.extend(found.into_sorted().into_iter().filter(open));
    None
}

/// Checks what one definition compiles to against every rule, those of the calendar if the day is given.
///
/// What the definition accepts is still among the findings; [`rules::allow::apply`] takes it out.
pub fn check(definition: Definition, today: Option<names::Date>) -> Checked {
    let environment = definition.environment.name.to_string();
    let mut diags = Diagnostics::default();
    let world = whole(definition, today, &mut diags);
    let artifacts = world.as_ref().and_then(|world| lower::lower(world, &mut diags));
    let allowances = match (&world, &artifacts) {
        (Some(world), Some(artifacts)) => check_artifacts(world, artifacts, today, &mut diags),
        (None | Some(_), _) => Vec::new(),
    };
    Checked { environment, findings: diags.into_sorted(), allowances }
}

/// Checks documents that others wrote, as one deployment, against every rule; returns the number of stacks, too.
///
/// Where conditions ask for parameters, once for each value that they ask for, with the stacks that hang together.
pub fn check_documents(inputs: &[foreign::Input], sources: &Sources, today: Option<names::Date>) -> (Checked, usize) {
    let mut diags = Diagnostics::default();
    let Some(system) = foreign::System::read(inputs, sources, &mut diags) else {
        let findings = diags.into_sorted();
        return (Checked { findings, ..Checked::default() }, 0);
    };
    let mut found = Found { system: &system, today, seen: BTreeSet::new(), checked: Checked::default() };
    found.checked.findings = diags.into_sorted();
    // What is there with the defaults says which stacks hang together; no rule looks beyond those.
    let base = foreign::Variant::default();
    let templates = system.evaluate(&base);
    let links = {
        let foreign = view::Foreign::new(&system, &base, &templates);
        view::View::new(foreign.input(today), &foreign).links()
    };
    for members in system.components(&links) {
        let variants = system.variants_of(&members);
        found.checked.findings.extend(variants.left_out(&system));
        let Some((first, others)) = variants.list.split_first() else { continue };
        found.variant(first, first.stacks(&system).filter_map(|index| templates.get(index)), &[]);
        for variant in others {
            let templates = system.evaluate(variant);
            found.variant(variant, &templates, others);
        }
    }
    (found.checked, system.stacks.len())
}

/// What was found in documents so far.
struct Found<'s> {
    system: &'s foreign::System,
    today: Option<names::Date>,
    /// Findings that are not told again of another variant: id, title and place.
    seen: BTreeSet<(&'static str, String, Option<diag::At>)>,
    checked: Checked,
}

impl<'s> Found<'s> {
    /// Checks one variant and what it evaluates to.
    fn variant<'t>(
        &mut self,
        variant: &'t foreign::Variant,
        templates: impl IntoIterator<Item = &'t artifacts::Template>,
        others: &[foreign::Variant],
    ) where
        's: 't,
    {
        let foreign = view::Foreign::new(self.system, variant, templates);
        let view = view::View::new(foreign.input(self.today), &foreign);
        let mut diags = Diagnostics::default();
        rules::check(&view, &mut diags);
        let is_new = |it: &Diagnostic| self.seen.insert((it.id, it.title.clone(), place(it)));
        let mut findings: Vec<Diagnostic> = diags.into_sorted();
        if variant.values.is_empty() {
            findings.iter().for_each(|it| {
                self.seen.insert((it.id, it.title.clone(), place(it)));
            });
        } else {
            findings = findings.into_iter().filter(is_new).map(|it| it.note(format!("with {variant}"))).collect();
            self.weigh(variant, others, &mut findings);
        }
        self.checked.findings.append(&mut findings);
        for allowance in rules::allow::of_view(&view, &mut self.checked.findings) {
            if !self.checked.allowances.contains(&allowance) {
                self.checked.allowances.push(allowance);
            }
        }
    }

    /// Makes warnings of errors that a value of another parameter avoids while the resource stays: only who deploys the
    /// template chooses such a combination, and may know better.
    fn weigh(&self, variant: &foreign::Variant, others: &[foreign::Variant], findings: &mut [Diagnostic]) {
        let is_free = |other: &&foreign::Variant| other.values.keys().all(|name| !variant.values.contains_key(name));
        for other in others.iter().filter(is_free) {
            let mut errors = findings.iter_mut().filter(|it| it.severity == diag::Severity::Error).peekable();
            if errors.peek().is_none() {
                return;
            }
            let both = variant.with(other);
            let templates = self.system.evaluate(&both);
            let foreign = view::Foreign::new(self.system, &both, &templates);
            let view = view::View::new(foreign.input(self.today), &foreign);
            let mut diags = Diagnostics::default();
            rules::check(&view, &mut diags);
            let still: BTreeSet<_> = diags.iter().map(|it| (it.id, place(it))).collect();
            let there: BTreeSet<String> = view.resources().map(|it| view.subject(it.owner())).collect();
            for error in errors {
                let stays = error.subject.as_ref().is_some_and(|subject| there.contains(subject));
                if stays && !still.contains(&(error.id, place(error))) {
                    error.severity = diag::Severity::Warning;
                    error.notes.push(format!("not so with {other}"));
                }
            }
        }
    }
}

/// Returns where a finding is shown.
fn place(finding: &Diagnostic) -> Option<diag::At> {
    finding.primary.as_ref().map(|label| label.at.clone())
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
    view::check_documents(&view, diags);
    let mut found = Diagnostics::default();
    rules::check(&view, &mut found);
    let mut found = found.into_sorted();
    own.translate(&view, &mut found);
    diags.extend(found);
    rules::allow::of_model(world, artifacts, &view)
}
