"""Every Route 53 change batch against the service model of botocore, and the limits of the API.

Placeholders are filled with plausible values first. Nothing goes over the network: the request is
validated and serialized by the same code that the AWS CLI uses.
Source of the limits: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html> (read 2026-11-22).
"""

from __future__ import annotations

import ipaddress
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import OperationModel
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from oracles.common import PLACEHOLDER, Environment, Finding, Report

NAME = "change-batches"
MAX_RECORD_VALUES = 1_000
MAX_VALUE_CHARACTERS = 32_000
MAX_CHARACTER_STRING = 255
UPSERT_WEIGHT = 2
# The route policies need an identifier that tells records of one name apart.
POLICIES = ("Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation")


def check(environment: Environment, report: Report) -> None:
    """Checks every batch below `dns/`."""
    for path in environment.batches:
        text = path.read_text(encoding="utf-8")
        findings = environment.placeholder_findings(text) + _findings(path, text)
        report.add(NAME, environment.subject(path), findings)


def _findings(path: Path, text: str) -> list[Finding]:
    try:
        batch = json.loads(text, object_pairs_hook=_filled_object)
    except ValueError as error:
        return [Finding("json", str(error))]
    request = {"HostedZoneId": "Z0123456789ABCDEFGHIJ", "ChangeBatch": batch}
    model_findings = _against_model(request)
    if model_findings:
        return model_findings
    zone = path.name.removesuffix(".change-batch.json").rstrip(".").lower()
    changes = batch["Changes"]
    findings = _limits(changes) + _duplicates(changes)
    for change in changes:
        findings += _record(zone, change["ResourceRecordSet"])
    return findings


@lru_cache
def _operation() -> OperationModel:
    service = botocore.session.get_session().get_service_model("route53")
    return service.operation_model("ChangeResourceRecordSets")


def _against_model(request: dict[str, Any]) -> list[Finding]:
    operation = _operation()
    errors = ParamValidator().validate(request, operation.input_shape)
    findings = [Finding("model", " ".join(errors.generate_report().split()))] if errors.has_errors() else []
    if not findings:
        enumerations = _enumerations(operation.input_shape, request, "")
        findings += [Finding("enum", f"{value!r} is not a value of {where}") for where, value in enumerations]
    if not findings:
        serialized = create_serializer("rest-xml").serialize_to_request(request, operation)
        body = serialized["body"]
        if not body or b"<ChangeBatch>" not in body:
            findings.append(Finding("serialize", "the request has no ChangeBatch"))
    return findings


