"""Classes: their order of bases, and what their bodies hold."""

from __future__ import annotations

from collections import abc
from itertools import islice

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    NAMED,
    NEVER,
    UNKNOWN,
    Class,
    Function,
    Lib,
    Object,
    OneOf,
    RecordType,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.analysis.evaluation.memo import Memo
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.facts import Binding
from finlint.model.limits import BASES, OVERRIDES, SUBCLASSES
from finlint.model.reads import KeptOfOrder
from finlint.scan import words

#: Library bases that give no attributes to their subclasses.
_PURE = ("typing.", "typing_extensions.", "abc.", "collections.abc.", "builtins.object")


#: Containers that classes inherit from; an abstract one has nothing in it.
_CONTAINERS = frozenset(
    {f"builtins.{name}" for name in ("dict", "list", "set", "frozenset", "tuple")}
    | {f"collections.{name}" for name in ("OrderedDict", "defaultdict", "deque", "UserDict", "UserList", "ChainMap")}
    | {f"typing.{name}" for name in ("MutableMapping", "MutableSequence", "MutableSet")}
)
_GENERIC_ALIASES = {
    "typing.Dict": "builtins.dict",
    "typing.List": "builtins.list",
    "typing.Set": "builtins.set",
    "typing.FrozenSet": "builtins.frozenset",
    "typing.Tuple": "builtins.tuple",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.Deque": "collections.deque",
    "typing.ChainMap": "collections.ChainMap",
}


