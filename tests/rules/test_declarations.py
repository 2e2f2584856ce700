"""A rule is complete: what is forgotten is named here, and nowhere else."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from fixtures.cases import all_cases, counts
from tools import load

from finlint import rules
from finlint.fixes.registry import FIXES
from finlint.model import codes
from finlint.rules import registry
from finlint.rules.base.page import page
from finlint.rules.base.reaching import Reaches
from finlint.rules.base.rule import FinalizerRule, ModuleRule, Verdict

ROOT = Path(__file__).parents[2]
RULES = registry.RULES
WRITE = "run python docs/tools/rules.py"
WRITE_SETTINGS = "run python docs/tools/configuration.py"

#: About the run itself: there is no program to execute, and who asks them is not the registry.
ABOUT_THE_RUN = {code for code in RULES if code.startswith("FIN9")}


def _missing(code: str) -> Iterator[str]:
    """What the rule of this code lacks, a line for each."""
    rule = RULES[code]
    own = f"finlint.rules.{rule.kind.replace('-', '_')}"
    if type(rule).__module__ != own:
        yield f"a module called like its kind: {own}"
    if not re.fullmatch(r"FIN[1-49]\d\d", code) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.kind):
        yield "a code of its family, and a kind of small letters and hyphens"
    if rule.summary.endswith(".") or not all((rule.why, rule.advice, rule.not_reported, rule.evidence)):
        yield "words: summary (no full stop), why, advice, not_reported, evidence"
    if not all(link.startswith("https://") for link in rule.evidence):
        yield "evidence that can be looked at"
    if code not in ABOUT_THE_RUN:
        yield from _missing_programs(code)
    if not any(code in path.read_text("utf-8") for part in ("rules", "analysis", "cli") for path in _tests(part)):
        yield f"a test in tests/rules/ that names {code}"


def _missing_programs(code: str) -> Iterator[str]:
    rule = RULES[code]
    if not isinstance(rule, (Reaches, FinalizerRule, ModuleRule)):
        yield "a base class that the registry asks"
    if not rule.example or not rule.fix:
        yield "an example, and the same program mended"
    if not rule.claims or not set(rule.claims) <= set(get_args(Verdict)):
        yield "what a fixture's run shows (claims)"
    folder = f"fixtures/{code}_{rule.kind}"
    least = 4 if code < "FIN2" else 3
    reported, silent = counts(all_cases(f"{code}_{rule.kind}"))
    if reported[code] < least:
        yield f"{least} programs in {folder}/ that are reported (there are {reported[code]})"
    if silent[code] < least:
        yield f"{least} programs in {folder}/ that look alike and are not, ok_*.py (there are {silent[code]})"


def _tests(part: str) -> Iterator[Path]:
    this = Path(__file__).name
    return (p for p in (ROOT / "tests" / part).rglob("*.*") if p.suffix in (".py", ".txt") and p.name != this)


@pytest.mark.parametrize("code", RULES)
def test_nothing_is_forgotten(code: str) -> None:
    assert list(_missing(code)) == []


def test_what_derives_is_written() -> None:
    """The pages, the README's table, finlint/model/codes.py and the codes in the configuration's reference are those that the declarations make."""
    assert load("rules").stale() == [], WRITE
    settings = load("configuration").files()
    assert [p.name for p, text in settings.items() if p.read_text("utf-8") != text] == [], WRITE_SETTINGS
    assert {code: rule.kind for code, rule in RULES.items()} == codes.KIND_OF_CODE, WRITE
    assert {code for code, rule in RULES.items() if not rule.default} == codes.OPT_IN_CODES, WRITE


def test_nothing_is_left_of_rules_that_are_gone() -> None:
    kept = {f"{code}_{rule.kind}" for code, rule in RULES.items()}
    assert {path.name for path in (ROOT / "fixtures").iterdir() if path.is_dir()} <= kept


def test_a_page_has_all_parts() -> None:
    for code, rule in RULES.items():
        headings = [line for line in page(rule).splitlines() if line.startswith("## ")]
        wanted = ["## Why", "## Example", "## Fix", "## Not reported", "## Evidence"]
        assert headings == [h for h in wanted if h != "## Example" or rule.example], code


_HALF = """
from finlint.rules.base.rule import ModuleRule

class Half(ModuleRule):
    code = "FIN499"
    kind = "half"
    summary = "is half done"
"""


def test_a_rule_that_is_half_declared_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half.py").write_text(_HALF)
    monkeypatch.setattr(rules, "__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "finlint.rules.half", raising=False)
    with pytest.raises(
        registry.DeclarationError, match=r"rules\.half\.Half does not say its why, advice, not_reported"
    ):
        registry._by_code()
    words = 'why = advice = not_reported = "x"; evidence = ("https://example.com",)'
    (tmp_path / "half.py").write_text(f"{_HALF}    {words}\nclass Twin(Half): kind = 'twin'\n")
    monkeypatch.delitem(sys.modules, "finlint.rules.half")
    with pytest.raises(registry.DeclarationError, match=r"FIN499 .* is declared twice"):
        registry._by_code()
    monkeypatch.delitem(sys.modules, "finlint.rules.half")


def test_the_rules_with_fixes_say_so() -> None:
    assert {code for code, rule in registry.RULES.items() if rule.mended} == set(FIXES)
    assert {code: len(rule.mended) for code, rule in registry.RULES.items() if rule.mended} == {
        code: len(fixers) for code, fixers in FIXES.items()
    }
