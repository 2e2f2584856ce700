"""What an object has to itself: locks, queues and parts that it makes and gives to nobody.

Whoever uses them does so in a method of the object, and has the object in his frame. The same holds for what a part has
to itself, at any depth: a part is an instance of a class of the project whose methods do not give it away either.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Lib, Object, Value, alternatives, is_known
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.evaluation.records import RECORD_DECORATORS
from finlint.analysis.program.definitions import PUT, Definition, class_of, giving, only_value
from finlint.analysis.program.escape import Thing, escapes
from finlint.analysis.program.statements import (
    attribute_of,
    calls_in,
    expressions_in,
    flat_statements,
    given_as,
    inner_blocks,
    last_name,
)
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.analysis.properties.getters import getters_of, gives_back, maker_of, returned, suspends
from finlint.model import ir
from finlint.model.facts import Binding

#: What a lock that is let go at the end of a ``with`` is made by. A semaphore may be taken by nobody in particular.
LOCKS = frozenset({"threading.Lock", "threading.RLock", "threading.Condition"})
#: What is locked for the length of a call only.
QUEUES = frozenset({"queue.Queue", "queue.LifoQueue", "queue.PriorityQueue"})
#: What is locked for the length of a call, and may be waited for besides: owning it says nothing of who waits.
MOMENTARY = frozenset(
    {
        "threading.Event",
        "threading.Semaphore",
        "threading.BoundedSemaphore",
        "threading.Barrier",
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.ProcessPoolExecutor",
    }
)
#: What may be a base of a part: it starts no thread of its own, and keeps nobody.
_HARMLESS = ("builtins.", "abc.", "typing.", "typing_extensions.", "collections.")
_HARMLESS_DECORATORS = RECORD_DECORATORS | {"functools.total_ordering", "typing.final", "typing_extensions.final"}


class Kept(NamedTuple):
    """What an attribute holds that its object has to itself: a part, or (None) a lock or a queue. ``name`` is the
    attribute; that of the lock where it holds a condition of that."""

    name: str
    part: Object | None


class Ownership:
    """Questions about what objects keep to themselves."""

    def __init__(
        self,
        evaluator: Evaluator,
        chain: tuple[FunctionNode, ...] = (),
        calls_only: frozenset[str] = QUEUES,
    ) -> None:
        """``chain``: the functions of the finalizer, which may stand in another package than what they use.
        ``calls_only``: what is locked for the length of a call only."""
        self.evaluator = evaluator
        self.calls_only = calls_only
        self.chain = chain
        self._asked: set[tuple[Class, str]] = set()

    def kept(self, owner: Object, name: str) -> Kept | None:
        """What ``owner`` makes, holds as ``name`` and gives to nobody; None for anything else."""
        key = owner.cls, name
        if key in self._asked:
            # A lock and its condition: each belongs to the object where the other does.
            return Kept(name, None)
        self._asked.add(key)
        try:
            return _Attribute(owner, name, self).kept()
        finally:
            self._asked.remove(key)

    def makes(self, owner: Object, name: str) -> bool:
        """Whether what ``owner`` holds as ``name`` is made by its own methods, for it alone when it is made."""
        attribute = _Attribute(owner, name, self)
        return not attribute.is_shared() and bool(attribute.all_made())

    def is_left_taken(self, owner: Object, name: str) -> bool:
        """Whether a method may stop, or end, while it holds the lock that ``owner`` has as ``name``."""
        attribute = _Attribute(owner, name, self)
        return any(map(attribute.is_left_by, self.methods(owner.cls, name)))

    def methods(self, cls: Class, name: str = "") -> Iterator[FunctionNode]:
        """The methods of a class and its bases; those that name something, where ``name`` is given."""
        for base in self.evaluator.classes.mro(cls):
            if isinstance(base, Class):
                yield from _methods(base.node, name)

    def is_part(self, cls: Class) -> bool:
        """Whether instances of a class are with nobody but who made them: no method gives its object away."""
        evaluator = self.evaluator
        if evaluator.classes.has_unknown_base(cls):
            return False
        for base in evaluator.classes.mro(cls):
            if isinstance(base, Lib) and not base.name.startswith(_HARMLESS):
                return False
            if isinstance(base, Class) and not self._is_plain(base):
                return False
        return not any(self._gives_itself(method, cls) for method in self.methods(cls))

    def _is_plain(self, cls: Class) -> bool:
        """Whether making an instance does nothing but making one."""
        if any(arg.star or (arg.keyword and arg.keyword != "metaclass") for arg in cls.node.facts.bases):
            return False
        state = EvalState(cls.context)
        metas = [self._eval(arg.value, state) for arg in cls.node.facts.bases if arg.keyword]
        if (
            any(not isinstance(meta, Lib) or meta.name != "abc.ABCMeta" for meta in metas)
            or "__new__" in cls.node.members
        ):
            return False
        named = (d.func if isinstance(d, ir.Call) else d for d in cls.node.facts.decorators)
        values = [self._eval(decorator, state) for decorator in named]
        return all(isinstance(value, Lib) and value.name in _HARMLESS_DECORATORS for value in values)

    def _gives_itself(self, method: FunctionNode, cls: Class) -> bool:
        if not method.ir.params or self._decorated(method, "staticmethod", "classmethod"):
            return False
        me = method.ir.params[0].name
        fine = {*self._weakly(method, me), *map(id, gives_back(method))}
        thing = Thing(
            lambda expr: isinstance(expr, ir.Name) and expr.id == me,
            with_owner=False,
            bound=lambda name: self.is_method(cls, name),
            later=lambda name: self.leads_back(cls, name),
            allowed=lambda expr: id(expr) in fine,
            lent=lambda call, arg: self._is_lent(call, arg, cls, me),
        )
        return escapes(method.ir, thing)

    def _is_lent(self, call: ir.Call, given: ir.Arg, cls: Class, me: str) -> bool:
        """Whether a method of the object, which ``me`` is, is given a function that it only calls."""
        called = attribute_of(call.func, me)
        function = self.evaluator.classes.class_function(cls, called) if called else None
        if function is None or suspends(function.node) or not self.is_method(cls, called) or given.star:
            return False
        code = function.node.ir
        names = [param.name for param in code.params[1:] if param.kind in ("pos", "any")]
        at = next(number for number, arg in enumerate(call.args) if arg is given)
        name = given_as(given, at, names)
        if not name or any(arg.star for arg in call.args[:at]):
            return False
        kept = Thing(lambda expr: isinstance(expr, ir.Name) and expr.id == name, with_owner=False)
        return not escapes(code, kept)

    def _weakly(self, method: FunctionNode, me: str) -> Iterator[int]:
        """Where a method passes its object on to what does not keep it: ``weakref.ref(self)``, ``Base.close(self)``."""
        state = EvalState(self.evaluator.binding.generic_context(method))
        for call in calls_in(method.ir.body):
            first = call.args[0].value if call.args and not call.args[0].star else None
            if not isinstance(first, ir.Name) or first.id != me or not isinstance(call.func, (ir.Name, ir.Attr)):
                continue
            called = self._eval(call.func.value if isinstance(call.func, ir.Attr) else call.func, state)
            if isinstance(called, Lib) and called.name.startswith("weakref"):
                yield id(first)
            if isinstance(call.func, ir.Attr) and isinstance(called, Class):
                # A base's method, which is looked at by itself.
                own = method.owner is not None and called in self.evaluator.classes.mro(
                    Class(method.owner, called.context)
                )
                if own:
                    yield id(first)

    def is_method(self, cls: Class, name: str) -> bool:
        """Whether an attribute of an instance is a method, which refers to it; not a property."""
        function = self.evaluator.classes.class_function(cls, name)
        if function is None:
            return False
        return not self._decorated(function.node, "property", "cached_property", "staticmethod", "classmethod")

    def leads_back(self, cls: Class, name: str) -> bool:
        """Whether what a method of an object gives leads to that object: a generator, a coroutine, or the object."""
        function = self.evaluator.classes.class_function(cls, name)
        return function is not None and (suspends(function.node) or bool(gives_back(function.node)))

    @staticmethod
    def _decorated(method: FunctionNode, *names: str) -> bool:
        return not set(names).isdisjoint(map(last_name, method.ir.decorators))

    def _eval(self, expr: ir.Expr, state: EvalState) -> Value:
        return self.evaluator.expressions.eval(expr, state)


class _Attribute:
    """How an attribute of an object is used by the methods of its class, and by others."""

    def __init__(self, owner: Object, name: str, ownership: Ownership) -> None:
        self.owner = owner
        self.name = name
        self.ownership = ownership
        self.evaluator = ownership.evaluator
        #: The ``__init__`` that is written for a record.
        self.written = self._written()
        #: Methods and properties that give it, by name.
        self.getters = getters_of(name, owner.cls, ownership)
        self.maker = maker_of(owner.cls, name, self.evaluator)

    def _written(self) -> FunctionNode | None:
        classes = (cls for cls in self.evaluator.classes.mro(self.owner.cls) if isinstance(cls, Class))
        written = filter(None, map(self.evaluator.records.init, classes))
        return next((function.node for function in written), None)

    def kept(self) -> Kept | None:
        if self.is_shared():
            return None
        made = self.all_made()
        # One way to use it: a lock, or a part of one class.
        if made is None or len(made) != 1:
            return None
        (one,) = made
        part = one if isinstance(one, Class) else None
        if part is not None and not self.ownership.is_part(part):
            return None
        if any(self._escapes(method, part) for method in self._methods()) or self._escapes_elsewhere(part):
            return None
        if isinstance(one, Kept):
            return one
        return Kept(self.name, None if part is None else Object(part, (), f"{self.owner.site}.{self.name}"))

    def all_made(self) -> set[Class | Kept | str] | None:
        """What is made for the attribute, wherever that is; None where it may get something else."""
        out: set[Class | Kept | str] = set()
        for method in self._methods():
            definitions = self._made_here(method) if method is self.maker else self._definitions(method)
            if definitions is None:
                return None
            for definition in definitions:
                one = self._made(definition, method)
                if one is None:
                    return None
                out.add(one)
        return out

    def _methods(self) -> Iterator[FunctionNode]:
        methods = (self.ownership.methods(self.owner.cls, name) for name in (self.name, *self.getters))
        yield from dict.fromkeys(itertools.chain.from_iterable(methods))
        if self.written is not None:
            yield self.written

    @staticmethod
    def _made_here(maker: FunctionNode) -> list[Definition]:
        return [Definition("value", value, (), ()) for value in returned(maker)]

    def _definitions(self, method: FunctionNode) -> list[Definition] | None:
        """What a method stores in the attribute of its object; None where it stores for all instances."""
        me = method.ir.params[0].name if method.ir.params else ""
        owner = method.owner.name if method.owner is not None else ""
        if any((other, self.name) in method.index.stores for other in (owner, class_of(me))):
            return None
        # What is put into it is another thing, and None is none.
        stored = giving(method.index.stores.get((me, self.name), ()))
        return [d for d in stored if d.how not in PUT and d.node != ir.Const(None)]

    def is_shared(self) -> bool:
        """Whether all instances share what a class body holds."""
        if self.maker is not None or self.evaluator.records.stores(self.owner.cls, self.name):
            return False
        for cls in self.evaluator.classes.mro(self.owner.cls):
            node = cls.node if isinstance(cls, Class) else None
            for binding in node.members.get(self.name, []) if node is not None else ():
                if node is not None and not node.only_annotates(binding) and not _is_none(node, binding):
                    return True
        return False

    def _made(self, definition: Definition, method: FunctionNode) -> Class | Kept | str | None:
        """What an attribute gets that nobody else has: ``threading.Lock()``, or an instance of a class."""
        made = definition.node
        if definition.how != "value" or definition.path:
            return None
        if isinstance(made, ir.Name):
            made = self._default(made.id, method) or self._local(made.id, method)
        if not isinstance(made, ir.Call):
            return None
        factory = next((arg.value for arg in made.args if arg.keyword in ("default_factory", "factory")), None)
        called = self._eval(factory or made.func, method)
        if isinstance(called, Class):
            return called
        calls_only = self.ownership.calls_only
        name = self._class_of_library(called, LOCKS | calls_only)
        if factory is not None or name in calls_only:
            # A size that is worked out changes nothing.
            return name if name in LOCKS | calls_only and not any(arg.star for arg in made.args) else None
        if name not in LOCKS:
            return None
        if all(isinstance(arg.value, ir.Const) for arg in made.args):
            return name
        return self._condition_of(made, method) if name == "threading.Condition" else None

    def _class_of_library(self, called: Value, wanted: frozenset[str]) -> str:
        """Which of the classes ``wanted`` a name means, or one that stands in for it: of another library where there is
        that (``from gevent.queue import Queue``), and of the standard library where there is not. "" for none."""
        options = alternatives(called)
        names = {self.evaluator.knowledge.canonical(option.name) for option in options if isinstance(option, Lib)}
        known = sorted(names & wanted)
        alike = len({name.rpartition(".")[2] for name in names}) == 1
        return known[0] if known and alike and all(isinstance(option, Lib) for option in options) else ""

    def _default(self, param: str, method: FunctionNode) -> ir.Expr | None:
        """What makes a field of a record that callers give nothing for: ``field(default_factory=Lock)``."""
        context = self.evaluator.binding.generic_context(method)
        if method is not self.written or is_known(self.evaluator.callers.from_callers(method, param, context)):
            return None
        return next((p.default for p in method.ir.params if p.name == param), None)

    @staticmethod
    def _local(name: str, method: FunctionNode) -> ir.Expr | None:
        """What a name of the method is given, and nothing else."""
        if name not in method.ir.bound or any(param.name == name for param in method.ir.params):
            return None
        return only_value(method.index.names.get(name, ()))

    def _condition_of(self, made: ir.Call, method: FunctionNode) -> Kept | None:
        """``Condition(self._lock)``, where that lock is the object's own."""
        lock = made.args[0].value if len(made.args) == 1 else None
        me = method.ir.params[0].name if method.ir.params else ""
        name = attribute_of(lock, me)
        return self.ownership.kept(self.owner, name) if name else None

    def _escapes(self, method: FunctionNode, part: Class | None) -> bool:
        """Whether a method gives it away, leaves it taken, or may stop while it holds it. What functions inside it do,
        they do with the object."""
        if part is None and self.is_left_by(method):
            return True
        return escapes(method.ir, self._thing(method, part, is_own=True))

    def is_left_by(self, method: FunctionNode) -> bool:
        """Whether a method of the object leaves it taken, or may stop while it holds it."""
        stops = suspends(method) and self._suspended_inside(method.ir.body, method)
        return stops or self._is_left_taken(method, is_own=True)

    def _thing(self, function: FunctionNode, part: Class | None, *, is_own: bool) -> Thing:
        """The attribute as ``function`` sees it; ``is_own``: a method of its object, which is in the frame then."""
        ownership = self.ownership
        handed = set()
        if is_own:
            shared = self._shared_with_parts(function)
            handed = {*self._handed_over(function, part), *self._conditions(function), *shared}
        if self.getters.get(function.name) is function:
            handed |= set(map(id, returned(function)))

        def is_it(expr: ir.Expr) -> bool:
            attribute = self._named(expr)
            return attribute is not None and self._may_be_its(attribute.value, function, is_own)

        return Thing(
            is_it,
            with_owner=True,
            bound=lambda name: part is None or ownership.is_method(part, name),
            later=lambda name: part is not None and ownership.leads_back(part, name),
            allowed=lambda expr: id(expr) in handed,
            by_name=is_own,
        )

    def _conditions(self, method: FunctionNode) -> Iterator[int]:
        """Arguments of conditions that the object has to itself, too: ``self._more = Condition(self._lock)``."""
        me = method.ir.params[0].name if method.ir.params else ""
        for (owner, name), definitions in method.index.stores.items():
            for definition in definitions:
                made = definition.node
                if owner == me and name != self.name and isinstance(made, ir.Call) and len(made.args) == 1:
                    (arg,) = made.args
                    is_condition = self._eval(made.func, method) == Lib("threading.Condition")
                    if is_condition and self.ownership.kept(self.owner, name) is not None:
                        yield id(arg.value)

    def _shared_with_parts(self, method: FunctionNode) -> Iterator[int]:
        """Arguments of constructors that keep the object, too, or one of its methods: ``Sink(self.flush, self._lock)``.
        Whoever runs a method of such a part has the object."""
        me = method.ir.params[0].name if method.ir.params else ""
        for call in calls_in(method.ir.body):
            given = [arg.value for arg in call.args if isinstance(arg.value, ir.Attr) and arg.value.name == self.name]
            made = self._eval(call.func, method) if given and not any(arg.star for arg in call.args) else None
            init = self.evaluator.classes.class_function(made, "__init__") if isinstance(made, Class) else None
            if init is None or not isinstance(made, Class):
                continue
            params = [param.name for param in init.node.ir.params[1:] if param.kind in ("pos", "any")]
            kept = _kept_as(init.node)
            at = {given_as(arg, number, params): arg.value for number, arg in enumerate(call.args)}
            if any(name in kept and self._is_me(value, me) for name, value in at.items()):
                yield from (
                    id(value)
                    for name, value in at.items()
                    if any(value is one for one in given) and name in kept and self._stays_in(made, kept[name])
                )

    def _is_me(self, expr: ir.Expr, me: str) -> bool:
        """Whether an expression is the object, or one of its methods."""
        if isinstance(expr, ir.Attr):
            return self.ownership.is_method(self.owner.cls, expr.name) and self._is_me(expr.value, me)
        return isinstance(expr, ir.Name) and expr.id == me

    def _stays_in(self, part: Class, name: str) -> bool:
        """Whether the methods of a part give to nobody what it keeps by that name."""
        thing = Thing(lambda expr: isinstance(expr, ir.Attr) and expr.name == name, with_owner=True)
        return not any(escapes(method.ir, thing) for method in self.ownership.methods(part, name))

    def _handed_over(self, method: FunctionNode, part: Class | None) -> Iterator[int]:
        """Arguments of finalizers of the object, which run when nobody has it any more, and do not keep them."""
        me = method.ir.params[0].name if method.ir.params else ""
        for call in calls_in(method.ir.body):
            watched = call.args[0].value if len(call.args) > 1 else None
            if not (isinstance(watched, ir.Name) and watched.id == me):
                continue
            if self._eval(call.func, method) != Lib("weakref.finalize"):
                continue
            callback = call.args[1].value
            for option in alternatives(self._eval(callback, method)):
                function = option.function if isinstance(option, Bound) else option
                if not isinstance(function, Function):
                    continue
                if isinstance(option, Bound) and function.node.owner is not None:
                    yield id(callback)
                for param, expr in handed_over(call, function.node, is_bound=isinstance(option, Bound)):
                    if not self._keeps(function.node, param, part):
                        yield id(expr)

    def _keeps(self, function: FunctionNode, param: str, part: Class | None) -> bool:
        """Whether a function gives away what it gets for a parameter."""
        ownership = self.ownership
        return escapes(
            function.ir,
            Thing(
                lambda expr: isinstance(expr, ir.Name) and expr.id == param,
                with_owner=False,
                bound=lambda name: part is None or ownership.is_method(part, name),
                later=lambda name: part is not None and ownership.leads_back(part, name),
            ),
        )

    def _escapes_elsewhere(self, part: Class | None) -> bool:
        """Whether functions beside its methods read the attribute of such an object and pass it on."""
        own = {cls.node for cls in self.evaluator.classes.mro(self.owner.cls) if isinstance(cls, Class)}
        reading_of = self.evaluator.external_stores.reading_of
        reading = [node for name in (self.name, *self.getters) for node in reading_of(self.owner, name)]
        for node in dict.fromkeys((*self.ownership.chain, *reading)):
            if node.owner in own:
                continue
            if part is None and self._is_left_taken(node, is_own=False):
                return True
            if escapes(node.ir, self._thing(node, part, is_own=False)):
                return True
        return False

    def _may_be_its(self, expr: ir.Expr, node: FunctionNode, is_own: bool) -> bool:
        if is_own and isinstance(expr, ir.Name) and expr.id == node.ir.params[0].name:
            return True
        classes = self.evaluator.classes
        return any(
            isinstance(option, Object)
            and (self.owner.cls in classes.mro(option.cls) or option.cls in classes.mro(self.owner.cls))
            for option in alternatives(self._eval(expr, node))
        )

    def _is_left_taken(self, function: FunctionNode, *, is_own: bool) -> bool:
        """Whether a function acquires a lock by hand and does not give it back in a ``finally``."""
        calls = calls_in(function.ir.body)
        tried = set(self._given_back_at_once(function.ir.body, function))
        taken = (call for call in calls if self._is_called(call, ("acquire", "__enter__"), function))
        taken = (call for call in taken if id(call) not in tried)
        if not any(self._is_own_name(call.func, function, is_own) for call in taken):
            return False
        return not any(
            self._is_called(call, ("release",), function)
            for stmt in flat_statements(function.ir.body)
            if isinstance(stmt, ir.Try)
            for call in calls_in(stmt.final)
        )

    def _given_back_at_once(self, block: ir.Block, function: FunctionNode) -> Iterator[int]:
        """Calls that take a lock only to see whether it is free: ``if lock.acquire(False): lock.release()``."""
        for stmt in flat_statements(block):
            if not isinstance(stmt, ir.If) or not isinstance(stmt.test, ir.Call):
                continue
            released = stmt.body[0].value if isinstance(stmt.body[0], ir.ExprStmt) else None
            if isinstance(released, ir.Call) and self._is_called(released, ("release",), function):
                yield id(stmt.test)

    def _is_own_name(self, method: ir.Expr, function: FunctionNode, is_own: bool) -> bool:
        """Whether ``lock.acquire`` may be of this object's lock."""
        lock = method.value if isinstance(method, ir.Attr) else method
        return not isinstance(lock, ir.Attr) or self._may_be_its(lock.value, function, is_own)

    def _is_called(self, call: ir.Call, names: tuple[str, ...], method: FunctionNode) -> bool:
        func = call.func
        return isinstance(func, ir.Attr) and func.name in names and self._is_named(func.value, method)

    def _is_named(self, expr: ir.Expr, method: FunctionNode) -> bool:
        """Whether an expression is the attribute by its name, or a local name for it."""
        if isinstance(expr, ir.Name):
            nodes = (definition.node for definition in method.index.names.get(expr.id, ()))
            return any(self._named(node) is not None for node in nodes)
        return self._named(expr) is not None

    def _named(self, expr: object) -> ir.Attr | None:
        """``self.lock``, by its name or by that of a property that gives it, or the method of ``self.get_lock()``."""
        is_call = isinstance(expr, ir.Call)
        attribute = expr.func if isinstance(expr, ir.Call) else expr
        if not isinstance(attribute, ir.Attr):
            return None
        getter = self.getters.get(attribute.name)
        is_method = getter is not None and not getter.ir.decorators
        found = is_method if is_call else getter is not None or attribute.name == self.name
        return attribute if found else None

    def _suspended_inside(self, block: ir.Block, method: FunctionNode) -> bool:
        """Whether a generator or a coroutine may stop while it holds the lock."""
        for stmt in block:
            held = stmt.items if isinstance(stmt, ir.With) else ()
            if any(self._is_named(expr, method) for expr, _, _ in held) and any(map(_stops, inner_blocks(stmt))):
                return True
            if any(self._suspended_inside(inner, method) for inner in inner_blocks(stmt)):
                return True
        return False

    def _eval(self, expr: ir.Expr, method: FunctionNode) -> Value:
        return self.evaluator.expressions.eval(expr, EvalState(self.evaluator.binding.generic_context(method)))


