//! A template as CloudFormation would read it with given values: what is decided is decided, what is not known stays a
//! call of its function.
//!
//! CloudFormation compares resolved values. A key of a mapping that nobody looks up, a condition that stays true, `Join`
//! in place of an equal `Sub` change nothing; a condition that comes true makes its resource.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::draft::{Values, entry, section};
use super::normal::{intrinsic, scalar_text};

/// Longest way of conditions that name each other; more is a cycle.
const DEEPEST: usize = 32;

/// What is known when a template is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    template: &'a Value,
    /// Values of parameters that are the same whatever the run does.
    values: &'a Values,
    /// Pseudo parameters by name, such as `AWS::Region`.
    pseudo: &'a BTreeMap<&'static str, String>,
}

/// A template in which everything that the values decide is decided.
///
/// A plain `Ref` to a parameter stays: how its value changes is told by the parameter. Sections other than resources and
/// outputs stay as they are.
pub(super) fn given(template: &Value, values: &Values, pseudo: &BTreeMap<&'static str, String>) -> Value {
    let given = Given { template, values, pseudo };
    let Some(map) = template.as_object() else { return template.clone() };
    let mut map = map.clone();
    for name in ["Resources", "Outputs"] {
        let Some(Value::Object(entries)) = map.get(name) else { continue };
        let kept = entries.iter().filter_map(|(id, entry)| Some((id.clone(), given.entry(entry)?)));
        let kept: Map<String, Value> = kept.collect();
        map.insert(name.to_owned(), Value::Object(kept));
    }
    if let Some(Value::Object(conditions)) = map.get_mut("Conditions") {
        conditions.values_mut().for_each(ordered);
    }
    Value::Object(map)
}

/// `Fn::Equals` means the same whichever side stands first.
fn ordered(condition: &mut Value) {
    if let Some(Value::Array(sides)) = condition.get_mut("Fn::Equals") {
        sides.sort_by_key(Value::to_string);
        return;
    }
    for name in ["Fn::And", "Fn::Not", "Fn::Or"] {
        condition.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(ordered);
    }
}

