//! What a key of `infra.yaml` or of a stack file is for, and what is below it: told from the schemas of these files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::fields::Explained;
use crate::schema;

/// Deepest way of references between parts of a schema.
const DEEPEST: usize = 16;

/// Explains a way to a key, such as `queues.dead-letter.retention`. Names of entries and places in lists are left out of
/// it.
pub(crate) fn explain(path: &str) -> Explained {
    let words: Vec<&str> = path.split('.').collect();
    let Some((first, rest)) = words.split_first() else { return Explained::NoKind };
    for (file, root) in [("a stack file", schema::stack()), ("infra.yaml", schema::project())] {
        let Some(key) = root.get("properties").and_then(|keys| keys.get(*first)) else { continue };
        let at = Place { root: &root, file };
        return at.walk(first, key, rest);
    }
    Explained::NoKind
}

/// The first words of every way.
pub(crate) fn sections() -> Vec<String> {
    let keys = |root: Value| match root.get("properties") {
        Some(Value::Object(keys)) => keys.keys().cloned().collect(),
        Some(_) | None => Vec::new(),
    };
    [keys(schema::stack()), keys(schema::project())].concat()
}

#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'a Value,
    /// The file that the schema is of.
    file: &'static str,
}

impl<'a> Place<'a> {
    fn walk(self, first: &str, key: &'a Value, rest: &[&str]) -> Explained {
        let (mut key, mut walked) = (key, first.to_owned());
        for word in rest {
            let below = self.below(key);
            let Some(next) = below.get(word) else {
                let near = crate::diag::suggest(word, below.keys().copied());
                let near = match near {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None if below.is_empty() => "; there are no keys below it".to_owned(),
                    None => format!("; its keys are {}", below.keys().copied().collect::<Vec<_>>().join(", ")),
                };
                return Explained::NoField(format!("`{walked}` has no key `{word}`{near}"));
            };
            key = next;
            let _ = write!(walked, ".{word}");
        }
        Explained::Field(self.text(&walked, key))
    }

