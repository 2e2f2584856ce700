"""What expressions may be: names, attributes, calls and annotations to abstract values.

Evaluation answers without running statements in order: a local name is the union of what its assignments give,
an attribute the union of what the class's methods store. ``flow`` runs a body in order on top of this, with an
environment that knows more, and records what happens on the way.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from finlint.analysis import library
from finlint.analysis.effects import CallArgs, Effect, Recorder
from finlint.analysis.library import Knowledge
from finlint.analysis.nodes import Definition, FunctionIndex, FunctionNode, ModuleNode, children
from finlint.analysis.project import Project
from finlint.analysis.registrars import Registrars
from finlint.analysis.scopes import Scope, Scopes
from finlint.analysis.values import (
    MAYBE_NONE,
    NONE,
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
    Marked,
    MethodCaller,
    Module,
    Object,
    OneOf,
    Parameter,
    Partial,
    Sequence,
    Super,
    Suspended,
    Unknown,
    Value,
    WeakReference,
    alternatives,
    is_known,
    shallow,
    softened,
    truth,
    union,
    without_none,
)
from finlint.knowledge.entries import Entry
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.finding import Confidence
from finlint.model.source import Span

#: Questions about questions about ... : beyond this depth nothing is known. Each level costs some ten Python
#: frames, and real chains of factories are shorter than five.
MAX_QUERY_DEPTH = 40

#: A parameter is typed by its callers, their parameters by theirs, and no further.
MAX_CALLER_DEPTH = 2

#: Expressions that are evaluated for one body, the questions it leads to included. Beyond it nothing is known:
#: some programs (huge classes that build each other) would otherwise keep us busy for minutes.
FUEL = 60_000

#: Contexts of one function; beyond it calls share one in which only the receiver is known.
MAX_CONTEXTS = 24

_BUILTINS = frozenset(dir(builtins))

#: Decorators that leave the function what it is, as far as calling it goes.
_TRANSPARENT_DECORATORS = frozenset(
    {
        "functools.lru_cache",
        "functools.cache",
        "functools.wraps",
        "functools.singledispatch",
        "functools.total_ordering",
        "abc.abstractmethod",
        "typing.overload",
        "typing.final",
        "typing.override",
        "typing.no_type_check",
        "typing_extensions.override",
        "typing_extensions.final",
        "typing_extensions.deprecated",
        "warnings.deprecated",
        "atexit.register",
        "types.coroutine",
    }
)
_PROPERTIES = frozenset(
    {
        "builtins.property",
        "functools.cached_property",
        "abc.abstractproperty",
        "types.DynamicClassAttribute",
        "enum.property",
    }
)
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager"})


class Context:
    """Where an expression is evaluated: scope, local environment (None: flow-insensitive), and who listens."""

    __slots__ = ("env", "module", "recorder", "scope")

    def __init__(
        self,
        scope: Scope,
        env: dict[str, Value] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.scope = scope
        self.module = scope.module
        self.env = env
        self.recorder = recorder

    def with_names(self, names: dict[str, Value]) -> Context:
        env = dict(self.env) if self.env is not None else {}
        env.update(names)
        return Context(self.scope, env, self.recorder)


class Evaluator:
    """One run's answers. All results are memoised: facts do not change during a run.

    An answer depends on whether callers may still be asked what they pass, so that is part of every key.
    """

    def __init__(self, project: Project, knowledge: Knowledge, registrars: Registrars) -> None:
        self.project = project
        self.knowledge = knowledge
        self.registrars = registrars
        self.scopes = Scopes()
        self._module_names: dict[tuple[ModuleNode, str, int], Value] = {}
        self._attributes: dict[tuple[Object, str, int], Value | None] = {}
        self._locals: dict[tuple[Scope, str, int], Value] = {}
        self._returns: dict[tuple[Scope, int], Value] = {}
        self._mro: dict[Class, tuple[Value, ...]] = {}
        self._callers: dict[tuple[FunctionNode, str, int], Value] = {}
        self._contexts: dict[FunctionNode, set[Scope]] = {}
        self._module_scopes: dict[ModuleNode, Scope] = {}
        self._depth = 0
        self._caller_depth = 0
        self._fuel = FUEL

    # -- scopes and names

    def module_scope(self, module: ModuleNode) -> Scope:
        scope = self._module_scopes.get(module)
        if scope is None:
            scope = self._module_scopes[module] = self.scopes.of(module, None, (), None)
        return scope

    def refuel(self) -> None:
        """Called before a body is run: what one body costs never depends on those before it."""
        if self._depth == 0:
            self._fuel = FUEL

    def lookup(self, name: str, context: Context) -> Value:
        """What ``name`` means in ``context``."""
        if context.env is not None:
            value = context.env.get(name)
            if value is not None:
                return value
        return self.scope_name(name, context.scope)

    def scope_name(self, name: str, scope: Scope) -> Value:
        """What ``name`` means in ``scope``, whatever the order of its assignments."""
        current: Scope | None = scope
        while current is not None and current.function is not None:
            function = current.function
            if name in function.ir.bound:
                return self.local(name, current)
            if name == "__class__" and function.owner is not None:
                return Class(function.owner, self.module_scope(function.module))
            current = current.parent
        return self.module_name(scope.module, name)

    def local(self, name: str, scope: Scope) -> Value:
        key = (scope, name, self._caller_depth)
        known = self._locals.get(key)
        if known is not None:
            return known
        if self._depth > MAX_QUERY_DEPTH:
            return UNKNOWN
        self._locals[key] = UNKNOWN
        self._depth += 1
        try:
            value = self._local(name, scope)
        finally:
            self._depth -= 1
        self._locals[key] = value
        return value

    def _local(self, name: str, scope: Scope) -> Value:
        function = scope.function
        assert function is not None
        values: list[Value] = []
        parameter = scope.param(name)
        definitions = function.index.names.get(name, [])
        if parameter is not None:
            if isinstance(parameter, Unknown) or (
                isinstance(parameter, Sequence) and parameter.items is None and isinstance(parameter.element, Unknown)
            ):
                parameter = self.parameter(name, scope)
            if not definitions:
                return parameter
            values.append(parameter)
        values.extend(self._definitions(definitions, Context(scope)))
        return union(values)

    def parameter(self, name: str, scope: Scope) -> Value:
        """A parameter that this call did not tell: from its annotation, else from what callers pass."""
        function = scope.function
        assert function is not None
        for param in function.ir.params:
            if param.name != name:
                continue
            defining = scope.parent or self.module_scope(scope.module)
            if param.kind in ("*", "**"):
                element: Value = UNKNOWN
                if param.annotation is not None:
                    element = self.annotation(param.annotation, Context(defining))
                return Sequence("tuple", None, element) if param.kind == "*" else Mapping((), UNKNOWN, element)
            if param.annotation is not None:
                value = self.annotation(param.annotation, Context(defining))
                if is_known(value):
                    return value
            value = self.from_callers(function, name, scope)
            if is_known(value):
                return value
            if isinstance(param.default, (ir.Name, ir.Attr, ir.Call)):
                value = self.eval(param.default, Context(defining))
                if is_known(value):
                    return softened(value)
            return Parameter(name, scope)
        return UNKNOWN

    @contextmanager
    def without_callers(self) -> Iterator[None]:
        """Answer questions from what is at hand: looking for registrations needs no more in most functions."""
        before, self._caller_depth = self._caller_depth, MAX_CALLER_DEPTH
        try:
            yield
        finally:
            self._caller_depth = before

    def from_callers(self, function: FunctionNode, name: str, scope: Scope) -> Value:
        """What the callers in the same module pass for a parameter without annotation."""
        key = (function, name, self._caller_depth)
        known = self._callers.get(key)
        if known is not None:
            return known
        if self._caller_depth >= MAX_CALLER_DEPTH or self._depth > MAX_QUERY_DEPTH // 2:
            return UNKNOWN
        self._callers[key] = UNKNOWN
        self._depth += 1
        self._caller_depth += 1
        try:
            value = self._from_callers(function, name)
        finally:
            self._depth -= 1
            self._caller_depth -= 1
        self._callers[key] = value
        return value

    def _from_callers(self, function: FunctionNode, name: str) -> Value:
        called = function.name
        makes = function.owner is not None and called in ("__init__", "__new__")
        if makes and function.owner is not None:
            called = function.owner.name
        if called.startswith("__") or called == "<lambda>":
            return UNKNOWN
        values = self._passed(function, name, calls_named(function.module, called))
        if makes:
            # A subclass passes it on: ``super().__init__(pool)``.
            values += self._passed(function, name, calls_named(function.module, "__init__"))
        if not values:
            for module in self.project.mentioning(called + "(", function.module):
                values += self._passed(function, name, calls_named(module, called))
        if not values and makes:
            for module in self.project.mentioning(f"({called})", function.module):
                values += self._passed(function, name, calls_named(module, "__init__"))
        return without_none(union(values)) if values else UNKNOWN

    def _passed(
        self, function: FunctionNode, name: str, calls: list[tuple[FunctionNode | None, ir.Call]]
    ) -> list[Value]:
        """What calls of ``function`` give for the parameter ``name``."""
        values: list[Value] = []
        for caller, call in calls:
            module = caller.module if caller is not None else function.module
            scope = self.generic_scope(caller) if caller is not None else self.module_scope(module)
            context = Context(scope)
            for option in alternatives(self.eval(call.func, context)):
                bound = self._callee_params(option, function, call, context)
                if bound is not None and is_known(bound.get(name, UNKNOWN)):
                    values.append(softened(bound[name]))
        return values

    def _callee_params(
        self, target: Value, function: FunctionNode, call: ir.Call, context: Context
    ) -> dict[str, Value] | None:
        """Parameters of ``function`` as ``call`` gives them, where ``target`` is that function."""
        receiver: Value | None = None
        if isinstance(target, Class):
            found = self.class_function(target, "__init__")
            if found is None or found.node is not function:
                return None
            receiver = UNKNOWN
        elif isinstance(target, Bound) and isinstance(target.function, Function):
            if target.function.node is not function:
                return None
            receiver = target.receiver
        elif not isinstance(target, Function) or target.node is not function:
            return None
        args = self.arguments(call.args, context)
        return dict(self.bind(function, args, receiver, fill=False))

    def module_name(self, module: ModuleNode, name: str) -> Value:
        """What ``name`` means at the end of the module's body; a builtin where the module does not bind it."""
        key = (module, name, self._caller_depth)
        known = self._module_names.get(key)
        if known is not None:
            return known
        if self._depth > MAX_QUERY_DEPTH:
            return UNKNOWN
        self._module_names[key] = UNKNOWN
        self._depth += 1
        try:
            value = self._module_name(module, name)
        finally:
            self._depth -= 1
        self._module_names[key] = value
        return value

    def _module_name(self, module: ModuleNode, name: str) -> Value:
        found = module.bindings.get(name)
        if found:
            scope = self.module_scope(module)
            values = self.bindings(found, scope, None)
            if self._assigned_globally(module, name):
                values = [softened(v) for v in values]
                values.extend(self._global_assignments(module, name))
            return union(values)
        for star in module.source.facts.stars:
            value = self._from_import(star._replace(names=((name, name),)), module, missing_is_unknown=True)
            if is_known(value):
                return value
        if name in _BUILTINS:
            return Lib(f"builtins.{name}")
        assigned = self._global_assignments(module, name)
        return union(assigned) if assigned else UNKNOWN

    def has_name(self, module: ModuleNode, name: str) -> bool:
        return name in module.bindings

    def _assigned_globally(self, module: ModuleNode, name: str) -> bool:
        text = module.source.text
        return "global " in text and bool(_global_lines(text, name))

    def _global_assignments(self, module: ModuleNode, name: str) -> list[Value]:
        """Values that functions assign to a module's name after ``global name``."""
        out: list[Value] = []
        for line in _global_lines(module.source.text, name):
            node = function_at(module, line)
            if node is None or name in node.ir.bound:
                continue
            scope = self.generic_scope(node)
            for definition in node.index.names.get(name, []):
                out.append(softened(self._definition(definition, Context(scope))))
        return out

    def bindings(self, found: Iterable[Binding], scope: Scope, owner: Class | None) -> list[Value]:
        """Values of the bindings of one name: an unconditional one replaces those before it."""
        kept: list[Binding] = []
        for binding in found:
            if not binding.conditional:
                kept.clear()
            kept.append(binding)
        real = [b for b in kept if not b.typing_only]
        values = []
        for binding in real or kept:
            values.extend(self._binding(binding, scope, owner, earlier=list(found)))
        return values

    def _binding(
        self, binding: Binding, scope: Scope, owner: Class | None, earlier: list[Binding] | None = None
    ) -> list[Value]:
        module = scope.module
        if binding.kind == "class" and binding.cls is not None:
            return [Class(module.class_node(binding.cls, owner.node if owner else None), scope)]
        if binding.kind == "function":
            node = owner.node.function(binding) if owner is not None else module.function(binding)
            if node is None:
                return [UNKNOWN]
            return [self.decorated(Function(node, scope), scope)]
        if binding.kind == "import" and binding.stmt is not None:
            return [self.imported(binding.stmt, module)]
        values: list[Value] = []
        context = Context(scope)
        for stmt in module.statements(binding):
            for definition in _definitions_of(stmt, binding.name):
                if earlier and binding.name in _names_in(definition.node):
                    # ``Registry = Registry()``: on the right stands what the name meant before.
                    before = [b for b in earlier if b.line < binding.line]
                    if before:
                        context = Context(scope, {binding.name: union(self.bindings(before, scope, owner))})
                if owner is not None:
                    values.append(self._class_body_value(definition, owner, context))
                else:
                    values.append(self._definition(definition, context))
        return values

    def _class_body_value(self, definition: Definition, owner: Class, context: Context) -> Value:
        """A value in a class body: its names may be members of the class defined above."""
        node = definition.node
        names: dict[str, Value] = {}
        for name in _names_in(node):
            members = owner.node.members.get(name)
            if members and name not in names:
                if self._depth > MAX_QUERY_DEPTH:
                    continue
                self._depth += 1
                try:
                    names[name] = union(self.bindings(members[:1], context.scope, owner))
                finally:
                    self._depth -= 1
        return self._definition(definition, context.with_names(names) if names else context)

    def _definitions(self, definitions: Iterable[Definition], context: Context) -> list[Value]:
        values, elements = self._values_and_elements(definitions, context)
        return _contained(values, elements)

    def _values_and_elements(
        self, definitions: Iterable[Definition], context: Context
    ) -> tuple[list[Value], list[Value]]:
        """What definitions give, and what they put into the container that others give."""
        values: list[Value] = []
        elements: list[Value] = []
        annotated: list[Value] = []
        for definition in definitions:
            if self._ruled_out(definition, context):
                continue
            if definition.how == "annotation":
                annotated.append(self._definition(definition, context))
            elif definition.how in ("puts", "puts-all"):
                elements.append(self._definition(definition, context))
            else:
                values.append(self._definition(definition, context))
        informative = [v for v in values if is_known(v) and not _is_none(v)]
        if annotated and (not informative or not values):
            values.extend(annotated)
        if len(values) > 1 and all(isinstance(v, Const) for v in values):
            values = [softened(v) for v in values]
        return values, elements

    def _ruled_out(self, definition: Definition, context: Context) -> bool:
        if context.scope.function is None:
            return False
        for test, wanted in definition.conditions:
            if isinstance(test, (ir.Name, ir.Not, ir.Compare, ir.Const)):
                verdict = truth(self.eval(test, Context(context.scope)))
                if verdict is not None and verdict is not wanted:
                    return True
        return False

    def _definition(self, definition: Definition, context: Context) -> Value:
        how, node = definition.how, definition.node
        if how == "unknown" or node is None:
            return UNKNOWN
        if how == "function":
            assert isinstance(node, ir.Function)
            scope = context.scope
            owner = scope.function.owner if scope.function is not None else None
            function = context.module.inner_function(node, owner)
            return self.decorated(Function(function, scope), scope)
        if how == "class":
            assert isinstance(node, ir.ClassDef)
            return Class(context.module.inner_class(node), context.scope)
        if how == "import":
            assert isinstance(node, (ir.Import, ir.ImportFrom))
            return self.imported(node, context.module)
        expr: ir.Expr = node  # type: ignore[assignment]
        if how == "annotation":
            return self.annotation(expr, context)
        value = self.eval(expr, Context(context.scope, context.env))
        if how == "element" or how == "puts-all":
            value = self.element(value, context)
        elif how == "enter":
            value = self.entered(value, context)
        for position in definition.path:
            value = self.item(value, Const(position))
        return value

    # -- imports

    def imported(self, stmt: ir.Stmt, module: ModuleNode) -> Value:
        if isinstance(stmt, ir.Import):
            ((name, _, whole),) = stmt.names
            if not whole:
                name = name.partition(".")[0]
            return self.module_value(name, module)
        assert isinstance(stmt, ir.ImportFrom)
        return self._from_import(stmt, module)

    def module_value(self, name: str, importer: ModuleNode) -> Value:
        found = self.project.resolve(name, importer)
        if found is not None:
            return Module(found)
        return Lib(name)

    def _from_import(self, stmt: ir.ImportFrom, module: ModuleNode, missing_is_unknown: bool = False) -> Value:
        ((name, _),) = stmt.names
        if stmt.level:
            absolute = self.project.library_name(stmt.module, stmt.level, module)
            if absolute and self.knowledge.knows_module(absolute):
                return Lib(f"{absolute}.{name}")
            if absolute and self.knowledge.knows_module(f"{absolute}.{name}"):
                return Lib(f"{absolute}.{name}")
            found = self.project.resolve_relative(stmt.module, stmt.level, module)
            if found is None:
                # ``from . import x`` in a folder without __init__.py, or ``from .namespace import module``.
                path = f"{stmt.module}.{name}" if stmt.module else name
                inner = self.project.resolve_relative(path, stmt.level, module)
                return Module(inner) if inner is not None else UNKNOWN
        else:
            found = self.project.resolve(stmt.module, module)
            if found is None:
                inner = self.project.resolve(f"{stmt.module}.{name}", module)
                if inner is not None:
                    return Module(inner)
                full = f"{stmt.module}.{name}"
                if missing_is_unknown and self.knowledge.entry(full) is None and not self.knowledge.returns(full):
                    return UNKNOWN
                constant = library.CONSTANTS.get(full)
                return Const(constant) if constant is not None else Lib(full)
        if found is module:
            submodule = self.project.submodule(found, name)
            return Module(submodule) if submodule is not None else UNKNOWN
        if missing_is_unknown and not self._exports(found, name):
            return UNKNOWN
        return self.module_attribute(found, name)

    def _exports(self, module: ModuleNode, name: str) -> bool:
        """Whether a star import of ``module`` may bring ``name``."""
        return (not name.startswith("_") or "__all__" in module.bindings) and (
            name in module.bindings or bool(module.source.facts.stars)
        )

    def module_attribute(self, module: ModuleNode, name: str) -> Value:
        if name in module.bindings or module.source.facts.stars:
            value = self.module_name(module, name)
            if is_known(value) or name in module.bindings:
                if not isinstance(value, Lib) or not value.name.startswith("builtins."):
                    return value
                if name in module.bindings:
                    return value
        submodule = self.project.submodule(module, name)
        if submodule is not None:
            return Module(submodule)
        return UNKNOWN

    # -- annotations

    def annotation(self, expr: ir.Expr, context: Context) -> Value:
        """An instance of the type that an annotation names; UNKNOWN where it names none that we know."""
        if isinstance(expr, ir.Const):
            return MAYBE_NONE if expr.value is None else UNKNOWN
        if isinstance(expr, ir.Binary) and expr.op == "BitOr":
            return _typed_union([self.annotation(expr.left, context), self.annotation(expr.right, context)])
        if isinstance(expr, ir.Subscript):
            base = self.eval(expr.value, context)
            name = base.name if isinstance(base, Lib) else ""
            short = name.rpartition(".")[2]
            if short == "Literal" or short == "Callable":
                return UNKNOWN
            parts = expr.key.items if isinstance(expr.key, ir.Display) else (expr.key,)
            if short in ("type", "Type"):
                return self.eval(parts[0], context)
            if isinstance(base, Class):
                return self.instance(base)
            if not name:
                return UNKNOWN
            if library.is_transparent(name):
                return self.annotation(parts[0], context)
            inner = [
                Const(...) if isinstance(p, ir.Const) and p.value is ... else self.annotation(p, context) for p in parts
            ]
            if short == "Union":
                return _typed_union(inner)
            return library.generic(name, inner, self.knowledge)
        value = self.eval(expr, context)
        out = []
        for option in alternatives(value):
            if isinstance(option, Class):
                out.append(self.instance(option))
            elif isinstance(option, Lib):
                out.append(library.instance_of(option.name, self.knowledge))
            elif isinstance(option, (Object, LibObject)) and isinstance(expr, (ir.Name, ir.Attr)):
                # A type alias or a NewType was read as a value.
                continue
        return _typed_union(out) if out else UNKNOWN

    def instances(self, value: Value) -> Value:
        """Instances of the classes that ``value`` may be."""
        made = [
            self.instance(v) if isinstance(v, Class) else self.annotation_of(v)
            for v in alternatives(value)
            if isinstance(v, (Class, Lib))
        ]
        return union(made) if made else UNKNOWN

    def annotation_of(self, value: Lib) -> Value:
        """An instance of a library class."""
        return library.instance_of(value.name, self.knowledge)

    def instance(self, cls: Class) -> Value:
        """An instance of which nothing but the class is known."""
        return Object(cls)

    # -- expressions

    def eval(self, expr: ir.Expr, context: Context) -> Value:
        """What ``expr`` may be. Records effects and calls on the way where the context has a recorder."""
        self._fuel -= 1
        if self._fuel < 0:
            return UNKNOWN
        kind = type(expr)
        if kind is ir.Name:
            return self.lookup(expr.id, context)  # type: ignore[union-attr]
        if kind is ir.Const:
            return Const(expr.value)  # type: ignore[union-attr]
        method = _EVALUATE.get(kind)
        return UNKNOWN if method is None else method(self, expr, context)

    def _attr(self, expr: ir.Attr, context: Context) -> Value:
        if context.env is not None:
            path = dotted(expr)
            if path:
                known = context.env.get(path)
                if known is not None:
                    return known
        receiver = self.eval(expr.value, context)
        return self.attribute(receiver, expr.name, context, expr.span)

    def _call(self, expr: ir.Call, context: Context) -> Value:
        function = self.eval(expr.func, context)
        args = self.arguments(expr.args, context)
        value = self.call(function, args, context, expr.span, expr)
        if context.recorder is not None:
            self._consume_generators(expr, function, context)
        if context.env is not None and isinstance(expr.func, ir.Attr):
            self._note_receiver_change(expr, function, args, context)
        return value

    def _note_receiver_change(self, expr: ir.Call, function: Value, args: CallArgs, context: Context) -> None:
        """``sock.setblocking(False)`` changes what ``sock`` is from here on."""
        assert isinstance(expr.func, ir.Attr)
        assert context.env is not None
        if not isinstance(function, LibMethod) or not isinstance(function.receiver, LibObject):
            return
        entry = self.knowledge.entry(function.name)
        path = dotted(expr.func.value)
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
                items.append(self.element(self.eval(item.value, context), context))
            else:
                items.append(shallow(self.eval(item, context)))
        exact = exact and len(items) <= 16
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
            if isinstance(name, Const) and len(items) < 16:
                items.append((name, evaluated))
        return Mapping(tuple(items), union(keys), union(elements))

    def _subscript(self, expr: ir.Subscript, context: Context) -> Value:
        receiver = self.eval(expr.value, context)
        index = self.eval(expr.key, context)
        out = []
        for option in alternatives(receiver):
            if isinstance(option, Object):
                out.append(self._special(option, "__getitem__", (index,), context, expr.span))
            elif isinstance(option, Sequence) and isinstance(expr.key, ir.Slice):
                out.append(Sequence(option.kind, None, option.element))
            else:
                out.append(self.item(option, index))
        return union(out)

    def item(self, value: Value, index: Value) -> Value:
        """``value[index]`` for containers."""
        out = []
        for option in alternatives(value):
            if isinstance(option, Sequence):
                if (
                    option.items is not None
                    and isinstance(index, Const)
                    and isinstance(index.value, int)
                    and -len(option.items) <= index.value < len(option.items)
                ):
                    out.append(option.items[index.value])
                else:
                    out.append(option.element)
            elif isinstance(option, Mapping):
                match = [v for k, v in option.items if k == index]
                out.append(match[-1] if match and isinstance(index, Const) else option.element)
            elif isinstance(option, (Class, Lib)):
                # ``Queue[int]`` is ``Queue`` as far as calling it goes.
                out.append(option)
            else:
                out.append(UNKNOWN)
        return union(out)

    def element(self, value: Value, context: Context, span: Span | None = None) -> Value:
        """What iterating over ``value`` gives; with a recorder, what iterating does."""
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Sequence):
                out.append(option.element)
            elif isinstance(option, Mapping):
                out.append(option.key)
            elif isinstance(option, Suspended) and option.kind in ("generator", "async-generator"):
                if context.recorder is not None and span is not None:
                    context.recorder.edge(span, option.frame)
                out.append(self._yielded(option.frame))
            elif isinstance(option, Object):
                iterator = self._special(option, "__iter__", (), context, span)
                for inner in alternatives(iterator):
                    if isinstance(inner, Object):
                        out.append(self._special(inner, "__next__", (), context, span))
                    elif is_known(inner):
                        out.append(self.element(inner, context, span))
            elif isinstance(option, LibObject):
                out.append(self._iterate_library(option, context, span))
        return union(out)

    def _iterate_library(self, value: LibObject, context: Context, span: Span | None) -> Value:
        if value.type in ("builtins.map", "builtins.filter"):
            given = dict(value.args)
            element = self.element(given["iterable"], context, span)
            called = self.call(given["function"], CallArgs((element,)), context, span, None)
            return called if value.type == "builtins.map" else element
        entry = self.knowledge.entry(value.type)
        if entry is None or not entry.iterate:
            return UNKNOWN
        method = LibMethod(value, entry.iterate)
        return self.call(method, CallArgs(), context, span) if span is not None else UNKNOWN

    def _yielded(self, frame: Scope) -> Value:
        assert frame.function is not None
        if self._depth > MAX_QUERY_DEPTH:
            return UNKNOWN
        self._depth += 1
        try:
            values = []
            for definition in frame.function.index.yields:
                value = self.eval(definition.node, Context(frame))  # type: ignore[arg-type]
                values.append(self.element(value, Context(frame)) if definition.how == "delegate" else value)
            return union(values)
        finally:
            self._depth -= 1

    def _bool(self, expr: ir.Bool, context: Context) -> Value:
        left = self.eval(expr.left, context)
        verdict = truth(left)
        if verdict is not None and (verdict is (expr.op == "or")):
            return left
        right = self.eval(expr.right, context)
        if verdict is not None:
            return right
        if expr.op == "or":
            return union([_truthy(left), right])
        return union([_falsy(left), right])

    def _not(self, expr: ir.Not, context: Context) -> Value:
        verdict = truth(self.eval(expr.value, context))
        return UNKNOWN if verdict is None else Const(not verdict)

    def _compare(self, expr: ir.Compare, context: Context) -> Value:
        left = self.eval(expr.left, context)
        result: Value = UNKNOWN
        for op, right_expr in expr.rest:
            right = self.eval(right_expr, context)
            verdict = _compared(left, op, right, isinstance(expr.left, ir.Name))
            result = UNKNOWN if verdict is None else Const(verdict)
            if isinstance(left, Object):
                self._special(left, _COMPARISONS.get(op, ""), (right,), context, None)
            left = right
        return result if len(expr.rest) == 1 else UNKNOWN

    def _binary(self, expr: ir.Binary, context: Context) -> Value:
        left = self.eval(expr.left, context)
        right = self.eval(expr.right, context)
        if expr.op == "Add" and isinstance(left, Sequence) and isinstance(right, Sequence):
            return Sequence(left.kind, None, union([left.element, right.element]))
        if (
            expr.op == "BitOr"
            and isinstance(left, Const)
            and isinstance(right, Const)
            and isinstance(left.value, int)
            and isinstance(right.value, int)
        ):
            return Const(left.value | right.value, left.firm and right.firm)
        if isinstance(left, Object) and expr.op in _OPERATORS:
            return self._special(left, _OPERATORS[expr.op], (right,), context, expr.span)
        if isinstance(left, LibObject) and expr.op == "Div" and left.type.startswith("pathlib."):
            return left
        return UNKNOWN

    def _ifexp(self, expr: ir.IfExp, context: Context) -> Value:
        verdict = truth(self.eval(expr.test, context))
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
                out.append(self.returns(option.frame))
            elif isinstance(option, LibCoroutine):
                out.append(library.instance_of(self.knowledge.returns(option.name), self.knowledge))
            elif isinstance(option, LibObject):
                out.append(option)
        return union(out)

    def _yield(self, expr: ir.Yield, context: Context) -> Value:
        if expr.value is not None:
            value = self.eval(expr.value, context)
            if expr.delegates:
                self.element(value, context, expr.span)
        return UNKNOWN

    def _comprehension(self, expr: ir.Comprehension, context: Context) -> Value:
        lazy = expr.kind == "generator"
        # A generator expression runs when it is consumed; its first iterable is evaluated here and now.
        inner = Context(context.scope, dict(context.env or {}), context.recorder)
        for position, clause in enumerate(expr.clauses):
            listener = inner if not (lazy and position) else Context(inner.scope, inner.env)
            iterated = self.eval(clause.iter, listener)
            element = self.element(iterated, inner, None if lazy else expr.span)
            assert inner.env is not None
            assign(clause.target, element, inner.env, self)
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
                    open_ended = True
                    spliced.append(self.element(value, context))
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

    # -- classes

    def mro(self, cls: Class) -> tuple[Value, ...]:
        """The class and its bases in C3 order: ``Class`` of the project or ``Lib``; unknown bases are left out."""
        known = self._mro.get(cls)
        if known is None:
            self._mro[cls] = (cls,)
            known = self._mro[cls] = tuple(self._linearise(cls))
        return known

    def _linearise(self, cls: Class) -> list[Value]:
        sequences: list[list[Value]] = []
        bases: list[Value] = []
        for base in self.bases(cls):
            bases.append(base)
            sequences.append(list(self.mro(base)) if isinstance(base, Class) else [base])
        sequences.append(bases)
        return [cls, *_c3(sequences)]

    def bases(self, cls: Class) -> list[Value]:
        out: list[Value] = []
        context = Context(cls.scope)
        for arg in cls.node.facts.bases:
            if arg.keyword or arg.star:
                continue
            for value in alternatives(self._base(arg.value, context, cls)):
                if isinstance(value, (Class, Lib)) and value != cls and value not in out:
                    out.append(value)
        return out

    def _base(self, expr: ir.Expr, context: Context, cls: Class) -> Value:
        # ``class Lock(Lock)`` inherits from what the name meant before: an import or an earlier class.
        if isinstance(expr, ir.Name) and expr.id == cls.node.name and cls.scope.function is None:
            earlier = [b for b in cls.node.module.bindings.get(expr.id, []) if b.cls is not cls.node.facts]
            return union(v for b in earlier for v in self._binding(b, cls.scope, None))
        if isinstance(expr, ir.Call):
            # ``with_metaclass(Meta, Base)`` and ``namedtuple(...)``.
            value = self.eval(expr, context)
            if is_known(value) and isinstance(value, (Class, Lib, OneOf)):
                return value
            return union(
                v for a in expr.args for v in alternatives(self.eval(a.value, context)) if isinstance(v, Class)
            )
        return self.eval(expr, context)

    def class_member(self, cls: Class, name: str) -> tuple[Class | Lib, Value] | None:
        """The first class in the order that has ``name`` in its body, and what it is there."""
        for base in self.mro(cls):
            if isinstance(base, Class):
                found = base.node.members.get(name)
                if found:
                    if self._depth > MAX_QUERY_DEPTH:
                        return None
                    self._depth += 1
                    try:
                        return base, union(self.bindings(found, base.scope, base))
                    finally:
                        self._depth -= 1
            elif isinstance(base, Lib):
                qualified = self.knowledge.member(base.name, name)
                if qualified is not None:
                    return base, Lib(qualified)
        return None

    def class_function(self, cls: Class, name: str) -> Function | None:
        """The method ``name`` if the project defines it, undecorated."""
        for base in self.mro(cls):
            if isinstance(base, Class):
                for binding in reversed(base.node.members.get(name, [])):
                    if binding.kind == "function":
                        node = base.node.function(binding)
                        if node is not None:
                            return Function(node, base.scope)
            elif isinstance(base, Lib) and self.knowledge.member(base.name, name) is not None:
                return None
        return None

    def library_base(self, cls: Class) -> str:
        """The first library class that ``cls`` inherits from, by qualified name; "" if none."""
        for base in self.mro(cls):
            if isinstance(base, Lib):
                return self.knowledge.canonical(base.name)
        return ""

    # -- attributes

    def attribute(self, value: Value, name: str, context: Context, span: Span | None) -> Value:
        """``value.name``; a property runs (and is recorded) as a call does."""
        out = []
        for option in alternatives(value):
            out.append(self._one_attribute(option, name, context, span))
        known = [v for v in out if is_known(v)]
        if known and len(known) < len(out):
            return union(known) if len(out) == len(known) + 1 and isinstance(value, OneOf) else union(out)
        return union(out)

    def _one_attribute(self, value: Value, name: str, context: Context, span: Span | None) -> Value:
        if isinstance(value, Module):
            return self.module_attribute(value.node, name)
        if isinstance(value, Lib):
            if self.knowledge.is_class(value.name):
                member = self.knowledge.member(value.name, name)
                if member is not None:
                    return Lib(member)
            declared = self.knowledge.attribute_type(value.name, name)
            if declared and not self.knowledge.is_class(value.name) and f"{value.name}.{name}" != "gc.callbacks":
                variable = library.instance_of(declared, self.knowledge)
                if is_known(variable):
                    return variable
            # ``import a`` where a.b is a module of the project.
            found = self.project.resolve(f"{value.name}.{name}", context.module)
            if found is not None and not self.knowledge.knows_module(value.name):
                return Module(found)
            constant = library.CONSTANTS.get(f"{value.name}.{name}")
            return Const(constant) if constant is not None else Lib(f"{value.name}.{name}")
        if isinstance(value, LibObject):
            return self._library_attribute(value, name)
        if isinstance(value, Object):
            return self.instance_attribute(value, name, context, span)
        if isinstance(value, Class):
            return self.class_attribute(value, name)
        if isinstance(value, Super):
            return self._super_attribute(value, name, context, span)
        if isinstance(value, (Sequence, Mapping)):
            return LibMethod(value, name)
        if isinstance(value, Bound) and name == "__self__":
            return value.receiver
        if isinstance(value, Bound) and name == "__func__":
            return value.function
        if isinstance(value, Suspended):
            return LibMethod(value, name)
        if isinstance(value, WeakReference) and value.registrar == "weakref.proxy":
            return self.attribute(value.target, name, context, span)
        if isinstance(value, (WeakReference, Partial, Function)):
            return LibMethod(value, name)
        if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
            return LibMethod(value, name)
        return UNKNOWN

    def _library_attribute(self, value: LibObject, name: str) -> Value:
        for key, constructed in value.args:
            # A wrapper such as contextlib.closing keeps what it was given under the parameter's name.
            if key == name and is_known(constructed) and self.knowledge.member(value.type, name) is None:
                return constructed
        declared = self.knowledge.attribute_type(value.type, name)
        if declared:
            attribute = library.instance_of(declared, self.knowledge)
            if is_known(attribute):
                return attribute
        member = self.knowledge.member(value.type, name)
        return LibMethod(value, member) if member is not None else UNKNOWN

    def class_attribute(self, cls: Class, name: str) -> Value:
        found = self.class_member(cls, name)
        if found is None:
            return UNKNOWN
        _, value = found
        return union(self._unbound(option, cls) for option in alternatives(value))

    @staticmethod
    def _unbound(value: Value, cls: Class) -> Value:
        if isinstance(value, Marked):
            return Bound(value.function, cls) if value.kind == "class" else value.function
        return value

    def instance_attribute(self, obj: Object, name: str, context: Context, span: Span | None) -> Value:
        """An attribute of an instance: what methods store, then what the class body holds."""
        if name == "__class__":
            return obj.cls
        if name == "__dict__":
            return UNKNOWN
        member = self.class_member(obj.cls, name)
        stored = self.stored(obj, name)
        if member is None:
            if stored is not None:
                return stored
            dynamic = self.class_function(obj.cls, "__getattr__")
            if dynamic is not None:
                return self.call(Bound(dynamic, obj), CallArgs((Const(name),)), context, span, None)
            return UNKNOWN
        _, value = member
        out = [self._bound_member(option, obj, name, context, span) for option in alternatives(value)]
        if stored is not None and not any(_is_method(option) for option in out):
            informative = [v for v in out if is_known(v) and not _is_none(v)]
            return union([stored, *informative]) if informative else stored
        if stored is not None:
            out.append(stored)
        elif all(isinstance(v, Const) for v in out) and self._declared(obj, name) is not None:
            declared = self._declared(obj, name)
            assert declared is not None
            out = [*map(softened, out), declared]
        return union(out)

    def _bound_member(self, value: Value, obj: Object, name: str, context: Context, span: Span | None) -> Value:
        if isinstance(value, Marked):
            if value.kind == "static":
                return value.function
            if value.kind == "class":
                return Bound(value.function, obj.cls)
            if value.kind == "property":
                return self.call(Bound(value.function, obj), CallArgs(), context, span, None)
        if isinstance(value, Function):
            return Bound(value, obj)
        if isinstance(value, Lib) and self._is_library_method(value.name, obj.cls):
            return LibMethod(self._as_library(obj), value.name)
        if isinstance(value, Object):
            getter = self.class_function(value.cls, "__get__")
            if getter is not None:
                return self.call(Bound(getter, value), CallArgs((obj, obj.cls)), context, span, None)
        if isinstance(value, Bound) and isinstance(value.function, Function) and value.receiver == obj.cls:
            return value
        return value

    def _is_library_method(self, name: str, cls: Class) -> bool:
        owner = name.rpartition(".")[0]
        return self.knowledge.is_class(owner) and any(isinstance(base, Lib) for base in self.mro(cls))

    def _as_library(self, obj: Object) -> Value:
        """An instance of a subclass of a library class, as the library sees it."""
        return LibObject(self.library_base(obj.cls), obj.args)

    def stored(self, obj: Object, name: str) -> Value | None:
        """What methods of the class and its bases assign to ``self.name``; None if none does."""
        key = (obj, name, self._caller_depth)
        if key in self._attributes:
            return self._attributes[key]
        if self._depth > MAX_QUERY_DEPTH:
            return UNKNOWN
        self._attributes[key] = UNKNOWN
        self._depth += 1
        try:
            value = self._stored(obj, name)
        finally:
            self._depth -= 1
        self._attributes[key] = value
        return value

    def _stored(self, obj: Object, name: str) -> Value | None:
        values: list[Value] = []
        elements: list[Value] = []
        found = False
        declared = self._declared(obj, name)
        for base in self.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for method in base.node.methods_with(name):
                first = method.ir.params[0].name if method.ir.params else ""
                definitions = method.index.stores.get((first, name), [])
                # Properties that store themselves, and class methods that store on the class, count too.
                if not definitions:
                    continue
                found = True
                params: tuple[tuple[str, Value], ...]
                if method.name in ("__init__", "__new__") and base == self._constructing(obj):
                    params = ((first, obj), *obj.args)
                    scope = self.scope(method, params, base.scope)
                else:
                    scope = self.method_scope(method, Object(obj.cls, obj.args, obj.site), base.scope)
                made, put = self._values_and_elements(definitions, Context(scope))
                values.extend(map(softened, made))
                elements.extend(put)
                values = self._modes(values, method, first, name, scope)
        if elements:
            known = [v for v in (declared,) if v is not None and not values]
            values = _contained([*values, *known], elements)
        if not found:
            if declared is not None:
                return declared
            if obj.args and self._is_record(obj.cls):
                for key, value in obj.args:
                    if key == name and is_known(value):
                        return value
            return None
        informative = [v for v in values if is_known(v) and not _is_none(v)]
        if declared is not None and (not informative or not is_known(union(values))):
            return union([declared, *informative])
        if informative:
            # Assignments of things that we cannot tell do not make the known ones less likely.
            nones = [v for v in values if _is_none(v)]
            return union([*informative, *nones])
        return union(values)

    def _modes(self, values: list[Value], method: FunctionNode, first: str, name: str, scope: Scope) -> list[Value]:
        """Apply ``self.sock.setblocking(False)`` in the method that made the socket."""
        for call in method.index.calls:
            func = call.func
            if (
                isinstance(func, ir.Attr)
                and isinstance(func.value, ir.Attr)
                and func.value.name == name
                and isinstance(func.value.value, ir.Name)
                and func.value.value.id == first
            ):
                changed: list[Value] = []
                for value in values:
                    if isinstance(value, LibObject):
                        member = self.knowledge.member(value.type, func.name)
                        entry = self.knowledge.entry(member) if member else None
                        if entry is not None and (entry.makes_nonblocking or entry.makes_bounded):
                            args = self.arguments(call.args, Context(scope))
                            value = library.changed_receiver(entry, args, value)
                    changed.append(value)
                values = changed
        return values

    def _constructing(self, obj: Object) -> Class | None:
        """The class whose ``__init__`` got ``obj.args``."""
        if not obj.args:
            return None
        found = self.class_function(obj.cls, "__init__")
        if found is None or found.node.owner is None:
            return None
        for base in self.mro(obj.cls):
            if isinstance(base, Class) and base.node is found.node.owner:
                return base
        return None

    def _declared(self, obj: Object, name: str) -> Value | None:
        """The type that a class-level annotation or a property's return gives to an attribute."""
        for base in self.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for binding in base.node.members.get(name, []):
                if binding.kind != "assign":
                    continue
                for stmt in base.node.module.statements(binding):
                    if isinstance(stmt, ir.AnnAssign):
                        value = self.annotation(stmt.annotation, Context(base.scope))
                        return value if is_known(value) else None
        return None

    def _is_record(self, cls: Class) -> bool:
        """A dataclass, attrs class or NamedTuple: its fields are its constructor's parameters."""
        for decorator in cls.node.facts.decorators:
            value = self.eval(decorator.func if isinstance(decorator, ir.Call) else decorator, Context(cls.scope))
            if isinstance(value, Lib) and value.name in _RECORD_DECORATORS:
                return True
        return any(isinstance(b, Lib) and b.name == "typing.NamedTuple" for b in self.mro(cls))

    def _super_attribute(self, value: Super, name: str, context: Context, span: Span | None) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, Object) else receiver if isinstance(receiver, Class) else None
        if cls is None:
            return UNKNOWN
        order = self.mro(cls)
        position = next(
            (i for i, base in enumerate(order) if isinstance(base, Class) and base.node is value.cls.node),
            None,
        )
        if position is None:
            return UNKNOWN
        for base in order[position + 1 :]:
            if isinstance(base, Class):
                found = base.node.members.get(name)
                if found:
                    member = union(self.bindings(found, base.scope, base))
                    if isinstance(receiver, Object):
                        return union(
                            self._bound_member(option, receiver, name, context, span) for option in alternatives(member)
                        )
                    return union(self._unbound(option, cls) for option in alternatives(member))
            elif isinstance(base, Lib):
                qualified = self.knowledge.member(base.name, name)
                if qualified is not None and isinstance(receiver, Object):
                    return LibMethod(LibObject(self.knowledge.canonical(base.name), receiver.args), qualified)
        return UNKNOWN

    # -- decorators

    def decorated(self, function: Function, scope: Scope) -> Value:
        """What the name of a decorated function is bound to."""
        value: Value = function
        context = Context(scope)
        for decorator in reversed(function.node.ir.decorators):
            value = self._apply_decorator(decorator, value, function, context)
        return value

    def _apply_decorator(self, decorator: ir.Expr, value: Value, function: Function, context: Context) -> Value:
        if isinstance(decorator, ir.Attr) and decorator.name in ("setter", "deleter", "getter"):
            # The property itself was defined before; reading it goes to its getter.
            return UNKNOWN if decorator.name != "getter" else Marked("property", value)
        target = self.eval(decorator.func if isinstance(decorator, ir.Call) else decorator, context)
        if isinstance(target, Lib):
            name = self.knowledge.canonical(target.name)
            if name in ("builtins.staticmethod", "abc.abstractstaticmethod"):
                return Marked("static", value)
            if name in ("builtins.classmethod", "abc.abstractclassmethod"):
                return Marked("class", value)
            if name in _PROPERTIES or name.rpartition(".")[2] in ("cached_property", "lazy_property"):
                return Marked("property", value)
            if name in _CONTEXT_MANAGERS:
                return Marked("context", value)
            return value
        if isinstance(target, (Function, Class, Bound)):
            if isinstance(decorator, ir.Call):
                target = self.eval(decorator, context)
            result = self.call(target, CallArgs((value,)), context, None, None)
            if isinstance(target, Class) and isinstance(result, Object):
                if (
                    self.class_function(target, "__get__") is not None
                    and self.class_function(target, "__call__") is None
                ):
                    return Marked("property", value)
                if self.class_function(target, "__call__") is None:
                    return value
            useful = [v for v in alternatives(result) if isinstance(v, (Function, Bound, Partial, Object, Marked))]
            return union(useful) if useful else value
        return value

    # -- calls

    def scope(self, function: FunctionNode, params: tuple[tuple[str, Value], ...], parent: Scope | None) -> Scope:
        """The scope of a call; a function with too many contexts gets one that only knows its receiver."""
        params = tuple((name, shallow(_context_value(value))) for name, value in params)
        if parent is not None and parent.function is None:
            parent = None
        scope = self.scopes.of(function.module, function, params, parent)
        contexts = self._contexts.setdefault(function, set())
        if scope not in contexts:
            if len(contexts) >= MAX_CONTEXTS:
                params = tuple(
                    (n, v if i == 0 and function.owner is not None else UNKNOWN) for i, (n, v) in enumerate(params)
                )
                params = tuple((n, Object(v.cls, (), v.site) if isinstance(v, Object) else v) for n, v in params)
                return self.scopes.of(function.module, function, params, parent)
            contexts.add(scope)
        return scope

    def bind(
        self, function: FunctionNode, args: CallArgs, receiver: Value | None, fill: bool = True
    ) -> list[tuple[str, Value]]:
        """Parameters by name. ``receiver``, if any, comes first. With ``fill`` missing ones get their default."""
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
                out.append((param.name, Mapping(named, UNKNOWN, union(v for _, v in named))))
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
                value = self._default(param.default, function)
                out.append((param.name, softened(value) if args.open_ended else value))
            else:
                out.append((param.name, UNKNOWN))
        return out

    def _default(self, expr: ir.Expr, function: FunctionNode) -> Value:
        if isinstance(expr, ir.Const):
            return Const(expr.value)
        owner = function.owner
        scope = self.module_scope(function.module)
        context = Context(scope)
        if owner is not None and isinstance(expr, ir.Name) and expr.id in owner.members:
            return union(self.bindings(owner.members[expr.id], scope, Class(owner, scope)))
        return self.eval(expr, context)

    def method_scope(self, function: FunctionNode, receiver: Value, parent: Scope | None) -> Scope:
        """The scope of a method of which only the receiver is known; parameters without a value are UNKNOWN."""
        params: list[tuple[str, Value]] = []
        for position, param in enumerate(function.ir.params):
            params.append((param.name, receiver if position == 0 and param.kind in ("pos", "any") else UNKNOWN))
        return self.scope(function, tuple(params), parent)

    def generic_scope(self, function: FunctionNode, parent: Scope | None = None) -> Scope:
        """The scope of a function about whose callers nothing is known."""
        owner = function.owner
        if owner is not None and parent is None:
            cls = Class(owner, self.module_scope(function.module))
            kind = self._method_kind(function)
            if kind == "class":
                return self.method_scope(function, cls, None)
            if kind == "instance":
                return self.method_scope(function, Object(cls, (), "self"), None)
        params = tuple((p.name, UNKNOWN) for p in function.ir.params)
        return self.scope(function, params, parent)

    def _method_kind(self, function: FunctionNode) -> str:
        for decorator in function.ir.decorators:
            if isinstance(decorator, ir.Name) and decorator.id in ("staticmethod", "classmethod"):
                return "static" if decorator.id == "staticmethod" else "class"
        return "class" if function.name in ("__init_subclass__", "__class_getitem__", "__new__") else "instance"

    def call(
        self,
        function: Value,
        args: CallArgs,
        context: Context,
        span: Span | None,
        expr: ir.Call | None = None,
    ) -> Value:
        """The result of calling ``function``; the recorder, if any, learns of the effects and the edge."""
        out = []
        for option in alternatives(function):
            out.append(self._call_one(option, args, context, span, expr))
        return union(out)

    def _call_one(
        self, function: Value, args: CallArgs, context: Context, span: Span | None, expr: ir.Call | None
    ) -> Value:
        if isinstance(function, Marked):
            if function.kind == "context":
                made = self._call_one(function.function, args, context, None, expr)
                if isinstance(made, Suspended):
                    return Suspended("context", made.frame)
                return made
            return self._call_one(function.function, args, context, span, expr)
        if isinstance(function, Function):
            return self._call_function(function, args, None, context, span, expr)
        if isinstance(function, Bound):
            inner = function.function
            if isinstance(inner, Function):
                return self._call_function(inner, args, function.receiver, context, span)
            shifted = CallArgs((function.receiver, *args.positional), args.keywords, args.open_ended)
            return self.call(inner, shifted, context, span, expr)
        if isinstance(function, Partial):
            merged = CallArgs((*function.args, *args.positional), (*function.keywords, *args.keywords), args.open_ended)
            return self.call(function.function, merged, context, span, expr)
        if isinstance(function, Class):
            return self.construct(function, args, context, span, expr)
        if isinstance(function, Object):
            return self._special(function, "__call__", args.positional, context, span, args.keywords)
        if isinstance(function, (Lib, LibMethod)):
            return self.call_library(function, args, context, span, expr)
        if isinstance(function, MethodCaller) and args.positional:
            method = self.attribute(args.positional[0], function.name, context, span)
            return self.call(method, CallArgs(function.args, function.keywords), context, span, expr)
        if isinstance(function, WeakReference):
            return union([function.target, MAYBE_NONE])
        if isinstance(function, LibObject):
            member = self.knowledge.member(function.type, "__call__")
            if member is not None:
                return self.call_library(LibMethod(function, member), args, context, span, expr)
        return UNKNOWN

    def _special(
        self,
        obj: Object,
        name: str,
        args: tuple[Value, ...],
        context: Context,
        span: Span | None,
        keywords: tuple[tuple[str, Value], ...] = (),
    ) -> Value:
        """Call a special method of an instance, if its class has it."""
        if not name:
            return UNKNOWN
        member = self.class_member(obj.cls, name)
        if member is None:
            return UNKNOWN
        bound = union(self._bound_member(option, obj, name, context, span) for option in alternatives(member[1]))
        return self.call(bound, CallArgs(args, keywords), context, span, None)

    def _call_function(
        self,
        function: Function,
        args: CallArgs,
        receiver: Value | None,
        context: Context,
        span: Span | None,
        expr: ir.Call | None = None,
    ) -> Value:
        node = function.node
        registrar = self.registrars.named(f"{node.module.name}.{node.qualified}") if receiver is None else None
        if registrar is not None:
            return self._register(registrar, args, context, span, None, expr)
        scope = self.scope(node, tuple(self.bind(node, args, receiver)), function.scope)
        if node.ir.is_async:
            return Suspended("async-generator" if node.ir.is_generator else "coroutine", scope)
        if node.ir.is_generator:
            return Suspended("generator", scope)
        if context.recorder is not None and span is not None:
            context.recorder.edge(span, scope)
        return self.returns(scope)

    def returns(self, scope: Scope) -> Value:
        """What a call in this scope returns."""
        key = (scope, self._caller_depth)
        known = self._returns.get(key)
        if known is not None:
            return known
        if self._depth > MAX_QUERY_DEPTH:
            return UNKNOWN
        self._returns[key] = UNKNOWN
        self._depth += 1
        try:
            value = self._compute_returns(scope)
        finally:
            self._depth -= 1
        self._returns[key] = value
        return value

    def _compute_returns(self, scope: Scope) -> Value:
        function = scope.function
        assert function is not None
        values = self._definitions(function.index.returns, Context(scope))
        informative = [v for v in values if is_known(v) and not _is_none(v)]
        if function.ir.returns is not None and len(informative) < len([v for v in values if not _is_none(v)]):
            defining = scope.parent or self.module_scope(scope.module)
            declared = self.annotation(function.ir.returns, Context(defining))
            if is_known(declared) and not _is_none(declared):
                return union([declared, *informative])
        if not function.index.returns:
            if function.ir.returns is not None and _is_stub(function.ir.body):
                return self.annotation(function.ir.returns, Context(scope.parent or self.module_scope(scope.module)))
            return NONE
        if informative:
            return union([v for v in values if is_known(v)])
        return union(values)

    def construct(self, cls: Class, args: CallArgs, context: Context, span: Span | None, expr: ir.Call | None) -> Value:
        """``Class(...)``: runs ``__new__`` and ``__init__``."""
        registered = self.registrars.constructed(cls, self)
        if registered:
            return self._register(registered, args, context, span, cls, expr)
        maker = self.class_function(cls, "__new__")
        init = self.class_function(cls, "__init__")
        params: tuple[tuple[str, Value], ...] = ()
        if init is not None:
            bound = self.bind(init.node, args, UNKNOWN)
            params = tuple((n, shallow(_context_value(v))) for n, v in bound[1:])
        elif self._is_record(cls):
            params = self._record_fields(cls, args)
        elif self.library_base(cls):
            entry = self.knowledge.entry(self.library_base(cls))
            if entry is not None:
                params = tuple(library.arguments(entry, args).items())
        site = "" if span is None else f"{context.module.path}:{span.line}:{span.column}"
        obj = Object(cls, params, site)
        if shallow(obj) is UNKNOWN:
            obj = Object(cls, (), site)
        if maker is not None:
            made = self._call_function(maker, args, cls, context, span)
            others = [v for v in alternatives(made) if is_known(v) and not _is_none(v)]
            if others and not any(isinstance(v, Object) and v.cls == cls for v in others):
                return union(others)
        if init is not None and context.recorder is not None and span is not None:
            context.recorder.edge(
                span,
                self.scope(
                    init.node,
                    ((init.node.ir.params[0].name if init.node.ir.params else "self", obj), *params),
                    init.scope,
                ),
            )
        return obj

    def _record_fields(self, cls: Class, args: CallArgs) -> tuple[tuple[str, Value], ...]:
        names: list[str] = []
        for base in reversed(self.mro(cls)):
            if isinstance(base, Class):
                for binding in base.node.facts.members:
                    if binding.kind == "assign" and binding.name not in names:
                        names.append(binding.name)
        given = dict(zip(names, args.positional, strict=False))
        given.update(args.keywords)
        return tuple((n, shallow(given[n])) for n in names if n in given)

    # -- calls into libraries

    def call_library(
        self,
        function: Lib | LibMethod,
        args: CallArgs,
        context: Context,
        span: Span | None,
        expr: ir.Call | None,
    ) -> Value:
        receiver = function.receiver if isinstance(function, LibMethod) else None
        name = self.knowledge.canonical(function.name)
        special = _SPECIAL_CALLS.get(name)
        if special is not None and receiver is None:
            understood: Value | None = special(self, args, context, span)
            if understood is not None:
                return understood
        if isinstance(receiver, (Sequence, Mapping)):
            return self._container_method(receiver, function.name, args, context, span)
        if isinstance(receiver, Suspended):
            if function.name in ("send", "__next__", "throw") and context.recorder is not None and span is not None:
                context.recorder.edge(span, receiver.frame)
            return UNKNOWN
        if isinstance(receiver, (Partial, Function, Const)):
            return UNKNOWN
        registrar = self.registrars.named(name)
        if registrar is not None:
            return self._register(registrar, args, context, span, None, expr)
        entry = self.knowledge.entry(name)
        if entry is None:
            returned = self.knowledge.returns(name)
            return (
                library.instance_of(returned, self.knowledge)
                if returned and returned != "self"
                else (
                    receiver
                    if returned == "self" and receiver is not None
                    else self._constructed(name, None, args, context)
                )
            )
        if receiver is None and not entry.is_class and isinstance(function, Lib) and args.positional:
            # ``threading.Lock.acquire(lock)``: the unbound form.
            owner = name.rpartition(".")[0]
            first = args.positional[0]
            if self.knowledge.is_class(owner) and isinstance(first, LibObject) and entry.kind:
                receiver = first
                args = CallArgs(args.positional[1:], args.keywords, args.open_ended)
        if entry.is_async:
            return LibCoroutine(name)
        if context.recorder is not None and span is not None:
            self._record_library(entry, args, receiver, context, span, expr)
        result = self._library_result(name, entry, args, receiver, context)
        if entry.bounds_result and isinstance(result, LibObject):
            bound = library.arguments(entry, args).get(entry.bounds_result)
            if isinstance(bound, Const) and bound.value is not None:
                return LibObject(result.type, result.args, "bounded")
        return result

    def _record_library(
        self,
        entry: Entry,
        args: CallArgs,
        receiver: Value | None,
        context: Context,
        span: Span,
        expr: ir.Call | None,
    ) -> None:
        recorder = context.recorder
        assert recorder is not None
        entry = self._delegated(entry, receiver)
        if entry.name == "builtins.print" and self._printed_elsewhere(args, context, span):
            return
        verdict = library.judge(entry, args, receiver)
        path = context.module.path
        subject = _subject(expr) if receiver is not None else ""
        if verdict is not None:
            lasts = "short" if entry.releases else verdict.lasts
            confidence = Confidence.HIGH if verdict.sure else Confidence.MEDIUM
            recorder.effect(Effect(verdict.kind, entry.name, path, span, lasts, confidence, subject))
        if entry.handoff == "unsafe":
            recorder.effect(Effect("unsafe-handoff", entry.name, path, span, "unbounded", Confidence.HIGH, subject))
        if entry.starts_thread:
            recorder.effect(Effect("exit-thread", entry.name, path, span, "bounded", Confidence.HIGH, subject))
        given = library.arguments(entry, args)
        for parameter in entry.calls:
            callback = given.get(parameter)
            if callback is not None and is_known(callback):
                self.call(callback, CallArgs(open_ended=True), context, span, None)
        for path in entry.receiver_calls:
            self._call_of_receiver(path, receiver, context, span)
        for parameter in entry.drives:
            self.drive(given.get(parameter, UNKNOWN), context, span)
        for parameter in entry.consumes:
            self.element(given.get(parameter, UNKNOWN), context, span)

    def _printed_elsewhere(self, args: CallArgs, context: Context, span: Span) -> bool:
        """``print(file=stream)`` writes to the stream: whether it was judged as that."""
        stream = args.keyword("file")
        if stream is None or (isinstance(stream, Const) and stream.value is None):
            return False
        if any(isinstance(v, LibObject) and v.type in _CONSOLE_TYPES for v in alternatives(stream)):
            return False
        write = self.attribute(stream, "write", context, span)
        self.call(write, CallArgs((UNKNOWN,)), context, span, None)
        return True

    def _delegated(self, entry: Entry, receiver: Value | None) -> Entry:
        """``Condition(Lock())`` acquires the lock it was given, not the RLock it makes by default."""
        if entry.kind_from_receiver and isinstance(receiver, LibObject):
            inner = dict(receiver.args).get(entry.kind_from_receiver)
            if isinstance(inner, LibObject):
                made = self.knowledge.entry(inner.type)
                if made is not None and made.enter:
                    return self.knowledge.entry(made.enter) or entry
        return entry

    def _call_of_receiver(self, path: str, receiver: Value | None, context: Context, span: Span) -> None:
        """What a library object calls of what it was made with: ``contextlib.closing(thing)`` on exit."""
        if not isinstance(receiver, LibObject):
            return
        parameter, _, method = path.partition(".")
        given = dict(receiver.args).get(parameter)
        if given is not None and is_known(given):
            called = self.attribute(given, method, context, span) if method else given
            self.call(called, CallArgs(open_ended=not method), context, span, None)

    def drive(self, value: Value, context: Context, span: Span) -> None:
        """Run a coroutine to its end."""
        for option in alternatives(value):
            if isinstance(option, Suspended) and context.recorder is not None:
                context.recorder.edge(span, option.frame)

    def _library_result(
        self,
        name: str,
        entry: Entry,
        args: CallArgs,
        receiver: Value | None,
        context: Context,
    ) -> Value:
        if entry.is_class:
            return self._constructed(name, entry, args, context)
        returned = library.result_type(entry, library.arguments(entry, args)) or self.knowledge.returns(name)
        if returned == "self":
            return receiver if receiver is not None else UNKNOWN
        if returned.startswith("arg:"):
            return library.arguments(entry, args).get(returned[4:], UNKNOWN)
        if returned.startswith("instance:"):
            return self.instances(library.arguments(entry, args).get(returned[9:], UNKNOWN))
        if returned.startswith("element:"):
            return self.element(library.arguments(entry, args).get(returned[8:], UNKNOWN), context)
        if not returned:
            return UNKNOWN
        value = library.instance_of(returned, self.knowledge)
        if isinstance(value, LibObject):
            made = self.knowledge.entry(value.type)
            if made is not None and made.is_class and made.defaults and not entry.kind:
                given = dict(library.arguments(made, CallArgs()))
                given.update(library.arguments(entry, args))
                return LibObject(value.type, tuple(sorted((k, shallow(v)) for k, v in given.items())))
        return value

    def _constructed(self, name: str, entry: Entry | None, args: CallArgs, context: Context) -> Value:
        if not self.knowledge.is_class(name):
            return UNKNOWN
        if library.container_kind(name) and name.rpartition(".")[0] in ("builtins", "collections", "weakref"):
            if args.positional:
                source = args.positional[0]
                if isinstance(source, Sequence):
                    return Sequence(library.container_kind(name), None, source.element)
            return Sequence(library.container_kind(name), None, UNKNOWN)
        if library.is_mapping(name):
            element: Value = UNKNOWN
            if name == "collections.defaultdict" and args.positional:
                element = self.call(args.positional[0], CallArgs(), Context(context.scope), None, None)
            return Mapping((), UNKNOWN, element)
        given = library.arguments(entry, args) if entry is not None else {}
        return LibObject(self.knowledge.canonical(name), tuple(sorted((k, shallow(v)) for k, v in given.items())))

    def _container_method(
        self,
        receiver: Sequence | Mapping,
        name: str,
        args: CallArgs,
        context: Context,
        span: Span | None,
    ) -> Value:
        if isinstance(receiver, Mapping):
            if name in ("get", "pop", "setdefault", "__getitem__"):
                found = self.item(receiver, args.positional[0]) if args.positional else receiver.element
                if name == "get" or len(args.positional) > 1:
                    default = args.positional[1] if len(args.positional) > 1 else MAYBE_NONE
                    return union([found, default])
                return found
            if name == "values":
                return Sequence("list", None, receiver.element)
            if name == "keys":
                return Sequence("list", None, receiver.key)
            if name == "items":
                pair = Sequence("tuple", (receiver.key, receiver.element), UNKNOWN)
                return Sequence("list", None, pair)
            if name == "popitem":
                return Sequence("tuple", (receiver.key, receiver.element), UNKNOWN)
            if name == "copy":
                return receiver
            return UNKNOWN
        if name in ("pop", "popleft"):
            return receiver.element
        if name == "copy":
            return receiver
        if name in ("extend", "update", "extendleft") and args.positional:
            self.element(args.positional[0], context, span)
        return UNKNOWN

    # -- context managers

    def entered(self, value: Value, context: Context, span: Span | None = None) -> Value:
        """What ``with value as x`` binds; records what entering does."""
        out: list[Value] = []
        for option in alternatives(value):
            if isinstance(option, Object):
                out.append(self._special(option, "__enter__", (), context, span))
            elif isinstance(option, Suspended) and option.kind == "context":
                if context.recorder is not None and span is not None:
                    context.recorder.edge(span, option.frame)
                out.append(self._yielded(option.frame))
            elif isinstance(option, LibObject):
                entry = self.knowledge.entry(option.type)
                if entry is not None and entry.enter and span is not None:
                    self.call(LibMethod(option, entry.enter), CallArgs(), context, span, None)
                if option.type == "contextlib.closing" or option.type == "contextlib.nullcontext":
                    out.append(next((v for _, v in option.args if is_known(v)), UNKNOWN))
                else:
                    returned = self.knowledge.returns(f"{option.type}.__enter__")
                    typed = library.instance_of(returned, self.knowledge) if returned != "self" else option
                    out.append(typed if is_known(typed) else option)
            else:
                out.append(UNKNOWN)
        return union(out)

    def exited(self, value: Value, context: Context, span: Span) -> None:
        """Record what leaving a ``with`` does."""
        for option in alternatives(value):
            if isinstance(option, Object):
                nothing = Const(None)
                self._special(option, "__exit__", (nothing, nothing, nothing), context, span)
            elif isinstance(option, LibObject):
                entry = self.knowledge.entry(option.type)
                if entry is not None and entry.exit:
                    self.call(LibMethod(option, entry.exit), CallArgs(), context, span, None)

    # -- registrations

    def _register(
        self,
        registrar: object,
        args: CallArgs,
        context: Context,
        span: Span | None,
        cls: Class | None,
        expr: ir.Call | None,
    ) -> Value:
        made = self.registrars.registration(registrar, args, context, span, expr)
        if made is None:
            return UNKNOWN
        registration, value = made
        if registration is not None and context.recorder is not None and span is not None:
            context.recorder.registration(registration)
        return Object(cls) if cls is not None and isinstance(value, Unknown) else value


