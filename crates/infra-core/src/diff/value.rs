//! What is different between two values that mean something, not two texts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::normal::{Context, Place, intrinsic, is_no_value, is_policy, keyed, normal, surface};

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list, counted in the list before; what is added to a set is counted on from its end.
    Index(usize),
    /// The tag with this key.
    Tag(String),
}

/// A part that is different.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// Where it is.
    pub(super) path: Vec<Step>,
    /// What was there.
    pub(super) before: Option<Value>,
    /// What will be there.
    pub(super) after: Option<Value>,
}

/// The differences of two values.
pub(super) fn differences(before: &Value, after: &Value, context: Context) -> Vec<Difference> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.compare(before, after, context);
    walk.found
}

/// Whether two values mean the same.
pub(super) fn same(before: &Value, after: &Value, context: Context) -> bool {
    before == after || normal(before, context) == normal(after, context)
}

/// The path as text: `Policy.Statement[0].Action`, `Tags[team]`, `Condition["aws:SourceArn"]`.
pub(super) fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', ' ', ':', '"']) => {
                text.push('[');
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(']');
            }
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
            Step::Tag(key) => text.extend(["[", key, "]"]),
        }
    }
    text
}

/// The names along a path, with `*` for items, as schemas spell it.
pub(super) fn schema_path(path: &[Step]) -> Vec<&str> {
    fn name(step: &Step) -> &str {
        match step {
            Step::Key(key) => key,
            Step::Index(_) | Step::Tag(_) => "*",
        }
    }
    path.iter().map(name).collect()
}

struct Walk {
    path: Vec<Step>,
    found: Vec<Difference>,
}

impl Walk {
    fn compare(&mut self, before: &Value, after: &Value, context: Context) {
        if before == after {
            return;
        }
        let (old, new) = (surface(before, context), surface(after, context));
        if old == new {
            return;
        }
        match (&*old, &*new) {
            (Value::Object(b), Value::Object(a)) if intrinsic(&old).is_none() && intrinsic(&new).is_none() => {
                let context = if is_policy(&old) && is_policy(&new) { context.seen(&old) } else { context };
                self.objects(b, a, context);
            }
            (Value::Array(b), Value::Array(a)) if context.place != Place::Words => self.lists(b, a, context),
            _ => {
                if normal(before, context) != normal(after, context) {
                    self.leaf(Some(before), Some(after));
                }
            }
        }
    }

    fn leaf(&mut self, before: Option<&Value>, after: Option<&Value>) {
        self.found.push(Difference { path: self.path.clone(), before: before.cloned(), after: after.cloned() });
    }

    fn at(&mut self, step: Step, before: Option<&Value>, after: Option<&Value>, context: Context) {
        self.path.push(step);
        match (before, after) {
            (Some(before), Some(after)) => self.compare(before, after, context),
            (None, None) => {}
            _ => self.leaf(before, after),
        }
        self.path.pop();
    }

