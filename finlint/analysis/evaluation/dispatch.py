"""``functools.singledispatch``: which of the functions registered under a name a call means, by its first argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    DISPATCH,
    DISPATCH_METHOD,
    Class,
    Const,
    Function,
    Lib,
    Mapping,
    Marked,
    Sequence,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.analysis.evaluation.instances import is_instance
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir

#: How functions are added: ``@stop.register``, ``stop.register(Lease, stop_lease)``.
_REGISTER = "register"


class _Implementation(NamedTuple):
    cls: Class | Lib
    function: Value


class Dispatch:
    """Calls of functions that are chosen by the type of an argument."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._registered: Memo[FunctionNode, list[_Implementation]] = Memo(ask.solver, [], grows=False)

    def chosen(self, dispatched: Marked, args: Args) -> Value:
        """The functions that a call with these arguments may run: one for each thing that the argument may be.

        Where nothing is known of the argument, or of its class, that is the function that is there for all others.
        """
        default = dispatched.function
        position = 1 if dispatched.kind == DISPATCH_METHOD else 0
        if not isinstance(default, Function) or len(args.positional) <= position:
            return default
        registered = self._registered.answer(default.node, self._find_registered, default.node)
        options = alternatives(args.positional[position])
        return union(self._best(option, registered, default) for option in options)

    def _best(self, value: Value, registered: list[_Implementation], default: Value) -> Value:
        fitting = [one for one in registered if self._is(value, one.cls)]
        for one in fitting:
            if not any(other.cls != one.cls and self._inherits(other.cls, one.cls) for other in fitting):
                return one.function
        return default

    def _is(self, value: Value, cls: Class | Lib) -> bool:
        name = self.ask.knowledge.canonical(cls.name) if isinstance(cls, Lib) else ""
        if isinstance(value, Const):
            kinds = type(value.value).__mro__
            return name in [f"builtins.{kind.__name__}" for kind in kinds if kind is not object]
        if isinstance(value, Sequence):
            return name == f"builtins.{value.kind}"
        if isinstance(value, Mapping):
            return name == "builtins.dict"
        return is_instance(value, [cls], self.ask) is True

    def _inherits(self, cls: Class | Lib, base: Class | Lib) -> bool:
        if isinstance(cls, Class):
            return base in self.ask.classes.mro(cls)
        names = self.ask.knowledge.bases(self.ask.knowledge.canonical(cls.name))
        return isinstance(base, Lib) and self.ask.knowledge.canonical(base.name) in names

    def _find_registered(self, node: FunctionNode) -> list[_Implementation]:
        out: list[_Implementation] = []
        home = node.module
        for module in dict.fromkeys((home, *self.ask.project.mentioning(f"{node.name}.{_REGISTER}", home))):
            for decoration in self.ask.decorations.named(module, _REGISTER):
                function, decorator = decoration.decorated, decoration.decorator
                called = decorator.func if isinstance(decorator, ir.Call) else decorator
                if isinstance(function, Function) and self._means(called, node, function, decoration.state):
                    out += self._of_decorator(decorator, function, decoration.state)
            for around, call in self.ask.call_sites.named(module, _REGISTER):
                if len(call.args) == 2 and not around:
                    state = EvalState(self.ask.binding.module_context(module))
                    if self._means(call.func, node, None, state):
                        made = self.ask.expressions.eval(call.args[1].value, state)
                        out += [_Implementation(cls, made) for cls in self._classes(call.args[0].value, state)]
        # The last one of a type takes the place of those before.
        return list(reversed(out))

    def _means(self, called: ir.Expr, node: FunctionNode, function: Function | None, state: EvalState) -> bool:
        """Whether ``called``, which stands above ``function``, is the ``register`` of ``node``."""
        if not isinstance(called, ir.Attr):
            return False
        if function is not None and node.owner is not None and isinstance(called.value, ir.Name):
            # In the body of a class its other members are named as they are.
            return called.value.id == node.name and function.node.owner is node.owner
        found = self.ask.expressions.eval(called.value, state)
        return any(
            isinstance(option, Marked) and isinstance(option.function, Function) and option.function.node is node
            for option in alternatives(found)
            if isinstance(option, Marked) and option.kind in (DISPATCH, DISPATCH_METHOD)
        )

    def _of_decorator(self, decorator: ir.Expr, function: Function, state: EvalState) -> Iterator[_Implementation]:
        if isinstance(decorator, ir.Call):
            named = decorator.args[0].value if decorator.args else None
        else:
            params = [param for param in function.node.ir.params if param.annotation is not None]
            named = params[0].annotation if params else None
        if named is not None:
            for cls in self._classes(named, state):
                yield _Implementation(cls, function)

    def _classes(self, expr: ir.Expr, state: EvalState) -> Iterator[Class | Lib]:
        """The classes that an expression or an annotation names: ``int | str``, ``Union[int, str]``."""
        if isinstance(expr, ir.Binary) and expr.op == "BitOr":
            yield from self._classes(expr.left, state)
            yield from self._classes(expr.right, state)
            return
        if isinstance(expr, ir.Const) and expr.value is None:
            yield Lib("builtins.NoneType")
            return
        named = self.ask.expressions.eval(expr.value if isinstance(expr, ir.Subscript) else expr, state)
        if isinstance(expr, ir.Subscript) and isinstance(named, Lib) and named.name == "typing.Union":
            for part in expr.key.items if isinstance(expr.key, ir.Display) else (expr.key,):
                yield from self._classes(part, state)
            return
        for option in alternatives(named):
            if isinstance(option, (Class, Lib)) and is_known(option):
                yield option
