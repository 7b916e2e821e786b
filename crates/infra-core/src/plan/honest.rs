//! Whether a plan says what the project makes of what is deployed: a hash keeps from mistakes, not from hands.

use super::{Plan, build};
use crate::diff::{Changes, Method, ObjectChange, StackChange};
use crate::state::{Deployed, Desired, StackKey};

impl Plan {
    /// What a plan says that does not follow from the project and from what is deployed, as sentences; `now` is their
    /// comparison, which may hold more: what the plan does not touch may have changed since.
    ///
    /// Of a stack of which CloudFormation was asked, only what is done with it follows; that its change set does no more
    /// than the plan says is looked at when it is executed.
    pub fn departs(&self, now: &Changes, desired: &Desired, deployed: &Deployed) -> Vec<String> {
        let mut wrong = Vec::new();
        for change in &self.changes.stacks {
            let same = now.stack(&change.stack).is_some_and(|now| match change.method {
                Method::ChangeSet => {
                    (change.action, change.adopts, &change.attributes) == (now.action, now.adopts, &now.attributes)
                }
                Method::Template | Method::Live => bare(change) == bare(now),
            });
            if !same {
                wrong.push(format!("its changes of stack {} are not those of the project", change.stack));
            }
        }
        for zone in self.changes.zones.iter().filter(|zone| !now.zones.contains(zone)) {
            wrong.push(format!("its records of {} are not those of the project", zone.domain));
        }
        let known = |one: &&ObjectChange| now.objects.iter().any(|other| is_same(other, one));
        for one in self.changes.objects.iter().filter(|one| !known(one)) {
            let (object, cluster) = (one.identity.join("/"), &one.cluster);
            wrong.push(format!("its change of {object} in cluster {cluster} is not that of the project"));
        }
        let touched = |stack: &StackKey| self.changes.stack(stack).is_some();
        let opened = now.exposures.iter().filter(|exposure| touched(&exposure.stack));
        for exposure in opened.filter(|exposure| !self.changes.exposures.contains(exposure)) {
            wrong.push(format!("it does not say of stack {}: {}", exposure.stack, exposure.text));
        }
        let second = now.second_zones.iter().filter(|zone| touched(&zone.stack));
        for zone in second.filter(|zone| !self.changes.second_zones.contains(zone)) {
            wrong.push(format!("it does not say of stack {} that {} has a zone already", zone.stack, zone.domain));
        }
        for (cluster, _) in
            now.forgotten.iter().filter(|(cluster, lost)| self.changes.forgotten.get(*cluster) != Some(lost))
        {
            wrong.push(format!("it does not say how many objects of cluster {cluster} would be forgotten"));
        }
        let about = |subject: &str| subject.parse().map_or(true, |stack| touched(&stack));
        for hazard in now.hazards.iter().filter(|hazard| hazard.blocking && about(&hazard.subject)) {
            wrong.push(format!("{}: {}", hazard.subject, hazard.text));
        }
        let memory = build::memory(&self.changes, desired, deployed);
        let steps = build::steps(&self.changes, desired, deployed, memory.keys());
        if (&memory, &steps, &self.templates) != (&self.memory, &self.steps, &build::templates(&self.changes, desired))
        {
            wrong.push("its steps are not those that its changes need".to_owned());
        }
        wrong
    }
}

/// A change without where it was written, which comments move.
fn bare(change: &StackChange) -> StackChange {
    let mut bare = change.clone();
    bare.resources.iter_mut().for_each(|resource| resource.place = None);
    bare
}

/// Whether two changes of an object are the same, however far its rollout is.
fn is_same(one: &ObjectChange, other: &ObjectChange) -> bool {
    let still = |change: &ObjectChange| ObjectChange { waits: None, ..change.clone() };
    still(one) == still(other)
}
