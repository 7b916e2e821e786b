#!/usr/bin/env python3
"""Time, CPU and memory of `infra diff` beside `@aws-cdk/cloudformation-diff`, on the same pairs of templates, in one run.

    cargo build --release && benches/diff.py [--runs 5] [--only infra] [--seed 1] [--services 100] [--keep FOLDER]

The pairs are made of the templates of data/cdk-orders, the service's under as many names as `check.py` gives it: before
is the template, after is a copy in which some properties are changed, resources added and removed, statements of
policies reordered and resources rewritten, all drawn from the seed. Both programs read the files, compare every pair in
one process and write a machine-readable report. Figures are medians over the runs, which take turns. Needs Linux, Node
and npm; the package is installed below target/npm, in exactly the version that is written here.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from check import INFRA, ROOT, run, templates

PACKAGE = "@aws-cdk/cloudformation-diff"
VERSION = "2.187.5"
NPM = ROOT / "target" / "npm"
PEER = ROOT / "benches" / "diff-peer.mjs"


def install() -> None:
    """Installs the peer in its exact version, once."""
    manifest = NPM / "node_modules" / PACKAGE / "package.json"
    if manifest.exists() and json.loads(manifest.read_text())["version"] == VERSION:
        return
    NPM.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--save-exact", "--prefix", str(NPM), f"{PACKAGE}@{VERSION}"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def scalars(value: object, path: tuple = ()) -> list[tuple]:
    """Returns the paths of all texts, numbers and booleans that are no part of a call of a function."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
            return []
        return [found for key, inner in value.items() for found in scalars(inner, (*path, key))]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in scalars(inner, (*path, index))]
    return [path] if isinstance(value, str | int | float | bool) else []


def alter(value: object, draw: random.Random) -> object:
    """Returns another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + draw.randint(1, 9)
    return f"{value}{draw.choice('xyz')}"


def statements(value: object) -> list[list]:
    """Returns the lists of statements of all policies."""
    if isinstance(value, dict):
        own = [value["Statement"]] if isinstance(value.get("Statement"), list) else []
        return own + [found for inner in value.values() for found in statements(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in statements(inner)]
    return []


def mutated(template: dict, draw: random.Random) -> dict:
    """Returns a copy in which about a fifth of the resources is changed, and a few come and go."""
    after = json.loads(json.dumps(template))
    resources = after["Resources"]
    for identifier in list(resources):
        resource, dice = resources[identifier], draw.random()
        paths = scalars(resource.get("Properties", {}))
        if dice < 0.15 and paths:
            *way, last = draw.choice(paths)
            place = resource["Properties"]
            for step in way:
                place = place[step]
            place[last] = alter(place[last], draw)
        elif dice < 0.18:
            resources[f"{identifier}Copy"] = json.loads(json.dumps(resource))
        elif dice < 0.20:
            del resources[identifier]
        elif dice < 0.30:
            for found in statements(resource):
                draw.shuffle(found)
        elif dice < 0.35:
            resource.setdefault("Metadata", {})["note"] = "changed"
    return after


def pairs(folder: Path, services: int, seed: int) -> tuple[Path, Path, int, int]:
    """Writes both sides and returns their folders, how many pairs there are and how many resources before."""
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    after.mkdir(parents=True)
    draw = random.Random(seed)
    resources = 0
    paths = templates(before, services)
    for path in paths:
        template = json.loads(path.read_text())
        resources += len(template["Resources"])
        (after / path.name).write_text(json.dumps(mutated(template, draw), indent=1))
    return before, after, len(paths), resources


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="where the pairs are written, instead of a folder that goes away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        before, after, count, resources = pairs(folder, arguments.services, arguments.seed)
        commands = {
            "infra": [str(INFRA), "diff", "--against", str(before), str(after), "--format", "json"],
            f"{PACKAGE} {VERSION}": ["node", str(PEER), str(NPM), str(before), str(after)],
        }
        chosen = {name: command for name, command in commands.items() if not arguments.only or name.split()[0] in arguments.only}
        if any(command[0] == "node" for command in chosen.values()):
            install()
        runs = {name: [] for name in chosen}
        for _ in range(arguments.runs):
            for name, command in chosen.items():
                # Ours is so short that one run says little.
                runs[name].extend(run(command) for _ in range(5 if name == "infra" else 1))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
    print("| pairs | resources | program | wall ms | CPU ms | peak MiB | CPU, times infra |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for name, (wall, cpu, memory) in medians.items():
        times = cpu / medians["infra"][1] if "infra" in medians else float("nan")
        figures = f"{wall * 1000:.1f} | {cpu * 1000:.1f} | {memory:.0f} | {times:.0f}"
        print(f"| {count} | {resources} | {name} | {figures} |")


if __name__ == "__main__":
    main()
