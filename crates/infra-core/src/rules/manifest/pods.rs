//! The pods of a workload: containers together, scheduling, DNS.
//!
//! Source: `ValidatePodSpec` in `pkg/apis/core/validation` of <https://github.com/kubernetes/kubernetes>;
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/> (read 2026-11-30).

use std::collections::BTreeMap;

use super::report::{Mistake, Report};
use super::{containers, law_tables, laws, metadata, storage, values};
use crate::view::{Container, Pods, Prop};

/// Checks the pods.
pub(super) fn check<'v>(pods: &Pods<'v>, report: &mut Report<'v, '_>) {
    let Some(spec) = pods.spec().filter(Prop::is_object) else { return };
    if let Some(list) = spec.key("containers").filter(|list| list.is_list() && list.items().next().is_none()) {
        let says = "is empty; a pod has a container at least";
        report.no(list, Mistake::new("manifest/missing-field", says, "no container", "add a container").of_key());
    }
    let all: Vec<Container<'v>> = pods.containers().filter(|container| container.prop.is_object()).collect();
    unique_names(&all, report);
    let claims = report.object.each("spec.volumeClaimTemplates").filter_map(|claim| claim.get("metadata.name"));
    let volumes = storage::volumes(spec, claims.collect(), report);
    for container in &all {
        containers::check(container, &spec, volumes.as_ref(), report);
    }
    host_ports(&all, report);
    laws::apply(law_tables::PODS, spec, report);
    if let Some(context) = spec.key("securityContext") {
        containers::profile(context, report);
        for name in context.each("sysctls").filter_map(|sysctl| sysctl.key("name")) {
            let is_plain =
                |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_./".contains(&b));
            if values::known(Some(name)).is_some_and(|text| !is_plain(&text)) {
                report.no(
                    name,
                    Mistake::new(
                        "manifest/name",
                        "is no name of a sysctl",
                        "not a sysctl",
                        "write lower-case letters and dots",
                    ),
                );
            }
        }
    }
    scheduling(spec, report);
    names(spec, report);
}

fn unique_names<'v>(containers: &[Container<'v>], report: &mut Report<'v, '_>) {
    let mut seen: BTreeMap<String, (bool, Prop<'v>)> = BTreeMap::new();
    for container in containers {
        let Some(prop) = container.get("name") else { continue };
        let Some(name) = values::known(Some(prop)) else { continue };
        // Two of one list are found by its key.
        if let Some((_, first)) = seen.get(&*name).filter(|(init, _)| *init != container.init) {
            let says = format!("is `{name}`, as another container of the pod");
            let mistake = Mistake::new("manifest/twice", says, "the same once more", "give it another name");
            report.no(prop, mistake.also(first.at(), "the first one"));
        }
        seen.entry(name.into_owned()).or_insert((container.init, prop));
    }
}

fn host_ports<'v>(containers: &[Container<'v>], report: &mut Report<'v, '_>) {
    let mut seen: BTreeMap<(i64, String, String), Prop<'v>> = BTreeMap::new();
    // Init containers have ended when the others start.
    for port in containers.iter().filter(|it| !it.init).flat_map(|container| container.prop.each("ports")) {
        let Some(host) = port.key("hostPort") else { continue };
        let Some(number) = host.int().filter(|number| *number > 0) else { continue };
        let text = |key: &str, default: &str| port.key(key).map_or_else(|| default.to_owned(), |it| it.pattern());
        let id = (number, text("protocol", "TCP"), text("hostIP", ""));
        match seen.get(&id) {
            Some(first) => {
                let says = format!("is {number}, which another port of the pod takes on the node already");
                let mistake = Mistake::new("manifest/twice", says, "taken", "write another port, or none");
                report.no(host, mistake.also(first.at(), "the first one"));
            }
            None => {
                seen.insert(id, host);
            }
        }
    }
}

