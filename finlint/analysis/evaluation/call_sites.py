"""The calls of a function in the project: where it may be called, nearest first, and what a call gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lib,
    Marked,
    Object,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.decorations import ways_to_run
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.definitions import FunctionIndex
from finlint.analysis.program.self_construction import making_another
from finlint.analysis.program.statements import last_name
from finlint.analysis.program.symbols import (
    FunctionNode,
    ModuleNode,
    function_at,
    method_kind,
    with_closures,
)
from finlint.model import ir
from finlint.model.limits import CALLERS, OTHER_NAMES, PASSING_ON
from finlint.model.reads import Kept
from finlint.model.record import replaced
from finlint.scan.words import NAMES, SUBCLASSES

#: Instead of the name of what is called.
NAMELESS = ""

#: Gives what it is given behind a function to that, too.
_PARTIAL = "functools.partial"


class Given:
    """What one call gives to the parameters of ``function``: ``Callers.given`` works each out when it is asked for.

    ``context`` is that of the call, ``receiver`` what comes before its arguments, if anything does. ``passes_on``: it
    is a constructor's call of that of a base. A decorator that is applied is a call, too: its argument is
    ``decorated``.
    """

    __slots__ = ("_key", "call", "context", "decorated", "function", "passes_on", "receiver")

    def __init__(
        self,
        function: FunctionNode,
        call: ir.Call | None,
        receiver: Value | None,
        context: CallContext,
        passes_on: bool,
        decorated: Value | None = None,
    ) -> None:
        self.function = function
        self.call = call
        self.receiver = receiver
        self.context = context
        self.passes_on = passes_on
        self.decorated = decorated
        self._key = function, id(call), receiver, context, passes_on, decorated

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def not_passing_on(self) -> Given:
        """The same call as one like any other."""
        return Given(self.function, self.call, self.receiver, self.context, False) if self.passes_on else self


class CallSites:
    """Functions to the calls that give them parameters."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.project = ask.project
        self._named: Kept[tuple[ModuleNode, str], list[tuple[tuple[FunctionNode, ...], ir.Call]]] = Kept(ask.reads)
        self._giving: Kept[tuple[ModuleNode, str], list[tuple[tuple[FunctionNode, ...], ir.Call]]] = Kept(ask.reads)
        self._others: Kept[tuple[ModuleNode, str], list[tuple[str, list[ModuleNode]]]] = Kept(ask.reads)
        # None says that there are no further calls. It is the first answer, too: whoever asks for one kind of call
        # after the other stops at it.
        self._calls: Memo[tuple[FunctionNode, int], list[Given] | None] = Memo(ask.solver, None, grows=False)
        self._handed: Memo[FunctionNode, list[Given]] = Memo(ask.solver, [], grows=False)

    def named(self, module: ModuleNode, name: str) -> list[tuple[tuple[FunctionNode, ...], ir.Call]]:
        """Calls in the module whose callee's last name is ``name``, each with the functions that it stands in. Those of
        ``NAMELESS`` are of what no name says: ``TABLE[kind](...)``, ``pick(kind)(...)``, calls of variables."""
        return self._named.answer((module, name), _calls_named, module, name)

    def nth(self, function: FunctionNode, called: str, makes: bool, number: int) -> list[Given] | None:
        """The parameters in the calls at the ``number``-th kind of place, nearest first; None: there is no more."""
        return self._calls.answer((function, number), self._find_given, function, called, makes, number)

    def _find_given(self, function: FunctionNode, called: str, makes: bool, number: int) -> list[Given] | None:
        places = self._places(function.module, called, makes, number)
        if places is None:
            return None
        found = [call for module, word in places for call in self._in_module(function, module, word)]
        if number == 0:
            found += self._decorating(function)
            found += self._by_decorated_names(function) if makes else ()
        if makes:
            found += self._made_by_itself(function, number)
        if PASSING_ON.passed(sum(call.passes_on for call in found)):
            found = [call.not_passing_on() for call in found]
        return found

    def handed_over(self, function: FunctionNode) -> list[Given]:
        """What a registrar in its module, or a partial, gives to a function together with which it is given that:
        ``finalize(x, function, lock)``."""
        return self._handed.answer(function, self._find_handed_over, function)

    def _find_handed_over(self, function: FunctionNode) -> list[Given]:
        given: list[Given] = []
        module, name = function.module, function.name
        for callers, call in self._giving.answer((module, name), _calls_with, module, name):
            at = next(number for number, arg in enumerate(call.args) if last_name(arg.value) == function.name)
            for context in self.contexts(function.module, callers, function):
                given += self._registered(call, at, function, context)
        return given

    def _registered(self, call: ir.Call, at: int, function: FunctionNode, context: CallContext) -> Iterator[Given]:
        state = EvalState(context)
        registrar = self.ask.expressions.eval(call.func, state)
        passes = isinstance(registrar, Lib) and (
            registrar.name == _PARTIAL or self.ask.registrars.named(registrar.name) is not None
        )
        if not passes:
            return
        for receiver in ways_to_run(self.ask.expressions.eval(call.args[at].value, state), function):
            run = ir.Call(call.args[at].value, call.args[at + 1 :], call.span)
            yield Given(function, run, receiver, context, False)

    def _decorating(self, function: FunctionNode) -> Iterator[Given]:
        """What a decorator, or a function that makes one, is given where it stands above a ``def`` or ``class``."""
        for decoration in self.ask.decorations.near(function):
            decorator, state = decoration.decorator, decoration.state
            if isinstance(decorator, ir.Call):
                yield from self.given_in(decorator, function, state)
                continue
            for receiver in ways_to_run(self.ask.expressions.eval(decorator, state), function):
                yield Given(function, None, receiver, state.context, False, decoration.decorated)

    def _by_decorated_names(self, function: FunctionNode) -> Iterator[Given]:
        """The parameters of the constructor of a class that a decorator makes, where that is called by the name of the
        class that it decorates."""
        within = function.owner.within if function.owner is not None else None
        for decoration in self.ask.decorations.near(within) if within is not None else ():
            decorated = decoration.decorated
            if isinstance(decorated, Class):
                name, home = decorated.node.name, decorated.node.module
                for module in dict.fromkeys((home, *self.project.mentioning(name + "(", home))):
                    yield from self._in_module(function, module, name)

    def _made_by_itself(self, function: FunctionNode, number: int) -> Iterator[Given]:
        """The parameters of ``function`` in calls like ``cls(...)`` in methods of its class, and of its subclasses
        where they are asked what they pass on."""
        if function.owner is None:
            return
        cls = self.ask.binding.generic_class(function.owner)
        if number == 0:
            yield from self._making_another(cls, function)
        elif number == 2:
            for heir in self.ask.classes.subclasses(cls):
                yield from self._making_another(heir, function)

    def making(self, cls: Class, function: FunctionNode) -> list[Given]:
        """What the nearest calls that make a ``cls`` give to its constructor ``function``."""
        number = 0
        while (places := self._places(cls.node.module, cls.node.name, True, number)) is not None:
            found = [call for module, word in places for call in self._in_module(function, module, word, cls)]
            found += self._making_another(cls, function) if number == 0 else ()
            if found:
                return found
            number += 1
        return []

    def _making_another(self, cls: Class, function: FunctionNode) -> Iterator[Given]:
        for base in self.ask.classes.mro(cls):
            if not isinstance(base, Class):
                continue
            for method, call in making_another(base.node):
                receiver: Value = cls if method_kind(method) == "class" else Object(cls, (), "self")
                context = self.ask.binding.method_context(method, receiver, base.context)
                yield from self.given_in(call, function, EvalState(context), cls)

    def _places(self, module: ModuleNode, called: str, makes: bool, number: int) -> list[tuple[ModuleNode, str]] | None:
        """Modules, and the names of what they call, where a function of ``module`` may be called; ``NAMELESS`` where a
        class is an item or an argument, and may be made by whatever is called in that module."""
        if number == 0:
            # A subclass passes it on: ``super().__init__(pool)``.
            return [(module, called), *([(module, "__init__")] if makes else [])]
        if number == 1:
            return [(other, called) for other in self.project.mentioning(called + "(", module)]
        if number == 2 and makes:
            return [(other, "__init__") for other in self.project.matching(called, SUBCLASSES, module)]
        # A class has other names: ``cursor_factory = Cursor``, a subclass.
        others = self._other_names_of(module, called) if makes else []
        number -= 3 if makes else 2
        if number < len(others):
            name, modules = others[number]
            return [(other, name) for other in modules]
        if number == len(others):
            return [(other, called) for other in self.project.beside(called + "(", module)]
        if makes and number == len(others) + 1:
            near = [module, *self.project.mentioning(called, module)]
            used = [other for other in near if other.source.lines("values", called)]
            return [(other, NAMELESS) for other in dict.fromkeys((module, *used))] if used else []
        return None

    def _other_names_of(self, module: ModuleNode, cls: str) -> list[tuple[str, list[ModuleNode]]]:
        """Names that may mean a class of ``module``, each with the modules that may call it by that name."""
        return self._others.answer((module, cls), self._find_other_names, module, cls)

    def _find_other_names(self, module: ModuleNode, cls: str) -> list[tuple[str, list[ModuleNode]]]:
        near = [module, *self.project.matching(cls, NAMES, module)]
        heirs = {n for m in near for n in m.source.words(SUBCLASSES, cls)}
        names = dict.fromkeys(n for m in near for n in m.source.words(NAMES, cls) if n != cls)
        return [(name, self._callers_by_name(name, module, near, name in heirs)) for name in OTHER_NAMES.first(names)]

    def _callers_by_name(
        self, name: str, module: ModuleNode, near: list[ModuleNode], is_heir: bool
    ) -> list[ModuleNode]:
        # A variable of one or two letters means something else in every other module, but for a module's own name.
        may_be_meant = is_heir or len(name) > 2 or any(near_by.bound(name) for near_by in near)
        elsewhere = self.project.mentioning(name + "(", module) if may_be_meant else []
        return list(dict.fromkeys((*near, *elsewhere)))

    def _in_module(
        self, function: FunctionNode, module: ModuleNode, called: str, cls: Class | None = None
    ) -> list[Given]:
        """The parameters that calls of ``called`` in ``module`` give, those that call ``function`` (of ``cls``)."""
        given: list[Given] = []
        for callers, call in self.named(module, called):
            for context in self.contexts(module, callers, function):
                found = list(self.given_in(call, function, EvalState(context), cls))
                if found:
                    given += found
                    break
        return given

    def given_in(
        self,
        call: ir.Call,
        function: FunctionNode,
        state: EvalState,
        cls: Class | None = None,
        within: tuple[FunctionNode, ...] = (),
    ) -> Iterator[Given]:
        """The parameters that ``call`` gives to ``function`` (of ``cls``), for each way in which it may mean it.
        ``within``: the wrappers of its decorators that the call stands in."""
        for option in alternatives(self.ask.expressions.eval(call.func, state)):
            if cls is not None and option != cls:
                continue
            bound = self._callee_params(option, function, call, state)
            if bound is not None:
                yield bound
            elif function.ir.decorators:
                yield from self._by_wrapper(option, function, call, state, within)

    def _by_wrapper(
        self, target: Value, function: FunctionNode, call: ir.Call, state: EvalState, within: tuple[FunctionNode, ...]
    ) -> Iterator[Given]:
        """What ``function`` is given by ``target``, which its decorators made of it, where ``call`` runs that."""
        receiver: Value | None = None
        target = _unmarked(target)
        if isinstance(target, Bound):
            receiver = target.receiver
            target = target.function
        if not isinstance(target, Function) or target.node in within or not _closes_over(target, function):
            return
        args = self.ask.arguments.pending(call.args, state)
        params = tuple(self.ask.binding.bind(target.node, args, receiver))
        inside = EvalState(self.ask.binding.context(target.node, params, target.context))
        for inner in target.node.index.calls:
            yield from self.given_in(inner, function, inside, None, (*within, target.node))

    def contexts(
        self, module: ModuleNode, callers: tuple[FunctionNode, ...], function: FunctionNode
    ) -> Iterator[CallContext]:
        """The call contexts in which the last of ``callers``, each defined in the one before, may call ``function``;
        the body of ``module`` where there are none."""
        if not callers:
            yield self.ask.binding.module_context(module)
            return
        for context in self._outer_contexts(callers[0], function):
            yield self.ask.binding.closure_context(callers[1:], context)

    def _outer_contexts(self, caller: FunctionNode, function: FunctionNode) -> Iterator[CallContext]:
        """The same of one that is defined in no other: a mixin's method calls what its subclass defines."""
        yield self.ask.binding.generic_context(caller)
        owner = function.owner
        if owner is not None and function.name in ("__init__", "__new__"):
            # ``self.Cursor(...)`` of a class in the body of the subclass.
            owner = owner.parent
        if caller.owner is None or owner is None or owner is caller.owner or method_kind(caller) != "instance":
            return
        heir = Class(owner, self.ask.binding.module_context(owner.module))
        for base in self.ask.classes.mro(heir)[1:]:
            if isinstance(base, Class) and base.node is caller.owner:
                yield self.ask.binding.method_context(caller, Object(heir, (), "self"), base.context)

    def _callee_params(self, target: Value, function: FunctionNode, call: ir.Call, state: EvalState) -> Given | None:
        """Parameters of ``function`` as ``call`` gives them, where ``target`` is that function."""
        receiver: Value | None = None
        target = _unmarked(target)
        if isinstance(target, Class):
            found = self.ask.classes.class_function(target, "__new__" if function.name == "__new__" else "__init__")
            if found is None or found.node is not function:
                return None
            receiver = UNKNOWN
        elif isinstance(target, Bound) and isinstance(target.function, Function):
            if target.function.node is not function:
                return None
            receiver = target.receiver
        elif not isinstance(target, Function) or target.node is not function:
            return None
        made_by = state.context.function
        passes_on = (
            made_by is not None and made_by.name == function.name == "__init__" and not isinstance(target, Class)
        )
        return Given(function, call, receiver, state.context, passes_on)


