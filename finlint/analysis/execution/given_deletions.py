"""``__del__`` that a class is given from outside: ``C.__del__ = f``, by ``setattr``, ``type(...)``, a decorator, ..."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, LibObject, Value, WeakReference, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.library_attributes import VARS
from finlint.analysis.program.statements import expressions_in, flat_statements, last_name
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at, with_closures
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.outline import stmt_span
from finlint.model.source import Span

#: The registrar of finalizers that classes have, and the name of the method.
DEL = "__del__"

#: Methods that put a name into a namespace.
_PUTS = ("update", "setdefault", "__setitem__")
#: What a metaclass gets the namespace of a new class in.
_NAMESPACE_METHODS = ("__new__", "__init__", "__prepare__")

#: ``type(name, bases, namespace)`` on one line.
_MAKES = "type(\n" + r"type\([^\n]*,[^\n]*,"


class Given(NamedTuple):
    """A class (None: not known which) and what it is given as ``__del__``, in ``context``."""

    cls: Class | None
    value: Value
    context: CallContext
    span: Span


#: Statements, each in a context.
Code = list[tuple[CallContext, ir.Stmt]]


def code_of(module: ModuleNode, evaluator: Evaluator) -> Code:
    """The statements of ``module`` that may give a class its ``__del__``, bodies of classes aside."""
    return [(context, stmt) for context, block in _blocks(module, evaluator) for stmt in flat_statements(tuple(block))]


def given_deletions(code: Code, evaluator: Evaluator) -> Iterator[Given]:
    """What statements give to classes."""
    for context, stmt in code:
        yield from _of_statement(stmt, context, evaluator)


def _blocks(module: ModuleNode, evaluator: Evaluator) -> Iterator[tuple[CallContext, Iterable[ir.Stmt]]]:
    """The statements in which the word stands, those of functions in each context that matters."""
    binding = evaluator.binding
    seen: set[object] = set()
    for line in sorted({*module.source.lines("words", DEL), *module.source.lines("matching", _MAKES)}):
        function = function_at(module, line)
        if function is None:
            for statement in module.statements_at(line):
                if statement.line not in seen:
                    seen.add(statement.line)
                    yield binding.module_context(module), module.statements(statement)
        elif function.name != DEL and function not in seen:
            seen.add(function)
            receivers = evaluator.decorations.receivers(function)
            contexts = [binding.method_context(function, cls, None) for cls in receivers]
            for context in contexts or [binding.generic_context(function)]:
                for _, *inner in with_closures(function):
                    node = inner[-1] if inner else function
                    yield binding.closure_context(inner, context), node.ir.body


def _of_statement(stmt: ir.Stmt, context: CallContext, evaluator: Evaluator) -> Iterator[Given]:
    state = EvalState(context)
    for owner, value, span in _gifts(stmt, _named_by(context.function)):
        given = evaluator.expressions.eval(value, state)
        if owner is None:
            yield Given(None, given, context, span)
            continue
        meant = list(evaluator.decorations.meant(evaluator.expressions.eval(owner, state), context.function))
        if isinstance(owner, ir.Name) and not meant and _is_namespace(owner.id, context.function):
            # ``namespace["__del__"] = f``: in a metaclass, of its classes.
            for cls in _of_metaclass(context, evaluator) or (None,):
                inside = context if cls is None else _making(cls, owner.id, context, evaluator)
                yield Given(cls, evaluator.expressions.eval(value, EvalState(inside)), inside, span)
            continue
        for cls in meant or (None,):
            yield Given(cls, given if cls is None else _bound_to(cls, value, context, evaluator), context, span)


def _named_by(function: FunctionNode | None) -> frozenset[str]:
    """The parameters of a function that are ``"__del__"`` where callers say nothing else."""
    params = function.ir.params if function is not None else ()
    return frozenset(param.name for param in params if param.default == ir.Const(DEL))


def _is_del(key: ir.Expr, named: Container[str]) -> bool:
    return key == ir.Const(DEL) or (isinstance(key, ir.Name) and key.id in named)


def _gifts(stmt: ir.Stmt, named: Container[str] = ()) -> Iterator[tuple[ir.Expr | None, ir.Expr, Span]]:
    """Who is given what by a statement: an expression for the class or its namespace, one for the value. ``named``:
    variables that mean the method's name."""
    for bound in bound_singly(stmt):
        target = bound.target
        if bound.how == "value" and (
            (isinstance(target, ir.Attr) and target.name == DEL)
            or (isinstance(target, ir.Subscript) and _is_del(target.key, named))
        ):
            yield target.value, bound.value, stmt_span(stmt)
    for expr in expressions_in(stmt):
        if isinstance(expr, ir.Call):
            yield from _of_call(expr, named)
        elif isinstance(expr, ir.Lambda):
            # ``types.new_class(name, bases, {}, lambda namespace: ...)``
            for inner in expr.function.body:
                yield from _gifts(inner, named)


