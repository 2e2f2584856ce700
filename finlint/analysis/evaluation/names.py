"""What a name means: in a call context, in a module, in a class body."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from functools import partial

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import HELD, as_key, contained, is_complete, is_key, put_at
from finlint.analysis.domain.state import Env, EvalState, Lazy, known_in
from finlint.analysis.domain.values import (
    NEVER,
    UNKNOWN,
    AtKey,
    Class,
    Const,
    Function,
    Lib,
    LibObject,
    LibResult,
    Mapping,
    Marked,
    Module,
    Sequence,
    Unknown,
    Value,
    alternatives,
    is_known,
    is_none,
    says_nothing,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.namespaces import kept
from finlint.analysis.evaluation.protocols import exit_action
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.program.definitions import PUT, REST, Definition, FunctionIndex
from finlint.analysis.program.statements import flat_statements, parts_of
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at, is_accessor, with_closures
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.facts import Binding
from finlint.model.limits import PUTTING_FUNCTIONS, REBINDINGS
from finlint.model.reads import Kept
from finlint.model.record import replaced
from finlint.scan.words import PUTTING

_BUILTINS = frozenset(dir(builtins))

#: Conditions that constants may decide.
_DECIDABLE = frozenset({ir.Name, ir.Not, ir.Compare, ir.Const, ir.Bool})


class Names:
    """Names to values. Facts do not change during a run, so that answers are kept."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self._locals: Memo[tuple[CallContext, str, int, int], Value] = Memo(ask.solver, NEVER)
        self._verdicts: Memo[tuple[int, CallContext], bool | None] = Memo(ask.solver, None, grows=False)
        self._module_names: Memo[tuple[ModuleNode, str], Value] = Memo(ask.solver, NEVER)
        self._before: Memo[tuple[CallContext, Class | None, str, int, int, int], Value] = Memo(ask.solver, NEVER)
        self._body_names: Memo[tuple[Class, str], Value] = Memo(ask.solver, NEVER)
        self._never_changed: Kept[tuple[ModuleNode, str], bool] = Kept(ask.reads)

    def lookup(self, name: str, state: EvalState) -> Value:
        """What ``name`` means in ``state``."""
        if state.env is not None:
            value = known_in(state.env, name)
            if value is not None:
                return value
        return self.context_name(name, state.context)

    def context_name(self, name: str, context: CallContext) -> Value:
        """What ``name`` means in ``context``, whatever the order of its assignments."""
        current: CallContext | None = context
        while current is not None and current.function is not None:
            function = current.function
            if name in function.ir.bound:
                return self.local(name, current)
            if name == "__class__" and function.owner is not None:
                return Class(function.owner, current.parent or self.ask.binding.module_context(function.module))
            current = current.parent
        return self.module_name(context.module, name)

    def local(self, name: str, context: CallContext) -> Value:
        assert context.function is not None
        count = len(context.function.index.names.get(name, ()))
        return self._locals.answer((context, name, 0, count), self._local, name, context, 0, count)

    def where(self, expr: ir.Expr, context: CallContext) -> EvalState:
        """The state for an expression of a function, where variables that are bound several times are what they are
        there, as far as the order of the statements tells."""
        function = context.function
        reaching = function.index.reaching.get(id(expr)) if function is not None else None
        if not reaching or function is None:
            return EvalState(context)
        env: Env = {}
        for name, (start, stop) in reaching.items():
            if name in function.ir.bound and name not in function.index.shared:
                env[name] = Lazy(partial(self._local_part, name, context, start, stop))
        return EvalState(context, env) if env else EvalState(context)

    def _local_part(self, name: str, context: CallContext, start: int, stop: int) -> Value:
        return self._locals.answer((context, name, start, stop), self._local, name, context, start, stop)

    def _local(self, name: str, context: CallContext, start: int, stop: int) -> Value:
        function = context.function
        assert function is not None
        values: list[Value] = []
        # It was replaced where a definition that comes always stands before.
        parameter = context.param(name) if start == 0 else None
        definitions = function.index.names.get(name, [])[start:stop]
        if parameter is not None:
            if isinstance(parameter, Unknown) or (
                isinstance(parameter, Sequence) and parameter.items is None and isinstance(parameter.element, Unknown)
            ):
                parameter = self.ask.callers.parameter(name, context)
            elif isinstance(parameter, LibResult):
                said = self.ask.callers.parameter(name, context)
                parameter = said if is_known(said) or said is NEVER else parameter
            if not definitions:
                return parameter
            values.append(parameter)
            if any(isinstance(option, (Sequence, Mapping)) for option in alternatives(parameter)):
                made, put = self.values_and_elements(definitions, EvalState(context))
                return union(contained([*values, *made], put))
        values.extend(self.definitions(definitions, EvalState(context)))
        return union(values)

    def module_name(self, module: ModuleNode, name: str) -> Value:
        """What ``name`` means at the end of the module's body; a builtin where the module does not bind it."""
        return self._module_names.answer((module, name), self._module_name, module, name)

    def _module_name(self, module: ModuleNode, name: str) -> Value:
        found = module.bound(name)
        if found:
            context = self.ask.binding.module_context(module)
            values = self.bindings(found, context, None)
            if self._assigned_globally(module, name):
                assigned, put = self._global_assignments(module, name)
                values = contained([*map(softened, values), *assigned], put)
            holding = any(isinstance(v, LibObject) and v.args[:1] and v.args[0][0] == HELD for v in values)
            if holding or (any(isinstance(v, (Sequence, Mapping)) for v in values) and all(map(says_nothing, values))):
                put = [*self._put_by_functions(module, name), *self.ask.external_stores.put_into(module, name)]
                values = contained(values, put)
            if patched := self.ask.patches.on_module(module, name):
                values = [*values, *patched]
                if len({v.value if isinstance(v, Const) else v for v in values}) > 1:
                    values = [softened(value) for value in values]
            return kept(union(values), Module(module), name)
        for star in module.source.stars:
            value = self.ask.imports.from_import(replaced(star, names=((name, name),)), module, missing_is_unknown=True)
            if is_known(value):
                return value
        if name in _BUILTINS:
            return Lib(f"builtins.{name}")
        assigned = contained(*self._global_assignments(module, name))
        return union(assigned) if assigned else UNKNOWN

    def is_never_changed(self, name: str, context: CallContext) -> bool:
        """Whether ``name`` is a display of its module that is only looked into: ``kind in KINDS``, ``TABLE[kind]``."""
        inner: CallContext | None = context
        while inner is not None and inner.function is not None:
            if name in inner.function.ir.bound:
                return False
            inner = inner.parent
        return self._never_changed.answer((context.module, name), self._is_never_changed, context.module, name)

    def _is_never_changed(self, module: ModuleNode, name: str) -> bool:
        bound = module.bound(name)
        statements = list(module.statements(bound[0])) if len(bound) == 1 else []
        made = [stmt.value for stmt in statements if isinstance(stmt, (ir.Assign, ir.AnnAssign))]
        if len(made) != 1 or not isinstance(made[0], (ir.Display, ir.DictDisplay)):
            return False
        otherwise = _uses_otherwise(name)
        everywhere = [module, *self.ask.project.mentioning(name, module)]
        return not any(other.source.lines("matching", otherwise) for other in everywhere)

    def _put_by_functions(self, module: ModuleNode, name: str) -> list[Value]:
        """What functions, and other statements of the module's body, put into a container that it makes."""
        out: list[Value] = []
        lines = module.source.lines("matching", _puts_into(name))
        nodes = {line: function_at(module, line) for line in lines}
        # Statements of the module's body: ``TABLE["close"] = close``.
        state = EvalState(self.ask.binding.module_context(module))
        outside = (line for line, node in nodes.items() if node is None)
        statements = dict.fromkeys(b for line in outside for b in module.statements_at(line))
        for binding in PUTTING_FUNCTIONS.first(statements):
            out += self._put(FunctionIndex(tuple(module.statements(binding))).names.get(name, ()), state)
        for node in PUTTING_FUNCTIONS.first(n for n in dict.fromkeys(nodes.values()) if n is not None):
            if name in node.ir.bound:
                continue
            for _, *inner in with_closures(node, name):
                function = inner[-1] if inner else node
                definitions = [d for d in function.index.names.get(name, []) if d.how in PUT]
                for context in self.ask.decorations.contexts(node) if definitions else ():
                    out += self._put(definitions, EvalState(self.ask.binding.closure_context(inner, context)))
        return out

    def _assigned_globally(self, module: ModuleNode, name: str) -> bool:
        return bool(module.source.global_lines(name))

    def _global_assignments(self, module: ModuleNode, name: str) -> tuple[list[Value], list[Value]]:
        """What functions assign to a module's name after ``global name``, and what they put into it."""
        values: list[Value] = []
        elements: list[Value] = []
        for line in module.source.global_lines(name):
            node = function_at(module, line)
            if node is None or name in node.ir.bound:
                continue
            context = self.ask.binding.generic_context(node)
            assigned, put = self.values_and_elements(node.index.names.get(name, ()), EvalState(context))
            values += map(softened, assigned)
            elements += map(softened, put)
        return values, elements

    def bindings(
        self,
        found: Iterable[Binding],
        context: CallContext,
        owner: Class | None,
        earlier: list[Binding] | None = None,
    ) -> list[Value]:
        """Values of the bindings of one name: an unconditional one replaces those before it. ``earlier``: all that the
        name may have meant before one of them."""
        found = list(found)
        kept, elements = self._not_replaced(found, context)
        kept = [b for b in kept if not (b.conditional and self.is_left_out(b.line, context.module))]
        real = [b for b in kept if not b.typing_only]
        values = []
        read: set[tuple[int, int]] = set()
        for binding in real or kept:
            if binding.kind == "assign":
                # All statements on its lines that bind the name are read together.
                place = binding.line, binding.end_line
                if place in read:
                    continue
                read.add(place)
            values.extend(self.binding(binding, context, owner, earlier=earlier or found))
        return contained(values, elements) if elements else values

    def _not_replaced(self, found: list[Binding], context: CallContext) -> tuple[list[Binding], list[Value]]:
        """The last binding that is unconditional and those after it; what those put into what they find."""
        kept: list[Binding] = []
        #: By lines, as one may hold any number of statements; the last ones first.
        puts: dict[tuple[int, int], list[Value]] = {}
        for number in range(len(found) - 1, -1, -1):
            binding = found[number]
            place = binding.line, binding.end_line
            if number and place not in puts:
                puts[place] = self._put_by(binding, context)
            if number and puts[place]:
                # ``HOOKS += [close]``: what it was before is still there.
                continue
            kept.append(binding)
            if not binding.conditional:
                break
        return kept[::-1], [element for put in reversed(puts.values()) for element in put]

    def _put_by(self, binding: Binding, context: CallContext) -> list[Value]:
        """What a statement of a module's or class's body puts into the container that a name has been given before."""
        if binding.kind != "assign":
            return []
        statements = (s for s in context.module.statements(binding) if isinstance(s, ir.AugAssign))
        definitions = (d for stmt in statements for d in _definitions_of(stmt, binding.name))
        return self._put(definitions, EvalState(context))

    def is_left_out(self, line: int, module: ModuleNode) -> bool:
        """Whether a line of a module's or a class's body is not run on any Python that the code is for."""
        oldest = "{}.{}".format(*self.ask.oldest)
        blocks = module.source.lines("not_run", oldest)
        return any(blocks[at] <= line <= blocks[at + 1] for at in range(0, len(blocks), 2))

    def binding(
        self, binding: Binding, context: CallContext, owner: Class | None, earlier: list[Binding] | None = None
    ) -> list[Value]:
        module = context.module
        if binding.kind == "class" and binding.cls is not None:
            cls = Class(module.class_node(binding.cls, owner.node if owner else None), context)
            return [self.ask.decorators.decorated_class(cls)]
        if binding.kind == "function":
            node = owner.node.function(binding) if owner is not None else module.function(binding)
            if node is None:
                return [UNKNOWN]
            if earlier and is_accessor(node, "setter", "deleter"):
                # Reading the property goes to its getter, which was defined before.
                return [self._meant_before(binding, earlier, context, owner)]
            return [self.ask.decorators.decorated(Function(node, context), context)]
        if binding.kind == "import" and binding.stmt is not None:
            return [self.ask.imports.imported(binding.stmt, module)]
        values: list[Value] = []
        state = EvalState(context)
        for stmt in module.statements(binding):
            given: list[Value] = []
            for definition in _definitions_of(stmt, binding.name):
                if definition.how == "annotation" and given and not all(map(_says_less, given)):
                    # ``DEBUG: bool = False``: what it is says more than what it may be.
                    continue
                if earlier and earlier[0].line < binding.line and binding.name in _names_in(definition.node):
                    # ``Registry = Registry()``: on the right stands what the name meant before.
                    meant = self._meant_before(binding, earlier, context, owner)
                    state = EvalState(context, {binding.name: meant})
                if owner is not None:
                    given.append(self._class_body_value(definition, binding, owner, state))
                else:
                    given.append(self._definition(definition, state))
            values += given
        return values

    def _meant_before(
        self, binding: Binding, earlier: list[Binding], context: CallContext, owner: Class | None
    ) -> Value:
        """What the name of ``binding`` meant above it: each of several conditional ones may ask for all before it."""
        before = [b for b in earlier if b.line < binding.line]
        if not before:
            return NEVER
        place = before[0].line, before[-1].line, len(before)
        return self._before.answer((context, owner, binding.name, *place), self._union_of, before, context, owner)

    def _union_of(self, before: list[Binding], context: CallContext, owner: Class | None) -> Value:
        conditional = next((number for number, b in enumerate(reversed(before)) if not b.conditional), len(before))
        near = before[-REBINDINGS:] if REBINDINGS.passed(conditional) else before
        return union(self.bindings(near, context, owner, before))

    def _class_body_value(self, definition: Definition, binding: Binding, owner: Class, state: EvalState) -> Value:
        """A value in a class body: its names may be members of the class defined above. In ``close = close`` it is what
        the name means outside."""
        node = definition.node
        names: dict[str, Value] = {}
        for name in _names_in(node):
            members = [b for b in owner.node.members.get(name, ()) if b is not binding and b.line <= binding.line]
            if members and name not in names:
                names[name] = self._body_names.answer((owner, name), self._first_in_body, members, owner, state.context)
        return self._definition(definition, state.with_names(names) if names else state)

    def _first_in_body(self, members: list[Binding], owner: Class, context: CallContext) -> Value:
        return union(self.bindings(members[:1], context, owner))

    def definitions(self, definitions: Iterable[Definition], state: EvalState) -> list[Value]:
        values, elements = self.values_and_elements(definitions, state)
        return contained(values, elements)

    def values_and_elements(
        self, definitions: Iterable[Definition], state: EvalState
    ) -> tuple[list[Value], list[Value]]:
        """What definitions give, and what they put into the container that others give."""
        values: list[Value] = []
        elements: list[Value] = []
        annotated: list[Value] = []
        for definition in definitions:
            if self._ruled_out(definition, state):
                continue
            if definition.how == "annotation":
                annotated.append(self._definition(definition, state))
            elif definition.how == "exits":
                assert isinstance(definition.node, ir.Call)
                elements.append(self._exit_action(definition.node, state))
            elif definition.how in PUT:
                put = self._elements(definition, state)
                over = _put_over(values, put) if _comes_always(definition, state.context.function) else None
                values, elements = (values, [*elements, *put]) if over is None else (over, elements)
            else:
                values.append(self._definition(definition, state))
        if not all(map(says_nothing, annotated)) and all(map(says_nothing, values)):
            # ``self.sockets: list[socket] = []``
            values = [*(v for v in values if is_none(v)), *annotated]
        if len(values) > 1 and all(isinstance(v, Const) for v in values):
            values = [softened(v) for v in values]
        return values, elements

    def _put(self, definitions: Iterable[Definition], state: EvalState) -> list[Value]:
        """What those of the definitions that put something into a container put there."""
        return [softened(e) for d in definitions if d.how in PUT for e in self._elements(d, state)]

    def _elements(self, definition: Definition, state: EvalState) -> list[Value]:
        """What a definition puts into a container, with the keys that are known."""
        if definition.how == "puts-all" and not definition.path:
            given = self.ask.expressions.eval(definition.node, state)  # type: ignore[arg-type]
            if isinstance(given, Mapping):
                pairs: list[Value] = [AtKey(k, v) for k, v in given.items if is_key(k)]
                rest = [] if is_complete(given) and len(pairs) == len(given.items) else [given.element]
                return [*pairs, *rest]
        value = self._definition(definition, state)
        if definition.how == "sets":
            return [Marked("set", value)]
        key = UNKNOWN if definition.key is None else as_key(self.ask.expressions.eval(definition.key, state))
        return [AtKey(key, softened(value)) if is_key(key) else value]

    def _exit_action(self, call: ir.Call, state: EvalState) -> Value:
        assert isinstance(call.func, ir.Attr)
        return exit_action(call.func.name, self.ask.arguments.of(call.args, state))

    def _ruled_out(self, definition: Definition, state: EvalState) -> bool:
        if state.context.function is None:
            return False
        for test, wanted in definition.conditions:
            if type(test) in _DECIDABLE or _asks_text(test):
                verdict = self._verdict(test, state.context)
                if verdict is not None and verdict is not wanted:
                    return True
        return False

    def _verdict(self, test: ir.Expr, context: CallContext) -> bool | None:
        """What a condition comes to in ``context``; many definitions stand under the same one."""
        return self._verdicts.answer((id(test), context), self._find_verdict, test, context)

    def _find_verdict(self, test: ir.Expr, context: CallContext) -> bool | None:
        return library_types.truth(self.ask.expressions.eval(test, EvalState(context)), self.ask.knowledge)

    def _definition(self, definition: Definition, state: EvalState) -> Value:
        how, node = definition.how, definition.node
        if how == "unknown" or node is None:
            return UNKNOWN
        if how == "function":
            assert isinstance(node, ir.Function)
            context = state.context
            owner = context.function.owner if context.function is not None else None
            function = state.module.inner_function(node, owner)
            return self.ask.decorators.decorated(Function(function, context), context)
        if how == "class":
            assert isinstance(node, ir.ClassDef)
            cls = Class(state.module.inner_class(node, state.context.function), state.context)
            return self.ask.decorators.decorated_class(cls)
        if how == "import":
            assert isinstance(node, (ir.Import, ir.ImportFrom))
            return self.ask.imports.imported(node, state.module)
        expr: ir.Expr = node  # type: ignore[assignment]
        if how == "annotation":
            return self.ask.annotations.annotation(expr, state)
        there = self.where(expr, state.context) if state.env is None else EvalState(state.context, state.env)
        if definition.conditions:
            there = self.ask.narrowing.under(definition.conditions, expr, there)
        value = self.ask.expressions.eval(expr, there)
        match how:
            case "element" | "puts-all":
                value = self.ask.protocols.element(value, state)
            case "enter":
                value = self.ask.protocols.entered(value, state)
            case "value" | "delegate" | "exits" | "puts" | "puts-in" | "sets":
                pass
            case _:
                assert_never(how)
        for position in definition.path:
            if position == REST:
                value = Sequence("list", None, self.ask.protocols.element(value, state))
            else:
                value = self.ask.protocols.item(value, Const(position))
        return Sequence("list", None, value) if how == "puts-in" else value


