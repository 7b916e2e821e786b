//! Live record sets against those that are wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::registries::Registries;
use super::{Action, Hazard, RecordChange, ZoneChange};
use crate::state::{Deployed, Desired, DesiredZone, OutputRef, Record, RecordKey, StackKey, fill, fill_text};

/// What comparing the zones found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zones {
    /// The zones with changes, or with record sets that are left alone.
    pub changes: Vec<ZoneChange>,
    /// Wanted record sets that cannot be made because of what others made there.
    pub hazards: Vec<Hazard>,
}

/// Compares the wanted record sets with the live ones.
///
/// A wanted record set that is there and is not ours is taken over, even if nothing about it changes: it would be
/// deleted with its entry. At one that another tool manages nothing is done, which is no plan that does what was asked.
///
/// Values that outputs give are filled in where the output is known and not among `unknown`; else the placeholder stays, and the record set
/// counts as changed, because what it will point to does not exist yet. Only what earlier runs recorded as ours is
/// deleted; of what a run that did not end was going to make, it is not known who made it, so changing and deleting it
/// is said to be a taking over. A zone that is not among the deployed ones counts as empty, which is right for one that the same run makes;
/// what is created in it is refused by Route 53 if it is there after all. What others put into the zone is counted, and named only where it stands in the way.
pub fn zones(desired: &Desired, deployed: &Deployed, unknown: &BTreeSet<OutputRef>) -> Zones {
    let now = |output: &OutputRef| deployed.output(output).map(str::to_owned);
    let output = |output: &OutputRef| now(output).filter(|_| !unknown.contains(output));
    let owned = deployed.owned();
    let (mut changes, mut hazards) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for zone in &desired.zones {
        let id = fill_text(&zone.id, &output);
        let live = deployed.zones.get(&id).map_or(&[][..], |zone| &zone.records);
        let ours = [owned.records(&id, output), owned.begun(&id, output)];
        let compared = Compared::new(&zone.domain, live, ours, wanted(zone, &output));
        hazards.extend(compared.hazards());
        hazards.extend(gone(zone, &id, deployed));
        changes.push(compared.change(zone.private, id.clone()));
        seen.insert(id);
    }
    // Zones in which nothing is wanted any more.
    let before: BTreeSet<String> = owned.zone_ids().map(|id| fill_text(id, &now)).collect();
    for id in before.difference(&seen) {
        if let Some(zone) = deployed.zones.get(id) {
            let ours = [owned.records(id, now), owned.begun(id, now)];
            let compared = Compared::new(&zone.domain, &zone.records, ours, Vec::new());
            changes.push(compared.change(zone.private, id.clone()));
        }
    }
    changes.retain(|zone| !zone.records.is_empty() || !zone.left_alone.is_empty());
    Zones { changes, hazards }
}

/// Zones that the definition names and that are not there, or are others than it says, as far as the selected stacks
/// have to do with them; none selected means all of them.
pub(super) fn hazards(desired: &Desired, deployed: &Deployed, selected: &BTreeSet<StackKey>) -> Vec<Hazard> {
    let concerns = |id: &str| {
        let named = |key| desired.stacks.get(key).is_some_and(|stack| stack.body.contains(id));
        selected.is_empty() || selected.iter().any(named)
    };
    let wrong = |zone: &DesiredZone| {
        let place = zone.named.as_ref().filter(|_| concerns(&zone.id))?;
        let domain = zone.domain.trim_end_matches('.');
        let visible = |private: bool| if private { "private" } else { "public" };
        let is = match deployed.zones.get(&zone.id) {
            None => format!("which account {} does not have", deployed.account),
            Some(live) if live.domain != zone.domain => {
                format!("which is the zone of {}, not of {domain}", live.domain.trim_end_matches('.'))
            }
            Some(live) if live.private != zone.private => {
                format!("which is {}, and the entry is of a {} zone", visible(live.private), visible(zone.private))
            }
            Some(_) => return None,
        };
        Some(Hazard {
            subject: format!("zone {}", zone.domain),
            text: format!("{place} names the hosted zone {}, {is}", zone.id),
            help: format!(
                "write the id of the zone of {domain} as `existing` there, or leave `existing` out, so that the stack makes the zone"
            ),
            blocking: true,
        })
    };
    desired.zones.iter().filter_map(wrong).collect()
}

