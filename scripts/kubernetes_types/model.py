"""Reads the schemas of Kubernetes, version by version, and of custom resources into one graph.

A node says what a value is; equal references are one node, so that types that hold themselves end. A field carries the
first and the last minor version that has it; 0 stands for "from before" and "still".
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TAGS = (
    "any", "string", "integer", "number", "boolean", "quantity", "int-or-string", "time", "bytes", "object", "map", "list",
)  # fmt: skip
NAMED = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
}
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


@dataclass
class Field:
    node: int
    required: bool
    since: int
    until: int
    doc: str


@dataclass
class Node:
    tag: str
    doc: str = ""
    inner: int = -1
    fields: dict[str, Field] = field(default_factory=dict)
    enum: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    is_set: bool = False
    low: int | None = None
    high: int | None = None


@dataclass
class Kind:
    node: int
    since: int
    until: int
    custom: bool
    namespaced: bool | None


@dataclass
class Model:
    oldest: int
    newest: int
    nodes: list[Node] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    plain: dict[Any, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def shared(self, node: Node) -> int:
        """A node without fields of its own; equal ones are one."""
        key = (node.tag, node.inner, node.enum, node.keys, node.is_set, node.low, node.high)
        if key not in self.plain:
            self.plain[key] = self.add(node)
        return self.plain[key]


class Validation:
    """What `validation.toml` adds; every entry must be used."""

    def __init__(self) -> None:
        table = tomllib.loads((HERE / "validation.toml").read_text(encoding="utf-8"))
        self.enums: dict[str, list[str]] = table["enums"]
        self.ranges: dict[str, list[int]] = table["ranges"]
        self.required: dict[str, list[str]] = table["required"]
        self.unused = {*self.enums, *self.ranges, *self.required}

    def take(self, table: dict[str, Any], name: str) -> Any:
        if name in table:
            self.unused.discard(name)
        return table.get(name)


def read(versions: list[tuple[int, Path]], custom: dict[tuple[str, str], dict[str, Any]]) -> Model:
    """`versions` are minor versions, oldest first, with the file of their definitions."""
    documents = [(minor, json.loads(path.read_text(encoding="utf-8"))["$defs"]) for minor, path in versions]
    model = Model(oldest=documents[0][0], newest=documents[-1][0])
    reader = _Reader(model, documents)
    reader.kinds()
    for (version, kind), schema in sorted(custom.items()):
        _Custom(reader, schema).kind(version, kind)
    if reader.validation.unused:
        raise SystemExit(f"validation.toml names what does not exist: {sorted(reader.validation.unused)}")
    return model


class _Reader:
    def __init__(self, model: Model, documents: list[tuple[int, dict[str, Any]]]) -> None:
        self.model = model
        self.documents = documents
        self.validation = Validation()

    def span(self, minors: list[int]) -> tuple[int, int]:
        first, last = min(minors), max(minors)
        return (0 if first == self.model.oldest else first, 0 if last == self.model.newest else last)

    def kinds(self) -> None:
        found: dict[str, tuple[str, list[int]]] = {}
        for minor, definitions in self.documents:
            for name, definition in definitions.items():
                for it in definition.get("x-kubernetes-group-version-kind", []):
                    properties = definition.get("properties", {})
                    if "metadata" not in properties or it["kind"].endswith("List") or not _is_object(it):
                        continue
                    version = f"{it['group']}/{it['version']}" if it["group"] else it["version"]
                    known = found.setdefault(f"{version}/{it['kind']}", (name, []))
                    found[f"{version}/{it['kind']}"] = (name, [*known[1], minor])
        for key, (name, minors) in sorted(found.items()):
            self.model.kinds[key] = Kind(self.definition(name), *self.span(minors), False, None)

    def definition(self, name: str) -> int:
        if name in self.model.named:
            return self.model.named[name]
        there = [(minor, definitions[name]) for minor, definitions in self.documents if name in definitions]
        newest = there[-1][1]
        tag = NAMED.get(name) or ("object" if "properties" in newest else None)
        if tag != "object":
            node = self.model.shared(Node(tag or "any"))
            if tag is None and newest.get("type") not in (None, ["object", "null"], "object"):
                node = self.value(newest, name)
            self.model.named[name] = node
            return node
        place = self.model.add(Node("object", doc=newest.get("description", "")))
        self.model.named[name] = place
        short = name.rsplit(".", 1)[-1]
        required = {*newest.get("required", []), *(self.validation.take(self.validation.required, short) or [])}
        names = sorted({key for _, definition in there for key in definition.get("properties", {})})
        for key in names:
            having = [(minor, definition["properties"][key]) for minor, definition in there if key in definition.get("properties", {})]
            # The type as a whole may be younger than the oldest version: then its fields are as old as it is.
            since, until = self.span([minor for minor, _ in having])
            since = 0 if having[0][0] == there[0][0] else since
            until = 0 if having[-1][0] == there[-1][0] else until
            schema = having[-1][1]
            node = self.value(schema, f"{short}.{key}")
            self.model.nodes[place].fields[key] = Field(node, key in required, since, until, schema.get("description", ""))
        return place

    def value(self, schema: dict[str, Any], name: str) -> int:
        """A value that is no definition of its own; `name` is `Type.field`."""
        if "$ref" in schema:
            return self.definition(schema["$ref"].rsplit("/", 1)[-1])
        types = schema.get("type")
        kind = next((it for it in ([types] if isinstance(types, str) else types or []) if it != "null"), None)
        if kind == "array":
            keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
            is_set = schema.get("x-kubernetes-list-type") == "set"
            return self.model.shared(Node("list", inner=self.value(schema["items"], f"{name}[]"), keys=keys, is_set=is_set))
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return self.model.shared(Node("map", inner=self.value(schema["additionalProperties"], f"{name}[]")))
        if kind == "object" or kind is None:
            return self.model.shared(Node("any"))
        enum = tuple(self.validation.take(self.validation.enums, name) or ())
        if kind == "string":
            tag = {"byte": "bytes", "date-time": "time"}.get(schema.get("format", ""), "string")
            return self.model.shared(Node(tag, enum=enum))
        if kind == "integer":
            bounds = self.validation.take(self.validation.ranges, name) or []
            low, high = (*bounds, None, None)[:2]
            if schema.get("format") == "int32":
                low = -(2**31) if low is None else low
                high = 2**31 - 1 if high is None else high
            return self.model.shared(Node("integer", low=low, high=high))
        return self.model.shared(Node(kind))


def _is_object(it: dict[str, str]) -> bool:
    """Whether it can be written: options and answers of the server are no objects."""
    return it["kind"] not in {"DeleteOptions", "WatchEvent", "Status", "APIGroup", "APIVersions", "APIResourceList"}


class _Custom:
    """The schema of a custom resource, in the form that `tests/oracles/crds.py` gives."""

    def __init__(self, reader: _Reader, schema: dict[str, Any]) -> None:
        self.reader = reader
        self.model = reader.model
        self.schema = schema
        self.named: dict[str, int] = {}

    def kind(self, version: str, kind: str) -> None:
        model = self.model
        text, anything = model.shared(Node("string")), model.shared(Node("any"))
        fields = {
            "apiVersion": Field(text, False, 0, 0, ""),
            "kind": Field(text, False, 0, 0, ""),
            "metadata": Field(self.reader.definition(META), True, 0, 0, ""),
        }
        # The custom resources that are bound with metadata only have no `spec` worth the name.
        for name, schema in self.schema["properties"].items():
            if name not in fields:
                required = name in self.schema["required"]
                fields[name] = Field(self.value(schema), required, 0, 0, "")
        fields.setdefault("status", Field(anything, False, 0, 0, ""))
        place = model.add(Node("object", fields=dict(sorted(fields.items()))))
        model.kinds[f"{version}/{kind}"] = Kind(place, 0, 0, True, self.schema.get("x-namespaced"))

    def value(self, schema: dict[str, Any]) -> int:
        model = self.model
        if "$ref" in schema:
            return self.definition(schema["$ref"].rsplit("/", 1)[-1])
        if "enum" in schema:
            return model.shared(Node("string", enum=tuple(sorted(schema["enum"]))))
        kind = schema.get("type")
        if kind == ["integer", "string"]:
            return model.shared(Node("int-or-string"))
        if kind == "array":
            return model.shared(Node("list", inner=self.value(schema["items"])))
        if kind == "object" and schema.get("properties"):
            return self.record(schema)
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return model.shared(Node("map", inner=self.value(schema["additionalProperties"])))
        if kind == "integer":
            return model.shared(Node("integer", low=schema.get("minimum"), high=schema.get("maximum")))
        if kind in ("string", "number", "boolean"):
            return model.shared(Node(kind))
        return model.shared(Node("any"))

    def definition(self, name: str) -> int:
        if name not in self.named:
            schema = self.schema["$defs"][name]
            if not schema.get("properties"):
                self.named[name] = self.value(schema) if "enum" in schema else self.model.shared(Node("any"))
            else:
                self.record(schema, name)
        return self.named[name]

    def record(self, schema: dict[str, Any], name: str | None = None) -> int:
        place = self.model.add(Node("object"))
        if name is not None:
            self.named[name] = place
        for key, value in sorted(schema["properties"].items()):
            required = key in schema.get("required", [])
            self.model.nodes[place].fields[key] = Field(self.value(value), required, 0, 0, "")
        return place
