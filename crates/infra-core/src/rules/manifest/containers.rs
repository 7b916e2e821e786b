//! One container: image, ports, variables, probes, resources, mounts, security.
//!
//! Source: `validateContainers` in `pkg/apis/core/validation` of <https://github.com/kubernetes/kubernetes>;
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container> (read 2026-11-30).

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Mistake, Report};
use super::values;
use crate::view::{Container, Prop};

/// What a probe or a hook can do.
const PROBE: [&str; 4] = ["exec", "grpc", "httpGet", "tcpSocket"];
const HOOK: [&str; 4] = ["exec", "httpGet", "sleep", "tcpSocket"];

/// Where a variable can come from.
const SOURCES: [&str; 5] = ["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"];

/// Checks a container; `volumes` are the names that it may mount, none where not all are known.
pub(super) fn check<'v>(
    container: &Container<'v>,
    spec: &Prop<'v>,
    volumes: Option<&BTreeSet<String>>,
    report: &mut Report<'v, '_>,
) {
    let prop = container.prop;
    if let Some(name) = prop.key("name")
        && values::known(Some(name)).is_some_and(|text| !values::is_label(&text))
    {
        let help = "write lower-case letters, digits and hyphens, at most 63";
        report.no(name, Mistake::new("manifest/name", "is no name of a container", "not a DNS label", help));
    }
    if let Some(image) = prop.key("image")
        && values::known(Some(image)).is_some_and(|text| text.trim().is_empty() || text.trim() != text)
    {
        let says = "is empty or has blanks around it";
        report.no(image, Mistake::new("manifest/value", says, "not an image", "write the name of an image"));
    }
    super::laws::apply(super::law_tables::CONTAINERS, prop, report);
    ports(prop, spec, report);
    variables(prop, report);
    probes(container, report);
    let claims: Vec<Prop<'v>> = spec.each("resourceClaims").filter_map(|claim| claim.key("name")).collect();
    for name in container.prop.each("resources.claims").filter_map(|claim| claim.key("name")) {
        if name.is_known() && claims.iter().all(|claim| claim.is_known() && !claim.is_same(&name)) {
            let says = "is no claim of the pod";
            let help = "add it under `resourceClaims` of the pod";
            report.no(name, Mistake::new("manifest/value", says, "no such claim", help));
        }
    }
    if let Some(resources) = prop.key("resources") {
        self::resources(resources, report);
    }
    mounts(prop, volumes, report);
    security(prop, report);
}

fn ports<'v>(container: Prop<'v>, spec: &Prop<'v>, report: &mut Report<'v, '_>) {
    let on_node = spec.key("hostNetwork").is_some_and(|host| host.bool() == Some(true));
    let mut seen: BTreeMap<String, Prop<'v>> = BTreeMap::new();
    for port in container.each("ports") {
        if let (Some(host), Some(own)) = (port.key("hostPort"), port.key("containerPort"))
            && on_node
            && host.int().filter(|number| *number > 0).is_some_and(|number| own.int().is_some_and(|own| own != number))
        {
            let says = "differs from `containerPort`, which is the port of the node where `hostNetwork` is true";
            report.no(host, Mistake::new("manifest/value", says, "another port", "write the port of the container"));
        }
        let Some(prop) = port.key("name") else { continue };
        let Some(name) = values::known(Some(prop)).filter(|name| !name.is_empty()) else { continue };
        port_name(prop, report);
        match seen.get(&*name) {
            Some(first) => {
                let says = format!("is `{name}`, as another port of the container: two ports have the same name");
                let mistake = Mistake::new("manifest/twice", says, "the same once more", "give it another name");
                report.no(prop, mistake.also(first.at(), "the first one"));
            }
            None => {
                seen.insert(name.into_owned(), prop);
            }
        }
    }
}

/// Checks the name of a port, where it is given or asked for.
pub(super) fn port_name<'v>(prop: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(prop)).filter(|text| !values::is_port_name(text)) else { return };
    let says = if text.len() > 15 {
        format!("is `{text}` with {} characters; the name of a port has at most 15", text.len())
    } else {
        format!("is `{text}`, which is no name of a port")
    };
    let help = "write at most 15 lower-case letters, digits and single hyphens, one of them a letter";
    report.no(prop, Mistake::new("manifest/name", says, "not the name of a port", help));
}

