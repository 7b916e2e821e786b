//! `infra new`: an entry to begin with, with every key that it may have, put into a stack file.
//!
//! The file is text to this command: what is there keeps its bytes, and what was read before is read after.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value as Json;
use serde_yaml::{Mapping, Value};

use super::check::machine_day;
use super::{settle, side_by_side};
use crate::cli::{Exit, Global};
use crate::diag::{Diagnostic, Diagnostics, Severity, suggest};
use crate::files::{Edited, Project, replace_file, shown};
use crate::kinds::{KINDS, KindInfo};
use crate::model::{Common, Definition};
use crate::names::Name;
use crate::{output, schema};

/// Put a new entry into a stack file: with what it needs, and every other key with its default in a comment.
///
/// What is in the file stays as it is. Nothing is written if the project would have errors that it has not now.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The kind, as `queue` or `queues`.
    kind: String,
    /// Name of the entry.
    name: Name,
    /// The stack or its file; may be left out where the project has one. One that is not there is made.
    #[arg(long, short, value_name = "FILE")]
    stack: Option<String>,
}

/// What an entry of a kind begins with, where what the example of the kind writes for its required keys will not do:
/// `NAME` is the name of the entry, references are replaced by those of the project.
const STARTERS: &[(&str, &str)] = &[
    ("certificates", "{ domain: 'NAME.${env.domain}', zones: [main] }"),
    ("hosted-zones", "{ domain: 'NAME.${env.domain}' }"),
    ("http-apis", HTTP_API),
    ("raw", "{ type: 'AWS::SSM::Parameter', properties: { Type: String, Value: write the value here } }"),
    ("records", "{ zone: main, name: 'NAME.${env.domain}', values: { txt: [write the value here] } }"),
    ("secrets", "{ generate: { length: 48 } }"),
    ("user-pools", "{}"),
    ("web-sites", "{ paths: single-page }"),
];

const HTTP_API: &str = "{ authorizer: { oidc: { issuer: 'https://login.example.com/', audiences: [NAME] } }, \
                        routes: { POST /v1/NAME: { to: { queue: { queue: main } } } } }";

/// A stack with what stands in its file.
#[derive(Clone)]
struct Target {
    /// Its file.
    path: PathBuf,
    /// Name of the stack.
    stack: String,
    text: String,
    tree: Mapping,
}

/// Finds the place, makes the entry, checks the project with it, and writes.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let kind = kind(&args.kind)?;
    let before = Checked::of(global, Edited::new())?;
    let stacks = stacks(&before.project)?;
    let target = target(&before.project, &stacks, args.stack.as_deref())?;
    let name = args.name.as_str();
    if names(&target.tree, kind.section).any(|there| there == name) {
        bail!("stack {} has a {} `{name}` already, in {}", target.stack, kind.noun, shown(&target.path));
    }
    let mut refused = None;
    for starter in starters(kind, name)? {
        let body = referring(kind, starter, &stacks, &target.stack)?;
        let text = with_entry(&target, kind, name, &body)?;
        let after = Checked::of(global, Edited::from([(target.path.clone(), text.clone().into_bytes())]))?;
        let new: Vec<Diagnostic> = after.errors().filter(|error| !before.has(error)).cloned().collect();
        if new.is_empty() {
            replace_file(&target.path, text.as_bytes())?;
            let line = target.text.lines().zip(text.lines()).take_while(|(old, new)| old == new).count() + 1;
            output::result(&format!("{}:{line}: {} `{name}`\n", shown(&target.path), kind.noun))?;
            return Ok(Exit::Done);
        }
        refused.get_or_insert((after.project, new));
    }
    if let Some((project, new)) = refused {
        output::diagnostics(&project.sources, &new)?;
    }
    output::note("nothing was written: the project would have errors that it has not now\n")?;
    Ok(Exit::Failed)
}

/// The project and what is wrong with it.
struct Checked {
    project: Project,
    findings: Vec<Diagnostic>,
}

