"""Whole programs, written by hand, whose finalizers are executed: what a run shows is what finlint has to say.

``programs/*.txt`` holds them, grouped by what they are about. An entry is

    #### a title | blocked          what a run shows: blocked, finished, or kept (the finalizer never ran)
    # missed: the reason            only where finlint is known to disagree: missed, false, or elsewhere;
                                    in decided.txt that is no limit: one run does not show what others may do
    class X:                        the module main.py
        def __del__(self): EV.wait()
    ---- other.py                   another module, by path

Imports of the standard library are added, ``EV``, an event that nobody sets, where a module names it, and ``make``, if
main.py has none: it gives an ``X()``. The run lets go of what ``make`` has given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from finlint.model.finding import Finding

from .compose import Program, imports
from .execute import Outcome
from .judge import of_keeping, of_waits

PROGRAMS = Path(__file__).parent / "programs"

#: The table of those on which finlint says something else than a run on purpose.
DECIDED = "decided"

_KNOWN = re.compile(r"# (missed|false|elsewhere): (.+)\n")
_EVENT = "EV = threading.Event()\n"


class Whole(NamedTuple):
    """``state``: what a run shows. ``fault``: how finlint is known to disagree ("": it does not), and why."""

    table: str
    title: str
    state: str
    program: Program
    fault: str
    why: str

    @property
    def name(self) -> str:
        return f"{self.table}: {self.title}"


def programs(path: Path) -> Iterator[Whole]:
    """The programs of a table."""
    for entry in re.split(r"(?m)^#### ", path.read_text("utf-8"))[1:]:
        heading, _, rest = entry.partition("\n")
        title, _, state = heading.rpartition(" | ")
        known = _KNOWN.match(rest)
        parts = re.split(r"(?m)^---- (\S+)\n", rest[known.end() if known else 0 :])
        names = ["main.py", *parts[1::2]]
        others = {Path(name).stem for name in names} | {name.partition("/")[0] for name in names}
        files = {name: _completed(name, text, others) for name, text in zip(names, parts[::2], strict=True)}
        yield Whole(path.stem, title, state, Program(files), *((known[1], known[2]) if known else ("", "")))


def _completed(name: str, text: str, modules: set[str]) -> str:
    if re.search(r"\bEV\b", text) and not re.search(r"(?m)^EV\b|\bimport\b.*\bEV\b", text):
        text = _EVENT + text
    if name == "main.py" and not re.search(r"(?m)^def make\b|\bimport make\b", text):
        text += "def make():\n    return X()\n"
    needed = imports(text, modules)
    return f"{needed}\n{text}" if needed else text


def fault(one: Whole, found: tuple[Finding, ...], outcome: Outcome) -> str:
    """How finlint disagrees with a run; "" where it does not."""
    return of_waits(one.program, found, outcome) or of_keeping(found, outcome)
