"""What methods give to who calls them: an attribute of their object, something made for it, the object itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from finlint.analysis.domain.values import Class
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import attribute_of, expressions_in, flat_statements, last_name
from finlint.analysis.program.symbols import FunctionNode
from finlint.model import ir


class Methods(Protocol):
    """Who knows the methods of a class and its bases; those that name something, where ``name`` is given."""

    def methods(self, cls: Class, name: str = "") -> Iterator[FunctionNode]: ...


def returned(method: FunctionNode) -> list[ir.Expr | None]:
    """What a function gives, wherever it is left by a ``return``."""
    return [stmt.value for stmt in flat_statements(method.ir.body) if isinstance(stmt, ir.Return)]


def attribute_given(cls: Class, name: str, evaluator: Evaluator) -> str:
    """The attribute that a property, or a method without arguments, of a class gives: ``return self._lock``; "" where
    it gives anything else."""
    found = evaluator.classes.class_function(cls, name)
    return "" if found is None else _given(found.node)


def getters_of(attribute: str, cls: Class, ownership: Methods) -> dict[str, FunctionNode]:
    """The methods of a class that give an attribute, and by which others of them get it, by their names. One that none
    of them uses is for somebody else."""
    giving = {method.name: method for method in ownership.methods(cls, attribute) if _given(method) == attribute}
    return {
        name: method for name, method in giving.items() if any(_uses(one, name) for one in ownership.methods(cls, name))
    }


def _uses(method: FunctionNode, name: str) -> bool:
    me = method.ir.params[0].name if method.ir.params else ""
    statements = flat_statements(method.ir.body)
    return any(attribute_of(expr, me) == name for stmt in statements for expr in expressions_in(stmt))


def _given(method: FunctionNode) -> str:
    code = method.ir
    plain = all(last_name(decorator) == "property" for decorator in code.decorators)
    if len(code.params) != 1 or code.is_generator or code.is_async or not plain:
        return ""
    names = {attribute_of(value, code.params[0].name) for value in returned(method)}
    return (names.pop() or "") if len(names) == 1 else ""


def maker_of(cls: Class, name: str, evaluator: Evaluator) -> FunctionNode | None:
    """The method that makes an attribute when it is first asked, for good: a ``cached_property``."""
    found = evaluator.classes.class_function(cls, name)
    cached = found is not None and [last_name(d) for d in found.node.ir.decorators] == ["cached_property"]
    return found.node if found is not None and cached else None


#: Special methods whose result only who calls them by name, or enters or iterates, has.
_ENTERED = frozenset({"__enter__", "__iter__"})


def gives_back(method: FunctionNode) -> list[ir.Expr]:
    """Where a method returns the object that it is called on, which its caller has already: ``return self``."""
    code = method.ir
    is_special = method.name.startswith("__") and method.name not in _ENTERED
    if not code.params or code.decorators or suspends(method) or is_special:
        return []
    me = code.params[0].name
    return [value for value in returned(method) if isinstance(value, ir.Name) and value.id == me]


def suspends(method: FunctionNode) -> bool:
    """Whether calling it gives a generator or a coroutine."""
    return method.ir.is_generator or method.ir.is_async
