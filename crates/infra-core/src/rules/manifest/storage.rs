//! Volumes of pods, and claims of volumes.
//!
//! Source: `validateVolumes` and `ValidatePersistentVolumeClaimSpec` in `pkg/apis/core/validation` of
//! <https://github.com/kubernetes/kubernetes>; <https://kubernetes.io/docs/concepts/storage/volumes/> (read 2026-11-30).

use std::collections::BTreeSet;

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

/// Checks the volumes and returns the names that can be mounted; none where not all are known.
pub(super) fn volumes<'v>(
    spec: Prop<'v>,
    claims: Vec<Prop<'v>>,
    report: &mut Report<'v, '_>,
) -> Option<BTreeSet<String>> {
    let mut names = Some(BTreeSet::new());
    let mut add = |prop: Option<Prop<'_>>| match (values::known(prop), &mut names) {
        (Some(name), Some(names)) => {
            names.insert(name.into_owned());
        }
        (None, _) => names = None,
        (Some(_), None) => {}
    };
    claims.into_iter().for_each(|name| add(Some(name)));
    if let Some(list) =
        spec.key("volumes").filter(|list| !list.is_list() && *list.expr() != crate::artifacts::Expr::Absent)
    {
        // A template fills it.
        add(list.key("name"));
        return None;
    }
    for volume in spec.each("volumes") {
        add(volume.key("name"));
        one(volume, report);
    }
    names
}

fn one<'v>(volume: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some(name) = volume.key("name")
        && values::known(Some(name)).is_some_and(|text| !values::is_label(&text))
    {
        let help = "write lower-case letters, digits and hyphens, at most 63";
        report.no(name, Mistake::new("manifest/name", "is no name of a volume", "not a DNS label", help));
    }
    let sources: Vec<(&str, Prop<'v>)> =
        volume.entries().filter(|(key, value)| *key != "name" && value.is_object()).collect();
    if let [(first, _), (second, value), ..] = sources.as_slice() {
        let says = format!("is a second source of the volume, beside `{first}`");
        let _ = second;
        report.no(
            *value,
            Mistake::new("manifest/not-together", says, "a volume has one", "make two volumes of it").of_key(),
        );
    }
    for (path, key) in [("secret", "secretName"), ("configMap", "name")] {
        if let Some(source) = volume.key(path).filter(|it| it.is_object() && it.key(key).is_none()) {
            report.missing(source, key, "names nothing");
        }
    }
    if let Some(path) = volume.get("nfs.path")
        && values::known(Some(path)).is_some_and(|text| !text.starts_with('/'))
    {
        report.no(
            path,
            Mistake::new("manifest/value", "is no absolute path", "not absolute", "write a path that begins with `/`"),
        );
    }
    if let Some(path) = volume.get("hostPath.path")
        && values::known(Some(path)).is_some_and(|text| text.split('/').any(|part| part == ".."))
    {
        report
            .no(path, Mistake::new("manifest/value", "leads up by `..`", "not allowed", "write the path without `..`"));
    }
    if let Some(template) = volume.get("ephemeral.volumeClaimTemplate") {
        claim(&template, report);
    }
    let paths = volume.each("projected.sources").flat_map(|source| {
        let parts = ["configMap", "downwardAPI", "secret"].into_iter().filter_map(move |key| source.key(key));
        let items = parts.flat_map(|part| part.each("items").filter_map(|item| item.key("path")).collect::<Vec<_>>());
        items.chain(source.get("serviceAccountToken.path")).collect::<Vec<_>>()
    });
    let mut seen: Vec<Prop<'v>> = Vec::new();
    for path in paths {
        if let Some(first) = seen.iter().find(|first| first.is_same(&path)) {
            let says = "is the path of another item of the volume";
            let mistake = Mistake::new("manifest/twice", says, "taken", "give it another path");
            report.no(path, mistake.also(first.at(), "the first one"));
        }
        seen.push(path);
    }
    for source in volume.each("projected.sources") {
        if let Some((second, value)) = source.entries().filter(|(_, value)| value.is_object()).nth(1) {
            let says = format!("is a second source, `{second}`, of one item");
            report.no(
                value,
                Mistake::new("manifest/not-together", says, "an item has one", "make two items of it").of_key(),
            );
        }
    }
    for source in ["configMap", "secret", "downwardAPI"].into_iter().filter_map(|key| volume.key(key)) {
        for path in source.each("items").filter_map(|item| item.key("path")) {
            if values::known(Some(path))
                .is_some_and(|text| text.starts_with('/') || text.split('/').any(|it| it == ".."))
            {
                let says = "is no path within the volume";
                report
                    .no(path, Mistake::new("manifest/value", says, "leads out", "write a relative path without `..`"));
            }
        }
    }
}

/// Checks a claim of a volume.
pub(super) fn claim<'v>(claim: &Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(spec) = claim.key("spec").filter(Prop::is_object) else { return };
    match spec.get("resources.requests.storage") {
        None => {
            let place = spec.key("resources").unwrap_or(spec);
            report.missing(place, "requests.storage", "says no size");
        }
        Some(size) => {
            let amount = values::known(Some(size)).and_then(|text| values::quantity(&text));
            if amount.is_some_and(|amount| amount <= 0.0) {
                report.no(
                    size,
                    Mistake::new("manifest/range", "is not above 0", "no size", "write a size such as `10Gi`"),
                );
            }
        }
    }
    if let Some(modes) = spec.key("accessModes").filter(Prop::is_list) {
        let count = modes.items().count();
        if count == 0 {
            report.no(
                modes,
                Mistake::new("manifest/missing-field", "is empty", "no mode", "write `[ReadWriteOnce]`").of_key(),
            );
        } else if count > 1 && modes.items().any(|mode| mode.is("ReadWriteOncePod")) {
            let says = "has `ReadWriteOncePod` beside another mode";
            report.no(modes, Mistake::new("manifest/not-together", says, "goes alone", "keep one of them").of_key());
        }
    }
}
