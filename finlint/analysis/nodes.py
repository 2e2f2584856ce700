"""Modules, classes and functions of the project: facts plus identity, lowered when first looked at."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

from finlint.model import ir
from finlint.model.facts import Binding, ClassFacts
from finlint.model.outline import class_facts, target_names
from finlint.model.words import PUTS, PUTS_ALL, STACKS

_DICT = "__dict__"


class Source(Protocol):
    """What the analysis asks of a file (``finlint.syntax.traced.Traced``).

    Whoever looks for names asks for what is ``bound``; whoever looks for words asks ``lines`` or ``words`` a question
    of ``finlint.syntax.texts``. What stands on the whole ``text`` is worked out again after every change of the file.
    """

    path: str
    #: What was worked out of lowered functions, by their identity; it lives as long as they do.
    indexes: dict[int, Any]

    @property
    def text(self) -> str: ...
    @property
    def stars(self) -> tuple[ir.ImportFrom, ...]: ...

    def bound(self, name: str) -> tuple[Binding, ...]: ...
    def global_lines(self, name: str) -> tuple[int, ...]: ...
    def at(self, line: int) -> tuple[Binding, ...]: ...
    def lower(self, line: int, end_line: int) -> ir.Block: ...
    def slice_text(self, line: int, end_line: int) -> str: ...
    def line_text(self, line: int) -> str: ...
    def lines(self, question: str, argument: str) -> tuple[int, ...]: ...
    def words(self, question: str, argument: str) -> tuple[str, ...]: ...


class FunctionNode:
    """A function or lambda; compared by identity. ``owner`` is the class whose body holds the ``def``."""

    __slots__ = ("_index", "_tested", "ir", "module", "owner")

    def __init__(self, module: ModuleNode, function: ir.Function, owner: ClassNode | None) -> None:
        self.module = module
        self.ir = function
        self.owner = owner
        self._index: FunctionIndex | None = None
        self._tested: frozenset[str] | None = None

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def qualified(self) -> str:
        return f"{self.owner.name}.{self.ir.name}" if self.owner is not None else self.ir.name

    @property
    def index(self) -> FunctionIndex:
        if self._index is None:
            # Tasks have nodes of their own, but the same lowered bodies.
            indexes = self.module.source.indexes
            index = indexes.get(id(self.ir))
            if index is None:
                index = indexes[id(self.ir)] = FunctionIndex(self.ir.body)
            self._index = index
        return self._index

    def part(self, body: ir.Block) -> FunctionNode:
        """A function that runs ``body``, a part of this one's, where its names mean the same."""
        node = FunctionNode(self.module, self.ir._replace(body=body), self.owner)
        node._index = self.index
        return node

    @property
    def decisive(self) -> frozenset[str] | None:
        """The names that decide what it returns; None: all of them."""
        indexes = self.module.source.indexes
        key = -id(self.ir)
        if key not in indexes:
            indexes[key] = read_by_returns(self.ir, self.index)
        names: frozenset[str] | None = indexes[key]
        return names

    @property
    def tested(self) -> frozenset[str]:
        """The attributes of a method's object that decide which of its statements are run."""
        if self._tested is None:
            self._tested = tested_attributes(self.ir)
        return self._tested

    def __repr__(self) -> str:
        return f"<{self.module.name}.{self.qualified}>"


