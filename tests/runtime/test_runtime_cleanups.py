"""Cleanups: rows C of the table in docs/runtime.md."""

from __future__ import annotations

import functools
import threading
import weakref
from typing import Any

import pytest
from interruptions import everywhere
from worlds import Thing, collect

from finlint.runtime import NIL, Channel, Cleanup, Runtime


def test_runs_with_its_argument(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.add_cleanup(thing, log.append, "gone")
    collect(rt)
    assert log == []
    del thing
    collect(rt, 3)
    assert log == ["gone"]


def test_the_object_is_freed_at_once(rt: Runtime) -> None:
    thing = Thing()
    death = weakref.ref(thing)
    rt.add_cleanup(thing, print, "gone")
    del thing
    assert death() is None


def test_several_on_one_object_newest_first(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    for number in range(5):
        rt.add_cleanup(thing, log.append, number)
    del thing
    collect(rt)
    assert log == [4, 3, 2, 1, 0]


def test_several_objects_oldest_first(rt: Runtime, log: list[Any]) -> None:
    things = [Thing() for _ in range(5)]
    for number, thing in enumerate(things):
        rt.add_cleanup(thing, log.append, number)
    del thing
    things.clear()
    collect(rt)
    assert log == [0, 1, 2, 3, 4]


def test_stop(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    kept = [rt.add_cleanup(thing, log.append, number) for number in range(5)]
    assert kept[1].stop()
    assert kept[3].stop()
    assert not kept[3].stop()
    del thing
    collect(rt)
    assert log == [4, 2, 0]
    assert not kept[0].stop()


def test_zero_cleanup_stops_nothing() -> None:
    assert not Cleanup().stop()


def test_stop_of_an_object_without_weak_references(rt: Runtime, log: list[Any]) -> None:
    thing = [1]
    rt.add_cleanup(thing, log.append, "kept")
    rt.add_cleanup(thing, log.append, "stopped").stop()
    del thing
    collect(rt)
    assert log == ["kept"]


def test_cycles_are_no_obstacle(rt: Runtime, log: list[Any]) -> None:
    left, right = Thing("l"), Thing("r")
    left.other, right.other = right, left
    rt.add_cleanup(left, log.append, "left")
    rt.add_cleanup(right, log.append, "right")
    ring: list[Any] = []
    ring.append(ring)
    rt.add_cleanup(ring, log.append, "ring")
    del left, right, ring
    collect(rt)
    assert sorted(log) == ["left", "right", "ring"]


@pytest.mark.parametrize("thing", [Thing, list])
def test_runs_one_collection_after_the_finalizer(rt: Runtime, log: list[Any], thing: Any) -> None:
    it = thing()
    rt.add_cleanup(it, log.append, "cleanup")
    rt.set_finalizer(it, lambda it: log.append("finalizer"))
    del it
    collect(rt)
    assert log == ["finalizer"]
    collect(rt)
    assert log == ["finalizer", "cleanup"]


def test_waits_for_the_finalizer_of_what_refers_to_it(rt: Runtime, log: list[Any]) -> None:
    child: list[int] = []
    rt.add_cleanup(child, log.append, "child")
    rt.set_finalizer(Thing(child=child), lambda it: log.append("parent"))
    del child
    collect(rt)
    assert log == ["parent"]
    collect(rt)
    assert log == ["parent", "child"]


def test_not_stuck_behind_finalizers_nor_they_behind_it(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Thing(), lambda it: NIL.receive())
    rt.gc()
    for number in range(50):
        rt.add_cleanup(Thing(), log.append, number)
    rt.gc()
    assert not rt.drain()
    assert log == list(range(50))
    with Runtime() as other:
        log.clear()
        other.add_cleanup(Thing(), lambda it: NIL.receive(), None)
        other.gc()
        assert not other.drain()
        stuck = other.stuck()
        assert stuck is not None
        assert stuck.running.callback == "cleanup"
        other.set_finalizer(Thing(), lambda it: log.append("finalizer"))
        other.gc()
        assert not other.drain()
        assert log == ["finalizer"]


def test_one_stuck_cleanup_starves_the_others(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    things = [Thing() for _ in range(5)]
    for number, thing in enumerate(things):
        rt.add_cleanup(thing, lambda it: gate.receive() if it == 2 else log.append(it), number)
    del thing
    things.clear()
    rt.gc()
    assert not rt.drain()
    assert log == [0, 1]
    gate.send(None)
    assert rt.drain()
    assert log == [0, 1, 3, 4]


def test_refuses_none(rt: Runtime) -> None:
    with pytest.raises(TypeError, match="first argument is None"):
        rt.add_cleanup(None, print, 1)


def test_refuses_the_object_as_argument(rt: Runtime) -> None:
    thing = Thing()
    with pytest.raises(ValueError, match="obj is equal to arg, cleanup will never run"):
        rt.add_cleanup(thing, print, thing)
    with pytest.raises(ValueError, match="arg is a bound method of obj"):
        rt.add_cleanup(thing, print, thing.__init__)  # type: ignore[misc]
    with pytest.raises(ValueError, match="arg is the __dict__ of obj"):
        rt.add_cleanup(thing, print, vars(thing))


def test_refuses_a_function_that_closes_over_the_object(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    for fn in (
        lambda it: log.append(thing),
        lambda it, more=thing: None,
        lambda it, *, more=thing: None,
        thing.__getattr__,
        functools.partial(lambda one, two: None, thing),
        functools.partial(thing.__getattr__),
        (ring := [1]).append,
    ):
        owner: object = ring if fn is not None and getattr(fn, "__self__", None) is ring else thing
        with pytest.raises(ValueError, match="closes over obj, cleanup will never run"):
            rt.add_cleanup(owner, fn, 1)


def test_indirect_references_pass_and_never_run(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.add_cleanup(thing, log.append, [thing])
    del thing
    collect(rt, 3)
    assert log == []


def test_its_own_thread(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Thing(), lambda it: log.append(threading.current_thread().name))
    rt.add_cleanup(Thing(), lambda it: log.append(threading.current_thread().name), None)
    collect(rt)
    assert sorted(log) == ["test-cleanups", "test-finalizers"]


def test_registering_in_the_middle_of_registering_for_the_same_object(rt: Runtime, log: list[Any]) -> None:
    """A signal handler or another thread may, at every place."""
    things: list[Thing] = []
    registered = 0
    for interruption in everywhere(lambda: rt.add_cleanup(things[-1], log.append, "within"), checked=False, step=3):
        things.append(Thing())
        with interruption:
            rt.add_cleanup(things[-1], log.append, "itself")
        registered += 1 + interruption.reached
    things.clear()
    collect(rt)
    assert len(log) == registered
