"""What walks over code sees every place in it: one read, one call, one store in each, asked of everybody who looks.

``code_places.py`` has the places, by kind. A walker that lists kinds by itself and forgets one fails here, as does an entry
that is taken out of one of the tables that the walkers share.
"""

from __future__ import annotations

import contextlib
import gc
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import code_places as table
import pytest
from code_places import HEAD, Place, places
from small import check

from finlint.analysis.program import statements
from finlint.analysis.program.statements import calls_in, expressions_in, flat_statements, parts_of
from finlint.model import bindings, ir
from finlint.model.bindings import bound_by, single
from finlint.syntax.kinds import EXPRESSIONS as EXPRESSION_KINDS
from finlint.syntax.kinds import PATTERNS as PATTERN_KINDS
from finlint.syntax.kinds import STATEMENTS as STATEMENT_KINDS
from finlint.syntax.lower_ast import lower_slice

EVALUATED = [*places(table.STATEMENTS, table.EXPRESSIONS)]
NAMED = [*places(table.NAMED)]
SUSPENDED = [*places(table.SUSPENDED)]
STORES = [*places(table.STORES)]
#: Further ways to bind a name.
BINDS = [
    *(Place(kind, text.replace("<v>", "1")) for kind, text in STORES),
    Place("augmented", "<t> += 1"),
    Place("delete", "del <t>"),
    Place("delete", "del (x, <t>)"),
    Place("try", "try:\n    pass\nexcept E as <t>:\n    pass"),
    Place("match", "match c:\n    case <t>:\n        pass"),
    Place("function", "def <t>(): pass"),
    Place("class", "class <t>: pass"),
    Place("import", "import a as <t>"),
    Place("import_from", "from a import b as <t>"),
]


def test_every_kind_has_its_places() -> None:
    kinds = {kind.name for kind in (*STATEMENT_KINDS, *EXPRESSION_KINDS, *PATTERN_KINDS)}
    tables = (table.STATEMENTS, table.EXPRESSIONS, table.NAMED, table.SUSPENDED)
    assert {kind for texts in tables for kind in texts} | table.WITHOUT == kinds


# -- what the shared tables say


def _lowered(text: str, header: str = "async def function(c, n, t, f, m):") -> ir.Block:
    (stmt,) = lower_slice(f"{header}\n{textwrap.indent(text, '    ')}\n", 1)
    assert isinstance(stmt, ir.FunctionDef)
    return stmt.function.body


def _is_seen(place: Place) -> bool:
    block = _lowered(place.filled("here.it"))
    return any(
        isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name) and expr.value.id == "here"
        for stmt in flat_statements(block)
        for expr in expressions_in(stmt)
    )


def _is_bound(place: Place) -> bool:
    block = _lowered(place.text.replace("<t>", "it"))
    targets = [part.target for stmt in flat_statements(block) for bound in bound_by(stmt) for part in single(bound)]
    return any(isinstance(target, ir.Name) and target.id == "it" for target in targets)


@pytest.mark.parametrize("place", [*EVALUATED, *NAMED, *SUSPENDED], ids=lambda place: place.name)
def test_it_is_evaluated(place: Place) -> None:
    assert _is_seen(place)
    if "<e>" in place.text:
        assert [call.func for call in calls_in(_lowered(place.filled("here()"))) if call.func[0] == "here"]


@pytest.mark.parametrize("place", BINDS, ids=lambda place: place.name)
def test_it_is_bound(place: Place) -> None:
    assert _is_bound(place)


def _is_part_of_what_is_bound() -> bool:
    """Whether what patterns bind is seen to be made of the subject: ``Narrowed``, and ``Positional`` in it."""
    block = _lowered("match here.it:\n    case D(x) as y:\n        pass")
    given = [bound.node for stmt in block for bound in bound_by(stmt)]
    return all(any(isinstance(part, ir.Attr) and part.name == "it" for part in parts_of(node)) for node in given)  # type: ignore[arg-type]


def _entries() -> Iterator[tuple[dict[type, Any], type]]:
    for entries in (statements._EVALUATED, statements._BLOCKS, statements._PARTS, bindings._BINDS):
        yield from ((entries, kind) for kind in entries)


#: LibCST's reader alone makes one with parts, for an operator that neither of the two knows.
_OF_NO_SOURCE = {ir.Opaque}


