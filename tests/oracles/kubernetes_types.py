#!/usr/bin/env python3
"""Compares the facts about kinds of Kubernetes with the schemas of the installed kubernetes-validate.

The reader here knows the format from its description only and shares nothing with the compiler. Every built-in kind of
every version is walked, in both directions: fields, types, list keys, and what is required.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "crates/infra-core/data/kubernetes-types.bin"
TAGS = "any string integer number boolean quantity int-or-string time bytes object map list".split()
NEVER_WRITTEN = {"DeleteOptions", "WatchEvent", "Status", "APIGroup", "APIVersions", "APIResourceList"}
OPAQUE = ("RawExtension", "FieldsV1", "JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray")


class File:
    """The compiled file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.header = struct.unpack_from("<10I", data)

    def word(self, place: int) -> int:
        return int(struct.unpack_from("<I", self.data, 4 * place)[0])

    def text(self, number: int) -> str:
        if number == 0:
            return ""
        ends, first = self.header[6], self.header[8]
        return self.data[first + self.word(ends + number - 1) : first + self.word(ends + number)].decode()

    def kinds(self) -> dict[str, tuple[int, int, int, bool]]:
        """By name: node, first and last version, whether it is a custom one."""
        found = {}
        for index in range(self.header[3]):
            name, node, since, until, custom, _ = (self.word(self.header[2] + 6 * index + at) for at in range(6))
            found[self.text(name)] = (node, since or self.header[4], until or self.header[5], bool(custom))
        return found

    def texts(self, place: int) -> list[str]:
        return [self.text(self.word(place + 1 + at)) for at in range(self.word(place))] if place else []

    def fields(self, node: int) -> dict[str, tuple[int, bool, int, int]]:
        place = self.word(node + 3)
        found = {}
        for index in range(self.word(place) if place else 0):
            name, inner, required, since, until, _ = (self.word(place + 1 + 6 * index + at) for at in range(6))
            found[self.text(name)] = (inner, bool(required), since, until)
        return found


def problems(file: File, minor: int, definitions: dict[str, Any]) -> Iterator[str]:
    """What differs in one version."""
    known = {name: kind for name, kind in file.kinds().items() if not kind[3] and kind[1] <= minor <= kind[2]}
    source: dict[str, str] = {}
    for name, definition in definitions.items():
        for it in definition.get("x-kubernetes-group-version-kind", []):
            if "metadata" in definition.get("properties", {}) and not it["kind"].endswith("List") and it["kind"] not in NEVER_WRITTEN:
                source["/".join(part for part in (it["group"], it["version"], it["kind"]) if part)] = name
    for name in sorted(known.keys() ^ source.keys()):
        yield f"1.{minor}: {name} is in one of the two only"
    seen: set[tuple[int, str]] = set()
    waiting = [(known[name][0], {"$ref": f"#/$defs/{source[name]}"}, name) for name in sorted(known.keys() & source.keys())]
    while waiting:
        node, schema, path = waiting.pop()
        reference = schema.get("$ref", "").rsplit("/", 1)[-1]
        if reference:
            if (node, reference) in seen:
                continue
            seen.add((node, reference))
            schema = definitions[reference]
        tag, wanted = TAGS[file.word(node)], _tag(reference, schema)
        if tag != wanted:
            yield f"1.{minor}: {path} is {tag}, not {wanted}"
            continue
        if tag in ("list", "map"):
            keys = schema.get("x-kubernetes-list-map-keys", [])
            if tag == "list" and minor == file.header[5] and file.texts(file.word(node + 5)) != keys:
                yield f"1.{minor}: {path} has other keys than {keys}"
            waiting.append((file.word(node + 2), schema["items" if tag == "list" else "additionalProperties"], f"{path}[]"))
        if tag == "object":
            yield from _object(file, minor, node, schema, path, waiting)


def _object(file: File, minor: int, node: int, schema: dict[str, Any], path: str, waiting: list[Any]) -> Iterator[str]:
    fields = {
        name: field for name, field in file.fields(node).items() if (field[2] or 0) <= minor and minor <= (field[3] or minor)
    }
    for name in sorted(fields.keys() ^ schema["properties"].keys()):
        # A type that is older or newer than the versions carries no span of its own.
        if name not in fields or minor == file.header[5]:
            yield f"1.{minor}: {path}.{name} is in one of the two only"
    for name in sorted(fields.keys() & schema["properties"].keys()):
        if minor == file.header[5] and name in schema.get("required", []) and not fields[name][1]:
            yield f"1.{minor}: {path}.{name} is required"
        waiting.append((fields[name][0], schema["properties"][name], f"{path}.{name}"))


def _tag(reference: str, schema: dict[str, Any]) -> str:
    last = reference.rsplit(".", 1)[-1]
    named = {"Quantity": "quantity", "IntOrString": "int-or-string", "Time": "time", "MicroTime": "time"}
    if last in named:
        return named[last]
    if last in OPAQUE:
        return "any"
    types = schema.get("type")
    kind = next((it for it in ([types] if isinstance(types, str) else types or []) if it != "null"), "any")
    if kind == "object":
        return "object" if "properties" in schema else "map" if isinstance(schema.get("additionalProperties"), dict) else "any"
    if kind == "string":
        return {"byte": "bytes", "date-time": "time"}.get(schema.get("format", ""), "string")
    return "list" if kind == "array" else kind


def main() -> int:
    file = File(DATA.read_bytes())
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("kubernetes-validate is not installed")
    folder = Path(next(iter(spec.submodule_search_locations))) / "kubernetes-json-schema"
    found: list[str] = []
    for minor in range(file.header[4], file.header[5] + 1):
        document = json.loads((folder / f"v1.{minor}.0-local/_definitions.json").read_text(encoding="utf-8"))
        found += problems(file, minor, document["$defs"])
    for problem in found:
        print(problem)
    print(f"{len(file.kinds())} kinds, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
