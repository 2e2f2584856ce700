"""Whether a value is an instance of a class, and whether a function is a coroutine function: where that is certain."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Items

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Suspended,
    Value,
    WeakReference,
    alternatives,
    is_known,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.model import ir

#: Classes of constants, beside which nothing else can be an instance of them that we call a constant.
_PLAIN = {f"builtins.{cls.__name__}": cls for cls in (bool, int, float, complex, str, bytes)}
#: Classes of which nothing is an instance beside what is made by them, and constants.
_BUILTINS = frozenset({*_PLAIN, *(f"builtins.{cls.__name__}" for cls in (list, tuple, set, frozenset, dict))})
#: What has no classes of its own as instances, but whatever has the right methods.
_STRUCTURAL = (
    "abc.",
    "collections.abc.",
    "typing.",
    "typing_extensions.",
    "numbers.",
    "os.PathLike",
    "builtins.object",
)


def is_instance(value: Value, classes: Items[Class | Lib], ask: Queries) -> bool | None:
    """Whether one value is an instance of one of ``classes``; None where that is not certain."""
    verdicts = {_is_one(value, cls, ask) for cls in classes}
    if True in verdicts:
        return True
    return None if None in verdicts or not verdicts else False


def _is_one(value: Value, cls: Class | Lib, ask: Queries) -> bool | None:
    name = ask.knowledge.canonical(cls.name) if isinstance(cls, Lib) else ""
    if isinstance(value, Object):
        if cls in ask.classes.mro(value.cls):
            return True
        if name and any(isinstance(b, Lib) and name in _names(b.name, ask) for b in ask.classes.mro(value.cls)):
            return True
        if name.startswith(_STRUCTURAL) or not value.site or ask.classes.has_unknown_base(value.cls):
            # An instance of which only a base is known, or a class that we do not know all of.
            return None
        return None if isinstance(cls, Lib) and not ask.knowledge.is_class(name) else False
    if isinstance(value, LibObject):
        if name in _names(value.type, ask):
            return True
        if isinstance(cls, Class) or name.startswith(_STRUCTURAL):
            return None
        known = ask.knowledge.is_class(value.type) and ask.knowledge.is_class(name)
        return False if known and value.type not in _names(name, ask) else None
    if isinstance(value, WeakReference):
        return True if name.startswith("weakref.") and "roxy" not in name else None
    if isinstance(value, Const) and value.firm:
        return isinstance(value.value, _PLAIN[name]) if name in _PLAIN else None
    if isinstance(value, (Function, Bound)) and name.startswith("weakref."):
        return False
    if isinstance(value, Sequence) and value.kind in ("list", "tuple", "set") and value.items is not None:
        if name == f"builtins.{value.kind}":
            return True
        return False if name in _BUILTINS else None
    if isinstance(value, Mapping):
        # Of whichever class it is, it is none of these.
        return False if name in _BUILTINS - {"builtins.dict"} else None
    return None


def is_subclass(value: Value, classes: Items[Class | Lib], is_itself: bool, ask: Queries) -> bool | None:
    """What ``issubclass(value, classes)`` gives; None where that is not certain. ``is_itself``: ``value`` is no heir of
    the class that it seems to be."""
    if not isinstance(value, Class):
        return None
    bases = ask.classes.mro(value)
    if any(cls in bases for cls in classes):
        return True
    if not is_itself or ask.classes.has_unknown_base(value) or any(_has_others(cls, ask) for cls in classes):
        return None
    return False


def _has_others(cls: Class | Lib, ask: Queries) -> bool:
    """Whether classes that do not inherit from it may be subclasses of it: its metaclass says so."""
    if isinstance(cls, Lib):
        return True
    bases = ask.classes.mro(cls)
    made = (arg.keyword == "metaclass" for base in bases if isinstance(base, Class) for arg in base.node.facts.bases)
    return any(made) or any(isinstance(base, Lib) and base.name != "builtins.object" for base in bases)


def is_named(expr: ir.Expr, state: EvalState) -> bool:
    """Whether an expression is the name of a class that the module's body binds: it is no heir of that."""
    context: CallContext | None = state.context
    while context is not None and context.function is not None:
        if not isinstance(expr, ir.Name) or expr.id in context.function.ir.bound or expr.id == "__class__":
            return False
        context = context.parent
    return isinstance(expr, ir.Name)


def _names(name: str, ask: Queries) -> tuple[str, ...]:
    canonical = ask.knowledge.canonical(name)
    return (canonical, *ask.knowledge.bases(canonical))


def is_coroutine_function(value: Value, ask: Queries) -> bool | None:
    """Whether calling ``value`` makes a coroutine; None where that is not certain."""
    function = value.function if isinstance(value, Bound) else value
    if isinstance(function, Function):
        return function.node.ir.is_async
    if isinstance(function, (Lib, LibMethod)):
        entry = ask.knowledge.entry(ask.knowledge.canonical(function.name))
        return entry.is_async if entry is not None and not entry.is_class else None
    return None


def is_coroutine(value: Value) -> bool | None:
    """Whether ``value`` is a coroutine; None where that is not certain."""
    if isinstance(value, LibCoroutine):
        return True
    if isinstance(value, Suspended):
        return value.kind == "coroutine"
    return False if isinstance(value, Const) and value.firm else None


def is_exact(expr: ir.Expr, state: EvalState, ask: Queries) -> bool:
    """Whether the value of ``expr`` is all that it can be: what is read from elsewhere may be something else, too."""
    if isinstance(expr, (ir.Const, ir.Call, ir.Display)):
        return True
    context = state.context
    function = context.function
    if isinstance(expr, ir.Name):
        given = context.param(expr.id)
        definitions = function.index.names.get(expr.id, []) if function is not None else []
        if given is not None and is_known(given):
            return not definitions
        return bool(definitions) and all(
            d.how == "value"
            and not d.path
            and (
                isinstance(d.node, (ir.Const, ir.Call))
                or (isinstance(d.node, ir.Attr) and is_exact(d.node, state, ask))
            )
            for d in definitions
        )
    if isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name):
        owner = context.param(expr.value.id)
        return isinstance(owner, Object) and ask.own_stores.is_told(owner, expr.name)
    return False


def same(verdicts: Iterable[bool | None]) -> bool | None:
    """What all verdicts are, where they agree."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else None


def of_all(value: Value, classes: Items[Class | Lib], ask: Queries) -> bool | None:
    """Whether whatever ``value`` may be is an instance of one of ``classes``, or none of it is."""
    return same(is_instance(option, classes, ask) for option in alternatives(value))
