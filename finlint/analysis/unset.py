"""Attributes that ``__del__`` reads and that need not be there: ``__init__`` may fail before it sets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.evaluate import Context, Evaluator, dotted
from finlint.analysis.nodes import FunctionNode, children, inner_blocks
from finlint.analysis.values import Class, Function, Lib, alternatives
from finlint.model import ir
from finlint.model.source import Span

_MAX_DEPTH = 4

#: Calls that do not fail in practice, by the start of their qualified names.
_HARMLESS = (
    "threading.",
    "collections.",
    "weakref.",
    "itertools.",
    "logging.getLogger",
    "time.",
    "builtins.dict",
    "builtins.list",
    "builtins.set",
    "builtins.frozenset",
    "builtins.tuple",
    "builtins.object",
    "builtins.id",
    "builtins.isinstance",
    "builtins.hasattr",
    "builtins.type",
    "builtins.bool",
    "builtins.bytearray",
    "builtins.repr",
    "builtins.super",
    "io.StringIO",
    "io.BytesIO",
    "queue.",
    "os.getpid",
    "functools.partial",
    "contextlib.ExitStack",
)
_CATCHES = frozenset({"AttributeError", "Exception", "BaseException"})


class Read(NamedTuple):
    attribute: str
    path: str
    #: Where ``__del__`` itself reads it, or calls the method that does.
    span: Span
    why: str


def unset_reads(cls: Class, evaluator: Evaluator) -> Iterator[Read]:
    return _Reader(cls, evaluator).reads()


class _Reader:
    def __init__(self, cls: Class, evaluator: Evaluator) -> None:
        self.cls = cls
        self.evaluator = evaluator
        self.why: dict[str, str] = {}
        self.safe, self.seen_stores = self._set_early(), self._stored_anywhere()
        self.found: list[Read] = []
        self.reported: set[str] = set()

    def reads(self) -> Iterator[Read]:
        function = self.evaluator.class_function(self.cls, "__del__")
        if function is None or self._is_dynamic():
            return
        self._function(function.node, None, 0)
        yield from self.found

    def _is_dynamic(self) -> bool:
        evaluator = self.evaluator
        if any(self._own_function(name) for name in ("__getattr__", "__getattribute__")):
            return True
        # A decorator may write ``__init__`` and give every attribute a default.
        return any(isinstance(b, Class) and b.node.facts.decorators for b in evaluator.mro(self.cls))

    def _own_function(self, name: str) -> Function | None:
        return self.evaluator.class_function(self.cls, name)

    # -- what is set

    def _stored_anywhere(self) -> set[str]:
        out = set()
        for base in self.evaluator.mro(self.cls):
            if isinstance(base, Class):
                for binding in base.node.facts.members:
                    method = base.node.function(binding) if binding.kind == "function" else None
                    if method is not None and method.ir.params:
                        first = method.ir.params[0].name
                        out |= {name for receiver, name in method.index.stores if receiver == first}
        return out

    def _set_early(self) -> set[str]:
        out: set[str] = set()
        maker = self._own_function("__new__")
        if maker is not None:
            out |= {name for _, name in maker.node.index.stores}
        init = self._own_function("__init__")
        if init is not None:
            self._init(init.node, out, 0)
        return out

    def _init(self, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Add what the body certainly sets; False once something may have raised."""
        if not node.ir.params or depth > _MAX_DEPTH:
            return False
        return self._init_block(node.ir.body, node.ir.params[0].name, node, out, depth)

    def _init_block(self, block: ir.Block, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        return all(self._init_statement(stmt, me, node, out, depth) for stmt in block)

    def _init_statement(self, stmt: ir.Stmt, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        if isinstance(stmt, (ir.Assign, ir.AnnAssign)):
            if stmt.value is None:
                return True
            if not self._harmless(stmt.value, me, node, out, depth):
                return False
            targets = stmt.targets if isinstance(stmt, ir.Assign) else (stmt.target,)
            for target in targets:
                if isinstance(target, ir.Attr) and dotted(target.value) == me:
                    out.add(target.name)
            return True
        if isinstance(stmt, ir.ExprStmt):
            return self._harmless(stmt.value, me, node, out, depth)
        if isinstance(stmt, ir.If):
            if not self._harmless(stmt.test, me, node, out, depth):
                return False
            first, second = set(out), set(out)
            goes_on = self._init_block(stmt.body, me, node, first, depth)
            goes_on = self._init_block(stmt.orelse, me, node, second, depth) and goes_on
            out |= first & second
            return goes_on
        if isinstance(stmt, (ir.Import, ir.ImportFrom)):
            return False
        return isinstance(stmt, (ir.FunctionDef, ir.ClassDef, ir.Global)) or (
            isinstance(stmt, ir.Jump) and stmt.kind == "pass"
        )

    def _harmless(self, expr: ir.Expr, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Whether evaluating ``expr`` does not raise in practice."""
        if isinstance(expr, (ir.Await, ir.Yield, ir.Comprehension, ir.Subscript)):
            return False
        if isinstance(expr, ir.Call):
            if not all(self._harmless(a.value, me, node, out, depth) for a in expr.args):
                return False
            return self._harmless_call(expr, node, out, depth)
        return all(self._harmless(e, me, node, out, depth) for e in children(expr))

    def _harmless_call(self, call: ir.Call, node: FunctionNode, out: set[str], depth: int) -> bool:
        func = call.func
        if isinstance(func, ir.Attr) and isinstance(func.value, ir.Call) and dotted(func.value.func) == "super":
            return self._super_call(func.name, node, out, depth)
        scope = self.evaluator.generic_scope(node)
        options = list(alternatives(self.evaluator.eval(func, Context(scope))))
        return bool(options) and all(
            (isinstance(v, Lib) and v.name.startswith(_HARMLESS))
            or (isinstance(v, Class) and self._harmless_class(v, depth))
            for v in options
        )

    def _harmless_class(self, cls: Class, depth: int) -> bool:
        """A class of the project whose construction does nothing that may fail."""
        bases = self.evaluator.mro(cls)
        if any(not isinstance(base, Class) and base != Lib("builtins.object") for base in bases):
            return False
        if self.evaluator.class_function(cls, "__new__") is not None:
            return False
        init = self.evaluator.class_function(cls, "__init__")
        return init is None or (depth < _MAX_DEPTH and self._init(init.node, set(), depth + 1))

    def _super_call(self, name: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        mro = self.evaluator.mro(self.cls)
        owners = [i for i, base in enumerate(mro) if isinstance(base, Class) and base.node is node.owner]
        for base in mro[owners[0] + 1 :] if owners else ():
            if isinstance(base, Class):
                for binding in base.node.members.get(name, []):
                    inner = base.node.function(binding) if binding.kind == "function" else None
                    if inner is not None:
                        return self._init(inner, out, depth + 1)
            elif isinstance(base, Lib):
                return base.name == "builtins.object"
            else:
                return False
        return True

    # -- what is read

    def _function(self, node: FunctionNode, at: tuple[str, Span] | None, depth: int) -> None:
        if not node.ir.params or depth > _MAX_DEPTH or node.ir.is_async or node.ir.is_generator:
            return
        _Body(self, node, at, depth).block(node.ir.body)

    def unsafe(self, name: str) -> str:
        """Why the attribute need not be there; empty where it is, or nothing is known."""
        if name in self.safe or name not in self.seen_stores or name.startswith("__"):
            return ""
        if self.evaluator.class_member(self.cls, name) is not None:
            return ""
        for base in self.evaluator.mro(self.cls):
            if isinstance(base, Lib) and base.name != "builtins.object" and self._library_has(base.name, name):
                return ""
        init = self._own_function("__init__")
        stored = init is not None and any(attr == name for _, attr in init.node.index.stores)
        if stored:
            return "`__init__` may not have set when it fails"
        return "`__init__` does not set itself before something may fail"

    def _library_has(self, base: str, name: str) -> bool:
        return self.evaluator.knowledge.member(base, name) is not None


class _Body:
    def __init__(self, reader: _Reader, node: FunctionNode, at: tuple[str, Span] | None, depth: int) -> None:
        self.reader = reader
        self.me = node.ir.params[0].name
        self.node = node
        self.at = at
        self.depth = depth
        self.guarded = False
        #: Attributes that a test has shown to be there.
        self.checked: set[str] = set()

    def block(self, block: ir.Block) -> None:
        for stmt in block:
            self.statement(stmt)

    def statement(self, stmt: ir.Stmt) -> None:
        if self.guarded:
            return
        if isinstance(stmt, ir.Try):
            names = {dotted(e).rpartition(".")[2] for h in stmt.handlers for e in _types(h)}
            if names & _CATCHES:
                self.block(stmt.orelse)
            else:
                self.block(stmt.body)
            self.block(stmt.final)
        elif isinstance(stmt, ir.With):
            if not any(isinstance(v, ir.Call) and dotted(v.func).endswith("suppress") for v, _, _ in stmt.items):
                for value, _, span in stmt.items:
                    self.expression(value, span)
                self.block(stmt.body)
        elif isinstance(stmt, (ir.If, ir.While)):
            if self.test(stmt.test, stmt.span):
                # What follows ``if not self._open: return`` runs only for objects that were made.
                self.guarded = any(isinstance(s, (ir.Return, ir.Raise)) for s in stmt.body)
                return
            self.block(stmt.body)
            self.block(stmt.orelse)
        elif isinstance(stmt, ir.Assign):
            self.expression(stmt.value, stmt.span)
            for target in stmt.targets:
                if isinstance(target, ir.Attr) and dotted(target.value) == self.me:
                    self.checked.add(target.name)
                else:
                    self.expression(target, stmt.span)
        elif isinstance(stmt, (ir.ExprStmt, ir.AugAssign, ir.AnnAssign, ir.Return)):
            if stmt.value is not None:
                self.expression(stmt.value, stmt.span)
        elif isinstance(stmt, ir.For):
            self.expression(stmt.iter, stmt.span)
            self.block(stmt.body)
        else:
            for inner in inner_blocks(stmt):
                self.block(inner)

    def test(self, test: ir.Expr, span: Span) -> bool:
        """Whether a condition asks for something that is only so after a full ``__init__``."""
        guards = False
        stack = [test]
        while stack:
            node = stack.pop()
            if (isinstance(node, ir.Call) and dotted(node.func) in ("hasattr", "getattr")) or (
                isinstance(node, ir.Attr) and dotted(node.value) == self.me and node.name in ("__dict__",)
            ):
                guards = True
            elif isinstance(node, ir.Attr) and dotted(node.value) == self.me and not self.reader.unsafe(node.name):
                guards = guards or self._is_data(node.name)
            stack.extend(children(node))
        if not guards:
            self.expression(test, span)
        return guards

    def _is_data(self, name: str) -> bool:
        found = self.reader.evaluator.class_member(self.reader.cls, name)
        return found is None or not isinstance(found[1], Function)

    def expression(self, expr: ir.Expr, span: Span) -> None:
        if self.guarded:
            return
        if isinstance(expr, ir.Bool):
            if not self.test(expr.left, span):
                self.expression(expr.right, span)
            return
        if isinstance(expr, ir.IfExp):
            self.test(expr.test, span)
            return
        if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and dotted(expr.func.value) == self.me:
            method = self.reader.evaluator.class_function(self.reader.cls, expr.func.name)
            safe = not self.reader.unsafe(expr.func.name)
            if safe and method is not None and method.node is not self.node:
                at = self.at or (self.node.module.path, expr.span)
                self.reader._function(method.node, at, self.depth + 1)
        if isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name) and expr.value.id == self.me:
            why = self.reader.unsafe(expr.name)
            if why and expr.name not in self.checked and expr.name not in self.reader.reported:
                self.reader.reported.add(expr.name)
                path, place = self.at or (self.node.module.path, expr.span)
                self.reader.found.append(Read(expr.name, path, place, why))
            return
        for part in children(expr):
            self.expression(part, span)


def _types(handler: ir.Handler) -> list[ir.Expr]:
    if handler.type is None:
        return [ir.Name("BaseException", Span(1, 1, 1, 1))]
    return list(handler.type.items) if isinstance(handler.type, ir.Display) else [handler.type]