    /// A part of the schema with everything that it refers to, itself first.
    fn parts(self, schema: &'a Value, left: usize) -> Vec<&'a Value> {
        let mut parts = vec![schema];
        let Some(left) = left.checked_sub(1) else { return parts };
        let referred =
            schema.get("$ref").and_then(Value::as_str).and_then(|to| self.root.pointer(to.strip_prefix('#')?));
        parts.extend(referred.into_iter().flat_map(|to| self.parts(to, left)));
        for list in ["allOf", "anyOf", "oneOf"].iter().filter_map(|of| schema.get(*of)?.as_array()) {
            parts.extend(list.iter().flat_map(|one| self.parts(one, left)));
        }
        parts
    }

    /// The keys below a part, through the names of entries and the items of lists.
    fn below(self, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
        self.keys(schema, DEEPEST)
    }

    fn keys(self, schema: &'a Value, left: usize) -> BTreeMap<&'a str, &'a Value> {
        let mut found = BTreeMap::new();
        let Some(left) = left.checked_sub(1) else { return found };
        for part in self.parts(schema, DEEPEST) {
            let keys = part.get("properties").and_then(Value::as_object);
            found.extend(keys.into_iter().flatten().map(|(name, key)| (name.as_str(), key)));
            let by_pattern = part.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            let inner = ["additionalProperties", "items"].iter().filter_map(|of| part.get(*of));
            for inner in inner.chain(by_pattern.map(|(_, inner)| inner)) {
                found.extend(self.keys(inner, left));
            }
        }
        found
    }

    /// What the first of the parts says that says anything.
    fn said(self, schema: &'a Value, what: &str) -> Option<&'a Value> {
        self.parts(schema, DEEPEST).into_iter().find_map(|part| part.get(what))
    }

    fn text(self, path: &str, schema: &'a Value) -> String {
        let mut out = format!("{path} (in {}): {}\n", self.file, self.of_type(schema, DEEPEST));
        if let Some(doc) = self.said(schema, "description").and_then(Value::as_str) {
            let _ = writeln!(out, "\n{doc}");
        }
        let facts = self.facts(schema);
        if !facts.is_empty() {
            let _ = writeln!(out, "\n{}", facts.join("\n"));
        }
        let below = self.below(schema);
        if !below.is_empty() {
            let width = below.keys().map(|name| name.len()).max().unwrap_or_default();
            let _ = writeln!(out, "\nKeys:\n");
            for (name, key) in below {
                let doc = self.said(key, "description").and_then(Value::as_str).unwrap_or_default();
                let doc = doc
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .split_inclusive(". ")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .trim_end_matches('.');
                let _ = writeln!(out, "{}", format!("    {name:width$}  {doc}").trim_end());
            }
        }
        out
    }

    fn facts(self, schema: &'a Value) -> Vec<String> {
        let mut facts = Vec::new();
        if let Some(value) = schema.get("default").filter(|value| !value.is_null()) {
            facts.push(format!("Default: {}.", shown(value)));
        }
        let mut values = Vec::new();
        for part in self.parts(schema, DEEPEST) {
            let listed = part.get("enum").and_then(Value::as_array).into_iter().flatten();
            values.extend(listed.chain(part.get("const")).map(shown));
        }
        if !values.is_empty() {
            facts.push(format!("Values: {}.", values.join(", ")));
        }
        let number = |what: &str| self.said(schema, what).filter(|value| value.is_number());
        // The types of numbers have bounds, too: they are no facts of the key.
        let low = number("minimum").filter(|low| low.as_u64() != Some(0));
        let high = number("maximum").filter(|high| high.as_u64() != Some(u32::MAX.into()));
        match (low, high) {
            (Some(low), Some(high)) => facts.push(format!("From {low} to {high}.")),
            (None, Some(high)) => facts.push(format!("{high} or less.")),
            (Some(low), None) => facts.push(format!("{low} or more.")),
            (None, None) => {}
        }
        if let Some(pattern) = self.said(schema, "pattern").and_then(Value::as_str) {
            facts.push(format!("Pattern: {pattern}"));
        }
        facts
    }

    fn of_type(self, schema: &'a Value, left: usize) -> String {
        let Some(left) = left.checked_sub(1) else { return "anything".to_owned() };
        let mut found: Vec<String> = Vec::new();
        for part in self.parts(schema, DEEPEST) {
            let named = match part.get("type") {
                Some(Value::String(name)) => vec![name.as_str()],
                Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
                Some(_) | None => Vec::new(),
            };
            for name in named {
                let inner = |of: &str| part.get(of).filter(|inner| inner.is_object());
                let word = match name {
                    "string" => "text".to_owned(),
                    "integer" => "whole number".to_owned(),
                    "null" => continue,
                    "array" => match inner("items") {
                        Some(items) => format!("list of {}", self.of_type(items, left)),
                        None => "list".to_owned(),
                    },
                    "object" => match inner("additionalProperties") {
                        Some(entries) => format!("mapping of names to {}", self.of_type(entries, left)),
                        None => "mapping".to_owned(),
                    },
                    other => other.to_owned(),
                };
                if !found.contains(&word) {
                    found.push(word);
                }
            }
        }
        if found.is_empty() { "one of the values".to_owned() } else { found.join(" or ") }
    }
}

/// A value as one writes it in YAML on a line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        match explain(path) {
            Explained::Field(text) => text,
            Explained::NoField(text) => panic!("{text}"),
            Explained::NoKind => panic!("no section"),
        }
    }

    #[test]
    fn a_key_at_any_depth_is_explained_with_its_default() {
        let retention = text("queues.dead-letter.retention");
        assert!(retention.starts_with("queues.dead-letter.retention (in a stack file): "), "{retention}");
        assert!(retention.contains("Default: `1209600`."), "{retention}");
        let queues = text("queues");
        assert!(queues.contains("\nKeys:\n") && queues.contains("\n    visibility-timeout "), "{queues}");
        assert!(text("environments.approvals").contains("deletion-protection"));
    }

    #[test]
    fn a_key_that_is_not_there_is_said_with_what_is_near() {
        let Explained::NoField(text) = explain("queues.visibilty-timeout") else { panic!("there is no such key") };
        assert_eq!(text, "`queues` has no key `visibilty-timeout`; did you mean `visibility-timeout`?");
        assert!(matches!(explain("queus"), Explained::NoKind));
        assert!(sections().contains(&"queues".to_owned()));
    }

    #[test]
    fn every_key_of_every_file_says_what_it_is_for() {
        let mut silent = Vec::new();
        for section in sections() {
            let Explained::Field(text) = explain(&section) else { panic!("{section}") };
            silent.extend(
                text.lines()
                    .skip_while(|line| *line != "Keys:")
                    .skip(2)
                    .filter(|line| {
                        let mut words = line.split_whitespace();
                        words.next().is_some() && words.next().is_none()
                    })
                    .map(|line| format!("{section}.{}", line.trim())),
            );
        }
        assert_eq!(silent, [""; 0]);
    }
}
