"""What a piece of code may do to the thread that runs it, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from finlint.analysis.scopes import Scope
from finlint.analysis.values import UNKNOWN, Value
from finlint.model import ir
from finlint.model.finding import Confidence
from finlint.model.source import Span


class Effect(NamedTuple):
    """``kind`` is a blocking kind of ``model.codes``, "unsafe-handoff" or "exit-thread".

    ``lasts`` is "unbounded", "bounded" or "short"; ``subject`` is the source text of the receiver, for messages.
    """

    kind: str
    call: str
    path: str
    span: Span
    lasts: str
    confidence: Confidence
    subject: str = ""


class CallArgs(NamedTuple):
    """Evaluated arguments. ``open_ended``: ``*args`` or ``**kwargs`` of unknown length was spliced in; ``spliced``
    is what an element of it may be."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    open_ended: bool = False
    spliced: Value = UNKNOWN

    def keyword(self, name: str) -> Value | None:
        for key, value in self.keywords:
            if key == name:
                return value
        return None


class PendingArgs:
    """``CallArgs`` that are evaluated when somebody looks at one of them: much of what is called does not."""

    __slots__ = ("_evaluate", "_given")

    def __init__(self, evaluate: Callable[[], CallArgs]) -> None:
        self._evaluate = evaluate
        self._given: CallArgs | None = None

    @property
    def given(self) -> CallArgs:
        if self._given is None:
            self._given = self._evaluate()
        return self._given

    @property
    def positional(self) -> tuple[Value, ...]:
        return self.given.positional

    @property
    def keywords(self) -> tuple[tuple[str, Value], ...]:
        return self.given.keywords

    @property
    def open_ended(self) -> bool:
        return self.given.open_ended

    @property
    def spliced(self) -> Value:
        return self.given.spliced

    def keyword(self, name: str) -> Value | None:
        return self.given.keyword(name)


#: Arguments of a call.
Args = CallArgs | PendingArgs


class Registration(NamedTuple):
    """A finalizer was registered. ``obj`` is what it watches (None: nothing), ``args`` what the callback is
    called with, beside what the registrar itself passes (the weak reference, the object)."""

    registrar: str
    path: str
    span: Span
    obj: Value | None
    callback: Value
    args: CallArgs
    scope: Scope
    #: ``multiprocessing.util.Finalize`` with an exit priority: run by the interpreter's exit as well.
    at_exit: bool = False
    #: The registering call itself: its expressions tell apart objects whose values are equal.
    call: ir.Call | None = None


class Recorder(Protocol):
    """Listens to an evaluation: the frame of a function that is being followed."""

    def effect(self, effect: Effect) -> None: ...
    def edge(self, span: Span, target: Scope) -> None: ...
    def registration(self, registration: Registration) -> None: ...
