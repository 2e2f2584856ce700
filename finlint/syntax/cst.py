"""LibCST's parser as everything here uses it: no text reaches it that it could not stand (``finlint.syntax.depth``)."""

from __future__ import annotations

import libcst

from finlint.syntax.depth import judge


def parse_module(text: str) -> libcst.Module:
    """The tree of ``text``. Raises ``libcst.ParserSyntaxError``, and RecursionError where it nests too deeply."""
    judge(text)
    return libcst.parse_module(text)


def parse_expression(text: str) -> libcst.BaseExpression:
    """The tree of one expression. Raises what ``parse_module`` raises."""
    judge(text)
    return libcst.parse_expression(text)
