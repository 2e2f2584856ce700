"""`Cleaner`: rows K of the table in docs/runtime.md."""

from __future__ import annotations

import functools
import gc
import os
import random
import subprocess
import sys
import textwrap
import threading
import types
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from counting import counted
from interruptions import everywhere
from worlds import Thing

from finlint.runtime import Cleanable, Cleaner, Failure, Run, Stall, arguments, disposal
from finlint.runtime import cleaner as default_cleaner


@pytest.fixture
def cleaner(_no_thread_left: None) -> Iterator[Cleaner]:
    made = Cleaner("test-cleaner", on_error=lambda failure: None)
    yield made
    assert made.close(60)


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=600, check=False
    )


def test_runs_once_on_its_thread_without_any_collection(cleaner: Cleaner, log: list[Any]) -> None:
    thing = Thing()
    cleanable = cleaner.register(thing, lambda *a, **k: log.append((a, k, threading.current_thread().name)), 1, two=2)
    assert cleanable.alive
    assert cleaner.drain()
    assert log == []
    del thing
    assert cleaner.drain()
    assert log == [((1,), {"two": 2}, "test-cleaner")]
    assert not cleanable.alive
    assert not cleanable.clean()
    assert not cleanable.detach()


def test_objects_on_cycles(cleaner: Cleaner, log: list[Any]) -> None:
    for number in range(100):
        thing = Thing()
        thing.me = thing
        cleaner.register(thing, log.append, number)
    del thing
    gc.collect()
    assert cleaner.drain()
    assert sorted(log) == list(range(100))


def test_death_while_the_lock_that_the_callback_wants_is_held(cleaner: Cleaner, log: list[Any]) -> None:
    """What self-deadlocks with ``weakref.finalize`` (FIN102)."""
    lock = threading.Lock()

    def callback() -> None:
        with lock:
            log.append("locked")

    thing = Thing()
    cleaner.register(thing, callback)
    with lock:
        del thing
        assert log == []
    assert cleaner.drain()
    assert log == ["locked"]


def test_clean_runs_now_and_here_and_once(cleaner: Cleaner, log: list[Any]) -> None:
    thing = Thing()
    cleanable = cleaner.register(thing, lambda: log.append(threading.current_thread()))
    assert cleanable.clean()
    assert not cleanable()
    del thing
    assert cleaner.drain()
    assert log == [threading.current_thread()]


def test_clean_raises_what_the_callback_raises(cleaner: Cleaner) -> None:
    def fails() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cleaner.register(cleaner, fails).clean()


def test_context_manager(cleaner: Cleaner, log: list[Any]) -> None:
    thing = Thing()
    with cleaner.register(thing, log.append, "closed"):
        assert log == []
    assert log == ["closed"]


def test_detach_until_it_has_begun(cleaner: Cleaner, log: list[Any]) -> None:
    entered, gate = threading.Event(), threading.Event()
    first, second = Thing(), Thing()
    running = cleaner.register(first, lambda: (entered.set(), gate.wait(), log.append("first")))
    queued = cleaner.register(second, log.append, "second")
    del first, second
    entered.wait()
    assert not running.detach()
    assert queued.detach()  # its object is gone, it has not begun
    gate.set()
    assert cleaner.drain()
    assert log == ["first"]


def test_what_has_run_or_was_detached_keeps_nothing(cleaner: Cleaner) -> None:
    ran, cancelled = Thing("ran"), Thing("cancelled")
    refs = [weakref.ref(ran), weakref.ref(cancelled)]
    thing = Thing()
    handles = [cleaner.register(thing, lambda held: None, ran), cleaner.register(thing, print, cancelled)]
    handles[1].detach()
    del ran, cancelled, thing
    assert cleaner.drain()
    assert [ref() for ref in refs] == [None, None]
    assert [handle.alive for handle in handles] == [False, False]


