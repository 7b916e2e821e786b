//! Everything that differs, in one value.

use std::collections::BTreeSet;

use super::kin::{Kin, kin};
use super::{Changes, Objects, SecondZone, Stacks, Zones, certificates, objects, stacks, zones};
use crate::names::Date;
use crate::state::{Deployed, Desired, StackKey};

/// Compares what is wanted with what is deployed.
///
/// With some stacks selected, only those are compared: which stack a record or a Kubernetes object belongs to is not
/// known. The day tells which certificates expire soon.
pub fn changes(desired: &Desired, deployed: &Deployed, selected: &BTreeSet<StackKey>, today: Option<Date>) -> Changes {
    let Stacks { changes: stacks, exposures, hazards, unknown } = stacks(desired, deployed, selected);
    let mut changes = Changes { stacks, exposures, hazards, ..Changes::default() };
    let selected_stack = |key: &StackKey| selected.is_empty() || selected.contains(key);
    let new = desired.new_zones(deployed).filter(|(_, key, _)| selected_stack(key));
    changes.second_zones = new
        .filter_map(|(domain, stack, resource)| {
            let existing = deployed.namesakes.get(&domain)?.iter().cloned().collect();
            Some(SecondZone { domain, stack: stack.clone(), resource: resource.to_owned(), existing })
        })
        .collect();
    changes.certificates = certificates(desired, deployed, today);
    changes.hazards.extend(super::zones::hazards(desired, deployed, selected));
    let Kin { hazards, unseen } = kin(desired, deployed);
    changes.hazards.extend(hazards);
    changes.unseen.extend(unseen);
    if selected.is_empty() {
        let Zones { changes: zones, hazards } = zones(desired, deployed, &unknown);
        changes.zones = zones;
        changes.hazards.extend(hazards);
        let Objects { changes: objects, hazards, forgotten, unseen } = objects(desired, deployed, &changes.stacks);
        changes.objects = objects;
        changes.forgotten = forgotten;
        let warnings = deployed.warnings.iter();
        let warnings =
            warnings.flat_map(|(cluster, all)| all.iter().map(move |one| format!("cluster {cluster}: {one}")));
        changes.warnings = warnings.collect();
        changes.unseen.extend(unseen);
        changes.hazards.extend(hazards);
        changes.hazards.extend(super::memory::hazards(desired, deployed));
    } else {
        changes.unseen.push("records and Kubernetes objects, because only some stacks were selected".to_owned());
    }
    changes
}
