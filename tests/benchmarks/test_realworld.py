"""benchmarks/realworld.py on a package of the test's own."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "realworld.py"


@pytest.fixture(scope="module")
def realworld() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_realworld", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PROGRAM = """\
import threading
import time
import weakref


class Sleeps:
    def __del__(self):
        time.sleep(1)


class Locks:
    def __init__(self):
        self._lock = threading.RLock()

    def __del__(self):
        with self._lock:
            pass


class Quiet:
    def __del__(self):
        self.gone = True


class Waits:
    def __init__(self, done: threading.Event):
        self._done = done

    def __del__(self):
        self._done.wait()


def nap():
    time.sleep(1)


def register(thing):
    weakref.finalize(
        thing,
        nap,
    )
"""


def line_of(text: str, number: int = 1) -> int:
    """The line of PROGRAM that holds ``text``, for the ``number``-th time."""
    return [i for i, line in enumerate(PROGRAM.splitlines(), 1) if text in line][number - 1]


def case(name: str, label: str, kind: str, line: int, **more: Any) -> dict[str, Any]:
    row = {
        "id": name,
        "package": "pkg",
        "version": "1.0",
        "source": "PyPI",
        "label": label,
        "kind": kind,
        "strength": "strong",
        "evidence": "reported",
        "mechanism": "__del__",
        "file": "pkg/mod.py",
        "registration_line": line,
        "hops": 0,
        "cross_module": False,
        "receiver": "import",
        "blocking_file": "pkg/mod.py",
        "blocking_line": line + 1,
        "note": "why",
    }
    return {**row, **more}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "pkg-1.0" / "pkg").mkdir(parents=True)
    (root / "pkg-1.0" / "pkg" / "__init__.py").write_text("")
    (root / "pkg-1.0" / "pkg" / "mod.py").write_text(PROGRAM)
    return root


def run(
    realworld: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    root: Path,
    cases: list[dict[str, Any]],
    *options: str,
) -> tuple[str, dict[str, Any]]:
    rows = root.parent / "cases.jsonl"
    rows.write_text("".join(json.dumps(c) + "\n" for c in cases))
    out = root.parent / "run.json"
    monkeypatch.setattr(
        sys,
        "argv",
        ["realworld.py", "--cases", str(rows), "--root", str(root), "--jobs", "1", "--json", str(out), *options],
    )
    assert realworld.main() == 0
    return capsys.readouterr().out, json.loads(out.read_text())


def test_it_tells_hits_from_misses(
    realworld: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], packages: Path
) -> None:
    cases = [
        case("sleeps", "bad", "sleep", line_of("def __del__", 1)),
        case("wrong-kind", "bad", "io-net", line_of("def __del__", 1)),
        # finlint has looked up the lock that the label means, and it is reentrant; another lock says nothing of it.
        case("the-lock", "bad", "lock", line_of("def __del__", 2)),
        case("another-lock", "bad", "lock", line_of("def __del__", 2), blocking_line=1),
        case("reentrant", "bad", "lock", line_of("def __del__", 2), note="an RLock"),
        case("later-line", "bad", "sleep", line_of("        nap,"), mechanism="weakref.finalize"),
        # A wait for a loop in another thread, where the label means that line; it may wait for something else elsewhere.
        case("the-loop", "bad", "event-loop", line_of("def __del__", 4)),
        case("another-loop", "bad", "event-loop", line_of("def __del__", 4), blocking_line=1),
        case("quiet", "good", "nonblocking", line_of("def __del__", 3)),
        case("not-so-good", "good", "nonblocking", line_of("def __del__", 1)),
    ]
    said, found = run(realworld, monkeypatch, capsys, packages, cases)
    verdicts = {
        name: tuple(row[column] for column in ("strict", "shown", "lenient", "any"))
        for name, row in found["cases"].items()
    }
    assert verdicts == {
        "sleeps": (True, True, True, True),
        "wrong-kind": (False, False, False, True),
        "the-lock": (True, False, True, False),
        "another-lock": (False, False, True, False),
        "reentrant": (True, False, True, False),
        "later-line": (True, True, True, True),
        "the-loop": (True, True, True, True),
        "another-loop": (False, False, False, True),
        "quiet": (False, False, False, False),
        "not-so-good": (True, True, True, True),
    }
    assert "3 misses" in said
    assert "1 false reports" in said
    assert "at least 75 % strict: NO" in said  # four of eight
    assert "at most 5 %: NO" in said


def test_one_case_and_changes_since_a_run(
    realworld: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    packages: Path,
) -> None:
    cases = [
        case("sleeps", "bad", "sleep", line_of("def __del__", 1)),
        case("reentrant", "bad", "lock", line_of("def __del__", 2), note="an RLock"),
    ]
    said, found = run(realworld, monkeypatch, capsys, packages, cases, "--only", "sleeps")
    assert list(found["cases"]) == ["sleeps"]
    assert "pkg/mod.py:8: time.sleep" in said  # the trace
    # The registration that no case labels is kept, for reading and for comparing.
    assert [line.partition(": ")[2][:6] for line in found["unlabelled"]] == ["FIN104", "FIN103"]

    old = packages.parent / "old.json"
    before = json.loads(json.dumps(found))
    before["cases"]["sleeps"]["strict"] = False
    before["unlabelled"] = ["pkg-1.0/pkg/mod.py:1: FIN101 error: gone"]
    old.write_text(json.dumps(before))
    said, _ = run(realworld, monkeypatch, capsys, packages, cases, "--only", "sleeps", "--compare", str(old))
    changes = said.partition("changes:")[2]
    assert "sleeps (bad sleep): +strict\n" in changes
    assert "- pkg-1.0/pkg/mod.py:1: FIN101 error: gone" in changes
    assert "+ pkg-1.0/pkg/mod.py:" in changes


def test_a_failure_is_told_and_counts_as_a_miss(
    realworld: ModuleType, monkeypatch: pytest.MonkeyPatch, packages: Path
) -> None:
    def broken(*arguments: object) -> object:
        raise RuntimeError("no")

    monkeypatch.setattr(realworld, "analyse", broken)
    result = realworld.lint((packages / "pkg-1.0", [], "package", 60))
    assert result.failure == "RuntimeError: no"
    assert result.files == 2
    verdict = realworld.judge(
        case("sleeps", "bad", "sleep", 7), packages / "pkg-1.0", result, realworld.registration_lines(PROGRAM, 7)
    )
    assert not verdict.strict
    assert any("RuntimeError: no" in line for line in realworld.listing([verdict]))


def test_a_package_that_takes_too_long_is_given_up(
    realworld: ModuleType, monkeypatch: pytest.MonkeyPatch, packages: Path
) -> None:
    def endless(*arguments: object) -> object:
        while True:
            pass

    monkeypatch.setattr(realworld, "analyse", endless)
    result = realworld.lint((packages / "pkg-1.0", [], "package", 1))
    assert result.failure == "took more than 1 s"


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ("x = 1\nf(\n    a,\n    b,\n)\n", 3, [2, 3, 4, 5]),
        ("class C:\n    @d\n    def __del__(self):\n        pass\n", 3, [2, 3]),
        ("class C:\n    @d\n    def __del__(self): pass\n", 2, [2, 3]),
        ("if a:\n    f(a)\n    g(b)\n", 2, [2]),
        ("with f(\n    a\n):\n    g(b)\n", 2, [1, 2, 3]),
        ("class C:\n    __del__ = close\n", 2, [2]),
        ("print 1\nclass C:\n    def __del__(self):\n        pass\n", 3, [3]),
        ("print 1\nfinalize(a,\n    b)\n", 3, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_lines_on_which_a_registration_stands(realworld: ModuleType, text: str, line: int, lines: list[int]) -> None:
    assert list(realworld.registration_lines(text, line)) == lines
