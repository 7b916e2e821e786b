"""The CloudFront Functions inside templates, run with node.

The behaviour is in `edge_function.mjs`; this module finds the functions and reports node's verdict.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from oracles.common import Environment, Finding, Report

NAME = "edge-function"
TESTS = Path(__file__).with_suffix(".mjs")
KIND = "AWS::CloudFront::Function"
RUNTIME = "cloudfront-js-2.0"
# Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html> (read 2026-11-22).
MAX_CODE_BYTES = 10 * 1024
TIMEOUT_SECONDS = 60


def check(environment: Environment, report: Report) -> None:
    """Tests every function of every template; a template without one is no check."""
    for template in environment.templates:
        resources = template.body.get("Resources") or {}
        functions = {name: item for name, item in resources.items() if item.get("Type") == KIND}
        if functions:
            findings = [finding for name, item in functions.items() for finding in _findings(name, item)]
            report.add(NAME, environment.subject(template.path), findings)


def _findings(name: str, resource: dict[str, Any]) -> list[Finding]:
    properties = resource.get("Properties") or {}
    code = properties.get("FunctionCode")
    runtime = (properties.get("FunctionConfig") or {}).get("Runtime")
    if not isinstance(code, str):
        return [Finding("code", f"{name}: FunctionCode is not a literal string", name, KIND)]
    findings = []
    if runtime != RUNTIME:
        findings.append(Finding("runtime", f"{name}: {runtime}, not {RUNTIME}", name, KIND))
    n_bytes = len(code.encode("utf-8"))
    if n_bytes > MAX_CODE_BYTES:
        findings.append(Finding("size", f"{name}: {n_bytes} bytes, at most {MAX_CODE_BYTES}", name, KIND))
    return findings + _run(name, code)


def _run(name: str, code: str) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        # `.cjs`: a script, as CloudFront runs it; a module would be strict and accept `import`.
        file = Path(folder) / "function.cjs"
        file.write_text(code, encoding="utf-8")
        syntax = _node("--check", str(file))
        if syntax.returncode:
            return [Finding("syntax", f"{name}: {_last_line(syntax.stderr)}", name, KIND)]
        result = _node("--test-reporter=tap", str(TESTS), str(file))
    failed = re.findall(r"^not ok \d+ - (.+)$", result.stdout, re.MULTILINE)
    if result.returncode and not failed:
        failed = [f"node: {_last_line(result.stderr)}"]
    if not re.search(r"^ok \d+", result.stdout, re.MULTILINE) and not failed:
        failed = ["no test ran"]
    return [Finding("behaviour", f"{name}: {test}", name, KIND) for test in failed]


def _node(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "Error" in line]
    return lines[0] if lines else text.strip()[-200:]
