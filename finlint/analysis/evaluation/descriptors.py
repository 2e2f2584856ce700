"""What a member of a class is when it is read from an instance, from the class, or by ``super()``."""

from __future__ import annotations

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    DISPATCH,
    DISPATCH_METHOD,
    NAMED,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Marked,
    Object,
    Partial,
    Sequence,
    Value,
)
from finlint.analysis.evaluation.protocols import EXIT_STACK
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode, hands_itself_on, is_abstract, is_hook
from finlint.model.closed import assert_never
from finlint.model.record import replaced
from finlint.model.source import Span


class Descriptors:
    """Members bound to what they are read from."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def bound(self, value: Value, obj: Object, name: str, state: EvalState, span: Span | None) -> Value:
        """A member of the class of ``obj``, as ``obj.name`` gives it: a property and ``__get__`` run."""
        if isinstance(value, Marked):
            return self._marked(value, obj, state, span)
        if isinstance(value, Function):
            return Bound(value, obj)
        if isinstance(value, Lib) and self._is_library_method(value.name, obj.cls):
            held = self.ask.protocols.contents(obj) if self.ask.classes.container_base(obj.cls) else None
            if isinstance(held, (Sequence, Mapping)):
                return LibMethod(held, name)
            seen = self._as_library(obj)
            attribute = self.ask.library_attributes.of_object(LibObject(value.name.rpartition(".")[0], seen.args), name)
            return self.inherited(seen, value.name, obj) if isinstance(attribute, LibMethod) else attribute
        if isinstance(value, Object):
            getter = self.ask.classes.class_function(value.cls, "__get__")
            if getter is not None:
                value = self.told_name(value, name)
                return self.ask.calls.call(Bound(getter, value), CallArgs((obj, obj.cls)), state, span, None)
        return value

    def told_name(self, descriptor: Object, name: str) -> Object:
        """A descriptor that knows what it is called in the class that has it."""
        if self.ask.classes.class_function(descriptor.cls, "__set_name__") is None:
            return descriptor
        return replaced(
            descriptor, args=(*(pair for pair in descriptor.args if pair[0] != NAMED), (NAMED, Const(name)))
        )

    def kept_under(self, obj: Object, name: str) -> Value:
        """What a descriptor of its class keeps in an instance under a name that it makes of its own: ``_part`` of
        ``part = Closing()`` is what the instance's ``part`` was set to."""
        if not name.startswith("_"):
            return UNKNOWN
        for base in self.ask.classes.mro(obj.cls):
            for own in base.node.members if isinstance(base, Class) else ():
                if own in name and own != name and self._is_told_and_set(self.ask.classes.class_member(obj.cls, own)):
                    return self.ask.own_stores.of_instance(obj, own) or UNKNOWN
        return UNKNOWN

    def _is_told_and_set(self, member: tuple[Class | Lib, Value] | None) -> bool:
        value = member[1] if member is not None else UNKNOWN
        hooks = ("__set_name__", "__set__")
        return isinstance(value, Object) and all(self.ask.classes.class_function(value.cls, h) for h in hooks)

    def _marked(self, value: Marked, obj: Object, state: EvalState, span: Span | None) -> Value:
        function = value.function
        match value.kind:
            case "static":
                return function
            case "class":
                return Bound(function, obj.cls)
            case "property":
                return self.ask.calls.call(Bound(function, obj), CallArgs(), state, span, None)
            case "context" if isinstance(function, Function):
                return Marked("context", Bound(function, obj))
            case "dispatch" | "dispatch-method":
                return Bound(value, obj)
            case "partial" if isinstance(function, Partial):
                return replaced(function, function=Bound(function.function, obj))
            case "within" if isinstance(function, Partial):
                return Marked("within", replaced(function, function=Bound(function.function, obj)))
            case "context" | "partial" | "within" | "exit" | "set":
                pass
            case _:
                assert_never(value.kind)
        return value

    @staticmethod
    def unbound(value: Value, cls: Class) -> Value:
        """A member of a class, as ``cls.name`` gives it."""
        if isinstance(value, Marked) and value.kind not in (DISPATCH, DISPATCH_METHOD):
            return Bound(value.function, cls) if value.kind == "class" else value.function
        return value

    def implementations(self, method: Value, obj: Object, name: str, state: EvalState) -> list[Value]:
        """What a method that is abstract, or does nothing, may be, of an object of which only a base class is known.

        Of its own object a method knows the class; the one that another method has handed on is of any subclass.
        """
        if not isinstance(method, Bound) or not isinstance(method.function, Function):
            return []
        if obj.args or obj.site not in ("", "self"):
            return []
        if obj.site == "self" and any(value == obj for _, value in state.context.params[:1]):
            return []
        base = method.function.node.ir
        if method.receiver != obj or not (is_abstract(base) or (is_hook(base) and obj.site == "self")):
            return []
        overrides = self.ask.classes.overrides(obj.cls, name)
        if not is_abstract(base) and overrides:
            # It may be just what it seems to be: only what inherits a method that hands its object on is meant.
            handing = [method for method in obj.cls.node.methods() if hands_itself_on(method)]
            overrides = [(cls, override) for cls, override in overrides if self._has_one_of(cls, handing)]
        return [Bound(override, Object(cls)) for cls, override in overrides]

    def _has_one_of(self, cls: Class, methods: list[FunctionNode]) -> bool:
        found = (self.ask.classes.class_function(cls, method.name) for method in methods)
        return any(own is not None and own.node is method for own, method in zip(found, methods, strict=True))

    def _is_library_method(self, name: str, cls: Class) -> bool:
        """Whether ``name`` is a method that a library's heir may have from it: ``_sleep = time.sleep`` is none."""
        owner = name.rpartition(".")[0]
        return self.knowledge.is_class(owner) and any(isinstance(base, Lib) for base in self.ask.classes.mro(cls))

    def inherited(self, seen: LibObject, name: str, obj: Object) -> LibMethod:
        """The method ``name`` of a library, of an object that the library sees as ``seen``."""
        entry = self.knowledge.entry(name)
        matters = entry is not None and (entry.calls_methods or self.ask.classes.is_from_abstract(obj.cls, name))
        return LibMethod(seen, name, obj if matters else None)

    def _as_library(self, obj: Object) -> LibObject:
        """An instance of a subclass of a library class, as the library sees it."""
        base = self.ask.classes.library_base(obj.cls)
        if base == EXIT_STACK:
            return LibObject(base, (("exits", self.ask.protocols.exits(obj)),))
        return LibObject(base, obj.args)
