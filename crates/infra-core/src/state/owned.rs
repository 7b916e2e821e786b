//! What is ours outside CloudFormation: remembered in the metadata of small stacks, so that no other state is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::coding::{pack_names, pack_records, unpack_names, unpack_records};
use super::{OutputRef, RecordKey, StackKey};
use crate::assembly::digest;
use crate::names::Name;

/// Key of the metadata.
const METADATA: &str = "infra::Owned";
/// Version of the metadata's shape. The first one had none, and lists of names.
const VERSION: u64 = 2;
/// Most characters of names in one stack. Twice as much, what was and what will be, is in it for the time of a run, and
/// a template in a request has at most 51,200 bytes.
const PART: usize = 24_000;
/// Most stacks.
const MOST: usize = 128;

/// Names of what is ours outside CloudFormation. Only what is named here, by an earlier run, is ever deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Owned {
    /// Record sets by the id of their zone, or by the output that gives the id.
    pub zones: BTreeMap<String, BTreeSet<RecordKey>>,
    /// Record sets in the same way that a run was going to make: it did not end, so whether it made them is not known.
    #[serde(skip)]
    pub begun: BTreeMap<String, BTreeSet<RecordKey>>,
    /// Kubernetes objects by cluster, as `apiVersion/kind/namespace/name`. Whether one of them was made, its label says.
    pub objects: BTreeMap<String, BTreeSet<String>>,
}

/// More is ours than can be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} names of records and Kubernetes objects are more than infra can remember as its own")]
pub struct TooMuch(pub usize);

impl Owned {
    /// Type of the resource that carries it; it does nothing and costs nothing.
    pub const CARRIER: &str = "AWS::CloudFormation::WaitConditionHandle";

    /// The name in the definition of the stack that carries a part.
    pub fn part_name(part: usize) -> String {
        if part == 0 { Name::MEMORY.to_owned() } else { format!("{}-{}", Name::MEMORY, part + 1) }
    }

    /// The key of the stack that carries it, or the first part of it.
    pub fn key(project: &str, environment: &str, region: &str) -> StackKey {
        Self::part_key(project, environment, region, 0)
    }

    /// The key of the stack that carries a part.
    pub fn part_key(project: &str, environment: &str, region: &str, part: usize) -> StackKey {
        StackKey::new(format!("{project}-{environment}-{}", Self::part_name(part)), region)
    }

    /// Whether a stack is one of those that carry it.
    pub fn is_carried_by(project: &str, environment: &str, key: &StackKey) -> bool {
        let stack = key.name.strip_prefix(&format!("{project}-{environment}-"));
        stack.is_some_and(Name::is_memory)
    }

    /// Whether a resource is a carrier.
    pub fn is_carrier(kind: &str, id: &str) -> bool {
        kind == Self::CARRIER && id.starts_with("Owned")
    }

    /// Reads it from a template; `None` if it is not in there.
    ///
    /// # Errors
    /// If it is in there and cannot be read, which is so after a newer infra wrote it.
    pub fn read(template: &Value) -> Result<Option<Self>, String> {
        let resources = template.get("Resources").and_then(Value::as_object);
        let mut all = resources.into_iter().flat_map(|all| all.values());
        let Some(metadata) = all.find_map(|resource| resource.get("Metadata")?.get(METADATA)) else { return Ok(None) };
        let Some(version) = metadata.get("version") else {
            return serde_json::from_value(metadata.clone()).map(Some).map_err(|error| error.to_string());
        };
        if *version != VERSION {
            return Err(format!("it has version {version}, and this infra reads {VERSION}"));
        }
        let section = |name: &str| metadata.get(name).and_then(Value::as_object).into_iter().flatten();
        let invalid = |name: &str| format!("what it holds of {name} is not what infra wrote");
        let texts = |name: &'static str| section(name).map(move |(key, text)| (key, text.as_str(), invalid(name)));
        let mut owned = Self::default();
        for (sets, name) in [(&mut owned.zones, "zones"), (&mut owned.begun, "begun")] {
            for (zone, text, invalid) in texts(name) {
                sets.insert(zone.clone(), text.and_then(unpack_records).ok_or(invalid)?);
            }
        }
        for (cluster, text, invalid) in texts("objects") {
            owned.objects.insert(cluster.clone(), text.and_then(unpack_names).ok_or(invalid)?);
        }
        Ok(Some(owned))
    }

