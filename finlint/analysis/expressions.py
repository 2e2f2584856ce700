"""What expressions may be, one method for each kind of expression."""

from __future__ import annotations

from typing import Any

from finlint.analysis import flags, library
from finlint.analysis.effects import Args, CallArgs, PendingArgs
from finlint.analysis.environment import Context, Later, Result, assign, dotted, known_in, place, settled
from finlint.analysis.protocols import EXIT_STACK, exit_action
from finlint.analysis.questions import Questions
from finlint.analysis.statements import children, parts_of
from finlint.analysis.values import (
    MAYBE_NONE,
    UNKNOWN,
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
    OneOf,
    Partial,
    Sequence,
    Suspended,
    Unknown,
    Value,
    alternatives,
    is_known,
    shallow,
    softened,
    union,
    with_elements,
)
from finlint.model import ir
from finlint.model.limits import ITEMS


class Expressions:
    """Expressions to values; effects and calls go to the recorder of the context."""

    def __init__(self, ask: Questions) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self.limits = ask.limits

    def eval(self, expr: ir.Expr, context: Context) -> Value:
        """What ``expr`` may be. Records effects and calls on the way where the context has a recorder."""
        limits = self.limits
        limits.fuel -= 1
        if limits.fuel < 0:
            if limits.fuel == -1:
                limits.fuelled_for.hit()
            return UNKNOWN
        kind = type(expr)
        if kind is ir.Name:
            return self.ask.lookup(expr.id, context)  # type: ignore[union-attr]
        if kind is ir.Const:
            return Const(expr.value)  # type: ignore[union-attr]
        method = _EVALUATE.get(kind)
        return UNKNOWN if method is None else method(self, expr, context)

    def _attr(self, expr: ir.Attr, context: Context) -> Value:
        if context.env is not None:
            path = dotted(expr)
            if path:
                known = known_in(context.env, path)
                if known is not None:
                    return known
        receiver = self.eval(expr.value, context)
        return self.ask.attribute(receiver, expr.name, context, expr.span)

    def run(self, expr: ir.Expr, context: Context) -> None:
        """Evaluate ``expr`` for what it does: nobody wants its value."""
        kind = type(expr)
        if kind is ir.Call:
            self._call(expr, context, Result.UNWANTED)  # type: ignore[arg-type]
        elif kind in _PLAIN:
            for part in children(expr):
                self.run(part, context)
        elif kind not in _IDLE:
            self.eval(expr, context)

    def run_later(self, expr: ir.Expr, context: Context) -> Value | Later:
        """Evaluate ``expr`` for what it does; what a call returns is worked out when somebody asks for it."""
        if type(expr) is ir.Call:
            self.limits.fuel -= 1
            return self._called(expr, context, Result.LATER)
        return self.eval(expr, context)

    def _call(self, expr: ir.Call, context: Context, result: Result = Result.WANTED) -> Value:
        return settled(self._called(expr, context, result))

    def _called(self, expr: ir.Call, context: Context, result: Result) -> Value | Later:
        function = self.eval(expr.func, context)
        if type(function) is Unknown:
            # Nothing is known of the result, whatever it is given.
            if context.recorder is not None or context.env is not None:
                for arg in expr.args:
                    self.run(arg.value, context)
            return UNKNOWN
        if context.recorder is None and context.env is None:
            args: Args = self.pending(expr.args, context)
        else:
            args = self.arguments(expr.args, context)
        value = self.ask.call_later(function, args, context, expr.span, expr, result)
        if context.recorder is not None:
            self._consume_generators(expr, function, context)
        if context.env is not None and isinstance(expr.func, ir.Attr):
            self._note_receiver_change(expr, function, args, context)
        return value

    def _note_receiver_change(self, expr: ir.Call, function: Value, args: Args, context: Context) -> None:
        """``sock.setblocking(False)`` changes what ``sock`` is from here on."""
        assert isinstance(expr.func, ir.Attr)
        assert context.env is not None
        if not isinstance(function, LibMethod) or not isinstance(function.receiver, LibObject):
            return
        entry = self.knowledge.entry(function.name)
        path = dotted(expr.func.value)
        if path and function.receiver.type == EXIT_STACK:
            if expr.func.name == "pop_all":
                context.env[path] = LibObject(EXIT_STACK)
            elif expr.func.name in ("callback", "push", "enter_context"):
                action = exit_action(expr.func.name, args)
                if is_known(action):
                    context.env[path] = with_elements(function.receiver, [action])
            return
        if entry is None or not path or not (entry.makes_nonblocking or entry.makes_bounded):
            return
        context.env[path] = library.changed_receiver(entry, args, function.receiver)

    def _consume_generators(self, expr: ir.Call, function: Value, context: Context) -> None:
        """``all(p.wait() for p in ps)``: a generator expression runs where its consumer is called."""
        for arg in expr.args:
            if isinstance(arg.value, ir.Comprehension) and arg.value.kind == "generator":
                entry = self.knowledge.entry(function.name) if isinstance(function, (Lib, LibMethod)) else None
                if entry is not None and entry.consumes:
                    self._comprehension(arg.value._replace(kind="list"), context)

    def _lambda(self, expr: ir.Lambda, context: Context) -> Value:
        scope = context.scope
        owner = scope.function.owner if scope.function is not None else None
        return Function(context.module.inner_function(expr.function, owner), scope)

    def _display(self, expr: ir.Display, context: Context) -> Value:
        items: list[Value] = []
        exact = True
        for item in expr.items:
            if isinstance(item, ir.Starred):
                exact = False
                items.append(self.ask.element(self.eval(item.value, context), context))
            else:
                items.append(shallow(self.eval(item, context)))
        exact = exact and not ITEMS.passed(len(items))
        return Sequence(expr.kind, tuple(items) if exact else None, union(items))

    def _dict(self, expr: ir.DictDisplay, context: Context) -> Value:
        items: list[tuple[Value, Value]] = []
        elements: list[Value] = []
        keys: list[Value] = []
        for key, value in expr.items:
            evaluated = shallow(self.eval(value, context))
            if key is None:
                if isinstance(evaluated, Mapping):
                    elements.append(evaluated.element)
                    keys.append(evaluated.key)
                continue
            name = self.eval(key, context)
            keys.append(name)
            elements.append(evaluated)
            if isinstance(name, Const):
                items.append((name, evaluated))
        if ITEMS.passed(len(items)):
            del items[ITEMS:]
        return Mapping(tuple(items), union(keys), union(elements))

    def _subscript(self, expr: ir.Subscript, context: Context) -> Value:
        receiver = self.eval(expr.value, context)
        index = self.eval(expr.key, context)
        out = []
        for option in alternatives(receiver):
            if isinstance(option, Object):
                found = self.ask.special(option, "__getitem__", (index,), context, expr.span)
                out.append(found if is_known(found) else self.ask.item(option, index))
            elif isinstance(option, LibObject) and (member := self.knowledge.member(option.type, "__getitem__")):
                method = LibMethod(option, member)
                out.append(self.ask.call_library(method, CallArgs((index,)), context, expr.span, None))
            elif isinstance(option, Sequence) and isinstance(expr.key, ir.Slice):
                out.append(Sequence(option.kind, None, option.element))
            else:
                out.append(self.ask.item(option, index))
        return union(out)

    def _bool(self, expr: ir.Bool, context: Context) -> Value:
        # As with sums: ``a or b or ...`` nests to the left.
        spine = [expr]
        while isinstance(spine[-1].left, ir.Bool):
            spine.append(spine[-1].left)
        value = self.eval(spine[-1].left, context)
        for part in reversed(spine):
            value = self._either(part, value, context)
        return value

    def _either(self, expr: ir.Bool, left: Value, context: Context) -> Value:
        self.ask.tested(left, context, expr.left)
        verdict = library.truth(left, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.left, context)
            if verdict is False and expr.op == "and" and not is_known(left):
                return Const(False)
        if verdict is not None and (verdict is (expr.op == "or")):
            return left
        if context.env is not None and flags.any_known(context.env) and _calls(expr.left):
            # It may set one.
            flags.forget_all(context.env)
        right = self.eval(expr.right, context)
        if verdict is not None:
            return right
        decides = isinstance(right, Const) and right.firm and right.value is (expr.op == "or")
        if decides and (expr.op == "and" or not is_known(left)):
            # ``unknown and False``: false either way.
            return right
        plain = _is_plain(right) and (expr.op == "and" or _is_plain(left))
        if plain and flags.found(expr.right, context) is (expr.op == "or"):
            return Const(expr.op == "or")
        if expr.op == "or":
            return union([_truthy(left), right])
        return union([_falsy(left), right])

    def _not(self, expr: ir.Not, context: Context) -> Value:
        value = self.eval(expr.value, context)
        self.ask.tested(value, context, expr.value)
        verdict = library.truth(value, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.value, context)
        return UNKNOWN if verdict is None else Const(not verdict)

    def _compare(self, expr: ir.Compare, context: Context) -> Value:
        left = self.eval(expr.left, context)
        result: Value = UNKNOWN
        for op, right_expr in expr.rest:
            right = self.eval(right_expr, context)
            verdict = _compared(left, op, right, isinstance(expr.left, ir.Name))
            result = UNKNOWN if verdict is None else Const(verdict)
            self._compare_objects(left, op, right, context, expr)
            left = right
        return result if len(expr.rest) == 1 else UNKNOWN

    def _compare_objects(self, left: Value, op: str, right: Value, context: Context, expr: ir.Compare) -> None:
        if context.recorder is None:
            return
        if op in ("In", "NotIn"):
            for option in alternatives(right):
                if isinstance(option, Object):
                    if self.ask.class_member(option.cls, "__contains__") is not None:
                        self.ask.special(option, "__contains__", (left,), context, place(expr))
                    else:
                        self.ask.element(option, context, place(expr))
            return
        for option in alternatives(left):
            if isinstance(option, Object):
                self.ask.special(option, _COMPARISONS.get(op, ""), (right,), context, place(expr))

    def _binary(self, expr: ir.Binary, context: Context) -> Value:
        # ``a + b + ...`` nests to the left, and may have thousands of terms.
        spine = [expr]
        while isinstance(spine[-1].left, ir.Binary):
            spine.append(spine[-1].left)
        value = self.eval(spine[-1].left, context)
        for part in reversed(spine):
            value = self._operate(part, value, context)
        return value

    def _operate(self, expr: ir.Binary, left: Value, context: Context) -> Value:
        right = self.eval(expr.right, context)
        if expr.op == "Add" and isinstance(left, Sequence) and isinstance(right, Sequence):
            return Sequence(left.kind, None, union([left.element, right.element]))
        if expr.op == "Multiply" and isinstance(left, Sequence):
            return Sequence(left.kind, None, left.element)
        if expr.op == "Multiply" and isinstance(right, Sequence):
            return Sequence(right.kind, None, right.element)
        if (
            expr.op == "BitOr"
            and isinstance(left, Const)
            and isinstance(right, Const)
            and isinstance(left.value, int)
            and isinstance(right.value, int)
        ):
            return Const(left.value | right.value, left.firm and right.firm)
        if expr.op in _OPERATORS:
            method = _OPERATORS[expr.op]
            if isinstance(left, Object) and self.ask.class_member(left.cls, method) is not None:
                return self.ask.special(left, method, (right,), context, expr.span)
            if isinstance(right, Object):
                return self.ask.special(right, f"__r{method[2:]}", (left,), context, expr.span)
        if isinstance(left, LibObject) and expr.op == "Divide" and left.type.startswith("pathlib."):
            return left
        return UNKNOWN

    def _ifexp(self, expr: ir.IfExp, context: Context) -> Value:
        test = self.eval(expr.test, context)
        self.ask.tested(test, context, expr.test)
        verdict = library.truth(test, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.test, context)
        values = []
        if verdict is not False:
            values.append(self.eval(expr.body, context))
        if verdict is not True:
            values.append(self.eval(expr.orelse, context))
        return union(values)

    def _await(self, expr: ir.Await, context: Context) -> Value:
        value = self.eval(expr.value, context)
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Suspended):
                if context.recorder is not None:
                    context.recorder.edge(expr.span, option.frame)
                out.append(self.ask.returns(option.frame))
            elif isinstance(option, LibCoroutine):
                out.append(library.instance_of(self.knowledge.returns(option.name), self.knowledge))
            elif isinstance(option, LibObject):
                out.append(option)
        return union(out)

    def _yield(self, expr: ir.Yield, context: Context) -> Value:
        if expr.value is not None:
            value = self.eval(expr.value, context)
            if expr.delegates:
                self.ask.element(value, context, expr.span)
        return UNKNOWN

    def _comprehension(self, expr: ir.Comprehension, context: Context) -> Value:
        lazy = expr.kind == "generator"
        # A generator expression runs when it is consumed; its first iterable is evaluated here and now.
        inner = Context(context.scope, dict(context.env or {}), context.recorder)
        for position, clause in enumerate(expr.clauses):
            listener = inner if not (lazy and position) else Context(inner.scope, inner.env)
            iterated = self.eval(clause.iter, listener)
            element = self.ask.element(iterated, inner, None if lazy else expr.span)
            assert inner.env is not None
            assign(clause.target, element, inner.env, self.ask.item)
            for condition in clause.ifs:
                self.eval(condition, Context(inner.scope, inner.env) if lazy else inner)
        body = Context(inner.scope, inner.env) if lazy else inner
        parts = [self.eval(e, body) for e in expr.elements]
        if expr.kind == "dict":
            return Mapping((), parts[0], parts[1])
        return Sequence("lazy" if lazy else expr.kind, None, parts[0])

    def _walrus(self, expr: ir.Walrus, context: Context) -> Value:
        value = self.eval(expr.value, context)
        if context.env is not None:
            context.env[expr.target] = value
        return value

    def _opaque(self, expr: ir.Opaque | ir.Slice, context: Context) -> Value:
        for part in expr.parts:
            self.eval(part, context)
        return UNKNOWN

    def _starred(self, expr: ir.Starred, context: Context) -> Value:
        self.eval(expr.value, context)
        return UNKNOWN

    def pending(self, args: tuple[ir.Arg, ...], context: Context) -> PendingArgs:
        """Arguments that nobody has looked at; only of a context to which nobody listens, and that does not change."""
        return PendingArgs(args, lambda expr: self.eval(expr, context), lambda: self.arguments(args, context))

    def arguments(self, args: tuple[ir.Arg, ...], context: Context) -> CallArgs:
        positional: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        open_ended = False
        spliced: list[Value] = []
        for arg in args:
            value = self.eval(arg.value, context)
            if arg.star == "*":
                if isinstance(value, Sequence) and value.items is not None:
                    positional.extend(value.items)
                else:
                    if not open_ended:
                        positional.extend(self._first_items(arg.value, context))
                    open_ended = True
                    spliced.append(self.ask.element(value, context))
            elif arg.star == "**":
                if (
                    isinstance(value, Mapping)
                    and value.items
                    and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in value.items)
                ):
                    keywords.extend((str(k.value), v) for k, v in value.items if isinstance(k, Const))
                else:
                    open_ended = True
            elif arg.keyword:
                keywords.append((arg.keyword, value))
            elif not open_ended:
                positional.append(value)
        return CallArgs(tuple(positional), tuple(keywords), open_ended, union(spliced))

    def _first_items(self, expr: ir.Expr, context: Context) -> tuple[Value, ...]:
        """The items that a sum of sequences is known to start with: ``f(*([self] + more))``."""
        while isinstance(expr, ir.Binary) and expr.op == "Add":
            expr = expr.left
        if not isinstance(expr, ir.Display) or any(isinstance(item, ir.Starred) for item in expr.items):
            return ()
        quiet = Context(context.scope, context.env)
        return tuple(shallow(self.eval(item, quiet)) for item in expr.items)


