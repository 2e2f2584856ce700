"""All threads of the process at one moment as plain data: what a child process can be asked about."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from types import FrameType
from typing import Any

from finlint.live.stacks import Collection, Frame, Thread
from finlint.watch import sight

#: As ``finlint.live.readers.recorded`` reads it.
VERSION = 1
#: Objects of the young generation of which the types are counted; more would hold the interpreter for too long.
_MOST_OBJECTS = 2_000_000
_ROWS = 5


def names() -> dict[int, str]:
    """The names of threads by ident, without the lock of ``threading``, which a stuck one may have."""
    return {ident: getattr(thread, "_name", "") for ident, thread in dict(threading._active).items()}  # type: ignore[attr-defined]


def roots() -> list[str]:
    """The folders that paths of frames may be below. This asks the system, and other threads run meanwhile: not to be
    asked while frames are held."""
    try:
        here = [os.getcwd()]
    except OSError:  # it has been removed
        here = []
    return here + [entry for entry in sys.path if isinstance(entry, str) and os.path.isdir(entry)]


def record(frames: Mapping[int, FrameType], stuck: Mapping[int, Thread], own: frozenset[int]) -> dict[str, Any]:
    """A record but for its ``roots``: ``stuck`` has the threads that are in finalizers, by ident; those in ``own`` are
    left out."""
    named = names()
    wanted = _wanted([frames[ident] for ident in stuck if ident in frames])
    threads = []
    for ident, top in frames.items():
        if ident in own and ident not in stuck:
            continue
        live = sight.chain(top)
        told = stuck.get(ident)
        described = told.frames if told is not None and len(told.frames) == len(live) else sight.stack(live, None)
        threads.append(
            {
                "ident": ident,
                "name": named.get(ident, ""),
                "seconds": None if told is None else told.seconds,
                "collection": None if told is None or told.collection is None else _collection(told.collection),
                "frames": [
                    _frame(frame, plain, told is not None or _may_hold(frame, wanted))
                    for frame, plain in zip(live, described, strict=True)
                ],
            }
        )
        del live
    return {
        "finlint.watch": VERSION,
        "pid": os.getpid(),
        "threads": threads,
    }


def young() -> tuple[tuple[str, int], ...]:
    """The commonest types among the objects that were made since the last collection.

    Turned into text within one call in C: no code of the program runs, and the objects are let go before another
    thread can have dropped them, so that none dies here.
    """
    if gc.get_count()[0] > _MOST_OBJECTS:
        return ()
    counted = Counter(map(type.__repr__, map(type, gc.get_objects(generation=0))))
    return tuple((_bare(name), count) for name, count in counted.most_common(_ROWS))


def _bare(text: str) -> str:
    return text.removeprefix("<class '").removesuffix("'>")


def _wanted(tops: list[FrameType]) -> frozenset[str]:
    """The names on the lines that stuck threads wait at: a lock that they want is called by one of them."""
    return frozenset(name for top in tops for frame in sight.chain(top)[:4] for name in sight.loads(frame))


def _may_hold(frame: FrameType, wanted: frozenset[str]) -> bool:
    code = frame.f_code
    return not wanted.isdisjoint((*code.co_names, *code.co_varnames, *code.co_freevars))


def _frame(live: FrameType, plain: Frame, with_values: bool) -> dict[str, Any]:
    values = {**plain.locals, **(sight.values(live) if with_values else {})}
    return {
        "function": plain.function,
        "path": plain.path,
        "line": plain.line,
        "opcode": plain.opcode,
        "loads": None if plain.loads is None else list(plain.loads),
        "kind": plain.kind,
        "values": {name: [value.address, value.text] for name, value in values.items()},
    }


def _collection(held: Collection) -> dict[str, Any]:
    return {**held._asdict(), "young": [list(row) for row in held.young]}
