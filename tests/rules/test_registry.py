"""Every code has a rule with words, and the pages in docs/rules are those that the rules make."""

from pathlib import Path

from finlint.model.codes import DEFAULT_CODES, KIND_OF_CODE
from finlint.rules.docs import pages
from finlint.rules.registry import RULES

_DOCS = Path(__file__).parents[2] / "docs" / "rules"


def test_every_code_has_a_rule():
    assert list(RULES) == list(KIND_OF_CODE)
    for code, rule in RULES.items():
        assert (rule.code, rule.kind) == (code, KIND_OF_CODE[code])
        assert rule.default is (code in DEFAULT_CODES)
        assert "## Why" in rule.documentation


def test_pages_are_not_drifted():
    found = {path.name: path.read_text(encoding="utf-8") for path in _DOCS.glob("*.md")}
    assert found == pages()
