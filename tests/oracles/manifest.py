"""`manifest.json`: version, digests, completeness, and that every edge has both of its ends."""

from __future__ import annotations

import graphlib
import hashlib
import json
from typing import Any

from oracles.common import Environment, Finding, Report

NAME = "manifest"
VERSION = 1
KEYS = ("version", "project", "environment", "account", "region", "partition", "tool", "stacks", "edges", "files")
# `Fn::GetStackOutput` is the consuming side of an edge that needs no parameter.
STACK_OUTPUT = "Fn::GetStackOutput"


def check(environment: Environment, report: Report) -> None:
    """Checks the manifest of an environment and the placeholders of `web/**`."""
    path = environment.root / "manifest.json"
    if not (environment.root / "stacks").is_dir() and not path.is_file():
        return  # a bare directory of templates
    findings = _findings(environment) if path.is_file() else [Finding("missing", "there is no manifest.json")]
    report.add(NAME, environment.subject(path), findings)
    for config in sorted((environment.root / "web").rglob("*.json")):
        report.add(NAME, environment.subject(config), _web(environment, config.read_text(encoding="utf-8")))


def _web(environment: Environment, text: str) -> list[Finding]:
    try:
        json.loads(text)
    except ValueError as error:
        return [Finding("json", str(error))]
    return environment.placeholder_findings(text)


def _findings(environment: Environment) -> list[Finding]:
    manifest = environment.manifest
    missing = [key for key in KEYS if key not in manifest]
    if missing:
        return [Finding("shape", f"no {', '.join(missing)}")]
    if manifest["version"] != VERSION:
        return [Finding("version", f"version {manifest['version']!r}, this oracle reads {VERSION}")]
    stacks = {(str(stack["stack"]), str(stack["region"])): stack for stack in manifest["stacks"]}
    findings = _files(environment) + _stacks(environment, stacks) + _order(manifest["stacks"])
    if len(stacks) != len(manifest["stacks"]):
        findings.append(Finding("stack-twice", "two stacks have one name and region"))
    for edge in manifest["edges"]:
        findings += _edge(environment, stacks, edge)
    return findings + _unfed(environment, stacks)


def _files(environment: Environment) -> list[Finding]:
    listed = environment.manifest["files"]
    on_disk = {
        path.relative_to(environment.root).as_posix(): path
        for path in environment.root.rglob("*")
        if path.is_file() and path != environment.root / "manifest.json"
    }
    findings = [Finding("unlisted", f"{name} is not in files") for name in sorted(on_disk.keys() - listed.keys())]
    for name, digest in sorted(listed.items()):
        if name not in on_disk:
            findings.append(Finding("absent", f"{name} is listed but not there"))
        elif hashlib.sha256(on_disk[name].read_bytes()).hexdigest() != str(digest).removeprefix("sha256:"):
            findings.append(Finding("digest", f"{name} does not have the digest in files"))
    return findings


def _stacks(environment: Environment, stacks: dict[tuple[str, str], Any]) -> list[Finding]:
    by_path = {template.path.relative_to(environment.root).as_posix(): template for template in environment.templates}
    findings = []
    described = {str(stack.get("template")) for stack in stacks.values()}
    findings += [Finding("no-stack", f"{path} belongs to no stack") for path in sorted(by_path.keys() - described)]
    for (name, region), stack in stacks.items():
        template = by_path.get(str(stack.get("template")))
        if template is None:
            findings.append(Finding("template", f"{name}: there is no {stack.get('template')}"))
            continue
        if (template.stack, template.region) != (name, region):
            findings.append(Finding("template", f"{name} in {region} points to {template.path.name}"))
        findings += _against_template(name, stack, template.body, len(template.path.read_bytes()))
    return findings


