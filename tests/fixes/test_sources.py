"""Trees take a thousand times what their text does: of what is large there is none, and of the others not all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint import sources
from finlint.sources import Sources
from tests.cli.conftest import Run, project, run
from tests.cli.test_fix_options import SAFE

__all__ = ["project", "run"]


@pytest.mark.parametrize("arguments", [["--output-format", "json"], []])
def test_a_file_that_is_too_large_is_offered_no_fix(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def offered() -> int:
        return run(*arguments, "safe.py").out.count("do not wait for the executor")

    (project / "safe.py").write_text(SAFE)
    assert offered() == 1
    assert "bytes" not in run("--diff", "safe.py").err
    monkeypatch.setattr(sources, "MAX_TREES", len(SAFE) - 1)
    assert offered() == 0
    ran = run("--fix", "safe.py")
    assert ran.status == 1
    assert "FIN104" in ran.out
    said = f"finlint: warning: safe.py has more than {len(SAFE) - 1:,} bytes: no fix is looked for in it\n"
    assert ran.err == said
    assert run("--diff", "safe.py").err == said + "Nothing to fix.\n"
    assert (project / "safe.py").read_text() == SAFE


def test_trees_are_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_TREES", 2 * len(SAFE))
    paths = [str(tmp_path / f"m{number}.py") for number in range(9)]
    known = Sources(paths, lambda path: SAFE.encode())
    for path in paths:
        known.next_finding()
        tree = known.tree(path)
        # Within a finding it is always the same.
        assert tree is not None
        assert known.tree(path) is tree
        assert len(known._trees) <= 3


def test_whether_a_file_may_change_is_read_once() -> None:
    """It is asked with every finding."""
    read: list[str] = []

    def reading(path: str) -> bytes:
        read.append(path)
        return b"x = 1\n"

    known = Sources(["a.py"], reading)
    assert all(known.may_change("a.py") for _ in range(3))
    assert read == ["a.py"]
    known.change({"a.py": b"#" * (sources.MAX_TREES + 1)})
    assert not known.may_change("a.py")
