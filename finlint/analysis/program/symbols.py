"""Modules, classes and functions of the project: facts plus identity, lowered when first looked at."""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, Protocol

from finlint.analysis.program.definitions import DICT, FunctionIndex, read_by_returns
from finlint.analysis.program.statements import (
    attribute_of,
    calls_in,
    children,
    conditions,
    expressions_in,
    flat_statements,
    names_bound,
    whole_expressions,
)
from finlint.model import ir
from finlint.model.facts import Binding, ClassFacts
from finlint.model.limits import CONDITIONS
from finlint.model.outline import class_facts
from finlint.model.reads import LineQuestion, WordQuestion
from finlint.model.record import replaced


class Source(Protocol):
    """What the analysis asks of a file (``finlint.syntax.traced.Traced``), which notes what it is asked.

    Nodes outlive the answer that they were made for. Those that are got by a name or a line from what was lowered note
    that again; who has a node from another answer, or in the key of a query, has it from somebody who did.

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
    def note_lines(self, line: int, end_line: int) -> None: ...
    def slice_text(self, line: int, end_line: int) -> str: ...
    def line_text(self, line: int) -> str: ...
    def lines(self, question: LineQuestion, argument: str) -> tuple[int, ...]: ...
    def words(self, question: WordQuestion, argument: str) -> tuple[str, ...]: ...


class FunctionNode:
    """A function or lambda; compared by identity. ``owner`` is the class whose body holds the ``def``."""

    __slots__ = (
        "_attributes",
        "_called_on_self",
        "_collecting",
        "_index",
        "_tested",
        "_whole",
        "ir",
        "module",
        "owner",
    )

    def __init__(self, module: ModuleNode, function: ir.Function, owner: ClassNode | None) -> None:
        self.module = module
        self.ir = function
        self.owner = owner
        self._whole: FunctionNode | None = None
        self._index: FunctionIndex | None = None
        self._tested: frozenset[str] | None = None
        self._attributes: frozenset[str] | None = None
        self._called_on_self: frozenset[str] | None = None
        self._collecting: frozenset[str] | None = None

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
        if self._index.forgets_conditions:
            CONDITIONS.hit()
        return self._index

    def part(self, body: ir.Block) -> FunctionNode:
        """A function that runs ``body``, a part of this one's, where its names mean the same."""
        node = FunctionNode(self.module, replaced(self.ir, body=body), self.owner)
        node._index = self.index
        node._whole = self.whole
        return node

    @property
    def whole(self) -> FunctionNode:
        """The function that others call, where this one is a part of it."""
        return self if self._whole is None else self._whole

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
    def collecting(self) -> frozenset[str]:
        """The parameters that collect arguments: ``*args``, ``**kwargs``."""
        if self._collecting is None:
            self._collecting = frozenset(param.name for param in self.ir.params if param.kind in ("*", "**"))
        return self._collecting

    @property
    def tested(self) -> frozenset[str]:
        """The attributes of a method's object that decide which of its statements are run."""
        if self._tested is None:
            self._tested = tested_attributes(self.ir)
        return self._tested

    @property
    def called_on_self(self) -> frozenset[str]:
        """The methods that a method calls on its own object."""
        if self._called_on_self is None:
            self._called_on_self = methods_called(self.ir)
        return self._called_on_self

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes of a method's object that its body names."""
        if self._attributes is None:
            me = self.ir.params[0].name if self.ir.params else ""
            self._attributes = frozenset(
                name
                for stmt in flat_statements(self.ir.body)
                for expr in expressions_in(stmt)
                if (name := attribute_of(expr, me))
            )
        return self._attributes

    def reads_own(self, name: str, stores: int) -> bool:
        """Whether the body names an attribute of a method's object more often than it stores it."""
        me = self.ir.params[0].name if self.ir.params else ""
        named = sum(
            attribute_of(expr, me) == name for stmt in flat_statements(self.ir.body) for expr in expressions_in(stmt)
        )
        return named > stores

    def __repr__(self) -> str:
        return f"<{self.module.name}.{self.qualified}>"


