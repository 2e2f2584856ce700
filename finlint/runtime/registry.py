"""The books of one world: which object has which finalizer, and which cleanups.

Registering is a dictionary operation, without a lock: a ``__del__`` may register from the middle of anything.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count, repeat
from typing import Any

from finlint.runtime import collector
from finlint.runtime.names import call_site
from finlint.runtime.worker import Job


class CleanupEntry(collector.Opaque):
    """A registration of `add_cleanup`: the job, and the object, weakly where possible."""

    __slots__ = ("group", "job", "obj", "owner", "ref", "serial")

    def __init__(self, obj: object, fn: Callable[[Any], object], arg: object, serial: int) -> None:
        self.job = Job(fn, arg, type(obj), call_site())
        self.owner = id(obj)
        self.serial = serial
        self.group = serial  # the serial of the first cleanup of the same object
        self.obj: object = None
        self.ref: weakref.ref[Any] | None = None

    def target(self) -> object:
        """The object, or None where it is gone."""
        return self.obj if self.ref is None else self.ref()


class _DeathNotice(weakref.ref[Any]):
    __slots__ = ("entry",)
    entry: CleanupEntry


class Registry(collector.Opaque):
    """See the module. `scan` and `due_cleanups` are for one caller at a time; everything else is safe anywhere.

    `due` are the finalizers' jobs that a scan has found and nobody has queued yet.
    """

    def __init__(self, cycles: str) -> None:
        self.finalizers: dict[int, Job] = {}
        self.cleanups: dict[int, CleanupEntry] = {}
        self.due: deque[Job] = deque()
        self.due_cleanups: deque[CleanupEntry] = deque()
        self._ended: deque[CleanupEntry] = deque()
        self._serial = count()
        self._run_cycles = cycles == "run"
        # A weakref callback may run inside a collection on any thread: one atomic step, no lock.
        self._on_death = self._note_death

    def add_finalizer(self, obj: object, fn: Callable[[Any], object]) -> bool:
        """Registers; False where the object has a finalizer already."""
        job = Job(fn, obj, type(obj), call_site())
        return self.finalizers.setdefault(id(obj), job) is job

    def drop_finalizer(self, obj: object) -> None:
        """Forgets the object's finalizer, if it has one."""
        self.finalizers.pop(id(obj), None)

    def add_cleanup(self, obj: object, fn: Callable[[Any], object], arg: object) -> CleanupEntry:
        """Registers one more cleanup for the object."""
        entry = CleanupEntry(obj, fn, arg, next(self._serial))
        try:
            notice = _DeathNotice(obj, self._on_death)
        except TypeError:  # no __weakref__: hold it, and let the collector find out
            entry.obj = obj
        else:
            notice.entry = entry
            entry.ref = notice
            # One that another thread is making just now has no entry yet.
            notices = [ref for ref in weakref.getweakrefs(obj) if type(ref) is _DeathNotice]
            entry.group = min(ref.entry.group for ref in notices if hasattr(ref, "entry"))
        self.cleanups[id(entry)] = entry
        return entry

    def drop_cleanup(self, entry: CleanupEntry) -> bool:
        """Forgets a cleanup; False where it was queued or forgotten before."""
        if self.cleanups.pop(id(entry), None) is None:
            return False
        entry.obj = entry.ref = None
        entry.job.drop()
        return True

    def clear(self) -> None:
        """Forgets everything."""
        for books in (self.finalizers, self.cleanups, self.due, self.due_cleanups, self._ended):
            books.clear()

    def _note_death(self, notice: weakref.ref[Any]) -> None:
        self._ended.append(notice.entry)  # type: ignore[attr-defined]

    def scan(self) -> collector.Graph | None:
        """Finds the dead and moves their jobs to `due`, in the order of registration.

        Returns the graph, which the caller drops before it queues them: with it may die the last reference to anything.
        """
        jobs = list(self.finalizers.values())
        held = [entry for entry in list(self.cleanups.values()) if entry.obj is not None]
        if not jobs and not held:
            return None
        owned: dict[int, int] = {}
        roots: list[object] = []
        for job in jobs:
            owned[id(job.arg)] = 1
            roots.append(job.arg)
        for cleanup in held:
            if cleanup.owner not in owned:
                roots.append(cleanup.obj)
            owned[cleanup.owner] = owned.get(cleanup.owner, 0) + 1
        if len(roots) == 1 and collector.held_by_somebody(roots):
            return None
        position = {key: number for number, key in enumerate(owned, 1)}
        graph = collector.survey(roots, owned)
        alive = graph.alive()
        dying = {number: id(job.arg) for number, job in enumerate(jobs, 1) if number not in alive}
        marked = collector.held_by_the_dying(graph, dying)
        kept = collector.held_by_another(graph, list(dying)) if self._run_cycles else marked
        due = [key for number, key in dying.items() if number not in kept]
        first: dict[int, int] = {}
        for cleanup in held:
            cleanup.group = first.setdefault(cleanup.owner, cleanup.serial)
            number = position[cleanup.owner]
            if number not in alive and number not in marked and number not in dying:
                self._ended.append(cleanup)
                cleanup.obj = None
        _move(self.finalizers, due, self.due)
        return graph

    def take_ended(self) -> list[Job]:
        """The jobs of the cleanups whose objects are gone, in the order to run; they stay in `due_cleanups`.

        Objects go in the order of their first registration, the cleanups of one object newest first: as Go happens to.
        """
        ended: list[int] = []
        while self._ended:
            ended.append(id(self._ended[0]))
            _move(self.cleanups, ended[-1:], self.due_cleanups)
            self._ended.popleft()
        return [entry.job for entry in sorted(self.due_cleanups, key=lambda entry: (entry.group, -entry.serial))]


def _move(books: dict[int, Any], keys: Iterable[int], due: deque[Any]) -> None:
    """Takes entries out of the books and puts them in line, in one call into C: none is lost, whatever interrupts."""
    due.extend(filter(None, map(books.pop, keys, repeat(None))))
