"""What a piece of code may do to the thread that runs it, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.values import UNKNOWN, Value
from finlint.knowledge.entries import Lasts
from finlint.model import ir
from finlint.model.codes import BlockingKind
from finlint.model.finding import Confidence
from finlint.model.source import Span

#: What code may do to the thread that runs it: block it, or hand work over in a way that is not safe.
EffectKind = BlockingKind | Literal["unsafe-handoff", "exit-thread", "inner-lock"]


class Effect(NamedTuple):
    """One thing that a call does. ``subject`` is the source text of the receiver, for messages."""

    kind: EffectKind
    call: str
    path: str
    span: Span
    lasts: Lasts
    confidence: Confidence
    subject: str = ""
    #: A timeout bounds it.
    timed: bool = False
    #: How many seconds it lasts at the most, where an argument of the call says that.
    seconds: float | None = None

    @property
    def culprit(self) -> tuple[str, str, str, Span]:
        """What it is, and where: by whatever way it is reached, it is one culprit."""
        return self[:4]


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
    """``CallArgs`` that are evaluated when somebody looks at them: much of what is called does not.

    ``written`` are the arguments as they stand in the call; ``evaluate`` gives the value of one of their expressions,
    ``evaluate_all`` all of them at once.
    """

    __slots__ = ("_evaluate_all", "_given", "evaluate", "written")

    def __init__(
        self,
        written: tuple[ir.Arg, ...],
        evaluate: Callable[[ir.Expr], Value],
        evaluate_all: Callable[[], CallArgs],
    ) -> None:
        self.written = written
        self.evaluate = evaluate
        self._evaluate_all = evaluate_all
        self._given: CallArgs | None = None

    @property
    def given(self) -> CallArgs:
        if self._given is None:
            self._given = self._evaluate_all()
        return self._given

    def expressions(self, function: ir.Function, received: bool) -> dict[str, ir.Expr] | None:
        """The expressions that a call of ``function`` gives to its parameters, by name; None where that cannot be
        told by their places alone. ``received``: the first parameter is the receiver."""
        if any(arg.star for arg in self.written):
            return None
        positional = [arg.value for arg in self.written if not arg.keyword]
        keywords = {arg.keyword: arg.value for arg in self.written if arg.keyword}
        out: dict[str, ir.Expr] = {}
        for param in function.params[1:] if received else function.params:
            if param.kind in ("*", "**"):
                return None
            if param.kind != "kw" and positional:
                out[param.name] = positional.pop(0)
            elif param.kind != "pos" and param.name in keywords:
                out[param.name] = keywords[param.name]
        return out

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
    context: CallContext
    #: ``multiprocessing.util.Finalize`` with an exit priority: run by the interpreter's exit as well.
    at_exit: bool = False
    #: The registering call itself: its expressions tell apart objects whose values are equal.
    call: ir.Call | None = None


class Recorder(Protocol):
    """Listens to an evaluation: the summary of a function that is being followed."""

    def effect(self, effect: Effect) -> None: ...
    def edge(self, span: Span, target: CallContext) -> None: ...
    def registration(self, registration: Registration) -> None: ...