def _against_template(name: str, stack: dict[str, Any], body: dict[str, Any], n_bytes: int) -> list[Finding]:
    parameters = body.get("Parameters") or {}
    given = set(stack.get("parameters") or {})
    findings = []
    unknown = given - parameters.keys()
    if unknown:
        findings.append(Finding("parameter", f"{name} has no parameters {sorted(unknown)}"))
    outputs = set(body.get("Outputs") or {})
    if set(stack.get("outputs") or {}) != outputs:
        findings.append(Finding("outputs", f"{name}: outputs differ from those of the template, {sorted(outputs)}"))
    if (stack.get("size") or {}).get("bytes", n_bytes) != n_bytes:
        findings.append(Finding("size", f"{name}: the template has {n_bytes} bytes"))
    n_resources = len(body.get("Resources") or {})
    if (stack.get("resources") or {}).get("count", n_resources) != n_resources:
        findings.append(Finding("resources", f"{name}: the template has {n_resources} resources"))
    return findings


def _order(stacks: list[dict[str, Any]]) -> list[Finding]:
    names = {str(stack[key]) for stack in stacks for key in ("stack", "name") if key in stack}
    full = {str(stack["stack"]): str(stack.get("name", stack["stack"])) for stack in stacks}
    graph: dict[str, set[str]] = {}
    findings = []
    for stack in stacks:
        needed = [str(item.get("stack") if isinstance(item, dict) else item) for item in stack.get("dependsOn") or []]
        unknown = [item for item in needed if item not in names]
        findings += [Finding("depends-on", f"{stack['stack']} depends on {item}, which is no stack") for item in unknown]
        graph.setdefault(str(stack.get("name", stack["stack"])), set()).update(full.get(item, item) for item in needed)
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        findings.append(Finding("cycle", " -> ".join(error.args[1])))
    return findings


def _edge(environment: Environment, stacks: dict[tuple[str, str], Any], edge: dict[str, Any]) -> list[Finding]:
    producer, consumer = edge["from"], edge["to"]
    label = f"{producer['stack']} -> {consumer['stack']}"
    bodies = {(template.stack, template.region): template.body for template in environment.templates}
    ends = [_resolve(stacks, end) for end in (producer, consumer)]
    if None in ends:
        return [Finding("edge", f"{label}: an end is no stack of this manifest")]
    source, target = (bodies.get(end, {}) for end in ends)
    findings = []
    output = producer.get("output")
    if output not in (source.get("Outputs") or {}):
        findings.append(Finding("edge-output", f"{label}: the producer has no output {output}"))
    parameter = consumer.get("parameter")
    if parameter not in (target.get("Parameters") or {}) and not (parameter is None and _reads(target, str(output))):
        findings.append(Finding("edge-parameter", f"{label}: the consumer has no parameter {parameter}"))
    stack, depends = stacks[ends[1]], stacks[ends[0]]
    needed = {str(item.get("stack") if isinstance(item, dict) else item) for item in stack.get("dependsOn") or []}
    if stack is not depends and not needed & {str(depends["stack"]), str(depends.get("name"))}:
        findings.append(Finding("edge-order", f"{label}: the consumer does not depend on the producer"))
    return findings


def _unfed(environment: Environment, stacks: dict[tuple[str, str], Any]) -> list[Finding]:
    """Reports parameters that have no default and get a value neither from the manifest nor over an edge."""
    ends = [(_resolve(stacks, edge["to"]), edge["to"].get("parameter")) for edge in environment.manifest["edges"]]
    findings = []
    for template in environment.templates:
        key = (template.stack, template.region)
        fed = {parameter for end, parameter in ends if end == key} | set(stacks.get(key, {}).get("parameters") or {})
        for name, parameter in (template.body.get("Parameters") or {}).items():
            if "Default" not in parameter and name not in fed:
                findings.append(Finding("parameter-unfed", f"{template.stack}: nothing gives {name} a value"))
    return findings


def _resolve(stacks: dict[tuple[str, str], Any], end: dict[str, Any]) -> tuple[str, str] | None:
    for key, stack in stacks.items():
        if end["region"] == key[1] and end["stack"] in (key[0], stack.get("name")):
            return key
    return None


def _reads(node: Any, output: str) -> bool:
    """Whether the template reads `output` of another stack by `Fn::GetStackOutput`."""
    if isinstance(node, dict):
        if isinstance(node.get(STACK_OUTPUT), dict) and node[STACK_OUTPUT].get("OutputName") == output:
            return True
        return any(_reads(value, output) for value in node.values())
    return isinstance(node, list) and any(_reads(value, output) for value in node)
