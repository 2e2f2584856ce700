"""Whether an exception says that memory is used up: not all that do are a MemoryError."""

from __future__ import annotations

import errno

#: What others say: the interpreter's own errors, and the loader's.
_SIGNS = ("without setting an exception", "failed to map segment", "annot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` was raised for want of memory."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS)
