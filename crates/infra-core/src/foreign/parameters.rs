//! What a template says about a parameter, and the value a text has as one.

use std::borrow::Cow;

use crate::artifacts::Expr;
use crate::source::{Literal, Node, literal};

/// A parameter's declaration.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a>(pub(super) &'a Node);

impl<'a> Declared<'a> {
    /// Returns the type; `String` where none is written.
    pub(super) fn kind(self) -> &'a str {
        self.0.pair("Type").and_then(|pair| pair.value.scalar()).unwrap_or("String")
    }

    /// Returns the default.
    pub(super) fn default(self) -> Option<&'a str> {
        self.0.pair("Default")?.value.scalar()
    }

    /// Returns the allowed values; nothing means that any is allowed.
    pub(super) fn allowed(self) -> impl Iterator<Item = &'a str> {
        self.0.pair("AllowedValues").map(|pair| pair.value.items()).unwrap_or_default().iter().filter_map(Node::scalar)
    }

    /// Returns whether `value` is one of the allowed ones.
    pub(super) fn allows(self, value: &str) -> bool {
        self.allowed().next().is_none() || self.allowed().any(|allowed| allowed == value)
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
    pub(super) fn usual(self) -> Option<&'a str> {
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

/// Takes a comma-delimited list apart; blanks around items do not count.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(move |_| !text.is_empty())
}
