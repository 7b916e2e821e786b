"""What the Kubernetes schemas cannot see: that the objects of a cluster fit together.

A rule is a function from an object and its bundle to messages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from oracles.common import Environment, Finding, Report
from oracles.kubernetes_bundle import SCALABLE, Bundle, Object, matches, opens, scale_target

NAME = "kubernetes-semantics"
BUILT_IN_NAMESPACES = {"default", "kube-system", "kube-public", "kube-node-lease"}
MAX_PORT = 65_535
Messages = Iterator[str]


def check(environment: Environment, report: Report) -> None:
    """Checks each manifest file against the cluster that it belongs to."""
    documents = environment.documents
    for cluster in sorted({document.cluster for document in documents}):
        objects = [Object(document) for document in documents if document.cluster == cluster]
        bundle = Bundle(tuple(objects))
        for path in sorted({item.document.path for item in objects}):
            findings = environment.placeholder_findings(path.read_text(encoding="utf-8"))
            for item in objects:
                if item.document.path == path:
                    findings += _findings(item, bundle)
            report.add(NAME, environment.subject(path), findings)


def _findings(item: Object, bundle: Bundle) -> list[Finding]:
    rules: list[tuple[str, Rule]] = [*RULES.get(item.kind, []), *EVERY]
    if item.template is not None:
        rules += WORKLOAD_RULES
    return [Finding(name, message, item.document.label) for name, rule in rules for message in rule(item, bundle)]


Rule = Callable[[Object, Bundle], Messages]


def identity(item: Object, bundle: Bundle) -> Messages:
    same = [other for other in bundle.objects if _identity(other) == _identity(item)]
    if len(same) > 1:
        yield f"{len(same)} objects are {item.kind} {item.namespace}/{item.name}"


def namespace_declared(item: Object, bundle: Bundle) -> Messages:
    declared = {other.name for other in bundle.of("Namespace")} | BUILT_IN_NAMESPACES
    if item.namespace and item.namespace not in declared:
        yield f"no Namespace {item.namespace} in the bundle"


def numbers(item: Object, _: Bundle) -> Messages:
    for path, value in _walk(item.document.body, ""):
        key = path.rsplit(".", 1)[-1]
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        if key in ("port", "containerPort", "hostPort", "targetPort", "nodePort", "endPort") and not 1 <= value <= MAX_PORT:
            yield f"{path} is {value}, not a port"
        if key in ("replicas", "minReplicas", "maxReplicas", "minReplicaCount", "maxReplicaCount") and value < 0:
            yield f"{path} is {value}"


def workload_selector(item: Object, _: Bundle) -> Messages:
    selector = item.spec.get("selector")
    if item.kind in (*SCALABLE, "DaemonSet") and not matches(selector or {}, item.pod_labels):
        yield "its selector does not match its own pod template"


def service_account(item: Object, bundle: Bundle) -> Messages:
    name = item.pod.get("serviceAccountName", "default")
    if name != "default" and not bundle.has("ServiceAccount", item.namespace, name):
        yield f"no ServiceAccount {name} in {item.namespace}"


def config_references(item: Object, bundle: Bundle) -> Messages:
    for kind, name in _references(item.pod):
        found = bundle.config_maps if kind == "ConfigMap" else bundle.secrets
        if (item.namespace, name) not in found:
            yield f"nothing in the bundle makes {kind} {name} in {item.namespace}"
    for volume in item.pod.get("volumes") or []:
        attributes = (volume.get("csi") or {}).get("volumeAttributes") or {}
        provider = attributes.get("secretProviderClass")
        if provider and not bundle.has("SecretProviderClass", item.namespace, provider):
            yield f"no SecretProviderClass {provider} in {item.namespace}"


def volumes(item: Object, _: Bundle) -> Messages:
    declared = {volume.get("name") for volume in item.pod.get("volumes") or []}
    declared |= {claim["metadata"]["name"] for claim in item.spec.get("volumeClaimTemplates") or []}
    for container in item.containers:
        for mount in container.get("volumeMounts") or []:
            if mount.get("name") not in declared:
                yield f"container {container.get('name')} mounts {mount.get('name')}, which is no volume"


def probes(item: Object, _: Bundle) -> Messages:
    for container in item.containers:
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            for action in ("httpGet", "tcpSocket", "grpc"):
                port = ((container.get(probe) or {}).get(action) or {}).get("port")
                if port is not None and not opens(container, port):
                    yield f"{probe} of {container.get('name')} asks port {port}, which the container does not open"


def service(item: Object, bundle: Bundle) -> Messages:
    selector = item.spec.get("selector")
    if not selector:
        return
    pods = bundle.pods(item.namespace, {"matchLabels": selector})
    if not pods:
        yield f"its selector matches no pod in {item.namespace}"
    for port in item.spec.get("ports") or []:
        target = port.get("targetPort", port.get("port"))
        closed = [pod.name for pod in pods if not pod.opens(target)]
        if closed:
            yield f"targetPort {target} is not open in {', '.join(closed)}"


def target_group_binding(item: Object, bundle: Bundle) -> Messages:
    reference = item.spec.get("serviceRef") or {}
    target = bundle.by_identity.get(("Service", item.namespace, str(reference.get("name"))))
    if target is None:
        yield f"no Service {reference.get('name')} in {item.namespace}"
    elif not any(reference.get("port") in (port.get("port"), port.get("name")) for port in target.spec.get("ports") or []):
        yield f"Service {target.name} has no port {reference.get('port')}"
    named = [key for key in ("targetGroupARN", "targetGroupName") if item.spec.get(key)]
    if len(named) != 1:
        yield "needs targetGroupARN or targetGroupName"


def scaler(item: Object, bundle: Bundle) -> Messages:
    kind, name = scale_target(item)
    target = bundle.by_identity.get((kind, item.namespace, name))
    if target is None:
        yield f"no {kind} {name} in {item.namespace}"
    elif len(bundle.scalers(target)) > 1:
        yield f"{kind} {name} has more than one scaler"
    low = item.spec.get("minReplicas", item.spec.get("minReplicaCount", 0))
    high = item.spec.get("maxReplicas", item.spec.get("maxReplicaCount", math.inf))
    if low > high or high < 1:
        yield f"scales from {low} to {high}"
    for trigger in item.spec.get("triggers") or []:
        reference = trigger.get("authenticationRef") or {}
        where = "" if reference.get("kind") == "ClusterTriggerAuthentication" else item.namespace
        if reference and not bundle.has(reference.get("kind", "TriggerAuthentication"), where, reference.get("name")):
            yield f"no {reference.get('kind', 'TriggerAuthentication')} {reference.get('name')}"


def disruption_budget(item: Object, bundle: Bundle) -> Messages:
    pods = bundle.pods(item.namespace, item.spec.get("selector") or {})
    if not pods:
        yield f"its selector matches no pod in {item.namespace}"
    for pod in pods:
        if pod.kind not in SCALABLE:
            continue
        # With no pod there is nothing to evict: the first number that matters is one.
        replicas = max(1, bundle.min_replicas(pod))
        allowed = _allowed(item.spec, replicas)
        if allowed < 1:
            yield f"allows no disruption of {pod.kind} {pod.name} at {replicas} replicas"


def network_policy(item: Object, bundle: Bundle) -> Messages:
    selector = item.spec.get("podSelector") or {}
    pods = bundle.pods(item.namespace, selector)
    if selector and not pods:
        yield f"its podSelector matches no pod in {item.namespace}"
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in item.spec.get(direction) or []:
            for peer in rule.get(side) or []:
                yield from _peer(item, bundle, peer, f"{direction}.{side}")
    for rule in item.spec.get("ingress") or []:
        for port in rule.get("ports") or []:
            number = port.get("port")
            if number is not None and "endPort" not in port and pods and not any(pod.opens(number) for pod in pods):
                yield f"lets in port {number}, which no selected pod opens"


def role_binding(item: Object, bundle: Bundle) -> Messages:
    role = item.document.body.get("roleRef") or {}
    if role.get("kind") == "Role" and not bundle.has("Role", item.namespace, role.get("name")):
        yield f"no Role {role.get('name')} in {item.namespace}"
    for subject in item.document.body.get("subjects") or []:
        where = str(subject.get("namespace", item.namespace))
        if subject.get("kind") == "ServiceAccount" and not bundle.has("ServiceAccount", where, subject.get("name")):
            yield f"no ServiceAccount {subject.get('name')} in {where}"


def external_secret(item: Object, bundle: Bundle) -> Messages:
    reference = item.spec.get("secretStoreRef") or {}
    kind = reference.get("kind", "SecretStore")
    where = "" if kind == "ClusterSecretStore" else item.namespace
    if reference and not bundle.has(kind, where, reference.get("name")):
        yield f"no {kind} {reference.get('name')}"


def ingress(item: Object, bundle: Bundle) -> Messages:
    for rule in item.spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            backend = (path.get("backend") or {}).get("service")
            if backend and not bundle.has("Service", item.namespace, backend.get("name")):
                yield f"no Service {backend.get('name')} in {item.namespace}"


def node_pool(item: Object, bundle: Bundle) -> Messages:
    reference = ((((item.spec.get("template") or {}).get("spec")) or {}).get("nodeClassRef")) or {}
    # EKS Auto Mode brings a NodeClass named `default`.
    if reference.get("name") != "default" and not bundle.has(str(reference.get("kind")), "", reference.get("name")):
        yield f"no {reference.get('kind')} {reference.get('name')}"


EVERY: list[tuple[str, Rule]] = [
    ("identity", identity),
    ("namespace", namespace_declared),
    ("number", numbers),
]
WORKLOAD_RULES: list[tuple[str, Rule]] = [
    ("own-selector", workload_selector),
    ("service-account", service_account),
    ("config-reference", config_references),
    ("volume", volumes),
    ("probe-port", probes),
]
RULES: dict[str, list[tuple[str, Rule]]] = {
    "Service": [("service", service)],
    "TargetGroupBinding": [("target-group-binding", target_group_binding)],
    "HorizontalPodAutoscaler": [("scaler", scaler)],
    "ScaledObject": [("scaler", scaler)],
    "PodDisruptionBudget": [("disruption-budget", disruption_budget)],
    "NetworkPolicy": [("network-policy", network_policy)],
    "RoleBinding": [("role-binding", role_binding)],
    "ClusterRoleBinding": [("role-binding", role_binding)],
    "ExternalSecret": [("external-secret", external_secret)],
    "Ingress": [("ingress", ingress)],
    "NodePool": [("node-pool", node_pool)],
}


def _identity(item: Object) -> tuple[str, str, str, str]:
    group = item.document.api_version.rpartition("/")[0]
    return group, item.kind, item.namespace, item.name


def _allowed(spec: dict[str, Any], replicas: int) -> int:
    """Disruptions allowed with all `replicas` healthy; percentages round up, as the controller does."""
    if "maxUnavailable" in spec:
        return _scaled(spec["maxUnavailable"], replicas)
    return replicas - _scaled(spec.get("minAvailable", 1), replicas)


def _scaled(value: int | str, replicas: int) -> int:
    return math.ceil(int(value.rstrip("%")) * replicas / 100) if isinstance(value, str) else value


def _peer(item: Object, bundle: Bundle, peer: dict[str, Any], where: str) -> Messages:
    selector = peer.get("podSelector")
    if not selector:
        return
    spaces = [item.namespace]
    if "namespaceSelector" in peer:
        chosen = peer["namespaceSelector"] or {}
        spaces = [space.name for space in bundle.of("Namespace") if matches(chosen, _namespace_labels(space))]
        # A namespace that is not ours (kube-system, say) has pods we cannot see.
        if not spaces or not any(bundle.pods(space, {}) for space in spaces):
            return
    if not any(bundle.pods(space, selector) for space in spaces):
        yield f"a podSelector of {where} matches no pod in {', '.join(spaces)}"


def _namespace_labels(space: Object) -> dict[str, str]:
    labels = (space.document.body.get("metadata") or {}).get("labels") or {}
    return {**labels, "kubernetes.io/metadata.name": space.name}


def _references(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every ConfigMap and Secret that the pods cannot start without."""
    for path, value in _walk(pod, ""):
        if not isinstance(value, dict) or value.get("optional"):
            continue
        match path.rsplit(".", 1)[-1]:
            case "configMapKeyRef" | "configMapRef":
                yield "ConfigMap", str(value.get("name"))
            case "secretKeyRef" | "secretRef":
                yield "Secret", str(value.get("name"))
            case "configMap":
                yield "ConfigMap", str(value.get("name"))
            case "secret":
                yield "Secret", str(value.get("secretName", value.get("name")))


def _walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _walk(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _walk(value, f"{path}[{index}]")