#: Special methods by which instances are copied and pickled.
_COPYING = frozenset({"__copy__", "__deepcopy__", "__getstate__", "__reduce__", "__reduce_ex__", "__setstate__"})


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
        if node is not None:
            self.module.note(binding)
        else:
            for stmt in self.module.statements(binding):
                if isinstance(stmt, ir.FunctionDef):
                    node = FunctionNode(self.module, stmt.function, self)
                    self.module.functions_by_line[(binding.line, binding.name)] = node
        return node

    def methods(self) -> Iterator[FunctionNode]:
        """The methods that the body defines, each ``def`` of one name."""
        for binding in self.facts.members:
            node = self.function(binding) if binding.kind == "function" else None
            if node is not None:
                yield node

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
        """The methods that can store ``.attribute``, or name it beside a ``setattr``, or use an object's dictionary."""
        bindings = dict.fromkeys(self._methods_on(self._lines("stores", attribute)))
        if self._has("setattr"):
            for quote in "\"'":
                bindings.update(dict.fromkeys(self._methods_on(self._lines("within", quote + attribute))))
        for dictionary in (DICT, "vars"):
            if self._has(dictionary):
                bindings.update(dict.fromkeys(self._methods_on(self._lines("within", dictionary))))
        for binding in bindings:
            node = self.function(binding)
            if node is not None:
                yield node

    @property
    def sets_by_name(self) -> bool:
        """Whether its text may store attributes whose names do not stand there."""
        return bool(self.module.source.lines("naming", f"{self.facts.line}\n{self.facts.end_line}"))

    def methods_setting_by_name(self) -> Iterator[FunctionNode]:
        """The methods that may store such attributes."""
        lines = self.module.source.lines("naming", f"{self.facts.line}\n{self.facts.end_line}")
        for binding in dict.fromkeys(self._methods_on(lines)) if lines else ():
            node = self.function(binding)
            if node is not None:
                yield node

    @property
    def gives_by_name(self) -> bool:
        """The same, but for methods that copy an instance: they give it what another one had."""
        if not self.sets_by_name:
            return False
        places = [
            f"{b.line}\n{b.end_line}\n" for b in self.facts.members if b.kind == "function" and b.name not in _COPYING
        ]
        return any(self.module.source.words("holds", place + word) for place in places for word in ("setattr", DICT))

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

    def _lines(self, question: LineQuestion, argument: str) -> tuple[int, ...]:
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

    @property
    def changed_on_class(self) -> tuple[str, ...]:
        """The attributes that the class's text may assign to a class (``Class.x = ...``, ``cls.x[...] = ...``)."""
        place = f"{self.facts.line}\n{self.facts.end_line}"
        return self.module.source.words("changed", f"{place}\n{self.name}")

    @cached_property
    def changed_by_name(self) -> frozenset[str]:
        """The attributes that something in its module may assign to the class by its name."""
        return frozenset(self.module.source.words("changed", f"1\n{sys.maxsize}\n{self.name}"))

    def __repr__(self) -> str:
        return f"<class {self.module.name}.{self.name}>"


def _is_inside(place: tuple[int, int], places: Iterable[tuple[int, int]]) -> bool:
    """Whether lines, the first and the last, are among those of another statement."""
    first, last = place
    return any(other != place and other[0] <= first and last <= other[1] for other in places)


class ModuleNode:
    """A module of the project; compared by identity. ``name`` is dotted, as imports of it say."""

    def __init__(self, name: str, source: Source, is_package: bool) -> None:
        self.name = name
        self.source = source
        self.path = source.path
        self.is_package = is_package
        self.functions_by_line: dict[tuple[int, str], FunctionNode] = {}
        #: Parts of functions that are run by themselves, by an identity and what they are.
        self.parts: dict[tuple[int, str], list[FunctionNode]] = {}
        self._classes: dict[int, ClassNode] = {}
        self._definitions: dict[int, _Definitions] = {}
        self._kinds_at: dict[int, tuple[tuple[Binding, ...], tuple[Binding, ...]]] = {}

    @cached_property
    def absolute(self) -> str:
        """The absolute path."""
        return os.path.abspath(self.path)

    def bound(self, name: str) -> tuple[Binding, ...]:
        """The statements of its body that bind ``name``."""
        return self.source.bound(name)

    def statements_at(self, line: int) -> tuple[Binding, ...]:
        """What of its body is no definition and has ``line`` in it, outermost: one for all statements on the same
        lines, of which there may be any number."""
        return self._at(line)[0]

    def _at(self, line: int) -> tuple[tuple[Binding, ...], tuple[Binding, ...]]:
        """Of the bindings whose lines include ``line``: statements; functions and classes, the last first."""
        found = self.source.at(line)
        known = self._kinds_at.get(id(found))
        if known is None:
            places = dict.fromkeys((b.line, b.end_line) for b in found if b.kind in ("other", "assign"))
            statements = tuple(Binding("", "other", *place) for place in places if not _is_inside(place, places))
            definitions = tuple(b for b in reversed(found) if b.kind == "function" or b.cls is not None)
            known = self._kinds_at[id(found)] = statements, definitions
        return known

    def definition_at(self, line: int) -> tuple[Binding, ClassNode | None] | None:
        """The function of the module's or a class's body whose lines include ``line``, and its class."""
        for binding in self._at(line)[1]:
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
        if node is not None:
            self.note(binding)
        else:
            for stmt in self.statements(binding):
                if isinstance(stmt, ir.FunctionDef):
                    node = FunctionNode(self, stmt.function, None)
                    self.functions_by_line[(binding.line, binding.name)] = node
        return node

    def note(self, binding: Binding) -> None:
        """What was lowered of a binding before is used by another answer, too."""
        if binding.stmt is None:
            self.source.note_lines(binding.line, binding.end_line)

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

    def made_class(self, call: ir.Call, namespace: ir.DictDisplay, within: FunctionNode | None) -> ClassNode:
        """The node of a class that ``type(name, bases, namespace)`` makes, in a body that is lowered already."""
        node = self._classes.get(id(call))
        if node is None:
            name, bases = (arg.value for arg in call.args[:2])
            inherited = bases.items if isinstance(bases, ir.Display) else (bases,)
            body = tuple(
                ir.Assign((ir.Name(key.value, call.span),), value, call.span)
                for key, value in namespace.items
                if isinstance(key, ir.Const) and isinstance(key.value, str)
            )
            called = name.value if isinstance(name, ir.Const) and isinstance(name.value, str) else "type"
            stmt = ir.ClassDef(called, tuple(map(ir.Arg, inherited)), (), body, call.span)
            node = self._classes[id(call)] = ClassNode(self, class_facts(stmt), None, within)
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


