"""Whether the last report is still right: nothing has changed, or nothing that it stands on.

A report stands on the verdict on each file (may it hold a finalizer?), on the answers, on the folders that were listed,
and on what the rounds of questions found in each file. Of a changed file all of that is looked at again, and no more
than that: a comment at the end of a module that half of a project imports costs reading that module.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Mapping, Sequence
from typing import Protocol

from finlint.cache.blocks import Blocks
from finlint.cache.lastrun import Before
from finlint.cache.place import Place
from finlint.cache.records import FileRecord, FolderRecord, file_in, groups_of
from finlint.cache.state import FileNow, Now
from finlint.cache.verdict import CHECKED, MAY
from finlint.model.stamp import FIELDS, NO_STAMP
from finlint.syntax.digest import digest

#: More changed files than this are looked at in the course of a whole run.
MAX_CHANGED = 200


class Judge(Protocol):
    """What is decided of a file by its bytes alone."""

    def verdict(self, path: str, data: bytes, check: bool) -> int | None:
        """What is known of the file then; None where there is something to be said about it. ``check`` its syntax."""

    def to_be_checked(self, verdicts: Sequence[int], sizes: Sequence[int]) -> int:
        """How many of the files, from the first, have their syntax checked."""

    def may_use(self, path: str, data: bytes, name: str, home: str) -> bool:
        """``Packages.may_use``."""


class StillRight:
    """The last report is: ``changed`` are the numbers of files with other stamps, ``digests`` what they hold now."""

    def __init__(
        self,
        changed: Sequence[int],
        digests: Mapping[str, str],
        reached: Mapping[str, FileRecord],
        folders: Mapping[str, FolderRecord],
        same_folders: bool,
        restamped: bool,
    ) -> None:
        self.changed = changed
        self.digests = digests
        self.reached = reached
        self.folders = folders
        #: Whether these are as they were written.
        self.same_folders = same_folders
        #: Whether something is to be written, so that the next run has less to look at.
        self.restamped = restamped


def still_right(
    before: Before, place: Place, now: Now, files: Sequence[str], stamps: array[int], judge: Judge
) -> StillRight | None:
    """Whether the last run's report is that of a run over ``files`` now. Raises what damaged blocks raise."""
    if not before.has_report() or not before.has_files(files):
        return None
    changed = before.changed(stamps)
    if len(changed) > MAX_CHANGED:
        return None
    listed = before.same_folders(now)
    if listed is None:
        return None
    digests: dict[str, str] = {}
    data_of: dict[str, bytes] = {}
    unsure = before.unsure
    # A changed file that holds what it held, and one that may have changed without its stamp telling.
    for number in dict.fromkeys((*changed, *unsure)):
        data = now.read(files[number])
        if data is None:
            return None
        digests[files[number]] = digest(data)
        if unsure.get(number) != digests[files[number]]:
            data_of[files[number]] = data
    reached: dict[str, FileRecord] = {}
    others: dict[str, bytes] = {}
    restamped = bool(changed or unsure)
    for path, stamp, told in before.reached():
        if stamp == NO_STAMP or stamp != now.stamp(path):
            restamped = True
            stamp = now.safe(path)
            data = now.read(path)
            if data is None or not told:
                return None
            if digest(data) != told:
                others[path] = data
                told = digest(data)
        reached[path] = FileRecord(None, stamp, told, {})
    if data_of or others:
        numbers = [number for number in dict.fromkeys((*changed, *unsure)) if files[number] in data_of]
        if not _same_verdicts(before, files, stamps, numbers, data_of, judge):
            return None
        shown = {os.path.abspath(path): path for path in data_of}
        contents = {**{absolute: data_of[path] for absolute, path in shown.items()}, **others}
        if not _same_parts(before, place, contents, shown) or not _same_rounds(before, data_of, judge):
            return None
    return StillRight(changed, digests, reached, *listed, restamped)


def _same_verdicts(
    before: Before,
    files: Sequence[str],
    stamps: array[int],
    numbers: Sequence[int],
    data_of: Mapping[str, bytes],
    judge: Judge,
) -> bool:
    verdicts = before.verdicts[: before.count]
    checked = judge.to_be_checked(verdicts, stamps[1::FIELDS])
    for number in range(checked):
        if verdicts[number] not in (CHECKED, MAY):
            # The files before it have become smaller.
            return False
    check = {number: number < checked or verdicts[number] == CHECKED for number in numbers}
    return all(judge.verdict(files[n], data_of[files[n]], check[n]) == verdicts[n] for n in numbers)


def _same_parts(before: Before, place: Place, contents: Mapping[str, bytes], shown: Mapping[str, str]) -> bool:
    """Whether everything that answers took from these files is as it was, and searches find the same."""
    blocks = Blocks(place.answers)
    return blocks.identity == before.head["answers"] and _same_in(blocks, contents, shown)


def _same_in(blocks: Blocks, contents: Mapping[str, bytes], shown: Mapping[str, str]) -> bool:
    states = {path: FileNow(shown.get(path, path), False, data) for path, data in contents.items()}
    for path, state in states.items():
        record = file_in(blocks, path)
        if record is None:
            if path in shown:
                continue
            return False
        if state.digest == record.digest:
            continue
        if not state.is_python() or not all(state.has(part, told) for part, told in record.parts.items()):
            return False
    for group in groups_of(blocks["groups"], list(contents)):
        members = [(path, states[path]) for path in states.keys() & group.paths]
        for (text, pattern), holders in group.holders.items() if members else ():
            if any(state.holds(text, pattern) != (path in holders) for path, state in members):
                return False
    return True


def _same_rounds(before: Before, data_of: Mapping[str, bytes], judge: Judge) -> bool:
    """Whether the rounds would ask the same of these files."""
    from finlint.rounds import Raw, question_from_json

    files = [Raw(path, data) for path, data in data_of.items()]
    for row, tasks in json.loads(before.blocks["rounds"]):
        question = question_from_json(row)
        for file in files:
            task = question.task(file, judge.may_use)
            if (task is not None or file.path in tasks) and json.loads(json.dumps(task)) != tasks.get(file.path):
                return False
    return True
