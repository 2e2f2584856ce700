"""What expressions may be, one method for each kind of expression."""

from __future__ import annotations

from typing import Any

from finlint.analysis.domain.effects import Args, CallArgs, PendingArgs
from finlint.analysis.domain.state import EvalState, Lazy, Result, assign, dotted, known_in, place, settled
from finlint.analysis.domain.values import (
    MAYBE_NONE,
    NAMED_TUPLE,
    NEVER,
    NO_KEY,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    LibResult,
    Mapping,
    Never,
    Object,
    OneOf,
    Partial,
    Sequence,
    Suspended,
    Unknown,
    Value,
    alternatives,
    grown,
    is_complete,
    is_known,
    shallow,
    softened,
    union,
    with_elements,
)
from finlint.analysis.evaluation import flags
from finlint.analysis.evaluation.attributes import VARS
from finlint.analysis.evaluation.comparisons import compared, contains, is_empty, versions
from finlint.analysis.evaluation.protocols import EXIT_STACK, exit_action
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.program.after_yield import is_used_once, until_first_yield
from finlint.analysis.program.statements import children, last_name, parts_of
from finlint.model import ir
from finlint.model.limits import ITEMS
from finlint.model.source import Span
from finlint.scan.words import PUTS_ALL


class Expressions:
    """Expressions to values; effects and calls go to the recorder of the state."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def eval(self, expr: ir.Expr, state: EvalState) -> Value:
        """What ``expr`` may be. Records effects and calls on the way where the state has a recorder."""
        kind = type(expr)
        if kind is ir.Name:
            return self.ask.names.lookup(expr.id, state)  # type: ignore[union-attr]
        if kind is ir.Const:
            return Const(expr.value)  # type: ignore[union-attr]
        method = _EVALUATE.get(kind)
        return UNKNOWN if method is None else method(self, expr, state)

    def _attr(self, expr: ir.Attr, state: EvalState) -> Value:
        if state.env is not None:
            path = dotted(expr)
            if path:
                known = known_in(state.env, path)
                if known is not None:
                    return known
        receiver = self.eval(expr.value, state)
        return self.ask.attributes.attribute(receiver, expr.name, state, expr.span)

    def run(self, expr: ir.Expr, state: EvalState) -> None:
        """Evaluate ``expr`` for what it does: nobody wants its value."""
        kind = type(expr)
        if kind is ir.Call:
            self._call(expr, state, Result.UNWANTED)  # type: ignore[arg-type]
        elif kind in _PLAIN:
            for part in children(expr):
                self.run(part, state)
        elif kind not in _IDLE:
            self.eval(expr, state)

    def run_lazily(self, expr: ir.Expr, state: EvalState) -> Value | Lazy:
        """Evaluate ``expr`` for what it does; what a call returns is worked out when somebody asks for it."""
        if type(expr) is ir.Call:
            return self._called(expr, state, Result.LAZY)
        return self.eval(expr, state)

    def _call(self, expr: ir.Call, state: EvalState, result: Result = Result.WANTED) -> Value:
        return settled(self._called(expr, state, result))

    def _called(self, expr: ir.Call, state: EvalState, result: Result) -> Value | Lazy:
        function = self.eval(expr.func, state)
        if type(function) in _NOTHING_KNOWN:
            # Nothing is known of the result, whatever it is given.
            if state.recorder is not None or state.env is not None:
                for arg in expr.args:
                    self.run(arg.value, state)
            return NEVER if function is NEVER else UNKNOWN
        if state.recorder is None and state.env is None:
            args: Args = self.pending(expr.args, state)
        else:
            args = self.arguments(expr.args, state)
            if isinstance(function, Lib) and function.name == "builtins.next" and args.positional:
                args = self._advanced_once(expr.args[0].value, args, state)
        value = self.ask.calls.call_lazily(function, args, state, expr.span, expr, result)
        if state.recorder is not None:
            self._consume_generators(expr, function, state)
        if state.env is not None:
            if isinstance(expr.func, ir.Attr):
                self._note_receiver_change(expr, function, args, state)
            self._note_given(expr, function, state)
            self._note_kill(expr, function, state)
        return value

    def _advanced_once(self, written: ir.Expr, args: CallArgs, state: EvalState) -> CallArgs:
        """``next(parts())`` runs what comes before the first ``yield``: the generator is new, and nobody has it."""
        made = args.positional[0]
        context = state.context
        if not isinstance(made, Suspended) or made.kind != "generator" or made.context.function is None:
            return args
        if isinstance(written, ir.Name):
            function = context.function
            if function is None or not is_used_once(written.id, function):
                return args
        elif not isinstance(written, ir.Call):
            return args
        begun = made.context
        first = self.ask.binding.context(until_first_yield(made.context.function), begun.params, begun.parent)
        return args._replace(positional=(Suspended(made.kind, first), *args.positional[1:]))

    def _note_receiver_change(self, expr: ir.Call, function: Value, args: Args, state: EvalState) -> None:
        """``sock.setblocking(False)`` changes what ``sock`` is from here on."""
        assert isinstance(expr.func, ir.Attr)
        assert state.env is not None
        if isinstance(function, LibMethod) and isinstance(function.receiver, (Sequence, Mapping)):
            if function.name not in _READING:
                self._note_growth(expr.func.value, state)
            return
        if not isinstance(function, LibMethod) or not isinstance(function.receiver, LibObject):
            if any(map(self._ends_process, alternatives(function))) and (path := dotted(expr.func.value)):
                # Whatever else it may be.
                state.env[path] = library.ended(self.eval(expr.func.value, state.quiet()))
            return
        entry = self.knowledge.entry(function.name)
        path = dotted(expr.func.value)
        if path and function.receiver.type == EXIT_STACK:
            if expr.func.name == "pop_all":
                state.env[path] = LibObject(EXIT_STACK)
            elif expr.func.name in ("callback", "push", "enter_context"):
                action = exit_action(expr.func.name, args)
                if is_known(action):
                    state.env[path] = with_elements(function.receiver, [action])
            return
        if entry is None or not path or not library.changes_receiver(entry):
            return
        state.env[path] = library.changed_receiver(entry, args, function.receiver)

    def _ends_process(self, function: Value) -> bool:
        """Whether it is ``kill()`` of a process."""
        entry = self.knowledge.entry(function.name) if isinstance(function, LibMethod) else None
        return entry is not None and entry.when_over == "ends"

    def _note_growth(self, container: ir.Expr, state: EvalState) -> None:
        """What is in a container that was given away, or changed by a method, is known no more."""
        assert state.env is not None
        path = dotted(container)
        known = known_in(state.env, path) if path else None
        if known is not None and any(isinstance(v, (Sequence, Mapping)) for v in alternatives(known)):
            everything = self.ask.names.context_name(path, state.context) if "." not in path else known
            state.env[path] = union(grown(v) for v in (*alternatives(known), *alternatives(everything)))

    def _note_kill(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """``os.kill(process.pid, signal.SIGKILL)`` ends the process, as ``process.send_signal(SIGKILL)`` does."""
        sends = isinstance(function, LibMethod) and function.name.endswith(".send_signal")
        if not sends and not (isinstance(function, Lib) and function.name in ("os.kill", "os.killpg")):
            return
        if not expr.args or not _is_sigkill(expr.args[-1].value) or state.env is None:
            return
        # ``os.getpgid(process.pid)``, too.
        named = (part for part in parts_of(expr.args[0].value) if isinstance(part, ir.Attr))
        processes = [part.value for part in named if part.name == "pid"]
        if isinstance(expr.func, ir.Attr) and sends:
            processes = [expr.func.value]
        quiet = state.quiet()
        for process in processes:
            if path := dotted(process):
                state.env[path] = library.ended(self.eval(process, quiet))

    def _note_given(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """Functions may change the containers that they are given."""
        if any(isinstance(option, (Function, Bound, Class, Partial)) for option in alternatives(function)):
            for arg in expr.args:
                if isinstance(arg.value, ir.Name):
                    self._note_growth(arg.value, state)

    def _consume_generators(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """``all(p.wait() for p in ps)``: a generator expression runs where its consumer is called."""
        for arg in expr.args:
            given = arg.value
            if isinstance(given, ir.Comprehension) and given.kind == "generator" and self._is_consumer(function):
                self._comprehension(given._replace(kind="list"), state)

    def _is_consumer(self, function: Value) -> bool:
        """Whether a function of a library runs a generator that it is given."""
        if not isinstance(function, (Lib, LibMethod)):
            return False
        if isinstance(function, LibMethod) and isinstance(function.receiver, (Const, Sequence, Mapping)):
            return function.name in ("join", *PUTS_ALL)
        entry = self.knowledge.entry(function.name)
        return function.name in _ADVANCES or (entry is not None and bool(entry.consumes))

    def _lambda(self, expr: ir.Lambda, state: EvalState) -> Value:
        context = state.context
        owner = context.function.owner if context.function is not None else None
        return Function(state.module.inner_function(expr.function, owner), context)

    def _display(self, expr: ir.Display, state: EvalState) -> Value:
        items: list[Value] = []
        exact = True
        for item in expr.items:
            if isinstance(item, ir.Starred):
                exact = False
                items.append(self.ask.protocols.element(self.eval(item.value, state), state))
            else:
                items.append(shallow(self.eval(item, state)))
                if expr.kind == "set":
                    self._hash(items[-1], state, expr.span)
        exact = exact and not ITEMS.passed(len(items))
        return Sequence(expr.kind, tuple(items) if exact else None, union(items))

    def _dict(self, expr: ir.DictDisplay, state: EvalState) -> Value:
        items: list[tuple[Value, Value]] = []
        elements: list[Value] = []
        keys: list[Value] = []
        for key, value in expr.items:
            evaluated = shallow(self.eval(value, state))
            if key is None:
                for option in alternatives(self.ask.protocols.contents(evaluated)):
                    if isinstance(option, Mapping):
                        items.extend(option.items)
                        elements.append(option.element)
                        keys.append(option.key)
                    else:
                        elements.append(UNKNOWN)
                        keys.append(UNKNOWN)
                continue
            name = self.eval(key, state)
            self._hash(name, state, place(key))
            keys.append(name)
            elements.append(evaluated)
            if isinstance(name, Const):
                items.append((name, evaluated))
        if ITEMS.passed(len(items)):
            del items[ITEMS:]
        if not expr.items and state.env is not None:
            # Only where the statements are followed in order is it known to be empty still.
            return Mapping((), NO_KEY, UNKNOWN)
        return Mapping(tuple(items), union(keys), union(elements))

    def _hash(self, value: Value, state: EvalState, span: Span | None) -> None:
        """Record what being put into a set, or becoming a key, runs."""
        if state.recorder is not None:
            for option in alternatives(value):
                if isinstance(option, Object):
                    self.ask.protocols.special(option, "__hash__", (), state, span)

    def _subscript(self, expr: ir.Subscript, state: EvalState) -> Value:
        receiver = self.eval(expr.value, state)
        index = self.eval(expr.key, state)
        out = []
        for option in alternatives(receiver):
            if isinstance(option, Object):
                found = self.ask.protocols.special(option, "__getitem__", (index,), state, expr.span)
                out.append(found if is_known(found) else self._item_of(option, index, state, expr.span))
            elif isinstance(option, Mapping):
                self.ask.protocols.hashed(option, index, state, expr.span)
                out.append(self.ask.protocols.key(option, index, state, expr.span))
            elif isinstance(option, Class) and (getter := self._class_item(option)) is not None:
                out.append(self.ask.calls.call(getter, CallArgs((index,)), state, expr.span))
            elif isinstance(option, LibObject) and option.type == VARS:
                out.append(self.ask.attributes.from_dict(option, index, state, expr.span))
            elif isinstance(option, LibObject) and (member := self.knowledge.member(option.type, "__getitem__")):
                method = LibMethod(option, member)
                out.append(self.ask.library_calls.call_library(method, CallArgs((index,)), state, expr.span, None))
            elif isinstance(option, LibObject) and option.type == library.VERSION:
                out.append(option if isinstance(expr.key, ir.Slice) else _of_version(index))
            elif isinstance(option, Sequence) and isinstance(expr.key, ir.Slice):
                out.append(Sequence(option.kind, None, option.element))
            else:
                if state.recorder is not None and isinstance(index, Object):
                    self.ask.protocols.special(index, "__index__", (), state, expr.span)
                out.append(self.ask.protocols.item(option, index))
        return union(out)

    def _class_item(self, cls: Class) -> Value | None:
        """What ``Class[key]`` calls, where the project says so."""
        own = self.ask.classes.class_function(cls, "__class_getitem__")
        return None if own is None else Bound(own, cls)

    def _item_of(self, obj: Object, index: Value, state: EvalState, span: Span) -> Value:
        """An item of an instance that has its ``__getitem__`` from a container, if at all."""
        held = self.ask.protocols.contents(obj)
        if isinstance(held, Mapping) and not any(key == index for key, _ in held.items):
            missing = self.ask.protocols.special(obj, "__missing__", (index,), state, span)
            if is_known(missing):
                return union([missing, self.ask.protocols.item(held, index)])
        return self.ask.protocols.item(obj, index)

    def _bool(self, expr: ir.Bool, state: EvalState) -> Value:
        # As with sums: ``a or b or ...`` nests to the left.
        spine = [expr]
        while isinstance(spine[-1].left, ir.Bool):
            spine.append(spine[-1].left)
        value = self.eval(spine[-1].left, state)
        for part in reversed(spine):
            value = self._either(part, value, state)
        return value

    def _either(self, expr: ir.Bool, left: Value, state: EvalState) -> Value:
        self.ask.protocols.tested(left, state, expr.left)
        verdict = library.truth(left, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.left, state)
            if verdict is False and expr.op == "and" and not is_known(left):
                return Const(False)
        if verdict is not None and (verdict is (expr.op == "or")):
            return left
        if state.env is not None and flags.any_known(state.env) and _calls(expr.left):
            # It may set one.
            flags.forget_all(state.env)
        right = self.eval(expr.right, self.ask.refinement.refined(expr.left, expr.op == "and", state))
        if verdict is not None:
            return right
        decides = isinstance(right, Const) and right.firm and right.value is (expr.op == "or")
        if decides and (expr.op == "and" or not is_known(left)):
            # ``unknown and False``: false either way.
            return right
        plain = _is_plain(right) and (expr.op == "and" or _is_plain(left))
        if plain and flags.found(expr.right, state) is (expr.op == "or"):
            return Const(expr.op == "or")
        if expr.op == "or":
            return union([_truthy(left), right])
        return union([_falsy(left), right])

    def _not(self, expr: ir.Not, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        self.ask.protocols.tested(value, state, expr.value)
        verdict = library.truth(value, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.value, state)
        return UNKNOWN if verdict is None else Const(not verdict)

    def _compare(self, expr: ir.Compare, state: EvalState) -> Value:
        version = versions(expr, self.ask.oldest, lambda part: self.eval(part, state))
        if version is not None:
            return Const(version)
        left = self.eval(expr.left, state)
        result: Value = UNKNOWN
        for op, right_expr in expr.rest:
            right = self.eval(right_expr, state)
            if op in ("In", "NotIn"):
                found = contains(left, right, right_expr)
                verdict = None if found is None else found is (op == "In")
            else:
                verdict = compared(left, op, right, isinstance(expr.left, ir.Name))
            result = UNKNOWN if verdict is None else Const(verdict)
            self._compare_objects(left, op, right, state, expr)
            left = right
        return result if len(expr.rest) == 1 else UNKNOWN

    def _compare_objects(self, left: Value, op: str, right: Value, state: EvalState, expr: ir.Compare) -> None:
        if state.recorder is None:
            return
        if op in ("In", "NotIn"):
            for option in alternatives(right):
                if isinstance(option, Object) and self.ask.classes.class_member(option.cls, "__contains__") is not None:
                    self.ask.protocols.special(option, "__contains__", (left,), state, place(expr))
                    continue
                if isinstance(option, (Sequence, Mapping)):
                    self.ask.protocols.hashed(option, left, state, place(expr))
                for item in alternatives(self.ask.protocols.element(option, state, place(expr))):
                    if isinstance(item, Object) and isinstance(option, Sequence):
                        self.ask.protocols.special(item, "__eq__", (left,), state, place(expr))
            return
        for option in alternatives(left):
            if isinstance(option, Object):
                self.ask.protocols.special(option, _COMPARISONS.get(op, ""), (right,), state, place(expr))

    def _binary(self, expr: ir.Binary, state: EvalState) -> Value:
        # ``a + b + ...`` nests to the left, and may have thousands of terms.
        spine = [expr]
        while isinstance(spine[-1].left, ir.Binary):
            spine.append(spine[-1].left)
        value = self.eval(spine[-1].left, state)
        for part in reversed(spine):
            value = self._operate(part, value, state)
        return value

    def _operate(self, expr: ir.Binary, left: Value, state: EvalState) -> Value:
        right = self.eval(expr.right, state)
        if expr.op == "Add" and isinstance(left, Sequence) and isinstance(right, Sequence):
            return Sequence(left.kind, None, union([left.element, right.element]))
        if expr.op == "BitOr":
            merged = self.ask.protocols.merged(left, right)
            if merged is not None:
                return merged
            if all(isinstance(option, (Class, Lib)) for side in (left, right) for option in alternatives(side)):
                # ``Client = Plain | Clustered``: a name for types.
                return union([left, right])
        if expr.op == "Add" and _is_text(left) and _is_text(right):
            return Const(left.value + right.value, left.firm and right.firm)  # type: ignore[union-attr,operator]
        if expr.op == "Modulo" and isinstance(left, Const) and isinstance(left.value, str):
            # ``"%s" % value``
            given = right.items if isinstance(right, Sequence) and right.items is not None else (right,)
            for value in given if state.recorder is not None else ():
                self.ask.protocols.shown(value, "__str__", state, expr.span)
            return UNKNOWN
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
        if expr.op.startswith("Bit") and isinstance(left, Object) and self.ask.enumerations.is_one(left.cls):
            # ``Mode.A | Mode.B`` of an ``enum.Flag``.
            return Object(left.cls)
        if expr.op in _OPERATORS:
            method = _OPERATORS[expr.op]
            if isinstance(left, Object) and self.ask.classes.class_member(left.cls, method) is not None:
                return self.ask.protocols.special(left, method, (right,), state, expr.span)
            if isinstance(right, Object):
                return self.ask.protocols.special(right, f"__r{method[2:]}", (left,), state, expr.span)
        if isinstance(left, LibObject) and expr.op == "Divide" and left.type.startswith("pathlib."):
            return left
        return UNKNOWN

    def in_place(self, obj: Object, op: str, value: Value, state: EvalState, span: Span) -> None:
        """``obj += value``: ``__iadd__``, else ``__add__``."""
        method = _OPERATORS.get(op, "")
        for name in (f"__i{method[2:]}", method):
            if self.ask.classes.class_function(obj.cls, name) is not None:
                self.ask.protocols.special(obj, name, (value,), state, span)
                return

    def _ifexp(self, expr: ir.IfExp, state: EvalState) -> Value:
        test = self.eval(expr.test, state)
        self.ask.protocols.tested(test, state, expr.test)
        verdict = library.truth(test, self.knowledge)
        if verdict is None:
            verdict = flags.found(expr.test, state)
        values = []
        if verdict is not False:
            values.append(self.eval(expr.body, self.ask.refinement.refined(expr.test, True, state)))
        if verdict is not True:
            values.append(self.eval(expr.orelse, self.ask.refinement.refined(expr.test, False, state)))
        return union(values)

    def _await(self, expr: ir.Await, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Suspended):
                if state.recorder is not None:
                    state.recorder.edge(expr.span, option.context)
                out.append(self.ask.calls.returns(option.context))
            elif isinstance(option, LibCoroutine):
                out.append(library.instance_of(self.knowledge.returns(option.name), self.knowledge))
            elif isinstance(option, LibObject):
                out.append(option)
        return union(out)

    def _yield(self, expr: ir.Yield, state: EvalState) -> Value:
        if expr.value is not None:
            value = self.eval(expr.value, state)
            if expr.delegates:
                self.ask.protocols.element(value, state, expr.span)
        return UNKNOWN

    def _comprehension(self, expr: ir.Comprehension, state: EvalState) -> Value:
        lazy = expr.kind == "generator"
        # A generator expression runs when it is consumed; its first iterable is evaluated here and now.
        inner = EvalState(state.context, dict(state.env or {}), state.recorder)
        for position, clause in enumerate(expr.clauses):
            listener = inner if not (lazy and position) else EvalState(inner.context, inner.env)
            iterated = self.eval(clause.iter, listener)
            if is_empty(iterated, clause.iter):
                return Mapping((), NO_KEY, UNKNOWN) if expr.kind == "dict" else Sequence("list", (), UNKNOWN)
            element = self.ask.protocols.element(iterated, inner, None if lazy else expr.span)
            assert inner.env is not None
            if clause.ifs and (kept := self._kept_pairs(clause, inner)) is not None:
                element = kept
            assign(clause.target, element, inner.env, self.ask.protocols.item)
            for condition in clause.ifs:
                self.eval(condition, EvalState(inner.context, inner.env) if lazy else inner)
                self.ask.refinement.refine(condition, True, inner)
        body = EvalState(inner.context, inner.env) if lazy else inner
        parts = [self.eval(e.value if isinstance(e, ir.Starred) else e, body) for e in expr.elements]
        if isinstance(expr.elements[0], ir.Starred):
            parts[0] = self.ask.protocols.element(parts[0], body, expr.span if not lazy else None)
        if expr.kind == "dict":
            if len(parts) == 1:
                merged = [v for v in alternatives(parts[0]) if isinstance(v, Mapping)]
                return Mapping((), union(v.key for v in merged), union(v.element for v in merged))
            return Mapping((), parts[0], parts[1])
        return Sequence("lazy" if lazy else expr.kind, None, parts[0])

    def _kept_pairs(self, clause: ir.For_, state: EvalState) -> Value | None:
        """``for key, value in mapping.items() if key not in HIDDEN``: a pair of those whose keys the conditions do not
        rule out; None where they rule out none that is known."""
        call, target = clause.iter, clause.target
        if not (isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name == "items"):
            return None
        if not isinstance(target, ir.Display) or len(target.items) != 2 or not isinstance(target.items[0], ir.Name):
            return None
        quiet = state.quiet()
        mappings = [m for m in alternatives(self.eval(call.func.value, quiet)) if isinstance(m, Mapping)]
        name = target.items[0].id
        left_out = [v for m in mappings for key, v in m.items if self._is_ruled_out(clause, name, key, quiet)]
        if not left_out:
            return None
        gone = {softened(option) for value in left_out for option in alternatives(value)}
        options = (option for mapping in mappings for option in alternatives(mapping.element))
        kept = union(option for option in options if softened(option) not in gone)
        return Sequence("tuple", (UNKNOWN, kept), UNKNOWN)

    def _is_ruled_out(self, clause: ir.For_, name: str, key: Value, state: EvalState) -> bool:
        inner = state.with_names({name: key})
        return any(library.truth(self.eval(condition, inner), self.knowledge) is False for condition in clause.ifs)

    def _walrus(self, expr: ir.Walrus, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        if state.env is not None:
            state.env[expr.target] = value
        return value

    def _opaque(self, expr: ir.Opaque | ir.Slice, state: EvalState) -> Value:
        for part in expr.parts:
            self.eval(part, state)
        return UNKNOWN

    def _unary(self, expr: ir.Unary, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        return union(
            self.ask.protocols.special(option, _UNARY[expr.op], (), state, expr.span)
            for option in alternatives(value)
            if isinstance(option, Object)
        )

    def _formatted(self, expr: ir.Formatted, state: EvalState) -> Value:
        value = self.eval(expr.value, state)
        for part in expr.spec:
            self.eval(part, state)
        if state.recorder is not None:
            method = _CONVERSIONS.get(expr.conversion, "__format__")
            self.ask.protocols.shown(value, method, state, expr.span)
        plain = isinstance(value, Const) and isinstance(value.value, str) and not expr.spec and not expr.conversion
        return value if plain else UNKNOWN

    def _text(self, expr: ir.Text, state: EvalState) -> Value:
        """An f-string: a constant where all its fields are."""
        parts: list[Value] = []
        for part in expr.parts:
            parts.append(self._formatted(part, state) if isinstance(part, ir.Formatted) else self.eval(part, state))
        text = [part.value for part in parts if isinstance(part, Const)]
        if len(text) < len(parts):
            return UNKNOWN
        return Const("".join(map(str, text)), all(part.firm for part in parts if isinstance(part, Const)))

    def _narrowed(self, expr: ir.Narrowed, state: EvalState) -> Value:
        return self.ask.classes.narrowed(self.eval(expr.value, state), expr.cls, state)

    def _positional(self, expr: ir.Positional, state: EvalState) -> Value:
        out: list[Value] = []
        for option in alternatives(self.eval(expr.value, state)):
            if isinstance(option, Object):
                name = self.ask.classes.match_argument(option.cls, expr.position)
                out.append(self.ask.attributes.attribute(option, name, state, expr.span) if name else UNKNOWN)
            else:
                # ``case str(x)`` is the string itself, a named tuple's fields are its items.
                is_record = isinstance(option, LibObject) and option.type == NAMED_TUPLE
                out.append(self.ask.protocols.item(option, Const(expr.position)) if is_record else option)
        return union(out)

    def _starred(self, expr: ir.Starred, state: EvalState) -> Value:
        self.eval(expr.value, state)
        return UNKNOWN

    def pending(self, args: tuple[ir.Arg, ...], state: EvalState) -> PendingArgs:
        """Arguments that nobody has looked at; only of a state to which nobody listens, and that does not change."""
        return PendingArgs(args, lambda expr: self.eval(expr, state), lambda: self.arguments(args, state))

    def arguments(self, args: tuple[ir.Arg, ...], state: EvalState) -> CallArgs:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        passed_on: dict[str, Value] = {}
        open_ended = False
        spliced: list[Value] = []
        for arg in args:
            value = self.eval(arg.value, state)
            if arg.star == "*":
                if isinstance(value, Sequence) and value.items is not None:
                    positional.extend(value.items)
                else:
                    if not open_ended:
                        positional.extend(self._first_items(arg.value, state))
                    open_ended = True
                    spliced.append(self.ask.protocols.element(value, state))
            elif arg.star == "**":
                if (
                    isinstance(value, Mapping)
                    and (value.items or is_complete(value))
                    and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in value.items)
                ):
                    passed_on.update((str(k.value), v) for k, v in value.items if isinstance(k, Const))
                else:
                    open_ended = True
            elif arg.keyword:
                keywords[arg.keyword] = value
            elif not open_ended:
                positional.append(value)
        # What is written by name is not in the mapping any more, or the call raises TypeError.
        for key, value in passed_on.items():
            keywords.setdefault(key, value)
        return CallArgs(tuple(positional), tuple(keywords.items()), open_ended, union(spliced))

    def _first_items(self, expr: ir.Expr, state: EvalState) -> tuple[Value, ...]:
        """The items that a sum of sequences is known to start with: ``f(*([self] + more))``."""
        while isinstance(expr, ir.Binary) and expr.op == "Add":
            expr = expr.left
        if not isinstance(expr, ir.Display) or any(isinstance(item, ir.Starred) for item in expr.items):
            return ()
        quiet = EvalState(state.context, state.env)
        return tuple(shallow(self.eval(item, quiet)) for item in expr.items)


#: What gives nothing that is known when it is called.
_NOTHING_KNOWN = frozenset({Unknown, Never, LibResult})

#: What runs a generator up to its next element.
_ADVANCES = frozenset({"builtins.next"})

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
    ir.Unary: Expressions._unary,
    ir.Formatted: Expressions._formatted,
    ir.Text: Expressions._text,
    ir.Narrowed: Expressions._narrowed,
    ir.Positional: Expressions._positional,
}


#: Methods of containers that change nothing in them.
_READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values", "__contains__", "__getitem__"})


_COMPARISONS = {
    "Equal": "__eq__",
    "NotEqual": "__ne__",
    "LessThan": "__lt__",
    "GreaterThan": "__gt__",
    "LessThanEqual": "__le__",
    "GreaterThanEqual": "__ge__",
}


_UNARY = {"Minus": "__neg__", "Plus": "__pos__", "BitInvert": "__invert__"}
#: What a field of an f-string runs; without a conversion ``__format__``.
_CONVERSIONS = {"s": "__str__", "r": "__repr__", "a": "__repr__"}


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


def _is_sigkill(expr: ir.Expr) -> bool:
    return last_name(expr) == "SIGKILL" or expr == ir.Const(9)


def _of_version(index: Value) -> Value:
    """``sys.version_info[0]``"""
    return Const(3) if isinstance(index, Const) and index.value == 0 else UNKNOWN


def _calls(expr: ir.Expr) -> bool:
    return any(isinstance(part, (ir.Call, ir.Await, ir.Yield)) for part in parts_of(expr))


def _is_text(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str)


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
