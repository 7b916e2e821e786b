//! `CustomResourceDefinition`s: their schemas must be structural, and one version is stored.
//!
//! Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation` of <https://github.com/kubernetes/kubernetes>;
//! <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>
//! (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

/// Deepest nesting that is looked at.
const MAX_DEPTH: u32 = 40;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Checks a definition.
pub(super) fn check(report: &mut Report<'_, '_>) {
    let object = report.object;
    if let Some(versions) = object.get("spec.versions").filter(|it| it.is_list() && it.items().next().is_some()) {
        stored(versions, report);
    }
    let group = object.get("spec.group");
    let is_of_community = values::known(group)
        .is_some_and(|text| text.ends_with(".k8s.io") || text.ends_with(".kubernetes.io") || *text == *"k8s.io");
    if let Some(group) = group.filter(|_| is_of_community)
        && object.annotation("api-approved.kubernetes.io").is_none()
    {
        let says = "is a group of the Kubernetes community, and no annotation says that it is approved";
        let help = "write a domain of your own, or add the annotation `api-approved.kubernetes.io`";
        report.no(group, Mistake::new("manifest/name", says, "not your domain", help));
    }
    for version in object.each("spec.versions").filter(Prop::is_object) {
        let Some(schema) = version.get("schema.openAPIV3Schema").filter(Prop::is_object) else { continue };
        if schema.key("type").is_some_and(|kind| kind.is_known() && !kind.is("object")) {
            let kind = schema.key("type").unwrap_or(schema);
            let mistake = Mistake::new("manifest/value", "is not `object`", "an object", "write `object`");
            report.no(kind, mistake);
        }
        structural(schema, 0, report);
    }
}

fn stored<'v>(versions: Prop<'v>, report: &mut Report<'v, '_>) {
    let stored = versions.items().filter(|version| version.key("storage").is_some_and(|it| it.bool() == Some(true)));
    let says = match stored.count() {
        1 => return,
        0 => "has no version with `storage: true`",
        _ => "has several versions with `storage: true`",
    };
    let help = "write `storage: true` for one of them";
    report.no(versions, Mistake::new("manifest/value", says, "one is stored", help).of_key());
}

fn structural<'v>(schema: Prop<'v>, depth: u32, report: &mut Report<'v, '_>) {
    if depth > MAX_DEPTH || !schema.is_object() {
        return;
    }
    let says = |name: &str| schema.key(name).is_some_and(|it| it.bool() == Some(true));
    let is_free = says("x-kubernetes-int-or-string") || says("x-kubernetes-preserve-unknown-fields");
    match schema.key("type") {
        None if !is_free && schema.key("$ref").is_none() => {
            report.missing(schema, "type", "a structural schema says the type everywhere");
        }
        Some(kind) if values::known(Some(kind)).is_some_and(|text| !TYPES.contains(&&*text)) => {
            let says = format!("is `{}`, which is no type", kind.pattern());
            let help = format!("write one of `{}`", TYPES.join("`, `"));
            report.no(kind, Mistake::new("manifest/enum", says, "no type", help));
        }
        Some(kind) if kind.is("array") && schema.key("items").is_none() => {
            report.missing(schema, "items", "a list says what its items are");
        }
        _ => {}
    }
    forbidden(schema, report);
    list_keys(schema, report);
    if let Some(pattern) = schema.key("pattern").and_then(|it| Some((it, it.text()?)))
        && is_broken(&pattern.1)
    {
        let help = "close every bracket";
        report.no(pattern.0, Mistake::new("manifest/value", "is no regular expression", "not a pattern", help));
    }
    if let Some(default) = schema.key("default") {
        super::walk::value_of(schema, default, report);
    }
    let fields = schema.key("properties").into_iter().flat_map(|it| it.entries()).map(|(_, inner)| inner);
    let inner = ["items", "additionalProperties"].into_iter().filter_map(|key| schema.key(key));
    fields.chain(inner).for_each(|inner| structural(inner, depth + 1, report));
}

fn forbidden<'v>(schema: Prop<'v>, report: &mut Report<'v, '_>) {
    for key in ["$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id"] {
        if let Some(value) = schema.key(key).filter(|value| !value.is_object()) {
            let says = "is not allowed in a structural schema";
            report.no(value, Mistake::new("manifest/not-together", says, "not allowed", "write it out").of_key());
        }
    }
    if let Some(unique) = schema.key("uniqueItems").filter(|it| it.bool() == Some(true)) {
        let help = "write `x-kubernetes-list-type: set`";
        report.no(unique, Mistake::new("manifest/value", "is not allowed to be true", "not allowed", help));
    }
    let open = "x-kubernetes-preserve-unknown-fields";
    if let Some(open) = schema.key(open).filter(|it| it.bool() == Some(false)) {
        report.no(open, Mistake::new("manifest/value", "is false; it is true or left out", "not false", "remove it"));
    }
    if let (Some(_), Some(more)) = (schema.key("properties"), schema.key("additionalProperties")) {
        let says = "stands beside `properties`";
        report.no(more, Mistake::new("manifest/not-together", says, "not both", "keep one of the two").of_key());
    }
}

fn list_keys<'v>(schema: Prop<'v>, report: &mut Report<'v, '_>) {
    if !schema.key("x-kubernetes-list-type").is_some_and(|kind| kind.is("map")) {
        return;
    }
    if schema.each("x-kubernetes-list-map-keys").next().is_none() {
        return report.missing(schema, "x-kubernetes-list-map-keys", "a list by keys says which");
    }
    let Some(items) = schema.key("items") else { return };
    for key in schema.each("x-kubernetes-list-map-keys") {
        let Some(name) = values::known(Some(key)) else { continue };
        let field = items.key("properties").and_then(|it| it.key(&name));
        let is_required = items.each("required").any(|it| it.is(&name));
        if field.is_none() || !is_required && field.is_some_and(|field| field.key("default").is_none()) {
            let says = format!("is `{name}`, which the items need not have");
            let help = "add it to `properties` and `required` of `items`";
            report.no(key, Mistake::new("manifest/value", says, "may be missing", help));
        }
    }
}

/// Whether the brackets of a pattern do not close.
fn is_broken(pattern: &str) -> bool {
    let (mut open, mut in_class, mut chars) = (0_i32, false, pattern.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => open += 1,
            ')' if !in_class => open -= 1,
            _ => {}
        }
        if open < 0 {
            return true;
        }
    }
    open != 0 || in_class
}
