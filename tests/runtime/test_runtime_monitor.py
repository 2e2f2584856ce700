"""The monitor: rows M of the table in docs/runtime.md. Nothing that comes between two bytecodes breaks it."""

from __future__ import annotations

import inspect
import os
import queue
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from interruptions import everywhere
from worlds import Thing, collect

from finlint.runtime import (
    Channel,
    Cond,
    Context,
    Mutex,
    ReentrantUseError,
    Runtime,
    RWMutex,
    WaitGroup,
    monitor,
    outlook,
    parking,
    select,
)


def assert_free() -> None:
    """Nobody is in the monitor, and the books do not speak of this thread."""
    assert not monitor._monitor._lock._is_owned()
    assert parking.parked_on(threading.get_ident()) is None


def operations() -> list[Callable[[], object]]:
    """Operations that need not wait, each from a state of its own to the same state again."""
    channel, closed, mutex, lock, group = Channel[int](2), Channel[int](), Mutex(), RWMutex(), WaitGroup()
    channel.send(1)
    closed.close()
    return [
        lambda: (channel.try_send(2), channel.try_receive()),
        lambda: (channel.send(2), channel.receive()),
        lambda: (select(channel, closed, default=None) and len(channel)) or channel.try_send(1),
        lambda: select(closed),
        lambda: mutex.__enter__() and mutex.unlock(),
        lambda: (lock.rlock(), lock.runlock(), lock.lock(), lock.unlock()),
        lambda: (group.add(1), group.done(), group.wait()),
        lambda: Channel[int](1).close(),
    ]


@pytest.mark.parametrize("number", range(len(operations())))
def test_use_from_an_interruption_never_waits_for_itself(number: int) -> None:
    """A handler that comes at any bytecode boundary, and uses a channel, is served or refused."""
    answers = set()

    def intrude() -> None:
        try:
            answers.add(Channel[int](1).try_send(1))
        except ReentrantUseError:
            answers.add("refused")

    operation = operations()[number]
    for interruption in everywhere(intrude, checked=False):
        with interruption:
            operation()
        assert_free()
    assert answers == {True, "refused"}


@pytest.mark.parametrize("number", range(len(operations())))
def test_an_exception_from_an_interruption_leaves_nothing_locked(number: int) -> None:
    """As Ctrl-C, and as what another thread throws: it comes out, and the monitor is free."""

    def intrude() -> None:
        raise KeyboardInterrupt

    came = 0
    for interruption in everywhere(intrude, checked=True):
        operation = operations()[number]
        try:
            with interruption:
                operation()
        except KeyboardInterrupt:
            came += 1
        assert_free()
        operations()[number]()
    assert came > 5


def test_an_exception_while_locking_leaves_the_mutex_unlocked() -> None:
    def intrude() -> None:
        raise KeyboardInterrupt

    for interruption in everywhere(intrude, checked=True):
        mutex = Mutex()
        try:
            with interruption, mutex:
                pass
        except KeyboardInterrupt:
            pass
        assert mutex.try_lock()


def test_an_exception_in_a_waiting_receive_leaves_no_entry() -> None:
    """At every place of a receive that waits, is served by another thread, and goes on."""

    def intrude() -> None:
        raise KeyboardInterrupt

    me = threading.get_ident()
    for interruption in everywhere(intrude, checked=True):
        channel, over = Channel[int](), threading.Event()

        def serve(channel: Channel[int] = channel, over: threading.Event = over) -> None:
            while not over.is_set() and not (parking.parked_on(me) and channel.try_send(7)):
                pass

        server = threading.Thread(target=serve)
        server.start()
        try:
            with interruption:
                assert channel.receive() == 7
        except KeyboardInterrupt:
            pass
        over.set()
        server.join()
        assert_free()
        assert not channel._receivers
        assert not channel.try_send(1)


def test_an_exception_in_a_waiting_cond_leaves_the_mutex_locked() -> None:
    """As POSIX has it: whatever ends the wait, the caller has the mutex, and gives it back."""

    def intrude() -> None:
        raise KeyboardInterrupt

    came = 0
    for interruption in everywhere(intrude, checked=True):
        condition, over = Cond(Mutex()), threading.Event()

        def wake(condition: Cond = condition, over: threading.Event = over) -> None:
            while not over.is_set():
                condition.broadcast()

        waker = threading.Thread(target=wake)
        waker.start()
        try:
            with condition.mutex:
                try:
                    with interruption:
                        condition.wait()
                except KeyboardInterrupt:
                    came += 1
                assert not condition.mutex.try_lock()
        finally:
            over.set()
            waker.join()
        assert_free()
        assert not condition._waiting
        assert condition.mutex.try_lock()
    assert came > 5


