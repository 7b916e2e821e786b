//! Statements, and the policies that hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::facts::limits::iam::MANAGED_POLICY_CHARACTERS;

/// One statement: actions that are allowed on resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// What it is for, in letters and digits: IAM takes nothing else here and has no comments.
    pub sid: String,
    /// The actions.
    pub actions: BTreeSet<String>,
    /// ARNs, or `*`.
    pub resources: BTreeSet<String>,
    /// Values of condition keys, one of which must be equal.
    pub equals: BTreeMap<String, BTreeSet<String>>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The document.
    pub document: Value,
}

impl Statement {
    pub(super) fn new(sid: &str, resources: impl IntoIterator<Item = String>) -> Self {
        Self { sid: sid.to_owned(), resources: resources.into_iter().collect(), ..Self::default() }
    }

    fn to_value(&self) -> Value {
        let one_or_all = |list: &BTreeSet<String>| match list.first() {
            Some(only) if list.len() == 1 => json!(only),
            Some(_) | None => json!(list),
        };
        let mut value = json!({
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": one_or_all(&self.actions),
            "Resource": one_or_all(&self.resources),
        });
        if !self.equals.is_empty()
            && let Some(map) = value.as_object_mut()
        {
            let pairs = self.equals.iter().map(|(key, values)| (key.clone(), one_or_all(values)));
            let equals: serde_json::Map<String, Value> = pairs.collect();
            map.insert("Condition".to_owned(), json!({ "StringEquals": equals }));
        }
        value
    }
}

/// Puts statements into as few policies as hold them, in their order; a statement that no policy holds is divided.
pub fn policies(name: &str, statements: &[Statement]) -> Vec<Policy> {
    let mut groups: Vec<Vec<Statement>> = vec![Vec::new()];
    for statement in statements.iter().flat_map(divided) {
        if let Some(group) = groups.last_mut() {
            group.push(statement.clone());
            if size(group) <= MANAGED_POLICY_CHARACTERS || group.len() == 1 {
                continue;
            }
            group.pop();
        }
        groups.push(vec![statement]);
    }
    let count = groups.len();
    let named = |(index, group): (usize, Vec<Statement>)| Policy {
        name: if count == 1 { name.to_owned() } else { format!("{name}-{}", index + 1) },
        document: document(&group),
    };
    groups.into_iter().enumerate().map(named).collect()
}

/// A statement in parts that each fit into a policy.
fn divided(statement: &Statement) -> Vec<Statement> {
    let mut parts = vec![Statement { actions: BTreeSet::new(), ..statement.clone() }];
    for action in &statement.actions {
        let Some(part) = parts.last_mut() else { continue };
        part.actions.insert(action.clone());
        if size(std::slice::from_ref(part)) > MANAGED_POLICY_CHARACTERS && part.actions.len() > 1 {
            part.actions.remove(action);
            let sid = format!("{}{}", statement.sid, parts.len() + 1);
            parts.push(Statement { sid, actions: BTreeSet::from([action.clone()]), ..statement.clone() });
        }
    }
    parts
}

fn document(statements: &[Statement]) -> Value {
    let statements: Vec<Value> = statements.iter().map(Statement::to_value).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Characters that count: white space does not.
fn size(statements: &[Statement]) -> usize {
    document(statements).to_string().chars().filter(|letter| !letter.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sid: &str, count: usize) -> Statement {
        let actions = (0..count).map(|number| format!("{}:DoSomethingQuiteLong{number:04}", sid.to_lowercase()));
        Statement { actions: actions.collect(), ..Statement::new(sid, ["*".to_owned()]) }
    }

    #[test]
    fn what_fits_stays_together_and_keeps_its_name() {
        let found = policies("shop", &[statement("Sqs", 3), statement("Sns", 3)]);
        assert_eq!((found.len(), found[0].name.as_str()), (1, "shop"));
        assert_eq!(found[0].document["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn no_policy_is_longer_than_iam_takes_and_nothing_is_lost() {
        let statements = [statement("Ec2", 700), statement("Sqs", 100), statement("Sns", 50)];
        let found = policies("shop", &statements);
        assert!(found.len() > 4);
        let mut actions = BTreeSet::new();
        for policy in &found {
            assert!(policy.document.to_string().len() <= MANAGED_POLICY_CHARACTERS, "{}", policy.name);
            for statement in policy.document["Statement"].as_array().unwrap() {
                let list = statement["Action"].as_array().unwrap();
                actions.extend(list.iter().map(|action| action.as_str().unwrap().to_owned()));
            }
        }
        assert_eq!(actions, statements.iter().flat_map(|it| it.actions.clone()).collect());
        assert_eq!(found[0].name, "shop-1");
    }
}
