"""Dumps of a hung process, as tools print them, to stacks. ``read`` finds out which tool it was."""

from __future__ import annotations

from collections.abc import Callable

from finlint.live.readers.errors import DumpError
from finlint.live.readers.faulthandler import read_faulthandler
from finlint.live.readers.pyspy import read_pyspy_json, read_pyspy_text
from finlint.live.readers.pystack import read_pystack
from finlint.live.readers.recorded import read_recorded
from finlint.live.stacks import Dump

__all__ = ["FORMATS", "DumpError", "read"]

#: By name; each returns None where the text is not of its kind.
FORMATS: dict[str, Callable[[str], Dump | None]] = {
    "finlint.watch": read_recorded,
    "py-spy JSON": read_pyspy_json,
    "py-spy": read_pyspy_text,
    "pystack": read_pystack,
    "faulthandler": read_faulthandler,
}


def read(text: str) -> Dump:
    """The stacks in ``text``, which may have other lines around them (a log). Raises DumpError."""
    if not text.strip():
        raise DumpError("the dump is empty")
    for name, reader in FORMATS.items():
        try:
            dump = reader(text)
        except DumpError:
            raise
        except ValueError:
            # Python reads no number of thousands of digits.
            raise DumpError(f"a damaged dump of {name}: a number in it is too long") from None
        if dump is not None:
            return dump
    raise DumpError(f"no stack dump in it: known are those of {', '.join(FORMATS)}")
