"""Whether a registration's callback or arguments hold the object that it watches.

Two questions are asked of every part. Does its expression name the object (an alias, a closure over it, a bound
method of it)? Names tell objects apart that have equal values. And does its value contain the object's value?
That follows attributes and calls, and is asked only where the value stands for one object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    MADE,
    UNKNOWN,
    WEAK_SET,
    Bound,
    Class,
    Const,
    Function,
    Lib,
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
from finlint.analysis.models.registrars import Spec, argument_expression
from finlint.analysis.program.rebinding import bound_function, bound_value, last_binding
from finlint.analysis.program.statements import children, flat_statements, parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_by, target_names
from finlint.model.finding import Confidence
from finlint.model.limits import KEEPING_DEPTH, RETENTION_DEPTH, RETENTION_VALUES
from finlint.model.outline import stmt_span

#: Builtins whose result contains their arguments.
_CONTAINERS = frozenset({"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict"})
#: Those whose result refers to them, and ``cast``, which gives one of them.
_REFERRING = frozenset(
    {"builtins.map", "builtins.filter", "builtins.zip", "typing.cast", "types.SimpleNamespace", "argparse.Namespace"}
)
#: Names of the parameter that takes the object.
_WATCHED = ("obj", "object", "meth")
_FRAMES = frozenset({"sys._getframe", "inspect.currentframe", "sys.exc_info"})
#: Library objects that keep what they are made with.
_KEEPERS = frozenset({"threading.Thread", "threading.Timer", "collections.deque", "types.MethodType"})


class Held(NamedTuple):
    """How the object is held: ``how`` completes "which ..."."""

    how: str
    confidence: Confidence


def held(registration: Registration, evaluator: Evaluator) -> Held | None:
    """How the registration keeps its object alive, or None."""
    return _Holder(registration, evaluator).held()


def argument_holding(about: Registration, name: str, evaluator: Evaluator) -> bool:
    """Whether an argument of a call, which is no registrar's, holds the object that its context calls ``name``."""
    assert about.call is not None
    holder = _Holder(about, evaluator)
    holder.watched = ir.Name(name, about.call.span)
    holder.aliases = aliases(holder.watched, about.context)
    return any(holder.expression(arg.value, 0, number == 0) for number, arg in enumerate(about.call.args))


def watched_expression(registration: Registration, evaluator: Evaluator) -> ir.Expr | None:
    spec = _spec(registration, evaluator)
    if registration.call is None or spec is None:
        return None
    return argument_expression(registration.call, spec.object, _WATCHED)


def callback_expression(registration: Registration, evaluator: Evaluator) -> ir.Expr | None:
    spec = _spec(registration, evaluator)
    if registration.call is None or spec is None:
        return None
    return argument_expression(registration.call, spec.callback, (spec.callback_name,))


def _spec(registration: Registration, evaluator: Evaluator) -> Spec | None:
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
        for name, definitions in names.items():
            if len(definitions) != 1 or definitions[0].how != "value" or definitions[0].path:
                continue
            node = definitions[0].node
            other = dotted(node) if isinstance(node, (ir.Name, ir.Attr)) else ""
            if name in out and other and "." not in other and other not in out and _once(other, context):
                out.add(other)
                changed = True
            elif other in out and name not in out:
                out.add(name)
                changed = True
    return out


def _once(name: str, context: CallContext) -> bool:
    """Whether ``name`` means one object throughout the function."""
    function = context.function
    if function is None:
        return True
    definitions = function.index.names.get(name, [])
    is_parameter = any(p.name == name for p in function.ir.params)
    return len(definitions) + is_parameter == 1


