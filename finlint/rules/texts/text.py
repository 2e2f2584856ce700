"""The shape of a rule's text."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """``example`` is a program that the rule reports, ``fix`` the same program mended, ``advice`` says how in words;
    ``silent`` what is not reported although it looks alike; ``evidence`` links to documentation and public issues."""

    summary: str
    why: str
    example: str = ""
    advice: str = ""
    fix: str = ""
    silent: str = ""
    evidence: tuple[str, ...] = ()
