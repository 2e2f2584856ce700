"""FIFOs that nobody writes to, in the place of files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: Seconds within which a process has started and has been refused a FIFO; nothing waits for them where it is.
PATIENCE = 60

_READ = """\
import sys
from finlint.model.regular import read_regular
try:
    read_regular(sys.argv[1], 1)
except OSError as error:
    print(error.strerror)
"""


def make_fifo(path: Path) -> None:
    """Make one: a test that would wait for it fails here, in a process that can be given up."""
    os.mkfifo(path)
    assert said_of(path) == "not a regular file\n"


def said_of(path: Path) -> str:
    """What reading a file is refused with."""
    command = [sys.executable, "-c", _READ, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout
