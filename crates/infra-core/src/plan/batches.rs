//! Change batches of Route 53, and those that undo them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::artifacts::batch::{Weight, split};
use crate::diff::{Action, ZoneChange};
use crate::state::{Record, RecordKey};

/// One change of a change batch, as the API spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// What is done.
    pub action: ChangeAction,
    /// The record set: the new one, or the very one that is deleted.
    #[serde(rename = "ResourceRecordSet")]
    pub record: Record,
}

/// What a change does. Those of one name happen in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChangeAction {
    /// Deletes the record set, if it is exactly this.
    Delete,
    /// Overwrites the record set, or makes it.
    Upsert,
    /// Makes the record set, if there is none.
    Create,
}

impl Change {
    fn new(action: ChangeAction, record: Record) -> Self {
        Self { action, record }
    }

    /// What it takes of a batch's limits.
    fn weight(&self) -> Weight {
        let once = Weight { values: self.record.value_count(), chars: self.record.value_chars() };
        match self.action {
            ChangeAction::Upsert => once.upsert(),
            ChangeAction::Delete | ChangeAction::Create => once,
        }
    }
}

/// The changes of a zone that do what a comparison found.
///
/// A new record set is created, so that one that appeared meanwhile is refused and not overwritten. A changed one is
/// upserted, except where that cannot change it: another routing policy needs deletion and creation. Another type is
/// another record set, so a `CNAME` that becomes an `A` is a deletion and a creation of one name already.
pub fn changes_of(zone: &ZoneChange) -> Vec<Change> {
    let read = |value: &Option<serde_json::Value>| value.as_ref().and_then(|value| Record::read(value).ok());
    let mut changes = Vec::new();
    for change in &zone.records {
        match (change.action, read(&change.before), read(&change.after)) {
            (Action::Create, _, Some(after)) => changes.push(Change::new(ChangeAction::Create, after)),
            (Action::Delete, Some(before), _) => changes.push(Change::new(ChangeAction::Delete, before)),
            (Action::Update, Some(before), Some(after)) if before.policy() != after.policy() => {
                changes.push(Change::new(ChangeAction::Delete, before));
                changes.push(Change::new(ChangeAction::Create, after));
            }
            (Action::Update, _, Some(after)) => changes.push(Change::new(ChangeAction::Upsert, after)),
            (Action::Create | Action::Update | Action::Delete | Action::Retain, _, _) => {}
        }
    }
    changes
}

/// Splits changes of one zone into batches that Route 53 takes: one where all fit, the changes of a name never apart.
///
/// A name that others are aliases of comes before them. Only a name that is over the limits by itself makes a batch
/// that is.
pub fn batches(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut names: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for change in changes {
        names.entry(change.record.key.name.clone()).or_default().push(change);
    }
    for group in names.values_mut() {
        group.sort_by(|a, b| (a.action, &a.record).cmp(&(b.action, &b.record)));
    }
    let depths = depths(&names);
    let mut groups: Vec<(usize, Vec<Change>)> =
        names.into_iter().map(|(name, group)| (depths.get(&name).copied().unwrap_or_default(), group)).collect();
    groups.sort_by_key(|(depth, _)| *depth);
    split(groups.into_iter().map(|(_, group)| group), Change::weight)
}

/// How many of the changed names stand between a name and the end of its aliases.
fn depths(names: &BTreeMap<String, Vec<Change>>) -> BTreeMap<String, usize> {
    /// Longest chain that is followed; a circle ends here.
    const LONGEST: usize = 8;
    let mut depths: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..LONGEST {
        for (name, group) in names {
            let targets = group.iter().filter(|change| change.action != ChangeAction::Delete);
            let targets = targets.filter_map(|change| change.record.alias.as_ref().map(|(_, target, _)| target));
            let targets = targets.filter(|target| *target != name && names.contains_key(*target));
            let below = targets.map(|target| depths.get(target).copied().unwrap_or_default() + 1).max();
            depths.insert(name.clone(), below.unwrap_or_default().min(LONGEST));
        }
    }
    depths
}

