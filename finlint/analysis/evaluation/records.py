"""The ``__init__`` that ``dataclass`` and attrs write: one that stores its parameters, and runs ``__post_init__``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import UNKNOWN, Class, Function, Lib, Value
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.model import ir
from finlint.model.source import Span

#: Decorators that write an ``__init__`` from the annotations of the body, and those of attrs that ask for ``attr.ib``.
RECORD_DECORATORS = frozenset(
    {
        "dataclasses.dataclass",
        "attr.s",
        "attr.attrs",
        "attr.define",
        "attr.frozen",
        "attr.mutable",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
        "pydantic.dataclasses.dataclass",
    }
)
_FIELDS = frozenset({"field", "ib", "attrib"})
#: What a written ``__init__`` runs at its end.
POST_INITS = ("__post_init__", "__attrs_post_init__")


class Field(NamedTuple):
    """A field of a record. ``default`` is an expression, ``field(...)`` among them; ``given``: it is a parameter;
    ``stored``: it is an attribute, too (``InitVar`` is none)."""

    name: str
    annotation: ir.Expr | None
    default: ir.Expr | None
    by_keyword: bool
    given: bool
    stored: bool
    span: Span


class Records:
    """Questions about what is written for a class."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._inits: dict[ClassNode, FunctionNode | None] = {}

    def decorator(self, cls: Class) -> ir.Expr | None:
        """The decorator that makes ``cls`` itself a record."""
        for decorator in cls.node.facts.decorators:
            named = decorator.func if isinstance(decorator, ir.Call) else decorator
            value = self.ask.expressions.eval(named, EvalState(cls.context))
            if isinstance(value, Lib) and value.name in RECORD_DECORATORS:
                return decorator
        return None

    def init(self, cls: Class) -> Function | None:
        """The ``__init__`` that is written for ``cls``; None for a class that is no record or has its own."""
        node = cls.node
        if node not in self._inits:
            self._inits[node] = None
            if (node.facts.decorators or self._is_named_tuple(cls)) and node.method("__init__") is None:
                self._inits[node] = self._written(cls)
        made = self._inits[node]
        return None if made is None else Function(made, cls.context)

    def stores(self, cls: Class, name: str) -> bool:
        """Whether instances get ``name`` by a written ``__init__``: what the body gives it is only the default."""
        for base in self.ask.classes.mro(cls):
            if isinstance(base, Class):
                init = self.init(base)
                if init is not None:
                    return ("self", name) in init.node.index.stores
                if base.node.method("__init__") is not None:
                    return False
        return False

    def _written(self, cls: Class) -> FunctionNode | None:
        decorator = self.decorator(cls)
        if decorator is None and not self._is_named_tuple(cls):
            return None
        if decorator is not None and _says(decorator, "init", False):
            return None
        fields: dict[str, Field] = {}
        for base in reversed(self.ask.classes.mro(cls)):
            if isinstance(base, Class) and (base == cls or self.decorator(base) is not None):
                fields.update((field.name, field) for field in self._fields(base))
        return FunctionNode(cls.node.module, self._function(cls, list(fields.values())), cls.node)

    def _is_named_tuple(self, cls: Class) -> bool:
        """``class Point(NamedTuple)``: it has no ``__init__``, but is made as if it had."""
        bases = self.ask.classes.bases(cls) if cls.node.facts.bases else ()
        return any(isinstance(base, Lib) and base.name == "typing.NamedTuple" for base in bases)

    def _fields(self, cls: Class) -> Iterator[Field]:
        by_keyword = False
        for binding in cls.node.facts.members:
            if binding.kind != "assign":
                continue
            for stmt in cls.node.module.statements(binding):
                annotation = stmt.annotation if isinstance(stmt, ir.AnnAssign) else None
                kind = _kind(annotation)
                by_keyword = by_keyword or kind == "KW_ONLY"
                value = stmt.value if isinstance(stmt, (ir.Assign, ir.AnnAssign)) else None
                made = value if isinstance(value, ir.Call) and _last(value.func) in _FIELDS else None
                if kind in ("ClassVar", "KW_ONLY") or (annotation is None and made is None):
                    continue
                if kind == "InitVar" and isinstance(annotation, ir.Subscript):
                    annotation = annotation.key
                keyword = by_keyword or (made is not None and _says(made, "kw_only", True))
                given = made is None or not _says(made, "init", False)
                span = stmt.span  # type: ignore[union-attr]
                yield Field(binding.name, annotation, _default(value), keyword, given, kind != "InitVar", span)

    def _function(self, cls: Class, fields: list[Field]) -> ir.Function:
        span = cls.node.facts.span
        me = ir.Name("self", span)
        params = [ir.Param("self", "pos", None, None)]
        body: list[ir.Stmt] = []
        passed: list[ir.Arg] = []
        for field in fields:
            # attrs calls the parameter of ``_lock`` ``lock``.
            name = field.name.lstrip("_") if field.name.startswith("_") and self._is_attrs(cls) else field.name
            value = ir.Name(name, field.span) if field.given else _made_by_itself(field)
            if field.given:
                params.append(ir.Param(name, "kw" if field.by_keyword else "any", field.annotation, field.default))
            if field.stored and value is not None:
                body.append(ir.Assign((ir.Attr(me, field.name, field.span),), value, field.span))
            elif not field.stored:
                passed.append(ir.Arg(ir.Name(name, field.span)))
        for after in POST_INITS:
            if self.ask.classes.class_function(cls, after) is not None:
                body.append(ir.ExprStmt(ir.Call(ir.Attr(me, after, span), tuple(passed), span), span))
        bound = frozenset(param.name for param in params)
        return ir.Function("__init__", tuple(params), tuple(body), None, (), False, False, bound, span)

    def factories(self, init: FunctionNode, args: Args) -> Iterator[Value]:
        """What a written ``__init__`` calls for the fields that it is not given: ``field(default_factory=X)``."""
        if init.owner is None or self._inits.get(init.owner) is not init:
            return
        given = {name for name, _ in self.ask.binding.bind(init, args, UNKNOWN, fill=False)}
        for param in init.ir.params:
            factory = _factory(param.default) if param.name not in given else None
            if factory is not None:
                yield self.ask.binding.default(factory, init)

    def _is_attrs(self, cls: Class) -> bool:
        decorator = self.decorator(cls)
        named = decorator.func if isinstance(decorator, ir.Call) else decorator
        value = self.ask.expressions.eval(named, EvalState(cls.context)) if named is not None else None
        return isinstance(value, Lib) and value.name.startswith("attr")


