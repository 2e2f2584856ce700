"""Whether a registration's callback or arguments hold the object that it watches.

Two questions are asked of every part. Does its expression name the object (an alias, a closure over it, a bound
method of it)? Names tell objects apart that have equal values. And does its value contain the object's value?
That follows attributes and calls, and is asked only where the value stands for one object.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Literal, NamedTuple

from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    LibMethod,
    Parameter,
    Suspended,
    Value,
    alternatives,
    is_known,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import free_names
from finlint.analysis.models.registrars import Spec, argument_expression
from finlint.analysis.program.definitions import giving
from finlint.analysis.program.rebinding import bound_function, bound_value, last_binding
from finlint.analysis.program.statements import children, flat_statements, given_as, is_super, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.back_references import given_to, refers_back
from finlint.analysis.properties.contents import KEEPERS, Contents, is_weak_container
from finlint.analysis.properties.keeping import is_weak, keeps
from finlint.analysis.properties.watched import WATCHED, Watched, callback_expression, spec_of, watched_expression
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.finding import Confidence
from finlint.model.limits import RETENTION_DEPTH

#: Builtins whose result contains their arguments.
_CONTAINERS = frozenset(
    {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict", "builtins.dict.fromkeys"}
    # An exception is a container of its arguments.
    | {f"builtins.{k}" for k, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, BaseException)}
)
#: Those whose result refers to them, and ``cast``, which gives one of them.
_REFERRING = frozenset(
    {"builtins.map", "builtins.filter", "builtins.zip", "typing.cast", "types.SimpleNamespace", "argparse.Namespace"}
)
_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
#: Those that call their first argument.
_CALLING = _PARTIALS | {"builtins.map", "builtins.filter"}
_FRAMES = frozenset({"sys._getframe", "inspect.currentframe", "sys.exc_info"})


#: What an expression at a registration is.
_Role = Literal["callback", "argument"]


class Held(NamedTuple):
    """How the object is held: ``how`` completes "which ..."."""

    how: str
    confidence: Confidence


def held(registration: Registration, evaluator: Evaluator) -> Held | None:
    """How the registration keeps its object alive, or None."""
    return _Holder(registration, evaluator, watched_expression(registration, evaluator)).held()


def argument_holding(about: Registration, name: str, evaluator: Evaluator) -> bool:
    """Whether an argument of a call, which is no registrar's, holds the object that its context calls ``name``."""
    assert about.call is not None
    holder = _Holder(about, evaluator, ir.Name(name, about.call.span))
    return any(holder.expression(arg.value, 0, number == 0) for number, arg in enumerate(about.call.args))


