"""``ast.parse`` as everything here uses it."""

from __future__ import annotations

import ast
import warnings


def parse(text: str) -> ast.Module:
    """The tree of ``text``, without the warnings, which are not ours to report. Raises what ``ast.parse`` raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
