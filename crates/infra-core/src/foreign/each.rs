//! Unrolls `Fn::ForEach`: what remains is the template that CloudFormation works with.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html> (read
//! 2026-11-22). A collection that is a parameter is taken as the parameter's default.

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
        let (Some(identifier), Some(values)) = (identifier.scalar(), self.collection(collection)) else {
            self.diags
                .push(shape(pair, "the collection is a list, a list parameter with a default, or a mapping's list"));
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

    fn collection(&self, node: &Node) -> Option<Vec<String>> {
        let texts = |node: &Node| node.items().iter().map(|item| item.scalar().map(str::to_owned)).collect();
        match (&node.value, node.pairs()) {
            (Value::List(_), _) => texts(node),
            (_, [only]) if only.key == "Ref" => {
                let parameter = self.template.pair("Parameters")?.value.pair(only.value.scalar()?)?;
                let value = Declared(&parameter.value).usual()?;
                Some(split(value).map(str::to_owned).collect())
            }
            (_, [only]) if only.key == "Fn::FindInMap" => {
                let [map, first, second, ..] = only.value.items() else { return None };
                let map = self.template.pair("Mappings")?.value.pair(map.scalar()?)?;
                texts(&map.value.pair(first.scalar()?)?.value.pair(second.scalar()?)?.value)
            }
            _ => None,
        }
    }
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
