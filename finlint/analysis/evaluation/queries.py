"""The queries that the parts of the evaluation ask each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from finlint.analysis.domain.values import Class, Value

if TYPE_CHECKING:
    from finlint.analysis.evaluation.advancing import Advancing
    from finlint.analysis.evaluation.after_calls import AfterCalls
    from finlint.analysis.evaluation.annotations import Annotations
    from finlint.analysis.evaluation.arguments import Arguments
    from finlint.analysis.evaluation.attributes import Attributes
    from finlint.analysis.evaluation.binding import Binder
    from finlint.analysis.evaluation.call_sites import CallSites
    from finlint.analysis.evaluation.callers import Callers
    from finlint.analysis.evaluation.calls import Calls
    from finlint.analysis.evaluation.class_making import ClassMaking
    from finlint.analysis.evaluation.classes import Classes
    from finlint.analysis.evaluation.conditions import Conditions
    from finlint.analysis.evaluation.decorations import Decorations
    from finlint.analysis.evaluation.decorators import Decorators
    from finlint.analysis.evaluation.descriptors import Descriptors
    from finlint.analysis.evaluation.dispatch import Dispatch
    from finlint.analysis.evaluation.displays import Displays
    from finlint.analysis.evaluation.enumerations import Enumerations
    from finlint.analysis.evaluation.expressions import Expressions
    from finlint.analysis.evaluation.external_stores import ExternalStores
    from finlint.analysis.evaluation.fields import Fields
    from finlint.analysis.evaluation.imports import Imports
    from finlint.analysis.evaluation.library_attributes import LibraryAttributes
    from finlint.analysis.evaluation.library_calls import LibraryCalls
    from finlint.analysis.evaluation.library_stores import LibraryStores
    from finlint.analysis.evaluation.memo import Solver
    from finlint.analysis.evaluation.named_stores import NamedStores
    from finlint.analysis.evaluation.names import Names
    from finlint.analysis.evaluation.namespaces import Namespaces
    from finlint.analysis.evaluation.narrowing import Narrowing
    from finlint.analysis.evaluation.operators import Operators
    from finlint.analysis.evaluation.own_stores import OwnStores
    from finlint.analysis.evaluation.patches import Patches
    from finlint.analysis.evaluation.protocols import Protocols
    from finlint.analysis.evaluation.records import Records
    from finlint.analysis.evaluation.recursion import Recursion
    from finlint.analysis.evaluation.refinement import Refinement
    from finlint.analysis.evaluation.replacements import Replacements
    from finlint.analysis.evaluation.stubs import Stubs
    from finlint.analysis.evaluation.tested import Tested
    from finlint.analysis.models.knowledge import Knowledge
    from finlint.analysis.models.registrars import Registrars
    from finlint.analysis.program.project import Project
    from finlint.model.reads import Reads


class Queries:
    """The parts of the evaluation by name: ``ask.classes.mro(cls)``.

    An attribute may be a call, a call's result an attribute: the parts ask each other, and get this at their
    construction. ``evaluator.Evaluator`` puts them together.
    """

    project: Project
    knowledge: Knowledge
    registrars: Registrars
    solver: Solver
    #: What the answers are made from.
    reads: Reads
    #: The oldest Python that the code runs on.
    oldest: tuple[int, int]

    advancing: Advancing
    after_calls: AfterCalls
    annotations: Annotations
    arguments: Arguments
    attributes: Attributes
    binding: Binder
    call_sites: CallSites
    callers: Callers
    calls: Calls
    class_making: ClassMaking
    classes: Classes
    conditions: Conditions
    decorations: Decorations
    decorators: Decorators
    descriptors: Descriptors
    dispatch: Dispatch
    displays: Displays
    enumerations: Enumerations
    expressions: Expressions
    external_stores: ExternalStores
    fields: Fields
    imports: Imports
    library_attributes: LibraryAttributes
    library_calls: LibraryCalls
    library_stores: LibraryStores
    named_stores: NamedStores
    names: Names
    namespaces: Namespaces
    narrowing: Narrowing
    operators: Operators
    own_stores: OwnStores
    patches: Patches
    protocols: Protocols
    records: Records
    recursion: Recursion
    refinement: Refinement
    replacements: Replacements
    stubs: Stubs
    tested: Tested

    def note(self, cls: Class, name: str) -> None:
        """An attribute of ``cls`` matters: a subclass that defines it may behave in another way."""
        self.reads.note_asked(cls.node, name)

    def note_compared(self, classes: Iterable[Value]) -> None:
        """Instances were compared with these classes: a subclass may be another one of them."""
        for cls in classes:
            if isinstance(cls, Class):
                self.reads.note_asked(None, cls.node.name)
