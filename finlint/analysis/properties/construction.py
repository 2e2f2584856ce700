"""What a constructor sets before anything in it can fail, and in which order it sets the rest."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Sequence,
    Value,
    alternatives,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.definitions import FunctionIndex
from finlint.analysis.program.statements import children, flat_statements, is_super, own_calls
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir
from finlint.model.bindings import bound_by, bound_singly, single
from finlint.model.limits import CONSTRUCTION_DEPTH
from finlint.model.source import Span

#: How targets get a value that they did not have before.
_SETS = frozenset({"value", "element", "enter"})

#: Calls that do not fail in practice, by the start of their qualified names.
_HARMLESS = (
    "threading.",
    "collections.",
    "weakref.",
    "itertools.",
    "logging.",
    "warnings.warn",
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
    "builtins.bytes",
    "builtins.bytearray",
    "builtins.str",
    "builtins.repr",
    "builtins.callable",
    "builtins.len",
    "builtins.super",
    "io.StringIO",
    "io.BytesIO",
    "queue.",
    "os.getpid",
    "pathlib.Path",
    "pathlib.PurePath",
    "functools.partial",
    "contextlib.ExitStack",
    "contextlib.suppress",
    # They start nothing before the first ``submit``.
    "concurrent.futures.",
    "copy.copy",
)
#: Methods of library objects that do not fail in practice.
_HARMLESS_METHODS = ("logging.", "threading.")
#: Methods of containers and texts that do not fail in practice.
_HARMLESS_OF_CONTAINERS = frozenset(
    {"add", "append", "appendleft", "copy", "extend", "format", "get", "items", "join", "keys", "lower", "lstrip"}
    | {"partition", "replace", "rstrip", "setdefault", "split", "strip", "update", "upper", "values"}
)
#: Library classes whose constructors do not fail in practice.
_PLAIN_BASES = frozenset(
    Lib(name)
    for name in (
        "abc.ABC",
        "builtins.BaseException",
        "builtins.Exception",
        "builtins.RuntimeError",
        "builtins.ValueError",
        "builtins.dict",
        "builtins.list",
        "builtins.object",
        "builtins.set",
        "threading.Thread",
        "typing.Generic",
        "typing.Protocol",
    )
)


def _set_by_name(stmt: ir.Stmt, me: str) -> set[str]:
    """Attributes that a statement sets by name: ``object.__setattr__(self, "x", 1)``, ``vars(self)["x"] = 1``."""
    if not isinstance(stmt, (ir.Assign, ir.ExprStmt)) or (isinstance(stmt, ir.ExprStmt) and not _arguments(stmt)):
        return set()
    if isinstance(stmt, ir.Assign) and not any(isinstance(target, ir.Subscript) for target in stmt.targets):
        return set()
    return {name for owner, name in FunctionIndex((stmt,)).stores if owner == me}


def _arguments(stmt: ir.Stmt) -> tuple[ir.Arg, ...]:
    return stmt.value.args if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call) else ()


def _is_plain(base: Value) -> bool:
    if not isinstance(base, Lib):
        return False
    # Interfaces: transports and protocols of asyncio only note what they are given.
    return base in _PLAIN_BASES or (base.name.startswith("asyncio.") and base.name.endswith(("Transport", "Protocol")))


class Construction:
    """``safe``: attributes that are there however ``__init__`` ends. ``order``: those that it sets at all, each with
    the number of the statement.
    ``stored``: those that some method of the class or its bases sets."""

    def __init__(self, cls: Class, evaluator: Evaluator) -> None:
        self.cls = cls
        self.evaluator = evaluator
        self.order: dict[str, int] = {}
        #: The methods that were looked at for it, and how deep inwards.
        self._noted: dict[FunctionNode, int] = {}
        self.safe = self._set_early()
        self.stored = self._stored_anywhere()

    def _own_function(self, name: str) -> Function | None:
        return self.evaluator.classes.class_function(self.cls, name)

    def _stored_anywhere(self) -> set[str]:
        return {
            name
            for base in self.evaluator.classes.mro(self.cls)
            if isinstance(base, Class)
            for method in methods(base)
            for name in stored_by(method)
        }

    def _set_early(self) -> set[str]:
        out: set[str] = set()
        maker = self._own_function("__new__")
        if maker is not None:
            out |= {name for _, name in maker.node.index.stores}
        init = self._own_function("__init__")
        if init is not None:
            self._init(init.node, out, 0)
            self._note_order(init.node, 0)
        return out

    def _note_order(self, node: FunctionNode, depth: int) -> None:
        """Write down the attributes that a body and the methods that it calls set."""
        if not node.ir.params or CONSTRUCTION_DEPTH.passed(depth) or self._noted.get(node, depth + 1) <= depth:
            return
        self._noted[node] = depth
        me = node.ir.params[0].name
        for stmt in flat_statements(node.ir.body):
            for call in own_calls(stmt):
                called = self._called_on_self(call, me, node)
                if called is not None:
                    self._note_order(called, depth + 1)
            number = max(self.order.values(), default=0) + 1
            for part in bound_singly(stmt):
                if part.how in _SETS and isinstance(part.target, ir.Attr) and dotted(part.target.value) == me:
                    self.order.setdefault(part.target.name, number)
            for name in _set_by_name(stmt, me):
                self.order.setdefault(name, number)

    def _called_on_self(self, call: ir.Call, me: str, node: FunctionNode) -> FunctionNode | None:
        """The method that ``self.x()``, ``super().x()`` or ``Base.x(self)`` runs on the same object."""
        func = call.func
        if not isinstance(func, ir.Attr):
            return None
        if is_super(func.value):
            return self._inherited(func.name, node)
        if dotted(func.value) == me:
            found = self._own_function(func.name)
            return found.node if found is not None else None
        if call.args and dotted(call.args[0].value) == me and not call.args[0].star:
            for option in alternatives(
                self.evaluator.expressions.eval(func.value, EvalState(self.evaluator.binding.generic_context(node)))
            ):
                if isinstance(option, Class) and option in self.evaluator.classes.mro(self.cls):
                    found = self.evaluator.classes.class_function(option, func.name)
                    return found.node if found is not None else None
        return None

    def _inherited(self, name: str, node: FunctionNode) -> FunctionNode | None:
        for base in self._bases_after(node):
            if isinstance(base, Class):
                for binding in base.node.members.get(name, []):
                    inner = base.node.function(binding) if binding.kind == "function" else None
                    if inner is not None:
                        return inner
        return None

    def _bases_after(self, node: FunctionNode) -> tuple[Value, ...]:
        """The bases that ``super()`` looks at in a method."""
        mro = self.evaluator.classes.mro(self.cls)
        owners = [i for i, base in enumerate(mro) if isinstance(base, Class) and base.node is node.owner]
        return mro[owners[0] + 1 :] if owners else ()

    def _init(self, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Add what the body certainly sets; False once something may have raised."""
        if not node.ir.params or CONSTRUCTION_DEPTH.passed(depth):
            return False
        return self._init_block(node.ir.body, node.ir.params[0].name, node, out, depth)

    def _init_block(self, block: ir.Block, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        return all(self._init_statement(stmt, me, node, out, depth) for stmt in block)

    def _init_statement(self, stmt: ir.Stmt, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        by_name = _set_by_name(stmt, me)
        if by_name:
            values = [stmt.value] if isinstance(stmt, ir.Assign) else [a.value for a in _arguments(stmt)]
            if not all(self._harmless(value, me, node, out, depth) for value in values):
                return False
            out |= by_name
            return True
        if isinstance(stmt, (ir.Assign, ir.AnnAssign)):
            if stmt.value is None:
                return True
            if not self._harmless(stmt.value, me, node, out, depth):
                return False
            given = (part for bound in bound_by(stmt) if bound.how == "value" for part in single(bound))
            # What is unpacked may have another length, where that is not written down.
            return all(part.how == "value" and self._stores(part.target, me, node, out, depth) for part in given)
        if isinstance(stmt, ir.AugAssign):
            return self._harmless(stmt.value, me, node, out, depth)
        if isinstance(stmt, (ir.ExprStmt, ir.Return)):
            return stmt.value is None or self._harmless(stmt.value, me, node, out, depth)
        if isinstance(stmt, ir.If):
            return self._init_branches(stmt, me, node, out, depth)
        if isinstance(stmt, ir.With):
            enters = all(self._harmless_manager(value, me, node, out, depth) for value, _, _ in stmt.items)
            return enters and self._init_block(stmt.body, me, node, out, depth)
        if isinstance(stmt, ir.Try):
            return self._init_try(stmt, me, node, out, depth)
        return isinstance(stmt, (ir.FunctionDef, ir.ClassDef, ir.Global)) or (
            isinstance(stmt, ir.Jump) and stmt.kind == "pass"
        )

    def _stores(self, target: ir.Expr, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Note what an assignment sets; False where it may raise."""
        if isinstance(target, ir.Attr) and dotted(target.value) == me:
            setter = self._setter(target.name)
            out.add(target.name)
            return setter is None or self._init(setter, out, depth + 1)
        # ``table[key] = value`` fails only where it is no container.
        return True

    def _setter(self, name: str) -> FunctionNode | None:
        """The setter of a property of the class."""
        for base in self.evaluator.classes.mro(self.cls):
            if isinstance(base, Class) and name in base.node.members:
                for binding in reversed(base.node.members[name]):
                    method = base.node.function(binding) if binding.kind == "function" else None
                    if method is not None and any(
                        isinstance(d, ir.Attr) and d.name == "setter" for d in method.ir.decorators
                    ):
                        return method
                return None
        return None

    def _init_branches(self, stmt: ir.If, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        if not self._harmless(stmt.test, me, node, out, depth):
            return False
        first, second = set(out), set(out)
        goes_on = self._init_block(stmt.body, me, node, first, depth)
        goes_on = self._init_block(stmt.orelse, me, node, second, depth) and goes_on
        out |= first & second
        # After ``if x: return`` what follows is not certain any more.
        return goes_on and not any(isinstance(s, ir.Return) for s in flat_statements((*stmt.body, *stmt.orelse)))

    def _init_try(self, stmt: ir.Try, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        """``try`` in a constructor: where every exception is caught, what all ways set is set."""
        body = set(out)
        goes_on = self._init_block(stmt.body, me, node, body, depth)
        caught = any({"Exception", "BaseException"} & set(caught_names(h)) for h in stmt.handlers)
        if goes_on:
            out |= body
            return self._init_block((*stmt.orelse, *stmt.final), me, node, out, depth)
        if not caught:
            return False
        ways = []
        for handler in stmt.handlers:
            way = set(out)
            if not self._init_block(handler.body, me, node, way, depth):
                return False
            ways.append(way)
        # The body may have come to its end as well, with all that it stores.
        whole = body | {
            target.name
            for s in stmt.body
            if isinstance(s, ir.Assign)
            for target in s.targets
            if isinstance(target, ir.Attr) and dotted(target.value) == me
        }
        if not self._init_block(stmt.orelse, me, node, whole, depth):
            return False
        out |= set.intersection(whole, *ways)
        return self._init_block(stmt.final, me, node, out, depth)

    def _harmless_manager(self, expr: ir.Expr, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Whether entering a context manager does not raise: locks and the like."""
        options = list(
            alternatives(self.evaluator.expressions.eval(expr, EvalState(self.evaluator.binding.generic_context(node))))
        )
        return self._harmless(expr, me, node, out, depth) and all(
            isinstance(v, LibObject) and v.type.startswith(_HARMLESS) for v in options
        )

    def _harmless(self, expr: ir.Expr, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        """Whether evaluating ``expr`` does not raise in practice."""
        if isinstance(expr, (ir.Await, ir.Yield)):
            return False
        if isinstance(expr, ir.Comprehension):
            context = self.evaluator.binding.generic_context(node)
            for clause in expr.clauses:
                options = alternatives(self.evaluator.expressions.eval(clause.iter, EvalState(context)))
                if clause.is_async or not all(isinstance(v, (Sequence, Mapping)) for v in options):
                    return False
        if isinstance(expr, ir.Subscript) and not isinstance(expr.key, ir.Slice):
            return False
        if isinstance(expr, ir.Call):
            if not all(self._harmless(a.value, me, node, out, depth) for a in expr.args):
                return False
            return self._harmless_call(expr, me, node, out, depth)
        return all(self._harmless(e, me, node, out, depth) for e in children(expr))

    def _harmless_call(self, call: ir.Call, me: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        func = call.func
        if isinstance(func, ir.Attr) and is_super(func.value):
            return self._super_call(func.name, node, out, depth)
        method = self._called_on_self(call, me, node)
        if method is not None:
            return not CONSTRUCTION_DEPTH.reached(depth) and self._init(method, out, depth + 1)
        context = self.evaluator.binding.generic_context(node)
        options = list(alternatives(self.evaluator.expressions.eval(func, EvalState(context))))
        # Where a decorator gives a function for a class, what the class does counts.
        options = [v for v in options if isinstance(v, Class)] or options
        return bool(options) and all(self._harmless_function(v, depth) for v in options)

    def _harmless_function(self, value: Value, depth: int) -> bool:
        if isinstance(value, Lib):
            return self.evaluator.knowledge.canonical(value.name).startswith(_HARMLESS)
        if isinstance(value, LibMethod):
            if isinstance(value.receiver, (Sequence, Mapping, Const)):
                return value.name.rpartition(".")[2] in _HARMLESS_OF_CONTAINERS
            return value.name.startswith(_HARMLESS_METHODS)
        if isinstance(value, Class):
            return self._harmless_class(value, depth)
        if isinstance(value, Function) and not CONSTRUCTION_DEPTH.reached(depth):
            function = value.node.ir
            if function.is_async or function.is_generator or function.decorators:
                return False
            # No parameter of a plain function is the object.
            return self._init_block(function.body, "", value.node, set(), depth + 1)
        return False

    def _harmless_class(self, cls: Class, depth: int) -> bool:
        """A class of the project whose construction does nothing that may fail."""
        bases = self.evaluator.classes.mro(cls)
        if any(not isinstance(base, Class) and not _is_plain(base) for base in bases):
            return False
        if self.evaluator.classes.class_function(cls, "__new__") is not None:
            return False
        init = self.evaluator.classes.class_function(cls, "__init__")
        return init is None or (not CONSTRUCTION_DEPTH.reached(depth) and self._init(init.node, set(), depth + 1))

    def _super_call(self, name: str, node: FunctionNode, out: set[str], depth: int) -> bool:
        for base in self._bases_after(node):
            if isinstance(base, Class):
                for binding in base.node.members.get(name, []):
                    inner = base.node.function(binding) if binding.kind == "function" else None
                    if inner is not None:
                        return self._init(inner, out, depth + 1)
            elif not _is_plain(base):
                return False
        return True


def methods(cls: Class) -> Iterator[FunctionNode]:
    return (method for method in cls.node.methods() if method.ir.params)


def stored_by(method: FunctionNode) -> list[str]:
    first = method.ir.params[0].name
    return [name for receiver, name in method.index.stores if receiver == first]


def caught_names(handler: ir.Handler) -> list[str]:
    return [dotted(e).rpartition(".")[2] for e in _types(handler)]


def _types(handler: ir.Handler) -> list[ir.Expr]:
    if handler.type is None:
        return [ir.Name("BaseException", Span(1, 1, 1, 1))]
    return list(handler.type.items) if isinstance(handler.type, ir.Display) else [handler.type]
