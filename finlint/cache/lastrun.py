"""The last large run: its files with what tells a changed one, its report, and what more the report stands on.

Where every file, in the same order, has the stamp that it had, and so have the folders and the files that were only
reached, the report is the same. The stamps are compared as one value; nothing is made for each file.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from finlint.cache.blocks import Blocks, to_json, write_blocks
from finlint.cache.place import Place
from finlint.cache.records import FileRecord, FolderRecord, folders_from_json, folders_to_json
from finlint.cache.state import RACY_NS, Now
from finlint.model.finding import Report, Summary
from finlint.model.stamp import FIELDS, NO_STAMP, WIDTH, Stamp
from finlint.model.task import Answer, Statistics, Work, answer_from_json, answer_to_json, hits_from_json, is_about

#: Files of other runs whose verdicts are kept besides those of the last one.
MAX_OTHERS = 400_000

#: Stamps that are compared at once.
_MANY = 500


class Outcome(NamedTuple):
    report: Report
    statistics: Statistics


class Before:
    """The last run as it was written."""

    def __init__(self, place: Place) -> None:
        """Raises one of DAMAGE (``cache.blocks``) where there is none, or not as it was written."""
        place.check()
        self.blocks = Blocks(place.run)
        self.head: dict[str, Any] = json.loads(self.blocks["head"])
        #: Files of the run itself; those of others come after them.
        self.count = int(self.head["count"])
        self.stamps = self.blocks["stamps"]
        self.verdicts = self.blocks["verdicts"]
        #: Files that may have been written again without their stamps changing, with the digests of what they held.
        self.unsure = {int(number): str(told) for number, told in self.head["unsure"]}
        #: The files that were compared with those of the run, and what came of it.
        self._compared: Sequence[str] | None = None
        self._same_files = False
        rows = len(self.verdicts)
        if rows < self.count or len(self.stamps) != rows * WIDTH or self.blocks["paths"].count(b"\0") != rows - 1:
            raise ValueError("blocks that do not belong together")

    def paths(self) -> list[str]:
        return self.blocks["paths"].decode("utf-8", "surrogatepass").split("\0")

    def has_files(self, files: Sequence[str]) -> bool:
        """Whether the run was one over these files."""
        if files is not self._compared:
            self._same_files = self._has_files(files)
            self._compared = files
        return self._same_files

    def _has_files(self, files: Sequence[str]) -> bool:
        mine = _joined(files)
        theirs = self.blocks["paths"]
        return (
            self.count == len(files)
            and theirs[: len(mine)] == mine
            and theirs[len(mine) : len(mine) + 1] in (b"", b"\0")
        )

    def stamp(self, number: int) -> bytes:
        return self.stamps[number * WIDTH : (number + 1) * WIDTH]

    def changed(self, stamps: array[int]) -> list[int]:
        """The numbers of files whose stamps are others now."""
        now = stamps.tobytes()
        if now == self.stamps[: len(now)]:
            return []
        then = self.stamps
        out = []
        # Few have changed, and a comparison of many is as quick as one of one.
        step = _MANY * WIDTH
        for start in range(0, len(now), step):
            if now[start : start + step] != then[start : start + step]:
                places = range(start, min(start + step, len(now)), WIDTH)
                out += [at // WIDTH for at in places if now[at : at + WIDTH] != then[at : at + WIDTH]]
        return out

    def has_report(self) -> bool:
        return bool(self.head["whole"])

    def same_folders(self, now: Now) -> tuple[dict[str, FolderRecord], bool] | None:
        """The folders that the report stands on, if they list the same, and whether their stamps are the same, too."""
        out = {}
        same = True
        for folder, record in folders_from_json(self.blocks["folders"]).items():
            if record.stamp == NO_STAMP or record.stamp != now.stamp(folder):
                if record.names != now.names(folder):
                    return None
                record = record._replace(stamp=now.safe(folder))
                same = False
            out[folder] = record
        return out, same

    def reached(self) -> Iterator[tuple[str, Stamp, str]]:
        """The files that are none of the run's own, with their stamps and digests."""
        for path, mtime, size, inode, told in json.loads(self.blocks["reached"]):
            yield path, Stamp(mtime, size, inode), told

    def outcome(self, files: Sequence[str]) -> Outcome:
        """What came of the run over ``files``."""
        answer = answer_from_json(json.loads(self.blocks["report"]))
        if not is_about(answer, frozenset(files)):
            raise ValueError("findings in other files")
        summary, numbers = self.head["summary"], self.head["statistics"]
        candidates, tasks, frames = map(int, numbers)
        linted, analysed, registrations, findings, limits = summary
        counted = Summary(int(linted), int(analysed), int(registrations), int(findings), hits_from_json(limits))
        report = Report(answer.findings, tuple(sorted(answer.errors)), counted)
        return Outcome(report, Statistics(0, 0, candidates, tasks, tasks, Work(), frames, 0))


