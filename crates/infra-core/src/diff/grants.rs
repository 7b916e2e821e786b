//! Which permissions a set of statements gives, and what of them another set does not give.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::normal::{Context, normal};
use crate::names::overlap;

/// What is granted: texts, or everything but these.
#[derive(Clone, Debug, PartialEq)]
enum Names {
    Only(Vec<String>),
    Except(Vec<String>),
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    allows: bool,
    actions: Names,
    resources: Names,
    principals: Names,
    /// Operators and keys with their values, each as text; empty if it holds always.
    condition: BTreeSet<String>,
    /// Actions in lower case, as which they are compared, and as they are written.
    spelling: BTreeMap<String, String>,
    /// The resource of the template that has the statement.
    origin: String,
}

/// A permission that is new.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    /// The resource of the template that gives it.
    pub(super) origin: String,
    /// Whom: `*` is anyone; empty for those whose policy it is.
    pub(super) principal: String,
    /// On what.
    pub(super) resource: String,
    /// Whether it holds under conditions only.
    pub(super) conditional: bool,
    /// Whether it was denied before, and is not any more.
    pub(super) no_longer_denied: bool,
    /// What may be done.
    pub(super) action: String,
}

impl Statement {
    /// Reads the statements of a policy document.
    pub(super) fn of_document(document: &Value, origin: &str) -> Vec<Self> {
        let document = normal(document, Context::UNKNOWN);
        let list = document.get("Statement").and_then(Value::as_array).into_iter().flatten();
        list.map(|statement| Self::read(statement, origin)).collect()
    }

    /// Reads one statement.
    fn read(statement: &Value, origin: &str) -> Self {
        let names = |name: &str, not: &str, read: &dyn Fn(&Value) -> Vec<String>| match statement.get(not) {
            Some(value) => Names::Except(read(value)),
            None => Names::Only(statement.get(name).map(read).unwrap_or_default()),
        };
        let lower = |value: &Value| texts(value).into_iter().map(|text| text.to_ascii_lowercase()).collect();
        let resources = match names("Resource", "NotResource", &texts) {
            // Trust policies name no resource: they are about the role.
            Names::Only(list) if list.is_empty() => Names::Only(vec!["*".to_owned()]),
            names => names,
        };
        let principals = match names("Principal", "NotPrincipal", &principals) {
            Names::Only(list) if list.is_empty() => Names::Only(vec![String::new()]),
            names => names,
        };
        Self {
            allows: statement.get("Effect").and_then(Value::as_str) != Some("Deny"),
            actions: names("Action", "NotAction", &lower),
            resources,
            principals,
            condition: statement.get("Condition").map(condition).unwrap_or_default(),
            spelling: spelling(["Action", "NotAction"].iter().filter_map(|key| statement.get(*key)).flat_map(texts)),
            origin: origin.to_owned(),
        }
    }

    /// Whether it says whom it is about: then it is part of a resource's own policy.
    pub(super) fn names_principals(&self) -> bool {
        self.principals != Names::Only(vec![String::new()])
    }

    /// Makes a statement that allows one thing.
    pub(super) fn allow(
        action: &str,
        resource: &str,
        principal: &str,
        condition: &[(&str, &Value)],
        origin: &str,
    ) -> Self {
        let only = |text: String| Names::Only(vec![text]);
        Self {
            allows: true,
            actions: only(action.to_ascii_lowercase()),
            resources: only(resource.to_owned()),
            principals: only(principal_name(principal)),
            condition: condition.iter().map(|(key, value)| format!("StringEquals {key} {value}")).collect(),
            spelling: spelling([action.to_owned()].into_iter()),
            origin: origin.to_owned(),
        }
    }

    fn covers(&self, other: &Atom<'_>) -> bool {
        self.condition.is_subset(other.condition)
            && covers(&self.actions, &other.action)
            && covers(&self.resources, &other.resource)
            && covers(&self.principals, &other.principal)
    }
}

/// What allows or denies one action on one resource to one principal.
struct Atom<'a> {
    action: Names,
    resource: Names,
    principal: Names,
    condition: &'a BTreeSet<String>,
}

/// Most combinations of a statement that are looked at one by one; beyond, the statement is taken as a whole.
const MOST: usize = 20_000;

