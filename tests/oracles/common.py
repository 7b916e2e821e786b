"""What every oracle shares: environments on disk, findings, suppressions, the tally.

An oracle is a module with `NAME` and `check(environment, report)`.
It calls `report.add` once for every file it has looked at; that is one check.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = re.compile(r"^(?P<stack>.+)\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d)\.template\.json$")
PLACEHOLDER = re.compile(
    r"\$\{output:(?P<stack>[A-Za-z][A-Za-z0-9-]*)@(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d):(?P<output>[A-Za-z0-9]+)\}"
)
PLACEHOLDER_START = "${output:"


@dataclass(frozen=True)
class Finding:
    """One thing an oracle objects to."""

    rule: str
    message: str
    where: str = ""
    resource_type: str = ""

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.rule}: {self.message}{place}"


@dataclass(frozen=True)
class Template:
    """A CloudFormation template and the region it is for."""

    path: Path
    stack: str
    region: str
    text: str

    @cached_property
    def body(self) -> dict[str, Any]:
        body = json.loads(self.text)
        return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class Document:
    """One document of a Kubernetes manifest file."""

    path: Path
    cluster: str
    namespace: str
    index: int
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body.get("kind", ""))

    @property
    def api_version(self) -> str:
        return str(self.body.get("apiVersion", ""))

    @property
    def name(self) -> str:
        return str((self.body.get("metadata") or {}).get("name", ""))

    @property
    def label(self) -> str:
        return f"{self.kind or '?'}/{self.name or '?'}"


@dataclass(frozen=True)
class Environment:
    """A directory written by `infra synth` (or a bare directory of templates)."""

    root: Path

    @property
    def label(self) -> str:
        return f"{self.root.parent.name}/{self.root.name}"

    def subject(self, path: Path) -> str:
        return f"{self.label}/{path.relative_to(self.root).as_posix()}"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        path = self.root / "manifest.json"
        body = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return body if isinstance(body, dict) else {}

    @cached_property
    def templates(self) -> list[Template]:
        found = []
        for path in sorted(self.root.rglob("*.template.json")):
            match = TEMPLATE.match(path.name)
            stack = match["stack"] if match else path.name.removesuffix(".template.json")
            # Bare templates, such as those of other tools, do not name their region.
            region = match["region"] if match else "eu-west-1"
            found.append(Template(path, stack, region, path.read_text(encoding="utf-8")))
        return found

    @cached_property
    def batches(self) -> list[Path]:
        return sorted((self.root / "dns").glob("*.change-batch.json"))

    @cached_property
    def manifest_files(self) -> list[Path]:
        return sorted((self.root / "kubernetes").rglob("*.yaml"))

    @cached_property
    def documents(self) -> list[Document]:
        """The documents of every file that parses; the kubernetes oracle reports the others."""
        found: list[Document] = []
        for path in self.manifest_files:
            with contextlib.suppress(yaml.YAMLError):
                found += self.documents_of(path)
        return found

    def documents_of(self, path: Path) -> list[Document]:
        return list(self._read(path))

    def _read(self, path: Path) -> Iterator[Document]:
        parts = path.relative_to(self.root / "kubernetes").parts
        cluster = parts[0] if len(parts) > 1 else ""
        namespace = parts[1] if len(parts) > 2 else ""
        bodies = yaml.load_all(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
        for index, body in enumerate(bodies):
            if body is None:
                continue
            yield Document(path, cluster, namespace, index, body if isinstance(body, dict) else {})

    @cached_property
    def outputs(self) -> set[tuple[str, str, str]]:
        """Every (stack name, region, output key) that a template of this environment produces."""
        by_path = {self.root / str(stack.get("template", "")): stack for stack in self.manifest.get("stacks", [])}
        found = set()
        for template in self.templates:
            stack = by_path.get(template.path, {})
            name = str(stack.get("name", template.stack))
            found |= {(name, template.region, key) for key in template.body.get("Outputs") or {}}
        return found

    def placeholder_findings(self, text: str) -> list[Finding]:
        """Reports placeholders that are malformed or name an output no template has."""
        findings = []
        well_formed = list(PLACEHOLDER.finditer(text))
        if text.count(PLACEHOLDER_START) != len(well_formed):
            findings.append(Finding("placeholder-form", "a placeholder is not ${output:<stack>@<region>:<OutputKey>}"))
        for key in sorted({(match["stack"], match["region"], match["output"]) for match in well_formed}):
            if key not in self.outputs:
                findings.append(Finding("placeholder-output", f"no template outputs {key[0]}@{key[1]}:{key[2]}"))
        return findings


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys, which PyYAML resolves silently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate keys {twice}", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass
class Suppression:
    """One accepted finding, see `suppressions.toml`."""

    oracle: str
    rule: str
    scope: str
    reason: str
    used: int = 0

    def covers(self, oracle: str, subject: str, finding: Finding) -> bool:
        if self.oracle != oracle or self.rule != finding.rule:
            return False
        return self.scope == finding.resource_type or fnmatch.fnmatchcase(subject, self.scope)


@dataclass
class Report:
    """Collects checks; prints each as it comes."""

    suppressions: list[Suppression] = field(default_factory=list)
    quiet: bool = False
    passed: int = 0
    failures: list[tuple[str, str, list[Finding]]] = field(default_factory=list)

    def add(self, oracle: str, subject: str, findings: list[Finding]) -> None:
        """Records the check of one file by one oracle."""
        remaining = [finding for finding in findings if not self._suppressed(oracle, subject, finding)]
        if remaining:
            self.failures.append((oracle, subject, remaining))
        else:
            self.passed += 1
        if not self.quiet:
            print(f"  {'FAILED' if remaining else 'ok':6} {oracle:24} {subject}")
            for finding in remaining:
                print(f"           {finding}")

    def _suppressed(self, oracle: str, subject: str, finding: Finding) -> bool:
        covering = [entry for entry in self.suppressions if entry.covers(oracle, subject, finding)]
        for entry in covering:
            entry.used += 1
        return bool(covering)

    def add_unused_suppressions(self, oracles: set[str]) -> None:
        """Fails for every suppression of the oracles that ran which covered nothing."""
        for entry in self.suppressions:
            if entry.oracle in oracles and not entry.used:
                finding = Finding("unused", f"no finding of {entry.rule} in {entry.scope}; delete the entry")
                self.add("suppressions", f"{entry.oracle} {entry.rule} {entry.scope}", [finding])


def read_suppressions(path: Path) -> list[Suppression]:
    """Reads `suppressions.toml`; every entry needs a reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("suppress", [])
    suppressions = [Suppression(**entry) for entry in entries]
    without = [entry.rule for entry in suppressions if not entry.reason.strip()]
    if without:
        raise ValueError(f"suppressions without a reason: {without}")
    return suppressions


def environments(directories: list[Path]) -> list[Environment]:
    """Finds the synthesized environments below `directories`; a bare directory counts as one."""
    found = []
    for directory in directories:
        marks = [*directory.rglob("manifest.json"), *directory.rglob("stacks"), *directory.rglob("kubernetes")]
        # `stacks/` and `kubernetes/` too, so that an environment that lost its manifest is not skipped.
        roots = sorted({path.parent for path in marks})
        found += [Environment(root.resolve()) for root in roots or [directory]]
    return found
