"""What a callback that fails does to the worker: rows F of the table in docs/runtime.md."""

from __future__ import annotations

import queue
import subprocess
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from hostile import Hostile
from worlds import Thing, collect

from finlint.runtime import Channel, Cleaner, Failure, Runtime, goexit


def boom(it: Thing) -> None:
    raise ValueError("boom")


def test_raising_is_reported_and_the_others_run(log: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    with Runtime() as rt:
        rt.set_finalizer(Thing(), lambda it: log.append("other"))
        rt.set_finalizer(Thing(), boom)
        collect(rt)
        (failure,) = rt.failures
    assert log == ["other"]
    assert (failure.kind, failure.callback, failure.type_name) == ("raised", "finalizer", "worlds.Thing")
    assert failure.message == "ValueError: boom"
    error = capsys.readouterr().err
    assert "finalizer of worlds.Thing, test_runtime_failures.boom" in error
    assert 'raise ValueError("boom")' in error


def test_a_failure_keeps_nothing_alive(rt: Runtime) -> None:
    thing = Thing()
    death = weakref.ref(thing)
    rt.set_finalizer(thing, boom)
    del thing
    collect(rt)
    assert death() is None
    assert len(rt.failures) == 1


def test_own_policy(log: list[Any]) -> None:
    with Runtime(on_error=log.append) as rt:
        rt.add_cleanup(Thing(), boom, 1)
        collect(rt)
    (failure,) = log
    assert isinstance(failure, Failure)
    assert failure.callback == "cleanup"


def test_own_policy_that_raises_does_not_end_the_worker(log: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    def policy(failure: Failure) -> None:
        raise KeyError("policy")

    with Runtime(on_error=policy) as rt:
        rt.set_finalizer(Thing(), boom)
        collect(rt)
        rt.set_finalizer(Thing(), lambda it: log.append("ran"))
        collect(rt)
    assert log == ["ran"]
    assert "on_error itself raised KeyError" in capsys.readouterr().err


def test_panic_ends_the_process_with_status_2() -> None:
    program = """
from finlint.runtime import NIL, Runtime
class T: pass
rt = Runtime(on_error="panic")
print("before")
rt.set_finalizer(T(), lambda t: 1 / 0)
rt.gc()
NIL.receive()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout) == (2, "before\n")
    assert done.stderr.startswith("panic: ZeroDivisionError: division by zero\n")
    assert done.stderr.endswith("exit status 2\n")


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, GeneratorExit, goexit])
def test_attempts_to_end_the_thread_are_reported(rt: Runtime, log: list[Any], end: Any) -> None:
    def finalizer(it: Thing) -> None:
        try:
            if end is goexit:
                goexit()
            raise end(1)
        finally:
            log.append("finally")

    rt.set_finalizer(Thing(), lambda it: log.append("other"))
    rt.set_finalizer(Thing(), finalizer)
    collect(rt)
    assert log == ["finally", "other"]
    assert rt.failures[0].kind == ("exited" if end in (SystemExit, goexit) else "raised")


@pytest.mark.parametrize("end", [sys.exit, goexit])
def test_die_as_in_go(log: list[Any], end: Any) -> None:
    with Runtime(on_exit="die") as rt:
        rt.set_finalizer(Thing(), lambda it: log.append("never"))
        rt.set_finalizer(Thing(), lambda it: end())
        rt.gc()
        assert not rt.drain()
        assert rt.profile().worker == "dead"
        assert rt.failures == ()
        stuck = rt.stuck()
        assert stuck is not None
        assert (stuck.running.verdict.state, stuck.waiting) == ("ended", 1)
        rt.add_cleanup(Thing(), log.append, "cleanup")
        rt.gc()
        assert not rt.drain()
    assert log == ["cleanup"]


async def coroutine(it: Thing) -> None:
    raise AssertionError


def generator(it: Thing) -> Iterator[int]:
    raise AssertionError
    yield 1


async def async_generator(it: Thing) -> Any:
    raise AssertionError
    yield 1


@pytest.mark.parametrize("fn", [coroutine, generator, async_generator])
def test_a_body_that_never_starts_is_reported(rt: Runtime, fn: Any) -> None:
    rt.set_finalizer(Thing(), fn)
    collect(rt)
    (failure,) = rt.failures
    assert failure.kind == "never-started"
    assert failure.function.startswith(f"test_runtime_failures.{fn.__name__}")


def test_goroutine_that_raises_is_reported_and_goexit_is_not(rt: Runtime) -> None:
    rt.go(goexit)
    rt.go(boom, Thing())
    import threading

    for thread in threading.enumerate():
        if thread.name == "test-go":
            thread.join()
    (failure,) = rt.failures
    assert (failure.kind, failure.callback, failure.message) == ("raised", "goroutine", "ValueError: boom")


@pytest.mark.parametrize("options", [{"on_error": "x"}, {"on_exit": "x"}, {"cycles": "x"}, {"stuck_after": 0}])
def test_refuses_unknown_policies(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Runtime(**options)


class NoTextError(Exception):
    """Cannot be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class NoName:
    """A callable that cannot be asked for anything."""

    def __call__(self, *_: object) -> None:
        raise NoTextError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def raises_without_text(*_: object) -> None:
    raise NoTextError


@pytest.mark.parametrize("named", [True, False])
def test_what_cannot_be_described_is_reported_all_the_same(rt: Runtime, log: list[Any], named: bool) -> None:
    callback: Any = raises_without_text if named else NoName()
    rt.set_finalizer(Thing(), lambda it: log.append("other"))
    rt.set_finalizer(Thing(), callback)
    rt.go(callback)
    collect(rt)
    failures: list[Failure] = []
    with Cleaner("bad", on_error=failures.append) as cleaner:
        cleaner.register(Thing(), callback)
        cleaner.register(Thing(), log.append, "cleaned")
    assert log == ["other", "cleaned"]
    failures += rt.failures
    assert [failure.message for failure in failures][:2] == ["NoTextError: <no text: its __str__ raised>"] * 2


def test_objects_that_answer_nothing_and_what_they_raise(rt: Runtime, log: list[Any]) -> None:
    """They are watched, refer to each other, call back and are profiled like others."""
    plain, other, gate = Thing(), Thing(), Channel[None]()
    plain.parts = [Hostile(), (Hostile(),)]
    other.part = plain.parts[0]
    rt.set_finalizer(plain, lambda it: log.append("plain"))
    rt.set_finalizer(Hostile(), lambda it: log.append("hostile"))
    rt.set_finalizer(Hostile(), Hostile())
    rt.add_cleanup(other, log.append, "cleaned")
    rt.set_finalizer(Thing(), lambda it: gate.receive())
    assert rt.check() == []
    del plain, other
    rt.gc()
    assert not rt.drain()
    assert "of hostile.Hostile" in rt.format_profile()
    gate.send(None)
    assert rt.drain()
    assert log == ["cleaned", "hostile", "plain"]
    assert [failure.message for failure in rt.failures] == ["UnspeakableError: <no text: its __str__ raised>"]


def test_a_cleaner_of_objects_that_answer_nothing(log: list[Any]) -> None:
    failures: list[Failure] = []
    with Cleaner("hostile", on_error=failures.append) as cleaner:
        for callback, *arguments in [(Hostile(),), (log.append, (Hostile(),)), (log.append, Hostile()), (Hostile(), 1)]:
            cleaner.register(Hostile(), callback, *arguments)
        held = Hostile()
        with pytest.raises(ValueError, match="argument holds obj"):
            cleaner.register(held, print, (Hostile(), held))
        with pytest.raises(ValueError, match="function holds obj"):
            cleaner.register(held, held)
        cleaner.register(Thing(), log.append, "last")
    assert len(log) == 3
    assert log[-1] == "last"
    assert [failure.message for failure in failures] == ["UnspeakableError: <no text: its __str__ raised>"] * 2


def leaves(*_: object) -> None:
    sys.exit(3)


def test_hooks_that_exit_end_no_thread(log: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    with Runtime(on_error=leaves) as rt:
        rt.set_finalizer(Thing(), lambda it: log.append("finalized"))
        rt.set_finalizer(Thing(), raises_without_text)
        collect(rt)
    with Cleaner("hooks", on_error=leaves, metrics=leaves) as cleaner:
        cleaner.register(Thing(), raises_without_text)
        cleaner.register(Thing(), log.append, "cleaned")
    assert log == ["finalized", "cleaned"]
    assert capsys.readouterr().err.count("on_error itself raised SystemExit: 3") == 4


def test_on_stuck_that_exits_ends_no_watch() -> None:
    told: queue.SimpleQueue[None] = queue.SimpleQueue()

    def on_stuck(_: object) -> None:
        told.put(None)
        sys.exit(3)

    gate = Channel[None]()
    with Runtime(stuck_after=0.001, on_stuck=on_stuck) as rt:
        for _ in range(2):
            rt.set_finalizer(Thing(), lambda it: gate.receive())
        rt.gc()
        told.get(timeout=600)
        gate.send(None)
        told.get(timeout=600)  # of the second
    with Cleaner("stuck", stuck_after=0.001, on_stuck=on_stuck, on_error=lambda failure: None) as cleaner:
        for _ in range(2):
            cleaner.register(Thing(), gate.receive)
        told.get(timeout=600)
        gate.send(None)
        told.get(timeout=600)
        gate.send(None)
