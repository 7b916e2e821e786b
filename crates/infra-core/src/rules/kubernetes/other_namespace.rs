//! `kubernetes/other-namespace`: what belongs together is in one namespace.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/other-namespace",
    code: "K8S-026",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "workload refers to an object of another namespace",
    why: "pods, autoscalers and policies find secrets, config maps, accounts and workloads in their own \
          namespace only",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: orders }
data: { mode: fast }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          envFrom:
            - configMapRef:
                name: orders
#                     ^
"#,
    good: &[("metadata: { name: orders }", "metadata: { name: orders, namespace: shop }")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut named: BTreeMap<Key, Vec<Object<'_>>> = BTreeMap::new();
    for object in view.objects().filter(|object| KINDS.contains(&object.kind())) {
        named.entry(key(object.kind(), &object.name())).or_default().push(object);
    }
    let uses: Vec<(Object<'_>, &str, Prop<'_>)> = view
        .objects()
        .flat_map(|user| references(&user).into_iter().map(move |(kind, name)| (user, kind, name)))
        .collect();
    for (user, kind, reference) in &uses {
        let Some(name) = reference.text() else { continue };
        let Some(candidates) = named.get(&key(kind, &name)) else { continue };
        let here = candidates.iter().any(|other| other.beside(user));
        if here || (*kind == "Secret" && super::producers(user, &name).next().is_some()) {
            continue;
        }
        // What its own namespace uses was not meant for this one.
        let is_meant_there = |other: &Object<'_>| {
            uses.iter().any(|(user, other_kind, it)| other_kind == kind && user.beside(other) && it.is(&name))
        };
        let Some(other) = candidates.iter().find(|other| other.cluster() == user.cluster() && !is_meant_there(other))
        else {
            continue;
        };
        cx.report(
            reference
                .finding(format!("`{}` has no {kind} `{name}`", user.namespace()), "looked up in the own namespace")
                .also(other.at(), format!("it is in `{}`", other.namespace()))
                .help(format!("put both into one namespace: `namespace: {}`", user.namespace())),
        );
    }
}

/// Kind and name.
type Key = (String, String);

fn key(kind: &str, name: &str) -> Key {
    (kind.to_owned(), name.to_owned())
}

/// Kinds that are named without a namespace.
const KINDS: &[&str] = &["ConfigMap", "Deployment", "Secret", "ServiceAccount"];

/// What an object names in its own namespace: kind and name.
fn references<'v>(object: &Object<'v>) -> Vec<(&'static str, Prop<'v>)> {
    let mut found = Vec::new();
    if let Some(pods) = object.pods() {
        found.extend(
            pods.get("serviceAccountName").filter(|name| !name.is("default")).map(|name| ("ServiceAccount", name)),
        );
        found.extend(super::secret_keys(&pods).into_iter().filter_map(|used| Some(("Secret", used.get("name")?))));
        for source in pods.containers().flat_map(|container| container.prop.each("envFrom")) {
            found.extend(source.get("configMapRef.name").map(|name| ("ConfigMap", name)));
        }
        for volume in pods.spec().into_iter().flat_map(|spec| spec.each("volumes")) {
            found.extend(volume.get("configMap.name").map(|name| ("ConfigMap", name)));
            found.extend(volume.get("secret.secretName").map(|name| ("Secret", name)));
        }
    }
    if matches!(object.kind(), "HorizontalPodAutoscaler" | "ScaledObject") {
        let deployment = object.get("spec.scaleTargetRef.kind").is_none_or(|kind| kind.is("Deployment"));
        found.extend(object.get("spec.scaleTargetRef.name").filter(|_| deployment).map(|name| ("Deployment", name)));
    }
    found
}
