#!/usr/bin/env python3
"""Templates that nobody here wrote, checked by us and by the oracles: `corpus.py INFRA [--write]`.

The corpus are the test fixtures of cfn-lint's source distribution, fetched once into `target/corpus` and pinned by its
hash. It shows two things. A template below `good/` raises no error, except those that `agreement.toml` names one by one.
And our findings about properties agree with those of the oracles: one counts as agreed if the other side finds something
in the same resource of the same file, and what is left on either side must be argued in `agreement.toml`, class by class.

`docs/agreement.md` says all that; `--write` writes it. Otherwise it is compared up to the counts, which every new rule
changes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import yaml  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, VERSION = "cfn-lint", "1.58.0"
SHA256 = "ba02cd7f7e06c8bc160936051a03ec931af52943fcc9cc72ad2748caa0f2a103"
CORPUS = ROOT / "target/corpus" / f"{PACKAGE}-{VERSION}"
GOOD = "good/"
COUNTS = "\n## Counts\n"
TABLE = ROOT / "docs/agreement.md"
ARGUMENTS = Path(__file__).with_name("agreement.toml")
REGION = "us-east-1"

# The rules of the oracles that are about properties of resources and attributes, as ours are.
CFN_LINT = (
    "E1010 E1017 E1101 E1103 E3002 E3003 E3006 E3008 E3012 E3014 E3015 E3017 E3018 E3020 E3021 E3023 E3029 E3030 E3031"
    " E3032 E3033 E3034 E3037 E3040 E3041 E3045 E3048"
    " E3058"
).split()
# Those that cloudformation-validate numbers on its own: attributes and engines that do not exist.
VALIDATE = ("E9004", "E9006")
RANGES = ("E115", "E361", "E362", "E363", "E364", "E365", "E366", "E367", "E368", "E369", "E370", "E371", "E372")


@dataclass(frozen=True, order=True)
class Found:
    """A finding about a resource: who made it, the class, the place."""

    rule: str
    file: str
    resource: str


@dataclass(frozen=True, order=True)
class Error:
    """An error that we report in a good template."""

    file: str
    id: str
    place: str


@dataclass
class Ours:
    """What `infra check` says about the corpus."""

    properties: set[Found] = field(default_factory=set)
    """Findings of schemas."""
    resources: set[tuple[str, str]] = field(default_factory=set)
    """Files and resources in which schemas or rules find something; a rule silences the schema at its place."""
    errors: set[Error] = field(default_factory=set)
    """Errors in good templates."""
    others: Counter = field(default_factory=Counter)
    """How many warnings and advice there are in good templates, by id."""


@dataclass
class Comparison:
    """What we and an oracle found; pairs are made by resource."""

    both: Counter = field(default_factory=Counter)
    only_we: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    only_they: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))


def compare(ours: Ours, theirs: set[Found]) -> Comparison:
    """Sorts findings by class into both, only ours, only theirs."""
    result = Comparison()
    their_places = {(found.file, found.resource) for found in theirs}
    for found in sorted(ours.properties):
        if (found.file, found.resource) in their_places:
            result.both[found.rule] += 1
        else:
            result.only_we[found.rule].append(found)
    for found in sorted(theirs):
        if (found.file, found.resource) not in ours.resources:
            result.only_they[found.rule].append(found)
    return result


def fetch() -> Path:
    """The templates, downloaded through pip unless they are there."""
    if CORPUS.is_dir():
        return CORPUS
    downloads = ROOT / "target/sdist"
    archive = downloads / f"cfn_lint-{VERSION}.tar.gz"
    if not archive.is_file():
        command = ["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([_python(), "-m", *command, "--dest", str(downloads), f"{PACKAGE}=={VERSION}"], check=True)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise RuntimeError(f"{archive} is not the file that is pinned")
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _, _, path = member.name.partition("/test/fixtures/templates/")
            if path and member.isfile() and path.endswith((".yaml", ".yml", ".json", ".template")):
                target = CORPUS / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(tar.extractfile(member).read())
    return CORPUS


def _python() -> str:
    """A Python that has pip; the environment of the oracles has none."""
    return getattr(sys, "_base_executable", sys.executable)


@lru_cache
def _lines(path: Path) -> tuple[tuple[int, str], ...]:
    """The first line of every resource, from 1; empty if the file cannot be read."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return ()
    for key, value in root.value if isinstance(root, yaml.MappingNode) else []:
        if isinstance(key, yaml.ScalarNode) and key.value == "Resources" and isinstance(value, yaml.MappingNode):
            return tuple((name.start_mark.line + 1, str(name.value)) for name, _ in value.value)
    return ()


