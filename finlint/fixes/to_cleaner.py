"""FIN102, FIN104, FIN105, FIN112: the callback runs on the thread of a ``finlint.runtime.Cleaner`` instead.

There it may wait: it interrupts nobody, and what it waits for cannot be held by the thread that is interrupted. Never
safe: the program depends on ``finlint.runtime`` from then on, and the callback runs a little later, beside the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.registration import registered
from finlint.fixes.terms import CLEANER, CLEANER_LACKS, CLEANER_MODULE, CLEANER_TITLE, TAKES_FOR_GOOD
from finlint.fixes.tree import Tree


def to_cleaner(request: Request) -> Iterator[Fix]:
    place = request.finding.registration
    # The tree of a large file costs more than all the rest.
    if place is None or place.registrar != "weakref.finalize":
        return
    tree = request.tree(place.path)
    found = registered(request.finding, tree) if tree is not None else None
    if tree is None or found is None or _takes_for_good(found.callback.value):
        return
    if not _is_kept_simply(found.call, tree) or not _is_free(tree):
        return
    register = cst.Attribute(cst.Call(cst.Name(CLEANER)), cst.Name("register"))
    change = tree.replaced({found.call: found.call.with_changes(func=register)})
    yield from offer(CLEANER_TITLE, tree, change, safe=False, imports=tree.importing(CLEANER_MODULE, CLEANER))


def _takes_for_good(callback: cst.BaseExpression) -> bool:
    return isinstance(callback, cst.Attribute) and callback.attr.value == TAKES_FOR_GOOD


def _is_kept_simply(call: cst.Call, tree: Tree) -> bool:
    """Whether the result is dropped, or assigned, and nobody asks it for what the other kind of handle has not."""
    parent = tree.parent(call)
    if any(tree.attributes(name) for name in CLEANER_LACKS):
        return False
    return isinstance(parent, (cst.Expr, cst.Assign, cst.AnnAssign))


def _is_free(tree: Tree) -> bool:
    """Whether the name that the fix uses means nothing else in the file."""
    if tree.qualified(cst.Name(CLEANER)) == f"{CLEANER_MODULE}.{CLEANER}":
        return not any(tree.is_stored(name) for name in tree.names(CLEANER))
    return not tree.names(CLEANER)
