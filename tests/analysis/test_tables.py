"""Forms of Python that the analysis follows, each beside some that it must stay silent about: small programs.

``tables/*.txt`` holds them; what is reported stands on its line.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from expected import Program, check, programs

PROGRAMS = programs(*sorted(Path(__file__).with_name("tables").glob("*.txt")))


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])
def test_it_is_followed(program: Program, tmp_path: Path) -> None:
    check(tmp_path, program.files)
