"""--diff-base asks git for a revision of this work tree and nothing else, and for no object that is too large."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint import changes, git

from .conftest import BAD, Run
from .conftest import git as run_git


def commit(folder: Path) -> None:
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        run_git(*arguments, folder=folder)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What git is asked."""
    seen: list[tuple[str, ...]] = []

    def ask(*arguments: str, folder: str) -> bytes:
        seen.append(arguments)
        return git.ask(*arguments, folder=folder)

    monkeypatch.setattr(changes, "ask", ask)
    return seen


@pytest.mark.parametrize("revision", ["--since=yesterday", "--git-dir", "--all", "-", "--output=made"])
def test_an_option_of_git_is_no_revision(project: Path, run: Run, asked: list[tuple[str, ...]], revision: str) -> None:
    commit(project)
    ran = run(f"--diff-base={revision}", ".")
    assert (ran.status, ran.out) == (2, "")
    assert f"`{revision}` is not a revision" in ran.err
    assert asked == []


def test_the_work_tree_is_the_one_around_the_folder(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever repository the environment names: a hook has it name the one that it runs for."""
    commit(project)
    other = project.with_name(project.name + "-other")
    other.mkdir()
    (other / "x.py").write_text("")
    commit(other)
    assert run("--diff-base", "HEAD", "bad.py").status == 0
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert run("--diff-base", "HEAD", "bad.py").status == 0


def test_what_the_user_says_of_git_holds(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(project)
    config = project / "config"
    config.write_text("[no end\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    ran = run("--diff-base", "HEAD", "bad.py")
    assert ran.status == 2
    assert "bad config" in ran.err


def test_an_object_that_is_too_large_is_not_read(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, ...]]
) -> None:
    (project / "bad.py").write_text(BAD + "\n" + "# long\n" * 100)
    commit(project)
    (project / "bad.py").write_text(BAD)
    assert run("--diff-base", "HEAD", "bad.py").status == 0
    asked.clear()
    monkeypatch.setattr(changes, "MAX_BYTES", len(BAD) + 1)
    # Nothing is known of what was in it.
    assert run("--diff-base", "HEAD", "bad.py").status == 1
    assert [arguments[:2] for arguments in asked if arguments[0] == "cat-file"] == [("cat-file", "-s")]


def test_lines_that_are_too_many_to_be_compared_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = b"a\nb\nc\nd\ne\n", b"a\nx\nc\ny\ne\n"
    assert changes.changed_lines(before, after) == {2, 4}
    monkeypatch.setattr(changes, "MAX_PAIRS", 8)
    assert changes.changed_lines(before, after) == {2, 3, 4}
