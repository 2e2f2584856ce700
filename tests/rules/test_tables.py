"""What each rule reports, beside what looks alike and is not reported: small programs.

``tables/*.txt`` holds them; what is reported stands on its line.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from expected import Program, check, programs

PROGRAMS = programs(*sorted(Path(__file__).with_name("tables").glob("*.txt")))


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])
def test_a_program(program: Program, tmp_path: Path) -> None:
    check(tmp_path, program.files)
