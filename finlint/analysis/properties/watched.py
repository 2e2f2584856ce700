"""The object that a registration watches: the expression for it, its other names, and what is known of it."""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Lib,
    LibMethod,
    LibObject,
    Object,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.models.registrars import Spec, argument_expression
from finlint.analysis.program.definitions import giving, only_value
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.outline import stmt_span

#: Names of the parameter that takes the object.
WATCHED = ("obj", "object", "meth")


def watched_expression(registration: Registration, evaluator: Evaluator) -> ir.Expr | None:
    """The argument of a registration that is the object, as far as it is written there."""
    spec = spec_of(registration, evaluator)
    if registration.call is None or spec is None:
        return None
    return argument_expression(registration.call, spec.object, WATCHED)


def callback_expression(registration: Registration, evaluator: Evaluator) -> ir.Expr | None:
    """The argument of a registration that is the callback."""
    spec = spec_of(registration, evaluator)
    if registration.call is None or spec is None:
        return None
    return argument_expression(registration.call, spec.callback, (spec.callback_name,))


def spec_of(registration: Registration, evaluator: Evaluator) -> Spec | None:
    """How the registrar takes its arguments; None where it is none that takes an object."""
    spec = evaluator.registrars.named(registration.registrar)
    return spec if isinstance(spec, Spec) else None


def aliases(expr: ir.Expr | None, context: CallContext) -> set[str]:
    """Dotted names of ``context`` that mean the same object as ``expr``."""
    if expr is None:
        return set()
    start = dotted(expr)
    if not start:
        return set()
    out = {start}
    function = context.function
    if function is None:
        return out
    names = function.index.names
    changed = True
    while changed:
        changed = False
        for name, found in names.items():
            value = only_value(found)
            if value is None:
                continue
            other = dotted(value)
            if name in out and other and "." not in other and other not in out and means_one(other, context):
                out.add(other)
                changed = True
            elif other in out and name not in out:
                out.add(name)
                changed = True
    return out


def means_one(name: str, context: CallContext) -> bool:
    """Whether a variable means one object throughout the function."""
    function = context.function
    if function is None:
        return True
    definitions = giving(function.index.names.get(name, []))
    is_parameter = any(p.name == name for p in function.ir.params)
    return len(definitions) + is_parameter == 1


class Watched:
    """The object that a registration watches, by the expression ``expr``, where it is registered."""

    def __init__(self, registration: Registration, evaluator: Evaluator, expr: ir.Expr | None) -> None:
        self.registration = registration
        self.context = registration.context
        self.classes = evaluator.classes
        self.expr = expr
        self.aliases = aliases(expr, registration.context)

    def is_alias(self, expr: ir.Expr) -> bool:
        """Whether an expression means the object by one of its names."""
        path = dotted(expr)
        return bool(path) and path in self.aliases

    def is_true(self) -> bool:
        """Whether the object is true in conditions, as instances are whose class says nothing else."""
        obj = self.registration.obj
        return obj is not None and all(
            isinstance(option, Object)
            and not self.classes.has_unknown_base(option.cls)
            and all(self.classes.class_member(option.cls, m) is None for m in ("__bool__", "__len__"))
            for option in alternatives(obj)
        )

    def is_rebound(self, name: str, function: FunctionNode) -> bool:
        """Whether the variable means something else by the time that the callback runs."""
        after = self.registration.call.span.line if self.registration.call is not None else 0
        for stmt in flat_statements(function.ir.body):
            if any(name in target_names(bound.target) for bound in bound_by(stmt)):
                span = stmt_span(stmt)
                if span.line > after or (name in self.aliases and isinstance(stmt, ir.Delete)):
                    return True
        return False

    def is_its_method(self, value: Value) -> bool:
        """Whether a value is a bound method of the object."""
        if isinstance(value, Bound):
            return not isinstance(value.receiver, Class) and not self._is_of_another(value.receiver)
        if isinstance(value, LibMethod):
            return not isinstance(value.receiver, (Lib, Class)) and self._receiver_is_watched(value.receiver)
        return False

    def _is_of_another(self, receiver: Value) -> bool:
        """Whether a method is that of an object which is certainly not the one that is watched:
        ``self._close = helper.close``."""
        obj = self.registration.obj
        options = alternatives(obj) if obj is not None else ()
        if not isinstance(receiver, Object) or not options or not all(isinstance(o, Object) for o in options):
            return False
        mro = self.classes.mro
        return all(
            (receiver.site and option.site and receiver.site != option.site and "self" in (receiver.site, option.site))
            or (receiver.cls not in mro(option.cls) and option.cls not in mro(receiver.cls))
            for option in options
            if isinstance(option, Object)
        )

    def _receiver_is_watched(self, receiver: Value) -> bool:
        obj = self.registration.obj
        for option in alternatives(obj) if obj is not None else ():
            if receiver == option:
                return True
            if isinstance(option, Object) and isinstance(receiver, LibObject):
                # A method that the class inherits from a library class.
                return any(
                    isinstance(base, Lib) and base.name == receiver.type for base in self.classes.mro(option.cls)
                )
        return False

    def class_is_known(self) -> bool:
        """Whether all bases of the object's class are known."""
        obj = self.registration.obj
        if obj is None:
            return False
        for option in alternatives(obj):
            if isinstance(option, Object):
                if all(isinstance(base, Class) for base in self.classes.mro(option.cls)[:-1]):
                    return True
                return not any(not isinstance(b, (Class, Lib)) for b in self.classes.mro(option.cls))
        return False
