"""Whether a finalizer may run while the interpreter exits.

``weakref.finalize`` does unless its ``atexit`` is set to False; ``multiprocessing.util.Finalize`` does with an
``exitpriority``; ``__del__`` does for objects that a module still holds. Weak reference callbacks and the
finalizers of ``finlint.runtime`` do not (Go promises nothing at exit either).
"""

from __future__ import annotations

from finlint.analysis.domain.values import Class, Object, alternatives
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.program.statements import flat_statements
from finlint.analysis.program.symbols import ModuleNode
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.scan.words import SUBCLASSES


def may_run_at_exit(finalizer: Finalizer, summaries: Summaries) -> bool:
    """Whether starting a thread in this finalizer can happen when that is no longer allowed."""
    if finalizer.owner is not None:
        return _held_by_module(finalizer.owner, finalizer.module, summaries)
    if finalizer.registrar == "multiprocessing.util.Finalize":
        return finalizer.registration is not None and finalizer.registration.at_exit
    if finalizer.registrar != "weakref.finalize":
        return False
    function = finalizer.root.function
    return function is None or not _sets_atexit_false(function.ir.body)


def _sets_atexit_false(body: ir.Block) -> bool:
    """``finalizer.atexit = False`` beside the registration."""
    return any(
        how == "value" and value == ir.Const(False) and isinstance(target, ir.Attr) and target.name == "atexit"
        for stmt in flat_statements(body)
        for target, how, value in bound_singly(stmt)
    )


def _held_by_module(cls: Class, module: ModuleNode, summaries: Summaries) -> bool:
    """Whether a name of the module's body holds an instance of the class, or of a subclass that the module defines."""
    evaluator = summaries.evaluator
    made = [cls.node.name, *module.source.words(SUBCLASSES, cls.node.name)]
    lines = {line: None for name in made for line in module.source.lines("words", name)}
    names = dict.fromkeys(b.name for line in lines for b in module.source.at(line) if b.kind == "assign")
    for name in names:
        for value in alternatives(evaluator.names.module_name(module, name)):
            if isinstance(value, Object) and cls in evaluator.classes.mro(value.cls):
                return True
    return False
