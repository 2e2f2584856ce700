"""Which functions call each other in a circle, as the text of their module tells.

A function that calls itself may be given something else each time, without end: a list with one item more, an object
that was made with the last one. Such functions know the types of their arguments alone (``binding.Binder.context``).
Which they are is read from the text, so that it does not depend on what was followed, and in which order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.symbols import FunctionNode, function_at, with_closures
from finlint.model import ir


class Recursion:
    """The strongly connected components of calls by name within a module: of its functions, and of methods that an
    object calls of itself."""

    def __init__(self, ask: Queries) -> None:
        self._reads = ask.reads
        #: Whether a function is in a circle, with what that was read from.
        self._known: dict[FunctionNode, tuple[bool, int]] = {}

    def is_recursive(self, function: FunctionNode) -> bool:
        """Whether a function may call itself, by whichever way."""
        reads = self._reads
        known = self._known.get(function)
        if known is None:
            outer, reads.made_from = reads.made_from, 0
            found = self._components(function)
            made_from = reads.same(reads.made_from)
            self._known.update((node, (recursive, made_from)) for node, recursive in found.items())
            known = self._known[function]
            reads.made_from |= outer
        reads.made_from |= known[1]
        return known[0]

    def _components(self, root: FunctionNode) -> dict[FunctionNode, bool]:
        """Tarjan's algorithm from ``root``, without recursion: a chain of calls may be of any length."""
        found: dict[FunctionNode, bool] = {}
        number = {root: 0}
        low = {root: 0}
        stack = [root]
        path = [(root, self._callees(root))]
        itself: set[FunctionNode] = set()
        while path:
            node, callees = path[-1]
            callee = next(callees, None)
            if callee is None:
                path.pop()
                if path:
                    caller = path[-1][0]
                    low[caller] = min(low[caller], low[node])
                if low[node] == number[node]:
                    members = [stack.pop()]
                    while members[-1] is not node:
                        members.append(stack.pop())
                    found.update((member, len(members) > 1 or member in itself) for member in members)
            elif callee is node:
                itself.add(node)
            elif callee in found or callee in self._known:
                # What was known before is no member of a circle with it, or it would have been found then.
                known = self._known.get(callee)
                self._reads.made_from |= 0 if known is None else known[1]
            elif callee in number:
                low[node] = min(low[node], number[callee])
            else:
                number[callee] = low[callee] = len(number)
                stack.append(callee)
                path.append((callee, self._callees(callee)))
        return found

    def _callees(self, function: FunctionNode) -> Iterator[FunctionNode]:
        """The functions that calls in the body, and in functions within it, may mean."""
        me = function.ir.params[0].name if function.owner is not None and function.ir.params else ""
        seen: set[tuple[str, str]] = set()
        for around in with_closures(function):
            for call in around[-1].index.calls:
                func = call.func
                if isinstance(func, ir.Name):
                    called = "", func.id
                elif isinstance(func, ir.Attr) and me and _is_itself(func.value, me):
                    called = me, func.name
                else:
                    continue
                if called not in seen:
                    seen.add(called)
                    yield from (
                        self._methods(function, func.name) if isinstance(func, ir.Attr) else _named(function, func.id)
                    )

    def _methods(self, function: FunctionNode, name: str) -> Iterator[FunctionNode]:
        """The method of the class, else those of that name in the module: of a base, or of a class that inherits."""
        own = function.owner.method(name) if function.owner is not None else None
        if own is not None:
            yield own
            return
        pattern = rf"\bdef[ \t]+{re.escape(name)}\b"
        for line in function.module.source.lines("matching", f"{name}\n{pattern}"):
            node = function_at(function.module, line)
            if node is not None and node.owner is not None and node.name == name:
                yield node


def _named(function: FunctionNode, name: str) -> Iterator[FunctionNode]:
    for binding in function.module.bound(name):
        node = function.module.function(binding) if binding.kind == "function" else None
        if node is not None:
            yield node


def _is_itself(expr: ir.Expr, me: str) -> bool:
    """``self`` or ``super()``."""
    if isinstance(expr, ir.Call):
        expr = expr.func
        me = "super"
    return isinstance(expr, ir.Name) and expr.id == me
