"""Runs generated programs and says whether their finalizers block: on plain CPython, and on ``finlint.runtime``.

Nothing is measured by a clock, and nothing is pretended: the finalizers wait in the primitives themselves. Of a batch
each program makes its object on the main thread and lets go of it on a thread of its own (plain), or on the worker of a
runtime of its own (runtime, where a canary is queued behind it). When no thread moves any more, what has not ended is
blocked, and its stack says where. A process that has looked ends at once, with all that hangs in it.

An object that its thread's letting go has not freed is on a cycle, or kept. As a collection that blocks is the last one
of its process, such programs are run once more, each in a process of its own, with a collection.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

How = Literal["plain", "runtime"]

#: Programs that are run beside each other in one process.
BATCH = 40


#: A last resort, against programs that are never still. No outcome depends on it.
SAFETY_NET_SECONDS = 300


class Outcome(NamedTuple):
    """``state``: "blocked", "finished", "kept" (the finalizer never ran), or "invalid", with the error in ``detail``.

    ``stack``: (file, line) of the blocked thread within the program, innermost first.
    """

    state: str
    stack: tuple[tuple[str, int], ...] = ()
    detail: str = ""


# -- the parent's side


def execute(folders: Sequence[Path], how: How) -> list[Outcome]:
    """The outcome of each program, by the folder that has its modules."""
    command = [sys.executable, "-m", "generated.execute", how]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONHASHSEED": "0"},
        start_new_session=True,
    )
    try:
        out, err = process.communicate(json.dumps([str(folder) for folder in folders]))
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if process.returncode:
        raise RuntimeError(f"the executing process ended with {process.returncode}:\n{err}")
    rows = json.loads(out.splitlines()[-1])
    return [Outcome(state, tuple((file, line) for file, line in stack), detail) for state, stack, detail in rows]


# -- the child's side: a process that only forks, so that each batch begins alike


def serve(folders: Sequence[str], how: How) -> list[Outcome]:
    out = _in_batches(folders, how, collect=False)
    alive = [folder for folder in folders if out[folder].state == "alive"]
    out.update(_in_batches(alive, how, collect=True))
    return [out[folder] for folder in folders]


def _in_batches(folders: Sequence[str], how: How, collect: bool) -> dict[str, Outcome]:
    out: dict[str, Outcome] = {}
    parts = iter(folders)
    while batch := list(islice(parts, BATCH)):
        answer = _forked(batch, how, collect)
        if answer is None and len(batch) == 1:
            answer = {batch[0]: Outcome("invalid", (), "it ends its process")}
        elif answer is None:
            # One of them ends the process, or its collection blocks that of all: each by itself, then.
            answer = {one: outcome for folder in batch for one, outcome in _single(folder, how, collect).items()}
        out.update(answer)
    return out


def _single(folder: str, how: How, collect: bool) -> dict[str, Outcome]:
    return _forked([folder], how, collect) or {folder: Outcome("invalid", (), "it ends its process")}


def _forked(batch: Sequence[str], how: How, collect: bool) -> dict[str, Outcome] | None:
    """What a process of its own says of a batch; None where it says nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _batch(batch, how, collect, writing)
    os.close(writing)
    with open(reading, encoding="utf-8") as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return {folder: Outcome(*row) for folder, row in json.loads(text).items()} if text else None


def _batch(batch: Sequence[str], how: How, collect: bool, writing: int) -> None:
    """What the forked process does; it does not return."""
    try:
        gc.disable()
        sys.dont_write_bytecode = True  # beside the programs; what has been imported is there for the next process
        sys.setswitchinterval(0.0005)
        # A process that a program starts, and that outlives it, must not keep our pipes open.
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)
        sys.stderr = os.fdopen(os.dup(2), "w")
        os.dup2(0, 2)
        runs = [_Run(folder, how) for folder in batch]
        sys.unraisablehook = _told_of_lost_exceptions(runs)
        answer = _answer(runs, collect)
        if answer is not None:
            with open(writing, "w", encoding="utf-8", closefd=False) as stream:
                json.dump(answer, stream)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        try:
            for child in _children():
                os.kill(child, signal.SIGKILL)
        finally:
            os._exit(0)


def _answer(runs: Sequence[_Run], collect: bool) -> dict[str, Outcome] | None:
    for run in runs:
        run.start(collect and len(runs) == 1)
    _all_asleep()
    if collect and len(runs) > 1:
        for run in runs:
            run.release()
        collector = threading.Thread(target=gc.collect, daemon=True)
        collector.start()
        _all_asleep()
        if collector.is_alive():
            return None
        for run in runs:
            run.look_again()
    return {run.folder: run.outcome(collect) for run in runs}


def _children() -> Iterator[int]:
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children") as stream:
                yield from map(int, stream.read().split())
        except OSError:  # the thread has ended meanwhile
            pass


