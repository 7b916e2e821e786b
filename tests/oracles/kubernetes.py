"""Every manifest document against the schemas of Kubernetes 1.32 to 1.37 and of its CRDs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import jsonschema
import yaml
from kubernetes_validate import utils
from referencing import Registry, Resource

from oracles import crds
from oracles.common import Document, Environment, Finding, Report

NAME = "kubernetes"
OLDEST = (1, 32)


def check(environment: Environment, report: Report) -> None:
    """Validates every file; a file that does not parse fails alone."""
    for path in environment.manifest_files:
        try:
            documents = environment.documents_of(path)
            findings = [finding for document in documents for finding in _findings(document)]
            if not documents:
                findings = [Finding("empty", "the file has no document")]
        except yaml.YAMLError as error:
            findings = [Finding("yaml", " ".join(str(error).split()))]
        report.add(NAME, environment.subject(path), findings)


def versions() -> list[str]:
    """Returns the schema versions of the package from `OLDEST` on, oldest first."""
    parsed = [(tuple(int(part) for part in version.split(".")[:2]), version) for version in utils.all_versions()]
    # Each version is in the package twice, lenient and strict.
    return [version for number, version in sorted(set(parsed)) if number >= OLDEST]


def _findings(document: Document) -> list[Finding]:
    if not document.api_version or not document.kind:
        return [Finding("identity", f"document {document.index} has no apiVersion or kind")]
    custom = crds.schemas().get((document.api_version, document.kind))
    if custom is not None:
        errors = jsonschema.Draft202012Validator(custom).iter_errors(document.body)
        return [_finding(document, "crd", error) for error in errors] + _scope(document, custom)
    findings: dict[str, Finding] = {}
    for version in versions():
        validator = _built_in(version, document.api_version, document.kind)
        if validator is None:
            return [Finding("unknown-kind", f"{document.api_version} {document.kind} is not in Kubernetes {version}")]
        for error in validator.iter_errors(document.body):
            finding = _finding(document, "schema", error)
            findings.setdefault(str(finding), Finding("schema", f"{finding.message} [{version}]", finding.where))
    return list(findings.values())


def _scope(document: Document, schema: dict[str, Any]) -> list[Finding]:
    namespaced = "namespace" in (document.body.get("metadata") or {})
    if namespaced == schema["x-namespaced"]:
        return []
    wanted = "needs" if schema["x-namespaced"] else "takes no"
    return [Finding("scope", f"{document.label} {wanted} metadata.namespace")]


@lru_cache(maxsize=None)
def _built_in(version: str, api_version: str, kind: str) -> jsonschema.Draft202012Validator | None:
    # The file name of the package: the group without its domain, then the version.
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    try:
        schema = utils.schema_contents(f"{folder}/{kind.lower()}-{group}.json", version)
    except FileNotFoundError:
        return None
    registry = Resource.from_contents(schema) @ _definitions(version, folder)
    return jsonschema.Draft202012Validator(schema, registry=registry)


@lru_cache(maxsize=None)
def _definitions(version: str, folder: str) -> Registry:
    return Resource.from_contents(utils.schema_contents(f"{folder}/_definitions.json", version)) @ Registry()


def _finding(document: Document, rule: str, error: jsonschema.ValidationError) -> Finding:
    path = ".".join(str(part) for part in error.absolute_path)
    return Finding(rule, error.message[:300], f"{document.label} {path}".strip())