def test_closing_leaves_the_mutex_of_a_cond_to_those_who_have_it(rt: Runtime) -> None:
    """A thread of a closed world gives back what it has locked, and nothing else."""
    before, waits, wants = Cond(Mutex()), Cond(Mutex()), Cond(Mutex())
    entered, closed = threading.Event(), threading.Event()
    left: list[str] = []

    def use(condition: Cond, first: Callable[[], object] = int) -> None:
        try:
            with condition.mutex:
                first()
                condition.wait()
        finally:
            left.append("left")

    world = Runtime(name="cond")
    world.go(use, before, lambda: (entered.set(), closed.wait()))
    world.go(use, waits)
    world.go(use, wants)
    entered.wait()
    while not (waits._waiting and wants._waiting):
        pass
    wants.mutex.lock()
    wants.signal()
    while not wants.mutex._waiting:
        pass
    world.close()
    closed.set()
    while len(left) < 3:
        pass
    assert before.mutex.try_lock()
    assert waits.mutex.try_lock()
    wants.mutex.unlock()  # still ours


def test_an_exception_while_a_goroutine_begins_loses_no_count() -> None:
    def intrude() -> None:
        raise KeyboardInterrupt

    came = 0
    for interruption in everywhere(intrude, checked=True):
        group, rt, ran = WaitGroup(), Runtime(name="begins"), list[int]()
        begun = False
        try:
            with interruption:
                group.go(rt, ran.append, 1)
            begun = True
        except KeyboardInterrupt:
            came += 1
        group.wait()  # for ever, where a count is lost
        assert rt.close()
        assert group._count == 0
        assert ran or not begun
    assert came > 5


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_signals_at_random_moments() -> None:
    """The same without tracing: real signals, whenever they come. No more is asked of it than that it ends."""
    used, other = Channel[int](1), Channel[int](1)
    answers = {"served": 0, "refused": 0}

    def handler(*_: object) -> None:
        try:
            other.try_send(1)
            other.try_receive()
            answers["served"] += 1
        except ReentrantUseError:
            answers["refused"] += 1

    chance = random.Random(1)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        while sum(answers.values()) < 3000:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(2e-5, 3e-4))
            came = sum(answers.values())
            for _ in range(2000):  # a signal may be merged with the next
                used.try_send(1)
                used.try_receive()
                if sum(answers.values()) > came:
                    break
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert answers["refused"]
    assert_free()


def poll_select(channel: Channel[int], mutex: Mutex) -> None:
    select(channel, default=None)


def poll_send(channel: Channel[int], mutex: Mutex) -> None:
    channel.try_send(1)
    channel.try_receive()


def poll_mutex(channel: Channel[int], mutex: Mutex) -> None:
    with mutex:
        pass


def compute(channel: Channel[int], mutex: Mutex) -> None:
    sum(range(100))


@pytest.mark.parametrize("poll", [poll_select, poll_send, poll_mutex, compute])
def test_closing_worlds_against_pollers(poll: Callable[[Channel[int], Mutex], None]) -> None:
    mutex = Mutex()
    for _ in range(40 if poll is not compute else 10):
        channel, begun = Channel[int](), threading.Event()

        def body(it: object, channel: Channel[int] = channel, begun: threading.Event = begun) -> None:
            while True:
                poll(channel, mutex)
                if not begun.is_set():  # its lock is the standard library's, where nobody is thrown at
                    begun.set()

        rt = Runtime(name="polls")
        rt.set_finalizer(Thing(), body)
        rt.go(body, None)
        rt.gc()
        begun.wait()
        assert rt.close()
        assert Channel[int](1).try_send(1)
        with mutex:
            pass
    assert_free()


def test_close_ends_pollers_politely() -> None:
    """Who polls is not thrown at: its next operation raises."""
    channel = Channel[int](1)

    def body(it: object) -> None:
        try:
            while True:
                channel.try_receive()
                begun.set()
        except BaseException as error:
            # What gives something back works in a closed world.
            names.append(type(error).__name__)
            mutex.unlock()
            raise

    names: list[str] = []
    begun = threading.Event()
    mutex = Mutex()
    mutex.lock()
    rt = Runtime()
    rt.set_finalizer(Thing(), body)
    rt.gc()
    begun.wait()
    assert rt.close()
    assert names == ["WorldClosed"]
    assert mutex.try_lock()


