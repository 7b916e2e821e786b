"""Reads both packages into a model of every type."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resource_types.graph import TYPES, Graph, Json, Unsupported, resolve

HANDLERS = ("create", "read", "update", "delete", "list")
# Partitions whose list of types says nothing: it names every type.
UNKNOWN_REGIONS = re.compile(r"^(us|eu)-iso|^eusc-")


@dataclass
class Condition:
    """A rule of cfn-lint that is a plain schema for the values at a path."""

    rule: str
    path: str
    node: int
    lowercase: str


@dataclass
class Type:
    """Everything about one resource type; paths are dotted."""

    name: str
    root: int
    regions: set[str]
    paths: dict[str, list[str]]
    additional_identifiers: list[list[str]]
    flags: set[str]
    tag_property: str
    replacement_strategy: str
    handlers: list[tuple[str, list[str]]]
    attributes: dict[str, int]
    lifecycle: list[str]
    transforms: dict[str, str]
    reference: list[str]
    relationships: dict[str, set[tuple[str, str]]]
    arn_template: str = ""
    conditions: list[Condition] = field(default_factory=list)


@dataclass
class Model:
    """All types, and what the provenance reports."""

    graph: Graph
    types: dict[str, Type]
    regions: list[str]
    schema_date: str
    left_out: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def read(lint: Path, spec: Path) -> Model:
    """Reads both packages; `lint` is the folder `cfnlint`, `spec` is `db.json.gz`."""
    schemas = lint / "data/schemas"
    listed = {path.stem: json.loads(path.read_text()) for path in sorted((schemas / "providers").glob("*.json"))}
    serverless = set(listed.pop("sam"))
    regions = [region for region in listed if not UNKNOWN_REGIONS.match(region)]
    date = json.loads((schemas / "version.json").read_text())["schema_date"]
    model = Model(Graph(), {}, regions, date)
    getatts = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse((lint / "schema/_getatts.py").read_text()).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    documents = [json.loads(path.read_text()) for path in (schemas / "resources").glob("*.json")]
    for document in sorted(documents, key=lambda item: item["typeName"]):
        name = document["typeName"]
        offered = set(regions) if name in serverless else {region for region in regions if name in listed[region]}
        model.types[name] = _type(model.graph, document, offered, getatts)
        if name in serverless:
            model.types[name].flags.add("serverless")
    _overlay(model, json.loads(gzip.decompress(spec.read_bytes()))["schema"])
    _conditions(model, lint)
    for kind in model.types.values():
        always = _prune(kind.paths["create_only"] + kind.paths["replaced_always"], [])
        covered = [*kind.paths["create_only"], *kind.paths["conditional_create_only"]]
        model.counts["replacement facts that only the specification has"] += len(_prune(always, covered))
        sometimes = kind.paths["conditional_create_only"] + kind.paths["replaced_sometimes"]
        kind.paths["replaced_always"], kind.paths["replaced_sometimes"] = always, _prune(sometimes, always)
    return model


def _prune(paths: list[str], covering: list[str]) -> list[str]:
    """Sorted, without the paths below another one or below one of `covering`."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path == other or path.startswith(f"{other}.") for other in [*kept, *covering]):
            kept.append(path)
    return kept


def _type(graph: Graph, document: Json, regions: set[str], getatts: Json) -> Type:
    root = graph.schema(document)

    def paths(key: str) -> list[str]:
        return sorted({graph.path(root, pointer) for pointer in document.get(key, [])})

    # The order of the parts of an identifier is theirs.
    identifier = [graph.path(root, pointer) for pointer in document.get("primaryIdentifier", [])]
    tagging = document.get("tagging") or {}
    tag_property = graph.path(root, tagging.get("tagProperty", "/properties/Tags"))
    taggable = tagging.get("taggable", document.get("taggable", True)) and tag_property in graph.content[root].get("properties", {})
    flags = {"taggable"} if taggable else set()
    flags |= {"tag_on_create"} if taggable and tagging.get("tagOnCreate", True) else set()
    flags |= {"tag_updatable"} if taggable and tagging.get("tagUpdatable", True) else set()
    lifecycle = document.get("lifecycle", {})
    handlers = document.get("handlers", {})
    return Type(
        name=document["typeName"],
        root=root,
        regions=regions,
        paths={
            "read_only": paths("readOnlyProperties"),
            "create_only": paths("createOnlyProperties"),
            "conditional_create_only": paths("conditionalCreateOnlyProperties"),
            "write_only": paths("writeOnlyProperties"),
            "deprecated": paths("deprecatedProperties"),
            "primary_identifier": identifier,
            "replaced_always": [],
            "replaced_sometimes": [],
        },
        additional_identifiers=[[graph.path(root, part) for part in parts] for parts in document.get("additionalIdentifiers", [])],
        flags=flags,
        tag_property=tag_property if taggable else "",
        replacement_strategy=document.get("replacementStrategy", ""),
        handlers=[(name, sorted(set(handlers[name]["permissions"]))) for name in HANDLERS if name in handlers],
        attributes=_attributes(graph, root, document, getatts),
        lifecycle=[lifecycle["status"], lifecycle.get("date", "")] if lifecycle else [],
        transforms={graph.path(root, pointer): text for pointer, text in document.get("propertyTransform", {}).items()},
        reference=identifier if len(identifier) == 1 else [],
        relationships=_relationships(graph, root, document),
    )