impl Given<'_> {
    /// A resource or output; nothing if its condition is false.
    fn entry(self, entry: &Value) -> Option<Value> {
        let Some(map) = entry.as_object() else { return Some(entry.clone()) };
        let condition = map.get("Condition").and_then(Value::as_str).and_then(|name| self.truth(name, DEEPEST));
        if condition == Some(false) {
            return None;
        }
        let decided = |key: &str| key == "Condition" && condition == Some(true);
        let kept = map.iter().filter(|(key, _)| !decided(key));
        Some(Value::Object(kept.map(|(key, value)| (key.clone(), self.value(value))).collect()))
    }

    /// Whether a condition holds, if that is known.
    fn truth(self, name: &str, left: usize) -> Option<bool> {
        self.holds(entry(self.template, "Conditions", name)?, left.checked_sub(1)?)
    }

    fn holds(self, condition: &Value, left: usize) -> Option<bool> {
        if let Some(name) = condition.get("Condition").and_then(Value::as_str) {
            return self.truth(name, left);
        }
        let (function, argument) = intrinsic(condition)?;
        let all = || argument.as_array().into_iter().flatten().map(|one| self.holds(one, left));
        match function {
            "Fn::Equals" => {
                let [one, other] = argument.as_array()?.as_slice() else { return None };
                Some(self.text(one)? == self.text(other)?)
            }
            "Fn::Not" => argument.as_array()?.first().and_then(|one| self.holds(one, left)).map(|holds| !holds),
            "Fn::And" => decide(all(), false),
            "Fn::Or" => decide(all(), true),
            _ => None,
        }
    }

    /// A value as text, if it is known; parameters, too.
    fn text(self, value: &Value) -> Option<String> {
        if let Some(("Ref", Value::String(name))) = intrinsic(value) {
            return self.named(name);
        }
        match self.value(value) {
            known @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => Some(scalar_text(&known)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn named(self, name: &str) -> Option<String> {
        self.values.get(name).or_else(|| self.pseudo.get(name)).cloned()
    }

    fn value(self, value: &Value) -> Value {
        if let Some((function, argument)) = intrinsic(value) {
            return self.call(function, argument).unwrap_or_else(|| {
                let argument = match argument {
                    _ if matches!(function, "Ref" | "Fn::Transform") => argument.clone(),
                    // No argument goes, not even one that stands for nothing.
                    Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
                    other => self.value(other),
                };
                json!({ function: argument })
            });
        }
        match value {
            Value::Object(map) => {
                let kept = map.iter().map(|(key, inner)| (key.clone(), self.value(inner)));
                Value::Object(kept.filter(|(_, inner)| !is_no_value(inner)).collect())
            }
            Value::Array(items) => {
                let kept = items.iter().map(|item| self.value(item));
                Value::Array(kept.filter(|item| !is_no_value(item)).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// What a call gives; nothing if it is not known.
    fn call(self, function: &str, argument: &Value) -> Option<Value> {
        match function {
            "Ref" => self.pseudo.get(argument.as_str()?).map(|value| value.as_str().into()),
            "Fn::GetAtt" => {
                let (resource, attribute) = argument.as_str()?.split_once('.')?;
                Some(json!({ "Fn::GetAtt": [resource, attribute] }))
            }
            "Fn::If" => {
                let [Value::String(name), then, otherwise] = argument.as_array()?.as_slice() else { return None };
                self.truth(name, DEEPEST).map(|holds| self.value(if holds { then } else { otherwise }))
            }
            "Fn::FindInMap" => {
                let keys: Option<Vec<String>> = argument.as_array()?.iter().take(3).map(|key| self.text(key)).collect();
                let keys = keys?;
                let [map, first, second] = keys.as_slice() else { return None };
                let found = entry(self.template, "Mappings", map).and_then(|map| map.get(first)?.get(second)).cloned();
                let default = || argument.get(3)?.get("DefaultValue").map(|value| self.value(value));
                found.or_else(default)
            }
            "Fn::Join" => {
                let [separator, items] = argument.as_array()?.as_slice() else { return None };
                let items = self.list(items)?;
                let separator = separator.as_str()?;
                let mut parts = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    if index > 0 {
                        parts.push(Part::Text(separator.to_owned()));
                    }
                    parts.push(self.part(&item));
                }
                Some(joined(parts))
            }
            "Fn::Sub" => self.substituted(argument),
            "Fn::Select" => {
                let [index, items] = argument.as_array()?.as_slice() else { return None };
                let index: usize = self.text(index)?.parse().ok()?;
                self.list(items)?.get(index).cloned()
            }
            "Fn::Cidr" => {
                let parts = argument.as_array()?;
                let number = |at: usize| self.text(parts.get(at)?)?.parse().ok();
                let bits = if parts.len() > 2 { number(2)? } else { 32 };
                crate::names::cut(&self.text(parts.first()?)?, number(1)?, u8::try_from(bits).ok()?).map(Value::from)
            }
            "Fn::Length" => self.list(argument).map(|items| items.len().into()),
            "Fn::ToJsonString" => {
                let value = self.value(argument);
                (!has_call(&value)).then(|| value.to_string().into())
            }
            "Fn::Split" => {
                let [separator, text] = argument.as_array()?.as_slice() else { return None };
                let text = self.text(text)?;
                Some(text.split(separator.as_str().filter(|it| !it.is_empty())?).collect())
            }
            _ => None,
        }
    }

    /// The items of a list that is known to be one; a parameter that is a list is one, too.
    fn list(self, value: &Value) -> Option<Vec<Value>> {
        if let Some(("Ref", Value::String(name))) = intrinsic(value) {
            let kind = entry(self.template, "Parameters", name)?.get("Type")?.as_str()?;
            let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
            let text = self.values.get(name).filter(|_| is_list)?;
            return Some(text.split(',').map(|item| item.trim().into()).collect());
        }
        match self.value(value) {
            Value::Array(items) => Some(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        }
    }

    fn part(self, item: &Value) -> Part {
        match self.text(item) {
            Some(text) => Part::Text(text),
            None => Part::Value(self.value(item)),
        }
    }

    fn substituted(self, argument: &Value) -> Option<Value> {
        let (text, variables) = match argument {
            Value::String(text) => (text.as_str(), None),
            Value::Array(items) => (items.first()?.as_str()?, items.get(1).and_then(Value::as_object)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(Part::Text(before.to_owned()));
            let (name, after) = after.split_once('}')?;
            parts.push(match (name.strip_prefix('!'), variables.and_then(|all| all.get(name.trim()))) {
                (Some(literal), _) => Part::Text(format!("${{{literal}}}")),
                (None, Some(value)) => self.part(value),
                (None, None) => match name.trim().split_once('.') {
                    Some((resource, attribute)) => Part::Value(json!({ "Fn::GetAtt": [resource, attribute] })),
                    None => self.part(&json!({ "Ref": name.trim() })),
                },
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Some(joined(parts))
    }
}

/// Whether anything in a value is known only later.
fn has_call(value: &Value) -> bool {
    intrinsic(value).is_some()
        || match value {
            Value::Array(items) => items.iter().any(has_call),
            Value::Object(map) => map.values().any(has_call),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}

/// Three-valued `or` if `sought` is true, `and` if it is false.
fn decide(all: impl Iterator<Item = Option<bool>>, sought: bool) -> Option<bool> {
    let mut known = true;
    for one in all {
        match one {
            Some(holds) if holds == sought => return Some(sought),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!sought)
}

fn is_no_value(value: &Value) -> bool {
    matches!(intrinsic(value), Some(("Ref", Value::String(name))) if name == "AWS::NoValue")
}

enum Part {
    Text(String),
    Value(Value),
}

/// The parts in one spelling: a text if all are known, `Fn::Sub` if the others are references, else `Fn::Join`.
fn joined(parts: Vec<Part>) -> Value {
    let mut merged: Vec<Part> = Vec::new();
    for part in parts {
        match (merged.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => merged.push(part),
        }
    }
    match merged.as_slice() {
        [] => return "".into(),
        [Part::Text(text)] => return text.as_str().into(),
        [Part::Value(value)] => return value.clone(),
        _ => {}
    }
    let named = |value: &Value| match intrinsic(value)? {
        ("Ref", Value::String(name)) => Some(name.clone()),
        ("Fn::GetAtt", Value::Array(path)) => {
            let path: Option<Vec<&str>> = path.iter().map(Value::as_str).collect();
            Some(path?.join("."))
        }
        _ => None,
    };
    let text = |part: &Part| match part {
        Part::Text(text) => Some(text.replace("${", "${!")),
        Part::Value(value) => named(value).map(|name| format!("${{{name}}}")),
    };
    if let Some(text) = merged.iter().map(text).collect::<Option<String>>() {
        return json!({ "Fn::Sub": text });
    }
    let items = merged.into_iter().map(|part| match part {
        Part::Text(text) => text.into(),
        Part::Value(value) => value,
    });
    json!({ "Fn::Join": ["", items.collect::<Vec<Value>>()] })
}

/// The values that are the same on both sides whatever the run does: of parameters that no other stack gives, where they
/// are known on every side that has the parameter.
pub(super) fn settled(
    before: &Value,
    after: &Value,
    [old, new]: [&Values; 2],
    fed: impl Fn(&str) -> bool,
) -> [Values; 2] {
    let has = |template: &Value, name: &str| entry(template, "Parameters", name).is_some();
    let one = |values: &Values, template: &Value| {
        let of = section(template, "Parameters").map(|(name, _)| name);
        let kept = of.filter(|name| {
            let known = |template: &Value, values: &Values| !has(template, name) || values.contains_key(*name);
            !fed(name) && known(before, old) && known(after, new)
        });
        kept.filter_map(|name| Some((name.clone(), values.get(name)?.clone()))).collect()
    };
    [one(old, before), one(new, after)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(template: &Value, values: &[(&str, &str)]) -> Value {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        given(template, &values, &BTreeMap::from([("AWS::Partition", "aws".to_owned())]))
    }

    fn value(call: Value, values: &[(&str, &str)]) -> Value {
        let template = json!({
            "Parameters": { "P": { "Type": "String" }, "L": { "Type": "CommaDelimitedList" } },
            "Mappings": { "Names": { "prod": { "Table": "orders" } } },
            "Conditions": {
                "Is": { "Fn::Equals": [{ "Ref": "P" }, "x"] }, "Not": { "Fn::Not": [{ "Condition": "Is" }] },
                "Both": { "Fn::And": [{ "Condition": "Is" }, { "Condition": "Open" }] },
                "One": { "Fn::Or": [{ "Condition": "Is" }, { "Condition": "Open" }] },
                "Open": { "Fn::Equals": [{ "Ref": "Q" }, "x"] }, "Loop": { "Condition": "Loop" },
            },
            "Resources": { "It": { "Type": "T", "Properties": { "V": call } } },
        });
        evaluated(&template, values).pointer("/Resources/It/Properties/V").cloned().unwrap_or_default()
    }

    #[test]
    fn what_is_known_is_looked_up_and_put_together() {
        let known = [("P", "x"), ("L", "a, b")];
        let is = |call: Value, expected: Value| assert_eq!(value(call.clone(), &known), expected, "{call}");
        is(json!({ "Fn::FindInMap": ["Names", "prod", "Table"] }), json!("orders"));
        is(
            json!({ "Fn::FindInMap": ["Names", "prod", "None"] }),
            json!({ "Fn::FindInMap": ["Names", "prod", "None"] }),
        );
        is(
            json!({ "Fn::FindInMap": ["Names", "x", "Table", { "DefaultValue": { "Ref": "AWS::Partition" } }] }),
            json!("aws"),
        );
        is(json!({ "Fn::Sub": "arn:${AWS::Partition}:s3:::${P}/*" }), json!("arn:aws:s3:::x/*"));
        is(json!({ "Fn::Sub": ["${a}-${!P}", { "a": { "Ref": "P" } }] }), json!("x-${P}"));
        is(json!({ "Fn::Join": ["-", ["a", { "Ref": "P" }]] }), json!("a-x"));
        is(json!({ "Fn::Select": [1, { "Ref": "L" }] }), json!("b"));
        is(json!({ "Fn::Select": ["0", { "Fn::Split": [":", "a:b"] }] }), json!("a"));
        is(json!({ "Fn::Select": [1, { "Fn::Cidr": ["10.0.0.0/16", 2, "8"] }] }), json!("10.0.1.0/24"));
        is(json!({ "Fn::Length": { "Ref": "L" } }), json!(2));
        is(json!({ "Fn::ToJsonString": { "a": { "Fn::Sub": "${P}" } } }), json!("{\"a\":\"x\"}"));
        is(json!({ "Ref": "P" }), json!({ "Ref": "P" }));
        is(json!({ "Fn::GetAtt": "Q.Arn" }), json!({ "Fn::GetAtt": ["Q", "Arn"] }));
    }

    #[test]
    fn a_join_and_an_equal_sub_have_one_spelling() {
        let sub = value(json!({ "Fn::Sub": "a-${Q}-${R.Arn}" }), &[]);
        let join = json!({ "Fn::Join": ["-", ["a", { "Ref": "Q" }, { "Fn::GetAtt": ["R", "Arn"] }]] });
        assert_eq!(
            (value(join, &[]), sub),
            (json!({ "Fn::Sub": "a-${Q}-${R.Arn}" }), json!({ "Fn::Sub": "a-${Q}-${R.Arn}" }))
        );
    }

    #[test]
    fn conditions_are_decided_where_they_can_be() {
        let branch = |name: &str, values: &[(&str, &str)]| value(json!({ "Fn::If": [name, 1, 2] }), values);
        let open = |name: &str| json!({ "Fn::If": [name, 1, 2] });
        let (yes, no) = ([("P", "x")], [("P", "y")]);
        assert_eq!((branch("Is", &yes), branch("Is", &no), branch("Not", &no)), (json!(1), json!(2), json!(1)));
        assert_eq!((branch("Both", &no), branch("Both", &yes)), (json!(2), open("Both")));
        assert_eq!((branch("One", &yes), branch("One", &no)), (json!(1), open("One")));
        assert_eq!((branch("Loop", &yes), branch("None", &yes)), (open("Loop"), open("None")));
        let template = json!({
            "Conditions": { "C": { "Fn::Equals": [{ "Ref": "P" }, "x"] } },
            "Resources": { "A": { "Type": "T", "Condition": "C", "Properties": { "V": { "Fn::If": ["C", { "Ref": "AWS::NoValue" }, 1] } } } },
        });
        assert_eq!(evaluated(&template, &yes)["Resources"], json!({ "A": { "Type": "T", "Properties": {} } }));
        assert_eq!(evaluated(&template, &no)["Resources"], json!({}));
        assert_eq!(evaluated(&template, &[])["Resources"], template["Resources"]);
    }
}