#: Expressions that do nothing by themselves, and those that do nothing beside what their parts do.
_IDLE = frozenset({ir.Name, ir.Const, ir.Lambda})
_PLAIN = frozenset({ir.Display, ir.DictDisplay, ir.Slice, ir.Opaque})

_EVALUATE: dict[type, Any] = {
    ir.Attr: Expressions._attr,
    ir.Call: Expressions._call,
    ir.Lambda: Expressions._lambda,
    ir.Display: Expressions._display,
    ir.DictDisplay: Expressions._dict,
    ir.Subscript: Expressions._subscript,
    ir.Bool: Expressions._bool,
    ir.Not: Expressions._not,
    ir.Compare: Expressions._compare,
    ir.Binary: Expressions._binary,
    ir.IfExp: Expressions._ifexp,
    ir.Await: Expressions._await,
    ir.Yield: Expressions._yield,
    ir.Comprehension: Expressions._comprehension,
    ir.Walrus: Expressions._walrus,
    ir.Opaque: Expressions._opaque,
    ir.Slice: Expressions._opaque,
    ir.Starred: Expressions._starred,
}


_COMPARISONS = {
    "Equal": "__eq__",
    "NotEqual": "__ne__",
    "LessThan": "__lt__",
    "GreaterThan": "__gt__",
    "LessThanEqual": "__le__",
    "GreaterThanEqual": "__ge__",
}


