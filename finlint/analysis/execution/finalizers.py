"""The finalizers of a file: its registrations and ``__del__`` methods, each with the summary that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Function,
    Lib,
    Object,
    OneOf,
    Parameter,
    Partial,
    Unknown,
    Value,
    alternatives,
    is_known,
    shallow,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.interpreter import Summaries, Summary
from finlint.analysis.execution.subclasses import class_key
from finlint.analysis.models.registrars import Registrars
from finlint.analysis.program.mentions import mentioned_at
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode, function_at
from finlint.knowledge.entries import Entry
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.source import Span
from finlint.model.task import ClassKey, FunctionKey


def function_key(function: FunctionNode) -> FunctionKey:
    span = function.ir.span
    owner = function.owner.name if function.owner is not None else ""
    return FunctionKey(function.module.path, span.line, span.column, function.name, owner)


class Finalizer(NamedTuple):
    """One finalizer: where it is registered and what runs.

    ``root`` has an edge for each function that the runtime calls, and the effects of a library function that is
    the callback itself. ``owner`` is the class of a ``__del__``; ``registration`` is None there. A class that has its
    ``__del__`` from a library has that one's name as ``registrar``, and as ``callback`` what it calls of the project.
    """

    registrar: str
    module: ModuleNode
    span: Span
    root: CallContext
    summary: Summary
    callback: Value
    registration: Registration | None
    owner: Class | None

    @property
    def is_library(self) -> bool:
        """Whether it is a library's ``__del__`` that runs methods of the project."""
        return self.owner is not None and self.registrar != DEL


#: The registrar of finalizers that classes define.
DEL = "__del__"


