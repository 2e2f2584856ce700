"""What a generator has to itself: what it, or who called it, has made for it, and gives to nobody.

A generator that is freed is not running: nobody is in a method of what only it has. That holds for what such a thing
has made for itself, too, and passes on to functions. What those keep of it is not asked: of freed generators only what
is certain is reported.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Bound, Class, Function, Lib, Object, alternatives
from finlint.analysis.evaluation.call_sites import Given
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.reachability import Step
from finlint.analysis.program.definitions import PUT, giving
from finlint.analysis.program.escape import Thing, escapes
from finlint.analysis.program.statements import given_as
from finlint.analysis.program.symbols import FunctionNode
from finlint.analysis.properties.belonging import expression_at
from finlint.analysis.properties.custody import resource
from finlint.analysis.properties.lock_regions import makes_its_own
from finlint.analysis.properties.ownership import LOCKS, QUEUES, Ownership
from finlint.model import ir


def is_of_frame(generator: FunctionNode, steps: tuple[Step, ...], evaluator: Evaluator) -> bool:
    """Whether what the last of ``steps``, which begin in ``generator``, waits for is its own."""
    last = steps[-1]
    lock = resource(last.context, last.span, evaluator)
    return lock is not None and _Frame(generator, steps, evaluator).owns(lock, last.context)


class _Frame:
    """A generator that is freed, and the steps of a chain that begins in it."""

    def __init__(self, generator: FunctionNode, steps: tuple[Step, ...], evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.ownership = Ownership(evaluator)
        #: For the last step, the names of its function that mean something of the generator's own.
        self.names = frozenset(self._locals(generator, steps[0].context))
        for step, after in itertools.pairwise(steps):
            self.names = frozenset(self._passed(step, after.context))

    def owns(self, expr: ir.Expr, context: CallContext) -> bool:
        """Whether ``expr`` in the function of the last step means what only the generator has."""
        if isinstance(expr, ir.Name):
            return expr.id in self.names
        if not isinstance(expr, ir.Attr) or not self.owns(expr.value, context):
            return False
        options = alternatives(self.evaluator.expressions.eval(expr.value, EvalState(context)))
        owners = [option for option in options if isinstance(option, Object)]
        return bool(owners) and all(self._has_made(owner, expr.name) for owner in owners)

    def _has_made(self, owner: Object, name: str) -> bool:
        """Whether methods of ``owner`` have made what it holds by that name, by a function of the project perhaps."""
        return self.ownership.makes(owner, name) or makes_its_own(owner.cls, name, self.evaluator)

    def _locals(self, generator: FunctionNode, context: CallContext) -> Iterator[str]:
        """Names of the generator for what it makes, and gives to nobody."""
        params = {param.name for param in generator.ir.params}
        for name, definitions in generator.index.names.items():
            given = [d for d in giving(definitions) if d.how not in PUT]
            if name in params or not given:
                continue
            plain = all(d.how in ("value", "enter") and not d.path for d in given)
            if plain and all(self._is_made(d.node, context) for d in given) and not _gives(generator, name):
                yield name
        if generator.owner is None and not generator.ir.decorators:
            sites = list(self._calls_of(generator))
            yield from (name for name in params if sites and all(self._is_for_it(site, name) for site in sites))

    def _calls_of(self, generator: FunctionNode) -> Iterator[Given]:
        """The calls of the generator's function."""
        number = 0
        call_sites = self.evaluator.call_sites
        while (found := call_sites.nth(generator, generator.name, False, number)) is not None:
            yield from found
            number += 1

    def _is_for_it(self, site: Given, param: str) -> bool:
        """Whether a call gives a parameter what the caller has made, and gives to nobody else."""
        caller, call = site.context.function, site.call
        if caller is None or call is None or any(arg.star for arg in call.args):
            return False
        names = [p.name for p in site.function.ir.params if p.kind in ("pos", "any")]
        given = [arg.value for number, arg in enumerate(call.args) if given_as(arg, number, names) == param]
        argument = given[0] if len(given) == 1 else None
        if not isinstance(argument, ir.Name) or _gives(site.function, param):
            return False
        local = argument.id
        made = [d for d in giving(caller.index.names.get(local, ())) if d.how not in PUT]
        thing = Thing(
            lambda expr: isinstance(expr, ir.Name) and expr.id == local,
            with_owner=False,
            allowed=lambda expr: expr is argument,
        )
        plain = len(made) == 1 and made[0].how == "value" and not made[0].path
        return plain and self._is_made(made[0].node, site.context) and not escapes(caller.ir, thing)

    def _passed(self, step: Step, callee: CallContext) -> Iterator[str]:
        """The names in the called function for what is the generator's own in the one that calls."""
        function = callee.function
        if function is None or step.context.function is None:
            return
        expr = expression_at(step.context.function.ir.body, step.span)
        params = [param.name for param in function.ir.params if param.kind in ("pos", "any")]
        by_name = isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attr) and expr.func.name == function.name
        if function.name in ("__enter__", "__exit__") and expr is not None and not by_name:
            if self.owns(expr, step.context) or self._is_made(expr, step.context):
                yield from params[:1]
            return
        if not isinstance(expr, ir.Call):
            return
        if isinstance(expr.func, ir.Attr) and function.owner is not None:
            if self.owns(expr.func.value, step.context):
                yield from params[:1]
            params = params[1:]
        for number, arg in enumerate(expr.args):
            if arg.star:
                return
            name = given_as(arg, number, params)
            if name and self.owns(arg.value, step.context):
                yield name

    def _is_made(self, node: object, context: CallContext, asked: tuple[FunctionNode, ...] = ()) -> bool:
        """Whether an expression gives what is made there and then. ``asked``: functions whose results led here."""
        if not isinstance(node, ir.Call):
            return False
        options = list(alternatives(self.evaluator.expressions.eval(node.func, EvalState(context))))
        return bool(options) and all(self._makes(option, asked) for option in options)

    def _makes(self, called: object, asked: tuple[FunctionNode, ...]) -> bool:
        if isinstance(called, Class):
            return True
        if isinstance(called, Lib):
            return self.evaluator.knowledge.canonical(called.name) in LOCKS | QUEUES
        function = called.function if isinstance(called, Bound) else called
        if not isinstance(function, Function) or function.node in asked:
            return False
        asked = (*asked, function.node)
        returns, inside = function.node.index.returns, self.evaluator.binding.generic_context(function.node)
        return bool(returns) and all(d.how == "value" and self._is_made(d.node, inside, asked) for d in returns)


def _gives(generator: FunctionNode, name: str) -> bool:
    """Whether a generator gives what it has by that name to somebody."""
    thing = Thing(lambda expr: isinstance(expr, ir.Name) and expr.id == name, with_owner=False)
    return escapes(generator.ir, thing)
