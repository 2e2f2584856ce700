"""What a live frame is, read without running anything of the program: instruction, names, kind, locks.

Everything here is called with the collector switched off, and hands out plain data: a frame that is held for longer
than a switch of threads would have its objects die in the thread that holds it.
"""

from __future__ import annotations

import _io
import _thread
import dis
import gc
import multiprocessing.util
import signal
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from finlint.live.recognise import (
    CALLS_NOTHING,
    DEL,
    FINALIZE,
    GC_CALLBACK,
    GENERATOR,
    HANDLER,
    IO_CLOSE,
    MP_FINALIZE,
)
from finlint.live.stacks import Frame, Value

_FINALIZE: CodeType = weakref.finalize.__call__.__code__
_MP_FINALIZE: CodeType = multiprocessing.util.Finalize.__call__.__code__
_TRAMPOLINES = {id(_FINALIZE): FINALIZE, id(_MP_FINALIZE): MP_FINALIZE}
#: CO_GENERATOR and CO_ASYNC_GENERATOR of ``inspect``, which is not worth its import here.
_IS_GENERATOR = 0x20 | 0x200
#: CO_OPTIMIZED: local variables that are no dictionary.
_IS_OPTIMIZED = 0x1

#: Names of classes, past whatever their metaclass makes of that.
_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, MethodWrapperType)
_NOTHING = object()


