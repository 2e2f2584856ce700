"""A text, mended by the command itself: standard input to standard output."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple

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
    command = [sys.executable, "-m", "finlint", *_BASE, "--fix", *options, "-"]
    done = subprocess.run(command, input=source, capture_output=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    return Mended(done.stdout, done.stderr.decode(), done.returncode)
