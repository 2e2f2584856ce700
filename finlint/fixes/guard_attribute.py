"""FIN401: what reads an attribute that need not be there is done only where it is."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.tree import Replacement, Tree, dotted

_TITLE = "ask whether the attribute is there"
#: More in one question is no longer an improvement: then ``__init__`` wants another order.
_MOST_NAMES = 3


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
    if not me or dotted(node if isinstance(node, cst.Attribute) else node.func).partition(".")[0] != me:
        return
    direct = isinstance(node, cst.Attribute)
    if isinstance(node, cst.Attribute) and _may_be_none(node, tree):
        change = tree.replaced({node: _getattr(me, node.attr.value)})
        yield from offer(_TITLE, tree, change, safe=True)
    if not _binds(statement, tree) and not _is_elif(statement, tree):
        names = _names(request, tree, statement)
        if len(names) > _MOST_NAMES:
            return
        change = tree.replaced({statement: _guarded(me, names, statement)})
        yield from offer(_TITLE, tree, change, safe=direct and _goes_on(statement, function, tree))


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
    """Whether None does as well as no attribute at all: the question that it is asked for then leads past its block."""
    assigned = tree.parent(node)
    if isinstance(assigned, cst.Assign):
        return _asked_next(assigned, tree)
    #: What the expression is, where the attribute is None.
    is_true = False
    current: cst.CSTNode = node
    for parent in tree.parents(node):
        if isinstance(parent, (cst.If, cst.While)):
            if parent.test is not current or parent.orelse is not None:
                return False
            return not is_true or (isinstance(parent, cst.If) and _is_return(parent.body))
        if isinstance(parent, cst.UnaryOperation) and isinstance(parent.operator, cst.Not):
            is_true = not is_true
        elif isinstance(parent, cst.BooleanOperation):
            # Only where the first operand decides.
            if parent.left is not current or isinstance(parent.operator, cst.Or) is not is_true:
                return False
        elif isinstance(parent, cst.Comparison):
            target = parent.comparisons[0]
            if current is not node or len(parent.comparisons) != 1 or dotted(target.comparator) != "None":
                return False
            if not isinstance(target.operator, (cst.Is, cst.IsNot)):
                return False
            is_true = isinstance(target.operator, cst.Is)
        else:
            return False
        current = parent
    return False


def _is_return(body: cst.BaseSuite) -> bool:
    """Whether the block is ``return`` alone."""
    first = body.body[0]
    small = first.body[0] if isinstance(first, cst.SimpleStatementLine) else first
    return len(body.body) == 1 and isinstance(small, cst.Return)


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


def _goes_on(statement: cst.CSTNode, function: cst.FunctionDef, tree: Tree) -> bool:
    """Whether skipping the statement leaves the rest as it is: a ``return`` in it may be what keeps the rest away."""
    last = function.body.body[-1] is statement
    return last or not any(tree.descendants(statement, cst.Return))


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
