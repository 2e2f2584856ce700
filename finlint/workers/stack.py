"""Room for Python's own stack in one piece.

CPython (3.11 and later) takes memory for frames in chunks of 16 KB, and unmaps a chunk when its first frame returns
(``push_chunk`` and ``_PyThreadState_PopFrame`` in Python/pystate.c). An analysis calls and returns at the same depth
hundreds of thousands of times; where that depth is the end of a chunk, each call maps memory and each return unmaps it:
22,600 times in four seconds on ray's ``air``, a tenth of the time on redis.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from finlint.model.limits import CODE_DEPTH

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: Words of a frame for which a chunk is mapped that has room for some thousand frames more; nothing of it is touched.
_WORDS = 300_000


def roomy(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """``function(*args, **kwargs)``, with all that it calls on one chunk of the stack, and some thousand calls deep."""
    before = sys.getrecursionlimit()
    # A query costs some twelve calls, and as many queries nest as ``QUERY_DEPTH`` says.
    sys.setrecursionlimit(max(before, CODE_DEPTH))
    try:
        return function(*args, **kwargs)
    finally:
        sys.setrecursionlimit(before)


# What tells how much its frame needs: the chunk is made for that, and rounded up to a power of two.
roomy.__code__ = roomy.__code__.replace(co_stacksize=_WORDS)
