"""What ``value.name`` is, for every kind of value."""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    DISPATCH,
    DISPATCH_METHOD,
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
    Sequence,
    Super,
    Suspended,
    Value,
    WeakReference,
    alternatives,
    contained,
    is_known,
    is_none,
    says_nothing,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.namespaces import NAMESPACES, kept
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.models.containers import ANY_MAPPING, has_method
from finlint.analysis.program.definitions import class_of
from finlint.analysis.program.self_construction import made_names
from finlint.analysis.program.symbols import FunctionNode, is_abstract, method_kind, with_closures
from finlint.model import ir
from finlint.model.source import Span

#: The type of ``obj.__dict__``.
VARS = "builtins.vars"

#: What makes instances of classes that do not say how.
_NEW = "builtins.object.__new__"
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
        self._attributes: Memo[tuple[Object, str], Value | None] = Memo(ask.solver, NEVER)
        self._class_attributes: Memo[tuple[Class, str], tuple[list[Value], list[Value]]] = Memo(ask.solver, ([], []))

    def attribute(self, value: Value, name: str, state: EvalState, span: Span | None) -> Value:
        """``value.name``; a property runs (and is recorded) as a call does."""
        out = []
        for option in alternatives(value):
            out.append(self._one_attribute(option, name, state, span))
        objects = [option for option in alternatives(value) if isinstance(option, Object)]
        if len(objects) == 1:
            # Several say themselves what implements the method.
            out += [method for found in out for method in self._implementations(found, objects[0], name, state)]
        known = [v for v in out if is_known(v)]
        if known and len(known) < len(out):
            return union(known) if len(out) == len(known) + 1 and isinstance(value, OneOf) else union(out)
        return union(out)

    def _one_attribute(self, value: Value, name: str, state: EvalState, span: Span | None) -> Value:
        if isinstance(value, Module):
            return self.ask.imports.module_attribute(value.node, name)
        if isinstance(value, Lib):
            if self.knowledge.is_class(value.name):
                variable = self._class_variable(value, name)
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
            return library.module_member(value.name, name, self.knowledge)
        if isinstance(value, LibResult):
            return self.ask.library_stores.stored(value, name, state.module)
        if isinstance(value, LibObject):
            attribute = self._library_attribute(value, name)
            if is_known(attribute) or self.knowledge.member(value.type, name) is not None:
                return attribute
            return self.ask.library_stores.stored(value, name, state.module)
        if isinstance(value, Object):
            if state.recorder is not None and span is not None:
                own = self.ask.classes.class_function(value.cls, "__getattribute__")
                if own is not None:
                    # What it finds is as a rule what is there.
                    self.ask.calls.call(Bound(own, value), CallArgs((Const(name),)), state, span, None)
            return self.instance_attribute(value, name, state, span)
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
        if isinstance(value, (WeakReference, Partial, Function)):
            return LibMethod(value, name)
        if isinstance(value, Const) and has_method(value, name):
            return LibMethod(value, name)
        return NEVER if value is NEVER else UNKNOWN

    def _class_variable(self, cls: Lib, name: str) -> Value:
        """What a class of a library has: a variable whose type we know, or a method."""
        declared = self.knowledge.attribute_type(cls.name, name)
        if declared and self.knowledge.is_class(declared):
            return library.instance_of(declared, self.knowledge)
        member = self.knowledge.member(cls.name, name)
        return Lib(member) if member is not None else UNKNOWN

    def from_dict(self, attributes: LibObject, key: Value, state: EvalState, span: Span | None) -> Value:
        """``obj.__dict__[key]``: what is stored under that name."""
        ((_, reference),) = attributes.args
        if not isinstance(reference, WeakReference) or not (isinstance(key, Const) and isinstance(key.value, str)):
            return UNKNOWN
        if isinstance(reference.target, Object):
            return self.stored(reference.target, key.value) or UNKNOWN
        return self.attribute(reference.target, key.value, state, span)

    def _library_attribute(self, value: LibObject, name: str) -> Value:
        if value.type == library.VERSION:
            return Const(3) if name == "major" else UNKNOWN
        if value.type in NAMESPACES and name == "__dict__":
            return LibObject(VARS, (("object", WeakReference(value, VARS)),))
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
            attribute = library.instance_of(declared, self.knowledge)
            if isinstance(attribute, LibObject):
                entry = self.knowledge.entry(value.type)
                return attribute._replace(mode=library.PIPE) if entry and name in entry.pipes else attribute
            if is_known(attribute):
                return attribute
        member = self.knowledge.member(value.type, name)
        if member is None:
            dynamic = self.knowledge.member(value.type, "__getattr__")
            returned = self.knowledge.returns(dynamic) if dynamic is not None and not name.startswith("__") else ""
            return library.instance_of(returned, self.knowledge) if returned else UNKNOWN
        if declared and not self.knowledge.is_definition(member):
            # A number, say: no method, which would be true in conditions.
            return UNKNOWN
        return LibMethod(value, member)

    def _of_metaclass(self, cls: Class, name: str, state: EvalState, span: Span | None) -> Value:
        """What a class has from its metaclass: a method is bound to the class, a property runs."""
        meta = self.ask.classes.metaclass(cls)
        member = self.ask.classes.class_member(meta, name) if meta is not None else None
        out: list[Value] = []
        for option in alternatives(member[1]) if member is not None else ():
            if isinstance(option, Function):
                out.append(Bound(option, cls))
            elif isinstance(option, Marked) and option.kind == "property":
                out.append(self.ask.calls.call(Bound(option.function, cls), CallArgs(), state, span, None))
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
        if found is None:
            declared = self.ask.classes.declared(Object(cls), name)
            found = None if declared is None else (cls, declared)
        value = UNKNOWN if found is None else union(self._unbound(option, cls) for option in alternatives(found[1]))
        if not all(not is_known(option) or isinstance(option, _DATA) for option in alternatives(value)):
            return value
        made, put = self.class_stored(cls, name)
        made = [*made, *map(softened, self.ask.external_stores.on_class(cls, name))]
        informative = [v for v in made if is_known(v) and not is_none(v)]
        # A singleton is None in the body, and the instance once somebody has asked for it.
        values = [softened(value) if made else value] if found is not None else []
        if any(isinstance(option, (Sequence, Mapping)) for option in alternatives(value)):
            # ``self.table[key] = value`` puts it into the class's.
            by_instances = self.stored(Object(cls), name)
            values += [by_instances] if by_instances is not None else []
        return union(contained([*values, *(informative or made)], put))

    def class_stored(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        """What methods assign to ``Class.name``, class methods to ``cls.name``, and what they put into it."""
        return self._class_attributes.answer((cls, name), self._class_stored, cls, name)

    def _class_stored(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        values: list[Value] = []
        elements: list[Value] = []
        for base in self.ask.classes.mro(cls):
            if not isinstance(base, Class):
                continue
            if name not in base.node.changed_on_class:
                continue
            for method in base.node.methods_with(name):
                kind = method_kind(method)
                first = method.ir.params[0].name if kind != "static" and method.ir.params else ""
                owners = (base.node.name, first if kind == "class" else class_of(first))
                definitions = [d for owner in owners for d in method.index.stores.get((owner, name), [])]
                if definitions:
                    receiver = cls if kind == "class" else Object(cls) if kind == "instance" else UNKNOWN
                    context = self.ask.binding.method_context(method, receiver, base.context)
                    made, put = self.ask.names.values_and_elements(definitions, EvalState(context))
                    values += map(softened, made)
                    elements += put
        return values, elements

    @staticmethod
    def _unbound(value: Value, cls: Class) -> Value:
        if isinstance(value, Marked) and value.kind not in (DISPATCH, DISPATCH_METHOD):
            return Bound(value.function, cls) if value.kind == "class" else value.function
        return value

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
        if (of_member := self.ask.enumerations.attribute(obj, name)) is not None:
            return of_member
        member = self.ask.classes.class_member(obj.cls, name)
        stored = self.stored(obj, name)
        patched = self.ask.external_stores.on_class(obj.cls, name)
        if patched:
            # ``Pool.close = close``, after the class.
            found = [stored] if stored is not None else []
            values = [*patched, *([member[1]] if member is not None and not is_none(member[1]) else [])]
            return union(
                [*found, *(self.bound_member(o, obj, name, state, span) for v in values for o in alternatives(v))]
            )
        if member is None:
            if stored is not None:
                return stored
            known = self._as_users_know_it(obj, name)
            if is_known(known):
                return known
            dynamic = self.ask.classes.class_function(obj.cls, "__getattr__")
            if dynamic is not None:
                if _remembers(dynamic.node) or self.ask.classes.has_unknown_base(obj.cls):
                    # It runs for the first reader only, who is rarely a finalizer; or not at all, where a base that we
                    # do not know has the attribute.
                    state = EvalState(state.context, state.env)
                return self.ask.calls.call(Bound(dynamic, obj), CallArgs((Const(name),)), state, span, None)
            return UNKNOWN
        _, value = member
        if self.ask.classes.is_record(obj.cls):
            given = self._field(obj, name, stored)
            if given is not None:
                return given
        out = [kept(self.bound_member(v, obj, name, state, span), obj, name) for v in alternatives(value)]
        if stored is not None and not any(_is_method(option) for option in out):
            if self.ask.records.stores(obj.cls, name):
                return stored
            informative = [v for v in out if is_known(v) and not is_none(v)]
            return union([stored, *informative]) if informative else stored
        if stored is not None:
            out.append(stored)
        elif any(map(_is_method, out)):
            # ``pool.close = close``, on an object.
            out += self.ask.external_stores.replaced_by_others(obj, name)
        elif all(isinstance(v, Const) for v in out) and self.ask.classes.declared(obj, name) is not None:
            declared = self.ask.classes.declared(obj, name)
            assert declared is not None
            out = [*map(softened, out), declared]
        return union(out)

    def _field(self, obj: Object, name: str, stored: Value | None) -> Value | None:
        """What an instance of a record has in a field; None where it was not given one, and has the default."""
        for key, value in obj.args:
            if key == name and is_known(value):
                if self._is_stored(obj, name):
                    return value if stored is None else union([softened(value), stored])
                return softened(value) if self._is_set_from_outside(obj, name, value) else value
        if obj.site in ("", "self") and name in self.ask.classes.record_names(obj.cls):
            # Another value may have been given for it.
            declared = self.ask.classes.declared(obj, name)
            member = self.ask.classes.class_member(obj.cls, name)
            default = () if member is None else [softened(v) for v in alternatives(member[1])]
            options = [*default, *(() if declared is None else (declared,)), *(() if stored is None else (stored,))]
            return union(options) if all(isinstance(v, Const) for v in default) else None
        return None

    def _is_stored(self, obj: Object, name: str) -> bool:
        """Whether methods store the attribute."""
        return any(
            (method.ir.params[0].name, name) in method.index.stores
            for base in self.ask.classes.mro(obj.cls)
            if isinstance(base, Class)
            for method in base.node.methods_with(name)
            if method.ir.params
        )

    def _is_set_from_outside(self, obj: Object, name: str, value: Value) -> bool:
        """Whether code outside of its class stores an attribute; asked for what decides conditions only."""
        return isinstance(value, Const) and self.ask.external_stores.is_stored(obj, name)

    def is_never_set(self, obj: Object, name: str) -> bool:
        """Whether an instance certainly has no such attribute: neither its classes nor anybody in the package says that
        there is one. Its class is known to be just that, or a subclass that the package shows."""
        classes = self.ask.classes
        if not obj.site or classes.has_unknown_base(obj.cls) or classes.class_member(obj.cls, name) is not None:
            return False
        for base in classes.mro(obj.cls):
            if isinstance(base, Lib):
                if not base.name.startswith(_EMPTY):
                    return False
            elif isinstance(base, Class):
                node = base.node
                if node.gives_by_name or name in node.changed_on_class or name in node.changed_by_name:
                    return False
                if any(hook in node.members for hook in ("__getattr__", "__getattribute__", "__slots__")):
                    return False
        if classes.declared(obj, name) is not None or self.stored(obj, name) is not None:
            return False
        return not self.ask.external_stores.is_stored(obj, name)

    def is_told(self, obj: Object, name: str) -> bool:
        """Whether all that methods store in an attribute is known, so that it is nothing else."""
        found = False
        for base in self.ask.classes.mro(obj.cls):
            for method in base.node.methods_with(name) if isinstance(base, Class) else ():
                first = method.ir.params[0].name if method.ir.params else ""
                context = self.ask.binding.method_context(method, obj, base.context)  # type: ignore[union-attr]
                for definition in method.index.stores.get((first, name), ()):
                    found = True
                    if definition.how != "value" or definition.path:
                        return False
                    if not is_known(self.ask.expressions.eval(definition.node, EvalState(context))):  # type: ignore[arg-type]
                        return False
        return found

    def _as_users_know_it(self, obj: Object, name: str) -> Value:
        """What we know of a class as a library, where its own code does not say: it inherits that from C."""
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            qualified = self.knowledge.canonical(f"{base.node.module.name}.{base.node.name}")
            if self.knowledge.is_class(qualified):
                return self._library_attribute(LibObject(qualified, obj.args), name)
        return UNKNOWN

    def bound_member(self, value: Value, obj: Object, name: str, state: EvalState, span: Span | None) -> Value:
        if isinstance(value, Marked):
            if value.kind == "static":
                return value.function
            if value.kind == "class":
                return Bound(value.function, obj.cls)
            if value.kind == "property":
                return self.ask.calls.call(Bound(value.function, obj), CallArgs(), state, span, None)
            if value.kind == "context" and isinstance(value.function, Function):
                return Marked("context", Bound(value.function, obj))
            if value.kind in (DISPATCH, DISPATCH_METHOD):
                return Bound(value, obj)
            if value.kind == "within" and isinstance(value.function, Partial):
                return Marked("within", value.function._replace(function=Bound(value.function.function, obj)))
            if value.kind == "partial" and isinstance(value.function, Partial):
                return value.function._replace(function=Bound(value.function.function, obj))
        if isinstance(value, Function):
            return Bound(value, obj)
        if isinstance(value, Lib) and self.ask.classes.container_base(obj.cls):
            held = self.ask.protocols.contents(obj)
            if isinstance(held, (Sequence, Mapping)):
                return LibMethod(held, name)
        if isinstance(value, Lib) and self._is_library_method(value.name, obj.cls):
            seen = self._as_library(obj)
            attribute = self._library_attribute(LibObject(value.name.rpartition(".")[0], seen.args), name)
            return self._inherited(seen, value.name, obj) if isinstance(attribute, LibMethod) else attribute
        if isinstance(value, Object):
            getter = self.ask.classes.class_function(value.cls, "__get__")
            if getter is not None:
                return self.ask.calls.call(Bound(getter, value), CallArgs((obj, obj.cls)), state, span, None)
        if isinstance(value, Bound) and isinstance(value.function, Function) and value.receiver == obj.cls:
            return value
        return value

    def _implementations(self, method: Value, obj: Object, name: str, state: EvalState) -> list[Value]:
        """What an abstract method may be, of an object of which only a base class is known.

        Of its own object a method knows the class; the one that another method has handed on is of any subclass.
        """
        own = obj.site == "self" and any(value == obj for _, value in state.context.params[:1])
        if own or obj.args or obj.site not in ("", "self"):
            return []
        if not isinstance(method, Bound) or not isinstance(method.function, Function):
            return []
        if method.receiver != obj or not is_abstract(method.function.node.ir):
            return []
        return [Bound(override, Object(cls)) for cls, override in self.ask.classes.overrides(obj.cls, name)]

    def _is_library_method(self, name: str, cls: Class) -> bool:
        owner = name.rpartition(".")[0]
        return self.knowledge.is_class(owner) and any(isinstance(base, Lib) for base in self.ask.classes.mro(cls))

    def _inherited(self, seen: LibObject, name: str, obj: Object) -> LibMethod:
        """The method ``name`` of a library, of an object that the library sees as ``seen``."""
        entry = self.knowledge.entry(name)
        matters = entry is not None and (entry.calls_methods or self.ask.classes.is_from_abstract(obj.cls, name))
        return LibMethod(seen, name, obj if matters else None)

    def _as_library(self, obj: Object) -> LibObject:
        """An instance of a subclass of a library class, as the library sees it."""
        return LibObject(self.ask.classes.library_base(obj.cls), obj.args)

    def stored(self, obj: Object, name: str) -> Value | None:
        """What methods of the class and its bases assign to ``self.name``; None if none does."""
        self.ask.note(obj.cls, name)
        return self._attributes.answer((obj, name), self._stored, obj, name)

    def _stored(self, obj: Object, name: str) -> Value | None:
        values: list[Value] = []
        elements: list[Value] = []
        found = False
        declared = self.ask.classes.declared(obj, name)
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            written = self.ask.records.init(base)
            methods = [*base.node.methods_with(name), *([written.node] if written is not None else [])]
            for method in methods:
                first = method.ir.params[0].name if method.ir.params else ""
                # Properties that store themselves, and methods that store on the class, count too.
                owners = first, base.node.name, class_of(first), *made_names(method)
                for _, *inner in with_closures(method, first):
                    function = inner[-1] if inner else method
                    definitions = [d for owner in owners for d in function.index.stores.get((owner, name), [])]
                    if not definitions:
                        continue
                    found = True
                    context = self.ask.binding.closure_context(
                        inner, self.ask.classes.making_context(method, obj, base)
                    )
                    made, put = self.ask.names.values_and_elements(definitions, EvalState(context))
                    values.extend(kept(softened(v), obj, name) for v in made)
                    elements.extend(put)
                    values = self._modes(values, function, first, name, context)
        if elements:
            if declared is not None and all(map(says_nothing, values)):
                values = [*filter(is_none, values), declared]
            values = contained(values or self._containers(obj, name), elements)
        by_name = list(self.ask.named_stores.stored(obj, name))
        values += by_name
        found = found or bool(by_name)
        if not elements and declared is None and self._is_set_by_others(values, found, obj, name):
            values += map(softened, self.ask.external_stores.stored_by_others(obj, name))
            found = found or bool(values)
        if not found:
            if declared is not None:
                return declared
            if obj.args and self.ask.classes.is_record(obj.cls):
                for key, value in obj.args:
                    if key == name and is_known(value):
                        return value
            return None
        if len(values) == 1 and isinstance(values[0], Const) and isinstance(values[0].value, bool):
            return Const(values[0].value, self._is_set_once(obj, name))
        informative = [v for v in values if is_known(v) and not is_none(v)]
        if declared is not None and (not informative or not is_known(union(values))):
            return union([declared, *informative])
        if informative:
            # Assignments of things that we cannot tell do not make the known ones less likely.
            nones = [v for v in values if is_none(v)]
            return union([*informative, *nones])
        return union(values)

    def _is_set_once(self, obj: Object, name: str) -> bool:
        """Whether a flag is what the constructor sets it to, and nobody sets it to anything else."""
        # One that is not known may be an instance of a subclass.
        return bool(obj.site) and self.is_set_in_constructor(obj, name)

    def is_set_in_constructor(self, obj: Object, name: str) -> bool:
        """Whether an attribute is what the constructor sets it to, as far as its class and the package tell."""
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            if base.node.sets_by_name or name in base.node.changed_on_class:
                return False
            for method in base.node.methods_with(name):
                for _, *inner in with_closures(method):
                    function = inner[-1] if inner else method
                    stored = any(attribute == name for _, attribute in function.index.stores)
                    if stored and (inner or method.name not in ("__init__", "__new__")):
                        return False
        return not self.ask.classes.has_unknown_base(obj.cls) and not self.ask.external_stores.is_stored(obj, name)

    def _containers(self, obj: Object, name: str) -> list[Value]:
        """Those that the body of its class holds by that name."""
        member = self.ask.classes.class_member(obj.cls, name)
        return [] if member is None else [v for v in alternatives(member[1]) if isinstance(v, (Sequence, Mapping))]

    def _is_set_by_others(self, values: list[Value], found: bool, obj: Object, name: str) -> bool:
        """Whether the class itself only says that an attribute is None, or says so in its body."""
        if found:
            return all(map(is_none, values))
        member = self.ask.classes.class_member(obj.cls, name)
        if member is None:
            # Nobody in the class says that there is one: ``set_up(self)`` does.
            return not self.ask.classes.has_unknown_base(obj.cls) and not self.ask.classes.library_base(obj.cls)
        return is_none(member[1])

    def _modes(
        self, values: list[Value], method: FunctionNode, first: str, name: str, context: CallContext
    ) -> list[Value]:
        """Apply ``self.sock.setblocking(False)`` in the method that made the socket."""
        for call in method.index.calls:
            func = call.func
            if (
                isinstance(func, ir.Attr)
                and isinstance(func.value, ir.Attr)
                and func.value.name == name
                and isinstance(func.value.value, ir.Name)
                and func.value.value.id == first
            ):
                changed: list[Value] = []
                for value in values:
                    if isinstance(value, LibObject):
                        member = self.knowledge.member(value.type, func.name)
                        entry = self.knowledge.entry(member) if member else None
                        if entry is not None and (entry.makes_nonblocking or entry.makes_bounded):
                            args = self.ask.arguments.of(call.args, EvalState(context))
                            value = library.changed_receiver(entry, args, value)
                    changed.append(value)
                values = changed
        return values

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
                            self.bound_member(option, receiver, name, state, span) for option in alternatives(member)
                        )
                    return union(self._unbound(option, cls) for option in alternatives(member))
            elif isinstance(base, Lib):
                qualified = self.knowledge.member(base.name, name)
                if qualified is not None and isinstance(receiver, Object):
                    seen = LibObject(self.knowledge.canonical(base.name), receiver.args)
                    return self._inherited(seen, qualified, receiver)
        if name == "__new__":
            return Lib(_NEW)
        return self._as_users_know_it(receiver, name) if isinstance(receiver, Object) else UNKNOWN


#: Bases that give an instance no attributes but special ones.
_EMPTY = ("builtins.object", "abc.ABC", "typing.", "typing_extensions.", "collections.abc.")


def _is_method(value: Value) -> bool:
    return isinstance(value, (Bound, Function, LibMethod))


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