impl Checked {
    fn of(global: &Global, edited: Edited) -> anyhow::Result<Self> {
        let today = machine_day()?;
        let mut diags = Diagnostics::default();
        let mut project = Project::open_edited(global.project.as_deref(), edited)?;
        let definitions = project.definitions(&[], &mut diags)?.unwrap_or_default();
        let found = side_by_side(definitions, |definition: Definition| crate::check(definition, Some(today)));
        let findings = settle(project.levels(), diags, found, Some(today));
        Ok(Self { project, findings })
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Whether the same is wrong here, wherever it stands.
    fn has(&self, error: &Diagnostic) -> bool {
        self.errors().any(|old| (old.id, &old.title, &old.subject) == (error.id, &error.title, &error.subject))
    }
}

/// The kind that a word names: its section, or what people call one.
fn kind(word: &str) -> anyhow::Result<&'static KindInfo> {
    let plain = |text: &str| text.to_lowercase().replace([' ', '_'], "-");
    let singular = |kind: &KindInfo| plain(kind.noun);
    let wanted = plain(word);
    let found = KINDS.iter().find(|kind| kind.section == wanted || singular(kind) == wanted);
    let by_section = || KINDS.iter().find(|kind| kind.section.strip_suffix('s') == Some(&wanted));
    if let Some(kind) = found.or_else(by_section) {
        return Ok(kind);
    }
    let words: Vec<String> = KINDS.iter().flat_map(|kind| [kind.section.to_owned(), singular(kind)]).collect();
    match suggest(&wanted, words.iter().map(String::as_str)) {
        Some(near) => bail!("there is no kind `{word}`; did you mean `{near}`?"),
        None => bail!(
            "there is no kind `{word}`; the kinds are {}, and `raw` takes any type of CloudFormation",
            KINDS.iter().map(|kind| kind.section).filter(|it| *it != "raw").collect::<Vec<_>>().join(", ")
        ),
    }
}

/// The stacks of the project with what stands in their files; a file that cannot be read holds nothing here.
fn stacks(project: &Project) -> anyhow::Result<Vec<Target>> {
    let folder = project.root.join(project.stack_folder());
    let mut stacks = Vec::new();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", shown(&folder)))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == "yaml" || it == "yml")) {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", shown(&path)))?;
        let stack = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let tree = serde_yaml::from_str(&text).unwrap_or_default();
        stacks.push(Target { path, stack, text, tree });
    }
    Ok(stacks)
}

/// The file that the entry goes to.
fn target(project: &Project, stacks: &[Target], wanted: Option<&str>) -> anyhow::Result<Target> {
    let known = || stacks.iter().map(|it| it.stack.as_str()).collect::<Vec<_>>().join(", ");
    let Some(wanted) = wanted else {
        return match stacks {
            [only] => Ok(only.clone()),
            _ => bail!("name the stack with `--stack`: it is one of {}, or a new one", known()),
        };
    };
    let stem = Path::new(wanted).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(there) = stacks.iter().find(|it| it.stack == stem) {
        return Ok(there.clone());
    }
    if let Some(near) = suggest(&stem, stacks.iter().map(|it| it.stack.as_str())) {
        bail!("there is no stack `{stem}`; did you mean `{near}`?");
    }
    let stack: Name = stem.parse().with_context(|| format!("`{wanted}` names no stack"))?;
    let path = project.root.join(project.stack_folder()).join(format!("{stack}.yaml"));
    let modeline = |it: &Target| it.text.lines().next().filter(|line| line.contains("$schema=")).map(str::to_owned);
    let text = stacks.iter().find_map(modeline).map(|line| format!("{line}\n")).unwrap_or_default();
    Ok(Target { path, stack: stem, text, tree: Mapping::new() })
}

/// Names of the entries of a section.
fn names<'a>(tree: &'a Mapping, section: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    tree.get(section).and_then(Value::as_mapping).into_iter().flat_map(Mapping::keys).filter_map(Value::as_str)
}

