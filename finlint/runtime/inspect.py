"""Is a thread blocked? Decided by looking at it, not by waiting for luck.

A thread parked in a primitive of this package is on the books (`parking`): that needs one look. For everything else
(``threading.Lock``, ``queue.Queue``, ``time.sleep``, sockets, ...) the kernel knows: on Linux a sample is the state,
the pending system call with its arguments and both context-switch counters out of ``/proc/self/task/<tid>``, with the
innermost frame and instruction. A thread that only waits for the GIL wakes every switch interval and moves its
counters; so `ASLEEP` equal samples in state S or D mean: blocked. Where there is no ``/proc`` the innermost frame and
instruction alone must do, for three times as many samples.

A thread that polls (``while not flag: sleep(0.01)``) or spins is never still. It counts as ``spinning`` once
at least `SPINNING` samples of it in `SPINNING_SECONDS` or more have shown no instruction that had not been seen in the
first quarter of them: that it repeats itself is seen, that it will do so for ever cannot be known.
"""

from __future__ import annotations

import linecache
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from finlint.runtime.names import PACKAGE, is_ours
from finlint.runtime.parking import parked_waiter

PACE: Final = 0.002
ASLEEP: Final = 25
SPINNING: Final = 60
SPINNING_SECONDS: Final = 0.5

State = Literal["running", "blocked", "spinning", "ended"]


@dataclass(frozen=True)
class FrameLine:
    """One line of a stack, innermost first."""

    path: str
    line: int
    function: str
    text: str

    @property
    def ours(self) -> bool:
        """Whether it is code of this package."""
        return is_ours(self.path)

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}   {self.text}".rstrip()


@dataclass(frozen=True)
class Verdict:
    """What a look at a thread found.

    `reason` is what it waits for: Go's words for a primitive of this package ("chan receive (nil chan)"), else the
    system call ("futex"), else the innermost function. `bound` is how many seconds the wait has left at most, None
    where it has no limit or where that cannot be read. `evidence` says how it was established.
    """

    state: State
    reason: str = ""
    bound: float | None = None
    evidence: Literal["books", "kernel", "frames"] = "frames"
    stack: tuple[FrameLine, ...] = ()


# System calls that wait, by number, for the two machines whose numbers we know.
_CALLS: Final[dict[str, dict[int, str]]] = {
    "x86_64": {
        0: "read",
        1: "write",
        3: "close",
        7: "poll",
        23: "select",
        34: "pause",
        35: "nanosleep",
        40: "sendfile",
        42: "connect",
        43: "accept",
        44: "sendto",
        45: "recvfrom",
        46: "sendmsg",
        47: "recvmsg",
        61: "wait4",
        2: "open",
        72: "fcntl",
        73: "flock",
        74: "fsync",
        128: "rt_sigtimedwait",
        130: "rt_sigsuspend",
        202: "futex",
        230: "clock_nanosleep",
        232: "epoll_wait",
        247: "waitid",
        257: "openat",
        270: "pselect6",
        271: "ppoll",
        275: "splice",
        281: "epoll_pwait",
        288: "accept4",
        441: "epoll_pwait2",
    },
    "aarch64": {
        22: "epoll_pwait",
        25: "fcntl",
        32: "flock",
        56: "openat",
        57: "close",
        63: "read",
        64: "write",
        71: "sendfile",
        72: "pselect6",
        73: "ppoll",
        82: "fsync",
        95: "waitid",
        98: "futex",
        101: "nanosleep",
        115: "clock_nanosleep",
        133: "rt_sigsuspend",
        137: "rt_sigtimedwait",
        202: "accept",
        203: "connect",
        206: "sendto",
        207: "recvfrom",
        211: "sendmsg",
        212: "recvmsg",
        242: "accept4",
        260: "wait4",
    },
}
_FUTEX_CLOCK_REALTIME: Final = 0x100
_FUTEX_WAIT_BITSET: Final = 9


@dataclass(frozen=True)
class _Sample:
    """`still` tells two looks at a thread that does not move alike; `place` is where it is in the program."""

    asleep: bool
    still: tuple[object, ...]
    place: tuple[str, int, int] | None
    call: tuple[int, ...]


