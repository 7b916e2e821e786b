//! Bytes of each kind of document.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::artifacts::batch::{Weight, split};
use crate::artifacts::{Expr, Object, Place, RecordSet, Template};
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
        if holds_word(object) {
            let written = serde_yaml::to_string(&marked(object)).unwrap_or_default();
            text.push_str(&written.split(MARK).collect::<Vec<_>>().join("'"));
        } else {
            text.push_str(&serde_yaml::to_string(object).unwrap_or_default());
        }
    }
    text.into_bytes()
}

/// Stands for a quotation mark while YAML is written.
const MARK: &str = "infra..quote..";

/// Texts that are no texts for readers of YAML 1.1, which `kubectl` is, and need no quotation marks for our writer.
///
/// Source: <https://yaml.org/type/bool.html>, <https://github.com/kubernetes-sigs/yaml> (read 2026-12-01).
const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

fn is_word(text: &str) -> bool {
    let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') && text.contains('_');
    text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        || number && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '+'))
}

fn holds_word(value: &Expr) -> bool {
    match value {
        Expr::Text(text) => is_word(text),
        Expr::List(items) => items.iter().any(holds_word),
        Expr::Object(object) => object.iter().any(|(key, value)| is_word(key) || holds_word(value)),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Concat(_)
        | Expr::Call(..)
        | Expr::Parameter(_) => false,
    }
}

