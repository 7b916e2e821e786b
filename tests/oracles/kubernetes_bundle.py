"""The objects of one cluster, with the look-ups that the rules of `kubernetes_semantics` need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oracles.common import Document


@dataclass(frozen=True)
class Object:
    """A document with the accessors that the rules need."""

    document: Document

    @property
    def kind(self) -> str:
        return self.document.kind

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def namespace(self) -> str:
        return str((self.document.body.get("metadata") or {}).get("namespace", ""))

    @property
    def spec(self) -> dict[str, Any]:
        return self.document.body.get("spec") or {}

    @property
    def template(self) -> dict[str, Any] | None:
        """The pod template of a workload (the pod itself for a Pod)."""
        if self.kind == "Pod":
            return self.document.body
        if self.kind == "CronJob":
            return ((self.spec.get("jobTemplate") or {}).get("spec") or {}).get("template")
        return self.spec.get("template") if self.kind in WORKLOADS else None

    @property
    def pod(self) -> dict[str, Any]:
        return (self.template or {}).get("spec") or {}

    @property
    def pod_labels(self) -> dict[str, str]:
        return ((self.template or {}).get("metadata") or {}).get("labels") or {}

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*(self.pod.get("initContainers") or []), *(self.pod.get("containers") or [])]

    def opens(self, port: int | str) -> bool:
        return any(opens(container, port) for container in self.containers)


WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")
SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")


@dataclass(frozen=True)
class Bundle:
    """The objects of one cluster."""

    objects: tuple[Object, ...]

    @cached_property
    def by_identity(self) -> dict[tuple[str, str, str], Object]:
        return {(item.kind, item.namespace, item.name): item for item in self.objects}

    def has(self, kind: str, namespace: str, name: object) -> bool:
        return (kind, namespace, str(name)) in self.by_identity

    def of(self, *kinds: str) -> list[Object]:
        return [item for item in self.objects if item.kind in kinds]

    def pods(self, namespace: str, selector: dict[str, Any]) -> list[Object]:
        """The workloads of `namespace` whose pods a label selector matches."""
        candidates = [item for item in self.objects if item.template is not None and item.namespace == namespace]
        return [item for item in candidates if matches(selector, item.pod_labels)]

    @cached_property
    def config_maps(self) -> set[tuple[str, str]]:
        return {(item.namespace, item.name) for item in self.of("ConfigMap")}

    @cached_property
    def secrets(self) -> set[tuple[str, str]]:
        """Secrets that are in the bundle or that a controller makes from something in it."""
        found = {(item.namespace, item.name) for item in self.of("Secret")}
        for item in self.of("ExternalSecret"):
            found.add((item.namespace, str((item.spec.get("target") or {}).get("name") or item.name)))
        for item in self.of("SecretProviderClass"):
            found |= {(item.namespace, str(synced.get("secretName"))) for synced in item.spec.get("secretObjects") or []}
        return found

    def scalers(self, target: Object) -> list[Object]:
        scalers = self.of("HorizontalPodAutoscaler", "ScaledObject")
        return [item for item in scalers if item.namespace == target.namespace and scale_target(item) == (target.kind, target.name)]

    def min_replicas(self, target: Object) -> int:
        scalers = self.scalers(target)
        if not scalers:
            return int(target.spec.get("replicas", 1))
        keys = {"HorizontalPodAutoscaler": ("minReplicas", 1), "ScaledObject": ("minReplicaCount", 0)}
        return min(int(item.spec.get(*keys[item.kind])) for item in scalers)


def opens(container: dict[str, Any], port: int | str) -> bool:
    return any(port in (entry.get("containerPort"), entry.get("name")) for entry in container.get("ports") or [])


def scale_target(item: Object) -> tuple[str, str]:
    reference = item.spec.get("scaleTargetRef") or {}
    return str(reference.get("kind", "Deployment")), str(reference.get("name"))


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(item, labels) for item in selector.get("matchExpressions") or [])


def _expression(item: dict[str, Any], labels: dict[str, str]) -> bool:
    value, values = labels.get(str(item.get("key"))), item.get("values") or []
    match item.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False
