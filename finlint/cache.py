"""Answers that are still good, on disk.

An answer is kept with everything that it stands on: the files that were parsed, the folders that were listed, the
packages that were searched, and what was known of other files when it was given. It is used again only where all of
that is the same, so a cache can make a run faster and nothing else. A file is the same if its size, inode and time
are, or else its content (a fresh checkout has new times).

One JSON file holds what is known of one working folder under one set of settings; its first line is a digest of the
rest. Whatever is wrong with it (another version's, half written, tampered with), it is as if it were not there.
Writing replaces it whole, so runs at the same time do each other no harm: the last one's answers stay.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from finlint.atomic import write_bytes
from finlint.model.settings import Settings
from finlint.model.task import Answer, Inputs, Known, Task, answer_from_json, answer_to_json
from finlint.syntax.digest import digest

#: Bytes of all files in the cache folder beyond which the oldest are removed.
MAX_BYTES = 300_000_000
#: Rows of one file beyond which those that a run did not need are dropped.
MAX_ROWS = 400_000

_RACY_NS = 2_000_000_000

#: Paths and words to the words that each file holds, where it holds any.
Search = Callable[[Iterable[str], Collection[str]], dict[str, list[str]]]


class Stamp(NamedTuple):
    """What tells a changed file from an unchanged one without reading it."""

    mtime: int
    size: int
    inode: int


def stamp_of(path: str) -> Stamp | None:
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(info.st_mtime_ns, info.st_size, info.st_ino)


class _File:
    """A file as it was when the store last saw it. ``verdict``: whether it may hold a finalizer, or None."""

    __slots__ = ("digest", "shown", "stamp", "verdict")

    def __init__(self, shown: str | None, stamp: Stamp | None, digest: str, verdict: bool | None) -> None:
        self.shown = shown
        self.stamp = stamp
        self.digest = digest
        self.verdict = verdict


class _Kept(NamedTuple):
    inputs: Inputs
    answer: Any  # as JSON: decoded when it is used


class _Seen(NamedTuple):
    """Which of ``words`` the files hold whose paths' digest is ``of``."""

    of: str
    words: frozenset[str]
    hits: dict[str, list[str]]