class ClassNode:
    """A class; compared by identity. ``parent`` is the class whose body holds it, ``within`` the function whose body
    does, if any."""

    def __init__(
        self,
        module: ModuleNode,
        facts: ClassFacts,
        parent: ClassNode | None = None,
        within: FunctionNode | None = None,
    ) -> None:
        self.module = module
        self.facts = facts
        self.name = facts.name
        self.parent = parent
        self.within = within
        self._functions: dict[Binding, FunctionNode] = {}

    @cached_property
    def members(self) -> dict[str, list[Binding]]:
        table: dict[str, list[Binding]] = {}
        for binding in self.facts.members:
            table.setdefault(binding.name, []).append(binding)
        return table

    def function(self, binding: Binding) -> FunctionNode | None:
        """The method that a binding of kind "function" defines."""
        node = self.module.functions_by_line.get((binding.line, binding.name))
        if node is None:
            for stmt in self.module.statements(binding):
                if isinstance(stmt, ir.FunctionDef):
                    node = FunctionNode(self.module, stmt.function, self)
                    self.module.functions_by_line[(binding.line, binding.name)] = node
        return node

    def method(self, name: str) -> FunctionNode | None:
        """The method of that name in the body: the last ``def`` of it."""
        for binding in reversed(self.members.get(name, [])):
            node = self.function(binding) if binding.kind == "function" else None
            if node is not None:
                return node
        return None

    def only_annotates(self, binding: Binding) -> bool:
        """Whether a binding of the body is ``name: type`` without a value."""
        if binding.kind != "assign":
            return False
        return all(isinstance(s, ir.AnnAssign) and s.value is None for s in self.module.statements(binding))

    def methods_with(self, attribute: str) -> Iterator[FunctionNode]:
        """The methods that can store ``.attribute``, or name it beside a ``setattr``."""
        bindings = dict.fromkeys(self._methods_on(self._lines("stores", attribute)))
        if self._has("setattr"):
            for quote in "\"'":
                bindings.update(dict.fromkeys(self._methods_on(self._lines("within", quote + attribute))))
        if self._has(_DICT):
            bindings.update(dict.fromkeys(self._methods_on(self._lines("within", _DICT))))
        for binding in bindings:
            node = self.function(binding)
            if node is not None:
                yield node

    def methods_calling(self, names: Iterable[str]) -> Iterator[FunctionNode]:
        """The methods in which something of one of these names is called."""
        first, last = self.facts.line, self.facts.end_line
        lines = [n for name in names for n in self.module.source.lines("calls", name) if first <= n <= last]
        for binding in dict.fromkeys(self._methods_on(sorted(lines))):
            node = self.function(binding)
            if node is not None:
                yield node

    def _has(self, word: str) -> bool:
        return bool(self.module.source.words("holds", f"{self.facts.line}\n{self.facts.end_line}\n{word}"))

    def _lines(self, question: str, argument: str) -> tuple[int, ...]:
        """The lines of its text that answer a question."""
        return self.module.source.lines(question, f"{self.facts.line}\n{self.facts.end_line}\n{argument}")

    def _methods_on(self, lines: Sequence[int]) -> Iterator[Binding]:
        """Bindings of the methods that these lines stand in; of those without a text of their own, all."""
        if lines:
            yield from self._lowered_methods
        position = 0
        firsts, methods = self._methods
        for line in lines:
            if position < len(methods) and line > methods[position].end_line:
                position = bisect_right(firsts, line, position) - 1
            if position < len(methods) and methods[position].line <= line <= methods[position].end_line:
                yield methods[position]
                position += 1

    @cached_property
    def _methods(self) -> tuple[list[int], list[Binding]]:
        """The methods still to be lowered, in the order of the text, and their first lines."""
        methods = [b for b in self.facts.members if b.kind == "function" and b.stmt is None]
        methods.sort(key=lambda b: b.line)
        return [b.line for b in methods], methods

    @cached_property
    def _lowered_methods(self) -> list[Binding]:
        return [b for b in self.facts.members if b.kind == "function" and b.stmt is not None]

    @cached_property
    def changed_on_class(self) -> frozenset[str]:
        """The attributes that the class's text may assign to a class (``Class.x = ...``, ``cls.x[...] = ...``)."""
        place = f"{self.facts.line}\n{self.facts.end_line}"
        return frozenset(self.module.source.words("changed", f"{place}\n{self.name}"))

    def __repr__(self) -> str:
        return f"<class {self.module.name}.{self.name}>"


