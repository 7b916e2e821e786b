#!/usr/bin/env python3
"""Compares the facts about resource types with the schemas of the installed cfn-lint: `resource_types.py [FILE]`.

The reader here knows the format from its description only and shares nothing with the compiler. Every type is compared
in both directions, node by node; references are followed, so that a type that contains itself is compared too.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "crates/infra-core/data/resource-types.bin"
MAGIC, FORMAT = 0x31545249, 1
HEADER = ("magic", "format", "types", "n_types", "regions", "ends", "n_strings", "text", "n_bytes")
TYPE = (
    "name schema flags regions_low regions_high read_only create_only conditional_create_only write_only deprecated"
    " primary_identifier additional_identifiers tag_property replacement_strategy handlers attributes reference"
    " arn_template replaced_always replaced_sometimes relationships conditions lifecycle transforms"
).split()
FLAGS = "stateful taggable tag_on_create tag_updatable serverless".split()
# What each bit of a node means, and how its word is read; the names are those of JSON Schema and cfn-lint.
NODE = (
    "properties:nodes-by-name required:strings items:node enum:values enumCaseInsensitive:values const:value pattern:string"
    " format:string minLength:count maxLength:count minItems:count maxItems:count minProperties:count maxProperties:count"
    " maxUniqueItems:count minimum:value maximum:value exclusiveMinimum:value exclusiveMaximum:value multipleOf:value"
    " additionalProperties:node patternProperties:nodes-by-name propertyNames:node prefixItems:nodes contains:node"
    " oneOf:nodes anyOf:nodes allOf:nodes not:node if:node then:node else:node requiredXor:strings requiredOr:strings"
    " dependentRequired:strings-by-name dependentExcluded:strings-by-name uniqueKeys:strings"
    " dependentSchemas:nodes-by-name"
).split()
TYPES = "object array string number integer boolean null".split()
FIRST_TYPE_BIT = 48
MARKS = {55: ("additionalProperties", False), 56: ("uniqueItems", True), 57: ("insertionOrder", False),
         58: ("never", True), 59: ("arrayType", "AttributeList")}  # fmt: skip
CHILDREN = {"node", "nodes", "nodes-by-name"}
HOW = dict(entry.split(":") for entry in NODE)

# Of a schema: what says nothing about values, and what belongs to the type.
IGNORED = (
    "description title examples default $comment $id definitions relationshipRef $schema additionalIdentifiers"
    " conditionalCreateOnlyProperties createOnlyProperties deprecatedProperties documentationUrl handlers lifecycle"
    " primaryIdentifier propertyTransform readOnlyProperties replacementStrategy resourceLink sourceUrl taggable tagging"
    " typeConfiguration typeName writeOnlyProperties"
).split()
POINTERS = {
    "readOnlyProperties": "read_only",
    "createOnlyProperties": "create_only",
    "conditionalCreateOnlyProperties": "conditional_create_only",
    "writeOnlyProperties": "write_only",
    "deprecatedProperties": "deprecated",
    "primaryIdentifier": "primary_identifier",
}


class File:
    """The compiled facts, read with no more than their description."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.words = memoryview(data[: len(data) // 4 * 4]).cast("I")
        self.header = dict(zip(HEADER, self.words, strict=False))
        if (self.header["magic"], self.header["format"]) != (MAGIC, FORMAT) or sys.byteorder != "little":
            raise ValueError("not a file of this format")
        if self.header["text"] + self.header["n_bytes"] != len(data):
            raise ValueError("the file has another length than it says")

    def string(self, number: int) -> str:
        ends, text = self.header["ends"], self.header["text"]
        if number >= self.header["n_strings"]:
            raise ValueError(f"there is no string {number}")
        start = self.words[ends + number - 1] if number else 0
        return self.data[text + start : text + self.words[ends + number]].decode()

    def list(self, place: int) -> list[int]:
        return list(self.words[place + 1 : place + 1 + self.words[place]]) if place else []

    def table(self, place: int) -> list[tuple[int, int]]:
        flat = self.words[place + 1 : place + 1 + 2 * self.words[place]] if place else []
        return list(zip(flat[::2], flat[1::2], strict=True))

    def strings(self, place: int) -> list[str]:
        return [self.string(number) for number in self.list(place)]

    def value(self, word: int) -> Any:
        what, rest = word & 3, word >> 2
        if what == 0:
            return self.string(rest)
        if what == 3:
            return (None, False, True)[rest]
        return struct.unpack_from("<q" if what == 1 else "<d", self.data, 4 * rest)[0]

    def node(self, place: int) -> dict[str, Any]:
        """One node as its keywords; children are places."""
        bits = self.words[place] | self.words[place + 1] << 32
        found: dict[str, Any] = {}
        at = place + 2
        for bit, entry in enumerate(NODE):
            if bits >> bit & 1:
                key, how = entry.split(":")
                found[key] = self._read(how, self.words[at])
                at += 1
        types = [name for bit, name in enumerate(TYPES, FIRST_TYPE_BIT) if bits >> bit & 1]
        found |= {"type": types} if types else {}
        return found | {key: value for bit, (key, value) in MARKS.items() if bits >> bit & 1}

    def _read(self, how: str, word: int) -> Any:
        if how == "nodes-by-name":
            return {self.string(name): place for name, place in self.table(word)}
        if how == "strings-by-name":
            return {self.string(name): self.strings(names) for name, names in self.table(word)}
        if how == "nodes":
            return self.list(word)
        if how == "strings":
            return self.strings(word)
        if how == "values":
            return [self.value(item) for item in self.list(word)]
        return self.string(word) if how == "string" else self.value(word) if how == "value" else word

    @cached_property
    def regions(self) -> list[str]:
        return self.strings(self.header["regions"])

    @cached_property
    def types(self) -> dict[str, dict[str, Any]]:
        first = self.header["types"]
        return dict(self._type(first + index * len(TYPE)) for index in range(self.header["n_types"]))

    def _type(self, place: int) -> tuple[str, dict[str, Any]]:
        raw = dict(zip(TYPE, self.words[place : place + len(TYPE)], strict=True))
        offered = raw["regions_low"] | raw["regions_high"] << 32
        lists = [*POINTERS.values(), "reference", "replaced_always", "replaced_sometimes", "lifecycle"]
        found: dict[str, Any] = {key: self.strings(raw[key]) for key in lists}
        found |= {key: self.string(raw[key]) for key in ("tag_property", "replacement_strategy", "arn_template")}
        found["schema"] = raw["schema"]
        found["flags"] = {flag for bit, flag in enumerate(FLAGS) if raw["flags"] >> bit & 1}
        found["regions"] = {region for bit, region in enumerate(self.regions) if offered >> bit & 1}
        found["additional_identifiers"] = [self.strings(parts) for parts in self.list(raw["additional_identifiers"])]
        found["handlers"] = {self.string(name): self.strings(actions) for name, actions in self.table(raw["handlers"])}
        found["attributes"] = {self.string(name): node for name, node in self.table(raw["attributes"])}
        found["relationships"] = {
            self.string(path): {(self.string(name), self.string(target)) for name, target in self.table(targets)}
            for path, targets in self.table(raw["relationships"])
        }
        found["conditions"] = [
            (self.string(rule), self.string(path), node, self.string(lowered))
            for rule, path, node, lowered in map(self.list, self.list(raw["conditions"]))
        ]
        found["transforms"] = {self.string(path): self.string(text) for path, text in self.table(raw["transforms"])}
        return self.string(raw["name"]), found