class _Holder:
    def __init__(self, registration: Registration, evaluator: Evaluator) -> None:
        self.registration = registration
        self.evaluator = evaluator
        self.context = registration.context
        self.state = EvalState(self.context)
        self.watched = watched_expression(registration, evaluator)
        self.aliases = aliases(self.watched, self.context)
        #: Attributes that objects were given anew.
        self.replaced: dict[Value, set[str]] = {}
        options = alternatives(registration.obj) if registration.obj else ()
        # What may be anything else is not the object for sure.
        self.targets = {v for v in options if _is_one(v)} if UNKNOWN not in options else set()
        self.known = bool(registration.obj) and any(is_known(v) for v in alternatives(registration.obj or Const(None)))
        self.guess = False
        self._names: set[str] = set()

    def held(self) -> Held | None:
        spec = _spec(self.registration, self.evaluator)
        call = self.registration.call
        if spec is None or self.registration.obj is None:
            return None
        if call is not None:
            for expr, role in self._parts(call, spec):
                if self.expression(expr, 0, role == "callback"):
                    how = self._describe(expr, role)
                    return Held(how, Confidence.MEDIUM if self.guess else Confidence.HIGH)
        if not self.targets:
            return None
        # Through a wrapper: the expressions are the wrapper's parameters, the values the caller's.
        if self.value(self.registration.callback, 0):
            return Held("the callback holds the object", Confidence.HIGH)
        if spec.passes in ("rest", "tuple", "argument"):
            args = self.registration.args
            if any(self.value(v, 0) for v in (*args.positional, *(v for k, v in args.keywords if k not in _WATCHED))):
                return Held("an argument of the callback holds the object", Confidence.HIGH)
        return None

    def _parts(self, call: ir.Call, spec: Spec) -> Iterator[tuple[ir.Expr, str]]:
        """The callback and what is passed to it, as expressions."""
        callback = argument_expression(call, spec.callback, (spec.callback_name,))
        if callback is not None:
            yield callback, "callback"
        if spec.passes == "rest":
            positional = [a for a in call.args if not a.keyword and a.star != "**"]
            first = spec.callback + 1 if isinstance(spec.callback, int) else len(positional)
            for arg in positional[first:]:
                yield arg.value, "argument"
            for arg in call.args:
                if (arg.keyword and arg.keyword not in (spec.callback_name, *_WATCHED)) or arg.star == "**":
                    yield arg.value, "argument"
        elif spec.passes == "tuple":
            for where, name in ((2, "args"), (3, "kwargs")):
                expr = argument_expression(call, where, (name,))
                if expr is not None:
                    yield expr, "argument"
        elif spec.passes == "argument":
            expr = argument_expression(call, 2, ("arg",))
            if expr is not None:
                yield expr, "argument"

    def _describe(self, expr: ir.Expr, role: str) -> str:
        name = dotted(self.watched) if self.watched is not None else ""
        shown = f"`{name}`" if name else "the object"
        if role == "argument":
            return f"{shown} is passed as an argument" if self._is_alias(expr) else f"an argument holds {shown}"
        if isinstance(expr, ir.Lambda):
            return f"the lambda closes over {shown}"
        path = dotted(expr)
        if isinstance(expr, ir.Attr) and self._is_alias(expr.value):
            return f"`{path}` is a bound method of {shown}"
        if path:
            return f"the callback `{path}` holds {shown}"
        return f"the callback holds {shown}"

    # -- expressions

    def _is_alias(self, expr: ir.Expr) -> bool:
        path = dotted(expr)
        return bool(path) and path in self.aliases

    def expression(self, expr: ir.Expr, depth: int, called: bool = False) -> bool:
        """Whether what ``expr`` gives holds the object. ``called``: it is the callback, so it can be called."""
        if RETENTION_DEPTH.passed(depth):
            return False
        if self._is_alias(expr):
            return True
        if isinstance(expr, (ir.Name, ir.Attr)) and self._is_weak_container(expr):
            return False
        deeper = depth + 1
        if isinstance(expr, ir.Lambda):
            return self._closure(expr.function, deeper)
        if isinstance(expr, ir.Name):
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
            if expr.op == "and" and self._is_alias(expr.left) and self._is_true():
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
        return all(map(_is_weak_container, options))

    def _is_true(self) -> bool:
        """Whether the object is true in conditions, as instances are whose class says nothing else."""
        obj = self.registration.obj
        return obj is not None and all(
            isinstance(option, Object)
            and not self.evaluator.classes.has_unknown_base(option.cls)
            and all(self.evaluator.classes.class_member(option.cls, m) is None for m in ("__bool__", "__len__"))
            for option in alternatives(obj)
        )

    def _name(self, expr: ir.Name, depth: int, called: bool) -> bool:
        function = self.context.function
        if function is None or expr.id not in function.ir.bound:
            return self._by_value(expr)
        if expr.id in self._names:
            return False
        self._names.add(expr.id)
        definitions = function.index.names.get(expr.id, [])
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
            bool(self.aliases)
            and all("." not in a or a.split(".")[0] in ("self",) for a in self.aliases)
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
            if self._rebound(name, enclosing):
                continue
            if name in self.aliases:
                return True
            if self.expression(ir.Name(name, function.span), depth):
                return True
        return False

    def _rebound(self, name: str, function: FunctionNode) -> bool:
        """Whether the variable means something else by the time that the callback runs."""
        after = self.registration.call.span.line if self.registration.call is not None else 0
        for stmt in flat_statements(function.ir.body):
            if any(name in target_names(bound.target) for bound in bound_by(stmt)):
                span = stmt_span(stmt)
                if span.line > after or (name in self.aliases and isinstance(stmt, ir.Delete)):
                    return True
        return False

    def _attribute(self, expr: ir.Attr, depth: int, called: bool) -> bool:
        if _is_super(expr.value):
            function = self.context.function
            return bool(function and function.ir.params and function.ir.params[0].name in self.aliases)
        value = self.evaluator.expressions.eval(expr, self.state)
        options = list(alternatives(value))
        if called and not self._is_alias(expr.value) and self._refers_back(expr.value):
            return True
        if self._is_alias(expr.value):
            if expr.name in ("__dict__", "__class__", "__weakref__", "__name__", "__doc__"):
                return False
            if any(self._is_method_of_alias(v) for v in options) and (
                called or all(map(is_known, options)) or any(isinstance(v, Bound) for v in options)
            ):
                return True
            if self._was_put_into(expr, depth):
                return True
            if any(map(is_known, options)):
                return self._by_value(expr)
            if not called:
                return False
            if self._class_known():
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
            target.name
            for stmt in flat_statements(function.ir.body)
            if isinstance(stmt, ir.Assign) and not self._is_alias(stmt.value)
            for target in stmt.targets
            if isinstance(target, ir.Attr) and dotted(target.value) == path
        }
        if names:
            self.replaced.update(
                (option, names) for option in alternatives(self.evaluator.expressions.eval(part, self.state))
            )

    def _refers_back(self, part: ir.Expr) -> bool:
        """Whether the function itself stores the object in an attribute of ``part``: ``self.helper.owner = self``."""
        function, path = self.context.function, dotted(part)
        if function is None or not path:
            return False
        for stmt in flat_statements(function.ir.body):
            if isinstance(stmt, ir.Assign) and self._is_alias(stmt.value):
                for target in stmt.targets:
                    if isinstance(target, ir.Attr) and dotted(target.value) == path:
                        owners = alternatives(self.evaluator.expressions.eval(part, self.state))
                        # A property may keep a weak reference.
                        return all(isinstance(o, Object) and self._is_plain(o.cls, target.name) for o in owners)
        return False

    def _is_plain(self, cls: Class, name: str) -> bool:
        """Whether storing an attribute of an instance does nothing else."""
        classes = self.evaluator.classes
        return classes.class_member(cls, name) is None and classes.class_function(cls, "__setattr__") is None

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

    def _is_method_of_alias(self, value: Value) -> bool:
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
        mro = self.evaluator.classes.mro
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
                    isinstance(base, Lib) and base.name == receiver.type
                    for base in self.evaluator.classes.mro(option.cls)
                )
        return False

    def _assigned(self, expr: ir.Attr) -> bool:
        """Whether the function itself stores the attribute: then it is no method."""
        function = self.context.function
        base = dotted(expr.value)
        return function is not None and (base, expr.name) in function.index.stores

    def _class_known(self) -> bool:
        obj = self.registration.obj
        if obj is None:
            return False
        for option in alternatives(obj):
            if isinstance(option, Object):
                if all(isinstance(base, Class) for base in self.evaluator.classes.mro(option.cls)[:-1]):
                    return True
                return not any(not isinstance(b, (Class, Lib)) for b in self.evaluator.classes.mro(option.cls))
        return False

    def _call(self, expr: ir.Call, depth: int) -> bool:
        function = self.evaluator.expressions.eval(expr.func, self.state)
        for option in alternatives(function):
            name = self.evaluator.knowledge.canonical(option.name) if isinstance(option, Lib) else ""
            if name in _FRAMES:
                return True
            if (
                name in _CONTAINERS
                or name in _REFERRING
                or name in _KEEPERS
                or name in ("functools.partial", "functools.partialmethod")
            ):
                return any(self.expression(a.value, depth, True) for a in expr.args)
            if name == "builtins.getattr" and len(expr.args) > 1 and isinstance(expr.args[1].value, ir.Const):
                attribute = expr.args[1].value.value
                if isinstance(attribute, str):
                    return self._attribute(ir.Attr(expr.args[0].value, attribute, expr.span), depth, True)
            if name:
                return False
            if isinstance(option, Class) and any(self.expression(a.value, depth) for a in expr.args):
                if self._is_weak(option):
                    return False
                return self._stores(option, expr, depth)
            if isinstance(option, (Function, Bound)):
                made = self.evaluator.expressions.eval(expr, self.state)
                if any(isinstance(v, Suspended) for v in alternatives(made)):
                    return any(self.expression(a.value, depth) for a in expr.args)
                return self._returned(made, expr, depth)
        return False

    def _is_weak(self, cls: Class) -> bool:
        return any(isinstance(b, Lib) and b.name.startswith("weakref.") for b in self.evaluator.classes.mro(cls))

    def _stores(self, cls: Class, expr: ir.Call, depth: int) -> bool:
        """Whether an instance keeps an argument that holds the object."""
        init = self.evaluator.classes.class_function(cls, "__init__")
        if init is None:
            return any(self.expression(a.value, depth) for a in expr.args)
        params = [p.name for p in init.node.ir.params[1:]]
        holding = {
            arg.keyword or (params[i] if i < len(params) else "")
            for i, arg in enumerate(expr.args)
            if self.expression(arg.value, depth)
        }
        return self._keeps(cls, init.node, holding, 0)

    def _keeps(self, cls: Class, init: FunctionNode, params: set[str], depth: int) -> bool:
        """Whether a constructor stores one of its parameters, itself or by its base's constructor."""
        if not init.ir.params or KEEPING_DEPTH.passed(depth):
            return False
        receiver = init.ir.params[0].name
        for (base, _), definitions in init.index.stores.items():
            if base == receiver and any(_mentions(d.node, params) for d in definitions):
                return True
        for stmt in flat_statements(init.ir.body):
            call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
            if isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and _is_super(call.func.value):
                for ancestor in self.evaluator.classes.mro(cls)[1:]:
                    found = (
                        self.evaluator.classes.class_function(ancestor, "__init__")
                        if isinstance(ancestor, Class)
                        else None
                    )
                    if found is not None and isinstance(ancestor, Class):
                        names = [p.name for p in found.node.ir.params[1:]]
                        passed = {
                            a.keyword or (names[i] if i < len(names) else "")
                            for i, a in enumerate(call.args)
                            if _mentions(a.value, params)
                        }
                        return self._keeps(ancestor, found.node, passed, depth + 1)
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
                    name = arg.keyword or (params[i] if i < len(params) else "")
                    if name in free and self.expression(arg.value, depth):
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
        return any(isinstance(n, ir.Name) and n.id in self.aliases for expr in rest for n in parts_of(expr))

    # -- values

    def _by_value(self, expr: ir.Expr) -> bool:
        value = self.evaluator.expressions.eval(expr, self.state)
        if not is_known(value):
            return False
        if self.targets:
            return self.value(value, 0, top=True)
        # Equal values may be two objects, unless the expression starts from this one.
        path = dotted(expr)
        if path and any(path.startswith(alias + ".") for alias in self.aliases):
            obj = self.registration.obj
            targets: set[Value] = set()
            if obj is not None:
                targets = {v for v in alternatives(obj) if isinstance(v, Object)}
            if targets:
                self.targets = targets
                try:
                    return self.value(value, 0, top=True)
                finally:
                    self.targets = set()
        return False

    def value(self, value: Value, depth: int, top: bool = False) -> bool:
        """Whether ``value`` contains the watched object."""
        if value in self.targets:
            return True
        if not is_known(value) or isinstance(value, Const) or RETENTION_VALUES.passed(depth):
            return False
        deeper = depth + 1
        if _is_weak_container(value):
            return False
        if isinstance(value, OneOf):
            return any(self.value(v, deeper) for v in alternatives(value))
        if isinstance(value, Bound):
            return not isinstance(value.receiver, Class) and self.value(value.receiver, deeper)
        if isinstance(value, Super):
            return self.value(value.receiver, deeper)
        if isinstance(value, LibMethod):
            return self.value(value.receiver, deeper)
        if isinstance(value, Partial):
            parts = (value.function, *value.args, *(v for _, v in value.keywords))
            return any(self.value(v, deeper) for v in parts)
        if isinstance(value, Sequence):
            return any(self.value(v, deeper) for v in (*(value.items or ()), value.element))
        if isinstance(value, Mapping):
            return any(self.value(v, deeper) for v in (value.element, *(v for _, v in value.items)))
        if isinstance(value, LibObject):
            return value.type in _KEEPERS and any(self.value(v, deeper) for _, v in value.args)
        if isinstance(value, Function):
            return self._in_defaults(value, deeper) or self._captured(value, deeper)
        if isinstance(value, Suspended):
            return any(self.value(v, deeper) for _, v in value.context.params)
        if isinstance(value, Object):
            return self._instance(value, deeper)
        return False

    def _in_defaults(self, function: Function, depth: int) -> bool:
        """``lambda me=self: ...``"""
        state = EvalState(function.context)
        defaults = [p.default for p in function.node.ir.params if p.default is not None]
        return any(self.value(self.evaluator.expressions.eval(default, state), depth) for default in defaults)

    def _captured(self, function: Function, depth: int) -> bool:
        context: CallContext | None = function.context
        free = free_names(function.node.ir)
        while context is not None and context.function is not None:
            for name in sorted(free & context.function.ir.bound):
                if self._rebound_in(name, context):
                    continue
                if self.value(self._in_the_end(name, context, context.function, function.node.ir.span.line), depth):
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
        return function is not None and function is self.context.function and self._rebound(name, function)

    def _methods(self, cls: Class) -> Iterator[FunctionNode]:
        """The methods that the class's body defines, and the ``__init__`` that is written for it."""
        for binding in cls.node.facts.members:
            method = cls.node.function(binding) if binding.kind == "function" else None
            if method is not None and method.ir.params:
                yield method
        written = self.evaluator.records.init(cls)
        if written is not None:
            yield written.node

    def _instance(self, obj: Object, depth: int) -> bool:
        """Whether an attribute of another instance holds the object: only of one that was made with it."""
        if not any(self.value(v, depth + 1) for _, v in obj.args):
            return False
        if self._is_weak(obj.cls):
            return False
        for base in self.evaluator.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for method in self._methods(base):
                for receiver, name in method.index.stores:
                    if receiver == method.ir.params[0].name and name not in self.replaced.get(obj, ()):
                        stored = self.evaluator.own_stores.of_instance(obj, name)
                        if stored is not None and self.value(stored, depth + 1):
                            return True
        return self.evaluator.classes.class_function(obj.cls, "__init__") is None


def _is_weak_container(value: Value) -> bool:
    return (isinstance(value, Sequence) and value.kind == WEAK_SET) or (isinstance(value, Mapping) and value.weak)


def _is_one(value: Value) -> bool:
    """Whether a value stands for one object, so that an equal value is the same object."""
    if isinstance(value, Object):
        return value.site not in ("", MADE)
    return isinstance(value, Parameter)


def _is_super(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "super"


def _mentions(node: object, names: set[str]) -> bool:
    """Whether an expression keeps one of ``names``: calls keep nothing that we know of, containers do."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ir.Name) and part.id in names:
            return True
        if isinstance(part, ir.Attr):
            # ``parent.method`` keeps its parent; ``parent.name`` does not, and is not told apart from it.
            continue
        if isinstance(part, (ir.Display, ir.DictDisplay, ir.Bool, ir.IfExp, ir.Starred, ir.Walrus)):
            stack.extend(children(part))
    return False


__all__ = ["Held", "aliases", "argument_holding", "callback_expression", "held", "watched_expression"]