class Finder:
    """Finds the finalizers of modules.

    ``wrappers`` and ``inherited`` are what is known of other files, and grow while files are searched: functions that
    pass their own parameters on to a registrar are registrars themselves, wherever they are called; what a class
    registers, its subclasses inherit. They are named by place, so that they mean the same in another process.
    ``heritable`` are last names of libraries' classes whose finalizers run what subclasses define, with commas between.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        summaries: Summaries,
        quick: Summaries,
        registrars: Registrars,
        wrappers: Iterable[FunctionKey] = (),
        inherited: Mapping[ClassKey, Iterable[FunctionKey]] = MappingProxyType({}),
        heritable: str = "",
    ) -> None:
        self.evaluator = evaluator
        self.summaries = summaries
        self.registrars = registrars
        #: Summaries made without asking callers: enough to see most registrations, and far cheaper.
        self.quick = quick
        self.wrappers: set[FunctionKey] = set(wrappers)
        #: Classes whose instances have a finalizer that subclasses inherit, with the methods that register one.
        self.inherited: dict[ClassKey, set[FunctionKey]] = {cls: set(methods) for cls, methods in inherited.items()}
        self._heritable = heritable
        self._searched: set[tuple[ModuleNode, object]] = set()

    # -- registrations

    def registrations(self, module: ModuleNode, words: Iterable[str] | None = None) -> Iterator[Finalizer]:
        """Finalizers registered by calls in ``module`` that name one of ``words`` (default: any registrar)."""
        if words is None:
            lines = mentioned_at(module, self.registrars.words, self.registrars.everyday)
            self._note_heirs_of_registrars(module)
        else:
            lines = mentioned_at(module, frozenset(words))
        for unit in _units(module, lines):
            if (module, unit) in self._searched:
                continue
            self._searched.add((module, unit))
            if isinstance(unit, FunctionNode):
                found = list(self._of_function(unit))
                if found and unit.owner is not None:
                    self.inherited.setdefault(class_key(unit.owner), set()).add(function_key(unit))
                yield from found
            else:
                context = self.evaluator.binding.module_context(module)
                summary = self.summaries.of_statements(context, tuple(module.statements(unit)))
                yield from self._of_summary(summary, self.summaries)

    def _of_function(self, function: FunctionNode) -> Iterator[Finalizer]:
        context = self.evaluator.binding.generic_context(function)
        with self.evaluator.callers.without_callers():
            summaries = list(self._nested(context, self.quick))
            vague = any(
                isinstance(option, Unknown)
                for summary in summaries
                for registration in summary.registrations
                for option in alternatives(registration.callback)
            )
        if vague:
            # Somebody else knows what it is. (A parameter makes the function a wrapper: its callers are asked.)
            for summary in self._nested(context, self.summaries):
                yield from self._of_summary(summary, self.summaries)
            return
        for summary in summaries:
            yield from self._of_summary(summary, self.quick)

    def _nested(self, context: CallContext, summaries: Summaries) -> Iterator[Summary]:
        """The summary of a function, and of the functions defined in it: they may register too."""
        yield summaries.of(context)
        assert context.function is not None
        for stmt in _definitions(context.function.ir.body):
            if isinstance(stmt, ir.FunctionDef):
                node = context.module.inner_function(stmt.function, context.function.owner)
                inner = self.evaluator.binding.generic_context(node, context)
                yield from self._nested(inner, summaries)
            else:
                cls = Class(context.module.inner_class(stmt, context.function), context)
                for binding in cls.node.facts.members:
                    method = cls.node.function(binding) if binding.kind == "function" else None
                    if method is not None:
                        receiver = Object(cls, (), "self")
                        yield summaries.of(self.evaluator.binding.method_context(method, receiver, context))

    def _of_summary(self, summary: Summary, summaries: Summaries) -> Iterator[Finalizer]:
        for registration in summary.registrations:
            yield from self._registered(registration, summary.context)
        if not self.wrappers:
            return
        for edge in summary.edges:
            if self._wraps(edge.target):
                for registration in self._wrapped(edge.target, set(), summaries):
                    moved = registration._replace(path=summary.context.module.path, span=edge.span)
                    yield from self._registered(moved, summary.context)

    def _wraps(self, context: CallContext) -> bool:
        return context.function is not None and function_key(context.function) in self.wrappers

    def _wrapped(self, context: CallContext, seen: set[CallContext], summaries: Summaries) -> Iterator[Registration]:
        """Registrations that a call of a wrapper makes with what it was given."""
        if context in seen:
            return
        seen.add(context)
        summary = summaries.of(context)
        yield from summary.registrations
        for edge in summary.edges:
            if self._wraps(edge.target):
                yield from self._wrapped(edge.target, seen, summaries)

    def _registered(self, registration: Registration, context: CallContext) -> Iterator[Finalizer]:
        if any(self._is_supplied(option, context) for option in _parts(registration.callback)):
            self._note_wrapper(context)
        for option in alternatives(registration.callback):
            if isinstance(option, Parameter):
                continue
            root = Summary(context)
            state = EvalState(context, {}, root)
            args = registration.args
            self.evaluator.calls.call(
                self._supplied(option),
                args._replace(
                    positional=tuple(map(self._supplied, args.positional)),
                    keywords=tuple((name, self._supplied(value)) for name, value in args.keywords),
                ),
                state,
                registration.span,
                None,
            )
            yield Finalizer(
                registration.registrar,
                context.module,
                registration.span,
                context,
                root,
                option,
                registration,
                None,
            )

    def _supplied(self, value: Value) -> Value:
        """What the callers of the registering function give for a parameter that goes to the callback."""
        if isinstance(value, Parameter):
            given = self.evaluator.callers.parameter(value.name, value.context)
            return shallow(given) if is_known(given) else value
        if isinstance(value, Partial):
            return value._replace(
                args=tuple(map(self._supplied, value.args)),
                keywords=tuple((name, self._supplied(v)) for name, v in value.keywords),
            )
        if isinstance(value, Bound):
            return value._replace(receiver=self._supplied(value.receiver))
        if isinstance(value, Object) and any(isinstance(given, Parameter) for _, given in value.args):
            # A helper that was made of a parameter.
            return value._replace(args=tuple((name, self._supplied(given)) for name, given in value.args))
        return value

    @staticmethod
    def _is_supplied(callback: Value, context: CallContext) -> bool:
        """Whether the caller of ``context`` decides what ``callback`` does: it is a parameter, a closure over
        one, or the instance that is being made from them."""
        if isinstance(callback, Parameter):
            return True
        function = context.function
        if function is None:
            return False
        if isinstance(callback, Function) and callback.context is context:
            unknown = {name for name, value in context.params if not is_known(value)}
            return bool(unknown & free_names(callback.node.ir))
        return isinstance(callback, Object) and callback.site == "self" and function.name in ("__init__", "__new__")

    def _note_wrapper(self, context: CallContext) -> None:
        if context.function is not None and context.function.name != "<lambda>":
            self.wrappers.add(function_key(context.function))

    def _note_heirs_of_registrars(self, module: ModuleNode) -> None:
        """``class Cleanup(weakref.finalize)``: whoever makes one registers what he gives it."""
        lines = module.source.lines("inheriting", ",".join(sorted(self.registrars.words)))
        for cls in self._classes_at(module, lines):
            if self.registrars.constructed(cls, self.evaluator.classes.mro(cls), self.evaluator.knowledge) is not None:
                span = cls.node.facts.span
                self.wrappers.add(FunctionKey(module.path, span.line, span.column, "__init__", cls.node.name))

    # -- __del__

    def deletions(self, module: ModuleNode) -> Iterator[Finalizer]:
        """The ``__del__`` methods that classes of ``module`` define, by ``def`` or by assignment."""
        for cls in self.classes(module):
            for binding in cls.node.members.get(DEL, []):
                self.inherited.setdefault(class_key(cls.node), set())
                yield from self.deletion(cls, binding, cls)

    def heirs_in(self, module: ModuleNode, names: Iterable[str]) -> Iterator[Class]:
        """The classes of ``module``'s body among ``names`` that inherit a finalizer, bases before their heirs."""
        context = self.evaluator.binding.module_context(module)
        found = [Class(node, context) for node in module.classes_named(names)]
        orders = {cls: [base for base in self.evaluator.classes.mro(cls) if isinstance(base, Class)] for cls in found}
        heirs: set[ClassNode] = set()
        for cls in sorted(found, key=lambda cls: len(orders[cls])):
            bases = orders[cls][1:]
            if any(base.node in heirs or class_key(base.node) in self.inherited for base in bases):
                heirs.add(cls.node)
                yield cls

    def inherited_by(self, cls: Class) -> Iterator[Finalizer]:
        """Finalizers that ``cls`` inherits: they run its overrides."""
        for base in self.evaluator.classes.mro(cls)[1:]:
            if not isinstance(base, Class):
                continue
            methods = self.inherited.get(class_key(base.node))
            if methods is None:
                continue
            found = self.evaluator.classes.class_member(cls, DEL)
            if found is not None and found[0] == base:
                for binding in base.node.members[DEL]:
                    yield from self.deletion(base, binding, cls)
            yield from self.deletion_of_library(cls)
            for key in sorted(methods):
                method = function_at(base.node.module, key.line)
                if method is None or (cls.node.module, (cls.node, method)) in self._searched:
                    continue
                self._searched.add((cls.node.module, (cls.node, method)))
                receiver = Object(cls, (), "self")
                summary = self.summaries.of(self.evaluator.binding.method_context(method, receiver, base.context))
                yield from self._of_summary(summary, self.summaries)

    def deletions_of_libraries(self, module: ModuleNode) -> Iterator[Finalizer]:
        """What the ``__del__`` of a library's class runs of the classes of ``module`` that inherit from it."""
        for cls in self._classes_at(module, module.source.lines("inheriting", self._heritable)):
            found = self.evaluator.classes.class_member(cls, DEL)
            if found is not None and self._calls_methods(found[1]) is not None:
                self.inherited.setdefault(class_key(cls.node), set())
                yield from self.deletion_of_library(cls)

    def deletion_of_library(self, cls: Class) -> Iterator[Finalizer]:
        """The finalizer of ``cls`` if it is that of a library, and runs anything of the project."""
        found = self.evaluator.classes.class_member(cls, DEL)
        entry = self._calls_methods(found[1]) if found is not None else None
        key = (cls.node.module, (cls.node, DEL))
        if entry is None or key in self._searched:
            return
        self._searched.add(key)
        span = cls.node.facts.span
        context = self.evaluator.binding.module_context(cls.node.module)
        root = Summary(context)
        called = self.evaluator.library_calls.call_own_methods(
            entry, Object(cls, (), "self"), EvalState(context, {}, root), span
        )
        if called:
            first = called[0].function
            if isinstance(first, Function) and first.node.owner is cls.node:
                # As it would be with a ``__del__`` of its own.
                span = first.node.ir.span
            yield Finalizer(entry.name, cls.node.module, span, context, root, called[0], None, cls)

    def _calls_methods(self, value: Value) -> Entry | None:
        """What is known of a method of a library that calls others of its object."""
        entry = self.evaluator.knowledge.entry(value.name) if isinstance(value, Lib) else None
        return entry if entry is not None and entry.calls_methods else None

    def classes(self, module: ModuleNode) -> Iterator[Class]:
        """All classes of the module's text that may define ``__del__``, those inside functions included."""
        return self._classes_at(module, module.source.lines("words", DEL))

    def _classes_at(self, module: ModuleNode, lines: Sequence[int]) -> Iterator[Class]:
        """The classes that these lines are of, those inside functions included."""
        context = self.evaluator.binding.module_context(module)
        for node in module.classes_on(lines):
            yield Class(node, context)
        for line in lines:
            function = function_at(module, line)
            if function is not None and function.name != DEL:
                yield from _inner_classes(function, self.evaluator)

    def deletion(self, cls: Class, binding: Binding, receiver: Class) -> Iterator[Finalizer]:
        """The finalizer that ``binding`` of ``cls`` is for an instance of ``receiver`` (``cls`` or a subclass)."""
        key = (receiver.node.module, (receiver.node, binding.line))
        if key in self._searched:
            return
        self._searched.add(key)
        found = self.evaluator.classes.class_member(receiver, DEL)
        if found is None:
            return
        obj = Object(receiver, (), "self")
        root_context = self.evaluator.binding.module_context(cls.node.module)
        root = Summary(root_context)
        state = EvalState(root_context, {}, root)
        method = cls.node.function(binding) if binding.kind == "function" else None
        span = method.ir.span if method is not None else Span(binding.line, 1, binding.line, 1)
        if method is None:
            span = _binding_span(cls.node, binding)
        value = self.evaluator.attributes.instance_attribute(obj, DEL, state, span)
        self.evaluator.calls.call(value, CallArgs(), state, span, None)
        yield Finalizer(DEL, cls.node.module, span, root_context, root, value, None, receiver)


