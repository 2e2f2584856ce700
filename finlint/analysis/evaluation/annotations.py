"""What annotations say: instances of the types that they name."""

from __future__ import annotations

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    MAYBE_NONE,
    UNKNOWN,
    Class,
    Const,
    Lib,
    LibObject,
    Object,
    Returning,
    Value,
    alternatives,
    says_nothing,
    typed_union,
    union,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.model import ir
from finlint.model.source import Span


class Annotations:
    """Annotations to values."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def annotation(self, expr: ir.Expr, state: EvalState) -> Value:
        """An instance of the type that an annotation names; UNKNOWN where it names none that we know."""
        if isinstance(expr, ir.Const):
            return MAYBE_NONE if expr.value is None else UNKNOWN
        if isinstance(expr, ir.Binary) and expr.op == "BitOr":
            return typed_union([self.annotation(expr.left, state), self.annotation(expr.right, state)])
        if isinstance(expr, ir.Subscript):
            base = self.ask.expressions.eval(expr.value, state)
            name = base.name if isinstance(base, Lib) else ""
            short = name.rpartition(".")[2]
            if short == "Literal":
                return UNKNOWN
            parts = expr.key.items if isinstance(expr.key, ir.Display) else (expr.key,)
            if short == "Callable":
                returned = self.annotation(parts[-1], state)
                return UNKNOWN if says_nothing(returned) else Returning(returned)
            if short in ("type", "Type"):
                return self.ask.expressions.eval(parts[0], state)
            if isinstance(base, Class):
                return self.instance(base)
            if not name:
                return UNKNOWN
            if library_types.is_transparent(name):
                return self.annotation(parts[0], state)
            inner = [
                Const(...) if isinstance(p, ir.Const) and p.value is ... else self.annotation(p, state) for p in parts
            ]
            if short == "Union":
                return typed_union(inner)
            return library_types.generic(name, inner, self.knowledge)
        value = self.ask.expressions.eval(expr, state)
        out = []
        for option in alternatives(value):
            if isinstance(option, Class):
                out.append(self.instance(option))
            elif isinstance(option, Lib):
                out.append(library_types.instance_of(option.name, self.knowledge))
            elif isinstance(option, (Object, LibObject)) and isinstance(expr, (ir.Name, ir.Attr)):
                # A type alias or a NewType was read as a value.
                continue
        return typed_union(out) if out else UNKNOWN

    def named(self, text: str, state: EvalState) -> Value:
        """An instance of the type with this (dotted) name; UNKNOWN for anything else."""
        parts = text.strip().split(".")
        if not all(part.isidentifier() for part in parts):
            return UNKNOWN
        nowhere = Span(1, 1, 1, 1)
        expr: ir.Expr = ir.Name(parts[0], nowhere)
        for part in parts[1:]:
            expr = ir.Attr(expr, part, nowhere)
        return self.annotation(expr, state)

    def instances(self, value: Value) -> Value:
        """Instances of the classes that ``value`` may be."""
        made = [
            self.instance(v) if isinstance(v, Class) else self.annotation_of(v)
            for v in alternatives(value)
            if isinstance(v, (Class, Lib))
        ]
        return union(made) if made else UNKNOWN

    def annotation_of(self, value: Lib) -> Value:
        """An instance of a library class."""
        return library_types.instance_of(value.name, self.knowledge)

    def instance(self, cls: Class) -> Value:
        """An instance of which nothing but the class is known."""
        return Object(cls)
