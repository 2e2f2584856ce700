"""What runs have shown, as a file: ``finlint diagnose --live FILE`` writes it, ``finlint --live FILE`` trusts it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finlint.seen import Seen, SeenError, add, read
from tests.cli.conftest import Run

HERE = Path(__file__).parent


def test_a_finding_that_was_seen_is_of_high_confidence(run: Run, project: Path) -> None:
    shutil.copy(HERE / "programs" / "pool.py", project / "pool.py")
    # Nine functions on the way: the linter is not sure.
    source = (project / "pool.py").read_text()
    steps = "".join(f"    def step{n}(self):\n        self.step{n + 1}()\n\n" for n in range(9))
    last = "    def step9(self):\n        self._pool.release(self._raw)\n\n"
    source = source.replace("    def close(self):\n        self._pool.release(self._raw)\n\n", steps + last)
    source = source.replace("self.callback = self.close", "self.callback = self.step0").replace(
        "self.close()", "self.step0()"
    )
    (project / "pool.py").write_text(source)
    lines = source.splitlines()

    def place(text: str, start: int = 0) -> int:
        return next(number for number, line in enumerate(lines, 1) if number > start and text in line)

    wait = place("with self._lock", place("def release"))
    frames = [f'  File "{project}/pool.py", line {wait} in release']
    frames += [f'  File "{project}/pool.py", line {place(f"def step{n}") + 1} in step{n}' for n in range(9, -1, -1)]
    frames += [f'  File "{project}/pool.py", line {place("def __del__") + 1} in __del__']
    frames += [f'  File "{project}/pool.py", line {place("gc.collect()")} in take']
    dump = "Thread 0x01 (most recent call first):\n" + "\n".join(frames) + "\n"

    options = ("--select", "FIN102", "--min-confidence", "high", "--isolated", "pool.py")
    assert run(*options).status == 0
    first = run("diagnose", "--live", "seen.json", "-", stdin=dump.encode())
    assert first.status == 1, first.err
    # Below another line the finding is the same.
    (project / "pool.py").write_text("# one more line\n" + source)
    again = run("--live", "seen.json", *options)
    assert again.status == 1
    assert "seen in a run: self-deadlock" in again.out
    run("diagnose", "--live", "seen.json", "-", stdin=dump.encode())
    assert json.loads((project / "seen.json").read_text())["seen"][0]["path"] == "pool.py"


def test_entries_are_counted_and_paths_count_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    entry = Seen("FIN102", str(tmp_path / "src" / "a.py"), ("A.__del__",), "blocked")
    add(str(path), [entry])
    add(str(path), [entry._replace(verdict="self-deadlock"), entry._replace(code="FIN103")])
    assert set(read(str(path))) == {entry._replace(verdict="self-deadlock", times=2), entry._replace(code="FIN103")}
    moved = tmp_path / "moved"
    moved.mkdir()
    path.rename(moved / "seen.json")
    assert {Path(found.path) for found in read(str(moved / "seen.json"))} == {moved / "src" / "a.py"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "not a file of runs of version 1"),
        ('{"version": 2}', "not a file of runs of version 1"),
        ('{"version": 1}', "is damaged"),
        ('{"version": 1, "seen": [{"code": 1}]}', "is damaged"),
    ],
)
def test_a_file_that_is_something_else_is_said_and_kept(run: Run, project: Path, text: str, said: str) -> None:
    (project / "seen.json").write_text(text)
    shown = run("--live", "seen.json", "bad.py")
    assert (shown.status, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert said in shown.err
    with pytest.raises(SeenError, match=said):
        add(str(project / "seen.json"), [])
    assert (project / "seen.json").read_text() == text


def test_a_file_that_is_not_there(run: Run, project: Path) -> None:
    shown = run("--live", "no-such.json", "bad.py")
    assert (shown.status, shown.err.count("\n")) == (2, 1)
    assert "no-such.json: cannot be read" in shown.err
