"""The finalizers that calls register: by registrars, by what wraps them, by decorators and heirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from finlint.analysis.domain import values
from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import Args, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
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
    classes_at,
    definitions,
    free_names,
    is_of_another,
    outermost,
    parts,
    units,
)
from finlint.analysis.execution.finalizers import Discovered, Finalizer, function_key
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.summary import Summary
from finlint.analysis.models.registrars import Registrars, is_left_to_heirs
from finlint.analysis.program.mentions import mentioned_at
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at
from finlint.model import ir
from finlint.model.record import replaced
from finlint.model.task import FunctionKey


class Registrations:
    """Modules to the finalizers that their calls register."""

    def __init__(
        self,
        evaluator: Evaluator,
        summaries: Summaries,
        quick: Summaries,
        registrars: Registrars,
        discovered: Discovered,
    ) -> None:
        self.evaluator = evaluator
        self.summaries = summaries
        self.registrars = registrars
        self.discovered = discovered
        #: Summaries made without asking callers: enough to see most registrations, and far cheaper.
        self.quick = quick

    def of(self, module: ModuleNode, words: Iterable[str] | None = None) -> Iterator[Finalizer]:
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
            if not self.discovered.is_new(module, unit):
                continue
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
                self._is_vague(registration, summary.context)
                for summary in summaries
                for registration in summary.registrations
            ) or any(self._is_told_little(edge.target) for summary in summaries for edge in summary.edges)
        if vague:
            # Somebody else knows what it is. (A parameter makes the function a wrapper: its callers are asked.)
            for summary in self._nested(context, self.summaries):
                yield from self._of_summary(summary, self.summaries)
            return
        for summary in summaries:
            yield from self._of_summary(summary, self.quick)

    @staticmethod
    def _is_vague(registration: Registration, context: CallContext) -> bool:
        """Whether the callers of the registering function say more of the callback, or of what is passed on to it."""
        callbacks = alternatives(registration.callback)
        if registration.args.open_ended and registration.obj is not None and all(map(is_known, callbacks)):
            return True
        if context.function is not None and len(context.function.ir.params) > 1:
            # ``finalize(self, stop, pool.lock)``: what callers give is a pool.
            passing: list[Args | Partial] = [registration.args, *(v for v in callbacks if isinstance(v, Partial))]
            given = [value for args in passing for value in _given(args)]
            if any(isinstance(value, Unknown) for value in given):
                return True
        return any(isinstance(option, (Unknown, LibResult)) or is_of_another(option, context) for option in callbacks)

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
        if context.function.name == "<lambda>" or function_key(context.function) in self.discovered.wrappers:
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
        return any(
            isinstance(value, (values.Sequence, values.Mapping)) and not is_known(value.element)
            for name, value in context.params
            if name in function.collecting
        )

    def _is_registrar(self, value: Value) -> bool:
        if isinstance(value, Function):
            return function_key(value.node) in self.discovered.wrappers
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
            self.discovered.inherit(unit.owner, function_key(unit))
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
            return replaced(
                value,
                args=tuple(map(self._supplied, value.args)),
                keywords=tuple((name, self._supplied(v)) for name, v in value.keywords),
            )
        if isinstance(value, Bound):
            return replaced(value, receiver=self._supplied(value.receiver))
        if isinstance(value, Object) and any(isinstance(given, Parameter) for _, given in value.args):
            # A helper that was made of a parameter.
            return replaced(value, args=tuple((name, self._supplied(given)) for name, given in value.args))
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
            self.discovered.wrappers.add(function_key(context.function))

    def _note_heirs_of_registrars(self, module: ModuleNode) -> None:
        """``class Cleanup(weakref.finalize)``: whoever makes one registers what he gives it."""
        lines = module.source.lines("inheriting", ",".join(sorted(self.registrars.words)))
        for cls in classes_at(module, lines, self.evaluator):
            if self.registrars.constructed(cls, self.evaluator.classes.mro(cls), self.evaluator.knowledge) is not None:
                span = cls.node.facts.span
                made = FunctionKey(module.path, span.line, span.column, "__init__", cls.node.name)
                self.discovered.wrappers.add(made)

    def _note_aliases(self, module: ModuleNode) -> None:
        """``on_death = partial(weakref.finalize)``: whoever calls it by that name registers what he gives it."""
        pending, seen = set(self.registrars.words), set(self.registrars.words)
        while pending:
            found = [n for n in module.source.words("aliases", ",".join(sorted(pending))) if n not in seen]
            seen.update(found)
            pending = {name for name in found if self._note_alias(module, name)}

    def _note_alias(self, module: ModuleNode, name: str) -> bool:
        """Note a name of the module's, if a registrar is what it means; whether it is."""
        meant = alternatives(self.evaluator.names.module_name(module, name))
        if not any(self._is_registrar(part) for value in meant for part in parts(value)):
            return False
        for binding in module.bound(name):
            self.discovered.wrappers.add(FunctionKey(module.path, binding.line, 1, name, ""))
        return True

    def inherited(self, cls: Class, base: Class, methods: Iterable[FunctionKey]) -> Iterator[Finalizer]:
        """What these methods of ``base`` register for an instance of the subclass ``cls``."""
        for key in sorted(methods):
            method = function_at(base.node.module, key.line)
            if method is None or not self.discovered.is_new(cls.node.module, (cls.node, method)):
                continue
            receiver = Object(cls, (), "self")
            summary = self.summaries.of(self.evaluator.binding.method_context(method, receiver, base.context))
            yield from self._of_summary(summary, self.summaries)


def _given(args: Args | Partial) -> Iterator[Value]:
    """What is passed on: of a registration, or by a partial."""
    yield from args.args if isinstance(args, Partial) else args.positional
    yield from (value for _, value in args.keywords)
