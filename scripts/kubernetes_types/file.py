"""Writes `kubernetes-types.bin`, which is read in place.

Little-endian 32-bit words; a *place* is the index of a word from the start of the file, and 0 stands for "none".

| what | words |
| --- | --- |
| header | magic, format, place and number of the kinds, oldest and newest minor version, place and number of the string ends, first byte and number of bytes of the text |
| kind | name (`apps/v1/Deployment`), node, first and last minor version, 0 built in or 1 custom, 0 unknown or 1 namespaced or 2 of the cluster; sorted by name |
| node | tag, description, inner node, list of fields, list of values, list of keys, 1 for a set, 1 for a smallest number, the number, 1 for a largest, the number |
| field | name, node, 1 if required, first and last minor version, description; sorted by name |
| list | number of entries, then the entries |
| string | its number in the sorted list of all strings; string 0 is empty |
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from kubernetes_types.model import TAGS, Model, Node

MAGIC = 0x3153544B
FORMAT = 1
HEADER = 10
KIND = 6
NODE = 11
FIELD = 6


def write(model: Model) -> bytes:
    """The file. The first round only collects the strings, whose numbers are their rank."""
    seen: dict[str, int] = {"": 0}
    _write(model, lambda text: seen.setdefault(text, len(seen)), [])
    texts = sorted(seen, key=lambda text: text.encode())
    ranks = {text: rank for rank, text in enumerate(texts)}
    return _write(model, ranks.__getitem__, [text.encode() for text in texts])


def _write(model: Model, string: Callable[[str], int], texts: list[bytes]) -> bytes:
    kinds = sorted(model.kinds.items(), key=lambda item: item[0].encode())
    nodes_at = HEADER + KIND * len(kinds)
    rest_at = nodes_at + NODE * len(model.nodes)
    rest: list[int] = []
    known: dict[tuple[int, ...], int] = {}

    def place(node: int) -> int:
        return 0 if node < 0 else nodes_at + NODE * node

    def words(*entries: int) -> int:
        if not entries:
            return 0
        if entries not in known:
            known[entries] = rest_at + len(rest)
            rest.extend(entries)
        return known[entries]

    def strings(items: tuple[str, ...]) -> int:
        return words(len(items), *(string(item) for item in items)) if items else 0

    def fields(node: Node) -> int:
        if not node.fields:
            return 0
        flat = [
            word
            for name, it in sorted(node.fields.items(), key=lambda item: item[0].encode())
            for word in (string(name), place(it.node), int(it.required), it.since, it.until, string(it.doc))
        ]
        return words(len(node.fields), *flat)

    def bound(number: int | None) -> tuple[int, int]:
        # Bounds of 64 bits are beyond what is compared.
        if number is None or not -(2**31) <= number < 2**31:
            return (0, 0)
        return (1, number & 0xFFFFFFFF)

    body: list[int] = []
    for name, kind in kinds:
        scope = {None: 0, True: 1, False: 2}[kind.namespaced]
        body += [string(name), place(kind.node), kind.since, kind.until, int(kind.custom), scope]
    for node in model.nodes:
        body += [TAGS.index(node.tag), string(node.doc), place(node.inner), fields(node), strings(node.enum)]
        body += [strings(node.keys), int(node.is_set), *bound(node.low), *bound(node.high)]
    ends, end = [], 0
    for text in texts:
        end += len(text)
        ends.append(end)
    ends_at = rest_at + len(rest)
    text_at = 4 * (ends_at + len(ends))
    header = [MAGIC, FORMAT, HEADER, len(kinds), model.oldest, model.newest, ends_at, len(texts), text_at, end]
    flat = [*header, *body, *rest, *ends]
    return struct.pack(f"<{len(flat)}I", *flat) + b"".join(texts)