def _attributes(graph: Graph, root: int, document: Json, getatts: Json) -> dict[str, int]:
    """What GetAtt takes, as cfn-lint has it; a name that ends in `*` stands for all that begin like it."""
    name = document["typeName"]
    if name in getatts["_all_property_types"]:
        return {path: graph.at(root, path) for path in _leaves(document, document, [])}
    pointers = [pointer.removeprefix("/properties/") for pointer in document.get("readOnlyProperties", [])]
    names = [pointer.replace("/", ".") for pointer in pointers] + getatts["_exceptions"].get(name, [])
    attributes = {}
    for key in names:
        # GetAtt does not reach into arrays.
        if "*" not in key:
            attributes[key] = graph.at(root, key)
    if name in ("AWS::CloudFormation::Stack", "AWS::Serverless::Application", "AWS::ServiceCatalog::CloudFormationProvisionedProduct"):
        attributes.pop("Outputs", None)
        attributes["Outputs.*"] = graph.string
    if name.startswith(tuple(getatts["_unnamed_unknown_types"])):
        attributes["*"] = graph.any
    return attributes


def _leaves(document: Json, schema: Json, path: list[str]) -> Iterator[str]:
    """The paths that end in a value that GetAtt can give."""
    types = schema.get("type", [])
    if "object" in types or schema is document:
        for name, inner in schema.get("properties", {}).items():
            yield from _leaves(document, inner, [*path, name])
    elif "$ref" in schema:
        yield from _leaves(document, resolve(document, schema["$ref"]), path)
    elif "array" not in types or schema.get("items", {}).get("type") not in ("object", "array"):
        yield ".".join(path)


def _relationships(graph: Graph, root: int, document: Json) -> dict[str, set[tuple[str, str]]]:
    """Where a schema says what a value refers to, by path."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)

    def visit(schema: Any, path: list[str], above: tuple[int, ...]) -> None:
        if not isinstance(schema, dict) or id(schema) in above:
            return
        above = (*above, id(schema))
        if link := schema.get("relationshipRef"):
            target = link["propertyPath"].removeprefix("/properties/").replace("/", ".")
            found[".".join(path)].add((link["typeName"], target))
        if "$ref" in schema:
            visit(resolve(document, schema["$ref"]), path, above)
        for name, inner in schema.get("properties", {}).items():
            visit(inner, [*path, name], above)
        visit(schema.get("items"), [*path, "*"], above)
        for key in ("oneOf", "anyOf", "allOf"):
            for inner in schema.get(key, []):
                visit(inner, path, above)

    if "relationshipRef" in json.dumps(document):
        visit(document, [], ())
    return dict(found)


def _overlay(model: Model, tables: Json) -> None:
    """Lays the service specification over the types."""
    definitions = {item["$id"]: item for item in tables["typeDefinition"]["entities"]}
    fertile = _fertile(definitions)
    for entity in tables["resource"]["entities"]:
        kind = model.types.get(entity["cloudFormationType"])
        if kind is None:
            model.counts["types of the specification that have no schema"] += 1
            continue
        model.counts["types with a specification"] += 1
        for pointer, what, targets in _facts(entity, definitions, fertile, [], ()):
            path = model.graph.path(kind.root, "/".join(pointer))
            if what:
                kind.paths["replaced_always" if what == "yes" else "replaced_sometimes"].append(path)
            if targets:
                kind.relationships.setdefault(path, set()).update(targets)
        extra = [model.graph.path(kind.root, "/".join(parts)) for parts in entity.get("additionalReplacementProperties", [])]
        kind.paths["replaced_always"] += extra
        for name in entity["attributes"]:
            if name not in kind.attributes and "*" not in name and not (name == "Outputs" and "Outputs.*" in kind.attributes):
                kind.attributes[name] = model.graph.at(kind.root, name)
                model.counts["attributes that only the specification has"] += 1
        if identifier := entity.get("cfnRefIdentifier"):
            kind.reference = identifier
            model.counts["types whose Ref the specification says"] += 1
        kind.arn_template = entity.get("arnTemplate", "")
        kind.flags |= {"stateful"} if entity.get("isStateful") else set()


def _inner(kind: Json, path: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The definitions that a type of the specification refers to, with their paths."""
    if kind["type"] == "ref":
        yield kind["reference"]["$ref"], path
    elif kind["type"] in ("array", "map"):
        yield from _inner(kind["element"], [*path, "*"])
    elif kind["type"] == "union":
        for part in kind["types"]:
            yield from _inner(part, path)


