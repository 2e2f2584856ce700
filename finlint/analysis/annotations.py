"""What annotations say: instances of the types that they name."""

from __future__ import annotations

from finlint.analysis import library
from finlint.analysis.environment import Context
from finlint.analysis.questions import Questions
from finlint.analysis.values import (
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
from finlint.model import ir
from finlint.model.source import Span


class Annotations:
    """Annotations to values."""

    def __init__(self, ask: Questions) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def annotation(self, expr: ir.Expr, context: Context) -> Value:
        """An instance of the type that an annotation names; UNKNOWN where it names none that we know."""
        if isinstance(expr, ir.Const):
            return MAYBE_NONE if expr.value is None else UNKNOWN
        if isinstance(expr, ir.Binary) and expr.op == "BitOr":
            return typed_union([self.annotation(expr.left, context), self.annotation(expr.right, context)])
        if isinstance(expr, ir.Subscript):
            base = self.ask.eval(expr.value, context)
            name = base.name if isinstance(base, Lib) else ""
            short = name.rpartition(".")[2]
            if short == "Literal":
                return UNKNOWN
            parts = expr.key.items if isinstance(expr.key, ir.Display) else (expr.key,)
            if short == "Callable":
                returned = self.annotation(parts[-1], context)
                return UNKNOWN if says_nothing(returned) else Returning(returned)
            if short in ("type", "Type"):
                return self.ask.eval(parts[0], context)
            if isinstance(base, Class):
                return self.instance(base)
            if not name:
                return UNKNOWN
            if library.is_transparent(name):
                return self.annotation(parts[0], context)
            inner = [
                Const(...) if isinstance(p, ir.Const) and p.value is ... else self.annotation(p, context) for p in parts
            ]
            if short == "Union":
                return typed_union(inner)
            return library.generic(name, inner, self.knowledge)
        value = self.ask.eval(expr, context)
        out = []
        for option in alternatives(value):
            if isinstance(option, Class):
                out.append(self.instance(option))
            elif isinstance(option, Lib):
                out.append(library.instance_of(option.name, self.knowledge))
            elif isinstance(option, (Object, LibObject)) and isinstance(expr, (ir.Name, ir.Attr)):
                # A type alias or a NewType was read as a value.
                continue
        return typed_union(out) if out else UNKNOWN

    def named(self, text: str, context: Context) -> Value:
        """An instance of the type with this (dotted) name; UNKNOWN for anything else."""
        parts = text.strip().split(".")
        if not all(part.isidentifier() for part in parts):
            return UNKNOWN
        nowhere = Span(1, 1, 1, 1)
        expr: ir.Expr = ir.Name(parts[0], nowhere)
        for part in parts[1:]:
            expr = ir.Attr(expr, part, nowhere)
        return self.annotation(expr, context)

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
        return library.instance_of(value.name, self.knowledge)

    def instance(self, cls: Class) -> Value:
        """An instance of which nothing but the class is known."""
        return Object(cls)
