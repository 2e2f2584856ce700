"""One worker: what blocks it, how that is established, and what becomes of the others."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from worlds import Thing, collect

from finlint.runtime import (
    NIL,
    Channel,
    Cleaner,
    Context,
    Mutex,
    Runtime,
    WaitGroup,
    after,
    inspect,
    inspect_thread,
    select,
)
from finlint.runtime.threads import end_thread


def full() -> Channel[int]:
    channel = Channel[int](1)
    channel.send(1)
    return channel


def locked() -> Mutex:
    mutex = Mutex()
    mutex.lock()
    return mutex


def waiting() -> WaitGroup:
    group = WaitGroup()
    group.add()
    return group


OURS: dict[str, Callable[[], object]] = {
    "chan receive (nil chan)": lambda: NIL.receive(),
    "chan send (nil chan)": lambda: NIL.send(1),
    "chan receive": lambda: Channel[int]().receive(),
    "chan send": lambda: Channel[int]().send(1),
    "chan send ": lambda: full().send(2),
    "chan receive ": lambda: list(Channel[int]()),
    "select": lambda: select(Channel[int](), NIL, (full(), 1)),
    "select (no cases)": lambda: select(),
    "sync.Mutex.Lock": lambda: locked().lock(),
    "sync.WaitGroup.Wait": lambda: waiting().wait(),
}


@pytest.mark.parametrize("reason", OURS)
def test_blocked_in_a_primitive_of_ours(rt: Runtime, log: list[Any], reason: str) -> None:
    for name in ("victim", "blocker", "lucky"):
        fn = OURS[reason] if name == "blocker" else (lambda name=name: log.append(name))
        rt.set_finalizer(Thing(name), lambda it, fn=fn: fn())
    rt.gc()
    assert not rt.drain()
    assert log == ["lucky"]
    stuck = rt.stuck()
    assert stuck is not None
    assert stuck.waiting == 1
    assert (stuck.running.verdict.state, stuck.running.verdict.evidence) == ("blocked", "books")
    assert stuck.running.verdict.reason == reason.strip()


def test_thousand_starve_and_none_is_lost(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: gate.receive())
    rt.gc()
    for number in range(1000):
        rt.set_finalizer(Thing(), lambda it, number=number: log.append(number))
        if number % 250 == 0:
            rt.gc()
    rt.gc()
    assert not rt.drain()
    assert log == []
    assert rt.profile().finalizers.queued == 1001
    assert rt.profile().finalizers.executed == 0
    gate.send(None)
    assert rt.drain()
    assert sorted(log) == list(range(1000))
    assert rt.profile().finalizers.executed == 1001


def test_select_with_default_and_offloading_do_not_block(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    for number in range(10):
        rt.set_finalizer(Thing(), lambda it: select(gate, default=None))
        rt.set_finalizer(Thing(), lambda it: rt.go(gate.receive))
        rt.set_finalizer(Thing(), lambda it, number=number: log.append(number))
    collect(rt)
    assert sorted(log) == list(range(10))


def test_joining_what_it_started_blocks(rt: Runtime, log: list[Any]) -> None:
    def finalizer(it: Thing) -> None:
        done = Channel[None]()
        rt.go(lambda: (NIL.receive(), done.send(None)))
        done.receive()

    rt.set_finalizer(Thing(), lambda it: log.append("victim"))
    rt.set_finalizer(Thing(), finalizer)
    rt.gc()
    assert not rt.drain()
    assert log == []


def test_waiting_for_another_finalizer_is_a_deadlock_with_itself(rt: Runtime, log: list[Any]) -> None:
    other = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: other.send(None))
    rt.set_finalizer(Thing(), lambda it: other.receive())
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    assert stuck is not None
    assert stuck.waiting == 1


def test_lock_held_by_main_waits_and_goes_on(rt: Runtime, log: list[Any]) -> None:
    mutex = Mutex()
    with mutex:
        rt.set_finalizer(Thing(), lambda it: (mutex.lock(), log.append("got it"), mutex.unlock()))
        rt.gc()
        assert not rt.drain()
        assert log == []
    assert rt.drain()
    assert log == ["got it"]


def test_drain_waits_for_a_goroutine_that_will_release(rt: Runtime, log: list[Any]) -> None:
    """A parked worker is not stuck while somebody awake may release it."""
    gate, begin = Channel[None](), Channel[None]()

    def work() -> None:
        begin.send(None)
        for _ in range(200_000):
            pass
        gate.send(None)

    rt.set_finalizer(Thing(), lambda it: (gate.receive(), log.append("released")))
    rt.go(work)
    begin.receive()
    rt.gc()
    assert rt.drain()
    assert log == ["released"]


def test_drain_inside_a_finalizer_says_no(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Thing(), lambda it: log.append(rt.drain()))
    collect(rt)
    assert log == [False]


def test_drain_gives_up_when_the_time_is_up(rt: Runtime) -> None:
    rt.set_finalizer(Thing(), lambda it: NIL.receive())
    rt.gc()
    assert not rt.drain(timeout=0)


# -- what CPython blocks in --------------------------------------------------------------------------------


class Foreign:
    """A call that blocks in a primitive of CPython, with the event that ends it."""

    def __init__(self, block: Callable[[], object], release: Callable[[], object]) -> None:
        self.block = block
        self.release = release


def lock() -> Foreign:
    it = threading.Lock()
    it.acquire()
    return Foreign(it.acquire, it.release)


def lock_in_with() -> Foreign:
    it = threading.Lock()
    it.acquire()

    def block() -> None:
        with it:
            pass

    return Foreign(block, it.release)


def queue_get() -> Foreign:
    it: queue.Queue[int] = queue.Queue()
    return Foreign(it.get, lambda: it.put(1))


def queue_put() -> Foreign:
    it: queue.Queue[int] = queue.Queue(1)
    it.put(1)
    return Foreign(lambda: it.put(2), it.get)


def simple_queue() -> Foreign:
    it: queue.SimpleQueue[int] = queue.SimpleQueue()
    return Foreign(it.get, lambda: it.put(1))


def event() -> Foreign:
    it = threading.Event()
    return Foreign(it.wait, it.set)


def event_with_timeout() -> Foreign:
    it = threading.Event()
    return Foreign(lambda: it.wait(3600), it.set)


def recv() -> Foreign:
    ours, theirs = socket.socketpair()
    return Foreign(lambda: (ours.recv(1), ours.close()), lambda: (theirs.send(b"x"), theirs.close()))


def pipe() -> Foreign:
    reader, writer = os.pipe()
    return Foreign(lambda: (os.read(reader, 1), os.close(reader)), lambda: (os.write(writer, b"x"), os.close(writer)))


def join() -> Foreign:
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    return Foreign(thread.join, gate.set)


def child() -> Foreign:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None

    def release() -> None:
        assert process.stdin is not None
        process.stdin.close()
        # On a busy machine its end takes a while, in which the worker does wait for it.
        with contextlib.suppress(ChildProcessError):  # which may have seen it by now
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    return Foreign(process.wait, release)


FOREIGN = [lock, lock_in_with, queue_get, queue_put, simple_queue, event, event_with_timeout, recv, pipe, join, child]


@pytest.mark.parametrize("make", FOREIGN, ids=lambda make: make.__name__)
def test_blocked_in_a_primitive_of_cpython(rt: Runtime, log: list[Any], make: Callable[[], Foreign]) -> None:
    foreign = make()
    try:
        rt.set_finalizer(Thing(), lambda it: log.append("victim"))
        rt.set_finalizer(Thing(), lambda it: foreign.block())
        rt.gc()
        assert not rt.drain()
        stuck = rt.stuck()
        assert stuck is not None
        assert stuck.running.verdict.state == "blocked"
        assert log == []
        if sys.platform == "linux":
            assert stuck.running.verdict.evidence == "kernel"
            assert (stuck.running.verdict.bound is not None) == (make is event_with_timeout)
    finally:
        foreign.release()
    assert rt.drain()
    assert log == ["victim"]


def test_bound_of_a_sleep_is_read_from_the_kernel(rt: Runtime) -> None:
    wake = threading.Condition()

    def finalizer(it: Thing) -> None:
        with wake:
            wake.wait(1000)

    rt.set_finalizer(Thing(), finalizer)
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    with wake:
        wake.notify_all()
    assert stuck is not None
    if sys.platform == "linux":
        assert stuck.running.verdict.bound is not None
        assert 900 < stuck.running.verdict.bound <= 1000


def test_computing_is_not_blocked_and_a_loop_without_end_is_spinning(rt: Runtime, log: list[Any]) -> None:
    leave: list[int] = []

    def spin(it: Thing) -> None:
        while not leave:
            pass

    rt.set_finalizer(Thing(), lambda it: log.append("victim"))
    rt.set_finalizer(Thing(), spin)
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    assert stuck is not None
    assert stuck.running.verdict.state == "spinning"
    assert log == []
    leave.append(1)
    assert rt.drain()
    assert log == ["victim"]


def test_polling_counts_as_spinning(rt: Runtime) -> None:
    leave: list[int] = []

    def poll(it: Thing) -> None:
        while not leave:
            time.sleep(0.001)

    rt.set_finalizer(Thing(), poll)
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    leave.append(1)
    assert stuck is not None
    assert stuck.running.verdict.state == "spinning"


def test_who_stands_still_is_not_spinning_however_slow_the_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    still = inspect._Sample(True, (1, ("a.py", 1, 2)), ("a.py", 1, 2), ())
    monkeypatch.setattr(inspect, "_look", lambda thread: still)
    watch = inspect.Watch(threading.current_thread())
    watch._since -= 1000
    while not watch.asleep:
        watch.step()
        assert not watch.spinning
    assert watch._looks > inspect.SPINNING


def test_inspection_without_proc(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finlint.runtime.inspect._kernel_state", lambda tid: None)
    gate = threading.Event()
    rt.set_finalizer(Thing(), lambda it: gate.wait())
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    gate.set()
    assert stuck is not None
    assert stuck.running.verdict.state == "blocked"
    assert stuck.running.verdict.evidence == "frames"


def test_inspect_any_thread() -> None:
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    verdict = inspect_thread(thread)
    gate.set()
    thread.join()
    assert verdict.state == "blocked"
    assert verdict.stack[-1].function == "_bootstrap"
    assert inspect_thread(thread).state == "ended"


# -- the end of a world ------------------------------------------------------------------------------------


def threads_named(prefix: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefix)]


@pytest.mark.parametrize("reason", OURS)
def test_close_with_a_stuck_worker(log: list[Any], reason: str) -> None:
    victim = Thing()
    death = weakref.ref(victim)
    rt = Runtime(name="closing")
    rt.set_finalizer(victim, lambda it: log.append("victim"))
    rt.set_finalizer(Thing(), lambda it: OURS[reason]())
    rt.add_cleanup(Thing(), lambda it: OURS[reason](), None)
    rt.go(OURS[reason])
    del victim
    rt.gc()
    assert not rt.drain()
    assert rt.close()
    assert threads_named("closing") == []
    assert log == []
    assert death() is None
    assert rt.closed
    for call in (
        lambda: rt.set_finalizer(Thing(), print),
        lambda: rt.add_cleanup(Thing(), print, 1),
        lambda: rt.go(print),
    ):
        with pytest.raises(RuntimeError, match="closed"):
            call()
    rt.gc()
    assert rt.close()


def test_close_ends_a_busy_loop(log: list[Any]) -> None:
    rt = Runtime(name="busy")

    def spin(it: Thing) -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:
                log.append("swallowed")

    rt.set_finalizer(Thing(), spin)
    rt.gc()
    assert rt.close()
    assert threads_named("busy") == []
    assert log == []


def test_close_leaves_behind_who_catches_everything() -> None:
    rt = Runtime(name="stubborn")
    caught = [0]
    over = threading.Event()

    def swallow(it: Thing) -> None:
        while not over.is_set():
            try:
                while True:
                    pass
            except BaseException:
                caught[0] += 1

    rt.set_finalizer(Thing(), swallow)
    rt.gc()
    assert not rt.close()
    assert caught[0] >= 10
    over.set()
    (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("stubborn")]
    end_thread(left)
    assert not left.is_alive()


def test_close_leaves_behind_only_what_cannot_be_woken(log: list[Any]) -> None:
    rt = Runtime(name="left")
    lock = threading.Lock()
    lock.acquire()
    rt.set_finalizer(Thing(), lambda it: (lock.acquire(), log.append("goes on")))
    rt.gc()
    assert not rt.drain()
    assert not rt.close()
    (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("left")]
    assert left.daemon
    lock.release()
    left.join()
    assert log == ["goes on"]  # an exception out of `acquire` would leave the lock held: it runs to its end instead
    assert rt.close()


def test_close_runs_finally_blocks_and_is_not_swallowed(log: list[Any]) -> None:
    rt = Runtime()

    def finalizer(it: Thing) -> None:
        try:
            NIL.receive()
        except Exception:
            log.append("swallowed")
        finally:
            log.append("finally")
            NIL.receive()

    rt.set_finalizer(Thing(), finalizer)
    rt.gc()
    assert not rt.drain()
    assert rt.close()
    assert log == ["finally"]


def test_close_inside_a_finalizer(log: list[Any]) -> None:
    rt = Runtime(name="inside")
    rt.set_finalizer(Thing(), lambda it: log.append("victim"))
    rt.set_finalizer(Thing(), lambda it: log.append(rt.close()))
    rt.gc()
    rt.drain()
    assert rt.close()
    assert log == [False]


def test_a_dropped_world_ends_its_idle_threads() -> None:
    rt = Runtime(name="dropped")
    death = weakref.ref(rt)
    collect(rt)
    rt.set_finalizer(Thing(), lambda it: None)
    rt.add_cleanup(Thing(), lambda it: None, 1)
    collect(rt)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("dropped")]
    assert len(threads) == 2
    del rt
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert death() is None


def test_worlds_are_apart(log: list[Any]) -> None:
    with Runtime(name="one") as one, Runtime(name="two") as two:
        one.set_finalizer(Thing(), lambda it: NIL.receive())
        one.gc()
        assert not one.drain()
        two.set_finalizer(Thing(), lambda it: log.append("two"))
        one.gc()
        assert log == []
        collect(two)
        assert log == ["two"]
        assert two.stuck() is None
        assert two.profile().finalizers.queued == 1


def test_one_object_in_two_worlds(log: list[Any]) -> None:
    """Each holds it for the other: neither sees it die until one lets go."""
    with Runtime() as one, Runtime() as two:
        thing = Thing()
        one.set_finalizer(thing, lambda it: log.append("one"))
        two.set_finalizer(thing, lambda it: log.append("two"))
        del thing
        collect(one)
        collect(two)
        assert log == []
    with Runtime() as one:
        assert log == []


def test_many_worlds_leak_nothing() -> None:
    before = threading.active_count()
    for _ in range(20):
        with Runtime() as rt:
            rt.set_finalizer(Thing(), lambda it: NIL.receive())
            rt.gc()
            rt.drain()
    assert threading.active_count() == before


def forks(test: Callable[..., None]) -> Callable[..., None]:
    """A test that forks; CPython 3.12 and later warn of it where there are threads."""
    marked = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")(test)
    return pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")(marked)


@forks
def test_fork_starts_the_worker_again(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Thing(), lambda it: log.append("parent"))
    collect(rt)
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            rt.set_finalizer(Thing(), lambda it: log.append("child"))
            rt.gc()
            rt.drain(10)
            ended = 0 if log == ["parent", "child"] else 2
        finally:
            os._exit(ended)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _in_child(work: Callable[[], object]) -> int:
    """The status of a child that does the work: 0 where it says True."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() is True else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forks
