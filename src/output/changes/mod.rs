//! The changes of an environment, for people, comments, programs and CI.

pub mod github;
pub mod human;
pub mod json;
pub mod markdown;
#[cfg(test)]
mod testing;
mod text;

use std::fmt;

use infra_core::diff::{Action, Changes, DataLoss, DriftNote, ExposureKind, Impact, ResourceChange, StackChange};
use infra_core::facts::stateful;
use infra_core::plan::Requirement;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use text::cut;

use super::count;

/// Changes and what is said beside them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The changes.
    pub changes: &'a Changes,
    /// What somebody must agree to first.
    pub requirements: &'a [Requirement],
    /// Hash of the plan, if these are the changes of one.
    pub hash: Option<&'a str>,
    /// Where they are made.
    pub title: Title<'a>,
}

/// Where changes are made.
#[derive(Clone, Copy, Debug)]
pub struct Title<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// The account.
    pub account: &'a str,
    /// The region of stacks that do not name one.
    pub region: &'a str,
}

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (account {}, {})", self.environment, self.account, self.region)
    }
}

/// Changes in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Resources that are made.
    pub add: usize,
    /// Resources that are changed and stay.
    pub change: usize,
    /// Resources that are deleted.
    pub delete: usize,
    /// Resources that are replaced.
    pub replace: usize,
    /// Resources that may be replaced; CloudFormation decides when it makes the change.
    pub maybe_replace: usize,
    /// Resources that stay and are no longer managed.
    pub retain: usize,
    /// Stacks in which only parameters, outputs, tags and settings change.
    pub stacks: usize,
    /// Record sets that change.
    pub records: usize,
    /// Kubernetes objects that change.
    pub objects: usize,
    /// Principals that may do more, and who may newly assume or use something.
    pub permissions: usize,
    /// Things that more of the network, or everyone, reaches.
    pub newly_reachable: usize,
    /// Resources whose data is deleted.
    pub data_loss: usize,
    /// What would make AWS refuse the changes.
    pub blocking: usize,
}