class Watch:
    """Repeated looks at one thread. Give it `step` at a pace of `PACE` seconds, read `verdict` after each."""

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread
        self._last: _Sample | None = None
        self._same = 0
        self._looks = 0
        self._places: set[tuple[str, int, int]] = set()
        self._newest_place = 0
        self._since = time.monotonic()

    def reset(self) -> None:
        """Forgets what was seen: the thread does something else now."""
        self._last, self._same, self._looks, self._newest_place = None, 0, 0, 0
        self._places.clear()
        self._since = time.monotonic()

    @property
    def asleep(self) -> bool:
        """Whether the last looks were enough to call it blocked."""
        ident = self._thread.ident
        waiter = None if ident is None else parked_waiter(ident)
        if waiter is not None and waiter.deadline is None:
            return True
        by_call = waiter is not None or (self._last is not None and self._last.call)
        return self._same >= (ASLEEP if by_call else 3 * ASLEEP)

    @property
    def moving(self) -> bool:
        """Whether it has moved between the last two looks."""
        return self._looks > 1 and self._same == 0

    @property
    def spinning(self) -> bool:
        """Whether it moves, and has been in the same few places for long."""
        enough = self._looks >= SPINNING and time.monotonic() - self._since >= SPINNING_SECONDS
        # One that stands still is on its way to be called blocked; on a busy machine the looks for that take longer.
        return enough and self._newest_place <= self._looks // 4 and self._same < ASLEEP and not self.asleep

    def step(self) -> None:
        """Looks once more."""
        sample = _look(self._thread)
        self._looks += 1
        if sample is None:
            return
        if sample.asleep and self._last is not None and sample.still == self._last.still:
            self._same += 1
        else:
            self._same = 0
        self._last = sample
        if sample.place is not None and sample.place not in self._places:
            self._places.add(sample.place)
            self._newest_place = self._looks

    def verdict(self) -> Verdict:
        """What the looks so far say, with the thread's stack."""
        if not self._thread.is_alive():
            return Verdict("ended")
        ident = self._thread.ident or 0
        stack = stack_of(ident)
        waiter = parked_waiter(ident)
        if waiter is not None:
            bound = None if waiter.deadline is None else max(0.0, waiter.deadline - time.monotonic())
            return Verdict("blocked", waiter.reason, bound, "books", stack)
        if self.asleep and self._last is not None:
            if self._last.call:
                name = _call_name(self._last.call[0])
                return Verdict("blocked", name, _bound(name, self._last.call[1:]), "kernel", stack)
            return Verdict("blocked", stack[0].function if stack else "?", None, "frames", stack)
        if self.spinning:
            return Verdict("spinning", stack[0].function if stack else "?", None, "frames", stack)
        return Verdict("running", "", None, "frames", stack)


def inspect_thread(
    thread: threading.Thread, *, looks: int = 10 * SPINNING, give_up: Callable[[], bool] | None = None
) -> Verdict:
    """Looks at a thread until it is established to be blocked, spinning or ended.

    A thread on the books that waits without a limit is decided at once, a sleeping one in about ``ASLEEP * PACE``
    seconds. `give_up` is asked after each look; where it says yes, or after `looks` looks without a result, the verdict
    is ``running``.
    """
    watch = Watch(thread)
    for _ in range(looks):
        watch.step()
        if not thread.is_alive() or watch.asleep or watch.spinning or (give_up is not None and give_up()):
            break
        time.sleep(PACE)
    return watch.verdict()


def inspect_threads(threads: Iterable[threading.Thread]) -> dict[threading.Thread, Verdict]:
    """A verdict for each, after no more than ``ASLEEP + 5`` looks at each: what is not found asleep by then is
    running.
    """
    watches = {thread: Watch(thread) for thread in threads}
    waiting = dict(watches)
    for _ in range(ASLEEP + 5):
        waiting = {thread: watch for thread, watch in waiting.items() if thread.is_alive() and not watch.asleep}
        if not waiting:
            break
        for watch in waiting.values():
            watch.step()
        time.sleep(PACE)
    return {thread: watch.verdict() for thread, watch in watches.items()}


