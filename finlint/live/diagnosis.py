"""From the text of a dump to verdicts, each with the linter's finding for the same callable."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from finlint.live.findings import Match, Static
from finlint.live.readers import read
from finlint.live.source import Mapped, Sources
from finlint.live.stacks import Dump, Frame
from finlint.live.verdicts import Stuck, Verdict, is_library, verdicts
from finlint.seen import Seen


class Diagnosed(NamedTuple):
    """A verdict with the finding that says the same (None: the linter says nothing of it, or was not asked)."""

    verdict: Verdict
    finding: Match | None


class Diagnosis(NamedTuple):
    """All of one dump."""

    dump: Dump
    stuck: tuple[Diagnosed, ...]


def diagnose(text: str, mapped: Sequence[Mapped] = (), *, lint: bool = True) -> Diagnosis:
    """The verdicts of a dump, the files of which are found by ``mapped`` and by their own paths.

    ``lint`` asks the linter, which also knows callbacks that no dump shows as such. Raises DumpError.
    """
    dump = read(text)
    sources = Sources(mapped, dump.roots)
    static = Static(sources) if lint else None
    found = verdicts(dump, sources)
    if not found and static is not None:
        found = verdicts(dump, sources, static.callbacks(_own_frames(dump)))
    return Diagnosis(dump, tuple(Diagnosed(stuck.verdict, _matched(stuck, static)) for stuck in found))


def seen(diagnosis: Diagnosis) -> list[Seen]:
    """The findings that have come true, for a file that ``finlint --live`` reads."""
    return [
        Seen(found.finding.code, os.path.realpath(found.finding.path), found.finding.names, found.verdict.state)
        for found in diagnosis.stuck
        if found.finding is not None
    ]


def _own_frames(dump: Dump) -> list[Frame]:
    return [frame for thread in dump.threads for frame in thread.frames if not is_library(frame)]


def _matched(stuck: Stuck, static: Static | None) -> Match | None:
    return static.match(stuck.frames) if static is not None and stuck.frames else None
