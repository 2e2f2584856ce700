"""The finalizers of a file: its registrations and ``__del__`` methods, each with the summary that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from finlint.analysis.domain import values
from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    LibResult,
    Object,
    Parameter,
    Partial,
    Unknown,
    Value,
    alternatives,
    is_known,
    shallow,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import (
    definitions,
    free_names,
    inner_classes,
    is_of_another,
    outermost,
    parts,
    units,
)
from finlint.analysis.execution.given_deletions import DEL, Given, code_of, given_deletions, made_classes
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.subclasses import class_key
from finlint.analysis.execution.summary import Summary
from finlint.analysis.models.registrars import Registrars, is_left_to_heirs
from finlint.analysis.program.mentions import mentioned_at
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
            self._note_aliases(module)
        else:
            lines = mentioned_at(module, frozenset(words))
        names = self.evaluator.names
        # A line may name any number of them.
        for unit in units(module, [line for line in dict.fromkeys(lines) if not names.is_left_out(line, module)]):
            if (module, unit) in self._searched:
                continue
            self._searched.add((module, unit))
            if isinstance(unit, FunctionNode):
                yield from self._of_function(unit)
            else:
                context = self.evaluator.binding.module_context(module)
                summary = self.summaries.of_statements(context, tuple(module.statements(unit)))
                yield from self._of_summary(summary, self.summaries)

    def _of_function(self, function: FunctionNode) -> Iterator[Finalizer]:
        for context in self._contexts(function):
            yield from self._of_context(context)

    def _contexts(self, function: FunctionNode) -> list[CallContext]:
        """The contexts to look at a function in; a metaclass's method is looked at for each of its classes."""
        binding = self.evaluator.binding
        receivers = self.evaluator.decorations.receivers(function)
        return [binding.method_context(function, cls, None) for cls in receivers] or [binding.generic_context(function)]

    def _of_context(self, context: CallContext) -> Iterator[Finalizer]:
        with self.evaluator.callers.without_callers():
            summaries = list(self._nested(context, self.quick))
            vague = any(
                isinstance(option, (Unknown, LibResult)) or is_of_another(option, summary.context)
                for summary in summaries
                for registration in summary.registrations
                for option in alternatives(registration.callback)
            ) or any(self._is_told_little(edge.target) for summary in summaries for edge in summary.edges)
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
        for stmt in definitions(context.function.ir.body):
            if isinstance(stmt, ir.FunctionDef):
                node = context.module.inner_function(stmt.function, context.function.owner)
                inner = self.evaluator.binding.generic_context(node, context)
                yield from self._nested(inner, summaries)
            else:
                cls = Class(context.module.inner_class(stmt, context.function), context)
                for method in cls.node.methods():
                    receiver = Object(cls, (), "self")
                    yield summaries.of(self.evaluator.binding.method_context(method, receiver, context))

    def _of_summary(self, summary: Summary, summaries: Summaries) -> Iterator[Finalizer]:
        for registration in summary.registrations:
            yield from self._registered(registration, summary.context)
        for edge in summary.edges:
            if self._wraps(edge.target):
                for registration in self._wrapped(edge.target, set(), summaries):
                    moved = registration._replace(path=summary.context.module.path, span=edge.span)
                    yield from self._registered(moved, summary.context)

    def _wraps(self, context: CallContext) -> bool:
        """Whether a call registers what it is given: of a wrapper, of a lambda, with one of these, or of a function
        that closes over one (a decorator's)."""
        if context.function is None:
            return False
        if context.function.name == "<lambda>" or function_key(context.function) in self.wrappers:
            return True
        around: CallContext | None = context
        while around is not None:
            if any(self._is_registrar(part) for _, value in around.params for part in parts(value)):
                return True
            around = around.parent
        return False

    def _is_told_little(self, context: CallContext) -> bool:
        """Whether a wrapper collects arguments (``*args``) of which only the callers of its caller know something."""
        function = context.function
        if function is None or not self._wraps(context):
            return False
        collecting = {param.name for param in function.ir.params if param.kind in ("*", "**")}
        return any(
            name in collecting and isinstance(value, (values.Sequence, values.Mapping)) and not is_known(value.element)
            for name, value in context.params
        )

    def _is_registrar(self, value: Value) -> bool:
        if isinstance(value, Function):
            return function_key(value.node) in self.wrappers
        name = self.evaluator.knowledge.canonical(value.name) if isinstance(value, Lib) else ""
        return self.registrars.named(name) is not None

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
        unit = outermost(context)
        known = any(not isinstance(option, Parameter) for option in alternatives(registration.callback))
        if known and unit is not None and unit.owner is not None:
            self.inherited.setdefault(class_key(unit.owner), set()).add(function_key(unit))
        if any(self._is_supplied(option, context) for option in parts(registration.callback)):
            self._note_wrapper(context)
        for option in alternatives(registration.callback):
            if isinstance(option, Parameter) or is_left_to_heirs(registration, option):
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

    def _note_aliases(self, module: ModuleNode) -> None:
        """``on_death = partial(weakref.finalize)``: whoever calls it by that name registers what he gives it."""
        for name in module.source.words("aliases", ",".join(sorted(self.registrars.words))):
            for binding in module.bound(name) if name not in self.registrars.words else ():
                meant = alternatives(self.evaluator.names.module_name(module, name))
                if any(self._is_registrar(part) for value in meant for part in parts(value)):
                    self.wrappers.add(FunctionKey(module.path, binding.line, 1, name, ""))

    # -- __del__

    def deletions(self, module: ModuleNode) -> Iterator[Finalizer]:
        """The ``__del__`` methods that classes of ``module`` define, by ``def`` or by assignment."""
        for cls in self.classes(module):
            for binding in cls.node.members.get(DEL, []):
                self.inherited.setdefault(class_key(cls.node), set())
                yield from self.deletion(cls, binding, cls)

    def deletions_from_outside(self, module: ModuleNode) -> Iterator[Finalizer]:
        """Those that code of ``module`` gives to classes, of this module or another."""
        code = code_of(module, self.evaluator)
        for cls in made_classes(code, self.evaluator):
            for binding in cls.node.members[DEL]:
                yield from self.deletion(cls, binding, cls)
        for given in given_deletions(code, self.evaluator):
            if given.cls is not None:
                self.inherited.setdefault(class_key(given.cls.node), set())
            yield from self._given(given, given.cls)

    def _given(self, given: Given, receiver: Class | None) -> Iterator[Finalizer]:
        """What a class, or an heir of it, is given from outside."""
        key = (given.context.module, (None if receiver is None else receiver.node, given.span))
        if key in self._searched:
            return
        self._searched.add(key)
        for option in alternatives(given.value):
            root = Summary(given.context)
            state = EvalState(given.context, {}, root)
            called: Value = Bound(option, UNKNOWN)
            if receiver is not None:
                obj = Object(receiver, (), "self")
                called = self.evaluator.descriptors.bound(option, obj, DEL, state, given.span)
            self.evaluator.calls.call(called, CallArgs(), state, given.span, None)
            module = given.context.module
            yield Finalizer(DEL, module, given.span, given.context, root, called, None, receiver)

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
            elif found is None:
                for given in given_deletions(code_of(base.node.module, self.evaluator), self.evaluator):
                    if given.cls == base:
                        yield from self._given(given, cls)
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
            if not self.evaluator.names.is_left_out(node.facts.line, module):
                yield Class(node, context)
        for line in lines:
            function = function_at(module, line)
            if function is not None and function.name != DEL:
                inner = inner_classes(function, self.evaluator)
                yield from (c for c in inner if not self.evaluator.names.is_left_out(c.node.facts.line, module))

    def deletion(self, cls: Class, binding: Binding, receiver: Class) -> Iterator[Finalizer]:
        """The finalizer that ``binding`` of ``cls`` is for an instance of ``receiver`` (``cls`` or a subclass)."""
        key = (receiver.node.module, (receiver.node, binding.line))
        if key in self._searched:
            return
        self._searched.add(key)
        if binding.conditional and self.evaluator.names.is_left_out(binding.line, cls.node.module):
            return
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
