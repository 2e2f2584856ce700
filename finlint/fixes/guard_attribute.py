"""FIN401: what reads an attribute that need not be there is done only where it is."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix, Request, offer
from finlint.fixes.tree import Replacement, Tree, dotted

_TITLE = "ask whether the attribute is there"


def guard_attribute(request: Request) -> Iterator[Fix]:
    finding = request.finding
    tree = request.tree(finding.path)
    node = _read(request, tree) if tree is not None else None
    if tree is None or node is None or finding.culprit is None:
        return
    function, statement = tree.function(node), tree.statement(node)
    if function is None or statement is None or not _is_plain(statement):
        return
    me = function.params.params[0].name.value if function.params.params else ""
    direct = isinstance(node, cst.Attribute)
    if isinstance(node, cst.Attribute) and _may_be_none(node, tree):
        text = tree.replaced({node: _getattr(me, node.attr.value)})
        yield from offer(_TITLE, tree, text, safe=True)
    if not _binds(statement, tree) and not _is_elif(statement, tree):
        names = _names(request, tree, statement)
        text = tree.replaced({statement: _guarded(me, names, statement)})
        yield from offer(_TITLE, tree, text, safe=direct)


def _read(request: Request, tree: Tree) -> cst.Attribute | cst.Call | None:
    """What the finding stands at: the attribute, or the call of the method that reads it."""
    span = request.finding.span
    name = request.finding.culprit.call if request.finding.culprit is not None else ""
    reads = [n for n in tree.starting(cst.Attribute, span.line, span.column) if n.attr.value == name and dotted(n)]
    if reads:
        return reads[-1]
    calls = tree.starting(cst.Call, span.line, span.column)
    return calls[-1] if calls else None


def _is_plain(statement: cst.CSTNode) -> bool:
    """One statement on its line; functions and classes are none of ours."""
    if isinstance(statement, cst.SimpleStatementLine):
        return len(statement.body) == 1
    return isinstance(statement, (cst.If, cst.For, cst.While, cst.With))


def _getattr(me: str, name: str) -> cst.BaseExpression:
    return cst.parse_expression(f'getattr({me}, "{name}", None)')


def _may_be_none(node: cst.Attribute, tree: Tree) -> bool:
    """Whether None does as well: where the value is only asked whether it is true, or None."""
    parent = tree.parent(node)
    if isinstance(parent, (cst.If, cst.While)):
        return parent.test is node
    if isinstance(parent, cst.UnaryOperation):
        return isinstance(parent.operator, cst.Not) and tree.enclosing(parent, cst.If) is tree.statement(parent)
    if isinstance(parent, cst.BooleanOperation):
        return parent.left is node and tree.enclosing(parent, cst.If) is tree.statement(parent)
    if isinstance(parent, cst.Comparison):
        target = parent.comparisons[0]
        is_none = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
        return parent.left is node and is_none and isinstance(target.operator, (cst.Is, cst.IsNot))
    assigned = tree.parent(node) if isinstance(parent, cst.Assign) else None
    return isinstance(assigned, cst.Assign) and _asked_next(assigned, tree)


def _asked_next(assigned: cst.Assign, tree: Tree) -> bool:
    """``name = self.x`` whose next statement is ``if name:`` or ``if name is not None:`` and nothing uses it after."""
    line = tree.parent(assigned)
    block = tree.parent(line) if line is not None else None
    target = assigned.targets[0].target
    if not isinstance(block, cst.IndentedBlock) or not isinstance(target, cst.Name) or len(assigned.targets) != 1:
        return False
    at = next(i for i, s in enumerate(block.body) if s is line)
    question = block.body[at + 1] if at + 1 < len(block.body) else None
    if not isinstance(question, cst.If) or question.orelse is not None:
        return False
    if " ".join(tree.code(question.test).split()) not in (target.value, f"{target.value} is not None"):
        return False
    return not any(tree.names(target.value, later) for later in block.body[at + 2 :])


def _binds(statement: cst.CSTNode, tree: Tree) -> bool:
    """Whether the statement gives a value to a variable, which would be without one where it is skipped."""
    return any(tree.is_stored(name) for name in tree.descendants(statement, cst.Name))


def _is_elif(statement: cst.CSTNode, tree: Tree) -> bool:
    parent = tree.parent(statement)
    return isinstance(parent, cst.If) and parent.orelse is statement


def _names(request: Request, tree: Tree, statement: cst.CSTNode) -> list[str]:
    """The attributes that findings miss in the statement, in the order of the findings."""
    out: dict[str, None] = {}
    for finding in request.siblings:
        if (
            finding.code == request.finding.code
            and finding.path == request.finding.path
            and finding.culprit is not None
        ):
            node = _read(request._replace(finding=finding), tree)
            if node is not None and tree.statement(node) is statement:
                out[finding.culprit.call] = None
    return list(out)


def _guarded(me: str, names: list[str], statement: cst.CSTNode) -> Replacement:
    test = " and ".join(f'hasattr({me}, "{name}")' for name in names)
    assert isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    inner = statement.with_changes(leading_lines=[])
    return cst.If(cst.parse_expression(test), cst.IndentedBlock([inner]), leading_lines=statement.leading_lines)
