"""Large and odd programs: the answers stay right, and the work grows with what is reached.

Work is the number of Python calls that an analysis makes: the same on every machine and under any load.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting import counted
from small import check, codes, write

from finlint import engine
from finlint.analysis.program.symbols import ModuleNode
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.finding import Report
from finlint.offering import offers
from finlint.syntax import source as syntax_source
from finlint.syntax import texts
from finlint.syntax.aliases import aliases
from finlint.syntax.lines import Lines
from finlint.syntax.source import SourceFile
from finlint.workers import apart

#: The largest growth of the work when a program doubles: 2 would be linear.
NEARLY_LINEAR = 2.5


def work(paths: list[str]) -> tuple[int, Report]:
    """Calls that analysing the files makes, and its report."""
    engine.analyse(paths[:1])  # what is imported or read once only is not counted
    return counted(lambda: engine.analyse(paths))


def methods(count: int) -> str:
    """A class with many methods, of which the finalizer reaches two."""
    many = "".join(
        f"    def m{n}(self, x):\n        self.a{n} = x\n        return self.m{n + 1}(x)\n" for n in range(count)
    )
    return (
        "import threading\nclass A:\n    def __init__(self, lock=None): self.lock = lock or threading.Lock()\n"
        f"    def __del__(self): self.close()  # reported\n    def close(self):\n        with self.lock: pass  # culprit\n{many}"
    )


def chain(count: int) -> str:
    """A chain of calls, one function each."""
    calls = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(count))
    return f"import threading\nLOCK = threading.Lock()\nclass A:\n    def __del__(self): f0()  # reported\n{calls}def f{count}(): LOCK.acquire()  # culprit\n"


def method_chain(count: int) -> str:
    """The same with methods that hand an argument on."""
    calls = "".join(f"    def m{n}(self, lock): return self.m{n + 1}(lock)\n" for n in range(count))
    return (
        "import threading\nclass A:\n    def __init__(self): self.lock = threading.Lock()\n"
        f"    def __del__(self): self.m0(self.lock)  # reported\n{calls}    def m{count}(self, lock): lock.acquire()  # culprit\n"
    )


def flag_chain(count: int) -> str:
    """Methods that set a flag each and call the next one, which may ask for it."""
    calls = "".join(f"    def m{n}(self):\n        self.a{n} = 1\n        self.m{n + 1}()\n" for n in range(count))
    return (
        "import threading\nclass A:\n    def __init__(self): self.lock = threading.Lock()\n"
        f"    def __del__(self): self.m0()  # reported\n{calls}    def m{count}(self): self.lock.acquire()  # culprit\n"
    )


def row_of_classes(count: int) -> str:
    """Classes that inherit from each other, each from the one before."""
    classes = "".join(f"class C{n + 1}(C{n}): pass\n" for n in range(count))
    return f"import threading\nLOCK = threading.Lock()\nclass C0:\n    def __del__(self): LOCK.acquire()  # reported\n{classes}"


def diamond(count: int) -> str:
    """Classes with one base in common, and one that inherits from all of them."""
    classes = "".join(f"class C{n + 1}(C0): pass\n" for n in range(count))
    every = ", ".join(f"C{n + 1}" for n in range(count))
    base = "import threading\nLOCK = threading.Lock()\nclass C0:\n    def __del__(self): LOCK.acquire()  # reported\n"
    return f"{base}{classes}class D({every}): pass\n"


def ladder(count: int) -> str:
    """A diamond on a diamond on a diamond ..."""
    classes = "".join(
        f"class B{n}(A{n}): pass\nclass C{n}(A{n}): pass\nclass A{n + 1}(B{n}, C{n}): pass\n" for n in range(count // 3)
    )
    return f"import threading\nLOCK = threading.Lock()\nclass A0:\n    def __del__(self): LOCK.acquire()  # reported\n{classes}"


def terms(count: int) -> str:
    """One expression of many terms."""
    total = " + ".join(f"g({n})" for n in range(count))
    return f"import threading\nLOCK = threading.Lock()\ndef g(n): return n\nclass A:\n    def __del__(self):\n        x = {total}\n        LOCK.acquire()  # reported\n"


def attributes(count: int) -> str:
    """A chain of attributes that is longer than Python's stack is deep."""
    chain = "self" + ".x" * count
    return f"import threading\nLOCK = threading.Lock()\nclass A:\n    def __del__(self):\n        y = {chain}\n        LOCK.acquire()  # reported\n"


