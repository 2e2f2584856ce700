"""What expressions may be: names, attributes, calls and annotations to abstract values.

Evaluation answers without running statements in order: a local name is the union of what its assignments give,
an attribute the union of what the class's methods store. ``flow`` runs a body in order on top of this, with an
environment that knows more, and records what happens on the way.
"""

from __future__ import annotations

from finlint.analysis.annotations import Annotations
from finlint.analysis.attributes import Attributes
from finlint.analysis.callers import Callers
from finlint.analysis.calls import Calls
from finlint.analysis.classes import Classes
from finlint.analysis.contexts import Contexts
from finlint.analysis.decorators import Decorators
from finlint.analysis.environment import Context, assign, dotted, forget
from finlint.analysis.expressions import Expressions
from finlint.analysis.imports import Imports
from finlint.analysis.library import Knowledge
from finlint.analysis.library_calls import LibraryCalls
from finlint.analysis.names import Names
from finlint.analysis.namespaces import Namespaces
from finlint.analysis.nodes import ClassNode, function_at
from finlint.analysis.outside import Outside
from finlint.analysis.project import Project
from finlint.analysis.protocols import Protocols
from finlint.analysis.questions import Limits
from finlint.analysis.registrars import Registrars
from finlint.analysis.stubs import Stubs
from finlint.analysis.values import Class
from finlint.model.limits import FUEL, Limit

__all__ = ["Context", "Evaluator", "assign", "dotted", "forget", "function_at"]


class Evaluator:
    """One run's answers: the parts of the evaluation, which ask each other through this (``Questions``).

    All results are memoised: facts do not change during a run. An answer depends on whether callers may still be
    asked what they pass, so that is part of every key.
    """

    def __init__(self, project: Project, knowledge: Knowledge, registrars: Registrars) -> None:
        self.project = project
        self.knowledge = knowledge
        self.registrars = registrars
        self.limits = Limits()
        #: Attributes that were looked up on each class and its instances.
        self.asked: dict[ClassNode, set[str]] = {}
        #: Classes that instances were compared with.
        self.compared: set[str] = set()
        self.stubs = Stubs(self)
        names = Names(self)
        self.lookup = names.lookup
        self.scope_name = names.scope_name
        self.module_name = names.module_name
        self.bindings = names.bindings
        self.binding = names.binding
        self.definitions = names.definitions
        self.values_and_elements = names.values_and_elements
        callers = Callers(self)
        self.parameter = callers.parameter
        self.without_callers = callers.without_callers
        imports = Imports(self)
        self.imported = imports.imported
        self.from_import = imports.from_import
        self.module_attribute = imports.module_attribute
        annotations = Annotations(self)
        self.annotation = annotations.annotation
        self.named = annotations.named
        self.instances = annotations.instances
        self.annotation_of = annotations.annotation_of
        self.instance = annotations.instance
        expressions = Expressions(self)
        self.eval = expressions.eval
        self.run = expressions.run
        self.run_later = expressions.run_later
        self.arguments = expressions.arguments
        self.pending = expressions.pending
        protocols = Protocols(self)
        self.item = protocols.item
        self.element = protocols.element
        self.special = protocols.special
        self.tested = protocols.tested
        self.drive = protocols.drive
        self.container_method = protocols.container_method
        self.entered = protocols.entered
        self.exit_run = protocols.exit_run
        self.exited = protocols.exited
        self.resume = protocols.resume
        classes = Classes(self)
        self.mro = classes.mro
        self.class_member = classes.class_member
        self.class_function = classes.class_function
        self.overrides = classes.overrides
        self.subclasses = classes.subclasses
        self.library_base = classes.library_base
        self.is_from_abstract = classes.is_from_abstract
        self.making_scope = classes.making_scope
        self.declared = classes.declared
        self.has_unknown_base = classes.has_unknown_base
        self.has_library_base = classes.has_library_base
        self.is_record = classes.is_record
        self.record_fields = classes.record_fields
        self.record_names = classes.record_names
        self.is_named_tuple = classes.is_named_tuple
        attributes = Attributes(self)
        self.attribute = attributes.attribute
        self.instance_attribute = attributes.instance_attribute
        self.bound_member = attributes.bound_member
        self.stored = attributes.stored
        self.stored_by_others = Outside(self).stored_by_others
        self.stored_in = Namespaces(self).stored_in
        decorators = Decorators(self)
        self.decorated = decorators.decorated
        calls = Calls(self)
        self.call = calls.call
        self.call_later = calls.call_later
        self.returns = calls.returns
        self.register = calls.register
        contexts = Contexts(self)
        self.module_scope = contexts.module_scope
        self.scope = contexts.scope
        self.bind = contexts.bind
        self.bind_some = contexts.bind_some
        self.method_scope = contexts.method_scope
        self.generic_scope = contexts.generic_scope
        self.generic_class = contexts.generic_class
        self.closure_scope = contexts.closure_scope
        library_calls = LibraryCalls(self)
        self.call_library = library_calls.call_library
        self.call_own_methods = library_calls.call_own_methods

    def close(self) -> None:
        """Take the parts apart, which all refer to this: nobody asks any more."""
        self.project.close()
        self.__dict__.clear()

    def note(self, cls: Class, name: str) -> None:
        """An attribute of ``cls`` matters: a subclass that defines it may behave in another way."""
        self.asked.setdefault(cls.node, set()).add(name)

    def refuel(self, least: Limit = FUEL) -> None:
        """Called before a body is run: what one body costs never depends on those before it. Each of its statements
        gets a little more, so that one huge expression does not hide what comes after it."""
        if self.limits.depth == 0:
            self.limits.refuel(least)