class ModuleNode:
    """A module of the project; compared by identity. ``name`` is dotted, as imports of it say."""

    def __init__(self, name: str, source: Source, is_package: bool) -> None:
        self.name = name
        self.source = source
        self.path = source.path
        self.is_package = is_package
        self.functions_by_line: dict[tuple[int, str], FunctionNode] = {}
        self._classes: dict[int, ClassNode] = {}
        self._definitions: dict[int, _Definitions] = {}

    @cached_property
    def absolute(self) -> str:
        """The absolute path."""
        return os.path.abspath(self.path)

    def bound(self, name: str) -> tuple[Binding, ...]:
        """The statements of its body that bind ``name``."""
        return self.source.bound(name)

    def statements_at(self, line: int) -> Iterator[Binding]:
        """The statements of its body that are no definitions whose lines include ``line``."""
        return (b for b in self.source.at(line) if b.kind in ("other", "assign"))

    def definition_at(self, line: int) -> tuple[Binding, ClassNode | None] | None:
        """The function of the module's or a class's body whose lines include ``line``, and its class."""
        for binding in reversed(self.source.at(line)):
            if binding.kind == "function":
                return binding, None
            if binding.cls is not None:
                found = self._methods_of(binding).at(line)
                if found is not None:
                    return found
        return None

    def _methods_of(self, binding: Binding) -> _Definitions:
        key = id(binding)
        known = self._definitions.get(key)
        if known is None:
            known = self._definitions[key] = _Definitions(self, binding)
        return known

    def classes_named(self, names: Iterable[str]) -> list[ClassNode]:
        """Classes of its body, and classes in their bodies, of these names."""
        wanted = set(names)
        if not wanted:
            return []
        pattern = rf"\bclass[ \t]+(?:{'|'.join(map(re.escape, sorted(wanted)))})\b"
        return [
            cls for cls in self.classes_on(self.source.lines("matching", f"class\n{pattern}")) if cls.name in wanted
        ]

    def classes_on(self, lines: Sequence[int]) -> list[ClassNode]:
        """Classes of its body that these lines are of, with their inner classes."""
        out: list[ClassNode] = []
        passed = 0
        for line in lines:
            stack: list[tuple[Binding, ClassNode | None]] = []
            if line > passed:
                stack.extend((binding, None) for binding in self.source.at(line))
            while stack:
                binding, parent = stack.pop()
                if binding.cls is not None:
                    node = self.class_node(binding.cls, parent)
                    out.append(node)
                    stack.extend((member, node) for member in binding.cls.members)
                    passed = max(passed, binding.end_line)
        out.sort(key=lambda cls: cls.facts.line)
        return out

    def class_node(self, facts: ClassFacts, parent: ClassNode | None = None) -> ClassNode:
        node = self._classes.get(id(facts))
        if node is None:
            node = self._classes[id(facts)] = ClassNode(self, facts, parent)
        return node

    def function(self, binding: Binding) -> FunctionNode | None:
        """The function that a module-level binding of kind "function" defines."""
        node = self.functions_by_line.get((binding.line, binding.name))
        if node is None:
            for stmt in self.statements(binding):
                if isinstance(stmt, ir.FunctionDef):
                    node = FunctionNode(self, stmt.function, None)
                    self.functions_by_line[(binding.line, binding.name)] = node
        return node

    def statements(self, binding: Binding) -> list[ir.Stmt]:
        """The lowered statements of a binding that bind its name (all, where it has none)."""
        if binding.stmt is not None:
            return [binding.stmt]
        block = self.source.lower(binding.line, binding.end_line)
        if not binding.name:
            return list(block)
        return [stmt for stmt in flat_statements(block) if binding.name in names_bound(stmt)]

    def inner_function(self, function: ir.Function, owner: ClassNode | None) -> FunctionNode:
        """The node of a function or lambda inside a body that is lowered already."""
        key = (id(function), function.name)
        node = self.functions_by_line.get(key)
        if node is None:
            node = self.functions_by_line[key] = FunctionNode(self, function, owner)
        return node

    def inner_class(self, stmt: ir.ClassDef, within: FunctionNode | None) -> ClassNode:
        """The node of a class in the body of a function."""
        node = self._classes.get(id(stmt))
        if node is None:
            node = self._classes[id(stmt)] = ClassNode(self, class_facts(stmt), None, within)
        return node

    def __repr__(self) -> str:
        return f"<module {self.name}>"


