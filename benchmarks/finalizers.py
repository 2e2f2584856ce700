"""Finalizers per second, against plain weakref.finalize. ``python benchmarks/finalizers.py [COUNT]``."""

from __future__ import annotations

import functools
import gc
import sys
import time
import weakref
from collections.abc import Callable

from finlint.runtime import Cleaner, Runtime


class Thing:
    """An object with a finalizer."""


def timed(name: str, count: int, work: Callable[[], object]) -> None:
    """Prints how many per second of CPU time."""
    gc.collect()
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    print(f"{name:<44} {count / seconds:>12,.0f} /s  {seconds / count * 1e9:>8,.0f} ns each")


def with_weakref(count: int) -> None:
    ran: list[int] = []
    things = [Thing() for _ in range(count)]
    for thing in things:
        weakref.finalize(thing, ran.append, 1)
    del thing
    things.clear()
    assert len(ran) == count


def with_cleaner(count: int) -> None:
    ran: list[int] = []
    with Cleaner() as cleaner:
        things = [Thing() for _ in range(count)]
        for thing in things:
            cleaner.register(thing, ran.append, 1)
        del thing
        things.clear()
        assert cleaner.drain()
    assert len(ran) == count


def nothing() -> None:
    """A callback."""


def closing_over(*held: object) -> Callable[[], object]:
    return lambda: held


def decorated() -> Callable[[], object]:
    function = nothing
    return lambda: function()


CALLBACKS: dict[str, Callable[..., object]] = {
    "function": nothing,
    "method": Thing().__repr__,
    "closure": closing_over(),
    "partial": functools.partial(nothing),
    "closure over a function": decorated(),
    "closure over functions in a tuple": closing_over(nothing, decorated()),
}


def costs_of_registering(count: int) -> None:
    """Prints what a Cleaner costs beside weakref.finalize, for callbacks that hold more and more."""

    def spent(register: Callable[..., object], callback: Callable[..., object], finish: Callable[[], object]) -> float:
        things = [Thing() for _ in range(count)]
        start = time.process_time()
        for thing in things:
            register(thing, callback)
        del thing
        things.clear()
        finish()
        return time.process_time() - start

    with Cleaner() as cleaner:
        for name, callback in CALLBACKS.items():
            ratios = sorted(
                spent(cleaner.register, callback, cleaner.drain) / spent(weakref.finalize, callback, gc.get_count)
                for _ in range(9)
            )
            print(f"Cleaner / weakref.finalize, {name:<36} {ratios[4]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def with_set_finalizer(rt: Runtime, count: int) -> None:
    ran: list[int] = []
    for _ in range(count):
        rt.set_finalizer(Thing(), lambda it: ran.append(1))
    rt.gc()
    assert rt.drain()
    assert len(ran) == count


def with_add_cleanup(rt: Runtime, count: int) -> None:
    ran: list[int] = []
    for _ in range(count):
        rt.add_cleanup(Thing(), ran.append, 1)
    rt.gc()
    assert rt.drain()
    assert len(ran) == count


def set_and_clear(rt: Runtime, count: int) -> None:
    thing = Thing()
    for _ in range(count):
        rt.set_finalizer(thing, print)
        rt.set_finalizer(thing, None)


def add_and_stop(rt: Runtime, count: int) -> None:
    thing = Thing()
    for _ in range(count):
        rt.add_cleanup(thing, print, 1).stop()


def look_at_living(rt: Runtime, count: int) -> None:
    rt.gc()


class Node:
    """An object of a large graph."""

    def __init__(self, other: Node | None) -> None:
        self.other = other
        self.list = [other]


def reach_of_one(rt: Runtime, count: int) -> None:
    """What a collection costs where one object with a finalizer reaches a large graph, against CPython's own."""
    nodes: list[Node] = [Node(None)]
    for number in range(count // 3):
        nodes.append(Node(nodes[number // 2]))
    root = Node(None)
    root.list.extend(nodes)
    nodes.clear()
    rt.set_finalizer(root, print)
    gc.collect()
    start = time.process_time()
    gc.collect()
    theirs = time.process_time() - start
    rt.gc()
    ours = time.process_time() - start - theirs
    print(f"gc() over a graph of {count:,} objects: {ours / theirs:.1f} times gc.collect()")
    rt.set_finalizer(root, None)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"Python {sys.version.split()[0]}, {count:,} objects")
    timed("weakref.finalize: register, die, run", count, lambda: with_weakref(count))
    timed("Cleaner: register, die, run", count, lambda: with_cleaner(count))
    costs_of_registering(count // 25)
    with Runtime() as rt:
        timed("set_finalizer: register, gc, run", count, lambda: with_set_finalizer(rt, count))
        timed("add_cleanup: register, gc, run", count, lambda: with_add_cleanup(rt, count))
        timed("set_finalizer: set and clear", count, lambda: set_and_clear(rt, count))
        timed("add_cleanup: add and stop", count, lambda: add_and_stop(rt, count))
        reach_of_one(rt, 300_000)
        living = [Thing() for _ in range(count)]
        for thing in living:
            rt.set_finalizer(thing, print)
        timed("gc over living objects with finalizers", count, lambda: look_at_living(rt, count))


if __name__ == "__main__":
    main()