def test_what_is_queued_before_a_fork_is_the_parents(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: gate.receive())
    rt.gc()
    assert not rt.drain()
    rt.set_finalizer(Thing(), lambda it: log.append("second"))
    rt.gc()

    def child() -> bool:
        begun = rt.stuck(), rt.drain(), rt.profile().worker, rt.profile().backlog
        rt.set_finalizer(Thing(), lambda it: log.append("child's"))
        rt.gc()
        return begun == (None, True, "not started", ()) and rt.drain() and log == ["child's"]

    assert _in_child(child) == 0
    gate.close()
    assert rt.drain()
    assert log == ["second"]


@forks
def test_a_forked_child_has_its_own_watch_and_collections() -> None:
    told, collected = queue.SimpleQueue[Any](), queue.SimpleQueue[int]()
    with Runtime(automatic=True, stuck_after=1e-3, on_stuck=told.put) as rt:

        def child() -> bool:
            for _ in range(1000):
                rt.set_finalizer(Thing(), lambda it: collected.put(os.getpid()))
            mine = collected.get() == os.getpid()
            rt.set_finalizer(Thing(), lambda it: NIL.receive())
            rt.gc()
            while told.get().running is None:
                pass  # of one that took a moment, and has ended
            return mine

        assert _in_child(child) == 0


