"""Attributes that ``__del__`` reads and that need not be there: ``__init__`` may fail before it sets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, Function, Lib, Object
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.leaving import leaves, suppressing
from finlint.analysis.program.statements import attribute_of, children, inner_blocks, whole_expressions
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.construction import Construction, caught_names, methods, stored_by
from finlint.model import ir
from finlint.model.bindings import bound_singly
from finlint.model.limits import UNSET_DEPTH
from finlint.model.outline import stmt_span
from finlint.model.source import Span

_CATCHES = frozenset({"AttributeError", "Exception", "BaseException"})
#: What is bound by these was there before, or is not set.
_READ_TOO = frozenset({"augments", "deleted", "annotation"})

#: Decorators that leave a class as it is, as far as its attributes go.
_PLAIN_DECORATORS = frozenset(
    Lib(name)
    for name in (
        "functools.total_ordering",
        "typing.final",
        "typing.runtime_checkable",
        "typing_extensions.final",
        "typing_extensions.runtime_checkable",
        "warnings.deprecated",
    )
)


class Read(NamedTuple):
    """Attributes that one place of ``__del__`` reads, itself or by the method that it calls there."""

    attributes: tuple[str, ...]
    #: The one that is set last: where it is there, the others are.
    latest: str
    path: str
    span: Span
    why: str


def unset_reads(cls: Class, evaluator: Evaluator) -> Iterator[Read]:
    return _Reader(cls, evaluator).reads()


class _Reader:
    def __init__(self, cls: Class, evaluator: Evaluator) -> None:
        self.cls = cls
        self.evaluator = evaluator
        self.made = Construction(cls, evaluator)
        self.found: dict[tuple[str, Span], list[str]] = {}
        self.reported: set[str] = set()
        #: How many blocks around this place are only looked at for what is there behind them.
        self.says_nothing = 0

    def reads(self) -> Iterator[Read]:
        function = self.evaluator.classes.class_function(self.cls, "__del__")
        if function is None or self._is_dynamic():
            return
        self._function(function.node, None, 0, set())
        for (path, span), names in self.found.items():
            latest = max(names, key=lambda name: self.made.order.get(name, 0))
            yield Read(tuple(names), latest, path, span, self._why(names[0]))

    def _why(self, name: str) -> str:
        if name in self.made.order:
            return "which `__init__` may not have set when it fails"
        setters = sorted(
            method.name
            for base in self.evaluator.classes.mro(self.cls)
            if isinstance(base, Class)
            for method in methods(base)
            if name in stored_by(method)
        )
        return f"which only `{setters[0]}()` sets" if setters else "which nothing may have set"

    def _is_dynamic(self) -> bool:
        evaluator = self.evaluator
        if any(self.evaluator.classes.class_function(self.cls, name) for name in ("__getattr__", "__getattribute__")):
            return True
        # A decorator may write ``__init__`` and give every attribute a default.
        return any(
            evaluator.expressions.eval(decorator, EvalState(base.context)) not in _PLAIN_DECORATORS
            for base in evaluator.classes.mro(self.cls)
            if isinstance(base, Class)
            for decorator in base.node.facts.decorators
        )

    # -- what is read

    def _function(self, node: FunctionNode, at: tuple[str, Span] | None, depth: int, known: set[str]) -> None:
        if not node.ir.params or node.ir.is_async or node.ir.is_generator or UNSET_DEPTH.passed(depth):
            return
        _Body(self, node, at, depth, known).block(node.ir.body)

    def unsafe(self, name: str) -> bool:
        """Whether the attribute need not be there; False where it is, or nothing is known."""
        if name in self.made.safe or name not in self.made.stored or name.startswith("__"):
            return False
        for base in self.evaluator.classes.mro(self.cls):
            if isinstance(base, Class) and _has_default(base, name):
                return False
            if isinstance(base, Lib) and base.name != "builtins.object" and self._library_has(base.name, name):
                return False
        # Who makes the object may set it, outside of the class.
        is_stored = self.evaluator.external_stores.is_stored
        return name in self.made.order or not is_stored(Object(self.cls, (), "self"), name)

    def read(self, name: str, path: str, span: Span) -> None:
        if name not in self.reported and not self.says_nothing:
            self.reported.add(name)
            self.found.setdefault((path, span), []).append(name)

    def set_before(self, name: str) -> list[str]:
        """Attributes that are there wherever ``name`` is."""
        number = self.made.order.get(name, 0)
        return [name, *(other for other, at in self.made.order.items() if at <= number)]

    def asks_what_is_set(self, node: FunctionNode) -> bool:
        """Whether a method decides by an attribute that is there early, such as ``return self._open``."""
        if not node.ir.params:
            return False
        me = node.ir.params[0].name
        for stmt in node.ir.body:
            stack = [stmt.value] if isinstance(stmt, ir.Return) and stmt.value is not None else []
            while stack:
                part = stack.pop()
                if isinstance(part, ir.Attr) and dotted(part.value) == me:
                    return not self.unsafe(part.name) and self.is_data(part.name)
                # What is asked first decides.
                stack.extend(reversed(children(part)))
        return False

    def is_data(self, name: str) -> bool:
        found = self.evaluator.classes.class_member(self.cls, name)
        return found is None or not isinstance(found[1], Function)

    def _library_has(self, base: str, name: str) -> bool:
        return self.evaluator.knowledge.member(base, name) is not None


class _Body:
    """One method that ``__del__`` runs. Kinds of statements are told apart where they decide what is run at all, or
    what is there by then; all others read what they evaluate, and set what they bind.

    ``checked``: attributes that are there by now, a test or an earlier read having shown it. ``guarded``: what follows
    runs only for objects that were made.
    """

    def __init__(
        self, reader: _Reader, node: FunctionNode, at: tuple[str, Span] | None, depth: int, checked: set[str]
    ) -> None:
        self.reader = reader
        self.me = node.ir.params[0].name
        self.node = node
        self.at = at
        self.depth = depth
        self.guarded = False
        self.checked = checked

    def block(self, block: ir.Block) -> None:
        for number, stmt in enumerate(block, 1):
            self.statement(stmt)
            if number < len(block) and leaves((stmt,), self.node.module):
                return

    def branch(self, block: ir.Block, shown: set[str] | None = None) -> None:
        """A block that may be left out: what it shows holds within it only. ``shown`` is what is there before it."""
        outer = self.checked, self.guarded
        self.checked = set(self.checked if shown is None else shown)
        self.block(block)
        self.checked, self.guarded = outer

    def statement(self, stmt: ir.Stmt) -> None:
        if self.guarded:
            return
        if isinstance(stmt, ir.Try):
            self._try(stmt)
        elif isinstance(stmt, (ir.If, ir.While, ir.Match)):
            self._branches(stmt)
        elif isinstance(stmt, ir.Assert):
            # What follows runs only where it holds, the message only where it does not.
            self.guarded = self.test(stmt.test, stmt.span)
            self.maybe(stmt.message, stmt.span)
        else:
            self._simple(stmt)

    def _branches(self, stmt: ir.If | ir.While | ir.Match) -> None:
        """What is run is decided by a condition, which may ask for what only objects have that were made."""
        asked = stmt.subject if isinstance(stmt, ir.Match) else stmt.test
        inside = inner_blocks(stmt)
        if self.test(asked, stmt.span):
            # What follows ``if not self._open: return`` runs only for objects that were made.
            first = inside if isinstance(stmt, ir.Match) else inside[:1]
            self.guarded = any(isinstance(s, (ir.Return, ir.Raise)) for block in first for s in block)
        elif isinstance(stmt, ir.Match):
            for case in stmt.cases:
                for name in case.pattern.names:
                    self.maybe(name, stmt.span)
                if case.guard is None or not self.test(case.guard, stmt.span):
                    self.branch(case.body)
        elif isinstance(stmt.test, ir.Const) and stmt.test.value:
            self.block(stmt.body)
        else:
            for block in inside:
                self.branch(block)

    def _try(self, stmt: ir.Try) -> None:
        before = set(self.checked)
        catching = [handler for handler in stmt.handlers if set(caught_names(handler)) & _CATCHES]
        if catching:
            # What is missing there ends in a handler, which is no finding; ``else`` has what was read.
            after = self._shown(stmt.body)
        else:
            self.block(stmt.body)
            after = self.checked
        for handler in stmt.handlers:
            # One that does not catch what a missing attribute raises runs behind what was read.
            shown = before if handler in catching[:1] else after
            self.maybe(handler.type, stmt.span, shown)
            self.branch(handler.body, shown)
        self.branch(stmt.orelse, after)
        self.block(stmt.final)

    def _shown(self, block: ir.Block) -> set[str]:
        """The attributes that are there behind a block which nothing is said of."""
        outer, self.checked = self.checked, set(self.checked)
        self.reader.says_nothing += 1
        self.block(block)
        self.reader.says_nothing -= 1
        after, self.checked = self.checked, outer
        return after

    def _simple(self, stmt: ir.Stmt) -> None:
        """A statement that reads what it evaluates, then sets what it binds, and then runs what is in it."""
        given = (bound.target for bound in bound_singly(stmt) if bound.how not in _READ_TOO)
        stored = [target for target in given if isinstance(target, ir.Attr)]
        for expr in whole_expressions(stmt):
            target = next((target for target in stored if target is expr), None)
            self.expression(expr if target is None else target.value, stmt_span(stmt))
        names = {target.name for target in stored if dotted(target.value) == self.me}
        if isinstance(stmt, ir.For):
            # It may have no rounds.
            self.branch(stmt.body, self.checked | names)
            self.branch(stmt.orelse)
            return
        self.checked.update(names)
        if isinstance(stmt, ir.ClassDef):
            self.branch(stmt.body)
        elif isinstance(stmt, ir.With):
            attempt = suppressing(stmt, self.node.module)
            if attempt is None:
                self.block(stmt.body)
            else:
                self._try(attempt)

    def test(self, test: ir.Expr, span: Span) -> bool:
        """Whether a condition asks for something that is only so after a full ``__init__``."""
        guards = False
        stack = [test]
        while stack:
            node = stack.pop()
            if (isinstance(node, ir.Call) and dotted(node.func) in ("hasattr", "getattr", "vars")) or (
                isinstance(node, ir.Attr) and dotted(node.value) == self.me and node.name == "__dict__"
            ):
                guards = True
            elif isinstance(node, ir.Attr) and dotted(node.value) == self.me and not self.reader.unsafe(node.name):
                guards = guards or self.reader.is_data(node.name)
            elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and dotted(node.func.value) == self.me:
                method = self.reader.evaluator.classes.class_function(self.reader.cls, node.func.name)
                guards = guards or (method is not None and self.reader.asks_what_is_set(method.node))
            stack.extend(children(node))
        if not guards:
            self.expression(test, span)
        return guards

    def maybe(self, expr: ir.Expr | None, span: Span, shown: set[str] | None = None) -> None:
        """An expression that may not be evaluated: what it shows holds nowhere else."""
        if expr is not None:
            outer = self.checked
            self.checked = set(self.checked if shown is None else shown)
            self.expression(expr, span)
            self.checked = outer

    def expression(self, expr: ir.Expr, span: Span) -> None:
        if self.guarded:
            return
        if isinstance(expr, ir.Bool):
            if not self.test(expr.left, span):
                self.expression(expr.right, span)
            return
        if isinstance(expr, ir.IfExp):
            if not self.test(expr.test, span):
                self.maybe(expr.body, span)
                self.maybe(expr.orelse, span)
            return
        if isinstance(expr, ir.Comprehension):
            asked = [test for clause in expr.clauses for test in clause.ifs]
            if any(self.test(test, span) for test in asked):
                return
        if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and dotted(expr.func.value) == self.me:
            method = self.reader.evaluator.classes.class_function(self.reader.cls, expr.func.name)
            safe = not self.reader.unsafe(expr.func.name)
            if safe and method is not None and method.node is not self.node:
                at = self.at or (self.node.module.path, expr.span)
                self.reader._function(method.node, at, self.depth + 1, self.checked)
        if isinstance(expr, ir.Attr) and (name := attribute_of(expr, self.me)):
            if self.reader.unsafe(name) and name not in self.checked:
                path, place = self.at or (self.node.module.path, expr.span)
                self.reader.read(name, path, place)
                # Without it the finalizer ends here; what goes on has it, and what was set before it.
                self.checked.update(self.reader.set_before(name))
            return
        for part in children(expr):
            self.expression(part, span)


def _has_default(cls: Class, name: str) -> bool:
    """Whether the class body gives ``name`` a value: ``file: IO`` alone does not."""
    for binding in cls.node.members.get(name, []):
        if binding.kind != "assign":
            return True
        if any(getattr(stmt, "value", None) is not None for stmt in cls.node.module.statements(binding)):
            return True
    return False
