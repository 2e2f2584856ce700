"""Whether a function has nothing left to do after a node."""

from __future__ import annotations

import libcst as cst

from finlint.fixes.tree import Tree


def ends_with(function: cst.FunctionDef, node: cst.CSTNode, tree: Tree) -> bool:
    """Whether ``node`` is a statement's whole expression, and that the last of ``function`` in every block around."""
    current: cst.CSTNode = node
    if not isinstance(tree.parent(node), cst.Expr):
        return False
    for around in tree.parents(node):
        if around is function:
            return True
        if isinstance(around, (cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.IndentedBlock)):
            if around.body[-1] is not current:
                return False
        elif isinstance(around, cst.Try):
            if current is around.body and (around.orelse is not None or around.finalbody is not None):
                return False
            if around.finalbody is not None and current is not around.finalbody:
                return False
        elif isinstance(around, (cst.For, cst.While, cst.With, cst.TryStar, cst.Match)):
            return False
        current = around
    return False