def handed_over(call: ir.Call, function: FunctionNode, *, is_bound: bool) -> Iterator[tuple[str, ir.Expr]]:
    """The arguments of ``weakref.finalize(obj, callback, ...)`` by the names that ``function``, which is the callback,
    has for them; ``is_bound``: its first parameter is what the callback is a method of."""
    params = [param for param in function.ir.params if param.kind in ("pos", "any")]
    positional = [arg.value for arg in call.args if not arg.keyword and not arg.star][1:]
    if any(arg.star for arg in call.args) or not positional:
        return
    callback, *rest = positional
    if is_bound:
        if params and isinstance(callback, ir.Attr):
            yield params[0].name, callback.value
        params = params[1:]
    yield from ((param.name, expr) for param, expr in zip(params, rest, strict=False))
    named = {param.name for param in function.ir.params if param.kind in ("any", "kw")}
    yield from ((arg.keyword, arg.value) for arg in call.args if arg.keyword in named)


def _kept_as(init: FunctionNode) -> dict[str, str]:
    """The parameters of a constructor that it only stores, and the attributes that have them then."""
    me = init.ir.params[0].name if init.ir.params else ""
    uses = [
        part.id for stmt in flat_statements(init.ir.body) for part in expressions_in(stmt) if isinstance(part, ir.Name)
    ]
    return {
        definition.node.id: name
        for (owner, name), definitions in init.index.stores.items()
        for definition in definitions
        if owner == me and isinstance(definition.node, ir.Name) and uses.count(definition.node.id) == 1
    }


def _stops(block: ir.Block) -> bool:
    """Whether a generator or a coroutine may stop in a block."""
    return any(
        (isinstance(stmt, (ir.For, ir.With)) and stmt.is_async)
        or any(isinstance(expr, (ir.Await, ir.Yield)) for expr in expressions_in(stmt))
        for stmt in flat_statements(block)
    )


def _is_none(cls: ClassNode, binding: Binding) -> bool:
    """Whether a binding of a class body is ``name = None``."""
    statements = list(cls.module.statements(binding)) if binding.kind == "assign" else []
    return bool(statements) and all(
        isinstance(stmt, (ir.Assign, ir.AnnAssign)) and stmt.value == ir.Const(None) for stmt in statements
    )


def _methods(cls: ClassNode, name: str) -> Iterator[FunctionNode]:
    """The methods of a class body; those that name ``name``, where there is one."""
    lines = cls.module.source.lines("words", name) if name else ()
    for binding in cls.facts.members:
        named = not name or any(binding.line <= line <= binding.end_line for line in lines)
        node = cls.function(binding) if named and binding.kind == "function" else None
        if node is not None:
            yield node
