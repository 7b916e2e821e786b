//! The walk over an object by its schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::report::{Mistake, Report};
use super::schema::Schema;
use super::values;
use super::{fits, metadata};
use crate::artifacts::Expr;
use crate::diag::suggest;
use crate::facts::kubernetes_types::{self, Tag};
use crate::view::Prop;

/// Deepest nesting that is looked at; schemas may hold themselves.
const MAX_DEPTH: u32 = 60;

/// Lists whose doubles the server validates itself; in others only an apply on the side of the server refuses them.
const VALIDATED: [&str; 7] = [
    "containers",
    "initContainers",
    "schedulingGates",
    "topologySpreadConstraints",
    "volumes",
    "volumeMounts",
    "volumeDevices",
];

/// Most values that a help lists.
const MOST: usize = 12;

/// Checks a whole object.
pub(super) fn root<'v>(schema: &Schema<'v>, report: &mut Report<'v, '_>) {
    let body = report.object.body();
    for (name, value) in body.entries() {
        // `status` is the controller's: what is applied of it is dropped.
        if matches!(name, "apiVersion" | "kind" | "status") || *value.expr() == Expr::Absent {
            continue;
        }
        match (schema.field(name), schema) {
            (_, Schema::Custom(_)) if name == "metadata" => {
                let meta = kubernetes_types::find("v1", "ConfigMap").and_then(|kind| kind.schema().field("metadata"));
                if let Some(meta) = meta {
                    visit(&Schema::Fact(meta.schema()), value, 1, report);
                }
            }
            (Some(field), _) => {
                too_new(&field, name, value, report);
                visit(&field.schema, value, 1, report);
            }
            (None, _) if schema.is_open() || schema.tag() == Tag::Any => {}
            (None, _) => unknown(schema, name, value, report),
        }
    }
    if let Schema::Custom(schema) = schema {
        fits::check(*schema, body, report);
    }
    required(schema, body, report);
}

/// Checks a value by the schema of a definition.
pub(super) fn value_of<'v>(schema: Prop<'v>, value: Prop<'v>, report: &mut Report<'v, '_>) {
    visit(&Schema::Custom(schema), value, 1, report);
}

fn visit<'v>(schema: &Schema<'v>, prop: Prop<'v>, depth: u32, report: &mut Report<'v, '_>) {
    if depth > MAX_DEPTH || is_later(&prop) {
        return;
    }
    if let Schema::Custom(schema) = schema {
        fits::check(*schema, prop, report);
    }
    match (schema.tag(), prop.expr()) {
        (Tag::Object, Expr::Object(_)) => object(schema, prop, depth, report),
        (Tag::Map, Expr::Object(_)) => {
            if let Some(inner) = schema.inner() {
                prop.entries().for_each(|(_, value)| visit(&inner, value, depth + 1, report));
            }
        }
        (Tag::List, Expr::List(_)) => list(schema, prop, depth, report),
        (Tag::Text, Expr::Text(text)) => value(schema, prop, text, report),
        (Tag::Any, _)
        | (Tag::Boolean, Expr::Bool(_))
        | (Tag::Number | Tag::Quantity, Expr::Float(_) | Expr::Int(_))
        | (Tag::IntOrString, Expr::Int(_) | Expr::Text(_)) => {}
        (Tag::Number, Expr::Text(text)) if is_octal(text) => {}
        (Tag::Integer, Expr::Int(number)) => range(schema, prop, *number, report),
        (Tag::Integer, Expr::Text(text)) if is_octal(text) => {
            if let Ok(number) = i64::from_str_radix(text.trim_start_matches("0o"), 8) {
                range(schema, prop, number, report);
            }
        }
        (Tag::Quantity, Expr::Text(text)) => quantity(prop, text, report),
        (Tag::Bytes, Expr::Text(text)) => bytes(prop, text, report),
        (Tag::Time, Expr::Text(text)) => time(prop, text, report),
        (tag, expr) => wrong_type(tag, expr, prop, report),
    }
}

/// Whether only the deployment knows the value, or a template fills it.
fn is_later(prop: &Prop<'_>) -> bool {
    match prop.expr() {
        Expr::Absent
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Call(..)
        | Expr::Parameter(_)
        | Expr::Pseudo(_)
        | Expr::Concat(_) => true,
        Expr::Text(text) => values::has_hole(text),
        Expr::Object(_) => prop.entries().any(|(name, _)| values::has_hole(name)),
        Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::List(_) => false,
    }
}

/// `0644` is a number for the tools that send manifests, and text where YAML is read as 1.2.
fn is_octal(text: &str) -> bool {
    text.strip_prefix('0').is_some_and(|rest| {
        let digits = rest.strip_prefix('o').unwrap_or(rest);
        !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b))
    })
}