/// A zone that a stack made and that is not there any more: nothing of it can be made before the stack makes another.
fn gone(zone: &DesiredZone, id: &str, deployed: &Deployed) -> Option<Hazard> {
    let made = zone.named.is_none() && zone.id != id && !id.contains("${");
    (made && !deployed.zones.contains_key(id)).then(|| Hazard {
        subject: format!("zone {}", zone.domain),
        text: format!("a stack of this environment made its hosted zone {id}, and account {} has it no more", deployed.account),
        help: "name the entry of the zone otherwise, without `renamed-from`: the stack then makes another zone, with other \
               name servers"
            .to_owned(),
        blocking: true,
    })
}

/// The wanted record sets with the outputs that are known; filled in, they are read again into their one spelling.
fn wanted(zone: &DesiredZone, output: &impl Fn(&OutputRef) -> Option<String>) -> Vec<Record> {
    let filled = |record: &Record| Record::read(&fill(&record.to_value(), output)).unwrap_or_else(|_| record.clone());
    zone.records.iter().map(filled).collect()
}

struct Compared<'a> {
    domain: &'a str,
    live: BTreeMap<&'a RecordKey, &'a Record>,
    ours: BTreeSet<RecordKey>,
    /// What a run that did not end was going to make.
    begun: BTreeSet<RecordKey>,
    wanted: BTreeMap<RecordKey, Record>,
    registries: Registries<'a>,
}

impl<'a> Compared<'a> {
    fn new(domain: &'a str, live: &'a [Record], [ours, begun]: [BTreeSet<RecordKey>; 2], wanted: Vec<Record>) -> Self {
        Self {
            domain,
            registries: Registries::of(live),
            live: live.iter().map(|record| (&record.key, record)).collect(),
            ours,
            begun,
            wanted: wanted.into_iter().map(|record| (record.key.clone(), record)).collect(),
        }
    }

    fn change(&self, private: bool, id: String) -> ZoneChange {
        let mut records = Vec::new();
        let mut left_alone: BTreeMap<RecordKey, String> = BTreeMap::new();
        for (key, record) in &self.wanted {
            if self.taken(record).is_some() {
                continue;
            }
            let before = self.live.get(key).copied();
            if before != Some(record) || !self.may_be_ours(key) {
                records.push(RecordChange {
                    key: key.clone(),
                    action: if before.is_some() { Action::Update } else { Action::Create },
                    before: before.map(Record::to_value),
                    after: Some(record.to_value()),
                    adopts: before.is_some() && !self.ours.contains(key),
                    releases: false,
                });
            }
        }
        for key in self.ours.union(&self.begun) {
            let Some(before) = self.live.get(key).filter(|_| self.goes(key)) else { continue };
            match self.claimed(key) {
                Some((other, why)) => {
                    left_alone.insert(other, why);
                }
                None => records.push(RecordChange {
                    key: key.clone(),
                    action: Action::Delete,
                    before: Some(before.to_value()),
                    after: None,
                    adopts: !self.ours.contains(key),
                    releases: false,
                }),
            }
        }
        records.sort_by(|a, b| a.key.cmp(&b.key));
        ZoneChange {
            domain: self.domain.to_owned(),
            private,
            id,
            existing: self.live.len(),
            records,
            left_alone: left_alone.into_iter().collect(),
        }
    }

    /// What stands in the way of a wanted record set, and why it stays.
    fn taken(&self, record: &Record) -> Option<(RecordKey, String)> {
        self.claimed(&record.key).or_else(|| self.conflict(record))
    }

