//! IAM policy documents.

use super::{Expr, Object};

/// Version of the policy language.
const VERSION: &str = "2012-10-17";

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Statement(Object);

impl Statement {
    /// Starts a statement that allows `actions` on `resources`.
    pub fn allow(actions: impl IntoIterator<Item = &'static str>, resources: Expr) -> Self {
        Self::new("Allow", actions, resources)
    }

    /// Starts a statement that denies `actions` on `resources`.
    pub fn deny(actions: impl IntoIterator<Item = &'static str>, resources: Expr) -> Self {
        Self::new("Deny", actions, resources)
    }

    /// Makes a statement that a user has written.
    pub fn written(allows: bool, actions: &[String], resources: Expr, conditions: Expr) -> Self {
        let mut statement = Self::new(if allows { "Allow" } else { "Deny" }, actions, resources);
        statement.0.push("Condition", conditions);
        statement
    }

    fn new<A: Into<Expr>>(effect: &'static str, actions: impl IntoIterator<Item = A>, resources: Expr) -> Self {
        let mut actions: Vec<Expr> = actions.into_iter().map(Into::into).collect();
        let action = if actions.len() == 1 { actions.remove(0) } else { Expr::List(actions) };
        let mut object = Object::default();
        object.push("Effect", effect);
        object.push("Action", action);
        object.push("Resource", resources);
        Self(object)
    }

    /// Returns the actions, in their order.
    pub fn actions(&self) -> Vec<&str> {
        match self.0.get("Action") {
            Some(Expr::List(all)) => all.iter().filter_map(text).collect(),
            one => one.into_iter().filter_map(text).collect(),
        }
    }

    /// Keeps the actions that `keep` says; nothing if none is left.
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Option<Self> {
        let kept = self.actions().into_iter().filter(|action| keep(action));
        let mut kept: Vec<Expr> = kept.map(|action| action.to_owned().into()).collect();
        let action = if kept.len() == 1 { kept.remove(0) } else { Expr::List(kept) };
        let any = action != Expr::List(Vec::new());
        self.0.set("Action", action);
        any.then_some(self)
    }

    /// Sets the statement id: letters and digits.
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.0.set("Sid", sid.into());
        self
    }

    /// Names an AWS service as principal, such as `sns.amazonaws.com`.
    pub fn service(mut self, service: impl Into<Expr>) -> Self {
        self.0.set("Principal", object! { "Service" => service });
        self
    }

    /// Names a principal by any other key, such as `AWS`, or everybody with a plain `*`.
    pub fn principal(mut self, principal: Expr) -> Self {
        self.0.set("Principal", principal);
        self
    }

    /// Adds a condition.
    pub fn when(mut self, operator: &'static str, key: impl Into<String>, value: impl Into<Expr>) -> Self {
        let pair = object! { key.into() => value };
        match self.0.get_mut("Condition") {
            Some(Expr::Object(conditions)) => match (conditions.get_mut(operator), pair) {
                (Some(Expr::Object(keys)), Expr::Object(pair)) => {
                    pair.iter().for_each(|(key, value)| keys.set(key.to_owned(), value.clone()));
                }
                (_, pair) => conditions.set(operator, pair),
            },
            _ => self.0.set("Condition", object! { operator => pair }),
        }
        self
    }
}

impl From<Statement> for Expr {
    fn from(statement: Statement) -> Self {
        Self::Object(statement.0)
    }
}

/// A policy document.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Policy(Vec<Expr>);

impl Policy {
    /// Adds a statement.
    pub fn with(mut self, statement: Statement) -> Self {
        self.push(statement);
        self
    }

    /// Adds a statement.
    pub fn push(&mut self, statement: Statement) {
        self.0.push(statement.into());
    }

    /// Returns whether it has no statement.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Policy> for Expr {
    fn from(policy: Policy) -> Self {
        object! { "Version" => VERSION, "Statement" => Self::List(policy.0) }
    }
}

/// Trust policies of roles.
pub struct Trust;

impl Trust {
    /// Returns a trust policy for one AWS service.
    pub fn service(service: &'static str) -> Expr {
        object! {
            "Version" => VERSION,
            "Statement" => list![object! {
                "Effect" => "Allow",
                "Principal" => object! { "Service" => service },
                "Action" => "sts:AssumeRole",
            }],
        }
    }

    /// Returns the trust policy of EKS Pod Identity: session tags are always attached.
    ///
    /// Source: <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html> (read 2026-11-22).
    pub fn pod_identity() -> Expr {
        object! {
            "Version" => VERSION,
            "Statement" => list![object! {
                "Effect" => "Allow",
                "Principal" => object! { "Service" => "pods.eks.amazonaws.com" },
                "Action" => list!["sts:AssumeRole", "sts:TagSession"],
            }],
        }
    }
}

fn text(action: &Expr) -> Option<&str> {
    match action {
        Expr::Text(text) => Some(text.as_ref()),
        _ => None,
    }
}
