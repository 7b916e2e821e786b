"""JSON schemas of custom resources, read from the Rust types that are generated from their CRDs.

What carries over: fields (unknown ones are refused), requiredness, types, enumerations, scope.
What does not: patterns, bounds and CEL rules, which the types do not hold.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tarfile
import tempfile
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Schema = dict[str, Any]

_KUBE = re.compile(r'#\[kube\(group = "(?P<group>[^"]+)", version = "(?P<version>[^"]+)", kind = "(?P<kind>[^"]+)"')
_ITEM = re.compile(r"^pub (?P<what>struct|enum) (?P<name>\w+) \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"(?:#\[serde\((?P<serde>[^\n]*)\)\]\n\s*)?pub (?:r#)?(?P<name>\w+): (?P<type>[^\n]+),$", re.MULTILINE)
_VARIANT = re.compile(r'(?:#\[serde\(rename = "(?P<rename>[^"]*)"\)\]\n\s*)?^\s*(?P<name>[A-Z]\w*),$', re.MULTILINE)
_RENAME = re.compile(r'rename = "([^"]*)"')
_GENERIC = re.compile(r"^(?P<outer>Option|Vec|BTreeMap|Box)<(?P<inner>.+)>$")
_SCALARS: dict[str, Schema] = {
    "String": {"type": "string"},
    "bool": {"type": "boolean"},
    "i32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "i64": {"type": "integer"},
    "f64": {"type": "number"},
    "IntOrString": {"type": ["integer", "string"]},
    "Condition": {"type": "object"},
    "serde_json::Value": {},
}


@lru_cache
def schemas() -> dict[tuple[str, str], Schema]:
    """Returns the schema of every (apiVersion, kind) in `crds.toml`, plus the ones written by hand."""
    pinned = tomllib.loads((HERE / "crds.toml").read_text(encoding="utf-8"))["crate"]
    found = dict(_by_hand())
    for crate in pinned:
        archive = download(crate["name"], crate["version"], crate["sha256"])
        for source in _sources(archive):
            found.update(_from_rust(source))
    # EKS Auto Mode serves the binding of the load balancer controller under a group of its own.
    # Source: <https://docs.aws.amazon.com/eks/latest/userguide/migrate-auto.html> (read 2026-11-22).
    ours, theirs = ("eks.amazonaws.com/v1", "TargetGroupBinding"), ("elbv2.k8s.aws/v1beta1", "TargetGroupBinding")
    renamed = {"properties": found[theirs]["properties"] | {"apiVersion": {"const": ours[0]}}}
    found[ours] = found[theirs] | renamed
    return found


def download(name: str, version: str, sha256: str) -> Path:
    """Lets cargo fetch one crate into its cache and compares the digest of the archive with the pinned one."""
    file = f"{name}-{version}.crate"
    archive = _cached(file)
    if archive is None:
        command = ["cargo", "info", "--quiet", "--registry", "crates-io", f"{name}@{version}"]
        with tempfile.TemporaryDirectory() as elsewhere:
            subprocess.run(command, cwd=elsewhere, check=True, capture_output=True, timeout=300)
        archive = _cached(file)
    if archive is None:
        raise RuntimeError(f"cargo did not leave {file} in its cache")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        raise RuntimeError(f"{file} does not have the pinned digest")
    return archive


def _cached(file: str) -> Path | None:
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return next(iter(sorted(home.glob(f"registry/cache/*/{file}"))), None)


def _sources(archive: Path) -> list[str]:
    with tarfile.open(archive) as crate:
        members = [member for member in crate.getmembers() if member.name.endswith(".rs")]
        files = [crate.extractfile(member) for member in members]
        return [file.read().decode("utf-8") for file in files if file]


def _from_rust(source: str) -> dict[tuple[str, str], Schema]:
    resource = _KUBE.search(source)
    if not resource:
        return {}
    items = {item["name"]: item for item in _ITEM.finditer(source)}
    definitions = {name: _item(item["what"], item["body"]) for name, item in items.items()}
    spec = _ITEM.search(source, resource.start())
    if not spec:
        raise RuntimeError(f"no type for the spec of {resource['kind']}")
    api_version = f"{resource['group']}/{resource['version']}"
    schema = _resource(api_version, resource["kind"], {"$ref": f"#/$defs/{spec['name']}"})
    schema["$defs"] = definitions
    schema["x-namespaced"] = "#[kube(namespaced)]" in source
    return {(api_version, resource["kind"]): schema}


def _item(what: str, body: str) -> Schema:
    body = re.sub(r"^\s*///.*\n", "", body, flags=re.MULTILINE)
    if what == "enum":
        return {"enum": [variant["rename"] or variant["name"] for variant in _VARIANT.finditer(body)]}
    properties, required = {}, []
    for field in _FIELD.finditer(body):
        rename = _RENAME.search(field["serde"] or "")
        name = rename[1] if rename else field["name"]
        properties[name] = _type(field["type"])
        if not field["type"].startswith("Option<"):
            required.append(name)
    if len(properties) != body.count("pub "):
        raise RuntimeError(f"a field was not understood in: {body[:200]}")
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _type(rust: str) -> Schema:
    generic = _GENERIC.match(rust)
    if not generic:
        return _SCALARS[rust] if rust in _SCALARS else {"$ref": f"#/$defs/{rust}"}
    inner = generic["inner"]
    if generic["outer"] == "Vec":
        return {"type": "array", "items": _type(inner)}
    if generic["outer"] == "BTreeMap":
        return {"type": "object", "additionalProperties": _type(inner.split(", ", 1)[1])}
    return _type(inner)


def _resource(api_version: str, kind: str, spec: Schema) -> Schema:
    """The envelope; `status` is the controller's, so a manifest has none."""
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": {"type": "object", "required": ["name"], "properties": _METADATA, "additionalProperties": False},
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }


