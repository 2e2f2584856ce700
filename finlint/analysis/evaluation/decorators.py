"""What a decorated name is bound to."""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    DISPATCH,
    DISPATCH_METHOD,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    Marked,
    MarkedKind,
    Object,
    Partial,
    Suspended,
    Value,
    alternatives,
    union,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.model import ir

_PROPERTIES = frozenset(
    {
        "builtins.property",
        "functools.cached_property",
        "abc.abstractproperty",
        "types.DynamicClassAttribute",
        "enum.property",
    }
)
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})

_DISPATCHERS: dict[str, MarkedKind] = {
    "functools.singledispatch": DISPATCH,
    "functools.singledispatchmethod": DISPATCH_METHOD,
}


class Decorators:
    """Decorators applied."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def decorated(self, function: Function, context: CallContext) -> Value:
        """What the name of a decorated function is bound to."""
        value: Value = function
        state = EvalState(context)
        for decorator in reversed(function.node.ir.decorators):
            value = self._apply_decorator(decorator, value, function, state)
        return value

    def decorated_class(self, cls: Class) -> Value:
        """What the name of a class is bound to, after its decorators: the class, unless one gives another."""
        value: Value = cls
        state = EvalState(cls.context)
        for decorator in reversed(cls.node.facts.decorators):
            called = decorator.func if isinstance(decorator, ir.Call) else decorator
            if not isinstance(self.ask.expressions.eval(called, state), (Function, Class, Bound)):
                continue
            target = self.ask.expressions.eval(decorator, state)
            result = self.ask.calls.call(target, CallArgs((value,)), state, None, None)
            made = [v for v in alternatives(result) if isinstance(v, Class)]
            if made:
                value = union(made)
            else:
                # What gives instances of it is called by its name, which goes on to stand for the class elsewhere.
                value = union([value, *(v for v in alternatives(result) if isinstance(v, (Function, Bound, Partial)))])
        return value

    def _is_manager(self, value: Value) -> bool:
        """Whether it is a context manager that decorates functions, too."""
        if isinstance(value, Object):
            bases = self.ask.classes.mro(value.cls)
            return any(isinstance(base, Lib) and base.name == "contextlib.ContextDecorator" for base in bases)
        return isinstance(value, Suspended) and value.kind == "context"

    def _apply_decorator(self, decorator: ir.Expr, value: Value, function: Function, state: EvalState) -> Value:
        if isinstance(decorator, ir.Attr) and decorator.name in ("setter", "deleter", "getter"):
            # The property itself was defined before; reading it goes to its getter.
            return UNKNOWN if decorator.name != "getter" else Marked("property", value)
        target = self.ask.expressions.eval(decorator.func if isinstance(decorator, ir.Call) else decorator, state)
        if isinstance(target, Lib):
            name = self.knowledge.canonical(target.name)
            if name in ("builtins.staticmethod", "abc.abstractstaticmethod"):
                return Marked("static", value)
            if name in ("builtins.classmethod", "abc.abstractclassmethod"):
                return Marked("class", value)
            if name in _PROPERTIES or name.rpartition(".")[2] in ("cached_property", "lazy_property"):
                return Marked("property", value)
            if name in _CONTEXT_MANAGERS:
                return Marked("context", value)
            if name in _DISPATCHERS:
                return Marked(_DISPATCHERS[name], value)
            return value
        made = isinstance(decorator, ir.Call) and isinstance(target, (Class, Marked))
        manager = self.ask.expressions.eval(decorator, state) if made else target
        if self._is_manager(manager):
            return Marked("within", Partial(value, (manager,), ()))
        if isinstance(target, (Function, Class, Bound)):
            if isinstance(decorator, ir.Call):
                target = self.ask.expressions.eval(decorator, state)
            result = self.ask.calls.call(target, CallArgs((value,)), state, None, None)
            if isinstance(target, Class) and isinstance(result, Object):
                if (
                    self.ask.classes.class_function(target, "__get__") is not None
                    and self.ask.classes.class_function(target, "__call__") is None
                ):
                    return Marked("property", value)
                if self.ask.classes.class_function(target, "__call__") is None:
                    return value
            useful = [v for v in alternatives(result) if isinstance(v, (Function, Bound, Partial, Object, Marked))]
            return union(useful) if useful else value
        return value
