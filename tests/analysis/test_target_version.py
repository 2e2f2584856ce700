"""Branches for Pythons that the code does not run on are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

from finlint.config import ConfigFinder
from finlint.linter import merged_settings
from finlint.model.settings import OLDEST_PYTHON, Settings
from finlint.syntax.versions import not_run

PROGRAM = """
import platform, six, sys, time
OLD = sys.version_info < (3, 8)
PAIR = (3, 8)
def pair(): return (3, len(PAIR))
class A:
    def __del__(self):
        if {test}:
            time.sleep(9)  # reported
"""
TESTS = {
    "sys.version_info < (3, 11)": [],
    "sys.version_info[:2] < (3, 12)": [],
    "not sys.version_info >= (3, 9, 2)": [],
    "sys.version_info.major == 2": [],
    "sys.version_info < (3, 13)": ["FIN103"],
    "sys.version_info >= (3, 11)": ["FIN103"],
    "sys.version_info >= (3, 14)": ["FIN103"],
    "sys.version_info <= (3, 11)": [],
    "(3, 11) > sys.version_info": [],
    "(3, 4) <= sys.version_info < (3, 11)": [],
    "sys.version_info[:2] in ((3, 9), (3, 10))": [],
    "sys.version_info[:2] in ((3, 9), (3, 13))": ["FIN103"],
    "sys.version_info[:2] == (3, 11) or sys.version_info < (3,)": [],
    "sys.version_info.minor < 12": [],
    "sys.version_info[1] < 13": ["FIN103"],
    "tuple(sys.version_info) < (3, 8)": [],
    "sys.hexversion < 0x030C0000": [],
    "sys.hexversion < 0x030D0000": ["FIN103"],
    'sys.version < "3"': [],
    'sys.version[:1] == "2"': [],
    'platform.python_version_tuple()[0] == "2"': [],
    "six.PY2 or not six.PY3": [],
    "six.PY3": ["FIN103"],
    "OLD": [],
    "PAIR > sys.version_info": [],
    "sys.version_info < pair()": ["FIN103"],
    'platform.python_implementation() == "Jython"': ["FIN103"],
    'sys.platform == "win32"': ["FIN103"],
}


@pytest.mark.parametrize("test", TESTS)
def test_on_3_12_and_later(test: str, tmp_path: Path) -> None:
    report = check(tmp_path, {"m": PROGRAM.replace("{test}", test)}, Settings(target_version=(3, 12)))
    assert codes(report) == TESTS[test]


#: Finalizers under a condition, and in how many lines of them something is found on 3.12 and later.
GUARDED = {
    "a registration": "def f(o):\n    if {test}:\n        weakref.finalize(o, E.wait)  # reported\n",
    "after a return": "def f(o):\n    if not ({test}): return\n    weakref.finalize(o, E.wait)  # reported\n",
    "a registration of the module": "O = A()\nif {test}:\n    weakref.finalize(O, E.wait)  # reported\n",
    "a class": "if {test}:\n    # one\n    class B:\n\n        def __del__(self): E.wait()  # reported\n",
    "a method": "class B:\n    if {test}:\n        def __del__(self): E.wait()  # reported\n",
    "a function": (
        "if not ({test}):\n    def close(): pass\nelse:\n    def close(): E.wait()  # culprit\n"
        "class B:\n    def __del__(self): close()  # reported\n"
    ),
    "a function behind elif": (
        "if A is None:\n    close = None\nelif {test}:\n    def close(): E.wait()  # culprit\nelse:\n    def close(): pass\n"
        "class B:\n    def __del__(self): close()  # reported\n"
    ),
    "a function that registers": "if {test}:\n    def f(o):\n        weakref.finalize(o, E.wait)  # reported\n",
    "a generator": "if {test}:\n    def f():\n        try:\n            yield 1\n        finally: E.wait()  # reported\n",
    "a class in a function": "def f():\n    if {test}:\n        class B:\n            def __del__(self): E.wait()  # reported\n",
}


@pytest.mark.parametrize("name", GUARDED)
def test_what_is_defined_for_older_ones(name: str, tmp_path: Path) -> None:
    head = "import sys, threading, weakref\nE = threading.Event()\nclass A: pass\n"
    for test, expected in (("sys.version_info < (3, 8)", []), ("sys.version_info >= (3, 8)", ["FIN104"])):
        program = head + GUARDED[name].replace("{test}", test)
        report = check(tmp_path, {"m": program}, Settings(target_version=(3, 12)))
        assert codes(report) == expected, test


def test_blocks_that_are_not_run() -> None:
    text = """\
if sys.version_info >= (3,):
    a
else:

    b
    # c
c
if x:
    d
elif sys.version_info < (3, 8):  # old
    e
f
"""
    assert not_run(text, (3, 10)) == (4, 5, 11, 11)
    assert not_run(text.replace("version_info", "other"), (3, 10)) == ()
    assert not_run("if sys.version_info < (3,\n", (3, 10)) == ()
    assert not_run("if sys.version_info < (3, 8):", (3, 10)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\nrequires-python = ">=3.11"\n[tool.finlint]\n', (3, 11)),
        ('[project]\nrequires-python = ">=3.9,<4"\n[tool.finlint]\ntarget-version = "3.12"\n', (3, 12)),
        ('[project]\nrequires-python = "<4"\n[tool.finlint]\n', None),
        ("[tool.finlint]\n", None),
        ('[project]\nrequires-python = ">=3.11"\n', (3, 11)),
        ("[project]\n", None),
        ('[project]\nrequires-python = ">=3.1\n', None),
    ],
)
def test_where_it_is_said(text: str, expected: tuple[int, int] | None, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert ConfigFinder().of_folder(str(tmp_path)).target_version == expected


def test_several_projects_at_once(tmp_path: Path) -> None:
    """One run knows one oldest version: that of the oldest project, and 3.10 for one that does not say it."""
    finder = ConfigFinder()
    for name, text in (
        ("a", '[project]\nrequires-python = ">=3.11"\n'),
        ("b", '[tool.finlint]\ntarget-version="3.9"\n'),
    ):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "pyproject.toml").write_text(text)
        assert finder.of_folder(str(tmp_path / name / "inner")).target_version is not None
    assert merged_settings(finder.all(), Settings()).target_version == (3, 9)
    (tmp_path / "b" / "pyproject.toml").write_text("[tool.finlint]\n")
    finder = ConfigFinder()
    for name in ("a", "b"):
        finder.of_folder(str(tmp_path / name))
    assert merged_settings(finder.all(), Settings()).target_version == (3, 10)


@pytest.mark.parametrize(("test", "expected"), [("(3, 10)", []), ("(3, 11)", ["FIN103"])])
def test_where_nothing_is_said(test: str, expected: list[str], tmp_path: Path) -> None:
    program = PROGRAM.replace("{test}", f"sys.version_info < {test}")
    assert codes(check(tmp_path, {"m": program})) == expected


def test_it_is_then_what_we_run_on_ourselves() -> None:
    assert ConfigFinder().of_folder(str(Path(__file__).parents[2])).target_version == OLDEST_PYTHON
