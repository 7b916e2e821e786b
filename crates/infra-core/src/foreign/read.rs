//! Reads files into a [`System`]: what a file is, is told by its content.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Scope, World, data};
use super::stack::Index;
use super::{Batch, Change, Given, Manifest, Stack, System, Variant, check, each, others};
use crate::artifacts::Expr;
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::names::{AccountId, Region};
use crate::place::{FileId, Sources};
use crate::source::{Node, parse_foreign};

/// A file that was read, and what is known about it from elsewhere.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file; its bytes are in the [`Sources`].
    pub file: FileId,
    /// Region that a template is deployed to.
    pub region: Option<Region>,
    /// Account that a template is deployed to.
    pub account: Option<AccountId>,
    /// Name of the stack.
    pub stack: Option<String>,
    /// Whether the file was come across in a folder: then it may be something else.
    pub walked: bool,
}

impl Input {
    /// Takes a file of which nothing else is known.
    pub fn new(file: FileId) -> Self {
        Self { file, region: None, account: None, stack: None, walked: false }
    }
}

impl System {
    /// Reads the files and checks the templates as documents.
    ///
    /// A `manifest.json` of an assembly says where the templates below its folder are deployed; other files below it
    /// that are neither template, object nor batch are left alone. Reports to `diags`; `None` if a file could not be
    /// read, after all files were looked at.
    pub fn read(inputs: &[Input], sources: &Sources, diags: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader {
            sources,
            system: Self::default(),
            placed: BTreeMap::new(),
            manifests: Vec::new(),
            patches: BTreeSet::new(),
            said_template: false,
            failed: false,
        };
        let mut documents = Vec::new();
        for input in inputs {
            reader.file(input, &mut documents, diags);
        }
        for (file, manifest) in std::mem::take(&mut reader.manifests) {
            reader.manifest(file, &manifest);
        }
        for document in documents {
            reader.document(document, diags);
        }
        reader.connect(diags);
        let Reader { mut system, failed, .. } = reader;
        super::regions::find(&mut system);
        system.fill();
        let bytes = |stack: &Stack| sources.get(stack.file).map_or(0, |file| file.bytes.len());
        check::check(&system, &bytes, diags);
        (!failed).then_some(system)
    }

    /// Checks a template of a named stack as a document, whose places are those that its nodes say.
    pub fn check_template(source: Node, name: String, region: Region, account: AccountId) -> Diagnostics {
        let stack = Stack {
            is_named: true,
            name,
            region: Some(region),
            account: Some(account),
            file: source.span.file,
            index: Index::of(&source),
            source,
            has_loops: false,
            depends_on: Vec::new(),
            termination_protection: None,
            given: BTreeMap::new(),
        };
        let mut diags = Diagnostics::default();
        let system = Self { stacks: vec![stack], ..Self::default() };
        // How large a template may be is decided where it is known how it is deployed.
        check::check(&system, &|_| 0, &mut diags);
        diags
    }

    /// Computes objects and batches, which may name outputs of the stacks.
    fn fill(&mut self) {
        let base = Variant::default();
        let (objects, batches) = {
            let world = World::new(self, &base);
            let value = |node: &Node| {
                let mut value = data(node);
                value.walk_mut(&mut |value| world.placeholders(value));
                value
            };
            let objects: Vec<Expr> = self.objects.iter().map(|object| value(&object.source)).collect();
            let changes = |batch: &Batch| -> Vec<Change> {
                let changes = batch.source.pair("Changes").map(|pair| pair.value.items()).unwrap_or_default();
                let action = |node: &Node| {
                    node.pair("Action").and_then(|pair| pair.value.scalar()).unwrap_or_default().to_owned()
                };
                let set = |node: &Node| node.pair("ResourceRecordSet").map_or(Expr::Absent, |pair| value(&pair.value));
                changes.iter().map(|node| Change { action: action(node), set: set(node) }).collect()
            };
            (objects, self.batches.iter().map(changes).collect::<Vec<_>>())
        };
        self.objects.iter_mut().zip(objects).for_each(|(object, body)| object.body = body);
        self.batches.iter_mut().zip(batches).for_each(|(batch, changes)| batch.changes = changes);
    }
}

