"""What a run remembers of those before it: the one way in for the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from finlint.cache.answers import Answers
from finlint.cache.blocks import DAMAGE, to_json
from finlint.cache.lastrun import MAX_OTHERS, Before, Outcome, Written, of_report, unsafe, write
from finlint.cache.place import Place
from finlint.cache.records import FolderRecord
from finlint.cache.state import Now
from finlint.cache.unchanged import Judge, StillRight, still_right
from finlint.cache.verdict import UNKNOWN
from finlint.model.finding import Report
from finlint.model.settings import Settings
from finlint.model.stamp import FIELDS, NO_STAMP, Stamp, Stamps
from finlint.model.task import Answer, Inputs, Known, Seen, Statistics, Task
from finlint.syntax.digest import digest

#: Kind of search, paths and words to the words that each file holds, where it holds any.
Search = Callable[[str, Collection[str], Collection[str]], dict[str, list[str]]]
#: The words that were looked for, and what was seen of them.
Sighting = tuple[frozenset[str], dict[str, list[str]]]


class Memory:
    """The cache below ``root``, for a run over ``files`` with these ``stamps``.

    ``read`` gives a file's bytes or None. ``large`` runs leave their files and their report, too.
    """

    def __init__(
        self,
        root: str,
        settings: Settings,
        files: Sequence[str],
        stamps: Stamps,
        read: Callable[[str], bytes | None],
        *,
        large: bool,
    ) -> None:
        self._place = Place(root, settings)
        self._files = files
        self._stamps = stamps.numbers
        self._read = read
        self._large = large
        self._started = stamps.taken
        self._before: Before | None = None
        self._verdicts = bytearray(len(files))
        self._digests: dict[str, str] = {}
        self._numbers: dict[str, int] | None = None
        self._stale: list[str] | None = None
        self._seen: dict[str, Sighting] = {}
        self._answers: Answers | None = None
        self._now: Now | None = None
        if large:
            try:
                self._before = Before(self._place)
            except DAMAGE:
                pass

    # -- the whole report

    def outcome(self, judge: Judge) -> Outcome | None:
        """The report of the last run, if it is still right."""
        before = self._before
        if before is None:
            return None
        now = Now({}, lambda path: None, self._read, self._started)
        try:
            right = still_right(before, self._place, now, self._files, self._stamps, judge)
            if right is None:
                return None
            outcome = before.outcome(self._files)
        except DAMAGE:
            return None
        if right.restamped:
            try:
                self._restamp(before, right)
            except DAMAGE:
                # The next run looks at the same files again.
                pass
        return outcome

    def _restamp(self, before: Before, right: StillRight) -> None:
        """Write the files' new stamps, so that the next run need not look at them again."""
        stale = {*_stale_in(before), *(self._files[number] for number in right.changed)}
        others = self._others()
        names = ["report", "rounds", "sightings"]
        if not others and len(before.verdicts) == before.count:
            names.append("paths")
        if right.same_folders:
            names.append("folders")
        lasting = {name: before.blocks[name] for name in names}
        write(
            self._place,
            Written(before.head, lasting, {name: before.blocks.told(name) for name in names}),
            self._files,
            self._stamps,
            before.verdicts[: before.count],
            self._started,
            right.digests,
            right.reached,
            right.folders,
            sorted(stale),
            others,
        )

    # -- verdicts

    def verdict(self, number: int) -> int:
        """What is known of a file as it is now."""
        row = self._row(number)
        before = self._before
        if row is None or before is None:
            return UNKNOWN
        stamp = self._stamps[number * FIELDS : (number + 1) * FIELDS].tobytes()
        if before.stamp(row) != stamp or Stamp(*self._stamp(number)) == NO_STAMP or row in self._unsure:
            return UNKNOWN
        known = before.verdicts[row]
        self._verdicts[number] = known
        return known

    def size(self, number: int) -> int:
        return self._stamps[number * FIELDS + 1]

    def is_safe(self, number: int) -> bool:
        """Whether a file's stamp will tell if it is written again."""
        return number not in self._unsafe

    def judge(self, number: int, verdict: int, data: bytes | None) -> None:
        """Keep a verdict on the bytes ``data``, which only files that are not safe need."""
        self._verdicts[number] = verdict
        if data is not None and number in self._unsafe:
            self._digests[self._files[number]] = digest(data)

    def _stamp(self, number: int) -> Sequence[int]:
        return self._stamps[number * FIELDS : (number + 1) * FIELDS]

    def _row(self, number: int) -> int | None:
        """The place of a file in the last run."""
        if self._before is None:
            return None
        if self._numbers is None:
            try:
                self._numbers = {path: row for row, path in enumerate(self._before.paths())}
            except DAMAGE:
                self._numbers = {}
        return self._numbers.get(self._files[number])

    @cached_property
    def _unsure(self) -> Mapping[int, str]:
        return self._before.unsure if self._before is not None else {}

    @cached_property
    def _unsafe(self) -> frozenset[int]:
        return frozenset(unsafe(self._stamps, self._started))

    # -- which files hold a word

    def hits(self, kind: str, words: Collection[str], search: Search) -> dict[str, list[str]]:
        """For each file the ``words`` that ``search`` sees in it, from what is known where it is known.

        It is asked about all files for a new word, about changed files for others.
        """
        known = self._seen.get(kind)
        if known is None:
            known = self._sightings[0].get(kind)
            if known is not None and known[0].issuperset(words):
                stale = self._stale_files()
                fresh = search(kind, stale, known[0])
                gone = set(stale)
                mine = set(self._files)
                known = known[0], {p: found for p, found in known[1].items() if p in mine and p not in gone} | fresh
        if known is None or not known[0].issuperset(words):
            asked = frozenset(words) | (known[0] if known is not None else frozenset())
            known = asked, search(kind, self._files, asked)
        self._seen[kind] = known
        return known[1]

    @cached_property
    def _sightings(self) -> tuple[dict[str, Sighting], frozenset[str]]:
        """What was seen by the last run, or by one before it, and the files that have changed in between."""
        if self._before is None:
            return {}, frozenset()
        try:
            content = json.loads(self._before.blocks["sightings"])
            kinds = {kind: (frozenset(words), dict(hits)) for kind, (words, hits) in content.items()}
            return kinds, _stale_in(self._before)
        except DAMAGE:
            return {}, frozenset()

    def _stale_files(self) -> list[str]:
        """The files that are not known to be what they were when the last run looked for words in them."""
        if self._stale is None:
            before = self._before
            assert before is not None
            stale = self._sightings[1]
            self._stale = [
                path
                for number, path in enumerate(self._files)
                if path in stale or (row := self._row(number)) is None or row >= before.count
                or before.stamp(row) != self._stamps[number * FIELDS : (number + 1) * FIELDS].tobytes()
                or row in self._unsure
            ]  # fmt: skip
        return self._stale

    # -- answers

    def open(self, linted: Mapping[str, str]) -> None:
        """Load the answers. ``linted`` are the files by absolute path."""
        numbers = {path: number for number, path in enumerate(self._files)}

        def known(path: str) -> Stamp | None:
            number = numbers.get(linted.get(path, ""))
            return Stamp(*self._stamp(number)) if number is not None else None

        self._now = Now(linted, known, self._read, self._started)
        self._answers = Answers(self._place, self._now)

    def answer(self, task: Task, known: Known) -> tuple[Answer, Inputs] | None:
        return self._answers.answer(task, known) if self._answers is not None else None

    def keep(self, task: Task, known: Known, answer: Answer, inputs: Inputs, seen: Seen) -> None:
        if self._answers is not None:
            self._answers.keep(task, known, answer, inputs, seen)

    def lose(self) -> None:
        """Nobody gave one of the answers: the next run asks again."""
        if self._answers is not None:
            self._answers.complete = False

    # -- saving

    def save(
        self, report: Report, statistics: Statistics, rounds: Sequence[Any], folders: Collection[str], *, whole: bool
    ) -> None:
        """Write what this run leaves. A cache that cannot be written is no reason to fail.

        ``rounds`` are the questions that were asked about all files, with what was found; ``folders`` were listed for
        them; ``whole``: whether the report stands on nothing else.
        """
        try:
            self._save(report, statistics, rounds, folders, whole)
        except DAMAGE:
            return

    def _save(
        self, report: Report, statistics: Statistics, rounds: Sequence[Any], folders: Collection[str], whole: bool
    ) -> None:
        answers, now = self._answers, self._now
        identity = answers.save() if answers is not None else ""
        if not self._large:
            return
        reached, listed = {}, {}
        if answers is not None and now is not None:
            whole = whole and answers.complete
            if whole:
                files = answers.reached()
                reached = {path: record for path, record in files.items() if path not in now.linted}
                self._digests.update((now.linted[path], f.digest) for path, f in files.items() if path in now.linted)
                listed = answers.folders()
                listed.update((path, FolderRecord(now.safe(path), now.names(path))) for path in folders)
        whole = whole and UNKNOWN not in self._verdicts
        kinds = {**({} if self._changed_files() else self._sightings[0]), **self._seen}
        rows = {kind: [sorted(words), hits] for kind, (words, hits) in kinds.items()}
        write(
            self._place,
            of_report(report, statistics, rounds, to_json(rows), identity, whole),
            self._files,
            self._stamps,
            bytes(self._verdicts),
            self._started,
            {path: told for path, told in self._digests.items() if told},
            reached,
            listed,
            (),
            self._others(),
        )

    def _changed_files(self) -> bool:
        return self._before is not None and (not self._before.has_files(self._files) or bool(self._stale_files()))

    def _others(self) -> list[tuple[str, bytes, int]]:
        """Verdicts on files that are none of this run's."""
        before = self._before
        if before is None:
            return []
        if before.has_files(self._files) and len(before.verdicts) == before.count:
            return []
        mine = set(self._files)
        paths = before.paths()
        rows = [row for row, path in enumerate(paths[: len(before.verdicts)]) if path not in mine]
        unsure = before.unsure
        return [(paths[row], before.stamp(row), before.verdicts[row]) for row in rows[:MAX_OTHERS] if row not in unsure]


def _stale_in(before: Before) -> frozenset[str]:
    """Files that have changed since words were looked for in them. Raises what damaged blocks raise."""
    return frozenset(map(str, json.loads(before.blocks["stale"])))