/// Puts marks around such texts.
fn marked(value: &Expr) -> Expr {
    let mark = |text: &str| if is_word(text) { format!("{MARK}{text}{MARK}") } else { text.to_owned() };
    match value {
        Expr::Text(text) => mark(text).into(),
        Expr::List(items) => Expr::List(items.iter().map(marked).collect()),
        Expr::Object(object) => Expr::Object(object.iter().map(|(key, value)| (mark(key), marked(value))).collect()),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Concat(_)
        | Expr::Call(..)
        | Expr::Parameter(_) => value.clone(),
    }
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
        // Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
        let kind = if parameter.ssm.is_some() { "AWS::SSM::Parameter::Value<String>" } else { "String" };
        let declared =
            object! { "Type" => kind, "Default" => parameter.ssm.as_ref(), "Description" => &parameter.description };
        (name.clone(), declared)
    });
    sections.push(("Parameters", parameters.collect()));
    let outputs = template.outputs.iter().map(|(key, output)| {
        let export = output.export.clone().map(|name| object! { "Name" => name });
        (
            key.clone(),
            object! { "Description" => &output.description, "Value" => output.value.clone(), "Export" => export },
        )
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
        let set = |record: &RecordSet| record.routing.as_ref().map(|r| r.set_identifier.clone());
        (&a.name, a.record_type, set(a)).cmp(&(&b.name, b.record_type, set(b)))
    });
    let names = records.chunk_by(|a, b| a.name == b.name).map(<[_]>::to_vec);
    let weigh = |record: &&RecordSet| Weight { values: record.value_count(), chars: record.value_chars() }.upsert();
    let groups = split(names, weigh);
    let path = zone_path(&zone.domain, zone.private);
    let total = groups.len();
    groups
        .into_iter()
        .enumerate()
        .map(|(index, records)| {
            let change = |record: &RecordSet| object! { "Action" => "UPSERT", "ResourceRecordSet" => record.to_expr() };
            let changes: Vec<Expr> = records.into_iter().map(change).collect();
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::artifacts::{Routing, TypedValues};
    use crate::kinds::testing::{compile, json as read};
    use crate::resolve::EntryId;

    const NOBODY: EntryId = EntryId { stack: 0, kind: 0, index: 0 };

    fn record(name: &str, set: usize, values: &[usize]) -> (RecordSet, EntryId) {
        let values = values.iter().map(|length| "a".repeat(*length).into()).collect();
        let record = RecordSet {
            name: format!("{name}.example.com").parse().unwrap(),
            record_type: "TXT",
            values: TypedValues::Plain { ttl: 60, values },
            routing: Some(Routing { set_identifier: format!("{set:04}"), policy: ("Weight", 1.into()) }),
            health_check: None,
        };
        (record, NOBODY)
    }

    fn zone(records: Vec<(RecordSet, EntryId)>) -> Zone {
        Zone { domain: "example.com".parse().unwrap(), private: false, id: "Z1".into(), records }
    }

    /// One change: its name and set, and the lengths of its values.
    type Change = (String, String, Vec<usize>);

    /// Returns the changes of each batch in the order of the parts.
    fn split(zone: &Zone) -> Vec<Vec<Change>> {
        let files = batches(zone);
        let paths = (1..=files.len()).map(|part| match part {
            1 => "dns/example.com.change-batch.json".to_owned(),
            part => format!("dns/example.com.{part}.change-batch.json"),
        });
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let change = |change: &serde_json::Value| {
            let set = &change["ResourceRecordSet"];
            let values = set["ResourceRecords"].as_array().unwrap();
            let lengths = values.iter().map(|value| value["Value"].as_str().unwrap().len()).collect();
            (text(&set["Name"]), text(&set["SetIdentifier"]), lengths)
        };
        paths
            .map(|path| {
                let batch: serde_json::Value = serde_json::from_slice(&files[&path]).unwrap();
                batch["Changes"].as_array().unwrap().iter().map(change).collect()
            })
            .collect()
    }

    #[test]
    fn what_fits_is_one_batch_without_a_part() {
        let zone = zone((0..500).map(|index| record(&format!("n{index:03}"), 0, &[1])).collect());
        let files = batches(&zone);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["dns/example.com.change-batch.json"]);
        let text = String::from_utf8(files.into_values().next().unwrap()).unwrap();
        assert!(
            text.starts_with("{\n \"Comment\": \"Records of example.com made by infra\",\n \"Changes\": [\n"),
            "{text:.80}"
        );
    }

    #[test]
    fn more_than_a_thousand_values_counted_twice_make_another_part() {
        let zone = zone((0..501).map(|index| record(&format!("n{index:03}"), 0, &[1])).collect());
        assert_eq!(split(&zone).iter().map(Vec::len).collect::<Vec<_>>(), [500, 1]);
        let files = batches(&zone);
        let last = String::from_utf8_lossy(&files["dns/example.com.2.change-batch.json"]);
        assert!(last.contains("made by infra, part 2 of 2"), "{last}");
    }

    #[test]
    fn more_than_32_000_characters_counted_twice_make_another_part() {
        let zone = zone((0..5).map(|index| record(&format!("n{index}"), 0, &[4_000])).collect());
        assert_eq!(split(&zone).iter().map(Vec::len).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn the_records_of_a_name_change_together() {
        let mut records: Vec<_> = (0..400).map(|index| record(&format!("n{index:03}"), 0, &[1])).collect();
        records.extend((0..150).map(|set| record("z", set, &[1])));
        assert_eq!(split(&zone(records)).iter().map(Vec::len).collect::<Vec<_>>(), [400, 150]);
    }

    #[test]
    fn a_zone_without_records_has_no_batch() {
        assert!(batches(&zone(Vec::new())).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_batch_is_too_large_and_nothing_is_lost(
            names in vec(vec(vec(1_usize..600, 1..30), 1..5), 0..24),
        ) {
            let records: Vec<_> = names
                .iter()
                .enumerate()
                .flat_map(|(index, sets)| {
                    sets.iter().enumerate().map(move |(set, values)| record(&format!("n{index:03}"), set, values))
                })
                .collect();
            let expected: Vec<Change> = names
                .iter()
                .enumerate()
                .flat_map(|(index, sets)| {
                    let name = format!("n{index:03}.example.com.");
                    sets.iter().enumerate().map(move |(set, values)| (name.clone(), format!("{set:04}"), values.clone()))
                })
                .collect();
            // The order in which entries were read does not matter.
            let zone = zone(records.into_iter().rev().collect());
            let parts = split(&zone);
            prop_assert_eq!(parts.concat(), expected);
            let mut seen = std::collections::BTreeSet::new();
            for part in parts {
                let own: std::collections::BTreeSet<String> = part.iter().map(|(name, _, _)| name.clone()).collect();
                let values: usize = part.iter().map(|(_, _, values)| 2 * values.len()).sum();
                let characters: usize = part.iter().flat_map(|(_, _, values)| values).map(|length| 2 * length).sum();
                prop_assert!(own.len() == 1 || (values <= 1_000 && characters <= 32_000));
                for name in own {
                    prop_assert!(seen.insert(name), "a name stands in two parts");
                }
            }
        }
    }

    #[test]
    fn json_is_indented_by_one_and_ends_with_a_newline() {
        assert_eq!(String::from_utf8(json(&object! { "A" => list![1] })).unwrap(), "{\n \"A\": [\n  1\n ]\n}\n");
    }

    #[test]
    fn every_object_is_a_document_of_its_own() {
        let objects = [object! { "a" => 1 }, object! { "b" => "2" }];
        assert_eq!(String::from_utf8(yaml(&objects)).unwrap(), "---\na: 1\n---\nb: '2'\n");
    }

    #[test]
    fn texts_that_other_readers_take_for_something_else_are_quoted() {
        let objects =
            [object! { "a" => list!["yes", "On", "1_000", "eyes", "true"], "on" => "a: no\n- off\n", "b" => true }];
        let text = String::from_utf8(yaml(&objects)).unwrap();
        assert_eq!(text, "---\na:\n- 'yes'\n- 'On'\n- '1_000'\n- eyes\n- 'true'\n'on': |\n  a: no\n  - off\nb: true\n");
    }

    #[test]
    fn a_description_says_stack_environment_and_part() {
        let yaml = "description: Jobs\nqueues: { a: {} }\nraw: { b: { type: AWS::SNS::Topic, part: edge } }\n";
        let assembly = compile(yaml);
        assert_eq!(read(&assembly, "stacks/example.eu-west-1.template.json")["Description"], "Jobs (dev)");
        let edge = read(&assembly, "stacks/example.us-east-1.template.json");
        assert_eq!(edge["Description"], "Jobs (dev, what must live in us-east-1)");
    }

    #[test]
    fn a_long_description_ends_between_two_characters() {
        let yaml = format!("description: a{}\nqueues: {{ a: {{}} }}\n", "\u{fc}".repeat(600));
        let template = read(&compile(&yaml), "stacks/example.eu-west-1.template.json");
        assert_eq!(template["Description"].as_str().unwrap().len(), 1_023);
    }
}