def _enumerations(shape: Any, value: Any, where: str) -> list[tuple[str, Any]]:
    """botocore leaves enumerations to the service; the model has them all the same."""
    if shape.type_name == "structure":
        inner = [(shape.members[key], item, f"{where}.{key}") for key, item in value.items()]
    elif shape.type_name == "list":
        inner = [(shape.member, item, f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        allowed = getattr(shape, "enum", [])
        return [(where.removeprefix("."), value)] if allowed and value not in allowed else []
    return [found for item in inner for found in _enumerations(*item)]


def _limits(changes: list[dict[str, Any]]) -> list[Finding]:
    n_values = n_characters = 0
    for change in changes:
        weight = UPSERT_WEIGHT if change["Action"] == "UPSERT" else 1
        values = [record["Value"] for record in change["ResourceRecordSet"].get("ResourceRecords", [])]
        n_values += weight * len(values)
        n_characters += weight * sum(len(value) for value in values)
    findings = []
    if n_values > MAX_RECORD_VALUES or len(changes) > MAX_RECORD_VALUES:
        findings.append(Finding("limit-values", f"{n_values} values, at most {MAX_RECORD_VALUES} (UPSERT counts twice)"))
    if n_characters > MAX_VALUE_CHARACTERS:
        findings.append(Finding("limit-characters", f"{n_characters} characters, at most {MAX_VALUE_CHARACTERS}"))
    return findings


def _duplicates(changes: list[dict[str, Any]]) -> list[Finding]:
    seen: set[tuple[str, str, str]] = set()
    types: dict[str, set[str]] = {}
    findings = []
    for change in changes:
        record = change["ResourceRecordSet"]
        name = record["Name"].rstrip(".").lower()
        key = (name, record["Type"], record.get("SetIdentifier", ""))
        if key in seen:
            findings.append(Finding("duplicate", f"{record['Type']} {name} is changed twice"))
        seen.add(key)
        types.setdefault(name, set()).add(record["Type"])
    for name, kinds in types.items():
        if "CNAME" in kinds and len(kinds) > 1:
            findings.append(Finding("cname-alone", f"{name} has a CNAME and {sorted(kinds - {'CNAME'})}"))
    return findings


def _record(zone: str, record: dict[str, Any]) -> list[Finding]:
    name = record["Name"].rstrip(".").lower()
    label = f"{record['Type']} {name}"
    findings = []
    if name != zone and not name.endswith(f".{zone}"):
        findings.append(Finding("outside-zone", f"{label} is not in {zone}"))
    if record["Type"] == "CNAME" and name == zone:
        findings.append(Finding("cname-apex", f"{label} is the apex of the zone"))
    if "AliasTarget" in record:
        if "TTL" in record or "ResourceRecords" in record:
            findings.append(Finding("alias", f"{label} is an alias and has a TTL or values"))
    elif "TTL" not in record or not record.get("ResourceRecords"):
        findings.append(Finding("values", f"{label} has no TTL or no values"))
    if ("SetIdentifier" in record) != any(policy in record for policy in POLICIES):
        findings.append(Finding("set-identifier", f"{label}: a routing policy and SetIdentifier need each other"))
    values = [item["Value"] for item in record.get("ResourceRecords", [])]
    bad = [value for value in values if not _plausible(record["Type"], value)]
    findings += [Finding("value", f"{label}: {value[:60]!r} is not a value of this type") for value in bad]
    if len(values) != len(set(values)):
        findings.append(Finding("value-twice", f"{label} has one value twice"))
    return findings


def _plausible(kind: str, value: str) -> bool:
    if kind in ("A", "AAAA"):
        return _is_address(value, 4 if kind == "A" else 6)
    if kind in ("TXT", "SPF"):
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"', value)
        quoted = re.fullmatch(r'(?:"(?:[^"\\]|\\.)*")(?: +"(?:[^"\\]|\\.)*")*', value)
        return bool(quoted) and all(len(string) <= MAX_CHARACTER_STRING for string in strings)
    patterns = {
        "MX": r"\d{1,5} \S+",
        "SRV": r"\d{1,5} \d{1,5} \d{1,5} \S+",
        "CAA": r'(0|128) [a-z0-9]+ ".*"',
        "CNAME": r"(\*\.)?[A-Za-z0-9_.-]+",
        "NS": r"[A-Za-z0-9.-]+",
    }
    return bool(re.fullmatch(patterns[kind], value)) if kind in patterns else bool(value)


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


def _filled_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a key that is there twice and fills placeholders by what belongs at their place."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key is there twice in {keys}")
    found = dict(pairs)
    kind = found.get("Type")
    for record in found.get("ResourceRecords") or []:
        if isinstance(record, dict) and isinstance(record.get("Value"), str):
            record["Value"] = PLACEHOLDER.sub({"A": "192.0.2.1", "AAAA": "2001:db8::1"}.get(kind, "example"), record["Value"])
    for key in ("HostedZoneId", "HealthCheckId", "DNSName"):
        if isinstance(found.get(key), str):
            found[key] = PLACEHOLDER.sub(_FILLERS[key], found[key])
    return found


_FILLERS = {
    "HostedZoneId": "Z2FDTNDATAQYW2",
    "HealthCheckId": "abcdef11-2222-3333-4444-555555fedcba",
    "DNSName": "d111111abcdef8.cloudfront.net",
}
