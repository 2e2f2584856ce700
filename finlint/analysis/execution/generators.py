"""Generators as finalizers: one that is freed unfinished runs its clean-ups where it is freed."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.values import Function, Object
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.callables import units
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.summary import Summary
from finlint.analysis.program.closing import calls_taken, clean_ups, is_freed_as_generator
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, function_at, method_kind, with_closures
from finlint.model import ir

#: What a freed generator's finalizer is registered by: calling its function.
GENERATOR = "generator"
#: Special methods whose generator is given to whoever iterates.
_ITERATED = frozenset({"__call__", "__get__", "__getitem__", "__iter__", "__reversed__"})


def freed_generators(module: ModuleNode, evaluator: Evaluator) -> Iterator[Finalizer]:
    """The generator functions of ``module`` that clean up, but those that the module itself always exhausts."""
    seen: set[FunctionNode] = set()
    for line in module.source.lines("abandoned", ""):
        outermost = function_at(module, line)
        if outermost is None or outermost in seen or evaluator.names.is_left_out(line, module):
            continue
        seen.add(outermost)
        for around in with_closures(outermost):
            if is_freed_as_generator(around[-1]) and not _is_exhausted(around, module):
                yield from _finalizers(around, evaluator)


def _finalizers(around: tuple[FunctionNode, ...], evaluator: Evaluator) -> Iterator[Finalizer]:
    """The last of some functions, each defined in the one before, as a finalizer for each of its clean-ups."""
    binding, generator = evaluator.binding, around[-1]
    outer = binding.generic_context(around[0])
    if len(around) == 1 and generator.owner is not None and method_kind(generator) == "instance":
        cls = binding.generic_class(generator.owner)
        outer = binding.method_context(generator, Object(cls, (), "self"), cls.context)
    context = binding.closure_context(around[1:], outer)
    defining = context.parent or binding.module_context(generator.module)
    for part in clean_ups(generator):
        root = Summary(binding.module_context(generator.module))
        root.edge(generator.ir.span, binding.context(part, context.params, context.parent))
        callback = Function(generator, defining)
        yield Finalizer(GENERATOR, generator.module, generator.ir.span, root.context, root, callback, None, None)


def _is_exhausted(around: tuple[FunctionNode, ...], module: ModuleNode) -> bool:
    """Whether all calls that the module shows take the generator to its end: where it is defined in a function, those
    that stand there. If there are none, somebody else calls one of the module's or a class's body, and was handed the
    other one."""
    name, is_inner = around[-1].name, len(around) > 1
    inside = (functions[-1].ir.body for functions in with_closures(around[-2])) if is_inner else None
    blocks = list(_mentioning(module, name) if inside is None else inside)
    counts = [calls_taken(name, block) for block in blocks]
    called = any(calls for calls, _ in counts)
    return all(calls == taken for calls, taken in counts) if called else is_inner or _is_of_a_protocol(name)


def _is_of_a_protocol(name: str) -> bool:
    """Whether a library calls a method of that name in a way of its own: a ``with`` drives ``__contextmanager__``,
    as what ``contextlib.contextmanager`` decorates is."""
    return name.startswith("__") and name.endswith("__") and name not in _ITERATED


def _mentioning(module: ModuleNode, name: str) -> Iterator[ir.Block]:
    """The bodies, of functions and of the module, that may call something of that name."""
    for unit in units(module, module.source.lines("calls", name)):
        if isinstance(unit, FunctionNode):
            yield from (inner[-1].ir.body for inner in with_closures(unit))
        else:
            yield tuple(module.statements(unit))
