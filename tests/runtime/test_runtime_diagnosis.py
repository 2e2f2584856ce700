"""Profiles, the watchdog, and what GODEBUG=checkfinalizers=1 finds: rows D of the table in docs/runtime.md."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from worlds import Thing, collect

from finlint.runtime import NIL, Channel, FinalizerIssues, Profile, Runtime, diagnosis, inspect_thread


class Connection:
    def __init__(self) -> None:
        self.buffer = bytearray(1000)


def receives_for_ever(it: Thing) -> None:
    NIL.receive()


def test_profile_of_a_stuck_worker(rt: Runtime) -> None:
    rt.set_finalizer(Thing(), lambda it: None)
    collect(rt)
    for _ in range(7):
        rt.set_finalizer(Connection(), Connection.__init__)
    rt.set_finalizer(Thing(), receives_for_ever)
    alive = Thing()
    rt.add_cleanup(alive, print, 1)
    rt.gc()
    assert not rt.drain()
    profile = rt.profile()
    assert profile.worker == "busy"
    assert profile.running is not None
    assert profile.running.type_name == "worlds.Thing"
    assert profile.running.function.startswith("test_runtime_diagnosis.receives_for_ever (")
    assert profile.running.seconds >= 0
    assert (profile.running.verdict.state, profile.running.verdict.reason) == ("blocked", "chan receive (nil chan)")
    assert [frame.text for frame in profile.running.stack if frame.path == __file__] == ["NIL.receive()"]
    assert profile.running_cleanup is None
    (group,) = profile.backlog
    assert (group.type_name, group.count, profile.waiting) == ("test_runtime_diagnosis.Connection", 7, 7)
    assert (profile.finalizers.registered, profile.finalizers.queued, profile.finalizers.executed) == (0, 9, 1)
    assert profile.cleanups.registered == 1
    kinds = {kind.type_name: kind for kind in profile.retained}
    assert kinds["test_runtime_diagnosis.Connection"].count == 7
    assert profile.retained_bytes >= 7 * 1000
    text = rt.format_profile()
    for part in (
        "worker busy",
        "9 queued, 1 executed",
        "[blocked: chan receive (nil chan)]",
        "NIL.receive()",
        "7 waiting:",
        "finalizer of test_runtime_diagnosis.Connection",
        "kept alive by the queue",
    ):
        assert part in text
    del alive


def test_goroutines_are_in_the_profile(rt: Runtime) -> None:
    gate, never = Channel[int](), Channel[int]()
    for _ in range(5):
        rt.go(gate.receive)
    rt.go(lambda: never.send(1))
    for thread in threading.enumerate():
        if thread.name == "test-go":
            inspect_thread(thread)
    groups = rt.profile().goroutines
    assert [(group.count, group.verdict.state, group.verdict.reason) for group in groups] == [
        (5, "blocked", "chan receive"),
        (1, "blocked", "chan send"),
    ]
    assert all(group.site and group.site.startswith(__file__) for group in groups)
    text = rt.format_profile()
    assert "5 goroutines [blocked: chan receive]" in text
    assert "never.send(1)" in text
    gate.close()
    never.receive()


class Owner:
    channel: Channel[None]


def test_who_else_can_feed_it(rt: Runtime) -> None:
    gate = Channel[None]()
    owner = Owner()
    owner.channel = gate

    def waits(it: Thing, gate: Channel[None] = gate) -> None:
        gate.receive()

    rt.set_finalizer(Thing(), waits)
    rt.gc()
    assert not rt.drain()
    running = rt.profile().running
    assert running is not None
    feeders = "\n".join(running.feeders or ())
    assert "Owner.channel" in feeders
    assert f"gate in test_who_else_can_feed_it ({__file__}:" in feeders
    assert "waits" in feeders  # the default of its parameter
    text = rt.format_profile()
    assert "registered at " + __file__ in text
    assert "gate.receive()" in text.split("held by")[0]
    owner.channel.close()


def test_nobody_else_can_feed_it(rt: Runtime) -> None:
    rt.set_finalizer(Thing(), lambda it: Channel[None]().receive())
    rt.gc()
    assert not rt.drain()
    running = rt.profile().running
    assert running is not None
    assert running.feeders == ()
    assert "nobody else holds it" in rt.format_profile()


def test_profile_of_an_idle_world(rt: Runtime) -> None:
    assert rt.profile().worker == "not started"
    rt.set_finalizer(Thing(), lambda it: None)
    collect(rt)
    profile = rt.profile()
    assert (profile.worker, profile.running, profile.backlog, profile.retained) == ("idle", None, (), ())
    assert rt.stuck() is None
    assert len(rt.format_profile().splitlines()) == 1


def test_queued_and_executed_rise_by_the_number_of_objects(rt: Runtime) -> None:
    for _ in range(10):
        rt.set_finalizer(Thing(), lambda it: None)
        rt.add_cleanup(Thing(), lambda it: None, 1)
    collect(rt)
    profile = rt.profile()
    assert profile.finalizers.queued == profile.finalizers.executed == 10
    assert profile.cleanups.queued == profile.cleanups.executed == 10


def test_profile_under_load(rt: Runtime) -> None:
    for _ in range(20):
        for _ in range(100):
            rt.set_finalizer(Thing(), lambda it: None)
        rt.gc()
        assert rt.profile().finalizers.queued % 100 == 0
    assert rt.drain()
    assert rt.profile().finalizers.executed == 2000


def test_watchdog_calls_back_once(log: list[Any]) -> None:
    called = threading.Event()

    def on_stuck(profile: Profile) -> None:
        log.append(profile)
        called.set()

    gate = Channel[None]()
    with Runtime(stuck_after=0.001, on_stuck=on_stuck) as rt:
        rt.set_finalizer(Thing(), lambda it: gate.receive())
        rt.gc()
        assert called.wait(600)
        assert not rt.drain()
        gate.send(None)
        assert rt.drain()
    (profile,) = log
    assert profile.running is not None
    assert profile.running.verdict.reason == "chan receive"


def test_watchdog_warns_and_survives_its_callback(capsys: pytest.CaptureFixture[str]) -> None:
    called = threading.Semaphore(0)

    def on_stuck(profile: Profile) -> None:
        called.release()
        raise KeyError("mine")

    gate = Channel[None]()
    with Runtime(stuck_after=0.001, on_stuck=on_stuck) as rt:
        for _ in range(2):
            rt.set_finalizer(Thing(), lambda it: gate.receive())
            rt.gc()
            assert called.acquire(timeout=600)
            gate.send(None)
            assert rt.drain()
    assert "on_stuck itself raised KeyError" in capsys.readouterr().err


def test_check_finds_what_keeps_itself(rt: Runtime) -> None:
    captured, cyclic, argument, holder, fine, chained = (Thing(name) for name in "abcdef")
    rt.set_finalizer(captured, lambda it, kept=captured: None)
    cyclic.other = Thing(other=cyclic)
    rt.set_finalizer(cyclic, print)
    holder.held = argument
    rt.add_cleanup(argument, print, holder)
    fine.me = fine
    chained.other = fine
    rt.set_finalizer(fine, print)
    rt.set_finalizer(chained, print)
    rt.add_cleanup(fine, print, 1)
    rt.add_cleanup(fine, print, [fine]).stop()
    issues = rt.check()
    assert [issue.callback for issue in issues] == ["finalizer", "finalizer", "cleanup"]
    assert issues[0].path[0] == "function"
    assert issues[0].path[-1] == "worlds.Thing"
    assert "closing over" not in str(issues[0])
    assert "function default of kept -> worlds.Thing; registered at " + __file__ in str(issues[0])
    assert "is reachable from finalizer" in str(issues[1])
    assert "worlds.Thing.other -> worlds.Thing" in str(issues[1])
    assert "is reachable from cleanup or cleanup argument" in str(issues[2])


def test_checkfinalizers_raises_at_the_collection() -> None:
    with Runtime(checkfinalizers=True) as rt:
        thing = Thing()
        rt.set_finalizer(thing, print)
        rt.gc()
        rt.set_finalizer(thing, None)
        rt.set_finalizer(thing, lambda it, kept=thing: None)
        with pytest.raises(FinalizerIssues, match=r"value of type .*Thing is reachable from finalizer"):
            rt.gc()


def test_what_the_worker_drops_meanwhile_is_counted_once_more() -> None:
    """As it happened on 3.13: between making the iterator and its first step the worker dropped something."""

    class Shrinking(deque[object]):
        def __iter__(self) -> Iterator[object]:
            walk = super().__iter__()
            if len(self) > 1:
                self.pop()
            return walk

    assert len(diagnosis._identities(Shrinking([object(), object(), object()]))) == 1