fn atoms(statement: &Statement) -> Vec<Atom<'_>> {
    let split = |names: &Names| match names {
        Names::Only(list) => list.iter().map(|one| Names::Only(vec![one.clone()])).collect(),
        Names::Except(_) => vec![names.clone()],
    };
    let (actions, resources) = (split(&statement.actions), split(&statement.resources));
    let principals = split(&statement.principals);
    let whole = actions.len() * resources.len() * principals.len() > MOST;
    let condition = &statement.condition;
    if whole {
        let (action, resource) = (statement.actions.clone(), statement.resources.clone());
        return vec![Atom { action, resource, principal: statement.principals.clone(), condition }];
    }
    let mut found = Vec::new();
    for action in &actions {
        for resource in &resources {
            for principal in &principals {
                let (action, resource, principal) = (action.clone(), resource.clone(), principal.clone());
                found.push(Atom { action, resource, principal, condition });
            }
        }
    }
    found
}

/// What the statements after allow that those before did not; a denial that goes counts as well.
pub(super) fn widened(before: &[Statement], after: &[Statement]) -> BTreeSet<Grant> {
    let mut found = BTreeSet::new();
    let denied =
        |atom: &Atom<'_>| after.iter().any(|known| !known.allows && known.covers(atom) && known.condition.is_empty());
    for statement in after.iter().filter(|statement| statement.allows) {
        for atom in atoms(statement) {
            if !before.iter().any(|known| known.allows && known.covers(&atom)) && !denied(&atom) {
                found.insert(grant(&atom, statement, false));
            }
        }
    }
    for statement in before.iter().filter(|statement| !statement.allows) {
        for atom in atoms(statement) {
            // A denial with fewer conditions denies more.
            if !after.iter().any(|known| !known.allows && known.covers(&atom)) {
                found.insert(grant(&atom, statement, true));
            }
        }
    }
    found
}

fn grant(atom: &Atom<'_>, statement: &Statement, no_longer_denied: bool) -> Grant {
    Grant {
        origin: statement.origin.clone(),
        principal: said(&atom.principal),
        resource: said(&atom.resource),
        conditional: atom.condition.iter().any(|one| restricts(one)),
        no_longer_denied,
        action: said(&spelled(&atom.action, &statement.spelling)),
    }
}

/// Condition keys that anyone can meet, in lower case: they say how and when, not who.
///
/// Our judgement, after the keys for which S3 does not call a policy public:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>, as the
/// documentation of the SDK for .NET quotes it (read 2026-11-25).
const ANYONE: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:referer",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "s3:tlsversion",
    "sns:protocol",
];

/// Whether a condition, written as operator, key and value, keeps anyone out.
fn restricts(condition: &str) -> bool {
    let key = condition.split(' ').nth(1).unwrap_or_default().to_ascii_lowercase();
    let everywhere = key == "aws:sourceip" && (condition.contains("\"0.0.0.0/0\"") || condition.contains("\"::/0\""));
    !everywhere && !ANYONE.contains(&key.as_str())
}

fn spelling(actions: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    actions.map(|action| (action.to_ascii_lowercase(), action)).collect()
}

fn spelled(names: &Names, spelling: &BTreeMap<String, String>) -> Names {
    let all = |list: &Vec<String>| list.iter().map(|one| spelling.get(one).unwrap_or(one).clone()).collect();
    match names {
        Names::Only(list) => Names::Only(all(list)),
        Names::Except(list) => Names::Except(all(list)),
    }
}

fn said(names: &Names) -> String {
    match names {
        Names::Only(list) => list.join(", "),
        Names::Except(list) => format!("everything but {}", list.join(", ")),
    }
}

/// Whether names hold all of others. What cannot be told is not held.
fn covers(known: &Names, other: &Names) -> bool {
    match (known, other) {
        (Names::Only(known), Names::Only(list)) => {
            list.iter().all(|text| known.iter().any(|pattern| glob(pattern, text) || account_of(text) == Some(pattern)))
        }
        (Names::Only(known), Names::Except(_)) => known.iter().any(|pattern| pattern == "*"),
        (Names::Except(not), Names::Only(list)) => {
            list.iter().all(|text| !not.iter().any(|pattern| overlap(pattern, text)))
        }
        (Names::Except(not), Names::Except(list)) => {
            not.iter().all(|pattern| list.iter().any(|other| glob(other, pattern)))
        }
    }
}

