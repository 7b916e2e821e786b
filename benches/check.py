#!/usr/bin/env python3
"""Time, CPU and memory of `infra check` beside cfn-lint and cloudformation-validate, on the same templates, in one run.

    cargo build --release && target/venv/bin/python benches/check.py [--runs 5] [--only infra] [SERVICES…]

The templates are those of data/cdk-orders; SERVICES (default 1 and 100) is how many times the service's template is
there, under as many names. Each figure is the median over the runs, which take turns so that a slow moment of the
machine meets all programs. CPU is user and system time of the process and its children; memory is its largest resident
set. Needs Linux, and the Python environment that `scripts/test` makes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "benches" / "data" / "cdk-orders"
INFRA = ROOT / "target" / "release" / "infra"
VALIDATE = """
import sys
import cloudformation_validate as validator
engine = validator.CompositeEngine()
config = validator.ValidateConfig(pseudo_parameter_overrides=validator.PseudoParameterOverrides(region="eu-west-1"))
for path in sys.argv[1:]:
    engine.validate_template(validator.TemplateContent(open(path).read(), path), config)
"""


def templates(folder: Path, services: int) -> list[Path]:
    """Writes the templates with as many services, each under a name of its own."""
    for path in DATA.glob("*.template.json"):
        text = path.read_text()
        if "Service1" not in path.name:
            (folder / path.name).write_text(text)
            continue
        for number in range(1, services + 1):
            renamed = text.replace("Service1", f"Service{number}").replace("service1", f"service{number}")
            (folder / path.name.replace("Service1", f"Service{number}")).write_text(renamed)
    return sorted(folder.glob("*.json"))


def run(command: list[str]) -> tuple[float, float, float]:
    """Runs a program and returns wall seconds, CPU seconds and peak MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    # Findings end with 1 here, with a sum of 2, 4 and 8 in cfn-lint; anything else is no check of templates.
    if child.returncode not in (0, 1, 2, 4, 6, 8, 10, 12, 14):
        sys.exit(f"{command[:3]} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def programs(paths: list[Path]) -> dict[str, list[str]]:
    """Returns the command of each program for the templates."""
    files = [str(path) for path in paths]
    python = sys.executable
    return {
        "infra": [str(INFRA), "check", *files],
        "cloudformation-validate": [python, "-c", VALIDATE, *files],
        "cfn-lint": [str(Path(python).parent / "cfn-lint"), "--regions", "eu-west-1", "--template", *files],
    }


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", nargs="*", type=int, default=[1, 100])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    print("| templates | resources | program | wall ms | CPU ms | peak MiB | CPU, times infra |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for services in arguments.services:
        with tempfile.TemporaryDirectory() as folder:
            paths = templates(Path(folder), services)
            resources = sum(len(json.loads(path.read_text())["Resources"]) for path in paths)
            commands = programs(paths)
            chosen = [name for name in commands if not arguments.only or name in arguments.only]
            runs = {name: [] for name in chosen}
            for _ in range(arguments.runs):
                for name in chosen:
                    # Ours is so short that one run says little.
                    repeats = 5 if name == "infra" else 1
                    runs[name].extend(run(commands[name]) for _ in range(repeats))
            medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
            for name, (wall, cpu, memory) in medians.items():
                times = cpu / medians["infra"][1] if "infra" in medians else float("nan")
                figures = f"{wall * 1000:.1f} | {cpu * 1000:.1f} | {memory:.0f} | {times:.0f}"
                print(f"| {len(paths)} | {resources} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