fn object<'v>(schema: &Schema<'v>, prop: Prop<'v>, depth: u32, report: &mut Report<'v, '_>) {
    for (name, value) in prop.entries() {
        match schema.field(name) {
            Some(field) => {
                too_new(&field, name, value, report);
                visit(&field.schema, value, depth + 1, report);
            }
            None if schema.is_open() || *value.expr() == Expr::Absent => {}
            None => unknown(schema, name, value, report),
        }
    }
    required(schema, prop, report);
    if let Schema::Fact(fact) = schema
        && fact.field("matchExpressions").is_some()
        && fact.field("matchLabels").is_some()
    {
        metadata::selector(prop, report);
    }
}

fn required<'v>(schema: &Schema<'v>, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    for name in schema.required() {
        let written = prop.key(&name).filter(|value| *value.expr() != Expr::Absent);
        let is_misspelt = || {
            let keys: Vec<&str> = prop.entries().map(|(key, _)| key).collect();
            let unknown = keys.into_iter().filter(|key| schema.field(key).is_none());
            unknown.into_iter().any(|key| near(key, std::iter::once(name.as_ref())).is_some())
        };
        if written.is_none() && !is_misspelt() {
            report.missing(prop, &name, "is required");
        }
    }
}

fn near<'a>(word: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    names.clone().find(|name| name.eq_ignore_ascii_case(word)).or_else(|| suggest(word, names))
}

fn unknown<'v>(schema: &Schema<'v>, name: &str, value: Prop<'v>, report: &mut Report<'v, '_>) {
    let names = schema.names();
    let near = near(name, names.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.len() <= MOST => format!("it has {}", listed(&names)),
        None => "remove it, or write the field that is meant".to_owned(),
    };
    let says = "is no field that the kind has";
    let fix = near.and_then(|near| value.rename(name, near));
    let mistake = Mistake::new("manifest/unknown-field", says, "no such field", help).of_key().fix(fix);
    let mistake = if report.is_custom {
        // The controller in the cluster may be newer than the schema that is known here.
        let note = "the schemas of the controller that are known do not have it; a server-side apply refuses an \
                    unknown field, other ways drop it";
        mistake.warning().because(note)
    } else {
        mistake.because("a server-side apply refuses an unknown field, other ways drop it")
    };
    report.no(value, mistake);
}

fn too_new<'v>(field: &super::schema::Field<'v>, name: &str, value: Prop<'v>, report: &mut Report<'v, '_>) {
    let (Some(minor), Some(fact)) = (report.minor, field.fact) else { return };
    let title = match (fact.since(), fact.until()) {
        (Some(since), _) if minor < since => format!("came with Kubernetes 1.{since}; the cluster has 1.{minor}"),
        (_, Some(until)) if minor > until => format!("went after Kubernetes 1.{until}; the cluster has 1.{minor}"),
        _ => return,
    };
    let help = format!("remove `{name}`, or move the cluster");
    report.no(value, Mistake::new("manifest/too-new", title, "not in this version", help).of_key());
}

fn list<'v>(schema: &Schema<'v>, prop: Prop<'v>, depth: u32, report: &mut Report<'v, '_>) {
    let Some(inner) = schema.inner() else { return };
    prop.items().for_each(|item| visit(&inner, item, depth + 1, report));
    let keys = schema.keys();
    if keys.is_empty() && !schema.is_set() {
        return;
    }
    let mut seen: BTreeMap<Vec<Cow<'v, str>>, Prop<'v>> = BTreeMap::new();
    for item in prop.items() {
        let id: Option<Vec<_>> = if keys.is_empty() {
            item.text().map(|text| vec![text])
        } else {
            keys.iter().map(|key| key_of(item, key)).collect()
        };
        let Some(id) = id.filter(|id| !id.iter().any(|text| values::has_hole(text))) else { continue };
        match seen.get(&id) {
            Some(first) => twice(&keys, &id, [item, *first], matches!(schema, Schema::Custom(_)), report),
            None => {
                seen.insert(id, item);
            }
        }
    }
}

/// The value of a key; the protocol of a port is TCP where none is written.
fn key_of<'v>(item: Prop<'v>, key: &str) -> Option<Cow<'v, str>> {
    match item.key(key) {
        Some(value) => value.text(),
        None if key == "protocol" => Some(Cow::Borrowed("TCP")),
        None => None,
    }
}