class Classes:
    """Questions about a class."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge
        self._mro: Memo[Class, tuple[Value, ...]] = Memo(ask.solver, (), grows=False)
        self._bases: Memo[Class, list[Value]] = Memo(ask.solver, [], grows=False)
        self.project = ask.project
        self._functions: KeptOfOrder[Function | None] = KeptOfOrder(ask.reads)
        self._members: Memo[tuple[Class, str], Value] = Memo(ask.solver, NEVER)
        self._overrides: Memo[tuple[Class, str], list[tuple[Class, Function]]] = Memo(ask.solver, [], grows=False)
        self._metaclasses: Memo[Class, Class | None] = Memo(ask.solver, None, grows=False)
        self._subclasses: Memo[Class, list[Class]] = Memo(ask.solver, [], grows=False)

    def mro(self, cls: Class) -> tuple[Value, ...]:
        """The class and its bases in C3 order: ``Class`` of the project or ``Lib``; unknown bases are left out."""
        if not self._mro.knows(cls):
            # The furthest base first: a hierarchy may be deeper than the stack.
            pending = [cls]
            seen = {cls}
            while pending:
                bases = self.bases(pending[-1])
                ahead = [b for b in bases if isinstance(b, Class) and b not in seen and not self._mro.knows(b)]
                if ahead:
                    pending += ahead
                    seen.update(ahead)
                else:
                    known = pending.pop()
                    self._mro.answer(known, self._linearise, known)
        return self._mro.answer(cls, self._linearise, cls) or (cls,)

    def _linearise(self, cls: Class) -> tuple[Value, ...]:
        bases = self.bases(cls)
        orders: list[abc.Sequence[Value]] = [self.mro(base) if isinstance(base, Class) else (base,) for base in bases]
        order = tuple(islice(_c3([*orders, bases]), BASES + 1))
        return (cls, *(order[:BASES] if BASES.passed(len(order)) else order))

    def bases(self, cls: Class) -> list[Value]:
        """The classes that it names as its bases: of the project, or of libraries."""
        return self._bases.answer(cls, self._find_bases, cls)

    def _find_bases(self, cls: Class) -> list[Value]:
        out: list[Value] = []
        state = self._context_of_bases(cls)
        for arg in cls.node.facts.bases:
            if arg.keyword or arg.star:
                continue
            for value in map(_concrete, alternatives(self._base(arg.value, state, cls))):
                if isinstance(value, (Class, Lib, RecordType)) and value != cls and value not in out:
                    out.append(value)
        return out

    def has_unknown_base(self, cls: Class) -> bool:
        """Whether the class inherits from something of which we do not know what it has."""
        for base in self.mro(cls):
            if isinstance(base, Lib):
                if not (self.knowledge.is_class(base.name) or base.name.startswith(_PURE)):
                    return True
            elif isinstance(base, Class):
                named = [arg.value for arg in base.node.facts.bases if not arg.keyword and not arg.star]
                state = self._context_of_bases(base)
                if not all(is_known(self._base(expr, state, base)) for expr in named):
                    return True
        return False

    def has_library_base(self, cls: Class, name: str) -> bool:
        """Whether one of its bases is a library's with that last name, from whichever module: ``Protocol``."""
        return any(isinstance(base, Lib) and base.name.rpartition(".")[2] == name for base in self.mro(cls))

    def _context_of_bases(self, cls: Class) -> EvalState:
        """Where the bases of a class are named: in the body of a class, its members come before the module's names."""
        parent, state = cls.node.parent, EvalState(cls.context)
        if parent is None:
            return state
        names: dict[str, Value] = {}
        for name in {arg.value.id for arg in cls.node.facts.bases if isinstance(arg.value, ir.Name)}:
            # ``class Reader(Reader)`` means the one before.
            earlier = [b for b in parent.members.get(name, ()) if b.cls is not cls.node.facts]
            if earlier:
                names[name] = union(self.ask.names.bindings(earlier, cls.context, Class(parent, cls.context)))
        return state.with_names(names) if names else state

    def _base(self, expr: ir.Expr, state: EvalState, cls: Class) -> Value:
        # ``class Lock(Lock)`` inherits from what the name meant before: an import or an earlier class.
        if isinstance(expr, ir.Name) and expr.id == cls.node.name and cls.context.function is None and not state.env:
            earlier = [b for b in cls.node.module.bound(expr.id) if b.cls is not cls.node.facts]
            return union(v for b in earlier for v in self.ask.names.binding(b, cls.context, None))
        if isinstance(expr, ir.Call):
            # ``with_metaclass(Meta, Base)`` and ``namedtuple(...)``.
            value = self.ask.expressions.eval(expr, state)
            if is_known(value) and isinstance(value, (Class, Lib, RecordType, OneOf)):
                return value
            return union(
                v
                for a in expr.args
                for v in alternatives(self.ask.expressions.eval(a.value, state))
                if isinstance(v, Class)
            )
        return self.ask.expressions.eval(expr, state)

    def class_member(self, cls: Class, name: str) -> tuple[Class | Lib, Value] | None:
        """The first class in the order that has ``name`` in its body, and what it is there."""
        self.ask.note(cls, name)
        for base in self.mro(cls):
            if isinstance(base, Class):
                found = base.node.members.get(name)
                if found and not all(map(base.node.only_annotates, found)):
                    return base, self._members.answer((base, name), self._member, base, found)
            elif isinstance(base, Lib):
                qualified = self.knowledge.member(base.name, name)
                if qualified is not None:
                    return base, Lib(qualified)
        return None

    def _member(self, cls: Class, found: list[Binding]) -> Value:
        """What the body of ``cls`` binds a name to."""
        return union(self.ask.names.bindings(found, cls.context, cls))

    def class_function(self, cls: Class, name: str) -> Function | None:
        """The method ``name`` if the project defines it, undecorated."""
        self.ask.note(cls, name)
        order = self.mro(cls)
        if name == "__init__":
            # What is written for a record is a query, which may lead to itself.
            return self._find_function(order, name)
        return self._functions.answer(order, name, self._find_function)

    def _find_function(self, order: tuple[Value, ...], name: str) -> Function | None:
        for base in order:
            if isinstance(base, Class):
                node = base.node.method(name)
                if node is not None:
                    return Function(node, base.context)
                written = self.ask.records.init(base) if name == "__init__" else None
                if written is not None:
                    return written
            elif isinstance(base, Lib) and self.knowledge.member(base.name, name) is not None:
                return None
        return None

    def overrides(self, cls: Class, name: str) -> list[tuple[Class, Function]]:
        """Subclasses of ``cls`` in its package that define the method ``name``, as far as they are quickly found."""
        self.ask.note(cls, name)
        return self._overrides.answer((cls, name), self._find_overrides, cls, name)

    def _find_overrides(self, cls: Class, name: str) -> list[tuple[Class, Function]]:
        out: list[tuple[Class, Function]] = []
        subclasses = self.subclasses(cls)
        own = {base.node for base in self.mro(cls) if isinstance(base, Class)} | {sub.node for sub in subclasses}
        for sub in subclasses:
            override = self.class_function(sub, name)
            # What it inherits from another subclass is that one's; what a mixin gives it is its own.
            if override is not None and (override.node.owner is sub.node or override.node.owner not in own):
                if OVERRIDES.reached(len(out)):
                    break
                out.append((sub, override))
        return out

    def subclasses(self, cls: Class) -> list[Class]:
        """Subclasses in the package, nearest first, no more than are worth it."""
        return self._subclasses.answer(cls, self._find_subclasses, cls)

    def _find_subclasses(self, cls: Class) -> list[Class]:
        out: list[Class] = []
        names = [cls.node.name]
        for name in names:
            for module in (cls.node.module, *self.project.inheriting(name, cls.node.module)):
                for found in module.source.words(words.SUBCLASSES, name):
                    for value in alternatives(self.ask.names.module_name(module, found)):
                        if not isinstance(value, Class) or value == cls or value in out or cls not in self.mro(value):
                            continue
                        if SUBCLASSES.reached(len(out)):
                            return out
                        out.append(value)
                        names.append(found)
        return out

    def is_from_abstract(self, cls: Class, name: str) -> bool:
        """Whether ``cls`` has the method ``name`` of a library from a class there that does nothing itself."""
        method = name.rpartition(".")[2]
        for base in self.mro(cls):
            if isinstance(base, Lib) and self.knowledge.member(base.name, method) == name:
                entry = self.knowledge.entry(base.name)
                return entry is not None and entry.is_abstract
        return False

    def container_base(self, cls: Class) -> str:
        """The container of a library that ``cls`` inherits from, by qualified name; "" if none."""
        for base in self.mro(cls):
            name = self.knowledge.canonical(base.name) if isinstance(base, Lib) else ""
            if name in _CONTAINERS:
                return name
        return ""

    def library_base(self, cls: Class) -> str:
        """The first library class that ``cls`` inherits from, by qualified name; "" if none."""
        for base in self.mro(cls):
            if isinstance(base, Lib):
                return self.knowledge.canonical(base.name)
        return ""

    def _constructing(self, obj: Object) -> Class | None:
        """The class whose ``__init__`` got ``obj.args``."""
        if not obj.args:
            return None
        found = self.class_function(obj.cls, "__init__")
        if found is None or found.node.owner is None:
            return None
        for base in self.mro(obj.cls):
            if isinstance(base, Class) and base.node is found.node.owner:
                return base
        return None

    def making_context(self, method: FunctionNode, obj: Object, base: Class) -> CallContext:
        """The call context of a method of ``base`` for ``obj``: if it made or named ``obj``, with what it got then."""
        if method.name in ("__init__", "__new__") and base == self._constructing(obj):
            first = method.ir.params[0].name if method.ir.params else ""
            return self.ask.binding.context(method, ((first, obj), *obj.args), base.context)
        if method.name == "__set_name__" and len(method.ir.params) == 3:
            name = next((value for key, value in obj.args if key == NAMED), UNKNOWN)
            told = zip((param.name for param in method.ir.params), (obj, UNKNOWN, name), strict=True)
            return self.ask.binding.context(method, tuple(told), base.context)
        return self.ask.binding.method_context(method, obj, base.context)

    def declared(self, obj: Object, name: str) -> Value | None:
        """The type that a class-level annotation or a property's return gives to an attribute."""
        self.ask.note(obj.cls, name)
        for base in self.mro(obj.cls):
            if not isinstance(base, Class):
                continue
            for binding in base.node.members.get(name, []):
                if binding.kind != "assign":
                    continue
                for stmt in base.node.module.statements(binding):
                    if isinstance(stmt, ir.AnnAssign):
                        value = self.ask.annotations.annotation(stmt.annotation, EvalState(base.context))
                        return value if is_known(value) else None
            stubbed = self.ask.stubs.attribute(base.node, name)
            if is_known(stubbed):
                return stubbed
        return None

    def metaclass(self, cls: Class) -> Class | None:
        """The metaclass of the project that a class, or the first of its bases that names one, has."""
        return self._metaclasses.answer(cls, self._find_metaclass, cls)

    def _find_metaclass(self, cls: Class) -> Class | None:
        for base in self.mro(cls):
            for arg in base.node.facts.bases if isinstance(base, Class) else ():
                if arg.keyword == "metaclass" and isinstance(base, Class):
                    for option in alternatives(self.ask.expressions.eval(arg.value, self._context_of_bases(base))):
                        if isinstance(option, Class):
                            return option
        return None


