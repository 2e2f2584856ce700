"""Whether a value contains the object that a registration watches: by attributes, captured variables, arguments."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    MADE,
    UNKNOWN,
    WEAK_SET,
    Bound,
    Class,
    Const,
    Function,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    OneOf,
    Parameter,
    Partial,
    Sequence,
    Super,
    Suspended,
    Value,
    alternatives,
    is_known,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.program.rebinding import bound_function, bound_value, last_binding
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.keeping import is_weak
from finlint.analysis.properties.watched import Watched
from finlint.model.limits import RETENTION_VALUES

#: Library objects that keep what they are made with.
KEEPERS = frozenset({"threading.Thread", "threading.Timer", "collections.deque", "types.MethodType"})


class Contents:
    """What values contain, of the object that is ``watched``."""

    def __init__(self, watched: Watched, evaluator: Evaluator) -> None:
        self.watched = watched
        self.evaluator = evaluator
        #: Attributes that objects were given anew.
        self.replaced: dict[Value, set[str]] = {}
        obj = watched.registration.obj
        options = alternatives(obj) if obj else ()
        # What may be anything else is not the object for sure.
        self.targets = {v for v in options if _is_one(v)} if UNKNOWN not in options else set()

    def would_hold(self, value: Value, obj: Value | None) -> bool:
        """Whether ``value`` holds the object, if equal values are the same object as ``obj``."""
        targets: set[Value] = {v for v in alternatives(obj) if isinstance(v, Object)} if obj is not None else set()
        if not targets:
            return False
        before, self.targets = self.targets, targets
        try:
            return self.holds(value, 0)
        finally:
            self.targets = before

    def holds(self, value: Value, depth: int) -> bool:
        """Whether ``value`` contains the watched object."""
        if value in self.targets:
            return True
        if not is_known(value) or isinstance(value, Const) or RETENTION_VALUES.passed(depth):
            return False
        deeper = depth + 1
        if is_weak_container(value):
            return False
        if isinstance(value, OneOf):
            return any(self.holds(v, deeper) for v in alternatives(value))
        if isinstance(value, Bound):
            return not isinstance(value.receiver, Class) and self.holds(value.receiver, deeper)
        if isinstance(value, Super):
            return self.holds(value.receiver, deeper)
        if isinstance(value, LibMethod):
            return self.holds(value.receiver, deeper)
        if isinstance(value, Partial):
            parts = (value.function, *value.args, *(v for _, v in value.keywords))
            return any(self.holds(v, deeper) for v in parts)
        if isinstance(value, Sequence):
            return any(self.holds(v, deeper) for v in (*(value.items or ()), value.element))
        if isinstance(value, Mapping):
            return any(self.holds(v, deeper) for v in (value.element, *(v for _, v in value.items)))
        if isinstance(value, LibObject):
            return value.type in KEEPERS and any(self.holds(v, deeper) for _, v in value.args)
        if isinstance(value, Function):
            return self._in_defaults(value, deeper) or self._captured(value, deeper)
        if isinstance(value, Suspended):
            return any(self.holds(v, deeper) for _, v in value.context.params)
        if isinstance(value, Object):
            return self._instance(value, deeper)
        return False

    def _in_defaults(self, function: Function, depth: int) -> bool:
        """``lambda me=self: ...``"""
        state = EvalState(function.context)
        defaults = [p.default for p in function.node.ir.params if p.default is not None]
        return any(self.holds(self.evaluator.expressions.eval(default, state), depth) for default in defaults)

    def _captured(self, function: Function, depth: int) -> bool:
        context: CallContext | None = function.context
        free = free_names(function.node.ir)
        while context is not None and context.function is not None:
            for name in sorted(free & context.function.ir.bound):
                if self._rebound_in(name, context):
                    continue
                if self.holds(self._in_the_end(name, context, context.function, function.node.ir.span.line), depth):
                    return True
            context = context.parent
        return False

    def _in_the_end(self, name: str, context: CallContext, function: FunctionNode, line: int) -> Value:
        """What a variable of ``function`` is when a closure runs that is made on ``line``."""
        last = last_binding(name, function, line)
        if last is not None:
            defined, value = bound_function(last), bound_value(last)
            if defined is not None:
                return Function(function.module.inner_function(defined, function.owner), context)
            if value is not None:
                return self.evaluator.expressions.eval(value, EvalState(context))
        return self.evaluator.names.context_name(name, context)

    def _rebound_in(self, name: str, context: CallContext) -> bool:
        function = context.function
        return (
            function is not None
            and function is self.watched.context.function
            and self.watched.is_rebound(name, function)
        )

    def _methods(self, cls: Class) -> Iterator[FunctionNode]:
        """The methods that the class's body defines, and the ``__init__`` that is written for it."""
        yield from (method for method in cls.node.methods() if method.ir.params)
        written = self.evaluator.records.init(cls)
        if written is not None:
            yield written.node

    def _instance(self, obj: Object, depth: int) -> bool:
        """Whether an attribute of another instance holds the object: only of one that was made with it."""
        if not any(self.holds(v, depth + 1) for _, v in obj.args):
            return False
        if is_weak(obj.cls, self.evaluator):
            return False
        for base in self.evaluator.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for method in self._methods(base):
                for receiver, name in method.index.stores:
                    if receiver == method.ir.params[0].name and name not in self.replaced.get(obj, ()):
                        stored = self.evaluator.own_stores.of_instance(obj, name)
                        if stored is not None and self.holds(stored, depth + 1):
                            return True
        return self.evaluator.classes.class_function(obj.cls, "__init__") is None


def is_weak_container(value: Value) -> bool:
    """Whether it is a container that does not hold what is in it."""
    return (isinstance(value, Sequence) and value.kind == WEAK_SET) or (isinstance(value, Mapping) and value.weak)


def _is_one(value: Value) -> bool:
    """Whether a value stands for one object, so that an equal value is the same object."""
    if isinstance(value, Object):
        return value.site not in ("", MADE)
    return isinstance(value, Parameter)