/// The changes that undo a batch, where `before` are the record sets of the zone before it.
///
/// What the batch left is deleted as it is, not overwritten: an undo is refused if somebody changed the record set
/// since. The name servers and the start of authority of a zone cannot be deleted, so those are upserted.
pub fn inverse(changes: &[Change], before: &[Record]) -> Vec<Change> {
    let mut touched: BTreeMap<&RecordKey, (Option<&Record>, Option<&Record>)> = BTreeMap::new();
    for Change { action, record } in changes {
        let known = || before.iter().find(|before| before.key == record.key);
        let (before, after) = touched.entry(&record.key).or_insert_with(|| (known(), None));
        match action {
            ChangeAction::Delete => (*before, *after) = (Some(record), None),
            ChangeAction::Upsert | ChangeAction::Create => *after = Some(record),
        }
    }
    let mut undo = Vec::new();
    for (key, (before, after)) in touched {
        if before == after {
            continue;
        }
        if let (Some(before), "NS" | "SOA") = (before, key.record_type.as_str()) {
            undo.push(Change::new(ChangeAction::Upsert, before.clone()));
            continue;
        }
        undo.extend(after.map(|after| Change::new(ChangeAction::Delete, after.clone())));
        undo.extend(before.map(|before| Change::new(ChangeAction::Create, before.clone())));
    }
    undo.sort_by(|a, b| (&a.record.key.name, a.action, &a.record).cmp(&(&b.record.key.name, b.action, &b.record)));
    undo
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::diff::{RecordChange, testing};
    use crate::state::{Deployed, DeployedZone, DesiredZone, Owned};

    /// A hosted zone as Route 53 keeps it.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Zone(BTreeMap<RecordKey, Record>);

    impl Zone {
        fn new(records: &[Record]) -> Self {
            Self(records.iter().map(|record| (record.key.clone(), record.clone())).collect())
        }

        /// Applies all of a batch or refuses it.
        fn apply(&mut self, batch: &[Change]) -> Result<(), String> {
            let mut next = self.clone();
            for Change { action, record } in batch {
                let there = next.0.get(&record.key);
                match action {
                    ChangeAction::Create if there.is_some() => return Err(format!("{} exists", record.key)),
                    ChangeAction::Delete if there != Some(record) => return Err(format!("{} is not it", record.key)),
                    ChangeAction::Delete if record.key.name == "example.com." && record.key.record_type == "NS" => {
                        return Err("a zone has name servers".to_owned());
                    }
                    ChangeAction::Upsert if there.is_some_and(|there| there.policy() != record.policy()) => {
                        return Err(format!("{} has another policy", record.key));
                    }
                    ChangeAction::Delete => {
                        next.0.remove(&record.key);
                    }
                    ChangeAction::Create | ChangeAction::Upsert => {
                        next.0.insert(record.key.clone(), record.clone());
                    }
                }
            }
            for (a, b) in next.0.values().zip(next.0.values().skip(1)).filter(|(a, b)| a.key.name == b.key.name) {
                let one_type = a.key.record_type == b.key.record_type;
                if !one_type && [a, b].iter().any(|record| record.key.record_type == "CNAME") {
                    return Err(format!("{} stands beside a CNAME", a.key));
                }
                if one_type && a.policy() != b.policy() {
                    return Err(format!("{} has two policies", a.key));
                }
            }
            *self = next;
            Ok(())
        }
    }

    fn record(name: &str, record_type: &str, set: Option<(&str, &str)>, values: &[String]) -> Record {
        let values: Vec<_> = values.iter().map(|value| json!({ "Value": value })).collect();
        let mut value = json!({ "Name": name, "Type": record_type, "TTL": 60, "ResourceRecords": values });
        if let Some((set, policy)) = set {
            value["SetIdentifier"] = set.into();
            value[policy] = if policy == "Weight" { 1.into() } else { "eu-west-1".into() };
        }
        Record::read(&value).unwrap()
    }

    fn text(name: &str, values: &[&str]) -> Record {
        record(name, "TXT", None, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    /// What stands at a name: a kind of records, how many sets, and the values.
    fn at_name(index: usize, (kind, sets, values): &(u8, usize, Vec<(u8, usize)>)) -> Vec<Record> {
        let name = format!("n{index}.example.com.");
        let values: Vec<String> = values.iter().map(|(c, length)| format!("{c}{}", "x".repeat(*length))).collect();
        let several = |policy: &str| {
            (0..*sets).map(|set| record(&name, "TXT", Some((&format!("s{set}"), policy)), &values)).collect()
        };
        match kind {
            0 => Vec::new(),
            1 => vec![record(&name, "CNAME", None, &values[..1])],
            2 => vec![record(&name, "TXT", None, &values), record(&name, "MX", None, &values)],
            3 => several("Weight"),
            _ => several("Region"),
        }
    }

    fn names() -> impl Strategy<Value = Vec<Record>> {
        let name = (0_u8..5, 1_usize..4, vec((any::<u8>(), 0_usize..900), 1..9));
        (vec(name, 0..24), 1_u8..3).prop_map(|(names, server)| {
            let mut records: Vec<Record> =
                names.iter().enumerate().flat_map(|(index, name)| at_name(index, name)).collect();
            records.push(record("example.com.", "NS", None, &[format!("ns{server}.example.net")]));
            records
        })
    }

    /// Compares two states of a zone that is all ours.
    fn zone_change(before: &[Record], after: &[Record]) -> Option<ZoneChange> {
        let zone = |records: &[Record]| DesiredZone {
            domain: "example.com.".into(),
            private: false,
            id: "Z1".into(),
            records: records.to_vec(),
            needs: BTreeSet::new(),
            named: None,
        };
        let mut owned = testing::desired(&[("a", json!({}), &[])]);
        owned.zones.push(zone(before));
        let owned: Owned = owned.owned();
        let mut desired = testing::desired(&[("a", json!({}), &[])]);
        desired.zones.push(zone(after));
        let live = DeployedZone { domain: "example.com.".into(), private: false, records: before.to_vec() };
        let deployed = Deployed {
            stacks: BTreeMap::from([(
                "a@eu-west-1".parse().unwrap(),
                testing::stack(owned.template("shop", "dev"), &[], &[]),
            )]),
            zones: BTreeMap::from([("Z1".to_owned(), live)]),
            ..Deployed::default()
        };
        crate::diff::zones(&desired, &deployed, &std::collections::BTreeSet::new()).changes.into_iter().next()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn batches_make_what_is_wanted_within_the_limits_and_are_undone(before in names(), after in names()) {
            let start = Zone::new(&before);
            let mut zone = start.clone();
            let changes = zone_change(&before, &after).map(|change| changes_of(&change)).unwrap_or_default();
            let parts = batches(changes.clone());
            prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), changes.len(), "nothing is lost");
            let mut seen = BTreeSet::new();
            let mut undo = Vec::new();
            for part in &parts {
                let own: BTreeSet<&String> = part.iter().map(|change| &change.record.key.name).collect();
                let weight: Weight = part.iter().map(Change::weight).sum();
                prop_assert!(weight.fits() || own.len() == 1, "{weight:?}");
                for name in own {
                    prop_assert!(seen.insert(name.clone()), "{name} stands in two parts");
                }
                let known: Vec<Record> = zone.0.values().cloned().collect();
                undo.push(inverse(part, &known));
                prop_assert_eq!(zone.apply(part), Ok(()));
            }
            prop_assert_eq!(&zone, &Zone::new(&after));
            for part in undo.into_iter().rev().flat_map(batches) {
                prop_assert_eq!(zone.apply(&part), Ok(()));
            }
            prop_assert_eq!(zone, start);
        }
    }

    fn actions(before: &[Record], after: &[Record]) -> Vec<String> {
        let changes = zone_change(before, after).map(|change| changes_of(&change)).unwrap_or_default();
        let spelled = |change: &Change| format!("{:?} {}", change.action, change.record.key);
        batches(changes).concat().iter().map(spelled).collect()
    }

    #[test]
    fn what_an_upsert_cannot_change_is_deleted_and_created() {
        let a = |set| record("a.example.com", "A", set, &["192.0.2.1".to_owned()]);
        let other = record("a.example.com", "A", None, &["192.0.2.2".to_owned()]);
        let cname = record("a.example.com", "CNAME", None, &["b.example.com".to_owned()]);
        assert_eq!(actions(&[a(None)], &[other]), ["Upsert a.example.com. A"]);
        assert_eq!(actions(&[cname], &[a(None)]), ["Delete a.example.com. CNAME", "Create a.example.com. A"]);
        let (weighted, latency) = (a(Some(("s", "Weight"))), a(Some(("s", "Region"))));
        assert_eq!(
            actions(&[a(None)], from_ref(&weighted)),
            ["Delete a.example.com. A", "Create a.example.com. A (s)"]
        );
        assert_eq!(actions(&[weighted], &[latency]), ["Delete a.example.com. A (s)", "Create a.example.com. A (s)"]);
    }

    #[test]
    fn values_of_an_upsert_count_twice() {
        let changes = |action, count: usize| {
            (0..count).map(|index| Change::new(action, text(&format!("n{index:04}.example.com"), &["x"]))).collect()
        };
        let sizes = |action, count| batches(changes(action, count)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(ChangeAction::Create, 1_000), [1_000]);
        assert_eq!(sizes(ChangeAction::Delete, 1_001), [1_000, 1]);
        assert_eq!(sizes(ChangeAction::Upsert, 501), [500, 1]);
    }

    #[test]
    fn what_others_are_aliases_of_comes_first() {
        let alias = |name: &str, of: &str| {
            let target = json!({ "HostedZoneId": "Z1", "DNSName": of, "EvaluateTargetHealth": false });
            Record::read(&json!({ "Name": name, "Type": "TXT", "AliasTarget": target })).unwrap()
        };
        let wanted = [
            alias("a.example.com", "b.example.com"),
            alias("b.example.com", "c.example.com"),
            text("c.example.com", &["x"]),
        ];
        assert_eq!(
            actions(&[], &wanted),
            ["Create c.example.com. TXT", "Create b.example.com. TXT", "Create a.example.com. TXT"]
        );
        let circle = [alias("a.example.com", "b.example.com"), alias("b.example.com", "a.example.com")];
        assert_eq!(actions(&[], &circle).len(), 2, "a circle ends; Route 53 refuses it");
    }

    #[test]
    fn an_undo_does_not_overwrite_what_somebody_changed_since() {
        let (old, new, later) =
            (text("a.example.com", &["1"]), text("a.example.com", &["2"]), text("a.example.com", &["3"]));
        let batch = [Change::new(ChangeAction::Upsert, new)];
        let undo = inverse(&batch, from_ref(&old));
        let mut zone = Zone::new(&[old]);
        zone.apply(&batch).unwrap();
        zone.apply(&[Change::new(ChangeAction::Upsert, later)]).unwrap();
        assert!(zone.apply(&undo).is_err());
    }

    #[test]
    fn a_deletion_holds_what_undoes_it() {
        let gone = text("a.example.com", &["1"]);
        let undo = inverse(&[Change::new(ChangeAction::Delete, gone.clone())], &[]);
        assert_eq!(undo, [Change::new(ChangeAction::Create, gone)]);
    }

    #[test]
    fn a_change_reads_as_the_api_spells_it() {
        let change = Change::new(ChangeAction::Upsert, text("a.example.com", &["\"x\""]));
        let value = serde_json::to_value(&change).unwrap();
        assert_eq!(
            value,
            json!({ "Action": "UPSERT", "ResourceRecordSet": { "Name": "a.example.com.", "Type": "TXT", "TTL": 60, "ResourceRecords": [{ "Value": "\"x\"" }] } })
        );
        assert_eq!(serde_json::from_value::<Change>(value).unwrap(), change);
    }

    #[test]
    fn a_comparison_without_records_has_no_batch() {
        assert_eq!(batches(Vec::new()), Vec::<Vec<Change>>::new());
        let odd = RecordChange {
            key: text("a.example.com", &["1"]).key,
            action: Action::Retain,
            before: None,
            after: None,
            adopts: false,
            releases: false,
        };
        let zone = ZoneChange {
            domain: "example.com.".into(),
            private: false,
            id: "Z1".into(),
            existing: 0,
            records: vec![odd],
            left_alone: Vec::new(),
        };
        assert_eq!(changes_of(&zone), []);
    }
}