@pytest.mark.parametrize(("entries", "kind"), list(_entries()), ids=lambda value: getattr(value, "__name__", ""))
def test_no_entry_can_be_left_out(entries: dict[type, Any], kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(entries, kind)
    everything = all(map(_is_seen, [*EVALUATED, *NAMED, *SUSPENDED])) and all(map(_is_bound, BINDS))
    everything = everything and (kind not in (ir.Narrowed, ir.Positional) or _is_part_of_what_is_bound())
    assert everything is (kind in _OF_NO_SOURCE)


# -- who asks them: each place in a class of its own


class Asked(NamedTuple):
    """Modules are made of ``head`` and, for each place, ``body`` with ``<text>`` for the place's text, in which
    ``given`` stands; ``#`` is the number of the place. A finding of ``code`` is expected within that text."""

    code: str
    given: str
    body: str
    head: str = ""


READ = Asked(
    "FIN401",
    "self.file",
    """
    class A#:
        def __init__(self):
            self.file = stop()
        def __del__(self):
            <text>
    """,
)
RAISED = Asked(
    "FIN402",
    "fails()",
    """
    class A#:
        def __del__(self):
            <text>
    """,
    "class Gone(Exception): pass\ndef fails(): raise Gone",
)
KEPT = RAISED._replace(code="FIN403", given="keep(self)", head="KEPT = []\ndef keep(it): KEPT.append(it)")
STORED = RAISED._replace(code="FIN403", given="self", head="class K:\n    all = {}")
SLEPT = RAISED._replace(code="FIN103", given="time.sleep(0.5)", head="import time")
TASKS = RAISED._replace(
    code="FIN303", given="asyncio.create_task(later())", head="import asyncio\nasync def later(): pass"
)
REGISTERED = Asked(
    "FIN103",
    "weakref.finalize(f, time.sleep, 60)",
    """
    def register#(self):
        <text>
    """,
    "import time, weakref",
)


#: Statements of a constructor that give the object to a part of its own, whose method is then to run when it is gone.
REFERRED = Asked(
    "FIN301",
    "self",
    """
    class A#:
        def __init__(self):
            self.part = Part()
            <text>
            weakref.finalize(self, self.part.close)
    """,
    "import weakref\nclass Part:\n    def close(self): pass",
)
HELD = Asked(
    "FIN102",
    "f()",
    """
    LOCK# = threading.Lock()
    OTHER# = threading.Lock()
    class A#:
        def use(self):
            with OTHER#:
                <text>
        def __del__(self):
            with OTHER#:
                pass
    """,
    "import threading",
)


def _program(asked: Asked, among: list[Place]) -> tuple[str, list[range]]:
    """The module, and the lines of each place in it."""
    source = f"{HEAD}{asked.head}\n"
    lines = []
    for number, place in enumerate(among):
        before, _, after = textwrap.dedent(asked.body).replace("#", str(number)).partition("<text>")
        indent = before.rpartition("\n")[2]
        first = (source + before).count("\n") + 1
        text = place.filled(asked.given).replace("<v>", asked.given).replace("#", str(number))
        lines.append(range(first, first + text.count("\n") + 1))
        source += before + text.replace("\n", f"\n{indent}") + after
    return source, lines


def _unseen(folder: Path, asked: Asked, among: list[Place]) -> list[str]:
    """The places in which nothing is found."""
    source, lines = _program(asked, among)
    found = {finding.span.line for finding in check(folder, {"program": source}).findings if finding.code == asked.code}
    return [place.name for place, at in zip(among, lines, strict=True) if found.isdisjoint(at)]


def _executed(asked: Asked, among: list[Place]) -> tuple[dict[str, Any], list[str]]:
    """The names of the module behind a run of it, and the exceptions that finalizers have raised, in order."""
    raised: list[str] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda args: raised.append(args.exc_type.__name__)
    names: dict[str, Any] = {"__name__": __name__}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(_program(asked, among)[0], "program.py", "exec"), names)
        for number in range(len(among)):
            with contextlib.suppress(names["E"]):
                names[f"A{number}"]()
            gc.collect()
            raised += [""] * (number + 1 - len(raised))
    finally:
        sys.unraisablehook = before
    return names, raised


def test_reads(tmp_path: Path) -> None:
    among = [*EVALUATED, *NAMED]
    assert _executed(READ, among)[1] == ["AttributeError"] * len(among)
    assert _unseen(tmp_path, READ, among) == []


def test_raises(tmp_path: Path) -> None:
    assert _executed(RAISED, EVALUATED)[1] == ["Gone"] * len(EVALUATED)
    assert _unseen(tmp_path, RAISED, EVALUATED) == []


def test_keeps_by_calls(tmp_path: Path) -> None:
    assert len(_executed(KEPT, EVALUATED)[0]["KEPT"]) == len(EVALUATED)
    assert _unseen(tmp_path, KEPT, EVALUATED) == []


def test_keeps_by_stores(tmp_path: Path) -> None:
    for number, target in enumerate(("K.it#", "K.all['#']")):
        among = [place._replace(text=place.text.replace("<t>", target)) for place in STORES]
        names, _ = _executed(STORED, among)
        assert len({**vars(names["K"]), **names["K"].all}) >= len(among)
        (tmp_path / str(number)).mkdir()
        assert _unseen(tmp_path / str(number), STORED, among) == []


def test_blocks(tmp_path: Path) -> None:
    assert _unseen(tmp_path, SLEPT, EVALUATED) == []


def test_tasks_without_a_loop(tmp_path: Path) -> None:
    assert _unseen(tmp_path, TASKS, EVALUATED) == []


def test_registers(tmp_path: Path) -> None:
    assert _unseen(tmp_path, REGISTERED, EVALUATED) == []


