"""The books of one world: which object has which finalizer, and which cleanups.

Registering is a dictionary operation, without a lock: a ``__del__`` may register from the middle of anything.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from finlint.runtime import collector
from finlint.runtime.names import type_name
from finlint.runtime.worker import Job


class Finalizer(collector.Opaque):
    """A registration of `set_finalizer`; holds the object, since the finalizer is to receive it."""

    __slots__ = ("fn", "obj")

    def __init__(self, obj: object, fn: Callable[[Any], object]) -> None:
        self.obj = obj
        self.fn = fn


class CleanupEntry(collector.Opaque):
    """A registration of `add_cleanup`; holds the function, its argument, and the object weakly where possible."""

    __slots__ = ("arg", "fn", "group", "obj", "owner", "ref", "serial", "type_name")

    def __init__(self, obj: object, fn: Callable[[Any], object], arg: object, serial: int) -> None:
        self.fn = fn
        self.arg = arg
        self.type_name = type_name(obj)
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
    """See the module. `collect` belongs under the world's collection lock; everything else is safe anywhere."""

    def __init__(self, cycles: str) -> None:
        self.finalizers: dict[int, Finalizer] = {}
        self.cleanups: dict[int, CleanupEntry] = {}
        self._ended: deque[CleanupEntry] = deque()
        self._serial = count()
        self._run_cycles = cycles == "run"
        # A weakref callback may run inside a collection on any thread: two atomic steps, no lock.
        self._on_death = self._note_death

    def add_finalizer(self, obj: object, fn: Callable[[Any], object]) -> bool:
        """Registers; False where the object has a finalizer already."""
        entry = Finalizer(obj, fn)
        return self.finalizers.setdefault(id(obj), entry) is entry

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
            others = [ref.entry.group for ref in weakref.getweakrefs(obj) if isinstance(ref, _DeathNotice)]
            entry.group = min(others)
        self.cleanups[id(entry)] = entry
        return entry

    def drop_cleanup(self, entry: CleanupEntry) -> bool:
        """Forgets a cleanup; False where it was queued or forgotten before."""
        if self.cleanups.pop(id(entry), None) is None:
            return False
        entry.obj = entry.ref = None
        return True

    def clear(self) -> None:
        """Forgets everything."""
        self.finalizers.clear()
        self.cleanups.clear()
        self._ended.clear()

    def _note_death(self, notice: weakref.ref[Any]) -> None:
        entry: CleanupEntry = notice.entry  # type: ignore[attr-defined]
        if self.cleanups.pop(id(entry), None) is not None:
            self._ended.append(entry)

    def collect(self) -> tuple[list[Job], list[Job], collector.Graph | None]:
        """Finds the dead. Returns finalizer jobs in the order of their registration, cleanup jobs in the order to run,
        and the graph, which the caller drops after its lock: with it may die the last reference to anything.
        """
        finalizers, graph = self._scan()
        ended: list[CleanupEntry] = []
        while self._ended:
            ended.append(self._ended.popleft())
        return finalizers, _cleanup_jobs(ended), graph

    def _scan(self) -> tuple[list[Job], collector.Graph | None]:
        entries = list(self.finalizers.values())
        held = [entry for entry in list(self.cleanups.values()) if entry.ref is None]
        if not entries and not held:
            return [], None
        owned: dict[int, int] = {}
        roots: list[object] = []
        for entry in entries:
            owned[id(entry.obj)] = 1
            roots.append(entry.obj)
        for cleanup in held:
            if cleanup.owner not in owned:
                roots.append(cleanup.obj)
            owned[cleanup.owner] = owned.get(cleanup.owner, 0) + 1
        position = {key: number for number, key in enumerate(owned, 1)}
        graph = collector.survey(roots, owned)
        alive = graph.alive()
        dying = {number: entry for number, entry in enumerate(entries, 1) if number not in alive}
        marked = collector.held_by_the_dying(graph, dying)
        kept = collector.held_by_another(graph, list(dying)) if self._run_cycles else marked
        jobs: list[Job] = []
        for number, entry in dying.items():
            if number not in kept and self.finalizers.get(key := id(entry.obj)) is entry:
                del self.finalizers[key]
                jobs.append(Job(entry.fn, entry.obj, type_name(entry.obj)))
        first: dict[int, int] = {}
        for cleanup in held:
            cleanup.group = first.setdefault(cleanup.owner, cleanup.serial)
            number = position[cleanup.owner]
            dead = number not in alive and number not in marked and number not in dying
            if dead and self.cleanups.pop(id(cleanup), None) is not None:
                self._ended.append(cleanup)
                cleanup.obj = None
        return jobs, graph


def _cleanup_jobs(ended: Iterable[CleanupEntry]) -> list[Job]:
    """Objects in the order of their first registration, the cleanups of one object newest first: as Go happens to."""
    return [
        Job(entry.fn, entry.arg, entry.type_name)
        for entry in sorted(ended, key=lambda entry: (entry.group, -entry.serial))
    ]