class Written(NamedTuple):
    """What a run leaves: blocks that do not change while only unimportant files do, with digests that are known."""

    head: dict[str, Any]
    lasting: Mapping[str, bytes]
    told: Mapping[str, str] = {}


def of_report(
    report: Report, statistics: Statistics, rounds: Sequence[Any], sightings: bytes, answers: str, whole: bool
) -> Written:
    """``sightings`` are the words that were seen in the files; ``answers`` is the identity of the answers; ``whole``:
    whether it can be told that the report is still right."""
    head = {
        "whole": whole,
        "answers": answers,
        "summary": report.summary,
        "statistics": (statistics.candidates, statistics.tasks, statistics.frames),
    }
    answer = Answer(report.findings, report.errors)
    return Written(head, {"report": to_json(answer_to_json(answer)), "rounds": to_json(rounds), "sightings": sightings})


def write(
    place: Place,
    written: Written,
    files: Sequence[str],
    stamps: array[int],
    verdicts: bytes,
    started: int,
    digests: Mapping[str, str],
    reached: Mapping[str, FileRecord],
    folders: Mapping[str, FolderRecord],
    stale: Sequence[str],
    others: Sequence[tuple[str, bytes, int]] = (),
) -> None:
    """Replace what is known of the last run. ``digests`` are those of files that were written a moment ago; such a file
    without one is looked at again. ``stale`` have changed since sightings were made. Raises OSError."""
    head = written.head
    unsure = []
    safe = stamps[:]
    for number in unsafe(stamps, started):
        told = digests.get(files[number])
        if told is not None:
            unsure.append((number, told))
        else:
            safe[number * FIELDS : (number + 1) * FIELDS] = array("Q", NO_STAMP)
    head = {**head, "count": len(files), "unsure": unsure}
    rows = [(path, *record.stamp, record.digest) for path, record in reached.items()]
    place.make()
    lasting = written.lasting
    write_blocks(
        place.run,
        {
            "head": to_json(head),
            "folders": lasting["folders"] if "folders" in lasting else folders_to_json(folders),
            "reached": to_json(rows),
            **lasting,
            "stale": to_json(stale),
            "paths": lasting["paths"] if "paths" in lasting else _joined([*files, *(path for path, _, _ in others)]),
            "stamps": b"".join((safe.tobytes(), *(stamp for _, stamp, _ in others))),
            "verdicts": verdicts + bytes(verdict for _, _, verdict in others),
        },
        written.told,
    )


def unsafe(stamps: array[int], started: int) -> list[int]:
    """The numbers of files that may be written again without their stamps changing."""
    latest = started - RACY_NS
    times = stamps[::FIELDS]
    out = []
    for start in range(0, len(times), _MANY):
        some = times[start : start + _MANY]
        if max(some) >= latest:
            out += [number for number, mtime in enumerate(some, start) if mtime >= latest]
    return out


def _joined(paths: Sequence[str]) -> bytes:
    return "\0".join(paths).encode("utf-8", "surrogatepass")
