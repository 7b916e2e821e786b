"""The schemas of all types as one graph of nodes, in which references are edges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# Keywords whose value is one word, in the order of their bits, and how the value is written.
KEYWORDS: list[tuple[str, str]] = [
    ("properties", "nodes by name"),
    ("required", "strings"),
    ("items", "node"),
    ("enum", "values"),
    ("enumCaseInsensitive", "values"),
    ("const", "value"),
    ("pattern", "string"),
    ("format", "string"),
    ("minLength", "count"),
    ("maxLength", "count"),
    ("minItems", "count"),
    ("maxItems", "count"),
    ("minProperties", "count"),
    ("maxProperties", "count"),
    ("maxUniqueItems", "count"),
    ("minimum", "value"),
    ("maximum", "value"),
    ("exclusiveMinimum", "value"),
    ("exclusiveMaximum", "value"),
    ("multipleOf", "value"),
    ("additionalProperties", "node"),
    ("patternProperties", "nodes by name"),
    ("propertyNames", "node"),
    ("prefixItems", "nodes"),
    ("contains", "node"),
    ("oneOf", "nodes"),
    ("anyOf", "nodes"),
    ("allOf", "nodes"),
    ("not", "node"),
    ("if", "node"),
    ("then", "node"),
    ("else", "node"),
    ("requiredXor", "strings"),
    ("requiredOr", "strings"),
    ("dependentRequired", "strings by name"),
    ("dependentExcluded", "strings by name"),
    ("uniqueKeys", "strings"),
    ("dependentSchemas", "nodes by name"),
]
TYPES = {"object": 48, "array": 49, "string": 50, "number": 51, "integer": 52, "boolean": 53, "null": 54}
CLOSED, UNIQUE, UNORDERED, NEVER, ATTRIBUTE_LIST = 55, 56, 57, 58, 59
HOW = dict(KEYWORDS)

# What says nothing about the value, or is kept per type.
DROPPED = {"description", "title", "examples", "default", "$comment", "$id", "definitions", "relationshipRef"}
PER_TYPE = {
    "$schema", "additionalIdentifiers", "conditionalCreateOnlyProperties", "createOnlyProperties", "deprecatedProperties",
    "documentationUrl", "handlers", "lifecycle", "primaryIdentifier", "propertyTransform", "readOnlyProperties",
    "replacementStrategy", "resourceLink", "sourceUrl", "taggable", "tagging", "typeConfiguration", "typeName",
    "writeOnlyProperties",
}  # fmt: skip

# Keywords that cannot be moved next to those of a referenced schema, because they look at their neighbours.
SOCIAL = {"properties", "patternProperties", "additionalProperties", "items", "prefixItems", "if", "then", "else"}


class Unsupported(Exception):
    """A schema uses a keyword that the format does not have."""


class Graph:
    """Nodes of all schemas: `content` holds child nodes as numbers of this graph."""

    def __init__(self) -> None:
        self.content: list[Json] = []
        self.any = self.add({})
        self.string = self.add({"flags": 1 << TYPES["string"]})
        self.never = self.add({"flags": 1 << NEVER})

    def add(self, content: Json) -> int:
        self.content.append(content)
        return len(self.content) - 1

    def schema(self, document: Json) -> int:
        """Adds a document and returns its root."""
        return _Reader(self, document).node({key: value for key, value in document.items() if key not in PER_TYPE})

    def walk(self, node: int, segments: list[str]) -> tuple[list[str], int] | None:
        """Follows a path; where the path leaves out the `*` of an array, it is put in."""
        if not segments:
            return [], node
        content = self.content[node]
        first, rest = segments[0], segments[1:]
        if first == "*" and (inner := content.get("items", content.get("additionalProperties"))) is not None:
            found = self.walk(inner, rest)
            return found and (["*", *found[0]], found[1])
        if first in content.get("properties", {}):
            found = self.walk(content["properties"][first], rest)
            return found and ([first, *found[0]], found[1])
        for key in ("anyOf", "allOf", "oneOf"):
            for inner in content.get(key, []):
                if found := self.walk(inner, segments):
                    return found
        if first != "*" and "items" in content:
            found = self.walk(content["items"], segments)
            return found and (["*", *found[0]], found[1])
        return None

    def at(self, root: int, path: str) -> int:
        """The node at a dotted path, or the one that takes anything."""
        found = self.walk(root, path.split("."))
        return found[1] if found else self.any

    def path(self, root: int, pointer: str) -> str:
        """`/properties/A/B` as `A.*.B`; a pointer that leads nowhere keeps its own segments."""
        segments = pointer.removeprefix("/properties/").split("/")
        found = self.walk(root, segments)
        return ".".join(found[0] if found else segments)


class _Reader:
    """Turns one document into nodes of the graph."""

    def __init__(self, graph: Graph, document: Json) -> None:
        self.graph = graph
        self.document = document
        self.by_identity: dict[int, int] = {}
        # What has an identity that is remembered must not be freed.
        self.alive: list[tuple[Json, Json]] = []

    def node(self, schema: Any) -> int:
        # A plain reference is the schema it refers to.
        while isinstance(schema, dict) and "$ref" in schema and not schema.keys() - DROPPED - {"$ref"}:
            schema = resolve(self.document, schema["$ref"])
        if isinstance(schema, bool):
            return self.graph.any if schema else self.graph.never
        if id(schema) not in self.by_identity:
            number = self.by_identity[id(schema)] = self.graph.add({})
            resolved = self._resolve(schema)
            self.alive.append((schema, resolved))
            self.graph.content[number].update(self._content(resolved))
        return self.by_identity[id(schema)]

    def _resolve(self, schema: Json) -> Json:
        """The schema without a reference; one that has neighbours is put together with them."""
        own = {key: value for key, value in schema.items() if key not in DROPPED and key != "$ref"}
        if "$ref" not in schema:
            return own
        target = resolve(self.document, schema["$ref"])
        whole = {key: value for key, value in target.items() if key not in DROPPED}
        differs = any(key in whole and whole[key] != value for key, value in own.items())
        if "$ref" in whole or differs or SOCIAL & own.keys():
            return own | {"allOf": [*own.get("allOf", []), target]}
        return whole | own

    def _content(self, schema: Json) -> Json:
        content: Json = {}
        flags = 0
        for key, value in schema.items():
            if key == "type":
                flags |= sum(1 << TYPES[name] for name in (value if isinstance(value, list) else [value]))
            elif key == "additionalProperties" and isinstance(value, bool):
                flags |= 0 if value else 1 << CLOSED
            elif key == "uniqueItems":
                flags |= 1 << UNIQUE if value else 0
            elif key == "insertionOrder":
                flags |= 0 if value else 1 << UNORDERED
            elif key == "arrayType":
                flags |= 1 << ATTRIBUTE_LIST
            elif key == "dependencies":
                for name, needed in value.items():
                    plain = isinstance(needed, list)
                    into = content.setdefault("dependentRequired" if plain else "dependentSchemas", {})
                    into[name] = needed if plain else self.node(needed)
            elif key in HOW:
                content[key] = self._value(HOW[key], value)
            else:
                raise Unsupported(key)
        if flags:
            content["flags"] = flags
        return content

    def _value(self, how: str, value: Any) -> Any:
        if how == "node":
            return self.node(value)
        if how == "nodes":
            return [self.node(item) for item in value]
        if how == "nodes by name":
            return {name: self.node(item) for name, item in sorted(value.items())}
        return value


def resolve(document: Json, reference: str) -> Any:
    """What a `$ref` of the document refers to."""
    target: Any = document
    for segment in reference.removeprefix("#/").split("/"):
        target = target[segment.replace("~1", "/").replace("~0", "~")]
    return target


def children(content: Json) -> Iterator[int]:
    """The nodes that a node refers to."""
    for key, how in KEYWORDS:
        if key in content and "node" in how:
            value = content[key]
            yield from value.values() if how == "nodes by name" else value if how == "nodes" else [value]


def shape(content: Json) -> str:
    """The content without its children, as text."""
    plain = {}
    for key, value in content.items():
        how = HOW.get(key, "")
        plain[key] = list(value) if how == "nodes by name" else len(value) if how == "nodes" else 0 if how == "node" else value
    return json.dumps(plain, sort_keys=True)


def classes(shapes: list[str], below: list[list[int]]) -> list[int]:
    """The class of every node; equal classes are equal schemas, also where they refer to themselves."""
    numbers: dict[Any, int] = {}
    colours = [numbers.setdefault(shape, len(numbers)) for shape in shapes]
    while True:
        numbers, n_before = {}, len(set(colours))
        keys = ((colours[node], tuple(colours[child] for child in below[node])) for node in range(len(shapes)))
        colours = [numbers.setdefault(key, len(numbers)) for key in keys]
        if len(numbers) == n_before:
            return colours
