"""Where expressions are evaluated, and names and attribute paths while a body is run in order."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Recorder
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    Object,
    Sequence,
    Value,
    union,
)
from finlint.analysis.program.statements import call_at, children
from finlint.model import ir
from finlint.model.source import Span


def receiver_of(context: CallContext) -> Object | None:
    """The instance that a method runs on: what its first parameter is."""
    value = context.params[0][1] if context.params else None
    return value if isinstance(value, Object) else None


def call_in(context: CallContext, span: Span) -> ir.Call | None:
    """The call that stands at ``span`` of the function of ``context``; None where it has none, or nothing there is."""
    return call_at(context.function.ir.body, span) if context.function is not None else None


class Result(Enum):
    """What the caller does with what a function returns: it looks at it, perhaps looks at it later, or drops it."""

    WANTED = "wanted"
    LAZY = "later"
    UNWANTED = "unwanted"


class Lazy:
    """A value that is worked out when somebody asks for it: most results of calls are never looked at."""

    __slots__ = ("_ask", "_value")

    def __init__(self, ask: Callable[[], Value]) -> None:
        self._ask: Callable[[], Value] | None = ask
        #: What it is while it is being worked out, as with all questions that lead to themselves.
        self._value: Value = UNKNOWN

    def value(self) -> Value:
        if self._ask is not None:
            ask, self._ask = self._ask, None
            self._value = ask()
        return self._value


#: Stands before the path of a flag (``finlint.analysis.evaluation.flags``) in an environment.
FLAG = "?"

#: What is known of names and attribute paths (``self.pool``) at one place of a body.
Env = dict[str, Value | Lazy]


def settled(value: Value | Lazy) -> Value:
    """The value itself."""
    return value.value() if type(value) is Lazy else value  # type: ignore[return-value]


def known_in(env: Env, path: str) -> Value | None:
    """What ``env`` says of a name or an attribute path; None if it says nothing."""
    value = env.get(path)
    if type(value) is Lazy:
        value = env[path] = value.value()
    return value  # type: ignore[return-value]


class EvalState:
    """Where an expression is evaluated: call context, local environment (None: flow-insensitive), and who listens."""

    __slots__ = ("context", "env", "module", "recorder")

    def __init__(
        self,
        context: CallContext,
        env: Env | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.context = context
        self.module = context.module
        self.env = env
        self.recorder = recorder

    def with_names(self, names: dict[str, Value]) -> EvalState:
        env: Env = dict(self.env) if self.env is not None else {}
        env.update(names)
        return EvalState(self.context, env, self.recorder)

    def quiet(self) -> EvalState:
        """This moment's state for a question that is asked later, to which nobody listens."""
        return EvalState(self.context, dict(self.env or {}))


def dotted(expr: ir.Expr) -> str:
    """``a.b.c`` for a name followed by attributes, else ""."""
    parts: list[str] = []
    while isinstance(expr, ir.Attr):
        parts.append(expr.name)
        expr = expr.value
    if not isinstance(expr, ir.Name):
        return ""
    parts.append(expr.id)
    return ".".join(reversed(parts))


def place(expr: ir.Expr) -> Span | None:
    """Where an expression stands, by its first part that has a place; None where none has (constants)."""
    stack = [expr]
    while stack:
        part = stack.pop()
        span = getattr(part, "span", None)
        if isinstance(span, Span):
            return span
        stack.extend(reversed(children(part)))
    return None


def assign(target: ir.Expr, value: Value | Lazy, env: Env, item: Callable[[Value, Value], Value]) -> None:
    """Bind ``target`` to ``value`` in ``env``; what was known of a rebound name's attributes is forgotten.

    ``item`` gives the items of a value, and one of them that is not known by UNKNOWN.
    """
    if isinstance(target, ir.Name):
        forget(target.id, env)
        env[target.id] = value
    elif isinstance(target, ir.Attr):
        path = dotted(target)
        if path:
            forget(path, env)
            env[path] = value
    elif isinstance(target, ir.Display):
        starred = 0
        for position, part in enumerate(target.items):
            if isinstance(part, ir.Starred):
                starred = len(target.items)
                assign(part.value, Sequence("list", None, item(settled(value), UNKNOWN)), env, item)
            else:
                # What follows a starred target is counted from the end.
                assign(part, item(settled(value), Const(position - starred)), env, item)


def forget(path: str, env: Env) -> None:
    """Drop what ``env`` knows of the attributes of ``path``, and what it is as a flag."""
    prefix, flag = path + ".", FLAG + path
    for key in [key for key in env if key.startswith((prefix, flag + ".", flag + " ")) or key == flag]:
        del env[key]


def joined(ends: list[Env]) -> Env:
    """What is known where several ways meet."""
    if len(ends) == 1:
        return ends[0]
    first, rest = ends[0], ends[1:]
    out: Env = {}
    for name, value in first.items():
        others = [env[name] for env in rest if name in env]
        if len(others) == len(rest):
            out[name] = value if all(other is value for other in others) else _met([value, *others])
    # A name that only some ways assigned is read from the call context, which knows all its assignments.
    return out


def _met(values: list[Value | Lazy]) -> Value | Lazy:
    """What a name is where ways meet that know different things of it."""
    if any(type(value) is Lazy for value in values):
        return Lazy(lambda: _met_values([settled(value) for value in values]))
    return _met_values([settled(value) for value in values])


def _met_values(values: list[Value]) -> Value:
    return values[0] if all(value == values[0] for value in values) else union(values)