def test_refuses_what_holds_the_object(cleaner: Cleaner) -> None:
    class Resource:
        def close(self) -> None: ...

        def register(self) -> Any:
            return cleaner.register(self, lambda: self.close())

    class Calls:
        def __init__(self, held: object) -> None:
            self.held = held

        def __call__(self) -> None: ...

    resource = Resource()
    other = functools.partial(print, resource)
    for fn, args in (
        (print, (resource,)),
        (resource.close, ()),
        (functools.partial(print, resource), ()),
        (functools.partial(print, end=resource), ()),
        (functools.partial(resource.close), ()),
        (lambda kept=resource: None, ()),
        (lambda *, kept=resource: None, ()),
        (lambda: other(), ()),
        (Calls(resource), ()),
        (types.MethodType(Calls.__call__, resource), ()),
        (resource.__str__, ()),
        (print, (resource.close,)),
        (print, (lambda: other(),)),
        (print, (functools.partial(resource.close),)),
        (print, ((1, (resource, 2)),)),
        (print, (frozenset([resource]),)),
        (print, (vars(resource),)),
    ):
        with pytest.raises(ValueError, match="register: "):
            cleaner.register(resource, fn, *args)
    with pytest.raises(ValueError, match="register: "):
        cleaner.register(resource, print, end=resource)
    with pytest.raises(ValueError, match="holds obj"):
        resource.register()
    with pytest.raises(TypeError, match="not a function"):
        cleaner.register(resource, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="weak reference"):
        cleaner.register(1, print)
    assert cleaner.stats().registered == 0


def _around(chance: random.Random, inner: Any) -> Any:
    """Something that holds `inner` for good, beside other things."""

    def default(a: Any = inner) -> Any: ...
    def keyword(*, a: Any = inner) -> Any: ...

    others = [chance.choice([1, "a", print, Thing(), a_function, (), {}, [1]]) for _ in range(chance.randrange(4))]
    at = chance.randrange(len(others) + 1)
    row = (*others[:at], inner, *others[at:])
    method = types.MethodType(print, inner)
    partial = functools.partial(inner if callable(inner) else print, *row, key=chance.choice(others or [1]))
    return chance.choice([row, default, keyword, method, partial, lambda: row])


@pytest.mark.parametrize("seed", range(300))
def test_what_is_held_is_found_however_deep(seed: int) -> None:
    """The quick answer is the full one: both for callbacks and for arguments."""
    chance = random.Random(seed)
    obj, other = Thing(), Thing()
    depth = chance.randrange(1, 6)

    def callback(thing: object) -> Any:
        for _ in range(depth):
            thing = _around(chance, thing)
        return thing if callable(thing) else functools.partial(print, thing)

    good, bad = callback(other), callback(obj)
    arguments.check_held(obj, good, (good,), {"a": good})
    with pytest.raises(ValueError, match="function holds obj"):
        arguments.check_held(obj, bad, (), {})
    with pytest.raises(ValueError, match="argument holds obj"):
        arguments.check_held(obj, print, (1, bad), {})
    with pytest.raises(ValueError, match="argument holds obj"):
        arguments.check_held(obj, print, (), {"a": bad})


def test_a_callback_that_holds_itself_is_asked_to_its_end() -> None:
    obj, circle = Thing(), functools.partial(print)
    circle.__setstate__((circle, (), {}, {}))  # type: ignore[attr-defined]
    arguments.check_held(obj, circle, (circle,), {})
    circle.__setstate__((circle, (obj,), {}, {}))  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="function holds obj"):
        arguments.check_held(obj, circle, (), {})


def test_accepts_what_holds_the_object_for_a_while(cleaner: Cleaner, log: list[Any]) -> None:
    """A parent that is told of the end of a child which it still has in a list is an ordinary program."""

    class Parent:
        def __init__(self) -> None:
            self.children = [Thing()]
            self.latest: Thing | None = self.children[0]
            cleaner.register(self.latest, self.lost, self.children)

        def lost(self, children: list[Thing]) -> None:
            log.append(len(children))

    parent = Parent()
    parent.children.clear()
    parent.latest = None
    assert cleaner.drain()
    assert log == [0]