/// Checks a port that is a number or a name.
pub(super) fn port<'v>(prop: Prop<'v>, report: &mut Report<'v, '_>) {
    match prop.expr() {
        crate::artifacts::Expr::Int(number) if !(1..=65_535).contains(number) => {
            let says = format!("is {number}; a port is 1 to 65535");
            report.no(prop, Mistake::new("manifest/range", says, "not a port", "write a port"));
        }
        crate::artifacts::Expr::Text(_) => port_name(prop, report),
        _ => {}
    }
}

fn variables<'v>(container: Prop<'v>, report: &mut Report<'v, '_>) {
    for variable in container.each("env") {
        let Some(name) = variable.key("name") else { continue };
        if let Some(text) = values::known(Some(name))
            && (text.is_empty() || text.contains('=') || !text.bytes().all(|b| (b' '..=b'~').contains(&b)))
        {
            let says = format!("is `{text}`, which is no name of a variable");
            report.no(name, Mistake::new("manifest/name", says, "not a name", "write letters, digits and `_`"));
        }
        let Some(from) = variable.key("valueFrom").filter(Prop::is_object) else { continue };
        let text = name.pattern();
        if variable.key("value").is_some_and(|value| !value.pattern().is_empty()) {
            let says = format!("of the variable `{text}` stands beside `value`");
            report
                .no(from, Mistake::new("manifest/not-together", says, "two values", "remove one of the two").of_key());
        }
        if let Some(path) = from.get("fieldRef.fieldPath") {
            field_path(path, report);
        }
        let sources: Vec<&str> = SOURCES.into_iter().filter(|key| from.key(key).is_some()).collect();
        if sources.len() > 1 {
            let says = format!("of the variable `{text}` has {} sources, `{}`", sources.len(), sources.join("`, `"));
            report.no(from, Mistake::new("manifest/not-together", says, "two sources", "keep one of them").of_key());
        } else if sources.is_empty() {
            report.missing(from, "secretKeyRef", "names no source");
        }
    }
    for from in container.each("envFrom") {
        if !from.is_object() {
            continue;
        }
        if from.key("configMapRef").is_none() && from.key("secretRef").is_none() {
            report.missing(from, "configMapRef", "names no source");
        }
        if from.key("configMapRef").is_some() && from.key("secretRef").is_some() {
            let says = "has `configMapRef` and `secretRef`";
            report.no(from, Mistake::new("manifest/not-together", says, "two sources", "make two items of it"));
        }
    }
}

/// What a variable can say of its own pod.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn field_path<'v>(path: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(path)) else { return };
    let of_map = ["metadata.labels['", "metadata.annotations['"].iter().any(|start| text.starts_with(start));
    let is_known = FIELDS.contains(&&*text) || (of_map && text.ends_with("']"));
    if !is_known {
        let says = format!("is `{text}`, which no variable can hold");
        let help = format!("write one of `{}`, or `metadata.labels['<key>']`", FIELDS.join("`, `"));
        report.no(path, Mistake::new("manifest/enum", says, "no such field", help));
    }
}

