"""A signal that asks for a report, heard although the main thread may never run a handler again.

faulthandler's handler is written in C and runs in the signal itself: it dumps a stack into a pipe, and that something
is in the pipe is all that is wanted.
"""

from __future__ import annotations

import faulthandler
import os


class Asking:
    """Listens to one signal. Raises what ``faulthandler.register`` does; AttributeError on Windows, which has none."""

    def __init__(self, signal: int) -> None:
        self._signal = signal
        self._register()

    def _register(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        try:
            faulthandler.register(self._signal, file=self._write, all_threads=False)
        except BaseException:
            self._shut()
            raise

    def poll(self) -> bool:
        """Whether the signal has come since the last time."""
        came = False
        try:
            while os.read(self._read, 65_536):
                came = True
        except BlockingIOError:
            pass
        return came

    def after_fork(self) -> None:
        """A pipe of its own for the child: in the old one both would be heard by either."""
        self._shut()
        self._register()

    def close(self) -> None:
        """Stop listening."""
        faulthandler.unregister(self._signal)
        self._shut()

    def _shut(self) -> None:
        os.close(self._read)
        os.close(self._write)
