//! Unrolls `Fn::ForEach`: what remains is the template that CloudFormation works with.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html> (read
//! 2026-11-22). A collection that is a parameter is taken as the parameter's default. A loop over what only the deployment
//! knows becomes a macro whose result nobody knows, `Fn::Transform`.

use super::check::without_transform;
use super::parameters::{Declared, split};
use super::stack::{LANGUAGE_EXTENSIONS, transforms};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::place::Span;
use crate::source::{Node, Pair, Value};

/// Start of a loop's key.
pub(super) const PREFIX: &str = "Fn::ForEach";

/// Most values that loops add to a template.
const MAX_NODES: usize = 200_000;

/// Unrolls every loop of a template; reports loops that are not understood, which are left out.
pub(super) fn unroll(template: Node, diags: &mut Diagnostics) -> Node {
    let is_extended = transforms(&template).any(|node| node.scalar() == Some(LANGUAGE_EXTENSIONS));
    let mut unroller = Unroller { template: &template, left: MAX_NODES, first: None, diags };
    let plain = unroller.node(&template);
    if let Some(span) = unroller.first.filter(|_| !is_extended) {
        diags.push(without_transform(PREFIX, span));
    }
    plain
}

struct Unroller<'a, 'd> {
    template: &'a Node,
    left: usize,
    /// Where the first loop stands.
    first: Option<Span>,
    diags: &'d mut Diagnostics,
}

impl Unroller<'_, '_> {
    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Plain(_) | Value::Quoted(_) => node.value.clone(),
            Value::List(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            Value::Map(pairs) => {
                let mut done = Vec::with_capacity(pairs.len());
                for pair in pairs {
                    if pair.key.starts_with(PREFIX) {
                        self.each(pair, &mut done);
                    } else {
                        done.push(Pair {
                            key: pair.key.clone(),
                            key_span: pair.key_span,
                            value: self.node(&pair.value),
                        });
                    }
                }
                Value::Map(done)
            }
        };
        Node { value, span: node.span }
    }

    fn each(&mut self, pair: &Pair, done: &mut Vec<Pair>) {
        self.first = self.first.or(Some(pair.key_span));
        let [identifier, collection, body] = pair.value.items() else {
            self.diags.push(shape(pair, "a loop has an identifier, a collection and what it makes"));
            return;
        };
        let (Some(identifier), Some(collection)) = (identifier.scalar(), self.collection(collection)) else {
            self.diags.push(shape(pair, "the collection is a list, a list parameter, or a mapping's list"));
            return;
        };
        let Collection::Known(values) = collection else {
            self.diags.push(unknown(pair));
            done.push(stand_in(pair));
            return;
        };
        let size = size(body).saturating_mul(values.len());
        if size > self.left {
            self.diags.push(shape(pair, "the loop makes more than a template can hold"));
            return;
        }
        self.left -= size;
        for value in &values {
            let filled = fill(body, identifier, value);
            let Value::Map(pairs) = self.node(&filled).value else {
                self.diags.push(shape(pair, "what a loop makes is a mapping"));
                return;
            };
            done.extend(pairs);
        }
    }

    /// What a loop goes through; `None` if it is nothing that one can go through.
    fn collection(&self, node: &Node) -> Option<Collection> {
        match (&node.value, node.pairs()) {
            (Value::List(_), _) => texts(node).map(Collection::Known),
            (_, [only]) if only.key == "Ref" => {
                let parameter = self.template.pair("Parameters")?.value.pair(only.value.scalar()?)?;
                let usual = Declared(&parameter.value).usual();
                Some(
                    usual.map_or(Collection::Open, |value| {
                        Collection::Known(split(&value).map(str::to_owned).collect())
                    }),
                )
            }
            (_, [only]) if only.key == "Fn::FindInMap" => {
                let [map, first, second, rest @ ..] = only.value.items() else { return None };
                let Some(map) = map.scalar() else { return Some(Collection::Open) };
                let map = self.template.pair("Mappings")?.value.pair(map)?;
                self.mapped(&map.value, first, second).or((!rest.is_empty()).then_some(Collection::Open))
            }
            _ => None,
        }
    }

    /// The list in a mapping. A key that is computed could be any, so it matters only where the lists differ.
    fn mapped(&self, map: &Node, first: &Node, second: &Node) -> Option<Collection> {
        let rows = map.pairs().iter().filter(|row| self.may_be(first, &row.key));
        let cells = rows.flat_map(|row| row.value.pairs()).filter(|cell| self.may_be(second, &cell.key));
        let mut lists = cells.map(|cell| texts(&cell.value)).collect::<Option<Vec<_>>>()?;
        let list = lists.pop()?;
        Some(if lists.iter().all(|other| *other == list) { Collection::Known(list) } else { Collection::Open })
    }

    /// Whether a key of a mapping can be this one.
    fn may_be(&self, key: &Node, name: &str) -> bool {
        let parameter = |only: &Pair| Some(&self.template.pair("Parameters")?.value.pair(only.value.scalar()?)?.value);
        match (key.scalar(), key.pairs()) {
            (Some(text), _) => text == name,
            (None, [only]) if only.key == "Ref" => {
                parameter(only).and_then(|parameter| Declared(parameter).usual()).is_none_or(|usual| usual == name)
            }
            (None, _) => true,
        }
    }
}