def test_failures_are_told_and_the_others_run(log: list[Any]) -> None:
    failures: list[Failure] = []
    with Cleaner("fails", on_error=failures.append) as cleaner:
        things = [Thing() for _ in range(3)]
        cleaner.register(things[0], lambda: 1 / 0)
        cleaner.register(things[1], sys.exit)
        cleaner.register(things[2], log.append, 1)
        things.clear()
        assert cleaner.drain()
        stats = cleaner.stats()
    assert log == [1]
    assert sorted(failure.message.partition(":")[0] for failure in failures) == ["SystemExit", "ZeroDivisionError"]
    assert (stats.executed, stats.failed, stats.queued, stats.registered) == (3, 2, 0, 0)


def test_metrics(log: list[Any]) -> None:
    runs: list[Run] = []

    def metrics(run: Run) -> None:
        runs.append(run)
        raise ValueError("of the hook")

    with Cleaner("metrics", metrics=metrics, on_error=lambda failure: log.append(failure.message)) as cleaner:
        thing = Thing()
        cleaner.register(thing, lambda: None)
        del thing
        assert cleaner.drain()
    assert runs[0].function.startswith("test_runtime_cleaner.test_metrics.<locals>.<lambda> (")
    assert runs[0].seconds >= 0
    assert runs[0].error is None
    assert log == ["ValueError: of the hook"]


def test_stuck_is_reported_once_and_replaced(log: list[Any]) -> None:
    stalls: list[Stall] = []
    told, gate, left = threading.Event(), threading.Event(), threading.Event()

    def on_stuck(stall: Stall) -> None:
        stalls.append(stall)
        told.set()

    cleaner = Cleaner("stuck", stuck_after=0.001, on_stuck=on_stuck, replace_stuck=True)
    thing, other = Thing(), Thing()
    cleaner.register(thing, lambda: (gate.wait(), left.set()))
    cleaner.register(other, log.append, "other")
    del thing, other
    assert told.wait(600)
    assert cleaner.drain()
    assert log == ["other"]
    gate.set()
    assert left.wait(600)
    assert cleaner.close()
    assert cleaner.stats().replaced >= 1
    assert "gate.wait()" in str(stalls[0])


def test_stuck_without_a_watch(cleaner: Cleaner) -> None:
    entered, gate = threading.Event(), threading.Event()
    thing = Thing()
    cleaner.register(thing, lambda: (entered.set(), gate.wait()))
    del thing
    entered.wait()
    stall = cleaner.stuck(0)
    assert stall is not None
    assert stall.function.startswith("test_runtime_cleaner.test_stuck_without_a_watch")
    assert cleaner.stuck(3600) is None
    assert not cleaner.drain(0)
    gate.set()
    assert cleaner.drain()


def test_a_del_that_blocks_after_the_callback_is_seen(cleaner: Cleaner) -> None:
    entered, gate = threading.Event(), threading.Event()

    class Dies:
        def __del__(self) -> None:
            entered.set()
            gate.wait()

    thing = Thing()
    cleaner.register(thing, lambda held: None, Dies())
    del thing
    entered.wait()
    assert cleaner.stuck(0) is not None
    gate.set()
    assert cleaner.drain()


def test_a_dropped_cleaner_serves_what_is_registered_and_ends(log: list[Any]) -> None:
    cleaner = Cleaner("dropped-cleaner")
    thing = Thing()
    cleaner.register(thing, log.append, "served")
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "dropped-cleaner"]
    del cleaner
    gc.collect()
    del thing
    thread.join()
    assert log == ["served"]


def test_close_runs_what_is_left(log: list[Any]) -> None:
    with Cleaner("left") as cleaner:
        alive = [Thing() for _ in range(3)]
        for number, thing in enumerate(alive):
            cleaner.register(thing, log.append, number)
    assert log == [2, 1, 0]
    with pytest.raises(RuntimeError, match="closed"):
        cleaner.register(alive[0], print)
    assert cleaner.close()


