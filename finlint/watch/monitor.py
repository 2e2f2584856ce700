"""The sampler: looks at all threads ten times a second, and hands over a record of what is stuck.

What it must not do, and why (measured in docs/live.md):

- start a collection: the collector would run the very finalizer that it watches in its own thread. The collector is off
  during a look, and a second thread, which only compares counts of looks, takes over where the first does not return;
- hold a frame for longer than a switch of threads: objects would die in the sampler's thread;
- take a lock of ``threading`` or ``logging``: a stuck thread may have it.
"""

from __future__ import annotations

import _thread
import faulthandler
import gc
import os
import sys
import time
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple

from finlint.live.recognise import Running, running
from finlint.live.stacks import Collection, Thread
from finlint.watch import sight
from finlint.watch.record import record, roots, young

#: Seconds between two looks of ``finlint.watch``.
PACE = 0.1
#: Looks after which a thread that seems to have stood still is looked at anew.
_AGAIN = 10
#: Different mistakes of its own that the watch speaks of.
_MOST_MISTAKES = 10

#: The mark's time of a collection that no look has yet found without a Python frame.
_UNSEEN = -1.0

_now, _nap, _ident = time.monotonic, time.sleep, _thread.get_ident


class Sighting(NamedTuple):
    """A finalizer that was running at a look: in the thread of that ident, since when, as which stack.

    ``frame`` is the id of its frame, which another call may have later.
    """

    ident: int
    frame: int
    mark: sight.Mark
    found: Running
    thread: Thread

    @property
    def name(self) -> str:
        """The callable's name."""
        frames = self.thread.frames
        if self.found.at < 0:
            return "?"
        own = frames[self.found.at]
        if own.name != "__call__":
            return own.function
        called = own.locals.get("info.func") or own.locals.get("self._callback")
        return called.text if called is not None else own.function


class _Collecting(NamedTuple):
    frame: int
    since: float
    mark: sight.Mark


class _Looked(NamedTuple):
    key: tuple[int, int, int, bool]
    sighting: Sighting | None
    looks: int


