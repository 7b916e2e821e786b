#!/usr/bin/env python3
"""Proves that every oracle can fail: a good environment passes, and each fault is reported by its rule."""

from __future__ import annotations

import copy
import importlib
import sys
import struct
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

ORACLES_PARENT = str(Path(__file__).resolve().parent.parent)
sys.path[0] = ORACLES_PARENT
sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

import licences  # noqa: E402
from oracles import corpus, fixture, resource_types  # noqa: E402
from oracles.common import Environment, Finding, Report, Suppression, environments  # noqa: E402
from oracles.fixture import BATCH, BUNDLE, CONFIG, DATA, EDGE, Files  # noqa: E402
from oracles.run import ORACLES  # noqa: E402

Break = Callable[[Files], object]
SUPPORTED = ["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"]
BROKEN = "kubernetes/main/orders/broken.yaml"


def run(oracle: str, content: Files, overrides: Files | None = None, suppressions: list[Suppression] | None = None) -> Report:
    report = Report(suppressions or [], quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "demo" / "prod"
        fixture.write(root, content, overrides)
        importlib.import_module(f"oracles.{oracle}").check(Environment(root), report)
    return report


def rules(report: Report) -> set[str]:
    return {finding.rule for _, _, findings in report.failures for finding in findings}


def find(content: Files, kind: str) -> Any:
    return next(item for item in content[BUNDLE] if item["kind"] == kind)


def queue(content: Files) -> Any:
    return content[DATA]["Resources"]["Queue"]["Properties"]


def container(content: Files) -> Any:
    return find(content, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def records(content: Files, n_values: int, length: int = 4) -> None:
    values = [{"Value": f'"{index:0{length}}"'} for index in range(n_values)]
    content[BATCH]["Changes"][1]["ResourceRecordSet"]["ResourceRecords"] = values


def code(old: str, new: str) -> Break:
    def edit(content: Files) -> None:
        properties = content[EDGE]["Resources"]["RequestId"]["Properties"]
        assert old in properties["FunctionCode"]
        properties["FunctionCode"] = properties["FunctionCode"].replace(old, new)

    return edit


# What is broken, the oracle, the rule that must report it.
FAULTS: list[tuple[str, str, str, Break]] = [
    ("an unknown property", "cfn_lint", "E3002", lambda c: queue(c).update(Colour="red")),
    ("a value out of range", "cfn_lint", "E3034", lambda c: queue(c).update(VisibilityTimeout=99_999)),
    ("a reference to nothing", "cfn_lint", "E1020", lambda c: queue(c).update(QueueName={"Ref": "Nothing"})),
    ("an unused parameter", "cfn_lint", "W2001", lambda c: c[DATA].update(Parameters={"Unused": {"Type": "String"}})),
    ("an unknown property", "cloudformation_validate", "F3002", lambda c: queue(c).update(Colour="red")),
    ("a value out of range", "cloudformation_validate", "F3034", lambda c: queue(c).update(VisibilityTimeout=99_999)),
    ("an unknown field", "kubernetes", "schema", lambda c: find(c, "Service")["spec"].update(colour="red")),
    ("a kind that went", "kubernetes", "unknown-kind", lambda c: find(c, "PodDisruptionBudget").update(apiVersion="policy/v1beta1")),
    ("an unknown field of a CRD", "kubernetes", "crd", lambda c: find(c, "ScaledObject")["spec"].update(colour="red")),
    ("a missing field of a CRD", "kubernetes", "crd", lambda c: find(c, "TargetGroupBinding")["spec"].pop("serviceRef")),
    ("a bad value of a CRD", "kubernetes", "crd", lambda c: find(c, "TargetGroupBinding")["spec"].update(targetType="pod")),
    ("a bad type in a CRD", "kubernetes", "crd", lambda c: find(c, "ScaledObject")["spec"].update(minReplicaCount="2")),
    ("no namespace", "kubernetes", "scope", lambda c: find(c, "SecretStore")["metadata"].pop("namespace")),
    ("broken YAML", "kubernetes", "yaml", lambda c: c.update({BROKEN: "a: [1\n"})),
    ("a YAML key twice", "kubernetes", "yaml", lambda c: c.update({BROKEN: "a: 1\na: 2\n"})),
    ("no document", "kubernetes", "empty", lambda c: c.update({BROKEN: "---\n"})),
    ("a selector that matches nothing", "kubernetes_semantics", "service", lambda c: find(c, "Service")["spec"].update(selector={"app": "x"})),
    ("a closed targetPort", "kubernetes_semantics", "service", lambda c: find(c, "Service")["spec"]["ports"][0].update(targetPort=9)),
    ("negative replicas", "kubernetes_semantics", "number", lambda c: find(c, "Deployment")["spec"].update(replicas=-1)),
    ("port 99999", "kubernetes_semantics", "number", lambda c: find(c, "Service")["spec"]["ports"][0].update(port=99_999)),
    ("a foreign selector", "kubernetes_semantics", "own-selector", lambda c: find(c, "Deployment")["spec"].update(selector={"matchLabels": {"a": "b"}})),
    ("no service account", "kubernetes_semantics", "service-account", lambda c: find(c, "ServiceAccount")["metadata"].update(name="other")),
    ("no config map", "kubernetes_semantics", "config-reference", lambda c: find(c, "ConfigMap")["metadata"].update(name="other")),
    ("no secret", "kubernetes_semantics", "config-reference", lambda c: find(c, "ExternalSecret")["metadata"].update(name="other")),
    ("no volume", "kubernetes_semantics", "volume", lambda c: container(c).update(volumeMounts=[{"name": "x", "mountPath": "/x"}])),
    ("a closed probe port", "kubernetes_semantics", "probe-port", lambda c: container(c)["readinessProbe"]["httpGet"].update(port=9)),
    ("no service", "kubernetes_semantics", "target-group-binding", lambda c: find(c, "TargetGroupBinding")["spec"]["serviceRef"].update(name="x")),
    ("no such service port", "kubernetes_semantics", "target-group-binding", lambda c: find(c, "TargetGroupBinding")["spec"]["serviceRef"].update(port=81)),
    ("no scale target", "kubernetes_semantics", "scaler", lambda c: find(c, "ScaledObject")["spec"]["scaleTargetRef"].update(name="x")),
    ("no authentication", "kubernetes_semantics", "scaler", lambda c: find(c, "TriggerAuthentication")["metadata"].update(name="x")),
    ("a budget that blocks", "kubernetes_semantics", "disruption-budget", lambda c: find(c, "PodDisruptionBudget")["spec"].update(minAvailable=2)),
    ("a budget of 100 %", "kubernetes_semantics", "disruption-budget", lambda c: find(c, "PodDisruptionBudget")["spec"].update(minAvailable="51%")),
    ("a policy for nothing", "kubernetes_semantics", "network-policy", lambda c: find(c, "NetworkPolicy")["spec"].update(podSelector={"matchLabels": {"a": "b"}})),
    ("a policy with a closed port", "kubernetes_semantics", "network-policy", lambda c: find(c, "NetworkPolicy")["spec"]["ingress"][0]["ports"][0].update(port=9)),
    ("one identity twice", "kubernetes_semantics", "identity", lambda c: c[BUNDLE].append(copy.deepcopy(find(c, "ConfigMap")))),
    ("no Namespace", "kubernetes_semantics", "namespace", lambda c: c[BUNDLE].pop(0)),
    ("no secret store", "kubernetes_semantics", "external-secret", lambda c: find(c, "SecretStore")["metadata"].update(name="x")),
    ("a malformed placeholder", "kubernetes_semantics", "placeholder-form", lambda c: find(c, "ConfigMap")["data"].update(A="${output:demo-data:QueueUrl}")),
    ("a placeholder for nothing", "kubernetes_semantics", "placeholder-output", lambda c: find(c, "ConfigMap")["data"].update(A="${output:demo-data@eu-west-1:Nothing}")),
    ("1,001 values", "change_batches", "limit-values", lambda c: records(c, 1_001)),
    ("501 values, upserted", "change_batches", "limit-values", lambda c: records(c, 501)),
    ("32,000 characters, upserted", "change_batches", "limit-characters", lambda c: records(c, 100, 200)),
    ("an unknown type of record", "change_batches", "enum", lambda c: c[BATCH]["Changes"][0]["ResourceRecordSet"].update(Type="ALIAS")),
    ("an unknown field", "change_batches", "model", lambda c: c[BATCH]["Changes"][0].update(Colour="red")),
    ("a missing field", "change_batches", "model", lambda c: c[BATCH]["Changes"][0]["ResourceRecordSet"].pop("Name")),
    ("an alias with a TTL", "change_batches", "alias", lambda c: c[BATCH]["Changes"][0]["ResourceRecordSet"].update(TTL=60)),
    ("a record of another zone", "change_batches", "outside-zone", lambda c: c[BATCH]["Changes"][0]["ResourceRecordSet"].update(Name="www.example.org.")),
    ("one record twice", "change_batches", "duplicate", lambda c: c[BATCH]["Changes"].append(c[BATCH]["Changes"][0])),
    ("unquoted text", "change_batches", "value", lambda c: c[BATCH]["Changes"][1]["ResourceRecordSet"].update(ResourceRecords=[{"Value": "bare"}])),
    ("a CNAME at the apex", "change_batches", "cname-apex", lambda c: c[BATCH]["Changes"][1]["ResourceRecordSet"].update(Type="CNAME", ResourceRecords=[{"Value": "a.b"}])),
    ("a placeholder for nothing", "change_batches", "placeholder-output", lambda c: c[BATCH]["Changes"][0]["ResourceRecordSet"]["AliasTarget"].update(DNSName="${output:x@eu-west-1:Y}")),
    ("a syntax error", "edge_function", "syntax", code("return request;", "return request +;")),
    ("a module", "edge_function", "behaviour", code("var request =", "var os = require('os'); var request =")),
    ("no check of the id", "edge_function", "behaviour", code("|| !/^[A-Za-z0-9._-]{8,128}$/.test(header.value)", "")),
    ("too short an id", "edge_function", "behaviour", code("{8,128}", "{1,128}")),
    ("a rewritten file", "edge_function", "behaviour", code(" && !/\\.[^\\/]*$/.test(request.uri)", "")),
    ("a rewritten well-known file", "edge_function", "behaviour", code("request.uri.indexOf('/.well-known/') !== 0 && ", "")),
    ("10 KB", "edge_function", "size", code("return request;", "return request; // " + "x" * 10_240)),
    ("an old runtime", "edge_function", "runtime", lambda c: c[EDGE]["Resources"]["RequestId"]["Properties"]["FunctionConfig"].update(Runtime="cloudfront-js-1.0")),
    ("an output that went", "manifest", "edge-output", lambda c: c[DATA]["Outputs"].pop("QueueArn")),
    ("a parameter that went", "manifest", "edge-parameter", lambda c: c[EDGE].pop("Parameters")),
    ("a parameter without a value", "manifest", "parameter-unfed", lambda c: c[EDGE]["Parameters"].update(Other={"Type": "String"})),
    ("a placeholder for nothing", "manifest", "placeholder-output", lambda c: c[CONFIG].update(x="${output:x@eu-west-1:Y}")),
]
# What the manifest says instead, the rule that must report it.
MANIFEST_FAULTS: list[tuple[str, str, Callable[[Files], Files]]] = [
    ("another version", "version", lambda m: {"version": 2}),
    ("a wrong digest", "digest", lambda m: {"files": {**m["files"], EDGE: "0" * 64}}),
    ("an absent file", "absent", lambda m: {"files": {**m["files"], "x.json": "0" * 64}}),
    ("an unlisted file", "unlisted", lambda m: {"files": {EDGE: m["files"][EDGE]}}),
    ("a cycle", "cycle", lambda m: {"stacks": [stack | {"dependsOn": ["data", "edge"]} for stack in m["stacks"]]}),
    ("no order", "edge-order", lambda m: {"stacks": [stack | {"dependsOn": []} for stack in m["stacks"]]}),
    ("an unknown stack", "depends-on", lambda m: {"stacks": [stack | {"dependsOn": ["x"]} for stack in m["stacks"]]}),
    ("a template of no stack", "no-stack", lambda m: {"stacks": m["stacks"][:1], "edges": []}),
]


class SelfTest(unittest.TestCase):
    """Each oracle against the good environment and against its faults."""

    def test_the_good_environment_passes(self) -> None:
        for oracle in ORACLES:
            with self.subTest(oracle):
                report = run(oracle, fixture.files())
                self.assertEqual(report.failures, [])
                self.assertGreater(report.passed, 0)

    def test_each_fault_is_reported_by_its_rule(self) -> None:
        for title, oracle, rule, break_it in FAULTS:
            with self.subTest(f"{oracle}: {title}"):
                content = fixture.files()
                break_it(content)
                self.assertIn(rule, rules(run(oracle, content)))

    def test_each_fault_of_the_manifest_is_reported(self) -> None:
        texts = {path: fixture.render(path, body) for path, body in fixture.files().items()}
        for title, rule, override in MANIFEST_FAULTS:
            with self.subTest(title):
                report = run("manifest", fixture.files(), override(fixture.manifest(texts)))
                self.assertIn(rule, rules(report))

    def test_an_environment_without_its_manifest_is_reported(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve() / "demo" / "prod"
            fixture.write(root, fixture.files())
            (root / "manifest.json").unlink()
            found = environments([Path(folder)])
            self.assertEqual([environment.root for environment in found], [root])
            report = Report(quiet=True)
            importlib.import_module("oracles.manifest").check(found[0], report)
            self.assertIn("missing", rules(report))

    def test_every_supported_version_has_schemas(self) -> None:
        versions = importlib.import_module("oracles.kubernetes").versions()
        self.assertEqual([".".join(version.split(".")[:2]) for version in versions], SUPPORTED)

    def test_every_oracle_has_a_fault(self) -> None:
        self.assertEqual({oracle for _, oracle, _, _ in FAULTS}, set(ORACLES))

    def test_a_changed_fact_about_a_resource_type_is_reported(self) -> None:
        data = resource_types.DATA.read_bytes()
        file = resource_types.File(data)
        name = "AWS::SQS::Queue"
        queue = file.types[name]
        documents, listed = resource_types.read_source(resource_types.source())
        timeout = file.node(queue["schema"])["properties"]["VisibilityTimeout"]
        first = file.header["types"] + list(file.types).index(name) * len(resource_types.TYPE)
        faults = {
            "type is": (timeout + 1, lambda word: word ^ 1 << 50 - 32),
            "maximum is": (timeout + 3, lambda word: word + 4),
            "regions differ": (first + resource_types.TYPE.index("regions_low"), lambda word: word ^ 1),
            "handlers differ": (first + resource_types.TYPE.index("handlers"), lambda word: 1 - bool(word)),
        }
        for expected, (place, change) in faults.items():
            with self.subTest(expected):
                broken = bytearray(data)
                struct.pack_into("<I", broken, 4 * place, change(file.words[place]))
                found = resource_types.problems_of(name, resource_types.File(bytes(broken)), documents[name], listed)
                self.assertIn(expected, " ".join(found))

    def test_disagreement_and_errors_in_good_templates_are_reported_unless_argued(self) -> None:
        report = {"labels": [{"primary": True, "line": 4}], "severity": "error", "id": "schema/enum", "subject": "x/Queue"}
        ours = corpus.Ours()
        corpus.sort_in(ours, Path("x.yaml"), "good/x.yaml", [report], compared=True)
        theirs = {corpus.Found("E3002", "good/x.yaml", "Topic")}
        comparisons = {"cfn-lint": corpus.compare(ours, theirs)}
        classes = {("cfn-lint", "ours", "schema/enum"): "why", ("cfn-lint", "theirs", "E3002"): "why"}
        argued = corpus.Arguments(classes, {corpus.Error("good/x.yaml", "schema/enum", "Queue"): "why"})
        self.assertEqual(len(corpus.problems(ours, comparisons, corpus.Arguments({}, {}))), 3)
        self.assertEqual(corpus.problems(ours, comparisons, argued), [])
        self.assertEqual(len(corpus.problems(corpus.Ours(), {}, argued)), 3)

    def test_the_oracles_of_the_corpus_find_a_fault(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.yaml"
            path.write_text("Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      Colour: red\n", encoding="utf-8")
            self.assertEqual(corpus.of_cfn_lint(path, "x"), {corpus.Found("E3002", "x", "Queue")})
            self.assertEqual(corpus.of_validate(path, "x"), {corpus.Found("F3002", "x", "Queue")})
            self.assertEqual(corpus.resource_at(path, 5), "Queue")

    def test_a_suppression_covers_its_rule_only(self) -> None:
        content = fixture.files()
        queue(content).update(Colour="red", VisibilityTimeout=99_999)
        entry = Suppression("cfn-lint", "E3002", "AWS::SQS::Queue", "a test")
        self.assertEqual(rules(run("cfn_lint", content, suppressions=[entry])), {"E3034"})
        self.assertEqual(entry.used, 1)

    def test_an_unused_suppression_fails(self) -> None:
        report = Report([Suppression("cfn-lint", "E3002", "*", "a test")], quiet=True)
        report.add("cfn-lint", "x", [Finding("E0001", "another rule")])
        report.add_unused_suppressions({"cfn-lint"})
        self.assertIn("unused", rules(report))

    def test_licence_expressions(self) -> None:
        allowed = ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
        refused = ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND AGPL-3.0", "GPL-2.0 WITH Classpath-exception-2.0", "", "(MIT"]
        self.assertEqual([item for item in allowed if not licences.is_allowed(item)], [])
        self.assertEqual([item for item in refused if licences.is_allowed(item)], [])


if __name__ == "__main__":
    unittest.main()