class _Definitions:
    """The methods that a class statement defines, those of classes in its body included, by line."""

    def __init__(self, module: ModuleNode, binding: Binding) -> None:
        rows: list[tuple[Binding, ClassNode | None]] = []
        stack: list[tuple[Binding, ClassNode | None]] = [(binding, None)]
        while stack:
            binding, owner = stack.pop()
            if binding.kind == "function":
                rows.append((binding, owner))
            elif binding.cls is not None:
                node = module.class_node(binding.cls, owner)
                stack.extend((member, node) for member in binding.cls.members)
        rows.sort(key=lambda row: row[0].line)
        self._rows = rows
        self._firsts = [row[0].line for row in rows]

    def at(self, line: int) -> tuple[Binding, ClassNode | None] | None:
        position = bisect_right(self._firsts, line) - 1
        if position < 0 or self._rows[position][0].end_line < line:
            return None
        return self._rows[position]


def names_bound(stmt: ir.Stmt) -> list[str]:
    """Names that a statement binds in its own scope, not counting the statements inside it."""
    if isinstance(stmt, ir.FunctionDef):
        return [stmt.function.name]
    if isinstance(stmt, ir.ClassDef):
        return [stmt.name]
    if isinstance(stmt, ir.Assign):
        return [name for target in stmt.targets for name in target_names(target)]
    if isinstance(stmt, (ir.AnnAssign, ir.AugAssign, ir.For)):
        return target_names(stmt.target)
    if isinstance(stmt, ir.With):
        return [name for _, target, _ in stmt.items if target is not None for name in target_names(target)]
    if isinstance(stmt, ir.Import):
        return [bound for _, bound, _ in stmt.names]
    if isinstance(stmt, ir.ImportFrom):
        return [bound for _, bound in stmt.names]
    return []


def flat_statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """All statements of a block and of the blocks in it, not entering functions; class bodies are entered
    because a one-line class shares its line with its members."""
    pending = list(reversed(block))
    while pending:
        stmt = pending.pop()
        yield stmt
        inner = list(inner_blocks(stmt))
        if isinstance(stmt, ir.ClassDef):
            inner.append(stmt.body)
        for body in reversed(inner):
            pending.extend(reversed(body))