def _unmarked(target: Value) -> Value:
    """What a decorator of the library made of a function, as that function."""
    while isinstance(target, Marked):
        target = target.function
    if isinstance(target, Bound) and isinstance(target.function, Marked):
        return replaced(target, function=_unmarked(target.function))
    return target


def _closes_over(wrapper: Function, function: FunctionNode) -> bool:
    """Whether what defines ``wrapper`` was given ``function``, or what an inner decorator made of it."""
    around: CallContext | None = wrapper.context
    while around is not None:
        for _, value in around.params:
            if isinstance(value, Function) and (value.node is function or _closes_over(value, function)):
                return True
        around = around.parent
    return False


def _calls_named(module: ModuleNode, name: str) -> list[tuple[tuple[FunctionNode, ...], ir.Call]]:
    if name == NAMELESS:
        return _calls(module, module.source.lines("indirect", ""), _is_indirect)
    return _calls(module, module.source.lines("calls", name), lambda call, function: name in callee_names(call))


def _calls_with(module: ModuleNode, name: str) -> list[tuple[tuple[FunctionNode, ...], ir.Call]]:
    """Calls in the module that are given something whose last name is ``name``."""
    lines = module.source.lines("words", name)
    return _calls(module, lines, lambda call, function: any(last_name(arg.value) == name for arg in call.args))


