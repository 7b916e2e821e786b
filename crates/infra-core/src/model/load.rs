//! Reads definitions from the node trees of the input files.
//!
//! Reports every mistake of every file; cannot look up other entries.

use std::collections::BTreeMap;

use super::entry::{Common, Entry, Origin};
use super::overlay;
pub use super::overlay::{Overlay, overlay};
use super::{Definition, Environment, Project, Stack, Unread};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::kinds::{self, KINDS, Kind, Sectioned, Sections};
use crate::names::{AccountId, DomainName, Name, Region};
use crate::source::{FileId, Node, Pair, Sources, Span, Value, Variables, from_node, from_part, interpolate, parse};

/// A stack file before it is read for an environment.
#[derive(Clone, Debug)]
pub struct StackFile {
    /// Name of the stack: that of the file.
    pub name: Name,
    /// Its content.
    pub tree: Node,
}

/// The stack files of a project.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Those that could be read.
    pub stacks: Vec<StackFile>,
    /// Names of those that could not; they are reported, and what refers to them is not wrong.
    pub unread: Vec<String>,
}

impl From<Vec<StackFile>> for Files {
    fn from(stacks: Vec<StackFile>) -> Self {
        Self { stacks, unread: Vec::new() }
    }
}

/// Reads `infra.yaml`.
pub fn project(sources: &Sources, file: FileId, diags: &mut Diagnostics) -> Option<Project> {
    let mut found = Diagnostics::default();
    let tree = tree(sources, file, &mut found);
    for mut finding in found.into_sorted() {
        if finding.id == "source/empty-file" {
            finding.notes = vec!["infra.yaml names the project and its environments".to_owned()];
            finding.help = vec![
                "write `project: NAME` and `environments: { dev: { account: …, region: …, domain: … } }`".to_owned(),
            ];
        }
        diags.push(finding);
    }
    let tree = tree?;
    let project: Option<Project> = from_node(&tree, diags);
    let lints = tree.pair("lints").map(|lints| lints.value.pairs()).unwrap_or_default();
    let lint_places = lints.iter().map(|pair| (pair.key.clone(), At::Span(pair.key_span))).collect();
    project.map(|project| Project { lint_places, ..project })
}

/// What can be read of an `infra.yaml` that holds mistakes, with made-up values for what every environment needs, so that
/// the stacks are still checked; nothing is ever made of it. The mistakes are reported by [`project`].
pub fn stand_in(sources: &Sources, file: FileId) -> Option<Project> {
    let mut tree = tree(sources, file, &mut Diagnostics::default())?;
    let reads = |tree: &Node| from_node::<Project>(tree, &mut Diagnostics::default());
    let Value::Map(pairs) = &mut tree.value else { return None };
    pairs.retain(|pair| matches!(pair.key.as_str(), "project" | "stacks" | "environments"));
    let environments = pairs.iter_mut().find(|pair| pair.key == "environments")?;
    let Value::Map(environments) = &mut environments.value.value else { return None };
    for environment in environments {
        let (key_span, span) = (environment.key_span, environment.value.span);
        let Value::Map(settings) = &mut environment.value.value else { return None };
        settings.retain(|pair| matches!(pair.key.as_str(), "account" | "region" | "domain" | "variables" | "overlays"));
        for (key, value, is_right) in STAND_INS {
            let node = Node { value: Value::Quoted((*value).to_owned()), span };
            match settings.iter_mut().find(|pair| pair.key == *key) {
                Some(pair) if pair.value.scalar().is_some_and(is_right) => {}
                Some(pair) => pair.value = node,
                None => settings.push(Pair { key: (*key).to_owned(), key_span, value: node }),
            }
        }
    }
    let name = tree.pair("project").and_then(|pair| pair.value.scalar());
    if name.is_none_or(|text| text.parse::<Name>().is_err()) {
        let Value::Map(pairs) = &mut tree.value else { return None };
        pairs.retain(|pair| pair.key != "project");
        let node = Node { value: Value::Quoted("project".to_owned()), span: tree.span };
        pairs.push(Pair { key: "project".to_owned(), key_span: tree.span, value: node });
    }
    reads(&tree)
}

