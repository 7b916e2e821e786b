//! What of a change set is no change: values that come from what identifies resources that stay.
//!
//! CloudFormation marks everything that refers to a changed resource as changed, and what that would replace as perhaps
//! replaced; by the time it gets there, the value is the one it was. That goes on along every chain: dead-letter queue,
//! queue, subscription.

use std::collections::{BTreeMap, BTreeSet};

use super::change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
use super::changes::Impact;
use super::draft::first_property;
use crate::facts::attributes::keeps;

/// The details of a change set that change nothing.
pub(super) struct Inert<'a> {
    resources: BTreeMap<&'a str, &'a ChangeSetResource>,
    /// By the id of the resource and the place among its details.
    details: BTreeSet<(&'a str, usize)>,
}

impl<'a> Inert<'a> {
    /// Finds them, from one resource to those that refer to it, until nothing new comes of it.
    pub(super) fn of(set: &'a ChangeSet) -> Self {
        let resources = set.resources.iter().map(|resource| (resource.id.as_str(), resource)).collect();
        let mut inert = Self { resources, details: BTreeSet::new() };
        loop {
            let all = set.resources.iter().flat_map(|resource| {
                resource.details.iter().enumerate().map(move |(place, detail)| (resource.id.as_str(), place, detail))
            });
            let new: Vec<(&str, usize)> = all
                .filter(|(id, place, detail)| !inert.details.contains(&(*id, *place)) && inert.stays(detail))
                .map(|(id, place, _)| (id, place))
                .collect();
            if new.is_empty() {
                return inert;
            }
            inert.details.extend(new);
        }
    }

    /// The details of a resource that may change something.
    pub(super) fn rest<'r>(&'r self, resource: &'r ChangeSetResource) -> impl Iterator<Item = &'r ChangeSetDetail> {
        let changes = |(place, _): &(usize, _)| !self.details.contains(&(resource.id.as_str(), *place));
        resource.details.iter().enumerate().filter(changes).map(|(_, detail)| detail)
    }

    /// Whether a resource is changed only because others are that keep what it takes from them.
    pub(super) fn is_whole(&self, resource: &ChangeSetResource) -> bool {
        resource.action == "Modify" && !resource.details.is_empty() && self.rest(resource).next().is_none()
    }

    /// The details because of which a resource is, or may be, replaced.
    pub(super) fn recreating<'r>(
        &'r self,
        resource: &'r ChangeSetResource,
    ) -> impl Iterator<Item = &'r ChangeSetDetail> {
        self.rest(resource).filter(|detail| recreation(detail) > Impact::InPlace)
    }

    /// Whether a resource that CloudFormation calls perhaps replaced may be: not if all that could do it stays.
    pub(super) fn may_be_replaced(&self, resource: &ChangeSetResource) -> bool {
        let said = resource.details.iter().any(|detail| recreation(detail) > Impact::InPlace);
        resource.replacement.as_deref() == Some("Conditional") && (!said || self.recreating(resource).next().is_some())
    }

    /// Whether the value of a detail is what identifies a resource that is there, and stays.
    fn stays(&self, detail: &ChangeSetDetail) -> bool {
        let Some(entity) = detail.causing_entity.as_deref() else { return false };
        let (id, attribute) = entity.split_once('.').unwrap_or((entity, "Ref"));
        // Parameters are no resources.
        let Some(other) = self.resources.get(id) else { return false };
        let replaced = other.replacement.as_deref() == Some("True") || self.may_be_replaced(other);
        let changed: BTreeSet<&str> = self.rest(other).filter_map(|detail| first_property(&detail.path)).collect();
        // Without details, anything may have changed.
        let differs = |property: &str| other.details.is_empty() || changed.contains(property);
        let kept = (changed.is_empty() && !other.details.is_empty()) || keeps(&other.kind, attribute, differs);
        other.action == "Modify" && !replaced && kept
    }
}

/// What a detail says of its resource.
pub(super) fn recreation(detail: &ChangeSetDetail) -> Impact {
    match detail.requires_recreation.as_deref() {
        Some("Always") => Impact::Replaces,
        Some("Conditionally") => Impact::MayReplace,
        Some(_) | None => Impact::InPlace,
    }
}
