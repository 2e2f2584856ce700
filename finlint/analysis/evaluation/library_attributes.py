"""Attributes of what a library makes, and of classes that we know as their users do."""

from __future__ import annotations

from finlint.analysis.domain.values import (
    NAMED_TUPLE,
    UNKNOWN,
    Class,
    Const,
    Lib,
    LibMethod,
    LibObject,
    Object,
    Partial,
    Value,
    WeakReference,
    is_known,
)
from finlint.analysis.evaluation.namespaces import NAMESPACES
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library, library_types
from finlint.analysis.models.containers import ANY_MAPPING, has_method
from finlint.model.record import replaced

#: The type of ``obj.__dict__``.
VARS = "builtins.vars"


#: What gives a record with other values in some fields: ``_replace`` of a named tuple does it, too.
REPLACE = "dataclasses.replace"
#: What ``Point._make`` calls, with the named tuple's class.
MADE_FROM = f"{NAMED_TUPLE}._make"


class LibraryAttributes:
    """Attributes that the knowledge base tells."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def of_object(self, value: LibObject, name: str) -> Value:
        """What ``value.name`` is; UNKNOWN where nobody says."""
        if value.type == library_types.VERSION:
            return Const(3) if name == "major" else UNKNOWN
        if value.type in NAMESPACES and name == "__dict__":
            return LibObject(VARS, (("object", WeakReference(value, VARS)),))
        if value.type == NAMED_TUPLE and name == "_replace":
            return Partial(Lib(REPLACE), (value,), ())
        if value.type in NAMESPACES:
            stored = self.ask.namespaces.stored_in(value, name)
            if is_known(stored):
                return stored
        if value.type == VARS:
            return LibMethod(value, name) if has_method(ANY_MAPPING, name) else UNKNOWN
        for key, constructed in value.args:
            # A wrapper such as contextlib.closing keeps what it was given under the parameter's name.
            if key == name and is_known(constructed) and self.knowledge.member(value.type, name) is None:
                return constructed
        declared = self.knowledge.attribute_type(value.type, name)
        if declared:
            attribute = library_types.instance_of(declared, self.knowledge)
            if isinstance(attribute, LibObject):
                entry = self.knowledge.entry(value.type)
                return replaced(attribute, mode=library.PIPE) if entry and name in entry.pipes else attribute
            if is_known(attribute):
                return attribute
        member = self.knowledge.member(value.type, name)
        if member is None:
            dynamic = self.knowledge.member(value.type, "__getattr__")
            returned = self.knowledge.returns(dynamic) if dynamic is not None and not name.startswith("__") else ""
            return library_types.instance_of(returned, self.knowledge) if returned else UNKNOWN
        if declared and not self.knowledge.is_definition(member):
            # A number, say: no method, which would be true in conditions.
            return UNKNOWN
        return LibMethod(value, member)

    def of_class(self, cls: Lib, name: str) -> Value:
        """What a class of a library has: a variable whose type we know, or a method."""
        declared = self.knowledge.attribute_type(cls.name, name)
        if declared and self.knowledge.is_class(declared):
            return library_types.instance_of(declared, self.knowledge)
        member = self.knowledge.member(cls.name, name)
        return Lib(member) if member is not None else UNKNOWN

    def as_users_know_it(self, obj: Object, name: str) -> Value:
        """What we know of a class as a library, where its own code does not say: it inherits that from C."""
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            qualified = self.knowledge.canonical(f"{base.node.module.name}.{base.node.name}")
            if self.knowledge.is_class(qualified):
                return self.of_object(LibObject(qualified, obj.args), name)
        return UNKNOWN
