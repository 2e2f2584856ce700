"""All finalizers of modules and of the heirs of classes, by registration or ``__del__``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from finlint.analysis.domain.values import (
    Class,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.deletions import Deletions
from finlint.analysis.execution.finalizers import Discovered, Finalizer
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.registrations import Registrations
from finlint.analysis.execution.subclasses import class_key
from finlint.analysis.models.registrars import Registrars
from finlint.analysis.program.symbols import ClassNode, ModuleNode


class Finder:
    """Finds the finalizers of modules; ``discovered`` grows meanwhile."""

    def __init__(
        self,
        evaluator: Evaluator,
        summaries: Summaries,
        quick: Summaries,
        registrars: Registrars,
        discovered: Discovered,
        heritable: str = "",
    ) -> None:
        self.evaluator = evaluator
        self.discovered = discovered
        self.registrations = Registrations(evaluator, summaries, quick, registrars, discovered)
        self.deletions = Deletions(evaluator, discovered, heritable)

    def of(self, module: ModuleNode) -> Iterator[Finalizer]:
        """The finalizers of a module."""
        yield from self.deletions.of(module)
        yield from self.deletions.from_outside(module)
        yield from self.deletions.of_libraries(module)
        yield from self.registrations.of(module)

    def heirs_in(self, module: ModuleNode, names: Iterable[str]) -> Iterator[Class]:
        """The classes of ``module``'s body among ``names`` that inherit a finalizer, bases before their heirs."""
        context = self.evaluator.binding.module_context(module)
        found = [Class(node, context) for node in module.classes_named(names)]
        orders = {cls: [base for base in self.evaluator.classes.mro(cls) if isinstance(base, Class)] for cls in found}
        heirs: set[ClassNode] = set()
        for cls in sorted(found, key=lambda cls: len(orders[cls])):
            bases = orders[cls][1:]
            if any(base.node in heirs or class_key(base.node) in self.discovered.inherited for base in bases):
                heirs.add(cls.node)
                yield cls

    def inherited_by(self, cls: Class) -> Iterator[Finalizer]:
        """Finalizers that ``cls`` inherits: they run its overrides."""
        for base in self.evaluator.classes.mro(cls)[1:]:
            methods = self.discovered.inherited.get(class_key(base.node)) if isinstance(base, Class) else None
            if isinstance(base, Class) and methods is not None:
                yield from self.deletions.inherited(cls, base)
                yield from self.registrations.inherited(cls, base, methods)
