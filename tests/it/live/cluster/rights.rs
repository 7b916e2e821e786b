//! Who may do what, by the roles and bindings that are there.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/> (read 2026-11-30).

use std::collections::BTreeMap;

use serde_json::Value;

use super::api::Stored;
use super::kinds::Kind;

const ROOT: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Whether one who is called so, or is in a group that is, may do something.
pub(super) fn allows(
    objects: &BTreeMap<String, Stored>,
    who: &str,
    (verb, kind, namespace, name): (&str, &Kind, &str, &str),
) -> bool {
    let within = format!("{ROOT}/namespaces/{namespace}/rolebindings/");
    let everywhere = format!("{ROOT}/clusterrolebindings/");
    let bindings = objects.iter().filter(|(path, _)| path.starts_with(&everywhere) || path.starts_with(&within));
    let is_subject =
        |binding: &Value| binding["subjects"].as_array().into_iter().flatten().any(|subject| subject["name"] == who);
    let role = |binding: &Value| {
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let path = if binding["roleRef"]["kind"] == "ClusterRole" {
            format!("{ROOT}/clusterroles/{name}")
        } else {
            format!("{ROOT}/namespaces/{namespace}/roles/{name}")
        };
        objects.get(&path).map(|role| &role.object)
    };
    let has = |list: &Value, wanted: &str| list.as_array().into_iter().flatten().any(|it| *it == *wanted || *it == "*");
    let permits = |rule: &Value| {
        let named = rule["resourceNames"].is_null() || has(&rule["resourceNames"], name);
        has(&rule["apiGroups"], kind.group())
            && has(&rule["resources"], &kind.plural)
            && has(&rule["verbs"], verb)
            && named
    };
    bindings
        .filter(|(_, binding)| is_subject(&binding.object))
        .filter_map(|(_, binding)| role(&binding.object))
        .any(|role| role["rules"].as_array().into_iter().flatten().any(permits))
}