def _is_indirect(call: ir.Call, function: FunctionNode | None) -> bool:
    func = call.func
    if isinstance(func, ir.Name):
        return function is None or func.id in function.ir.bound
    return isinstance(func, (ir.Subscript, ir.Call))


def _calls(
    module: ModuleNode, lines: Iterable[int], fits: Callable[[ir.Call, FunctionNode | None], bool]
) -> list[tuple[tuple[FunctionNode, ...], ir.Call]]:
    out: list[tuple[tuple[FunctionNode, ...], ir.Call]] = []
    seen: set[object] = set()
    for line in dict.fromkeys(lines):
        if CALLERS.passed(len(out)):
            break
        node = function_at(module, line)
        if node is None:
            for binding in module.statements_at(line):
                if binding.line not in seen:
                    seen.add(binding.line)
                    index = FunctionIndex(tuple(module.statements(binding)))
                    out.extend(((), c) for c in index.calls if fits(c, None))
            continue
        if node not in seen:
            seen.add(node)
            for around in with_closures(node):
                out.extend((around, c) for c in around[-1].index.calls if fits(c, around[-1]))
    return out


def callee_names(call: ir.Call) -> list[str]:
    """Last names of what a call calls; ``(factory or self.factory)(...)`` has two."""
    out: list[str] = []
    stack = [call.func]
    while stack:
        func = stack.pop()
        if isinstance(func, ir.Attr):
            out.append(func.name)
        elif isinstance(func, ir.Name):
            out.append(func.id)
        elif isinstance(func, ir.Bool):
            stack += [func.left, func.right]
        elif isinstance(func, ir.IfExp):
            stack += [func.body, func.orelse]
    return out
