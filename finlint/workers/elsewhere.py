"""Tasks to answers in worker processes, which look at all files of the run, too."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from finlint.model.settings import Settings
from finlint.model.task import Known
from finlint.syntax.files import Files
from finlint.workers.batches import Asked, Batch, batch_from_json, lost, one_by_one, request_to_json
from finlint.workers.serving import serve
from finlint.workers.sweeps import Look

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

#: Characters of candidates below which another process costs more than it saves: it imports what this one has.
WORTH = 1_500_000


def may_have_children() -> bool:
    """Whether this process may start others: a daemon of multiprocessing (a pool's worker, say) may not."""
    import multiprocessing

    return not multiprocessing.current_process().daemon


class _Worker:
    """A process that works, and what is known of it."""

    __slots__ = ("connection", "grown", "package", "process")

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        #: The package that it was asked about last: its modules are parsed there.
        self.package = ""
        #: It holds much memory that it does not use any more.
        self.grown = False

    def end(self) -> None:
        self.connection.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.terminate()

    def ending(self) -> int:
        """The signal that ended it; 0 if none did."""
        return max(0, -(self.process.exitcode or 0))


class Elsewhere:
    """Answers in ``count`` worker processes. Where one dies, the tasks of its
    batch are tried again one by one, and the file that another one dies of is an error."""

    def __init__(self, files: Files, settings: Settings, paths: Sequence[str], count: int) -> None:
        """``paths`` are all files of the run."""
        import multiprocessing

        # Where there is fork, a worker starts with everything that this process has read.
        self._forks = "fork" in multiprocessing.get_all_start_methods() and os.name == "posix"
        self._context: Any = multiprocessing.get_context("fork" if self._forks else "spawn")
        self._files = files
        self._settings = settings
        #: What each process has to look at: every nth file.
        self._shares = [paths[number::count] for number in range(count)]
        self._workers: list[_Worker] = []
        for share in self._shares:
            self._workers.append(self._start(share))

    def _start(self, share: Sequence[str]) -> _Worker:
        ours, theirs = self._context.Pipe()
        # A fork holds our ends too: while it does, it would never see that we are gone.
        held = [ours, *(worker.connection for worker in self._workers)] if self._forks else []
        args = theirs, held, self._files, self._settings, share
        process = self._context.Process(target=serve, args=args, daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    # -- what is asked of every file

    def look(self, numbers: Sequence[int]) -> dict[int, Look]:
        """At files by their numbers; those that nobody could look at are left out."""
        count = len(self._workers)
        shares: list[list[int]] = [[] for _ in range(count)]
        for number in numbers:
            shares[number % count].append(number)
        replies = self._each([["look", [number // count for number in share]] for share in shares])
        return {
            number: Look(*row)
            for share, rows in zip(shares, replies, strict=True)
            if rows is not None
            for number, row in zip(share, rows, strict=True)
        }

    def hits(self, kind: str, words: Collection[str]) -> dict[str, list[str]] | None:
        """``Searches.hits`` over all files; None where somebody could not be asked."""
        out: dict[str, list[str]] = {}
        for reply in self._each([["hits", [kind, sorted(words)]]] * len(self._workers)):
            if reply is None:
                return None
            out.update(reply)
        return out

    def _each(self, requests: Sequence[Any]) -> list[Any]:
        """One request to each process, and its reply; None where it is gone. None of them is at work."""
        for worker, request in zip(self._workers, requests, strict=True):
            try:
                worker.connection.send_bytes(json.dumps(request).encode())
            except OSError:
                # There will be no reply either.
                continue
        replies = []
        for worker in self._workers:
            try:
                replies.append(json.loads(worker.connection.recv_bytes()))
            except (EOFError, OSError):
                replies.append(None)
        return replies

    # -- tasks

    def run(self, batches: Sequence[Asked], known: Known) -> Iterator[Batch]:
        from multiprocessing.connection import wait

        waiting = _Waiting(batches)
        busy: dict[Any, tuple[_Worker, Asked]] = {}
        idle = list(self._workers)
        while waiting or busy:
            while waiting and idle:
                # Whoever knows a package's modules from before, be it from another round, goes on with it.
                worker = next((worker for worker in reversed(idle) if waiting.has(worker.package)), idle[-1])
                idle.remove(worker)
                asked = waiting.take(worker.package)
                if worker.grown and asked.package != worker.package:
                    worker = self._replaced(worker)
                worker.package = asked.package
                try:
                    worker.connection.send_bytes(json.dumps(["answer", request_to_json(asked, known)]).encode())
                except OSError:
                    # It has died since: another one does it, while there is one.
                    waiting.give_back(asked)
                    continue
                busy[worker.connection] = worker, asked
            if not busy:
                # Nobody is left to work.
                while waiting:
                    yield lost(waiting.take(""))
                return
            for ready in wait(list(busy)):
                worker, asked = busy.pop(ready)
                try:
                    reply, worker.grown = json.loads(worker.connection.recv_bytes())
                except (EOFError, OSError):
                    # What ended it may end the next one: each task is tried by itself.
                    again = one_by_one(asked)
                    for one in reversed(again):
                        waiting.give_back(one)
                    fresh = self._replaced(worker)
                    if fresh is not worker:
                        idle.append(fresh)
                    if not again:
                        yield lost(asked, worker.ending())
                    continue
                idle.append(worker)
                yield batch_from_json(asked, reply)

    def _replaced(self, worker: _Worker) -> _Worker:
        """A new process in the place of one that has grown; the same one where there can be no other."""
        number = self._workers.index(worker)
        try:
            fresh = self._start(self._shares[number])
        except OSError:
            return worker
        worker.end()
        self._workers[number] = fresh
        return fresh

    def close(self) -> None:
        # All are told before one is waited for.
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            worker.end()


class _Waiting:
    """Batches that nobody has taken. A package stays with one worker while there are others: it is parsed once."""

    def __init__(self, batches: Sequence[Asked]) -> None:
        self._untouched: dict[str, list[Asked]] = {}
        for asked in batches:
            self._untouched.setdefault(asked.package, []).append(asked)
        self._begun: dict[str, list[Asked]] = {}

    def __bool__(self) -> bool:
        return bool(self._untouched or self._begun)

    def has(self, package: str) -> bool:
        return package in self._begun or package in self._untouched

    def take(self, package: str) -> Asked:
        """The next batch of ``package``, else of one that nobody has begun, else of the one with the most left."""
        if not self.has(package):
            package = next(iter(self._untouched), "") or max(self._begun, key=lambda name: len(self._begun[name]))
        if package in self._untouched:
            self._begun[package] = self._untouched.pop(package)
        left = self._begun[package]
        asked = left.pop(0)
        if not left:
            del self._begun[package]
        return asked

    def give_back(self, asked: Asked) -> None:
        """A batch that was taken and not begun."""
        self._begun.setdefault(asked.package, []).insert(0, asked)
