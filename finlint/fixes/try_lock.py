"""FIN102, FIN112: a finalizer that does without the lock where it does not get it at once.

What it would have done is then left undone: never safe, and offered only in the finalizer's own body, where nobody but
the collector comes by. Further down, the work belongs into a queue, which takes more than a fix.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.registration import only_finalizes, registered
from finlint.fixes.terms import LOCK_ARGUMENTS, TAKES_FOR_GOOD, is_called
from finlint.fixes.tree import Replacement, Tree, dotted, keyword, with_arguments

_TITLE = "try the lock, do not wait for it"


def try_lock(request: Request) -> Iterator[Fix]:
    culprit = request.finding.culprit
    argument = LOCK_ARGUMENTS.get(culprit.call.partition(".")[0]) if culprit is not None else None
    if culprit is None or argument is None or not culprit.call.endswith(".acquire"):
        return
    if is_called(request.finding, request.text(culprit.path)):
        return
    tree = request.tree(culprit.path)
    if tree is None:
        return
    changes = _in_body(tree, culprit.line, culprit.column, argument)
    if changes is None:
        found = registered(request.finding, tree)
        if found is None or found.passes != "rest" or found.rest:
            return
        if dotted(found.callback.value).rpartition(".")[2] != TAKES_FOR_GOOD:
            return
        call = found.to(found.callback.value, [keyword(argument, "False")])
        changes = {found.call: call} if call is not None else {}
    if changes:
        yield from offer(_TITLE, tree, tree.replaced(changes), safe=False)


def _in_body(tree: Tree, line: int, column: int, argument: str) -> dict[cst.CSTNode, Replacement] | None:
    """The change at a place in the callback's body; None where there is no ``with`` and no ``acquire()``."""
    for item in tree.starting(cst.WithItem, line, column):
        statement = tree.parent(item)
        if isinstance(statement, cst.With):
            return _with(tree, statement, argument) if _is_own(tree, statement) else {}
    for call in tree.starting(cst.Call, line, column):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "acquire":
            return _acquire(tree, call, argument) if _is_own(tree, call) else {}
    return None


def _is_own(tree: Tree, node: cst.CSTNode) -> bool:
    function = tree.function(node)
    return function is not None and function.asynchronous is None and only_finalizes(function, tree)


def _with(tree: Tree, statement: cst.With, argument: str) -> dict[cst.CSTNode, Replacement]:
    """``with lock: ...`` to ``if lock.acquire(blocking=False): try: ... finally: lock.release()``."""
    item = statement.items[0]
    if len(statement.items) != 1 or item.asname is not None or statement.asynchronous or not dotted(item.item):
        return {}
    lock = item.item.with_changes(lpar=[], rpar=[])
    assert isinstance(lock, (cst.Name, cst.Attribute))
    acquire = cst.Call(cst.Attribute(lock, cst.Name("acquire")), [keyword(argument, "False")])
    release = cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(lock, cst.Name("release"))))])
    body = statement.body
    header = cst.TrailingWhitespace()
    if isinstance(body, cst.IndentedBlock):
        header, inner = body.header, body.with_changes(header=header)
    elif isinstance(body, cst.SimpleStatementSuite):
        line = cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
        inner = cst.IndentedBlock([line])
    else:
        return {}
    attempt = cst.Try(body=inner, finalbody=cst.Finally(cst.IndentedBlock([release])))
    block = cst.IndentedBlock([attempt], header=header, indent=inner.indent)
    return {statement: cst.If(acquire, block, leading_lines=statement.leading_lines)}


def _acquire(tree: Tree, call: cst.Call, argument: str) -> dict[cst.CSTNode, Replacement]:
    """``lock.acquire()`` to ``if not lock.acquire(blocking=False): return``; in a condition just another argument."""
    attempt = with_arguments(call, [keyword(argument, "False")])
    parent = tree.parent(call)
    if not isinstance(parent, cst.Expr):
        # Where it is asked for the lock again and again, the loop would spin.
        return {call: attempt} if isinstance(tree.statement(call), (cst.If, cst.SimpleStatementLine)) else {}
    line = tree.parent(parent)
    function = tree.function(call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or function is None:
        return {}
    for around in tree.parents(line):
        if around is function:
            break
        if isinstance(around, (cst.Try, cst.TryStar)):
            # Whatever releases the lock there must not be reached.
            return {}
    leave = cst.IndentedBlock([cst.SimpleStatementLine([cst.Return()])], header=line.trailing_whitespace)
    test = cst.UnaryOperation(cst.Not(), attempt)
    return {line: cst.If(test, leave, leading_lines=line.leading_lines)}
