"""FIN305: register the function with its arguments, not what calling it gave."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.registration import Registered, registered
from finlint.fixes.tree import Tree, dotted

#: What these make is called for another reason than by mistake: it is the wrong callable, not none.
_WRAPPERS = ("weakref.", "functools.", "operator.", "types.")


def pass_callable(request: Request) -> Iterator[Fix]:
    tree = request.tree(request.finding.path)
    found = registered(request.finding, tree) if tree is not None else None
    if tree is None or found is None:
        return
    if isinstance(found.callback.value, cst.Call):
        title, call = "pass the callable", _uncalled(found, found.callback.value, tree)
    else:
        title, call = "register what the factory makes", _made(found, tree)
    if call is not None:
        yield from offer(title, tree, tree.replaced({found.call: call}), safe=True)


def _uncalled(found: Registered, called: cst.Call, tree: Tree) -> cst.Call | None:
    """``finalize(obj, f(x))`` to ``finalize(obj, f, x)``."""
    if found.passes == "object":
        return _with_object(found, called, tree)
    if tree.qualified(called.func).startswith(_WRAPPERS):
        return None
    if (found.passes == "rest" and found.rest) or (found.passes == "argument" and not called.args):
        # Whose arguments they are, the result's or the function's, nobody can tell.
        return None
    return found.to(called.func, called.args)


def _with_object(found: Registered, called: cst.Call, tree: Tree) -> cst.Call | None:
    """The finalizer gets the object: ``f(obj)`` becomes ``f``, and ``obj.close()`` a function of ``obj``."""
    name = found.watched.value
    if not isinstance(name, cst.Name):
        return None
    arguments = called.args
    if len(arguments) == 1 and dotted(arguments[0].value) == name.value and not arguments[0].star:
        return found.to(called.func) if name.value not in dotted(called.func).split(".") else None
    # Whatever else is named would be looked up only when the object dies.
    names = {node.value for argument in arguments for node in tree.descendants(argument.value, cst.Name)}
    if not isinstance(called.func, cst.Attribute) or dotted(called.func).partition(".")[0] != name.value or names:
        return None
    parameters = cst.Parameters(params=[cst.Param(cst.Name(name.value))])
    return found.to(cst.Lambda(parameters, called, whitespace_after_lambda=cst.SimpleWhitespace(" ")))


def _made(found: Registered, tree: Tree) -> cst.Call | None:
    """``finalize(obj, make_closer, x)`` to ``finalize(obj, make_closer(x))``, where this file defines the factory."""
    factory = found.callback.value
    if found.passes != "rest" or not isinstance(factory, cst.Name):
        return None
    definitions = [n for n in tree.all(cst.FunctionDef) if n.name.value == factory.value]
    if len(definitions) != 1 or tree.parent(definitions[0]) is not tree.module or definitions[0].decorators:
        return None
    made = cst.Call(factory, args=[a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in found.rest])
    return found._replace(rest=()).to(made)