def _is(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Unlike ``isinstance`` it does not ask the object for its ``__class__``."""
    return issubclass(type(value), kinds)


#: Instructions by code and offset, with the code, so that its id is not used again.
_instructions: dict[tuple[int, int], tuple[CodeType, str]] = {}
_names: dict[tuple[int, int], tuple[CodeType, tuple[str, ...]]] = {}
_MOST = 4096


def opcode(frame: FrameType) -> str:
    """The name of the instruction that the frame executes; "" before the first."""
    code, at = frame.f_code, frame.f_lasti
    found = _instructions.get((id(code), at))
    if found is None:
        if len(_instructions) >= _MOST:
            _instructions.clear()
        found = code, dis.opname[code.co_code[at]] if at >= 0 else ""
        _instructions[id(code), at] = found
    return found[1]


def loads(frame: FrameType) -> tuple[str, ...]:
    """The names that the frame's line loads up to the instruction that it executes."""
    code, at = frame.f_code, frame.f_lasti
    found = _names.get((id(code), at))
    if found is None:
        if len(_names) >= _MOST:
            _names.clear()
        found = code, tuple(_loaded(code, at))
        _names[id(code), at] = found
    return found[1]


def _loaded(code: CodeType, at: int) -> Iterator[str]:
    here = _line(code, at)
    spans = [(start, end) for start, end, line in code.co_lines() if line == here]
    for instruction in dis.get_instructions(code):
        if instruction.offset > at:
            return
        if not instruction.opname.startswith(("LOAD_", "IMPORT_")):
            continue
        if instruction.opname == "LOAD_CONST" and instruction.argval != DEL:  # as in getattr(obj, "__del__")()
            continue
        if isinstance(instruction.argval, str) and any(start <= instruction.offset < end for start, end in spans):
            yield instruction.argval


def _line(code: CodeType, at: int) -> int | None:
    return next((line for start, end, line in code.co_lines() if start <= at < end), None)


#: Ids of codes of the watch's own functions that may stand on the program's stacks: they are looked through.
OURS: set[int] = set()


def chain(top: FrameType) -> list[FrameType]:
    """The frames of a thread, the innermost first."""
    out = []
    frame: FrameType | None = top
    while frame is not None:
        if id(frame.f_code) not in OURS:
            out.append(frame)
        frame = frame.f_back
    return out


def stack(frames: list[FrameType], interrupted: int | None) -> tuple[Frame, ...]:
    """The frames as plain data, with what ``recognise`` needs and no locals but for that.

    ``interrupted`` is the number of the frame in which the collector was started.
    """
    callbacks = {id(code) for code in map(code_of, gc.callbacks) if code is not None}
    out: list[Frame] = []
    for at, frame in enumerate(frames):
        code = frame.f_code
        below = frames[at + 1] if at + 1 < len(frames) else None
        started = at + 1 == interrupted or (below is not None and opcode(below) in CALLS_NOTHING)
        kind = GC_CALLBACK if id(code) in callbacks else _TRAMPOLINES.get(id(code), "")
        values: Mapping[str, Value] = {}
        if kind in (FINALIZE, MP_FINALIZE):
            values = _trampoline_values(frame, kind)
        elif started and not kind:
            kind = _special(frame, below)
        # Names cost a disassembly: only where they can decide.
        above = out[-1] if out else None
        asked = above is not None and (above.name == DEL or (at == interrupted) or opcode(frame) in CALLS_NOTHING)
        out.append(
            Frame(
                qualified(frame),
                code.co_filename,
                frame.f_lineno or 0,
                values,
                opcode(frame),
                loads(frame) if asked else None,
                kind,
            )
        )
    return tuple(out)


def _trampoline_values(frame: FrameType, kind: str) -> dict[str, Value]:
    """What the trampoline was called with, and what it calls."""
    local = locals_of(frame)
    argument, holder, name = ("_", "info", "func") if kind == FINALIZE else ("wr", "self", "_callback")
    values = {argument: Value(0, "None" if local.get(argument) is None else "a dead reference")}
    function = getattr(local.get(holder), name, None)
    if function is not None:
        values[f"{holder}.{name}"] = Value(id(function), name_of(function))
    return values


def _special(frame: FrameType, below: FrameType | None) -> str:
    code = frame.f_code
    if code.co_flags & _IS_GENERATOR:
        return GENERATOR
    if code.co_name == "close" and code.co_argcount and _is(locals_of(frame).get(code.co_varnames[0]), _io._IOBase):
        return IO_CLOSE
    return HANDLER if _is_handler(code, below) else ""


def _is_handler(code: CodeType, below: FrameType | None) -> bool:
    """Whether it is the handler of a signal, or the frame below is traced: then that may be its tracer."""
    if below is not None and below.f_trace is not None and type(below.f_trace) is not Mark:
        return True
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    return any(code_of(handler) is code for handler in handlers)


class Mark:
    """Tells one call of a function from the next: it is kept in the frame itself, as its local trace function.

    Frames can be neither weakly referenced nor held, and their ids are used again, on 3.10 by every call of a function.
    Without a tracer nobody looks at that attribute; with one this is called, and wants nothing.
    """

    __slots__ = ("reported", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.reported = False

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        return None


def mark(frame: FrameType, now: float) -> Mark | None:
    """The mark of the call, made where it has none; None where a tracer has the frame."""
    found: object = frame.f_trace
    if type(found) is Mark:
        return found
    if found is not None:
        return None
    made = Mark(now)
    frame.f_trace = made
    return made


# -- names


def locals_of(frame: FrameType) -> Mapping[str, Any]:
    """The local variables of a function; of a class body or ``exec`` only where they are in a plain dictionary, as any
    other mapping runs code of the program's.
    """
    local = frame.f_locals
    return local if frame.f_code.co_flags & _IS_OPTIMIZED or type(local) is dict else {}


def qualified(frame: FrameType) -> str:
    """The function's name with its class; on 3.10 that of a method only."""
    code = frame.f_code
    if sys.version_info >= (3, 11):
        return code.co_qualname
    if code.co_argcount and code.co_varnames[0] in ("self", "cls") and code.co_name in _METHODS:
        instance = locals_of(frame).get(code.co_varnames[0])
        for cls in mro(instance if _is(instance, type) else type(instance)):  # type: ignore[arg-type]
            function = namespace(cls).get(code.co_name)
            # ``timing`` wraps.
            if code in (code_of(function), code_of(namespace(function).get("__wrapped__"))):
                return f"{_qualname(cls)}.{code.co_name}"
    return code.co_name


#: Whose class is looked up on 3.10 at every look; the source says that of the others.
_METHODS = (DEL, "close")


def name_of(function: object) -> str:
    """How a callable is called; the name of its type where it has none."""
    if _is(function, type):
        return _qualname(function)  # type: ignore[arg-type]
    inner: Any = function.__func__ if type(function) is MethodType else function
    name = inner.__qualname__ if _is(inner, _FUNCTIONS) else namespace(inner).get("__qualname__")
    return name if type(name) is str else f"a {_qualname(type(function))}"


def code_of(function: object) -> CodeType | None:
    """The code of a function or a method; None for anything else."""
    inner = function.__func__ if type(function) is MethodType else function
    return inner.__code__ if type(inner) is FunctionType else None


# -- locks

_MOST_VALUES = 200
_DEPTH = 2


def values(frame: FrameType) -> dict[str, Value]:
    """The locks that the frame's function can name, by dotted name with address; and ``self``."""
    code = frame.f_code
    out: dict[str, Value] = {}
    local = dict(locals_of(frame))
    if code.co_argcount and (first := code.co_varnames[0]) in local:
        out[first] = Value(id(local[first]), shown(local[first]))
    used = frozenset(code.co_names)
    found = ((name, dict.get(frame.f_globals, name, _NOTHING)) for name in used if name not in local)
    outer = {name: value for name, value in found if value is not _NOTHING}
    for name, value in (*local.items(), *outer.items()):
        _walk(name, value, used, out, _DEPTH)
    return out


def _walk(name: str, value: object, used: Iterable[str], out: dict[str, Value], depth: int) -> None:
    if len(out) >= _MOST_VALUES:
        return
    if is_lock(value):
        inner = attribute(value, "_lock") if _qualname(type(value)) == "Condition" else None
        out[name] = Value(id(value if inner is None else inner), shown(value if inner is None else inner))
    elif depth:
        for attr in used:
            found = attribute(value, attr)
            if found is not None:
                _walk(f"{name}.{attr}", found, used, out, depth - 1)


def is_lock(value: object) -> bool:
    """Whether its type has ``acquire`` and ``release``."""
    classes = mro(type(value))
    return any("acquire" in namespace(cls) for cls in classes) and any("release" in namespace(cls) for cls in classes)


def attribute(value: object, name: str) -> object:
    """What the object, or its class, keeps by this name; None for nothing. Runs no property and no ``__getattr__``."""
    kept = namespace(value)
    if name in kept:
        return kept[name]
    for cls in mro(value if _is(value, type) else type(value)):  # type: ignore[arg-type]
        if name in namespace(cls):
            return _of_class(namespace(cls)[name], value)
    return None


def _of_class(found: object, value: object) -> object:
    if type(found) is MemberDescriptorType:
        try:
            return found.__get__(value)
        except (AttributeError, TypeError):  # a slot that is empty, or of a class and not of its object
            return None
    return None if any("__get__" in namespace(cls) for cls in mro(type(found))) else found


def mro(cls: type) -> tuple[type, ...]:
    """``cls.__mro__``, past whatever its metaclass makes of that."""
    found = type.__dict__["__mro__"].__get__(cls)
    return found if isinstance(found, tuple) else ()


def namespace(value: object) -> Mapping[str, Any]:
    """The ``__dict__`` of an object or a class; empty where it has none, or one that runs code."""
    if _is(value, type):
        found = type.__dict__["__dict__"].__get__(value)
        return found if isinstance(found, Mapping) else {}
    for cls in mro(type(value)):
        descriptor = namespace(cls).get("__dict__")
        if descriptor is not None:
            if not _is(descriptor, (GetSetDescriptorType, MemberDescriptorType)):
                return {}
            found = descriptor.__get__(value)
            return found if type(found) is dict else {}
    return {}


#: Their ``repr`` is written in C and says who has them.
_LOCKS = (_thread.LockType, _thread.RLock)


def shown(value: object) -> str:
    """An object without its own ``repr``, which may run anything: type and address."""
    if any(type(value) is kind for kind in _LOCKS):
        return repr(value)
    return f"<{_qualname(type(value))} at {id(value):#x}>"