def _of_call(call: ir.Call, named: Container[str]) -> Iterator[tuple[ir.Expr | None, ir.Expr, Span]]:
    func = call.func
    called = last_name(func)
    args = [arg.value for arg in call.args]
    if called in ("setattr", "__setattr__") and len(args) == 3 and _is_del(args[1], named):
        yield args[0], args[2], call.span
    elif called in _PUTS and isinstance(func, ir.Attr):
        if len(args) == 2 and args[0] == ir.Const(DEL):
            yield func.value, args[1], call.span
        for arg in call.args:
            for value in [arg.value] if arg.keyword == DEL else _entries(arg.value):
                yield func.value, value, call.span


def _entries(namespace: ir.Expr) -> Iterator[ir.Expr]:
    """What a dictionary display holds under ``__del__``."""
    if isinstance(namespace, ir.DictDisplay):
        yield from (value for key, value in namespace.items if key == ir.Const(DEL))


def _is_namespace(name: str, function: FunctionNode | None) -> bool:
    """Whether a variable is what a method of a metaclass gets as the namespace of a new class."""
    return (
        function is not None
        and function.name in _NAMESPACE_METHODS
        and any(param.name == name for param in function.ir.params)
    )


def _of_metaclass(context: CallContext, evaluator: Evaluator) -> list[Class]:
    function = context.function
    if function is None or function.owner is None:
        return []
    owner = evaluator.binding.generic_class(function.owner)
    return evaluator.decorations.with_metaclass(owner) if evaluator.decorations.is_metaclass(owner) else []


def _making(cls: Class, namespace: str, context: CallContext, evaluator: Evaluator) -> CallContext:
    """A metaclass's method where it makes ``cls``: what is in the namespace is in that class."""
    assert context.function is not None
    members = LibObject(VARS, (("object", WeakReference(cls, VARS)),))
    params = tuple((name, members if name == namespace else value) for name, value in context.params)
    return evaluator.binding.context(context.function, params, context.parent)


def _bound_to(cls: Class, value: ir.Expr, context: CallContext, evaluator: Evaluator) -> Value:
    """What is given to one of several classes: ``cls.__del__ = cls.close`` is the class's own ``close``."""
    owner = value.value if isinstance(value, ir.Attr) else None
    if isinstance(owner, ir.Name):
        meant = evaluator.expressions.eval(owner, EvalState(context))
        if cls in set(evaluator.decorations.meant(meant, context.function)) and cls not in alternatives(meant):
            return evaluator.expressions.eval(value, EvalState(context, {owner.id: cls}))
    return evaluator.expressions.eval(value, EvalState(context))


def made_classes(code: Code, evaluator: Evaluator) -> Iterator[Class]:
    """Classes that are made by calling ``type`` with a namespace that has ``__del__``."""
    for context, stmt in code:
        for expr in expressions_in(stmt):
            if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "type":
                made = evaluator.class_making.by_call(expr, EvalState(context))
                if isinstance(made, Class) and DEL in made.node.members:
                    yield made