/// A key of an environment, a value that stands for it, and whether a text may stand there.
type StandIn = (&'static str, &'static str, fn(&str) -> bool);

const STAND_INS: &[StandIn] = &[
    ("account", "111122223333", |text| text.parse::<AccountId>().is_ok()),
    ("region", "us-east-1", |text| text.parse::<Region>().is_ok()),
    ("domain", "example.com", |text| text.parse::<DomainName>().is_ok()),
];

/// Where `infra.yaml` names an overlay.
pub fn overlay_place(sources: &Sources, file: FileId, overlay: &str) -> At {
    let tree = tree(sources, file, &mut Diagnostics::default());
    let environments = tree.as_ref().and_then(|tree| tree.pair("environments")).map(|pair| pair.value.pairs());
    let lists = environments.into_iter().flatten().filter_map(|environment| environment.value.pair("overlays"));
    let mut items = lists.flat_map(|list| list.value.items());
    items.find(|item| item.scalar() == Some(overlay)).map_or(At::File(file), |item| At::Span(item.span))
}

/// Says of stack files that end in `.yml` beside others in `.yaml`: they are read, and what looks for the others, an
/// editor's schema or a filter of CI, does not see them.
pub fn endings(sources: &Sources, files: &[FileId], diags: &mut Diagnostics) {
    let paths = files.iter().filter_map(|file| Some((*file, sources.get(*file)?.path.as_str())));
    let ending = |path: &str| std::path::Path::new(path).extension().is_some_and(|ending| ending == "yml");
    let (short, long): (Vec<_>, Vec<_>) = paths.partition(|(_, path)| ending(path));
    if long.is_empty() {
        return;
    }
    for (file, path) in short {
        let name = path.rsplit('/').next().unwrap_or(path);
        diags.push(
            Diagnostic::advice(
                "model/stack-file-ending",
                format!("`{name}` ends in another way than the other stack files"),
            )
            .at(At::File(file), "it is read as a stack")
            .note("what looks for `*.yaml`, such as the schema of an editor or a filter of CI, does not see it")
            .help(format!("rename it: `{}yaml`", name.trim_end_matches("yml"))),
        );
    }
}

/// Reads a stack file as far as it is the same for every environment.
pub fn stack_file(sources: &Sources, file: FileId, diags: &mut Diagnostics) -> Option<StackFile> {
    let path = &sources.get(file)?.path;
    let stem = path.rsplit('/').next().unwrap_or(path);
    let stem = stem.strip_suffix(".yaml").or_else(|| stem.strip_suffix(".yml")).unwrap_or(stem);
    let tree = tree(sources, file, diags);
    match Name::try_from(stem.to_owned()) {
        Ok(name) if Name::is_memory(name.as_str()) => {
            let title = format!("`{name}` is the name of a stack in which infra remembers what is its own");
            diags.push(
                Diagnostic::error("model/stack-file-name", title)
                    .at(At::File(file), "the name of the file is the name of its stack")
                    .help("rename the file"),
            );
            None
        }
        Ok(name) => tree.map(|tree| StackFile { name, tree }),
        Err(error) => {
            diags.push(
                Diagnostic::error("model/stack-file-name", "the name of a stack file is the name of its stack")
                    .at(At::File(file), error.to_string())
                    .help("rename the file"),
            );
            None
        }
    }
}

/// Reads a file as a mapping.
pub(super) fn tree(sources: &Sources, file: FileId, diags: &mut Diagnostics) -> Option<Node> {
    let tree = parse(file, &sources.get(file)?.bytes, diags)?;
    if matches!(tree.value, Value::Map(_)) {
        return Some(tree);
    }
    let error = Diagnostic::error("model/not-a-mapping", "a file must be a mapping of keys to values");
    diags.push(error.at(At::Span(tree.span), "this is something else"));
    None
}