/// What the entry may begin with, the shortest first: what the kind needs, or all that its example writes.
fn starters(kind: &KindInfo, name: &str) -> anyhow::Result<Vec<Mapping>> {
    let example: Mapping = serde_yaml::from_str(kind.example).context("internal error: an example is no YAML")?;
    let first = example.get(kind.section).and_then(Value::as_mapping).and_then(|it| it.values().next());
    let whole = first.and_then(Value::as_mapping).cloned().unwrap_or_default();
    let shortest = if let Some((_, text)) = STARTERS.iter().find(|(section, _)| *section == kind.section) {
        serde_yaml::from_str(&text.replace("NAME", name)).context("internal error: a starter is no YAML")?
    } else {
        let schema = Schema::new();
        let required = schema.required(kind);
        let keep = |(key, _): &(Value, Value)| key.as_str().is_some_and(|key| required.contains(&key));
        whole.clone().into_iter().filter(keep).collect()
    };
    Ok(vec![shortest, whole])
}

/// The starter with entries of the project where it names others. An optional key that names what the project has not is
/// left out.
fn referring(kind: &KindInfo, starter: Mapping, stacks: &[Target], stack: &str) -> anyhow::Result<Mapping> {
    let schema = Schema::new();
    let (own, required) = (schema.entry(kind), schema.required(kind));
    let mut body = Mapping::new();
    for (key, mut value) in starter {
        let name = key.as_str().unwrap_or_default().to_owned();
        let property = own.get("properties").and_then(|it| it.get(&name)).unwrap_or(&Json::Null);
        let mut absent = None;
        schema.each_reference(property, &mut value, &mut |section, text| {
            let here = |it: &&Target| it.stack == stack;
            let of = |it: &Target| {
                let name = names(&it.tree, section).next()?;
                Some(if it.stack == stack { name.to_owned() } else { format!("{}.{name}", it.stack) })
            };
            match stacks.iter().filter(here).chain(stacks).find_map(of) {
                Some(found) => *text = found,
                None => absent = Some(section.to_owned()),
            }
        });
        match absent.and_then(|section| KINDS.iter().find(|kind| kind.section == section)) {
            None => drop(body.insert(key, value)),
            Some(other) if required.contains(&name.as_str()) || STARTERS.iter().any(|(it, _)| *it == kind.section) => {
                bail!(
                    "a {} needs a {}, and the project has none: `infra new {} main` comes first",
                    kind.noun,
                    other.noun,
                    other.noun.replace(' ', "-")
                )
            }
            Some(_) => {}
        }
    }
    Ok(body)
}

/// The schema of stack files, in which what a key refers to is looked up.
struct Schema(Json);

/// Deepest that a value is looked into.
const DEEPEST: usize = 32;

impl Schema {
    fn new() -> Self {
        Self(schema::stack())
    }

    fn resolved<'a>(&'a self, schema: &'a Json) -> &'a Json {
        let to = schema.get("$ref").and_then(Json::as_str).and_then(|to| self.0.pointer(to.strip_prefix('#')?));
        to.unwrap_or(schema)
    }

    /// The schema of an entry of a kind.
    fn entry(&self, kind: &KindInfo) -> &Json {
        let section = self.0.get("properties").and_then(|it| it.get(kind.section)?.get("additionalProperties"));
        section.map_or(&Json::Null, |entry| self.resolved(entry))
    }

    fn required(&self, kind: &KindInfo) -> Vec<&str> {
        self.entry(kind)
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect()
    }

    /// Hands every reference in a value over, with the section that it refers to.
    fn each_reference(&self, schema: &Json, value: &mut Value, visit: &mut dyn FnMut(&str, &mut String)) {
        self.references(schema, value, visit, DEEPEST);
    }

