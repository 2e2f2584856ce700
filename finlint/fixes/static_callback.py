"""FIN301: a callback that gets what it needs of the object, instead of the object.

The attributes are read when the finalizer is registered, not when it runs: hence never safe, and offered only for
attributes that the file sets once, before.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator

import libcst as cst

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Request, offer
from finlint.fixes.registration import Registered, is_private, only_finalizes, registered
from finlint.fixes.tree import Replacement, Tree, dotted

_TITLE = "pass the parts that the callback needs"


def static_callback(request: Request) -> Iterator[Fix]:
    tree = request.tree(request.finding.path)
    found = registered(request.finding, tree) if tree is not None else None
    if tree is None or found is None or found.passes not in ("rest", "tuple"):
        return
    if found.rest and found.passes == "rest":
        # Arguments that a method without parameters does not take.
        return
    me = found.watched.value
    scope = tree.function(found.call)
    cls = tree.enclosing(scope, cst.ClassDef) if scope is not None else None
    if not isinstance(me, cst.Name) or scope is None or cls is None or me.value != _first_parameter(scope):
        return
    callback = found.callback.value
    changes: dict[cst.CSTNode, Replacement] | None = None
    if isinstance(callback, cst.Lambda):
        changes = _of_lambda(found, callback, me.value, cls)
    elif isinstance(callback, cst.Attribute) and dotted(callback.value) == me.value:
        changes = _of_method(found, callback, me.value, cls)
    if changes is not None:
        yield from offer(_TITLE, tree, tree.replaced(changes), safe=False)


def _first_parameter(function: cst.FunctionDef) -> str:
    params = function.params
    first = (*params.posonly_params, *params.params)[:1]
    return first[0].name.value if first else ""


# -- a lambda


def _of_lambda(
    found: Registered, callback: cst.Lambda, me: str, cls: cst.ClassDef
) -> dict[cst.CSTNode, Replacement] | None:
    """``lambda: self.data.clear()`` to ``self.data.clear``."""
    tree, body = found.tree, callback.body
    if not isinstance(body, cst.Call) or not isinstance(body.func, cst.Attribute):
        return None
    # Whatever else is named, or called for an argument, would be looked up now and not then.
    parts = [body.func, *(argument.value for argument in body.args)]
    calls = [call for part in parts for call in tree.descendants(part, cst.Call)]
    names = [name for part in parts for name in tree.descendants(part, cst.Name) if _is_variable(name, tree)]
    if tree.code(callback.params).strip() or calls or any(name.value != me for name in names):
        return None
    call = found.to(body.func, body.args) if _attributes(names, found, cls) is not None else None
    return {found.call: call} if call is not None else None


def _is_variable(node: cst.Name, tree: Tree) -> bool:
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.attr is not node
    return not (isinstance(parent, cst.Arg) and parent.keyword is node)


# -- a method


def _of_method(
    found: Registered, callback: cst.Attribute, me: str, cls: cst.ClassDef
) -> dict[cst.CSTNode, Replacement] | None:
    """``self.close`` to ``self._finalize_close, self.data``, a static method that ``close`` itself goes through.

    A private method that is there for the finalizer only becomes static itself.
    """
    tree = found.tree
    method = _plain_method(cls, callback.attr.value)
    if method is None or method is tree.function(found.call):
        return None
    own = _first_parameter(method)
    attributes = _attributes(tree.names(own, method.body), found, cls)
    names = _parameter_names(attributes, method, tree) if attributes is not None else None
    if attributes is None or names is None or not own:
        return None
    alone = is_private(method, tree) and only_finalizes(method, tree)
    static = method.name.value if alone else _static_name(method.name.value)
    if not alone and (tree.names(static) or tree.attributes(static)):
        return None
    call = found.to(_attribute(me, static), [cst.Arg(_attribute(me, name)) for name in attributes])
    if call is None:
        return None
    body = _static(method, own, static, dict(zip(attributes, names, strict=True)), tree)
    if alone:
        return {found.call: call, method: body.with_changes(leading_lines=method.leading_lines)}
    return {found.call: call, method: [_delegating(method, own, static, attributes, tree), body]}


def _static_name(method: str) -> str:
    name = method.strip("_")
    return f"_{name}_parts" if name.startswith("finalize") else f"_finalize_{name}"


def _attribute(value: str, name: str) -> cst.Attribute:
    return cst.Attribute(cst.Name(value), cst.Name(name))


def _plain_method(cls: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    """The method of that name, where it is defined once, takes nothing but its object, and just runs."""
    found = [n for n in cls.body.body if isinstance(n, cst.FunctionDef) and n.name.value == name]
    if len(found) != 1 or found[0].decorators or found[0].asynchronous is not None:
        return None
    method = found[0]
    params = method.params
    more = (*params.params[1:], *params.kwonly_params, *params.posonly_params)
    if more or params.star_kwarg is not None or isinstance(params.star_arg, cst.Param):
        return None
    return method if isinstance(method.body, cst.IndentedBlock) else None


def _attributes(names: list[cst.Name], found: Registered, cls: cst.ClassDef) -> list[str] | None:
    """The attributes that are read of the object, where that is all that it is used for, and each of them is set
    once: in the function that registers, before it does."""
    tree = found.tree
    scope = tree.function(found.call)
    methods = {n.name.value for n in cls.body.body if isinstance(n, cst.FunctionDef)}
    out: dict[str, None] = {}
    for name in names:
        parent = tree.parent(name)
        if not isinstance(parent, cst.Attribute) or parent.value is not name or tree.is_stored(parent):
            return None
        attribute = parent.attr.value
        stores = [node for node in tree.attributes(attribute) if tree.is_stored(node)]
        if attribute in methods or len(stores) != 1 or not tree.before(stores[0], found.call):
            return None
        line = tree.enclosing(stores[0], cst.SimpleStatementLine)
        if scope is None or line is None or tree.parent(line) is not scope.body:
            return None
        out[attribute] = None
    return list(out)


def _parameter_names(attributes: list[str], method: cst.FunctionDef, tree: Tree) -> list[str] | None:
    """A free name for each attribute; None where the body needs its object for more than attributes."""
    used = {n.value for n in tree.descendants(method.body, cst.Name) if _is_variable(n, tree)}
    if used & {"super", "__class__", "locals", "vars", "eval", "exec"} or any(tree.descendants(method.body, cst.Yield)):
        return None
    out: list[str] = []
    for attribute in attributes:
        name = attribute.strip("_")
        name = next((n for n in (name, f"{name}_") if n not in used and n not in out), "")
        if not name.isidentifier() or keyword.iskeyword(name):
            return None
        out.append(name)
    return out


def _is_docstring(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or not isinstance(statement.body[0], cst.Expr):
        return False
    return isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))


def _static(method: cst.FunctionDef, own: str, static: str, names: dict[str, str], tree: Tree) -> cst.FunctionDef:
    """The method's body as a static method of the attributes."""
    changes: dict[cst.CSTNode, Replacement] = {}
    for name in tree.names(own, method.body):
        attribute = tree.parent(name)
        assert isinstance(attribute, cst.Attribute)
        changes[attribute] = cst.Name(names[attribute.attr.value], lpar=attribute.lpar, rpar=attribute.rpar)
    body = tree.changed(method.body, changes)
    assert isinstance(body, cst.IndentedBlock)
    if static != method.name.value and _is_docstring(body.body[0]):
        body = body.with_changes(body=body.body[1:] or [cst.SimpleStatementLine([cst.Pass()])])
    return method.with_changes(
        name=cst.Name(static),
        params=cst.Parameters(params=[cst.Param(cst.Name(name)) for name in names.values()]),
        body=body,
        decorators=[cst.Decorator(cst.Name("staticmethod"))],
        leading_lines=[cst.EmptyLine(indent=False)],
        lines_after_decorators=[],
    )


def _delegating(method: cst.FunctionDef, own: str, static: str, attributes: list[str], tree: Tree) -> cst.FunctionDef:
    """The method, its docstring kept, which now calls the static one."""
    assert isinstance(method.body, cst.IndentedBlock)
    call = cst.Call(_attribute(own, static), [cst.Arg(_attribute(own, name)) for name in attributes])
    gives = any(r.value is not None and tree.function(r) is method for r in tree.descendants(method.body, cst.Return))
    line = cst.SimpleStatementLine([cst.Return(call) if gives else cst.Expr(call)])
    first = method.body.body[0]
    body = [first, line] if _is_docstring(first) else [line]
    return method.with_changes(body=cst.IndentedBlock(body, indent=method.body.indent, header=method.body.header))