/// Whether a pattern with `*` and `?` holds all that another one holds: wildcards of the text are held by `*` only.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut back = None;
    while let Some(&byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(b'?') if byte != b'*' => (p, t) = (p + 1, t + 1),
            Some(&same) if same == byte => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// Texts of a value; calls of functions as they would be written in `Fn::Sub`.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        other => vec![text(other)],
    }
}

/// A value as text: `${Queue.Arn}` for `Fn::GetAtt`, other calls as JSON.
pub(super) fn text(value: &Value) -> String {
    let Some((name, argument)) = super::normal::intrinsic(value) else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    };
    match (name, argument) {
        ("Ref", Value::String(id)) => format!("${{{id}}}"),
        ("Fn::GetAtt", Value::Array(parts)) => {
            format!("${{{}}}", parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."))
        }
        ("Fn::GetAtt", Value::String(name)) => format!("${{{name}}}"),
        ("Fn::Sub", Value::String(text)) => text.clone(),
        ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(between), Value::Array(items)] => items.iter().map(text).collect::<Vec<_>>().join(between),
            _ => value.to_string(),
        },
        _ => value.to_string(),
    }
}

/// Principals by name; the kind counts only for those that are not accounts, roles or users.
fn principals(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) if super::normal::intrinsic(value).is_none() => {
            let of_kind = |(kind, names): (&String, &Value)| {
                let name = |text: String| if kind == "AWS" { principal_name(&text) } else { text };
                texts(names).into_iter().map(name).collect::<Vec<_>>()
            };
            map.iter().flat_map(of_kind).collect()
        }
        other => texts(other).iter().map(|text| principal_name(text)).collect(),
    }
}

/// `arn:aws:iam::<account>:root` is the account, which stands for everyone in it.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> (read
/// 2026-11-25).
fn principal_name(text: &str) -> String {
    let account = account_of(text).filter(|_| text.ends_with(":root"));
    account.map_or_else(|| text.to_owned(), str::to_owned)
}

/// The account of an ARN of IAM or STS.
fn account_of(text: &str) -> Option<&str> {
    let start = text.find(":iam::").map(|at| at + 6).or_else(|| text.find(":sts::").map(|at| at + 6))?;
    let rest = text.get(start..)?;
    // `${AWS::AccountId}` has colons of its own.
    let end = match rest.strip_prefix("${") {
        Some(inner) => inner.find('}')? + 3,
        None => rest.find(':')?,
    };
    rest.get(..end).filter(|account| text.starts_with("arn:") && !account.is_empty())
}

