"""Who is decorated by what, and which classes a decorator, a metaclass or ``__init_subclass__`` gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Const, Function, Lib, Object, Value, alternatives
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.statements import flat_statements, last_name
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode, method_kind, with_closures
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.limits import DECORATED

#: How the text of a class's header names its metaclass.
_METACLASS = "metaclass"


class Decoration(NamedTuple):
    """A function or class as its ``def`` or ``class`` makes it, and one of its decorators.

    ``state`` is where the decorator stands.
    """

    decorated: Function | Class
    decorator: ir.Expr
    state: EvalState


class Decorations:
    """Decorators looked at from below: what they are applied to."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.project = ask.project
        self._metaclassed: Memo[Class, list[Class]] = Memo(ask.solver, [], grows=False)

    def named(self, module: ModuleNode, name: str) -> Iterator[Decoration]:
        """What is decorated in a module by something whose last name is ``name``."""
        seen: set[int] = set()
        for line in DECORATED.first(module.source.lines("decorated", name)):
            for decorated, decorators, state in self._at(module, line):
                for decorator in decorators:
                    called = decorator.func if isinstance(decorator, ir.Call) else decorator
                    if last_name(called) == name and id(decorator) not in seen:
                        seen.add(id(decorator))
                        yield Decoration(decorated, decorator, state)

    def near(self, function: FunctionNode) -> Iterator[Decoration]:
        """What a function of the module's or a class's body decorates, in its module and in those that name it."""
        name, home = function.name, function.module
        if name in ("__call__", "__init__", "__new__") and function.owner is not None:
            # ``@Closing("name")``: an instance is the decorator, and made there.
            name = function.owner.name
        for module in dict.fromkeys(
            (home, *self.project.mentioning("@" + name, home), *self.project.mentioning(f".{name}", home))
        ):
            yield from self.named(module, name)

    def _at(self, module: ModuleNode, line: int) -> Iterator[tuple[Function | Class, tuple[ir.Expr, ...], EvalState]]:
        """The functions and classes whose lines include ``line``, the decorators among them."""
        context = self.ask.binding.module_context(module)
        pending: list[tuple[Binding, ClassNode | None]] = [(binding, None) for binding in module.source.at(line)]
        while pending:
            binding, owner = pending.pop()
            if binding.cls is not None:
                node = module.class_node(binding.cls, owner)
                yield Class(node, context), node.facts.decorators, EvalState(context)
                pending += [(member, node) for member in binding.cls.members if member.line <= line <= member.end_line]
            elif binding.kind == "function":
                function = module.function(binding) if owner is None else owner.function(binding)
                if function is not None:
                    yield Function(function, context), function.ir.decorators, EvalState(context)
                    yield from self._inside(function)

    def _inside(self, function: FunctionNode) -> Iterator[tuple[Function | Class, tuple[ir.Expr, ...], EvalState]]:
        for outer, *inner in with_closures(function):
            context = self.ask.binding.closure_context(inner, self.ask.binding.generic_context(outer))
            node = inner[-1] if inner else outer
            state = EvalState(context)
            for stmt in flat_statements(node.ir.body):
                if isinstance(stmt, ir.FunctionDef) and stmt.function.decorators:
                    made = node.module.inner_function(stmt.function, node.owner)
                    yield Function(made, context), stmt.function.decorators, state
                elif isinstance(stmt, ir.ClassDef):
                    cls = Class(node.module.inner_class(stmt, node), context)
                    yield cls, stmt.decorators, state
                    for method in cls.node.methods():
                        if method.ir.decorators:
                            yield Function(method, context), method.ir.decorators, state

    def applies(self, decoration: Decoration) -> Value:
        """What is called with the decorated thing."""
        return self.ask.expressions.eval(decoration.decorator, decoration.state)

    def result(self, decoration: Decoration) -> Value:
        """What that call gives."""
        given = CallArgs((decoration.decorated,))
        return self.ask.calls.call(self.applies(decoration), given, decoration.state, None)

    # -- classes that are not named

    def is_metaclass(self, cls: Class) -> bool:
        return any(isinstance(base, Lib) and base.name == "builtins.type" for base in self.ask.classes.mro(cls))

    def with_metaclass(self, meta: Class) -> list[Class]:
        """The classes of the package that say that ``meta`` is their metaclass, and those that inherit from them."""
        return self._metaclassed.answer(meta, self._find_with_metaclass, meta)

    def _find_with_metaclass(self, meta: Class) -> list[Class]:
        home, name = meta.node.module, meta.node.name
        out: list[Class] = []
        for module in dict.fromkeys((home, *self.project.mentioning(f"{_METACLASS}={name}", home))):
            context = self.ask.binding.module_context(module)
            for node in module.classes_on(module.source.lines("inheriting", name)):
                named = [arg.value for arg in node.facts.bases if arg.keyword == _METACLASS]
                if any(meta in alternatives(self.ask.expressions.eval(expr, EvalState(context))) for expr in named):
                    cls = Class(node, context)
                    out += [heir for heir in (cls, *self.ask.classes.subclasses(cls)) if heir not in out]
        return out

    def receivers(self, function: FunctionNode) -> list[Class]:
        """The classes that the first parameter of a method is, where it is made for many: of a metaclass, or
        ``__init_subclass__``. None for other methods."""
        if function.owner is None:
            return []
        owner = self.ask.binding.generic_class(function.owner)
        if function.name == "__init_subclass__":
            return self.ask.classes.subclasses(owner)
        if method_kind(function) == "instance" and self.is_metaclass(owner):
            return self.with_metaclass(owner)
        return []

    def contexts(self, function: FunctionNode) -> list[CallContext]:
        """The call contexts of a method that is run for each new class, one for each; of any other function, that of
        which nothing is known."""
        told = [self._told(function, cls) for cls in self.receivers(function)]
        return told or [self.ask.binding.generic_context(function)]

    def _told(self, function: FunctionNode, cls: Class) -> CallContext:
        """What ``__init_subclass__`` is run with for a class: what its header says. So is a metaclass's method, which
        gets the name first."""
        if function.name != "__init_subclass__":
            args = CallArgs((Const(cls.node.name),), (), True)
        else:
            state = EvalState(cls.context)
            said = ((arg.keyword, arg.value) for arg in cls.node.facts.bases if arg.keyword)
            args = CallArgs((), tuple((name, self.ask.expressions.eval(expr, state)) for name, expr in said if name))
        # The hook of the class above, which it calls, is another function: what it is told is kept.
        params = tuple(self.ask.binding.bind(function, args, cls))
        return self.ask.binding.contexts.of(function.module, function, params, None)

    def meant(self, value: Value, function: FunctionNode | None) -> Iterator[Class]:
        """The classes that ``value``, a variable of ``function``, stands for."""
        for option in alternatives(value):
            if isinstance(option, Object) and self.is_metaclass(option.cls):
                yield from self.with_metaclass(option.cls)
            elif isinstance(option, Class):
                many = function is not None and function.name == "__init_subclass__" and function.owner is option.node
                yield from self.ask.classes.subclasses(option) if many else (option,)


def ways_to_run(value: Value, function: FunctionNode) -> list[Value | None]:
    """What ``function`` is given first where ``value`` is called, for each way in which that runs it: None where that
    is the first argument."""
    out: list[Value | None] = []
    for option in alternatives(value):
        inner, receiver = (option.function, option.receiver) if isinstance(option, Bound) else (option, None)
        if isinstance(inner, Function) and inner.node is function:
            out.append(receiver)
    return out
