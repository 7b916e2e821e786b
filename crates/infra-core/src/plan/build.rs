//! The steps of a plan and their order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Step, Target};
use crate::diff::{Action, Changes};
use crate::names::glob;
use crate::state::{Deployed, Desired, DesiredStack, Owned, StackKey};

/// Stacks by the names under which people ask for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The stacks, and those that they take values from; empty if nothing was asked for: everything.
    pub stacks: BTreeSet<StackKey>,
    /// Names that no stack has.
    pub unknown: Vec<String>,
}

/// Finds stacks by their name in the definition or in CloudFormation, with those that they take values from.
pub fn selection(desired: &Desired, names: &[String]) -> Selection {
    let mut found = Selection::default();
    let mut queue = Vec::new();
    for name in names {
        // What is ours is remembered with everything, or not at all.
        let asked = desired
            .stacks
            .iter()
            .filter(|(key, stack)| !stack.is_memory() && (glob(name, &stack.stack) || glob(name, &key.name)));
        let before = queue.len();
        queue.extend(asked.map(|(key, _)| key.clone()));
        if queue.len() == before {
            found.unknown.push(name.clone());
        }
    }
    while let Some(key) = queue.pop() {
        if let Some(stack) = desired.stacks.get(&key)
            && found.stacks.insert(key)
        {
            queue.extend(stack.needs.iter().cloned());
        }
    }
    found
}

/// Which stacks come before which: what the definition says and, for stacks that it does not have any more, who has
/// the value of another one's output as a parameter.
pub fn order(desired: &Desired, deployed: &Deployed) -> BTreeMap<StackKey, BTreeSet<StackKey>> {
    let mut order: BTreeMap<StackKey, BTreeSet<StackKey>> =
        desired.stacks.iter().map(|(key, stack)| (key.clone(), stack.needs.clone())).collect();
    let mut producers: BTreeMap<&str, Vec<&StackKey>> = BTreeMap::new();
    for (key, stack) in &deployed.stacks {
        for value in stack.outputs.values() {
            producers.entry(value).or_default().push(key);
        }
    }
    for (key, stack) in deployed.stacks.iter().filter(|(key, _)| !desired.stacks.contains_key(key)) {
        let values = stack.parameters.values().filter_map(|value| producers.get(value.as_str())).flatten();
        let needs = values.filter(|producer| **producer != key).map(|producer| (*producer).clone()).collect();
        order.insert(key.clone(), needs);
    }
    order
}

/// Digests of the templates that the changes deploy.
pub(super) fn templates(changes: &Changes, desired: &Desired) -> BTreeMap<StackKey, String> {
    let made = changes.stacks.iter().filter(|change| change.action != Action::Delete);
    made.filter_map(|change| Some((change.stack.clone(), desired.stacks.get(&change.stack)?.sha256.clone()))).collect()
}

/// What the stacks that remember what is ours hold while the changes are made: what was ours, and what is going to be.
/// Those that need not be written before are left out.
///
/// However a run ends, nothing that it made is forgotten, and nothing that it was to delete.
pub(super) fn memory(changes: &Changes, desired: &Desired, deployed: &Deployed) -> BTreeMap<StackKey, Value> {
    if changes.zones.iter().all(|zone| zone.records.is_empty()) && changes.objects.is_empty() {
        return BTreeMap::new();
    }
    let known = deployed.owned();
    let read = |template: &Value| Owned::read(template).ok().flatten().unwrap_or_default();
    let wanted = changes.stacks.iter().filter_map(|change| {
        let stack = desired.stacks.get(&change.stack).filter(|stack| stack.is_memory())?;
        Some((&change.stack, read(&stack.template)))
    });
    let during = wanted.filter_map(|(key, wanted)| {
        let before = deployed.stacks.get(key).map(|stack| read(&stack.template)).unwrap_or_default();
        let during = before.while_making(&wanted, &known);
        (during != before).then(|| (key.clone(), during.template(&desired.project, &desired.environment)))
    });
    during.collect()
}

/// The steps that make the changes.
pub(super) fn steps<'m>(
    changes: &Changes,
    desired: &Desired,
    deployed: &Deployed,
    memory: impl Iterator<Item = &'m StackKey>,
) -> Vec<Step> {
    let order = order(desired, deployed);
    let is_memory = |key: &StackKey| Owned::is_carried_by(&desired.project, &desired.environment, key);
    let mut steps = Steps { changes, order: &order, is_memory: &is_memory, first: BTreeSet::new(), list: Vec::new() };
    steps.remember(memory);
    steps.stacks();
    steps.zones(desired);
    steps.clusters(desired);
    steps.deletions();
    steps.settle();
    steps.list
}

struct Steps<'a> {
    changes: &'a Changes,
    order: &'a BTreeMap<StackKey, BTreeSet<StackKey>>,
    is_memory: &'a dyn Fn(&StackKey) -> bool,
    /// Names of the steps before any record or object changes.
    first: BTreeSet<String>,
    list: Vec<Step>,
}

