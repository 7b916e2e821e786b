//! Roles and their bindings.
//!
//! Source: `pkg/apis/rbac/validation` of <https://github.com/kubernetes/kubernetes>;
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/> (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

/// Checks a role or a binding.
pub(super) fn check(report: &mut Report<'_, '_>) {
    match report.object.kind() {
        "Role" | "ClusterRole" => role(report),
        _ => binding(report),
    }
}

fn role(report: &mut Report<'_, '_>) {
    let object = report.object;
    for rule in object.each("rules").filter(Prop::is_object) {
        let count = |key: &str| rule.key(key).filter(Prop::is_list).map_or(0, |list| list.items().count());
        let urls = count("nonResourceURLs");
        if rule.key("verbs").is_some() && count("verbs") == 0 {
            report.missing(rule, "verbs", "allows nothing");
        }
        if urls > 0 && object.kind() == "Role" {
            let place = rule.key("nonResourceURLs").unwrap_or(rule);
            let says = "stands in a Role; paths belong to no namespace";
            report.no(
                place,
                Mistake::new("manifest/not-together", says, "not allowed here", "write a ClusterRole").of_key(),
            );
        } else if urls > 0 && count("apiGroups") + count("resources") > 0 {
            let place = rule.key("nonResourceURLs").unwrap_or(rule);
            let says = "stands beside resources";
            report
                .no(place, Mistake::new("manifest/not-together", says, "goes alone", "make two rules of it").of_key());
        } else if urls == 0 && rule.key("nonResourceURLs").is_none() {
            for key in ["apiGroups", "resources"] {
                if rule.key(key).is_none_or(|list| list.is_list() && list.items().next().is_none()) {
                    report.missing(rule, key, "names no resource");
                }
            }
        }
    }
}

fn binding(report: &mut Report<'_, '_>) {
    let object = report.object;
    if let Some(kind) =
        object.get("roleRef.kind").filter(|kind| object.kind() == "ClusterRoleBinding" && kind.is("Role"))
    {
        let says = "is `Role`; a ClusterRoleBinding binds a ClusterRole";
        report.no(
            kind,
            Mistake::new("manifest/value", says, "not allowed here", "write a RoleBinding, or bind a ClusterRole"),
        );
    }
    for subject in object.each("subjects").filter(Prop::is_object) {
        let is_account = subject.key("kind").is_some_and(|kind| kind.is("ServiceAccount"));
        let has_namespace = subject.key("namespace").is_some_and(|it| !it.pattern().is_empty());
        if is_account && !has_namespace {
            report.missing(subject, "namespace", "a service account has one");
        }
        if let Some(name) = subject.key("name").filter(|_| is_account)
            && values::known(Some(name)).is_some_and(|text| !text.is_empty() && !values::is_subdomain(&text))
        {
            let help = "write lower-case letters, digits, hyphens and dots";
            report.no(name, Mistake::new("manifest/name", "is no name of a service account", "not a name", help));
        }
        let group = subject.key("apiGroup").map(|group| group.pattern());
        let wanted = if is_account { "" } else { "rbac.authorization.k8s.io" };
        if let Some(prop) =
            subject.key("apiGroup").filter(|_| group.is_some_and(|group| !group.is_empty() && group != wanted))
        {
            let help = if is_account { "write \"\"".to_owned() } else { format!("write `{wanted}`") };
            report.no(
                prop,
                Mistake::new("manifest/value", "is another group than that of the kind", "not its group", help),
            );
        }
    }
}
