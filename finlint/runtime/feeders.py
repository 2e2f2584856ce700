"""Who else can end a wait: who holds the channel, mutex or the like that a thread is parked on.

Looks at the local variables of all threads and, once over the whole heap, at what refers to it. That is for a person
who looks at a stuck program, not for a program that runs.
"""

from __future__ import annotations

import gc
import sys
import threading
import types
from collections.abc import Iterator
from typing import Final

from finlint.runtime.channel import NilChannel
from finlint.runtime.collector import Opaque, is_own_dict
from finlint.runtime.edges import described, edge_name
from finlint.runtime.names import is_a, is_ours
from finlint.runtime.parking import Entry, Waiter, parked_waiter

_OURS: Final = (Waiter, Entry, Opaque, types.FrameType)


def feeders_of(ident: int) -> tuple[str, ...] | None:
    """Who holds what the thread is parked on, that thread itself and this package aside; None where it is not parked.

    A nil channel nobody can feed, so nobody is named for it.
    """
    waiter = parked_waiter(ident)
    if waiter is None:
        return None
    found: dict[str, None] = {}
    for subject in waiter.subjects:
        if not isinstance(subject, NilChannel):
            found.update(dict.fromkeys(_in_frames(subject, ident)))
            found.update(dict.fromkeys(_in_heap(subject, waiter.subjects)))
    return tuple(found)


def _in_frames(subject: object, aside: int) -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, innermost in sys._current_frames().items():
        frame: types.FrameType | None = None if ident == aside else innermost
        while frame is not None:
            code = frame.f_code
            if not is_ours(code.co_filename):
                for name, value in list(frame.f_locals.items()):
                    if value is subject:
                        yield (
                            f"{name} in {code.co_name} ({code.co_filename}:{frame.f_lineno}), "
                            f"thread {names.get(ident, ident)}"
                        )
            frame = frame.f_back


def _in_heap(subject: object, aside: object) -> Iterator[str]:
    for holder in gc.get_referrers(subject):
        if is_a(holder, _OURS) or _in_our_code(holder) or holder is aside:
            continue
        if type(holder) is types.CellType:
            yield from _functions_with(holder)
        elif type(holder) is dict:
            yield from _dictionary(holder, subject)
        elif type(holder) is tuple:
            functions = [f"{described(one)}{edge_name(one, subject)}" for one in _functions_of(holder)]
            yield from functions or ["an element of a tuple"]
        elif type(holder) is list or type(holder) is set:
            yield f"an element of a {type(holder).__name__}"
        else:
            yield f"{described(holder)}{edge_name(holder, subject)}"


def _in_our_code(holder: object) -> bool:
    function = holder.__func__ if type(holder) is types.MethodType else holder
    return type(function) is types.FunctionType and is_ours(function.__code__.co_filename)


def _functions_with(cell: object) -> Iterator[str]:
    for closure in gc.get_referrers(cell):
        if type(closure) is tuple:
            yield from (f"{described(function)}{edge_name(function, cell)}" for function in _functions_of(closure))


def _functions_of(values: object) -> Iterator[types.FunctionType]:
    """The functions whose closure or default values these are."""
    for function in gc.get_referrers(values):
        if type(function) is types.FunctionType and not _in_our_code(function):
            yield function


def _dictionary(holder: dict[object, object], subject: object) -> Iterator[str]:
    key = edge_name(holder, subject)
    if "__name__" in holder and "__builtins__" in holder:
        yield f"{key[2:-2]}, global of module {holder['__name__']}"
        return
    owners = gc.get_referrers(holder)
    # Local variables are found elsewhere. (Before Python 3.11 the frames that are looking here are referrers, too.)
    if any(type(owner) is types.FrameType and not is_ours(owner.f_code.co_filename) for owner in owners):
        return
    named = [f"{described(owner)}.{key[2:-2]}" for owner in owners if is_own_dict(owner, holder)]
    yield from named or [f"a dict{key}"]
