"""Compiles what AWS publishes about resource types to `resource-types.bin`.

The input is two unpacked packages: the schemas of cfn-lint, and the service specification of the CDK laid over them.
The output is one file that is read in place. It is made of little-endian 32-bit words; a *place* is the index of a
word, counted from the start of the file, and 0 stands for "none".

| what | words |
| --- | --- |
| header | magic, format, place and number of the types, place of the regions, place and number of the string ends, first byte and number of bytes of the text |
| type | `TYPE_FIELDS`, one word each; types are sorted by name |
| node | two words of bits, then one word for each bit of `KEYWORDS` that is set, lowest first |
| list | number of entries, then the entries: one word, or two for a table |
| string | its number in the sorted list of all strings; string 0 is empty and stands for "none" |
| value | lowest two bits say what: 0 string, 1 place of a 64-bit integer, 2 place of a double, 3 null, false, true |

Equal nodes are one node, also where they refer to themselves: nodes start in classes of equal content, and classes are
split until members of a class have children of equal classes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from resource_types.graph import KEYWORDS, Unsupported, children, classes, shape
from resource_types.sources import Model, Type

MAGIC = 0x31545249
FORMAT = 1
HEADER_WORDS = 9

TYPE_FIELDS = (
    "name", "schema", "flags", "regions_low", "regions_high", "read_only", "create_only", "conditional_create_only",
    "write_only", "deprecated", "primary_identifier", "additional_identifiers", "tag_property", "replacement_strategy",
    "handlers", "attributes", "reference", "arn_template", "replaced_always", "replaced_sometimes", "relationships",
    "conditions", "lifecycle", "transforms",
)  # fmt: skip
FLAGS = ("stateful", "taggable", "tag_on_create", "tag_updatable", "serverless")

class _Words:
    """The words of the file; equal lists are written once."""

    def __init__(self, base: int, strings: Callable[[str], int]) -> None:
        self.base = base
        self.words: list[int] = []
        self.known: dict[Any, int] = {}
        self.string = strings

    def raw(self, words: tuple[int, ...]) -> int:
        if words not in self.known:
            self.known[words] = self.base + len(self.words)
            self.words += words
        return self.known[words]

    def list(self, *entries: int) -> int:
        return self.raw((len(entries), *entries)) if entries else 0

    def table(self, pairs: list[tuple[int, int]]) -> int:
        return self.raw((len(pairs), *(word for pair in pairs for word in pair))) if pairs else 0

    def strings(self, items: list[str]) -> int:
        return self.list(*(self.string(item) for item in items))

    def number(self, value: Any) -> int:
        if value is None or isinstance(value, bool):
            return ((1 + value if value is not None else 0) << 2) | 3
        if isinstance(value, str):
            return self.string(value) << 2
        if isinstance(value, int):
            return self.raw(struct.unpack("<2I", struct.pack("<q", value))) << 2 | 1
        if isinstance(value, float):
            return self.raw(struct.unpack("<2I", struct.pack("<d", value))) << 2 | 2
        raise Unsupported(f"value {value!r}")

    def value(self, how: str, value: Any, place: Callable[[int], int]) -> int:
        if how == "node":
            return place(value)
        if how == "nodes":
            return self.list(*map(place, value))
        if how == "nodes by name":
            return self.table([(self.string(name), place(node)) for name, node in sorted(value.items())])
        if how == "strings":
            return self.strings(value)
        if how == "strings by name":
            return self.table([(self.string(name), self.strings(names)) for name, names in sorted(value.items())])
        if how == "values":
            return self.list(*map(self.number, value))
        if how == "string":
            return self.string(value)
        return value if how == "count" else self.number(value)


def write(model: Model) -> bytes:
    """The file. The first round only collects the strings, whose numbers are their rank."""
    seen: dict[str, int] = {"": 0}
    _write(model, lambda text: seen.setdefault(text, len(seen)), [])
    texts = sorted(seen, key=lambda text: text.encode())
    ranks = {text: rank for rank, text in enumerate(texts)}
    return _write(model, ranks.__getitem__, [text.encode() for text in texts])


def _write(model: Model, string: Callable[[str], int], texts: list[bytes]) -> bytes:
    content = model.graph.content
    groups = classes([shape(item) for item in content], [list(children(item)) for item in content])
    first: dict[int, int] = {}
    roots = [kind.root for kind in model.types.values()]
    roots += [node for kind in model.types.values() for node in kind.attributes.values()]
    roots += [item.node for kind in model.types.values() for item in kind.conditions]
    waiting = roots[::-1]
    while waiting:
        node = waiting.pop()
        if groups[node] not in first:
            first[groups[node]] = node
            waiting += list(children(content[node]))[::-1]
    places: dict[int, int] = {}
    end = HEADER_WORDS + len(model.types) * len(TYPE_FIELDS)
    for group, node in first.items():
        places[group] = end
        end += 2 + len(content[node].keys() - {"flags"})
    words = _Words(end, string)

    def place(node: int) -> int:
        return places[groups[node]]

    nodes: list[int] = []
    for node in first.values():
        item = content[node]
        bits = item.get("flags", 0) | sum(1 << bit for bit, (key, _) in enumerate(KEYWORDS) if key in item)
        nodes += [bits & 0xFFFF_FFFF, bits >> 32]
        nodes += [words.value(how, item[key], place) for key, how in KEYWORDS if key in item]
    types = [word for kind in model.types.values() for word in _type_words(model, kind, words, place)]
    regions = words.strings(model.regions)
    model.counts["nodes"], model.counts["strings"] = len(first), len(texts)
    ends, total = [], 0
    for text in texts:
        total += len(text)
        ends.append(total)
    strings = end + len(words.words)
    header = [MAGIC, FORMAT, HEADER_WORDS, len(model.types), regions, strings, len(ends), 4 * (strings + len(ends)), total]
    everything = header + types + nodes + words.words + ends
    return struct.pack(f"<{len(everything)}I", *everything) + b"".join(texts)


def _type_words(model: Model, kind: Type, words: _Words, place: Callable[[int], int]) -> list[int]:
    regions = sum(1 << bit for bit, region in enumerate(model.regions) if region in kind.regions)
    links = [
        (words.string(path), words.table([(words.string(name), words.string(target)) for name, target in sorted(targets)]))
        for path, targets in sorted(kind.relationships.items())
    ]
    conditions = [
        words.list(words.string(item.rule), words.string(item.path), place(item.node), words.string(item.lowercase))
        for item in kind.conditions
    ]
    fields = {name: words.strings(paths) for name, paths in kind.paths.items()} | {
        "name": words.string(kind.name),
        "schema": place(kind.root),
        "flags": sum(1 << bit for bit, flag in enumerate(FLAGS) if flag in kind.flags),
        "regions_low": regions & 0xFFFF_FFFF,
        "regions_high": regions >> 32,
        "additional_identifiers": words.list(*(words.strings(parts) for parts in kind.additional_identifiers)),
        "tag_property": words.string(kind.tag_property),
        "replacement_strategy": words.string(kind.replacement_strategy),
        "handlers": words.table([(words.string(name), words.strings(actions)) for name, actions in kind.handlers]),
        "attributes": words.table([(words.string(name), place(node)) for name, node in sorted(kind.attributes.items())]),
        "reference": words.strings(kind.reference),
        "arn_template": words.string(kind.arn_template),
        "relationships": words.table(links),
        "conditions": words.list(*conditions),
        "lifecycle": words.strings(kind.lifecycle),
        "transforms": words.table([(words.string(path), words.string(text)) for path, text in sorted(kind.transforms.items())]),
    }
    return [fields[name] for name in TYPE_FIELDS]
