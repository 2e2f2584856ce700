"""Python halves of the pairs in ``go/more.go``, statement by statement: graphs, cleanups, time, sync, context, channels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from programs import Stage, T, program

from finlint.runtime import (
    NIL,
    Channel,
    Cond,
    Context,
    Mutex,
    Once,
    RWMutex,
    WaitGroup,
    after,
    inspect_thread,
    select,
)


def obj(s: Stage, name: str) -> T:
    """An object whose finalizer notes its name."""
    t = T(name)
    s.rt.set_finalizer(t, lambda t: s.notes.append(t.name))
    return t


def rounds(s: Stage, n: int) -> None:
    for _ in range(n):
        s.collect(1)
        s.flush()


def parked(s: Stage) -> None:
    """Until every goroutine of the program waits."""
    for thread in threading.enumerate():
        if thread.name == f"{s.rt.name}-go":
            inspect_thread(thread)


def true(*values: bool) -> str:
    return " ".join(str(value).lower() for value in values)


def on_death(s: Stage, fn: Callable[[T], object], name: str = "") -> None:
    s.rt.set_finalizer(T(name), fn)


# -- graphs ------------------------------------------------------------------------------------------------


@program()
def binary_tree(s: Stage) -> None:
    def tree(name: str, depth: int) -> T:
        t = obj(s, name)
        if depth > 0:
            t.list = [tree(name + "0", depth - 1), tree(name + "1", depth - 1)]
        return t

    tree("r", 2)
    rounds(s, 4)


@program()
def diamond(s: Stage) -> None:
    a, b, c, d = (obj(s, name) for name in "abcd")
    a.list = [b, c]
    b.other = c.other = d
    del a, b, c, d
    rounds(s, 4)


@program()
def child_saved_by_parent(s: Stage) -> None:
    saved: list[T] = []
    p = T("p", other=obj(s, "c"))
    s.rt.set_finalizer(p, lambda p: (s.notes.append("p"), saved.append(p.other)))
    del p
    rounds(s, 3)
    saved.clear()
    rounds(s, 2)


@program()
def head_of_cycle(s: Stage) -> None:
    x, a, b = (obj(s, name) for name in "xab")
    x.other, a.other, b.other = a, b, a
    del x, a, b
    rounds(s, 3)


@program()
def tail_of_cycle(s: Stage) -> None:
    x, a, b = obj(s, "x"), T(), T()
    a.other, b.other, a.any = b, a, x
    del x, a, b
    rounds(s, 2)


@program()
def three_cycle_one_armed(s: Stage) -> None:
    a, b, c = obj(s, "a"), T(), T()
    a.other, b.other, c.other = b, c, a
    del a, b, c
    rounds(s, 3)


@program()
def two_self_loops_linked(s: Stage) -> None:
    a, b = obj(s, "a"), obj(s, "b")
    a.other, b.other, a.any = a, b, b
    del a, b
    rounds(s, 3)


@program()
def skip_level(s: Stage) -> None:
    a, b, c = obj(s, "a"), T(), obj(s, "c")
    a.other, b.other = b, c
    del a, b, c
    rounds(s, 3)


@program()
def shared_child_one_parent_lives(s: Stage) -> None:
    c, a, b = (obj(s, name) for name in "cab")
    a.other = b.other = c
    sink = [b]
    del a, b, c
    rounds(s, 2)
    sink.clear()
    rounds(s, 3)


@program()
def map_delete(s: Stage) -> None:
    m = {"a": obj(s, "a"), "b": obj(s, "b")}
    rounds(s, 1)
    del m["a"]
    rounds(s, 1)
    s.rt.keep_alive(m)
    for kept in list(m.values()):
        s.rt.set_finalizer(kept, None)


@program()
def in_live_channel(s: Stage) -> None:
    c = Channel[T](1)
    c.send(obj(s, "a"))
    rounds(s, 1)
    c.receive()
    rounds(s, 1)


@program()
def breaks_the_cycle(s: Stage) -> None:
    x, a, b = T("x"), obj(s, "a"), T()
    x.other, a.other, b.other = a, b, a

    def breaks(x: T) -> None:
        s.notes.append("x")
        x.other.other.other = None

    s.rt.set_finalizer(x, breaks)
    del x, a, b
    rounds(s, 3)


@program()
def lazarus(s: Stage) -> None:
    sink: list[T] = []

    def again(t: T) -> None:
        t.n += 1
        s.notes.append(f"death {t.n}")
        sink.append(t)
        s.rt.set_finalizer(t, again)

    on_death(s, again, "l")
    for _ in range(3):
        rounds(s, 1)
        sink.clear()


@program()
def parent_arms_child(s: Stage) -> None:
    def arms(p: T) -> None:
        s.notes.append("p")
        s.rt.set_finalizer(p.other, lambda c: s.notes.append(f"armed {c.name}"))

    s.rt.set_finalizer(T("p", other=T("c")), arms)
    rounds(s, 3)


@program()
def clears_its_child(s: Stage) -> None:
    s.rt.set_finalizer(T("p", other=obj(s, "c")), lambda p: (s.notes.append("p"), s.rt.set_finalizer(p.other, None)))
    rounds(s, 3)


@program()
def closes_a_channel(s: Stage) -> None:
    c = Channel[int]()
    on_death(s, lambda t: c.close())
    s.collect(1)
    s.say(true(c.receive_ok()[1]))


@program()
def feeds_a_range(s: Stage) -> None:
    c = Channel[int](10)
    for i in range(5):
        s.rt.set_finalizer(T(n=i), lambda t: c.send(t.n))
    s.collect(1)
    c.close()
    s.say(str(sum(c)))


@program()
def spawns_and_hands_over(s: Stage) -> None:
    c = Channel[T]()
    on_death(s, lambda t: s.rt.go(c.send, t), "a")
    s.collect(1)
    t = c.receive()
    assert t is not None
    s.say(t.name)
    s.rt.set_finalizer(t, lambda t: s.notes.append("again"))
    del t
    parked(s)
    s.collect(3)
    s.flush()


@program()
def two_blockers_in_turn(s: Stage) -> None:
    first, second, told = Channel[int](), Channel[int](), Channel[int](1)
    on_death(s, lambda t: (first.receive(), s.notes.append("first"), told.send(1)))
    s.collect(1)
    on_death(s, lambda t: (second.receive(), s.notes.append("second")))
    s.rt.gc()
    s.say(true(s.rt.drain()))
    first.close()
    told.receive()
    s.say(true(s.rt.drain()))
    second.close()
    s.say(true(s.rt.drain()))
    s.flush()


# -- cleanups ----------------------------------------------------------------------------------------------


def clean(s: Stage, t: T, name: str = "clean") -> Any:
    return s.rt.add_cleanup(t, s.notes.append, name)


@program()
def c_added_in_finalizer(s: Stage) -> None:
    on_death(s, lambda t: (s.notes.append("fin"), clean(s, t)))
    rounds(s, 3)


@program()
def c_arg_has_finalizer(s: Stage) -> None:
    s.rt.add_cleanup(T(), lambda a: s.notes.append(f"clean with {a.name}"), obj(s, "arg"))
    rounds(s, 3)


@program()
def c_arg_with_handle_kept(s: Stage) -> None:
    h = s.rt.add_cleanup(T(), lambda a: s.notes.append("clean"), obj(s, "arg"))
    rounds(s, 3)
    h.stop()


@program()
def c_arg_of_stopped(s: Stage) -> None:
    t = T()
    h = s.rt.add_cleanup(t, lambda a: s.notes.append("never"), obj(s, "arg"))
    rounds(s, 1)
    h.stop()
    rounds(s, 1)
    s.rt.keep_alive(t)


@program()
def c_arg_resurrects(s: Stage) -> None:
    sink: list[T] = []
    s.rt.add_cleanup(T(), sink.append, obj(s, "arg"))
    rounds(s, 2)
    sink.clear()
    rounds(s, 1)


@program()
def c_child_of_finalized(s: Stage) -> None:
    p = obj(s, "p")
    p.other = T()
    clean(s, p.other, "c")
    del p
    rounds(s, 3)


@program()
def c_parent_of_finalized(s: Stage) -> None:
    clean(s, T(other=obj(s, "p")), "c")
    rounds(s, 2)


@program()
def c_cycle_with_finalizer(s: Stage) -> None:
    a, b = obj(s, "a"), T()
    a.other, b.other = b, a
    clean(s, b)
    del a, b
    rounds(s, 2)


@program()
def c_many_objects(s: Stage) -> None:
    for _ in range(1000):
        clean(s, T(), "x")
    s.collect(1)
    s.say(str(len(s.notes)))


@program()
def c_on_cleared(s: Stage) -> None:
    t = obj(s, "never")
    clean(s, t)
    s.rt.set_finalizer(t, None)
    del t
    rounds(s, 2)


@program()
def c_registers_more(s: Stage) -> None:
    s.rt.add_cleanup(T(), lambda n: (s.notes.append("d1"), clean(s, T(), "d2")), 1)
    rounds(s, 3)


@program()
def c_same_twice(s: Stage) -> None:
    t = T()
    clean(s, t, "same")
    clean(s, t, "same")
    del t
    rounds(s, 2)


@program()
def c_stop_in_finalizer(s: Stage) -> None:
    t = T()
    h = clean(s, t)
    s.rt.set_finalizer(t, lambda t: (s.notes.append("fin"), h.stop()))
    del t
    rounds(s, 3)


@program()
def c_waits_for_resurrection(s: Stage) -> None:
    sink: list[T] = []
    t = T()
    clean(s, t)
    s.rt.set_finalizer(t, lambda t: (s.notes.append("fin"), sink.append(t)))
    del t
    rounds(s, 2)
    sink.clear()
    rounds(s, 2)


@program()
def c_recovers(s: Stage) -> None:
    def recovers(n: int) -> None:
        try:
            raise ValueError("p")
        except ValueError as error:
            s.notes.append(f"got {error}")

    s.rt.add_cleanup(T(), recovers, 1)
    clean(s, T(), "next")
    rounds(s, 1)


# -- time --------------------------------------------------------------------------------------------------


@program()
def after_fires(s: Stage) -> None:
    after(0.001).receive()
    s.say("fired")


@program()
def after_loses(s: Stage) -> None:
    c = Channel[int](1)
    c.send(1)
    chosen = select(c, after(3600))
    s.say(str(chosen.value) if chosen.case == 0 else "late")


@program()
def after_wins(s: Stage) -> None:
    s.say(("never", "late")[select(Channel[int](), after(0.001)).case])


@program()
def after_gives_one_value(s: Stage) -> None:
    c = after(0)
    c.receive()
    s.say("once" if select(c, default=None).default else "again")


@program()
def timeout_in_finalizer(s: Stage) -> None:
    done = Channel[int]()
    on_death(s, lambda t: s.notes.append("gave up") if select(done, after(0.001)).case else None)
    s.rt.gc()
    while not s.rt.drain():
        pass
    s.flush()


# -- sync --------------------------------------------------------------------------------------------------


@program()
def rw_readers_together(s: Stage) -> None:
    m = RWMutex()
    m.rlock()
    m.rlock()
    s.say(true(m.try_rlock(), m.try_lock()))
    m.runlock()
    m.runlock()
    m.runlock()
    s.say(true(m.try_lock()))


@program()
def rw_writer_alone(s: Stage) -> None:
    m = RWMutex()
    m.lock()
    s.say(true(m.try_rlock(), m.try_lock()))
    m.unlock()
    s.say(true(m.try_rlock()))


@program()
def rw_waiting_writer_keeps_readers_out(s: Stage) -> None:
    m, got = RWMutex(), Channel[str](2)
    m.rlock()
    s.rt.go(lambda: (m.lock(), got.send("writer"), m.unlock()))
    parked(s)
    s.say(true(m.try_rlock()))
    m.runlock()
    s.say(got.receive(""))
    m.rlock()
    s.say("reader")


@program()
def rw_readers_go_on_after_writer(s: Stage) -> None:
    m, got = RWMutex(), Channel[int]()
    m.lock()
    for i in range(3):
        s.rt.go(lambda i=i: (m.rlock(), got.send(i), m.runlock()))
    m.unlock()
    s.say(str(sum(got.receive(0) for _ in range(3))))


@program()
def once_once(s: Stage) -> None:
    o = Once()
    for i in range(3):
        o.do(lambda i=i: s.say(str(i)))  # type: ignore[misc]


@program()
def once_that_panics_counts(s: Stage) -> None:
    o = Once()

    def panics() -> None:
        raise ValueError("p")

    s.attempt(lambda: o.do(panics))
    o.do(lambda: s.say("never"))
    s.say("end")


@program()
def once_in_finalizers(s: Stage) -> None:
    o = Once()
    for _ in range(5):
        on_death(s, lambda t: o.do(lambda: s.notes.append("closed")))
    rounds(s, 2)


@program()
def cond_signal(s: Stage) -> None:
    m, ready, done = Mutex(), [False], Channel[int]()
    c = Cond(m)

    def waits() -> None:
        with m:
            while not ready[0]:
                c.wait()
        done.send(1)

    s.rt.go(waits)
    parked(s)
    with m:
        ready[0] = True
        c.signal()
    s.say(str(done.receive()))


@program()
def cond_broadcast(s: Stage) -> None:
    m, g, ready = Mutex(), WaitGroup(), [False]
    c = Cond(m)

    def waits(i: int) -> None:
        with m:
            while not ready[0]:
                c.wait()
            s.notes.append(str(i))

    for i in range(5):
        g.go(s.rt, waits, i)
    with m:
        ready[0] = True
        c.broadcast()
    g.wait()
    s.flush()


@program()
def cond_without_waiters(s: Stage) -> None:
    m = Mutex()
    c = Cond(m)
    c.signal()
    c.broadcast()
    s.say(true(m.try_lock()))


@program()
def wg_go(s: Stage) -> None:
    g = WaitGroup()
    for i in range(20):
        g.go(s.rt, s.notes.append, str(i))
    g.wait()
    s.flush()


@program()
def wg_reuse(s: Stage) -> None:
    g = WaitGroup()
    for i in range(3):
        g.go(s.rt, lambda: None)
        g.wait()
        s.say(str(i))


@program()
def wg_negative(s: Stage) -> None:
    s.attempt(lambda: WaitGroup().add(-1))


# -- context -----------------------------------------------------------------------------------------------


@program()
def ctx_cancel(s: Stage) -> None:
    c = Context().with_cancel()
    s.say(true(c.err() is None))
    c.cancel()
    c.cancel()
    c.done.receive()
    s.say(str(c.err()))


@program()
def ctx_parent_ends_child(s: Stage) -> None:
    p = Context().with_cancel()
    with p.with_cancel() as c:
        p.cancel()
        c.done.receive()
        s.say(str(c.err()))
    with p.with_cancel() as late:
        s.say(str(late.err()))


@program()
def ctx_child_leaves_parent(s: Stage) -> None:
    p = Context().with_cancel()
    c = p.with_cancel()
    c.cancel()
    s.say(f"{c.err()} {true(p.err() is None)}")
    p.cancel()


@program()
def ctx_deadline(s: Stage) -> None:
    c = Context().with_timeout(0.001)
    c.done.receive()
    s.say(str(c.err()))
    c.cancel()
    s.say(str(c.err()))


@program()
def ctx_parents_deadline_counts(s: Stage) -> None:
    with Context().with_timeout(0.001) as p, p.with_timeout(3600) as c:
        c.done.receive()
        s.say(str(c.err()))


@program()
def ctx_in_select(s: Stage) -> None:
    c, got = Context().with_cancel(), Channel[str]()
    s.rt.go(lambda: got.send(("never", "done")[select(Channel[int](), c.done).case]))
    parked(s)
    c.cancel()
    s.say(got.receive(""))


@program()
def ctx_ends_a_finalizer(s: Stage) -> None:
    c = Context().with_cancel()
    on_death(s, lambda t: (c.done.receive(), s.notes.append(str(c.err()))))
    s.rt.gc()
    s.say(true(s.rt.drain()))
    c.cancel()
    s.say(true(s.rt.drain()))
    s.flush()


# -- channels ----------------------------------------------------------------------------------------------


@program()
def ch_len_cap(s: Stage) -> None:
    c = Channel[int](3)
    c.send(1)
    c.send(2)
    s.say(f"{len(c)} {c.capacity}")
    c.receive()
    s.say(f"{len(c)} {c.capacity}")


@program()
def ch_drains_after_close(s: Stage) -> None:
    c = Channel[int](3)
    c.send(1)
    c.send(2)
    c.close()
    for _ in range(3):
        value, ok = c.receive_ok()
        s.say(f"{value or 0} {true(ok)}")


@program()
def ch_of_channels(s: Stage) -> None:
    c = Channel[Channel[int]]()

    def answer() -> None:
        back = c.receive()
        assert back is not None
        back.send(7)

    s.rt.go(answer)
    back = Channel[int]()
    c.send(back)
    s.say(str(back.receive()))


@program()
def ch_ping_pong(s: Stage) -> None:
    a, b = Channel[int](), Channel[int]()
    s.rt.go(lambda: ([b.send(v + 1) for v in a], b.close()))
    v = 0
    for _ in range(100):
        a.send(v)
        v = b.receive(-1)
    a.close()
    s.say(f"{v} {true(b.receive_ok()[1])}")


@program()
def ch_semaphore(s: Stage) -> None:
    tickets = Channel[int](2)
    tickets.send(1)
    tickets.send(1)
    s.say("third" if tickets.try_send(1) else "full")
    tickets.receive()
    tickets.send(1)
    s.say(str(len(tickets)))


@program()
def ch_nil_disables_case(s: Stage) -> None:
    a: Channel[int] = Channel(2)
    b: Channel[int] = Channel(2)
    a.send(1)
    b.send(2)
    a.close()
    b.close()
    while a is not NIL or b is not NIL:
        case, value, ok = select(a, b)
        if ok:
            s.notes.append(str(value))
        elif case == 0:
            a = NIL
        else:
            b = NIL
    s.flush()


@program()
def ch_select_send_on_closed(s: Stage) -> None:
    c = Channel[int]()
    c.close()
    s.attempt(lambda: select((c, 1), default=None))


@program()
def ch_close_wakes_everybody(s: Stage) -> None:
    c, g = Channel[int](), WaitGroup()
    for _ in range(10):
        g.go(s.rt, lambda: s.notes.append(true(c.receive_ok()[1])))
    c.close()
    g.wait()
    s.say(str(len(s.notes)))


@program()
def ch_sender_blocked_then_closed(s: Stage) -> None:
    c, got = Channel[int](), Channel[str]()

    def sends() -> None:
        try:
            c.send(1)
        except RuntimeError as error:
            got.send(str(error))

    s.rt.go(sends)
    parked(s)
    c.close()
    s.say(got.receive(""))


@program()
def ch_worker_pool(s: Stage) -> None:
    work, results, g = Channel[int](), Channel[int](100), WaitGroup()
    for _ in range(4):
        g.go(s.rt, lambda: [results.send(v * v) for v in work])
    for i in range(20):
        work.send(i)
    work.close()
    g.wait()
    results.close()
    s.say(str(sum(results)))


@program(process=True, detect_deadlock=True)
def main_asleep_too(s: Stage) -> None:
    c = Channel[int]()
    s.rt.go(c.receive)
    s.say("before")
    Channel[int]().receive()
