"""What the source says about a frame: which names its line uses, which function it is, which locks it has open.

The files are those of the machine that looks. Dumps of other machines name other paths, and some tools shorten them:
``Sources`` finds the file that is meant. Where there is none nothing is said.
"""

from __future__ import annotations

import ast
import os
import sys
import tokenize
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finlint.live.stacks import Frame

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: A larger file is a table, and no place to hold a lock.
_MOST_BYTES = 4_000_000


class Mapped(NamedTuple):
    """Paths that begin with ``there`` in the dump begin with ``here`` on this machine."""

    there: str
    here: str


def real(path: str) -> str:
    """``os.path.realpath``. What cannot be a path stays as it is: a dump may say anything."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL, or half of a character
        return path


class Scope(NamedTuple):
    """The function that a line lies in (None: the module itself), and the class around that ("" for none)."""

    function: Function | None
    cls: str


class Sources:
    """The texts of a program's files, each read once."""

    def __init__(self, mapped: Sequence[Mapped] = (), roots: Sequence[str] = ()) -> None:
        self._mapped = mapped
        self._roots = (*roots, os.getcwd(), *filter(None, sys.path))
        self._paths: dict[str, str | None] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self._scopes: dict[tuple[str, int, str], Scope] = {}
        self._values: dict[tuple[str, str], list[ast.expr]] = {}

    def resolve(self, path: str) -> str | None:
        """The file that a dump's ``path`` means here; None where there is none."""
        if path not in self._paths:
            self._paths[path] = next(filter(os.path.isfile, self._candidates(path)), None)
        return self._paths[path]

    def _candidates(self, path: str) -> Iterator[str]:
        flat = path.replace("\\", "/")
        for there, here in self._mapped:
            prefix = there.replace("\\", "/").rstrip("/") + "/"
            if flat.startswith(prefix):
                yield os.path.join(here, flat[len(prefix) :])
        if os.path.isabs(path):
            yield path
        elif path and not path.startswith("<"):
            # A tool that shortens paths counts from an entry of sys.path.
            for root in (*(here for _, here in self._mapped), *self._roots):
                yield os.path.join(root, path)

    def tree(self, path: str) -> ast.Module | None:
        """The syntax tree of the file; None where it cannot be read or parsed."""
        if path not in self._trees:
            self._trees[path] = self._parsed(path)
        return self._trees[path]

    def _parsed(self, path: str) -> ast.Module | None:
        found = self.resolve(path)
        if found is None:
            return None
        try:
            if os.path.getsize(found) > _MOST_BYTES:
                return None
            with tokenize.open(found) as file:
                return ast.parse(file.read())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def scope(self, frame: Frame) -> Scope:
        """The function that the frame runs."""
        key = frame.path, frame.line, frame.name
        if key not in self._scopes:
            tree = self.tree(frame.path)
            self._scopes[key] = _scope(tree, frame) if tree is not None else Scope(None, "")
        return self._scopes[key]

    def values(self, path: str, name: str) -> list[ast.expr]:
        """What the file assigns to a variable or an attribute of this name, wherever."""
        key = path, name
        if key not in self._values:
            tree = self.tree(path)
            self._values[key] = list(_values_of(tree, name)) if tree is not None else []
        return self._values[key]

    def statements(self, frame: Frame) -> list[ast.stmt]:
        """The statements that the frame's line lies in, the innermost last."""
        tree = self.tree(frame.path)
        return _statements(tree.body, frame.line) if tree is not None else []

    def statement(self, frame: Frame) -> ast.stmt | None:
        """The innermost statement at the frame's line."""
        around = self.statements(frame)
        return around[-1] if around else None

    def calls_finalize(self, frame: Frame) -> bool:
        """Whether the line calls what the file makes by ``finalize(...)``: an explicit call of a finalizer."""
        statement = self.statement(frame)
        if statement is None:
            return False
        names = {callee(call) for call in calls(statement, frame.line)} - {""}
        made = (value for name in names for value in self.values(frame.path, name))
        return any(isinstance(value, ast.Call) and callee(value) == "finalize" for value in made)

    def qualified(self, frame: Frame) -> str:
        """The frame's function with its class, where the dump has only its name."""
        if "." in frame.function:
            return frame.function
        cls = self.scope(frame).cls
        return f"{cls}.{frame.function}" if cls else frame.function


def header(statement: ast.stmt) -> list[ast.expr]:
    """The expressions of a statement itself, without those of the statements in it."""
    return [child for child in _children(statement) if isinstance(child, ast.expr)]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.withitem):
            yield child.context_expr
        else:
            yield child


def calls(statement: ast.stmt, line: int) -> list[ast.Call]:
    """The calls of a statement that its ``line`` belongs to, the outermost first."""
    found = []
    for expression in header(statement):
        for node in ast.walk(expression):
            if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found.append(node)
    return found


def callee(call: ast.Call) -> str:
    """The last name of what is called."""
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def names_at(statement: ast.stmt, line: int) -> tuple[str, ...]:
    """Names and attributes that the statement uses at ``line``."""
    found = []
    for expression in header(statement):
        for node in ast.walk(expression):
            if not isinstance(node, (ast.Name, ast.Attribute)) or not node.lineno <= line <= (node.end_lineno or 0):
                continue
            found.append(node.id if isinstance(node, ast.Name) else node.attr)
    return tuple(found)


def _values_of(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        for target in targets:
            if name == (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")):
                assert node.value is not None
                yield node.value


def _scope(tree: ast.Module, frame: Frame) -> Scope:
    best = Scope(None, "")
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, cls = todo.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                continue
            inner = cls
            if isinstance(child, ast.stmt) and not _contains(child, frame.line):
                continue
            if isinstance(child, ast.ClassDef):
                inner = child.name
            elif isinstance(child, Function):
                if child.name == frame.name:
                    best = Scope(child, cls)
                inner = ""
            todo.append((child, inner))
    return best


def _contains(statement: ast.stmt, line: int) -> bool:
    first = statement.lineno
    if isinstance(statement, Function | ast.ClassDef):
        first = min([first, *(d.lineno for d in statement.decorator_list)])
    return first <= line <= (statement.end_lineno or statement.lineno)


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements in a statement, handlers and cases included."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _statements(block: list[ast.stmt], line: int) -> list[ast.stmt]:
    for statement in block:
        if _contains(statement, line):
            inner = (_statements(b, line) for b in blocks(statement))
            return [statement, *next(filter(None, inner), ())]
    return []
