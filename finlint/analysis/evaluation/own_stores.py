"""What the methods of a class store in the attributes of its instances, and in its own."""

from __future__ import annotations

from types import NoneType

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.containers import contained
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NEVER,
    UNKNOWN,
    Class,
    Const,
    Lib,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Value,
    alternatives,
    is_known,
    is_none,
    says_nothing,
    softened,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.namespaces import kept
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.program.definitions import class_of, since_last_assigned
from finlint.analysis.program.self_construction import made_names
from finlint.analysis.program.symbols import ClassNode, FunctionNode, method_kind, with_closures
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.reads import Kept

#: Bases that give an instance no attributes but special ones.
_EMPTY = ("builtins.object", "abc.ABC", "typing.", "typing_extensions.", "collections.abc.")

#: What decides conditions where the constructor alone sets it, and to nothing else.
_TOLD = (int, str, NoneType)


class OwnStores:
    """Stores into ``self.name`` and ``Class.name`` by the class itself, and by those that it inherits from."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self._methods: Kept[tuple[ClassNode, str], tuple[FunctionNode, ...]] = Kept(ask.reads)
        self._instances: Memo[tuple[Object, str], Value | None] = Memo(ask.solver, NEVER)
        self._classes: Memo[tuple[Class, str], tuple[list[Value], list[Value]]] = Memo(ask.solver, ([], []))

    def of_instance(self, obj: Object, name: str) -> Value | None:
        """What methods of the class and its bases assign to ``self.name``; None if none does."""
        self.ask.note(obj.cls, name)
        return self._instances.answer((obj, name), self._of_instance, obj, name)

    def all_of(self, obj: Object) -> Mapping:
        """What ``vars(obj)`` holds: the attributes that methods of the class and its bases assign, by name."""
        bases = [base.node for base in self.ask.classes.mro(obj.cls) if isinstance(base, Class)]
        names = dict.fromkeys(
            name
            for node in bases
            for method in node.methods()
            for owner, name in method.index.stores
            if method.ir.params and owner == method.ir.params[0].name
        )
        stored = [(Const(name), value) for name in names if (value := self.of_instance(obj, name)) is not None]
        known = [value for _, value in stored if is_known(value)]
        return Mapping((), union(name for name, _ in stored), union(known))

    def _of_instance(self, obj: Object, name: str) -> Value | None:
        values: list[Value] = []
        elements: list[Value] = []
        found, given_firm = False, True
        declared = self.ask.classes.declared(obj, name)
        for base in self.ask.classes.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            written = self.ask.records.init(base)
            methods = [*self._methods_with(base.node, name), *([written.node] if written is not None else [])]
            for method in methods:
                first = method.ir.params[0].name if method.ir.params else ""
                # Properties that store themselves, and methods that store on the class, count too.
                owners = first, base.node.name, class_of(first), *made_names(method)
                for _, *inner in with_closures(method, first):
                    function = inner[-1] if inner else method
                    definitions = [d for owner in owners for d in function.index.stores.get((owner, name), [])]
                    if len(definitions) > 1 and method.name == "__init__" and not inner:
                        last = since_last_assigned(definitions, method.ir.body)
                        if len(last) < len(definitions) and not method.reads_own(name, len(definitions)):
                            definitions = last
                    if not definitions:
                        continue
                    found = True
                    context = self.ask.binding.closure_context(
                        inner, self.ask.classes.making_context(method, obj, base)
                    )
                    made, put = self.ask.names.values_and_elements(definitions, EvalState(context))
                    given_firm = given_firm and all(isinstance(v, Const) and v.firm for v in made)
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
            if obj.args and self.ask.fields.is_record(obj.cls):
                for key, value in obj.args:
                    if key == name and is_known(value):
                        return value
            return None
        if (
            len(values) == 1
            and isinstance(values[0], Const)
            and (isinstance(values[0].value, bool) or (given_firm and isinstance(values[0].value, _TOLD)))
        ):
            return Const(values[0].value, self._is_set_once(obj, name))
        informative = [v for v in values if is_known(v) and not is_none(v)]
        if declared is not None and (not informative or not is_known(union(values))):
            return union([declared, *informative])
        if informative:
            # Assignments of things that we cannot tell do not make the known ones less likely.
            nones = [v for v in values if is_none(v)]
            return union([*informative, *nones])
        return union(values)

    def of_class(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        """What methods assign to ``Class.name``, class methods to ``cls.name``, and what they put into it."""
        return self._classes.answer((cls, name), self._of_class, cls, name)

    def _of_class(self, cls: Class, name: str) -> tuple[list[Value], list[Value]]:
        values: list[Value] = []
        elements: list[Value] = []
        for base in self.ask.classes.mro(cls):
            if not isinstance(base, Class):
                continue
            if name not in base.node.changed_on_class:
                continue
            for method in self._methods_with(base.node, name):
                first = method.ir.params[0].name if method.ir.params else ""
                receiver: Value
                kind = method_kind(method)
                match kind:
                    case "class":
                        receiver, own = cls, first
                    case "instance":
                        receiver, own = Object(cls), class_of(first)
                    case "static":
                        receiver, own = UNKNOWN, class_of("")
                    case _:
                        assert_never(kind)
                owners = (base.node.name, own)
                definitions = [d for owner in owners for d in method.index.stores.get((owner, name), [])]
                if not definitions:
                    continue
                contexts = [self.ask.binding.method_context(method, receiver, base.context)]
                if method.name == "__init_subclass__":
                    contexts = self.ask.decorations.contexts(method)
                for context in contexts:
                    made, put = self.ask.names.values_and_elements(definitions, EvalState(context))
                    values += map(softened, made)
                    elements += put
        return values, elements

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
            for method in self._methods_with(base.node, name):
                for _, *inner in with_closures(method):
                    function = inner[-1] if inner else method
                    stored = any(attribute == name for _, attribute in function.index.stores)
                    if stored and (inner or method.name not in ("__init__", "__new__")):
                        return False
        return not self.ask.classes.has_unknown_base(obj.cls) and not self.ask.external_stores.is_stored(obj, name)

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
        if classes.declared(obj, name) is not None or self.of_instance(obj, name) is not None:
            return False
        return not self.ask.external_stores.is_stored(obj, name)

    def _methods_with(self, node: ClassNode, name: str) -> tuple[FunctionNode, ...]:
        """The methods of a class that may store an attribute: looked for once, however many instances there are."""
        return self._methods.answer((node, name), self._find_methods, node, name)

    @staticmethod
    def _find_methods(node: ClassNode, name: str) -> tuple[FunctionNode, ...]:
        return tuple(node.methods_with(name))

    def is_told(self, obj: Object, name: str) -> bool:
        """Whether all that methods store in an attribute is known, so that it is nothing else."""
        found = False
        for base in self.ask.classes.mro(obj.cls):
            for method in self._methods_with(base.node, name) if isinstance(base, Class) else ():
                first = method.ir.params[0].name if method.ir.params else ""
                context = self.ask.binding.method_context(method, obj, base.context)  # type: ignore[union-attr]
                for definition in method.index.stores.get((first, name), ()):
                    found = True
                    if definition.how != "value" or definition.path:
                        return False
                    if not is_known(self.ask.expressions.eval(definition.node, EvalState(context))):  # type: ignore[arg-type]
                        return False
        return found

    def is_stored(self, obj: Object, name: str) -> bool:
        """Whether methods store the attribute."""
        return any(
            (method.ir.params[0].name, name) in method.index.stores
            for base in self.ask.classes.mro(obj.cls)
            if isinstance(base, Class)
            for method in self._methods_with(base.node, name)
            if method.ir.params
        )