class Store:
    """What is known of the files ``linted`` (absolute path to the path shown) under ``settings``.

    ``read`` gives a file's bytes or None.
    """

    def __init__(
        self, folder: str, settings: Settings, linted: Mapping[str, str], read: Callable[[str], bytes | None]
    ) -> None:
        self._linted = linted
        self._read = read
        self._started = time.time_ns()
        self._folder = os.path.join(folder, f"v1-{_version()}")
        self._path = os.path.join(self._folder, f"{_key(settings)}.json")
        self._root = folder
        self._files: dict[str, _File] = {}
        self._listings: dict[str, str] = {}
        self._searches: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._answers: dict[str, _Kept] = {}
        self._seen: dict[str, _Seen] = {}
        self._searched: set[str] = set()
        self._before: dict[str, Stamp | None] = {}
        self._stale: dict[str, None] | None = None
        self._known_digest: tuple[Known, str] | None = None
        self._changed = False
        self._used: set[str] = set()
        self._same_file: dict[str, bool] = {}
        self._same_folder: dict[str, bool] = {}
        self._same_search: dict[str, bool] = {}
        self._stamps: dict[str, Stamp | None] = {}
        try:
            self._load()
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            self._files, self._listings, self._searches, self._answers, self._seen = {}, {}, {}, {}, {}
            self._before = {}

    # -- files

    def stamp(self, path: str) -> Stamp | None:
        """The stamp of ``path`` (absolute), asked once in a run."""
        if path not in self._stamps:
            self._stamps[path] = stamp_of(path)
        return self._stamps[path]

    def verdict(self, path: str) -> bool | None:
        """Whether the file may hold a finalizer, if that is known of what it is now."""
        known = self._files.get(path)
        if known is None or known.verdict is None or known.stamp is None or known.stamp != self.stamp(path):
            return None
        return known.verdict

    def judge(self, path: str, verdict: bool, data: bytes) -> None:
        """Keep a verdict on the bytes ``data``."""
        known = self._files.get(path)
        shown = self._linted.get(path)
        # Most files hold nothing and no answer stands on them: their stamp is enough.
        now = digest(data) if verdict or (known is not None and known.digest) else ""
        if known is not None and (known.digest != now or known.shown != shown):
            # The answers that stand on it are to be given again.
            self._same_file[path] = False
        self._files[path] = _File(shown, self._safe(path), now, verdict)
        self._changed = True

    def _safe(self, path: str) -> Stamp | None:
        """A stamp that tells: a file written a moment ago may be written again without its time changing."""
        stamp = self.stamp(path)
        return stamp if stamp is not None and stamp.mtime < self._started - _RACY_NS else None

    def is_same(self, path: str) -> bool:
        """Whether a file is what it was when an answer was kept that stands on it."""
        known = self._same_file.get(path)
        if known is None:
            known = self._same_file[path] = self._compare(path)
        return known

    def _compare(self, path: str) -> bool:
        file = self._files.get(path)
        if file is None or file.shown != self._linted.get(path):
            return False
        if file.stamp is not None and file.stamp == self.stamp(path):
            return True
        data = self._read(path)
        if data is None or not file.digest or digest(data) != file.digest:
            return False
        file.stamp = self._safe(path)
        self._changed = True
        return True

    # -- answers

    def answer(self, task: Task, known: Known) -> tuple[Answer, Inputs] | None:
        """The kept answer to ``task`` and what it stands on, if all of that is as it was."""
        key = self._key_of(task, known)
        kept = self._answers.get(key)
        if kept is None or not self._holds(kept.inputs):
            return None
        try:
            answer = answer_from_json(kept.answer)
        except (ValueError, TypeError, LookupError):
            return None
        self._used.add(key)
        return answer, kept.inputs

    def _key_of(self, task: Task, known: Known) -> str:
        if task.what == "own":
            # Nothing of other files is known yet.
            return f"own\0{task.path}"
        if self._known_digest is None or self._known_digest[0] is not known:
            self._known_digest = known, digest(json.dumps(known).encode())
        return digest(json.dumps([task, self._known_digest[1]]).encode())

    def _holds(self, inputs: Inputs) -> bool:
        return (
            all(map(self.is_same, inputs.files))
            and all(map(self._same_names, inputs.folders))
            and all(map(self._same_found, inputs.searches))
        )

    def _has_changed(self, inputs: Inputs) -> bool:
        """Whether something of it is known to be another than when it was kept."""
        return (
            any(self._same_file.get(path) is False for path in inputs.files)
            or any(self._same_folder.get(folder) is False for folder in inputs.folders)
            or any(self._search_has_changed(search) for search in inputs.searches)
        )

    def _search_has_changed(self, search: str) -> bool:
        if self._same_search.get(search) is False:
            return True
        folders, paths = self._searches.get(search, ((), ()))
        return any(self._same_folder.get(folder) is False for folder in folders) or any(
            self._same_file.get(path) is False for path in paths
        )

    def _same_names(self, folder: str) -> bool:
        known = self._same_folder.get(folder)
        if known is None:
            known = self._same_folder[folder] = self._listings.get(folder) == _names(folder)
        return known

    def _same_found(self, search: str) -> bool:
        known = self._same_search.get(search)
        if known is None:
            inputs = self._searches.get(search)
            known = self._same_search[search] = inputs is not None and (
                all(map(self._same_names, inputs[0])) and all(map(self.is_same, inputs[1]))
            )
        return known

    def keep(
        self,
        task: Task,
        known: Known,
        answer: Answer,
        inputs: Inputs,
        searches: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
        digests: Mapping[str, str],
    ) -> None:
        """Keep an answer that was given in this run. ``digests`` are those of what was read for it."""
        for search in inputs.searches:
            if search not in searches:
                return
            if self._searches.get(search) != searches[search]:
                self._searches[search] = searches[search]
                self._same_search[search] = False
        used = [searches[search] for search in inputs.searches]
        for path in (*inputs.files, *(path for _, paths in used for path in paths)):
            self._note(path, digests.get(path, ""))
        for folder in (*inputs.folders, *(folder for folders, _ in used for folder in folders)):
            names = _names(folder)
            if self._listings.get(folder) != names:
                self._listings[folder] = names
                self._same_folder[folder] = False
        key = self._key_of(task, known)
        self._answers[key] = _Kept(inputs, answer_to_json(answer))
        self._used.add(key)
        self._changed = True

    def _note(self, path: str, digest: str) -> None:
        """What was read of a file; "": it was not, so that nothing is ever said to be like it."""
        known = self._files.get(path)
        shown = self._linted.get(path)
        if known is not None and known.digest == digest and known.shown == shown:
            known.stamp = self._safe(path)
            return
        verdict = None
        # A verdict without a digest was given in this run, or on the same stamp.
        if known is not None and not known.digest and known.stamp is not None and known.stamp == self.stamp(path):
            verdict = known.verdict
        self._files[path] = _File(shown, self._safe(path), digest, verdict)
        self._same_file[path] = False

    # -- which files hold a word

    def sightings(
        self,
        kind: str,
        words: Collection[str],
        search: Callable[[Iterable[str], Collection[str]], dict[str, list[str]]],
    ) -> dict[str, list[str]]:
        """For each linted file the ``words`` that ``search`` sees in it, from what is known where it is known.

        ``search`` takes paths and words; it is asked about all files for a new word, about changed files for others.
        """
        linted = self._linted
        files = digest("\0".join(linted).encode("utf-8", "surrogateescape"))
        known = self._seen.get(kind)
        if known is None or known.of != files or not known.words.issuperset(words):
            asked = {*words, *known.words} if known is not None and known.of == files else set(words)
            known = _Seen(files, frozenset(asked), search(linted.values(), asked))
        else:
            stale = self._unseen()
            self._searched.add(kind)
            if not stale:
                return known.hits
            hits = {path: hits for path, hits in known.hits.items() if path not in stale}
            known = known._replace(hits={**hits, **search(stale, known.words)})
        self._seen[kind] = known
        self._searched.add(kind)
        self._changed = True
        return known.hits

    def _still_seen(self) -> Iterator[tuple[str, _Seen]]:
        """What was not searched for in this run tells nothing of files that have changed since."""
        changed = any(self._before.get(path) != file.stamp for path, file in self._files.items())
        for kind, seen in self._seen.items():
            if kind in self._searched or not changed:
                yield kind, seen

    def _unseen(self) -> dict[str, None]:
        """The linted files that are not what they were when the last run searched them."""
        if self._stale is None:
            before = self._before
            stale = (shown for path, shown in self._linted.items() if before.get(path) != (self.stamp(path) or ()))
            self._stale = dict.fromkeys(stale)
        return self._stale

    # -- the file

    def _load(self) -> None:
        with open(self._path, "rb") as file:
            data = file.read()
        head, _, body = data.partition(b"\n")
        if head.decode("ascii", "replace") != digest(body):
            return
        content = json.loads(body)
        paths: list[str] = content["paths"]
        for path, row in zip(paths, content["files"], strict=True):
            if row is not None:
                shown, mtime, size, inode, content_digest, verdict = row
                stamp = None if mtime is None else Stamp(mtime, size, inode)
                self._files[path] = _File(path if shown is True else shown, stamp, content_digest, verdict)
                self._before[path] = stamp
        self._listings = {paths[i]: names for i, names in content["listings"]}
        self._searches = {
            paths[i]: (tuple(paths[n] for n in folders), tuple(paths[n] for n in files))
            for i, folders, files in content["searches"]
        }
        for key, files, folders, searches, answer in content["answers"]:
            inputs = Inputs(
                tuple(paths[i] for i in files), tuple(paths[i] for i in folders), tuple(paths[i] for i in searches)
            )
            self._answers[key] = _Kept(inputs, answer)
        for kind, (of, words, hits) in content["seen"].items():
            self._seen[kind] = _Seen(of, frozenset(words), hits)

    def save(self) -> None:
        """Write what has changed. A cache that cannot be written is no reason to fail."""
        if not self._changed:
            return
        try:
            body = json.dumps(self._content(), separators=(",", ":")).encode()
            os.makedirs(self._folder, exist_ok=True)
            _mark(self._root)
            write_bytes(self._path, digest(body).encode() + b"\n" + body)
            _prune(self._root, keep=self._path)
        except (OSError, ValueError):
            return

    def _content(self) -> dict[str, Any]:
        # What was not asked for in this run, and stood on what is another now, would look as if it still held.
        answers = {
            key: kept for key, kept in self._answers.items() if key in self._used or not self._has_changed(kept.inputs)
        }
        if len(self._files) + len(answers) > MAX_ROWS:
            answers = {key: kept for key, kept in answers.items() if key in self._used}
        index: dict[str, int] = {}

        def number(path: str) -> int:
            return index.setdefault(path, len(index))

        kept = [
            [key, [*map(number, k.inputs.files)], [*map(number, k.inputs.folders)], [*map(number, k.inputs.searches)],
             k.answer]
            for key, k in answers.items()
        ]  # fmt: skip
        needed = {search for k in answers.values() for search in k.inputs.searches}
        searches = [
            [number(key), [*map(number, folders)], [*map(number, files)]]
            for key, (folders, files) in self._searches.items()
            if key in needed
        ]
        reached = set(index)
        listings = [[number(folder), names] for folder, names in self._listings.items() if folder in reached]
        for path, file in self._files.items():
            if file.verdict is not None and (path in self._linted or len(self._files) <= MAX_ROWS):
                number(path)
        rows: list[list[Any] | None] = []
        for path in index:
            known = self._files.get(path)
            if known is None:
                rows.append(None)
                continue
            stamp: tuple[int | None, ...] = (None, None, None) if known.stamp is None else known.stamp
            rows.append([True if known.shown == path else known.shown, *stamp, known.digest, known.verdict])
        return {
            "paths": list(index),
            "files": rows,
            "listings": listings,
            "searches": searches,
            "answers": kept,
            "seen": {kind: [seen.of, sorted(seen.words), seen.hits] for kind, seen in self._still_seen()},
        }


