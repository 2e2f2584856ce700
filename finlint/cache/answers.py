"""Answers to single questions that are still good.

An answer is kept with everything that it stands on: parts of files (``finlint.syntax.traced``), the folders that were
listed, the searches of packages, and what was known of the files that it looked at. It is used again only where all of
that is the same. A file is the same if its size, inode and time are, or else its content (a fresh checkout has new
times); of another content, the parts are compared.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from finlint.cache.blocks import DAMAGE, Blocks, write_blocks
from finlint.cache.place import Place
from finlint.cache.records import (
    FileRecord,
    FolderRecord,
    Kept,
    answer_lines,
    answers_in,
    file_blocks,
    files_in,
    folders_from_json,
    folders_to_json,
    group_lines,
    groups_in,
)
from finlint.cache.state import FileNow, Now
from finlint.model.stamp import NO_STAMP
from finlint.model.task import (
    Answer,
    Group,
    Inputs,
    Known,
    Seen,
    Task,
    answer_from_json,
    answer_to_json,
    is_about,
)
from finlint.syntax.digest import digest

if TYPE_CHECKING:
    from finlint.model.reads import Form, Searched
    from finlint.model.task import ClassKey, FunctionKey

#: Answers of one file beyond which those that a run did not need are dropped.
MAX_ANSWERS = 50_000


class Answers:
    """The answers kept at ``place``, beside what the files are ``now``."""

    def __init__(self, place: Place, now: Now) -> None:
        self._place = place
        self._now = now
        self._linted = frozenset(now.linted.values())
        self._files: dict[str, FileRecord] = {}
        self._folders: dict[str, FolderRecord] = {}
        self._groups: dict[str, Group] = {}
        self._answers: dict[str, list[Kept]] = {}
        self._identity = ""
        #: Of files and packages that have changed: what has been seen of them in this run.
        self._new_files: dict[str, FileRecord] = {}
        self._new_groups: dict[str, Group] = {}
        self._states: dict[str, FileNow] = {}
        self._same_folder: dict[str, bool] = {}
        self._same_search: dict[Searched, bool] = {}
        self._members: dict[str, list[tuple[str, FileNow]] | None] = {}
        self._used: dict[tuple[str, str], Kept] = {}
        self._changed = False
        self._known: tuple[Known, dict[str, list[FunctionKey | tuple[ClassKey, tuple[FunctionKey, ...]]]]] | None = None
        #: Whether every answer of this run was kept.
        self.complete = True
        try:
            self._load()
        except DAMAGE:
            self._files, self._folders, self._groups, self._answers = {}, {}, {}, {}
            self._changed = True

    def _load(self) -> None:
        self._place.check()
        blocks = Blocks(self._place.answers)
        self._files = files_in(blocks)
        self._folders = folders_from_json(blocks["folders"])
        self._groups = groups_in(blocks["groups"])
        self._answers = answers_in(blocks["answers"], self._files)
        self._identity = blocks.identity

    # -- asking

    def answer(self, task: Task, known: Known) -> tuple[Answer, Inputs] | None:
        """The kept answer to ``task`` and what it stands on, if all of that is as it was."""
        key = _key(task)
        for kept in self._answers.get(key, ()):
            if kept.known != self._known_of(kept.inputs, known) or not self._holds(kept.inputs):
                continue
            try:
                answer = answer_from_json(kept.answer)
            except DAMAGE:
                continue
            if not is_about(answer, self._linted):
                continue
            self._used[key, kept.known] = kept
            return answer, kept.inputs
        return None

    def _known_of(self, inputs: Inputs, known: Known) -> str:
        """The digest of what is known of the files that an answer looked at: it met no class and no function of
        others."""
        if self._known is None or self._known[0] is not known:
            by_path: dict[str, list[FunctionKey | tuple[ClassKey, tuple[FunctionKey, ...]]]] = {}
            for wrapper in known.wrappers:
                by_path.setdefault(os.path.abspath(wrapper.path), []).append(wrapper)
            for row in known.inherited:
                by_path.setdefault(os.path.abspath(row[0].path), []).append(row)
            self._known = known, by_path
        rows = self._known[1]
        relevant = [rows[path] for path in sorted(inputs.files.keys() & rows.keys())]
        return digest(json.dumps(relevant).encode()) if relevant else ""

    def _holds(self, inputs: Inputs) -> bool:
        return (
            all(self._has(path, part) for path, part in inputs.files.items())
            and all(map(self._is_same_folder, inputs.folders))
            and all(map(self._is_same_search, inputs.searches))
        )

    def _has(self, path: str, part: str) -> bool:
        file = self._file(path)
        if file.same:
            return True
        old, new = self._files.get(path), self._new_files.get(path)
        if old is None or new is None or not file.is_python():
            return False
        told = old.parts.get(part, "")
        if not file.has(part, told):
            return False
        new.parts[part] = told
        return True

    def _file(self, path: str) -> FileNow:
        state = self._states.get(path)
        if state is None:
            state = self._states[path] = self._compare(path)
        return state

    def _compare(self, path: str) -> FileNow:
        record = self._files.get(path)
        shown = self._now.linted.get(path)
        if record is None or record.shown != shown:
            return FileNow(path, False)
        if record.stamp != NO_STAMP and record.stamp == self._now.stamp(path):
            return FileNow(path, True)
        data = self._now.read(path)
        state = FileNow(shown or path, False, data)
        if data is not None and state.digest == record.digest:
            record.stamp = self._now.safe(path)
            self._changed = True
            return FileNow(path, True)
        if data is not None:
            self._note(path, state.digest)
            self._changed = True
        return state

    def _is_same_folder(self, folder: str) -> bool:
        known = self._same_folder.get(folder)
        if known is None:
            record = self._folders.get(folder)
            known = record is not None
            if record is not None and (record.stamp == NO_STAMP or record.stamp != self._now.stamp(folder)):
                known = record.names == self._now.names(folder)
                if known:
                    self._folders[folder] = record._replace(stamp=self._now.safe(folder))
                    self._changed = True
            self._same_folder[folder] = known
        return known

    def _is_same_search(self, search: Searched) -> bool:
        known = self._same_search.get(search)
        if known is None:
            known = self._same_search[search] = self._finds_the_same(search)
        return known

    def _finds_the_same(self, search: Searched) -> bool:
        key, text, pattern = search
        group = self._groups.get(key)
        if group is None or not all(map(self._is_same_folder, group.folders)):
            return False
        if not text:
            return True
        holders = group.holders.get((text, pattern))
        changed = self._changed_members(key, group)
        if holders is None or changed is None:
            return False
        return all(state.holds(text, pattern) == (path in holders) for path, state in changed)

    def _changed_members(self, key: str, group: Group) -> list[tuple[str, FileNow]] | None:
        """The files of a package that have changed; None where nothing is known of one."""
        if key not in self._members:
            states = [(path, self._file(path)) for path in group.paths]
            changed = [(path, state) for path, state in states if not state.same]
            unknown = any(path not in self._files for path, _ in changed)
            self._members[key] = None if unknown else changed
        return self._members[key]

    # -- keeping

    def keep(self, task: Task, known: Known, answer: Answer, inputs: Inputs, seen: Seen) -> None:
        """Keep an answer that was given in this run, and what it stands on as it was ``seen``."""
        self._changed = True
        for path, part in inputs.files.items():
            if not seen.parts.get(path, {}).get(part) or not seen.digests.get(path):
                # It cannot be told whether it is the same again.
                self.complete = False
                return
        for path, part in inputs.files.items():
            self._note(path, seen.digests[path]).parts[part] = seen.parts[path][part]
        for key, text, pattern in inputs.searches:
            self._note_search(key, text, pattern, seen)
        for folder in inputs.folders:
            self._note_folder(folder)
        kept = Kept(self._known_of(inputs, known), inputs, answer_to_json(answer))
        self._used[_key(task), kept.known] = kept

    def _note(self, path: str, now: str) -> FileRecord:
        """The record of a file whose content has the digest ``now``."""
        shown = self._now.linted.get(path)
        new = self._new_files.get(path)
        if new is not None and new.digest == now and new.shown == shown:
            return new
        old = self._files.get(path)
        if new is None and old is not None and old.digest == now and old.shown == shown:
            return old
        new = self._new_files[path] = FileRecord(shown, self._now.safe(path) if now else NO_STAMP, now, {})
        return new

    def _note_search(self, key: str, text: str, pattern: Form, seen: Seen) -> None:
        found = seen.groups[key]
        group = self._new_groups.get(key)
        if group is None or group[:2] != found[:2]:
            group = self._new_groups[key] = Group(found.folders, found.paths, {})
            for path in found.paths:
                self._note(path, seen.digests.get(path, ""))
            for folder in found.folders:
                self._note_folder(folder)
        if text:
            group.holders[text, pattern] = found.holders[text, pattern]

    def _note_folder(self, folder: str) -> None:
        names = self._now.names(folder)
        record = self._folders.get(folder)
        if record is None or record.names != names:
            self._folders[folder] = FolderRecord(self._now.safe(folder), names)
            self._same_folder[folder] = False

    # -- saving

    def save(self) -> str:
        """Write what has changed; returns the file's identity. Raises OSError."""
        if not self._changed:
            return self._identity
        groups = dict(self._merged_groups())
        files = {**self._files, **self._new_files}
        answers = {**dict(self._still_good(files, groups)), **self._used}
        if len(answers) > MAX_ANSWERS:
            answers = self._used
        searches = {search for kept in answers.values() for search in kept.inputs.searches}
        groups = {
            key: group._replace(holders={s: p for s, p in group.holders.items() if (key, *s) in searches})
            for key, group in groups.items()
            if (key, "", "") in searches
        }
        needed = {path for kept in answers.values() for path in kept.inputs.files}
        needed.update(path for group in groups.values() for path in group.paths)
        files = {path: files[path] for path in sorted(needed)}
        folders = {folder for kept in answers.values() for folder in kept.inputs.folders}
        folders.update(folder for group in groups.values() for folder in group.folders)
        blocks = {
            **file_blocks(files),
            "folders": folders_to_json({folder: self._folders[folder] for folder in sorted(folders)}),
            "groups": group_lines(groups),
            "answers": answer_lines(((key, kept) for (key, _), kept in answers.items()), files),
        }
        self._place.make()
        self._identity = write_blocks(self._place.answers, blocks)
        self._place.prune()
        return self._identity

    def _merged_groups(self) -> Iterator[tuple[str, Group]]:
        for key, old in self._groups.items():
            new = self._new_groups.get(key)
            if not self._members.get(key) and self._is_untouched(old) and (new is None or new[:2] == old[:2]):
                yield key, old if new is None else old._replace(holders={**old.holders, **new.holders})
                continue
            # Of what was found before, only what has been found again in this run.
            again = {s: paths for s, paths in old.holders.items() if self._same_search.get((key, *s))}
            yield key, (new or old)._replace(holders={**again, **(new.holders if new is not None else {})})
        for key, new in self._new_groups.items():
            if key not in self._groups:
                yield key, new

    def _is_untouched(self, group: Group) -> bool:
        return not any(path in self._new_files for path in group.paths) and not any(
            self._same_folder.get(folder) is False for folder in group.folders
        )

    def _still_good(
        self, files: dict[str, FileRecord], groups: dict[str, Group]
    ) -> Iterator[tuple[tuple[str, str], Kept]]:
        """Answers that were not asked for in this run, and stand on nothing that is known to have changed."""
        for key, rows in self._answers.items():
            for kept in rows:
                if (
                    all(self._keeps(path, part) for path, part in kept.inputs.files.items())
                    and not any(self._same_folder.get(folder) is False for folder in kept.inputs.folders)
                    and all(self._still_finds(search, groups) for search in kept.inputs.searches)
                ):
                    yield (key, kept.known), kept

    def _keeps(self, path: str, part: str) -> bool:
        new = self._new_files.get(path)
        if new is None:
            return True
        old = self._files.get(path)
        return old is not None and part in new.parts and new.parts[part] == old.parts.get(part)

    def _still_finds(self, search: Searched, groups: dict[str, Group]) -> bool:
        key, text, pattern = search
        old, new = self._groups.get(key), groups.get(key)
        if old is None or new is None or old[:2] != new[:2]:
            return False
        if any(self._same_folder.get(folder) is False for folder in old.folders):
            return False
        found = new.holders.get((text, pattern))
        return not text or (found is not None and found == old.holders.get((text, pattern)))

    # -- what a whole report stands on

    def reached(self) -> dict[str, FileRecord]:
        """Every file that this run's answers, or the searches for them, looked at."""
        inputs = [kept.inputs for kept in self._used.values()]
        groups = dict(self._merged_groups())
        paths = {path for taken in inputs for path in taken.files}
        paths.update(path for taken in inputs for key, _, _ in taken.searches for path in groups[key].paths)
        files = {**self._files, **self._new_files}
        return {path: files[path] for path in sorted(paths)}

    def folders(self) -> dict[str, FolderRecord]:
        """Every folder that was listed for them."""
        inputs = [kept.inputs for kept in self._used.values()]
        groups = dict(self._merged_groups())
        paths = {path for taken in inputs for path in taken.folders}
        paths.update(path for taken in inputs for key, _, _ in taken.searches for path in groups[key].folders)
        return {path: self._folders[path] for path in sorted(paths)}


def _key(task: Task) -> str:
    return digest(json.dumps(task).encode())
