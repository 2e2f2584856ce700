"""What holds for all tests: which files come first; no process compiles or imports what another one has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import libcst.codemod.visitors  # noqa: F401
import pytest
from longest import LONGEST

# Each run is answered by a fork, and its fixes are made by another: they have what was imported before them, and import
# the rest anew, a quarter of a second each.
import finlint.checking
import finlint.fixes.registry  # noqa: F401

# Tests start finlint's command hundreds of times. Where the environment forbids it to keep what it has compiled, as
# that of a container may, each of those processes would compile all of it again: half of its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

TESTS = Path(__file__).parent

PLACE = {TESTS / name: place for place, name in enumerate(LONGEST)}


def pytest_configure(config: pytest.Config) -> None:
    # Otherwise xdist begins with the files of most tests, which are small ones, and ends with those of a few long ones.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: PLACE.get(item.path, len(LONGEST)))
