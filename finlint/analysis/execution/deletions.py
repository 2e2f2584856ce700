"""The finalizers that are ``__del__`` methods: of a class's body, given from outside, a library's, inherited."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    Object,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import (
    classes_at,
)
from finlint.analysis.execution.finalizers import Discovered, Finalizer
from finlint.analysis.execution.given_deletions import DEL, Given, code_of, given_deletions, made_classes
from finlint.analysis.execution.summary import Summary
from finlint.analysis.program.symbols import ClassNode, ModuleNode
from finlint.knowledge.entries import Entry
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.source import Span


class Deletions:
    """Modules and classes to the finalizers that ``__del__`` methods are.

    ``heritable`` are last names of libraries' classes whose finalizers run what subclasses define, with commas between.
    """

    def __init__(self, evaluator: Evaluator, discovered: Discovered, heritable: str = "") -> None:
        self.evaluator = evaluator
        self.discovered = discovered
        self._heritable = heritable

    def of(self, module: ModuleNode) -> Iterator[Finalizer]:
        """The ``__del__`` methods that classes of ``module`` define, by ``def`` or by assignment."""
        for cls in self._classes(module):
            for binding in cls.node.members.get(DEL, []):
                self.discovered.inherit(cls.node)
                yield from self._of_binding(cls, binding, cls)

    def from_outside(self, module: ModuleNode) -> Iterator[Finalizer]:
        """Those that code of ``module`` gives to classes, of this module or another."""
        code = code_of(module, self.evaluator)
        for cls in made_classes(code, self.evaluator):
            for binding in cls.node.members[DEL]:
                yield from self._of_binding(cls, binding, cls)
        for given in given_deletions(code, self.evaluator):
            if given.cls is not None:
                self.discovered.inherit(given.cls.node)
            yield from self._given(given, given.cls)

    def _given(self, given: Given, receiver: Class | None) -> Iterator[Finalizer]:
        """What a class, or an heir of it, is given from outside."""
        if not self.discovered.is_new(given.context.module, (None if receiver is None else receiver.node, given.span)):
            return
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

    def of_libraries(self, module: ModuleNode) -> Iterator[Finalizer]:
        """What the ``__del__`` of a library's class runs of the classes of ``module`` that inherit from it."""
        for cls in classes_at(module, module.source.lines("inheriting", self._heritable), self.evaluator):
            found = self.evaluator.classes.class_member(cls, DEL)
            if found is not None and self._calls_methods(found[1]) is not None:
                self.discovered.inherit(cls.node)
                yield from self._of_library(cls)

    def inherited(self, cls: Class, base: Class) -> Iterator[Finalizer]:
        """The finalizers that ``cls`` has from ``base``, and what a library's one runs of it."""
        found = self.evaluator.classes.class_member(cls, DEL)
        if found is not None and found[0] == base:
            for binding in base.node.members[DEL]:
                yield from self._of_binding(base, binding, cls)
        elif found is None:
            for given in given_deletions(code_of(base.node.module, self.evaluator), self.evaluator):
                if given.cls == base:
                    yield from self._given(given, cls)
        yield from self._of_library(cls)

    def _of_library(self, cls: Class) -> Iterator[Finalizer]:
        """The finalizer of ``cls`` if it is that of a library, and runs anything of the project."""
        found = self.evaluator.classes.class_member(cls, DEL)
        entry = self._calls_methods(found[1]) if found is not None else None
        if entry is None or not self.discovered.is_new(cls.node.module, (cls.node, DEL)):
            return
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

    def _classes(self, module: ModuleNode) -> Iterator[Class]:
        """All classes of the module's text that may define ``__del__``, those inside functions included."""
        return classes_at(module, module.source.lines("words", DEL), self.evaluator)

    def _of_binding(self, cls: Class, binding: Binding, receiver: Class) -> Iterator[Finalizer]:
        """The finalizer that ``binding`` of ``cls`` is for an instance of ``receiver`` (``cls`` or a subclass)."""
        if not self.discovered.is_new(receiver.node.module, (receiver.node, binding.line)):
            return
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