_OPERATORS = {
    "Add": "__add__",
    "Subtract": "__sub__",
    "Multiply": "__mul__",
    "Divide": "__truediv__",
    "FloorDivide": "__floordiv__",
    "Modulo": "__mod__",
    "Power": "__pow__",
    "LeftShift": "__lshift__",
    "RightShift": "__rshift__",
    "BitOr": "__or__",
    "BitAnd": "__and__",
    "BitXor": "__xor__",
    "MatrixMultiply": "__matmul__",
}


def _calls(expr: ir.Expr) -> bool:
    return any(isinstance(part, (ir.Call, ir.Await, ir.Yield)) for part in parts_of(expr))


def _is_plain(value: Value) -> bool:
    """Whether a value is of no interest but for its truth."""
    return all(isinstance(option, Const) or not is_known(option) for option in alternatives(value))


def _truthy(value: Value) -> Value:
    """``value`` where ``value or x`` is ``value``."""
    if isinstance(value, OneOf):
        rest = [m for m in value.order if not (isinstance(m, Const) and not m.value)]
        return union(rest) if rest else UNKNOWN
    return UNKNOWN if isinstance(value, Const) and not value.value else value


def _falsy(value: Value) -> Value:
    """``value`` where ``value and x`` is ``value``: of interest only as a constant."""
    out = [softened(v) for v in alternatives(value) if isinstance(v, Const) and not v.value]
    return union(out) if out else MAYBE_NONE