    /// The wanted record sets that are not made, because it would touch what others made.
    fn hazards(&self) -> Vec<Hazard> {
        let of = |(key, record): (&RecordKey, &Record)| {
            let (other, why) = self.taken(record)?;
            let stands = if other == *key { String::new() } else { format!(", because of {other}") };
            Some(Hazard {
                subject: format!("record {key}"),
                text: format!("it is wanted and not made{stands}: {why}"),
                help:
                    "remove the entry from the definition, or have the other tool or its owner give the name up first"
                        .to_owned(),
                blocking: true,
            })
        };
        self.wanted.iter().filter_map(of).collect()
    }

    /// Whether a record set is ours, as far as is known.
    fn may_be_ours(&self, key: &RecordKey) -> bool {
        self.ours.contains(key) || self.begun.contains(key)
    }

    /// Whether a record set is ours, no longer wanted, and not one that every zone must have.
    fn goes(&self, key: &RecordKey) -> bool {
        let apex = key.name == self.domain && ["NS", "SOA"].contains(&key.record_type.as_str());
        self.may_be_ours(key) && !self.wanted.contains_key(key) && !apex
    }

    /// What another tool manages at the place of a record set, and why it is left alone.
    fn claimed(&self, key: &RecordKey) -> Option<(RecordKey, String)> {
        let registry = self.registries.of_key(key)?;
        let record = if self.live.contains_key(key) { key } else { registry.record };
        let why = if record == registry.record {
            format!("{} manages this name", registry.tool)
        } else {
            format!("{} manages it, by its record {}", registry.tool, registry.record)
        };
        // A registry's own record that we want as it is, or made before, is not another tool's.
        let same =
            registry.record == key && self.may_be_ours(key) && self.wanted.get(key) == self.live.get(key).copied();
        (!same).then(|| (record.clone(), why))
    }

