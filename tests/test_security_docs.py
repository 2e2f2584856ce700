"""docs/security.md says what is there: the tests that it names, and the bounds that hold."""

from __future__ import annotations

import re
from pathlib import Path

from finlint import baseline, git, sources
from finlint.cache import own
from finlint.config import reading
from finlint.knowledge import user
from finlint.model import toml
from finlint.report import text
from finlint.syntax import gitignore
from finlint.syntax import reading as source

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()


def test_the_tests_are_there() -> None:
    names = re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", PAGE)
    assert len(names) == 9
    for name in names:
        assert list((ROOT / "tests").rglob(name)), name


def test_the_bounds_hold() -> None:
    words = " ".join(PAGE.split())
    assert source.MAX_BYTES == user.MAX_BYTES == 20_000_000
    assert reading.MAX_BYTES == gitignore.MAX_BYTES == 10_000_000
    assert baseline.MAX_BYTES == 200_000_000
    assert "20 MB of source or knowledge, 10 MB of configuration or patterns, 200 MB of baseline" in words
    assert git.ANSWER == 100_000_000
    assert git.MEMORY == 1_000_000_000
    assert git.PATIENCE == 120
    assert "within two minutes or says more than 100 MB; on Linux it may keep a gigabyte in memory" in words
    assert f"keys of more than {toml.PARTS} parts" in words
    assert f"more than {reading.MAX_EXTENDED} files that `extend` each other" in words
    assert f"a line of more than {text._SHOWN} characters" in words
    assert sources.MAX_TREES == 1_000_000
    assert "a file of more than 1 MB is offered no fix" in words
    assert f"a folder `{own.NAME}` below `--cache-dir`" in words


def test_the_pages_name_each_other() -> None:
    assert "docs/security.md" in (ROOT / "SECURITY.md").read_text()
    assert "`SECURITY.md`" in PAGE
    assert "docs/security.md" in (ROOT / "README.md").read_text()
