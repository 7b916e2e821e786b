#!/usr/bin/env python3
"""How many of the rules' bad examples other tools report: cfn-lint and cloudformation-validate.

    cargo build --release && target/venv/bin/python benches/peers.py [--list]

Takes the examples from `infra rules --format json`. A tool reports a rule if it says more about the bad example than
about the good one, whatever it says. Only rules count whose bad example has a CloudFormation template; each template
is given on its own, as these tools take it. Needs the Python environment that `scripts/test` makes.
"""

import argparse
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import cloudformation_validate as validator
from cfnlint.api import ManualArgs, lint

ROOT = Path(__file__).resolve().parent.parent
INFRA = ROOT / "target" / "release" / "infra"
ENGINE = validator.CompositeEngine()


def templates(example: str) -> list[tuple[str, str]]:
    """Returns region and text of the CloudFormation templates of an example."""
    found, region, body = [], "eu-west-1", []
    for line in [*example.splitlines(), "#:"]:
        if not line.startswith("#:"):
            body.append(line)
            continue
        text = "\n".join(body) + "\n"
        if re.search(r"^Resources:", text, re.M) or '"Resources"' in text:
            found.append((region, text))
        named = re.search(r"region=(\S+)", line)
        region, body = (named.group(1) if named else "eu-west-1"), []
    return found


def by_cfn_lint(region: str, text: str) -> Counter:
    """Returns the ids of what cfn-lint finds."""
    regions = ["eu-west-1" if region == "unknown" else region]
    return Counter(match.rule.id for match in lint(text, config=ManualArgs(regions=regions)))


def by_validate(region: str, text: str) -> Counter:
    """Returns the ids of what cloudformation-validate finds."""
    home = "eu-west-1" if region == "unknown" else region
    config = validator.ValidateConfig(pseudo_parameter_overrides=validator.PseudoParameterOverrides(region=home))
    try:
        result = ENGINE.validate_template(validator.TemplateContent(text, "example.yaml"), config)
    except validator.ValidationError as error:
        return Counter([type(error).__name__])
    return Counter(item.rule_id for item in result.diagnostics)


def main() -> None:
    """Prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the rules that each tool reports")
    arguments = parser.parse_args()
    rules = json.loads(subprocess.run([INFRA, "rules", "--format", "json"], check=True, capture_output=True).stdout)
    considered, reported = 0, {"cfn-lint": [], "cloudformation-validate": []}
    for rule in rules["rules"]:
        bad, good = templates(rule["bad"]), templates(rule["good"])
        if not bad:
            continue
        considered += 1
        for name, tool in (("cfn-lint", by_cfn_lint), ("cloudformation-validate", by_validate)):
            more = sum((tool(*it) for it in bad), Counter()) - sum((tool(*it) for it in good), Counter())
            if more:
                reported[name].append(f"{rule['code']} {rule['id']}: {', '.join(sorted(more))[:120]}")
    print(f"{considered} of {len(rules['rules'])} rules have a bad example in CloudFormation")
    for name, found in reported.items():
        print(f"{name} reports {len(found)} of them")
        if arguments.list:
            print("".join(f"  {line}\n" for line in found), end="")


if __name__ == "__main__":
    main()
