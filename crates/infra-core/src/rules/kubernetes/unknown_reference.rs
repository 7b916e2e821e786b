//! `kubernetes/unknown-reference`: what an object names in its own namespace is applied.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unknown-reference",
    code: "K8S-040",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "object names another that is not there",
    why: "a pod whose volume or variable comes from an object that does not exist stays in ContainerCreating or in \
          CreateContainerConfigError, and other objects wait in silence",
    error: Some("configmap not found"),
    sources: &[
        "https://kubernetes.io/docs/concepts/configuration/configmap/",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop }
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
                name: order-settings
#                     ^
"#,
    good: &[("name: order-settings", "name: orders-settings")],
    check: Check::View(check),
};

/// Kind, the way to the name of another object in the same namespace, and its kind.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("RoleBinding", "roleRef", "Role"),
    ("ScaledJob", "spec.triggers.*.authenticationRef", "TriggerAuthentication"),
    ("ScaledObject", "spec.triggers.*.authenticationRef", "TriggerAuthentication"),
    ("Certificate", "spec.issuerRef", "Issuer"),
    ("HTTPRoute", "spec.parentRefs.*", "Gateway"),
    ("GRPCRoute", "spec.parentRefs.*", "Gateway"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for object in view.objects() {
        for (kind, place) in references(&object) {
            let Some(name) = place.text() else { continue };
            if kind == "Secret" && super::producers(&object, &name).next().is_some() {
                continue;
            }
            let used = |other: &Object<'_>| {
                let mut users = other.neighbours().flat_map(|user| references(&user));
                users.any(|(it, named)| it == kind && named.is(&other.name()))
            };
            let Some(other) = super::meant(&object, kind, &name, used) else { continue };
            // The same name in another namespace is the business of another rule.
            if view.objects_of(kind).any(|it| it.name() == name) {
                continue;
            }
            let title = format!("{} `{}` names the {kind} `{name}`, which is not there", object.kind(), object.name());
            cx.report(
                place
                    .finding(title, "not there")
                    .also(other.at(), "is this meant?")
                    .help(format!("write `{}`, or apply the {kind} `{name}`", other.name())),
            );
        }
    }
}

/// What an object names in its own namespace and cannot do without: kind and name.
fn references<'v>(object: &Object<'v>) -> Vec<(&'static str, Prop<'v>)> {
    let mut found = Vec::new();
    for (_, path, kind) in REFERENCES.iter().filter(|(user, ..)| *user == object.kind()) {
        let (list, rest) = path.split_once(".*").unwrap_or((path, ""));
        let items: Vec<Prop<'v>> =
            if list == *path { object.get(path).into_iter().collect() } else { object.each(list).collect() };
        let references = items.into_iter().filter_map(|item| match rest.strip_prefix('.') {
            Some(rest) => item.get(rest),
            None => Some(item),
        });
        let own = references.filter(|it| {
            it.key("kind").map_or(*kind != "Role", |written| written.is(kind)) && it.key("namespace").is_none()
        });
        found.extend(own.filter_map(|it| Some((*kind, it.key("name")?))));
    }
    let Some(pods) = object.pods() else { return found };
    let needed =
        |source: Option<Prop<'v>>| source.filter(|it| it.key("optional").is_none_or(|it| it.bool() == Some(false)));
    for container in pods.containers() {
        for from in container.prop.each("envFrom") {
            found.extend(needed(from.key("configMapRef")).and_then(|it| Some(("ConfigMap", it.key("name")?))));
            found.extend(needed(from.key("secretRef")).and_then(|it| Some(("Secret", it.key("name")?))));
        }
        for variable in container.prop.each("env").filter_map(|variable| variable.key("valueFrom")) {
            found.extend(needed(variable.key("configMapKeyRef")).and_then(|it| Some(("ConfigMap", it.key("name")?))));
            found.extend(needed(variable.key("secretKeyRef")).and_then(|it| Some(("Secret", it.key("name")?))));
        }
    }
    for volume in pods.spec().into_iter().flat_map(|spec| spec.each("volumes")) {
        found.extend(needed(volume.key("configMap")).and_then(|it| Some(("ConfigMap", it.key("name")?))));
        found.extend(needed(volume.key("secret")).and_then(|it| Some(("Secret", it.key("secretName")?))));
        found.extend(volume.get("persistentVolumeClaim.claimName").map(|name| ("PersistentVolumeClaim", name)));
        let class = volume.get("csi.volumeAttributes.secretProviderClass");
        found.extend(class.map(|name| ("SecretProviderClass", name)));
    }
    found
}
