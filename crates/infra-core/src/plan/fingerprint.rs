//! What a plan rests on: digests of everything live that it touches, so that a later change of any of it is seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assembly::digest;
use crate::diff::Changes;
use crate::state::{Certificate, Deployed, DeployedStack, DeployedZone, Desired, Phase, StackKey};

/// What stands for a thing that is not there.
const ABSENT: &str = "absent";

/// Digests of what is live. What is not there is `absent`: it must still not be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prints {
    /// Stacks that change, and those that they take values from.
    pub stacks: BTreeMap<StackKey, String>,
    /// Zones in which records change, by id.
    pub zones: BTreeMap<String, String>,
    /// Certificates that the templates name, by ARN.
    pub certificates: BTreeMap<String, String>,
}

/// Something is not any more as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// What: `stack orders-dev-api@eu-west-1`.
    pub what: String,
    /// How it differs.
    pub how: String,
}

impl Prints {
    /// Takes the prints of everything that the changes touch or rest on.
    pub fn take(changes: &Changes, desired: &Desired, deployed: &Deployed) -> Self {
        let mut prints = Self::default();
        for change in &changes.stacks {
            let producers = desired.stacks.get(&change.stack).into_iter().flat_map(|stack| stack.parameters.values());
            let producers = producers.map(|output| &output.stack);
            for key in std::iter::once(&change.stack).chain(producers) {
                prints.stacks.insert(key.clone(), of_stack(deployed.stacks.get(key)));
            }
        }
        for zone in changes.zones.iter().filter(|zone| !zone.records.is_empty() && !zone.id.contains("${")) {
            prints.zones.insert(zone.id.clone(), of_zone(deployed.zones.get(&zone.id)));
        }
        for (arn, certificate) in &deployed.certificates {
            prints.certificates.insert(arn.clone(), of_certificate(certificate));
        }
        prints
    }

    /// Whether a stack, or that it is not there, is what the prints say.
    pub fn is_stack(&self, key: &StackKey, live: Option<&DeployedStack>) -> bool {
        self.stacks.get(key).is_some_and(|print| *print == of_stack(live))
    }

    /// Compares with what is live now; everything that differs is returned.
    pub fn compare(&self, deployed: &Deployed) -> Vec<Stale> {
        let stacks = self.stacks.iter().map(|(key, then)| {
            let now = deployed.stacks.get(key);
            (format!("stack {key}"), then, of_stack(now), now.map(|stack| stack.status.to_string()))
        });
        let zones = self.zones.iter().map(|(id, then)| {
            let now = deployed.zones.get(id);
            (format!("hosted zone {id}"), then, of_zone(now), now.map(|zone| zone.domain.clone()))
        });
        let certificates = self.certificates.iter().map(|(arn, then)| {
            let now = deployed.certificates.get(arn);
            let print = now.map_or_else(|| ABSENT.to_owned(), of_certificate);
            (format!("certificate {arn}"), then, print, now.map(|certificate| certificate.status.clone()))
        });
        let all = stacks.chain(zones).chain(certificates);
        all.filter(|(_, then, now, _)| *then != now)
            .map(|(what, then, now, state)| {
                let how = match (then.as_str(), now.as_str()) {
                    (ABSENT, _) => "was not there when the plan was made, and is there now".to_owned(),
                    (_, ABSENT) => "was there when the plan was made, and is gone".to_owned(),
                    (_, _) => "was changed after the plan was made".to_owned(),
                };
                let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
                Stale { what, how: how + &state }
            })
            .collect()
    }
}

/// Whether a stack holds nothing: it was never created, or is gone.
pub fn is_absent(stack: &DeployedStack) -> bool {
    match stack.status.phase() {
        Phase::Review | Phase::Gone => true,
        Phase::Steady
        | Phase::Busy
        | Phase::CreationFailed
        | Phase::RolledBack
        | Phase::UpdateFailed
        | Phase::RollbackFailed
        | Phase::DeleteFailed => false,
    }
}

fn of_stack(stack: Option<&DeployedStack>) -> String {
    let Some(stack) = stack.filter(|stack| !is_absent(stack)) else { return ABSENT.to_owned() };
    let DeployedStack {
        id,
        status,
        reason: _,
        template: _,
        template_sha256,
        parameters,
        outputs,
        tags,
        termination_protection,
        changed,
    } = stack;
    print(&(id, status, template_sha256, parameters, outputs, tags, termination_protection, changed))
}

fn of_zone(zone: Option<&DeployedZone>) -> String {
    zone.map_or_else(
        || ABSENT.to_owned(),
        |zone| {
            let mut records: Vec<_> = zone.records.iter().collect();
            records.sort();
            print(&(&zone.domain, zone.private, records))
        },
    )
}

fn of_certificate(certificate: &Certificate) -> String {
    let Certificate { arn, region: _, status, kind, names, not_after, renewal: _, failure: _, validations: _ } =
        certificate;
    print(&(arn, status, kind, names, not_after))
}

fn print(value: &impl Serialize) -> String {
    // Maps with keys of text and plain values always serialize.
    digest(&serde_json::to_vec(value).unwrap_or_default())
}
