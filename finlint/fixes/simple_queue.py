"""FIN201: ``queue.SimpleQueue``, whose ``put`` is reentrant, instead of ``queue.Queue``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.registration import registered
from finlint.fixes.terms import SHARED_BY_QUEUES
from finlint.fixes.tree import Replacement, Tree, dotted

_CALLED = re.compile(rf"\.\s*(?:{'|'.join(sorted(SHARED_BY_QUEUES))})\b")


def simple_queue(request: Request) -> Iterator[Fix]:
    culprit = request.finding.culprit
    if culprit is None or not culprit.call.startswith("queue.Queue.put"):
        return
    tree = request.tree(culprit.path)
    receiver = _receiver(request, tree) if tree is not None else None
    if tree is None or receiver is None:
        return
    name = receiver.attr.value if isinstance(receiver, cst.Attribute) else receiver.value
    nodes: list[cst.Name | cst.Attribute] = [*tree.attributes(name), *tree.names(name)]
    maker = _maker(nodes, tree)
    if maker is None or not all(_is_shared(node, tree) for node in nodes) or _is_text(name, tree):
        return
    changes = _changes(maker, nodes, tree)
    if changes is not None:
        safe = name.startswith("_") and not any(_uses_more(name, text) for text in request.elsewhere(tree.path))
        yield from offer("use queue.SimpleQueue", tree, tree.replaced(changes), safe=safe)


def _receiver(request: Request, tree: Tree) -> cst.Name | cst.Attribute | None:
    """What ``put`` is called on, or where ``put`` itself is the callback, what it is a method of."""
    culprit = request.finding.culprit
    assert culprit is not None
    functions: list[cst.BaseExpression] = [call.func for call in tree.starting(cst.Call, culprit.line, culprit.column)]
    found = registered(request.finding, tree)
    if found is not None:
        functions.append(found.callback.value)
    for function in functions:
        if isinstance(function, cst.Attribute) and function.attr.value in ("put", "put_nowait"):
            value = function.value
            return value if isinstance(value, (cst.Name, cst.Attribute)) else None
    return None


def _maker(nodes: list[cst.Name | cst.Attribute], tree: Tree) -> cst.Call | None:
    """The one call of ``queue.Queue``, for any size, that everything of this name is."""
    makers: list[cst.Call] = []
    for node in nodes:
        if not tree.is_stored(node):
            continue
        parent = tree.parent(node)
        if isinstance(parent, cst.AnnAssign) and parent.value is None:
            continue
        assign = tree.parent(parent) if isinstance(parent, cst.AssignTarget) else parent
        if not isinstance(assign, (cst.Assign, cst.AnnAssign)) or not isinstance(assign.value, cst.Call):
            return None
        if isinstance(assign, cst.Assign) and len(assign.targets) != 1:
            return None
        makers.append(assign.value)
    if len(makers) != 1 or tree.qualified(makers[0].func) != "queue.Queue":
        return None
    # Without a bound, ``put`` never waits; a bound is what SimpleQueue lacks.
    unbounded = all(not a.star and isinstance(a.value, cst.Integer) and a.value.value == "0" for a in makers[0].args)
    return makers[0] if unbounded else None


def _is_shared(node: cst.Name | cst.Attribute, tree: Tree) -> bool:
    """Whether the place uses only what both queues have; handing the queue on is more than that."""
    if tree.is_stored(node):
        return True
    parent = tree.parent(node)
    return isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value in SHARED_BY_QUEUES


def _is_text(name: str, tree: Tree) -> bool:
    """Whether a string names it, for ``getattr`` or ``__all__``; in ``__slots__`` it says nothing."""
    return any(text.raw_value == name and not _in_slots(text, tree) for text in tree.all(cst.SimpleString))


def _in_slots(text: cst.SimpleString, tree: Tree) -> bool:
    assign = tree.enclosing(text, cst.Assign)
    return assign is not None and dotted(assign.targets[0].target) == "__slots__"


def _uses_more(name: str, text: str) -> bool:
    return any(not _CALLED.match(text, match.end()) for match in re.finditer(rf"\b{re.escape(name)}\b", text))


def _changes(
    maker: cst.Call, nodes: list[cst.Name | cst.Attribute], tree: Tree
) -> dict[cst.CSTNode, Replacement] | None:
    """The constructor, the annotations, and where it takes one the import."""
    replaced: list[cst.BaseExpression] = [maker.func]
    changes: dict[cst.CSTNode, Replacement] = {}
    for node in nodes:
        declaration = tree.parent(node)
        if isinstance(declaration, cst.AnnAssign) and declaration.target is node:
            for expr in _spellings(declaration.annotation, tree):
                replaced.append(expr)
            for text in tree.descendants(declaration.annotation, cst.SimpleString):
                changes[text] = text.with_changes(value=re.sub(r"\bQueue\b", "SimpleQueue", text.value))
    for expr in replaced:
        if isinstance(expr, cst.Attribute):
            changes[expr] = expr.with_changes(attr=cst.Name("SimpleQueue"))
        else:
            changes[expr] = cst.Name("SimpleQueue")
    if all(isinstance(expr, cst.Attribute) for expr in replaced):
        # The arguments go, and the function within the call changes: the whole call is replaced.
        changes[maker] = maker.with_changes(func=changes.pop(maker.func), args=[])
        return changes
    spelled = next(expr.value for expr in replaced if isinstance(expr, cst.Name))
    changes[maker] = maker.with_changes(func=changes.pop(maker.func), args=[])
    statement = tree.imported_by(spelled)
    if statement is None or isinstance(statement.names, cst.ImportStar):
        return None
    others = [n for n in tree.names(spelled) if n not in replaced and tree.enclosing(n, cst.ImportFrom) is None]
    others += [t for t in tree.all(cst.SimpleString) if t not in changes and re.search(rf"\b{spelled}\b", t.value)]  # type: ignore[misc]
    names = _imported(statement, spelled, keep=bool(others))
    changes[statement] = statement.with_changes(names=names)
    return changes


def _spellings(annotation: cst.Annotation, tree: Tree) -> Iterator[cst.BaseExpression]:
    stack: list[cst.CSTNode] = [annotation.annotation]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Name, cst.Attribute)):
            if tree.qualified(node) == "queue.Queue":
                yield node
            continue
        stack.extend(node.children)


def _imported(statement: cst.ImportFrom, spelled: str, *, keep: bool) -> list[cst.ImportAlias]:
    """The names that the statement imports, with SimpleQueue beside or instead of ``spelled``."""
    assert not isinstance(statement.names, cst.ImportStar)
    out: list[cst.ImportAlias] = []
    has = any(dotted(a.name) == "SimpleQueue" and a.asname is None for a in statement.names)
    for alias in statement.names:
        mine = dotted(alias.asname.name if alias.asname is not None else alias.name) == spelled
        if keep or not mine:
            out.append(alias)
        if mine and not has:
            out.append(cst.ImportAlias(cst.Name("SimpleQueue"), comma=alias.comma))
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    out = [a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=comma) for a in out]
    out[-1] = out[-1].with_changes(comma=statement.names[-1].comma)
    return out
