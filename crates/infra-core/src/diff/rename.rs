//! Resources that go and come with the same type and properties: they look like renamed ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::normal::{Context, normal};
use crate::facts::resource_types;

/// Least share of equal values, in percent, at which two resources look like one.
const CLOSE: usize = 70;
/// Most pairs of a type that are compared value by value.
const MOST: usize = 4_096;

/// Pairs of a removed and an added resource, given as ids and definitions; each is in one pair at most.
pub(super) fn pairs<'a>(removed: &[(&'a str, &Value)], added: &[(&'a str, &Value)]) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    let mut rest: BTreeMap<&str, Vec<Seen<'a>>> = BTreeMap::new();
    // Without properties there is nothing to tell a resource by.
    let telling = |resource: &Value| resource.get("Properties").is_some();
    for (id, resource) in added.iter().filter(|(_, resource)| telling(resource)) {
        rest.entry(kind(resource)).or_default().push(Seen::new(id, resource));
    }
    let mut open = Vec::new();
    for (id, resource) in removed {
        let Some(candidates) = rest.get_mut(kind(resource)) else { continue };
        let old = Seen::new(id, resource);
        match candidates.iter().position(|new| new.values == old.values) {
            Some(place) => found.push((old.id, candidates.remove(place).id)),
            None => open.push((kind(resource), old)),
        }
    }
    let mut budget = MOST;
    for (kind, old) in open {
        let Some(candidates) = rest.get_mut(kind) else { continue };
        budget = budget.saturating_sub(candidates.len());
        if budget == 0 {
            break;
        }
        let scores = candidates.iter().enumerate().map(|(place, new)| (old.likeness(new), place));
        let best = scores.max_by_key(|(score, place)| (*score, usize::MAX - *place));
        if let Some((_, place)) = best.filter(|(score, _)| *score >= CLOSE) {
            found.push((old.id, candidates.remove(place).id));
        }
    }
    found
}

struct Seen<'a> {
    id: &'a str,
    values: BTreeSet<String>,
}

impl<'a> Seen<'a> {
    fn new(id: &'a str, resource: &Value) -> Self {
        let schema = resource_types::find(kind(resource)).map(|kind| kind.properties());
        let properties = normal(resource.get("Properties").unwrap_or(&Value::Null), Context::of(schema));
        let mut values = BTreeSet::new();
        leaves(&properties, String::new(), &mut values);
        Self { id, values }
    }

    /// Share of the values that both have, in percent.
    fn likeness(&self, other: &Self) -> usize {
        let most = self.values.len().max(other.values.len());
        (self.values.intersection(&other.values).count() * 100).checked_div(most).unwrap_or(100)
    }
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// Every scalar with its path; the place in a list does not count.
fn leaves(value: &Value, path: String, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| leaves(inner, format!("{path}.{key}"), found)),
        Value::Array(items) => items.iter().for_each(|inner| leaves(inner, format!("{path}[]"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(format!("{path}={value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_and_close_resources_of_one_type_look_like_each_other() {
        let queue = |days: u32| json!({ "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": 30, "DelaySeconds": 0, "ReceiveMessageWaitTimeSeconds": 20, "MessageRetentionPeriod": days } });
        let topic = json!({ "Type": "AWS::SNS::Topic" });
        let (a, b) = (queue(1), queue(2));
        assert_eq!(pairs(&[("Old", &a)], &[("Topic", &topic), ("New", &a)]), [("Old", "New")]);
        assert_eq!(pairs(&[("Old", &a)], &[("New", &b)]), [("Old", "New")]);
        assert_eq!(pairs(&[("Old", &a)], &[("Topic", &topic)]), []);
        let other = json!({ "Type": "AWS::SQS::Queue", "Properties": { "FifoQueue": true } });
        assert_eq!(pairs(&[("Old", &a)], &[("New", &other)]), []);
        assert_eq!(pairs(&[("One", &a), ("Two", &a)], &[("New", &a)]), [("One", "New")], "each is in one pair");
    }
}
