"""TOML of others: text in, tables out, in time that the text's length bounds."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

#: Parts of a key that are too many: one of 50,000 takes hours, as each of its beginnings is looked up by itself.
PARTS = 100

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{PARTS}}}")


def parsed(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises ValueError where it is none, RecursionError where it nests too deeply: in
    arrays and tables, or by a key of more than ``PARTS`` parts."""
    if _LONG_KEY.search(text):
        raise RecursionError("a key of too many parts")
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    tables: dict[str, Any] = reader.loads(text)
    return tables