def resource_at(path: Path, line: int | None) -> str:
    """The resource in which a line is."""
    before = [name for first, name in _lines(path) if line is not None and first <= line]
    return before[-1] if before else ""


def diagnostics(infra: Path, path: Path) -> list[dict]:
    """What `infra check` reports about one template."""
    command = [infra, "check", "--format", "json", "--region", REGION, "--today", "2026-11-23", path]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{path}: infra check ended with {run.returncode}: {run.stderr[-200:]}")
    return json.loads(run.stdout)["diagnostics"]


def sort_in(ours: Ours, path: Path, name: str, found: list[dict], *, compared: bool) -> None:
    """Adds the findings about one template; those of a resource by subject where there is one, else by line."""
    for item in found:
        line = next((label.get("line") for label in item["labels"] if label["primary"]), None)
        subject = (item.get("subject") or "").rpartition("/")[2]
        resource = subject or resource_at(path, line)
        if name.startswith(GOOD) and item["severity"] == "error":
            ours.errors.add(Error(name, item["id"], subject or f"line {line}"))
        elif name.startswith(GOOD):
            ours.others[item["id"]] += 1
        service = item["id"].partition("/")[0]
        if compared and item["severity"] != "advice" and service not in ("cfn", "source", "foreign"):
            ours.resources.add((name, resource))
            if service == "schema":
                ours.properties.add(Found(item["id"], name, resource))


def of_cfn_lint(path: Path, name: str) -> set[Found]:
    """What cfn-lint finds about properties."""
    from cfnlint.decode.decode import decode_str
    from cfnlint.runner import run_template_by_data
    from oracles import cfn_lint

    config, rules = cfn_lint._setup(REGION)  # noqa: SLF001: one setup for both uses
    body, errors = decode_str(path.read_text(encoding="utf-8"))
    if errors or body is None:
        return set()
    found = set()
    for match in run_template_by_data(body, config, rules):
        rule, place = match.rule.id, [str(part) for part in getattr(match, "path", None) or []]
        is_property = rule in CFN_LINT or rule.startswith(RANGES)
        if is_property and place[:1] == ["Resources"] and len(place) > 1:
            found.add(Found(rule, name, place[1]))
    return found


def of_validate(path: Path, name: str) -> set[Found]:
    """What cloudformation-validate finds under rules of the same numbers, `F` where it is sure."""
    import cloudformation_validate as validator
    from oracles import cloudformation_validate

    config = validator.ValidateConfig(
        pseudo_parameter_overrides=validator.PseudoParameterOverrides(region=REGION),
        severity_level=validator.Severity.ERROR,
    )
    try:
        source = validator.TemplateContent(path.read_text(encoding="utf-8"), path.name)
        result = cloudformation_validate._engine().validate_template(source, config)  # noqa: SLF001
    except validator.ValidationError:
        return set()
    found = set()
    for item in result.diagnostics:
        rule, resource = item.rule_id, item.entity and item.entity.logical_id
        is_property = f"E{rule[1:]}" in CFN_LINT or rule in VALIDATE or rule.startswith(RANGES)
        if is_property and resource:
            found.add(Found(rule, name, resource))
    return found


@dataclass(frozen=True)
class Arguments:
    """Why something is as it should be."""

    classes: dict[tuple[str, str, str], str]
    """Of a class of disagreement, by oracle, side and rule."""
    errors: dict[Error, str]
    """Of an error in a good template."""

    @classmethod
    def read(cls) -> Arguments:
        entries = tomllib.loads(ARGUMENTS.read_text(encoding="utf-8"))
        return cls(
            {(entry["oracle"], entry["side"], entry["rule"]): entry["reason"] for entry in entries["argue"]},
            {Error(entry["file"], entry["id"], entry["place"]): entry["reason"] for entry in entries["good"]},
        )


