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
        "CustomResourceDefinition" => definition(report),
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

fn quota(report: &mut Report<'_, '_>) {
    for (name, prop) in report.object.get("spec.hard").into_iter().flat_map(|hard| hard.entries()) {
        let name = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
        if !values::has_hole(name) && !values::is_qualified(name) {
            let says = "is no name of a resource";
            report.no(
                prop,
                Mistake::new("manifest/name", says, "no such resource", "write a name such as `requests.cpu`").of_key(),
            );
        }
    }
}

fn definition(report: &mut Report<'_, '_>) {
    let Some(versions) = report.object.get("spec.versions").filter(Prop::is_list) else { return };
    let stored = versions.items().filter(|version| version.key("storage").is_some_and(|it| it.bool() == Some(true)));
    match stored.count() {
        1 => {}
        0 => {
            let says = "has no version with `storage: true`";
            report.no(
                versions,
                Mistake::new("manifest/value", says, "none is stored", "write `storage: true` for one of them")
                    .of_key(),
            );
        }
        _ => {
            let says = "has several versions with `storage: true`";
            report.no(
                versions,
                Mistake::new("manifest/value", says, "one is stored", "write `storage: true` for one of them").of_key(),
            );
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
        let Some(client) = webhook.key("clientConfig").filter(Prop::is_object) else { continue };
        match (client.key("url"), client.key("service")) {
            (None, None) => report.missing(client, "service", "leads nowhere"),
            (Some(url), Some(_)) => {
                let says = "stands beside `service`";
                report.no(url, Mistake::new("manifest/not-together", says, "two places", "keep one of them").of_key());
            }
            (Some(url), None) => {
                if values::known(Some(url)).is_some_and(|text| !text.starts_with("https://")) {
                    report.no(
                        url,
                        Mistake::new("manifest/value", "is no address of https", "not https", "write `https://…`"),
                    );
                }
            }
            (None, Some(_)) => {}
        }
    }
}