def _comes_always(definition: Definition, function: FunctionNode | None) -> bool:
    """Whether a function that is left at its end has run a definition, which stands in no other statement."""
    if function is None or definition.how != "puts" or definition.path:
        return False
    body = function.ir.body
    at_its_end = not any(isinstance(stmt, ir.Return) for stmt in flat_statements(body))
    return at_its_end and any(isinstance(stmt, ir.Assign) and stmt.value is definition.node for stmt in body)


def _put_over(values: list[Value], put: list[Value]) -> list[Value] | None:
    """A dict once an item that it has was replaced: ``hooks = {"close": close}; hooks["close"] = stop``. None where it
    is another container, or the item is not known."""
    held, item = (values[0], put[0]) if len(values) == len(put) == 1 else (None, None)
    if not isinstance(held, Mapping) or not isinstance(item, AtKey):
        return None
    known = any(key == item.key for key, _ in held.items)
    return [put_at(held, item.key, item.value)] if known and is_complete(held) else None


def _asks_text(test: ir.Expr) -> bool:
    """``mode.startswith("w")``, ``mode.endswith(("b", "t"))``: decided where ``mode`` is a constant."""
    if not isinstance(test, ir.Call) or not isinstance(test.func, ir.Attr) or not isinstance(test.func.value, ir.Name):
        return False
    given = [arg.value for arg in test.args]
    parts = [part for expr in given for part in (expr.items if isinstance(expr, ir.Display) else (expr,))]
    return bool(given) and all(isinstance(part, ir.Const) for part in parts)


