"""How messages name a finalizer."""

from __future__ import annotations

from finlint.analysis.execution.callables import callback_functions
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.generators import GENERATOR


def describe(finalizer: Finalizer) -> str:
    """The finalizer as a message names it: ``Pool.__del__``, or the callback and its registrar."""
    if finalizer.owner is not None and finalizer.is_library:
        method = next(callback_functions(finalizer.callback)).node.name
        return f"`{finalizer.owner.node.name}.{method}`, which `{finalizer.registrar}` calls,"
    if finalizer.owner is not None:
        return f"`{finalizer.owner.node.name}.__del__`"
    names = [edge.target.function.qualified for edge in finalizer.summary.edges if edge.target.function is not None]
    if finalizer.registrar == GENERATOR:
        return f"generator `{names[0]}`, freed unfinished,"
    callback = f"callback `{names[0]}`" if names else "the callback"
    return f"{callback} of `{finalizer.registrar}`"
