"""The answer about each finalizer that a dump shows: what it waits for, who holds that, what waits behind it."""

from __future__ import annotations

import ast
import os
import sysconfig
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from finlint.live import locks
from finlint.live.locks import Certainty, Lock
from finlint.live.recognise import AT_EXIT, FINALIZE, MP_AT_EXIT, MP_FINALIZE, NATIVE, Running, StartedBy, running
from finlint.live.source import Sources, callee, calls, names_at, real
from finlint.live.stacks import Collection, Dump, Frame, Thread, Value

#: How a finalizer waits: for its own thread, for one that waits for it, or for somebody else.
State = Literal["self-deadlock", "deadlock", "blocked"]
SELF_DEADLOCK: Final = "self-deadlock"
DEADLOCK: Final = "deadlock"
BLOCKED: Final = "blocked"


class Place(NamedTuple):
    """A line of a function."""

    path: str
    line: int
    function: str


class Waits(NamedTuple):
    """What the thread waits for: the lock or the call as the source has it; ``object`` as the dump shows it."""

    text: str
    place: Place
    is_lock: bool
    address: int = 0
    object: str = ""


class Held(NamedTuple):
    """Who holds it: the place that took it, and where its thread is now."""

    text: str
    place: Place
    now: Place
    thread: str
    same_thread: bool
    certainty: Certainty


class Verdict(NamedTuple):
    """One stuck finalizer. ``at`` is its own frame, ``stack`` goes from the innermost frame to it, ``interrupted`` is
    what ran when it was started. ``behind`` are other threads that wait for the same lock."""

    finalizer: str
    kind: str
    object: str
    thread: str
    state: State
    started_by: StartedBy
    at: Place | None
    stack: tuple[Place, ...]
    interrupted: Place | None
    opcode: str
    waits: Waits | None
    held: Held | None
    behind: tuple[str, ...]
    seconds: float | None
    collection: Collection | None


class Stuck(NamedTuple):
    """A verdict with the frames that it was made from (the innermost first, down to the finalizer's)."""

    verdict: Verdict
    frames: tuple[Frame, ...]


def verdicts(dump: Dump, sources: Sources, callbacks: Sequence[Place] = ()) -> list[Stuck]:
    """One for each thread in a finalizer: the innermost one is what is stuck.

    ``callbacks`` are lines of functions that are known to be registered as finalizers, for those that no dump shows.
    """
    told = dump._replace(threads=tuple(_with_loads(thread, sources) for thread in dump.threads))
    scene = _Scene(told, sources)
    found = []
    for thread in told.threads:
        inner = running(thread, hooked=told.hooked, collecting=told.collecting) or _registered(thread, callbacks)
        if inner:
            found.append(_of_thread(inner[0], thread, scene))
    return found


class _Scene:
    """A dump and the sources of its program. What each thread takes and holds is asked for by all others."""

    def __init__(self, dump: Dump, sources: Sources) -> None:
        self.threads = dump.threads
        self.sources = sources
        self._open = locks.OpenLocks(sources)
        self._wanted: dict[int, list[Lock]] = {}

    def wanted(self, thread: Thread) -> list[Lock]:
        """The locks that a thread of the dump is taking."""
        if id(thread) not in self._wanted:
            self._wanted[id(thread)] = _wanted(thread.frames, self.sources)
        return self._wanted[id(thread)]

    def held_by(self, frame: Frame, *, interrupted: bool) -> list[Lock]:
        return self._open.held_by(frame, interrupted=interrupted)


def _with_loads(thread: Thread, sources: Sources) -> Thread:
    frames = [_loaded(frame, sources) for frame in thread.frames]
    for at, below in enumerate(frames[1:]):
        if frames[at].name == "__call__" and "_" not in frames[at].locals and sources.calls_finalize(below):
            # Without its argument ``finalize.__call__`` looks alike when it is called by the program: the source tells.
            frames[at] = frames[at]._replace(locals={**frames[at].locals, "_": Value(0, "None")})
    return thread._replace(frames=tuple(frames))


def _loaded(frame: Frame, sources: Sources) -> Frame:
    """The frame with its qualified name and the names of its line, by the source where the dump does not say them."""
    statement = sources.statement(frame) if frame.loads is None else None
    loads = names_at(statement, frame.line) if statement is not None else frame.loads
    return frame._replace(function=sources.qualified(frame), loads=loads)


def _registered(thread: Thread, callbacks: Sequence[Place]) -> list[Running]:
    lines = {(real(place.path), place.line) for place in callbacks}
    hits = (at for at, frame in enumerate(thread.frames) if (real(frame.path), frame.line) in lines)
    return [Running("registered callback", at, "collector or drop") for at in hits]


def _of_thread(found: Running, thread: Thread, scene: _Scene) -> Stuck:
    sources = scene.sources
    frames = thread.frames[: found.at + 1]
    below = thread.frames[found.at + 1 :]
    if found.at < 0 and thread.collection is not None:
        below = thread.frames[thread.collection.interrupted :]
    wanted = _wanted(frames, sources)
    waits = _waits(frames, wanted, sources)
    held = _holder(wanted, thread, below, scene.threads, scene)
    verdict = Verdict(
        finalizer=_name(found, frames),
        kind=found.kind,
        object=_object(found, frames),
        thread=thread.shown,
        state=_state(held, thread, scene),
        started_by=found.started_by,
        at=_place(frames[-1]) if frames else None,
        stack=tuple(map(_place, frames)),
        interrupted=_place(below[0]) if below else None,
        opcode=below[0].opcode if below else "",
        waits=waits,
        held=held,
        behind=_behind(wanted, thread, scene),
        seconds=thread.seconds,
        collection=thread.collection,
    )
    return Stuck(verdict, frames)