    fn objects(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, context: Context) {
        let there = |map: &'_ Map<String, Value>, key: &str| map.get(key).is_some_and(|value| !is_no_value(value));
        for (key, old) in before {
            let (old, new) = (Some(old).filter(|_| there(before, key)), after.get(key).filter(|_| there(after, key)));
            self.at(Step::Key(key.clone()), old, new, context.key(key));
        }
        for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key) && there(after, key)) {
            self.at(Step::Key(key.clone()), None, Some(new), context.key(key));
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], context: Context) {
        let tags = |items: &[Value]| if items.is_empty() { Some(Map::new()) } else { keyed(items) };
        if let (Some(old), Some(new)) = (tags(before), tags(after)) {
            return self.tags(&old, &new, context);
        }
        let there = |items: &[Value]| items.iter().filter(|item| !is_no_value(item)).cloned().collect::<Vec<_>>();
        if before.iter().chain(after).any(is_no_value) {
            return self.items(&there(before), &there(after), context);
        }
        self.items(before, after, context);
    }

    fn items(&mut self, before: &[Value], after: &[Value], context: Context) {
        if context.is_set() { self.sets(before, after, context) } else { self.sequences(before, after, context) }
    }

    fn tags(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, context: Context) {
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        for key in keys {
            let step = Step::Tag(key.clone());
            let text = |map: &Map<String, Value>| {
                let tag = map.get(key)?.as_object()?;
                // A tag of an auto scaling group says more than its value.
                if tag.len() == 2 { tag.get("Value").cloned() } else { Some(Value::Object(tag.clone())) }
            };
            let inner =
                if before.get(key).or(after.get(key)).and_then(Value::as_object).is_some_and(|tag| tag.len() == 2) {
                    context.item().key("Value")
                } else {
                    context.item()
                };
            self.at(step, text(before).as_ref(), text(after).as_ref(), inner);
        }
    }

    /// Lists in order: what is equal at both ends is left out, the rest is compared one by one.
    fn sequences(&mut self, before: &[Value], after: &[Value], context: Context) {
        let context = context.item();
        let alike = |(old, new): &(&Value, &Value)| same(old, new, context);
        let start = before.iter().zip(after).take_while(alike).count();
        let (before, after) = (before.get(start..).unwrap_or_default(), after.get(start..).unwrap_or_default());
        let end = before.iter().rev().zip(after.iter().rev()).take_while(alike).count();
        let before = before.get(..before.len() - end).unwrap_or_default();
        let after = after.get(..after.len() - end).unwrap_or_default();
        for index in 0..before.len().max(after.len()) {
            self.at(Step::Index(start + index), before.get(index), after.get(index), context);
        }
    }

    /// Lists whose order means nothing: equal items are left out, the others are paired by what names them.
    fn sets(&mut self, before: &[Value], after: &[Value], context: Context) {
        let item = context.item();
        let key = |value: &Value| normal(value, item).to_string();
        let mut old: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, value) in before.iter().enumerate().rev() {
            old.entry(key(value)).or_default().push(index);
        }
        let mut added = Vec::new();
        for value in after {
            if old.get_mut(&key(value)).and_then(Vec::pop).is_none() {
                added.push(value);
            }
        }
        let left: BTreeSet<usize> = old.into_values().flatten().collect();
        let mut left: Vec<(usize, &Value)> =
            before.iter().enumerate().filter(|(index, _)| left.contains(index)).collect();
        let pairs = pair(&mut left, added);
        let mut next = before.len();
        for (place, new) in pairs {
            if let Some((index, old)) = place {
                self.at(Step::Index(index), Some(old), Some(new), item);
            } else {
                self.at(Step::Index(next), None, Some(new), item);
                next += 1;
            }
        }
        for (index, old) in left {
            self.at(Step::Index(index), Some(old), None, item);
        }
    }
}

/// What names an item among others, best first.
const NAMES: &[&str] =
    &["Sid", "Id", "Key", "Name", "PolicyName", "IndexName", "AttributeName", "RoleArn", "Arn", "DeviceName"];

fn name(value: &Value) -> Option<(&'static str, &str)> {
    NAMES.iter().find_map(|name| Some((*name, value.get(*name)?.as_str()?)))
}

/// Pairs each new item with an old one, by name and else in order; old ones that are paired leave `left`.
fn pair<'a>(left: &mut Vec<(usize, &'a Value)>, added: Vec<&'a Value>) -> Vec<(Option<(usize, &'a Value)>, &'a Value)> {
    let mut named: BTreeMap<(&str, &str), (usize, &Value)> =
        left.iter().rev().filter_map(|(index, value)| Some((name(value)?, (*index, *value)))).collect();
    let mut pairs: Vec<_> =
        added.into_iter().map(|new| (name(new).and_then(|name| named.remove(&name)), new)).collect();
    let used: BTreeSet<usize> = pairs.iter().filter_map(|(old, _)| old.map(|(index, _)| index)).collect();
    left.retain(|(index, _)| !used.contains(index));
    let mut nameless = left
        .iter()
        .copied()
        .filter(|(_, value)| value.is_object() && intrinsic(value).is_none() && name(value).is_none())
        .collect::<Vec<_>>()
        .into_iter();
    let mut taken = BTreeSet::new();
    for (old, new) in &mut pairs {
        if old.is_none() && new.is_object() && intrinsic(new).is_none() && name(new).is_none() {
            *old = nameless.next();
            taken.extend(old.map(|(index, _)| index));
        }
    }
    left.retain(|(index, _)| !taken.contains(index));
    pairs
}