impl World<'_> {
    /// Replaces `${output:stack@region:key}`, which our own assemblies have, by the output.
    fn placeholders(&self, value: &mut Expr) {
        let Some(text) = value.as_text().filter(|text| text.contains("${output:")) else { return };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once("${output:") {
            let Some((name, after)) = inside.split_once('}') else { break };
            parts.push(Expr::from(before.to_owned()));
            let output = self.named(name);
            parts.push(output.unwrap_or_else(|| format!("${{output:{name}}}").into()));
            rest = after;
        }
        parts.push(rest.to_owned().into());
        *value = super::text::concat(parts);
    }

    fn named(&self, name: &str) -> Option<Expr> {
        let (stack, rest) = name.split_once('@')?;
        let (region, key) = rest.split_once(':')?;
        let is_meant = |it: &Stack| it.name == stack && it.region.is_none_or(|it| it.as_str() == region);
        let index = self.system.stacks.iter().position(is_meant)?;
        self.output(Scope::of(index), index, key)
    }
}

/// What a manifest says about a file.
#[derive(Clone, Debug, Default)]
struct Placed {
    name: Option<String>,
    region: Option<Region>,
    account: Option<AccountId>,
    protected: Option<bool>,
    needs: Vec<String>,
    given: Vec<(String, GivenBy)>,
    zone: Option<String>,
}

#[derive(Clone, Debug)]
enum GivenBy {
    Value(String),
    Output { stack: String, region: Option<Region>, key: String },
}

/// A document whose kind is known.
struct Document {
    input: Input,
    kind: Kind,
    node: Node,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Template,
    Object,
    Batch,
    Assembly,
    Unknown,
}

