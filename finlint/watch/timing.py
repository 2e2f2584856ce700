"""Counts and times every finalizer: ``__del__`` of classes written in Python, ``weakref.finalize`` and
``multiprocessing.util.Finalize``.

On 3.12 and later by ``sys.monitoring``, with events of those functions alone; before by wrapping them. Explicit calls
of ``__del__`` count too. Callbacks of ``weakref.ref``, generators, and classes that ``type(...)`` makes later are not
seen.
"""

from __future__ import annotations

import _thread
import builtins
import multiprocessing.util
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from finlint.watch import sight

_now, _ident = time.perf_counter, _thread.get_ident
_FINALIZE: Any = weakref.finalize
_MP_FINALIZE: Any = multiprocessing.util.Finalize

#: Times by name: how often, seconds, seconds of the longest.
Table = dict[str, list[float]]


class Timing:
    """The counts of all threads, from ``start`` to ``stop``."""

    def __init__(self) -> None:
        self._tables: dict[int, Table] = {}
        self._how: Any = _HOW(self.add)
        self._build_class = builtins.__build_class__

    def start(self) -> None:
        """Look for classes, and at those that are made from now on."""
        build_class, found = self._build_class, self._how.found

        def building(*args: Any, **named: Any) -> Any:
            cls = build_class(*args, **named)
            if isinstance(cls, type):
                found(cls)
            return cls

        self._how.start()
        for cls in _classes():
            found(cls)
        builtins.__build_class__ = building

    def stop(self) -> None:
        """Leave everything as it was."""
        builtins.__build_class__ = self._build_class
        self._how.stop()

    def add(self, name: str, seconds: float) -> None:
        """One more run of a finalizer."""
        # A table of its own for each thread, so that no count is lost.
        table = self._tables.setdefault(_ident(), {})
        row = table.get(name)
        if row is None:
            table[name] = [1, seconds, seconds]
        else:
            row[0] += 1
            row[1] += seconds
            row[2] = max(row[2], seconds)

    def table(self) -> list[tuple[str, int, float, float]]:
        """Name, count, seconds, and those of the longest run; what took most comes first."""
        merged: Table = {}
        for table in list(self._tables.values()):
            for name, (count, total, longest) in list(table.items()):
                row = merged.setdefault(name, [0, 0.0, 0.0])
                row[:] = [row[0] + count, row[1] + total, max(row[2], longest)]
        rows = [(name, int(count), total, longest) for name, (count, total, longest) in merged.items()]
        return sorted(rows, key=lambda row: row[2], reverse=True)


def _classes() -> Iterator[type]:
    todo: list[type] = [object]
    seen: set[type] = {object}
    while todo:
        below: list[type] = type.__subclasses__(todo.pop())
        for cls in below:
            if cls not in seen:
                seen.add(cls)
                todo.append(cls)
                yield cls


def _own_del(cls: type) -> Any:
    """The ``__del__`` that the class itself defines in Python; None for none."""
    function = sight.namespace(cls).get("__del__")
    return function if sight.code_of(function) is not None else None


class _Wrapped:
    """Functions are replaced by ones that look at the clock before and after."""

    def __init__(self, add: Callable[[str, float], None]) -> None:
        self._add = add
        self._undo: list[tuple[type, str, Any]] = []

    def start(self) -> None:
        self._replace(_FINALIZE, "__call__", self._trampoline(_FINALIZE.__call__, _finalize_name))
        self._replace(_MP_FINALIZE, "__call__", self._trampoline(_MP_FINALIZE.__call__, _mp_name))

    def stop(self) -> None:
        for cls, name, original in reversed(self._undo):
            type.__setattr__(cls, name, original)
        self._undo.clear()

    def found(self, cls: type) -> None:
        original = _own_del(cls)
        if original is None or id(sight.code_of(original)) in sight.OURS:
            return
        name, add = original.__qualname__, self._add

        def __del__(self: object) -> None:  # noqa: N807
            started = _now()
            try:
                original(self)
            finally:
                add(name, _now() - started)

        sight.OURS.add(id(__del__.__code__))
        __del__.__wrapped__ = original  # type: ignore[attr-defined]
        __del__.__qualname__, __del__.__doc__, __del__.__module__ = name, original.__doc__, original.__module__
        self._replace(cls, "__del__", __del__)

    def _replace(self, cls: type, name: str, by: object) -> None:
        try:
            original = cls.__dict__[name]
            type.__setattr__(cls, name, by)
        except TypeError:  # not a class that can be changed
            return
        self._undo.append((cls, name, original))

    def _trampoline(self, original: Any, name_of: Callable[[Any], str]) -> Any:
        add = self._add

        def __call__(self: Any, *args: Any, **named: Any) -> Any:  # noqa: N807
            name = name_of(self)
            started = _now()
            try:
                return original(self, *args, **named)
            finally:
                if name and any(argument is not None for argument in (*args, *named.values())):
                    add(name, _now() - started)

        sight.OURS.add(id(__call__.__code__))
        return __call__


