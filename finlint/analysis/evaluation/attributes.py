"""What ``value.name`` is, for every kind of value."""

from __future__ import annotations

from finlint.analysis.domain.containers import contained
from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    LibResult,
    Mapping,
    Marked,
    Module,
    Object,
    OneOf,
    Partial,
    RecordType,
    Sequence,
    Super,
    Suspended,
    Value,
    WeakReference,
    alternatives,
    is_known,
    is_none,
    softened,
    union,
)
from finlint.analysis.evaluation.library_attributes import MADE_FROM, REPLACE, VARS
from finlint.analysis.evaluation.namespaces import kept
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library_types
from finlint.analysis.models.containers import has_method
from finlint.analysis.program.symbols import FunctionNode, ModuleNode
from finlint.model import ir
from finlint.model.source import Span

#: What makes instances of classes that do not say how.
_NEW = "builtins.object.__new__"
#: Containers that have what is in them from there.
_NEW_CONTAINERS = ("builtins.tuple", "builtins.frozenset")
#: What makes an instance, in a metaclass.
_CALL = "builtins.type.__call__"

#: Containers that keep what is in them in their attribute ``data``.
_WITH_DATA = ("collections.UserDict", "collections.UserList")

#: What a class body holds that methods may replace.
_DATA = (Const, Sequence, Mapping, Object, LibObject)