def _default(value: ir.Expr | None) -> ir.Expr | None:
    """What a field is where it is not given: None for ``field()`` that says nothing of it."""
    if isinstance(value, ir.Call) and _last(value.func) in _FIELDS:
        given = {arg.keyword: arg.value for arg in value.args if arg.keyword}
        if "default" in given:
            return given["default"]
        return value if {"default_factory", "factory"} & given.keys() else None
    return value


def _factory(default: ir.Expr | None) -> ir.Expr | None:
    """``X`` of ``field(default_factory=X)`` and of ``attr.Factory(X)``; None for other defaults."""
    if not isinstance(default, ir.Call) or not default.args:
        return None
    if _last(default.func) == "Factory":
        return default.args[0].value
    named = _last(default.func) in _FIELDS
    return next((a.value for a in default.args if named and a.keyword in ("default_factory", "factory")), None)


def _made_by_itself(field: Field) -> ir.Expr | None:
    """What ``__init__`` gives to a field that is no parameter."""
    factory = _factory(field.default)
    return field.default if factory is None else ir.Call(factory, (), field.span)


def _kind(annotation: ir.Expr | None) -> str:
    """``ClassVar``, ``InitVar`` or another last name of what a field is annotated with."""
    named = annotation.value if isinstance(annotation, ir.Subscript) else annotation
    return "" if named is None else _last(named)


def _last(expr: ir.Expr) -> str:
    return dotted(expr).rpartition(".")[2]


def _says(call: ir.Expr, keyword: str, value: bool) -> bool:
    args = call.args if isinstance(call, ir.Call) else ()
    return any(arg.keyword == keyword and arg.value == ir.Const(value) for arg in args)
