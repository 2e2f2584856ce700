"""FIN301-FIN306 and FIN401-FIN405 report in the fixtures what the fixtures expect, and nothing else of theirs."""

import re
from pathlib import Path

import pytest

from finlint.engine import analyse

_FIXTURES = Path(__file__).parents[2] / "fixtures"
_FILES = sorted(p for p in _FIXTURES.glob("FIN[34]*/*.py"))


@pytest.mark.parametrize("path", _FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_fixture(path):
    wanted = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        expected = re.search(r"# expect: (.*)", line)
        if expected:
            wanted += [(number, code) for code in re.findall(r"FIN[34]\d\d", expected[1])]
    family = path.parent.name[:4]
    found = [(f.span.line, f.code) for f in analyse([str(path)]).findings if f.code.startswith(family)]
    assert sorted(set(found)) == sorted(wanted)
