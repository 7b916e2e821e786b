//! What is set up for a cluster or a namespace: volumes, limits, quotas, definitions, webhooks.
//!
//! Source: `pkg/apis/core/validation`, `pkg/apis/admissionregistration/validation` and
//! `apiextensions-apiserver/pkg/apis/apiextensions/validation` of <https://github.com/kubernetes/kubernetes>
//! (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

/// What a volume has beside the one source of its kind.
const NO_SOURCES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// Checks an object of such a kind.
pub(super) fn check(report: &mut Report<'_, '_>) {
    match report.object.kind() {
        "PersistentVolume" => volume(report),
        "LimitRange" => limits(report),
        "ResourceQuota" => quota(report),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => webhooks(report),
        _ => {}
    }
}

fn volume(report: &mut Report<'_, '_>) {
    let Some(spec) = report.object.get("spec").filter(Prop::is_object) else { return };
    let sources: Vec<(&str, Prop<'_>)> =
        spec.entries().filter(|(key, value)| !NO_SOURCES.contains(key) && value.is_object()).collect();
    match sources.as_slice() {
        [] => report.missing(spec, "csi", "has no source"),
        [_] => {}
        [(first, _), (_, second), ..] => {
            let says = format!("is a second source of the volume, beside `{first}`");
            report.no(
                *second,
                Mistake::new("manifest/not-together", says, "a volume has one", "remove one of the two").of_key(),
            );
        }
    }
}

/// Each pair must be in order: the smallest, what is asked by default, the default limit, the largest.
fn limits(report: &mut Report<'_, '_>) {
    for item in report.object.each("spec.limits").filter(Prop::is_object) {
        for (low, high) in [
            ("min", "max"),
            ("min", "default"),
            ("min", "defaultRequest"),
            ("default", "max"),
            ("defaultRequest", "max"),
            ("defaultRequest", "default"),
        ] {
            for (name, prop) in item.key(low).into_iter().flat_map(|list| list.entries()) {
                let Some(most) = item.key(high).and_then(|list| list.key(name)) else { continue };
                let amount = |prop: Prop<'_>| values::known(Some(prop)).and_then(|text| values::quantity(&text));
                if let (Some(from), Some(to)) = (amount(prop), amount(most))
                    && from > to
                {
                    let says = format!("is above `{high}`");
                    let mistake = Mistake::new("manifest/range", says, "too much", "put them in order");
                    report.no(prop, mistake.also(most.at(), "the larger one"));
                }
            }
        }
    }
}

/// What a quota counts beside requests and limits of a resource.
///
/// Source: <https://kubernetes.io/docs/concepts/policy/resource-quotas/> (read 2026-11-30).
const COUNTED: [&str; 10] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];

/// What pods ask for.
const ASKED: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];

fn quota(report: &mut Report<'_, '_>) {
    let best_effort = report.object.each("spec.scopes").find(|scope| scope.is("BestEffort"));
    for (name, prop) in report.object.get("spec.hard").into_iter().flat_map(|hard| hard.entries()) {
        let of = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits."));
        let is_known = match of {
            Some(of) => {
                ASKED.contains(&of) || matches!(of, "storage") || of.contains('/') || of.starts_with("hugepages-")
            }
            None => {
                COUNTED.contains(&name) || ASKED.contains(&name) || name.contains('/') || name.starts_with("hugepages-")
            }
        };
        if !values::has_hole(name) && (!is_known || !values::is_qualified(of.unwrap_or(name))) {
            let says = "is no name of a resource";
            let help = "write a name such as `requests.cpu`, `pods` or `count/jobs.batch`";
            report.no(prop, Mistake::new("manifest/name", says, "no such resource", help).of_key());
        }
        let amount = values::known(Some(prop)).and_then(|text| values::quantity(&text));
        if (COUNTED.contains(&name) && name != "storage" || name.starts_with("count/"))
            && amount.is_some_and(|amount| amount.fract() != 0.0)
        {
            report
                .no(prop, Mistake::new("manifest/quantity", "is not whole", "counts objects", "write a whole number"));
        }
        if let Some(scope) = best_effort.filter(|_| of.is_some() || ASKED.contains(&name)) {
            let says = "is counted for pods that ask for nothing";
            let mistake =
                Mistake::new("manifest/not-together", says, "never counted", "write `pods`, or another scope");
            report.no(prop, mistake.of_key().also(scope.at(), "the scope"));
        }
    }
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        let find = |wanted: &str| report.object.each("spec.scopes").find(|scope| scope.is(wanted));
        if let (Some(first), Some(second)) = (find(one), find(other)) {
            let says = format!("stands beside `{one}`: no pod is both");
            let mistake = Mistake::new("manifest/not-together", says, "excludes it", "keep one of the two");
            report.no(second, mistake.also(first.at(), "the other"));
        }
    }
}

fn webhooks(report: &mut Report<'_, '_>) {
    for webhook in report.object.each("webhooks").filter(Prop::is_object) {
        if let Some(list) =
            webhook.key("admissionReviewVersions").filter(|it| it.is_list() && it.items().next().is_none())
        {
            report.no(list, Mistake::new("manifest/missing-field", "is empty", "no version", "write `[v1]`").of_key());
        }
        if let Some(list) = webhook.key("admissionReviewVersions").filter(|it| it.items().next().is_some())
            && list.items().all(|it| it.is_known() && !it.is_one_of(&["v1", "v1beta1"]))
        {
            let says = "has no version that the API server sends";
            report.no(list, Mistake::new("manifest/enum", says, "no such version", "write `[v1]`").of_key());
        }
    }
}
