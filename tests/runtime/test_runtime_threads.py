"""The table "Threads, method by method" of docs/runtime.md: it is complete, and what it says is so."""

from __future__ import annotations

import inspect
import itertools
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from interruptions import everywhere
from worlds import Thing

import finlint.runtime
from finlint.runtime import (
    NIL,
    Channel,
    Cleaner,
    Cond,
    Context,
    Goexit,
    Mutex,
    Once,
    ReentrantUseError,
    Runtime,
    RWMutex,
    WaitGroup,
    after,
    cleaner,
    default_runtime,
    goexit,
    inspect_thread,
    select,
)

PAGE = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text("utf-8")
SECTION = PAGE.partition("## Threads, method by method")[2].partition("\n## ")[0]
ROWS = [
    (re.findall(r"`([\w.]+)`", calls), promise, waits)
    for calls, promise, waits in re.findall(r"^\| (.*) \| (.*) \| (.*) \|$", SECTION, re.M)
    if "`" in calls
]
PROMISES = {call: promise for calls, promise, _ in ROWS for call in calls}


def public_calls() -> Iterator[str]:
    """Functions of the package and methods of its classes but for records and exceptions."""
    for name in finlint.runtime.__all__:
        value = getattr(finlint.runtime, name)
        if not inspect.isclass(value):
            if callable(value) and name not in vars(Runtime):  # those of the default one are listed with Runtime
                yield name
        elif not issubclass(value, BaseException) and value.__module__.rpartition(".")[2] not in ("profile", "select"):
            yield from (
                f"{name}.{m}" for m, it in vars(value).items() if not m.startswith("_") and inspect.isfunction(it)
            )


def test_every_function_and_method_has_one_row() -> None:
    listed = [call for calls, _, _ in ROWS for call in calls]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(public_calls())


def calls(rt: Runtime) -> dict[str, Callable[[], object]]:
    """Each call of the table in a state in which it need not wait, again and again, from any number of threads."""
    room, closed, ready = Channel[int](1_000_000), Channel[int](), Channel[int](1_000_000)
    closed.close()
    for n in range(3_000):
        ready.send(n)
    mutex, read, group, context = Mutex(), RWMutex(), WaitGroup(), Context()
    condition, disposal = Cond(Mutex()), Cleaner()
    shared = rt.add_cleanup(kept[0], int, 0)
    group.add(1)

    def end(call: Callable[[], object]) -> Callable[[], None]:
        def ends() -> None:
            with pytest.raises(Goexit):
                call()

        return ends

    def waits_for_a_signal() -> None:
        mine = Cond(Mutex())
        mine.mutex.lock()
        rt.go(lambda: (mine.mutex.lock(), mine.broadcast(), mine.mutex.unlock()))
        mine.wait()
        mine.mutex.unlock()

    def locked(lock: Any, take: str, give: str) -> Callable[[], None]:
        def both() -> None:
            if getattr(lock, take)() is not False:
                getattr(lock, give)()

        return both

    def of_a_new(make: Callable[[], Any], *names: str) -> Callable[[], None]:
        def run() -> None:
            it = make()
            for name in names:
                getattr(it, name)()

        return run

    return {
        "Runtime.set_finalizer": lambda: rt.set_finalizer(Thing(), print_nothing),
        "Runtime.add_cleanup": lambda: rt.add_cleanup(Thing(), print_nothing, 1),
        "Cleanup.stop": shared.stop,
        "Runtime.gc": rt.gc,
        "Runtime.go": lambda: rt.go(int),
        "WaitGroup.go": lambda: WaitGroup().go(rt, int),
        "Runtime.keep_alive": lambda: rt.keep_alive(1),
        "Runtime.check": rt.check,
        "goexit": end(goexit),
        "default_runtime": default_runtime,
        "Runtime.profile": rt.profile,
        "Runtime.format_profile": rt.format_profile,
        "Runtime.drain": lambda: rt.drain(0.001),
        "Runtime.stuck": Runtime().stuck,
        "Runtime.close": lambda: Runtime().close(),
        "Channel.send": lambda: room.send(1),
        "Channel.receive": closed.receive,
        "Channel.receive_ok": closed.receive_ok,
        "select": lambda: select(NIL, closed),
        "Mutex.lock": locked(mutex, "lock", "unlock"),
        "RWMutex.lock": locked(read, "lock", "unlock"),
        "RWMutex.rlock": locked(read, "rlock", "runlock"),
        "WaitGroup.wait": lambda: WaitGroup().wait(),
        "Cond.wait": waits_for_a_signal,
        "Once.do": lambda: Once().do(int),
        "Channel.try_send": lambda: room.try_send(1),
        "Channel.try_receive": ready.try_receive,
        "Mutex.try_lock": locked(mutex, "try_lock", "unlock"),
        "RWMutex.try_lock": locked(read, "try_lock", "unlock"),
        "RWMutex.try_rlock": locked(read, "try_rlock", "runlock"),
        "Channel.close": of_a_new(Channel, "close"),
        "Mutex.unlock": of_a_new(Mutex, "lock", "unlock"),
        "RWMutex.unlock": of_a_new(RWMutex, "lock", "unlock"),
        "RWMutex.runlock": of_a_new(RWMutex, "rlock", "runlock"),
        "Cond.signal": condition.signal,
        "Cond.broadcast": condition.broadcast,
        "WaitGroup.add": lambda: group.add(1),
        "WaitGroup.done": of_a_new(WaitGroup, "add", "done"),
        "Context.with_cancel": lambda: context.with_cancel().cancel(),
        "Context.with_timeout": lambda: context.with_timeout(100).cancel(),
        "Context.cancel": lambda: Context().cancel(),
        "Context.err": context.err,
        "after": lambda: after(100),
        "Cleaner.register": lambda: disposal.register(Thing(), int),
        "cleaner": cleaner,
        "Cleanable.detach": lambda: disposal.register(kept[0], int).detach(),
        "Cleanable.clean": lambda: disposal.register(kept[0], int).clean(),
        "Cleaner.stats": disposal.stats,
        "Cleaner.stuck": disposal.stuck,
        "Cleaner.drain": lambda: disposal.drain(0.001),
        "Cleaner.close": lambda: Cleaner().close(),
        "inspect_thread": lambda: inspect_thread(threading.current_thread()),
    }


