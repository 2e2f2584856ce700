"""Which frame of a stack is a finalizer's, and what started it.

The interpreter calls a finalizer from between two instructions, so the frame below it is at an instruction that calls
nothing, or at one whose line does not name what runs above it. Without instructions (dumps of other tools) only those
finalizers are known that have a name of their own: ``__del__``, and the trampolines of ``weakref`` and
``multiprocessing``. Imports nothing but plain data: programs that are watched use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from finlint.live.stacks import Frame, Thread

DEL = "__del__"
FINALIZE = "weakref.finalize"
AT_EXIT = "weakref.finalize at exit"
MP_FINALIZE = "multiprocessing.util.Finalize"
MP_AT_EXIT = "multiprocessing.util.Finalize at exit"
GC_CALLBACK = "gc.callbacks"
GENERATOR = "generator"
IO_CLOSE = "io close"
CALLBACK = "weakref callback"
#: The collector is held, and no Python frame says by what.
NATIVE = "a callback without a Python frame"

#: Instructions that never call Python code on purpose: a Python frame above one of them was started by the drop of a
#: reference or by the collector. Looked at on 3.10 to 3.13; ``STORE_NAME`` is not among them, because the namespace of
#: a class body may be any mapping.
CALLS_NOTHING = frozenset(
    {
        "BUILD_LIST",
        "BUILD_SLICE",
        "BUILD_TUPLE",
        "CLEANUP_THROW",
        "COPY",
        "COPY_FREE_VARS",
        "DELETE_DEREF",
        "DELETE_FAST",
        "DELETE_GLOBAL",
        "DUP_TOP",
        "END_FOR",
        "JUMP_ABSOLUTE",
        "JUMP_BACKWARD",
        "JUMP_BACKWARD_NO_INTERRUPT",
        "JUMP_FORWARD",
        "LIST_APPEND",
        "LOAD_BUILD_CLASS",
        "LOAD_CLOSURE",
        "LOAD_CONST",
        "LOAD_FAST",
        "LOAD_FAST_AND_CLEAR",
        "MAKE_CELL",
        "MAKE_FUNCTION",
        "NOP",
        "POP_BLOCK",
        "POP_EXCEPT",
        "POP_TOP",
        "PUSH_EXC_INFO",
        "RESUME",
        "RETURN_CONST",
        "RETURN_GENERATOR",
        "RETURN_VALUE",
        "ROT_TWO",
        "STORE_DEREF",
        "STORE_FAST",
        "STORE_FAST_LOAD_FAST",
        "STORE_FAST_STORE_FAST",
        "STORE_GLOBAL",
        "SWAP",
        "YIELD_VALUE",
    }
)

#: Those of them that let go of a reference. At the others only the collector can have started something, or a handler
#: of a signal, or a tracer; where the collector's hook is listened to, it was not the collector.
DROPS = frozenset(
    {
        "DELETE_DEREF",
        "DELETE_FAST",
        "DELETE_GLOBAL",
        "END_FOR",
        "POP_EXCEPT",
        "POP_TOP",
        "RETURN_CONST",
        "RETURN_VALUE",
        "STORE_DEREF",
        "STORE_FAST",
        "STORE_FAST_LOAD_FAST",
        "STORE_FAST_STORE_FAST",
        "STORE_GLOBAL",
    }
)


#: What let go of the object: a collection, the last reference that was dropped, one of the two, the interpreter's exit.
StartedBy = Literal["collector", "drop", "collector or drop", "exit"]


class Running(NamedTuple):
    """A finalizer on a stack: ``frames[at]`` is the frame that the interpreter called (-1: none, the callback is
    written in C)."""

    kind: str
    at: int
    started_by: StartedBy


def running(thread: Thread, *, hooked: bool, collecting: bool = False) -> list[Running]:
    """The finalizers on a thread's stack, the innermost first.

    ``hooked``: the collector's hook tells of every collection; ``collecting``: one is under way in some thread.
    """
    found = list(_running(thread, hooked, collecting))
    held = thread.collection
    if held is not None and not any(r.at < held.interrupted and r.started_by == "collector" for r in found):
        # Python code ran meanwhile, or nobody could have looked: the collector waits for something written in C.
        found.append(Running(NATIVE, -1, "collector"))
    return found


def _running(thread: Thread, hooked: bool, collecting: bool) -> Iterator[Running]:
    frames = thread.frames
    interrupted = thread.collection.interrupted if thread.collection is not None else None
    for at, frame in enumerate(frames):
        below = frames[at + 1] if at + 1 < len(frames) else None
        by_collector = interrupted is not None and at + 1 == interrupted
        kind = _kind(frame, below, by_collector, DROPS if hooked else CALLS_NOTHING)
        if not kind:
            continue
        if kind in (AT_EXIT, MP_AT_EXIT):
            started_by: StartedBy = "exit"
        elif by_collector or kind == GC_CALLBACK:
            started_by = "collector"
        elif hooked:
            started_by = "drop"
        else:
            started_by = "collector" if collecting else "collector or drop"
        yield Running(kind, at, started_by)


def _kind(frame: Frame, below: Frame | None, by_collector: bool, quiet: frozenset[str]) -> str:
    """What kind of finalizer the frame is; "" for none. At ``quiet`` instructions the program calls nothing."""
    trampoline = frame.kind or _trampoline(frame)
    if trampoline == FINALIZE:
        return _finalize(frame, below)
    if trampoline == MP_FINALIZE:
        if _is_exit(below, "_run_finalizers"):
            return MP_AT_EXIT
        return "" if _is_none(frame, "wr") else MP_FINALIZE
    if trampoline == GC_CALLBACK:
        return GC_CALLBACK
    named = below is not None and below.loads is not None and frame.name in below.loads
    if frame.name == "__del__":
        return "" if named else DEL
    if below is None or named:
        return ""
    if not (by_collector or below.opcode in quiet):
        return ""
    if trampoline in (GENERATOR, IO_CLOSE):
        return trampoline
    # Handlers run between instructions, too, but not from within the collector.
    return "" if trampoline == HANDLER and not by_collector else CALLBACK


#: A frame that the interpreter calls between instructions and that is no finalizer: of a signal, a trace function.
HANDLER = "handler"


def _trampoline(frame: Frame) -> str:
    if frame.name == "__call__":
        path = frame.path.replace("\\", "/")
        if path.endswith(("/weakref.py", "weakref.py")) and "/site-packages/" not in path:
            return FINALIZE
        if path.endswith("multiprocessing/util.py"):
            return MP_FINALIZE
    return ""


def _finalize(frame: Frame, below: Frame | None) -> str:
    """``finalize.__call__(self, _=None)``: the interpreter passes the dead reference, a caller nothing."""
    if _is_exit(below, "_exitfunc"):
        return AT_EXIT
    if _is_none(frame, "_"):
        return ""
    return FINALIZE


def _is_none(frame: Frame, name: str) -> bool:
    value = frame.locals.get(name)
    return value is not None and value.text == "None"


def _is_exit(below: Frame | None, name: str) -> bool:
    return below is not None and below.name == name
