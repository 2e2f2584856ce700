"""The call context that a call runs in: parameters bound to arguments, and how many contexts a function may have."""

from __future__ import annotations

from collections.abc import Container, Iterable

from finlint.analysis.domain.abstraction import collected_value, context_value, type_alone
from finlint.analysis.domain.call_contexts import CallContext, CallContexts
from finlint.analysis.domain.effects import Args, PendingArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NO_KEY,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Mapping,
    Object,
    Sequence,
    Value,
    softened,
    union,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode, method_kind
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.limits import Noted, noted, told_again


class Binder:
    """Functions and arguments to call contexts."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.contexts = CallContexts()
        self._module_contexts: dict[ModuleNode, CallContext] = {}
        #: What ``type_alone`` gave, with the limits that were hit: functions that call each other give each other the
        #: same large values again and again.
        self._types: dict[Value, Noted[Value]] = {}

    def module_context(self, module: ModuleNode) -> CallContext:
        context = self._module_contexts.get(module)
        if context is None:
            context = self._module_contexts[module] = self.contexts.of(module, None, (), None)
        return context

    def context(
        self, function: FunctionNode, params: tuple[tuple[str, Value], ...], parent: CallContext | None
    ) -> CallContext:
        """The context of a call, which knows of the arguments what can change what the function does."""
        if self.ask.recursion.is_recursive(function):
            params = tuple((name, self._type_alone(value)) for name, value in params)
        else:
            collecting = function.collecting
            params = tuple(
                (name, collected_value(value) if name in collecting else context_value(value)) for name, value in params
            )
        if parent is not None and parent.function is None:
            parent = None
        return self.contexts.of(function.module, function, params, parent)

    def _type_alone(self, value: Value) -> Value:
        known = self._types.get(value)
        if known is None:
            known = self._types[value] = noted(lambda: type_alone(value))
        return told_again(known)

    def bind(
        self,
        function: FunctionNode,
        args: Args,
        receiver: Value | None,
        fill: bool = True,
        defined_in: CallContext | None = None,
    ) -> list[tuple[str, Value]]:
        """Parameters by name. ``receiver``, if any, comes first. With ``fill`` missing ones get their default, which a
        function within one has from the context that it was ``defined_in``."""
        positional = list(args.positional) if receiver is None else [receiver, *args.positional]
        out: list[tuple[str, Value]] = []
        used: set[str] = set()
        for param in function.ir.params:
            if param.kind == "*":
                if args.open_ended:
                    rest: Value = Sequence("tuple", None, union([*positional, args.spliced]))
                else:
                    rest = Sequence("tuple", tuple(positional), union(positional))
                out.append((param.name, rest))
                positional = []
                continue
            if param.kind == "**":
                named = tuple((Const(k), v) for k, v in args.keywords if k not in used)
                keys = UNKNOWN if args.open_ended else union(k for k, _ in named) if named else NO_KEY
                out.append((param.name, Mapping(named, keys, union(v for _, v in named))))
                continue
            if param.kind in ("pos", "any") and positional:
                out.append((param.name, positional.pop(0)))
                used.add(param.name)
                continue
            given = args.keyword(param.name) if param.kind != "pos" else None
            if given is not None:
                out.append((param.name, given))
                used.add(param.name)
            elif not fill:
                continue
            elif param.default is not None:
                value = self.default(param.default, function, defined_in)
                out.append((param.name, softened(value) if args.open_ended else value))
            else:
                out.append((param.name, UNKNOWN))
        return out

    def bind_some(
        self,
        function: FunctionNode,
        args: Args,
        receiver: Value | None,
        names: Container[str],
        defined_in: CallContext | None = None,
    ) -> list[tuple[str, Value]]:
        """Parameters by name as ``bind`` gives them; of those that are not among ``names`` nothing need be known."""
        given_to = function.ir.params if receiver is None else function.ir.params[1:]
        if not any(param.name in names for param in given_to):
            return [
                (p.name, receiver if receiver is not None and i == 0 else UNKNOWN)
                for i, p in enumerate(function.ir.params)
            ]
        expressions = args.expressions(function.ir, receiver is not None) if type(args) is PendingArgs else None
        if expressions is None or type(args) is not PendingArgs:
            return self.bind(function, args, receiver, defined_in=defined_in)
        out: list[tuple[str, Value]] = []
        for param in function.ir.params:
            value: Value = UNKNOWN
            if receiver is not None and not out:
                value = receiver
            elif param.name in names:
                given = expressions.get(param.name)
                if given is not None:
                    value = args.evaluate(given)
                elif param.default is not None:
                    value = self.default(param.default, function, defined_in)
            out.append((param.name, value))
        return out

    def default(self, expr: ir.Expr, function: FunctionNode, defined_in: CallContext | None = None) -> Value:
        """An expression in a function's header, or one that is written for its class."""
        if isinstance(expr, ir.Const):
            return Const(expr.value)
        owner = function.owner
        context = defined_in
        if context is None or context.function is None:
            context = self.module_context(function.module)
        state = EvalState(context)
        if owner is not None and isinstance(expr, ir.Name) and expr.id in owner.members:
            return union(self.ask.names.bindings(owner.members[expr.id], context, Class(owner, context)))
        return self.ask.expressions.eval(expr, state)

    def method_context(self, function: FunctionNode, receiver: Value, parent: CallContext | None) -> CallContext:
        """The call context of a method of which only the receiver is known; parameters without a value are UNKNOWN."""
        params: list[tuple[str, Value]] = []
        for position, param in enumerate(function.ir.params):
            params.append((param.name, receiver if position == 0 and param.kind in ("pos", "any") else UNKNOWN))
        return self.context(function, tuple(params), parent)

    def generic_class(self, owner: ClassNode) -> Class:
        """The class, where nothing is known of the callers of a function that it stands in."""
        within = owner.within
        return Class(owner, self.module_context(owner.module) if within is None else self.generic_context(within))

    def closure_context(self, functions: Iterable[FunctionNode], context: CallContext) -> CallContext:
        """The call context of the last of ``functions``, each defined in the one before, the first in ``context``."""
        for function in functions:
            context = self.generic_context(function, context)
        return context

    def generic_context(self, function: FunctionNode, parent: CallContext | None = None) -> CallContext:
        """The call context of a function about whose callers nothing is known."""
        owner = function.owner
        if owner is not None and parent is None:
            cls = self.generic_class(owner)
            parent = cls.context if owner.within is not None else None
            kind = method_kind(function)
            match kind:
                case "class":
                    return self.method_context(function, cls, parent)
                case "instance":
                    return self.method_context(function, Object(cls, (), "self"), parent)
                case "static":
                    pass
                case _:
                    assert_never(kind)
        params = tuple((p.name, UNKNOWN) for p in function.ir.params)
        return self.context(function, params, parent)


def takes(function: Value, args: Args) -> bool:
    """Whether a function of the project can be called with these arguments, as far as its parameters tell."""
    received = isinstance(function, Bound)
    inner = function.function if isinstance(function, Bound) else function
    if not isinstance(inner, Function) or args.open_ended:
        return True
    params = inner.node.ir.params[1:] if received and inner.node.ir.params[:1] else inner.node.ir.params
    if inner.node.ir.decorators or any(param.kind in ("*", "**") for param in params):
        return True
    by_place = [param for param in params if param.kind in ("pos", "any")]
    names = {param.name for param in params if param.kind != "pos"}
    given = {name for name, _ in args.keywords}
    if len(args.positional) > len(by_place) or not given <= names:
        return False
    rest = [*by_place[len(args.positional) :], *(param for param in params if param.kind == "kw")]
    return all(param.default is not None or param.name in given for param in rest)
