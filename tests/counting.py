"""Work as calls, which no load of the machine changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

_T = TypeVar("_T")


def counted(action: Callable[[], _T], *, builtins: bool = False) -> tuple[int, _T]:
    """How many calls of Python's functions ``action`` makes (``builtins``: of those in C, too), and what it gives."""
    events = ("call", "c_call") if builtins else ("call",)
    calls = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in events

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result = action()
    finally:
        sys.setprofile(before)
    return calls, result
