"""Each whole program, linted and executed: they agree, but for those that say that they do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .execute import execute
from .judge import findings, shown, write
from .whole import PROGRAMS, fault, programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what is blocked is read from /proc"),
]

TABLES = sorted(PROGRAMS.glob("*.txt"))


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_runs_and_findings_agree(table: Path, tmp_path: Path) -> None:
    table_programs = list(programs(table))
    folders = write([one.program for one in table_programs], tmp_path)
    wrong = []
    for one, folder, outcome in zip(table_programs, folders, execute(folders, "plain"), strict=True):
        found = findings(folder)
        seen = fault(one, found, outcome)
        if outcome.state != one.state or seen != one.fault:
            wrong.append(f"{one.name}: {outcome}, {seen or 'agrees'}, {shown(one.program, found)}")
    assert not wrong, "\n\n".join(wrong)


def test_titles_are_told_apart() -> None:
    names = [one.name for table in TABLES for one in programs(table)]
    assert len(names) == len(set(names))