fn scheduling<'v>(spec: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some(selector) = spec.key("nodeSelector") {
        metadata::pairs(selector, report);
    }
    for constraint in spec.each("topologySpreadConstraints") {
        let asks = constraint.key("whenUnsatisfiable").is_some_and(|it| it.is("ScheduleAnyway"));
        if let Some(least) = constraint.key("minDomains").filter(|_| asks) {
            let says = "goes with `whenUnsatisfiable: DoNotSchedule` only";
            report.no(least, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
        }
        if constraint.key("labelSelector").is_none()
            && let Some(keys) = constraint.key("matchLabelKeys")
        {
            let says = "needs `labelSelector` beside it";
            report.no(
                keys,
                Mistake::new("manifest/missing-field", says, "nothing to add to", "add `labelSelector`").of_key(),
            );
        }
    }
    for toleration in spec.each("tolerations") {
        self::toleration(toleration, report);
    }
    let terms = |path: &str| spec.each(path).collect::<Vec<_>>();
    let required = terms("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    let list = spec.get("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    if let Some(list) = list.filter(|list| list.is_list() && list.items().next().is_none()) {
        report.no(
            list,
            Mistake::new("manifest/missing-field", "is empty", "no node fits", "add a term, or remove the affinity")
                .of_key(),
        );
    }
    let preferred = terms("affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution");
    let preferred = preferred.into_iter().filter_map(|term| term.key("preference"));
    for term in required.into_iter().chain(preferred) {
        term.each("matchExpressions").for_each(|it| metadata::requirement(it, report));
    }
}

fn toleration<'v>(toleration: Prop<'v>, report: &mut Report<'v, '_>) {
    let text = |key: &str| toleration.key(key).map(|it| it.pattern()).unwrap_or_default();
    let exists = text("operator") == "Exists";
    let has_key = !text("key").is_empty();
    let (says, help) = if !has_key && !exists {
        ("has no `key`; only `operator: Exists` tolerates every taint", "add `key`, or write `operator: Exists`")
    } else if exists && !text("value").is_empty() {
        ("has a `value` beside `operator: Exists`", "remove `value`, or write `operator: Equal`")
    } else if toleration.key("tolerationSeconds").is_some() && text("effect") != "NoExecute" {
        ("has `tolerationSeconds` without `effect: NoExecute`", "write `effect: NoExecute`, or remove the seconds")
    } else {
        return;
    };
    let place =
        toleration.key("key").or_else(|| toleration.entries().next().map(|(_, value)| value)).unwrap_or(toleration);
    report
        .no(toleration, Mistake::new("manifest/not-together", says, "not a toleration", help).also(place.at(), "here"));
}

fn names<'v>(spec: Prop<'v>, report: &mut Report<'v, '_>) {
    let nameless = spec.get("dnsConfig.nameservers").is_none();
    if let Some(policy) = spec.key("dnsPolicy").filter(|it| it.is("None") && nameless) {
        let says = "is `None`, and no name server is given";
        report.no(
            policy,
            Mistake::new("manifest/missing-field", says, "who resolves names?", "add `dnsConfig.nameservers`"),
        );
    }
    for key in ["hostname", "subdomain"] {
        let Some(prop) = spec.key(key) else { continue };
        if values::known(Some(prop)).is_some_and(|text| !text.is_empty() && !values::is_label(&text)) {
            let help = "write lower-case letters, digits and hyphens, at most 63";
            report.no(prop, Mistake::new("manifest/name", "is no name of a host", "not a DNS label", help));
        }
    }
    let referred = ["serviceAccountName", "priorityClassName", "runtimeClassName"];
    let accounts = referred.into_iter().filter_map(|key| spec.key(key));
    let secrets = spec.each("imagePullSecrets").filter_map(|secret| secret.key("name"));
    for prop in accounts.chain(secrets) {
        if values::known(Some(prop)).is_some_and(|text| !text.is_empty() && !values::is_subdomain(&text)) {
            let help = "write the name of the object: lower-case letters, digits, hyphens and dots";
            report.no(prop, Mistake::new("manifest/name", "is no name of an object", "not a name", help));
        }
    }
    for alias in spec.each("hostAliases") {
        let Some(prop) = alias.key("ip") else { continue };
        if values::known(Some(prop)).is_some_and(|text| values::address(&text).is_none()) {
            report.no(prop, Mistake::new("manifest/address", "is no address", "not an address", "write an IP address"));
        }
    }
}