impl Steps<'_> {
    fn push(&mut self, target: Target, needs: BTreeSet<String>) {
        self.list.push(Step { id: target.step(), target, needs });
    }

    /// Names of all steps so far.
    fn all(&self) -> BTreeSet<String> {
        self.list.iter().map(|step| step.id.clone()).collect()
    }

    fn made(&self, key: &StackKey) -> bool {
        self.changes.stack(key).is_some_and(|change| change.action != Action::Delete)
    }

    /// What is going to be ours is remembered before it is made.
    fn remember<'m>(&mut self, stacks: impl Iterator<Item = &'m StackKey>) {
        for key in stacks {
            self.push(Target::Memory(key.clone()), BTreeSet::new());
        }
        self.first = self.all();
    }

    fn stacks(&mut self) {
        let made: Vec<StackKey> = self
            .changes
            .stacks
            .iter()
            .filter(|change| change.action != Action::Delete && !(self.is_memory)(&change.stack))
            .map(|change| change.stack.clone())
            .collect();
        for key in made {
            let needs = self.nearest(self.order.get(&key).into_iter().flatten());
            self.push(Target::Stack(key), needs);
        }
    }

    /// The nearest stacks that change, looking through those that do not.
    fn nearest<'k>(&'k self, first: impl Iterator<Item = &'k StackKey>) -> BTreeSet<String> {
        let mut queue: Vec<&StackKey> = first.collect();
        let mut seen = BTreeSet::new();
        let mut found = BTreeSet::new();
        while let Some(key) = queue.pop() {
            if !seen.insert(key) {
                continue;
            }
            if self.made(key) {
                found.insert(Target::Stack(key.clone()).step());
            } else {
                queue.extend(self.order.get(key).into_iter().flatten());
            }
        }
        found
    }

    /// Records come last: what they lead to is there by then.
    fn zones(&mut self, desired: &Desired) {
        for zone in self.changes.zones.iter().filter(|zone| !zone.records.is_empty()) {
            let wanted = desired.zones.iter().find(|wanted| wanted.id == zone.id || wanted.domain == zone.domain);
            let outputs = wanted.into_iter().flat_map(|zone| &zone.needs);
            let mut needs = self.nearest(outputs.map(|output| &output.stack));
            needs.extend(self.first.iter().cloned());
            // The id may be known only once the zone is made; people know it by its domain.
            let private = if zone.private { " (private)" } else { "" };
            let mut id = format!("records {}{private}", zone.domain);
            // A zone that takes the place of another has its domain.
            if self.list.iter().any(|step| step.id == id) {
                id = format!("{id} {}", zone.id);
            }
            self.list.push(Step { id, target: Target::Zone(zone.id.clone()), needs });
        }
    }

    fn clusters(&mut self, desired: &Desired) {
        let clusters: BTreeSet<&str> = self.changes.objects.iter().map(|change| change.cluster.as_str()).collect();
        for cluster in clusters {
            let mut outputs = Vec::new();
            for object in desired.objects.iter().filter(|object| object.cluster == cluster) {
                crate::state::placeholders(&object.object, &mut |output| outputs.push(output));
            }
            // Nodes, add-ons and access entries are there before what runs on them.
            let of_cluster = |stack: &&DesiredStack| {
                let resources = stack.template.get("Resources").and_then(serde_json::Value::as_object);
                let kinds = resources.into_iter().flatten().filter_map(|(_, it)| it.get("Type")?.as_str());
                kinds.into_iter().any(|kind| kind.starts_with("AWS::EKS::"))
            };
            let clusters = desired.stacks.iter().filter(|(_, stack)| of_cluster(stack)).map(|(key, _)| key);
            let mut needs = self.nearest(outputs.iter().map(|output| &output.stack).chain(clusters));
            needs.extend(self.first.iter().cloned());
            self.push(Target::Cluster(cluster.to_owned()), needs);
        }
    }

    /// Stacks go after everything that may still have used them, in reverse order among themselves.
    fn deletions(&mut self) {
        let gone: Vec<&StackKey> = self
            .changes
            .stacks
            .iter()
            .filter(|change| change.action == Action::Delete && !(self.is_memory)(&change.stack))
            .map(|change| &change.stack)
            .collect();
        let before = self.all();
        for key in &gone {
            let mut needs = before.clone();
            let users = gone.iter().filter(|user| self.order.get(**user).is_some_and(|needs| needs.contains(*key)));
            needs.extend(users.map(|user| Target::Stack((*user).clone()).step()));
            self.push(Target::Stack((*key).clone()), needs);
        }
    }

    /// What is gone is forgotten once everything else is done.
    fn settle(&mut self) {
        let needs = self.all();
        let memory = self.changes.stacks.iter().map(|change| &change.stack).filter(|key| (self.is_memory)(key));
        for key in memory.cloned().collect::<Vec<_>>() {
            self.push(Target::Stack(key), needs.clone());
        }
    }
}
