"""Tasks to answers, here or in worker processes: the same answers either way, because no answer depends on another.

Tasks come in batches of one package, whose modules are parsed once for all of them. Batches and answers go through
pipes as JSON, so that a process can send nothing but data.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from finlint.freeing import collect_young, give_back
from finlint.model.finding import FileError
from finlint.model.settings import Settings
from finlint.model.task import (
    Answer,
    FunctionKey,
    Inputs,
    Known,
    Seen,
    Task,
    Work,
    answer_from_json,
    answer_to_json,
    inherited_from_json,
    inputs_from_json,
    seen_from_json,
    seen_to_json,
    task_from_json,
)
from finlint.stack import roomy
from finlint.syntax.files import Files

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from finlint.checking import Check
    from finlint.sweeps import Look

#: Characters of candidates below which another process costs more than it saves: it imports what this one has.
WORTH = 1_500_000


class Answered(NamedTuple):
    task: Task
    answer: Answer
    inputs: Inputs


class Asked(NamedTuple):
    """Tasks about files of one package."""

    package: str
    tasks: Sequence[Task]


class Batch(NamedTuple):
    """The answers to one batch, and what they stand on."""

    answered: tuple[Answered, ...]
    seen: Seen
    work: Work


class Here:
    """Answers in this process."""

    def __init__(self, files: Files, settings: Settings) -> None:
        from finlint.checking import Library

        self._files = files
        self._library = Library(settings)
        #: Nobody asks what answers stand on that are not kept.
        self._traces = settings.cache_dir is not None
        #: The package that was asked about last: its modules are parsed.
        self._package: tuple[str, Check] | None = None

    def run(self, batches: Sequence[Asked], known: Known) -> Iterator[Batch]:
        for asked in batches:
            yield roomy(self._batch, asked, known)

    def _batch(self, asked: Asked, known: Known) -> Batch:
        if self._package is None or self._package[0] != asked.package:
            # What is known of the last one makes room first.
            if self._package is not None:
                self._package = None
                give_back()
            self._package = asked.package, self._check()
        check = self._package[1]
        before = check.contents.work()
        answered = []
        for task in asked.tasks:
            answered.append(Answered(task, *check.answer(task, known)))
            collect_young()
        seen = check.seen(a.inputs for a in answered) if self._traces else Seen()
        return Batch(tuple(answered), seen, check.contents.work().minus(before))

    def _check(self) -> Check:
        from finlint.checking import Check

        return Check(self._files.fresh(digests=self._traces), self._library, traces=self._traces)

    def close(self) -> None:
        pass


def may_have_children() -> bool:
    """Whether this process may start others: a daemon of multiprocessing (a pool's worker, say) may not."""
    import multiprocessing

    return not multiprocessing.current_process().daemon


class Elsewhere:
    """Answers in ``count`` worker processes. A worker that dies takes its batch with it: its files are errors."""

    def __init__(self, files: Files, settings: Settings, paths: Sequence[str], count: int) -> None:
        """``paths`` are all files of the run."""
        import multiprocessing

        # Where there is fork, a worker starts with everything that this process has read.
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() and os.name == "posix" else "spawn"
        context: Any = multiprocessing.get_context(method)  # BaseContext's stub lacks Process
        self._workers: list[tuple[BaseProcess, Connection]] = []
        for number in range(count):
            share = paths[number::count]
            ours, theirs = context.Pipe()
            # A fork holds our ends too: while it does, it would never see that we are gone.
            held = [ours, *(c for _, c in self._workers)] if method == "fork" else []
            process = context.Process(target=_serve, args=(theirs, held, files, settings, share), daemon=True)
            process.start()
            theirs.close()
            self._workers.append((process, ours))

    # -- what is asked of every file: each process has a share of them, every nth

    def look(self, numbers: Sequence[int]) -> dict[int, Look]:
        """At files by their numbers; those that nobody could look at are left out."""
        from finlint.sweeps import Look

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
        for (_, connection), request in zip(self._workers, requests, strict=True):
            try:
                connection.send_bytes(json.dumps(request).encode())
            except OSError:
                # There will be no reply either.
                continue
        replies = []
        for _, connection in self._workers:
            try:
                replies.append(json.loads(connection.recv_bytes()))
            except (EOFError, OSError):
                replies.append(None)
        return replies

    # -- tasks

    def run(self, batches: Sequence[Asked], known: Known) -> Iterator[Batch]:
        from multiprocessing.connection import wait

        waiting = _Waiting(batches)
        busy: dict[Connection, Asked] = {}
        idle: list[tuple[Connection, str]] = [(connection, "") for _, connection in self._workers]
        while waiting or busy:
            while waiting and idle:
                connection, package = idle.pop()
                asked = waiting.take(package)
                try:
                    connection.send_bytes(json.dumps(["answer", [asked, known]]).encode())
                except OSError:
                    yield _lost(asked)
                    continue
                busy[connection] = asked
            if not busy:
                # Nobody is left to work.
                while waiting:
                    yield _lost(waiting.take(""))
                return
            for ready in wait(list(busy)):
                connection = ready  # type: ignore[assignment]
                asked = busy.pop(connection)
                try:
                    reply = json.loads(connection.recv_bytes())
                except (EOFError, OSError):
                    yield _lost(asked)
                    continue
                idle.append((connection, asked.package))
                yield _batch_from_json(asked, reply)

    def close(self) -> None:
        for _, connection in self._workers:
            connection.close()
        for process, _ in self._workers:
            process.join(5)
            if process.is_alive():
                process.terminate()


class _Waiting:
    """Batches that nobody has taken. A package stays with one worker while there are others: it is parsed once."""

    def __init__(self, batches: Sequence[Asked]) -> None:
        self._untouched: dict[str, list[Asked]] = {}
        for asked in batches:
            self._untouched.setdefault(asked.package, []).append(asked)
        self._begun: dict[str, list[Asked]] = {}

    def __bool__(self) -> bool:
        return bool(self._untouched or self._begun)

    def take(self, package: str) -> Asked:
        """The next batch of ``package``, else of one that nobody has begun, else of the one with the most left."""
        if package not in self._begun:
            if self._untouched:
                package = next(iter(self._untouched))
                self._begun[package] = self._untouched.pop(package)
            else:
                package = max(self._begun, key=lambda name: len(self._begun[name]))
        left = self._begun[package]
        asked = left.pop(0)
        if not left:
            del self._begun[package]
        return asked


def _lost(asked: Asked) -> Batch:
    error = "the process that analysed it ended"
    answers = (Answered(t, Answer(errors=(FileError(t.path, 1, error),)), Inputs()) for t in asked.tasks)
    return Batch(tuple(answers), Seen(), Work())


class _Server:
    """What a worker does, by the name of the request."""

    def __init__(self, files: Files, settings: Settings, share: Sequence[str]) -> None:
        from finlint.sweeps import Share

        self._files = files
        self._settings = settings
        self._share = Share(share, files, settings)
        self._here: Here | None = None

    def answer(self, request: Sequence[Any]) -> Any:
        if self._here is None:
            self._here = Here(self._files, self._settings)
        (package, tasks), (wrappers, inherited) = request
        known = Known(tuple(FunctionKey(*w) for w in wrappers), inherited_from_json(inherited))
        asked = Asked(package, [task_from_json(task) for task in tasks])
        (batch,) = self._here.run([asked], known)
        return _batch_to_json(batch)

    def look(self, places: Sequence[int]) -> Any:
        return self._share.look(places)

    def hits(self, request: Sequence[Any]) -> Any:
        return self._share.hits(*request)


def _serve(
    connection: Connection, ours: Sequence[Connection], files: Files, settings: Settings, share: Sequence[str]
) -> None:
    """A worker's life: a request in, its reply out, until the pipe closes."""
    import signal

    for other in ours:
        other.close()
    # Ctrl-C is the parent's; the closed pipe tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = _Server(files, settings, share)
    gc.disable()
    while True:
        try:
            name, request = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        reply = json.dumps(getattr(server, name)(request)).encode()
        try:
            connection.send_bytes(reply)
        except OSError:
            return


def _batch_to_json(batch: Batch) -> list[Any]:
    answered = [[answer_to_json(answer), inputs] for _, answer, inputs in batch.answered]
    return [answered, seen_to_json(batch.seen), batch.work]


def _batch_from_json(asked: Asked, data: Sequence[Any]) -> Batch:
    answered, seen, work = data
    return Batch(
        tuple(
            Answered(task, answer_from_json(answer), inputs_from_json(inputs))
            for task, (answer, inputs) in zip(asked.tasks, answered, strict=True)
        ),
        seen_from_json(seen),
        Work(*work),
    )