class Attributes:
    """Attributes of modules, classes, instances, library objects and ``super()``."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self.project = ask.project

    def attribute(self, value: Value, name: str, state: EvalState, span: Span | None) -> Value:
        """``value.name``; a property runs (and is recorded) as a call does."""
        out = []
        for option in alternatives(value):
            out.append(self._one_attribute(option, name, state, span))
        objects = [option for option in alternatives(value) if isinstance(option, Object)]
        if len(objects) == 1:
            # Several say themselves what implements the method.
            implementations = self.ask.descriptors.implementations
            out += [method for found in out for method in implementations(found, objects[0], name, state)]
        known = [v for v in out if is_known(v)]
        if known and len(known) < len(out):
            # What else it may be decides no condition, but is there.
            return softened(union(known)) if len(out) == len(known) + 1 and isinstance(value, OneOf) else union(out)
        return union(out)

    def _one_attribute(self, value: Value, name: str, state: EvalState, span: Span | None) -> Value:
        if name == "__dict__" and isinstance(value, (Module, Lib)):
            return LibObject(VARS, (("object", WeakReference(value, VARS)),))
        if isinstance(value, Module):
            self._ask_module(value.node, name, state, span)
            return self.ask.imports.module_attribute(value.node, name)
        if isinstance(value, Lib):
            if self.knowledge.is_class(value.name):
                variable = self.ask.library_attributes.of_class(value, name)
                if is_known(variable):
                    return variable
            # ``import a`` where a.b is a module of the project.
            found = self.project.resolve(f"{value.name}.{name}", state.module)
            if found is not None and not self.knowledge.knows_module(value.name):
                return Module(found)
            full = f"{value.name}.{name}"
            if not self.knowledge.is_definition(full) and not self.knowledge.attribute_type(value.name, name):
                stored = self.ask.library_stores.stored(value, name, state.module)
                if is_known(stored):
                    return stored
            return library_types.module_member(value.name, name, self.knowledge)
        if isinstance(value, LibResult):
            return self.ask.library_stores.stored(value, name, state.module)
        if isinstance(value, LibObject):
            attribute = self.ask.library_attributes.of_object(value, name)
            if is_known(attribute) or self.knowledge.member(value.type, name) is not None:
                return attribute
            return self.ask.library_stores.stored(value, name, state.module)
        if isinstance(value, Object):
            there = self.instance_attribute(value, name, state, span)
            own = self.ask.classes.class_function(value.cls, "__getattribute__")
            # What it finds is as a rule what is there; where nothing is, what it gives.
            if own is not None and (state.recorder is not None or not is_known(there)):
                given = self.ask.calls.call(Bound(own, value), CallArgs((Const(name),)), state, span, None)
                return there if is_known(there) else given
            return there
        if isinstance(value, RecordType):
            return Partial(Lib(MADE_FROM), (value,), ()) if name == "_make" else UNKNOWN
        if isinstance(value, Class):
            own_one = self.class_attribute(value, name)
            return self._of_metaclass(value, name, state, span) if own_one is UNKNOWN else own_one
        if isinstance(value, Super):
            return self._super_attribute(value, name, state, span)
        if isinstance(value, (Sequence, Mapping)):
            return LibMethod(value, name) if has_method(value, name) else UNKNOWN
        if isinstance(value, Bound) and name == "__self__":
            return value.receiver
        if isinstance(value, Bound) and name == "__func__":
            return value.function
        if isinstance(value, Marked) and name in ("__func__", "__wrapped__"):
            return value.function
        if isinstance(value, Suspended):
            return LibMethod(value, name)
        if isinstance(value, WeakReference) and value.registrar == "weakref.proxy":
            return self.attribute(value.target, name, state, span)
        if isinstance(value, Function):
            stored = self.ask.library_stores.stored(value, name, state.module)
            return stored if is_known(stored) else LibMethod(value, name)
        if isinstance(value, (WeakReference, Partial)):
            return LibMethod(value, name)
        if isinstance(value, Const) and has_method(value, name):
            return LibMethod(value, name)
        return NEVER if value is NEVER else UNKNOWN

    def _ask_module(self, module: ModuleNode, name: str, state: EvalState, span: Span | None) -> None:
        """Record what a module's ``__getattr__`` runs for a name that the module does not have, each time."""
        if state.recorder is None or span is None or module.bound(name):
            return
        getter = self.ask.imports.getter(module, name)
        if getter is not None and not _keeps_in_module(getter.node) and self.project.submodule(module, name) is None:
            self.ask.calls.call(getter, CallArgs((Const(name),)), state, span, None)

    def from_dict(self, attributes: LibObject, key: Value, state: EvalState, span: Span | None) -> Value:
        """``obj.__dict__[key]``: what is stored under that name."""
        ((_, reference),) = attributes.args
        if not isinstance(reference, WeakReference) or not (isinstance(key, Const) and isinstance(key.value, str)):
            return UNKNOWN
        if isinstance(reference.target, Object):
            stored = self.ask.own_stores.of_instance(reference.target, key.value)
            return self.ask.descriptors.kept_under(reference.target, key.value) if stored is None else stored
        return self.attribute(reference.target, key.value, state, span)

    def all_in(self, attributes: LibObject) -> Mapping | None:
        """What ``obj.__dict__`` holds, if that is an instance's."""
        ((_, reference),) = attributes.args
        target = reference.target if isinstance(reference, WeakReference) else None
        return self.ask.own_stores.all_of(target) if isinstance(target, Object) else None

    def _of_metaclass(self, cls: Class, name: str, state: EvalState, span: Span | None) -> Value:
        """What a class has from its metaclass: a method is bound to the class, a property runs, an object is itself."""
        meta = self.ask.classes.metaclass(cls)
        member = self.ask.classes.class_member(meta, name) if meta is not None else None
        out: list[Value] = []
        for option in alternatives(member[1]) if member is not None else ():
            if isinstance(option, Function):
                out.append(Bound(option, cls))
            elif isinstance(option, Marked) and option.kind == "property":
                out.append(self.ask.calls.call(Bound(option.function, cls), CallArgs(), state, span, None))
            elif isinstance(option, (Object, LibObject)):
                out.append(option)
        return union(out)

    def class_attribute(self, cls: Class, name: str) -> Value:
        if self.ask.enumerations.is_one(cls):
            if name == "__members__":
                return self.ask.enumerations.table(cls)
            member = self.ask.enumerations.member(cls, name)
            if is_known(member):
                return member
        found = self.ask.classes.class_member(cls, name)
        if found is None and name == "__new__":
            return Lib(_NEW)
        if name == "_make" and self.ask.fields.is_named_tuple(cls):
            return Partial(Lib(MADE_FROM), (cls,), ())
        if found is None:
            declared = self.ask.classes.declared(Object(cls), name)
            found = None if declared is None else (cls, declared)
        value = (
            UNKNOWN
            if found is None
            else union(self.ask.descriptors.unbound(option, cls) for option in alternatives(found[1]))
        )
        if not all(not is_known(option) or isinstance(option, _DATA) for option in alternatives(value)):
            return value
        made, put = self.ask.own_stores.of_class(cls, name)
        given, filled = self.ask.patches.on_class(cls, name)
        unbound = self.ask.descriptors.unbound
        made = [union(unbound(option, cls) for option in alternatives(v)) for v in (*made, *map(softened, given))]
        informative = [v for v in made if is_known(v) and not is_none(v)]
        # A singleton is None in the body, and the instance once somebody has asked for it.
        values = [softened(value) if made else value] if found is not None else []
        if any(isinstance(option, (Sequence, Mapping)) for option in alternatives(value)):
            # ``self.table[key] = value`` puts it into the class's; an annotation puts nothing.
            by_instances = self.ask.own_stores.of_instance(Object(cls), name)
            declared_only = by_instances == self.ask.classes.declared(Object(cls), name)
            values += [by_instances] if by_instances is not None and not declared_only else []
        return union(contained([*values, *(informative or made)], [*put, *filled]))

    def instance_attribute(self, obj: Object, name: str, state: EvalState, span: Span | None) -> Value:
        """An attribute of an instance: what methods store, then what the class body holds."""
        self.ask.note(obj.cls, name)
        if name == "__class__":
            return obj.cls
        if name == "data" and self.ask.classes.container_base(obj.cls) in _WITH_DATA:
            return self.ask.protocols.contents(obj)
        if name == "__dict__":
            # It does not hold the object.
            return LibObject(VARS, (("object", WeakReference(obj, VARS)),))
        if name == "_replace" and self.ask.fields.is_named_tuple(obj.cls):
            return Partial(Lib(REPLACE), (obj,), ())
        if (of_member := self.ask.enumerations.attribute(obj, name)) is not None:
            return of_member
        member = self.ask.classes.class_member(obj.cls, name)
        stored = self.ask.own_stores.of_instance(obj, name)
        patched, _ = self.ask.patches.on_class(obj.cls, name)
        if patched:
            # ``Pool.close = close``, after the class.
            found = [stored] if stored is not None else []
            values = list(patched)
            if member is not None and not is_none(member[1]) and not self.ask.patches.is_replaced(obj.cls, name):
                values.append(member[1])
            return union(
                [
                    *found,
                    *(self.ask.descriptors.bound(o, obj, name, state, span) for v in values for o in alternatives(v)),
                ]
            )
        if member is None:
            if stored is not None:
                return stored
            known = self.ask.library_attributes.as_users_know_it(obj, name)
            if is_known(known):
                return known
            if self._reads_items(obj.cls):
                by_others = self.ask.external_stores.stored_by_others(obj, name)
                item = self.ask.protocols.item(obj, Const(name))
                return union([*by_others, item]) if is_known(item) or not by_others else union(by_others)
            dynamic = self.ask.classes.class_function(obj.cls, "__getattr__")
            if dynamic is not None:
                if _remembers(dynamic.node) or self.ask.classes.has_unknown_base(obj.cls):
                    # It runs for the first reader only, who is rarely a finalizer; or not at all, where a base that we
                    # do not know has the attribute.
                    state = EvalState(state.context, state.env)
                return self.ask.calls.call(Bound(dynamic, obj), CallArgs((Const(name),)), state, span, None)
            return self.ask.descriptors.kept_under(obj, name)
        _, value = member
        if stored is not None and all(map(self._is_hidden_by_instances, alternatives(value))):
            return stored
        if self.ask.fields.is_record(obj.cls):
            given = self._field(obj, name, stored)
            if given is not None:
                return given
        out = [kept(self.ask.descriptors.bound(v, obj, name, state, span), obj, name) for v in alternatives(value)]
        if stored is not None and not any(_is_method(option) for option in out):
            if self.ask.records.stores(obj.cls, name):
                return stored
            informative = [v for v in out if is_known(v) and not is_none(v)]
            return union([stored, *informative]) if informative else stored
        if stored is not None:
            out.append(stored)
        elif any(map(_is_method, out)):
            # ``pool.close = close``, on an object.
            out += self.ask.external_stores.stored_by_others(obj, name)
        elif all(isinstance(v, Const) for v in out) and self.ask.classes.declared(obj, name) is not None:
            declared = self.ask.classes.declared(obj, name)
            assert declared is not None
            out = [*map(softened, out), declared]
        return union(out)

    def _reads_items(self, cls: Class) -> bool:
        """Whether a mapping's heir has what is in it as attributes: ``__getattr__ = dict.__getitem__``, or a method
        does ``self.__dict__ = self``."""
        if not self.ask.classes.container_base(cls):
            return False
        member = self.ask.classes.class_member(cls, "__getattr__")
        getters = alternatives(member[1]) if member is not None else ()
        if any(isinstance(v, Lib) and v.name.rpartition(".")[2] in ("__getitem__", "get") for v in getters):
            return True
        bases = (base.node for base in self.ask.classes.mro(cls) if isinstance(base, Class))
        return any(_is_own_dict(method) for base in bases for method in base.methods_setting_by_name())

    def _field(self, obj: Object, name: str, stored: Value | None) -> Value | None:
        """What an instance of a record has in a field; None where it was not given one, and has the default."""
        for key, value in obj.args:
            if key == name and is_known(value):
                if self.ask.own_stores.is_stored(obj, name):
                    return value if stored is None else union([softened(value), stored])
                return softened(value) if self._is_set_from_outside(obj, name, value) else value
        if obj.site in ("", "self") and name in self.ask.fields.names(obj.cls):
            # Another value may have been given for it.
            declared = self.ask.classes.declared(obj, name)
            member = self.ask.classes.class_member(obj.cls, name)
            default = () if member is None else [softened(v) for v in alternatives(member[1])]
            options = [*default, *(() if declared is None else (declared,)), *(() if stored is None else (stored,))]
            return union(options) if all(isinstance(v, Const) for v in default) else None
        return None

    def _is_set_from_outside(self, obj: Object, name: str, value: Value) -> bool:
        """Whether code outside of its class stores an attribute; asked for what decides conditions only."""
        return isinstance(value, Const) and self.ask.external_stores.is_stored(obj, name)

    def _is_hidden_by_instances(self, value: Value) -> bool:
        """Whether it is a descriptor that only says what reading gives where the instance has nothing."""
        if not isinstance(value, Object) or self.ask.classes.class_function(value.cls, "__get__") is None:
            return False
        return self.ask.classes.class_function(value.cls, "__set__") is None

    def _super_attribute(self, value: Super, name: str, state: EvalState, span: Span | None) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, Object) else receiver if isinstance(receiver, Class) else None
        if cls is None:
            return UNKNOWN
        self.ask.note(cls, name)
        order = self.ask.classes.mro(cls)
        position = next(
            (i for i, base in enumerate(order) if isinstance(base, Class) and base.node is value.cls.node),
            None,
        )
        if position is None:
            # ``super().__call__(...)`` in a metaclass, about one of its classes.
            is_call = name == "__call__" and isinstance(receiver, Class) and isinstance(value.cls, Class)
            return Bound(Lib(_CALL), receiver) if is_call else UNKNOWN
        for base in order[position + 1 :]:
            if isinstance(base, Class):
                found = base.node.members.get(name)
                if found:
                    member = union(self.ask.names.bindings(found, base.context, base))
                    if isinstance(receiver, Object):
                        return union(
                            self.ask.descriptors.bound(option, receiver, name, state, span)
                            for option in alternatives(member)
                        )
                    return union(self.ask.descriptors.unbound(option, cls) for option in alternatives(member))
            elif isinstance(base, Lib):
                qualified = self.knowledge.member(base.name, name)
                if qualified is not None and isinstance(receiver, Object):
                    seen = LibObject(self.knowledge.canonical(base.name), receiver.args)
                    return self.ask.descriptors.inherited(seen, qualified, receiver)
        if name == "__new__":
            holds = self.ask.classes.container_base(cls) in _NEW_CONTAINERS
            return Lib(f"{self.ask.classes.container_base(cls)}.__new__" if holds else _NEW)
        return self.ask.library_attributes.as_users_know_it(receiver, name) if isinstance(receiver, Object) else UNKNOWN