def _place(frame: Frame) -> Place:
    return Place(frame.path, frame.line, frame.function)


#: Kinds whose frame is the library's; the callback is the frame above.
_TRAMPOLINES = (FINALIZE, AT_EXIT, MP_FINALIZE, MP_AT_EXIT)


def _name(found: Running, frames: tuple[Frame, ...]) -> str:
    if found.kind == NATIVE:
        return "?"
    if found.kind in _TRAMPOLINES:
        if found.at:
            return frames[-2].function
        # A function in C has no frame; a record has it by name.
        value = frames[-1].locals.get("info.func") or frames[-1].locals.get("self._callback")
        return value.text if value is not None else "a function without a Python frame"
    return frames[-1].function


def _object(found: Running, frames: tuple[Frame, ...]) -> str:
    """The object that is finalized, as the dump shows it; "" where nobody can know."""
    if found.kind in _TRAMPOLINES or found.at < 0:
        return ""
    value = frames[-1].locals.get("self")
    return value.text if value is not None else ""


# -- what it waits for


def _wanted(frames: Sequence[Frame], sources: Sources) -> list[Lock]:
    """The locks that the innermost frames are taking, by the name that the outermost of them has for it first."""
    found: list[Lock] = []
    for number, frame in enumerate(frames):
        # ``with condition:`` goes through ``__enter__`` in Python, ``handler.acquire()`` through a method.
        if number and frames[number - 1].name not in ("__enter__", "acquire"):
            break
        here = locks.taken_at(frame, sources)
        if is_library(frame, sources):
            # The lock of its own that ``Condition.wait`` sleeps on is what nobody else takes.
            here = [lock for lock in here if not locks.is_local(lock, sources)]
        if not here and number:
            break
        found = here + found
    return found


def _waits(frames: Sequence[Frame], wanted: Sequence[Lock], sources: Sources) -> Waits | None:
    if wanted:
        lock = wanted[0]
        value = lock.frame.locals.get(lock.text)
        address, shown = (value.address, value.text) if value is not None else (0, "")
        place = Place(lock.frame.path, lock.line, lock.frame.function)
        return Waits(lock.text, place, is_lock=True, address=address, object=shown)
    for number, frame in enumerate(frames):
        if is_library(frame, sources) and number + 1 < len(frames):
            continue
        text = _call_text(frame, frames[number - 1] if number else None, sources)
        return Waits(text, _place(frame), is_lock=False) if text else None
    return None


_LIBRARY = tuple({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")})


def is_library(frame: Frame, sources: Sources) -> bool:
    """Whether the file is of the standard library, of whichever Python the dump is of."""
    path = frame.path
    if not os.path.isabs(path) and (found := sources.resolve(path)) is not None:
        # ``py-spy dump`` has ``threading.py``; the program's own folder comes before the library's.
        path = real(found)
    if "site-packages" in path or "dist-packages" in path:
        return False
    return path.startswith((*_LIBRARY, "<frozen ")) or _in_library_folder(path)


def _in_library_folder(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return any(
        parts[n] in ("lib", "Lib", "lib64") and (parts[n] == "Lib" or parts[n + 1].startswith("python3."))
        for n in range(len(parts) - 1)
    )


def _call_text(frame: Frame, above: Frame | None, sources: Sources) -> str:
    """The call that the frame is in."""
    statement = sources.statement(frame)
    found = calls(statement, frame.line) if statement is not None else []
    if above is not None:
        found = [call for call in found if callee(call) == above.name] or found
    if not found:
        return ""
    text = ast.unparse(found[0])
    return text if len(text) <= 80 else text[:77] + "..."


# -- who holds it


def _holder(
    wanted: Sequence[Lock], thread: Thread, below: Sequence[Frame], others: Sequence[Thread], scene: _Scene
) -> Held | None:
    """The surest holder; where two are as sure, that of the same thread, and then the frame further in."""
    best: Held | None = None
    for held in _holders(wanted, thread, below, others, scene):
        if best is None or held.certainty > best.certainty:
            best = held
    return best


def _holders(
    wanted: Sequence[Lock], thread: Thread, below: Sequence[Frame], others: Sequence[Thread], scene: _Scene
) -> Iterator[Held]:
    if not wanted:
        # Most of a dump's threads, and there may be tens of thousands.
        return
    stacks = [(thread, below), *((other, other.frames) for other in others if other is not thread)]
    for lock in wanted:
        for owner, frames in stacks:
            for frame in frames:
                for held in scene.held_by(frame, interrupted=owner is thread):
                    certainty = locks.same(lock, held, scene.sources)
                    mine = owner is thread
                    if certainty is Certainty.NO or (mine and (lock.reentrant or held.reentrant)):
                        continue
                    took = Place(frame.path, held.line, frame.function)
                    yield Held(held.text, took, _place(frame), owner.shown, mine, certainty)


def _state(held: Held | None, thread: Thread, scene: _Scene) -> State:
    if held is None:
        return BLOCKED
    if held.same_thread:
        return SELF_DEADLOCK
    owner = next(other for other in scene.threads if other.shown == held.thread)
    back = _holder(scene.wanted(owner), owner, (), (owner, thread), scene)
    return DEADLOCK if back is not None else BLOCKED


def _behind(wanted: Sequence[Lock], thread: Thread, scene: _Scene) -> tuple[str, ...]:
    """Other threads that wait for the same lock."""
    if not wanted:
        return ()
    found = []
    for other in scene.threads:
        if other is thread:
            continue
        theirs = scene.wanted(other)
        if any(locks.same(a, b, scene.sources) >= Certainty.EXPRESSION for a in wanted for b in theirs):
            found.append(other.shown)
    return tuple(found)