def branches(count: int) -> str:
    """A long ``elif`` chain."""
    arms = "".join(f"        elif x == {n}: y = {n}\n" for n in range(count))
    return (
        "import threading\nLOCK = threading.Lock()\nclass A:\n    def __del__(self):\n        x = unknown()\n"
        f"        if x is None: y = 0\n{arms}        else: LOCK.acquire()  # reported\n"
    )


def bases(count: int) -> str:
    """A line of classes, each the base of the next."""
    line = "".join(f"class C{n + 1}(C{n}):\n    def m{n}(self): pass\n" for n in range(count))
    return (
        "import threading\nLOCK = threading.Lock()\nclass C0:\n    def close(self): LOCK.acquire()  # culprit\n"
        f"{line}class A(C{count}):\n    def __del__(self): self.close()  # reported\n"
    )


def conditions(count: int) -> str:
    """One condition of many terms."""
    total = " or ".join(f"g({n})" for n in range(count))
    return (
        "import threading\nLOCK = threading.Lock()\ndef g(n): return unknown()\nclass A:\n    def __del__(self):\n"
        f"        if {total}: LOCK.acquire()  # reported\n"
    )


def registrations(count: int) -> str:
    """Many registrations of one callback."""
    many = "".join(f"def r{n}(o): weakref.finalize(o, close, {n})\n" for n in range(count))
    return f"import threading, weakref\nLOCK = threading.Lock()\ndef close(n): LOCK.acquire()  # reported\n{many}"


def takers(count: int) -> str:
    """Finalizers that take one lock, which methods beside them hold."""
    classes = "".join(
        f"class A{n}:\n    def __del__(self): LOCK.acquire()  # reported\n    def m{n}(self):\n        with LOCK: f{n}()\n"
        for n in range(count)
    )
    return f"import threading\nLOCK = threading.Lock()\n{classes}"


def handed_on(count: int) -> str:
    """Classes whose constructors hand an argument on to the one before."""
    classes = "".join(f"class C{n + 1}(C{n}):\n    def __init__(self, x): super().__init__(x)\n" for n in range(count))
    return (
        "import threading\nLOCK = threading.Lock()\nclass C0:\n    def __init__(self, x): self.x = x\n"
        f"    def __del__(self): self.x.acquire(); LOCK.acquire()  # reported\n{classes}C{count}(LOCK)\n"
    )


def same_name(count: int) -> str:
    """Classes that all have one name, and inherit a finalizer that asks what they are made with."""
    same = "class C(A): pass\n" * count
    return (
        "import threading\nLOCK = threading.Lock()\nclass A:\n    def __init__(self, s): self.s = s\n"
        f"    def __del__(self): self.s.stop(); LOCK.acquire()  # reported\n{same}"
    )


def itself(count: int) -> str:
    """A variable that is made from what it was before, again and again."""
    again = "x = [x]\n" * count
    return f"import threading\nLOCK = threading.Lock()\nx = LOCK\n{again}class A:\n    def __del__(self): x.close(); LOCK.acquire()  # reported\n"


def perhaps_itself(count: int) -> str:
    """The same where each may not be run, so that the next may mean all that stand before it."""
    again = "if unknown(): x = [x]\n" * count
    return f"import threading\nLOCK = threading.Lock()\nx = LOCK\n{again}class A:\n    def __del__(self): x.close(); LOCK.acquire()  # reported\n"


def matched(count: int) -> str:
    """Patterns that take apart what they bind."""
    again = "match x:\n    case [x]: pass\n" * count
    return f"import threading\nLOCK = threading.Lock()\nx = LOCK\n{again}class A:\n    def __del__(self): x.close(); LOCK.acquire()  # reported\n"


def imports(count: int) -> str:
    """Many modules that nobody has."""
    many = "".join(f"import m{n}\nfrom m{n} import C{n}\n" for n in range(count))
    return f"{many}import threading\nLOCK = threading.Lock()\nclass A:\n    def __del__(self): LOCK.acquire()  # reported\n"


