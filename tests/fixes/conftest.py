"""A text, mended by the command itself: standard input to standard output."""

from __future__ import annotations

import io
from typing import NamedTuple

import pytest

from finlint import cli

#: All rules but the one on suppressions, and that on inner locks: what no longer waits may still take one for a moment.
_BASE = (
    "--isolated",
    "--select",
    "ALL",
    "--ignore",
    "FIN902,FIN203",
    "--output-format",
    "concise",
    "--stdin-filename",
    "x.py",
)


class Mended(NamedTuple):
    text: bytes
    said: str
    status: int


def mend(source: bytes, *options: str) -> Mended:
    """What ``finlint --fix`` with ``options`` makes of a file that is called ``x.py``."""
    given, out, err = io.TextIOWrapper(io.BytesIO(source)), io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", given)
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        patch.setenv("NO_COLOR", "1")
        status = cli.run([*_BASE, "--fix", *options, "-"])
    out.flush()
    return Mended(out.buffer.getvalue(), err.getvalue(), status)
