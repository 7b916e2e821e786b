//! Whether what is ours outside CloudFormation can be remembered.

use super::changes::Hazard;
use crate::state::{Deployed, Desired, Owned};

/// What keeps us from remembering what is ours, found before anything is made.
pub(super) fn hazards(desired: &Desired, deployed: &Deployed) -> Vec<Hazard> {
    let stack = Owned::key(&desired.project, &desired.environment, &desired.region);
    let mut hazards = Vec::new();
    if let Err(error) = desired.owned().parts() {
        hazards.push(Hazard {
            subject: stack.to_string(),
            text: error.to_string(),
            help: "divide the environment: give some zones or clusters to another project".to_owned(),
            blocking: true,
        });
    }
    for (key, why) in deployed.unread() {
        hazards.push(Hazard {
            subject: key.to_string(),
            text: format!("what it remembers of our records and Kubernetes objects cannot be read: {why}"),
            help: "use the infra that applied last; this one would forget what is ours".to_owned(),
            blocking: true,
        });
    }
    hazards
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::{changes, testing};
    use super::*;
    use crate::assembly::digest;
    use crate::state::DesiredZone;

    #[test]
    fn what_cannot_be_remembered_or_read_blocks_before_anything_is_made() {
        let mut desired = testing::desired(&[("a", json!({}), &[])]);
        let carrier = |metadata: serde_json::Value| json!({ "Resources": { "Owned1": { "Type": Owned::CARRIER, "Metadata": { "infra::Owned": metadata } } } });
        let owned = testing::stack(carrier(json!({ "version": 9 })), &[], &[]);
        let found = hazards(&desired, &testing::deployed(vec![("shop-dev-owned", owned)]));
        assert!(found[0].blocking && found[0].text.ends_with("it has version 9, and this infra reads 2"), "{found:?}");

        let record = |at: usize| {
            let name = format!("{}.example.com.", digest(at.to_string().as_bytes()).repeat(3));
            let values = [json!({ "Value": "192.0.2.1" })];
            let set = json!({ "Name": name, "Type": "A", "TTL": 60, "ResourceRecords": values });
            crate::state::Record::read(&set).unwrap()
        };
        desired.zones.push(DesiredZone {
            domain: "example.com.".into(),
            private: false,
            id: "Z1".into(),
            records: (0..16_000).map(record).collect(),
            needs: BTreeSet::new(),
            named: None,
        });
        let found = changes(&desired, &Deployed::assumed(&desired, &desired), &BTreeSet::new(), None).hazards;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].blocking && found[0].text.starts_with("16000 names of records"), "{found:?}");
    }
}
