"""What is known of an object's own flags at one place of a body: ``if self.closed: return`` says that it is not.

Nobody else changes an object that is being finalized, so that a flag stays what it was set to, or found to be, until
something is called that may set it; and it is that in the methods that are called next on the same object. The
environment has it beside the values of names, as "?self.closed". An event is a flag, too: "?self.stopped.is_set".
"""

from __future__ import annotations

from finlint.analysis.environment import FLAG, Context, Env, dotted
from finlint.analysis.nodes import FunctionNode, children, flat_statements
from finlint.analysis.statements import expressions_in
from finlint.analysis.values import Const, LibMethod, Object, Value
from finlint.model import ir

_IS_SET = "is_set"
_OF_EVENTS = {"threading.Event.set": True, "threading.Event.clear": False}
_ASKED = frozenset({"threading.Event.is_set", "threading.Event.isSet"})


def note(expr: ir.Expr, is_true: bool, context: Context) -> None:
    """From here on the flag ``expr`` is true, or false; nothing happens if it is none."""
    path = _flag(expr, context)
    if path and context.env is not None:
        context.env[FLAG + path] = Const(is_true)


def note_call(call: ir.Call, called: Value, context: Context) -> None:
    """``self.stopped.set()``, where that is an event (``called`` is what is called)."""
    if not isinstance(called, LibMethod) or called.name not in _OF_EVENTS or not isinstance(call.func, ir.Attr):
        return
    path = _flag(call.func.value, context)
    if path and context.env is not None:
        context.env[f"{FLAG}{path}.{_IS_SET}"] = Const(_OF_EVENTS[called.name])


def note_asked(call: ir.Call, called: Value, is_true: bool, context: Context) -> None:
    """``if self.stopped.is_set()``, where that is an event."""
    if isinstance(called, LibMethod) and called.name in _ASKED and isinstance(call.func, ir.Attr):
        path = _flag(call.func.value, context)
        if path and context.env is not None:
            context.env[f"{FLAG}{path}.{_IS_SET}"] = Const(is_true)


def found(expr: ir.Expr, context: Context) -> bool | None:
    """What a flag is known to be."""
    if context.env is None:
        return None
    if type(expr) is ir.Call and not expr.args:
        # Only events have been noted by that name.
        expr = expr.func
    elif type(expr) is not ir.Attr:
        return None
    value = context.env.get(FLAG + dotted(expr))
    return bool(value.value) if isinstance(value, Const) and value.firm else None


def forget_all(env: Env) -> None:
    for key in [key for key in env if key[0] == FLAG]:
        del env[key]


def any_known(env: Env) -> bool:
    return any(key[0] == FLAG for key in env)


def handed_on(callee: FunctionNode, receiver: Value | None, context: Context) -> list[tuple[str, Value]]:
    """What is known of the flags that a method tests, where it is called on the caller's own object."""
    params, env = context.scope.params, context.env
    if not env or not params or not callee.ir.params or not isinstance(receiver, Object) or params[0][1] != receiver:
        return []
    mine, its = f"{FLAG}{params[0][0]}.", callee.ir.params[0].name
    known = [(key[len(mine) :], value) for key, value in env.items() if key.startswith(mine)]
    if not known:
        return []
    asked = tested(callee)
    return [
        (f"{FLAG}{its}.{name}", v)
        for name, v in known
        if name.partition(".")[0] in asked and isinstance(v, Const) and v.firm
    ]


def tested(function: FunctionNode) -> frozenset[str]:
    """The attributes of a method's object that decide which of its statements are run."""
    if function.tested is None:
        me = function.ir.params[0].name if function.ir.params else ""
        names: set[str] = set()
        stack: list[ir.Expr] = []
        for stmt in flat_statements(function.ir.body):
            if isinstance(stmt, (ir.If, ir.While)):
                stack.append(stmt.test)
            stack += [e for e in expressions_in(stmt) if isinstance(e, (ir.IfExp, ir.Bool))]
        while stack:
            expr = stack.pop()
            if isinstance(expr, ir.Attr) and isinstance(expr.value, ir.Name) and expr.value.id == me:
                names.add(expr.name)
            stack.extend(children(expr))
        function.tested = frozenset(names)
    return function.tested


def _flag(expr: ir.Expr, context: Context) -> str:
    """``self.name`` where that is an attribute of the object that the method runs on."""
    if not isinstance(expr, ir.Attr) or not isinstance(expr.value, ir.Name):
        return ""
    params = context.scope.params
    if not params or params[0][0] != expr.value.id or not isinstance(params[0][1], Object):
        return ""
    return f"{expr.value.id}.{expr.name}"