def _concrete(base: Value) -> Value:
    """``typing.Dict`` as the class that inheriting from it inherits from."""
    return Lib(_GENERIC_ALIASES.get(base.name, base.name)) if isinstance(base, Lib) else base


def _c3(orders: list[abc.Sequence[Value]]) -> abc.Iterator[Value]:
    """C3 linearisation; where the bases contradict each other (no such class exists) the order as written.

    Takes time in proportion to the lengths of the orders, and to their number for each class that comes out.
    """
    if len(orders) == 2:
        # One base.
        yield from orders[0]
        return
    orders = [order for order in orders if order]
    at = [0] * len(orders)
    #: How often a class stands behind the first that is left of an order.
    behind: dict[Value, int] = {}
    for order in orders:
        for value in order[1:]:
            behind[value] = behind.get(value, 0) + 1
    out: dict[Value, None] = {}
    left = list(range(len(orders)))
    while left:
        free = (orders[n][at[n]] for n in left if not behind.get(orders[n][at[n]]))
        head = next(free, orders[left[0]][at[left[0]]])
        out[head] = None
        yield head
        for number in left:
            order = orders[number]
            while at[number] < len(order) and order[at[number]] in out:
                at[number] += 1
                if at[number] < len(order):
                    behind[order[at[number]]] -= 1
        left = [number for number in left if at[number] < len(orders[number])]
