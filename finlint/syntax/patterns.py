"""Patterns of ``match`` to expressions of the subject: the names that they bind, and what they ask."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from finlint.model import ir
from finlint.model.record import replaced
from finlint.model.source import Span

#: ``_``: binds nothing and matches everything.
ANYTHING = ir.Pattern((), ir.Const(True), None)


def named(name: str, inner: ir.Pattern, value: ir.Expr) -> ir.Pattern:
    """``inner as name``, and a name alone."""
    bound = value if inner.cls is None else ir.Narrowed(value, inner.cls)
    return replaced(inner, binds=(*inner.binds, (name, bound)))


def equal(value: ir.Expr, other: ir.Expr) -> ir.Pattern:
    """``case 1`` and ``case Color.RED``"""
    return ir.Pattern((), ir.Compare(value, (("Equal", other),)), None, _looked_up(other))


def same(value: ir.Expr, other: ir.Expr) -> ir.Pattern:
    """``case None``, ``True`` and ``False``"""
    return ir.Pattern((), ir.Compare(value, (("Is", other),)), None)


def item(value: ir.Expr, position: int, star: int | None, size: int, span: Span) -> ir.Expr:
    """What stands at ``position`` of a sequence pattern of ``size`` parts, the one at ``star`` of any length."""
    written = _written(value)
    if written is not None and len(written) == size and star is None:
        return written[position]
    behind = star is not None and position > star
    return ir.Subscript(value, ir.Const(position - size if behind else position), span)


def rest(name: str, value: ir.Expr, span: Span) -> ir.Pattern:
    """``*name`` in a sequence pattern."""
    return named(name, ANYTHING, ir.Subscript(value, ir.Slice(()), span)) if name else ANYTHING


def sequence(value: ir.Expr, given: Sequence[ir.Pattern], star: int | None) -> ir.Pattern:
    """``[a, b]``, and ``a, b``: of a subject that is written out, as ``match state, force:`` is, an expression says
    whether it matches."""
    whole, written = parts(given), _written(value)
    if written is None or star is not None:
        return whole
    if len(written) != len(given):
        return replaced(whole, test=ir.Const(False))
    tests = [part.test for part in given if part.test is not None]
    if len(tests) < len(given):
        return whole
    return replaced(whole, test=_joined("and", [test for test in tests if test != ANYTHING.test]) or ANYTHING.test)


def _written(value: ir.Expr) -> tuple[ir.Expr, ...] | None:
    """The items of a tuple or list that is written out; None of what is not, or of which the length is not seen."""
    if not isinstance(value, ir.Display) or value.kind == "set":
        return None
    return None if any(isinstance(part, ir.Starred) for part in value.items) else value.items


def key(looked_up: ir.Expr, inner: ir.Pattern) -> ir.Pattern:
    """``key: inner`` in a mapping pattern."""
    return replaced(inner, names=(*_looked_up(looked_up), *inner.names))


def instance(cls: ir.Expr, given: Sequence[ir.Pattern]) -> ir.Pattern:
    """``cls(...)`` with the patterns of its parts."""
    whole = parts(given)
    return replaced(whole, cls=cls, names=(cls, *whole.names))


def parts(given: Sequence[ir.Pattern]) -> ir.Pattern:
    """A pattern of several: whether it matches is not told by an expression, but what it needs of them is."""
    return ir.Pattern(_binds(given), None, None, _names(given), _joined("and", [n for n in map(_needed, given) if n]))


def any_of(given: Sequence[ir.Pattern]) -> ir.Pattern:
    """``a | b``: each alternative binds the same names, each to something of its own."""
    test = given[0].test
    for part in given[1:]:
        test = None if test is None or part.test is None else ir.Bool("or", test, part.test)
    if any(part.test == ANYTHING.test for part in given):
        test = ANYTHING.test
    needed = [need for need in map(_needed, given) if need] if test is None else []
    needs = _joined("or", needed) if len(needed) == len(given) else None
    return ir.Pattern(_binds(given), test, None, _names(given), needs)


def _needed(part: ir.Pattern) -> ir.Expr | None:
    """What has to hold where a pattern matches; None where no expression says anything of it."""
    return part.needs if part.test is None else None if part.test == ANYTHING.test else part.test


def _joined(op: ir.BoolOp, tests: Sequence[ir.Expr]) -> ir.Expr | None:
    return reduce(lambda left, right: ir.Bool(op, left, right), tests) if tests else None


def _binds(given: Sequence[ir.Pattern]) -> tuple[tuple[str, ir.Expr], ...]:
    return tuple(bound for part in given for bound in part.binds)


def _names(given: Sequence[ir.Pattern]) -> tuple[ir.Expr, ...]:
    return tuple(name for part in given for name in part.names)


def _looked_up(value: ir.Expr) -> tuple[ir.Expr, ...]:
    """A value of a pattern where it is a dotted name; a constant is none."""
    return (value,) if isinstance(value, ir.Attr) else ()