    /// The template that carries it.
    ///
    /// CloudFormation does not take a change of the template's own `Metadata` alone, and updates of the carrier are not
    /// supported: it is another one, by its id, whenever it carries something else.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/metadata-section-structure.html> and
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-waitconditionhandle.html>
    /// (read 2026-11-25).
    pub fn template(&self, project: &str, environment: &str) -> Value {
        let content = self.content();
        let id = format!("Owned{}", digest(content.to_string().as_bytes()).get(..12).unwrap_or_default());
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("What {project} owns outside CloudFormation in {environment}: names of records and Kubernetes objects"),
            "Resources": {
                id: { "Type": Self::CARRIER, "Metadata": { METADATA: content } }
            }
        })
    }

    fn content(&self) -> Value {
        let records = |sets: &BTreeMap<String, BTreeSet<RecordKey>>| -> Map<String, Value> {
            let full = sets.iter().filter(|(_, keys)| !keys.is_empty());
            full.map(|(zone, keys)| (zone.clone(), pack_records(keys).into())).collect()
        };
        let objects = self.objects.iter().filter(|(_, names)| !names.is_empty());
        let objects: Map<String, Value> =
            objects.map(|(cluster, names)| (cluster.clone(), pack_names(names).into())).collect();
        let mut content = Map::from_iter([("version".to_owned(), VERSION.into())]);
        for (name, section) in [("zones", records(&self.zones)), ("begun", records(&self.begun)), ("objects", objects)]
        {
            if !section.is_empty() {
                content.insert(name.to_owned(), section.into());
            }
        }
        content.into()
    }

    /// What each stack carries: one, or twice as many each time that they do not hold it. In which one a name is, the
    /// name says, so that a name more or less changes one of them.
    ///
    /// # Errors
    /// If not even the most stacks hold it.
    pub fn parts(&self) -> Result<Vec<Self>, TooMuch> {
        let size = |part: &Self| part.content().to_string().len();
        let mut count = size(self).div_ceil(PART).next_power_of_two();
        while count <= MOST {
            let parts = self.split(count);
            if parts.iter().all(|part| size(part) <= PART) {
                return Ok(parts);
            }
            count *= 2;
        }
        Err(TooMuch(self.len()))
    }

    fn split(&self, count: usize) -> Vec<Self> {
        let mut parts = vec![Self::default(); count];
        for (sets, is_begun) in [(&self.zones, false), (&self.begun, true)] {
            for (zone, key) in sets.iter().flat_map(|(zone, keys)| keys.iter().map(move |key| (zone, key))) {
                let Some(part) = parts.get_mut(hash(zone, &key.name) % count) else { continue };
                let sets = if is_begun { &mut part.begun } else { &mut part.zones };
                sets.entry(zone.clone()).or_default().insert(key.clone());
            }
        }
        for (cluster, names) in &self.objects {
            for name in names {
                if let Some(part) = parts.get_mut(hash(cluster, name) % count) {
                    part.objects.entry(cluster.clone()).or_default().insert(name.clone());
                }
            }
        }
        parts
    }

    /// What is remembered while a run makes `wanted` of this: all that is ours, and what is going to be. `known` are the
    /// names that are ours already, wherever they are remembered.
    #[must_use]
    pub fn while_making(&self, wanted: &Self, known: &Self) -> Self {
        let mut during = self.clone();
        for (zone, keys) in &wanted.zones {
            let made = known.zones.get(zone);
            for key in keys {
                let sets =
                    if made.is_some_and(|made| made.contains(key)) { &mut during.zones } else { &mut during.begun };
                sets.entry(zone.clone()).or_default().insert(key.clone());
            }
        }
        for (cluster, names) in &wanted.objects {
            during.objects.entry(cluster.clone()).or_default().extend(names.iter().cloned());
        }
        during
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: Self) {
        for (into, from) in [(&mut self.zones, other.zones), (&mut self.begun, other.begun)] {
            for (zone, keys) in from {
                into.entry(zone).or_default().extend(keys);
            }
        }
        for (cluster, names) in other.objects {
            self.objects.entry(cluster).or_default().extend(names);
        }
    }

    /// The record sets of a zone, which may have been recorded by the output that gives its id.
    pub fn records(&self, zone: &str, output: impl Fn(&OutputRef) -> Option<String>) -> BTreeSet<RecordKey> {
        of_zone(&self.zones, zone, output)
    }

    /// The record sets of a zone of which is not known whether they were made.
    pub fn begun(&self, zone: &str, output: impl Fn(&OutputRef) -> Option<String>) -> BTreeSet<RecordKey> {
        of_zone(&self.begun, zone, output)
    }

    /// The zones of which records are remembered, as they were recorded.
    pub fn zone_ids(&self) -> impl Iterator<Item = &String> {
        self.zones.keys().chain(self.begun.keys())
    }

    /// How many names it holds.
    pub fn len(&self) -> usize {
        let records = self.zones.values().chain(self.begun.values()).map(BTreeSet::len).sum::<usize>();
        records + self.objects.values().map(BTreeSet::len).sum::<usize>()
    }

    /// Whether nothing is ours.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// FNV-1a, with 32 bits: the same everywhere and always, as what is stored is found by it.