class Comparison:
    """One document against one node of the file, and everything below both."""

    def __init__(self, file: File, document: dict[str, Any]) -> None:
        self.file = file
        self.document = document
        self.seen: set[tuple[int, int]] = set()
        self.alive: list[Any] = []
        self.problems: list[str] = []

    def compare(self, schema: Any, place: int, path: str = "") -> None:
        if (id(schema), place) in self.seen:
            return
        self.seen.add((id(schema), place))
        ours, theirs = self.file.node(place), self.expected(schema)
        self.alive.append(theirs)
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ours or key not in theirs:
                self.problems.append(f"{path}: {key} is only in {'the file' if key in ours else 'the schema'}")
            elif HOW.get(key) in CHILDREN and ours[key] is not False:
                self._children(key, theirs[key], ours[key], path)
            elif _comparable(key, ours[key]) != _comparable(key, theirs[key]):
                self.problems.append(f"{path}: {key} is {ours[key]!r}, not {theirs[key]!r}")

    def _children(self, key: str, theirs: Any, ours: Any, path: str) -> None:
        if HOW[key] == "node":
            self.compare(theirs, ours, f"{path}/{key}")
            return
        names = list(theirs) if isinstance(theirs, dict) else list(range(len(theirs)))
        if len(ours) != len(theirs) or (isinstance(theirs, dict) and ours.keys() != theirs.keys()):
            self.problems.append(f"{path}: {key} has other members: {len(ours)}, not {len(theirs)}")
            return
        for name in names:
            self.compare(theirs[name], ours[name], f"{path}/{name}")

    def expected(self, schema: Any) -> dict[str, Any]:
        """The keywords that a node must have; a reference with neighbours counts as both together."""
        if isinstance(schema, bool):
            return {} if schema else {"never": True}
        found = {key: value for key, value in schema.items() if key not in IGNORED}
        if "$ref" in found:
            target: Any = self.document
            for segment in found.pop("$ref").split("/")[1:]:
                target = target[segment]
            if not found:
                return self.expected(target)
            whole = {key: value for key, value in target.items() if key not in IGNORED}
            neighbours = {"additionalProperties", "properties", "patternProperties", "items", "prefixItems", "if", "then", "else"}
            if "$ref" in whole or neighbours & found.keys() or any(whole.get(key, value) != value for key, value in found.items()):
                found["allOf"] = [*found.get("allOf", []), target]
            else:
                found |= whole
        for name, needed in found.pop("dependencies", {}).items():
            key = "dependentRequired" if isinstance(needed, list) else "dependentSchemas"
            found[key] = found.get(key, {}) | {name: needed}
        # These are the values that say nothing.
        nothing = {"additionalProperties": True, "uniqueItems": False, "insertionOrder": True}
        return {key: value for key, value in found.items() if nothing.get(key) is not value or key not in nothing}


