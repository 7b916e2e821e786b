//! JSON Schemas of the input files, for editors and for `infra schema`.

use std::collections::BTreeSet;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::kinds::KINDS;
use crate::model::{Common, NEW, Project};

/// Pattern of the name of an entry.
const NAME_PATTERN: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

/// What a pattern must accept beside its own texts: text with a variable in it.
const VARIABLE_PATTERN: &str = r"|\$\{(env\.[a-z][a-z0-9-]*|project)\}";

/// Returns the schema of `infra.yaml`.
pub fn project() -> Value {
    let schema = generator().into_root_schema_for::<Project>();
    finish(schema.to_value(), "infra.yaml: the project and its environments")
}

/// Returns the schema of a stack file.
pub fn stack() -> Value {
    let mut generator = generator();
    let stack = stack_object(&mut generator);
    with_definitions(stack, generator, "A stack file of infra")
}

/// Returns the schema of an overlay: stacks by name, each with what it changes.
///
/// What an overlay leaves out stands in the stack file, so nothing is required here.
pub fn overlay() -> Value {
    let mut generator = generator();
    let stack = stack_object(&mut generator);
    let root = json!({ "type": "object", "additionalProperties": stack });
    let mut value = with_definitions(root, generator, "An overlay of infra");
    let mut named = BTreeSet::new();
    collect_named(&value, &mut named);
    relax(&mut value);
    if let Some(Value::Object(definitions)) = value.get_mut("$defs") {
        definitions.iter_mut().filter(|(name, _)| named.contains(*name)).for_each(|(_, schema)| allow_new(schema));
    }
    value
}

/// Collects the definitions of what has a name of the user's choice.
fn collect_named(schema: &Value, named: &mut BTreeSet<String>) {
    let Value::Object(object) = schema else {
        return schema.as_array().into_iter().flatten().for_each(|item| collect_named(item, named));
    };
    let patterns = object.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for value in patterns.chain(object.get("additionalProperties")) {
        named.extend(
            value.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).map(str::to_owned),
        );
    }
    object.values().for_each(|value| collect_named(value, named));
}

/// Lets what has a name say that the stack file has none of that name.
fn allow_new(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    for choices in ["anyOf", "oneOf"] {
        object.get_mut(choices).and_then(Value::as_array_mut).into_iter().flatten().for_each(allow_new);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        let text = "Says that the stack file has none of this name: this environment alone has it.";
        properties.insert(NEW.to_owned(), json!({ "const": true, "description": text }));
    }
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

fn stack_object(generator: &mut SchemaGenerator) -> Value {
    let mut properties = Map::new();
    properties.insert("description".to_owned(), json!({ "type": "string", "description": "What the stack is for." }));
    properties.insert(
        "region".to_owned(),
        json!({ "type": "string", "description": "The stack's region, if not that of the environment." }),
    );
    for kind in KINDS {
        let entry = entry(kind.schema, generator);
        let section = json!({
            "description": format!("Every {} of the stack by name.", kind.noun),
            "type": ["object", "null"],
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": entry,
        });
        properties.insert(kind.section.to_owned(), section);
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Adds what every entry may carry to the schema of a kind.
fn entry(kind: fn(&mut SchemaGenerator) -> Schema, generator: &mut SchemaGenerator) -> Value {
    let reference = kind(generator).to_value();
    let common = generator.subschema_for::<Common>().to_value();
    let name = |value: &Value| {
        value.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).map(str::to_owned)
    };
    let definitions = generator.definitions_mut();
    let properties =
        name(&common).and_then(|name| definitions.get(&name)?.get("properties").cloned()).unwrap_or_default();
    let target = name(&reference).and_then(|name| definitions.get_mut(&name));
    if let (Some(Value::Object(own)), Value::Object(common)) =
        (target.and_then(|target| target.get_mut("properties")), properties)
    {
        own.extend(common);
    }
    reference
}

fn with_definitions(root: Value, mut generator: SchemaGenerator, title: &str) -> Value {
    let mut value = root;
    let definitions: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    if let Value::Object(object) = &mut value {
        object.insert("$defs".to_owned(), Value::Object(definitions));
    }
    finish(value, title)
}

/// Puts dialect and title in front, and lets text hold variables.
fn finish(mut value: Value, title: &str) -> Value {
    allow_variables(&mut value);
    let mut first = Map::new();
    first.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    first.insert("title".to_owned(), json!(title));
    if let Value::Object(object) = value {
        first.extend(object.into_iter().filter(|(key, _)| !matches!(key.as_str(), "$schema" | "title")));
    }
    Value::Object(first)
}

/// A variable is replaced before text is checked against its pattern.
fn allow_variables(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(pattern)) = object.get_mut("pattern") {
                pattern.push_str(VARIABLE_PATTERN);
            }
            object.values_mut().for_each(allow_variables);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_variables),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Lets every key of a mapping be left out, or be `null`, which takes it away.
fn relax(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    object.remove("required");
    for (key, value) in object.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(relax);
                properties.values_mut().for_each(or_null);
            }
            ("additionalProperties", value @ Value::Object(_)) => {
                relax(value);
                or_null(value);
            }
            ("patternProperties", Value::Object(patterns)) => {
                patterns.values_mut().for_each(relax);
                patterns.values_mut().for_each(or_null);
            }
            ("$defs", Value::Object(definitions)) => definitions.values_mut().for_each(relax),
            ("anyOf" | "oneOf" | "allOf", Value::Array(choices)) => choices.iter_mut().for_each(relax),
            ("items", value) => relax(value),
            _ => {}
        }
    }
}

fn or_null(value: &mut Value) {
    let description = value.get("description").cloned();
    let mut either = json!({ "anyOf": [value.take(), { "type": "null" }] });
    if let (Some(description), Value::Object(object)) = (description, &mut either) {
        object.insert("description".to_owned(), description);
    }
    *value = either;
}
