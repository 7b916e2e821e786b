//! `ConfigMap`s and Secrets.
//!
//! Source: `ValidateConfigMap` and `ValidateSecret` in `pkg/apis/core/validation` of
//! <https://github.com/kubernetes/kubernetes>; <https://kubernetes.io/docs/concepts/configuration/secret/#secret-types>
//! (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

/// Most bytes of all values together: 1 MiB.
const MOST: usize = 1_048_576;

/// What each type of Secret must hold.
const HOLDS: [(&str, &[&str]); 4] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

/// Checks a `ConfigMap` or Secret.
pub(super) fn check(report: &mut Report<'_, '_>) {
    let object = report.object;
    let maps: Vec<(&str, Prop<'_>)> =
        ["data", "binaryData", "stringData"].into_iter().filter_map(|key| Some((key, object.get(key)?))).collect();
    let mut size = 0;
    for (name, value) in maps.iter().flat_map(|(_, map)| map.entries()) {
        size += name.len() + value.text().map_or(0, |text| text.len());
        if !values::has_hole(name) && !values::is_config_key(name) {
            let says = "has a key that Kubernetes does not take";
            let help = "write letters, digits, `-`, `_` and `.`, at most 253";
            report.no(value, Mistake::new("manifest/key", says, "not a key", help).of_key());
        }
    }
    if size > MOST
        && let Some((_, map)) = maps.first()
    {
        let says = format!("has {size} bytes, more than the {MOST} that an object may have");
        report.no(*map, Mistake::new("manifest/range", says, "too long", "put large values elsewhere").of_key());
    }
    if object.kind() == "ConfigMap" {
        let (data, binary) = (object.get("data"), object.get("binaryData"));
        for (name, value) in binary.into_iter().flat_map(|map| map.entries()) {
            if let Some(first) = data.and_then(|data| data.key(name)) {
                let says = "is a key of `data` too";
                let mistake = Mistake::new("manifest/key", says, "the same once more", "remove one of the two");
                report.no(value, mistake.of_key().also(first.at(), "the first one"));
            }
        }
        return;
    }
    let Some(kind) = object.get("type") else { return };
    if kind.is("kubernetes.io/dockerconfigjson")
        && let Some(value) = object.get("stringData").and_then(|map| map.key(".dockerconfigjson"))
        && values::known(Some(value)).is_some_and(|text| !super::forms::Form::Json.fits(&text))
    {
        let mistake = Mistake::new("manifest/value", "is no JSON", "not JSON", "write the JSON of a Docker login");
        report.no(value, mistake.hidden());
    }
    let has = |key: &str| maps.iter().any(|(_, map)| map.key(key).is_some());
    if kind.is("kubernetes.io/basic-auth") && !has("username") && !has("password") {
        let says = "is `kubernetes.io/basic-auth`, and the Secret has neither `username` nor `password`";
        report.no(kind, Mistake::new("manifest/missing-field", says, "needs a key", "add `username` and `password`"));
    }
    if kind.is("kubernetes.io/service-account-token")
        && object.annotation("kubernetes.io/service-account.name").is_none()
    {
        let says = "is `kubernetes.io/service-account-token`, and no annotation names the account";
        let help = "add the annotation `kubernetes.io/service-account.name`";
        report.no(kind, Mistake::new("manifest/missing-field", says, "of which account?", help));
    }
    let Some((_, keys)) = HOLDS.into_iter().find(|(name, _)| kind.is(name)) else { return };
    for key in keys {
        if !maps.iter().any(|(_, map)| map.key(key).is_some()) {
            let says = format!("is `{}`, and the Secret has no `{key}`", kind.pattern());
            report.no(kind, Mistake::new("manifest/missing-field", says, "needs a key", format!("add `{key}`")));
        }
    }
}
