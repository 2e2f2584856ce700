"""Records (``finlint.model.record``): named tuples at run time, classes of their own to a type checker."""

from __future__ import annotations

import ast
import inspect
from typing import get_args

import pytest

from finlint.analysis.domain import values
from finlint.model import ir
from finlint.model.record import replaced


@pytest.mark.parametrize(("module", "union"), [(values, values.Value), (ir, ir.Expr), (ir, ir.Stmt)])
def test_the_kinds_of_large_unions_are_records(module: object, union: object) -> None:
    """Named tuples in their place would have mypy take seven minutes; at run time nothing tells them from these."""
    bases = {
        node.name: [ast.unparse(base) for base in node.bases]
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef)
    }
    kinds = [kind.__name__ for kind in get_args(union) if issubclass(kind, tuple)]
    assert len(kinds) > 15
    assert {kind: bases[kind] for kind in kinds} == {kind: ["Record"] for kind in kinds}


def test_a_record_is_a_tuple_of_its_fields() -> None:
    const = values.Const(3, firm=False)
    assert isinstance(const, tuple)
    assert const == (3, False)
    with pytest.raises(AttributeError):
        const.firm = True  # type: ignore[misc]


def test_a_record_is_made_again_with_other_values() -> None:
    const = values.Const(3, firm=False)
    assert replaced(const, firm=True) == values.Const(3)
    assert const == values.Const(3, False)
    with pytest.raises((TypeError, ValueError)):
        replaced(const, frim=True)  # type: ignore[call-arg]
