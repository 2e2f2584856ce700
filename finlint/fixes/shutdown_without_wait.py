"""FIN104: an executor that is shut down without waiting for what it runs. What was submitted is still done."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.last import ends_with
from finlint.fixes.registration import is_private, only_finalizes, registered
from finlint.fixes.tree import Tree, keyword, with_arguments

_TITLE = "do not wait for the executor"


def shutdown_without_wait(request: Request) -> Iterator[Fix]:
    culprit = request.finding.culprit
    if culprit is None or not (culprit.call.startswith("concurrent.futures.") and culprit.call.endswith(".shutdown")):
        return
    tree = request.tree(culprit.path)
    if tree is None:
        return
    calls = [c for c in tree.starting(cst.Call, culprit.line, culprit.column) if _is_shutdown(c)]
    if calls:
        change = tree.replaced({calls[0]: _not_waiting(calls[0])})
        yield from offer(_TITLE, tree, change, safe=_is_safe(calls[0], tree))
        return
    found = registered(request.finding, tree)
    given = found is not None and found.rest and found.passes != "tuple"
    if found is None or given or not _names_shutdown(found.callback.value):
        return
    passed = found.to(found.callback.value, [keyword("wait", "False")])
    if passed is not None:
        yield from offer(_TITLE, tree, tree.replaced({found.call: passed}), safe=True)


def _names_shutdown(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == "shutdown"


def _is_shutdown(call: cst.Call) -> bool:
    named = all(not a.star and (a.keyword is None or a.keyword.value in ("wait", "cancel_futures")) for a in call.args)
    return _names_shutdown(call.func) and named and sum(a.keyword is None for a in call.args) <= 1


def _not_waiting(call: cst.Call) -> cst.Call:
    wait = keyword("wait", "False")
    others = [a for a in call.args if a.keyword is not None and a.keyword.value != "wait"]
    given = next((a for a in call.args if a.keyword is None or a.keyword.value == "wait"), None)
    if given is None:
        return with_arguments(call, [wait, *others])
    changed = given.with_changes(value=cst.Name("False"))
    return call.with_changes(args=[changed if a is given else a for a in call.args])


def _is_safe(call: cst.Call, tree: Tree) -> bool:
    """Whether nobody can tell the difference: only finalizers come here, and nothing happens afterwards."""
    function = tree.function(call)
    return (
        function is not None
        and only_finalizes(function, tree)
        and is_private(function, tree)
        and ends_with(function, call, tree)
    )
