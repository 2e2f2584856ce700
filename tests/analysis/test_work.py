"""What is worked out once: function bodies for what decides in them, questions to the text for all that ask.

Counted in bodies and questions, which no load of the machine changes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from small import check, write

from finlint import engine
from finlint.analysis.program import disk
from finlint.analysis.program.project import Project
from finlint.analysis.program.symbols import ClassNode, ModuleNode
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


def instances(count: int) -> str:
    """Objects of one class that are told apart by what they are made with, and asked for what a base's method stores."""
    made = "".join(f"        C({n}).close()\n" for n in range(count))
    return (
        f"{LOCK}class B:\n    def __init__(self, size): self.lock, self.size = LOCK, size\n"
        f"    def close(self): self.lock.acquire()\nclass C(B): pass\nclass A:\n    def __del__(self):\n{made}"
    )


def test_where_a_class_stores_and_defines_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[tuple[str, str, str]] = Counter()
    for question in ("methods_with", "method"):
        look = getattr(ClassNode, question)

        def counted(node: ClassNode, name: str, look: Any = look, question: str = question) -> Any:
            asked[question, node.name, name] += 1
            return look(node, name)

        monkeypatch.setattr(ClassNode, question, counted)

    def cost(count: int) -> tuple[int, int]:
        asked.clear()
        report = check(tmp_path / str(count), {"m": instances(count)})
        assert "FIN102" in {f.code for f in report.findings}
        return asked["methods_with", "B", "lock"], asked["method", "C", "__getattribute__"]

    assert cost(5) == cost(20)


def test_the_stub_of_a_module_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: Counter[str] = Counter()
    find = Project._find_stub

    def counted(project: Project, module: ModuleNode) -> ModuleNode | None:
        looked[module.path] += 1
        return find(project, module)

    monkeypatch.setattr(Project, "_find_stub", counted)
    check(tmp_path, {"m": instances(5), "m.pyi": "class B:\n    size: int\n"})
    assert looked
    assert set(looked.values()) == {1}


def test_a_file_that_is_asked_for_many_names_is_read_for_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another module gives to classes is looked for by the name of each."""
    read: list[str] = []

    def counted(data: bytes, text: str, form: Any) -> bool:
        read.append(form)
        return holds(data, text, form)

    holds = disk.holds
    monkeypatch.setattr(disk, "holds", counted)

    def cost(count: int) -> int:
        names = [f"C{n}" for n in range(count)]
        classes = "".join(f"class {name}:\n    def close(self): pass\n" for name in names)
        calls = "".join(f"        {name}().close()\n" for name in names)
        paths = write(
            tmp_path / str(count),
            {
                "p/__init__": "",
                "p/m": f"{LOCK}{classes}class A:\n    def __del__(self):\n{calls}",
                "p/other": f"from p.m import {', '.join(names)}, LOCK\n{names[-1]}.close = LOCK.acquire\n",
            },
        )
        read.clear()
        report = engine.analyse(paths)
        assert [f.code for f in report.findings] == ["FIN102"]
        return read.count("patches")

    assert cost(40) == cost(80)