def test_what_is_stored_was_there_before_it_is_read(tmp_path: Path) -> None:
    places_ = [place._replace(text=place.text.replace("<t>", "self.file")) for place in STORES]
    # A loop may have no rounds: within it the attribute is there.
    among = [
        place._replace(
            text=place.text.replace("pass", "self.file") if place.kind == "for" else f"{place.text}\nself.file"
        )
        for place in places_
    ]
    assert set(_executed(READ._replace(given="self"), among)[1]) == {""}
    assert len(_unseen(tmp_path, READ._replace(given="None"), among)) == len(among)


def test_what_is_dropped(tmp_path: Path) -> None:
    dropped = [
        *("<e>", "(1, <e>)", "[<e> for x in t]", "c and <e>", "1 if c else <e>", "x = not <e>", "x = 1 if <e> else 2"),
        *("x = <e> and c", "x = [x for x in t if <e>]", "if <e>:\n    pass", "while <e>:\n    break", "assert <e>"),
        "match c:\n    case x if <e>:\n        pass",
    ]
    handed_on = ["x = <e>", "x = <e> or c", "f(<e>)", "return <e>", "x = [<e>]", "x = c and <e>", "x = <e> if c else 1"]
    among = [Place("", text) for text in (*dropped, *handed_on)]
    head = "async def later(): pass"
    assert _unseen(tmp_path, RAISED._replace(code="FIN303", given="later()", head=head), among) == [
        Place("", text).name for text in handed_on
    ]


def test_parts_that_refer_back(tmp_path: Path) -> None:
    among = [
        place._replace(text=place.text.replace("<t>", "self.part.owner"))
        for place in STORES
        if place.kind in ("assign", "annotated")
    ]
    source, _ = _program(REFERRED, among)
    found = [finding for finding in check(tmp_path, {"program": source}).findings if finding.code == REFERRED.code]
    assert len(found) == len(among)


def _holders(folder: Path, source: str) -> set[int]:
    """The lines of the places that are said to hold a lock that a finalizer wants."""
    found = (finding for finding in check(folder, {"program": source}).findings if finding.code == HELD.code)
    return {holder.line for finding in found for holder in finding.holders}


def test_what_is_done_under_a_lock(tmp_path: Path) -> None:
    source, lines = _program(HELD, EVALUATED)
    found = _holders(tmp_path, source)
    assert [place.name for place, at in zip(EVALUATED, lines, strict=True) if at.start - 1 not in found] == []


def test_where_a_lock_is_held(tmp_path: Path) -> None:
    blocks = [place for place in EVALUATED if "<e>" in map(str.strip, place.text.split("\n"))]
    among = [place._replace(text=place.text.replace("<e>", "with LOCK#: f()")) for place in blocks]
    asked = HELD._replace(body=HELD.body.replace("OTHER#:\n                pass", "LOCK#:\n                pass"))
    source, lines = _program(asked, among)
    found = _holders(tmp_path, source)
    assert [place.name for place, at in zip(among, lines, strict=True) if found.isdisjoint(at)] == []


# -- how a statement is left


#: A flag that a method has set in each way in which it returns, so that nobody waits.
SET = Asked(
    "FIN104",
    "self.done = True",
    """
    class A#:
        def __init__(self):
            self.done = False
            self.thread = threading.Thread(target=f)
            self.thread.start()
        def close(self):
            <text>
        def __del__(self):
            self.close()
            if not self.done:
                self.thread.join()
    """,
    "import threading",
)


def _unfound_behind(folder: Path, asked: Asked, places_: list[Place]) -> list[str]:
    """The places behind which nothing is found."""
    among = [place._replace(text=f"{place.text.replace('<l>', 'return')}\n{asked.given}") for place in places_]
    return [name.rpartition(" | ")[0] for name in _unseen(folder, asked, among)]


@pytest.mark.parametrize("asked", [READ, RAISED, KEPT, SLEPT, TASKS], ids=lambda asked: asked.code)
def test_what_is_never_come_to(asked: Asked, tmp_path: Path) -> None:
    """The same is found behind what may be passed, and not behind what is always left."""
    asked = asked._replace(given="self.file") if asked is READ else asked
    leaving, passing = [*places(table.LEAVING)], [*places(table.PASSING)]
    for folder in (tmp_path / "leaving", tmp_path / "passing"):
        folder.mkdir()
    assert _unfound_behind(tmp_path / "passing", asked, passing) == []
    assert len(_unfound_behind(tmp_path / "leaving", asked, leaving)) == len(leaving)


def test_what_is_done_in_every_way(tmp_path: Path) -> None:
    """A flag that is set in each way in which a method returns is set behind a call of it."""
    leaving = [place for place in places(table.LEAVING) if "<l>" in place.text]
    among = [*leaving, *places(table.PASSING)]
    among = [
        place._replace(text=re.sub(r"^( *)<l>", r"\1self.done = True\n\1return", place.text, flags=re.M))
        for place in among
    ]
    source, lines = _program(SET, among)
    found = {finding.span.line for finding in check(tmp_path, {"program": source}).findings if finding.code == SET.code}
    joined = [at.stop + 3 in found for at in lines]
    assert [
        place.name for place, waits in zip(among, joined, strict=True) if waits is (place in among[: len(leaving)])
    ] == []
