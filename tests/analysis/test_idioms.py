"""Everyday ways to come by an object, to keep it, to wait, and to register a finalizer: each is a small program."""

from __future__ import annotations

from pathlib import Path

import pytest
from expected import Program, check, programs

PROGRAMS = programs(*sorted(Path(__file__).with_name("idioms").glob("*.txt")))


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])
def test_it_is_followed(program: Program, tmp_path: Path) -> None:
    check(tmp_path, program.files)


def test_there_are_many() -> None:
    assert len(PROGRAMS) > 350