/// Reads the definition of one environment.
///
/// What could not be read is reported and left out; [`crate::compile`] reports what else is wrong and makes nothing.
pub fn definition(
    project: &Name,
    environment: Environment,
    files: Files,
    overlays: &[&Overlay],
    diags: &mut Diagnostics,
) -> Definition {
    let mut found = Diagnostics::default();
    let variables = variables(project, &environment);
    let mut trees: BTreeMap<Name, Node> = files.stacks.into_iter().map(|file| (file.name, file.tree)).collect();
    let (stacks, mut unread) = (BTreeMap::new(), Unread::default());
    files.unread.iter().for_each(|stack| unread.stack(stack));
    overlays.iter().for_each(|overlay| overlay::apply(&mut trees, overlay, &mut unread, &mut found));
    let mut definition = Definition { project: project.clone(), environment, stacks, unread, flawed: false };
    for (name, tree) in trees {
        let stack = stack(&name, tree, &variables, &mut definition.unread, &mut found);
        definition.stacks.insert(name, stack);
    }
    definition.flawed = found.has_errors();
    diags.append(found);
    definition
}

fn variables(project: &Name, environment: &Environment) -> Variables {
    let own = environment.variables.iter().map(|(name, value)| (format!("env.{name}"), value.clone()));
    let variables = own.chain([
        ("env.account".to_owned(), environment.account.to_string()),
        ("env.domain".to_owned(), environment.domain.to_string()),
        ("env.name".to_owned(), environment.name.to_string()),
        ("env.region".to_owned(), environment.region.to_string()),
        ("project".to_owned(), project.to_string()),
    ]);
    Variables::new(variables)
}

/// Keys of a stack file that are no sections.
const STACK_KEYS: [&str; 2] = ["description", "region"];

fn stack(name: &Name, tree: Node, variables: &Variables, unread: &mut Unread, diags: &mut Diagnostics) -> Stack {
    let mut stack = Stack::default();
    let Value::Map(pairs) = tree.value else { return stack };
    for mut pair in pairs {
        match pair.key.as_str() {
            "description" => {
                interpolate(&mut pair.value, variables, true, diags);
                stack.description = from_node::<String>(&pair.value, diags);
            }
            "region" => {
                interpolate(&mut pair.value, variables, true, diags);
                stack.region = from_node::<Region>(&pair.value, diags);
            }
            key => {
                if let Some((_, kind)) = kinds::by_section(key) {
                    let mut loader =
                        SectionLoader { stack: name, sections: &mut stack.sections, variables, unread, diags };
                    (kind.load)(&mut loader, pair);
                } else {
                    diags.push(unknown_section(&pair));
                    left_out(name, &pair, unread);
                }
            }
        }
    }
    stack
}

fn unknown_section(pair: &Pair) -> Diagnostic {
    let error = Diagnostic::error("model/unknown-section", format!("unknown section `{}`", pair.key))
        .at(At::Span(pair.key_span), "not a kind of resource");
    let known = || KINDS.iter().map(|kind| kind.section).chain(STACK_KEYS);
    match suggest(&pair.key, known()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error
            .help(format!("the sections are {}", crate::resolve::list(known())))
            .help("what has no section of its own goes under `raw`, which takes any type of CloudFormation"),
    }
}

/// What stands in a section that is misspelt was meant to be in the one that it is nearest to; of one that nobody knows,
/// nothing is known.
fn left_out(stack: &Name, pair: &Pair, unread: &mut Unread) {
    let near = suggest(&pair.key, KINDS.iter().map(|kind| kind.section));
    let Some((_, kind)) = near.and_then(kinds::by_section) else { return };
    match &pair.value.value {
        Value::Map(entries) => entries.iter().for_each(|entry| unread.entry(stack.as_str(), kind.section, &entry.key)),
        Value::List(_) | Value::Plain(_) | Value::Quoted(_) => unread.section(stack.as_str(), kind.section),
    }
}