class Monitor:
    """Looks, and calls ``on_record`` with a record whenever a finalizer has been running for ``budget`` seconds.

    ``on_ended`` is told of finalizers that are gone at a look, with the seconds for which they were seen.
    ``dead_man`` is a file descriptor to which faulthandler dumps the stacks when no look comes for long: while one
    thread holds the interpreter nobody else runs. ``asked`` is polled at each look for whether somebody wants a report.
    """

    def __init__(
        self,
        budget: float,
        on_record: Callable[[dict[str, Any]], object],
        *,
        pace: float = PACE,
        on_ended: Callable[[Sighting, float], object] | None = None,
        dead_man: int | None = None,
        asked: Callable[[], bool] | None = None,
    ) -> None:
        self.budget = budget
        self.pace = pace
        self.looks = 0
        self.records = 0
        self._on_record = on_record
        self._on_ended = on_ended
        self._dead_man = dead_man
        self._asked = asked
        self._leave = False
        self._collecting: dict[int, _Collecting] = {}
        self._looked: dict[int, _Looked] = {}
        self._running: dict[int, tuple[Sighting, float]] = {}
        self._own: set[int] = set()
        #: Taken until the end of their threads: who waits for one sleeps, and wakes at once.
        self._ended: list[_thread.LockType] = []
        self._looking = _thread.allocate_lock()
        self._mistakes: set[str] = set()

    # -- from the program's threads

    def start(self) -> None:
        """Hook into the collector and start the threads."""
        self.listen()
        self._start_threads()

    def listen(self) -> None:
        """Hook into the collector; whoever calls this looks himself."""
        gc.callbacks.insert(0, self._on_gc)

    def _start_threads(self) -> None:
        self._ended = []
        # A thread that begins makes objects, too.
        collects = gc.isenabled()
        if collects:
            gc.disable()
        try:
            for main in (self._main, self._backup):
                begun, ended = _taken(), _taken()
                self._ended.append(ended)
                # Not by ``threading``, whose locks a stuck thread may have.
                _thread.start_new_thread(self._until_left, (main, begun, ended))
                begun.acquire(timeout=5.0)
        finally:
            if collects:
                gc.enable()

    def stop(self, timeout: float = 5.0) -> None:
        """End it; waits until both threads have gone, ``timeout`` seconds at most (one may be stuck itself)."""
        if self._leave:
            return
        self._leave = True
        if self._on_gc in gc.callbacks:
            gc.callbacks.remove(self._on_gc)
        if self._dead_man is not None:
            faulthandler.cancel_dump_traceback_later()
        if _ident() not in self._own:
            for ended in self._ended:
                ended.acquire(timeout=timeout)  # finlint: ignore[FIN102] -- its thread's alone, until that ends

    def after_fork(self) -> None:
        """In a child, which has neither the threads nor what they saw."""
        self._collecting = {}
        self._looked = {}
        self._running = {}
        self._own = set()
        self._looking = _thread.allocate_lock()
        self._start_threads()

    def running(self) -> list[tuple[Sighting, float]]:
        """What was running at the last look, with seconds."""
        now = _now()
        return [(sighting, now - sighting.mark.since) for sighting, _ in list(self._running.values())]

    def held(self) -> float | None:
        """For how many seconds a thread has been in the collector; None where none is."""
        since = [entry.since for entry in list(self._collecting.values())]
        return _now() - min(since) if since else None

    # -- in the collector's hook: each collection pays for this

    def _on_gc(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            try:
                frame = id(sys._getframe(1))
            except ValueError:  # called from C alone
                frame = 0
            now = _now()
            self._collecting[_ident()] = _Collecting(frame, now, sight.Mark(_UNSEEN))
        else:
            self._collecting.pop(_ident(), None)

    # -- in its own threads

    def _until_left(self, main: Callable[[], None], begun: _thread.LockType, ended: _thread.LockType) -> None:
        self._own.add(_ident())
        begun.release()
        try:
            main()
        finally:
            self._own.discard(_ident())
            ended.release()

    # Between two looks nothing may be made that the collector knows of, which may start it here before Python 3.12.
    # Calls of C functions with several arguments make a tuple, and on 3.10 calls of Python functions make frames.

    def _main(self) -> None:
        naps, nap = self._naps()
        while not self._leave:
            for _ in naps:
                if not self._leave:
                    _nap(nap)
            if not self._leave:
                collects = gc.isenabled()
                if collects:
                    gc.disable()
                self._safely(None)
                if collects:
                    gc.enable()
                self.looks += 1
                if self._dead_man is not None and not self._leave:
                    wait = max(2 * self.budget, 10 * self.pace)
                    faulthandler.dump_traceback_later(wait, file=self._dead_man)

    def _naps(self) -> tuple[range, float]:
        """How often to sleep between two looks, and for how many seconds: ``stop`` waits for one of them."""
        count = max(1, round(self.pace / PACE))
        return range(count), self.pace / count

    def _backup(self) -> None:
        """The collector may have chosen the first thread all the same, between two looks: then this one looks."""
        me = frozenset({_ident()})
        looks, since = self.looks, _now()
        patience = max(self.budget, 10 * self.pace)
        naps, nap = self._naps()
        while not self._leave:
            for _ in naps:
                if not self._leave:
                    _nap(nap)
            if looks != self.looks:
                looks = self.looks
                since = _now()
            elif not self._leave and _now() - since > patience:
                collects = gc.isenabled()
                if collects:
                    gc.disable()
                self._safely(me)
                if collects:
                    gc.enable()

    def _safely(self, own: frozenset[int] | None) -> None:
        try:
            self.look(own)
        except Exception as error:  # a mistake of ours must not end the watch
            said = f"a look failed: {type(error).__name__}: {error}"
            if said not in self._mistakes and len(self._mistakes) < _MOST_MISTAKES:  # the next look makes it, too
                self._mistakes.add(said)
                complain(said)

    def look(self, own: frozenset[int] | None = None) -> None:
        """Look once, past the threads in ``own`` (None: those of the watch)."""
        # First of all: whatever is made before this may start the collector here.
        collects = gc.isenabled()
        if collects:
            gc.disable()
        # Not for ever: who has it may be stuck himself.
        alone = self._looking.acquire(timeout=1.0)
        try:
            own = frozenset(self._own) if own is None else own
            taken = self._look(own, self._asked is not None and self._asked())
            if taken is not None:
                self._on_record(taken)
                self.records += 1
        finally:
            if alone:
                self._looking.release()
            if collects:
                gc.enable()

    def _look(self, own: frozenset[int], asked: bool) -> dict[str, Any] | None:
        now = _now()
        frames = sys._current_frames()
        sightings = self._sightings(frames, own, now)
        due = {ident for ident, s in sightings.items() if now - s.mark.since >= self.budget and not s.mark.reported}
        taken = None
        if due or asked:
            stuck = {}
            for ident in sightings if asked else due:
                # Not as it was when the thread was last walked through.
                fresh = self._looked_at(ident, frames[ident], now).sighting or sightings[ident]
                fresh.mark.reported = True
                stuck[ident] = fresh.thread._replace(seconds=round(now - fresh.mark.since, 3))
            taken = record(frames, stuck, own)
        # Not a frame is to outlive the look.
        frames.clear()
        if taken is not None:
            taken["roots"] = roots()
        self._settle(sightings, now)
        return taken

    def _sightings(self, frames: dict[int, FrameType], own: frozenset[int], now: float) -> dict[int, Sighting]:
        looked: dict[int, _Looked] = {}
        for ident, top in frames.items():
            if ident not in own:
                before = self._looked.get(ident)
                key = self._key(ident, top)
                # A thread that stands still is not walked through each time.
                still = before is not None and before.key == key and before.looks < _AGAIN
                looked[ident] = (
                    before._replace(looks=before.looks + 1)
                    if before is not None and still
                    else self._looked_at(ident, top, now)
                )
        self._looked = looked
        return {ident: entry.sighting for ident, entry in looked.items() if entry.sighting is not None}

    def _key(self, ident: int, top: FrameType) -> tuple[int, int, int, bool]:
        return id(top), top.f_lasti, id(top.f_back), ident in self._collecting

    def _settle(self, sightings: dict[int, Sighting], now: float) -> None:
        before, self._running = self._running, {ident: (s, now) for ident, s in sightings.items()}
        if self._on_ended is None:
            return
        for ident, (sighting, last) in before.items():
            still = sightings.get(ident)
            if still is None or still.mark is not sighting.mark:
                self._on_ended(sighting, last - sighting.mark.since)

    def _looked_at(self, ident: int, top: FrameType, now: float) -> _Looked:
        """What a thread is in."""
        entry = self._collecting.get(ident)
        if entry is not None and _is_within(Monitor._on_gc.__code__, top, entry.frame):
            # A thread that waited for the interpreter through a long collection gets it in the hook, at the end.
            entry = None
        frames = sight.chain(top)
        collection = None
        if entry is not None:
            interrupted = next((at for at, frame in enumerate(frames) if id(frame) == entry.frame), None)
            collection = None if interrupted is None else self._collection(entry, interrupted, now)
        plain = sight.stack(frames, None if collection is None else collection.interrupted)
        thread = Thread(str(ident), "", plain, collection=collection)
        found = running(thread, hooked=True)
        sighting = None
        if entry is not None and (not found or found[0].at >= 0):
            entry.mark.since = _UNSEEN
        if found and found[0].at >= 0:
            own = frames[found[0].at]
            sighting = Sighting(ident, id(own), self._mark(ident, own, now), found[0], thread)
        elif found and entry is not None:
            if entry.mark.since == _UNSEEN:
                # Not since the collection began: a large one takes long, and lets nobody look meanwhile.
                entry.mark.since = now
            sighting = Sighting(ident, 0, entry.mark, found[0], thread)
        return _Looked(self._key(ident, top), sighting, 0)

    def _mark(self, ident: int, frame: FrameType, now: float) -> sight.Mark:
        marked = sight.mark(frame, now)
        if marked is not None:
            return marked
        # A tracer has the frame: then the id has to do, which another call may have got meanwhile.
        before = self._running.get(ident)
        return before[0].mark if before is not None and before[0].frame == id(frame) else sight.Mark(now)

    def _collection(self, entry: _Collecting, interrupted: int, now: float) -> Collection:
        made, threshold = gc.get_count()[0], gc.get_threshold()[0]
        seconds = now - entry.since
        rows = young() if seconds >= self.budget and made > threshold else ()
        return Collection(round(seconds, 3), interrupted, made, threshold, rows)


sight.OURS.add(id(Monitor._on_gc.__code__))


def _is_within(code: CodeType, top: FrameType, base: int) -> bool:
    """Whether a call of ``code`` is among the frames from ``top`` down to the one with the id ``base``."""
    frame: FrameType | None = top
    while frame is not None and id(frame) != base:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _taken() -> _thread.LockType:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def complain(text: str) -> None:
    """A line about the watch itself, past every lock that a stream may have."""
    try:
        os.write(2, f"finlint.watch: {text}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        pass
