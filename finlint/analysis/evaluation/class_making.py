"""Making a class: what a class statement runs, and ``type(name, bases, namespace)``."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import UNKNOWN, Bound, Class, Const, Function, Value, alternatives
from finlint.analysis.evaluation.queries import Queries
from finlint.model import ir
from finlint.model.source import Span


class ClassMaking:
    """Class statements to what they run, calls of ``type`` to classes."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def by_statement(self, stmt: ir.ClassDef, state: EvalState) -> None:
        """Record what making the class of a statement runs: ``__init_subclass__`` of a base, its metaclass."""
        if state.recorder is None:
            return
        cls = Class(state.module.inner_class(stmt, state.context.function), state.context)
        self._told_to_bases(cls, state, stmt.span)
        for arg in stmt.bases:
            if arg.keyword == "metaclass":
                for meta in alternatives(self.ask.expressions.eval(arg.value, EvalState(state.context, state.env))):
                    for name in ("__prepare__", "__new__", "__init__"):
                        function = self.ask.classes.class_function(meta, name) if isinstance(meta, Class) else None
                        if function is not None:
                            receiver = cls if name == "__init__" else meta
                            given = CallArgs(open_ended=True)
                            self.ask.calls.call(Bound(function, receiver), given, state, stmt.span, None)
        for binding in cls.node.facts.members:
            if binding.kind == "assign":
                told = (cls, Const(binding.name))
                self.ask.protocols.special_of_member(binding, cls, "__set_name__", told, state, stmt.span)

    def _told_to_bases(self, cls: Class, state: EvalState, span: Span) -> None:
        """Record the ``__init_subclass__`` that a new class inherits."""
        for base in self.ask.classes.mro(cls)[1:]:
            hook = base.node.method("__init_subclass__") if isinstance(base, Class) else None
            if hook is not None and isinstance(base, Class):
                bound = Bound(Function(hook, base.context), cls)
                self.ask.calls.call(bound, CallArgs(open_ended=True), state, span, None)
                return

    def by_call(self, call: ir.Call, state: EvalState) -> Value:
        """``type(name, bases, namespace)``, where the namespace is written down."""
        args = [arg.value for arg in call.args]
        if len(args) != 3 or any(arg.star or arg.keyword for arg in call.args):
            return UNKNOWN
        namespace = _as_display(args[2])
        if namespace is None and isinstance(args[2], ir.Name):
            written = list(self._written(args[2].id, state))
            namespace = _as_display(written[0]) if len(written) == 1 else None
        if namespace is None or any(key is None for key, _ in namespace.items):
            return UNKNOWN
        cls = Class(state.module.made_class(call, namespace, state.context.function), state.context)
        if state.recorder is not None:
            self._told_to_bases(cls, state, call.span)
        return cls

    def _written(self, name: str, state: EvalState) -> Iterator[ir.Expr]:
        """The expressions that a variable is given."""
        function = state.context.function
        if function is not None and name in function.ir.bound:
            definitions = function.index.names.get(name, [])
            yield from (d.node for d in definitions if d.how == "value")  # type: ignore[misc]
            return
        for binding in state.module.bound(name):
            for stmt in state.module.statements(binding):
                if isinstance(stmt, ir.Assign):
                    yield stmt.value


def _as_display(namespace: ir.Expr) -> ir.DictDisplay | None:
    """``{...}``, or ``dict(name=value)`` as such a display."""
    if isinstance(namespace, ir.DictDisplay):
        return namespace
    if not isinstance(namespace, ir.Call) or not all(arg.keyword for arg in namespace.args):
        return None
    if not isinstance(namespace.func, ir.Name) or namespace.func.id != "dict":
        return None
    return ir.DictDisplay(tuple((ir.Const(arg.keyword), arg.value) for arg in namespace.args), namespace.span)
