"""From the text of a dump to verdicts, each with the linter's finding for the same callable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from finlint.live.findings import Match, Static
from finlint.live.readers import read
from finlint.live.source import Mapped, Sources, real
from finlint.live.stacks import Dump, Frame
from finlint.live.verdicts import Stuck, Verdict, is_library, verdicts
from finlint.seen import Seen

_Answer = TypeVar("_Answer")


class Diagnosed(NamedTuple):
    """A verdict with the finding that says the same (None: the linter says nothing of it, or was not asked)."""

    verdict: Verdict
    finding: Match | None


class Diagnosis(NamedTuple):
    """All of one dump. ``unanswered``: the linter was asked, and given up."""

    dump: Dump
    stuck: tuple[Diagnosed, ...]
    unanswered: bool = False


#: Seconds of the processor's time that the linter gets: a report of a hang must not hang itself.
PATIENCE = 20.0
#: How many times that by the clock, on a machine that is busy otherwise.
_BUSY = 6
#: Bytes of stack for it: as much as a main thread has, wherever threads get less.
_STACK = 16 << 20


def diagnose(text: str, mapped: Sequence[Mapped] = (), *, lint: bool = True) -> Diagnosis:
    """The verdicts of a dump, the files of which are found by ``mapped`` and by their own paths.

    ``lint`` asks the linter, which also knows callbacks that no dump shows as such. Raises DumpError.
    """
    dump = read(text)
    sources = Sources(mapped, dump.roots)
    found = _due(verdicts(dump, sources))
    bare = tuple(Diagnosed(stuck.verdict, None) for stuck in found)
    if not lint:
        return Diagnosis(dump, bare)
    joined = _in_time(lambda: _joined(dump, found, sources))
    return Diagnosis(dump, bare, unanswered=True) if joined is None else Diagnosis(dump, joined)


def _due(found: list[Stuck]) -> list[Stuck]:
    """Of a record of the watch those that it is about: what others are in has been reported, or will be."""
    return [stuck for stuck in found if stuck.verdict.seconds is not None] or found


def _joined(dump: Dump, found: list[Stuck], sources: Sources) -> tuple[Diagnosed, ...]:
    static = Static(sources)
    if not found:
        found = verdicts(dump, sources, static.callbacks(_own_frames(dump, sources)))
    return tuple(
        Diagnosed(verdict, static.match(frames, verdict.waits) if frames else None) for verdict, frames in found
    )


def _in_time(work: Callable[[], _Answer]) -> _Answer | None:
    """What ``work`` gives within ``PATIENCE``; None after that. Raises what it raises.

    The clock alone would have a busy machine say less about the same dump than an idle one.
    """
    answers: list[_Answer] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:
            errors.append(error)

    # A daemon: a process that has given up does not wait for it.
    thread = threading.Thread(target=run, name="finlint-diagnose", daemon=True)
    before = threading.stack_size(_STACK)
    try:
        thread.start()
    finally:
        threading.stack_size(before)
    used, since = time.process_time(), time.monotonic()
    while thread.is_alive() and time.process_time() - used < PATIENCE and time.monotonic() - since < _BUSY * PATIENCE:
        thread.join(min(0.1, PATIENCE))
    if errors:
        raise errors[0]
    return answers[0] if answers else None


def seen(diagnosis: Diagnosis) -> list[Seen]:
    """The findings that have come true, for a file that ``finlint --live`` reads."""
    return [
        Seen(found.finding.code, real(found.finding.path), found.finding.names, found.verdict.state)
        for found in diagnosis.stuck
        if found.finding is not None
    ]


def _own_frames(dump: Dump, sources: Sources) -> list[Frame]:
    return [frame for thread in dump.threads for frame in thread.frames if not is_library(frame, sources)]