///
/// Source: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv> (from memory).
fn hash(group: &str, name: &str) -> usize {
    let bytes = group.bytes().chain([b' ']).chain(name.bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    usize::try_from(hash ^ hash >> 16).unwrap_or_default()
}

fn of_zone(
    sets: &BTreeMap<String, BTreeSet<RecordKey>>,
    zone: &str,
    output: impl Fn(&OutputRef) -> Option<String>,
) -> BTreeSet<RecordKey> {
    let ours = sets.iter().filter(|(id, _)| *id == zone || super::fill_text(id, &output) == zone);
    ours.flat_map(|(_, keys)| keys.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> RecordKey {
        RecordKey { name: format!("{name}.example.com."), record_type: "A".into(), set: None }
    }

    fn of(names: &[&str]) -> Owned {
        let keys = names.iter().map(|name| key(name)).collect();
        Owned { zones: BTreeMap::from([("Z1".to_owned(), keys)]), ..Owned::default() }
    }

    fn read(owned: &Owned) -> Owned {
        Owned::read(&owned.template("shop", "dev")).unwrap().unwrap()
    }

    #[test]
    fn what_is_recorded_is_read_again() {
        let owned = Owned {
            zones: BTreeMap::from([("${output:dns@eu-west-1:ZoneRef}".to_owned(), BTreeSet::from([key("a")]))]),
            begun: BTreeMap::from([("Z2".to_owned(), BTreeSet::from([key("b")]))]),
            objects: BTreeMap::from([("main".to_owned(), BTreeSet::from(["v1/Namespace//orders".to_owned()]))]),
        };
        assert_eq!(read(&owned), owned);
        let id = |owned: &Owned| owned.template("shop", "dev")["Resources"].as_object().unwrap().keys().next().cloned();
        assert_ne!(id(&owned), id(&Owned::default()), "the carrier is never updated");
        assert_eq!(owned.records("Z1", |_| Some("Z1".to_owned())), BTreeSet::from([key("a")]));
        assert_eq!(owned.records("Z1", |_| None), BTreeSet::new());
        assert_eq!(Owned::read(&json!({ "Resources": { "Owned": { "Type": "AWS::SQS::Queue" } } })), Ok(None));
    }

    #[test]
    fn what_was_recorded_before_names_were_packed_is_read_and_what_a_newer_infra_records_is_refused() {
        let carrying = |metadata: Value| json!({ "Resources": { "Owned1": { "Type": Owned::CARRIER, "Metadata": { METADATA: metadata } } } });
        let first = json!({ "zones": { "Z1": [{ "name": "a.example.com.", "type": "A" }] }, "objects": {} });
        assert_eq!(Owned::read(&carrying(first)), Ok(Some(of(&["a"]))));
        for newer in [json!({ "version": 3 }), json!({ "version": 2, "zones": { "Z1": " ?" } }), json!({ "zones": 1 })]
        {
            assert!(Owned::read(&carrying(newer.clone())).is_err(), "{newer}");
        }
    }

    #[test]
    fn a_run_remembers_what_was_and_what_will_be() {
        let (old, new) = (of(&["old", "both"]), of(&["both", "new"]));
        let during = old.while_making(&new, &old);
        assert_eq!(during.zones, old.zones, "what goes is remembered until it is gone");
        assert_eq!(during.begun["Z1"], BTreeSet::from([key("new")]));
        assert_eq!(during.while_making(&new, &during), during, "a second run knows no more");
        let elsewhere = Owned::default().while_making(&new, &of(&["new"]));
        assert_eq!(elsewhere.zones["Z1"], BTreeSet::from([key("new")]), "ours, remembered in another stack");
    }

    #[test]
    fn a_stack_holds_what_a_request_holds_and_a_name_more_changes_one() {
        let names = |count: usize| {
            let keys = (0..count).map(|at| key(&digest(at.to_string().as_bytes())[..16]));
            Owned { zones: BTreeMap::from([("Z1".to_owned(), keys.collect())]), ..Owned::default() }
        };
        for count in [0, 1, 1_000, 9_500, 20_000] {
            let owned = names(count);
            let parts = owned.parts().unwrap();
            let mut all = Owned::default();
            for part in &parts {
                let twice = part.while_making(&names(count / 2).split(parts.len())[0], &Owned::default());
                let size = format!("{:#}", twice.template("shop", "dev")).len();
                assert!(size <= 51_200, "{count} in {} parts: {size}", parts.len());
                all.extend(part.clone());
            }
            assert_eq!(all.zones.values().flatten().count(), count);
        }
        let (before, after) = (names(9_500).parts().unwrap(), names(9_501).parts().unwrap());
        assert!(before.len() > 1 && before.len() == after.len());
        assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 1);
        let long = |at: usize| key(&digest(at.to_string().as_bytes()).repeat(3));
        let keys = (0..16_000).map(long).collect();
        let owned = Owned { zones: BTreeMap::from([("Z1".to_owned(), keys)]), ..Owned::default() };
        assert_eq!(owned.parts(), Err(TooMuch(16_000)));
    }

    #[test]
    fn names_of_the_stacks_are_kept_for_them() {
        for name in ["owned", "owned-2", "owned-128"] {
            assert!(Name::is_memory(name), "{name}");
        }
        for name in ["own", "owned-by", "owned2", "disowned", "owned-2-b"] {
            assert!(!Name::is_memory(name), "{name}");
        }
        assert_eq!(Owned::key("shop", "dev", "eu-west-1").name, "shop-dev-owned");
        assert_eq!(Owned::part_key("shop", "dev", "eu-west-1", 1).name, "shop-dev-owned-2");
        assert!(Owned::is_carried_by("shop", "dev", &StackKey::new("shop-dev-owned-2", "eu-west-1")));
        assert!(!Owned::is_carried_by("shop", "dev", &StackKey::new("shop-dev-x-owned", "eu-west-1")));
    }
}
