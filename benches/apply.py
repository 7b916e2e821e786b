#!/usr/bin/env python3
"""How near `infra apply` comes to the critical path of its plan, and how many requests it sends.

    cargo build --release && target/emulator/bin/python benches/apply.py [--latency 100] [--runs 3] [--stacks 50]
    cargo build --release && target/emulator/bin/python benches/apply.py --zones 10 --records 9998

Deploys the bundled platform to the emulator with a latency on every request, and reads the journal: the critical path
is the longest chain of steps by the times that the steps took. What is compared with it is the time from the first line
of the journal to its last, and the time of the whole process, which compares before it begins. Then applies a project
of many stacks to which nothing changes, and counts the requests of each kind. With `--zones`, instead: what large zones
cost when they are made, when nothing changes, and when one record does. Needs `scripts/emulator --install`.
"""

import argparse
import collections
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INFRA = ROOT / "target" / "release" / "infra"
PYTHON = ROOT / "target" / "emulator" / "bin" / "python"


class Emulator:
    """An emulator on a free port, for as long as the block lasts."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port_file = folder / "port"
        command = [PYTHON, ROOT / "tests" / "emulator", "--port", "0", "--port-file", self.port_file, "--stdin", "--quiet"]
        self.process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE)
        while not self.port_file.exists() or not self.port_file.read_text().strip():
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{self.port_file.read_text().strip()}"

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()

    def control(self, method: str, path: str) -> dict:
        """Asks the emulator itself."""
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def infra(project: Path, *arguments: str) -> float:
    """Runs the tool and returns the seconds it took."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(project)}
    start = time.monotonic()
    done = subprocess.run([INFRA, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"infra {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - start


def journal(project: Path) -> tuple[float, float, int]:
    """Returns critical path and whole time of the newest run in seconds, and its number of steps."""
    path = sorted((project / ".infra" / "runs").iterdir())[-1]
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    at = [datetime.fromisoformat(entry["at"].replace("Z", "+00:00")).timestamp() for entry in entries]
    steps = entries[0]["event"]["started"]["plan"]["steps"]
    begun, took = {}, {}
    for moment, entry in zip(at, entries, strict=True):
        (kind, value), = entry["event"].items() if isinstance(entry["event"], dict) else [(entry["event"], {})]
        if kind == "step":
            begun[value["step"]] = moment
        elif kind == "ended" and value["step"] in begun:
            took[value["step"]] = moment - begun[value["step"]]
    needs = {step["id"]: step["needs"] for step in steps}
    longest: dict[str, float] = {}

    def chain(step: str) -> float:
        if step not in longest:
            longest[step] = took.get(step, 0) + max((chain(need) for need in needs[step]), default=0)
        return longest[step]

    return max(chain(step) for step in needs), at[-1] - at[0], len(steps)


def bundled(folder: Path, url: str) -> Path:
    """Copies the bundled project, with environment `local` on this emulator."""
    project = folder / "project"
    for name in ("stacks", "overlays"):
        shutil.copytree(ROOT / name, project / name)
    text = (ROOT / "infra.yaml").read_text().replace("http://127.0.0.1:4566", url)
    (project / "infra.yaml").write_text(text)
    return project


def many(folder: Path, url: str, count: int) -> Path:
    """Makes a project of many stacks, each of which takes a value of the one before."""
    project = folder / "many"
    (project / "stacks").mkdir(parents=True)
    environment = f'{{ account: "000000000000", region: eu-west-1, domain: dev.example.com, endpoint-url: {url} }}'
    (project / "infra.yaml").write_text(f"project: many\nenvironments:\n  dev: {environment}\n")
    for index in range(count):
        text = f"queues: {{ q{index}: {{}} }}\n"
        (project / "stacks" / f"s{index:03}.yaml").write_text(text)
    return project


def zones(folder: Path, url: str, count: int, records: int) -> Path:
    """Makes a project of zones with many records each, a stack file a zone."""
    project = folder / "zones"
    (project / "stacks").mkdir(parents=True)
    environment = f'{{ account: "000000000000", region: eu-west-1, domain: example.com, endpoint-url: {url} }}'
    (project / "infra.yaml").write_text(f"project: zones\nenvironments:\n  dev: {environment}\n")
    for zone in range(count):
        lines = ["hosted-zones:", f"  main: {{ domain: z{zone}.example.com }}", "records:"]
        lines += [
            f"  r{index}: {{ zone: main, name: r{index}.z{zone}.example.com, values: {{ a: [192.0.2.{index % 250}] }} }}"
            for index in range(records)
        ]
        (project / "stacks" / f"z{zone}.yaml").write_text("\n".join(lines) + "\n")
    return project


def large(folder: Path, count: int, records: int) -> None:
    """Prints what large zones cost."""
    with Emulator(folder) as emulator:
        project = zones(folder, emulator.url, count, records)
        first = project / "stacks" / "z0.yaml"
        changed = first.read_text().replace("r7.z0.example.com, values: { a: [192.0.2.7]", "r7.z0.example.com, values: { a: [192.0.2.77]")

        def run(what: str, *arguments: str) -> None:
            emulator.control("DELETE", "/_calls")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            took = infra(project, *arguments)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            counts = collections.Counter(emulator.control("GET", "/_calls")["counts"])
            print(f"{count} zones of {records} records, {what}: {sum(counts.values())} requests, {took:.1f} s, "
                  f"{cpu:.1f} s of CPU: {dict(counts)}", flush=True)

        run("first apply", "apply", "--yes", "--progress", "plain")
        run("diff without a change", "diff")
        run("apply without a change", "apply", "--yes", "--progress", "plain")
        first.write_text(changed)
        run("apply of one change", "apply", "--yes", "--progress", "plain")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--stacks", type=int, default=50)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--zones", type=int, default=0)
    parser.add_argument("--records", type=int, default=9998)
    parser.add_argument("--infra", type=Path, default=INFRA)
    options = parser.parse_args()
    globals()["INFRA"] = options.infra
    with tempfile.TemporaryDirectory() as temporary:
        if options.zones:
            large(Path(temporary), options.zones, options.records)
            return
        for run in range(options.runs):
            folder = Path(temporary) / str(run)
            folder.mkdir()
            with Emulator(folder, "--latency", str(options.latency)) as emulator:
                project = bundled(folder, emulator.url)
                concurrency = ("--concurrency", str(options.concurrency))
                whole = infra(project, "apply", "--env", "local", "--yes", "--progress", "plain", *concurrency)
                path, time_of_run, steps = journal(project)
                print(
                    f"{steps} steps, {options.latency} ms on every request: critical path {path:.2f} s, "
                    f"run {time_of_run:.2f} s ({time_of_run / path:.2f} times), process {whole:.2f} s ({whole / path:.2f} times)"
                )
        folder = Path(temporary) / "counted"
        folder.mkdir()
        with Emulator(folder) as emulator:
            project = many(folder, emulator.url, options.stacks)
            infra(project, "apply", "--yes", "--progress", "plain", "--concurrency", "16")
            emulator.control("DELETE", "/_calls")
            took = infra(project, "apply", "--yes")
            counts = collections.Counter(emulator.control("GET", "/_calls")["counts"])
            print(f"no change to {options.stacks} stacks: {sum(counts.values())} requests in {took:.2f} s, "
                  f"{sum(counts.values()) / options.stacks:.2f} a stack: {dict(counts)}")


if __name__ == "__main__":
    main()