kept = [Thing()]


def print_nothing(_: object) -> None:
    """A finalizer."""


#: What looks at threads for a while, so that a few times are enough.
SLOW = ("inspect_thread", "Runtime.profile", "Runtime.format_profile", "Runtime.drain", "Runtime.close")


@pytest.mark.parametrize("call", sorted(PROMISES))
def test_several_threads_at_once(call: str, rt: Runtime) -> None:
    function = calls(rt)[call]
    wrong: list[BaseException] = []
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        try:
            for _ in range(1 if call in SLOW else 25):
                function()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def intruder(function: Callable[[], object], answers: set[str]) -> Callable[[], None]:
    """Calls ``function`` and adds to ``answers`` what came of it."""

    def intrude() -> None:
        try:
            function()
            answers.add("works")
        except ReentrantUseError:
            answers.add("refused")

    return intrude


@pytest.mark.parametrize("call", sorted(PROMISES))
def test_in_an_interruption(call: str, rt: Runtime) -> None:
    """Between any two bytecodes of an operation of a channel: it works, or is refused where the table says so."""
    function = calls(rt)[call]
    channel = Channel[int](1)
    answers: set[str] = set()

    def operation() -> None:
        channel.try_send(1)
        channel.try_receive()

    step = 45 if call in SLOW else 7
    for interruption in everywhere(intruder(function, answers), checked=False, step=step):
        with interruption:
            operation()
    refused = PROMISES[call].startswith("refused")
    at_work = call in ("Runtime.profile", "Runtime.format_profile")  # refused elsewhere: the next test
    assert answers == ({"works", "refused"} if refused and not at_work else {"works"})


@pytest.mark.parametrize("call", ["Runtime.profile", "Runtime.format_profile", "Runtime.gc"])
def test_inside_a_collection_of_the_runtime(call: str, rt: Runtime) -> None:
    function = calls(rt)[call]
    gate = Channel[int]()
    for _ in range(2):  # one that is stuck, one that waits behind it and retains something
        rt.set_finalizer(Thing(), lambda _: gate.receive())
        rt.gc()
    answers: set[str] = set()

    for interruption in itertools.islice(everywhere(intruder(function, answers), checked=False, step=29), 60):
        with interruption:
            thing = Thing()
            rt.set_finalizer(thing, print_nothing)
            del thing
            rt.gc()
    gate.close()
    assert answers == ({"works"} if call == "Runtime.gc" else {"works", "refused"})
