//! Which resources, parameters, outputs and exports a value refers to.

use serde_json::Value;

use super::normal::intrinsic;
use super::value::Step;
use crate::state::{OutputRef, StackKey};

/// What is referred to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A resource or parameter of the same template; see also [`condition`] and [`mapping`].
    Own(String),
    /// An attribute of a resource of the same template, which is referred to beside the resource.
    Attribute(String, String),
    /// An output of another stack, as `stack@region` and its key; the region is empty if it is the stack's own.
    Output(StackKey, String),
    /// An export of the account and region.
    Export(String),
}

/// How a condition is named beside resources and parameters, which have no dots in their names.
pub(super) fn condition(name: &str) -> String {
    format!("Conditions.{name}")
}

/// How a mapping is named beside resources and parameters.
pub(super) fn mapping(name: &str) -> String {
    format!("Mappings.{name}")
}

/// A reference: from where, and to what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    /// Where it stands: the path of the value that calls a function.
    pub(super) path: Vec<Step>,
    /// What it refers to.
    pub(super) target: Target,
}

/// The references in a value that stands at `path`.
pub(super) fn references(value: &Value, path: Vec<Step>) -> Vec<Reference> {
    let mut walk = Walk { path, found: Vec::new() };
    walk.visit(value, true);
    walk.found
}

/// The output that a call of `Fn::GetStackOutput` reads.
pub(super) fn stack_output(argument: &Value) -> Option<OutputRef> {
    let text = |key: &str| argument.get(key).and_then(Value::as_str);
    let stack = text("StackName")?;
    // An ARN names the stack too: `arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>`.
    let name = stack.split_once(":stack/").map_or(stack, |(_, rest)| rest.split('/').next().unwrap_or(rest));
    let region = text("Region").unwrap_or_default();
    Some(OutputRef { stack: StackKey::new(name, region), output: text("OutputName")?.to_owned() })
}

struct Walk {
    path: Vec<Step>,
    found: Vec<Reference>,
}

impl Walk {
    fn add(&mut self, target: Target) {
        let reference = Reference { path: self.path.clone(), target };
        if !self.found.contains(&reference) {
            self.found.push(reference);
        }
    }

    fn own(&mut self, name: &str) {
        if !name.is_empty() && !name.starts_with("AWS::") {
            self.add(Target::Own(name.to_owned()));
        }
    }

    /// A resource and one of its attributes.
    fn attribute(&mut self, id: &str, attribute: &str) {
        self.own(id);
        if !id.is_empty() && !attribute.is_empty() {
            self.add(Target::Attribute(id.to_owned(), attribute.to_owned()));
        }
    }

    /// Looks into a value; inside of a call the path stays that of the call.
    fn visit(&mut self, value: &Value, outside: bool) {
        if let Some((name, argument)) = intrinsic(value) {
            return self.call(name, argument);
        }
        match value {
            // Conditions refer to each other like this.
            Value::Object(map) if !outside && map.len() == 1 && map.contains_key("Condition") => {
                self.own(&condition(map.get("Condition").and_then(Value::as_str).unwrap_or_default()));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.step(Step::Index(index), item, outside);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    self.step(Step::Key(key.clone()), item, outside);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn step(&mut self, step: Step, value: &Value, outside: bool) {
        if outside {
            self.path.push(step);
        }
        self.visit(value, outside);
        if outside {
            self.path.pop();
        }
    }

    fn call(&mut self, name: &str, argument: &Value) {
        match (name, argument) {
            ("Ref", Value::String(id)) => self.own(id),
            ("Fn::GetAtt", Value::String(text)) => self.variable(text),
            ("Fn::GetAtt", Value::Array(parts)) => {
                let part = |index| parts.get(index).and_then(Value::as_str).unwrap_or_default();
                self.attribute(part(0), part(1));
            }
            ("Fn::Sub", Value::String(text)) => self.variables(text, &Value::Null),
            ("Fn::Sub", Value::Array(parts)) => {
                let values = parts.get(1).unwrap_or(&Value::Null);
                self.variables(parts.first().and_then(Value::as_str).unwrap_or_default(), values);
                self.visit(values, false);
            }
            ("Fn::FindInMap" | "Fn::If", Value::Array(parts)) => {
                if let Some(first) = parts.first().and_then(Value::as_str) {
                    self.own(&if name == "Fn::If" { condition(first) } else { mapping(first) });
                }
                self.visit(argument, false);
            }
            ("Fn::ImportValue", Value::String(export)) => self.add(Target::Export(export.clone())),
            ("Fn::GetStackOutput", argument) => {
                if let Some(output) = stack_output(argument) {
                    self.add(Target::Output(output.stack, output.output));
                }
                self.visit(argument, false);
            }
            (_, argument) => self.visit(argument, false),
        }
    }

    fn variables(&mut self, text: &str, local: &Value) {
        for rest in text.split("${").skip(1).filter(|rest| !rest.starts_with('!')) {
            let name = rest.split('}').next().unwrap_or_default().trim();
            if local.get(name).is_none() {
                self.variable(name);
            }
        }
    }

    /// `Resource` or `Resource.Attribute`.
    fn variable(&mut self, name: &str) {
        match name.split_once('.') {
            Some((id, attribute)) => self.attribute(id, attribute),
            None => self.own(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_in_every_form_and_say_where_they_stand() {
        let value = json!({
            "A": { "Ref": "One" }, "B": [{ "Fn::GetAtt": "Two.Arn" }],
            "C": { "Fn::Sub": ["${Three.Arn}/${local}-${!No}", { "local": { "Ref": "Four" } }] },
            "D": { "Fn::Join": ["", ["a", { "Ref": "Five" }, { "Ref": "AWS::Region" }]] },
            "E": { "Fn::ImportValue": "x" }, "F": { "Fn::GetStackOutput": { "StackName": "s", "OutputName": "O", "Region": "r" } }
        });
        let found = references(&value, Vec::new());
        let texts: Vec<String> =
            found.iter().map(|one| format!("{} {:?}", super::super::value::path_text(&one.path), one.target)).collect();
        assert_eq!(
            texts,
            [
                "A Own(\"One\")",
                "B[0] Own(\"Two\")",
                "B[0] Attribute(\"Two\", \"Arn\")",
                "C Own(\"Three\")",
                "C Attribute(\"Three\", \"Arn\")",
                "C Own(\"Four\")",
                "D Own(\"Five\")",
                "E Export(\"x\")",
                "F Output(StackKey { name: \"s\", region: \"r\" }, \"O\")"
            ]
        );
    }
}
