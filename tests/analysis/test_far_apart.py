"""What is written far apart is found all the same: no length of a line, a name, a chain, a header or a path loses a
finding in silence; and the work that this takes is linear in the text."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small import check, codes

from finlint.analysis.program.class_headers import brings, named_in
from finlint.model.bound import Bound
from finlint.scan.abandoned import guarded_yields
from finlint.scan.tokens import may_hold_finalizer
from finlint.scan.words import heirs, other_names
from finlint.syntax.aliases import aliases
from finlint.syntax.lines import Lines
from finlint.syntax.mentioned import mentions
from finlint.syntax.source import SourceFile
from finlint.syntax.stores import may_store
from finlint.syntax.suppressions import read
from finlint.syntax.texts import TextQuestions

HEAD = "import time\nimport weakref\nclass T: pass\n"
CALL = "(T(), time.sleep, 5)  # reported # culprit\n"


def far(count: int) -> dict[str, str]:
    """Programs in which something stands ``count`` characters, lines or folders away from what it belongs to."""
    long = "x" * count
    return {
        "a chain of names": f"{HEAD}class H: pass\nh = H()\nh.{long} = weakref\nh.{long}.finalize{CALL}",
        "the name of a module": f"{HEAD}import weakref as {long}\n{long}.finalize{CALL}",
        "a long line": f"{HEAD}x = {'1 + ' * count}1; fin = weakref.finalize\nfin{CALL}",
        "blanks": f"{HEAD}fin = None or {' ' * count}weakref.finalize\nfin{CALL}",
        "parentheses": f"{HEAD}fin = ({'# no' * count}{chr(10) * count} weakref.finalize\n)\ndef f(): fin{CALL}",
        "an import": f"{HEAD}from weakref import finalize{' ' * count}as{' ' * count}fin\nfin{CALL}",
        "a header": f"{HEAD}class F({', '.join(f'T{n}' for n in range(count))},\n weakref.finalize): pass\ndef f(): F{CALL}",
    }


@pytest.mark.parametrize("what", far(1))
def test_no_distance_is_too_long(what: str, tmp_path: Path) -> None:
    for count in (1, 1_500):
        assert codes(check(tmp_path / str(count), {"a": far(count)[what]})) == ["FIN103"], count


@pytest.mark.parametrize("depth", [3, 9])
def test_namespace_packages_of_any_depth(depth: int, tmp_path: Path) -> None:
    name = ".".join(f"n{n}" for n in range(depth))
    folder = name.replace(".", "/")
    files = {
        f"{folder}/helpers/waiting": "import time\ndef wait():\n    time.sleep(9)  # reported # culprit\n",
        f"{folder}/a": f"import weakref\nfrom {name}.helpers.waiting import wait\nclass T: pass\nweakref.finalize(T(), wait)\n",
    }
    assert codes(check(tmp_path, files)) == ["FIN103"]


@pytest.mark.parametrize(
    "header",
    [
        "class Sub(Base):",
        "class Sub(dataclass_mixin, Base):",
        "class Sub(make(1), Base):",
        "class Sub(make(')'), Base):",
        "class Sub[T](Base):",
        "class Größe(Base):",
        "class Sub(  # :)\n        Base):",
        "class Sub(" + "".join(f"\n        M{n},  # {'-' * 90}" for n in range(40)) + "\n        Base):",
        "class\tSub(Base):",
    ],
)
def test_every_header_that_names_a_base(header: str, tmp_path: Path) -> None:
    data = header.encode() + b"\n    pass\n"
    assert list(heirs(data, "Base")) == ["Größe" if "Gr" in header else "Sub"]
    assert [b"Base" in words for _, words in named_in(data)] == [True]
    files = {
        "base": "class Base:\n    def __del__(self): self.stop()  # reported\n    def stop(self): pass\n",
        "sub": f"import time\nfrom base import Base\nclass dataclass_mixin: pass\ndef make(x): return dataclass_mixin\n"
        f"{''.join(f'class M{n}: pass' + chr(10) for n in range(40))}{header}\n    def stop(self): time.sleep(9)  # culprit\n",
    }
    assert codes(check(tmp_path, files)) == ["FIN103"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"def f(a: int, factory: type = Cursor): ...\n", ["factory"]),
        (b"def f(a: int, factory=Cursor): ...\n", ["factory"]),
        (b"x: dict[str, type] = Cursor\n", ["x"]),
        (b"if y: x = Cursor\nelse: z = Cursor\n", ["x", "z"]),
        (b"f(x := Cursor)\n", ["x"]),
        (b"x = Cursor\r\ny = 1; z = Cursor; a = 2\r\n", ["x", "z"]),
        (b"x = " + b"a.b." * 500 + b"Cursor\n", ["x"]),
        (b"x = a" + b" " * 500 + b"or Cursor\n", ["x"]),
        ("größe = módulo.Cursor\n".encode(), ["größe"]),
        (b"x == Cursor\nx += Cursor\nx != Cursor\nreturn Cursor\nf(x)[Cursor]\n", []),
        (b"x = f(y).Cursor\nx = y and Cursor\n", []),
    ],
)
def test_every_name_that_a_class_is_given(text: bytes, found: list[str]) -> None:
    assert list(other_names(text, "Cursor")) == found


def test_every_name_that_an_import_gives_a_class_that_has_a_finalizer() -> None:
    for blank in (" ", "\t", " " * 100):
        name = b"Z" * 100
        renamed = b"from zipfile import ZipFile%bas %b\nclass A(%b): pass\n" % (blank.encode(), name, name)
        assert may_hold_finalizer(renamed), blank
    assert not may_hold_finalizer(b"from zipfile import Other as Z\nclass A(Z): pass\n")


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("from a import ref\n", True),
        ("from a import(ref)\n", True),
        ("from a import (\n    b,\n    ref,  # c\n)\n", True),
        ("from a import" + " " * 100 + "(\n    b as c,\n    ref as d)\n", True),
        ("x = (\n    ref,\n)\n", False),
        ("from a import (b)\n(\n    ref,\n)\n", False),
        ("# import ref\nx = 'import' + ref\n", False),
    ],
)
def test_whether_an_import_brings_a_word(text: str, binds: bool) -> None:
    assert bool(TextQuestions(Lines(text)).ask("imports", "ref")) is binds


def _ask(question: str, argument: str) -> Callable[[str], object]:
    return lambda text: TextQuestions(Lines(text)).ask(question, argument)


def _aliases(text: str) -> object:
    source = SourceFile("a.py", text.encode())
    return aliases(source.facts, source.lines, frozenset({"finalize"}))


def _statements(text: str) -> object:
    bound = Bound(SourceFile("a.py", text.encode()).facts)
    return {id(bound.at(line)) for line in range(1, text.count("\n"))}


def _stores(text: str) -> object:
    at = text.find(".x")
    while at >= 0:
        may_store(text, at, at + 2)
        at = text.find(".x", at + 2)
    return None


#: What is asked of a text, and a piece of it that was asked about with the square of the work once.
ASKED: dict[str, tuple[Callable[[str], object], str, str, str]] = {
    "a chain": (lambda text: mentions(text, [], ["finalize"]), "weakref", ".finalize", ""),
    "a chain of others": (lambda text: mentions(text, [], ["ref"]), "a", ".b" * 20, ".ref(x, f)"),
    "one line": (lambda text: mentions(text, ["finalize"], ["ref"]), "import weakref; x = [", "finalize, w.ref, ", "]"),
    "asked for": (lambda text: mentions(text, [], ["ref"]), "import w; ", "isinstance(x, w.ref) or ", "1"),
    "brackets": (lambda text: mentions(text, [], ["ref"]), "import w; x = ", "w.ref[", ""),
    "by name": (lambda text: mentions(text, [], ["ref"]), "", "getattr(w, 'ref') or ", "1"),
    "aliases": (_aliases, "", "x = finalize; ", "y = 1"),
    "one alias": (_aliases, "x = [", "finalize, ", "]"),
    "comments": (_aliases, "x = (finalize\n", "# finalize\n", ")"),
    "imports": (_ask("imports", "finalize"), "x = [", "finalize, ", "]"),
    "imported lines": (_ask("imports", "finalize"), "x = (\n", "finalize\n", ")"),
    "statements": (_statements, "from a import (\n", "    b as c,\n", ")\n"),
    "stores": (_stores, "x = [", "self.x, ", "]"),
    "subclasses": (lambda text: list(heirs(text.encode(), "Base")), "class A(\n", "Base,\n", ")"),
    "headers": (lambda text: named_in(text.encode()), "", "class A(\n", ""),
    "parameters": (lambda text: named_in(text.encode()), "", "class A[\n", ""),
    "texts": (lambda text: named_in(text.encode()), "class A(", "'\\", ")"),
    "names": (lambda text: list(other_names(text.encode(), "Base")), "f(", "a: b = Base, ", ")"),
    "equals": (lambda text: list(other_names(text.encode(), "Base")), "f(a = x ", "or Base, ", ")"),
    "comments in a row": (lambda text: read(text).matching("FIN101", 1), "x = 1 ", "#", ""),
    "yields": (
        lambda text: list(guarded_yields(text.encode())),
        "def g():\n    try:\n",
        "        yield 1\n",
        "    finally: x",
    ),
    "tries": (lambda text: list(guarded_yields(text.encode())), "def g():\n", "    with a:\n        yield\n", "    x"),
    "brought": (lambda text: brings(text.encode(), "Base"), "x = ", "a Base ", "="),
}


@pytest.mark.parametrize("what", ASKED)
def test_the_work_is_linear(what: str) -> None:
    ask, begin, piece, end = ASKED[what]

    def cost(count: int) -> float:
        text = begin + piece * count + end + "\n"
        begun = time.process_time()
        ask(text)
        return time.process_time() - begun

    few = min(cost(1_500) for _ in range(2))
    # Eight times the text; its square would be 64 times the work.
    assert min(cost(12_000) for _ in range(2)) < 25 * few + 0.05


def test_many_names_are_looked_for_in_one_pass() -> None:
    names = [f"r{n}" for n in range(3_000)]
    text = "".join(f"{name}(x, f)\n" for name in names)
    begun = time.process_time()
    assert len(mentions(text, names[:10], [])) == 10
    few = time.process_time() - begun
    begun = time.process_time()
    assert len(mentions(text, names, [])) == 3_000
    assert time.process_time() - begun < 50 * few + 0.1
