#!/usr/bin/env python3
"""Deploys, changes and deletes golden output on the emulator: `selftest.py [FOLDER…]`.

Every stack in order, through change sets, with the values of other stacks' outputs as parameters; then the change
batches; then a change set that holds nothing, and an update that reaches every resource and replaces none; then
everything is deleted. Without a folder: `local`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import botocore.session

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UNCHANGED = "The submitted information didn't contain changes. Submit different information to create a change set."
DEFAULT = [ROOT / "snapshots/orders/local"]


class Platform:
    """The output of `infra synth` for one environment, on an endpoint."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder, self.endpoint = folder, endpoint
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.clients: dict[tuple[str, str], object] = {}
        self.zones: dict[str, str] = {}

    def client(self, service: str, region: str):
        key = (service, region)
        if key not in self.clients:
            session = botocore.session.get_session()
            session.set_credentials(self.manifest["account"], "test")
            self.clients[key] = session.create_client(service, region_name=region, endpoint_url=self.endpoint)
        return self.clients[key]

    def order(self) -> list[dict]:
        """Producers before consumers."""
        left, done = list(self.manifest["stacks"]), []
        while left:
            ready = [stack for stack in left if set(stack["dependsOn"]) <= {other["name"] for other in done}]
            if not ready:
                raise SystemExit("the stacks depend on each other in a circle")
            done += ready
            left = [stack for stack in left if stack not in ready]
        return done

    def existing_zones(self) -> None:
        """Makes the zones that are taken for granted; their ids are then those of the emulator."""
        for zone in self.manifest.get("zones", []):
            if not zone["id"].startswith("${output:"):
                client = self.client("route53", "us-east-1")
                made = client.create_hosted_zone(Name=zone["domain"], CallerReference=zone["domain"])
                self.zones[zone["id"]] = made["HostedZone"]["Id"].rsplit("/", 1)[-1]

    def text(self, name: str) -> str:
        text = (self.folder / name).read_text()
        for old, new in self.zones.items():
            text = text.replace(old, new)
        return text

    def output(self, stack: str, region: str, key: str) -> str:
        described = self.client("cloudformation", region).describe_stacks(StackName=stack)["Stacks"][0]
        return next(entry["OutputValue"] for entry in described["Outputs"] if entry["OutputKey"] == key)

    def change(self, stack: dict, kind: str, tags: dict[str, str]) -> str:
        """Creates a change set, and executes it unless it should hold nothing; returns how it ended."""
        client, name = self.client("cloudformation", stack["region"]), stack["name"]
        parameters = [
            {"ParameterKey": key, "ParameterValue": self.output(source["stack"], source["region"], source["output"])}
            for key, source in stack["parameters"].items()
        ]
        body = self.text(stack["template"])
        client.create_change_set(
            StackName=name,
            ChangeSetName=f"c-{kind.lower()}",
            ChangeSetType=kind,
            TemplateBody=json.dumps(json.loads(body), separators=(",", ":")),
            Parameters=parameters,
            Capabilities=stack["capabilities"],
            Tags=[{"Key": key, "Value": value} for key, value in {**stack["tags"], **tags}.items()],
        )
        self.settle(lambda: client.describe_change_set(StackName=name, ChangeSetName=f"c-{kind.lower()}")["Status"])
        if kind == "UPDATE" and not tags:
            described = client.describe_change_set(StackName=name, ChangeSetName="c-update")
            client.delete_change_set(StackName=name, ChangeSetName="c-update")
            return described.get("StatusReason", described["Status"])
        client.execute_change_set(StackName=name, ChangeSetName=f"c-{kind.lower()}")
        return self.settle(lambda: client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def update(self, stack: dict) -> str:
        """Changes the tags of every resource, which must replace none."""
        before = self.physical(stack)
        ended = self.change(stack, "UPDATE", {"revision": "2"})
        replaced = [name for name, identity in self.physical(stack).items() if before[name] != identity]
        return f"{ended}, replaced: {', '.join(replaced)}" if replaced else ended

    def physical(self, stack: dict) -> dict[str, str]:
        pages = self.client("cloudformation", stack["region"]).get_paginator("list_stack_resources")
        resources = pages.paginate(StackName=stack["name"]).build_full_result()["StackResourceSummaries"]
        return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in resources}

    def delete(self, stack: dict) -> str:
        client, name = self.client("cloudformation", stack["region"]), stack["name"]
        identity = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        client.delete_stack(StackName=name)
        return self.settle(lambda: client.describe_stacks(StackName=identity)["Stacks"][0]["StackStatus"])

    def settle(self, status) -> str:
        for _ in range(600):
            now = status()
            if not now.endswith(("_IN_PROGRESS", "_PENDING")):
                return now
            time.sleep(0.02)
        raise SystemExit(f"still {now} after 12 s")

    def reasons(self, stack: dict) -> str:
        client = self.client("cloudformation", stack["region"])
        events = client.describe_stack_events(StackName=stack["name"])["StackEvents"][::-1]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "".join(f"\n    {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)

    def records(self) -> int:
        count = 0
        for zone in self.manifest.get("zones", []):
            if not zone.get("batch"):
                continue
            text = self.text(zone["batch"])
            for placeholder in sorted(set(_placeholders(text + zone["id"]))):
                stack, rest = placeholder.split("@")
                region, key = rest.split(":")
                text = text.replace("${output:%s}" % placeholder, self.output(stack, region, key))
            identity = self.zones.get(zone["id"], zone["id"])
            for placeholder in _placeholders(identity):
                stack, rest = placeholder.split("@")
                identity = self.output(stack, *rest.split(":"))
            batch = json.loads(text)
            self.client("route53", "us-east-1").change_resource_record_sets(HostedZoneId=identity, ChangeBatch=batch)
            count += len(batch["Changes"])
        return count


def _placeholders(text: str) -> list[str]:
    return [part.split("}", 1)[0] for part in text.split("${output:")[1:]]


def run(folder: Path, endpoint: str) -> list[str]:
    """Returns what went wrong."""
    platform, wrong = Platform(folder, endpoint), []
    platform.existing_zones()
    order = platform.order()
    for step, wanted, action in (
        ("create", "CREATE_COMPLETE", lambda stack: platform.change(stack, "CREATE", {})),
        ("compare", UNCHANGED, lambda stack: platform.change(stack, "UPDATE", {})),
        ("update", "UPDATE_COMPLETE", platform.update),
        ("delete", "DELETE_COMPLETE", platform.delete),
    ):
        start = time.monotonic()
        for stack in order if step != "delete" else order[::-1]:
            ended = action(stack)
            if ended != wanted:
                wrong.append(f"{step} of {stack['name']}: {ended}{platform.reasons(stack)}")
                break
        note = f", {platform.records()} record sets" if step == "create" and not wrong else ""
        print(f"  {step}: {len(order)} stacks in {time.monotonic() - start:.1f} s{note}")
        if wrong:
            break
    return wrong


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:]] or DEFAULT
    failed = False
    for folder in folders:
        with tempfile.TemporaryDirectory() as work:
            port_file = Path(work) / "port"
            start = time.monotonic()
            command = [sys.executable, HERE, "--port", "0", "--port-file", port_file, "--stdin", "--quiet"]
            emulator = subprocess.Popen(command, stdin=subprocess.PIPE)
            try:
                while not port_file.exists():
                    if emulator.poll() is not None or time.monotonic() > start + 30:
                        raise SystemExit("the emulator does not start")
                    time.sleep(0.02)
                print(f"{folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder}:")
                print(f"  emulator ready in {time.monotonic() - start:.1f} s")
                for text in run(folder, f"http://127.0.0.1:{port_file.read_text().strip()}"):
                    print(f"  {text}")
                    failed = True
            finally:
                emulator.stdin.close()
                emulator.wait()
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
