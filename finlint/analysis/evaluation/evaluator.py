"""What expressions may be: names, attributes, calls and annotations to abstract values.

Evaluation answers without running statements in order: a local name is the union of what its assignments give,
an attribute the union of what the class's methods store. ``execution.interpreter`` runs a body in order on top of
this, with an environment that knows more, and records what happens on the way.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

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
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.evaluation.records import Records
from finlint.analysis.evaluation.recursion import Recursion
from finlint.analysis.evaluation.refinement import Refinement
from finlint.analysis.evaluation.replacements import Replacements
from finlint.analysis.evaluation.stubs import Stubs
from finlint.analysis.evaluation.tested import Tested
from finlint.analysis.models.knowledge import Knowledge
from finlint.analysis.models.registrars import Registrars
from finlint.analysis.program.project import Project
from finlint.model.reads import Kept
from finlint.model.settings import OLDEST_PYTHON


class Evaluator(Queries):
    """One run's answers: the parts of the evaluation, which ask each other through this (``Queries``).

    All results are memoised: facts do not change during a run. An answer depends on whether callers may still be
    asked what they pass, so that is part of every key.
    """

    def __init__(
        self,
        project: Project,
        knowledge: Knowledge,
        registrars: Registrars,
        oldest: tuple[int, int] = OLDEST_PYTHON,
    ) -> None:
        self.oldest = oldest
        self.project = project
        self.knowledge = knowledge
        self.registrars = registrars
        self.reads = project.reads
        #: What is asked of the program for one finalizer after the other, by the question and what it is about.
        self.kept: Kept[tuple[Hashable, ...], Any] = Kept(self.reads)
        self.solver = Solver(self.reads)
        self.stubs = Stubs(self)
        self.named_stores = NamedStores(self)
        self.names = Names(self)
        self.call_sites = CallSites(self)
        self.callers = Callers(self)
        self.imports = Imports(self)
        self.annotations = Annotations(self)
        self.dispatch = Dispatch(self)
        self.enumerations = Enumerations(self)
        self.advancing = Advancing(self)
        self.after_calls = AfterCalls(self)
        self.arguments = Arguments(self)
        self.conditions = Conditions(self)
        self.displays = Displays(self)
        self.operators = Operators(self)
        self.expressions = Expressions(self)
        self.patches = Patches(self)
        self.protocols = Protocols(self)
        self.classes = Classes(self)
        self.records = Records(self)
        self.own_stores = OwnStores(self)
        self.descriptors = Descriptors(self)
        self.library_attributes = LibraryAttributes(self)
        self.attributes = Attributes(self)
        self.external_stores = ExternalStores(self)
        self.fields = Fields(self)
        self.namespaces = Namespaces(self)
        self.narrowing = Narrowing(self)
        self.decorations = Decorations(self)
        self.decorators = Decorators(self)
        self.calls = Calls(self)
        self.class_making = ClassMaking(self)
        self.binding = Binder(self)
        self.recursion = Recursion(self)
        self.library_calls = LibraryCalls(self)
        self.library_stores = LibraryStores(self)
        self.refinement = Refinement(self)
        self.replacements = Replacements(self)
        self.tested = Tested(self)

    def close(self) -> None:
        """Take the parts apart, which all refer to this: nobody asks any more."""
        self.project.close()
        self.expressions.close()
        self.__dict__.clear()
