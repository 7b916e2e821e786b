//! Our own templates as documents: what is checked of templates of others is checked of them.

use crate::artifacts::Template;
use crate::diag::{At, Diagnostic, Diagnostics, Label};
use crate::foreign::System;
use crate::place::{FileId, Span};
use crate::source::{self, Node, Pair, Value};

use super::{Owner, Stack, Step, View};

/// The places of a document that is in no file: a span's start is the number of a place.
#[derive(Default)]
struct Places {
    /// The place above and the step down from it; the first is the template.
    list: Vec<(usize, source::Step)>,
}

impl Places {
    /// A file that no source has.
    const FILE: FileId = FileId(u32::MAX);

    fn add(&mut self, above: usize, step: source::Step) -> (usize, Span) {
        let at = self.list.len();
        self.list.push((above, step));
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        (at, Span { file: Self::FILE, start: number, end: number })
    }

    fn node(&mut self, at: usize, span: Span, value: serde_json::Value) -> Node {
        let value = match value {
            serde_json::Value::Null => Value::Plain(String::new()),
            serde_json::Value::Bool(value) => Value::Plain(value.to_string()),
            serde_json::Value::Number(value) => Value::Plain(value.to_string()),
            serde_json::Value::String(text) => Value::Quoted(text),
            serde_json::Value::Array(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    let (at, span) = self.add(at, index.into());
                    self.node(at, span, item)
                });
                Value::List(items.collect())
            }
            serde_json::Value::Object(map) => {
                Value::Map(map.into_iter().map(|(key, it)| self.pair(at, key, it)).collect())
            }
        };
        Node { value, span }
    }

    fn pair(&mut self, above: usize, key: String, value: serde_json::Value) -> Pair {
        let (at, key_span) = self.add(above, key.as_str().into());
        Pair { value: self.node(at, key_span, value), key, key_span }
    }

    /// Returns the way from the template down to a place.
    fn way(&self, span: Span) -> Vec<&source::Step> {
        let mut way = Vec::new();
        let mut at = usize::try_from(span.start).unwrap_or_default();
        while let Some((above, step)) = self.list.get(at).filter(|_| at > 0) {
            way.push(step);
            at = *above;
        }
        way.reverse();
        way
    }
}

/// Checks every template of a view of our own lowering.
pub(crate) fn check<'v>(view: &'v View<'v>, diags: &mut Diagnostics) {
    for stack in view.stacks() {
        let (Some(region), Some(account)) = (stack.region(), stack.account()) else { continue };
        let mut places = Places::default();
        let (root, span) = places.add(0, source::Step::Index(0));
        let source = template(&mut places, root, span, stack.template());
        let found = System::check_template(source, stack.name().to_owned(), region, account.clone());
        diags.extend(found.into_sorted().into_iter().map(|finding| placed(&stack, &places, finding)));
    }
}

fn template(places: &mut Places, root: usize, span: Span, template: &Template) -> Node {
    let mut sections = Vec::new();
    let mut section = |name: &str, entries: Vec<(String, serde_json::Value)>| {
        if !entries.is_empty() {
            sections.push(places.pair(root, name.to_owned(), serde_json::Value::Object(entries.into_iter().collect())));
        }
    };
    let parameter = || serde_json::json!({ "Type": "String" });
    section("Parameters", template.parameters.keys().map(|name| (name.clone(), parameter())).collect());
    section("Resources", template.resources.iter().map(|(id, it)| (id.to_string(), json(it))).collect());
    let output = |value| serde_json::json!({ "Value": value });
    section("Outputs", template.outputs.iter().map(|(key, it)| (key.clone(), output(json(&it.value)))).collect());
    Node { value: Value::Map(sections), span }
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Shows a finding where the author wrote what it is about.
fn placed(stack: &Stack<'_>, places: &Places, mut finding: Diagnostic) -> Diagnostic {
    let place = |label: Label| match label.at {
        At::Span(span) if span.file == Places::FILE => Label { at: written(stack, &places.way(span)), ..label },
        _ => label,
    };
    finding.primary = finding.primary.map(place);
    finding.others = std::mem::take(&mut finding.others).into_iter().map(place).collect();
    finding.fix = None;
    finding
}

fn written(stack: &Stack<'_>, way: &[&source::Step]) -> At {
    let view = stack.view;
    let resource = |id: &str| stack.resources().find(|resource| resource.id() == id);
    let first = || stack.resources().next().map(|resource| resource.at());
    let at = match way {
        [source::Step::Key(section), source::Step::Key(id), rest @ ..] if section == "Resources" => {
            resource(id).map(|resource| {
                let steps: Vec<Step<'_>> = rest
                    .iter()
                    .map(|step| match step {
                        source::Step::Key(key) => Step::Key(key),
                        source::Step::Index(index) => Step::Index(*index),
                    })
                    .collect();
                view.origin.attribute(view, Owner::Resource(resource.index()), &steps).at
            })
        }
        [source::Step::Key(section), source::Step::Key(key), ..] if section == "Outputs" => {
            let output = stack.outputs().find(|(known, _)| known == key);
            output.and_then(|(_, value)| value.mentions().first().map(super::Resource::at))
        }
        // Sections are of the file as a whole.
        _ => first().map(|at| match at {
            At::Span(span) | At::Hidden(span) => At::File(span.file),
            At::File(_) | At::Caller { .. } => at,
        }),
    };
    at.or_else(first).unwrap_or(At::Caller { file: "", line: 0 })
}
