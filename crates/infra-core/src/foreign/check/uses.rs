//! Finds everything that a template names and every function it calls, once, for all checks.

use super::super::Stack;
use super::super::text::OPEN;
use crate::artifacts::text::{Piece, pieces};
use crate::place::Span;
use crate::source::{Node, Pair, Value};

/// How a template names something of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// `Ref`, or a name in `Fn::Sub`.
    Ref,
    /// `Fn::GetAtt`, or a name with a dot in `Fn::Sub`.
    Attribute,
    /// A condition.
    Condition,
    /// A mapping.
    Mapping,
    /// `DependsOn`.
    DependsOn,
}

/// One place that names something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use<'a> {
    /// How it is named.
    pub(super) how: How,
    /// What is named.
    pub(super) name: &'a str,
    /// Where.
    pub(super) span: Span,
    /// The section that names it.
    pub(super) section: &'a str,
    /// The entry of the section that names it.
    pub(super) owner: &'a str,
}

/// A function that is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Its name and argument.
    pub(super) pair: &'a Pair,
    /// How many other keys stand beside it.
    pub(super) neighbours: usize,
}

/// What a template names and calls.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    /// Names.
    pub(super) names: Vec<Use<'a>>,
    /// Functions.
    pub(super) calls: Vec<Call<'a>>,
    /// Texts with dynamic references.
    pub(super) dynamic: Vec<&'a Node>,
}

/// Functions that stand where conditions are decided.
pub(super) const LOGIC: &[&str] = &["Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"];

impl<'a> Uses<'a> {
    /// Looks through a template.
    pub(super) fn of(stack: &'a Stack) -> Self {
        let mut uses = Self::default();
        for section in ["Conditions", "Rules", "Resources", "Outputs"] {
            for entry in stack.section(section) {
                let mut walker = Walker { uses: &mut uses, section, owner: &entry.key };
                match section {
                    "Resources" | "Outputs" => walker.entry(&entry.value),
                    _ => walker.value(&entry.value, section == "Conditions"),
                }
            }
        }
        uses
    }
}

struct Walker<'a, 'u> {
    uses: &'u mut Uses<'a>,
    section: &'a str,
    owner: &'a str,
}

impl<'a> Walker<'a, '_> {
    fn name(&mut self, how: How, name: &'a str, span: Span) {
        self.uses.names.push(Use { how, name, span, section: self.section, owner: self.owner });
    }

    /// A resource or an output.
    fn entry(&mut self, node: &'a Node) {
        for Pair { key, value, .. } in node.pairs() {
            match (key.as_str(), value.scalar()) {
                ("Condition", Some(name)) => self.name(How::Condition, name, value.span),
                ("DependsOn", _) => {
                    for item in value.items().iter().chain([value]) {
                        if let Some(name) = item.scalar() {
                            self.name(How::DependsOn, name, item.span);
                        }
                    }
                }
                _ => self.value(value, false),
            }
        }
    }

    /// A value; `is_condition` where a condition is decided.
    fn value(&mut self, node: &'a Node, is_condition: bool) {
        match &node.value {
            Value::Plain(text) | Value::Quoted(text) => {
                if text.contains(OPEN) {
                    self.uses.dynamic.push(node);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.value(item, is_condition)),
            Value::Map(pairs) => {
                for pair in pairs {
                    let is_logic = LOGIC.contains(&pair.key.as_str()) && pair.key != "Fn::Equals";
                    if pair.key.starts_with("Fn::") || (pair.key == "Ref" && pairs.len() == 1) {
                        let call = Call { pair, neighbours: pairs.len() - 1 };
                        self.uses.calls.push(call);
                        self.argument(pair);
                    }
                    match (pair.key.as_str(), pair.value.scalar()) {
                        ("Condition", Some(name)) if is_condition && pairs.len() == 1 => {
                            self.name(How::Condition, name, pair.value.span);
                        }
                        _ => self.value(&pair.value, is_logic),
                    }
                }
            }
        }
    }

    /// What the argument of a function names.
    fn argument(&mut self, call: &'a Pair) {
        let argument = &call.value;
        let first = argument.items().first();
        match call.key.as_str() {
            "Ref" => {
                if let Some(name) = argument.scalar() {
                    self.name(How::Ref, name, argument.span);
                }
            }
            "Fn::GetAtt" => {
                let id = argument.scalar().and_then(|text| text.split_once('.')).map(|(id, _)| id);
                if let Some(id) = id.or_else(|| first?.scalar()) {
                    self.name(How::Attribute, id, first.map_or(argument.span, |first| first.span));
                }
            }
            "Fn::If" => {
                if let Some((name, node)) = first.and_then(|node| Some((node.scalar()?, node))) {
                    self.name(How::Condition, name, node.span);
                }
            }
            "Fn::FindInMap" => {
                if let Some((name, node)) = first.and_then(|node| Some((node.scalar()?, node))) {
                    self.name(How::Mapping, name, node.span);
                }
            }
            "Fn::Sub" => self.substitution(argument),
            _ => {}
        }
    }

    fn substitution(&mut self, argument: &'a Node) {
        let text = argument.items().first().unwrap_or(argument);
        let variables = argument.items().get(1).map(Node::pairs).unwrap_or_default();
        for piece in pieces(text.scalar().unwrap_or_default()) {
            let Piece::Name(name) = piece else { continue };
            if variables.iter().any(|pair| pair.key == name) {
                continue;
            }
            match name.split_once('.') {
                Some((id, _)) => self.name(How::Attribute, id, text.span),
                None => self.name(How::Ref, name, text.span),
            }
        }
    }
}
