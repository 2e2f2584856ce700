"""Whether a finding may have a fix, before LibCST is loaded for it: a look at the file with ``ast``.

Most findings have none, and LibCST with the tree of one file costs more than all that found them. What is asked here
is asked by the fixers, too, who know more: "no" here is "no" there. Where the answer is all that a report shows, and
nothing more would be asked, "yes" needs no tree either. Tests compare both on every fix that the project has.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from finlint.fixes.terms import (
    CLEANER,
    CLEANER_LACKS,
    CLEANER_TITLE,
    LOCK_ARGUMENTS,
    PASSES,
    SHARED_BY_QUEUES,
    TAKES_FOR_GOOD,
    is_called,
)
from finlint.model.finding import Culprit, Finding

#: What has a name by which it is found elsewhere.
_NAMED = (ast.Name, ast.Attribute)


class Sure(NamedTuple):
    """The fix that a finding certainly has. It is never safe."""

    title: str


#: What may be told of a fix: that there is none, that there is one, or (True) that the fixer has to be asked.
Verdict = bool | Sure


class Glance:
    """One file. Raises what ``ast.parse`` raises."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {}
        self._starts: dict[tuple[int, int], list[ast.expr]] = {}
        self._named: dict[str, list[ast.Name | ast.Attribute]] = {}
        #: The last part of what each imported name stands for.
        self._imported: dict[str, str] = {}
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            self._note(node)
            for part in ast.iter_child_nodes(node):
                self.parents[part] = node
                stack.append(part)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self._starts.setdefault((node.lineno, node.col_offset), []).append(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            self._named.setdefault(name, []).append(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.asname or isinstance(node, ast.ImportFrom):
                    self._imported[alias.asname or alias.name] = alias.name.rpartition(".")[2]

    def starting(self, line: int, column: int) -> list[ast.expr]:
        """The expressions that start at a place (from 1, in characters)."""
        before = len(self.lines[line - 1][: column - 1].encode()) if 0 < line <= len(self.lines) else -1
        return self._starts.get((line, before), [])

    def named(self, name: str) -> list[ast.Name | ast.Attribute]:
        """Where a name, or an attribute of that name, is read or written."""
        return self._named.get(name, [])

    def registering(self, finding: Finding) -> ast.Call | None:
        """The call that the finding's registration is, where it is one that fixers can change."""
        place = finding.registration
        if place is None or place.registrar not in PASSES:
            return None
        last = place.registrar.rpartition(".")[2]
        calls = []
        for node in self.starting(place.line, place.column):
            if isinstance(node, ast.Call):
                func = node.func
                name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
                if self._imported.get(name, name) == last or name == last:
                    calls.append(node)
        if len(calls) != 1:
            return None
        call = calls[0]
        plain = len(call.args) > 1 and not any(isinstance(arg, ast.Starred) for arg in call.args[:2])
        return call if plain else None

    def methods(self, finding: Finding, culprit: Culprit) -> list[ast.Attribute]:
        """The methods that are called at the culprit's place, and the one that the finding's registration is given."""
        functions = [n.func for n in self.starting(culprit.line, culprit.column) if isinstance(n, ast.Call)]
        call = self.registering(finding)
        if call is not None:
            functions.append(call.args[1])
        return [function for function in functions if isinstance(function, ast.Attribute)]

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function that a node is in; None in a lambda or outside of functions."""
        around = self.parents.get(node)
        while around is not None and not isinstance(around, (ast.Lambda, ast.ClassDef)):
            if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return around
            around = self.parents.get(around)
        return None

    def only_finalizes(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether nothing but finalization calls the function: it is ``__del__``, or named once."""
        return function.name == "__del__" or len(self.named(function.name)) == 1


class Glances:
    """Files by path, each looked at once. ``text`` gives a file's text; ``is_linted`` whether fixes may change it."""

    def __init__(self, text: Callable[[str], str], is_linted: Callable[[str], bool]) -> None:
        self._text = text
        self._is_linted = is_linted
        self._known: dict[str, Glance | None] = {}

    def text(self, path: str) -> str:
        return self._text(path)

    def at(self, path: str) -> Glance | None:
        """None for what this interpreter cannot read: LibCST may."""
        if path not in self._known:
            try:
                self._known[path] = Glance(self._text(path))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._known[path] = None
        return self._known[path]

    def verdict(self, finding: Finding) -> Verdict:
        """What may be told of the fixes of a finding: that of the first fixer that may have one."""
        return next((verdict for look in _LOOKS.get(finding.code, ()) if (verdict := look(finding, self))), False)

    def asked(self, path: str, question: Callable[[Glance], Verdict]) -> Verdict:
        """The answer to a question about a file that fixes may change."""
        if not self._is_linted(path):
            return False
        glance = self.at(path)
        return True if glance is None else question(glance)


def _to_cleaner(finding: Finding, glances: Glances) -> Verdict:
    place = finding.registration
    if place is None or place.registrar != "weakref.finalize":
        return False

    def look(glance: Glance) -> Verdict:
        call = glance.registering(finding)
        if call is None or not isinstance(glance.parents.get(call), (ast.Expr, ast.Assign, ast.AnnAssign)):
            return False
        if isinstance(call.args[1], ast.Attribute) and call.args[1].attr == TAKES_FOR_GOOD:
            return False
        if any(isinstance(node, ast.Attribute) for name in CLEANER_LACKS for node in glance.named(name)):
            return False
        # Who uses the name of the fix's import, and a comment within the function, need a closer look.
        plain = call.func.end_lineno == call.func.lineno and not re.search(rf"\b{CLEANER}\b", glance.text)
        return Sure(CLEANER_TITLE) if plain and _is_dotted(call.func) else True

    return glances.asked(place.path, look)


def _is_dotted(expr: ast.expr) -> bool:
    while isinstance(expr, ast.Attribute):
        expr = expr.value
    return isinstance(expr, ast.Name)


def _try_lock(finding: Finding, glances: Glances) -> Verdict:
    culprit = finding.culprit
    if culprit is None or not culprit.call.endswith(".acquire"):
        return False
    if culprit.call.partition(".")[0] not in LOCK_ARGUMENTS or is_called(finding, glances.text(culprit.path)):
        return False

    def look(glance: Glance) -> Verdict:
        for node in glance.starting(culprit.line, culprit.column):
            function = glance.function(node)
            own = function is not None and glance.only_finalizes(function)
            if own and (isinstance(node, ast.Call) or isinstance(glance.parents.get(node), ast.withitem)):
                return True
        call = glance.registering(finding)
        return call is not None and isinstance(call.args[1], ast.Attribute) and call.args[1].attr == TAKES_FOR_GOOD

    return glances.asked(culprit.path, look)


def _shutdown(finding: Finding, glances: Glances) -> Verdict:
    culprit = finding.culprit
    if culprit is None or not (culprit.call.startswith("concurrent.futures.") and culprit.call.endswith(".shutdown")):
        return False

    def look(glance: Glance) -> Verdict:
        # The end of a ``with`` has no arguments that could be changed.
        return any(f.attr == "shutdown" for f in glance.methods(finding, culprit))

    return glances.asked(culprit.path, look)


def _simple_queue(finding: Finding, glances: Glances) -> Verdict:
    culprit = finding.culprit
    if culprit is None or not culprit.call.startswith("queue.Queue.put"):
        return False

    def look(glance: Glance) -> Verdict:
        queues = [f.value for f in glance.methods(finding, culprit) if f.attr in ("put", "put_nowait")]
        names = [q.attr if isinstance(q, ast.Attribute) else q.id for q in queues if isinstance(q, _NAMED)]
        return any(all(_is_shared(node, glance) for node in glance.named(name)) for name in names)

    return glances.asked(culprit.path, look)


def _is_shared(node: ast.Name | ast.Attribute, glance: Glance) -> bool:
    """Whether the place uses only what both queues have, or writes."""
    if not isinstance(node.ctx, ast.Load):
        return True
    parent = glance.parents.get(node)
    return isinstance(parent, ast.Attribute) and parent.attr in SHARED_BY_QUEUES


def _static_callback(finding: Finding, glances: Glances) -> Verdict:
    def look(glance: Glance) -> Verdict:
        call = glance.registering(finding)
        scope = glance.function(call) if call is not None else None
        cls = glance.parents.get(scope) if scope is not None else None
        if call is None or not isinstance(call.args[0], ast.Name) or not isinstance(cls, ast.ClassDef):
            return cls is not None and not isinstance(cls, ast.ClassDef)
        me, callback = call.args[0].id, call.args[1]
        if isinstance(callback, ast.Lambda):
            return isinstance(callback.body, ast.Call) and isinstance(callback.body.func, ast.Attribute)
        if not isinstance(callback, ast.Attribute) or not isinstance(callback.value, ast.Name):
            return False
        return callback.value.id == me and _has_plain_method(cls, callback.attr, glance)

    return glances.asked(finding.path, look)


def _has_plain_method(cls: ast.ClassDef, name: str, glance: Glance) -> bool:
    """Whether a method takes nothing but its object, and only reads attributes of it that are stored in one place."""
    methods = [node for node in cls.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    found = [method for method in methods if method.name == name]
    if len(found) != 1 or found[0].decorator_list or len(found[0].args.args) != 1:
        return False
    own = found[0].args.args[0].arg
    for node in ast.walk(found[0]):
        if not isinstance(node, ast.Name) or node.id != own:
            continue
        read = glance.parents.get(node)
        if not isinstance(read, ast.Attribute) or not isinstance(read.ctx, ast.Load):
            return False
        stores = [
            n for n in glance.named(read.attr) if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)
        ]
        if read.attr in {method.name for method in methods} or len(stores) != 1:
            return False
    return True


def _pass_callable(finding: Finding, glances: Glances) -> Verdict:
    def look(glance: Glance) -> Verdict:
        call = glance.registering(finding)
        return call is not None and isinstance(call.args[1], (ast.Call, ast.Name))

    return glances.asked(finding.path, look)


def _guard_attribute(finding: Finding, glances: Glances) -> Verdict:
    culprit = finding.culprit

    def look(glance: Glance) -> Verdict:
        starting = glance.starting(finding.span.line, finding.span.column)
        return culprit is not None and any(
            isinstance(node, ast.Call) or (isinstance(node, ast.Attribute) and node.attr == culprit.call)
            for node in starting
        )

    return glances.asked(finding.path, look)


_Look = Callable[[Finding, Glances], Verdict]

#: For each code what ``finlint.fixes.registry`` has, in that order.
_LOOKS: dict[str, tuple[_Look, ...]] = {
    "FIN102": (_to_cleaner, _try_lock),
    "FIN104": (_shutdown, _to_cleaner),
    "FIN105": (_to_cleaner,),
    "FIN112": (_to_cleaner, _try_lock),
    "FIN201": (_simple_queue,),
    "FIN301": (_static_callback,),
    "FIN305": (_pass_callable,),
    "FIN401": (_guard_attribute,),
}
