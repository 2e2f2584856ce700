"""Words without which a file has no registration of a known registrar: the byte prefilter's."""

from __future__ import annotations

TOKENS: tuple[bytes, ...] = (
    b"__del__",
    b"weakref",
    b"Finalize",
    b"gc.callbacks",
    b"gc import",
    b"gc as ",
    b"set_finalizer",
    b"add_cleanup",
)
