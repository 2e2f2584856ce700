"""Where else a lock is held while the collector may start: the other half of a self-deadlock.

Asked for a finding only. A lock is known by where it is kept: an attribute of a class, or a name of a module.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, LibObject, Module, Object, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.definitions import Definition, giving, only_value
from finlint.analysis.program.escape import Thing, escapes
from finlint.analysis.program.statements import call_at, expressions_in, flat_statements, inner_blocks, last_name
from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode, function_at
from finlint.model import ir
from finlint.model.limits import LOCK_ALIASES
from finlint.model.source import Span

#: They neither allocate a container, which is what may start a collection, nor let go of anything.
_QUIET_METHODS = frozenset({"acquire", "add", "appendleft", "get", "locked", "notify", "notify_all"})
_QUIET_BUILTINS = frozenset({"bool", "callable", "hash", "id", "issubclass"})
_DROPPING_METHODS = frozenset({"clear", "discard", "pop", "popitem", "popleft", "remove"})
_LOOKING_METHODS = _QUIET_METHODS | _DROPPING_METHODS
#: Nor is there a collection behind them: the interpreter has instructions of its own for them, or the lock is free.
_STILL_METHODS = frozenset({"append", "release"})
_STILL_BUILTINS = frozenset({"isinstance", "len"})

#: Behind other calls, and at the end of a round of a loop, CPython 3.12 and 3.13 run a collection that is due; and
#: ``with LOCK:`` has itself allocated before it took the lock (bound methods, which 3.14 does without). So one that is
#: due then runs with the lock held (``fixtures/FIN102_lock/call_while_held.py``). Before 3.12 a collection ran where
#: something was allocated.
_WITHOUT = (3, 14)
_PLAIN_LOCK = LibObject("threading.Lock")

_ALLOCATES, _CALLS, _DROPS, _LOOKS = "allocates", "calls", "drops", "looks"
#: What is said of them, the surest first.
_SAID = {
    _ALLOCATES: "allocates",
    _CALLS: "allocates",
    _DROPS: "drops references",
    _LOOKS: "calls something, behind which CPython 3.12 and 3.13 may collect",
}


class Holder(NamedTuple):
    """``function`` takes the lock at ``span`` of ``path``; ``does`` says what it does meanwhile (``_SAID``)."""

    function: str
    path: str
    span: Span
    does: str


class Lock(NamedTuple):
    owner: ClassNode | ModuleNode
    name: str


class Regions:
    """Where a lock is held, that of the expression ``expr`` in ``context``: by which functions, and at which places."""

    def __init__(self, expr: ir.Expr, lock: Lock, context: CallContext, evaluator: Evaluator) -> None:
        self.expr = expr
        self.lock = lock
        self.context = context
        self.evaluator = evaluator

    @property
    def functions(self) -> tuple[FunctionNode, ...]:
        """All functions whose text names it."""
        functions: tuple[FunctionNode, ...] = self.once(_functions, self.context.module)
        return functions

    def held(self, node: FunctionNode) -> tuple[_Holding, ...]:
        """The places where one of these functions has it."""
        held: tuple[_Holding, ...] = self.once(_held_blocks, node)
        return held

    def once(self, question: Callable[..., Iterable[Any]], *about: Hashable) -> Any:
        """What ``question(*about, lock, evaluator)`` gives: worked out for the first of the finalizers that take it."""
        lock, evaluator = self.lock, self.evaluator
        return evaluator.kept.answer((question, lock, *about), lambda: tuple(question(*about, lock, evaluator)))


def regions_of(context: CallContext, span: Span, evaluator: Evaluator) -> Regions | None:
    """Where the lock is held which ``span`` of ``context`` acquires; None where it is not known where that is kept."""
    expr = acquired(context, span)
    lock = identity(expr, context, evaluator) if expr is not None else None
    return None if expr is None or lock is None else Regions(expr, lock, context, evaluator)


def holders(regions: Regions, callback: FunctionNode | None, span: Span) -> tuple[Holder, ...]:
    """The places that hold a lock in which a finalizer may start: those of the lock's own class first, then what is
    called often.

    ``callback`` is what the finalizer runs, which does not count; of a generator only what it does when it is freed is
    run, which takes the lock at ``span``.
    """
    evaluator = regions.evaluator
    receivers = tuple(_receivers(regions.expr, regions.context, evaluator))
    key = holders, regions.lock, regions.context.module, receivers
    places: list[_Place] = evaluator.kept.answer(key, lambda: list(_places(regions, receivers)))
    found = [p for p in places if p.node is not callback or (p.node.ir.is_generator and p.holder.span != span)]
    # The method that the finalizer itself comes through is a place too, but another one says more.
    found.sort(key=lambda place: (place.is_of_others, place.node is regions.context.function, place.rank))
    return tuple(place.holder for place in found)


class _Place(NamedTuple):
    """A place in ``node`` that holds a lock, and its rank among those: the least first."""

    node: FunctionNode
    holder: Holder
    #: A lock of another class by the same name is another lock, mostly.
    is_of_others: bool
    rank: tuple[object, ...]


def _places(regions: Regions, receivers: Sequence[Class]) -> Iterator[_Place]:
    """The places that hold the lock of one of ``receivers`` while a finalizer may start."""
    evaluator, lock = regions.evaluator, regions.lock
    family = {node for cls in receivers for node in _bases(cls, evaluator)}
    for node in regions.functions:
        if node.name == "__del__":
            continue
        places = list(_startable(node, regions, receivers))
        often = _mentions(node, lock, evaluator) if places else 0
        for holding, does in places:
            rank = (
                does in (_DROPS, _LOOKS),
                node.name.strip("_").startswith(_RARE),
                # What is called in many places runs often, whatever it does then.
                -often,
                list(_SAID).index(does),
                node.name.startswith("_"),
                node.module.path,
                holding.span.line,
            )
            holder = Holder(node.qualified, node.module.path, holding.span, _SAID[does])
            yield _Place(node, holder, bool(family) and node.owner is not None and node.owner not in family, rank)


def _startable(node: FunctionNode, regions: Regions, receivers: Sequence[Class]) -> Iterator[tuple[_Holding, str]]:
    """The places where a function has the lock of one of ``receivers`` and a finalizer may start, each with what it
    does there that lets one (``_SAID``)."""
    evaluator = regions.evaluator
    for holding in regions.held(node):
        does = _worst(holding.blocks)
        if not does or (does == _LOOKS and not _may_be_due(holding, evaluator)):
            continue
        others = _receivers(holding.lock, holding.context, evaluator)
        if _may_be_one(receivers, others, regions.lock.name, evaluator):
            yield holding, does


def is_momentary(regions: Regions, callback: FunctionNode | None) -> bool:
    """Whether others than ``callback`` and the function that asks take the lock, and none of them, nor these two, does
    anything while it has it that takes time: a few statements without a call, as counting or setting something. Nor
    does any give it to somebody of whom that is not known."""
    key = is_momentary, regions.lock, regions.context.module
    takers: frozenset[FunctionNode] = regions.evaluator.kept.answer(key, _momentary_takers, regions)
    return bool(takers - {callback, regions.context.function})


def _momentary_takers(regions: Regions) -> frozenset[FunctionNode]:
    """The functions that take the lock, if none of all does anything then that takes time, or gives it away."""
    takers: set[FunctionNode] = set()
    thing = Thing(lambda part: last_name(part) == regions.lock.name, with_owner=True)
    for node in regions.functions:
        if escapes(node.ir, thing):
            return frozenset()
        for holding in regions.held(node):
            takers.add(node)
            if not holding.by_with or _worst(holding.blocks) or any(map(_stays, flat_statements(holding.blocks))):
                return frozenset()
    return frozenset(takers)


def _stays(stmt: ir.Stmt) -> bool:
    """Whether a statement may take long, or leave the lock taken: a loop, another lock, or a stop of its generator."""
    loops = isinstance(stmt, (ir.For, ir.While, ir.With))
    return loops or any(isinstance(expr, (ir.Await, ir.Yield, ir.Call)) for expr in expressions_in(stmt))


def _mentions(node: FunctionNode, lock: Lock, evaluator: Evaluator) -> int:
    """In how many lines of the package's modules the function is named, its own definition and those of its like left
    out; those further away than the bound on callers count as none."""
    home = lock.owner if isinstance(lock.owner, ModuleNode) else lock.owner.module
    modules = dict.fromkeys([node.module, home, *evaluator.project.mentioning(node.name, node.module)])
    return sum(len(module.source.lines("words", node.name)) for module in modules)


#: How functions are called that run once, at the end.
_RARE = ("close", "disconnect", "shutdown", "stop", "terminate", "exit", "clear", "reset", "init", "start")


def _receivers(expr: ir.Expr, context: CallContext, evaluator: Evaluator) -> list[Class]:
    """The classes of the object that has the lock; none where it is a name, or not known."""
    if not isinstance(expr, ir.Attr):
        return []
    options = alternatives(evaluator.expressions.eval(expr.value, EvalState(context)))
    return [o.cls if isinstance(o, Object) else o for o in options if isinstance(o, (Object, Class))]


def _bases(cls: Class, evaluator: Evaluator) -> set[ClassNode]:
    """The class itself and its bases."""
    return {base.node for base in evaluator.classes.mro(cls) if isinstance(base, Class)}


def _may_be_one(some: Sequence[Class], others: Sequence[Class], name: str, evaluator: Evaluator) -> bool:
    """Whether objects of these classes may have one lock: they may be one object, or may have got it from elsewhere."""
    if not some or not others:
        return True
    pairs = ((a, b) for a in some for b in others)
    if any(a.node in _bases(b, evaluator) or b.node in _bases(a, evaluator) for a, b in pairs):
        return True
    return not all(makes_its_own(cls, name, evaluator) for cls in (*some, *others))


def makes_its_own(cls: Class, name: str, evaluator: Evaluator) -> bool:
    """Whether methods of the class and its bases store nothing by this name but what they make there and then."""
    stored: list[Definition] = []
    for node in _bases(cls, evaluator):
        if not all(map(node.only_annotates, node.members.get(name, ()))):  # of the class, for all objects
            return False
        for method in node.methods():
            if method.ir.params:
                stored += method.index.stores.get((method.ir.params[0].name, name), [])
    stored = giving(stored)
    made = (d.how == "value" and not d.path and isinstance(d.node, ir.Call) and not d.node.args for d in stored)
    return bool(stored) and all(made)


# -- which lock


def acquired(context: CallContext, span: Span) -> ir.Expr | None:
    """The expression of the lock that is acquired at ``span``."""
    function = context.function
    body = function.ir.body if function is not None else _statements_at(context.module, span)
    for stmt in flat_statements(body):
        if isinstance(stmt, ir.With):
            for expr, _, place in stmt.items:
                if place == span:
                    return expr
    call = call_at(body, span)
    if call is None:
        return None
    acquire = call.func if _is_acquire(call.func) else next(filter(_is_acquire, _arguments(call)), None)
    return acquire.value if isinstance(acquire, ir.Attr) else None


def _statements_at(module: ModuleNode, span: Span) -> ir.Block:
    """The module-level statements that ``span`` lies in."""
    places = dict.fromkeys((b.line, b.end_line) for b in module.source.at(span.line))
    return tuple(stmt for place in places for stmt in module.source.lower(*place))


def _arguments(call: ir.Call) -> Iterator[ir.Expr]:
    return (arg.value for arg in call.args)


def _is_acquire(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Attr) and expr.name in ("acquire", "__enter__")


def identity(expr: ir.Expr, context: CallContext, evaluator: Evaluator, depth: int = 0) -> Lock | None:
    """Where the lock that ``expr`` means is kept; None for one that only a variable holds."""
    if isinstance(expr, ir.Name):
        return _of_name(expr.id, context, evaluator, depth)
    if not isinstance(expr, ir.Attr):
        return None
    for option in alternatives(evaluator.expressions.eval(expr.value, EvalState(context))):
        if isinstance(option, Module):
            return _of_module(option.node, expr.name, evaluator, depth)
        if isinstance(option, (Object, Class)):
            cls = option.cls if isinstance(option, Object) else option
            return Lock(_keeper(cls, expr.name, evaluator), expr.name)
    return None


def _of_name(name: str, context: CallContext, evaluator: Evaluator, depth: int) -> Lock | None:
    current: CallContext | None = context
    while current is not None and current.function is not None:
        function = current.function
        if name in function.ir.bound and name not in function.index.globals:
            value = only_value(function.index.names.get(name, ()))
            if value is None or LOCK_ALIASES.reached(depth):
                return None
            return identity(value, current, evaluator, depth + 1)
        current = current.parent
    return _of_module(context.module, name, evaluator, depth)


def _of_module(module: ModuleNode, name: str, evaluator: Evaluator, depth: int) -> Lock | None:
    for binding in module.bound(name):
        stmt = binding.stmt
        if not isinstance(stmt, ir.ImportFrom):
            continue
        if LOCK_ALIASES.reached(depth):
            return None
        source = evaluator.project.source_of(stmt, module)
        if source is None or source is module:
            return None
        return _of_module(source, stmt.names[0][0], evaluator, depth + 1)
    return Lock(module, name)


def _keeper(cls: Class, name: str, evaluator: Evaluator) -> ClassNode:
    """The furthest base class that has the attribute, so that all its subclasses mean the same one."""
    kept = cls.node
    for base in evaluator.classes.mro(cls):
        if isinstance(base, Class) and (name in base.node.members or _stores(base.node, name)):
            kept = base.node
    return kept


def _stores(cls: ClassNode, name: str) -> bool:
    return any(method.ir.params and (method.ir.params[0].name, name) in method.index.stores for method in cls.methods())


# -- who holds it


class _Holding(NamedTuple):
    """The lock by its expression in a context, held in these statements."""

    lock: ir.Expr
    context: CallContext
    span: Span
    blocks: tuple[ir.Stmt, ...]
    by_with: bool


def _functions(asking: ModuleNode, lock: Lock, evaluator: Evaluator) -> Iterator[FunctionNode]:
    """Functions whose text names the lock: of the module that keeps it, the one that asks, and their neighbours."""
    home = lock.owner if isinstance(lock.owner, ModuleNode) else lock.owner.module
    modules = [home, asking, *evaluator.project.mentioning(lock.name, home)]
    seen: set[FunctionNode] = set()
    for module in dict.fromkeys(modules):
        for line in module.source.lines("words", lock.name):
            node = function_at(module, line)
            if node is not None and node not in seen:
                seen.add(node)
                yield node


def _held_blocks(node: FunctionNode, lock: Lock, evaluator: Evaluator) -> Iterator[_Holding]:
    context = evaluator.binding.generic_context(node)

    def means(expr: ir.Expr) -> bool:
        return bool(dotted(expr)) and identity(expr, context, evaluator) == lock

    def of_block(block: ir.Block) -> Iterator[_Holding]:
        for number, stmt in enumerate(block):
            if isinstance(stmt, ir.With):
                for expr, _, span in stmt.items:
                    if means(expr):
                        yield _Holding(expr, context, span, stmt.body, True)
            elif isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
                call = stmt.value
                if isinstance(call.func, ir.Attr) and call.func.name == "acquire" and means(call.func.value):
                    held = tuple(_until_release(block[number + 1 :]))
                    yield _Holding(call.func.value, context, call.span, held, False)
            for inner in inner_blocks(stmt):
                yield from of_block(inner)

    yield from of_block(node.ir.body)


def _until_release(block: ir.Block) -> Iterator[ir.Stmt]:
    for stmt in block:
        if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
            func = stmt.value.func
            if isinstance(func, ir.Attr) and func.name == "release":
                return
        yield stmt
        if isinstance(stmt, ir.Try) and stmt.final:
            # ``acquire(); try: ... finally: release()``
            return


# -- what it does meanwhile


def _worst(block: ir.Block) -> str:
    """What the statements do that may start a finalizer: the surest first; "" where nothing is known to."""
    found = set()
    for stmt in flat_statements(block):
        if isinstance(stmt, (ir.FunctionDef, ir.ClassDef, ir.For)):
            found.add(_ALLOCATES)
        if isinstance(stmt, ir.While):
            found.add(_LOOKS)
        if isinstance(stmt, ir.Delete) and any(isinstance(t, (ir.Subscript, ir.Attr)) for t in stmt.targets):
            found.add(_DROPS)
        if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
            func = stmt.value.func
            if isinstance(func, ir.Attr) and func.name in _DROPPING_METHODS:
                found.add(_DROPS)
        found.update(filter(None, map(_does, expressions_in(stmt))))
    return next((does for does in _SAID if does in found), "")


def _may_be_due(holding: _Holding, evaluator: Evaluator) -> bool:
    """Whether taking the lock itself may make a collection due, which then runs behind the next call."""
    if not holding.by_with or evaluator.oldest >= _WITHOUT:
        return False
    # A lock that is written in Python looks for one before it takes the lock inside.
    return _PLAIN_LOCK in alternatives(evaluator.expressions.eval(holding.lock, EvalState(holding.context)))


def _does(expr: ir.Expr) -> str:
    if isinstance(expr, (ir.Comprehension, ir.Lambda, ir.DictDisplay)):
        return _ALLOCATES
    if isinstance(expr, ir.Display):
        constant = expr.kind == "tuple" and all(isinstance(item, ir.Const) for item in expr.items)
        return "" if constant else _ALLOCATES
    if not isinstance(expr, ir.Call):
        return ""
    if isinstance(expr.func, ir.Attr):
        if expr.func.name in _STILL_METHODS:
            return ""
        return _LOOKS if expr.func.name in _LOOKING_METHODS else _CALLS
    if isinstance(expr.func, ir.Name):
        if expr.func.id in _STILL_BUILTINS:
            return ""
        if expr.func.id in _QUIET_BUILTINS:
            return _LOOKS
        # A class by its name: an instance, which the collector counts.
        return _ALLOCATES if expr.func.id[:1].isupper() else _CALLS
    return _CALLS
