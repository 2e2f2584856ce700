"""What can be called, and where it stands: the callables in a value, the definitions in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.values import Bound, Class, Function, OneOf, Parameter, Partial, Value
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at
from finlint.model import ir
from finlint.model.facts import Binding


def parts(value: Value) -> Iterator[Value]:
    """``value`` and the callables in it: what a partial or a bound method calls."""
    stack = [value]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, OneOf):
            stack.extend(part.order)
        elif isinstance(part, (Partial, Bound)):
            stack.append(part.function)


def callback_functions(value: Value) -> Iterator[Function]:
    """The functions of the project that calling ``value`` runs, as far as the value itself tells."""
    for part in parts(value):
        if isinstance(part, Function):
            yield part


def outermost(context: CallContext) -> FunctionNode | None:
    """The function of the module's or a class's body that a function stands in."""
    while context.parent is not None and context.parent.function is not None:
        context = context.parent
    return context.function


def is_of_another(value: Value, context: CallContext) -> bool:
    """Whether it is a parameter of another function: of the constructor that stored it, of a function around."""
    return isinstance(value, Parameter) and value.context.function is not context.function


def units(module: ModuleNode, lines: Iterable[int]) -> Iterator[FunctionNode | Binding]:
    """The functions and module-level statements that hold one of these lines."""
    seen: set[object] = set()
    for line in lines:
        function = function_at(module, line)
        for unit in module.statements_at(line) if function is None else (function,):
            if unit not in seen:
                seen.add(unit)
                yield unit


def inner_classes(function: FunctionNode, evaluator: Evaluator) -> Iterator[Class]:
    """Classes defined in the body of a function, at any depth."""
    stack: list[tuple[FunctionNode, CallContext]] = [(function, evaluator.binding.generic_context(function))]
    while stack:
        node, context = stack.pop()
        for stmt in definitions(node.ir.body):
            if isinstance(stmt, ir.ClassDef):
                yield Class(node.module.inner_class(stmt, node), context)
            else:
                inner = node.module.inner_function(stmt.function, node.owner)
                stack.append((inner, evaluator.binding.generic_context(inner, context)))


def definitions(body: ir.Block) -> Iterator[ir.FunctionDef | ir.ClassDef]:
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


def classes_at(module: ModuleNode, lines: Sequence[int], evaluator: Evaluator) -> Iterator[Class]:
    """The classes that these lines are of, those inside functions included."""
    context = evaluator.binding.module_context(module)
    for node in module.classes_on(lines):
        if not evaluator.names.is_left_out(node.facts.line, module):
            yield Class(node, context)
    for line in lines:
        function = function_at(module, line)
        if function is not None and function.name != "__del__":
            inner = inner_classes(function, evaluator)
            yield from (c for c in inner if not evaluator.names.is_left_out(c.node.facts.line, module))