def _binding_span(cls: ClassNode, binding: Binding) -> Span:
    """The span of ``__del__ = close`` in a class body."""
    for stmt in cls.module.statements(binding):
        if isinstance(stmt, (ir.Assign, ir.AnnAssign)):
            return stmt.span
    return Span(binding.line, 1, binding.end_line, 1)


def _parts(value: Value) -> Iterator[Value]:
    """``value`` and the callables in it: what a partial or a bound method calls."""
    stack = [value]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, OneOf):
            stack.extend(part.order)
        elif isinstance(part, (Partial, Bound)):
            stack.append(part.function)


def _units(module: ModuleNode, lines: Iterable[int]) -> Iterator[FunctionNode | Binding]:
    """The functions and module-level statements that hold one of these lines."""
    seen: set[object] = set()
    for line in lines:
        unit: FunctionNode | Binding | None = function_at(module, line)
        if unit is None:
            unit = next(module.statements_at(line), None)
        if unit is not None and unit not in seen:
            seen.add(unit)
            yield unit


def _inner_classes(function: FunctionNode, evaluator: Evaluator) -> Iterator[Class]:
    """Classes defined in the body of a function, at any depth."""
    stack: list[tuple[FunctionNode, CallContext]] = [(function, evaluator.binding.generic_context(function))]
    while stack:
        node, context = stack.pop()
        for stmt in _definitions(node.ir.body):
            if isinstance(stmt, ir.ClassDef):
                yield Class(node.module.inner_class(stmt, node), context)
            else:
                inner = node.module.inner_function(stmt.function, node.owner)
                stack.append((inner, evaluator.binding.generic_context(inner, context)))


def _definitions(body: ir.Block) -> Iterator[ir.FunctionDef | ir.ClassDef]:
    """The functions and classes that the statements of a function define. Methods are those of their class."""
    methods: set[int] = set()
    for stmt in flat_statements(body):
        if isinstance(stmt, ir.ClassDef):
            methods.update(id(inner) for inner in flat_statements(stmt.body) if isinstance(inner, ir.FunctionDef))
            yield stmt
        elif isinstance(stmt, ir.FunctionDef) and id(stmt) not in methods:
            yield stmt


def free_names(function: ir.Function) -> frozenset[str]:
    """Names that a function's body reads and does not bind, those of the functions in it included."""
    names: set[str] = set()
    stack: list[object] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Name):
            names.add(node.id)
        elif isinstance(node, ir.Function):
            names |= free_names(node)
            stack.extend(p.default for p in node.params if p.default is not None)
        elif isinstance(node, tuple):
            stack.extend(node)
    return frozenset(names) - function.bound


def callback_functions(value: Value) -> Iterator[Function]:
    """The functions of the project that calling ``value`` runs, as far as the value itself tells."""
    for part in _parts(value):
        if isinstance(part, Function):
            yield part