class _Holder:
    """Whether expressions at a registration hold the object that ``watched`` stands for."""

    def __init__(self, registration: Registration, evaluator: Evaluator, watched: ir.Expr | None) -> None:
        self.registration = registration
        self.evaluator = evaluator
        self.context = registration.context
        self.state = EvalState(self.context)
        self.watched = Watched(registration, evaluator, watched)
        self.contents = Contents(self.watched, evaluator)
        #: Whether the answer is a guess: nothing is known of the class of the object.
        self.guess = False
        self._names: set[str] = set()

    def held(self) -> Held | None:
        spec = spec_of(self.registration, self.evaluator)
        call = self.registration.call
        if spec is None or self.registration.obj is None:
            return None
        if call is not None:
            for expr, role in self._parts(call, spec):
                if self.expression(expr, 0, role == "callback"):
                    how = self._describe(expr, role)
                    return Held(how, Confidence.MEDIUM if self.guess else Confidence.HIGH)
        if not self.contents.targets:
            return None
        # Through a wrapper: the expressions are the wrapper's parameters, the values the caller's.
        if self.contents.holds(self.registration.callback, 0):
            return Held("the callback holds the object", Confidence.HIGH)
        if spec.passes in ("rest", "tuple", "argument"):
            args = self.registration.args
            keywords = (value for name, value in args.keywords if name not in WATCHED)
            if any(self.contents.holds(value, 0) for value in (*args.positional, *keywords)):
                return Held("an argument of the callback holds the object", Confidence.HIGH)
        return None

    def _parts(self, call: ir.Call, spec: Spec) -> Iterator[tuple[ir.Expr, _Role]]:
        """The callback and what is passed to it, as expressions."""
        callback = callback_expression(self.registration, self.evaluator)
        if callback is not None:
            yield callback, "callback"
        match spec.passes:
            case "rest":
                yield from ((expr, "argument") for expr in _passed_on(call, spec))
            case "tuple":
                for where, name in ((2, "args"), (3, "kwargs")):
                    expr = argument_expression(call, where, (name,))
                    if expr is not None:
                        yield expr, "argument"
            case "argument":
                expr = argument_expression(call, 2, ("arg",))
                if expr is not None:
                    yield expr, "argument"
            case "reference" | "object" | "nothing":
                pass
            case _:
                assert_never(spec.passes)

    def _describe(self, expr: ir.Expr, role: _Role) -> str:
        name = dotted(self.watched.expr) if self.watched.expr is not None else ""
        shown = f"`{name}`" if name else "the object"
        if role == "argument":
            return f"{shown} is passed as an argument" if self.watched.is_alias(expr) else f"an argument holds {shown}"
        if isinstance(expr, ir.Lambda):
            return f"the lambda closes over {shown}"
        path = dotted(expr)
        if isinstance(expr, ir.Attr) and self.watched.is_alias(expr.value):
            return f"`{path}` is a bound method of {shown}"
        if path:
            return f"the callback `{path}` holds {shown}"
        return f"the callback holds {shown}"

    # -- expressions

    def expression(self, expr: ir.Expr, depth: int, called: bool = False) -> bool:
        """Whether what ``expr`` gives holds the object. ``called``: it is the callback, so it can be called."""
        if RETENTION_DEPTH.passed(depth):
            return False
        if self.watched.is_alias(expr):
            return True
        if isinstance(expr, (ir.Name, ir.Attr)) and self._is_weak_container(expr):
            return False
        deeper = depth + 1
        if isinstance(expr, ir.Lambda):
            return self._closure(expr.function, deeper)
        if isinstance(expr, ir.Name):
            if not called and self._refers_back(expr):
                return True
            return self._name(expr, deeper, called)
        if isinstance(expr, ir.Attr):
            return self._attribute(expr, deeper, called)
        if isinstance(expr, ir.Call):
            return self._call(expr, deeper)
        if isinstance(expr, ir.Comprehension):
            return self._comprehension(expr, deeper)
        if isinstance(expr, (ir.Display, ir.DictDisplay, ir.Starred)):
            return any(self.expression(e, deeper) for e in children(expr))
        if isinstance(expr, ir.IfExp):
            return self.expression(expr.body, deeper, called) or self.expression(expr.orelse, deeper, called)
        if isinstance(expr, ir.Bool):
            if expr.op == "and" and self.watched.is_alias(expr.left) and self.watched.is_true():
                return self.expression(expr.right, deeper, called)
            return self.expression(expr.left, deeper, called) or self.expression(expr.right, deeper, called)
        if isinstance(expr, ir.Walrus):
            return self.expression(expr.value, deeper, called)
        if isinstance(expr, ir.Binary):
            return any(isinstance(e, ir.Display) and self.expression(e, deeper) for e in (expr.left, expr.right))
        if isinstance(expr, ir.Subscript):
            return self._by_value(expr)
        return False

    def _is_weak_container(self, expr: ir.Expr) -> bool:
        """Whether it is a container that does not hold what is in it."""
        options = alternatives(self.evaluator.expressions.eval(expr, self.state))
        return all(map(is_weak_container, options))

    def _name(self, expr: ir.Name, depth: int, called: bool) -> bool:
        function = self.context.function
        if function is None or expr.id not in function.ir.bound:
            return self._by_value(expr)
        if expr.id in self._names:
            return False
        self._names.add(expr.id)
        definitions = giving(function.index.names.get(expr.id, ()))
        if len(definitions) == 1 and not definitions[0].path:
            node = definitions[0].node
            if definitions[0].how == "function" and isinstance(node, ir.Function):
                return self._closure(node, depth)
            if definitions[0].how == "value" and isinstance(node, tuple):
                return self.expression(node, depth, called)  # type: ignore[arg-type]
        if self._is_caught(expr.id, function):
            return True
        last = last_binding(expr.id, function, expr.span.line)
        if last is not None:
            defined, value = bound_function(last), bound_value(last)
            if defined is not None:
                return self._closure(defined, depth)
            if value is not None:
                return self.expression(value, depth, called)
        return self._by_value(expr)

    def _is_caught(self, name: str, function: FunctionNode) -> bool:
        """``except E as name``: its traceback holds the frame, and the frame holds the object."""
        return (
            bool(self.watched.aliases)
            and all("." not in a or a.split(".")[0] in ("self",) for a in self.watched.aliases)
            and any(
                isinstance(stmt, ir.Try) and any(h.name == name for h in stmt.handlers)
                for stmt in flat_statements(function.ir.body)
            )
        )

    def _closure(self, function: ir.Function, depth: int) -> bool:
        """Whether a function's defaults or the variables that it captures hold the object."""
        if any(p.default is not None and self.expression(p.default, depth) for p in function.params):
            return True
        enclosing = self.context.function
        if enclosing is None:
            # Module-level names are globals: a function looks them up, it does not hold them.
            return False
        for name in sorted(free_names(function)):
            if name not in enclosing.ir.bound or name in self._names:
                continue
            if self.watched.is_rebound(name, enclosing):
                continue
            if name in self.watched.aliases:
                return True
            if self.expression(ir.Name(name, function.span), depth):
                return True
        return False

    def _attribute(self, expr: ir.Attr, depth: int, called: bool) -> bool:
        if is_super(expr.value):
            function = self.context.function
            return bool(function and function.ir.params and function.ir.params[0].name in self.watched.aliases)
        value = self.evaluator.expressions.eval(expr, self.state)
        options = list(alternatives(value))
        if called and not self.watched.is_alias(expr.value) and self._refers_back(expr.value):
            return True
        if self.watched.is_alias(expr.value):
            if expr.name in ("__dict__", "__class__", "__weakref__", "__name__", "__doc__"):
                return False
            given = self._given(expr) if called else None
            if given is not None:
                # ``self.on_end = helper.close`` hides a method of that name.
                return self.expression(given, depth, called)
            if any(self.watched.is_its_method(v) for v in options) and (
                called or all(map(is_known, options)) or any(isinstance(v, Bound) for v in options)
            ):
                return True
            if self._was_put_into(expr, depth):
                return True
            if any(map(is_known, options)):
                return self._by_value(expr)
            if not called:
                return False
            if self.watched.class_is_known():
                # The class is known and has no such method, or only something that we cannot tell.
                return False
            self.guess = True
            return not self._assigned(expr)
        if any(isinstance(v, (Bound, LibMethod)) for v in options) or (called and not any(map(is_known, options))):
            if any(isinstance(v, Bound) and isinstance(v.receiver, Class) for v in options):
                return False
            self._note_replaced(expr.value)
            return self.expression(expr.value, depth)
        return self._by_value(expr)

    def _note_replaced(self, part: ir.Expr) -> None:
        """Note the attributes of ``part`` that the function itself gives another value than the object:
        ``self.part.owner = weakref.proxy(self)``."""
        function, path = self.context.function, dotted(part)
        if function is None or not path:
            return
        names = {
            name
            for stmt in flat_statements(function.ir.body)
            for name, value in given_to(path, stmt)
            if value is not None and not self.watched.is_alias(value)
        }
        if names:
            self.contents.replaced.update(
                (option, names) for option in alternatives(self.evaluator.expressions.eval(part, self.state))
            )

    def _refers_back(self, part: ir.Expr) -> bool:
        return refers_back(part, self.watched, self.evaluator, self.state)

    def _was_put_into(self, expr: ir.Attr, depth: int) -> bool:
        """Whether the function itself puts the object into the container that an attribute holds."""
        function = self.context.function
        if function is None:
            return False
        definitions = function.index.stores.get((dotted(expr.value), expr.name), [])
        return any(
            d.how in ("puts", "puts-in") and isinstance(d.node, tuple) and self.expression(d.node, depth)  # type: ignore[arg-type]
            for d in definitions
        )

    def _given(self, expr: ir.Attr) -> ir.Expr | None:
        """What the function itself gives the attribute last, in any case."""
        function = self.context.function
        definitions = function.index.stores.get((dotted(expr.value), expr.name), ()) if function is not None else ()
        last = definitions[-1] if definitions else None
        if last is None or last.how != "value" or last.path or last.conditions or not isinstance(last.node, tuple):
            return None
        return last.node  # type: ignore[return-value]

    def _assigned(self, expr: ir.Attr) -> bool:
        """Whether the function itself stores the attribute: then it is no method."""
        function = self.context.function
        base = dotted(expr.value)
        return function is not None and (base, expr.name) in function.index.stores

    def _call(self, expr: ir.Call, depth: int) -> bool:
        function = self.evaluator.expressions.eval(expr.func, self.state)
        for option in alternatives(function):
            name = self.evaluator.knowledge.canonical(option.name) if isinstance(option, Lib) else ""
            if name in _FRAMES:
                return True
            if name in _CONTAINERS or name in _REFERRING or name in KEEPERS or name in _PARTIALS:
                # Only what a partial calls is certainly a function: ``partial(close, self.name)``.
                first = name in _CALLING
                return any(self.expression(a.value, depth, first and n == 0) for n, a in enumerate(expr.args))
            if name == "builtins.getattr" and len(expr.args) > 1 and isinstance(expr.args[1].value, ir.Const):
                attribute = expr.args[1].value.value
                if isinstance(attribute, str):
                    return self._attribute(ir.Attr(expr.args[0].value, attribute, expr.span), depth, True)
            if name:
                return False
            if isinstance(option, Class) and any(self.expression(a.value, depth) for a in expr.args):
                if is_weak(option, self.evaluator):
                    return False
                return keeps(option, expr, lambda given: self.expression(given, depth), self.evaluator)
            if isinstance(option, (Function, Bound)):
                made = self.evaluator.expressions.eval(expr, self.state)
                if any(isinstance(v, Suspended) for v in alternatives(made)):
                    return any(self.expression(a.value, depth) for a in expr.args)
                return self._returned(made, expr, depth)
        return False

    def _returned(self, made: Value, expr: ir.Call, depth: int) -> bool:
        """Whether a factory's closure, partial or bound method holds an argument that holds the object."""
        if self._by_value(expr):
            return True
        for option in alternatives(made):
            if isinstance(option, Function) and option.context.function is not None:
                factory = option.context.function
                params = [p.name for p in factory.ir.params]
                if isinstance(expr.func, ir.Attr) and factory.owner is not None and params:
                    params = params[1:]
                free = free_names(option.node.ir)
                for i, arg in enumerate(expr.args):
                    if given_as(arg, i, params) in free and self.expression(arg.value, depth):
                        return True
        return False

    def _comprehension(self, expr: ir.Comprehension, depth: int) -> bool:
        if expr.kind != "generator":
            return any(self.expression(e, depth) for e in expr.elements)
        # The first iterable is evaluated at once; everything else is captured.
        if self.expression(expr.clauses[0].iter, depth):
            return True
        rest: list[ir.Expr] = [*expr.elements, *(c.iter for c in expr.clauses[1:])]
        rest += [test for clause in expr.clauses for test in clause.ifs]
        return any(isinstance(n, ir.Name) and n.id in self.watched.aliases for expr in rest for n in parts_of(expr))

    # -- values

    def _by_value(self, expr: ir.Expr) -> bool:
        value = self.evaluator.expressions.eval(expr, self.state)
        if not is_known(value):
            return False
        obj = self.watched.registration.obj
        given = self.watched.expr if isinstance(obj, Parameter) else None
        if self.contents.holds(value, 0):
            return True
        if self.contents.targets and given is None:
            return False
        # Equal values may be two objects, unless the expression starts from this one.
        path = dotted(expr)
        if not any(path.startswith(alias + ".") for alias in self.watched.aliases):
            return False
        if given is not None:
            # What callers give a registering function.
            obj = self.evaluator.expressions.eval(given, self.state)
        return self.contents.would_hold(value, obj)


def _passed_on(call: ir.Call, spec: Spec) -> Iterator[ir.Expr]:
    """The arguments after the callback, which it is called with."""
    positional = [a for a in call.args if not a.keyword and a.star != "**"]
    first = spec.callback + 1 if isinstance(spec.callback, int) else len(positional)
    for arg in positional[first:]:
        yield arg.value
    for arg in call.args:
        if (arg.keyword and arg.keyword not in (spec.callback_name, *WATCHED)) or arg.star == "**":
            yield arg.value