def problems(ours: Ours, comparisons: dict[str, Comparison], argued: Arguments) -> list[str]:
    """Errors in good templates and disagreements without an argument, and arguments without such."""
    seen: dict[tuple[str, str, str], Found] = {}
    for oracle, result in comparisons.items():
        for side, classes in (("ours", result.only_we), ("theirs", result.only_they)):
            seen |= {(oracle, side, rule): found[0] for rule, found in classes.items()}
    reasons = [*argued.classes.values(), *argued.errors.values()]
    return [
        *(f"{error.id} in {error.file}, {error.place}: an error in a good template" for error in sorted(ours.errors - argued.errors.keys())),
        *(f"{error} is argued, but does not occur" for error in sorted(argued.errors.keys() - ours.errors)),
        *(f"{key} is not argued, first: {seen[key].file}: {seen[key].resource}" for key in sorted(seen.keys() - argued.classes.keys())),
        *(f"{key} is argued, but does not occur" for key in sorted(argued.classes.keys() - seen.keys())),
        *("an argument has no reason" for reason in reasons if not reason.strip()),
    ]


def render(ours: Ours, comparisons: dict[str, Comparison], argued: Arguments, count: int) -> str:
    """The page as Markdown; what is below `COUNTS` depends on every rule."""
    lines = [
        "# Agreement with other checkers",
        "",
        f"Written by `tests/oracles/corpus.py` from {count} templates of the tests of {PACKAGE} {VERSION}, good and bad.",
        "",
        "## Errors in good templates",
        "",
        "None but these, which are mistakes: the tests that use the templates are about something else.",
        "",
        "| template | finding | where | why |",
        "| --- | --- | --- | --- |",
    ]
    for error in sorted(ours.errors):
        lines.append(f"| {error.file.removeprefix(GOOD)} | {error.id} | {error.place} | {argued.errors.get(error, '')} |")
    lines += ["", "## Disagreement", "", "A finding about a property is agreed if the other side finds one in the same resource."]
    lines += ["What only one side finds, by class:", "", "| oracle | class | only | why |", "| --- | --- | --- | --- |"]
    for oracle, result in comparisons.items():
        for side, classes in (("ours", result.only_we), ("theirs", result.only_they)):
            lines += [f"| {oracle} | {rule} | {side} | {argued.classes.get((oracle, side, rule), '')} |" for rule in sorted(classes)]
    lines += [*COUNTS.rstrip("\n").split("\n"), "", "Not compared by the test: a new rule changes them.", ""]
    lines += ["| oracle | class | both | only we | only they |", "| --- | --- | ---: | ---: | ---: |"]
    for oracle, result in comparisons.items():
        for rule in sorted({*result.both, *result.only_we, *result.only_they}):
            we, they = len(result.only_we.get(rule, [])), len(result.only_they.get(rule, []))
            lines.append(f"| {oracle} | {rule} | {result.both[rule]} | {we} | {they} |")
    lines += ["", "Warnings and advice in good templates:", "", "| finding | times |", "| --- | ---: |"]
    lines += [f"| {rule} | {times} |" for rule, times in sorted(ours.others.items())]
    return "\n".join(lines) + "\n"


def main() -> int:
    infra = Path(sys.argv[1]).resolve()
    corpus = fetch()
    ours, compared = Ours(), []
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file()]
    if len(files) < 200:
        print(f"failed: corpus: only {len(files)} templates")
        return 1
    for path in files:
        name = path.relative_to(corpus).as_posix()
        # Serverless templates are of another language: the transform rewrites them before CloudFormation sees resources.
        is_plain = "Serverless-2016" not in path.read_text("utf-8", "replace")
        compared += [(path, name)] if is_plain else []
        sort_in(ours, path, name, diagnostics(infra, path), compared=is_plain)
    oracles = {"cfn-lint": of_cfn_lint, "cloudformation-validate": of_validate}
    theirs = {title: set().union(*(check(*one) for one in compared)) for title, check in oracles.items()}
    comparisons = {title: compare(ours, found) for title, found in theirs.items()}
    argued = Arguments.read()
    found = problems(ours, comparisons, argued)
    text = render(ours, comparisons, argued, len(files))
    if "--write" in sys.argv:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text, encoding="utf-8")
    elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8").partition(COUNTS)[0] != text.partition(COUNTS)[0]:
        found.append("docs/agreement.md is not fresh; write it with --write")
    for problem in found:
        print(f"failed: corpus: {problem}")
    print(f"  corpus: {len(files)} templates, {len(ours.properties)} findings about properties, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
