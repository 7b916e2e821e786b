//! A view of documents that others wrote.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::origin::{Located, Origin, Scalar, Step};
use super::{Input, ObjectInput, Owner, SetInput, StackInput, View, ZoneInput, nth};
use crate::artifacts::{Expr, Place, Template};
use crate::diag::At;
use crate::foreign::{System, Variant};
use crate::names::Date;
use crate::source::{self, Node, Span, Value};

/// One variant of a system as the input of a view, with the way back to the files.
#[derive(Debug)]
pub struct Foreign<'a> {
    system: &'a System,
    variant: &'a Variant,
    templates: Vec<&'a Template>,
    /// Batch and change of each record set.
    sets: Vec<(usize, usize)>,
}

impl<'a> Foreign<'a> {
    /// Takes a system and what one of its variants evaluates to.
    pub fn new(system: &'a System, variant: &'a Variant, templates: impl IntoIterator<Item = &'a Template>) -> Self {
        let has_documents = has_documents(system, variant);
        let batches = system.batches.iter().enumerate().filter(|_| has_documents);
        let sets = batches.flat_map(|(batch, it)| (0..it.changes.len()).map(move |change| (batch, change)));
        Self { system, variant, templates: templates.into_iter().collect(), sets: sets.collect() }
    }

    /// Returns what a view is made of.
    pub fn input(&self, today: Option<Date>) -> Input<'a> {
        let members = self.variant.stacks(self.system).filter_map(|at| Some((at, self.system.stacks.get(at)?)));
        let stacks = members.zip(&self.templates).map(|((at, stack), template)| StackInput {
            place: Place { stack: u16::try_from(at).unwrap_or(u16::MAX), edge: false },
            name: stack.name.clone(),
            region: stack.region,
            account: stack.account.clone(),
            template,
            // Evaluation has seen through what one stack gives another.
            bindings: BTreeMap::new(),
        });
        let is_about = has_documents(self.system, self.variant);
        let objects = self
            .system
            .objects
            .iter()
            .filter(|_| is_about)
            .map(|object| ObjectInput { cluster: "", body: &object.body });
        let sets = self.sets.iter().filter_map(|(at, change)| {
            let batch = self.system.batches.get(*at)?;
            let change = batch.changes.get(*change)?;
            // Sets of one batch stand in one zone, also where nobody says which.
            let id = batch.zone.clone().unwrap_or_else(|| format!("zone of batch {at}"));
            Some(SetInput {
                zone: ZoneInput { id: Cow::Owned(Expr::from(id)), domain: None, private: None },
                body: Cow::Borrowed(&change.set),
                deleted: change.action == "DELETE",
                batch: Some(*at),
            })
        });
        Input { stacks: stacks.collect(), objects: objects.collect(), sets: sets.collect(), today }
    }

    fn node(&self, owner: Owner) -> Option<&'a Node> {
        match owner {
            Owner::Object(at) => nth(&self.system.objects, at).map(|object| &object.source),
            Owner::Set(at) => {
                let (batch, change) = *nth(&self.sets, at)?;
                let changes = self.system.batches.get(batch)?.source.pair("Changes")?;
                let Value::List(changes) = &changes.value.value else { return None };
                changes.get(change)?.pair("ResourceRecordSet").map(|pair| &pair.value)
            }
            Owner::Resource(_) | Owner::Outputs(_) => None,
        }
    }
}

/// Whether a variant is about what is no template, too: where it is about a stack that somebody named.
fn has_documents(system: &System, variant: &Variant) -> bool {
    let is_named = |at: &usize| system.stacks.get(*at).is_some_and(|stack| stack.is_named);
    variant.members.is_empty() || variant.members.iter().any(is_named)
}

impl Origin for Foreign<'_> {
    fn locate(&self, view: &View<'_>, owner: Owner, path: &[Step<'_>]) -> Located {
        let found = match owner {
            Owner::Resource(at) => self.resource(view, at, path),
            Owner::Object(_) | Owner::Set(_) => self.node(owner).map(|node| walk(node, path)),
            Owner::Outputs(at) => self.output(at, path),
        };
        found.unwrap_or_else(|| {
            let first = self.system.stacks.first().map(|stack| stack.file);
            let file = first.or_else(|| self.system.objects.first().map(|object| object.file));
            let at = file.map_or(At::Caller { file: "", line: 0 }, At::File);
            Located::near(at)
        })
    }
}

impl Foreign<'_> {
    fn resource(&self, view: &View<'_>, at: u32, path: &[Step<'_>]) -> Option<Located> {
        let handle = &nth(&view.resources, at)?.resource.handle;
        let mut steps: Vec<source::Step> = Vec::with_capacity(path.len() + 1);
        if !path.is_empty() {
            steps.push("Properties".into());
        }
        steps.extend(path.iter().map(|step| match step {
            Step::Key(key) => (*key).into(),
            Step::Index(index) => (*index).into(),
        }));
        let located = self.system.locate(self.variant, handle, &steps)?;
        if path.is_empty() {
            return Some(Located::near(At::Span(located.key?)));
        }
        Some(shown(located.node, located.key, located.exact))
    }

    fn output(&self, at: u32, path: &[Step<'_>]) -> Option<Located> {
        let Some(Step::Key(key)) = path.first() else { return None };
        let stack = self.variant.stacks(self.system).nth(usize::try_from(at).ok()?)?;
        let entry = self.system.stacks.get(stack)?.entry("Outputs", key)?;
        let value = entry.value.pair("Value")?;
        Some(shown(&value.value, Some(value.key_span), true))
    }
}

fn walk(root: &Node, path: &[Step<'_>]) -> Located {
    let (mut node, mut key, mut exact) = (root, None, true);
    for step in path {
        let next = match step {
            Step::Key(name) => node.pair(name).map(|pair| (&pair.value, Some(pair.key_span))),
            Step::Index(index) => node.items().get(*index).map(|item| (item, None)),
        };
        let Some((value, key_span)) = next else {
            exact = false;
            break;
        };
        (node, key) = (value, key_span);
    }
    shown(node, key, exact)
}

/// A scalar or a function is shown itself, what holds others by the key that leads to it.
fn shown(node: &Node, key: Option<Span>, exact: bool) -> Located {
    let is_function = matches!(node.pairs(), [only] if only.key == "Ref" || only.key.starts_with("Fn::"));
    let scalar = match &node.value {
        Value::Plain(text) => Some(Scalar { text: text.clone(), quoted: false }),
        Value::Quoted(text) => Some(Scalar { text: text.clone(), quoted: true }),
        Value::List(_) | Value::Map(_) => None,
    };
    let itself = exact && (scalar.is_some() || is_function);
    let span = if itself { node.span } else { key.unwrap_or(node.span) };
    Located {
        at: At::Span(span),
        scalar: scalar.filter(|_| exact),
        key: key.filter(|_| exact),
        is_computed: is_function || !exact,
    }
}