def one_line(count: int) -> str:
    """Any number of statements on one line, each with a registrar's word."""
    base = "import threading, weakref\nLOCK = threading.Lock()\nclass A:\n    def __del__(self): LOCK.acquire()  # reported\n"
    return base + "word = 'finalize'; " * count + "\n"


@pytest.mark.parametrize(
    ("program", "count"),
    [
        (one_line, 300),
        (methods, 200),
        (chain, 250),
        (method_chain, 150),
        (flag_chain, 200),
        (terms, 300),
        (branches, 150),
        (registrations, 60),
        (row_of_classes, 150),
        (diamond, 150),
        (ladder, 150),
        (takers, 50),
        (handed_on, 60),
        (same_name, 150),
        (itself, 60),
        (perhaps_itself, 100),
        (matched, 100),
        (imports, 150),
    ],
)
def test_work_is_nearly_linear(program: Callable[[int], str], count: int, tmp_path: Path) -> None:
    (small,) = write(tmp_path, {"small": program(count)})
    (large,) = write(tmp_path, {"large": program(2 * count)})
    less, report = work([small])
    # What is imported or read once only, the small one has asked for.
    more, report_of_large = counted(lambda: engine.analyse([large]))
    assert set(codes(report)) == set(codes(report_of_large)) == {"FIN102"}
    assert more < NEARLY_LINEAR * less


def fixable(count: int) -> str:
    """Finalizers that take one lock, each of which could try it instead."""
    classes = "".join(f"class A{n}:\n    def __del__(self):\n        LOCK.acquire()  # {n}\n" for n in range(count))
    return f"import threading\nLOCK = threading.Lock()\n{classes}"


def fixable_in_one(count: int) -> str:
    """One finalizer that takes many locks, each of which it could try."""
    locks = "".join(f"L{n} = threading.Lock()\n" for n in range(count))
    users = "".join(f"def use{n}():\n    with L{n}:\n        print([1])\n" for n in range(count))
    taken = "".join(f"        with L{n}:\n            pass\n" for n in range(count))
    return f"import threading\n{locks}{users}class A:\n    def __del__(self):\n{taken}"


def fixable_with_import(count: int) -> str:
    """Callbacks that another thread could run, by something that has to be imported."""
    registered = "".join(
        f"def stop{n}():\n    LOCK.acquire()\n"
        f"class A{n}:\n    def __init__(self):\n        weakref.finalize(self, stop{n})\n"
        for n in range(count)
    )
    return f"import threading, weakref\nLOCK = threading.Lock()\n{registered}"