def test_register_in_a_del_and_in_a_callback(cleaner: Cleaner, log: list[Any]) -> None:
    class Dies:
        def __del__(self) -> None:
            last = Thing()
            cleaner.register(last, log.append, "from del")

    def again() -> None:
        another = Thing()
        cleaner.register(another, log.append, "from callback")

    thing = Thing()
    cleaner.register(thing, again)
    del thing
    Dies()
    assert cleaner.drain()
    assert cleaner.drain()
    assert sorted(log) == ["from callback", "from del"]


def test_register_waits_for_no_other_thread(log: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for one that starts the cleaner's: it may wait for what the interrupted code holds."""
    cleaner = Cleaner("starts")
    begin = disposal.start_thread

    def start_thread(thread: threading.Thread) -> None:
        other = threading.Thread(target=lambda: cleaner.register(Thing(), log.append, "other"))
        monkeypatch.setattr(disposal, "start_thread", begin)
        other.start()
        other.join(60)
        assert not other.is_alive()
        begin(thread)

    monkeypatch.setattr(disposal, "start_thread", start_thread)
    cleaner.register(Thing(), log.append, "mine")
    assert cleaner.close(60)
    assert sorted(log) == ["mine", "other"]


def test_where_no_thread_can_be_started_the_next_registration_tries_again(
    log: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    cleaner = Cleaner("fails")
    with monkeypatch.context() as patch:
        patch.setattr(disposal, "start_thread", fail)
        with pytest.raises(RuntimeError, match="can't start"):
            cleaner.register(Thing(), log.append, "never registered")
    cleaner.register(Thing(), log.append, "ran")
    assert cleaner.close(60)
    assert log == ["ran"]


def test_an_exception_while_registering_ends_no_cleaner(log: list[Any]) -> None:
    def intrude() -> None:
        raise KeyboardInterrupt

    for interruption in everywhere(intrude, checked=True):
        log.clear()
        cleaner = Cleaner("interrupted")
        try:
            with interruption:
                cleaner.register(Thing(), log.append, "first")
        except KeyboardInterrupt:
            pass
        cleaner.register(Thing(), log.append, "second")
        assert cleaner.close(60)
        assert "second" in log


def test_close_in_the_middle_of_a_registration() -> None:
    """It is refused or served, and `close` does not wait for the object."""
    thing = Thing()
    closers: list[threading.Thread] = []
    for interruption in everywhere(lambda: closers[0].start(), checked=False):
        cleaner = Cleaner("closed")
        cleaner.register(Thing(), int)
        closers[:] = [threading.Thread(target=cleaner.close)]
        handle = None
        try:
            with interruption:
                handle = cleaner.register(thing, int)
        except RuntimeError:
            assert cleaner._disposal.closed
        if not interruption.reached:
            closers[0].start()
        closers[0].join(60)
        assert not closers[0].is_alive()
        assert handle is None or not handle.alive


def test_many_threads(cleaner: Cleaner) -> None:
    ran: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 5000):
            thing = Thing()
            handle = cleaner.register(thing, ran.append, number)
            if number % 10 == 0:
                del thing
                handle.clean()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 40000, 5000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cleaner.drain()
    assert sorted(ran) == list(range(40000))
    assert cleaner.stats().registered == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork(cleaner: Cleaner, log: list[Any]) -> None:
    entered, gate = threading.Event(), threading.Event()
    blocker, thing, late = Thing(), Thing(), Thing()
    reader, writer = os.pipe()
    cleaner.register(blocker, lambda: (entered.set(), gate.wait()))
    cleaner.register(thing, os.write, writer, b"parent's ")
    cleaner.register(late, os.write, writer, b"both's ")
    del blocker, thing
    entered.wait()
    child = os.fork()
    if child == 0:
        try:
            del late
            done = cleaner.drain(60)
            new = Thing()
            cleaner.register(new, os.write, writer, b"child's ")
            del new
            done = done and cleaner.drain(60)
        finally:
            os._exit(7 if done else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert os.read(reader, 100) == b"both's child's "
    gate.set()
    assert cleaner.drain()
    assert os.read(reader, 100) == b"parent's "
    del late
    assert cleaner.drain()
    assert os.read(reader, 100) == b"both's "
    os.close(reader)
    os.close(writer)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_what_a_fork_inherits_dies_on_the_childs_thread(cleaner: Cleaner) -> None:
    entered, gate = threading.Event(), threading.Event()
    died_on: list[str] = []

    class Held:
        def __del__(self) -> None:
            died_on.append(threading.current_thread().name)

    blocker, thing = Thing(), Thing()
    cleaner.register(blocker, lambda: (entered.set(), gate.wait()))
    cleaner.register(thing, print, Held())
    del blocker
    entered.wait()
    del thing
    child = os.fork()
    if child == 0:
        status = 1
        try:
            before, drained = list(died_on), cleaner.drain()
            new = Thing()
            cleaner.register(new, int)
            del new
            status = 7 if cleaner.drain() and drained and (before, died_on) == ([], ["test-cleaner"]) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    gate.set()


def test_exit_runs_what_is_left_but_what_is_not_to() -> None:
    done = run_python(
        """
        from finlint.runtime import Cleaner
        class Thing: pass
        cleaner = Cleaner(at_exit=60)
        alive = [Thing() for _ in range(3)]
        for number, thing in enumerate(alive):
            handle = cleaner.register(thing, print, number)
        handle.atexit = False
        silent = Cleaner(at_exit=None)
        silent.register(alive[0], print, "never")
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n0\n", "")


def test_exit_does_not_wait_longer_than_told() -> None:
    done = run_python(
        """
        import threading
        from finlint.runtime import Cleaner
        class Thing: pass
        cleaner = Cleaner(at_exit=0.01)
        thing = Thing()
        cleaner.register(thing, threading.Event().wait)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_default_cleaner(log: list[Any]) -> None:
    done = run_python(
        """
        from finlint.runtime import cleaner
        class Thing: pass
        thing = Thing()
        cleaner().register(thing, print, "ran")
        assert cleaner() is cleaner()
        del thing
        assert cleaner().drain()
        print("end")
        """
    )
    assert (done.stdout, done.stderr) == ("ran\nend\n", "")
    assert callable(default_cleaner)


def test_stands_in_for_weakref_finalize(cleaner: Cleaner, log: list[Any]) -> None:
    class Resource:
        def __init__(self) -> None:
            self._finalizer: Cleanable = cleaner.register(self, log.append, "closed")

        def close(self) -> None:
            self._finalizer()

        @property
        def closed(self) -> bool:
            return not self._finalizer.alive

    resource = Resource()
    resource.close()
    resource.close()
    assert resource.closed
    assert log == ["closed"]
    assert len({resource._finalizer, cleaner.register(resource, print)}) == 2


def a_function() -> None:
    """A callback."""


def a_closure() -> Any:
    kept = Thing()
    return lambda: kept


def a_decorated() -> Any:
    @functools.wraps(a_function)
    def counted() -> None:
        a_function()

    return counted


@pytest.mark.parametrize(
    "callback",
    [
        a_function,
        a_closure(),
        [].clear,
        Thing().__init__,
        int,
        functools.partial(a_function),
        a_decorated(),
    ],
)
def test_few_calls_register(callback: Any) -> None:
    """Calls of functions for one registration, `weakref.finalize` takes two; `benchmarks/finalizers.py` measures what
    both take in time: at most about twice as much."""
    things = [Thing() for _ in range(120)]

    def register(some: list[Thing]) -> None:
        for thing in some:
            cleaner.register(thing, callback)

    with Cleaner("cost") as cleaner:
        # The first ones start the thread.
        register(things[:20])
        calls, _ = counted(functools.partial(register, things[20:]), builtins=True)
    of_an_instance = isinstance(getattr(callback, "func", callback), types.MethodType)
    # What the instance of a method holds is looked at.
    assert calls / 100 < (10 if of_an_instance else 6)
