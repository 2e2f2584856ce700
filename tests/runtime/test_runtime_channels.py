"""Channels, select, mutexes, wait groups: rows S of the table in docs/runtime.md."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from finlint.runtime import NIL, Channel, Mutex, Panic, Runtime, WaitGroup, inspect_thread, select


def settle(rt: Runtime) -> None:
    """Until every goroutine of the test's world is parked or gone."""
    for thread in threading.enumerate():
        if thread.name == "test-go":
            inspect_thread(thread)


def test_unbuffered_send_waits_for_its_receiver(rt: Runtime, log: list[Any]) -> None:
    channel = Channel[int]()
    rt.go(lambda: (channel.send(1), log.append("sent")))
    settle(rt)
    assert log == []
    assert channel.receive() == 1


def test_buffered_send_waits_only_when_full(rt: Runtime, log: list[Any]) -> None:
    channel = Channel[int](2)
    rt.go(lambda: [(channel.send(number), log.append(number)) for number in range(4)])
    settle(rt)
    assert log == [0, 1]
    assert len(channel) == channel.capacity == 2
    assert [channel.receive() for _ in range(4)] == [0, 1, 2, 3]


def test_waiting_senders_and_receivers_are_served_in_line(rt: Runtime) -> None:
    channel, results = Channel[int](), Channel[int](9)
    for number in range(3):
        rt.go(lambda number=number: channel.send(number))
        settle(rt)
    assert [channel.receive() for _ in range(3)] == [0, 1, 2]
    for number in range(3):
        rt.go(lambda number=number: results.send(10 * number + (channel.receive() or 0)))
        settle(rt)
    for number in range(3):
        channel.send(number)
    assert sorted(results.receive() or 0 for _ in range(3)) == [0, 11, 22]


def test_receive_from_closed(rt: Runtime) -> None:
    channel = Channel[int](2)
    channel.send(1)
    channel.close()
    assert channel.receive_ok() == (1, True)
    assert channel.receive_ok() == (None, False)
    assert channel.receive() is None
    assert channel.try_receive() == (None, False)


def test_close_wakes_receivers_and_fails_senders(rt: Runtime, log: list[Any]) -> None:
    channel, group = Channel[int](), WaitGroup()
    group.add(2)
    rt.go(lambda: (log.append(channel.receive_ok()), group.done()))
    settle(rt)
    channel.close()
    full = Channel[int]()

    def send() -> None:
        try:
            full.send(1)
        except Panic as panic:
            log.append(str(panic))
        group.done()

    rt.go(send)
    settle(rt)
    full.close()
    group.wait()
    assert sorted(log, key=str) == [(None, False), "send on closed channel"]


def test_range(rt: Runtime) -> None:
    channel = Channel[int](1)
    rt.go(lambda: ([channel.send(number) for number in range(5)], channel.close()))
    assert list(channel) == [0, 1, 2, 3, 4]


def test_panics() -> None:
    channel = Channel[int]()
    channel.close()
    with pytest.raises(Panic, match="close of closed channel"):
        channel.close()
    with pytest.raises(Panic, match="send on closed channel"):
        channel.send(1)
    with pytest.raises(Panic, match="send on closed channel"):
        channel.try_send(1)
    with pytest.raises(Panic, match="close of nil channel"):
        NIL.close()
    with pytest.raises(Panic, match="unlock of unlocked mutex"):
        Mutex().unlock()
    with pytest.raises(Panic, match="negative WaitGroup counter"):
        WaitGroup().done()
    with pytest.raises(ValueError, match="capacity"):
        Channel[int](-1)


def test_try_operations() -> None:
    channel = Channel[int]()
    assert not channel.try_send(1)
    assert channel.try_receive() is None
    buffered = Channel[int](1)
    assert buffered.try_send(1)
    assert not buffered.try_send(2)
    assert buffered.try_receive() == (1, True)
    assert not NIL.try_send(1)
    assert NIL.try_receive() is None
    assert Channel[int]()
    assert repr(NIL) == "NIL"
    assert repr(buffered) == "<Channel 0/1>"


def test_select_picks_what_is_ready() -> None:
    left, right = Channel[int](1), Channel[int](1)
    right.send(7)
    assert select(left, right, NIL) == (1, 7, True)
    assert select(left, (right, 8), NIL) == (1, None, True)
    assert right.receive() == 8
    left.close()
    assert select(left, right) == (0, None, False)


def test_select_default() -> None:
    assert select(Channel[int](), default=None) == (-1, None, False)
    assert select(default="x") == (-1, "x", False)
    ready = Channel[int](1)
    ready.send(1)
    assert select(ready, default=None) == (0, 1, True)


def test_select_picks_at_random() -> None:
    one, two = Channel[int](200), Channel[int](200)
    for number in range(200):
        one.send(number)
        two.send(number)
    assert {select(one, two).case for _ in range(200)} == {0, 1}


def test_select_waits_and_leaves_no_waiter_behind(rt: Runtime, log: list[Any]) -> None:
    one, two, done = Channel[int](), Channel[int](), Channel[None]()
    rt.go(lambda: (log.append(select(one, two, (NIL, 1))), done.send(None)))
    settle(rt)
    two.send(5)
    done.receive()
    assert log == [(1, 5, True)]
    assert not one.try_send(1)
    rt.go(lambda: (log.append(select((one, 6), two)), done.send(None)))
    settle(rt)
    assert one.receive() == 6
    done.receive()
    assert not two.try_send(1)


def test_select_against_select(rt: Runtime) -> None:
    channel, done = Channel[int](), Channel[int]()
    rt.go(lambda: done.send(select(channel, NIL).value))
    assert select((channel, 3), NIL).case == 0
    assert done.receive() == 3


def test_select_refuses_nonsense() -> None:
    with pytest.raises(TypeError, match="a case of select"):
        select(1)  # type: ignore[arg-type]


def test_mutex(rt: Runtime) -> None:
    mutex, group, total = Mutex(), WaitGroup(), [0]

    def work() -> None:
        for _ in range(200):
            with mutex:
                value = total[0]
                total[0] = value + 1
        group.done()

    group.add(4)
    for _ in range(4):
        rt.go(work)
    group.wait()
    assert total == [800]
    assert mutex.try_lock()
    assert not mutex.try_lock()
    mutex.unlock()


def test_pipeline_of_many(rt: Runtime) -> None:
    first = source = Channel[int]()
    for _ in range(20):
        sink = Channel[int]()
        rt.go(lambda source=source, sink=sink: ([sink.send(value + 1) for value in source], sink.close()))
        source = sink
    rt.go(lambda: ([first.send(number) for number in range(20)], first.close()))
    assert list(source) == [number + 20 for number in range(20)]


def test_interrupted_wait_leaves_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    from finlint.runtime import parking

    class Interrupted:
        def acquire(self) -> None:
            raise KeyboardInterrupt

        release = acquire

    channel = Channel[int]()
    original = parking.Waiter

    def waiter(*args: Any) -> Any:
        made = original(*args)
        made.lock = Interrupted()  # type: ignore[assignment]
        return made

    monkeypatch.setattr("finlint.runtime.channel.Waiter", waiter)
    with pytest.raises(KeyboardInterrupt):
        channel.receive()
    assert parking.parked_on(threading.get_ident()) is None
    assert not channel.try_send(1)


def test_use_inside_an_interrupted_operation_is_refused() -> None:
    from finlint.runtime import ReentrantUseError, monitor

    def use() -> None:
        with pytest.raises(ReentrantUseError, match="SimpleQueue"):
            Channel[int](1).send(1)

    monitor.transact(use)
    assert Channel[int](1).try_send(1)