def tested_attributes(function: ir.Function) -> frozenset[str]:
    """The attributes of the first parameter that conditions in the body ask."""
    me = function.params[0].name if function.params else ""
    names: set[str] = set()
    # Each with whether it is a part of a condition.
    stack: list[tuple[ir.Expr, bool]] = []
    for stmt in flat_statements(function.body):
        decides = [stmt.subject] if isinstance(stmt, ir.Match) else []
        decides += conditions(stmt)
        stack += ((expr, any(expr is other for other in decides)) for expr in whole_expressions(stmt))
    while stack:
        expr, asked = stack.pop()
        asked = asked or isinstance(expr, (ir.IfExp, ir.Bool))
        if asked and (name := attribute_of(expr, me)):
            names.add(name)
        stack += ((part, asked) for part in children(expr))
    return frozenset(names)


def methods_called(function: ir.Function) -> frozenset[str]:
    """The names of what the body calls on the first parameter: ``self.name()``."""
    me = function.params[0].name if function.params else ""
    return frozenset(name for call in calls_in(function.body) if (name := attribute_of(call.func, me)))


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


def hands_itself_on(method: FunctionNode) -> bool:
    """Whether a method gives its object to somebody else, or stores it: ``handle.owner = self``, ``Handle(self)``."""
    if not method.ir.params:
        return False
    me, index = method.ir.params[0].name, method.index
    given: list[object] = [arg.value for call in index.calls for arg in call.args]
    given += [d.node for definitions in index.stores.values() for d in definitions]
    return any(isinstance(value, ir.Name) and value.id == me for value in given)


def is_hook(function: ir.Function) -> bool:
    """Whether a method does nothing, so that what is of interest is what subclasses do."""
    return all(
        isinstance(stmt, ir.Jump) or (isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const))
        for stmt in function.body
    )


def is_accessor(method: FunctionNode, *kinds: str) -> bool:
    """Whether it is what a property runs, as a decorator of one of these ``kinds`` says: ``@name.setter``."""
    return any(isinstance(decorator, ir.Attr) and decorator.name in kinds for decorator in method.ir.decorators)


#: What a method's first parameter is: the class, an instance, or nothing that it is called on.
MethodKind = Literal["static", "class", "instance"]


def method_kind(method: FunctionNode) -> MethodKind:
    """What a method's first parameter is, as its decorators say."""
    for decorator in method.ir.decorators:
        if isinstance(decorator, ir.Name) and decorator.id in ("staticmethod", "classmethod"):
            return "static" if decorator.id == "staticmethod" else "class"
    return "class" if method.name in ("__init_subclass__", "__class_getitem__", "__new__") else "instance"


def with_closures(node: FunctionNode, name: str = "") -> Iterator[tuple[FunctionNode, ...]]:
    """``node`` and the functions and lambdas inside it, each with those around it, outermost first; those that bind
    ``name`` themselves are left out."""
    pending: list[tuple[FunctionNode, ...]] = [(node,)]
    while pending:
        around = pending.pop()
        yield around
        last = around[-1]
        inner = [last.module.inner_function(function, last.owner) for function in last.index.inner]
        pending += [(*around, function) for function in reversed(inner) if name not in function.ir.bound]


def function_at(module: ModuleNode, line: int) -> FunctionNode | None:
    """The outermost function of the module's or a class's body whose lines include ``line``."""
    found = module.definition_at(line)
    if found is None:
        return None
    binding, owner = found
    return owner.function(binding) if owner is not None else module.function(binding)


def lines_naming(module: ModuleNode, name: str) -> Iterator[tuple[int, FunctionNode | None]]:
    """The lines of a module that hold the word ``name``, each with its ``function_at``; those that are comments only
    are left out."""
    for line in module.source.lines("words", name):
        if not module.source.line_text(line).lstrip().startswith("#"):
            yield line, function_at(module, line)