_STRINGS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA: Schema = {
    "name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253},
    "namespace": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63},
    "labels": _STRINGS,
    "annotations": _STRINGS,
    "finalizers": {"type": "array", "items": {"type": "string"}},
}


def _by_hand() -> dict[tuple[str, str], Schema]:
    """`NodeClass` of EKS Auto Mode: its CRD is in no registry.

    Written by hand from the documented fields.
    Source: <https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html> (read 2026-11-22).
    """
    api_version, kind = "eks.amazonaws.com/v1", "NodeClass"

    def terms(*names: str) -> Schema:
        properties: Schema = {name: {"type": "string"} for name in names} | {"tags": _STRINGS}
        term = {"type": "object", "properties": properties, "minProperties": 1, "additionalProperties": False}
        return {"type": "array", "items": term, "minItems": 1}

    def one_of(*values: str) -> Schema:
        return {"enum": list(values)}

    def record(**properties: Schema) -> Schema:
        return {"type": "object", "properties": properties, "additionalProperties": False}

    storage = record(
        size={"type": "string", "pattern": r"^\d+(Gi|G|Ti|T)$"},
        iops={"type": "integer", "minimum": 3000, "maximum": 16000},
        throughput={"type": "integer", "minimum": 125, "maximum": 1000},
        kmsKeyID={"type": "string"},
    )
    networking = record(
        associatePublicIPAddress={"type": "boolean"},
        httpsProxy={"type": "string"},
        noProxy={"type": "array", "items": {"type": "string"}},
        ipv4PrefixSize=one_of("Auto", "32"),
    )
    bundle = record(name={"type": "string"}, data={"type": "string"})
    spec = record(
        role={"type": "string"},
        instanceProfile={"type": "string"},
        subnetSelectorTerms=terms("id"),
        securityGroupSelectorTerms=terms("id", "name"),
        podSubnetSelectorTerms=terms("id"),
        podSecurityGroupSelectorTerms=terms("id", "name"),
        capacityReservationSelectorTerms=terms("id", "ownerID"),
        snatPolicy=one_of("Random", "Disabled"),
        networkPolicy=one_of("DefaultAllow", "DefaultDeny"),
        networkPolicyEventLogs=one_of("Enabled", "Disabled"),
        ephemeralStorage=storage,
        advancedNetworking=networking,
        advancedSecurity=record(fips={"type": "boolean"}, kernelLockdown=one_of("Integrity", "None")),
        certificateBundles={"type": "array", "items": bundle},
        tags=_STRINGS,
    )
    spec["required"] = ["subnetSelectorTerms", "securityGroupSelectorTerms"]
    spec["not"] = {"required": ["role", "instanceProfile"]}
    return {(api_version, kind): _resource(api_version, kind, spec) | {"x-namespaced": False}}
