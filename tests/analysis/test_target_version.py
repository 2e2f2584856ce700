"""Branches for Pythons that the code does not run on are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

from finlint.config import ConfigFinder
from finlint.model.settings import Settings

PROGRAM = """
import sys, time
class A:
    def __del__(self):
        if {test}:
            time.sleep(9)
"""
TESTS = {
    "sys.version_info < (3, 11)": [],
    "sys.version_info[:2] < (3, 12)": [],
    "not sys.version_info >= (3, 9, 2)": [],
    "sys.version_info.major == 2": [],
    "sys.version_info < (3, 13)": ["FIN103"],
    "sys.version_info >= (3, 11)": ["FIN103"],
    "sys.version_info >= (3, 14)": ["FIN103"],
}


@pytest.mark.parametrize("test", TESTS)
def test_on_3_12_and_later(test: str, tmp_path: Path) -> None:
    report = check(tmp_path, {"m": PROGRAM.replace("{test}", test)}, Settings(target_version=(3, 12)))
    assert codes(report) == TESTS[test]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\nrequires-python = ">=3.11"\n[tool.finlint]\n', (3, 11)),
        ('[project]\nrequires-python = ">=3.9,<4"\n[tool.finlint]\ntarget-version = "3.12"\n', (3, 12)),
        ('[project]\nrequires-python = "<4"\n[tool.finlint]\n', None),
        ("[tool.finlint]\n", None),
    ],
)
def test_where_it_is_said(text: str, expected: tuple[int, int] | None, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert ConfigFinder().of_folder(str(tmp_path)).target_version == expected
