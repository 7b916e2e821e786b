//! What a field of a Kubernetes object is for, and what is below it.

use std::fmt::Write as _;

use crate::facts::kubernetes_types::{self, Field, Kind, Schema, Tag};

/// Where a path of fields leads.
pub(crate) enum Explained {
    /// To a field, with all that is known of it.
    Field(String),
    /// To nothing: the kind is there, a field of the path is not.
    NoField(String),
    /// No kind is named.
    NoKind,
}

/// Explains a path such as `deployment.spec.replicas`.
pub(crate) fn explain(path: &str) -> Explained {
    let mut words = path.split('.');
    let Some(kind) = words.next().and_then(kubernetes_types::named) else { return Explained::NoKind };
    let (mut schema, mut field) = (kind.schema(), None);
    let mut walked = kind.kind().to_owned();
    for word in words {
        let inside = innermost(schema);
        let Some(next) = inside.field(word) else {
            let names: Vec<&str> = inside.fields().map(Field::name).collect();
            let near = crate::diag::suggest(word, names.iter().copied());
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Explained::NoField(format!("`{walked}` has no field `{word}`{near}"));
        };
        (schema, field) = (next.schema(), Some(next));
        let _ = write!(walked, ".{word}");
    }
    Explained::Field(text(kind, &walked, schema, field))
}

fn text(kind: Kind, path: &str, schema: Schema, field: Option<Field>) -> String {
    let mut out = format!("{path} ({}): {}\n", kind.version(), of_type(schema));
    let doc = field.map_or_else(|| schema.doc(), Field::doc);
    let doc = if doc.is_empty() { innermost(schema).doc() } else { doc };
    if !doc.is_empty() {
        let _ = writeln!(out, "\n{doc}");
    }
    let facts = field.map(facts).unwrap_or_default();
    if !facts.is_empty() {
        let _ = writeln!(out, "\n{}", facts.join("\n"));
    }
    let fields: Vec<Field> = innermost(schema).fields().collect();
    if !fields.is_empty() {
        let width = fields.iter().map(|field| field.name().len()).max().unwrap_or_default();
        let _ = writeln!(out, "\nFields:\n");
        for field in fields {
            let required = if field.is_required() { ", required" } else { "" };
            let _ = writeln!(out, "    {:width$}  {}{required}", field.name(), of_type(field.schema()));
        }
    }
    out
}

fn facts(field: Field) -> Vec<String> {
    let schema = field.schema();
    let mut facts = Vec::new();
    if field.is_required() {
        facts.push("It is required.".to_owned());
    }
    let values: Vec<String> = innermost(schema).values().map(|value| format!("`{value}`")).collect();
    if !values.is_empty() {
        facts.push(format!("Values: {}.", values.join(", ")));
    }
    match (schema.low(), schema.high()) {
        (Some(low), Some(high)) => facts.push(format!("From {low} to {high}.")),
        (Some(low), None) => facts.push(format!("{low} or more.")),
        (None, Some(high)) => facts.push(format!("{high} or less.")),
        (None, None) => {}
    }
    let keys: Vec<&str> = schema.keys().collect();
    if !keys.is_empty() {
        facts.push(format!("Items are told apart by `{}`.", keys.join("`, `")));
    }
    facts.extend(field.since().map(|minor| format!("Since Kubernetes 1.{minor}.")));
    facts.extend(field.until().map(|minor| format!("Until Kubernetes 1.{minor}.")));
    facts
}

/// What the items of lists and the values of maps are.
fn innermost(schema: Schema) -> Schema {
    match schema.inner() {
        Some(inner) => innermost(inner),
        None => schema,
    }
}

fn of_type(schema: Schema) -> String {
    let of_inner = |what: &str| match schema.inner() {
        Some(inner) => format!("{what} {}", of_type(inner)),
        None => what.to_owned(),
    };
    match schema.tag() {
        Tag::Any => "anything".to_owned(),
        Tag::Text => "text".to_owned(),
        Tag::Integer => "whole number".to_owned(),
        Tag::Number => "number".to_owned(),
        Tag::Boolean => "boolean".to_owned(),
        Tag::Quantity => "quantity".to_owned(),
        Tag::IntOrString => "whole number or text".to_owned(),
        Tag::Time => "time".to_owned(),
        Tag::Bytes => "base64".to_owned(),
        Tag::Object => "mapping".to_owned(),
        Tag::Map => of_inner("mapping of names to"),
        Tag::List => of_inner("list of"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(path: &str) -> String {
        match explain(path) {
            Explained::Field(text) => text,
            Explained::NoField(text) => panic!("{text}"),
            Explained::NoKind => panic!("no kind"),
        }
    }

    #[test]
    fn a_path_leads_through_lists_to_a_field_with_its_facts() {
        let text = field("deploy.spec.template.spec.containers.ports.protocol");
        assert!(
            text.starts_with("Deployment.spec.template.spec.containers.ports.protocol (apps/v1): text\n"),
            "{text}"
        );
        assert!(text.contains("Values: `SCTP`, `TCP`, `UDP`."), "{text}");
        let text = field("deployment.spec.template.spec.containers.resources");
        assert!(text.contains("    limits    mapping of names to quantity\n"), "{text}");
        assert!(field("scaledobject.spec").contains("triggers"));
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is_near() {
        assert!(matches!(explain("deploymint"), Explained::NoKind));
        let Explained::NoField(text) = explain("deployment.spec.replica") else { panic!("there is no such field") };
        assert_eq!(text, "`Deployment.spec` has no field `replica`; did you mean `replicas`?");
    }
}
