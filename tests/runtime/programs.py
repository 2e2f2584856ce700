"""Python halves of the program pairs, statement by statement after the Go halves in ``go/*.go``.

``python programs.py NAME`` runs one in a process of its own; `run` runs one here and returns its lines.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from finlint.runtime import NIL, Channel, Cleanup, Mutex, Panic, Runtime, WaitGroup, goexit, select


class T:
    """Go's struct T."""

    def __init__(self, name: str = "", n: int = 0, **fields: Any) -> None:
        self.name = name
        self.n = n
        self.other: Any = None
        self.__dict__.update(fields)


class Stage:
    """The helpers of ``go/main.go`` around one runtime."""

    def __init__(self, rt: Runtime, write: Callable[[str], object]) -> None:
        self.rt = rt
        self.say = write
        self.notes: list[str] = []

    def flush(self) -> None:
        self.say(" ".join(sorted(self.notes)))
        self.notes.clear()

    def attempt(self, fn: Callable[[], object]) -> None:
        try:
            fn()
        except (Panic, ValueError, TypeError) as error:
            self.say(f"panic: {error}")

    def collect(self, times: int) -> None:
        for _ in range(times):
            self.rt.gc()
            self.rt.drain()

    def drained(self) -> str:
        return f"drained {str(self.rt.drain()).lower()}"

    def dead(self, name: str, fn: Callable[[Any], object]) -> None:
        self.rt.set_finalizer(T(name), fn)

    def fin(self, t: T) -> T:
        self.rt.set_finalizer(t, lambda t: self.say(f"ran {t.name}"))
        return t


PROGRAMS: dict[str, Callable[[Stage], None]] = {}
OPTIONS: dict[str, dict[str, Any]] = {}
OWN_PROCESS: set[str] = set()


