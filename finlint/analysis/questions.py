"""The questions that the parts of the evaluation ask each other, and how much asking is allowed."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Protocol

from finlint.analysis.effects import Args, CallArgs, PendingArgs
from finlint.analysis.environment import Context, Later, Result
from finlint.analysis.index import Definition
from finlint.analysis.library import Knowledge
from finlint.analysis.nodes import ClassNode, FunctionNode, ModuleNode
from finlint.analysis.project import Project
from finlint.analysis.registrars import Registrars
from finlint.analysis.scopes import Scope
from finlint.analysis.values import (
    Class,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Suspended,
    Value,
)
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.limits import CALLER_DEPTH, FUEL, SEARCH_DEPTH, Limit
from finlint.model.source import Span


class Limits:
    """How deep the questions of this moment are nested, and what is left to spend on them."""

    __slots__ = ("asks_callers", "caller_depth", "depth", "fuel", "fuelled_for", "relative")

    def __init__(self) -> None:
        self.depth = 0
        #: How often something was answered that would be answered differently at another moment: callers were asked,
        #: a question led to itself, or was nested too deeply.
        self.relative = 0
        #: Callers that are being asked what they pass, the callers of those, ...
        self.caller_depth = 0
        #: Whether any may be asked.
        self.asks_callers = True
        self.fuel: int = FUEL
        #: What the fuel was for: the bound that is hit when it is used up.
        self.fuelled_for = FUEL

    def may_ask_callers(self) -> bool:
        """Whether a parameter may be typed by its callers at this moment."""
        return self.asks_callers and not CALLER_DEPTH.reached(self.caller_depth) and self.may_search()

    def may_search(self) -> bool:
        """Whether the package may be searched at this moment."""
        return not SEARCH_DEPTH.passed(self.depth)

    def refuel(self, least: Limit) -> None:
        """See to it that there is at least so much to spend."""
        if self.fuel < least:
            self.fuel = least
            self.fuelled_for = least


class StubTypes(Protocol):
    """What ``stubs.Stubs`` answers."""

    def returned(self, function: FunctionNode) -> Value: ...
    def parameter(self, function: FunctionNode, name: str) -> Value: ...
    def attribute(self, cls: ClassNode, name: str) -> Value: ...


class Questions(Protocol):
    """What the parts of the evaluation ask each other: an attribute may be a call, a call's result an attribute.

    Each part gets this at its construction and may copy the first four; ``evaluate.Evaluator`` puts all together.
    """

    project: Project
    knowledge: Knowledge
    registrars: Registrars
    limits: Limits

    def note(self, cls: Class, name: str) -> None: ...

    @property
    def stubs(self) -> StubTypes: ...

    # names.py
    def lookup(self, name: str, context: Context) -> Value: ...
    def scope_name(self, name: str, scope: Scope) -> Value: ...
    def module_name(self, module: ModuleNode, name: str) -> Value: ...
    def bindings(self, found: Iterable[Binding], scope: Scope, owner: Class | None) -> list[Value]: ...
    def binding(
        self, binding: Binding, scope: Scope, owner: Class | None, earlier: list[Binding] | None = None
    ) -> list[Value]: ...
    def definitions(self, definitions: Iterable[Definition], context: Context) -> list[Value]: ...
    def values_and_elements(
        self, definitions: Iterable[Definition], context: Context
    ) -> tuple[list[Value], list[Value]]: ...

    # callers.py
    def parameter(self, name: str, scope: Scope) -> Value: ...

    # imports.py
    def imported(self, stmt: ir.Stmt, module: ModuleNode) -> Value: ...
    def from_import(self, stmt: ir.ImportFrom, module: ModuleNode, missing_is_unknown: bool = False) -> Value: ...
    def module_attribute(self, module: ModuleNode, name: str) -> Value: ...

    # annotations.py
    def annotation(self, expr: ir.Expr, context: Context) -> Value: ...
    def named(self, text: str, context: Context) -> Value: ...
    def instances(self, value: Value) -> Value: ...
    def annotation_of(self, value: Lib) -> Value: ...
    def instance(self, cls: Class) -> Value: ...

    # expressions.py
    def eval(self, expr: ir.Expr, context: Context) -> Value: ...
    def arguments(self, args: tuple[ir.Arg, ...], context: Context) -> CallArgs: ...
    def pending(self, args: tuple[ir.Arg, ...], context: Context) -> PendingArgs: ...

    # protocols.py
    def item(self, value: Value, index: Value) -> Value: ...
    def element(self, value: Value, context: Context, span: Span | None = None) -> Value: ...
    def special(
        self,
        obj: Object,
        name: str,
        args: tuple[Value, ...],
        context: Context,
        span: Span | None,
        keywords: tuple[tuple[str, Value], ...] = (),
    ) -> Value: ...
    def tested(self, value: Value, context: Context, expr: ir.Expr) -> None: ...
    def drive(self, value: Value, context: Context, span: Span) -> None: ...
    def container_method(
        self,
        receiver: Sequence | Mapping,
        name: str,
        args: Args,
        context: Context,
        span: Span | None,
    ) -> Value: ...
    def entered(self, value: Value, context: Context, span: Span | None = None) -> Value: ...
    def exit_run(self, value: Value, context: Context, span: Span | None) -> None: ...
    def exited(self, value: Value, context: Context, span: Span) -> None: ...
    def resume(self, value: Suspended, context: Context, span: Span, *, closing: bool) -> None: ...

    # classes.py
    def mro(self, cls: Class) -> tuple[Value, ...]: ...
    def class_member(self, cls: Class, name: str) -> tuple[Class | Lib, Value] | None: ...
    def class_function(self, cls: Class, name: str) -> Function | None: ...
    def overrides(self, cls: Class, name: str) -> list[tuple[Class, Function]]: ...
    def subclasses(self, cls: Class) -> list[Class]: ...
    def is_from_abstract(self, cls: Class, name: str) -> bool: ...
    def library_base(self, cls: Class) -> str: ...
    def making_scope(self, method: FunctionNode, obj: Object, base: Class) -> Scope: ...
    def has_unknown_base(self, cls: Class) -> bool: ...
    def has_library_base(self, cls: Class, name: str) -> bool: ...
    def declared(self, obj: Object, name: str) -> Value | None: ...
    def is_record(self, cls: Class) -> bool: ...
    def record_names(self, cls: Class) -> list[str]: ...
    def is_named_tuple(self, cls: Class) -> bool: ...
    def record_fields(self, cls: Class, args: Args) -> tuple[tuple[str, Value], ...]: ...

    # attributes.py
    def attribute(self, value: Value, name: str, context: Context, span: Span | None) -> Value: ...
    def instance_attribute(self, obj: Object, name: str, context: Context, span: Span | None) -> Value: ...
    def bound_member(self, value: Value, obj: Object, name: str, context: Context, span: Span | None) -> Value: ...
    def stored(self, obj: Object, name: str) -> Value | None: ...

    # outside.py
    def stored_by_others(self, obj: Object, name: str) -> list[Value]: ...

    # decorators.py
    def decorated(self, function: Function, scope: Scope) -> Value: ...

    # calls.py
    def call(
        self,
        function: Value,
        args: Args,
        context: Context,
        span: Span | None,
        expr: ir.Call | None = None,
    ) -> Value: ...
    def call_later(
        self,
        function: Value,
        args: Args,
        context: Context,
        span: Span | None,
        expr: ir.Call | None,
        result: Result,
    ) -> Value | Later: ...
    def returns(self, scope: Scope) -> Value: ...
    def register(
        self,
        registrar: object,
        args: Args,
        context: Context,
        span: Span | None,
        cls: Class | None,
        expr: ir.Call | None,
    ) -> Value: ...

    # contexts.py
    def module_scope(self, module: ModuleNode) -> Scope: ...
    def scope(self, function: FunctionNode, params: tuple[tuple[str, Value], ...], parent: Scope | None) -> Scope: ...
    def bind(
        self, function: FunctionNode, args: Args, receiver: Value | None, fill: bool = True
    ) -> list[tuple[str, Value]]: ...
    def bind_some(
        self, function: FunctionNode, args: Args, receiver: Value | None, names: Container[str]
    ) -> list[tuple[str, Value]]: ...
    def method_scope(self, function: FunctionNode, receiver: Value, parent: Scope | None) -> Scope: ...
    def generic_class(self, owner: ClassNode) -> Class: ...
    def closure_scope(self, functions: Iterable[FunctionNode], scope: Scope) -> Scope: ...
    def generic_scope(self, function: FunctionNode, parent: Scope | None = None) -> Scope: ...

    # namespaces.py
    def stored_in(self, namespace: LibObject, name: str) -> Value: ...

    # library_calls.py
    def call_library(
        self,
        function: Lib | LibMethod,
        args: Args,
        context: Context,
        span: Span | None,
        expr: ir.Call | None,
    ) -> Value: ...
