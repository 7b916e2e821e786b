#!/usr/bin/env python3
"""Fails on a dependency whose licence is not allowed, or that is banned.

Reads `cargo metadata --locked`, one or more manifests: `licences.py Cargo.toml fuzz/Cargo.toml`.
(cargo-deny does more, but compiling it takes longer than all our other checks.)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}
BANNED = {
    "backoff": "unmaintained (RUSTSEC-2025-0012)",
    "libyml": "unsound and archived (RUSTSEC-2025-0067)",
    "openssl": "we use rustls",
    "openssl-sys": "we use rustls",
    "serde_yml": "unsound and archived (RUSTSEC-2025-0068)",
    "yaml-rust": "unmaintained (RUSTSEC-2024-0320)",
}
SOURCE = "registry+https://github.com/rust-lang/crates.io-index"


def main(manifests: list[str]) -> int:
    packages = {package["id"]: package for manifest in manifests for package in _packages(manifest)}
    problems = sorted({problem for package in packages.values() for problem in _problems(package)})
    for problem in problems:
        print(f"licences: {problem}")
    print(f"licences: {len(packages)} packages, {len(problems)} problems")
    return 1 if problems else 0


def _packages(manifest: str) -> list[dict[str, Any]]:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", manifest]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]


def _problems(package: dict[str, Any]) -> list[str]:
    label = f"{package['name']} {package['version']}"
    problems = []
    if package["name"] in BANNED:
        problems.append(f"{label} is banned: {BANNED[package['name']]}")
    if package["source"] not in (None, SOURCE):
        problems.append(f"{label} comes from {package['source']}")
    expression = package["license"]
    # A package of our own workspace has no source.
    if package["source"] and not (expression and is_allowed(expression)):
        problems.append(f"{label} has the licence {expression or 'of a file, not an SPDX expression'}")
    return problems


def is_allowed(expression: str) -> bool:
    """Evaluates an SPDX expression: one allowed side of an OR suffices, both sides of an AND are needed."""
    tokens = re.findall(r"\(|\)|[^\s()/]+|/", expression)
    value, rest = _either(tokens)
    return value and not rest


def _either(tokens: list[str]) -> tuple[bool, list[str]]:
    value, rest = _both(tokens)
    # Old manifests write `/` for OR.
    while rest and rest[0] in ("OR", "/"):
        other, rest = _both(rest[1:])
        value = value or other
    return value, rest


def _both(tokens: list[str]) -> tuple[bool, list[str]]:
    value, rest = _one(tokens)
    while rest and rest[0] == "AND":
        other, rest = _one(rest[1:])
        value = value and other
    return value, rest


def _one(tokens: list[str]) -> tuple[bool, list[str]]:
    if not tokens:
        return False, []
    if tokens[0] == "(":
        value, rest = _either(tokens[1:])
        return (value, rest[1:]) if rest[:1] == [")"] else (False, rest)
    if tokens[1:2] == ["WITH"]:
        return " ".join(tokens[:3]) in ALLOWED, tokens[3:]
    return tokens[0] in ALLOWED, tokens[1:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["Cargo.toml"]))
