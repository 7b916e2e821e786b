//! `kubernetes/pod-security`: pods keep to the level that their namespace enforces.

use crate::rules::prelude::*;
use crate::view::Pods;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/pod-security",
    code: "K8S-038",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "namespace refuses the pods of a workload",
    why: "a namespace that enforces a Pod Security level refuses each pod beyond it; the workload itself is accepted, and no pod \
          starts",
    error: Some("violates PodSecurity"),
    sources: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      hostNetwork: true
#                  ^
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          resources: { requests: { cpu: 250m, memory: 512Mi } }
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
"#,
    good: &[(
        r#"      hostNetwork: true
"#,
        r#""#,
    )],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"], check),
};

/// The label of the level that refuses pods; `warn` and `audit` only say so.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Capabilities that may be added under `baseline`.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Volumes that pods may have under `restricted`.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Settings of the kernel that pods may have under `baseline`.
const SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
];

/// What a pod has that its namespace refuses: where, and what.
type Breach<'v> = (Prop<'v>, String);

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let (Some(pods), Some(spec)) = (workload.pods(), workload.pods().and_then(|pods| pods.spec())) else { return };
    let namespace = workload
        .view()
        .objects_of("Namespace")
        .find(|namespace| namespace.cluster() == workload.cluster() && namespace.name() == workload.namespace());
    let Some(level) = namespace.and_then(|namespace| namespace.label(ENFORCE)) else { return };
    let is_restricted = level.is("restricted");
    if !is_restricted && !level.is("baseline") {
        return;
    }
    let mut breaches = baseline(spec, &pods);
    if is_restricted {
        let is_windows = spec.get("os.name").is_some_and(|it| it.is("windows"));
        breaches.extend(restricted(spec, &pods, is_windows));
    }
    let Some((place, _)) = breaches.first() else { return };
    let level_name = level.text().unwrap_or_default();
    let title = format!(
        "the namespace `{}` enforces `{level_name}` and refuses the pods of `{}`",
        workload.namespace(),
        workload.name()
    );
    let said: Vec<&str> = breaches.iter().map(|(_, what)| what.as_str()).collect();
    let mut finding = place.finding(title, said.first().copied().unwrap_or_default()).also(level.at(), "enforced here");
    for (place, what) in breaches.iter().skip(1) {
        finding = finding.also(place.at(), what.clone());
    }
    cx.report(
        finding.help(format!("change what is refused: {}; or lower the level of the namespace", said.join("; "))),
    );
}

fn says(prop: Option<Prop<'_>>, wanted: bool) -> bool {
    prop.is_some_and(|prop| prop.bool() == Some(wanted))
}

fn baseline<'v>(spec: Prop<'v>, pods: &Pods<'v>) -> Vec<Breach<'v>> {
    let mut found = Vec::new();
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(prop) = spec.key(key).filter(|prop| prop.bool() == Some(true)) {
            found.push((prop, format!("`{key}` is true")));
        }
    }
    for path in spec.each("volumes").filter_map(|volume| volume.key("hostPath")) {
        found.push((path, "a volume is a `hostPath`".to_owned()));
    }
    for name in spec.each("securityContext.sysctls").filter_map(|sysctl| sysctl.key("name")) {
        if name.is_known() && !name.is_one_of(&SYSCTLS) {
            found.push((name, format!("the sysctl `{}` is set", name.pattern())));
        }
    }
    for container in pods.containers() {
        let name = container.name().into_owned();
        let context = |path: &str| container.get("securityContext").and_then(|context| context.get(path));
        if let Some(prop) = context("privileged").filter(|prop| prop.bool() == Some(true)) {
            found.push((prop, format!("the container `{name}` is privileged")));
        }
        for added in container.prop.each("securityContext.capabilities.add") {
            if added.is_known() && !added.is_one_of(&BASELINE) {
                found.push((added, format!("the container `{name}` adds `{}`", added.pattern())));
            }
        }
        for port in container.prop.each("ports").filter_map(|port| port.key("hostPort")) {
            if port.int().is_some_and(|number| number > 0) {
                found.push((port, format!("the container `{name}` has a `hostPort`")));
            }
        }
        if let Some(prop) = context("procMount").filter(|prop| prop.is("Unmasked")) {
            found.push((prop, format!("the container `{name}` has `procMount: Unmasked`")));
        }
    }
    found.extend(contexts(spec, pods).filter_map(|context| {
        let loose = ["seccompProfile.type", "appArmorProfile.type"].into_iter();
        let prop = loose.filter_map(|path| context.get(path)).find(|prop| prop.is("Unconfined"))?;
        Some((prop, format!("`{}` is `Unconfined`", prop.path().rsplit("securityContext.").next().unwrap_or_default())))
    }));
    found
}