def _finalize_name(finalizer: Any) -> str:
    info = _FINALIZE._registry.get(finalizer)
    return "" if info is None else sight.name_of(info.func)


def _mp_name(finalizer: Any) -> str:
    callback = getattr(finalizer, "_callback", None)
    return "" if callback is None else sight.name_of(callback)


if sys.version_info >= (3, 12):
    _EVENTS = sys.monitoring.events
    _LOCAL = _EVENTS.PY_START | _EVENTS.PY_RETURN
    #: 0 to 2 and 5 are taken by convention: debuggers, coverage, profilers, optimizers.
    _TOOLS = (4, 3)

    class _Monitored:
        """Events of the functions' own code.

        ``PY_UNWIND`` cannot be local and would be paid by every exception, so that a finalizer that raises is counted
        when the next one of its thread starts, without its time.
        """

        def __init__(self, add: Callable[[str, float], None]) -> None:
            self._add = add
            self._tool = -1
            self._codes: dict[CodeType, str] = {}
            self._open: dict[int, list[tuple[CodeType, float]]] = {}

        def start(self) -> None:
            for tool in _TOOLS:
                if sys.monitoring.get_tool(tool) is None:
                    self._tool = tool
                    break
            else:
                raise ValueError("timing: sys.monitoring has no free tool")
            sys.monitoring.use_tool_id(self._tool, "finlint.watch")
            sys.monitoring.register_callback(self._tool, _EVENTS.PY_START, self._starts)
            sys.monitoring.register_callback(self._tool, _EVENTS.PY_RETURN, self._returns)
            self._watch(_FINALIZE.__call__.__code__, "")
            self._watch(_MP_FINALIZE.__call__.__code__, "")

        def stop(self) -> None:
            for code in self._codes:
                sys.monitoring.set_local_events(self._tool, code, 0)
            for event in (_EVENTS.PY_START, _EVENTS.PY_RETURN):
                sys.monitoring.register_callback(self._tool, event, None)
            sys.monitoring.free_tool_id(self._tool)
            self._codes.clear()

        def found(self, cls: type) -> None:
            function = _own_del(cls)
            code = sight.code_of(function)
            if code is not None:
                self._watch(code, function.__qualname__)

        def _watch(self, code: CodeType, name: str) -> None:
            self._codes[code] = name
            sys.monitoring.set_local_events(self._tool, code, _LOCAL)

        def _starts(self, code: CodeType, offset: int) -> None:
            opened = self._open.setdefault(_ident(), [])
            if opened:
                self._drop_raised(opened)
            opened.append((code, _now()))

        def _drop_raised(self, opened: list[tuple[CodeType, float]]) -> None:
            """What is on no frame any more has raised."""
            running = {id(frame.f_code) for frame in sight.chain(sys._getframe(3))}
            while opened and id(opened[-1][0]) not in running:
                self._add(self._codes.get(opened.pop()[0]) or "a finalizer that raised", 0.0)

        def _returns(self, code: CodeType, offset: int, value: object) -> None:
            ended = _now()
            opened = self._open.get(_ident(), [])
            while opened:
                started, since = opened.pop()
                if started is code:
                    name = self._codes.get(code) or _called(sys._getframe(1).f_locals)
                    if name:
                        self._add(name, ended - since)
                    return
                self._add(self._codes.get(started) or "a finalizer that raised", 0.0)

    _HOW: Any = _Monitored
else:
    _HOW = _Wrapped


def _called(local: dict[str, Any]) -> str:
    """What a trampoline has called for the interpreter; "" where it has called nothing, or for the program."""
    if local.get("_") is not None and local.get("info") is not None:
        return sight.name_of(local["info"].func)
    return sight.name_of(local["self"]._callback) if local.get("wr") is not None and local.get("self") else ""
