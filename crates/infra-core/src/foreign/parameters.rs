//! What a template says about a parameter, and the value a text has as one.

use std::borrow::Cow;

use crate::artifacts::Expr;
use crate::source::{Literal, Node, Value, literal};

/// A parameter's declaration.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a>(pub(super) &'a Node);

impl<'a> Declared<'a> {
    /// Returns the type; `String` where none is written.
    pub(super) fn kind(self) -> &'a str {
        self.0.pair("Type").and_then(|pair| pair.value.scalar()).unwrap_or("String")
    }

    /// Returns the default.
    pub(super) fn default(self) -> Option<Cow<'a, str>> {
        spelled(&self.0.pair("Default")?.value)
    }

    /// Returns the allowed values; nothing means that any is allowed.
    pub(super) fn allowed(self) -> impl Iterator<Item = Cow<'a, str>> {
        self.0.pair("AllowedValues").map(|pair| pair.value.items()).unwrap_or_default().iter().filter_map(spelled)
    }

    /// Returns whether a caller may give `value`: one of those that are listed, and within the bounds.
    pub(super) fn allows(self, value: &str) -> bool {
        let bound = |key: &str| self.0.pair(key)?.value.scalar()?.parse::<f64>().ok();
        let within = |number: f64, least: &str, most: &str| {
            bound(least).is_none_or(|least| number >= least) && bound(most).is_none_or(|most| number <= most)
        };
        let is_listed = self.allowed().next().is_none() || self.allowed().any(|allowed| allowed == value);
        let length = u32::try_from(value.chars().count()).map_or(f64::INFINITY, f64::from);
        let is_number = !self.kind().ends_with("Number")
            || value.parse().is_ok_and(|number: f64| within(number, "MinValue", "MaxValue"));
        is_listed && is_number && within(length, "MinLength", "MaxLength")
    }

    /// Returns whether the parameter is a list.
    pub(super) fn is_list(self) -> bool {
        self.kind() == "CommaDelimitedList" || self.kind().starts_with("List<")
    }

    /// Returns whether the value stays unknown, whatever the default: a secret, or one that is looked up elsewhere.
    pub(super) fn is_opaque(self) -> bool {
        let no_echo = self.0.pair("NoEcho").and_then(|pair| pair.value.scalar());
        let is_secret = no_echo.is_some_and(|text| literal(text) == Literal::Bool(true));
        is_secret || self.kind().starts_with("AWS::SSM::Parameter::Value<")
    }

    /// Returns the value that applies when nobody gives another.
    pub(super) fn usual(self) -> Option<Cow<'a, str>> {
        if self.is_opaque() { None } else { self.default().or_else(|| self.allowed().next()) }
    }

    /// Returns what `text` is as a value of this parameter.
    pub(super) fn value(self, text: &str) -> Expr {
        let is_numeric = matches!(self.kind(), "Number" | "List<Number>");
        let one = |text: &str| match literal(text) {
            Literal::Int(value) if is_numeric => Expr::Int(value),
            Literal::Float(value) if is_numeric => Expr::Float(value),
            Literal::Null | Literal::Bool(_) | Literal::Int(_) | Literal::Float(_) | Literal::Text => {
                Expr::Text(Cow::Owned(text.to_owned()))
            }
        };
        if !self.is_list() {
            return one(text);
        }
        Expr::List(split(text).map(one).collect())
    }
}

/// Returns the text that a scalar is as the value of a parameter: `True` is `true`, and `1_000` is `1000`.
pub(super) fn spelled(node: &Node) -> Option<Cow<'_, str>> {
    Some(match (&node.value, node.scalar()?) {
        (Value::Plain(_), text) => match literal(text) {
            Literal::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Literal::Int(value) => Cow::Owned(value.to_string()),
            Literal::Null | Literal::Float(_) | Literal::Text => Cow::Borrowed(text),
        },
        (_, text) => Cow::Borrowed(text),
    })
}

/// Takes a comma-delimited list apart; blanks around items do not count.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(move |_| !text.is_empty())
}
