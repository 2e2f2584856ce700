"""What the command says beside its report: lines on standard error, colour or none, a progress bar."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TextIO

from finlint.report.plain import plain_line

#: Seconds; a run that is shorter needs no progress bar.
PATIENCE = 1.0


def say(line: str) -> None:
    """One line to standard error, which may be closed; nothing in it acts on who reads it."""
    try:
        print(plain_line(line), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


def count(number: int, word: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour: the option first, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """A bar on a terminal, once the run has taken longer than PATIENCE."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._drawn = 0.0
        self._shown = False

    @classmethod
    def on(cls, stream: TextIO) -> Progress | None:
        return cls(stream) if stream is not None and stream.isatty() else None

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._started < PATIENCE or now - self._drawn < 0.1 or not total:
            return
        self._drawn, self._shown = now, True
        filled = 30 * done // total
        self._stream.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total}\x1b[K")
        self._stream.flush()

    def close(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