    /// A record set that stays, is not ours, and beside which Route 53 refuses the wanted one.
    fn conflict(&self, wanted: &Record) -> Option<(RecordKey, String)> {
        let first = RecordKey { name: wanted.key.name.clone(), record_type: String::new(), set: None };
        let same_name = self.live.range::<RecordKey, _>(&first..).map(|(_, live)| *live);
        let same_name = same_name.take_while(|live| live.key.name == wanted.key.name);
        let mut staying = same_name.filter(|live| !self.wanted.contains_key(&live.key) && !self.may_be_ours(&live.key));
        staying.find_map(|live| {
            let one_type = live.key.record_type == wanted.key.record_type;
            let why = if !one_type && [&live.key, &wanted.key].iter().any(|key| key.record_type == "CNAME") {
                format!(
                    "not ours, and a CNAME stands alone: the wanted {} cannot stand beside it",
                    wanted.key.record_type
                )
            } else if one_type && live.policy() != wanted.policy() {
                "not ours, and the record sets of a name and type have one routing policy: the wanted one differs"
                    .to_owned()
            } else {
                return None;
            };
            Some((live.key.clone(), why))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use serde_json::{Value, json};

    use super::*;
    use crate::diff::testing;
    use crate::state::{DeployedZone, Owned, StackKey};

    const STACK: &str = "shop-dev-api";

    fn zones(desired: &Desired, deployed: &Deployed) -> Vec<ZoneChange> {
        super::zones(desired, deployed, &BTreeSet::new()).changes
    }

    fn record(name: &str, record_type: &str, value: &str) -> Record {
        let name = if name == "@" { "example.com.".to_owned() } else { format!("{name}.example.com.") };
        let set = json!({ "Name": name, "Type": record_type, "TTL": 60, "ResourceRecords": [{ "Value": value }] });
        Record::read(&set).unwrap()
    }

    fn weighted(name: &str, set: &str, value: &str) -> Record {
        let mut set_value = record(name, "A", value).to_value();
        set_value["SetIdentifier"] = set.into();
        set_value["Weight"] = 1.into();
        Record::read(&set_value).unwrap()
    }

    fn desired(id: &str, records: &[Record]) -> Desired {
        let mut desired = testing::desired(&[("shop-dev-api", Value::Null, &[])]);
        desired.zones.push(DesiredZone {
            domain: "example.com.".into(),
            private: false,
            id: id.into(),
            records: records.to_vec(),
            needs: BTreeSet::new(),
            named: None,
        });
        desired
    }

    fn deployed(live: &[Record], ours: &[&Record]) -> Deployed {
        let keys = ours.iter().map(|record| record.key.clone()).collect();
        remembering(live, &Owned { zones: BTreeMap::from([("Z1".to_owned(), keys)]), ..Owned::default() })
    }

    fn remembering(live: &[Record], owned: &Owned) -> Deployed {
        let outputs = [("Host", "Lb.example.net"), ("Zone", "Z1")];
        let mut api = testing::stack(Value::Null, &[], &[]);
        api.outputs = outputs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let zone = DeployedZone { domain: "example.com.".into(), private: false, records: live.to_vec() };
        Deployed {
            stacks: BTreeMap::from([
                (Owned::key("shop", "dev", "eu-west-1"), testing::stack(owned.template("shop", "dev"), &[], &[])),
                (StackKey::new(STACK, "eu-west-1"), api),
            ]),
            zones: BTreeMap::from([("Z1".to_owned(), zone)]),
            ..Deployed::default()
        }
    }

    /// Changes as text: `create a.example.com. A`, `adopt …`, `left …: why`.
    fn changes(wanted: &[Record], live: &[Record], ours: &[&Record]) -> Vec<String> {
        let found = super::zones(&desired("Z1", wanted), &deployed(live, ours), &BTreeSet::new());
        let blocked = found.hazards.iter().map(|hazard| format!("blocked {}: {}", hazard.subject, hazard.text));
        shown(&found.changes).into_iter().chain(blocked).collect()
    }

    fn shown(zones: &[ZoneChange]) -> Vec<String> {
        let of = |zone: &ZoneChange| {
            let records = zone.records.iter().map(|change| {
                let action = match (change.action, change.adopts) {
                    (Action::Create, _) => "create",
                    (Action::Update, true) => "adopt",
                    (Action::Update, false) => "update",
                    (Action::Delete, true) => "delete though perhaps not ours",
                    (Action::Delete, false) => "delete",
                    (Action::Retain, _) => "retain",
                };
                format!("{action} {}", change.key)
            });
            let left = zone.left_alone.iter().map(|(key, why)| format!("left {key}: {why}"));
            records.chain(left).collect::<Vec<_>>()
        };
        zones.iter().flat_map(of).collect()
    }

    #[test]
    fn a_zone_that_is_not_there_or_is_another_blocks_and_its_place_is_said() {
        let mut wanted = desired("Z1", &[]);
        let found = |desired: &Desired, deployed: &Deployed, selected: &[&str]| {
            let selected = selected.iter().map(|name| testing::key(name)).collect();
            let found = super::hazards(desired, deployed, &selected);
            assert!(found.iter().all(|hazard| hazard.blocking));
            found.into_iter().map(|hazard| hazard.text).collect::<Vec<_>>()
        };
        let live = |domain: &str, private: bool| {
            let mut live = deployed(&[], &[]);
            live.account = "111122223333".into();
            live.zones.insert("Z1".into(), DeployedZone { domain: domain.into(), private, records: Vec::new() });
            live
        };
        let mut none = live("example.com.", false);
        none.zones.clear();
        assert_eq!(found(&wanted, &none, &[]), [""; 0], "a zone that a stack makes");
        wanted.zones[0].named = Some("stacks/api.yaml:2:3".into());
        let says = "stacks/api.yaml:2:3 names the hosted zone Z1, which";
        assert_eq!(found(&wanted, &none, &[]), [format!("{says} account 111122223333 does not have")]);
        let is = |domain: &str, private: bool| found(&wanted, &live(domain, private), &[]);
        assert_eq!(is("example.com.", false), [""; 0]);
        assert_eq!(is("example.org.", false), [format!("{says} is the zone of example.org, not of example.com")]);
        assert_eq!(is("example.com.", true), [format!("{says} is private, and the entry is of a public zone")]);
        assert_eq!(found(&wanted, &none, &["shop-dev-api"]), [""; 0], "a stack that does not name it");
        wanted.stacks.get_mut(&testing::key("shop-dev-api")).unwrap().body = "{\"HostedZoneId\":\"Z1\"}".into();
        assert_eq!(found(&wanted, &none, &["shop-dev-api"]).len(), 1);
        assert_eq!(found(&wanted, &Deployed::assumed(&desired("Z2", &[]), &wanted), &[]), [""; 0], "without AWS");
    }

    #[test]
    fn what_is_equal_in_another_spelling_is_no_change() {
        let wanted = [record("a", "CNAME", "B.example.com")];
        let live = [record("A", "CNAME", "b.example.com."), record("other", "A", "192.0.2.1")];
        assert_eq!(changes(&wanted, &live, &[&live[0]]), [""; 0]);
        assert_eq!(changes(&wanted, &live, &[]), ["adopt a.example.com. CNAME"], "as it is wanted, and made by others");
    }

    #[test]
    fn only_what_is_ours_is_deleted_and_only_what_is_not_is_adopted() {
        let (a, b, c) = (record("a", "A", "192.0.2.1"), record("b", "A", "192.0.2.1"), record("c", "A", "192.0.2.1"));
        let wanted = [record("a", "A", "192.0.2.9"), record("b", "A", "192.0.2.9"), record("d", "A", "192.0.2.9")];
        let foreign = record("foreign", "A", "192.0.2.1");
        let live = [a.clone(), b, c.clone(), foreign];
        let found = changes(&wanted, &live, &[&a, &c]);
        let expected =
            ["update a.example.com. A", "adopt b.example.com. A", "delete c.example.com. A", "create d.example.com. A"];
        assert_eq!(found, expected);
        assert_eq!(zones(&desired("Z1", &wanted), &deployed(&live, &[]))[0].existing, 4);
    }

    #[test]
    fn what_a_run_was_going_to_make_is_forgotten_by_nobody_and_taken_over_only_when_asked() {
        let keys = |names: &[&str]| names.iter().map(|name| record(name, "A", "192.0.2.1").key).collect();
        let owned = Owned {
            zones: BTreeMap::from([("Z1".to_owned(), keys(&["ours"]))]),
            begun: BTreeMap::from([("Z1".to_owned(), keys(&["same", "other", "gone", "absent", "cname"]))]),
            ..Owned::default()
        };
        let live = ["ours", "same", "other", "gone", "foreign"].map(|name| record(name, "A", "192.0.2.1"));
        let live: Vec<Record> = live.into_iter().chain([record("cname", "A", "192.0.2.1")]).collect();
        let wanted = [
            record("same", "A", "192.0.2.1"),
            record("other", "A", "192.0.2.2"),
            record("absent", "A", "192.0.2.1"),
            record("cname", "CNAME", "other.example.com"),
        ];
        assert_eq!(
            shown(&zones(&desired("Z1", &wanted), &remembering(&live, &owned))),
            [
                "create absent.example.com. A",
                "delete though perhaps not ours cname.example.com. A",
                "create cname.example.com. CNAME",
                "delete though perhaps not ours gone.example.com. A",
                "adopt other.example.com. A",
                "delete ours.example.com. A",
            ]
        );
        let begun = Owned { zones: BTreeMap::new(), ..owned };
        let mut nothing = desired("Z1", &[]);
        nothing.zones.clear();
        assert_eq!(shown(&zones(&nothing, &remembering(&live, &begun))).len(), 4, "in a zone that is wanted no more");
    }

    #[test]
    fn the_apex_keeps_its_name_servers_unless_others_are_wanted() {
        let (ns, soa) = (record("@", "NS", "ns-1.awsdns-1.com"), record("@", "SOA", "ns-1. admin. 1 2 3 4 5"));
        let live = [ns.clone(), soa.clone()];
        assert_eq!(changes(&[], &live, &[&ns, &soa]), [""; 0]);
        assert_eq!(changes(&[record("@", "NS", "ns.other.net")], &live, &[]), ["adopt example.com. NS"]);
        let delegation = record("sub", "NS", "ns.other.net");
        assert_eq!(changes(&[], from_ref(&delegation), &[&delegation]), ["delete sub.example.com. NS"]);
    }

    #[test]
    fn outputs_are_filled_in_where_they_are_known() {
        let known = format!("${{output:{STACK}@eu-west-1:Host}}");
        let unknown = format!("${{output:{STACK}@eu-west-1:Other}}");
        let live = [record("a", "CNAME", "lb.example.net")];
        assert_eq!(changes(&[record("a", "CNAME", &known)], &live, &[&live[0]]), [""; 0]);
        let wanted = [record("a", "CNAME", &unknown), record("b", "CNAME", &unknown)];
        assert_eq!(
            changes(&wanted, &live, &[&live[0]]),
            ["update a.example.com. CNAME", "create b.example.com. CNAME"]
        );
        let kept = zones(&desired("Z1", &wanted), &deployed(&live, &[]));
        assert_eq!(kept[0].records[1].after.as_ref().unwrap()["ResourceRecords"][0]["Value"], unknown);
    }

    #[test]
    fn a_value_that_the_same_run_changes_is_not_known_yet() {
        let host = OutputRef { stack: StackKey::new(STACK, "eu-west-1"), output: "Host".to_owned() };
        let wanted = [record("a", "CNAME", &host.to_string())];
        let live = [record("a", "CNAME", "lb.example.net.")];
        assert_eq!(zones(&desired("Z1", &wanted), &deployed(&live, &[&live[0]])), []);
        let unknown = BTreeSet::from([host.clone()]);
        let found = super::zones(&desired("Z1", &wanted), &deployed(&live, &[&live[0]]), &unknown).changes;
        assert_eq!(shown(&found), ["update a.example.com. CNAME"]);
        assert!(found[0].records[0].after.as_ref().unwrap().to_string().contains(&host.to_string()));
    }

    #[test]
    fn a_zone_that_the_same_run_makes_has_nothing_yet() {
        let wanted = [record("a", "A", "192.0.2.1")];
        let id = format!("${{output:{STACK}@eu-west-1:NewZone}}");
        let found = zones(&desired(&id, &wanted), &deployed(&wanted, &[]));
        assert_eq!((found[0].existing, &found[0].id), (0, &id));
        assert_eq!(found[0].records[0].action, Action::Create);
        let known = format!("${{output:{STACK}@eu-west-1:Zone}}");
        assert_eq!(zones(&desired(&known, &wanted), &deployed(&wanted, &[&wanted[0]])), []);
    }

    #[test]
    fn a_zone_that_a_stack_made_and_that_is_gone_blocks() {
        let id = format!("${{output:{STACK}@eu-west-1:Zone}}");
        let mut live = deployed(&[], &[]);
        live.zones.clear();
        let found = super::zones(&desired(&id, &[record("a", "A", "192.0.2.1")]), &live, &BTreeSet::new());
        assert!(found.hazards[0].blocking && found.hazards[0].text.contains("made its hosted zone Z1"), "{found:?}");
        let output = OutputRef { stack: StackKey::new(STACK, "eu-west-1"), output: "Zone".to_owned() };
        let again = super::zones(&desired(&id, &[]), &live, &BTreeSet::from([output]));
        assert_eq!(again.hazards, [], "this run makes another one");
    }

    #[test]
    fn what_was_ours_in_a_zone_that_is_wanted_no_more_goes() {
        let (ours, other) = (record("a", "A", "192.0.2.1"), record("b", "A", "192.0.2.1"));
        let mut nothing = desired("Z1", &[]);
        nothing.zones.clear();
        let found = zones(&nothing, &deployed(&[ours.clone(), other], &[&ours]));
        assert_eq!(shown(&found), ["delete a.example.com. A"]);
        assert_eq!((found[0].domain.as_str(), found[0].existing), ("example.com.", 2));
    }

    #[test]
    fn names_that_another_tool_registered_are_left_alone() {
        let text = "\"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/shop/api\"";
        let wanted = |record_type: &str, value: &str| vec![record("api", record_type, value)];
        let address = record("api", "A", "192.0.2.7");
        for registry in ["api", "a-api", "cname-api", "cname.api", "a-x-.api"] {
            let live = [address.clone(), record(registry, "TXT", text)];
            let why = format!("external-dns manages it, by its record {registry}.example.com. TXT");
            let blocked = format!("blocked record api.example.com. A: it is wanted and not made: {why}");
            for value in ["192.0.2.1", "192.0.2.7"] {
                assert_eq!(changes(&wanted("A", value), &live, &[]), *from_ref(&blocked), "{registry}");
            }
            let left = format!("left api.example.com. A: {why}");
            assert_eq!(changes(&[], &live, &[&address]), [left], "{registry}: nor deleted, it was taken over");
            let mail = wanted("MX", "10 mail.example.com.");
            assert_eq!(changes(&mail, &live, &[]), ["create api.example.com. MX"], "{registry}");
        }
        let only_registry = [record("api", "TXT", text)];
        let found = changes(&wanted("A", "192.0.2.1"), &only_registry, &[]);
        assert_eq!(
            found,
            [
                "blocked record api.example.com. A: it is wanted and not made, because of api.example.com. TXT: external-dns manages this name"
            ]
        );
        let found = changes(&wanted("TXT", "\"x\""), &only_registry, &[]);
        assert_eq!(
            found,
            ["blocked record api.example.com. TXT: it is wanted and not made: external-dns manages this name"]
        );
        for other in ["a-apis", "x-api", "api-a", "a-b.api"] {
            let live = [record(other, "TXT", text)];
            assert_eq!(changes(&wanted("A", "192.0.2.1"), &live, &[]), ["create api.example.com. A"], "{other}");
        }
        let live = [record("api", "TXT", "\"heritage=lbctl,owner=x\"")];
        let found = changes(&wanted("A", "192.0.2.1"), &live, &[]);
        assert_eq!(
            found,
            [
                "blocked record api.example.com. A: it is wanted and not made, because of api.example.com. TXT: lbctl manages this name"
            ]
        );
    }

    #[test]
    fn what_route_53_refuses_beside_others_is_named() {
        let cname = record("a", "CNAME", "b.example.com");
        let found = changes(&[record("a", "A", "192.0.2.1")], from_ref(&cname), &[]);
        assert_eq!(
            found,
            [
                "blocked record a.example.com. A: it is wanted and not made, because of a.example.com. CNAME: not ours, and a CNAME stands alone: the wanted A cannot stand beside it"
            ]
        );
        let found = changes(&[record("a", "A", "192.0.2.1")], from_ref(&cname), &[&cname]);
        assert_eq!(found, ["create a.example.com. A", "delete a.example.com. CNAME"], "ours makes room");
        let simple = record("a", "A", "192.0.2.1");
        let found = changes(&[weighted("a", "one", "192.0.2.1")], from_ref(&simple), &[]);
        assert!(found[0].starts_with("blocked record a.example.com. A (one): it is wanted and not made, because of a.example.com. A: not ours, and the record sets"), "{found:?}");
        let found = changes(&[weighted("a", "one", "192.0.2.1")], from_ref(&simple), &[&simple]);
        assert_eq!(found, ["delete a.example.com. A", "create a.example.com. A (one)"]);
        let found = changes(&[weighted("a", "one", "192.0.2.1")], &[weighted("a", "two", "192.0.2.2")], &[]);
        assert_eq!(found, ["create a.example.com. A (one)"]);
    }
}
