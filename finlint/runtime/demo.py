"""The post-mortem replayed in three acts: ``python -m finlint.runtime.demo``.

Act one and two are the programs of the post, with the output that Go prints for them; act three shows what the profile
says about the leak, and the repair. Only who starves is promised, not a general order of finalizers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from finlint.runtime import Channel, Runtime

Write = Callable[[str], object]


class TestStruct:
    """An object with a finalizer."""

    __test__ = False  # not for pytest


class A:
    """The victim; carries memory, so that the leak can be measured."""

    def __init__(self) -> None:
        self.memory = bytearray(100_000)


class B:
    """The culprit: its finalizer receives from a channel."""


class C:
    """Registered last, so its finalizer runs first."""


def act_one(write: Write) -> None:
    """Basic finalizer."""
    with Runtime() as rt:
        thing = TestStruct()
        rt.set_finalizer(thing, lambda it: write("gc Finalizer"))
        write("== start ===")
        del thing
        write("== ... ===")
        for _ in range(10):
            rt.gc()
            rt.drain()
        write("== end ===")


def act_two(write: Write) -> None:
    """A, B and C; nobody ever sends what B waits for. C runs, B blocks, A starves."""
    done = Channel[None]()
    with Runtime() as rt:
        a, b, c = A(), B(), C()
        rt.set_finalizer(a, lambda it: write("gc Finalizer A"))
        rt.set_finalizer(b, lambda it: (done.receive(), write("gc Finalizer B")))  # finlint: ignore[FIN101] -- as said
        rt.set_finalizer(c, lambda it: write("gc Finalizer C"))
        write("== start ===")
        del a, b, c
        write("== ... ===")
        for _ in range(10):
            rt.gc()
            rt.drain()
        write("== end ===")


def act_three(write: Write) -> None:
    """The memory of each A stays; the profile names B's receive; offloaded, it holds nobody up."""
    done = Channel[None]()
    collected: list[str] = []

    def finalize_b(it: B) -> None:
        done.receive()  # finlint: ignore[FIN101] -- as said

    def finalize_b_elsewhere(it: B) -> None:
        rt.go(done.receive)

    with Runtime() as rt:
        rt.set_finalizer(B(), finalize_b)
        rt.gc()
        for _ in range(3):
            for _ in range(10):
                rt.set_finalizer(A(), lambda it: collected.append("A"))
            rt.gc()
            rt.drain()
            megabytes = rt.profile().retained_bytes / 1e6
            write(f"{len(collected)} of A finalized, {megabytes:.1f} MB kept by the queue")
        write(rt.format_profile())

    with Runtime() as rt:
        rt.set_finalizer(B(), finalize_b_elsewhere)
        for _ in range(30):
            rt.set_finalizer(A(), lambda it: collected.append("A"))
        rt.gc()
        drained = rt.drain()
        write(
            f"offloaded: drained {drained}, {len(collected)} of A finalized, {rt.profile().retained_bytes} bytes kept"
        )


def main(write: Write = print) -> int:
    """Plays the three acts."""
    for number, act in enumerate((act_one, act_two, act_three), 1):
        write(f"-- act {number}: {act.__doc__}")
        act(write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
