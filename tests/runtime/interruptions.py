"""Runs something at every place of an operation at which CPython might interrupt it."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from finlint.runtime.names import is_ours

# Nothing is promised for an exception that comes while another one is dealt with, or before a lock is given back; and
# what is long and changes nothing is left out.
ASIDE = frozenset({"__exit__", "unlock", "abandon", "survey", "_discover"})
AFTER = ("CALL", "JUMP_BACKWARD", "JUMP_ABSOLUTE", "RESUME")


class Interruption:
    """Calls `intrude` at the `at`-th boundary of this package's bytecode below the `with` block.

    With `checked` only the places count at which CPython delivers signals and exceptions of other threads: after
    calls, after jumps backwards, and at the start of functions. `reached` says whether there were so many.
    """

    def __init__(self, at: int, intrude: Callable[[], object], *, checked: bool) -> None:
        self.at = at
        self.intrude = intrude
        self.checked = checked
        self.seen = -1
        self.reached = False
        self._last: dict[FrameType, int] = {}

    def __enter__(self) -> Interruption:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)
        self._last.clear()

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not is_ours(frame.f_code.co_filename) or _aside(frame):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self._opcode(frame)
        return self._trace

    def _opcode(self, frame: FrameType) -> None:
        code = frame.f_code.co_code
        before = self._last.get(frame)
        self._last[frame] = frame.f_lasti
        if self.checked:
            name = "RESUME" if before is None else dis.opname[code[before]]
            if not name.startswith(AFTER) or (before is not None and _handler(frame, before) != _handler(frame)):
                return
        self.seen += 1
        if self.seen == self.at:
            self.reached = True
            sys.settrace(self._before)
            self.intrude()


def _aside(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name in ASIDE:
            return True
        frame = frame.f_back
    return False


def _handler(frame: FrameType, at: int | None = None) -> object:
    """Where an exception at that instruction goes; CPython's own comes at the call, this one at what follows it."""
    if sys.version_info < (3, 11):
        return None  # blocks are ended by an instruction of their own
    where = frame.f_lasti if at is None else at
    entries = dis._parse_exception_table(frame.f_code)  # type: ignore[attr-defined]
    return next((entry.target for entry in entries if entry.start <= where < entry.end), None)


def everywhere(intrude: Callable[[], object], *, checked: bool, step: int = 1) -> Iterator[Interruption]:
    """Interruptions at the first place, the second (`step`: the next but so many), as long as there are so many."""
    at = 0
    while True:
        interruption = Interruption(at, intrude, checked=checked)
        yield interruption
        if not interruption.reached:
            if at <= 5 and sys.version_info >= (3, 12):
                pytest.skip("CPython 3.12 and later sometimes leave out opcode events of code that was traced before")
            assert at > 5, "the operation was not traced"
            return
        at += step
