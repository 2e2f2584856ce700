"""What a block of statements may do, by what is written in it: which names it binds, and how it may be left."""

from __future__ import annotations

from finlint.analysis.domain.containers import grown
from finlint.analysis.domain.state import EvalState, Lazy, dotted, forget, settled
from finlint.analysis.domain.values import Bound, Function, Lib, Value, alternatives, union
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import flat_statements, own_calls, walruses
from finlint.analysis.program.symbols import is_abstract
from finlint.model import ir
from finlint.model.bindings import bound_singly


def assigned(block: ir.Block) -> set[str]:
    """Names and attribute paths that a block assigns."""
    out: set[str] = set()
    for stmt in flat_statements(block):
        out.update(filter(None, (dotted(bound.target) for bound in bound_singly(stmt))))
        out.update(walrus.target for walrus in walruses(stmt))
    return out


def changed(block: ir.Block) -> set[str]:
    """Names of what a block may put something into: it stores items, calls a method, or gives it to a function."""
    out: set[str] = set()
    for stmt in flat_statements(block):
        for target in (bound.target for bound in bound_singly(stmt)):
            if isinstance(target, ir.Subscript) and isinstance(target.value, ir.Name):
                out.add(target.value.id)
        for call in own_calls(stmt):
            # Of what is spliced in the function gets the items.
            used = [arg.value for arg in call.args if not arg.star]
            used += [call.func.value] if isinstance(call.func, ir.Attr) else []
            out.update(part.id for part in used if isinstance(part, ir.Name))
    return out


def cannot_raise(block: ir.Block) -> bool:
    """Whether nothing in a block can raise: constants, given to names or returned. What is left of a generator's body
    is empty where an exception is raised into it."""
    return bool(block) and all(
        isinstance(stmt, (ir.Jump, ir.Global))
        or (isinstance(stmt, (ir.ExprStmt, ir.Return)) and (stmt.value is None or isinstance(stmt.value, ir.Const)))
        or (
            isinstance(stmt, ir.Assign)
            and isinstance(stmt.value, ir.Const)
            and all(isinstance(target, ir.Name) for target in stmt.targets)
        )
        for stmt in block
    )


def never_returns(called: Value, evaluator: Evaluator, *, follow: bool = True) -> bool:
    """Whether a call of it ends the program or raises, whatever it is given: ``sys.exit``, and a function that ends
    with a call of it, or (``follow``) of such a function. Longer ways are not followed: each call asks."""
    if isinstance(called, Lib):
        entry = evaluator.knowledge.entry(called.name)
        return entry is not None and entry.no_return
    function = called.function if isinstance(called, Bound) else called
    if not isinstance(function, Function):
        return False
    code = function.node.ir
    # A method that only heirs define raises, too, where there is none.
    if code.is_async or code.is_generator or not code.body or (function is not called and is_abstract(code)):
        return False
    last = code.body[-1]
    call = last.value if isinstance(last, ir.ExprStmt) else None
    if not isinstance(last, ir.Raise) and not isinstance(call, ir.Call):
        return False
    if returns(code.body):
        return False
    if not isinstance(call, ir.Call):
        return True
    state = EvalState(evaluator.binding.generic_context(function.node))
    inner = evaluator.expressions.eval(call.func, state)
    return (follow or isinstance(inner, Lib)) and never_returns(inner, evaluator, follow=False)


def leaves_at_once(body: ir.Block) -> bool:
    """Whether a loop is left in its first round, if no exception is caught there."""
    last = body[-1] if body else None
    if not (isinstance(last, ir.Return) or (isinstance(last, ir.Jump) and last.kind == "break")):
        return False
    return not any(isinstance(stmt, ir.Jump) and stmt.kind == "continue" for stmt in flat_statements(body))


def returns(block: ir.Block) -> bool:
    return any(isinstance(stmt, ir.Return) for stmt in flat_statements(block))


def widen(body: ir.Block, state: EvalState, evaluator: Evaluator) -> None:
    """Before a loop: what its body assigns may already have been assigned by an earlier round."""
    env = state.env
    assert env is not None
    context = state.context

    def widened(name: str, value: Value | Lazy) -> Lazy:
        return Lazy(lambda: union([settled(value), evaluator.names.context_name(name, context)]))

    for name in assigned(body):
        if name in env and "." not in name:
            env[name] = widened(name, env[name])
            forget(name, env)
        elif "." in name:
            env.pop(name, None)
    for name in changed(body) & env.keys():
        env[name] = _grown(env[name])


def _grown(value: Value | Lazy) -> Lazy:
    return Lazy(lambda: union(map(grown, alternatives(settled(value)))))