fn condition(value: &Value) -> BTreeSet<String> {
    let Some(map) = value.as_object() else { return BTreeSet::from([value.to_string()]) };
    let mut found = BTreeSet::new();
    for (operator, keys) in map {
        match keys.as_object() {
            Some(keys) => found.extend(keys.iter().map(|(key, value)| format!("{operator} {key} {value}"))),
            None => drop(found.insert(format!("{operator} {keys}"))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn new(before: Value, after: Value) -> Vec<String> {
        let read = |statements: Value| Statement::of_document(&json!({ "Statement": statements }), "P");
        let found = widened(&read(before), &read(after));
        found
            .iter()
            .map(|grant| {
                format!(
                    "{} on {} for {}{}",
                    grant.action,
                    grant.resource,
                    grant.principal,
                    if grant.no_longer_denied { " (denied)" } else { "" }
                )
            })
            .collect()
    }

    fn allow(action: Value, resource: Value) -> Value {
        json!({ "Effect": "Allow", "Action": action, "Resource": resource })
    }

    #[test]
    fn what_a_wildcard_covers_is_not_new() {
        let all = json!([allow(json!("sqs:*"), json!("*"))]);
        assert_eq!(new(all.clone(), json!([allow(json!("sqs:SendMessage"), json!("q"))])), Vec::<String>::new());
        assert_eq!(new(json!([allow(json!("sqs:SendMessage"), json!("q"))]), all), ["sqs:* on * for "]);
    }

    #[test]
    fn splitting_a_statement_gives_nothing_new() {
        let before = json!([allow(json!(["a:x", "a:y"]), json!(["r", "s"]))]);
        let after = json!([
            allow(json!("a:x"), json!(["r", "s"])),
            allow(json!("A:Y"), json!("s")),
            allow(json!("a:y"), json!("r"))
        ]);
        assert_eq!(new(before.clone(), after.clone()), Vec::<String>::new());
        assert_eq!(new(after, before), Vec::<String>::new());
    }

    #[test]
    fn a_denial_that_goes_and_a_condition_that_goes_widen() {
        let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*" });
        assert_eq!(new(json!([deny.clone()]), json!([])), ["s3:* on * for * (denied)"]);
        assert_eq!(new(json!([]), json!([deny])), Vec::<String>::new());
        let bare = allow(json!("a:x"), json!("r"));
        let mut held = bare.clone();
        held["Condition"] = json!({ "StringEquals": { "k": "v" } });
        assert_eq!(new(json!([held.clone()]), json!([bare.clone()])), ["a:x on r for "]);
        assert_eq!(new(json!([bare]), json!([held])), Vec::<String>::new());
    }

    #[test]
    fn exceptions_are_taken_for_what_they_may_hold() {
        let except = |actions: Value| json!({ "Effect": "Allow", "NotAction": actions, "Resource": "*" });
        assert_eq!(
            new(json!([except(json!("iam:*"))]), json!([allow(json!("sqs:x"), json!("*"))])),
            Vec::<String>::new()
        );
        assert_eq!(new(json!([except(json!("iam:*"))]), json!([allow(json!("iam:x"), json!("*"))])).len(), 1);
        assert_eq!(new(json!([except(json!("iam:*"))]), json!([except(json!("iam:Pass*"))])).len(), 1);
        assert_eq!(new(json!([except(json!("iam:Pass*"))]), json!([except(json!("iam:*"))])).len(), 0);
        assert_eq!(new(json!([allow(json!("sqs:*"), json!("*"))]), json!([except(json!("iam:*"))])).len(), 1);
    }

    #[test]
    fn an_account_covers_its_roles_and_is_its_root() {
        let to =
            |principal: Value| json!([{ "Effect": "Allow", "Action": "a:x", "Resource": "*", "Principal": principal }]);
        let account = to(json!({ "AWS": "123456789012" }));
        assert_eq!(new(account.clone(), to(json!({ "AWS": "arn:aws:iam::123456789012:root" }))).len(), 0);
        assert_eq!(new(account.clone(), to(json!({ "AWS": "arn:aws:iam::123456789012:role/r" }))).len(), 0);
        assert_eq!(new(account.clone(), to(json!({ "AWS": "arn:aws:iam::210987654321:role/r" }))).len(), 1);
        assert_eq!(new(account, to(json!("*"))), ["a:x on * for *"]);
        assert_eq!(new(to(json!("*")), to(json!({ "Service": "sns.amazonaws.com" }))).len(), 0);
    }

    proptest! {
        #[test]
        fn a_pattern_covers_what_it_matches(pattern in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            let expected = regress::Regex::new(&format!("^{}$", pattern.replace('*', ".*").replace('?', "."))).unwrap();
            prop_assert_eq!(glob(&pattern, &text), expected.find(&text).is_some());
            prop_assert_eq!(overlap(&pattern, &text), glob(&pattern, &text));
            prop_assert_eq!(overlap(&text, &pattern), glob(&pattern, &text));
        }

        #[test]
        fn what_two_patterns_hold_in_common_is_held_by_both(one in "[ab*?]{0,4}", other in "[ab*?]{0,4}", text in "[ab]{0,5}") {
            if glob(&one, &text) && glob(&other, &text) {
                prop_assert!(overlap(&one, &other));
            }
            if glob(&one, &other) && glob(&other, &text) {
                prop_assert!(glob(&one, &text));
            }
        }

        #[test]
        fn nothing_is_wider_than_itself(actions in prop::collection::vec("[ab]:[xy*]{1,2}", 1..4), not in any::<bool>(), deny in any::<bool>()) {
            let statement = json!([{ "Effect": if deny { "Deny" } else { "Allow" }, if not { "NotAction" } else { "Action" }: actions, "Resource": "*" }]);
            prop_assert_eq!(new(statement.clone(), statement), Vec::<String>::new());
        }
    }
}
