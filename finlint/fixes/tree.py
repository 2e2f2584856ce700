"""A file as LibCST reads it, with what fixes ask of it: places, parents, names, its text with nodes replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import accumulate
from typing import NamedTuple, TypeAlias, TypeVar, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from finlint.fixes.edit import Edit, difference, lines_of
from finlint.syntax.cst import parse_module

Node = TypeVar("Node", bound=cst.CSTNode)
Replacement: TypeAlias = "cst.CSTNode | Sequence[cst.BaseStatement] | None"


#: What stands on lines of its own.
_STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


class Rewritten(NamedTuple):
    """Whole statements of a module: their text, and what it becomes. ``first`` is the number, from 0, of their line.

    Around a statement that is not the module's own there are the heads alone, which do not change: its lines count.
    """

    first: int
    old: str
    new: str


class Tree:
    """Raises libcst.ParserSyntaxError, RecursionError on construction. ``text`` has ``\\n`` line ends."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.module = parse_module(text)
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._ranges = cast("Mapping[cst.CSTNode, CodeRange]", wrapper.resolve(PositionProvider))
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        #: In the order of the text.
        self._parts: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self._relate()
        self._imports: dict[str, str] | None = None
        self._starts: dict[tuple[int, int], list[cst.CSTNode]] | None = None
        self._starts_of_statements: list[int] | None = None
        self._added: dict[tuple[str, str], tuple[Edit, ...]] = {}
        #: All names and attributes by what is written, in the order of the text.
        self._written: dict[str, list[cst.Name | cst.Attribute]] | None = None

    def _relate(self) -> None:
        """Parents and parts of all nodes: LibCST finds out anew for each node what its children are, by copying it."""
        ranges, parents = self._ranges, self._parents

        def start(node: cst.CSTNode) -> tuple[int, int]:
            place = ranges[node].start
            return place.line, place.column

        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            # What LibCST writes nowhere has no place: the space before a ``**rest`` that ``case {"key": x}`` has not.
            parts = self._parts[node] = sorted((part for part in parts_of(node) if part in ranges), key=start)
            for part in parts:
                parents[part] = node
            stack.extend(parts)

    # -- places

    def starting(self, kind: type[Node], line: int, column: int) -> list[Node]:
        """The nodes of a kind that start at a place (from 1), the widest first."""
        if self._starts is None:
            self._starts = {}
            for node, place in self._ranges.items():
                self._starts.setdefault((place.start.line, place.start.column + 1), []).append(node)
        found = [node for node in self._starts.get((line, column), ()) if isinstance(node, kind)]
        return sorted(found, key=lambda n: (self._ranges[n].end.line, self._ranges[n].end.column), reverse=True)

    def before(self, node: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether ``node`` ends before ``other`` starts."""
        end, start = self._ranges[node].end, self._ranges[other].start
        return (end.line, end.column) <= (start.line, start.column)

    # -- structure

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Those around the node, from the inside."""
        current = self._parents.get(node)
        while current is not None:
            yield current
            current = self._parents.get(current)

    def enclosing(self, node: cst.CSTNode, kind: type[Node]) -> Node | None:
        return next((n for n in self.parents(node) if isinstance(n, kind)), None)

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function that the node is in; None in a lambda or outside of functions."""
        for around in self.parents(node):
            if isinstance(around, (cst.Lambda, cst.ClassDef)):
                return None
            if isinstance(around, cst.FunctionDef):
                return around
        return None

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """The innermost statement that the node stands in itself: not in a block of it."""
        return node if isinstance(node, cst.BaseStatement) else self.enclosing(node, cst.BaseStatement)  # type: ignore[type-abstract]

    def descendants(self, node: cst.CSTNode, kind: type[Node]) -> Iterator[Node]:
        stack: list[cst.CSTNode] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, kind):
                yield current
            stack.extend(reversed(self._parts[current]))

    def all(self, kind: type[Node]) -> Iterator[Node]:
        return self.descendants(self.module, kind)

    # -- names

    def code(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(node)

    def qualified(self, expr: cst.CSTNode) -> str:
        """The dotted name that an expression has by the imports of the file; as written where none brings it."""
        written = dotted(expr)
        head, dot, rest = written.partition(".")
        return self._known_imports().get(head, head) + dot + rest if written else ""

    def imported_by(self, name: str) -> cst.ImportFrom | None:
        """The only ``from ... import`` that binds ``name``."""
        found = [
            statement
            for statement in self.all(cst.ImportFrom)
            if not isinstance(statement.names, cst.ImportStar) and any(_bound(a) == name for a in statement.names)
        ]
        return found[0] if len(found) == 1 else None

    def _known_imports(self) -> dict[str, str]:
        if self._imports is None:
            self._imports = {}
            for plain in self.all(cst.Import):
                for alias in plain.names:
                    whole = dotted(alias.name)
                    if alias.asname is not None:
                        self._imports[_bound(alias)] = whole
                    else:
                        self._imports[whole.partition(".")[0]] = whole.partition(".")[0]
            for statement in self.all(cst.ImportFrom):
                if statement.relative or statement.module is None or isinstance(statement.names, cst.ImportStar):
                    continue
                for alias in statement.names:
                    self._imports[_bound(alias)] = f"{dotted(statement.module)}.{dotted(alias.name)}"
        return self._imports

    def names(self, name: str, within: cst.CSTNode | None = None) -> list[cst.Name]:
        """Every place where ``name`` is written as a name of its own: no attribute, no keyword of a call."""
        written = self._named(name) if within is None else self.descendants(within, cst.Name)
        return [
            node for node in written if isinstance(node, cst.Name) and node.value == name and not self._is_label(node)
        ]

    def attributes(self, name: str) -> list[cst.Attribute]:
        return [node for node in self._named(name) if isinstance(node, cst.Attribute)]

    def _named(self, name: str) -> Sequence[cst.Name | cst.Attribute]:
        """Found in one walk for all names: fixes of each of a file's findings ask for some."""
        if self._written is None:
            self._written = {}
            for node in self.all(cst.CSTNode):  # type: ignore[type-abstract]
                if isinstance(node, (cst.Name, cst.Attribute)):
                    written = node.value if isinstance(node, cst.Name) else node.attr.value
                    self._written.setdefault(written, []).append(node)
        return self._written.get(name, ())

    def _is_label(self, name: cst.Name) -> bool:
        """Whether it is written after a dot, or as the keyword of an argument."""
        parent = self._parents.get(name)
        if isinstance(parent, cst.Attribute):
            return parent.attr is name
        return isinstance(parent, cst.Arg) and parent.keyword is name

    def is_stored(self, node: cst.CSTNode) -> bool:
        """Whether the name or attribute is written to or deleted, not read."""
        parent = self._parents.get(node)
        if isinstance(parent, (cst.AssignTarget, cst.For, cst.AsName, cst.CompFor)):
            return parent.target is node if not isinstance(parent, cst.AsName) else parent.name is node
        if isinstance(parent, (cst.AnnAssign, cst.AugAssign, cst.NamedExpr)):
            return parent.target is node
        if isinstance(parent, cst.Del):
            return True
        if isinstance(parent, (cst.Element, cst.StarredElement)):
            # A part of a target list is written to as the whole is.
            display = self._parents.get(parent)
            return display is not None and self.is_stored(display)
        return False

    # -- change

    def replaced(self, changes: Mapping[cst.CSTNode, Replacement]) -> Rewritten:
        """The text with nodes replaced: by a node, by statements, or by nothing (None).

        Only the statement that holds them all is written anew: a file with many findings has many fixes.
        """
        holding = self._holding(changes)
        if holding is None or isinstance(self.parent(holding), cst.Module):
            return self._replaced_in_module(changes)
        before = self._alone(holding)
        places = MetadataWrapper(before, unsafe_skip_copy=True).resolve(PositionProvider)
        first = self._ranges[holding].start.line - places[holding].start.line
        return Rewritten(first, before.code, self.changed(before, changes).code)

    def _holding(self, changes: Mapping[cst.CSTNode, Replacement]) -> cst.CSTNode | None:
        """The innermost statement that holds all that changes, and does not go itself."""
        common: list[cst.CSTNode] | None = None
        for node, new in changes.items():
            stays = isinstance(new, cst.CSTNode) or bool(new)
            around: list[cst.CSTNode] = [node] if stays else []
            around = [other for other in (*around, *self.parents(node)) if isinstance(other, _STATEMENTS)]
            kept = set(map(id, around))
            common = around if common is None else [other for other in common if id(other) in kept]
        return common[0] if common else None

    def _alone(self, statement: cst.CSTNode) -> cst.Module:
        """The module with this statement alone, and what stands around it: the heads of its function and class."""
        ends_file = self._ranges[statement].end.line > self.text.count("\n")
        node, new = statement, statement
        for around in self.parents(statement):
            if isinstance(around, cst.Module):
                newline = self.module.has_trailing_newline or not ends_file
                return around.with_changes(header=(), body=[new], footer=(), has_trailing_newline=newline)
            if isinstance(around, cst.IndentedBlock):
                node, new = around, around.with_changes(body=[new], footer=())
            else:
                node, new = around, _with_part(around, node, new)
        raise AssertionError("a statement that is in no module")

    def _replaced_in_module(self, changes: Mapping[cst.CSTNode, Replacement]) -> Rewritten:
        numbers = {id(statement): number for number, statement in enumerate(self.module.body)}
        held = [
            numbers[id(around)] for node in changes for around in (node, *self.parents(node)) if id(around) in numbers
        ]
        first, last = min(held), max(held) + 1
        starts = self._places()
        ends_file = last == len(self.module.body) and not self.module.footer
        part = self.module.with_changes(
            header=(),
            body=self.module.body[first:last],
            footer=(),
            has_trailing_newline=self.module.has_trailing_newline or not ends_file,
        )
        after = self.changed(part, changes)
        start = starts[first]
        new = after.code if after.body else ""
        return Rewritten(self.text.count("\n", 0, start), self.text[start : starts[last]], new)

    def importing(self, module: str, name: str) -> tuple[Edit, ...]:
        """What adds ``from module import name`` to the imports; nothing where it is there already."""
        key = module, name
        if key not in self._added:
            # Its matchers take longer to be imported than all the rest of LibCST.
            from libcst.codemod import CodemodContext
            from libcst.codemod.visitors import AddImportsVisitor

            context = CodemodContext()
            AddImportsVisitor.add_needed_import(context, module, name)
            code = AddImportsVisitor(context).transform_module(self.module).code
            self._added[key] = tuple(difference(lines_of(self.text), lines_of(code), 0))
        return self._added[key]

    def _places(self) -> list[int]:
        """Where the statements of the module start in the text, with the comments before them; and where the last
        ends."""
        if self._starts_of_statements is None:
            code = self.module.code_for_node
            header = sum(len(code(line)) for line in self.module.header)
            lengths = (len(code(statement)) for statement in self.module.body)
            self._starts_of_statements = list(accumulate(lengths, initial=header))
        return self._starts_of_statements

    def changed(self, node: Node, changes: Mapping[cst.CSTNode, Replacement]) -> Node:
        """A copy of ``node`` with nodes in it replaced."""
        return cast(Node, node.visit(_Replacer(changes)))


def _with_part(node: cst.CSTNode, part: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    """``node`` with another part in the place of one of its own."""
    for field in fields(node):
        value = getattr(node, field.name)
        if value is part:
            return node.with_changes(**{field.name: new})
        if isinstance(value, (list, tuple)) and any(item is part for item in value):
            return node.with_changes(**{field.name: [new if item is part else item for item in value]})
    raise AssertionError("not a part of it")


class _Replacer(cst.CSTTransformer):
    def __init__(self, changes: Mapping[cst.CSTNode, Replacement]) -> None:
        super().__init__()
        self._changes = {id(node): new for node, new in changes.items()}

    def on_visit(self, node: cst.CSTNode) -> bool:
        # What is replaced is replaced as a whole.
        return id(node) not in self._changes

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if id(original_node) not in self._changes:
            return updated_node
        new = self._changes[id(original_node)]
        if new is None:
            return cast(cst.CSTNode, cst.RemoveFromParent())
        if isinstance(new, cst.CSTNode):
            return new
        return cast(cst.CSTNode, cst.FlattenSentinel(list(new)))


def comments_of(module: cst.Module) -> Counter[str]:
    """How often each comment is in a module."""
    found: Counter[str] = Counter()
    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            found[node.value] += 1
        stack.extend(parts_of(node))
    return found


def parts_of(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes that a node is made of, as LibCST declares them; not in the order of the text."""
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = [field.name for field in fields(kind)]
    out: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            out.append(value)
        elif type(value) in (list, tuple):
            out += [part for part in value if isinstance(part, cst.CSTNode)]
    return out


#: The names of a kind's fields.
_FIELDS: dict[type[cst.CSTNode], list[str]] = {}


def dotted(expr: cst.CSTNode) -> str:
    """``a.b.c`` as text; empty for anything but names and attributes."""
    if isinstance(expr, cst.Name):
        return expr.value
    if isinstance(expr, cst.Attribute):
        head = dotted(expr.value)
        return f"{head}.{expr.attr.value}" if head else ""
    return ""


def _bound(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return dotted(alias.name).partition(".")[0]


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _without_comment(comma: cst.Comma | cst.MaybeSentinel) -> cst.Comma:
    if not isinstance(comma, cst.Comma):
        return _COMMA
    space = comma.whitespace_after
    if isinstance(space, cst.ParenthesizedWhitespace):
        return cst.Comma(
            whitespace_after=space.with_changes(
                first_line=cst.TrailingWhitespace(newline=space.first_line.newline), empty_lines=[]
            )
        )
    return comma


def with_arguments(call: cst.Call, arguments: Sequence[cst.Arg]) -> cst.Call:
    """The call with other arguments, set apart and ended as its own were."""
    own = {id(argument) for argument in call.args[:-1]}
    ending = call.args[-1] if call.args else None
    comma = _without_comment(call.args[0].comma) if len(call.args) > 1 else _COMMA
    out = []
    for number, argument in enumerate(arguments):
        if number == len(arguments) - 1:
            argument = argument.with_changes(
                comma=ending.comma if ending is not None else cst.MaybeSentinel.DEFAULT,
                whitespace_after_arg=ending.whitespace_after_arg if ending is not None else cst.SimpleWhitespace(""),
            )
        elif id(argument) not in own:
            kept = isinstance(argument.comma, cst.Comma) and (ending is None or argument.comma is not ending.comma)
            argument = argument.with_changes(
                comma=argument.comma if kept else comma, whitespace_after_arg=cst.SimpleWhitespace("")
            )
        out.append(argument)
    return call.with_changes(args=out)


def keyword(name: str, code: str) -> cst.Arg:
    """The argument ``name=code``."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(cst.parse_expression(code), keyword=cst.Name(name), equal=equal)
