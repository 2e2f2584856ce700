"""Every test and pair that docs/runtime.md names exists, and every row names one."""

from __future__ import annotations

import re
from pathlib import Path

import more_programs  # noqa: F401  # registers more
import programs

HERE = Path(__file__).parent
ROWS = re.findall(
    r"^\| ([A-Z]\d+) \| (.*) \| (.*) \|$", (HERE.parents[1] / "docs" / "runtime.md").read_text("utf-8"), re.M
)


def test_every_row_names_tests_that_exist() -> None:
    source = "".join(path.read_text("utf-8") for path in HERE.glob("test_runtime_*.py"))
    assert len(ROWS) > 50
    assert len({row[0] for row in ROWS}) == len(ROWS)
    for row, _, named in ROWS:
        names = re.findall(r"`([\w*.]+)`", named)
        assert names, row
        for name in names:
            if name.endswith(".py"):
                assert (HERE / name).exists(), name
            elif name.startswith("test_"):
                assert f"def {name}(" in source, name
            else:
                pattern = name.replace("*", ".*")
                assert any(re.fullmatch(pattern, program) for program in programs.PROGRAMS), name
