//! Decides conditions: what is not known equals nothing but itself.

use super::evaluate::{MAX_DEPTH, Scope, World};
use crate::artifacts::Expr;
use crate::source::{Node, Pair};

impl<'a> World<'a> {
    /// Returns whether a condition of the template holds; one that is missing or stands in its own way does not.
    pub(super) fn holds(&self, scope: Scope, name: &str) -> bool {
        let found = self.stack(scope.stack).and_then(|stack| stack.entry("Conditions", name));
        let Some(Pair { key, value, .. }) = found else { return false };
        let known = self.truths.borrow().get(&(scope.stack, key.as_str())).copied();
        if let Some(known) = known {
            return known.unwrap_or(false);
        }
        if scope.depth > MAX_DEPTH {
            return false;
        }
        self.truths.borrow_mut().insert((scope.stack, key), None);
        let holds = self.decide(scope, value);
        self.truths.borrow_mut().insert((scope.stack, key), Some(holds));
        holds
    }

    /// Decides what stands in the `Conditions` section.
    fn decide(&self, scope: Scope, node: &'a Node) -> bool {
        match node.pairs() {
            [only] if only.key == "Condition" => {
                only.value.scalar().is_some_and(|name| self.holds(scope.deeper(), name))
            }
            [only] => self.truth(scope, &only.key, &only.value).unwrap_or(false),
            _ => self.eval(scope, node) == Expr::Bool(true),
        }
    }

    /// Decides a function of conditions; `None` where it is another function, or not of its shape.
    pub(super) fn truth(&self, scope: Scope, name: &str, argument: &'a Node) -> Option<bool> {
        let scope = scope.deeper();
        let operands = argument.items();
        match (name, operands) {
            ("Fn::And", [_, ..]) => Some(operands.iter().all(|node| self.decide(scope, node))),
            ("Fn::Or", [_, ..]) => Some(operands.iter().any(|node| self.decide(scope, node))),
            ("Fn::Not", [node]) => Some(!self.decide(scope, node)),
            ("Fn::Equals", [one, other]) => Some(equal(&self.eval(scope, one), &self.eval(scope, other))),
            _ => None,
        }
    }
}

/// Compares as CloudFormation does: scalars by their text.
fn equal(one: &Expr, other: &Expr) -> bool {
    match (one.literal(), other.literal()) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