fn twice<'v>(
    keys: &[Cow<'v, str>],
    id: &[Cow<'v, str>],
    [item, first]: [Prop<'v>; 2],
    by_definition: bool,
    report: &mut Report<'v, '_>,
) {
    let shown: Vec<String> = id.iter().map(|text| format!("`{text}`")).collect();
    let place = keys.first().and_then(|key| item.key(key)).unwrap_or(item);
    let path = item.path();
    let list = path.rsplit_once('[').map_or(path.as_str(), |(list, _)| list).rsplit('.').next().unwrap_or_default();
    // What a definition says of a list, the server validates in every way of writing.
    let is_validated = by_definition || VALIDATED.contains(&list) || report.object.kind() == "Service";
    let what =
        if keys.is_empty() { "value".to_owned() } else { listed(&keys.iter().map(AsRef::as_ref).collect::<Vec<_>>()) };
    let says = format!("has the {what} {} a second time", shown.join(", "));
    let help = "remove one of the two, or give it another name";
    let at = keys.first().and_then(|key| first.key(key)).unwrap_or(first).at();
    let mistake = Mistake::new("manifest/twice", says, "the same once more", help).also(at, "the first one");
    let note = "a server-side apply refuses it; other ways keep the last one, which hides the first";
    report.no(place, if is_validated { mistake } else { mistake.warning().because(note) });
}

fn value<'v>(schema: &Schema<'v>, prop: Prop<'v>, text: &str, report: &mut Report<'v, '_>) {
    if let Schema::Fact(fact) = schema
        && fact.values().is_empty()
    {
        return;
    }
    let values = schema.values();
    if values.is_empty() || values.iter().any(|value| value == text) {
        return;
    }
    let names: Vec<&str> = values.iter().map(AsRef::as_ref).filter(|value| !value.is_empty()).collect();
    let help = match near(text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", listed(&names)),
    };
    let says = format!("is `{text}`, not one of {}", listed(&names));
    let fix = near(text, names.iter().copied()).and_then(|near| prop.replace(near));
    report.no(prop, Mistake::new("manifest/enum", says, "no value of this field", help).fix(fix));
}

fn range<'v>(schema: &Schema<'v>, prop: Prop<'v>, number: i64, report: &mut Report<'v, '_>) {
    let (low, high) = schema.bounds();
    if low.is_none_or(|low| number >= low) && high.is_none_or(|high| number <= high) {
        return;
    }
    let bounds = match (low, high) {
        (Some(low), Some(high)) if high < i64::from(i32::MAX) => format!("{low} to {high}"),
        (Some(low), _) if number < low => format!("{low} or more"),
        (_, Some(high)) => format!("{high} or less"),
        _ => return,
    };
    let says = format!("is {number}, which is out of range");
    report.no(prop, Mistake::new("manifest/range", says, "out of range", format!("write {bounds}")));
}

fn quantity<'v>(prop: Prop<'v>, text: &str, report: &mut Report<'v, '_>) {
    if values::quantity(text).is_some() {
        return;
    }
    let meant = values::meant_quantity(text);
    let help = match &meant {
        Some(meant) => format!("write `{meant}`"),
        None => "write a number with `m`, `k`, `M`, `G`, `Ki`, `Mi`, `Gi` or nothing behind it".to_owned(),
    };
    let says = format!("is `{text}`, which is no quantity");
    report.no(prop, Mistake::new("manifest/quantity", says, "no quantity of Kubernetes", help));
}

fn bytes<'v>(prop: Prop<'v>, text: &str, report: &mut Report<'v, '_>) {
    if values::is_base64(text) {
        return;
    }
    let help = "write it under `stringData` as it is, or encode it with `base64 -w0`";
    // It may be a secret in clear text.
    report.no(prop, Mistake::new("manifest/bytes", "is not base64", "not base64", help).hidden());
}

fn time<'v>(prop: Prop<'v>, text: &str, report: &mut Report<'v, '_>) {
    if values::is_time(text) {
        return;
    }
    let says = format!("is `{text}`, which is no time");
    report.no(prop, Mistake::new("manifest/value", says, "not a time", "write it as `2026-11-30T12:00:00Z`"));
}

fn wrong_type<'v>(tag: Tag, expr: &Expr, prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let is = match expr {
        Expr::Bool(_) => "a boolean",
        Expr::Int(_) | Expr::Float(_) => "a number",
        Expr::Object(_) => "a mapping",
        Expr::List(_) => "a list",
        _ => "text",
    };
    let (wanted, help) = match tag {
        Tag::Text | Tag::Time | Tag::Bytes => ("text", "write it in quotes"),
        Tag::Integer => ("a whole number", "write a whole number without quotes"),
        Tag::Number => ("a number", "write a number without quotes"),
        Tag::Boolean => ("a boolean", "write `true` or `false` without quotes"),
        Tag::Quantity => ("a quantity", "write a quantity such as `500m` or `512Mi`"),
        Tag::IntOrString => ("a whole number or text", "write a whole number or text"),
        Tag::Object | Tag::Map => ("a mapping", "write keys and values"),
        Tag::List => ("a list", "write a list, each item after `- `"),
        Tag::Any => return,
    };
    let says = match prop.text().filter(|text| !text.is_empty() && text.len() < 60) {
        Some(text) => format!("is {is}, `{text}`, not {wanted}"),
        None => format!("is {is}, not {wanted}"),
    };
    let is_scalar = matches!(expr, Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Text(_));
    let help = match (tag, is_scalar) {
        (Tag::Text | Tag::Time | Tag::Bytes, false) => "write text".to_owned(),
        _ => help.to_owned(),
    };
    report.no(prop, Mistake::new("manifest/wrong-type", says, is, help));
}

/// `` `a`, `b` ``.
fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
