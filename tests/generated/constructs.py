"""The table of constructs: text files in ``tables/``, one entry a construct.

An entry is a title and up to three or more parts, divided by lines of four dashes:

    #### attribute of a plain class
    class Box:                      definitions of the module
        def __init__(self, v):
            self.v = v
    ----
    v = Box(v)                      how it is stored
    ----
    v = v.v                         how it is read

Everywhere ``v`` is the value on its way: the resource that somebody waits for, or what it is packed into. What the
parts are depends on the table, see `Kind`. Imports are added where a module of the standard library is named. Names
that the definitions bind get a number where the program has them already. Markers are put in by `compose`:

    BODY    on a line of its own: the statements that go on inwards, with ``v``
    CALL    in an expression: a call that does the same
    MAKE    in an expression: the value of ``v`` from there on inwards, made anew
    VALUE   on a line of its own: statements that bind ``value`` (retentions)

A title may end in the first Python that can run it: ``[3.12]``.
"""

from __future__ import annotations

import re
import sys
from enum import Enum
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLES = Path(__file__).parent / "tables"


class Kind(Enum):
    """A table. In brackets its parts; the first of two or three may be left out where there are no definitions."""

    #: [make, use that blocks, other uses ...] a resource, and how it is used
    PRIMITIVE = "primitives"
    #: [definitions, store, read] where the resource is kept on its way
    CARRIER = "carriers"
    #: [definitions, statements] how what blocks is called
    HOP = "hops"
    #: [definitions, statements] the same, by a call that waits for it, and is a finding whatever it waits for
    WAIT = "waits"
    #: [definitions, statements] the same, but it is not called, or not by the finalizer
    SILENCE = "silences"
    #: [definitions, make] how the finalizer is registered; make binds ``x``, the object
    REGISTRATION = "registrations"
    #: [definitions, statements] a ``value`` that the registration keeps, and perhaps the object with it
    RETENTION = "retentions"
    #: [definitions, make] registrations that keep a ``value``
    KEEPER = "keepers"


class Construct(NamedTuple):
    kind: Kind
    title: str
    parts: tuple[str, ...]
    #: The first Python that can run it.
    since: tuple[int, int] = (3, 0)

    @property
    def name(self) -> str:
        return f"{self.kind.value}: {self.title}"


_TITLE = re.compile(r"(.*?)(?: \[(\d+)\.(\d+)\])?")


def table(kind: Kind) -> tuple[Construct, ...]:
    """The constructs of a kind that this Python can run, in the order of the file."""
    return tuple(one for one in whole_table(kind) if sys.version_info >= one.since)


@cache
def whole_table(kind: Kind) -> tuple[Construct, ...]:
    """The constructs of a kind, whatever Python they need."""
    text = (TABLES / f"{kind.value}.txt").read_text("utf-8")
    out = []
    for entry in re.split(r"(?m)^#### ", text)[1:]:
        heading, _, rest = entry.partition("\n")
        match = _TITLE.fullmatch(heading)
        assert match is not None
        since = (int(match[2]), int(match[3])) if match[2] else (3, 0)
        parts = [part.strip("\n") for part in re.split(r"(?m)^----\n", rest)]
        out.append(Construct(kind, match[1], _whole(kind, parts), since))
    titles = [construct.title for construct in out]
    assert len(titles) == len(set(titles)), kind
    return tuple(out)


def _whole(kind: Kind, parts: list[str]) -> tuple[str, ...]:
    wanted = {Kind.PRIMITIVE: 0, Kind.CARRIER: 3}.get(kind, 2)
    missing = max(wanted - len(parts), 0)
    assert missing <= 1, parts
    assert not wanted or len(parts) + missing == wanted, parts
    return ("",) * missing + tuple(parts)


def named(name: str) -> Construct:
    """The construct of a `Construct.name`. Raises KeyError where there is none."""
    kind, _, title = name.partition(": ")
    found = next((one for one in table(Kind(kind)) if one.title == title), None)
    if found is None:
        raise KeyError(name)
    return found


class Limit(NamedTuple):
    """A construct that finlint does not follow as Python runs it: it misses what blocks, or reports what does not."""

    fault: str
    name: str
    why: str


@cache
def limits() -> tuple[Limit, ...]:
    """What ``tables/limits.txt`` says is not followed."""
    lines = (TABLES / "limits.txt").read_text("utf-8").splitlines()
    return tuple(Limit(*line.split(" | ")) for line in lines if line)