def _compared(left: Value, op: str, right: Value, certain: bool) -> bool | None:
    """What a comparison gives, where it is sure. ``certain``: the left side is a local name, not an attribute."""
    if op in ("Is", "IsNot") and isinstance(right, Const) and right.value is None:
        if isinstance(left, Const):
            return (left.value is None) is (op == "Is") if left.firm else None
        if certain and isinstance(left, (Object, LibObject, Function, Bound, Lib, Class, Partial, LibMethod)):
            return op == "IsNot"
        return None
    if isinstance(left, Const) and isinstance(right, Const) and left.firm and right.firm:
        try:
            if op in ("Is", "IsNot"):
                same = type(left.value) is type(right.value) and left.value == right.value
                return same is (op == "Is")
            if op == "Equal":
                return bool(left.value == right.value)
            if op == "NotEqual":
                return bool(left.value != right.value)
            if op == "GreaterThan":
                return bool(left.value > right.value)  # type: ignore[operator]
            if op == "LessThan":
                return bool(left.value < right.value)  # type: ignore[operator]
            if op == "GreaterThanEqual":
                return bool(left.value >= right.value)  # type: ignore[operator]
            if op == "LessThanEqual":
                return bool(left.value <= right.value)  # type: ignore[operator]
        except TypeError:
            return None
    return None