/// What reading a section needs.
pub(crate) struct SectionLoader<'a> {
    stack: &'a Name,
    unread: &'a mut Unread,
    sections: &'a mut Sections,
    variables: &'a Variables,
    diags: &'a mut Diagnostics,
}

/// Reads one section entry by entry, so that one bad entry hides no other.
pub(crate) fn section<K: Sectioned>(cx: &mut SectionLoader<'_>, pair: Pair) {
    let Value::Map(entries) = pair.value.value else {
        if !is_null(&pair.value) {
            let title = format!("`{}` must be a mapping of names to entries", pair.key);
            let error = Diagnostic::error("model/not-a-mapping", title);
            cx.diags.push(error.at(At::Span(pair.key_span), format!("a {} has a name and a body", K::NOUN)));
            cx.unread.section(cx.stack.as_str(), K::SECTION);
        }
        return;
    };
    let mut read: Vec<(Name, Entry<K>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = entry.key.clone();
        match one(cx, entry) {
            Some(entry) => read.push(entry),
            None => {
                cx.unread.entry(cx.stack.as_str(), K::SECTION, &name);
            }
        }
    }
    read.sort_by(|a, b| a.0.cmp(&b.0));
    K::section_mut(cx.sections).extend(read);
}

fn one<K: Kind>(cx: &mut SectionLoader<'_>, pair: Pair) -> Option<(Name, Entry<K>)> {
    let Pair { key, key_span, mut value } = pair;
    let name = match Name::try_from(key) {
        Ok(name) => Some(name),
        Err(error) => {
            let report = Diagnostic::error("model/bad-name", error.to_string());
            cx.diags.push(report.at(At::Span(key_span), "not a name"));
            None
        }
    };
    let mut unknown = Diagnostics::default();
    interpolate(&mut value, cx.variables, !K::VERBATIM, &mut unknown);
    let whole = !unknown.has_errors();
    cx.diags.append(unknown);
    if is_null(&value) {
        value.value = Value::Map(Vec::new());
        value.span = key_span;
    }
    let common = take_common(&mut value);
    let spec = from_part::<K>(&value, &Common::KEYS, cx.diags);
    let common = put_common(&mut value, common, cx.diags)?;
    // What a variable that nobody knows makes of an entry is not judged.
    if !whole {
        return None;
    }
    Some((name?, Entry { spec: spec?, common, origin: Origin::Yaml { key: key_span, node: value } }))
}

/// Takes the pairs that every entry may have out of its node.
fn take_common(node: &mut Node) -> Vec<Pair> {
    let Value::Map(pairs) = &mut node.value else { return Vec::new() };
    if !pairs.iter().any(|pair| Common::KEYS.contains(&pair.key.as_str())) {
        return Vec::new();
    }
    let (common, own) = std::mem::take(pairs).into_iter().partition(|pair| Common::KEYS.contains(&pair.key.as_str()));
    *pairs = own;
    common
}

/// Reads the common pairs and puts them back for reports to find.
fn put_common(node: &mut Node, pairs: Vec<Pair>, diags: &mut Diagnostics) -> Option<Common> {
    let Some(first) = pairs.first() else { return Some(Common::default()) };
    let span: Span = first.key_span;
    let own = Node { value: Value::Map(pairs), span };
    let common = from_node::<Common>(&own, diags);
    if let (Value::Map(all), Value::Map(pairs)) = (&mut node.value, own.value) {
        all.extend(pairs);
    }
    common
}

fn is_null(node: &Node) -> bool {
    matches!(&node.value, Value::Plain(text) if matches!(text.as_str(), "" | "~" | "null"))
}
