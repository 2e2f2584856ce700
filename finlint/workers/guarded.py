"""Tasks to answers in one other process, so that what ends it costs a file and not the run.

A fork of this process costs a few milliseconds, and no module more than before: what the analysis stands on is imported
there instead of here.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from finlint.model.memory import is_out_of_memory
from finlint.model.settings import Settings
from finlint.model.task import Known
from finlint.syntax.files import Files
from finlint.workers.batches import NO_MEMORY, Asked, Batch, batch_from_json, lost, one_by_one, request_to_json
from finlint.workers.here import Here
from finlint.workers.serving import serve

_LENGTH = 8


def may_fork() -> bool:
    """Whether a fork of this process is safe: there is one, and no other thread, whose locks a fork would inherit."""
    import threading

    return hasattr(os, "fork") and threading.active_count() == 1


def ending(status: int) -> int:
    """What ``waitpid`` says of a fork: the signal that ended it; NO_MEMORY if it said so; 0 if it left by itself."""
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    return NO_MEMORY if os.WEXITSTATUS(status) == NO_MEMORY else 0


def failing(error: BaseException, parent: int) -> int:
    """The status of a fork of ``parent`` that fails by ``error``, which is said if it is a fault of ours."""
    if is_out_of_memory(error):
        # Said of the file: a tree may have any number of them.
        return NO_MEMORY
    if isinstance(error, BrokenPipeError) or os.getppid() != parent:
        # Who has asked was ended, or has heard enough.
        return 1
    said = f"internal error: {type(error).__name__}: {error}; please report it"
    print(f"finlint: {said}", file=sys.stderr, flush=True)
    return 1


class Pipe:
    """One end of a pair of pipes: messages of bytes, as ``multiprocessing.connection`` has them; that takes imports."""

    def __init__(self, source: int, target: int) -> None:
        self._source = os.fdopen(source, "rb")
        self._target = os.fdopen(target, "wb")

    def send_bytes(self, data: bytes) -> None:
        """Raises OSError where nobody reads."""
        self._target.write(len(data).to_bytes(_LENGTH, "big") + data)
        self._target.flush()

    def recv_bytes(self) -> bytes:
        """Raises EOFError where nobody writes any more."""
        size = int.from_bytes(self._exactly(_LENGTH), "big")
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def close(self) -> None:
        for file in (self._source, self._target):
            try:
                file.close()
            except OSError:
                # What was not sent has no reader.
                pass


class Guarded:
    """Answers in a fork. Where it ends at work, the tasks are tried again one by one, each in a fork that is fresh."""

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files = files
        self._settings = settings
        self._pipe: Pipe | None = None
        self._child = 0
        self._package = ""
        self._grown = False

    def run(self, batches: Sequence[Asked], known: Known) -> Iterator[Batch]:
        waiting = deque(batches)
        while waiting:
            asked = waiting.popleft()
            if asked.alone or (self._grown and asked.package != self._package):
                self.close()
            self._package = asked.package
            try:
                pipe = self._pipe or self._start()
            except OSError:
                # There can be no other process.
                yield from Here(self._files, self._settings).run([asked], known)
                continue
            reply = self._reply(pipe, asked, known)
            if reply is not None:
                yield reply
                continue
            ending = self._ending()
            again = one_by_one(asked)
            if again:
                waiting.extendleft(reversed(again))
            else:
                yield lost(asked, ending)

    def _reply(self, pipe: Pipe, asked: Asked, known: Known) -> Batch | None:
        """The answers; None where the fork has ended."""
        try:
            pipe.send_bytes(json.dumps(["answer", request_to_json(asked, known)]).encode())
            reply, self._grown = json.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            return None
        return batch_from_json(asked, reply)

    def _start(self) -> Pipe:
        """Raises OSError where there can be no other process."""
        there, ours = os.pipe()
        here, theirs = os.pipe()
        # What is waiting to be written is this process's.
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.close(ours)
            os.close(here)
            _live(Pipe(there, theirs), self._files, self._settings, parent)
        os.close(there)
        os.close(theirs)
        self._child = child
        self._pipe = pipe = Pipe(here, ours)
        self._grown = False
        return pipe

    def _ending(self) -> int:
        """The signal that has ended the fork; NO_MEMORY if it said so; 0 if it left by itself."""
        assert self._pipe is not None
        self._pipe.close()
        self._pipe = None
        return ending(os.waitpid(self._child, 0)[1])

    def close(self) -> None:
        """End the fork, which has nothing to lose."""
        if self._pipe is not None:
            os.kill(self._child, signal.SIGKILL)
            self._ending()


def _live(pipe: Any, files: Files, settings: Settings, parent: int) -> None:
    """What the fork does; it does not return."""
    status = 1
    try:
        serve(pipe, (), files, settings, ())
        status = 0
    except BaseException as error:
        status = failing(error, parent)
    finally:
        os._exit(status)
