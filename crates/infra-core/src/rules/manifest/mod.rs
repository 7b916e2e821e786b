//! Every field of every Kubernetes object against what an API server accepts.
//!
//! First the walk: unknown fields, types, quantities, values, bounds, what is required and what stands twice, by the
//! facts about built-in kinds and well-known custom ones, and by the schema of a `CustomResourceDefinition` that stands
//! beside its objects. Then what the server validates beyond types, a file for each family of kinds. What only the
//! deployment knows is silent, and so is text with a hole that a template fills (`${…}`, `{{ … }}`).

mod access;
mod annotations;
mod cel;
mod cluster;
mod configuration;
mod containers;
mod definition;
mod findings;
mod fits;
mod forms;
mod law_tables;
mod laws;
mod metadata;
mod network;
mod pods;
mod report;
mod scaling;
mod schema;
mod storage;
#[cfg(test)]
mod tests;
mod values;
mod walk;
mod workloads;

pub use findings::FINDINGS;

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::facts::kubernetes_types::{self, Kind};
use crate::view::{Object, View};
use report::Report;
use schema::{Definitions, Schema};

/// Checks every object of a deployment.
pub fn check<'v>(view: &'v View<'v>, diags: &mut Diagnostics) {
    let definitions = Definitions::of(view);
    let minor = view.only_cluster().and_then(|cluster| u32::try_from(cluster.minor_version()?).ok());
    let mut found = Vec::new();
    for object in view.objects() {
        one(object, minor, &definitions, &mut found);
    }
    diags.extend(found);
}

fn one<'v>(object: Object<'v>, minor: Option<u32>, definitions: &Definitions<'v>, found: &mut Vec<Diagnostic>) {
    let Some(version) = values::known(object.get("apiVersion")) else { return };
    let kind = kubernetes_types::find(&version, object.kind());
    let own = definitions.find(&version, object.kind());
    let is_custom = own.is_none() && kind.is_some_and(Kind::is_custom);
    let why = if is_custom { report::BY_CONTROLLER } else { report::REFUSED };
    let mut report = Report { object, is_custom, minor, why, found };
    match (own, kind) {
        (Some(schema), _) => walk::root(&schema, &mut report),
        (None, Some(kind)) => walk::root(&Schema::Fact(kind.schema()), &mut report),
        (None, None) if is_built_in(&version) && !is_of_lists(object.kind()) => unknown_kind(&version, &mut report),
        (None, None) => other_version(&version, definitions, &mut report),
    }
    if kind.is_some() || own.is_some() || object.get("metadata").is_some() {
        metadata::check(&mut report);
    }
    if own.is_none() {
        let group = version.rsplit_once('/').map_or("", |(group, _)| group);
        let of = law_tables::OBJECTS.iter().filter(|(of, kind, _)| *of == group && *kind == object.kind());
        of.for_each(|(_, _, laws)| laws::apply(laws, object.body(), &mut report));
    }
    if kind.is_some_and(|kind| !kind.is_custom()) {
        match object.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "CronJob" | "Pod" => {
                workloads::check(&mut report);
            }
            "Service" => network::service(&mut report),
            "Ingress" => network::ingress(&mut report),
            "NetworkPolicy" => network::policy(&mut report),
            "HorizontalPodAutoscaler" => scaling::autoscaler(&mut report),
            "PodDisruptionBudget" => scaling::budget(&mut report),
            "ConfigMap" | "Secret" => configuration::check(&mut report),
            "CustomResourceDefinition" => definition::check(&mut report),
            "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => access::check(&mut report),
            "PersistentVolumeClaim" => {
                let root = object.body();
                storage::claim(&root, &mut report);
            }
            _ => cluster::check(&mut report),
        }
    } else if version.starts_with("keda.sh/") && matches!(object.kind(), "ScaledJob" | "ScaledObject") {
        scaling::scaled_object(&mut report);
    }
}

/// Whether the group of a version is one of Kubernetes itself: those of controllers have domains of their own.
fn is_built_in(version: &str) -> bool {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let mut kinds = kubernetes_types::all().filter(|kind| !kind.is_custom());
    kinds.any(|kind| kind.version().split_once('/').map_or("", |(group, _)| group) == group)
}

/// Lists, and answers of the server, are of no kind that is kept.
fn is_of_lists(kind: &str) -> bool {
    kind.ends_with("List") || matches!(kind, "Status" | "Table" | "Config")
}

/// A kind that is known, in a version that is not: one that a definition of the deployment leaves out, or that the
/// definitions known here do not have.
fn other_version(version: &str, definitions: &Definitions<'_>, report: &mut Report<'_, '_>) {
    let Some(place) = report.object.get("apiVersion") else { return };
    let name = report.object.kind();
    let Some((group, _)) = version.rsplit_once('/') else { return };
    let own = definitions.versions(group, name);
    let is_own = !own.is_empty();
    let of = |kind: &Kind| {
        kind.kind() == name && kind.is_custom() && kind.version().rsplit_once('/').is_some_and(|(it, _)| it == group)
    };
    let versions: Vec<String> =
        if is_own { own } else { kubernetes_types::all().filter(of).map(|kind| kind.version().to_owned()).collect() };
    if versions.is_empty() || super::kubernetes::is_removed(version, name) {
        return;
    }
    let title = format!("{name} has no version `{version}` that is known");
    let note = if is_own { report::REFUSED } else { "the definitions of the controller that are known do not have it" };
    let help = format!("write `apiVersion: {}`", versions.join("` or `"));
    let mut finding = place.finding(title, "no such version").note(note).help(help);
    finding.id = "manifest/unknown-kind";
    finding.severity = if is_own { Severity::Error } else { Severity::Warning };
    report.found.push(finding);
}

/// Old versions are the business of `kubernetes/removed-api`, which knows the successor.
fn unknown_kind(version: &str, report: &mut Report<'_, '_>) {
    let name = report.object.kind();
    if super::kubernetes::is_removed(version, name) {
        return;
    }
    let Some(kind) = report.object.get("kind") else { return };
    let elsewhere: Vec<String> = kubernetes_types::all()
        .filter(|it| it.kind() == name)
        .map(|it| format!("`apiVersion: {}`", it.version()))
        .collect();
    let names = kubernetes_types::all().filter(|it| it.version() == version).map(Kind::kind);
    let near = crate::diag::suggest(name, names.collect::<Vec<_>>().iter().copied());
    let help = match (elsewhere.last(), near) {
        (Some(version), _) => format!("write {version}"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "write the `apiVersion` and `kind` of what is meant".to_owned(),
    };
    let title = format!("there is no {name} in `{version}`");
    let mut finding = kind.finding(title, "no kind of this version").note(report::REFUSED).help(help);
    finding.id = "manifest/unknown-kind";
    finding.severity = Severity::Error;
    report.found.push(finding);
}
