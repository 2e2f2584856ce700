"""Who can be inside a lock or a queue when a finalizer comes to it: on its own thread, or on another.

One question, which every rule about waiting for a lock and about handing work over asks. A finalizer runs when nobody
has the object any more. What the object has made for itself, and has given to nobody, only its own methods use, and
whoever runs one of them has the object in his frame: so nobody is inside. The same holds for what belongs to a part of
the object that refers back to it. What matters is where a value escapes to,
not how it is called.

Everything else may be held. It deadlocks where somebody holds it while a finalizer can start on his thread: where he
allocates, drops references or calls out (``lock_regions``). Without such a place it is a wait for another thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Lib, Object, Sequence, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import PUT, Definition, class_of
from finlint.analysis.program.statements import call_at, expressions_in, flat_statements, inner_blocks, leaves
from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.analysis.properties.lock_regions import Holder, acquired, holders
from finlint.model import ir
from finlint.model.source import Span

#: What a lock that is let go at the end of a ``with`` is made by. A semaphore may be taken by nobody in particular.
LOCKS = frozenset({"threading.Lock", "threading.RLock", "threading.Condition"})
#: What is locked for the length of a call only.
QUEUES = frozenset({"queue.Queue", "queue.LifoQueue", "queue.PriorityQueue"})


class Custody(NamedTuple):
    """``own``: nobody can be inside. ``holders``: places that hold it while a finalizer can start there, those of its
    own class first, then the likely ones; none where nothing is known of it (``known`` is False)."""

    own: bool
    known: bool
    holders: tuple[Holder, ...]
    #: The thread that has it does not take it again: a lock that is made reentrant by hand.
    reentrant: bool = False


def custody(me: Value | None, steps: tuple[Step, ...], evaluator: Evaluator, callback: FunctionNode | None) -> Custody:
    """Who can be inside what the last of ``steps``, those of a finalizer's chain, waits for. ``me``: the object that is
    finalized, where it is its own method that runs; ``callback`` is what the finalizer runs."""
    if not steps:
        return Custody(own=False, known=False, holders=())
    if me is not None and is_own(me, steps, evaluator):
        return Custody(own=True, known=True, holders=())
    if any(map(_asks_for_its_thread, steps)):
        return Custody(own=False, known=True, holders=(), reentrant=True)
    known = False
    found: tuple[Holder, ...] = ()
    for step in reversed(steps):
        known, found = holders(step.context, step.span, evaluator, callback)
        function = step.context.function
        # A lock of the project's own: who enters it holds what it acquires then.
        if found or function is None or function.name not in ("__enter__", "acquire"):
            break
    return Custody(own=False, known=known, holders=found)


def is_own(me: Value, steps: tuple[Step, ...], evaluator: Evaluator) -> bool:
    """Whether nobody can be inside what the last step waits for, because he would have the object ``me``."""
    context, span = steps[-1].context, steps[-1].span
    expr = resource(context, span)
    if not isinstance(me, Object) or not isinstance(expr, ir.Attr):
        return False
    if any(_is_inside(step, expr.name) for step in steps):
        # The finalizer has taken it already.
        return False
    receiver = evaluator.expressions.eval(expr.value, EvalState(context))
    options = [option for option in alternatives(receiver) if isinstance(option, Object)]
    if len(options) != 1:
        return False
    keeper = options[0]
    if not _Use(keeper, expr.name, evaluator).is_kept(LOCKS | QUEUES):
        return False
    return _is_same(keeper, me) or _keeps_alive(keeper, me, evaluator)


def _asks_for_its_thread(step: Step) -> bool:
    """Whether the step is come to only where the thread is not the one that has the lock:
    ``if self.owner == threading.get_ident(): return``."""
    function = step.context.function
    if function is None:
        return False

    def within(block: ir.Block) -> bool:
        for number, stmt in enumerate(block):
            if not isinstance(stmt, ir.If):
                if any(within(inner) for inner in inner_blocks(stmt)):
                    return True
                continue
            same = _compares_threads(stmt.test, function)
            if same is True and (_holds(stmt.orelse, step.span) or _holds(block[number + 1 :], step.span)):
                return leaves(stmt.body) or _holds(stmt.orelse, step.span)
            if same is False and _holds(stmt.body, step.span):
                return True
            if within(stmt.body) or within(stmt.orelse):
                return True
        return False

    return within(function.ir.body)


def _compares_threads(test: ir.Expr, function: FunctionNode) -> bool | None:
    """True for a condition that holds on the thread that has the lock, False for one that does on others; None for
    any other condition."""
    if not isinstance(test, ir.Compare) or len(test.rest) != 1:
        return None
    ((op, right),) = test.rest
    if op not in ("Equal", "NotEqual", "Is", "IsNot"):
        return None
    sides = [side for side in (test.left, right) if _is_thread(side, function)]
    return op in ("Equal", "Is") if len(sides) == 1 else None


def _is_thread(expr: ir.Expr, function: FunctionNode) -> bool:
    if isinstance(expr, ir.Name):
        definitions = function.index.names.get(expr.id, [])
        return (
            len(definitions) == 1
            and isinstance(definitions[0].node, ir.Call)
            and _is_thread(definitions[0].node, function)
        )
    if isinstance(expr, ir.Attr) and expr.name in ("ident", "native_id"):
        expr = expr.value
    if not isinstance(expr, ir.Call) or expr.args:
        return False
    name = expr.func.name if isinstance(expr.func, ir.Attr) else expr.func.id if isinstance(expr.func, ir.Name) else ""
    return name in ("get_ident", "current_thread", "get_native_id", "current_task")


def _holds(block: ir.Block, span: Span) -> bool:
    return any(
        (isinstance(stmt, ir.With) and any(place == span for _, _, place in stmt.items))
        or any(getattr(expr, "span", None) == span for expr in expressions_in(stmt))
        for stmt in flat_statements(block)
    )


def resource(context: CallContext, span: Span) -> ir.Expr | None:
    """The expression of the lock that is acquired at ``span``, or of the queue whose method is called there."""
    lock = acquired(context, span)
    if lock is not None or context.function is None:
        return lock
    call = call_at(context.function.ir.body, span)
    return call.func.value if call is not None and isinstance(call.func, ir.Attr) else None


def _is_same(one: Object, other: Object) -> bool:
    return one == other or (one.cls == other.cls and one.site == other.site == "self")


def _is_inside(step: Step, name: str) -> bool:
    """Whether a step stands in a ``with`` of an attribute called ``name``."""
    function = step.context.function

    def within(block: ir.Block, held: bool) -> bool:
        for stmt in block:
            inside = held
            if isinstance(stmt, ir.With):
                own = [expr for expr, _, _ in stmt.items if isinstance(expr, ir.Attr) and expr.name == name]
                at_it = any(place == step.span for _, _, place in stmt.items)
                inside = held or (bool(own) and not at_it)
                if held and at_it:
                    return True
            elif held and any(getattr(expr, "span", None) == step.span for expr in expressions_in(stmt)):
                return True
            if any(within(inner, inside) for inner in inner_blocks(stmt)):
                return True
        return False

    return function is not None and within(function.ir.body, False)


class _Use:
    """How the methods of a class use an attribute of their object."""

    def __init__(self, keeper: Object, name: str, evaluator: Evaluator) -> None:
        self.keeper = keeper
        self.name = name
        self.evaluator = evaluator

    def is_kept(self, made_by: frozenset[str]) -> bool:
        """Whether the object makes what the attribute holds, by one of these classes, and gives it to nobody."""
        made = False
        for cls, method in self._methods():
            owner = method.ir.params[0].name if method.ir.params else ""
            if any((other, self.name) in method.index.stores for other in (cls.node.name, class_of(owner))):
                return False
            for definition in method.index.stores.get((owner, self.name), ()):
                if definition.how in PUT or definition.node == ir.Const(None):
                    # What is put into a queue is another thing, and None is none.
                    continue
                if not self._makes(definition, method, made_by):
                    return False
                made = True
            if self._escapes(method) or (_suspends(method) and self._suspended_inside(method.ir.body)):
                return False
        return made and not self._is_shared() and not self._escapes_elsewhere()

    def _methods(self) -> Iterator[tuple[Class, FunctionNode]]:
        for cls in self.evaluator.classes.mro(self.keeper.cls):
            if isinstance(cls, Class):
                for method in _methods_naming(cls.node, self.name):
                    yield cls, method

    def _is_shared(self) -> bool:
        """Whether all instances share what a class body holds."""
        return any(
            isinstance(cls, Class) and not all(map(cls.node.only_annotates, cls.node.members.get(self.name, [])))
            for cls in self.evaluator.classes.mro(self.keeper.cls)
        )

    def _makes(self, definition: Definition, method: FunctionNode, made_by: frozenset[str]) -> bool:
        """Whether an attribute gets what nobody else has: ``threading.Lock()``."""
        made = definition.node
        if definition.how != "value" or not isinstance(made, ir.Call):
            return False
        if not all(isinstance(arg.value, ir.Const) for arg in made.args):
            # ``Condition(lock)``, perhaps somebody else's; a size that is worked out changes nothing.
            queue = self._canonical(made.func, method) in QUEUES
            return queue and not any(arg.star for arg in made.args)
        return self._canonical(made.func, method) in made_by

    def _canonical(self, expr: ir.Expr, method: FunctionNode) -> str:
        function = self._eval(expr, method)
        return self.evaluator.knowledge.canonical(function.name) if isinstance(function, Lib) else ""

    def _eval(self, expr: ir.Expr, method: FunctionNode) -> Value:
        return self.evaluator.expressions.eval(expr, EvalState(self.evaluator.binding.generic_context(method)))

    def _escapes(self, method: FunctionNode) -> bool:
        """Whether a method does anything with it but making it, holding it for the length of a ``with``, and calling
        its methods: what is acquired by hand may be left taken. What functions inside it do, they do with the object.
        """
        for stmt in flat_statements(method.ir.body):
            uses: set[int] = set()
            if isinstance(stmt, ir.With):
                uses.update(id(expr) for expr, _, _ in stmt.items)
            elif isinstance(stmt, (ir.Assign, ir.Delete)) and len(stmt.targets) == 1:
                uses.update(map(id, stmt.targets))
            elif isinstance(stmt, ir.AnnAssign):
                uses.add(id(stmt.target))
            elif isinstance(stmt, (ir.If, ir.While, ir.Assert)):
                uses.add(id(stmt.test))
            inner = [stmt.function] if isinstance(stmt, ir.FunctionDef) else []
            for expr in expressions_in(stmt):
                if isinstance(expr, ir.Lambda):
                    inner.append(expr.function)
                elif isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr):
                    if expr.func.name not in ("acquire", "__enter__") or _releases(method, self.name):
                        uses.add(id(expr.func.value))
                elif isinstance(expr, (ir.Compare, ir.Not)):
                    uses.update((id(expr.left),) if isinstance(expr, ir.Compare) else (id(expr.value),))
                elif isinstance(expr, ir.Bool):
                    uses.add(id(expr.left))
                elif isinstance(expr, ir.Attr) and expr.name == self.name and id(expr) not in uses:
                    return True
            defaults = [param.default for function in inner for param in function.params]
            if any(isinstance(default, ir.Attr) and default.name == self.name for default in defaults):
                return True
        return False

    def _escapes_elsewhere(self) -> bool:
        """Whether functions beside its methods read the attribute of such an object and pass it on."""
        home = self.keeper.cls.node.module
        own = {cls.node for cls in self.evaluator.classes.mro(self.keeper.cls) if isinstance(cls, Class)}
        for node in self.evaluator.external_stores.reading(self.name, home):
            if node.owner in own or not self._escapes(node):
                continue
            for stmt in flat_statements(node.ir.body):
                for expr in expressions_in(stmt):
                    if isinstance(expr, ir.Attr) and expr.name == self.name and self._may_be_its(expr.value, node):
                        return True
        return False

    def _may_be_its(self, expr: ir.Expr, node: FunctionNode) -> bool:
        for option in alternatives(self._eval(expr, node)):
            if isinstance(option, Object) and (
                self.keeper.cls in self.evaluator.classes.mro(option.cls)
                or option.cls in self.evaluator.classes.mro(self.keeper.cls)
            ):
                return True
        return False

    def _suspended_inside(self, block: ir.Block) -> bool:
        """Whether a generator or a coroutine may stop while it holds the lock."""
        for stmt in block:
            if isinstance(stmt, ir.With):
                mine = any(isinstance(expr, ir.Attr) and expr.name == self.name for expr, _, _ in stmt.items)
                if mine and any(
                    isinstance(expr, (ir.Await, ir.Yield)) or (isinstance(inner, (ir.For, ir.With)) and inner.is_async)
                    for inner in flat_statements(stmt.body)
                    for expr in (*expressions_in(inner), ir.Const(None))
                ):
                    return True
            if any(self._suspended_inside(inner) for inner in inner_blocks(stmt)):
                return True
        return False


def _suspends(method: FunctionNode) -> bool:
    return method.ir.is_generator or method.ir.is_async


def _releases(method: FunctionNode, name: str) -> bool:
    """Whether the method gives back in a ``finally`` what it has acquired by hand."""
    for stmt in flat_statements(method.ir.body):
        for inner in flat_statements(stmt.final) if isinstance(stmt, ir.Try) else ():
            for expr in expressions_in(inner):
                if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and expr.func.name == "release":
                    held = expr.func.value
                    if isinstance(held, ir.Attr) and held.name == name:
                        return True
    return False


def _methods_naming(cls: ClassNode, name: str) -> Iterator[FunctionNode]:
    lines = cls.module.source.lines("words", name)
    for binding in cls.facts.members:
        if binding.kind == "function" and any(binding.line <= line <= binding.end_line for line in lines):
            node = cls.function(binding)
            if node is not None:
                yield node


def _keeps_alive(part: Object, me: Object, evaluator: Evaluator) -> bool:
    """Whether whoever runs a method of ``part`` keeps ``me`` alive: the part refers to it."""
    for cls in evaluator.classes.mro(part.cls):
        if not isinstance(cls, Class):
            continue
        for binding in cls.node.facts.members:
            method = cls.node.function(binding) if binding.kind == "function" else None
            if method is None or not method.ir.params:
                continue
            for owner, name in method.index.stores:
                if owner == method.ir.params[0].name:
                    stored = evaluator.attributes.stored(part, name)
                    if stored is not None and _refers(stored, me):
                        return True
    return False


def _refers(value: Value, me: Object) -> bool:
    for option in alternatives(value):
        if isinstance(option, Object) and _is_same(option, me):
            return True
        if isinstance(option, Bound) and isinstance(option.receiver, Object) and _is_same(option.receiver, me):
            return True
        if isinstance(option, Sequence) and any(_refers(item, me) for item in (*(option.items or ()), option.element)):
            return True
    return False
