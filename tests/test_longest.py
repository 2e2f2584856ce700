"""The files that take longest are there, and come first; processes find what they need compiled."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from longest import LONGEST

TESTS = Path(__file__).parent


def test_each_is_there_once() -> None:
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []


def test_they_come_first(request: pytest.FixtureRequest) -> None:
    paths = [item.path.relative_to(TESTS).as_posix() for item in request.session.items]
    order = list(dict.fromkeys(paths))
    assert order[: len(set(LONGEST) & set(order))] == [name for name in LONGEST if name in order]
    # xdist would sort them by their number of tests.
    assert not getattr(request.config.option, "loadscopereorder", False)


def test_processes_may_keep_what_they_compile() -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert not sys.dont_write_bytecode
