#!/usr/bin/env python3
"""Runs the oracles over synthesized environments: `run.py [--oracle NAME]… DIR…`.

Prints every check and ends with the tally; exits with 1 if a check failed, 2 if there was nothing to check.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

# The modules are a package so that ours and the tools' names cannot hide each other.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from oracles.common import Environment, Finding, Report, environments, read_suppressions  # noqa: E402

ORACLES = (
    "cfn_lint",
    "cloudformation_validate",
    "kubernetes",
    "kubernetes_semantics",
    "change_batches",
    "edge_function",
    "manifest",
)


def main() -> int:
    arguments = _arguments()
    found = environments(arguments.directories)
    report = Report(read_suppressions(Path(__file__).parent / "suppressions.toml"))
    names = {_run(module, found, report) for module in ORACLES if _selected(module, arguments.oracle)}
    report.add_unused_suppressions(names)
    for oracle, subject, findings in report.failures:
        print(f"failed: {oracle}: {subject}: {len(findings)} findings, first: {findings[0]}")
    print(f"{report.passed} passed, {len(report.failures)} failed")
    if report.failures:
        return 1
    return 0 if report.passed else 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oracle", action="append", default=[], help="run only this oracle (module name)")
    parser.add_argument("directories", nargs="+", type=Path)
    arguments = parser.parse_args()
    missing = [str(path) for path in arguments.directories if not path.is_dir()]
    if missing:
        parser.error(f"not a directory: {', '.join(missing)}")
    return arguments


def _selected(module: str, wanted: list[str]) -> bool:
    return not wanted or module in wanted


def _run(module: str, found: list[Environment], report: Report) -> str:
    started = time.monotonic()
    oracle = importlib.import_module(f"oracles.{module}")
    for environment in found:
        try:
            oracle.check(environment, report)
        except Exception as error:  # noqa: BLE001: a broken oracle or input must not hide the others
            traceback.print_exc()
            report.add(oracle.NAME, environment.label, [Finding("crashed", f"{type(error).__name__}: {error}")])
    print(f"  {oracle.NAME}: {time.monotonic() - started:.1f} s")
    return oracle.NAME


if __name__ == "__main__":
    sys.exit(main())