def program(*, process: bool = False, **options: Any) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Registers a program under its name; `options` are for its Runtime."""

    def register(fn: Callable[[Stage], None]) -> Callable[[Stage], None]:
        PROGRAMS[fn.__name__] = fn
        OPTIONS[fn.__name__] = options
        if process:
            OWN_PROCESS.add(fn.__name__)
        return fn

    return register


def run(name: str) -> list[str]:
    """The lines that a program prints; ``fatal error`` where it ends with an error of the API."""
    lines: list[str] = []
    with Runtime(on_error=lambda failure: None, **OPTIONS[name]) as rt:
        try:
            PROGRAMS[name](Stage(rt, lines.append))
        except (TypeError, ValueError):
            lines.append("fatal error")
    return lines


# -- post.go -----------------------------------------------------------------------------------------------


class A(T): ...


class B(T): ...


class C(T): ...


@program()
def post_basic(s: Stage) -> None:
    v = T("n1")
    s.rt.set_finalizer(v, lambda p: s.say("gc Finalizer"))
    s.say("== start ===")
    del v
    s.say("== ... ===")
    s.collect(10)
    s.say("== end ===")


@program()
def post_abc(s: Stage) -> None:
    done = NIL
    a, b, c = A("n1"), B("n1"), C("n1")
    s.rt.set_finalizer(a, lambda p: s.say("gc Finalizer A"))
    s.rt.set_finalizer(b, lambda p: (done.receive(), s.say("gc Finalizer B")))
    s.rt.set_finalizer(c, lambda p: s.say("gc Finalizer C"))
    s.say("== start ===")
    del a, b, c
    s.say("== ... ===")
    s.collect(10)
    s.say("== end ===")


# -- life.go -----------------------------------------------------------------------------------------------


@program()
def once(s: Stage) -> None:
    s.dead("a", lambda t: s.say(f"ran {t.name}"))
    s.collect(5)


@program()
def alive(s: Stage) -> None:
    t = T("a")
    s.rt.set_finalizer(t, lambda t: s.say("ran"))
    s.collect(2)
    s.say("still here")
    s.rt.keep_alive(t)
    s.rt.close()  # the Go program ends here, with the object alive


@program()
def nil_clears(s: Stage) -> None:
    t = T()
    s.rt.set_finalizer(t, lambda t: s.say("ran"))
    s.rt.set_finalizer(t, None)
    s.rt.set_finalizer(t, None)
    del t
    s.collect(2)
    s.say("end")


@program()
def set_clear_set(s: Stage) -> None:
    t = T()
    s.rt.set_finalizer(t, lambda t: s.say("first"))
    s.rt.set_finalizer(t, None)
    s.rt.set_finalizer(t, lambda t: s.say("second"))
    del t
    s.collect(2)


@program()
def clear_inside(s: Stage) -> None:
    s.dead("a", lambda t: (s.rt.set_finalizer(t, None), s.say("ran")))
    s.collect(3)


@program()
def resurrect(s: Stage) -> None:
    sink: list[T] = []
    s.dead("a", lambda t: (sink.append(t), s.say("kept")))
    s.collect(3)
    s.say(f"name {sink[0].name}")
    sink.clear()
    s.collect(2)
    s.say("end")


@program()
def set_again_inside(s: Stage) -> None:
    runs: list[int] = []

    def again(t: T) -> None:
        runs.append(1)
        s.rt.set_finalizer(t, again)

    s.dead("a", again)
    for _ in range(5):
        s.collect(1)
        s.say(str(len(runs)))


@program()
def register_inside(s: Stage) -> None:
    def outer(t: T) -> None:
        for i in range(10):
            s.dead("inner", lambda t, i=i: s.notes.append(str(i)))
        s.say("outer")

    s.dead("outer", outer)
    s.collect(3)
    s.flush()


@program()
def gc_inside(s: Stage) -> None:
    s.dead("a", lambda t: (s.rt.gc(), s.say("returned")))
    s.collect(1)
    s.say("end")


@program()
def gc_does_not_wait(s: Stage) -> None:
    started, proceed = Channel[int](), Channel[int]()
    s.dead("a", lambda t: (started.send(1), proceed.receive(), s.say("ended")))
    s.rt.gc()
    started.receive()
    s.say("gc has returned")
    proceed.send(1)
    s.rt.drain()


@program()
def results_ignored(s: Stage) -> None:
    s.rt.set_finalizer(T(n=3), lambda x: (s.say(f"n {x.n}"), (1, None))[1])
    s.collect(1)


@program()
def fields_intact(s: Stage) -> None:
    s.rt.set_finalizer(T("x", 7, other=T("y")), lambda t: s.say(f"{t.name} {t.n} {t.other.name}"))
    s.collect(1)


@program(process=True)
def exit_without_gc(s: Stage) -> None:
    s.dead("a", lambda t: s.say("never"))
    s.say("end")


@program(process=True)
def exit_while_stuck(s: Stage) -> None:
    s.dead("a", lambda t: select())
    s.rt.gc()
    s.say(s.drained())


@program(process=True)
def exit_inside(s: Stage) -> None:
    s.dead("a", lambda t: (s.say("leaving"), os._exit(7)))
    s.collect(1)


GLOBAL = T("global")


@program()
def on_global(s: Stage) -> None:
    s.rt.set_finalizer(GLOBAL, lambda t: s.say("never"))
    s.collect(2)
    s.say(GLOBAL.name)


@program()
def many(s: Stage) -> None:
    for _ in range(500):
        s.dead("a", lambda t: s.notes.append("x"))
    s.collect(2)
    s.say(str(len(s.notes)))


# -- reach.go ----------------------------------------------------------------------------------------------


@program()
def dependency(s: Stage) -> None:
    s.fin(T("a", other=s.fin(T("b"))))
    for i in (1, 2, 3):
        s.say(f"gc {i}")
        s.collect(1)


@program()
def chain(s: Stage) -> None:
    t = None
    for i in range(5, 0, -1):
        t = s.fin(T(str(i), other=t))
    del t
    for i in range(1, 7):
        s.say(f"gc {i}")
        s.collect(1)


@program()
def dependency_through_plain(s: Stage) -> None:
    s.fin(T("a", other=T(other=s.fin(T("b")))))
    for i in (1, 2):
        s.say(f"gc {i}")
        s.collect(1)


@program()
def cycle_one(s: Stage) -> None:
    a = s.fin(T("a"))
    a.other = T(other=a)
    del a
    s.collect(4)
    s.say("end")


@program()
def cycle_both(s: Stage) -> None:
    a = s.fin(T("a"))
    a.other = s.fin(T("b", other=a))
    del a
    s.collect(4)
    s.say("end")


@program()
def self_direct(s: Stage) -> None:
    a = s.fin(T("a"))
    a.other = a
    del a
    s.collect(2)


@program()
def self_through_any(s: Stage) -> None:
    a = s.fin(T("a"))
    a.any = a  # type: ignore[attr-defined]
    del a
    s.collect(2)


@program()
def self_through_list(s: Stage) -> None:
    a = s.fin(T("a"))
    a.list = [a]  # type: ignore[attr-defined]
    del a
    s.collect(3)
    s.say("end")


@program()
def self_through_closure(s: Stage) -> None:
    def build() -> None:
        a = s.fin(T("a"))
        a.fn = lambda: s.say(a.name)  # type: ignore[attr-defined]

    build()
    s.collect(3)
    s.say("end")


@program()
def into_a_cycle(s: Stage) -> None:
    left, right = T(), T()
    left.other, right.other = right, left
    s.fin(T("a", other=left))
    del left, right
    s.collect(2)


@program()
def out_of_a_cycle(s: Stage) -> None:
    left, right = T(), T()
    left.other, right.other = right, left
    right.any = s.fin(T("a"))  # type: ignore[attr-defined]
    del left, right
    s.collect(2)


@program()
def closure_captures(s: Stage) -> None:
    def build() -> None:
        a = T("a")
        s.rt.set_finalizer(a, lambda _: s.say(f"ran {a.name}"))

    build()
    s.collect(4)
    s.say("end")


class Closer(T):
    stage: Stage

    def close(self) -> None:
        self.stage.say(f"closed {self.name}")


@program()
def method_value(s: Stage) -> None:
    def build() -> None:
        a = Closer("a", stage=s)
        close = a.close
        s.rt.set_finalizer(a, lambda _: close())

    build()
    s.collect(4)
    s.say("end")


@program()
def method_expression(s: Stage) -> None:
    s.rt.set_finalizer(Closer("a", stage=s), Closer.close)
    s.collect(2)


@program()
def held_by_goroutine(s: Stage) -> None:
    gate, entered = Channel[int](), Channel[int]()

    def hold(box: list[T]) -> None:
        # Not an argument: before Python 3.11 the caller keeps those until the call is over.
        a = box.pop()
        entered.send(1)
        gate.receive()
        s.rt.keep_alive(a)
        del a
        entered.send(1)

    held = [s.fin(T("a"))]
    s.rt.go(lambda: hold(held))
    entered.receive()
    s.collect(2)
    s.say("held")
    gate.send(1)
    entered.receive()
    for _ in range(3):
        s.collect(1)


@program()
def parent_clears_child(s: Stage) -> None:
    a = T("a", other=s.fin(T("b")))
    s.rt.set_finalizer(a, lambda a: (s.say("ran a"), s.rt.set_finalizer(a.other, None)))
    del a
    s.collect(3)
    s.say("end")


# -- blocking.go -------------------------------------------------------------------------------------------


def _wait_group() -> None:
    group = WaitGroup()
    group.add(1)
    group.wait()


def _mutex_twice() -> None:
    mutex = Mutex()
    mutex.lock()
    mutex.lock()


def _send_full() -> None:
    channel = Channel[int](1)
    channel.send(1)
    channel.send(2)


def _closed_receive() -> None:
    channel = Channel[int]()
    channel.close()
    channel.receive()


def _join_goroutine(s: Stage) -> None:
    channel = Channel[int]()
    s.rt.go(lambda: (NIL.receive(), channel.send(1)))
    channel.receive()


BLOCKERS: dict[str, Callable[[Stage], object]] = {
    "nil_receive": lambda s: NIL.receive(),
    "nil_send": lambda s: NIL.send(1),
    "receive": lambda s: Channel[int]().receive(),
    "send": lambda s: Channel[int]().send(1),
    "send_full": lambda s: _send_full(),
    "range": lambda s: list(Channel[int]()),
    "select_empty": lambda s: select(),
    "select": lambda s: select(Channel[int](), (Channel[int](), 1)),
    "mutex_twice": lambda s: _mutex_twice(),
    "wait_group": lambda s: _wait_group(),
    "join_goroutine": _join_goroutine,
    "select_default": lambda s: select(Channel[int](), default=None),
    "offloaded": lambda s: s.rt.go(Channel[int]().receive),
    "closed_receive": lambda s: _closed_receive(),
    "send_room": lambda s: Channel[int](1).send(1),
}


def _behind(s: Stage, block: Callable[[Stage], object]) -> None:
    s.dead("blocker", lambda t: block(s))
    s.rt.gc()
    s.rt.drain()
    for _ in range(10):
        s.dead("other", lambda t: s.notes.append("x"))
    s.rt.gc()
    s.say(f"{s.drained()}, others {len(s.notes)}")


for _name, _block in BLOCKERS.items():
    PROGRAMS[f"behind_{_name}"] = lambda s, block=_block: _behind(s, block)  # type: ignore[misc]
    OPTIONS[f"behind_{_name}"] = {}


@program()
def released(s: Stage) -> None:
    gate = Channel[int]()
    s.dead("blocker", lambda t: gate.receive())
    s.rt.gc()
    s.say(s.drained())
    for _ in range(1000):
        s.dead("other", lambda t: s.notes.append("x"))
    s.rt.gc()
    s.say(f"{s.drained()}, others {len(s.notes)}")
    gate.send(1)
    s.say(f"{s.drained()}, others {len(s.notes)}")


@program()
def waits_for_another_finalizer(s: Stage) -> None:
    gate = Channel[int]()
    s.dead("x", lambda t: gate.receive())
    s.rt.gc()
    s.rt.drain()
    s.dead("y", lambda t: gate.send(1))
    s.rt.gc()
    s.say(s.drained())


@program()
def mutex_held_by_main(s: Stage) -> None:
    mutex = Mutex()
    mutex.lock()
    s.dead("a", lambda t: (mutex.lock(), s.say("got it"), mutex.unlock()))
    s.rt.gc()
    s.say(s.drained())
    mutex.unlock()
    s.say(s.drained())


@program()
def serial(s: Stage) -> None:
    inside: list[int] = []
    most = [0]

    def finalizer(t: T) -> None:
        inside.append(1)
        most[0] = max(most[0], len(inside))
        inside.pop()

    for _ in range(100):
        s.dead("a", finalizer)
    s.collect(1)
    s.say(f"most at once: {most[0]}")


@program()
def order_of_collections(s: Stage) -> None:
    gate = Channel[int]()
    s.dead("hold", lambda t: (gate.receive(), s.say("hold")))
    s.rt.gc()
    s.rt.drain()
    for name in ("gc1", "gc2", "gc3"):
        s.dead(name, lambda t: s.say(t.name))
        s.rt.gc()
    gate.send(1)
    s.rt.drain()


@program()
def full_buffer_lets_three_pass(s: Stage) -> None:
    channel = Channel[int](3)
    for _ in range(5):
        s.dead("a", lambda t: (channel.send(1), s.notes.append("x")))
    s.rt.gc()
    s.say(f"{s.drained()}, done {len(s.notes)}")
    channel.receive()
    channel.receive()
    s.say(f"{s.drained()}, done {len(s.notes)}")


@program()
def cleared_behind_stuck(s: Stage) -> None:
    s.dead("blocker", lambda t: select())
    s.rt.gc()
    s.rt.drain()
    t = T()
    s.rt.set_finalizer(t, lambda t: s.say("never"))
    s.rt.set_finalizer(t, None)
    del t
    s.rt.gc()
    s.say(s.drained())


# -- failure.go --------------------------------------------------------------------------------------------


@program()
def panic_recovered(s: Stage) -> None:
    def finalizer(t: T) -> None:
        try:
            raise Panic("boom")
        except Panic as panic:
            s.say(f"recovered {panic}")

    s.dead("a", finalizer)
    s.collect(1)
    s.dead("b", lambda t: s.say(f"ran {t.name}"))
    s.collect(1)


@program(process=True, on_error="panic")
def panic_ends_the_program(s: Stage) -> None:
    def finalizer(t: T) -> None:
        raise Panic("boom")

    s.dead("a", finalizer)
    s.rt.gc()
    select()


@program(on_exit="die")
def goexit_kills_the_worker(s: Stage) -> None:
    left = Channel[int]()

    def finalizer(t: T) -> None:
        try:
            goexit()
        finally:
            s.say("deferred")
            left.close()

    s.dead("a", finalizer)
    s.rt.gc()
    left.receive()
    s.rt.drain()
    s.dead("b", lambda t: s.say("never"))
    s.rt.gc()
    s.rt.add_cleanup(T(), lambda it: s.say("cleanup"), 1)
    s.rt.gc()
    s.say(f"executed {str(s.rt.drain()).lower()}")


@program()
def goexit_of_a_goroutine(s: Stage) -> None:
    channel = Channel[int]()

    def work() -> None:
        try:
            goexit()
            s.say("never")
        finally:
            channel.send(1)

    s.rt.go(work)
    channel.receive()
    s.say("end")


@program()
def set_twice(s: Stage) -> None:
    t = T()
    s.rt.set_finalizer(t, lambda t: None)
    s.rt.set_finalizer(t, lambda t: None)


@program()
def not_a_function(s: Stage) -> None:
    s.rt.set_finalizer(T(), "text")  # type: ignore[arg-type]


@program()
def no_parameter(s: Stage) -> None:
    s.rt.set_finalizer(T(), lambda: None)  # type: ignore[arg-type,misc]


@program()
def two_parameters(s: Stage) -> None:
    s.rt.set_finalizer(T(), lambda a, b: None)  # type: ignore[arg-type,misc]


@program()
def nothing(s: Stage) -> None:
    s.rt.set_finalizer(None, lambda t: None)


@program()
def a_number(s: Stage) -> None:
    s.rt.set_finalizer(42, lambda t: None)


# -- cleanups.go -------------------------------------------------------------------------------------------


@program()
def cleanup(s: Stage) -> None:
    s.rt.add_cleanup(T(), lambda it: s.say(f"cleanup {it}"), "a")
    s.collect(3)


@program()
def cleanup_several(s: Stage) -> None:
    t = T()
    for name in ("a", "b", "c"):
        s.rt.add_cleanup(t, lambda it: s.say(f"cleanup {it}"), name)
    del t
    s.collect(1)


@program()
def cleanup_stop(s: Stage) -> None:
    t = T()
    handles = [s.rt.add_cleanup(t, s.notes.append, name) for name in "abcde"]
    handles[1].stop()
    handles[3].stop()
    handles[3].stop()
    del t
    s.collect(2)
    s.flush()


@program()
def cleanup_zero_stop(s: Stage) -> None:
    Cleanup().stop()
    s.say("fine")


@program()
def cleanup_stop_after_run(s: Stage) -> None:
    handle = s.rt.add_cleanup(T(), s.say, "a")
    s.collect(1)
    handle.stop()
    s.say("end")


@program()
def cleanup_cycle(s: Stage) -> None:
    left, right = T(), T()
    left.other, right.other = right, left
    s.rt.add_cleanup(left, s.notes.append, "l")
    s.rt.add_cleanup(right, s.notes.append, "r")
    del left, right
    s.collect(1)
    s.flush()


@program()
def cleanup_after_finalizer(s: Stage) -> None:
    t = s.fin(T("a"))
    s.rt.add_cleanup(t, lambda it: s.say(f"cleanup {it}"), "a")
    del t
    for i in (1, 2, 3):
        s.say(f"gc {i}")
        s.collect(1)


@program()
def cleanup_beside_stuck_finalizer(s: Stage) -> None:
    s.dead("blocker", lambda t: select())
    s.rt.gc()
    for i in range(50):
        s.rt.add_cleanup(T(), lambda it: s.notes.append("x"), i)
    s.rt.gc()
    s.say(f"{s.drained()}, cleanups {len(s.notes)}")


@program()
def finalizer_beside_stuck_cleanup(s: Stage) -> None:
    s.rt.add_cleanup(T(), lambda it: select(), 1)
    s.rt.gc()
    s.dead("a", lambda t: s.say(f"ran {t.name}"))
    s.rt.gc()
    s.say(s.drained())


@program()
def cleanup_stop_while_queued(s: Stage) -> None:
    hold = Channel[int]()
    s.rt.add_cleanup(T(), lambda it: hold.receive(), 1)
    s.rt.gc()
    handle = s.rt.add_cleanup(T(), s.notes.append, "b")
    s.rt.gc()
    handle.stop()
    hold.close()
    s.collect(1)
    s.flush()


@program()
def cleanup_arg_is_ptr(s: Stage) -> None:
    t = T()
    s.attempt(lambda: s.rt.add_cleanup(t, lambda it: None, t))


@program()
def cleanup_closes_over_ptr(s: Stage) -> None:
    t = T()
    s.attempt(lambda: s.rt.add_cleanup(t, lambda it: t.name, 1))


@program()
def cleanup_arg_holds_ptr(s: Stage) -> None:
    t = T()
    s.rt.add_cleanup(t, lambda it: s.say("never"), T(other=t))
    del t
    s.collect(3)
    s.say("end")


@program()
def cleanup_of_nothing(s: Stage) -> None:
    s.attempt(lambda: s.rt.add_cleanup(None, lambda it: None, 1))


# -- channels.go -------------------------------------------------------------------------------------------


@program()
def channel_range(s: Stage) -> None:
    channel = Channel[int](2)

    def produce() -> None:
        for i in range(4):
            channel.send(i)
        channel.close()

    s.rt.go(produce)
    for value in channel:
        s.say(str(value))


@program()
def channel_closed(s: Stage) -> None:
    channel = Channel[Any](1)
    channel.send(T("a"))
    channel.close()
    for _ in range(2):
        value, ok = channel.receive_ok()
        s.say(f"{value is not None} {ok}".lower())
    s.attempt(lambda: channel.send(None))
    s.attempt(channel.close)
    s.attempt(NIL.close)


@program()
def channel_select(s: Stage) -> None:
    a, b = Channel[int](1), Channel[int](1)

    def pick() -> None:
        case, value, ok = select(a, (b, 1), NIL, default=None)
        s.say({0: f"a {value} {str(ok).lower()}", 1: "b sent", 2: "never", -1: "default"}[case])

    pick()
    pick()
    a.send(5)
    pick()
    pick()


@program()
def channel_handover(s: Stage) -> None:
    channel, back = Channel[int](), Channel[int]()
    s.rt.go(lambda: back.send(10 * (channel.receive() or 0)))
    channel.send(4)
    s.say(str(back.receive()))


@program()
def wait_group(s: Stage) -> None:
    group, mutex, total = WaitGroup(), Mutex(), [0]

    def work(i: int) -> None:
        with mutex:
            total[0] += i
        group.done()

    for i in range(1, 11):
        group.add(1)
        s.rt.go(work, i)
    group.wait()
    s.say(str(total[0]))
    s.attempt(group.done)


if __name__ == "__main__":
    sys.modules["programs"] = sys.modules["__main__"]
    import more_programs  # noqa: F401  # registers more

    assert threading.current_thread() is threading.main_thread()
    PROGRAMS[sys.argv[1]](
        Stage(Runtime(**OPTIONS[sys.argv[1]]), lambda line: print(line, flush=True))  # the world is left open
    )
