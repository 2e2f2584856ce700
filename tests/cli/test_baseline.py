"""A baseline lasts while the code around its findings changes, whatever the change is but the finding itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

#: README's program.
POOL = """\
import threading


class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._idle = []

    def take(self):
        with self._lock:
            return Connection(self, self._idle.pop() if self._idle else object())

    def release(self, raw):
        with self._lock:
            self._idle.append(raw)


class Connection:
    def __init__(self, pool: Pool, raw):
        self._pool, self._raw = pool, raw

    def close(self):
        self._pool.release(self._raw)

    def __del__(self):
        self.close()
"""

GROW = "    def grow(self):\n        with self._lock:\n            self._idle.append(object())\n\n"

EDITS: dict[str, Callable[[str], str]] = {
    "lines above": lambda text: "# Copyright\n\n\n" + text,
    "another holder above": lambda text: text.replace("    def take", GROW + "    def take"),
    "a renamed holder": lambda text: text.replace("def take", "def borrow"),
    "no holder": lambda text: re.sub(r"    def take.*?\n\n", "", text, flags=re.S),
    "formatted": lambda text: text.replace(
        "self._pool.release(self._raw)", "self._pool.release(\n            self._raw,\n        )"
    ),
    "spaces": lambda text: text.replace("self.close()", "self . close( )"),
    "a comment": lambda text: text.replace("self.close()", "self.close()  # give it back"),
    "a renamed argument": lambda text: text.replace("raw", "handle"),
    "a renamed lock": lambda text: text.replace("_lock", "_mutex"),
    "methods reordered": lambda text: _moved(text, "    def __del__", "    def close"),
    "unrelated code": lambda text: text + "\n\ndef helper():\n    return 1\n",
    "an unrelated finalizer": lambda text: text + "\n\nclass Other:\n    def __del__(self):\n        self.x = 1\n",
}


def _moved(text: str, block: str, before: str) -> str:
    at = text.index(block)
    taken = text[at:]
    return text[:at].replace(before, taken + "\n" + before).rstrip() + "\n"


@pytest.mark.parametrize("name", EDITS)
def test_a_baseline_survives(name: str, project: Path, run: Run) -> None:
    file = project / "pool.py"
    file.write_text(POOL)
    assert run("pool.py", "--write-baseline", "known.json").status == 0
    changed = EDITS[name](POOL)
    assert changed != POOL
    compile(changed, "pool.py", "exec")
    file.write_text(changed)
    assert run("pool.py").status == 1
    ran = run("pool.py", "--baseline", "known.json")
    assert (ran.status, ran.err) == (0, ""), ran.out


@pytest.mark.parametrize(
    "change",
    [
        ("class Connection", "class Handle"),
        ("threading.Lock()", "threading.Semaphore()"),
        ("def __del__(self):\n        self.close()", "def __del__(self):\n        self._pool.release(self._raw)"),
    ],
)
def test_another_finding_is_reported(change: tuple[str, str], project: Path, run: Run) -> None:
    (project / "pool.py").write_text(POOL)
    run("pool.py", "--write-baseline", "known.json")
    (project / "pool.py").write_text(POOL.replace(*change))
    assert run("pool.py", "--baseline", "known.json").status == 1


def test_equal_findings_are_counted(project: Path, run: Run) -> None:
    body = "        _lock.acquire()\n"
    text = f"import threading\n\n_lock = threading.Lock()\n_other = threading.Lock()\nclass A:\n    def __del__(self):\n{body}"
    (project / "bad.py").write_text(text)
    run("bad.py", "--write-baseline", "known.json")
    (project / "bad.py").write_text(text + body.replace("_lock", "_other"))
    assert len(json.loads(run("bad.py", "--output-format", "json").out)["findings"]) == 2
    fresh = json.loads(run("bad.py", "--baseline", "known.json", "--output-format", "json").out)["findings"]
    assert [finding["line"] for finding in fresh] == [8]


def test_paths_of_a_configured_baseline_count_from_the_configuration(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "pool.py").write_text(POOL)
    (project / "finlint.toml").write_text('baseline = "known.json"\n')
    (project / "known.json").write_text('{"version": 2, "entries": []}')
    assert run("pkg").status == 1
    assert run("--write-baseline", "known.json").status == 0
    assert run("pkg").status == 0
    monkeypatch.chdir(project / "pkg")
    assert run(".").status == 0


def test_an_older_file_is_read_once_and_rewritten(project: Path, run: Run) -> None:
    (project / "pool.py").write_text(POOL)
    message = (
        "`Connection.__del__` acquires the lock `threading.Lock.acquire` through `close()`, `release()`, which is not "
        "reentrant; `Pool.take` (pool.py:10) holds it while it allocates: a finalizer that starts there deadlocks"
    )
    old = {"fingerprint": "0123456789abcdef", "code": "FIN102", "path": "pool.py", "message": message, "count": 1}
    gone = {**old, "path": "other.py"}
    (project / "known.json").write_text(json.dumps({"version": 1, "entries": [old, gone]}))
    first = run("pool.py", "--baseline", "known.json")
    assert first.status == 0
    assert "known.json was of an older version, and has been rewritten" in first.err
    document = json.loads((project / "known.json").read_text())
    assert document["version"] == 2
    # What was not looked at waits for a run that does.
    assert [("fingerprint" in e, e["path"], e["count"]) for e in document["entries"]] == [
        (False, "other.py", 1),
        (True, "pool.py", 1),
    ]
    text = (project / "known.json").read_bytes()
    (project / "pool.py").write_text(EDITS["another holder above"](POOL))
    second = run("pool.py", "--baseline", "known.json")
    assert (second.status, second.err) == (0, "")
    assert (project / "known.json").read_bytes() == text


@pytest.mark.parametrize(
    "text", ["[]", '{"version": 3, "entries": []}', '{"version": 2}', '{"version": 2, "entries": [1]}']
)
def test_what_is_no_baseline_is_one_line(text: str, project: Path, run: Run) -> None:
    (project / "known.json").write_text(text)
    ran = run("--baseline", "known.json")
    assert ran.status == 2
    assert ran.err.startswith("finlint: error: known.json: ")
    assert ran.err.count("\n") == 1