/// What a loop goes through.
enum Collection {
    /// These values.
    Known(Vec<String>),
    /// What only the deployment knows.
    Open,
}

fn texts(node: &Node) -> Option<Vec<String>> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| item.scalar().map(str::to_owned)).collect(),
        Value::Plain(_) | Value::Quoted(_) | Value::Map(_) => None,
    }
}

/// What stands for entries that only the deployment knows.
fn stand_in(pair: &Pair) -> Pair {
    let node = |value| Node { value, span: pair.key_span };
    let name = Pair {
        key: "Name".to_owned(),
        key_span: pair.key_span,
        value: node(Value::Quoted(LANGUAGE_EXTENSIONS.to_owned())),
    };
    Pair { key: "Fn::Transform".to_owned(), key_span: pair.key_span, value: node(Value::Map(vec![name])) }
}

fn unknown(pair: &Pair) -> Diagnostic {
    Diagnostic::advice("cfn/open-loop", format!("what loop `{}` makes is not checked", pair.key))
        .at(At::Span(pair.key_span), "goes through what only the deployment knows")
        .note("its parameter has no default, or the lists of its mapping differ")
        .help("give the parameter a default, or check the template that CloudFormation processes it into")
}

fn shape(pair: &Pair, why: &str) -> Diagnostic {
    Diagnostic::error("cfn/loop", format!("loop `{}` cannot be unrolled", pair.key))
        .at(At::Span(pair.key_span), why)
        .note(
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html",
        )
        .help("write `Fn::ForEach::Name: [Identifier, [a, b], { Key${Identifier}: … }]`")
}

fn size(node: &Node) -> usize {
    1 + node.items().iter().map(size).sum::<usize>() + node.pairs().iter().map(|pair| size(&pair.value)).sum::<usize>()
}

/// Puts one value of the collection in place of the identifier.
fn fill(node: &Node, identifier: &str, value: &str) -> Node {
    let text = |text: &str| {
        let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{identifier}}}"), value).replace(&format!("&{{{identifier}}}"), &bare)
    };
    let filled = match &node.value {
        Value::Plain(old) => Value::Plain(text(old)),
        Value::Quoted(old) => Value::Quoted(text(old)),
        Value::List(items) => Value::List(items.iter().map(|item| fill(item, identifier, value)).collect()),
        Value::Map(pairs) => match pairs.as_slice() {
            [only] if only.key == "Ref" && only.value.scalar() == Some(identifier) => Value::Quoted(value.to_owned()),
            pairs => Value::Map(
                pairs
                    .iter()
                    .map(|pair| Pair {
                        key: text(&pair.key),
                        key_span: pair.key_span,
                        value: fill(&pair.value, identifier, value),
                    })
                    .collect(),
            ),
        },
    };
    Node { value: filled, span: node.span }
}