fn kind_of(node: &Node) -> Kind {
    let has = |key: &str| node.pair(key).is_some();
    if has("apiVersion") && has("kind") {
        Kind::Object
    } else if has("Resources") || has("AWSTemplateFormatVersion") {
        Kind::Template
    } else if has("Changes") || node.pair("ChangeBatch").is_some_and(|batch| batch.value.pair("Changes").is_some()) {
        Kind::Batch
    } else if has("artifacts") || (has("stacks") && has("environment")) {
        Kind::Assembly
    } else {
        Kind::Unknown
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    system: System,
    /// What manifests say, by path.
    placed: BTreeMap<String, Placed>,
    manifests: Vec<(FileId, Node)>,
    /// Files that hold parts of objects.
    patches: BTreeSet<String>,
    /// Whether a template of a folder was said to be left alone.
    said_template: bool,
    failed: bool,
}

impl Reader<'_> {
    fn file(&mut self, input: &Input, documents: &mut Vec<Document>, diags: &mut Diagnostics) {
        let Some(file) = self.sources.get(input.file) else { return };
        let mut found = Diagnostics::default();
        let nodes = parse_foreign(input.file, &file.bytes, &mut found);
        if found.has_errors() && others::is_template(&file.bytes) {
            // A folder of them says it once.
            if !input.walked || !self.said_template {
                diags.push(others::template(input.file));
            }
            self.said_template |= input.walked;
            return;
        }
        self.failed |= nodes.is_none();
        diags.append(found);
        for node in nodes.unwrap_or_default() {
            self.patches.extend(others::patches(&file.path, &node));
            match kind_of(&node) {
                Kind::Assembly => self.manifests.push((input.file, node)),
                kind => documents.push(Document { input: input.clone(), kind, node }),
            }
        }
    }

    fn path(&self, file: FileId) -> &str {
        self.sources.get(file).map(|file| file.path.as_str()).unwrap_or_default()
    }

    fn manifest(&mut self, file: FileId, node: &Node) {
        let path = self.path(file);
        let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let placed = if node.pair("artifacts").is_some() { cdk(node) } else { own(node) };
        self.placed.insert(folder.clone(), Placed::default());
        self.placed.extend(placed.into_iter().map(|(path, placed)| (format!("{folder}{path}"), placed)));
    }

    /// Returns whether the file lies below the folder of a manifest.
    fn is_below_manifest(&self, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..=at));
        folders.chain([""]).any(|folder| self.placed.contains_key(folder))
    }

    fn document(&mut self, document: Document, diags: &mut Diagnostics) {
        let Document { input, kind, node } = document;
        let path = self.path(input.file).to_owned();
        let placed = self.placed.get(&path).cloned();
        let other = || if self.patches.contains(&path) { Some(others::PATCH) } else { others::of(&path, &node) };
        if let Kind::Object | Kind::Unknown = kind
            && let Some(what) = other()
        {
            if !input.walked {
                diags.push(others::left_alone(At::Span(node.span), what));
            }
            return;
        }
        match kind {
            Kind::Template => self.stack(&input, placed.unwrap_or_default(), node, diags),
            Kind::Object => self.object(input.file, node),
            Kind::Batch => self.batch(input.file, placed, node),
            Kind::Unknown if input.walked || self.is_below_manifest(&path) => {}
            Kind::Unknown | Kind::Assembly => {
                self.failed = true;
                diags.push(not_understood(&node));
            }
        }
    }

    fn stack(&mut self, input: &Input, placed: Placed, node: Node, diags: &mut Diagnostics) {
        let file = self.sources.get(input.file);
        let has_loops =
            file.is_some_and(|file| file.bytes.windows(each::PREFIX.len()).any(|it| it == each::PREFIX.as_bytes()));
        let source = if has_loops { each::unroll(node, diags) } else { node };
        let name = input.stack.clone().or(placed.name);
        let values = placed.given.iter().filter_map(|(name, given)| match given {
            GivenBy::Value(value) => Some((name.clone(), Given::Value(value.clone()))),
            GivenBy::Output { .. } => None,
        });
        let stack = Stack {
            is_named: name.is_some(),
            name: name.unwrap_or_else(|| stem(self.path(input.file)).to_owned()),
            region: input.region.or(placed.region),
            account: input.account.clone().or(placed.account),
            file: input.file,
            index: Index::of(&source),
            source,
            has_loops,
            depends_on: Vec::new(),
            termination_protection: placed.protected,
            given: values.collect(),
        };
        self.system.stacks.push(stack);
    }

    fn object(&mut self, file: FileId, node: Node) {
        let is_list = node.pair("kind").and_then(|pair| pair.value.scalar()).is_some_and(|kind| kind.ends_with("List"));
        match node.pair("items") {
            Some(items) if is_list => items.value.items().iter().for_each(|item| self.object(file, item.clone())),
            Some(_) | None => self.system.objects.push(Manifest { file, source: node, body: Expr::Absent }),
        }
    }

    fn batch(&mut self, file: FileId, placed: Option<Placed>, node: Node) {
        let written = node.pair("HostedZoneId").and_then(|pair| pair.value.scalar()).map(str::to_owned);
        let zone = written.or_else(|| placed.and_then(|placed| placed.zone));
        let zone = zone.map(|zone| zone.trim_start_matches("/hostedzone/").to_owned());
        let source = node.pair("ChangeBatch").map_or_else(|| node.clone(), |pair| pair.value.clone());
        self.system.batches.push(Batch { file, source, zone, changes: Vec::new() });
    }

    /// Binds what manifests say about other stacks, now that all are read.
    fn connect(&mut self, diags: &mut Diagnostics) {
        let stacks = &self.system.stacks;
        let paths: BTreeSet<&str> = stacks.iter().map(|stack| self.path(stack.file)).collect();
        for (path, placed) in self.placed.iter().filter(|(_, placed)| placed.name.is_some()) {
            if !paths.contains(path.as_str()) {
                let name = placed.name.as_deref().unwrap_or_default();
                diags.push(missing_template(path, name));
            }
        }
        let find = |name: &str, region: Option<Region>| {
            stacks.iter().position(|it| it.name == name && super::evaluate::agree(it.region.as_ref(), region.as_ref()))
        };
        let mut bound = Vec::new();
        for stack in stacks {
            let Some(placed) = self.placed.get(self.path(stack.file)) else {
                bound.push((Vec::new(), Vec::new()));
                continue;
            };
            let needs: Vec<usize> = placed.needs.iter().filter_map(|name| find(name, None)).collect();
            let given = placed.given.iter().filter_map(|(name, given)| match given {
                GivenBy::Value(_) => None,
                GivenBy::Output { stack, region, key } => {
                    Some((name.clone(), Given::Output { stack: find(stack, *region)?, key: key.clone() }))
                }
            });
            bound.push((needs, given.collect::<Vec<_>>()));
        }
        for (stack, (needs, given)) in self.system.stacks.iter_mut().zip(bound) {
            stack.depends_on = needs;
            stack.given.extend(given);
        }
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.pair(key)?.value.scalar().map(str::to_owned)
}

fn flag(node: &Node, key: &str) -> Option<bool> {
    node.pair(key)?.value.scalar().map(|text| text == "true")
}

fn entries<'a>(node: &'a Node, key: &str) -> &'a [crate::source::Pair] {
    node.pair(key).map(|pair| pair.value.pairs()).unwrap_or_default()
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.pair(key).map(|pair| pair.value.items()).unwrap_or_default()
}