impl Summary {
    /// Counts changes.
    pub fn of(changes: &Changes) -> Self {
        let resources = || changes.stacks.iter().flat_map(|stack| &stack.resources);
        let acted = |action: Action| resources().filter(|resource| resource.action == action).count();
        let updated = |of: &dyn Fn(Impact) -> bool| {
            resources().filter(|resource| resource.action == Action::Update && of(resource.impact)).count()
        };
        let exposed = |kinds: &[ExposureKind]| changes.exposures.iter().filter(|one| kinds.contains(&one.kind)).count();
        let hazards = changes.hazards.iter().filter(|hazard| hazard.blocking).count();
        Self {
            add: acted(Action::Create),
            change: updated(&|impact| matches!(impact, Impact::InPlace | Impact::MayInterrupt)),
            delete: acted(Action::Delete),
            replace: updated(&|impact| impact == Impact::Replaces),
            maybe_replace: updated(&|impact| impact == Impact::MayReplace),
            retain: acted(Action::Retain),
            stacks: changes.stacks.iter().filter(|stack| stack.resources.is_empty()).count(),
            records: changes.zones.iter().map(|zone| zone.records.len()).sum(),
            objects: changes.objects.len(),
            permissions: exposed(&[ExposureKind::Permission, ExposureKind::Principal]),
            newly_reachable: exposed(&[ExposureKind::Network, ExposureKind::Public]),
            data_loss: resources().filter(|resource| resource.data == Some(DataLoss::Deleted)).count(),
            blocking: hazards + changes.certificates.iter().filter(|note| note.blocking).count(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |number: usize, words: &str| (number > 0).then(|| format!("{number} {words}"));
        let counted = |number: usize, noun: &str, rest: &str| (number > 0).then(|| count(number, noun) + rest);
        let parts = [
            plain(self.add, "to add"),
            plain(self.change, "to change"),
            plain(self.delete, "to delete"),
            plain(self.replace, "replaced"),
            plain(self.maybe_replace, "may be replaced"),
            plain(self.retain, "no longer managed"),
            counted(self.stacks, "stack", " in settings only"),
            counted(self.records, "record", ""),
            counted(self.objects, "object", ""),
            counted(self.permissions, "permission", " wider"),
            plain(self.newly_reachable, "newly reachable"),
            plain(self.data_loss, if self.data_loss == 1 { "loss of data" } else { "losses of data" }),
            plain(self.blocking, "blocking"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "no changes" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

/// Something to look at before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Danger {
    /// Whether it loses something or cannot work, and is not just to be known.
    error: bool,
    /// What happens.
    text: String,
    /// Where it was written, as `path:line:column`.
    place: Option<String>,
    /// What to do about it.
    help: Option<String>,
}

/// What is dangerous in changes: what cannot work and what is lost first, then who can do or reach more.
fn dangers(changes: &Changes) -> Vec<Danger> {
    let danger = |error, text| Danger { error, text, place: None, help: None };
    let mut found = Vec::new();
    for hazard in &changes.hazards {
        let text = format!("{}: {}", hazard.subject, hazard.text);
        let help = (!hazard.help.is_empty()).then(|| hazard.help.clone());
        found.push(Danger { help, ..danger(hazard.blocking, text) });
    }
    for note in changes.certificates.iter().filter(|note| note.blocking) {
        found.push(danger(true, format!("certificate {} of {} {}", note.arn, note.of, note.text)));
    }
    for stack in &changes.stacks {
        if stack.action == Action::Delete {
            found.push(danger(true, format!("stack {} is deleted", stack.stack)));
        }
        for resource in &stack.resources {
            let name = format!("{} {} of {}", resource.kind, resource.id, stack.stack);
            let texts = [lost(resource, &name), replaced(resource, &name)];
            found.extend(
                texts
                    .into_iter()
                    .flatten()
                    .map(|(error, text)| Danger { place: resource.place.clone(), ..danger(error, text) }),
            );
        }
    }
    for exposure in &changes.exposures {
        let stack = changes.stack(&exposure.stack);
        let resource = stack.and_then(|stack| stack.resources.iter().find(|one| one.id == exposure.resource));
        let kind = match exposure.kind {
            ExposureKind::Permission => "wider permission",
            ExposureKind::Principal => "new principal",
            ExposureKind::Network => "open to more of the network",
            ExposureKind::Public => "becomes public",
        };
        let text = format!("{kind}: {} ({} of {})", exposure.text, exposure.resource, exposure.stack);
        let place = resource.and_then(|resource| resource.place.clone());
        found.push(Danger { place, ..danger(exposure.kind == ExposureKind::Public, text) });
    }
    for note in changes.drift.iter().filter(|note| matches!(note.status.as_str(), "MODIFIED" | "DELETED")) {
        found.push(danger(false, drifted(note)));
    }
    found.sort_by_key(|danger| !danger.error);
    found
}

fn drifted(note: &DriftNote) -> String {
    let name = format!("{} {} of {}", note.kind, note.resource, note.stack);
    let property = |(path, expected, actual): &(String, String, String)| format!("{path}: {expected} -> {actual}");
    let properties: Vec<String> = note.properties.iter().map(property).collect();
    match (note.status.as_str(), properties.as_slice()) {
        ("DELETED", _) => format!("{name} was deleted by hand"),
        (_, []) => format!("{name} was changed by hand"),
        (_, properties) => format!("{name} was changed by hand: {}", properties.join("; ")),
    }
}

/// The other replacements: nothing is lost, but the new resource has another name or address.
fn replacements(changes: &Changes) -> Vec<Danger> {
    let of = |stack: &StackChange, resource: &ResourceChange| {
        let name = format!("{} {} of {}", resource.kind, resource.id, stack.stack);
        let other = resource.impact == Impact::Replaces && replaced(resource, &name).is_none();
        let text = format!("{name} is replaced{}", because(resource));
        other.then(|| Danger { error: false, text, place: resource.place.clone(), help: None })
    };
    changes.stacks.iter().flat_map(|stack| stack.resources.iter().filter_map(move |one| of(stack, one))).collect()
}

fn because(resource: &ResourceChange) -> String {
    match resource.causes.as_slice() {
        [] => String::new(),
        causes => format!(", because of {}", causes.join(", ")),
    }
}

fn lost(resource: &ResourceChange, name: &str) -> Option<(bool, String)> {
    match resource.data? {
        DataLoss::Deleted => Some((true, format!("data of {name} is deleted"))),
        DataLoss::Orphaned => Some((false, format!("data of {name} stays, but nothing manages or uses it any more"))),
        DataLoss::Snapshot => Some((false, format!("{name} goes; a snapshot of its data is kept"))),
    }
}

fn replaced(resource: &ResourceChange, name: &str) -> Option<(bool, String)> {
    if resource.data.is_none() && !stateful::stateful(&resource.kind) {
        return None;
    }
    let because = because(resource);
    match resource.impact {
        Impact::Replaces => Some((true, format!("{name}, which holds data, is replaced{because}"))),
        Impact::MayReplace => Some((false, format!("{name}, which holds data, may be replaced{because}"))),
        Impact::InPlace | Impact::MayInterrupt => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_every_kind_of_change_once() {
        let changes = testing::changes();
        assert_eq!(
            Summary::of(&changes).to_string(),
            "1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only, 4 records, 2 objects, \
             1 permission wider, 1 newly reachable, 1 loss of data, 1 blocking"
        );
        assert_eq!(Summary::of(&Changes::default()).to_string(), "no changes");
        assert_eq!(Summary { data_loss: 2, ..Summary::default() }.to_string(), "2 losses of data");
    }

    #[test]
    fn what_was_changed_by_hand_is_told_and_what_could_not_be_checked_is_not() {
        let note = |status: &str, properties: &[(&str, &str, &str)]| DriftNote {
            stack: "shop-dev-main@eu-west-1".parse().unwrap(),
            resource: "Jobs".into(),
            kind: "AWS::SQS::Queue".into(),
            status: status.into(),
            properties: properties.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect(),
        };
        let drift = vec![note("MODIFIED", &[("/Delay", "0", "5")]), note("DELETED", &[]), note("NOT_CHECKED", &[])];
        let texts: Vec<String> =
            dangers(&Changes { drift, ..Changes::default() }).into_iter().map(|danger| danger.text).collect();
        let name = "AWS::SQS::Queue Jobs of shop-dev-main@eu-west-1";
        assert_eq!(
            texts,
            [format!("{name} was changed by hand: /Delay: 0 -> 5"), format!("{name} was deleted by hand")]
        );
    }

    #[test]
    fn dangers_start_with_what_is_lost_or_cannot_work() {
        let dangers = dangers(&testing::changes());
        assert!(dangers.is_sorted_by_key(|danger| !danger.error), "{dangers:#?}");
        assert_eq!(dangers.iter().filter(|danger| danger.error).count(), 4);
    }
}