fn probes<'v>(container: &Container<'v>, report: &mut Report<'v, '_>) {
    let sidecar = container.get("restartPolicy").is_some_and(|it| it.bool() == Some(true) || it.is("Always"));
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(name).filter(Prop::is_object) else { continue };
        if container.init && !sidecar {
            let says = "is a probe of an init container, which ends before the others start";
            report.no(probe, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
        }
        handler(probe, &PROBE, "probe", report);
        if name != "readinessProbe"
            && let Some(threshold) =
                probe.key("successThreshold").filter(|it| it.int().is_some_and(|number| number > 1))
        {
            let says = "is above 1, which only the readiness probe may have";
            report.no(threshold, Mistake::new("manifest/range", says, "not 1", "write 1"));
        }
        if name == "readinessProbe"
            && let Some(grace) = probe.key("terminationGracePeriodSeconds")
        {
            let says = "stands at a readiness probe, which ends no container";
            report.no(grace, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
        }
    }
    if let Some(lifecycle) = container.get("lifecycle").filter(|_| container.init && !sidecar) {
        let says = "stands at an init container, which ends before the others start";
        report.no(lifecycle, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
    }
    for name in ["lifecycle.postStart", "lifecycle.preStop"] {
        if let Some(hook) = container.get(name).filter(Prop::is_object) {
            handler(hook, &HOOK, "hook", report);
        }
    }
}

fn handler<'v>(probe: Prop<'v>, kinds: &[&str], what: &str, report: &mut Report<'v, '_>) {
    let written: Vec<&str> = kinds.iter().copied().filter(|kind| probe.key(kind).is_some()).collect();
    match written.as_slice() {
        [] => {
            let says = format!("says nothing to do: a {what} has one of `{}`", kinds.join("`, `"));
            let help = format!("add one of `{}`", kinds.join("`, `"));
            report.no(probe, Mistake::new("manifest/missing-field", says, "no handler", help).of_key());
        }
        [_] => {}
        [first, second, ..] => {
            let says = format!("has two handlers, `{first}` and `{second}`; a {what} has one");
            report.no(probe, Mistake::new("manifest/not-together", says, "two handlers", "keep one of them").of_key());
        }
    }
    for path in ["httpGet.port", "tcpSocket.port"] {
        probe.get(path).into_iter().for_each(|prop| port(prop, report));
    }
}

/// Checks requests against limits, and the names of resources.
fn resources<'v>(resources: Prop<'v>, report: &mut Report<'v, '_>) {
    let amount = |prop: Prop<'_>| values::known(Some(prop)).and_then(|text| values::quantity(&text));
    for list in ["requests", "limits"] {
        for (name, prop) in resources.key(list).into_iter().flat_map(|list| list.entries()) {
            let is_standard = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
            if !is_standard && !values::has_hole(name) && (!name.contains('/') || !values::is_qualified(name)) {
                let says = "is no resource of a container";
                let help =
                    "write `cpu`, `memory`, `ephemeral-storage`, or a name with a domain such as `nvidia.com/gpu`";
                report.no(prop, Mistake::new("manifest/name", says, "no such resource", help).of_key());
            }
            let is_whole = amount(prop).is_none_or(|amount| amount.fract() == 0.0);
            if name.contains('/') && !is_whole {
                let says = "is a share of a resource that is given out whole";
                report.no(prop, Mistake::new("manifest/quantity", says, "not whole", "write a whole number"));
            }
            if amount(prop).is_some_and(|amount| amount < 0.0) {
                report.no(prop, Mistake::new("manifest/range", "is below 0", "negative", "write 0 or more"));
            }
        }
    }
    for (name, request) in resources.key("requests").into_iter().flat_map(|list| list.entries()) {
        let Some(limit) = resources.key("limits").and_then(|limits| limits.key(name)) else {
            if (name.contains('/') || name.starts_with("hugepages-")) && !values::has_hole(name) {
                let says = "has no limit; what cannot be overcommitted has the same limit as request";
                report.no(
                    request,
                    Mistake::new("manifest/missing-field", says, "no limit", "write the same under `limits`").of_key(),
                );
            }
            continue;
        };
        let (Some(asked), Some(most)) = (amount(request), amount(limit)) else { continue };
        let shown = |prop: Prop<'_>| prop.text().unwrap_or_default().into_owned();
        if asked > most {
            let says = format!(
                "is {}, above the limit of {}: the request must be within the limit",
                shown(request),
                shown(limit)
            );
            let mistake =
                Mistake::new("manifest/value", says, "above the limit", "lower the request, or raise the limit");
            report.no(request, mistake.also(limit.at(), "the limit"));
        } else if (name.contains('/') || name.starts_with("hugepages-")) && asked < most {
            let says =
                format!("is {}, not the limit of {}: `{name}` cannot be overcommitted", shown(request), shown(limit));
            let mistake =
                Mistake::new("manifest/value", says, "differs from the limit", "write the same number for both");
            report.no(request, mistake.also(limit.at(), "the limit"));
        }
    }
}

