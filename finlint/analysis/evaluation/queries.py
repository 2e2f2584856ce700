"""The queries that the parts of the evaluation ask each other, and how much asking is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finlint.model.limits import CALLER_DEPTH, FUEL, SEARCH_DEPTH, Limit

if TYPE_CHECKING:
    from finlint.analysis.domain.values import Class
    from finlint.analysis.evaluation.annotations import Annotations
    from finlint.analysis.evaluation.attributes import Attributes
    from finlint.analysis.evaluation.binding import Binder
    from finlint.analysis.evaluation.callers import Callers
    from finlint.analysis.evaluation.calls import Calls
    from finlint.analysis.evaluation.classes import Classes
    from finlint.analysis.evaluation.decorators import Decorators
    from finlint.analysis.evaluation.expressions import Expressions
    from finlint.analysis.evaluation.external_stores import ExternalStores
    from finlint.analysis.evaluation.imports import Imports
    from finlint.analysis.evaluation.library_calls import LibraryCalls
    from finlint.analysis.evaluation.names import Names
    from finlint.analysis.evaluation.namespaces import Namespaces
    from finlint.analysis.evaluation.protocols import Protocols
    from finlint.analysis.evaluation.refinement import Refinement
    from finlint.analysis.evaluation.stubs import Stubs
    from finlint.analysis.models.library import Knowledge
    from finlint.analysis.models.registrars import Registrars
    from finlint.analysis.program.project import Project
    from finlint.analysis.program.symbols import ClassNode


class Limits:
    """How deep the questions of this moment are nested, and what is left to spend on them."""

    __slots__ = ("asks_callers", "caller_depth", "depth", "fuel", "fuelled_for", "provisional")

    def __init__(self) -> None:
        self.depth = 0
        #: How often something was answered that would be answered differently at another moment: callers were asked,
        #: a question led to itself, or was nested too deeply.
        self.provisional = 0
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


class Queries:
    """The parts of the evaluation by name: ``ask.classes.mro(cls)``.

    An attribute may be a call, a call's result an attribute: the parts ask each other, and get this at their
    construction. ``evaluator.Evaluator`` puts them together.
    """

    project: Project
    knowledge: Knowledge
    registrars: Registrars
    limits: Limits
    #: Attributes that were looked up on each class and its instances.
    asked: dict[ClassNode, set[str]]
    #: The oldest Python that the code runs on.
    oldest: tuple[int, int]
    #: Classes that instances were compared with.
    compared: set[str]

    annotations: Annotations
    attributes: Attributes
    binding: Binder
    callers: Callers
    calls: Calls
    classes: Classes
    decorators: Decorators
    expressions: Expressions
    external_stores: ExternalStores
    imports: Imports
    library_calls: LibraryCalls
    names: Names
    namespaces: Namespaces
    protocols: Protocols
    refinement: Refinement
    stubs: Stubs

    def note(self, cls: Class, name: str) -> None:
        """An attribute of ``cls`` matters: a subclass that defines it may behave in another way."""
        self.asked.setdefault(cls.node, set()).add(name)
