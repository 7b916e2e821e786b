"""cfn-lint over every template, in the template's own region.

Informational findings count too: what we check is generated, so a better form costs one change in the
generator, and `suppressions.toml` records where we disagree. Experimental rules stay off.
"""

from __future__ import annotations

from functools import lru_cache

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.rules import Match, RulesCollection
from cfnlint.runner import Runner, run_template_by_data

from oracles.common import Environment, Finding, Report, Template

NAME = "cfn-lint"


def check(environment: Environment, report: Report) -> None:
    """Lints every template; loading the rules (0.5 s) happens once per region."""
    for template in environment.templates:
        report.add(NAME, environment.subject(template.path), _findings(template))


def _findings(template: Template) -> list[Finding]:
    config, rules = _setup(template.region)
    body, errors = decode_str(template.text)
    if errors or body is None:
        return [_finding(match, {}) for match in errors] or [Finding("E0000", "the template is empty")]
    matches = run_template_by_data(body, config, rules)
    return sorted({_finding(match, body) for match in matches}, key=str)


@lru_cache
def _setup(region: str) -> tuple[ConfigMixIn, RulesCollection]:
    config = ConfigMixIn(regions=[region], include_checks=["I"])
    return config, Runner(config).rules


def _finding(match: Match, body: dict) -> Finding:
    path = [str(part) for part in getattr(match, "path", None) or []]
    resource = (body.get("Resources") or {}).get(path[1], {}) if path[:1] == ["Resources"] and len(path) > 1 else {}
    kind = str(resource.get("Type", "")) if isinstance(resource, dict) else ""
    return Finding(match.rule.id, match.message, "/".join(path) or f"line {match.linenumber}", kind)