fn mounts<'v>(container: Prop<'v>, volumes: Option<&BTreeSet<String>>, report: &mut Report<'v, '_>) {
    let lists = ["volumeMounts", "volumeDevices"].into_iter().flat_map(|key| container.each(key));
    for mount in lists {
        let Some(name) = mount.key("name") else { continue };
        if let (Some(text), Some(volumes)) = (values::known(Some(name)), volumes)
            && !volumes.contains(&*text)
        {
            let near = crate::diag::suggest(&text, volumes.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add a volume of this name to the pod, or remove the mount".to_owned(),
            };
            let says = format!("mounts `{text}`, which is no volume of the pod");
            report.no(name, Mistake::new("manifest/value", says, "no such volume", help));
        }
        if let (Some(path), Some(_)) = (mount.key("subPath"), mount.key("subPathExpr")) {
            let says = "stands beside `subPathExpr`";
            report.no(path, Mistake::new("manifest/not-together", says, "two paths", "keep one of them").of_key());
        }
        if let Some(path) = mount.key("subPath")
            && values::known(Some(path))
                .is_some_and(|text| text.starts_with('/') || text.split('/').any(|part| part == ".."))
        {
            let says = "is no path within the volume";
            report.no(path, Mistake::new("manifest/value", says, "leads out", "write a relative path without `..`"));
        }
        if let Some(path) = mount.key("mountPath")
            && values::known(Some(path)).is_some_and(|text| text.is_empty() || text.contains(':'))
        {
            let says = "is empty or has a colon";
            report.no(path, Mistake::new("manifest/value", says, "not a path", "write a path without `:`"));
        }
    }
}

/// What is mounted there for the node to see needs a privileged container, and a device is no mount.
fn propagation<'v>(container: Prop<'v>, report: &mut Report<'v, '_>) {
    let is_privileged = container.get("securityContext.privileged").is_some_and(|it| it.bool() != Some(false));
    for mount in container.each("volumeMounts").filter_map(|mount| mount.key("mountPropagation")) {
        if mount.is("Bidirectional") && !is_privileged {
            let says = "is `Bidirectional`, which only a privileged container may have";
            report.no(mount, Mistake::new("manifest/not-together", says, "not privileged", "write `HostToContainer`"));
        }
    }
    let mounted: Vec<Prop<'v>> = container.each("volumeMounts").filter_map(|mount| mount.key("name")).collect();
    for device in container.each("volumeDevices").filter_map(|device| device.key("name")) {
        if let Some(mount) = mounted.iter().find(|mount| mount.is_same(&device)) {
            let says = "is mounted and taken as a device";
            let mistake = Mistake::new("manifest/not-together", says, "not both", "keep one of the two");
            report.no(device, mistake.also(mount.at(), "the mount"));
        }
    }
}

fn security<'v>(container: Prop<'v>, report: &mut Report<'v, '_>) {
    propagation(container, report);
    let Some(context) = container.key("securityContext") else { return };
    profile(context, report);
    let Some(escalation) = context.key("allowPrivilegeEscalation").filter(|it| it.bool() == Some(false)) else {
        return;
    };
    let privileged = context.key("privileged").is_some_and(|it| it.bool() == Some(true));
    let admin = context.each("capabilities.add").any(|it| it.is("CAP_SYS_ADMIN"));
    let why = if privileged { "`privileged: true`" } else { "the capability `CAP_SYS_ADMIN`" };
    if privileged || admin {
        let says = format!("is false beside {why}");
        report.no(escalation, Mistake::new("manifest/not-together", says, "contradicts it", "remove one of the two"));
    }
}

/// Checks the profile of seccomp in a security context.
pub(super) fn profile<'v>(context: Prop<'v>, report: &mut Report<'v, '_>) {
    for profile in ["seccompProfile", "appArmorProfile"].into_iter().filter_map(|key| context.key(key)) {
        let is_local = profile.key("type").is_some_and(|kind| kind.is("Localhost"));
        match profile.key("localhostProfile") {
            None if is_local => report.missing(profile, "localhostProfile", "is required beside `type: Localhost`"),
            Some(path) if !is_local && profile.key("type").is_some_and(|kind| kind.is_known()) => {
                let says = "goes with `type: Localhost` only";
                report.no(path, Mistake::new("manifest/not-together", says, "not allowed here", "remove it").of_key());
            }
            _ => {}
        }
    }
}
