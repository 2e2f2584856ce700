"""``--watch`` with a stand-in for watchfiles, which says what has changed: what is linted again, and what ends it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import Run

Changes = Iterator[set[tuple[int, str]]]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Changes]], list[str]]:
    """Have these changes told; the list has the paths that are watched."""

    def install(changes: Callable[[], Changes]) -> list[str]:
        roots: list[str] = []

        def watch(*paths: str, raise_interrupt: bool) -> Changes:
            roots.extend(paths)
            yield from changes()

        module = ModuleType("watchfiles")
        module.watch = watch  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "watchfiles", module)
        return roots

    return install


def test_a_folder_takes_its_files_along(project: Path, run: Run, watched: Callable[..., list[str]]) -> None:
    """Who hears of a folder that is moved hears nothing of the files in it."""
    (project / "pkg").mkdir()
    (project / "pkg" / "m.py").write_text((project / "bad.py").read_text())

    def changes() -> Changes:
        (project / "pkg").rename(project / "other.d")
        yield {(3, str(project / "pkg")), (1, str(project / "other.d"))}

    roots = watched(changes)
    ran = run("--watch", ".")
    assert roots == [str(project)]
    assert [ran.out.count(f"{name}:7:9: FIN102") for name in ("pkg/m.py", "other.d/m.py")] == [1, 1]


@pytest.mark.parametrize(
    ("name", "again"), [("bad.pyi", True), ("n.pyw", True), ("finlint.toml", True), ("notes.txt", False)]
)
def test_what_is_read_is_linted_again(
    project: Path, run: Run, watched: Callable[..., list[str]], name: str, again: bool
) -> None:
    def changes() -> Changes:
        (project / name).write_text("")
        yield {(1, str(project / name))}

    watched(changes)
    assert run("--watch", ".").out.count("Found 1 finding") == 1 + again


def test_a_named_file_that_is_replaced_is_still_watched(
    project: Path, run: Run, watched: Callable[..., list[str]]
) -> None:
    """Its folder is watched: the file that was there first never changes again."""

    def changes() -> Changes:
        os.unlink("bad.py")
        yield {(3, str(project / "bad.py"))}
        (project / "bad.py").write_text("")
        yield {(1, str(project / "bad.py"))}

    roots = watched(changes)
    ran = run("--watch", "bad.py")
    assert roots == [str(project)]
    assert "no such file or folder: `bad.py`" in ran.err
    assert ran.out.splitlines()[-1] == "No findings (1 file, 0 registrations)."


def test_it_ends_with_what_it_watches(
    project: Path, run: Run, watched: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "code").mkdir()
    monkeypatch.chdir(project / "code")

    def changes() -> Changes:
        shutil.rmtree(project / "code")
        yield {(3, str(project / "code"))}

    watched(changes)
    ran = run("--watch", ".")
    assert (ran.status, ran.err.splitlines()[-1]) == (2, "finlint: error: nothing is left to watch")
