"""A small program with one finding, and the command run in this process."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from finlint import cli

#: Line 7 takes a lock that is not reentrant; line 6 is where the finalizer is defined.
BAD = """\
import threading

_lock = threading.Lock()

class Pool:
    def __del__(self) -> None:
        _lock.acquire()
        self.closed = True
"""


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


def git(*arguments: str, folder: Path | None = None, given: str = "") -> str:
    """What git says in a folder, or the working directory, to somebody with a name; ``given`` on standard input."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``bad.py`` and ``good.py``; the working directory."""
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text("print('fine')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(tmp_path.with_name(tmp_path.name + "-cache")))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, stdin: bytes | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        try:
            status = cli.run(arguments)
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        return Ran(status, *capsys.readouterr())

    return call