# -- calls that the evaluation itself understands


def _super(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    scope: Scope | None = context.scope
    while scope is not None and scope.function is not None and scope.function.owner is None:
        scope = scope.parent
    # The method whose first parameter is the receiver is the outermost function of the class body.
    while scope is not None and scope.parent is not None and scope.parent.function is not None:
        scope = scope.parent
    if len(args.positional) >= 2:
        cls = args.positional[0]
        return Super(cls, args.positional[1]) if isinstance(cls, Class) else UNKNOWN
    if scope is None or scope.function is None or scope.function.owner is None or not scope.function.ir.params:
        return UNKNOWN
    receiver = scope.param(scope.function.ir.params[0].name)
    if receiver is None:
        return UNKNOWN
    return Super(Class(scope.function.owner, self.module_scope(scope.module)), receiver)


def _getattr(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    name = args.positional[1]
    if isinstance(name, Const) and isinstance(name.value, str):
        value = self.attribute(args.positional[0], name.value, context, span)
        if len(args.positional) > 2:
            default = softened(args.positional[2])
            return union([value, default]) if is_known(value) else value
        return value
    return UNKNOWN


def _partial(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if not args.positional:
        return UNKNOWN
    return union(Partial(function, args.positional[1:], args.keywords) for function in alternatives(args.positional[0]))


def _methodcaller(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    name = args.positional[0] if args.positional else UNKNOWN
    if isinstance(name, Const) and isinstance(name.value, str):
        return MethodCaller(name.value, args.positional[1:], args.keywords)
    return UNKNOWN


def _method_type(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    return Bound(args.positional[0], args.positional[1]) if len(args.positional) == 2 else UNKNOWN


def _cast(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    target, value = args.positional[0], args.positional[1]
    if isinstance(target, Class):
        return self.instance(target)
    if isinstance(target, Lib):
        typed = library.instance_of(target.name, self.knowledge)
        return typed if is_known(typed) else value
    return value


def _type(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if len(args.positional) != 1:
        return UNKNOWN
    return union(
        option.cls if isinstance(option, Object) else Lib(option.type) if isinstance(option, LibObject) else UNKNOWN
        for option in alternatives(args.positional[0])
    )


def _marker(kind: str) -> object:
    def mark(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
        return Marked(kind, args.positional[0]) if args.positional else UNKNOWN

    return mark


def _enumerate(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    element = self.element(args.positional[0], context, span) if args.positional else UNKNOWN
    return Sequence("iterable", None, Sequence("tuple", (UNKNOWN, element), UNKNOWN))


def _zip(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    elements = tuple(self.element(a, context, span) for a in args.positional)
    return Sequence("iterable", None, Sequence("tuple", elements, union(elements)))


def _same_elements(kind: str) -> object:
    def collect(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
        if not args.positional:
            return Sequence(kind, None, UNKNOWN)
        source = args.positional[0]
        element = self.element(source, context, span)
        items = source.items if isinstance(source, Sequence) and kind in ("list", "tuple") else None
        return Sequence(kind, items, element)

    return collect


def _map(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    # Lazy: the function is called when the map is consumed (see _iterate_lazily).
    if len(args.positional) < 2:
        return UNKNOWN
    given = (("function", args.positional[0]), ("iterable", args.positional[1]))
    return LibObject("builtins.map", given)


def _filter(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if len(args.positional) < 2:
        return UNKNOWN
    given = (("function", args.positional[0]), ("iterable", args.positional[1]))
    return LibObject("builtins.filter", given)


def _next(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    return self.element(args.positional[0], context, span) if args.positional else UNKNOWN


def _iter(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if len(args.positional) == 2:
        # ``iter(queue.get, None)`` calls until the sentinel comes.
        value = self.call(args.positional[0], CallArgs(), context, span, None)
        return Sequence("iterable", None, value)
    return args.positional[0] if args.positional else UNKNOWN


def _is_coroutine_function(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    if not args.positional:
        return UNKNOWN
    verdicts = set()
    for option in alternatives(args.positional[0]):
        function = option.function if isinstance(option, Bound) else option
        verdicts.add(function.node.ir.is_async if isinstance(function, Function) else None)
    (verdict,) = verdicts if len(verdicts) == 1 else (None,)
    return UNKNOWN if verdict is None else Const(verdict)


def _isinstance(self: Evaluator, args: CallArgs, context: Context, span: Span | None) -> Value | None:
    return UNKNOWN


_SPECIAL_CALLS: dict[str, Any] = {
    "builtins.super": _super,
    "builtins.getattr": _getattr,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "operator.methodcaller": _methodcaller,
    "types.MethodType": _method_type,
    "typing.cast": _cast,
    "builtins.type": _type,
    "builtins.staticmethod": _marker("static"),
    "builtins.classmethod": _marker("class"),
    "builtins.property": _marker("property"),
    "functools.cached_property": _marker("property"),
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.list": _same_elements("list"),
    "builtins.tuple": _same_elements("tuple"),
    "builtins.set": _same_elements("set"),
    "builtins.frozenset": _same_elements("set"),
    "builtins.sorted": _same_elements("list"),
    "builtins.reversed": _same_elements("list"),
    "collections.deque": _same_elements("list"),
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.next": _next,
    "builtins.iter": _iter,
    "builtins.isinstance": _isinstance,
    "asyncio.iscoroutinefunction": _is_coroutine_function,
    "inspect.iscoroutinefunction": _is_coroutine_function,
    "asyncio.coroutines.iscoroutinefunction": _is_coroutine_function,
}

#: What ``sys.stdout`` and its kin are, in typeshed's words.
_CONSOLE_TYPES = frozenset({"typing.TextIO", "sys.stdout", "sys.stderr", "sys.stdin"})

_RECORD_DECORATORS = frozenset(
    {
        "dataclasses.dataclass",
        "attr.s",
        "attr.attrs",
        "attr.define",
        "attr.frozen",
        "attr.mutable",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
        "pydantic.dataclasses.dataclass",
    }
)

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

_EVALUATE: dict[type, Any] = {
    ir.Attr: Evaluator._attr,
    ir.Call: Evaluator._call,
    ir.Lambda: Evaluator._lambda,
    ir.Display: Evaluator._display,
    ir.DictDisplay: Evaluator._dict,
    ir.Subscript: Evaluator._subscript,
    ir.Bool: Evaluator._bool,
    ir.Not: Evaluator._not,
    ir.Compare: Evaluator._compare,
    ir.Binary: Evaluator._binary,
    ir.IfExp: Evaluator._ifexp,
    ir.Await: Evaluator._await,
    ir.Yield: Evaluator._yield,
    ir.Comprehension: Evaluator._comprehension,
    ir.Walrus: Evaluator._walrus,
    ir.Opaque: Evaluator._opaque,
    ir.Slice: Evaluator._opaque,
    ir.Starred: Evaluator._starred,
}


# -- small questions


def dotted(expr: ir.Expr) -> str:
    """``a.b.c`` for a name followed by attributes, else ""."""
    parts: list[str] = []
    while isinstance(expr, ir.Attr):
        parts.append(expr.name)
        expr = expr.value
    if not isinstance(expr, ir.Name):
        return ""
    parts.append(expr.id)
    return ".".join(reversed(parts))


def assign(target: ir.Expr, value: Value, env: dict[str, Value], evaluator: Evaluator) -> None:
    """Bind ``target`` to ``value`` in ``env``; what was known of a rebound name's attributes is forgotten."""
    if isinstance(target, ir.Name):
        forget(target.id, env)
        env[target.id] = value
    elif isinstance(target, ir.Attr):
        path = dotted(target)
        if path:
            forget(path, env)
            env[path] = value
    elif isinstance(target, ir.Display):
        starred = False
        for position, item in enumerate(target.items):
            if isinstance(item, ir.Starred):
                starred = True
                assign(item.value, Sequence("list", None, UNKNOWN), env, evaluator)
            else:
                part = UNKNOWN if starred else evaluator.item(value, Const(position))
                assign(item, part, env, evaluator)


def forget(path: str, env: dict[str, Value]) -> None:
    """Drop what ``env`` knows of the attributes of ``path``."""
    prefix = path + "."
    for key in [key for key in env if key.startswith(prefix)]:
        del env[key]


def _definitions_of(stmt: ir.Stmt, name: str) -> list[Definition]:
    """Definitions of ``name`` by one module- or class-level statement."""
    return FunctionIndex((stmt,)).names.get(name, [])


def _names_in(node: object) -> list[str]:
    if not isinstance(node, tuple) or not hasattr(node, "_fields") or isinstance(node, (ir.Function, ir.ClassDef)):
        return []
    out: list[str] = []
    stack: list[ir.Expr] = [node]  # type: ignore[list-item]
    while stack:
        expr = stack.pop()
        if isinstance(expr, ir.Name):
            out.append(expr.id)
        stack.extend(children(expr))
    return out


def calls_named(module: ModuleNode, name: str) -> list[tuple[FunctionNode | None, ir.Call]]:
    """Calls in the module whose callee's last name is ``name``, with the function that they stand in."""
    out: list[tuple[FunctionNode | None, ir.Call]] = []
    seen: set[object] = set()
    for match in re.finditer(rf"\b{re.escape(name)}\s*\(", module.source.text):
        line = module.line_of(match.start())
        node = function_at(module, line)
        if node is None:
            for binding in (*module.source.facts.loose, *module.source.facts.bindings):
                held = binding.line <= line <= binding.end_line and binding.kind in ("other", "assign")
                if held and binding.line not in seen:
                    seen.add(binding.line)
                    index = FunctionIndex(tuple(module.statements(binding)))
                    out.extend((None, c) for c in index.calls if _callee_name(c) == name)
            continue
        if node not in seen:
            seen.add(node)
            out.extend((node, c) for c in node.index.calls if _callee_name(c) == name)
        if len(out) > MAX_CALLERS:
            break
    return out


#: Callers that are asked what they pass; more of them rarely say more.
MAX_CALLERS = 20


def _callee_name(call: ir.Call) -> str:
    if isinstance(call.func, ir.Attr):
        return call.func.name
    return call.func.id if isinstance(call.func, ir.Name) else ""


def function_at(module: ModuleNode, line: int) -> FunctionNode | None:
    """The outermost function of the module's or a class's body whose lines include ``line``."""
    found = module.definition_at(line)
    if found is None:
        return None
    binding, owner = found
    return owner.function(binding) if owner is not None else module.function(binding)


def _global_lines(text: str, name: str) -> list[int]:
    """Lines of ``global ... name ...`` statements."""
    out = []
    for match in re.finditer(rf"^[ \t]+global\b[^\n#]*\b{re.escape(name)}\b", text, re.MULTILINE):
        out.append(text.count("\n", 0, match.start()) + 1)
    return out


def _contained(values: list[Value], elements: list[Value]) -> list[Value]:
    """Values of a name, with what was put into them if they are containers."""
    if not elements:
        return values
    elements = [shallow(element) for element in elements]
    return [_with_elements(v, elements) for v in values] or [Sequence("list", None, union(elements))]


def _with_elements(value: Value, elements: list[Value]) -> Value:
    """A container after elements were put into it."""
    out: list[Value] = []
    for option in alternatives(value):
        if isinstance(option, Sequence):
            kept = [] if isinstance(option.element, Unknown) else [option.element]
            out.append(Sequence(option.kind, None, union([*kept, *elements])))
        elif isinstance(option, Mapping):
            kept = [] if isinstance(option.element, Unknown) else [option.element]
            out.append(Mapping(option.items, option.key, union([*kept, *elements])))
        else:
            out.append(option)
    return union(out)


def _typed_union(values: list[Value]) -> Value:
    """The union of declared types: those that we do not know are left out, as they say nothing."""
    known = [v for v in values if is_known(v)]
    return union(known) if known else UNKNOWN


def _is_stub(body: ir.Block) -> bool:
    """A body of ``...``, a docstring, ``pass`` or ``raise NotImplementedError``: the signature is all there is."""
    return all(
        isinstance(s, (ir.Raise, ir.Jump)) or (isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Const))
        for s in body
    )


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _is_method(value: Value) -> bool:
    return isinstance(value, (Bound, Function, LibMethod))


def _truthy(value: Value) -> Value:
    """``value`` where ``value or x`` is ``value``."""
    if isinstance(value, OneOf):
        rest = [m for m in value.members if not (isinstance(m, Const) and not m.value)]
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


def _context_value(value: Value) -> Value:
    """An argument as part of a call's context: text, which decides nothing, is dropped unless short."""
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)) and len(value.value) > 24:
        return UNKNOWN
    if isinstance(value, Parameter):
        return value
    return value


def _subject(expr: ir.Call | None) -> str:
    """The receiver of a method call as text, for messages."""
    if expr is not None and isinstance(expr.func, ir.Attr):
        return dotted(expr.func.value)
    return ""


def _c3(sequences: list[list[Value]]) -> list[Value]:
    """C3 linearisation; where the bases contradict each other (no such class exists) the order as written."""
    out: list[Value] = []
    pending = [list(s) for s in sequences if s]
    while pending:
        for sequence in pending:
            head = sequence[0]
            if not any(head in other[1:] for other in pending):
                break
        else:
            head = pending[0][0]
        out.append(head)
        pending = [rest for s in pending if (rest := [v for v in s if v != head])]
    return out
