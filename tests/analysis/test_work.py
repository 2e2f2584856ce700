"""A function body is run once for what decides in it. Counted in bodies, which no load of the machine changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, write

from finlint import engine
from finlint.model.finding import Report
from finlint.model.task import Statistics

LOCK = "import threading\nLOCK = threading.Lock()\n"


def of_calls(calls: list[str], body: str) -> str:
    """A finalizer that calls one function in several ways."""
    each = "".join(f"        write({call})\n" for call in calls)
    return f"{LOCK}def write(given):\n    {body}\nclass A:\n    def __del__(self):\n{each}"


def bodies(paths: list[str]) -> tuple[int, Report]:
    """Function bodies that are run, and the report."""
    done: list[Statistics] = []
    report = engine.analyse(paths, statistics=done.append)
    return done[0].frames, report


@pytest.mark.parametrize(
    "calls",
    [
        ["[('a', 1)]", "[('a', 'b')]", "[(b'a', 1.5)]", "[(2, 'b')]"],
        ["{'k': 1}", "{'k': 'a'}", "{'k': b'a'}", "{'k': 1.5}"],
        ["[['a']]", "['a']", "[1]", "[[1, 2.5]]"],
        ["[int(f)]", "[str(f)]", "[[int(f)]]", "[[[float(f)]]]"],
    ],
)
def test_data_in_containers_makes_no_contexts(calls: list[str], tmp_path: Path) -> None:
    body = "for part in given: print(part)\n    LOCK.acquire()"
    for some in (calls[:1], calls):
        run, report = bodies(write(tmp_path, {"m": of_calls(some, body)}))
        assert [f.code for f in report.findings if f.code == "FIN102"] == ["FIN102"]
        assert run == 2


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("[(LOCK.acquire, 1)]", "for run, _ in given: run()"),
        ("[('a', LOCK)]", "given[0][1].acquire()"),
        ("{'k': LOCK}", "given['k'].acquire()"),
        ("[[1, LOCK]]", "for inner in given:\n        for each in inner: each.acquire()"),
        ("('a', True)", "_, waits = given\n    if waits: LOCK.acquire()"),
        ("[1]", "for each in given:\n        if each is not None: LOCK.acquire()"),
        ("[[1]]", "for inner in given:\n        for each in inner:\n            if each is not None: LOCK.acquire()"),
    ],
)
def test_what_decides_in_containers_stays(call: str, body: str, tmp_path: Path) -> None:
    report = check(tmp_path, {"m": of_calls([call], body)})
    assert [f.code for f in report.findings if f.code == "FIN102"] == ["FIN102"]


def test_none_in_containers_stays(tmp_path: Path) -> None:
    body = "_, waits = given\n    if waits is not None and waits: LOCK.acquire()"
    assert not check(tmp_path, {"m": of_calls(["('a', None)", "(1, False)"], body)}).findings
