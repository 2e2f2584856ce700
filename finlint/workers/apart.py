"""One question about each of many things, in a fork of this process: what ends it costs a file's answers, not the run.

For what LibCST is asked of beside the analysis (fixes): its native part ends the process where memory is used up.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from finlint.workers.batches import how_it_ended
from finlint.workers.guarded import ending, failing, may_fork

Item = TypeVar("Item")

#: A file, and how the process ended that was at work on it, in brackets or empty.
Lost = Callable[[str, str], None]

#: What a fork says first: it has what its work needs.
_READY = "ready"


def each(
    items: Sequence[Item],
    file: Callable[[Item], str],
    work: Callable[[Item], Any],
    lost: Lost,
    prepare: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Item, Any]]:
    """The items with their answers, which are JSON. ``prepare`` is done before the first one.

    An item during which a fork ends is tried again in a fresh one. Where that ends, too, those of its ``file`` have no
    answer, which ``lost`` is told; where it ends already while it prepares, none of the others has.
    """
    waiting = list(items)
    while waiting:
        if not may_fork():
            yield from _here(waiting, work, prepare)
            return
        answered, is_ready = 0, False
        try:
            for answer in _forked(_life(waiting, work, prepare)):
                if not is_ready:
                    is_ready = True
                    continue
                yield waiting[answered], answer
                answered += 1
            return
        except EndedError as error:
            waiting = waiting[answered:]
            if answered or not waiting:
                continue
            ill = {file(item) for item in waiting} if not is_ready else {file(waiting[0])}
            for path in sorted(ill):
                lost(path, error.how)
            waiting = [item for item in waiting if file(item) not in ill]
        except OSError:
            # There can be no other process.
            yield from _here(waiting[answered:], work, prepare)
            return


def _here(
    items: Sequence[Item], work: Callable[[Item], Any], prepare: Callable[[], None]
) -> Iterator[tuple[Item, Any]]:
    prepare()
    for item in items:
        yield item, work(item)


def _life(items: Sequence[Item], work: Callable[[Item], Any], prepare: Callable[[], None]) -> Iterator[Any]:
    prepare()
    yield _READY
    yield from map(work, items)


class EndedError(Exception):
    """A fork has ended before it was done; ``how`` is said in brackets, where it is known."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def _forked(life: Iterable[Any]) -> Iterator[Any]:
    """What ``life`` yields in a fork. Raises EndedError, OSError where there can be no other process."""
    source, target = os.pipe()
    # What is waiting to be written is this process's.
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:
        os.close(source)
        os.close(target)
        raise
    if child == 0:
        os.close(source)
        _live(target, life, parent)
    os.close(target)
    is_over = False
    try:
        with os.fdopen(source, "rb") as said:
            for line in said:
                if line.endswith(b"\n"):
                    yield json.loads(line)
        is_over = True
    finally:
        if not is_over:
            # Nobody asks any more.
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if status:
        raise EndedError(how_it_ended(ending(status)))


def _live(target: int, life: Iterable[Any], parent: int) -> None:
    """What the fork does; it does not return."""
    status = 1
    try:
        # Ctrl-C is the parent's, which ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _mute()
        with os.fdopen(target, "wb") as out:
            for answer in life:
                out.write(json.dumps(answer).encode() + b"\n")
                out.flush()
        status = 0
    except BaseException as error:
        status = failing(error, parent)
    finally:
        os._exit(status)


def _mute() -> None:
    """Have native code's last words said to nobody: the parent says that it ended."""
    sys.stderr = os.fdopen(os.dup(2), "w", errors="backslashreplace")
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, 2)
    os.close(nobody)