def inner_blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks of a compound statement, in the order in which they stand."""
    if isinstance(stmt, (ir.If, ir.While, ir.For)):
        return (stmt.body, stmt.orelse)
    if isinstance(stmt, ir.With):
        return (stmt.body,)
    if isinstance(stmt, ir.Try):
        return (stmt.body, *(h.body for h in stmt.handlers), stmt.orelse, stmt.final)
    if isinstance(stmt, ir.Match):
        return tuple(case.body for case in stmt.cases)
    return ()


#: In a path: what a starred target takes.
REST = -1

#: Conditions that a definition is known to stand under: those nearest to it.
MAX_CONDITIONS = 16


class Definition:
    """One way in which a name gets its value inside a function.

    ``how``: "value" (the expression itself), "element" (an element of it), "enter" (what ``with`` binds),
    "annotation", "function", "class", "import", "unknown"; "puts" (it is put into what the name holds), "puts-all" (its
    elements are), "puts-in" (into an element of that), "exits" (given to an ``ExitStack``). ``path`` are the indices of
    tuple unpacking, and ``REST``.
    """

    __slots__ = ("conditions", "how", "node", "path")

    def __init__(
        self, how: str, node: object, path: tuple[int, ...], conditions: tuple[tuple[ir.Expr, bool], ...]
    ) -> None:
        self.how = how
        self.node = node
        self.path = path
        self.conditions = conditions


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
        self.returns: list[Definition] = []
        self.yields: list[Definition] = []
        #: Expressions that may be calls of interest: ``variable.attribute.method(...)`` with constant arguments.
        self.calls: list[ir.Call] = []
        self.globals: set[str] = set()
        #: What is stored in ``variable.holder.name``, by holder and name.
        self.nested: dict[tuple[str, str], list[Definition]] = {}
        #: Functions and lambdas that are defined here.
        self.inner: list[ir.Function] = []
        self._block(body, ())

    def _block(self, block: ir.Block, conditions: tuple[tuple[ir.Expr, bool], ...]) -> None:
        for stmt in block:
            self._statement(stmt, conditions)
            if isinstance(stmt, ir.If) and stmt.body and not stmt.orelse and _leaves(stmt.body):
                # ``if x: return`` puts what follows under ``not x``.
                conditions = (*conditions, (stmt.test, False))

    def _statement(self, stmt: ir.Stmt, conditions: tuple[tuple[ir.Expr, bool], ...]) -> None:
        if isinstance(stmt, ir.Assign):
            for target in stmt.targets:
                self._target(target, "value", stmt.value, (), conditions)
            self._expr(stmt.value)
        elif isinstance(stmt, ir.AnnAssign):
            if stmt.value is not None:
                self._target(stmt.target, "value", stmt.value, (), conditions)
                self._expr(stmt.value)
            self._target(stmt.target, "annotation", stmt.annotation, (), conditions)
        elif isinstance(stmt, ir.AugAssign):
            if isinstance(stmt.value, (ir.Display, ir.Comprehension)):
                # ``self.threads += [thread]``
                self._target(stmt.target, "puts-all", stmt.value, (), conditions)
            else:
                self._target(stmt.target, "unknown", None, (), conditions)
        elif isinstance(stmt, ir.ExprStmt):
            self._expr(stmt.value)
        elif isinstance(stmt, ir.Return):
            if stmt.value is not None:
                self.returns.append(Definition("value", stmt.value, (), conditions))
                self._expr(stmt.value)
            else:
                self.returns.append(Definition("value", ir.Const(None), (), conditions))
        elif isinstance(stmt, ir.If):
            self._arms(stmt, conditions)
        elif isinstance(stmt, ir.For):
            self._target(stmt.target, "element", stmt.iter, (), conditions)
            self._expr(stmt.iter)
            self._block(stmt.body, conditions)
            self._block(stmt.orelse, conditions)
        elif isinstance(stmt, ir.While):
            self._expr(stmt.test)
            self._block(stmt.body, conditions)
            self._block(stmt.orelse, conditions)
        elif isinstance(stmt, ir.With):
            for entered, bound, _ in stmt.items:
                self._expr(entered)
                if bound is not None:
                    self._target(bound, "enter", entered, (), conditions)
            self._block(stmt.body, conditions)
        elif isinstance(stmt, ir.Try):
            for handler in stmt.handlers:
                if handler.name:
                    self._add(handler.name, Definition("unknown", None, (), conditions))
            for block in inner_blocks(stmt):
                self._block(block, conditions)
        elif isinstance(stmt, ir.Match):
            self._expr(stmt.subject)
            for case in stmt.cases:
                for name in case.binds:
                    if case.cls is not None and len(case.binds) == 1:
                        self._add(name, Definition("annotation", case.cls, (), conditions))
                    else:
                        self._add(name, Definition("unknown", None, (), conditions))
                self._block(case.body, conditions)
        elif isinstance(stmt, ir.FunctionDef):
            self._add(stmt.function.name, Definition("function", stmt.function, (), conditions))
            self.inner.append(stmt.function)
        elif isinstance(stmt, ir.ClassDef):
            self._add(stmt.name, Definition("class", stmt, (), conditions))
        elif isinstance(stmt, ir.Import):
            for item in stmt.names:
                self._add(item[1], Definition("import", ir.Import((item,), stmt.span), (), conditions))
        elif isinstance(stmt, ir.ImportFrom):
            for imported in stmt.names:
                single = ir.ImportFrom(stmt.module, stmt.level, (imported,), stmt.span)
                self._add(imported[1], Definition("import", single, (), conditions))
        elif isinstance(stmt, ir.Global):
            self.globals.update(stmt.names)

    def _arms(self, stmt: ir.If, conditions: tuple[tuple[ir.Expr, bool], ...]) -> None:
        """``if`` and its ``elif`` arms, of which there may be thousands."""
        arm: ir.If | None = stmt
        while arm is not None:
            self._expr(arm.test)
            self._block(arm.body, (*conditions, (arm.test, True)))
            conditions = (*conditions[-MAX_CONDITIONS:], (arm.test, False))
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
        how: str,
        value: object,
        path: tuple[int, ...],
        conditions: tuple[tuple[ir.Expr, bool], ...],
    ) -> None:
        if isinstance(target, ir.Name):
            self._add(target.id, Definition(how, value, path, conditions))
        elif isinstance(target, ir.Attr) and (owner := _owner(target.value)):
            self.stores.setdefault((owner, target.name), []).append(Definition(how, value, path, conditions))
        elif isinstance(target, ir.Attr) and isinstance(target.value, ir.Attr):
            key = target.value.name, target.name
            self.nested.setdefault(key, []).append(Definition(how, value, path, conditions))
        elif isinstance(target, ir.Display):
            for position, item in enumerate(target.items):
                if isinstance(item, ir.Starred):
                    self._target(item.value, how, value, (*path, REST), conditions)
                    # What follows a starred target has no fixed place.
                    for rest in target.items[position + 1 :]:
                        self._target(rest, "unknown", None, (), conditions)
                    break
                self._target(item, how, value, (*path, position), conditions)
        elif isinstance(target, ir.Subscript) and how == "value":
            # ``self.table[key] = value`` and ``table[key] = value`` put an element into a container.
            container = target.value
            outer = _outer(container)
            if outer is not None:
                # ``self.table[key][name] = value``
                container, how = outer, "puts-in"
            if isinstance(container, ir.Attr) and (owner := _owner(container.value)):
                stored = Definition(how, value, path, conditions)
                if container.name == _DICT and isinstance(target.key, ir.Const):
                    self.stores.setdefault((owner, str(target.key.value)), []).append(stored)
                else:
                    stored = Definition("puts" if outer is None else how, value, path, conditions)
                    self.stores.setdefault((owner, container.name), []).append(stored)
            elif isinstance(container, ir.Name):
                self._add(container.id, Definition("puts" if outer is None else how, value, path, conditions))

    def _expr(self, expr: ir.Expr) -> None:
        """Find calls that put something into a container or change a receiver, yields, and walrus targets."""
        stack: list[ir.Expr] = [expr]
        while stack:
            node = stack.pop()
            if isinstance(node, ir.Walrus):
                self._add(node.target, Definition("value", node.value, (), ()))
            elif isinstance(node, ir.Yield):
                if node.value is not None:
                    self.yields.append(Definition("delegate" if node.delegates else "value", node.value, (), ()))
            elif isinstance(node, ir.Call):
                self.calls.append(node)
                self._puts(node)
            elif isinstance(node, ir.Lambda):
                self.inner.append(node.function)
            stack.extend(children(node))

    def _puts(self, node: ir.Call) -> None:
        func = node.func
        if self._sets(node) or not isinstance(func, ir.Attr) or not node.args:
            return
        if func.name == "update" and isinstance(func.value, ir.Attr) and func.value.name == _DICT:
            # ``self.__dict__.update(name=value)``
            for arg in node.args:
                if arg.keyword and (owner := _owner(func.value.value)):
                    self.stores.setdefault((owner, arg.keyword), []).append(Definition("value", arg.value, (), ()))
            return
        if func.name in PUTS:
            definition = Definition("puts", node.args[-1].value, (), ())
        elif func.name in PUTS_ALL and not node.args[0].keyword:
            definition = Definition("puts-all", node.args[0].value, (), ())
        elif func.name in STACKS:
            definition = Definition("exits", node, (), ())
        else:
            return
        container = func.value
        outer = _outer(container) if func.name not in _QUEUES else None
        if outer is not None and definition.how == "puts":
            # ``self.callbacks.setdefault(event, []).append(callback)``
            container, definition = outer, Definition("puts-in", definition.node, (), ())
        if isinstance(container, ir.Attr) and (owner := _owner(container.value)):
            self.stores.setdefault((owner, container.name), []).append(definition)
        elif isinstance(container, ir.Name):
            self._add(container.id, definition)

    def _sets(self, node: ir.Call) -> bool:
        """``setattr(self, "name", value)`` and ``object.__setattr__(self, "name", value)``."""
        func = node.func
        called = func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attr) else ""
        if called not in ("setattr", "__setattr__") or len(node.args) != 3:
            return False
        target, attribute, value = (arg.value for arg in node.args)
        if not isinstance(target, ir.Name):
            return False
        named = [attribute]
        if isinstance(attribute, ir.Name):
            # ``for name in ("reader", "writer"): setattr(self, name, None)``
            loops = [d.node for d in self.names.get(attribute.id, ()) if d.how == "element" and not d.path]
            named = [item for node in loops if isinstance(node, ir.Display) for item in node.items]
        names = [item.value for item in named if isinstance(item, ir.Const) and isinstance(item.value, str)]
        for name in names:
            self.stores.setdefault((target.id, name), []).append(Definition("value", value, (), ()))
        return bool(names)


def _outer(container: ir.Expr) -> ir.Expr | None:
    """The container that this one is an element of: ``table`` for ``table[key]`` and ``table.setdefault(key, [])``."""
    if isinstance(container, ir.Subscript):
        return container.value
    if isinstance(container, ir.Call) and isinstance(container.func, ir.Attr) and container.func.name in _GIVES:
        return container.func.value
    return None


#: Methods that give what was put to somebody else, who takes it out again.
_QUEUES = ("put", "put_nowait")
#: Methods that give an element of a mapping.
_GIVES = ("setdefault", "get")


def class_of(variable: str) -> str:
    """How ``FunctionIndex.stores`` names the class of a variable."""
    return f"type({variable})"


def _owner(expr: ir.Expr) -> str:
    """The variable whose attribute is meant, ``class_of`` one for ``type(x)`` and ``x.__class__``; "" for others."""
    if isinstance(expr, ir.Name):
        return expr.id
    if isinstance(expr, ir.Attr) and expr.name == "__class__" and isinstance(expr.value, ir.Name):
        return class_of(expr.value.id)
    if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Name) and expr.func.id == "type" and len(expr.args) == 1:
        made = expr.args[0].value
        return class_of(made.id) if isinstance(made, ir.Name) else ""
    return ""


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


def tested_attributes(function: ir.Function) -> frozenset[str]:
    """The attributes of the first parameter that conditions in the body ask."""
    me = function.params[0].name if function.params else ""
    names: set[str] = set()
    # Each with whether it is a part of a condition.
    stack: list[tuple[ir.Expr, bool]] = []
    for stmt in flat_statements(function.body):
        if isinstance(stmt, (ir.If, ir.While)):
            stack.append((stmt.test, True))
        elif isinstance(stmt, (ir.ExprStmt, ir.Assign, ir.Return)) and stmt.value is not None:
            stack.append((stmt.value, False))
    while stack:
        expr, asked = stack.pop()
        asked = asked or isinstance(expr, (ir.IfExp, ir.Bool))
        if asked and isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name) and expr.value.id == me:
            names.add(expr.name)
        stack += ((part, asked) for part in children(expr))
    return frozenset(names)


def is_abstract(function: ir.Function) -> bool:
    """Whether a method only says what subclasses do: ``abstractmethod``, or a body that raises at once."""
    for decorator in function.decorators:
        if isinstance(decorator, ir.Attr) and decorator.name.startswith("abstract"):
            return True
        if isinstance(decorator, ir.Name) and decorator.id.startswith("abstract"):
            return True
    rest = [s for s in function.body if not (isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Const))]
    if len(rest) != 1 or not isinstance(rest[0], ir.Raise):
        return False
    raised = rest[0].value.func if isinstance(rest[0].value, ir.Call) else rest[0].value
    return isinstance(raised, ir.Name) and raised.id == "NotImplementedError"


def is_accessor(method: FunctionNode, *kinds: str) -> bool:
    """Whether it is what a property runs, as a decorator of one of these ``kinds`` says: ``@name.setter``."""
    return any(isinstance(decorator, ir.Attr) and decorator.name in kinds for decorator in method.ir.decorators)


def method_kind(method: FunctionNode) -> str:
    """``static``, ``class`` or ``instance``: what a method's first parameter is, as its decorators say."""
    for decorator in method.ir.decorators:
        if isinstance(decorator, ir.Name) and decorator.id in ("staticmethod", "classmethod"):
            return "static" if decorator.id == "staticmethod" else "class"
    return "class" if method.name in ("__init_subclass__", "__class_getitem__", "__new__") else "instance"