def test_del_that_collects_beside_a_profile(rt: Runtime) -> None:
    deaths: list[int] = []

    class Collects:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            deaths.append(1)
            rt.gc()

    gate = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: gate.receive())
    collect_stuck(rt)
    for _ in range(50):
        rt.set_finalizer(Thing(others=[Thing() for _ in range(10)]), lambda it: None)
    rt.gc()
    for _ in range(30):
        Collects()
        assert rt.profile().retained_objects
    gate.close()
    assert rt.drain()
    rt.gc()
    assert sum(deaths) == 30


def collect_stuck(rt: Runtime) -> None:
    rt.gc()
    assert not rt.drain()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_knows_nothing_of_the_parents_threads(rt: Runtime) -> None:
    """Or a thread of the child that gets the number of an idle worker would be taken for one."""
    collect_one(rt)
    with Runtime(stuck_after=100):
        assert outlook.WORKERS
        child = os.fork()
        if child == 0:
            own = {thread.ident for thread in threading.enumerate()}  # it has a watch of its own
            os._exit(7 if not outlook.WORKERS and own >= outlook.SERVICE_THREADS else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def collect_one(rt: Runtime) -> None:
    rt.set_finalizer(Thing(), lambda it: None)
    collect(rt)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork_while_others_are_in_the_monitor() -> None:
    channel, over = Channel[int](1), threading.Event()

    def work() -> None:
        while not over.is_set():
            channel.try_send(1)
            channel.try_receive()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    statuses = []
    for _ in range(20):
        child = os.fork()
        if child == 0:
            own = Channel[int](1)
            own.send(1)
            os._exit(7 if own.receive() == 1 else 1)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    over.set()
    for worker in workers:
        worker.join()
    assert statuses == [7] * 20


def test_an_object_dies_on_the_worker(rt: Runtime) -> None:
    where: set[str] = set()

    class Dies:
        def __del__(self) -> None:
            where.add(threading.current_thread().name)

    for number in range(100):
        rt.set_finalizer(Dies(), lambda it: None)
        rt.gc()
        if number % 10 == 0:
            rt.profile()
    assert rt.drain()
    assert where == {"test-finalizers"}


def test_a_del_that_blocks_is_running_work(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()

    class Handle:
        def __del__(self) -> None:
            gate.receive()

    rt.set_finalizer(Thing(handle=Handle()), lambda it: None)
    collect_stuck(rt)
    rt.set_finalizer(Thing(), log.append)
    collect_stuck(rt)
    stuck = rt.stuck()
    assert stuck is not None
    assert stuck.waiting == 1
    assert stuck.running.returned
    running = rt.profile().running
    assert running is not None
    assert running.verdict.reason == "chan receive"
    assert "__del__ of what the finalizer of worlds.Thing held [blocked: chan receive]" in rt.format_profile()
    gate.close()
    assert rt.drain()
    assert len(log) == 1
    log.clear()


@pytest.mark.parametrize("kind", ["closure", "method", "result", "frame"])
def test_a_del_of_what_the_function_held_is_running_work(rt: Runtime, kind: str) -> None:
    gate = Channel[None]()

    class Handle:
        def __del__(self) -> None:
            gate.receive()

        def method(self, it: Thing) -> None: ...

    def closes_over(handle: Handle) -> Callable[[Thing], object]:
        return lambda it: handle is None

    def in_a_frame(it: Thing) -> None:
        handle = Handle()  # noqa: F841
        raise ValueError

    if kind in ("closure", "method"):
        handle = Handle()
        rt.set_finalizer(Thing(), closes_over(handle) if kind == "closure" else handle.method)
        del handle
    else:
        rt.set_finalizer(Thing(), in_a_frame if kind == "frame" else lambda it: Handle())
    rt.gc()
    assert not rt.drain()
    stuck = rt.stuck()
    assert stuck is not None
    assert stuck.running.verdict.reason == "chan receive"
    gate.close()
    assert rt.drain()


def test_cleanup_handle_keeps_nothing(rt: Runtime, log: list[Any]) -> None:
    arg = Thing("arg")
    rt.set_finalizer(arg, lambda it: log.append("arg finalized"))
    handle = rt.add_cleanup(Thing(), lambda it: log.append("cleanup"), arg)
    del arg
    collect(rt, 2)
    assert log == ["cleanup", "arg finalized"]
    assert not handle.stop()


def test_stop_after_death_and_before_the_collection(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    handle = rt.add_cleanup(thing, log.append, 1)
    del thing
    assert handle.stop()
    assert not handle.stop()
    collect(rt)
    assert log == []


def test_what_an_object_without_weak_references_alone_holds_is_found_at_once(rt: Runtime, log: list[Any]) -> None:
    class Slots:
        __slots__ = ("child",)

    parent = Slots()
    parent.child = Thing()
    rt.add_cleanup(parent, log.append, "parent")
    rt.add_cleanup(parent.child, log.append, "child")
    del parent
    collect(rt)
    assert log == ["parent", "child"]


@pytest.mark.parametrize("nothing", [None, 42, "text"])
def test_clearing_nothing_is_refused(rt: Runtime, nothing: Any) -> None:
    with pytest.raises(TypeError, match="set_finalizer"):
        rt.set_finalizer(nothing, None)


def test_a_dropped_world_ends_its_stuck_threads() -> None:
    for _ in range(5):
        rt = Runtime(name="dropped")
        gate = Channel[None]()
        rt.set_finalizer(Thing(), lambda it, gate=gate: gate.receive())
        rt.go(gate.receive)
        collect_stuck(rt)
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("dropped-")]
        assert len(threads) == 2
        del rt
        for thread in threads:
            thread.join()


def test_ctrl_c_in_a_collection_loses_nothing(rt: Runtime, log: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """At every place of `gc` at which it may come: what was found dead then is queued then, or at the next collection."""

    def intrude() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("finlint.runtime.runtime.cpython_gc.collect", lambda: 0)  # for speed: there are no cycles
    expected = 0
    for interruption in everywhere(intrude, checked=True, step=3):
        rt.set_finalizer(Thing(), lambda it: log.append(1))
        rt.add_cleanup(Thing(), log.append, 1)
        expected += 2
        try:
            with interruption:
                rt.gc()
        except KeyboardInterrupt:
            pass
        if interruption.at % 30 == 0 or not interruption.reached:
            collect(rt, 2)
            assert len(log) == expected


def _deeper(levels: int, operation: Callable[[], object]) -> object:
    return operation() if levels == 0 else _deeper(levels - 1, operation)


@pytest.mark.parametrize(
    "call",
    ["channel", "select", "mutex", "rwmutex", "wait_group", "cond", "context", "finalizer", "cleanup", "gc", "profile"],
)
def test_no_room_on_the_stack_leaves_nothing_locked(rt: Runtime, call: str) -> None:
    """A RecursionError at every place: the next one, on another thread, is served."""
    channel, mutex, rwmutex, group, thing = Channel[int](1), Mutex(), RWMutex(), WaitGroup(), Thing()
    rt.set_finalizer(thing, lambda it: None)
    calls: dict[str, Callable[[], object]] = {
        "channel": lambda: (channel.try_send(1), channel.try_receive()),
        "select": lambda: select(channel, (channel, 1), default=0),
        "mutex": lambda: mutex.try_lock() and mutex.unlock(),
        "rwmutex": lambda: rwmutex.try_rlock() and rwmutex.runlock(),
        "wait_group": lambda: (group.add(1), group.done()),
        "cond": Cond(mutex).signal,
        "context": lambda: Context().with_cancel().cancel(),
        "finalizer": lambda: rt.set_finalizer(Thing(), lambda it: None),
        "cleanup": lambda: rt.add_cleanup(thing, print, 1).stop(),
        "gc": rt.gc,
        "profile": rt.profile,
    }
    limit = sys.getrecursionlimit()
    raised, served = 0, 0
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        for levels in range(60):
            try:
                _deeper(levels, calls[call])
                served += 1
            except RecursionError:
                raised += 1
    finally:
        sys.setrecursionlimit(limit)
    assert raised > 3
    assert served > 3
    # What was taken may not have been given back, for want of room; but whoever can tells, and the monitor is free.
    got: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(target=lambda: got.put(Channel[int](1).try_send(1))).start()
    assert got.get() is True
    rt.gc()
    assert rt.drain()
