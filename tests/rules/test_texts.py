"""The words of the rules are true: each example is reported with its code, each fix is not, and both are programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.config import ConfigFinder
from finlint.model.finding import Finding, Severity
from finlint.policy import Overrides, Policies
from finlint.rules.base.rule import program
from finlint.rules.registry import RULES
from finlint.shown import select
from finlint.texts import Texts

from .programs import lint


def _is_shown(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE or not RULES[finding.code].default


_WITH_EXAMPLE = [code for code in RULES if code < "FIN9"]


@pytest.mark.parametrize("code", _WITH_EXAMPLE)
def test_the_example_is_reported(tmp_path: Path, code: str) -> None:
    compile(program(RULES[code].example), "example.py", "exec")
    found = {f.code for f in lint(tmp_path, program(RULES[code].example)).findings if _is_shown(f)}
    assert code in found


@pytest.mark.parametrize("code", _WITH_EXAMPLE)
def test_the_fix_is_clean(tmp_path: Path, code: str) -> None:
    compile(program(RULES[code].fix), "fix.py", "exec")
    found = lint(tmp_path, program(RULES[code].fix)).findings
    # Nor does it trade the mistake for another one of those that are on by default.
    assert [f.code for f in found if (f.code == code or RULES[f.code].default) and _is_shown(f)] == []


def test_unused_suppression(tmp_path: Path) -> None:
    report = lint(tmp_path, program(RULES["FIN902"].example))
    path = str(tmp_path / "program.py")
    policies = Policies(ConfigFinder(isolated=True), Overrides(select=("FIN902",)))
    outcome = select(report, [path], policies, Texts())
    assert [f.code for f in outcome.report.findings] == ["FIN902"]