@pytest.mark.parametrize("program", [fixable, fixable_in_one, fixable_with_import])
def test_the_work_of_offering_fixes_is_nearly_linear(
    program: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with many findings has many fixes, and each changes a few lines of it."""
    # What a fork does is not counted.
    monkeypatch.setattr(apart, "may_fork", lambda: False)

    def cost(count: int) -> int:
        paths = write(tmp_path, {f"m{count}": program(count)})
        report = engine.analyse(paths)
        calls, offered = counted(lambda: offers(report.findings, paths, lambda path: Path(path).read_bytes()))
        assert len(offered) == len(report.findings) == count
        return calls

    cost(1)  # what is imported once only is not counted
    assert cost(48) < NEARLY_LINEAR * cost(24)


def owned_queues(count: int) -> str:
    """Classes that each have a queue to themselves, under one name."""
    return "import queue\n" + "".join(
        f"class A{n}:\n    def __init__(self): self.q = queue.Queue()\n"
        f"    def put(self, x): self.q.put(x)\n    def __del__(self): self.q.put(None)\n"
        for n in range(count)
    )


def test_what_many_classes_have_under_one_name(tmp_path: Path) -> None:
    (small,) = write(tmp_path, {"small": owned_queues(40)})
    (large,) = write(tmp_path, {"large": owned_queues(80)})
    less, report = work([small])
    more, report_of_large = counted(lambda: engine.analyse([large]))
    assert codes(report) == codes(report_of_large) == []
    assert more < NEARLY_LINEAR * less


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "count"),
    [
        (one_line, 5_000),
        (methods, 10_000),
        (chain, 2_000),
        (method_chain, 2_000),
        (flag_chain, 2_000),
        (terms, 900),
        (branches, 600),
        (conditions, 900),
        (attributes, 900),
        (bases, 200),
        (row_of_classes, 8_000),
        (diamond, 4_000),
        (same_name, 4_000),
        (imports, 10_000),
        (ladder, 2_000),
    ],
)
def test_the_answer_is_right_at_size(program: Callable[[int], str], count: int, tmp_path: Path) -> None:
    report = check(tmp_path, {"large": program(count)})
    assert report.errors == ()
    assert codes(report) == ["FIN102"]


def test_each_statement_of_a_line_is_looked_at(tmp_path: Path) -> None:
    """Those that bind names, too."""
    program = (
        "import time, weakref\nclass A: pass\no = A()\n"
        "f = weakref.finalize(o, time.sleep, 1); g = weakref.finalize(o, time.sleep, 2); pass\n"
    )
    report = check(tmp_path, {"m": program})
    assert [(finding.code, finding.span.line) for finding in report.findings] == [("FIN103", 4)] * 2


def test_a_line_of_many_statements_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters are counted: what a regular expression does is no call."""
    source = SourceFile("m.py", b"from weakref import finalize\n" + b"x = finalize; " * 2_000 + b"\n")
    read: list[int] = []
    between = Lines.between

    def counted(lines: Lines, first: int, last: int) -> str:
        text = between(lines, first, last)
        read.append(len(text))
        return text

    monkeypatch.setattr(Lines, "between", counted)
    assert aliases(source.facts, source.lines, frozenset({"finalize"})) == ["finalize", "x"]
    assert sum(read) < 3 * len(source.lines.text)


@pytest.mark.parametrize("program", [row_of_classes, diamond])
def test_what_classes_are_given_is_looked_for_once(
    program: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Characters are counted, as above: each of thousands of names was searched in the whole text."""
    read: list[int] = []

    def counting(look: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        def counted(text: str, name: str) -> Any:
            read.append(len(text))
            return look(text, name)

        return counted

    for look in ("patches", "handed_to", "changed"):
        monkeypatch.setattr(texts, look, counting(getattr(texts, look)))

    def cost(count: int) -> int:
        read.clear()
        check(tmp_path / str(count), {"a": program(count)})
        return sum(read)

    assert cost(400) < NEARLY_LINEAR * cost(200)


@pytest.mark.parametrize("statement", ["A(S()); ", "d['k'] = S(); ", "n = A(S()); ", "weakref.finalize(a, print); "])
def test_a_line_of_statements_that_are_asked_for_is_read_once(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What calls, fills, stores or registers is asked for by line, and each statement gives the same line again."""
    head = (
        "import weakref\nclass S:\n    def stop(self): pass\nclass A:\n    def __init__(self, s): self.s = s\n"
        "    def __del__(self): self.s.stop(); d['k'].stop()\nd = {}\na = A(1)\n"
    )
    given: list[int] = []
    statements = ModuleNode.statements

    def counted(module: ModuleNode, binding: Binding) -> list[ir.Stmt]:
        found = statements(module, binding)
        given.append(len(found))
        return found

    monkeypatch.setattr(ModuleNode, "statements", counted)

    def cost(count: int) -> int:
        given.clear()
        check(tmp_path / str(count), {"a": head + statement * count + "\n"})
        return sum(given)

    assert 200 <= cost(200) <= 10 * 200


@pytest.mark.parametrize("program", [terms, branches])
def test_what_the_parser_cannot_nest_is_an_error_and_no_crash(program: Callable[[int], str], tmp_path: Path) -> None:
    report = check(tmp_path, {"large": program(20_000), "m": chain(1)})
    assert codes(report) in (["FIN102"], ["FIN102", "FIN102"])
    assert len(report.errors) + len(codes(report)) == 2


def test_a_large_file_beside_a_small_one_is_not_parsed(tmp_path: Path) -> None:
    """Nor is it where the small one passes on what it is given, so that callers are searched."""
    small = "def run(f): f()\nclass A:\n    def __init__(self, f): self.f = f\n    def __del__(self): run(self.f)\n"
    generated = "".join(f"A(f{n})\nrun(f{n})\n" for n in range(150_000))
    (path, _) = write(tmp_path, {"a": small, "generated": generated})
    calls, report = work([path])
    assert dict(report.summary.limits) == {"file-size": 1}
    alone, _ = work(write(tmp_path / "alone", {"a": small}))
    assert calls < 1.5 * alone


def test_a_cycle_of_many_modules(tmp_path: Path) -> None:
    files = {"p/__init__": ""}
    for n in range(100):
        files[f"p/m{n}"] = (
            f"from p import m{(n + 1) % 100} as following\nfrom p.m0 import LOCK\ndef f(): following.f()\n"
        )
    files["p/m0"] = "import threading\nfrom p import m1 as following\nLOCK = threading.Lock()\ndef f(): following.f()\n"
    files["p/m99"] = "from p import m0\ndef f():\n    m0.LOCK.acquire()  # culprit\n    m0.f()\n"
    files["p/a"] = "from p.m0 import f\nclass A:\n    def __del__(self): f()  # reported\n"
    report = check(tmp_path, files)
    assert codes(report) == ["FIN102"]


def test_names_that_import_each_other_for_ever(tmp_path: Path) -> None:
    files = {
        "p/__init__": "from p.b import *\n",
        "p/b": "from p.c import *\nfrom p.c import x\n",
        "p/c": "from p.b import *\nfrom p.b import x\n",
        "p/a": "from p.b import x\nclass A(x.B):\n    def __init__(self): self.x = x\n    def __del__(self): self.x.get()\n",
    }
    assert codes(check(tmp_path, files)) == []


def test_classes_that_inherit_from_each_other(tmp_path: Path) -> None:
    line = "".join(f"class C{n}(C{(n + 1) % 50}): pass\n" for n in range(50))
    source = f"import time\n{line}class A(C0):\n    def close(self): time.sleep(9)  # culprit\n    def __del__(self): self.close()  # reported\n"
    assert codes(check(tmp_path, {"m": source})) == ["FIN103"]


def test_functions_that_call_each_other(tmp_path: Path) -> None:
    ring = "".join(f"def f{n}(x): return f{(n + 1) % 50}([x])\n" for n in range(50))
    source = f"import time\n{ring}class A:\n    def __del__(self): f0(1); time.sleep(9)  # reported\n"
    assert codes(check(tmp_path, {"m": source})) == ["FIN103"]


@pytest.mark.parametrize("name", ["queue", "threading", "weakref", "typing"])
def test_a_module_that_shadows_the_standard_library(name: str, tmp_path: Path) -> None:
    files = {
        name: "class Lock:\n    def acquire(self): pass\n",
        "m": f"import {name}\nclass A:\n    def __init__(self): self.lock = {name}.Lock()\n"
        "    def __del__(self): self.lock.acquire()\n",
    }
    assert codes(check(tmp_path, files)) == []


class Reads:
    """Which files became facts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []
        original = syntax_source.SourceFile.__init__

        def init(this: syntax_source.SourceFile, path: str, *rest: Any, **options: Any) -> None:
            original(this, path, *rest, **options)
            self.files.append(Path(path).name)

        monkeypatch.setattr(syntax_source.SourceFile, "__init__", init)


def large_package(folder: Path, count: int) -> list[str]:
    """A package of which the finalizer in ``a`` reaches three modules."""
    files = {
        "p/__init__": "",
        "p/a": "from p.pool import Pool\nclass A:\n    def __init__(self): self.pool = Pool()\n"
        "    def __del__(self): self.pool.put()  # reported\n",
        "p/pool": "from p.locks import make\nfrom p import m0, m1\nclass Pool:\n    def __init__(self): self.lock = make()\n"
        "    def put(self): self.lock.acquire()  # culprit\n    def other(self): m0.f0(); m1.f1()\n",
        "p/locks": "import threading\ndef make(): return threading.Lock()\n",
    }
    for n in range(count):
        files[f"p/m{n}"] = f"from p import m{(n + 1) % count}\ndef f{n}(): pass\nclass C{n}: pass\n"
    return write(folder, files)


@pytest.mark.parametrize("count", [20, 200])
def test_one_file_of_a_large_package_reads_what_it_reaches(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = [p for p in large_package(tmp_path, count) if p.endswith("/a.py")]
    reads = Reads(monkeypatch)
    report = engine.analyse([path])
    assert codes(report) == ["FIN102"]
    assert sorted(set(reads.files)) == ["a.py", "locks.py", "pool.py"]
    assert len(reads.files) == len(set(reads.files))