    fn references(&self, schema: &Json, value: &mut Value, visit: &mut dyn FnMut(&str, &mut String), left: usize) {
        let Some(left) = left.checked_sub(1) else { return };
        let target = schema.get("$ref").and_then(Json::as_str).and_then(|to| to.strip_prefix("#/$defs/reference-"));
        if let (Some(section), Value::String(text)) = (target, &mut *value) {
            return visit(section, text);
        }
        let schema = self.resolved(schema);
        for choice in ["anyOf", "oneOf", "allOf"].iter().filter_map(|of| schema.get(*of)?.as_array()).flatten() {
            self.references(choice, value, visit, left);
        }
        match value {
            Value::Sequence(items) => {
                let Some(of) = schema.get("items") else { return };
                items.iter_mut().for_each(|item| self.references(of, item, visit, left));
            }
            Value::Mapping(pairs) => {
                for (key, value) in pairs.iter_mut() {
                    let own = schema.get("properties").and_then(|it| it.get(key.as_str()?));
                    let any = schema.get("patternProperties").and_then(|it| it.as_object()?.values().next());
                    if let Some(of) = own.or(any).or_else(|| schema.get("additionalProperties")) {
                        self.references(of, value, visit, left);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
        }
    }
}

/// The text of the file with the entry in it.
fn with_entry(target: &Target, kind: &KindInfo, name: &str, body: &Mapping) -> anyhow::Result<String> {
    let newline = if target.text.contains("\r\n") { "\r\n" } else { "\n" };
    let place = Place::of(&target.text, kind.section);
    let entry = match &place {
        Place::Flow { empty, .. } => {
            let json = serde_json::to_string(body).context("internal error: an entry is no JSON")?;
            let (before, after) = if *empty { (" ", " ") } else { (", ", "") };
            format!("{before}{name}: {json}{after}")
        }
        Place::Below { indent, .. } => documented(kind, name, body, *indent)?,
        Place::New => format!("{}:\n{}", kind.section, documented(kind, name, body, 2)?),
    };
    let mut text = target.text.clone();
    let at = match place {
        Place::Flow { at, .. } | Place::Below { at, .. } => at,
        Place::New => text.len(),
    };
    let open = !matches!(place, Place::Flow { .. }) && at > 0 && !text.get(..at).is_some_and(|it| it.ends_with('\n'));
    let entry = if open { format!("\n{entry}") } else { entry };
    text.insert_str(at, &entry.replace('\n', newline));
    // Whatever the file looks like: what was read before is read after, and the entry beside it.
    let mut after: Mapping = serde_yaml::from_str(&text).unwrap_or_default();
    let there = after.get_mut(kind.section).and_then(Value::as_mapping_mut);
    let empty = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(value) => value.as_mapping().is_some_and(Mapping::is_empty),
    };
    let made = there.and_then(|entries| entries.remove(name));
    let is_it =
        made == Some(Value::Mapping(body.clone())) || (body.is_empty() && empty(made.as_ref()) && made.is_some());
    let same = is_it && {
        let mut before = target.tree.clone();
        if empty(before.get(kind.section)) && empty(after.get(kind.section)) {
            before.remove(kind.section);
            after.remove(kind.section);
        }
        after == before
    };
    if !same {
        bail!(
            "{} is written in a way that this command does not know: nothing was written; put this there yourself:\n\n{}",
            shown(&target.path),
            documented(kind, name, body, 2)?
        );
    }
    Ok(text)
}

/// Where an entry of a section goes, as an offset in bytes.
enum Place {
    /// On lines of its own, below the others.
    Below { at: usize, indent: usize },
    /// Before the brace that closes the section.
    Flow { at: usize, empty: bool },
    /// At the end of the file, with its section.
    New,
}

impl Place {
    fn of(text: &str, section: &str) -> Self {
        let mut at = 0;
        let mut lines = text.split_inclusive('\n').map(|line| {
            at += line.len();
            (at, line.trim_end())
        });
        let head = format!("{section}:");
        let Some((mut end, first)) = lines.find(|(_, line)| line.starts_with(&head)) else { return Self::New };
        let value = first.get(head.len()..).unwrap_or_default().trim_start();
        let mut indent = None;
        for (after, line) in lines {
            let content = line.trim_start();
            let column = line.len() - content.len();
            if column == 0 && !content.is_empty() && !content.starts_with(['#', '}', ']']) {
                break;
            }
            // Comments at the margin and blank lines belong to what follows, unless the section goes on.
            if column > 0 || content.starts_with(['}', ']']) {
                end = after;
            }
            if column > 0 && !content.starts_with('#') && indent.is_none() {
                indent = Some(column);
            }
        }
        let written = text.get(..end).unwrap_or_default();
        if value.starts_with('{') {
            let closing = written.rfind('}').unwrap_or_default();
            let inner = written.get(..closing).unwrap_or_default().trim_end();
            return Self::Flow { at: inner.len(), empty: inner.ends_with('{') };
        }
        Self::Below { at: end, indent: indent.unwrap_or(2) }
    }
}

/// The entry as YAML: what it is, its keys, and in comments the others with their defaults.
fn documented(kind: &KindInfo, name: &str, body: &Mapping, indent: usize) -> anyhow::Result<String> {
    let schema = Schema::new();
    let entry = schema.entry(kind);
    let (pad, inner) = (" ".repeat(indent), " ".repeat(indent * 2));
    let mut text = format!("{pad}# {}\n{pad}{name}:", sentence(entry));
    // An entry without keys is one of defaults; a key of the comments can be written below it.
    for (key, value) in body {
        let pair = Mapping::from_iter([(key.clone(), value.clone())]);
        for line in serde_yaml::to_string(&pair).context("internal error: an entry is no YAML")?.lines() {
            let _ = write!(text, "\n{inner}{line}");
        }
    }
    let properties = entry.get("properties").and_then(Json::as_object).into_iter().flatten();
    for (key, property) in properties {
        if body.contains_key(key.as_str()) || Common::KEYS.contains(&key.as_str()) {
            continue;
        }
        let default = match property.get("default") {
            None | Some(Json::Null) => "…".to_owned(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let about = if property.get("description").is_some() { property } else { schema.resolved(property) };
        let _ = write!(text, "\n{inner}# {key}: {default}  # {}", sentence(about));
    }
    text.push('\n');
    Ok(text)
}

/// The first sentence of what a schema says of a value.
fn sentence(schema: &Json) -> String {
    let text = schema.get("description").and_then(Json::as_str).unwrap_or_default().replace('\n', " ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(text: &str) -> anyhow::Result<String> {
        let kind = kind("queue")?;
        let tree = serde_yaml::from_str(text).unwrap_or_default();
        let target = Target { path: "main.yaml".into(), stack: "main".to_owned(), text: text.to_owned(), tree };
        let body = serde_yaml::from_str("{ delay: 5 }")?;
        let text = with_entry(&target, kind, "new", &body)?;
        // Comments about other keys are long, and change with the kind.
        let is_about_keys = |line: &&str| {
            let line = line.trim_start();
            line.starts_with("# An SQS") || (line.starts_with("# ") && line.contains("  # "))
        };
        Ok(text.split_inclusive('\n').filter(|line| !is_about_keys(line)).collect())
    }

    #[test]
    fn an_entry_goes_below_the_others_and_nothing_else_moves() {
        for (before, after) in [
            ("queues:\n  a: {}\n", "queues:\n  a: {}\n  new:\n    delay: 5\n"),
            ("queues:\n    a:\n        delay: 1", "queues:\n    a:\n        delay: 1\n    new:\n        delay: 5\n"),
            (
                "queues: # ours\n  # the first\n  a: {} # a\n\n# topics\ntopics:\n  t: {}\n",
                "queues: # ours\n  # the first\n  a: {} # a\n  new:\n    delay: 5\n\n# topics\ntopics:\n  t: {}\n",
            ),
            ("queues: {}\n", "queues: { new: {\"delay\":5} }\n"),
            ("queues: { a: {} } # x\n", "queues: { a: {}, new: {\"delay\":5} } # x\n"),
            ("queues:\ntopics: {}\n", "queues:\n  new:\n    delay: 5\ntopics: {}\n"),
            ("topics:\n  t: {}", "topics:\n  t: {}\nqueues:\n  new:\n    delay: 5\n"),
            ("", "queues:\n  new:\n    delay: 5\n"),
            ("queues:\r\n  a: {}\r\n", "queues:\r\n  a: {}\r\n  new:\r\n    delay: 5\r\n"),
        ] {
            assert_eq!(inserted(before).expect("it is known"), after, "{before}");
        }
    }

    #[test]
    fn what_is_written_in_another_way_is_left_alone() {
        for text in ["{ queues: { a: {} } }\n", "\"queues\":\n  a: {}\n"] {
            assert!(inserted(text).is_err(), "{text}");
        }
    }
}