def _is_own_dict(method: FunctionNode) -> bool:
    """``self.__dict__ = self``"""
    me = method.ir.params[0].name if method.ir.params else ""
    stores = (store for store in method.index.by_name if store.owner == me and store.key is None)
    return any(isinstance(store.value, ir.Name) and store.value.id == me for store in stores)


def _is_method(value: Value) -> bool:
    return isinstance(value, (Bound, Function, LibMethod))


def _keeps_in_module(getattr_: FunctionNode) -> bool:
    """Whether a module's ``__getattr__`` puts what it finds into the module, or has it imported."""
    called = (call.func for call in getattr_.index.calls)
    names = {f.id if isinstance(f, ir.Name) else f.name for f in called if isinstance(f, (ir.Name, ir.Attr))}
    return bool(getattr_.index.globals) or not names.isdisjoint({"globals", "setattr", "import_module", "__import__"})


def _remembers(getattr_: FunctionNode) -> bool:
    """Whether ``__getattr__`` stores what it finds, so that the next read does not come to it."""
    me = getattr_.ir.params[0].name if getattr_.ir.params else ""
    if any(store.owner == me for store in getattr_.index.by_name):
        return True
    for call in getattr_.index.calls:
        func = call.func
        named = func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attr) else ""
        if named in ("setattr", "__setattr__") and call.args:
            first = call.args[0].value
            by_super = isinstance(func, ir.Attr) and isinstance(func.value, ir.Call)
            if by_super or (isinstance(first, ir.Name) and first.id == me):
                return True
    return False
