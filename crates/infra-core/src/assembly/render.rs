//! Bytes of each kind of document.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::artifacts::{Expr, Object, Place, Template};
use crate::facts::limits;
use crate::lower::{Zone, zone_path};
use crate::resolve::Resolved;

/// Version of the template language.
const FORMAT_VERSION: &str = "2010-09-09";

/// Writes JSON as every file has it: one space of indent, a newline at the end.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4096);
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
    // Writing to memory cannot fail, and no document has keys that are not text.
    let _ = value.serialize(&mut serializer);
    bytes.push(b'\n');
    bytes
}

/// Writes objects as YAML documents for people and `kubectl`.
pub(super) fn yaml<'a>(objects: impl IntoIterator<Item = &'a Expr>) -> Vec<u8> {
    let mut text = String::new();
    for object in objects {
        text.push_str("---\n");
        text.push_str(&serde_yaml::to_string(object).unwrap_or_default());
    }
    text.into_bytes()
}

/// Returns the path of a template.
pub(super) fn template_path(world: &Resolved, place: Place) -> String {
    format!("stacks/{}.{}.template.json", world.stack(place.stack).0, world.region(place))
}

/// Writes a template.
pub(super) fn template(world: &Resolved, place: Place, template: &Template) -> Vec<u8> {
    let mut root = Object::default();
    root.push("AWSTemplateFormatVersion", FORMAT_VERSION);
    root.push("Description", description(world, place));
    let mut sections: Vec<(&'static str, Object)> = Vec::new();
    let parameters = template.parameters.iter().map(|(name, parameter)| {
        (name.clone(), object! { "Type" => "String", "Description" => &parameter.description })
    });
    sections.push(("Parameters", parameters.collect()));
    let outputs = template.outputs.iter().map(|(key, output)| {
        (key.clone(), object! { "Description" => &output.description, "Value" => output.value.clone() })
    });
    for (key, section) in sections {
        if !section.is_empty() {
            root.push(key, section);
        }
    }
    json(&Root { head: root, resources: template, outputs: outputs.collect() })
}

/// Writes the head, then resources without copying them, then outputs.
struct Root<'a> {
    head: Object,
    resources: &'a Template,
    outputs: Object,
}

impl Serialize for Root<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.head.iter() {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("Resources", &Resources(self.resources))?;
        if !self.outputs.is_empty() {
            map.serialize_entry("Outputs", &self.outputs)?;
        }
        map.end()
    }
}

struct Resources<'a>(&'a Template);

impl Serialize for Resources<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.resources.iter().map(|(id, resource)| (id.as_str(), resource)))
    }
}

fn description(world: &Resolved, place: Place) -> String {
    let (name, stack) = world.stack(place.stack);
    let environment = &world.environment().name;
    let text = stack.description.clone().unwrap_or_else(|| format!("Stack {name} of {}", world.project()));
    let part = if place.edge { ", what must live in us-east-1" } else { "" };
    let mut text = format!("{text} ({environment}{part})");
    let mut end = text.len().min(limits::cloudformation::DESCRIPTION_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Splits the records of a zone into batches within the limits; one batch where it fits.
pub(super) fn batches(zone: &Zone) -> BTreeMap<String, Vec<u8>> {
    let mut records: Vec<_> = zone.records.iter().map(|(record, _)| record).collect();
    records.sort_by(|a, b| {
        let set = |record: &crate::artifacts::RecordSet| record.routing.as_ref().map(|r| r.set_identifier.clone());
        (&a.name, a.record_type, set(a)).cmp(&(&b.name, b.record_type, set(b)))
    });
    let mut groups: Vec<Vec<Expr>> = vec![Vec::new()];
    let (mut values, mut chars) = (0, 0);
    let mut rest = records.as_slice();
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|record| record.name == first.name).count();
        let (name, others) = rest.split_at(same);
        let (more_values, more_chars) = name.iter().fold((0, 0), |(values, chars), record| {
            (values + 2 * record.value_count(), chars + 2 * record.value_chars())
        });
        let full = values + more_values > limits::route53::BATCH_VALUES
            || chars + more_chars > limits::route53::BATCH_CHARACTERS;
        if full && values > 0 {
            groups.push(Vec::new());
            (values, chars) = (0, 0);
        }
        values += more_values;
        chars += more_chars;
        if let Some(group) = groups.last_mut() {
            group.extend(
                name.iter().map(|record| object! { "Action" => "UPSERT", "ResourceRecordSet" => record.to_expr() }),
            );
        }
        rest = others;
    }
    let path = zone_path(&zone.domain, zone.private);
    let total = groups.len();
    groups
        .into_iter()
        .enumerate()
        .filter(|(_, changes)| !changes.is_empty())
        .map(|(index, changes)| {
            let part = if total == 1 { String::new() } else { format!(", part {} of {total}", index + 1) };
            let comment = format!("Records of {} made by infra{part}", zone.domain);
            let path = if index == 0 {
                path.clone()
            } else {
                path.replace(".change-batch.", &format!(".{}.change-batch.", index + 1))
            };
            (path, json(&object! { "Comment" => comment, "Changes" => changes }))
        })
        .collect()
}
