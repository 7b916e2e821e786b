#!/usr/bin/env python3
"""Judges the reports of `infra check`: `reports.py path/to/infra`.

SARIF by the official schema, JSON by the schema that `infra schema check` prints, JUnit by the structure that the Jenkins
plug-in asks for. Each with findings and without.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from oracles.crds import download  # noqa: E402

# The crate carries the schema as OASIS publishes it.
SARIF = ("serde-sarif", "0.8.0", "a053c46f18a8043570d4e32fefc4c6377f82bf29ec310a33e93f273048e3b0be")

PROJECT = """\
project: shop
environments:
  dev: { account: "111122223333", region: eu-west-1, domain: dev.example.com }
  prod: { account: "444455556666", region: eu-west-1, domain: example.com }
"""
CLEAN = "queues:\n  jobs: {}\n"
# A finding with a fix, one of a rule, and text that no format may take for its own syntax.
BROKEN = """\
queues:
  jobs: { dealy: 5 }
  "größe <&>\\"%,:|": {}
"""
RULE = """\
raw:
  site:
    type: AWS::CloudFront::Distribution
    properties:
      DistributionConfig:
        Enabled: true
        ViewerCertificate: { AcmCertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/x" }
"""


def main(infra: Path) -> int:
    infra = infra.resolve()
    problems = []
    for name, stack in (("clean", CLEAN), ("broken", BROKEN), ("rule", RULE)):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "stacks").mkdir()
            (root / "infra.yaml").write_text(PROJECT, encoding="utf-8")
            (root / "stacks" / "größe, 100%.yaml" if name == "broken" else root / "stacks" / "main.yaml").write_text(
                stack, encoding="utf-8"
            )
            for kind, judge in (("sarif", sarif), ("json", report), ("junit", junit)):
                text = _run(infra, root, "check", "--format", kind)
                found = list(judge(text, infra, root, name == "clean"))
                problems += [f"{name}: {kind}: {problem}" for problem in found]
                print(f"{name}: {kind}: {'failed' if found else 'ok'}")
    for problem in problems:
        print(f"failed: reports: {problem}")
    return 1 if problems else 0


def sarif(text: str, _infra: Path, _root: Path, clean: bool) -> list[str]:
    log = json.loads(text)
    problems = _schema(_sarif_schema(), log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    wrong = [result["ruleId"] for result in run["results"] if rules[result["ruleIndex"]] != result["ruleId"]]
    if wrong:
        problems.append(f"the index of {wrong} names another rule")
    if bool(run["results"]) == clean:
        problems.append(f"{len(run['results'])} results")
    return problems


def report(text: str, infra: Path, root: Path, clean: bool) -> list[str]:
    document = json.loads(text)
    problems = _schema(json.loads(_run(infra, root, "schema", "check")), document)
    if bool(document["diagnostics"]) == clean:
        problems.append(f"{len(document['diagnostics'])} findings")
    return problems


def junit(text: str, _infra: Path, _root: Path, clean: bool) -> list[str]:
    """No package installs a schema of this format: elements, counts and names are compared with what servers read."""
    suites = ET.fromstring(text)  # noqa: S314: our own output
    problems = []
    shape = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "system-out"}}
    for element in suites.iter():
        strange = {child.tag for child in element} - shape.get(element.tag, set())
        if strange:
            problems.append(f"{element.tag} holds {strange}")
    for suite in suites:
        counts = {"tests": len(suite), "failures": len(suite.findall("testcase/failure")), "errors": 0, "skipped": 0}
        problems += [f"{key} is {suite.get(key)}" for key, count in counts.items() if suite.get(key) != str(count)]
        problems += ["a case without a name" for case in suite if not (case.get("name") and case.get("classname"))]
    for key in ("tests", "failures"):
        total = sum(int(suite.get(key, "")) for suite in suites)
        if suites.get(key) != str(total):
            problems.append(f"{key} of all suites is {suites.get(key)}, not {total}")
    if (suites.get("failures") == "0") != clean:
        problems.append(f"{suites.get('failures')} failures")
    return problems


def _sarif_schema() -> dict[str, Any]:
    with tarfile.open(download(*SARIF)) as crate:
        file = crate.extractfile(f"{SARIF[0]}-{SARIF[1]}/src/schema.json")
        return json.load(file) if file else {}


def _schema(schema: dict[str, Any], document: object) -> list[str]:
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    checker = validator.FORMAT_CHECKER
    errors = validator(schema, format_checker=checker).iter_errors(document)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def _run(infra: Path, root: Path, *arguments: str) -> str:
    run = subprocess.run([infra, *arguments], cwd=root, capture_output=True, encoding="utf-8", check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"infra {' '.join(arguments)} ended with {run.returncode}: {run.stderr}")
    return run.stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
