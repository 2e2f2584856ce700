"""``--watch`` with the real watchfiles: a change in one module makes the findings of another come and go."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("watchfiles", reason="watchfiles is not installed: install the extra `integration`")

WAITS = "import threading\n_lock = threading.Lock()\n\ndef release():\n    _lock.acquire()\n"
HARMLESS = "def release():\n    return None\n"
USER = "import pool\n\nclass A:\n    def __del__(self):\n        pool.release()\n"


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The running watch over a folder whose files are clean."""
    (tmp_path / "pool.py").write_text(HARMLESS)
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "finlint", "--isolated", "--watch", "."]
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "WATCHFILES_FORCE_POLLING": "1"}
    server = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # A watch that says nothing must not keep the tests waiting.
    timer = threading.Timer(300, server.kill)
    timer.start()
    try:
        yield server
    finally:
        timer.cancel()
        server.kill()
        server.communicate()


def _report(server: subprocess.Popen[str]) -> list[str]:
    """The lines of one run, its summary last."""
    assert server.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith(("Found", "No findings")):
        line = server.stdout.readline()
        assert line, "the watch ended"
        lines.append(line.rstrip())
    return lines


def _until(server: subprocess.Popen[str], start: str, path: Path, text: str) -> list[str]:
    """Write ``text`` until a run's summary starts as wanted: the watch may not have begun when the first is written."""
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.5):
            path.write_text(text)

    writer = threading.Thread(target=write)
    path.write_text(text)
    writer.start()
    try:
        while not (lines := _report(server))[-1].startswith(start):
            pass
        return lines
    finally:
        ended.set()
        writer.join()


def test_a_change_shows_in_what_depends_on_it(watching: subprocess.Popen[str], tmp_path: Path) -> None:
    assert _report(watching) == ["No findings (2 files, 1 registration)."]
    found = _until(watching, "Found 1 finding", tmp_path / "pool.py", WAITS)
    assert any(line.startswith("user.py:5:9: FIN102") for line in found)
    _until(watching, "No findings", tmp_path / "pool.py", HARMLESS)


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take only names that are text")
def test_a_name_that_is_no_text_does_not_end_it(watching: subprocess.Popen[str], tmp_path: Path) -> None:
    _report(watching)
    _until(watching, "Found 1 finding", tmp_path / "pool.py", WAITS)
    text = WAITS + "\nclass A:\n    def __del__(self):\n        release()\n"
    lines = _until(watching, "Found 2 findings", tmp_path / os.fsdecode(b"\xff.py"), text)
    assert any(line.startswith("\\udcff.py:9:9: FIN102") for line in lines)