/// The security contexts of the pod and of its containers.
fn contexts<'v>(spec: Prop<'v>, pods: &Pods<'v>) -> impl Iterator<Item = Prop<'v>> + use<'v> {
    spec.key("securityContext").into_iter().chain(pods.containers().filter_map(|it| it.get("securityContext")))
}

fn restricted<'v>(spec: Prop<'v>, pods: &Pods<'v>, is_windows: bool) -> Vec<Breach<'v>> {
    let mut found = Vec::new();
    for volume in spec.each("volumes") {
        let refused = volume.entries().find(|(key, _)| *key != "name" && *key != "hostPath" && !VOLUMES.contains(key));
        found.extend(refused.map(|(key, value)| (value, format!("a volume is of the kind `{key}`"))));
    }
    let of_pod = |path: &str| spec.key("securityContext").and_then(|context| context.get(path));
    for context in contexts(spec, pods) {
        if let Some(user) = context.key("runAsUser").filter(|user| user.int() == Some(0)) {
            found.push((user, "`runAsUser` is 0".to_owned()));
        }
    }
    for container in pods.containers() {
        let name = container.name().into_owned();
        let own = |path: &str| container.get("securityContext").and_then(|context| context.get(path));
        let place = container.get("name").unwrap_or(container.prop);
        let either = |path: &str| own(path).or_else(|| of_pod(path));
        if !says(either("runAsNonRoot"), true) && either("runAsNonRoot").is_none_or(|it| it.bool().is_some()) {
            found.push((place, format!("the container `{name}` lacks `runAsNonRoot: true`")));
        }
        if is_windows {
            continue;
        }
        if !says(own("allowPrivilegeEscalation"), false) && own("privileged").is_none_or(|it| it.bool() != Some(true)) {
            found.push((place, format!("the container `{name}` lacks `allowPrivilegeEscalation: false`")));
        }
        if either("seccompProfile.type").is_none() {
            found.push((place, format!("the container `{name}` lacks `seccompProfile: {{ type: RuntimeDefault }}`")));
        }
        if !container.prop.each("securityContext.capabilities.drop").any(|it| it.is("ALL")) {
            found.push((place, format!("the container `{name}` lacks `capabilities: {{ drop: [ALL] }}`")));
        }
        for added in container.prop.each("securityContext.capabilities.add") {
            if added.is_one_of(&BASELINE) && !added.is("NET_BIND_SERVICE") {
                found.push((added, format!("the container `{name}` adds `{}`", added.pattern())));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    fn enforced(level: &str, pod: &str) -> usize {
        let text = RULE.bad_example().replace("enforce: baseline", &format!("enforce: {level}"));
        of_rule(&RULE, &text.replace("      hostNetwork: true\n", pod)).len()
    }

    #[test]
    fn each_level_refuses_what_it_says() {
        assert_eq!(enforced("privileged", "      hostPID: true\n"), 0);
        assert_eq!(enforced("baseline", "      volumes: [{ name: a, hostPath: { path: /a } }]\n"), 1);
        assert_eq!(enforced("baseline", "      volumes: [{ name: a, nfs: { server: a, path: /a } }]\n"), 0);
        assert_eq!(enforced("restricted", "      volumes: [{ name: a, nfs: { server: a, path: /a } }]\n"), 1);
        assert_eq!(enforced("restricted", ""), 1);
    }

    #[test]
    fn a_pod_that_gives_up_all_is_taken_under_restricted() {
        let text = RULE.bad_example().replace("enforce: baseline", "enforce: restricted").replace(
            "      hostNetwork: true\n",
            "      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }\n",
        );
        let held = "          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }\n";
        let text = text.replace("          resources:", &format!("{held}          resources:"));
        assert_eq!(of_rule(&RULE, &text), [""; 0]);
    }
}