def _comparable(key: str, value: Any) -> Any:
    if key == "type":
        return sorted([value] if isinstance(value, str) else value)
    return json.dumps(value, sort_keys=True)


def source() -> Path:
    """The schemas of the cfn-lint that is installed."""
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise RuntimeError("cfn-lint is not installed")
    return Path(spec.origin).parent / "data/schemas"


def read_source(schemas: Path) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """The document of every type, and the types of every region."""
    documents = {document["typeName"]: document for document in map(_json, sorted((schemas / "resources").glob("*.json")))}
    return documents, {path.stem: set(_json(path)) for path in (schemas / "providers").glob("*.json")}


def problems(file: File, documents: dict[str, Any], listed: dict[str, set[str]]) -> Iterator[str]:
    """Everything in which the file and the schemas differ, one line each."""
    for name in sorted(documents.keys() ^ file.types.keys()):
        yield f"{name}: only in {'the schemas' if name in documents else 'the file'}"
    if list(file.types) != sorted(file.types, key=str.encode):
        yield "the types are not sorted"
    for name in sorted(documents.keys() & file.types.keys()):
        yield from problems_of(name, file, documents[name], listed)


def problems_of(name: str, file: File, document: dict[str, Any], listed: dict[str, set[str]]) -> Iterator[str]:
    """Everything in which one type differs from its document."""
    comparison = Comparison(file, document)
    comparison.compare(document, file.types[name]["schema"])
    yield from (f"{name}{problem}" for problem in comparison.problems)
    yield from (f"{name}: {problem}" for problem in _type_problems(name, file.types[name], document, file, listed))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _bare(paths: list[str]) -> list[str]:
    """Without the `*` that pointers sometimes leave out."""
    return [".".join(part for part in path.split(".") if part != "*") for path in paths]


def _type_problems(name: str, ours: dict[str, Any], document: dict[str, Any], file: File, listed: dict[str, set[str]]) -> Iterator[str]:
    for key, field in POINTERS.items():
        theirs = [pointer.removeprefix("/properties/").replace("/", ".") for pointer in document.get(key, [])]
        if set(_bare(ours[field])) != set(_bare(theirs)):
            yield f"{key} is {ours[field]}"
    if _bare(ours["primary_identifier"]) != _bare([item[12:].replace("/", ".") for item in document.get("primaryIdentifier", [])]):
        yield "the parts of the primary identifier have another order"
    handlers = {handler: sorted(set(body["permissions"])) for handler, body in document.get("handlers", {}).items()}
    if ours["handlers"] != handlers:
        yield "the handlers differ"
    if ours["replacement_strategy"] != document.get("replacementStrategy", ""):
        yield f"replacementStrategy is {ours['replacement_strategy']!r}"
    everywhere = "serverless" in ours["flags"]
    if everywhere != (name in listed["sam"]):
        yield "wrongly said to be of the Serverless transform, or not to be"
    offered = {region for region in file.regions if everywhere or name in listed[region]}
    if ours["regions"] != offered:
        yield f"regions differ in {sorted(ours['regions'] ^ offered)}"
    for path in document.get("createOnlyProperties", []):
        dotted = _bare([path.removeprefix("/properties/").replace("/", ".")])[0]
        if not any(f"{dotted}.".startswith(f"{always}.") for always in _bare(ours["replaced_always"])):
            yield f"{dotted} is create-only, but does not count as a replacement"
    yield from _attribute_problems(ours, document)


def _attribute_problems(ours: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Compares with what cfn-lint itself makes of the document."""
    from cfnlint.schema import Schema

    for pattern in Schema(document).get_atts.data:
        plain = pattern.replace("\\..*", ".*").replace(".*", "*") if pattern == ".*" else pattern.replace("\\..*", ".*")
        inside_array = ".*." in plain or plain.endswith("*") and plain not in ("*", "Outputs.*")
        if plain not in ours["attributes"] and not inside_array:
            yield f"GetAtt {plain} is missing"


def main() -> int:
    file = File((Path(sys.argv[1]) if len(sys.argv) > 1 else DATA).read_bytes())
    found = list(problems(file, *read_source(source())))
    for problem in found:
        print(f"resource types: {problem}")
    print(f"resource types: {len(file.types)} types compared, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