def _fertile(definitions: dict[str, Json]) -> set[str]:
    """The definitions below which there is a fact."""
    users: dict[str, set[str]] = defaultdict(set)
    found = set()
    for number, item in definitions.items():
        for value in item["properties"].values():
            if "causesReplacement" in value or "relationshipRefs" in value:
                found.add(number)
            for inner, _ in _inner(value["type"], []):
                users[inner].add(number)
    waiting = list(found)
    while waiting:
        fresh = users[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def _facts(
    item: Json, definitions: dict[str, Json], fertile: set[str], path: list[str], above: tuple[str, ...]
) -> Iterator[tuple[list[str], str, set[tuple[str, str]]]]:
    for name, value in item["properties"].items():
        here = [*path, name]
        what = value.get("causesReplacement", "")
        links = value.get("relationshipRefs", [])
        targets = {(link["cloudFormationType"], link["propertyName"].replace("/", ".")) for link in links}
        if what or targets:
            yield here, what, targets
        for inner, below in _inner(value["type"], here):
            if inner in fertile and inner not in above:
                yield from _facts(definitions[inner], definitions, fertile, below, (*above, inner))


def _conditions(model: Model, lint: Path) -> None:
    """Adds the rules of cfn-lint that are plain schemas, from the classes that hang them onto paths."""
    for path in sorted((lint / "rules").rglob("*.py")):
        text = path.read_text()
        if "cfnlint.data.schemas.extensions" not in text:
            continue
        for item in ast.parse(text).body:
            if isinstance(item, ast.ClassDef):
                _condition(model, lint, item)


def _condition(model: Model, lint: Path, item: ast.ClassDef) -> None:
    code = ast.unparse(item)
    call = next(
        (node for node in ast.walk(item) if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"), None
    )
    details = re.search(r"SchemaDetails\((?:module=)?cfnlint\.data\.schemas\.extensions\.(\w+), (?:filename=)?'([\w.]+)'\)", code)
    rule = re.search(r"^    id = '(\w+)'", code, re.MULTILINE)
    if not (call and details and rule):
        return
    file = f"{details[1]}/{details[2]}"
    if rule[1].startswith("I"):
        model.left_out[file] = f"{rule[1]}: advice, not a condition"
        return
    if "Regional" in "".join(ast.unparse(base) for base in item.bases):
        model.left_out[file] = f"{rule[1]}: lists by region"
        return
    keywords = next((word.value for word in call.keywords if word.arg == "keywords"), call.args[0] if call.args else None)
    document = json.loads((lint / "data/schemas/extensions" / file).read_text())
    try:
        node = model.graph.schema(document)
    except Unsupported as error:
        model.left_out[file] = f"{rule[1]}: keyword `{error}`"
        return
    lowered = re.search(r"instance\['(\w+)'\] = instance\['\1'\]\.lower\(\)", code)
    for place in ast.literal_eval(keywords) if keywords else []:
        segments = place.split("/")
        kind = model.types.get(segments[1])
        if kind:
            kind.conditions.append(Condition(rule[1], ".".join(segments[3:]), node, lowered[1] if lowered else ""))
            model.counts["conditions"] += 1