def _all_asleep() -> None:
    from fixtures.harness import all_asleep

    deadline = time.monotonic() + SAFETY_NET_SECONDS
    if not all_asleep(lambda: time.monotonic() > deadline):
        raise RuntimeError("some thread is never still")


class _Run:
    """One program: loaded, its object made and let go of, and what came of it."""

    def __init__(self, folder: str, how: How) -> None:
        self.folder = folder
        self._on_runtime = how == "runtime"
        self._error = ""
        self._hold: list[Any] = []
        self._made: weakref.ref[Any] | None = None
        self._kept: list[Any] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._modules: list[types.ModuleType] = []
        self._rt: Any = None

    def start(self, collect: bool) -> None:
        """Make the object and let go of it; ``collect``: with a collection there, where nobody else needs one."""
        import finlint.runtime

        # A world of its own, also for a plain program that uses a channel.
        self._rt = finlint.runtime._default = finlint.runtime.Runtime(on_error=self._failed)
        try:
            self._hold.append(self._make())
        except BaseException:
            self._error = traceback.format_exc()
            return
        try:
            self._made = weakref.ref(self._hold[0])
        except TypeError:
            pass
        if self._on_runtime:
            self._start_worker(collect)
        else:
            self._thread = threading.Thread(target=self._let_go, args=(collect,), daemon=True)
            self._thread.start()

    def _make(self) -> object:
        """What main.py makes. Modules of another program may have the same names."""
        before = set(sys.modules)
        sys.path.insert(0, self.folder)
        try:
            importlib.invalidate_caches()
            return importlib.import_module("main").make()
        finally:
            sys.path.remove(self.folder)
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", "")).startswith(self.folder):
                    self._modules.append(sys.modules.pop(name))

    def _start_worker(self, collect: bool) -> None:
        rt = self._rt
        if rt._registry.finalizers or rt._registry.cleanups:
            self._hold.clear()  # the registry holds it: it dies in no reference count of ours
            self._ended.set()
        else:
            holder = _Holder()
            rt.set_finalizer(holder, lambda _: self._let_go(collect))
            del holder
        rt.gc()
        # Serial: it sings when everything before it has returned.
        self._songs: list[int] = []
        rt.set_finalizer(_Holder(), lambda _: self._songs.append(1))
        rt.gc()

    def _let_go(self, collect: bool) -> None:
        self._hold.clear()
        if collect:
            gc.collect()
        # Garbage on a cycle would be collected by whoever collects next.
        alive = self._made() if self._made is not None else None
        if alive is not None:
            self._kept.append(alive)
        self._ended.set()

    def release(self) -> None:
        """Let the next collection free what is on a cycle."""
        self._kept.clear()

    def look_again(self) -> None:
        alive = self._made() if self._made is not None else None
        if alive is not None:
            self._kept.append(alive)

    def _failed(self, failure: Any) -> None:
        self._error = self._error or f"raised: {failure.message}"

    def raised(self, unraisable: Any) -> None:
        self._error = self._error or f"raised: {unraisable.exc_type.__name__}: {unraisable.exc_value}"

    def outcome(self, collected: bool) -> Outcome:
        if self._error:
            return Outcome("invalid", (), self._error)
        worker = self._worker()
        if self._on_runtime and not self._songs:
            return Outcome("blocked", self._stack(worker))
        if not self._ended.is_set():
            return Outcome("blocked", self._stack(worker))
        if self._kept:
            return Outcome("kept" if collected else "alive")
        return Outcome("finished")

    def _worker(self) -> threading.Thread | None:
        return self._rt._finalizers.thread if self._on_runtime else self._thread

    def _stack(self, thread: threading.Thread | None) -> tuple[tuple[str, int], ...]:
        frame = sys._current_frames().get(thread.ident or 0) if thread is not None else None
        out = []
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self.folder):
                out.append((os.path.relpath(file, self.folder), frame.f_lineno))
            frame = frame.f_back
        return tuple(out)


class _Holder:
    """Something that dies."""


def _told_of_lost_exceptions(runs: Sequence[_Run]) -> Callable[[Any], None]:
    """A hook that tells a program of its exceptions: those whose tracebacks lead to one of its files."""

    def hook(unraisable: Any) -> None:
        traced = unraisable.exc_traceback
        while traced is not None:
            for run in runs:
                if traced.tb_frame.f_code.co_filename.startswith(run.folder + os.sep):
                    run.raised(unraisable)
                    return
            traced = traced.tb_next

    return hook


def _main() -> None:
    import asyncio  # noqa: F401
    import concurrent.futures  # noqa: F401
    import dataclasses  # noqa: F401
    import multiprocessing.pool  # noqa: F401
    import subprocess  # noqa: F401

    import finlint.runtime  # noqa: F401

    folders: Iterable[str] = json.load(sys.stdin)
    print(json.dumps(serve(list(folders), "runtime" if sys.argv[1] == "runtime" else "plain")))


if __name__ == "__main__":
    _main()