def _puts_into(name: str) -> str:
    """Name and pattern for what may put something into the container ``name``."""
    return f"{name}\n" rf"(?<![\w.]){re.escape(name)}{PUTTING}"


def _uses_otherwise(name: str) -> str:
    """Name and pattern for what may be any other use of a container than to look what is in it."""
    # ``TABLE[key]`` and ``TABLE.get(key)`` look, too; ``TABLE[key] = value`` and ``del TABLE[key]`` do more.
    looks = r"\s*[:=]|\[[^\[\]\n]*\](?!\s*[-+*/|&^%@:]?=(?!=))|\.(?:get|items|keys|values)\("
    before = r"(?<!\bin )(?<!\bimport )(?<!\blen\()(?<![\w\"'])"
    return f"{name}\n" rf"{before}{re.escape(name)}\b(?!{looks})|\bdel {re.escape(name)}\b"


def _definitions_of(stmt: ir.Stmt, name: str) -> list[Definition]:
    """Definitions of ``name`` by one module- or class-level statement."""
    return FunctionIndex((stmt,)).names.get(name, [])


def _says_less(value: Value) -> bool:
    """Whether an annotation says more than a value. Nobody puts anything into an empty tuple."""
    is_whole = isinstance(value, Sequence) and value.kind == "tuple" and value.items == ()
    return says_nothing(value) and not is_whole


def _names_in(node: object) -> list[str]:
    if not isinstance(node, tuple) or not hasattr(node, "_fields") or isinstance(node, (ir.Function, ir.ClassDef)):
        return []
    return [expr.id for expr in parts_of(node) if isinstance(expr, ir.Name)]  # type: ignore[arg-type]