def _leaves(block: ir.Block) -> bool:
    """Whether a block always leaves the function or the loop."""
    last = block[-1]
    return isinstance(last, (ir.Return, ir.Raise)) or (isinstance(last, ir.Jump) and last.kind != "pass")


def children(node: ir.Expr) -> list[ir.Expr]:
    """The expressions that are evaluated as part of ``node``; a lambda's body is not one."""
    if isinstance(node, (ir.Attr, ir.Not, ir.Starred, ir.Await)):
        return [node.value]
    if isinstance(node, ir.Walrus):
        return [node.value]
    if isinstance(node, ir.Call):
        return [node.func, *(a.value for a in node.args)]
    if isinstance(node, ir.Display):
        return list(node.items)
    if isinstance(node, ir.DictDisplay):
        return [part for pair in node.items for part in pair if part is not None]
    if isinstance(node, ir.Subscript):
        return [node.value, node.key]
    if isinstance(node, (ir.Bool, ir.Binary)):
        return [node.left, node.right]
    if isinstance(node, ir.Compare):
        return [node.left, *(value for _, value in node.rest)]
    if isinstance(node, ir.IfExp):
        return [node.test, node.body, node.orelse]
    if isinstance(node, ir.Yield):
        return [] if node.value is None else [node.value]
    if isinstance(node, ir.Comprehension):
        out = list(node.elements)
        for clause in node.clauses:
            out.append(clause.iter)
            out.extend(clause.ifs)
        return out
    if isinstance(node, (ir.Opaque, ir.Slice)):
        return list(node.parts)
    return []


def inner_functions(node: FunctionNode) -> list[FunctionNode]:
    """The functions and lambdas in the body of ``node``, not those in theirs."""
    return [node.module.inner_function(function, node.owner) for function in node.index.inner]


def function_at(module: ModuleNode, line: int) -> FunctionNode | None:
    """The outermost function of the module's or a class's body whose lines include ``line``."""
    found = module.definition_at(line)
    if found is None:
        return None
    binding, owner = found
    return owner.function(binding) if owner is not None else module.function(binding)
