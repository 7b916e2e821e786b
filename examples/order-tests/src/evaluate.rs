//! What the values of a deployed template are: a small evaluator of the functions that the platform's templates use.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What a template of a stack can refer to.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Values of parameters and of pseudo parameters.
    pub parameters: BTreeMap<String, String>,
    /// Physical ids of resources, by logical id.
    pub resources: BTreeMap<String, String>,
    /// Types of resources, by logical id.
    pub types: BTreeMap<String, String>,
    /// The account, for ARNs.
    pub account: String,
}

impl Scope {
    /// A value without functions in it.
    ///
    /// # Panics
    ///
    /// If it cannot be known: a function, attribute or name that is not in the table here.
    pub fn evaluate(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => items.iter().map(|item| self.evaluate(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// A text without functions in it.
    pub fn text(&self, value: &Value) -> String {
        match self.evaluate(value) {
            Value::String(text) => text,
            other => panic!("{value} is no text but {other}"),
        }
    }

    fn object(&self, object: &Map<String, Value>) -> Value {
        let mut entries = object.iter();
        let (Some((name, argument)), None) = (entries.next(), entries.next()) else {
            return object.iter().map(|(key, value)| (key.clone(), self.evaluate(value))).collect();
        };
        match (name.as_str(), argument) {
            ("Ref", Value::String(name)) => Value::String(self.reference(name)),
            ("Fn::GetAtt", Value::Array(parts)) => {
                let [Value::String(resource), Value::String(attribute)] = parts.as_slice() else {
                    panic!("Fn::GetAtt {argument} is not understood");
                };
                Value::String(self.attribute(resource, attribute))
            }
            ("Fn::Sub", Value::String(text)) => Value::String(self.substitute(text)),
            ("Fn::Join", Value::Array(parts)) => {
                let [Value::String(separator), Value::Array(items)] = parts.as_slice() else {
                    panic!("Fn::Join {argument} is not understood");
                };
                let items: Vec<String> = items.iter().map(|item| self.text(item)).collect();
                Value::String(items.join(separator))
            }
            (name, _) if name.starts_with("Fn::") || name == "Ref" => panic!("{name} {argument} is not understood"),
            (name, argument) => Value::Object([(name.to_owned(), self.evaluate(argument))].into_iter().collect()),
        }
    }

    fn reference(&self, name: &str) -> String {
        let found = self.parameters.get(name).or_else(|| self.resources.get(name));
        found.unwrap_or_else(|| panic!("there is nothing named {name} in the stack")).clone()
    }

    fn attribute(&self, resource: &str, attribute: &str) -> String {
        let physical = self.reference(resource);
        match (self.types.get(resource).map_or("", String::as_str), attribute) {
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{}:role/{physical}", self.account),
            ("AWS::Logs::LogGroup", "Arn") => {
                format!("arn:aws:logs:{}:{}:log-group:{physical}:*", self.parameters["AWS::Region"], self.account)
            }
            (kind, _) => panic!("the attribute {attribute} of {resource} ({kind}) is not known here"),
        }
    }

    fn substitute(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or_else(|| panic!("{text} has an open placeholder"));
            let value = match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => format!("${{{literal}}}"),
                (None, Some((resource, attribute))) => self.attribute(resource, attribute),
                (None, None) => self.reference(name),
            };
            done += &value;
            done += rest;
        }
        done
    }
}
