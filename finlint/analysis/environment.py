"""Where expressions are evaluated, and names and attribute paths while a body is run in order."""

from __future__ import annotations

from collections.abc import Callable

from finlint.analysis.effects import Recorder
from finlint.analysis.nodes import children
from finlint.analysis.scopes import Scope
from finlint.analysis.values import (
    UNKNOWN,
    Const,
    Sequence,
    Value,
)
from finlint.model import ir
from finlint.model.source import Span


class Context:
    """Where an expression is evaluated: scope, local environment (None: flow-insensitive), and who listens."""

    __slots__ = ("env", "module", "recorder", "scope")

    def __init__(
        self,
        scope: Scope,
        env: dict[str, Value] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.scope = scope
        self.module = scope.module
        self.env = env
        self.recorder = recorder

    def with_names(self, names: dict[str, Value]) -> Context:
        env = dict(self.env) if self.env is not None else {}
        env.update(names)
        return Context(self.scope, env, self.recorder)


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


def assign(target: ir.Expr, value: Value, env: dict[str, Value], item: Callable[[Value, Value], Value]) -> None:
    """Bind ``target`` to ``value`` in ``env``; what was known of a rebound name's attributes is forgotten."""
    if isinstance(target, ir.Name):
        forget(target.id, env)
        env[target.id] = value
    elif isinstance(target, ir.Attr):
        path = dotted(target)
        if path:
            forget(path, env)
            env[path] = value
    elif isinstance(target, ir.Display):
        starred = False
        for position, part in enumerate(target.items):
            if isinstance(part, ir.Starred):
                starred = True
                assign(part.value, Sequence("list", None, UNKNOWN), env, item)
            else:
                assign(part, UNKNOWN if starred else item(value, Const(position)), env, item)


def forget(path: str, env: dict[str, Value]) -> None:
    """Drop what ``env`` knows of the attributes of ``path``."""
    prefix = path + "."
    for key in [key for key in env if key.startswith(prefix)]:
        del env[key]