@forks
def test_a_finalizer_that_forks_has_its_worker_in_the_child(rt: Runtime) -> None:
    statuses: queue.SimpleQueue[int] = queue.SimpleQueue()
    rt.set_finalizer(Thing(), lambda it: statuses.put(_in_child(lambda: rt.profile().worker == "busy")))
    rt.gc()
    assert statuses.get() == 0
    assert rt.drain()


@pytest.mark.parametrize("seconds", [math.inf, 1e300, threading.TIMEOUT_MAX * 2])
def test_times_may_be_as_long_as_one_likes(rt: Runtime, seconds: float) -> None:
    channel = Channel[int](1)
    rt.set_finalizer(Thing(), lambda it: channel.send(1))
    rt.gc()
    assert select(channel, after(seconds)).case == 0
    with Context().with_timeout(seconds) as context:
        assert context.err() is None
    assert rt.drain(seconds)
    cleaner = Cleaner("patient", at_exit=seconds, stuck_after=seconds)
    cleaner.register(Thing(), channel.send, 2)
    assert cleaner.drain(seconds)
    assert channel.receive() == 2
    assert cleaner.close(seconds)


def test_times_that_are_no_numbers_are_refused(rt: Runtime) -> None:
    cleaner = Cleaner("nan")
    refused: list[Callable[[], object]] = [
        lambda: after(math.nan),
        lambda: Context().with_timeout(math.nan),
        lambda: rt.drain(math.nan),
        lambda: cleaner.close(math.nan),
        lambda: Cleaner(at_exit=math.nan),
        lambda: Cleaner(at_exit=-1),
        lambda: Cleaner(stuck_after=math.nan),
        lambda: Runtime(stuck_after=math.nan),
    ]
    for call in refused:
        with pytest.raises(ValueError, match=r"NaN|nan|-1"):
            call()
    assert cleaner.close()
