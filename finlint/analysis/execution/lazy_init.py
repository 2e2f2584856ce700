"""What a function does the first time only, making a variable of its module or class: ``if runtime is None: ...``.

A finalizer that comes there waits only if nobody has been there before it; mostly its own object could not exist then.
The same holds for a property that is worked out once, and for a function whose one result is kept. A flag
(``if not started: started = True``) is not such a thing: a finalizer may well be the first to shut something down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from finlint.analysis.domain.state import dotted
from finlint.analysis.domain.values import MADE, Object
from finlint.analysis.program.definitions import Definition, class_of
from finlint.analysis.program.statements import attribute_of, calls_in, inner_blocks, last_name
from finlint.analysis.program.symbols import FunctionNode, function_at, method_kind
from finlint.model import ir
from finlint.model.source import Span

#: What reading a variable raises that nobody has made.
_NOT_THERE = frozenset({"AttributeError", "NameError"})


def made_first(function: FunctionNode, span: Span, receiver: Object | None = None, me: Object | None = None) -> str:
    """The variable that the function makes where it comes to ``span``, and only then; "" if there is none. A property
    of another object (``receiver``) than the finalizer's (``me``) which loads once has been read before by others."""
    if any(last_name(decorator) == "cached_property" for decorator in function.ir.decorators) and _is_read(function):
        return f"{function.ir.params[0].name}.{function.name}"
    if not function.ir.params and _keeps_its_result(function):
        return f"{function.name}()"
    names = _made_by(function)
    if receiver is not None and _is_read_by_others(function, receiver, me):
        first = function.ir.params[0].name if function.ir.params else ""
        names |= {f"{first}.{name}" for name in _stored_by(function)}
    return _within(function.ir.body, span, names) if names else ""


def _stored_by(function: FunctionNode) -> Iterator[str]:
    """The attributes of its object that a method gives what it has made, itself or by other methods of its class."""
    methods = list(function.owner.methods()) if function.owner is not None else []
    seen = [function]
    for method in seen:
        me = method.ir.params[0].name if method.ir.params else ""
        yield from (name for (who, name), found in method.index.stores.items() if who == me and _is_made(found))
        called = {attribute_of(call.func, me) for call in calls_in(method.ir.body)}
        seen.extend(other for other in methods if other.name in called and other not in seen)


def _is_read_by_others(function: FunctionNode, receiver: Object, me: Object | None) -> bool:
    """Whether it is a property that others than a finalizer read. What its object has made itself it may have to itself
    (``MADE``), and what made it and gave itself to it may have others, too: others read it where the module has them.
    """
    if not any(isinstance(d, ir.Name) and d.id == "property" for d in function.ir.decorators):
        return False
    gave_itself = receiver.site == "self" and me is not None and receiver.cls != me.cls
    return receiver.site == "" or ((receiver.site == MADE or gave_itself) and _is_read(function))


def _is_read(function: FunctionNode) -> bool:
    """Whether several functions of its module name a property, so that it is rarely a finalizer that reads it first."""
    module = function.module
    naming = {function_at(module, line) for line in module.source.lines("words", function.name)}
    return bool(function.ir.params) and len(naming - {None, function}) > 1


def _keeps_its_result(function: FunctionNode) -> bool:
    """Whether a decorator runs the body once and keeps what it gives: ``@lru_cache``, ``@cache()``."""
    decorators = (d.func if isinstance(d, ir.Call) else d for d in function.ir.decorators)
    return not {"cache", "lru_cache"}.isdisjoint(map(last_name, decorators))


def _made_by(function: FunctionNode) -> frozenset[str]:
    """Variables of the module, and of the class, that a function gives what it has made."""
    index = function.index
    made = {name for name in index.globals if _is_made(index.names.get(name, ()))}
    owner = function.owner
    if owner is not None and index.stores:
        first = function.ir.params[0].name if function.ir.params else ""
        of_class = method_kind(function) == "class" or function.name == "__new__"
        owners = {owner.name, class_of(first), *((first,) if of_class else ())}
        made |= {f"{who}.{name}" for (who, name), found in index.stores.items() if who in owners and _is_made(found)}
    return frozenset(made)


def _is_made(definitions: Iterable[Definition]) -> bool:
    return any(d.how == "value" and not isinstance(d.node, ir.Const) for d in definitions)


def _within(block: ir.Block, span: Span, names: frozenset[str]) -> str:
    made = ""
    for stmt in block:
        if _holds(stmt, span):
            if made:
                return made
            if isinstance(stmt, ir.If) and not _holds(stmt.test, span):
                inside = any(_holds(inner, span) for inner in stmt.body)
                made = _unset(stmt.test, names) if inside else _set(stmt.test, names)
                return made or _within(stmt.body if inside else stmt.orelse, span, names)
            made = _missing(stmt, span, names) if isinstance(stmt, ir.Try) else ""
            if made:
                return made
            inner = next((inner for inner in inner_blocks(stmt) if any(_holds(part, span) for part in inner)), ())
            return _within(inner, span, names)
        if isinstance(stmt, ir.If) and stmt.body and isinstance(stmt.body[-1], (ir.Return, ir.Raise)):
            made = made or _set(stmt.test, names)
    return ""


def _holds(node: object, span: Span) -> bool:
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Span):
            if part == span:
                return True
        elif isinstance(part, tuple):
            stack.extend(part)
    return False


def _unset(test: ir.Expr, names: frozenset[str]) -> str:
    """The variable that is certainly not made where the test holds."""
    if isinstance(test, ir.Bool) and test.op == "and":
        return _unset(test.left, names) or _unset(test.right, names)
    if isinstance(test, ir.Not):
        return _named(test.value, names)
    return _compared(test, names, ("Is", "Equal"))


def _set(test: ir.Expr, names: frozenset[str]) -> str:
    """The variable that is certainly not made where the test does not hold."""
    if isinstance(test, ir.Bool) and test.op == "or":
        return _set(test.left, names) or _set(test.right, names)
    return _named(test, names) or _compared(test, names, ("IsNot", "NotEqual"))


def _missing(stmt: ir.Try, span: Span, names: frozenset[str]) -> str:
    """The variable that is not made yet where a handler comes to ``span``: ``except AttributeError`` of its reading."""
    for handler in stmt.handlers:
        caught = "" if handler.type is None else last_name(handler.type)
        if caught in _NOT_THERE and any(_holds(inner, span) for inner in handler.body):
            read = (part for part in stmt.body if isinstance(part, (ir.Return, ir.ExprStmt)))
            return next((name for part in read if (name := _named(part.value, names))), "")
    return ""


def _named(expr: ir.Expr | None, names: frozenset[str]) -> str:
    if isinstance(expr, ir.Call) and last_name(expr.func) == "hasattr" and len(expr.args) == 2:
        owner, attribute = (arg.value for arg in expr.args)
        text = attribute.value if isinstance(attribute, ir.Const) else None
        name = f"{dotted(owner)}.{text}" if isinstance(owner, ir.Name) and isinstance(text, str) else ""
        return name if name in names else ""
    name = dotted(expr) if isinstance(expr, (ir.Name, ir.Attr)) else ""
    return name if name in names else ""


def _compared(test: ir.Expr, names: frozenset[str], operators: tuple[str, ...]) -> str:
    if isinstance(test, ir.Compare) and len(test.rest) == 1:
        ((operator, right),) = test.rest
        if operator in operators and isinstance(right, ir.Const) and right.value is None:
            return _named(test.left, names)
    return ""