def stack_of(ident: int) -> tuple[FrameLine, ...]:
    """The stack of a running thread, innermost frame first, down to the frames of this package's own loops."""
    frame = sys._current_frames().get(ident)
    lines: list[FrameLine] = []
    while frame is not None:
        code = frame.f_code
        if code.co_filename in _WORKER_FILES and code.co_name in _LOOPS:
            break
        line = frame.f_lineno or code.co_firstlineno
        lines.append(FrameLine(code.co_filename, line, code.co_name, linecache.getline(code.co_filename, line).strip()))
        frame = frame.f_back
    return tuple(lines)


_WORKER_FILES: Final = frozenset({PACKAGE + "worker.py", PACKAGE + "goroutines.py", PACKAGE + "disposal.py"})
_LOOPS: Final = frozenset({"_call", "_run", "_loop", "_main", "_serve", "drop", "run"})


def _look(thread: threading.Thread) -> _Sample | None:
    ident = thread.ident
    if ident is None:
        return None
    frame = sys._current_frames().get(ident)
    place = None if frame is None else (frame.f_code.co_filename, frame.f_code.co_firstlineno, frame.f_lasti)
    identity = id(frame)
    del frame
    kernel = _kernel_state(thread.native_id)
    if kernel is None:
        return _Sample(True, (identity, place), place, ())
    state, call, switches = kernel
    return _Sample(state in ("S", "D") and bool(call), (call, switches, place), place, call)


def _kernel_state(tid: int | None) -> tuple[str, tuple[int, ...], tuple[bytes, ...]] | None:
    """State letter, system call number with its arguments (empty: running), context switches; None without /proc."""
    try:
        state = chr(_read(f"/proc/self/task/{tid}/stat").rpartition(b")")[2].split()[0][0])
        if state == "R":  # spare the rest: each file costs thread switches while that thread computes
            return state, (), ()
        words = _read(f"/proc/self/task/{tid}/syscall").split()
        status = _read(f"/proc/self/task/{tid}/status")
        switches = tuple(line for line in status.splitlines() if b"ctxt_switches" in line)
    except (OSError, IndexError):
        return None
    call = () if words[0] in (b"running", b"-1") else (int(words[0]), *(int(word, 16) for word in words[1:7]))
    return state, call, switches


def _read(path: str) -> bytes:
    """A small file in one read: `open` gives the GIL away six times, this three times."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 8192)
    finally:
        os.close(descriptor)


def _call_name(number: int) -> str:
    return _CALLS.get(os.uname().machine, {}).get(number, f"system call {number}")


def _bound(name: str, args: tuple[int, ...]) -> float | None:
    """Seconds that a wait has left at most, from the arguments of its system call; None: no limit."""
    if name == "futex":
        limit = _timespec(args[3])
        if limit is None or args[1] & 0x7F != _FUTEX_WAIT_BITSET:
            return limit
        clock = time.CLOCK_REALTIME if args[1] & _FUTEX_CLOCK_REALTIME else time.CLOCK_MONOTONIC
        return max(0.0, limit - time.clock_gettime(clock))
    if name in ("clock_nanosleep", "nanosleep"):
        absolute = name == "clock_nanosleep" and args[1] & 1
        limit = _timespec(args[2] if name == "clock_nanosleep" else args[0])
        return limit if limit is None or not absolute else max(0.0, limit - time.clock_gettime(args[0]))
    if name in ("poll", "epoll_wait", "epoll_pwait"):
        milliseconds = args[2 if name == "poll" else 3] & 0xFFFFFFFF
        return None if milliseconds >> 31 else milliseconds / 1000
    pointer = {"select": 4, "pselect6": 4, "ppoll": 2, "rt_sigtimedwait": 2}.get(name)
    return None if pointer is None else _timespec(args[pointer])


def _timespec(address: int) -> float | None:
    """Reads a ``struct timespec`` of our own process; None for a null pointer or where it cannot be read."""
    if not address:
        return None
    try:
        memory = os.open("/proc/self/mem", os.O_RDONLY)
    except OSError:
        return None
    try:
        seconds, nanoseconds = struct.unpack("qq", os.pread(memory, 16, address))
        return float(seconds + nanoseconds / 1e9)
    except OSError:
        return None
    finally:
        os.close(memory)
