"""What is known of the flags of the object that is being finalized: ``if self.closed: return`` says that it is not.

Nobody else has the object any more, so that a flag stays what it was set to, or found to be, until something is called
that may set it; and it is that in the method that is called next on the same object. The environment has it beside the
values of names, as "?self.closed". An event that was set is a flag, too: "?self.stopped.is_set()".

Whatever may change a flag in a way that is not looked at makes all of them unknown (``interpreter.Interpreter``).
"""

from __future__ import annotations

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import FLAG, Env, EvalState, dotted, known_in, receiver_of
from finlint.analysis.domain.values import (
    Bound,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mode,
    Object,
    Partial,
    Sequence,
    Value,
    alternatives,
    is_known,
    is_none,
)
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.program.afterwards import done_by
from finlint.analysis.program.statements import parts_of
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir

_EVENT = "threading.Event"
_NONE_TESTS = ("Is", "IsNot", "Equal", "NotEqual")
#: Ends the name of what is known of an attribute's being None.
_IS_NONE = " is None"


def has_any(context: CallContext) -> bool:
    """Whether a method runs on the object that is being finalized: that of others may be changed by anybody."""
    me = receiver_of(context)
    return me is not None and me.site == "self"


def note(expr: ir.Expr, is_true: bool, state: EvalState, ask: Queries) -> None:
    """From here on the flag ``expr`` is true, or false; nothing happens if it is none."""
    path = _flag(expr, state, ask)
    if path and state.env is not None:
        state.env[FLAG + path] = Const(is_true)


def note_event(expr: ir.Expr, state: EvalState, ask: Queries) -> None:
    """``self.stopped.set()``, where that is an event."""
    if not (isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and expr.func.name == "set"):
        return
    called = ask.expressions.eval(expr.func, state.quiet())
    if isinstance(called, LibMethod) and called.name == "threading.Event.set":
        path = _flag(expr.func.value, state, ask)
        if path and state.env is not None:
            state.env[f"{FLAG}{path}.is_set()"] = Const(True)


def note_done(call: ir.Call, state: EvalState, ask: Queries) -> None:
    """What a method has done, after ``self.stop()`` or ``self.part.close()``, that is no other method's."""
    env, method = state.env, call.func
    if env is None or not has_any(state.context) or not isinstance(method, ir.Attr):
        return
    path, me = dotted(method.value), state.context.params[0]
    if path.partition(".")[0] != me[0] or path.count(".") > 1:
        return
    # A question of its own: what is known of the part here is what its methods have done.
    receivers = [me[1]] if path == me[0] else alternatives(ask.expressions.eval(method.value, EvalState(state.context)))
    receiver = next((option for option in receivers if isinstance(option, Object)), None)
    if receiver is None or not all(is_none(option) or option == receiver for option in receivers):
        return

    def find(name: str) -> FunctionNode | None:
        function = ask.classes.class_function(receiver.cls, name)
        return None if function is None else function.node

    function = find(method.name)
    if function is None:
        return
    done = done_by(function, find)
    owner = ir.Name(me[0], call.span) if path == me[0] else method.value
    for name, value in done.flags:
        if ask.classes.class_function(receiver.cls, name) is None:
            env[f"{FLAG if path == me[0] else ''}{path}.{name}"] = Const(value)
    quiet = state.quiet()
    over: list[tuple[str, Mode]] = [(name, library.OVER) for name in done.events]
    for name, mode in [*over, *((name, library.ENDED) for name in done.killed)]:
        part = ask.expressions.eval(ir.Attr(owner, name, call.span), quiet)
        if mode == library.ENDED or all(isinstance(v, LibObject) and v.type == _EVENT for v in alternatives(part)):
            env[f"{path}.{name}"] = library.ended(part, mode)
            if mode == library.OVER and path == me[0]:
                env[f"{FLAG}{path}.{name}.is_set()"] = Const(True)


def note_test(test: ir.Expr, holds: bool, state: EvalState, ask: Queries) -> None:
    """What a condition that holds, or does not, says of flags."""
    if isinstance(test, ir.Not):
        note_test(test.value, not holds, state, ask)
    elif isinstance(test, ir.Bool):
        if (test.op == "and") is holds:
            note_test(test.left, holds, state, ask)
            note_test(test.right, holds, state, ask)
    elif isinstance(test, ir.Attr):
        note(test, holds, state, ask)
    elif isinstance(test, ir.Compare) and len(test.rest) == 1:
        ((op, right),) = test.rest
        if isinstance(right, ir.Const) and right.value is None and op in _NONE_TESTS:
            if holds is (op in ("Is", "Equal")):
                note(test.left, False, state, ask)
            else:
                path = _flag(test.left, state, ask)
                if path and state.env is not None:
                    state.env[f"{FLAG}{path}{_IS_NONE}"] = Const(False)


def found(expr: ir.Expr, state: EvalState) -> bool | None:
    """What a flag is known to be."""
    if state.env is None:
        return None
    if type(expr) is ir.Compare:
        return _is_none(expr, state.env)
    if type(expr) is ir.Attr:
        key = FLAG + dotted(expr)
    elif type(expr) is ir.Call and not expr.args and type(expr.func) is ir.Attr:
        key = f"{FLAG}{dotted(expr.func)}()"
    else:
        return None
    value = state.env.get(key)
    return bool(value.value) if isinstance(value, Const) and value.firm else None


