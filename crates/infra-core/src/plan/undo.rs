//! What taking back the records of a run changes.

use std::collections::BTreeSet;

use crate::diff::{self, Action, Changes, ZoneChange};
use crate::state::{Deployed, Desired, OutputRef, Owned, fill_text};

/// What is changed and what is wanted, where the records of a run are taken back: with them, what is remembered as ours.
/// What the run made is gone and not ours any more, what it deleted is ours again, and what it took over is given back.
///
/// Of a run that was cut off the same comes out, whatever of it is done.
pub fn undoing(zones: Vec<ZoneChange>, desired: Desired, deployed: &Deployed) -> (Changes, Desired) {
    let output = |output: &OutputRef| deployed.output(output).map(str::to_owned);
    // Under the spelling of its id that the definition has: else the next comparison finds another one.
    let spelled = |id: &String| fill_text(id, &output);
    let mut owned = deployed.owned();
    for id in desired.zones.iter().map(|zone| &zone.id).filter(|id| zones.iter().any(|zone| zone.id == spelled(id))) {
        owned.zones.entry(id.clone()).or_default();
    }
    let desired = desired.remembering(&remembered(owned, &zones, &output));
    let is_memory = |key: &_| Owned::is_carried_by(&desired.project, &desired.environment, key);
    let mut memory = desired.clone();
    memory.stacks.retain(|key, _| is_memory(key));
    let mut known = deployed.clone();
    known.stacks.retain(|key, _| is_memory(key));
    let stacks = diff::stacks(&memory, &known, &BTreeSet::new()).changes;
    (Changes { stacks, zones, ..Changes::default() }, desired)
}

fn remembered(mut owned: Owned, zones: &[ZoneChange], output: &dyn Fn(&OutputRef) -> Option<String>) -> Owned {
    for zone in zones {
        // What was recorded by the output that gives the zone's id is of the zone, too.
        let is_of_zone = |id: &String| fill_text(id, &output) == zone.id;
        for change in &zone.records {
            let goes = change.action == Action::Delete || change.releases;
            let comes = change.action == Action::Create && !change.releases;
            for (_, keys) in owned.begun.iter_mut().filter(|(id, _)| (goes || comes) && is_of_zone(id)) {
                keys.remove(&change.key);
            }
            for (_, keys) in owned.zones.iter_mut().filter(|(id, _)| goes && is_of_zone(id)) {
                keys.remove(&change.key);
            }
            if comes {
                let id = owned.zones.keys().find(|id| is_of_zone(id)).unwrap_or(&zone.id).clone();
                owned.zones.entry(id).or_default().insert(change.key.clone());
            }
        }
    }
    owned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::RecordChange;
    use crate::state::RecordKey;

    fn key(name: &str) -> RecordKey {
        RecordKey { name: format!("{name}.example.com."), record_type: "A".into(), set: None }
    }

    #[test]
    fn what_is_ours_after_a_run_is_taken_back() {
        let keys = |names: &[&str]| names.iter().map(|name| key(name)).collect::<BTreeSet<_>>();
        let change = |name: &str, action, releases| RecordChange {
            key: key(name),
            action,
            before: None,
            after: None,
            adopts: false,
            releases,
        };
        let zones = [ZoneChange {
            domain: "example.com.".into(),
            private: false,
            id: "Z1".into(),
            existing: 4,
            records: vec![
                change("made", Action::Delete, false),
                change("changed", Action::Update, false),
                change("deleted", Action::Create, false),
                change("taken", Action::Update, true),
            ],
            left_alone: Vec::new(),
        }];
        let before = Owned {
            zones: [("Z1".to_owned(), keys(&["made", "changed", "taken", "other"]))].into(),
            begun: [("Z1".to_owned(), keys(&["made", "perhaps"]))].into(),
            ..Owned::default()
        };
        let after = remembered(before.clone(), &zones, &|_| None);
        assert_eq!(after.zones["Z1"], keys(&["changed", "deleted", "other"]));
        assert_eq!(after.begun["Z1"], keys(&["perhaps"]));
        let cut_off = remembered(before.while_making(&after, &before), &zones, &|_| None);
        assert_eq!(cut_off, after, "the same, whatever of it is done");
    }
}
