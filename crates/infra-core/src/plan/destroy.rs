//! What taking a whole environment away changes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::{self, Action, Changes, Hazard, RecordChange};
use crate::names::LogicalId;
use crate::state::{Deployed, DeployedStack, Desired, Holder, StackKey};

/// End of the values of records that prove to ACM that a domain is ours.
///
/// Source: <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html> (read 2026-11-25).
const VALIDATION: &str = ".acm-validations.aws.";

/// Compares what is deployed with nothing at all.
///
/// Records that CloudFormation wrote to prove domains to ACM go as well, where the zone itself goes: CloudFormation
/// leaves them, and Route 53 deletes no zone that has records.
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html> (read 2026-11-25).
pub fn destruction(desired: &Desired, deployed: &Deployed) -> Changes {
    let nothing = Desired {
        stacks: std::collections::BTreeMap::new(),
        zones: Vec::new(),
        objects: Vec::new(),
        documents: Vec::new(),
        environments: BTreeSet::new(),
        ..desired.clone()
    };
    let mut changes = diff::changes(&nothing, deployed, &BTreeSet::new(), None);
    // A stack that never came to be is in the way of the next creation.
    changes.certificates.clear();
    clusters_go(&mut changes);
    let mut hazards = others(desired, deployed);
    for (id, zone) in &deployed.zones {
        let Some(stack) = goes_with(deployed, id) else { continue };
        let found = changes.zones.iter().position(|change| change.id == *id);
        let index = found.unwrap_or_else(|| {
            changes.zones.push(diff::ZoneChange {
                domain: zone.domain.clone(),
                private: zone.private,
                id: id.clone(),
                existing: zone.records.len(),
                records: Vec::new(),
                left_alone: Vec::new(),
            });
            changes.zones.len() - 1
        });
        let Some(change) = changes.zones.get_mut(index) else { continue };
        let mut others = Vec::new();
        for record in &zone.records {
            let apex = record.key.name == zone.domain && matches!(record.key.record_type.as_str(), "NS" | "SOA");
            if apex || change.records.iter().any(|gone| gone.key == record.key) {
                continue;
            }
            if record.key.record_type == "CNAME" && record.values.iter().any(|value| value.ends_with(VALIDATION)) {
                change.records.push(RecordChange {
                    key: record.key.clone(),
                    action: Action::Delete,
                    before: Some(record.to_value()),
                    after: None,
                    adopts: false,
                    releases: false,
                });
            } else {
                others.push(record.key.to_string());
            }
        }
        if let Some(first) = others.first() {
            hazards.push(Hazard {
                subject: stack.to_string(),
                text: format!(
                    "zone {} holds {} that are not ours, such as {first}: Route 53 deletes no zone that has records",
                    zone.domain,
                    if others.len() == 1 { "1 record".to_owned() } else { format!("{} records", others.len()) }
                ),
                help: "remove them first, or keep the zone with a DeletionPolicy of Retain".to_owned(),
                blocking: false,
            });
        }
    }
    changes.zones.retain(|zone| !zone.records.is_empty());
    changes.hazards.extend(hazards);
    changes
}

/// A cluster that goes takes what is in it along; whether it answers does not matter.
fn clusters_go(changes: &mut Changes) {
    let resources = || changes.stacks.iter().flat_map(|stack| &stack.resources);
    let going = resources().filter(|it| it.kind == "AWS::EKS::Cluster" && it.action == Action::Delete);
    let going: BTreeSet<&String> = going.map(|it| &it.id).collect();
    // The logical id of a cluster follows from its name.
    let goes = |cluster: &str| {
        let id = cluster.parse().map(|name| LogicalId::from_name("Cluster", &name, ""));
        id.is_ok_and(|id| going.iter().any(|gone| *gone == id.as_str()))
    };
    let named = |hazard: &Hazard| hazard.subject.strip_prefix("cluster ").is_some_and(goes);
    let gone: Vec<bool> = changes.hazards.iter().map(named).collect();
    changes.forgotten =
        changes.forgotten.iter().filter(|(name, _)| !goes(name)).map(|(name, lost)| (name.clone(), *lost)).collect();
    for (hazard, _) in changes.hazards.iter_mut().zip(gone).filter(|(_, gone)| *gone) {
        hazard.blocking = false;
        "nothing: what is in the cluster goes with it".clone_into(&mut hazard.help);
    }
}

/// What stays, because it is of others or was made under another name.
fn others(desired: &Desired, deployed: &Deployed) -> Vec<Hazard> {
    let mut hazards = diff::renamed(desired, deployed);
    let owner = desired.owner();
    for (key, who) in &deployed.foreign {
        hazards.push(Hazard {
            subject: key.to_string(),
            text: format!("the stack is of {who} and stays"),
            help: "destroy it where it was made, if it is to go".to_owned(),
            blocking: false,
        });
    }
    for (key, _) in deployed.stacks.iter().filter(|(_, stack)| owner.of_stack(stack) != Holder::Ours) {
        hazards.push(Hazard {
            subject: key.to_string(),
            text: "the stack carries no tags of this project, so it is not ours and stays".to_owned(),
            help: "delete it by hand if it is to go".to_owned(),
            blocking: false,
        });
    }
    hazards
}

/// The stack that makes a zone and, if it goes, takes the zone with it.
fn goes_with<'a>(deployed: &'a Deployed, id: &str) -> Option<&'a StackKey> {
    let takes = |stack: &DeployedStack| {
        let given = stack.outputs.iter().filter(|(_, value)| *value == id);
        given.into_iter().any(|(output, _)| {
            let source = stack.template.pointer(&format!("/Outputs/{output}/Value/Ref")).and_then(Value::as_str);
            let resource = source.and_then(|source| stack.template.pointer(&format!("/Resources/{source}")));
            resource.is_some_and(|resource| {
                let policy = resource.get("DeletionPolicy").and_then(Value::as_str);
                let kind = resource.get("Type").and_then(Value::as_str);
                kind == Some("AWS::Route53::HostedZone") && matches!(policy, None | Some("Delete"))
            })
        })
    };
    deployed.stacks.iter().find(|(_, stack)| takes(stack)).map(|(key, _)| key)
}