def _names(folder: str) -> str:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return "-"
    # What is no module and no package does not matter: logs and byte code come and go.
    modules = [name for name in names if name.endswith((".py", ".pyi")) or ("." not in name and name != "__pycache__")]
    return digest("\0".join(modules).encode("utf-8", "surrogateescape"))


def _key(settings: Settings) -> str:
    """What a store is for: the working folder and all that changes answers, knowledge files by content."""
    parts: list[object] = [os.getcwd(), settings._replace(cache_dir=None, jobs=None)]
    for path in settings.knowledge:
        try:
            with open(path, "rb") as file:
                parts.append(digest(file.read()))
        except OSError:
            parts.append("")
    return digest(repr(parts).encode())


def _version() -> str:
    """This finlint on this Python: every file of the package counts, a checkout's are edited."""
    package = os.path.dirname(os.path.abspath(__file__))
    parts: list[object] = [sys.version_info[:3], sys.implementation.name, sys.prefix]
    for base, folders, names in os.walk(package):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            parts.append((base, name, stamp_of(os.path.join(base, name))))
    return digest(repr(parts).encode())[:16]


def _mark(root: str) -> None:
    """Say what the folder is, to people, backups and git."""
    for name, text in (
        ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is finlint's cache.\n"),
        (".gitignore", "*\n"),
    ):
        path = os.path.join(root, name)
        if not os.path.exists(path):
            write_bytes(path, text.encode())


def _prune(root: str, keep: str) -> None:
    """Remove the oldest files until the rest is within bounds."""
    files: list[tuple[float, int, str]] = []
    for base, _, names in os.walk(root):
        for name in names:
            if name.endswith(".json"):
                path = os.path.join(base, name)
                info = os.stat(path)
                files.append((info.st_mtime, info.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= MAX_BYTES:
            return
        if path != keep:
            os.unlink(path)
            total -= size