def _is_none(test: ir.Compare, env: Env) -> bool | None:
    """What ``self.name is None`` comes to, where it has been asked before."""
    if len(test.rest) != 1 or not isinstance(test.left, ir.Attr):
        return None
    ((op, right),) = test.rest
    if op not in _NONE_TESTS or not isinstance(right, ir.Const) or right.value is not None:
        return None
    known = env.get(f"{FLAG}{dotted(test.left)}{_IS_NONE}")
    return op in ("IsNot", "NotEqual") if isinstance(known, Const) else None


def forget_all(env: Env) -> None:
    for key in [key for key in env if key[0] == FLAG]:
        del env[key]


def forget_named(name: str, env: Env) -> None:
    """The attribute ``name`` of some variable is set, which may be another name of the object."""
    for key in [key for key in env if key[0] == FLAG and f".{name}" in key]:
        del env[key]


def any_known(env: Env) -> bool:
    return any(key[0] == FLAG for key in env)


def may_set(expr: ir.Expr, quiet: EvalState, ask: Queries) -> bool:
    """Whether an expression runs anything but a function of a library that is given nothing to call. Nobody listens to
    the state ``quiet``."""
    if not isinstance(expr, ir.Call):
        return isinstance(expr, (ir.Await, ir.Yield))
    called = ask.expressions.eval(expr.func, quiet)
    # Beside a library's method, what is not known is that of a placeholder: ``self.process = MISSING``.
    options = [option for option in alternatives(called) if is_known(option)]
    if not options or not all(isinstance(option, (Lib, LibMethod)) for option in options):
        return True
    if isinstance(expr.func, ir.Attr) and expr.func.name == "clear":
        # An event, perhaps by another name.
        return True
    given = (option for arg in expr.args for option in alternatives(ask.expressions.eval(arg.value, quiet)))
    return any(isinstance(option, (Bound, Function, Lib, LibMethod, Object, Partial, Sequence)) for option in given)


def sets_in(expr: ir.Expr, quiet: EvalState, ask: Queries) -> bool:
    """Whether an expression, or a part of it, may set a flag (``may_set``)."""
    return any(isinstance(part, ir.Walrus) or may_set(part, quiet, ask) for part in parts_of(expr))


def handed_on(
    callee: FunctionNode, receiver: Value | None, state: EvalState, call: ir.Call | None, ask: Queries
) -> list[tuple[str, Value]]:
    """What is known of the flags that a method tests, or another that it calls on the same object, where it is called
    on the caller's own object, and of the attributes of a part of it."""
    env = state.env
    if env and callee.ir.params and call is not None and isinstance(call.func, ir.Attr):
        of_part = _of_part(dotted(call.func.value), callee, env)
        if of_part:
            return of_part
    if not isinstance(receiver, Object):
        return []
    me = state.context.name_of(receiver)
    if not env or not me or not callee.ir.params:
        return []
    if callee.ir.is_async or callee.ir.is_generator:
        # It runs at another moment.
        return []
    mine, its = f"{FLAG}{me}.", callee.ir.params[0].name
    known = [(key[len(mine) :], value) for key, value in env.items() if key.startswith(mine)]
    tested = ask.tested.of(receiver.cls, callee) if known else frozenset()
    flags = [
        (f"{FLAG}{its}.{name}", v)
        for name, v in known
        if name.partition(".")[0].partition(" ")[0] in tested and isinstance(v, Const) and v.firm
    ]
    # What is over for the caller is over for what it calls.
    modes = [(path[len(me) + 1 :], known_in(env, path)) for path in list(env) if path.startswith(f"{me}.")]
    return flags + [
        (f"{its}.{name}", v)
        for name, v in modes
        if isinstance(v, LibObject) and v.mode and "." not in name and name in callee.attributes
    ]


def _of_part(path: str, callee: FunctionNode, env: Env) -> list[tuple[str, Value]]:
    """What is known of the attributes of ``self.part``, on which a method is called that names them."""
    if "." not in path:
        return []
    its, known = callee.ir.params[0].name, [key for key in env if key.startswith(f"{path}.")]
    values = [(key[len(path) + 1 :], known_in(env, key)) for key in known]
    return [(f"{its}.{n}", v) for n, v in values if n in callee.attributes and isinstance(v, Const) and v.firm]


def _flag(expr: ir.Expr, state: EvalState, ask: Queries) -> str:
    """``self.name`` where that is an attribute, and no property, of the object that is being finalized."""
    if not isinstance(expr, ir.Attr) or not isinstance(expr.value, ir.Name):
        return ""
    context, me = state.context, receiver_of(state.context)
    if me is None or not has_any(context) or context.params[0][0] != expr.value.id:
        return ""
    if ask.classes.class_function(me.cls, expr.name) is not None:
        return ""
    return f"{expr.value.id}.{expr.name}"
