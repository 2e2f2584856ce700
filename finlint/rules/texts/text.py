"""The shape of a rule's text."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    summary: str
    why: str
    example: str = ""
    #: One line of prose, or several of code.
    fix: str = ""
    silent: str = ""
    evidence: tuple[str, ...] = ()
