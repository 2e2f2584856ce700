"""How git is asked: with which environment, how long it may take, and what is made of one that does not behave."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Protocol

import pytest

from finlint import git

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")


class Git(Protocol):
    def __call__(self, script: str) -> None:
        """Have git be this program."""


@pytest.fixture
def as_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()

    def place(script: str) -> None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return place


def test_what_it_is_told_of_by_the_environment(as_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user says of git, and nothing of the repository that a hook runs in; no transport is open."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    told = ("GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
    for name in (*told, "GIT_DIR", "GIT_INDEX_FILE", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "HOME"):
        monkeypatch.setenv(name, "said")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ssh")
    as_git("env")
    lines = git.ask("rev-parse", folder=str(tmp_path)).decode().splitlines()
    assert "HOME=said" in lines
    assert {line for line in lines if line.startswith("GIT_")} == {
        *(f"{name}=said" for name in told),
        "GIT_ALLOW_PROTOCOL=none",
        "GIT_NO_LAZY_FETCH=1",
        "GIT_OPTIONAL_LOCKS=0",
    }


def test_one_that_does_not_answer(as_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_git("exec sleep 20")
    monkeypatch.setattr(git, "PATIENCE", 0)
    with pytest.raises(git.GitError, match=r"^git does not answer within 0 seconds$"):
        git.ask("rev-parse", folder=str(tmp_path))


def test_one_that_complains_without_end(as_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for until its time is over."""
    as_git("head -c 10000 /dev/zero | tr '\\000' x >&2\nexec sleep 20 >&-")
    monkeypatch.setattr(git, "PATIENCE", 15)
    with pytest.raises(git.GitError, match=r"^x{10000}$"):
        git.ask("rev-parse", folder=str(tmp_path))


def test_one_that_is_not_waited_for_is_ended(as_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[subprocess.Popen[bytes]] = []

    def interrupted(process: subprocess.Popen[bytes]) -> tuple[bytes, list[str]]:
        asked.append(process)
        raise KeyboardInterrupt

    as_git("exec sleep 20")
    monkeypatch.setattr(git, "_heard", interrupted)
    with pytest.raises(KeyboardInterrupt):
        git.ask("rev-parse", folder=str(tmp_path))
    assert asked[0].wait() == -signal.SIGKILL


def test_one_in_the_folder_that_is_looked_at(as_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_git("echo of the tree")
    monkeypatch.chdir(tmp_path / "bin")
    for path in ("", ".", ":.", "../bin"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(git.GitError, match=r"^git is not installed$"):
            git.ask("rev-parse", folder=str(tmp_path / "bin"))
