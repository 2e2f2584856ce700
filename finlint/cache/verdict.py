"""What is known of a file by its bytes alone; a byte each in the cache."""

from __future__ import annotations

#: Nothing; that it cannot hold a finalizer (and that it is Python, too); that it may.
UNKNOWN, NO, CHECKED, MAY = range(4)
