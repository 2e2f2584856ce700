"""Where the names of a function's body, and the attributes that it stores, get their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from finlint.analysis.program.leaving import leaves
from finlint.analysis.program.statements import (
    children,
    expressions_in,
    flat_statements,
    inner_blocks,
    is_isinstance,
    is_super,
    last_name,
    parts_of,
)
from finlint.model import ir
from finlint.model.bindings import How, bound_by, bound_by_case
from finlint.model.limits import CONDITIONS
from finlint.scan.words import PUTS, PUTS_ALL, PUTS_FIRST, SETS, STACKS

DICT = "__dict__"
#: How definitions put something into what a name holds.
PUT: frozenset[DefinedBy] = frozenset({"puts", "puts-all", "puts-in", "sets"})
#: In a path, which counts what follows a starred target from the end: what that one takes.
REST = -(2**31)
#: Methods that give what was put to somebody else, who takes it out again.
_QUEUES = ("put", "put_nowait")
#: Methods that give an element of a mapping.
_GIVES = ("setdefault", "get")


#: Conditions that something stands under, each with what it has to come to.
Conditions = tuple[tuple[ir.Expr, bool], ...]


#: How a definition's node is put into what a name holds: itself, each of its elements, into an element of that; or it
#: becomes what an object gives out (``ContextVar.set``).
Put = Literal["puts", "puts-all", "puts-in", "sets"]
#: How a name gets its value from a definition's node: it is the expression itself, an element of it, what ``with``
#: binds, what is declared by it, a function, a class, one name of an import, or nothing that is known; a call that
#: gives something to an ``ExitStack``; what a generator delegates to.
Gives = Literal[
    "value", "element", "enter", "annotation", "function", "class", "import", "unknown", "exits", "delegate"
]
DefinedBy = Gives | Put


class Definition:
    """One way in which a name gets its value inside a function.

    ``path`` are the indices of tuple unpacking, and ``REST``. ``key`` is the one that it is put under.
    """

    __slots__ = ("conditions", "how", "key", "node", "path")

    def __init__(
        self, how: DefinedBy, node: object, path: tuple[int, ...], conditions: Conditions, key: ir.Expr | None = None
    ) -> None:
        self.how = how
        self.node = node
        self.path = path
        self.conditions = conditions
        self.key = key


def giving(definitions: Iterable[Definition]) -> list[Definition]:
    """Those that give a value: what an annotation says of the type is none (``self.lock: Lock = Lock()`` has both)."""
    return [definition for definition in definitions if definition.how != "annotation"]


def only_value(definitions: Iterable[Definition]) -> ir.Expr | None:
    """The expression that a name is given as it is, where it is given one thing only; None where it is not so."""
    given = giving(definitions)
    if len(given) != 1 or given[0].how != "value" or given[0].path:
        return None
    return given[0].node  # type: ignore[return-value]


def since_last_assigned(definitions: list[Definition], body: ir.Block) -> list[Definition]:
    """Definitions of one name without those that a statement of ``body`` itself, which runs in any case, replaces."""
    assigned = {id(stmt.value) for stmt in body if isinstance(stmt, ir.Assign)}
    for at in range(len(definitions) - 1, 0, -1):
        if definitions[at].how == "value" and not definitions[at].path and id(definitions[at].node) in assigned:
            return definitions[at:]
    return definitions


#: The owner of what is stored through ``super()``: the first parameter.
OWN = "super()"
#: The owner of what a module stores in itself: ``globals()[name] = value``, ``sys.modules[__name__].name = value``.
OF_MODULE = "globals()"


class StoreByName(NamedTuple):
    """``setattr(variable, key, value)`` with a key that is no constant; without one ``value`` is a mapping, and what is
    in it is stored: ``variable.__dict__.update(value)``."""

    owner: str
    key: ir.Expr | None
    value: ir.Expr


class FunctionIndex:
    """Where a function's names and the attributes it stores get their values, and what it returns.

    Flow-insensitive: each definition carries the conditions it stands under, so that a caller's constants can
    rule it out.
    """

    def __init__(self, body: ir.Block) -> None:
        self.names: dict[str, list[Definition]] = {}
        #: (variable, attribute) -> definitions, for ``variable.attribute = ...``; the variable is ``class_of("x")`` for
        #: ``type(x).attribute = ...``.
        self.stores: dict[tuple[str, str], list[Definition]] = {}
        #: Whether there were more conditions than are kept; who uses the index says so, as it is shared.
        self.forgets_conditions = False
        self.returns: list[Definition] = []
        self.yields: list[Definition] = []
        #: Expressions that may be calls of interest: ``variable.attribute.method(...)`` with constant arguments.
        self.calls: list[ir.Call] = []
        self.globals: set[str] = set()
        #: What is stored in ``variable.holder.name``, by holder and name.
        self.nested: dict[tuple[str, str], list[Definition]] = {}
        #: What is stored in an attribute of anything but a variable: of what, by which name.
        self.further_stores: list[tuple[ir.Expr, str, Definition]] = []
        #: What is stored by names that do not stand here.
        self.by_name: list[StoreByName] = []
        #: What comprehensions give to their own variables.
        self.rounds: dict[str, list[Definition]] = {}
        #: Functions and lambdas that are defined here.
        self.inner: list[ir.Function] = []
        #: Variables that functions inside bind anew (``nonlocal``).
        self.shared: set[str] = set()
        #: Of expressions outside of loops that read variables which are bound more than once, by their identity: those
        #: variables, each with the part of its definitions (from, to) that comes before and was not replaced.
        self.reaching: dict[int, dict[str, tuple[int, int]]] = {}
        self._replaced: dict[str, int] = {}
        self._loops = 0
        #: What the statement that is looked at reads and calls.
        self._read: set[str] = set()
        self._called: list[ir.Call] = []
        self._block(body, ())
        self._forget_what_all_reach()

    def _block(self, block: ir.Block, conditions: Conditions) -> None:
        outer, self._replaced = self._replaced, dict(self._replaced)
        for stmt in block:
            before = {name: len(self.names.get(name, ())) for name in _plainly_bound(stmt)}
            self._read, self._called = set(), []
            self._statement(stmt, conditions)
            if self._read and not self._loops:
                self._note_reaching(stmt, before)
            if before:
                self._replaced.update(before)
            if isinstance(stmt, ir.If) and not stmt.orelse and leaves(stmt.body):
                # ``if x: return`` puts what follows under ``not x``.
                conditions = (*conditions, (stmt.test, False))
            elif isinstance(stmt, ir.Assert) and any(map(_asks_class, parts_of(stmt.test))):
                conditions = (*conditions, (stmt.test, True))
        self._replaced = outer

    def _note_reaching(self, stmt: ir.Stmt, before: dict[str, int]) -> None:
        """Note which definitions the variables that a statement reads have by now, where they have several."""
        if not isinstance(stmt, (ir.Assign, ir.AnnAssign, ir.ExprStmt, ir.Return)) or stmt.value is None:
            return
        reaching: dict[str, tuple[int, int]] = {}
        for name in self._read:
            count = before.get(name)
            if count is None:
                count = len(self.names.get(name, ()))
                if count < 2:
                    continue
            reaching[name] = self._replaced.get(name, 0), count
        if reaching:
            for part in (stmt.value, *self._called):
                self.reaching[id(part)] = reaching

    def _forget_what_all_reach(self) -> None:
        for part, reaching in list(self.reaching.items()):
            kept = {name: some for name, some in reaching.items() if some != (0, len(self.names.get(name, ())))}
            if kept:
                self.reaching[part] = kept
            else:
                del self.reaching[part]

    def _statement(self, stmt: ir.Stmt, conditions: Conditions) -> None:
        if isinstance(stmt, ir.Match):
            self._cases(stmt, conditions)
            return
        for target, how, node in bound_by(stmt):
            self._bound(target, how, node, conditions)
        if isinstance(stmt, ir.If):
            self._arms(stmt, conditions)
            return
        self._expressions(stmt, conditions)
        if isinstance(stmt, ir.Return):
            value = ir.Const(None) if stmt.value is None else stmt.value
            self.returns.append(Definition("value", value, (), conditions))
        elif isinstance(stmt, ir.FunctionDef):
            self.inner.append(stmt.function)
            self._rebound_inside(stmt.function)
        elif isinstance(stmt, ir.Global):
            self.globals.update(stmt.names)
        repeats = isinstance(stmt, (ir.For, ir.While))
        self._loops += repeats
        for block in inner_blocks(stmt):
            self._block(block, conditions)
        self._loops -= repeats

    def _rebound_inside(self, function: ir.Function) -> None:
        """What a function inside gives to the variables that it declares ``nonlocal``."""
        if not any(_declared_nonlocal(function)):
            return
        inside = FunctionIndex(function.body)
        for name in dict.fromkeys(_declared_nonlocal(function)):
            self.shared.add(name)
            for definition in inside.names.get(name, ()):
                # Of what only the function itself knows, nothing can be said here.
                own = any(isinstance(p, ir.Name) and p.id in function.bound for p in _all_parts(definition.node))
                kind: DefinedBy = "unknown" if own or definition.how in ("class", "function") else definition.how
                node = None if kind == "unknown" else definition.node
                self._add(name, Definition(kind, node, definition.path, ()))

    def _bound(self, target: ir.Expr, how: How, node: object, conditions: Conditions) -> None:
        """Note one of the things that a statement binds (``bound_by``)."""
        if how == "deleted":
            return
        defined: DefinedBy
        if how == "augments" and isinstance(target, ir.Attr) and target.name == DICT:
            # ``self.__dict__ |= options`` stores what is in it, as ``self.__dict__ = options`` does.
            defined = "value"
        elif how == "augments":
            # ``self.threads += [thread]`` puts something in; what another sum is, is not told.
            puts = isinstance(node, (ir.Display, ir.DictDisplay, ir.Comprehension))
            defined = "puts-all" if puts else "unknown"
        elif how == "exception":
            defined = "unknown"
        else:
            defined = how
        self._target(target, defined, None if defined == "unknown" else node, (), conditions)

    def _cases(self, stmt: ir.Match, conditions: Conditions) -> None:
        """``match``: each case stands under what its pattern asks, and under what those before it did not find."""
        self._expressions(stmt, conditions)
        for case in stmt.cases:
            test = case.pattern.test
            needs = case.pattern.needs if test is None else test
            here = conditions if needs is None else (*conditions, (needs, True))
            for target, how, node in bound_by_case(case, stmt.span):
                self._bound(target, how, node, here)
            self._block(case.body, here)
            if test is not None and case.guard is None:
                if CONDITIONS.passed(len(conditions)):
                    conditions = conditions[-CONDITIONS:]
                conditions = (*conditions, (test, False))

    def _arms(self, stmt: ir.If, conditions: Conditions) -> None:
        """``if`` and its ``elif`` arms, of which there may be thousands."""
        arm: ir.If | None = stmt
        while arm is not None:
            self._expr(arm.test, conditions)
            self._block(arm.body, (*conditions, (arm.test, True)))
            if len(conditions) > CONDITIONS:
                self.forgets_conditions = True
                conditions = conditions[-CONDITIONS:]
            conditions = (*conditions, (arm.test, False))
            orelse, arm = arm.orelse, None
            if len(orelse) == 1 and isinstance(orelse[0], ir.If):
                arm = orelse[0]
            else:
                self._block(orelse, conditions)

    def _add(self, name: str, definition: Definition) -> None:
        self.names.setdefault(name, []).append(definition)

    def _target(
        self,
        target: ir.Expr,
        how: DefinedBy,
        value: object,
        path: tuple[int, ...],
        conditions: Conditions,
    ) -> None:
        if isinstance(target, ir.Name):
            self._add(target.id, Definition(how, value, path, conditions))
        elif isinstance(target, ir.Attr) and target.name == DICT and how == "value" and not path:
            if owner := _owner(target.value):
                self.by_name.append(StoreByName(owner, None, value))  # type: ignore[arg-type]
        elif isinstance(target, ir.Attr) and (owner := _owner(target.value)):
            self.stores.setdefault((owner, target.name), []).append(Definition(how, value, path, conditions))
        elif isinstance(target, ir.Attr):
            definition = Definition(how, value, path, conditions)
            self.further_stores.append((target.value, target.name, definition))
            if isinstance(target.value, ir.Attr):
                self.nested.setdefault((target.value.name, target.name), []).append(definition)
        elif isinstance(target, ir.Display):
            starred = 0
            for position, item in enumerate(target.items):
                if isinstance(item, ir.Starred):
                    self._target(item.value, how, value, (*path, REST), conditions)
                    starred = len(target.items)
                else:
                    self._target(item, how, value, (*path, position - starred), conditions)
        elif isinstance(target, ir.Subscript) and how == "value":
            # ``self.table[key] = value`` and ``table[key] = value`` put an element into a container.
            self._item(target, value, path, conditions)

    def _item(self, target: ir.Subscript, value: object, path: tuple[int, ...], conditions: Conditions) -> None:
        container, key = target.value, target.key
        if _is_globals(container):
            if isinstance(key, ir.Const):
                self._store_under(OF_MODULE, key, Definition("value", value, path, conditions))
            return
        if (owner := _whose_attributes(container)) is not None:
            # ``self.__dict__["name"] = value``
            if owner and isinstance(key, ir.Const):
                self._store_under(owner, key, Definition("value", value, path, conditions))
            elif owner:
                self.by_name.append(StoreByName(owner, key, value))  # type: ignore[arg-type]
            return
        outer = holder_of(container)
        if outer is None:
            self._put_into(container, Definition("puts", value, path, conditions, key))
        else:
            # ``self.table[key][name] = value``
            self._put_into(outer, Definition("puts-in", value, path, conditions, _key_of(container)))

    def _put_into(self, container: ir.Expr, definition: Definition) -> None:
        if isinstance(container, ir.Attr) and (owner := _owner(container.value)):
            self.stores.setdefault((owner, container.name), []).append(definition)
        elif isinstance(container, ir.Name):
            self._add(container.id, definition)

    def _expressions(self, stmt: ir.Stmt, conditions: Conditions) -> None:
        for expr in expressions_in(stmt):
            self._part(expr, conditions)

    def _expr(self, expr: ir.Expr, conditions: Conditions) -> None:
        for part in parts_of(expr):
            self._part(part, conditions)

    def _part(self, node: ir.Expr, conditions: Conditions) -> None:
        """Find calls that put something into a container or change a receiver, yields, and walrus targets."""
        if isinstance(node, ir.Name):
            self._read.add(node.id)
        elif isinstance(node, ir.Walrus):
            self._add(node.target, Definition("value", node.value, (), conditions))
        elif isinstance(node, ir.Yield):
            if node.value is not None:
                self.yields.append(Definition("delegate" if node.delegates else "value", node.value, (), ()))
        elif isinstance(node, ir.Call):
            self.calls.append(node)
            self._called.append(node)
            self._puts(node)
        elif isinstance(node, ir.Lambda):
            self.inner.append(node.function)
        elif isinstance(node, ir.Comprehension):
            for clause in node.clauses:
                self._round(clause.target, clause.iter)

    def _round(self, target: ir.Expr, iterated: ir.Expr) -> None:
        """Note the variables of a comprehension, or a pair of them."""
        parts = target.items if isinstance(target, ir.Display) else (target,)
        for position, part in enumerate(parts):
            if isinstance(part, ir.Name):
                path = (position,) if isinstance(target, ir.Display) else ()
                self.rounds.setdefault(part.id, []).append(Definition("element", iterated, path, ()))

    def _store_under(self, owner: str, key: ir.Const, definition: Definition) -> None:
        """Note a store into the attribute whose name is ``key``."""
        self.stores.setdefault((owner, str(key.value)), []).append(definition)

    def _puts(self, node: ir.Call) -> None:
        func = node.func
        if self._sets(node) or not node.args:
            return
        if len(node.args) > 1 and last_name(func) in PUTS_FIRST:
            # ``heapq.heappush(heap, item)``
            self._put_into(node.args[0].value, Definition("puts", node.args[1].value, (), ()))
            return
        if not isinstance(func, ir.Attr):
            return
        if func.name == "setdefault" and len(node.args) == 2 and (owner := _whose_attributes(func.value)):
            # ``self.__dict__.setdefault("name", value)``
            key, value = (arg.value for arg in node.args)
            if isinstance(key, ir.Const):
                self._store_under(owner, key, Definition("value", value, (), ()))
            return
        if func.name == "update" and (owner := _whose_attributes(func.value)):
            # ``self.__dict__.update(name=value)``
            for arg in node.args:
                if arg.keyword:
                    self.stores.setdefault((owner, arg.keyword), []).append(Definition("value", arg.value, (), ()))
                elif arg.star != "*":
                    self.by_name.append(StoreByName(owner, None, arg.value))
            return
        if func.name in PUTS:
            under = node.args[0].value if func.name == "setdefault" else None
            definition = Definition("puts", node.args[-1].value, (), (), under)
        elif func.name in PUTS_ALL and not node.args[0].keyword:
            definition = Definition("puts-all", node.args[0].value, (), ())
        elif func.name == "update":
            for arg in node.args:
                if arg.keyword:
                    self._put_into(func.value, Definition("puts", arg.value, (), (), ir.Const(arg.keyword)))
            return
        elif func.name in STACKS:
            definition = Definition("exits", node, (), ())
        elif func.name == SETS and len(node.args) == 1:
            definition = Definition("sets", node.args[0].value, (), ())
        else:
            return
        container = func.value
        outer = holder_of(container) if func.name not in _QUEUES else None
        if outer is not None and definition.how == "puts":
            # ``self.callbacks.setdefault(event, []).append(callback)``
            container, definition = outer, Definition("puts-in", definition.node, (), (), _key_of(container))
        self._put_into(container, definition)

    def _sets(self, node: ir.Call) -> bool:
        """``setattr(self, "name", value)`` and ``object.__setattr__(self, "name", value)``."""
        func = node.func
        called = func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attr) else ""
        if called == "__setattr__" and len(node.args) == 2 and isinstance(func, ir.Attr) and is_super(func.value):
            key, value = (arg.value for arg in node.args)
            self.by_name.append(StoreByName(OWN, key, value))
            return True
        if called not in ("setattr", "__setattr__") or len(node.args) != 3:
            return False
        target, attribute, value = (arg.value for arg in node.args)
        if not isinstance(target, ir.Name):
            if isinstance(attribute, ir.Const):
                self._target(ir.Attr(target, str(attribute.value), node.span), "value", value, (), ())
            return False
        named = [attribute]
        if isinstance(attribute, ir.Name):
            # ``for name in ("reader", "writer"): setattr(self, name, None)``
            loops = [d.node for d in self.names.get(attribute.id, ()) if d.how == "element" and not d.path]
            named = [item for node in loops if isinstance(node, ir.Display) for item in node.items]
        names = [item.value for item in named if isinstance(item, ir.Const) and isinstance(item.value, str)]
        if not names and not isinstance(attribute, ir.Const):
            self.by_name.append(StoreByName(target.id, attribute, value))
        for name in names:
            self.stores.setdefault((target.id, name), []).append(Definition("value", value, (), ()))
        return bool(names)


def _asks_class(part: ir.Expr) -> bool:
    return isinstance(part, ir.Call) and is_isinstance(part)


def _plainly_bound(stmt: ir.Stmt) -> list[str]:
    """The variables that a statement certainly gives another value."""
    if isinstance(stmt, ir.Assign):
        return [target.id for target in stmt.targets if isinstance(target, ir.Name)]
    if isinstance(stmt, ir.AnnAssign) and stmt.value is not None and isinstance(stmt.target, ir.Name):
        return [stmt.target.id]
    return []


def _declared_nonlocal(function: ir.Function) -> Iterator[str]:
    """The names that a function, or one inside it, declares ``nonlocal`` and that are not its own."""
    for stmt in flat_statements(function.body):
        if isinstance(stmt, ir.Global) and stmt.nonlocal_:
            yield from stmt.names
        elif isinstance(stmt, ir.FunctionDef):
            yield from (name for name in _declared_nonlocal(stmt.function) if name not in function.bound)


def _all_parts(node: Any) -> Iterable[ir.Expr]:
    return () if node is None or isinstance(node, (ir.Import, ir.ImportFrom)) else parts_of(node)


def holder_of(container: ir.Expr) -> ir.Expr | None:
    """The container that this one is an element of: ``table`` for ``table[key]`` and ``table.setdefault(key, [])``."""
    if isinstance(container, ir.Subscript):
        return container.value
    if isinstance(container, ir.Call) and isinstance(container.func, ir.Attr) and container.func.name in _GIVES:
        return container.func.value
    return None


def _key_of(container: ir.Expr) -> ir.Expr | None:
    """The key of such an element."""
    if isinstance(container, ir.Subscript):
        return container.key
    return container.args[0].value if isinstance(container, ir.Call) and container.args else None


def _whose_attributes(expr: ir.Expr) -> str | None:
    """The variable of which ``expr`` is the dictionary: ``x.__dict__``, ``vars(x)``; "" where it is that of something
    else, None where it is no such thing."""
    if isinstance(expr, ir.Attr) and expr.name == DICT:
        return _owner(expr.value)
    if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "vars" and len(expr.args) == 1:
        return _owner(expr.args[0].value)
    return None


def class_of(variable: str) -> str:
    """How ``FunctionIndex.stores`` names the class of a variable."""
    return f"type({variable})"


def _owner(expr: ir.Expr) -> str:
    """The variable whose attribute is meant, ``class_of`` one for ``type(x)`` and ``x.__class__``; "" for others."""
    if isinstance(expr, ir.Name):
        return expr.id
    if isinstance(expr, ir.Attr) and expr.name == "__class__" and isinstance(expr.value, ir.Name):
        return class_of(expr.value.id)
    if isinstance(expr, ir.Subscript) and isinstance(expr.key, ir.Name) and expr.key.id == "__name__":
        # ``sys.modules[__name__]``
        return OF_MODULE
    if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "type" and len(expr.args) == 1:
        made = expr.args[0].value
        return class_of(made.id) if isinstance(made, ir.Name) else ""
    return ""


def _is_globals(expr: ir.Expr) -> bool:
    """``globals()``"""
    return isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "globals"


def read_by_returns(function: ir.Function, index: FunctionIndex) -> frozenset[str] | None:
    """The names that decide what a function returns, parameters among them; None where all may: a closure does."""
    needed: set[str] = set()
    pending = [part for definition in index.returns for part in _parts_of(definition)]
    while pending:
        part = pending.pop()
        if part is None or isinstance(part, (ir.Lambda, ir.Function, ir.ClassDef)):
            return None
        if isinstance(part, ir.Name):
            if part.id not in needed:
                needed.add(part.id)
                pending += [p for definition in index.names.get(part.id, ()) for p in _parts_of(definition)]
                for (owner, _), definitions in index.stores.items():
                    if owner == part.id:
                        pending += [p for definition in definitions for p in _parts_of(definition)]
            continue
        pending += children(part)
    if "super" in needed and function.params:
        needed.add(function.params[0].name)
    return frozenset(needed)


def _parts_of(definition: Definition) -> list[Any]:
    """What a definition gives its value by, and under which conditions."""
    parts: list[Any] = [test for test, _ in definition.conditions]
    if definition.how not in ("unknown", "import", "annotation"):
        parts.append(definition.node)
    return parts
