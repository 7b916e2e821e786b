#!/usr/bin/env python3
"""Writes `replacing.json`: which changed properties make CloudFormation replace a resource.

    target/venv/bin/python tests/emulator/replacing.py

Reads the schemas of the installed cfn-lint, which are those of the CloudFormation registry. Only the types that the
golden templates use and those of `resources.py` are written, so that MiniStack answers for them what AWS does.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCHEMAS = Path(find_spec("cfnlint").origin).parent / "data/schemas"
REGION = "us-east-1"


def main() -> None:
    files = json.loads((SCHEMAS / f"providers/{REGION}.json").read_text())
    types = {}
    for name in sorted(used()):
        schema = json.loads((SCHEMAS / "resources" / f"{files[name]}.json").read_text())
        always, sometimes = set(), set()
        for pointer in schema.get("createOnlyProperties", []):
            _, _properties, first, *rest = pointer.split("/")
            # Only a part of the property replaces: the whole of it may or may not.
            (sometimes if rest else always).add(first)
        for pointer in schema.get("conditionalCreateOnlyProperties", []):
            sometimes.add(pointer.split("/")[2])
        types[name] = {"always": sorted(always), "sometimes": sorted(sometimes - always)}
    document = {
        "from": f"cfn-lint {importlib.metadata.version('cfn-lint')}, schemas of {REGION}",
        "by": "tests/emulator/replacing.py",
        "types": types,
    }
    (HERE / "replacing.json").write_text(json.dumps(document, indent=1) + "\n")


def used() -> set[str]:
    """The types of all golden templates, and those that the emulator learns."""
    types = set(re.findall(r'^    "(AWS::[A-Za-z0-9:]+)": ', (HERE / "resources.py").read_text(), re.MULTILINE))
    for template in ROOT.glob("snapshots/*/*/stacks/*.json"):
        types |= {resource["Type"] for resource in json.loads(template.read_text())["Resources"].values()}
    return types


if __name__ == "__main__":
    main()