/// Reads the manifest of an assembly of the AWS CDK.
///
/// Source: the cloud assembly schema, <https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html>
/// (from memory).
fn cdk(manifest: &Node) -> Vec<(String, Placed)> {
    let artifacts = entries(manifest, "artifacts");
    let is_stack = |node: &Node| text(node, "type").is_some_and(|kind| kind == "aws:cloudformation:stack");
    let name = |id: &str, node: &Node| {
        let properties = node.pair("properties").map(|pair| &pair.value);
        properties.and_then(|properties| text(properties, "stackName")).unwrap_or_else(|| id.to_owned())
    };
    let stacks: BTreeMap<&str, String> = artifacts
        .iter()
        .filter(|pair| is_stack(&pair.value))
        .map(|pair| (pair.key.as_str(), name(&pair.key, &pair.value)))
        .collect();
    let mut placed = Vec::new();
    for pair in artifacts.iter().filter(|pair| is_stack(&pair.value)) {
        let Some(properties) = pair.value.pair("properties").map(|pair| &pair.value) else { continue };
        let Some(path) = text(properties, "templateFile") else { continue };
        let environment = text(&pair.value, "environment").unwrap_or_default();
        let (account, region) =
            environment.strip_prefix("aws://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
        let needs = items(&pair.value, "dependencies").iter().filter_map(|node| stacks.get(node.scalar()?)).cloned();
        let given = entries(properties, "parameters").iter();
        let given = given.filter_map(|pair| Some((pair.key.clone(), GivenBy::Value(pair.value.scalar()?.to_owned()))));
        let here = Placed {
            name: stacks.get(pair.key.as_str()).cloned(),
            region: region.parse().ok(),
            account: account.parse().ok(),
            protected: flag(properties, "terminationProtection"),
            needs: needs.collect(),
            given: given.collect(),
            zone: None,
        };
        placed.push((path, here));
    }
    placed
}

/// Reads the manifest of an assembly of `infra`.
fn own(manifest: &Node) -> Vec<(String, Placed)> {
    let account: Option<AccountId> = text(manifest, "account").and_then(|account| account.parse().ok());
    let region = |node: &Node| text(node, "region").and_then(|region| region.parse().ok());
    let stacks = items(manifest, "stacks").iter().filter_map(|stack| {
        let given = entries(stack, "parameters").iter().filter_map(|pair| {
            let from = &pair.value;
            let output =
                GivenBy::Output { stack: text(from, "stack")?, region: region(from), key: text(from, "output")? };
            Some((pair.key.clone(), output))
        });
        let placed = Placed {
            name: text(stack, "name"),
            region: region(stack),
            account: account.clone(),
            protected: flag(stack, "terminationProtection"),
            needs: items(stack, "dependsOn").iter().filter_map(Node::scalar).map(str::to_owned).collect(),
            given: given.collect(),
            zone: None,
        };
        Some((text(stack, "template")?, placed))
    });
    let zones = items(manifest, "zones").iter().filter_map(|zone| {
        let placed = Placed { zone: text(zone, "id"), ..Placed::default() };
        Some((text(zone, "batch")?, placed))
    });
    stacks.chain(zones).collect()
}

/// Returns the name of a file without the endings that templates have.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let endings = [".template.json", ".template.yaml", ".template.yml", ".json", ".yaml", ".yml", ".template"];
    endings.into_iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

fn missing_template(path: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "foreign/missing-template",
        format!("template `{path}` of stack `{name}` is not among the files"),
    )
    .note("values that other stacks take from it stay unknown")
    .help("pass the whole folder of the assembly")
}

fn not_understood(node: &Node) -> Diagnostic {
    let finding = Diagnostic::error("foreign/unknown-document", "nothing is known of such a document")
        .at(At::Span(node.span), "starts here")
        .note(
            "a template has `Resources`, a Kubernetes object `apiVersion` and `kind`, a change batch `Changes`, \
             an assembly's manifest `artifacts` or `stacks`",
        );
    let known = ["Resources", "Changes", "ChangeBatch", "apiVersion", "artifacts"];
    let near = node.pairs().iter().find_map(|pair| Some((&pair.key, suggest(&pair.key, known)?)));
    match near {
        Some((key, near)) if key != near => finding.help(format!("`{key}`: did you mean `{near}`?")),
        Some(_) | None => finding.help("pass templates, manifests, change batches or the folder of an assembly"),
    }
}
