"""Small programs, each of which comes to a halt in a finalizer or in something that looks like one.

``run(name)`` has the program halt in this thread while another looks at it twice; then it is let go on. As a script it
runs them all, on whichever interpreter: ``python tests/live/scenarios.py``.
"""

from __future__ import annotations

import gc
import io
import json
import multiprocessing.util
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from finlint.live.diagnosis import diagnose
from finlint.live.verdicts import Verdict
from finlint.watch.monitor import Monitor


class Halt:
    """Where a program waits until it has been looked at. Both kinds say that somebody has come."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.lock = threading.Lock()

    def wait(self, *_: object) -> Any:
        self.event.wait()

    def wants_event(self) -> bool:
        return bool(self.event._cond._waiters)  # type: ignore[attr-defined]

    def let_go(self) -> None:
        self.event.set()
        if self.lock.locked():
            self.lock.release()


halt = Halt()


class WithDel:
    def __del__(self) -> None:
        halt.wait()


class Plain:
    pass


class Child(WithDel):
    def __del__(self) -> None:
        super().__del__()


class Raw(io.RawIOBase):
    def close(self) -> None:
        if not halt.event.is_set():
            halt.wait()


def cyc(thing: Any) -> Any:
    thing.me = thing
    return thing


def alloc() -> None:
    """Allocate until the collector has come."""
    gc.enable()
    gc.set_threshold(1)
    keep = []
    for _ in range(5000):
        keep.append([])


def block() -> None:
    halt.wait()


def block_cb(_: object) -> None:
    halt.wait()


# -- stuck


def del_delete_fast() -> None:
    o = WithDel()
    del o


def del_overwrite() -> None:
    o: Any = WithDel()
    o = None
    assert o is None


def del_return() -> None:
    def inner() -> int:
        o = WithDel()
        return 1 if o else 0

    inner()


def del_store_attr() -> None:
    p: Any = Plain()
    p.x = WithDel()
    p.x = None


def del_list_clear() -> None:
    things = [WithDel()]
    things.clear()


def del_dict_pop() -> None:
    d = {1: WithDel()}
    d.pop(1)


def del_gc() -> None:
    cyc(WithDel())
    alloc()


def del_collect() -> None:
    cyc(WithDel())
    gc.collect()


def del_gc_in_c() -> None:
    cyc(WithDel())
    gc.enable()
    gc.set_threshold(1)
    json.loads("[" + ",".join(["[]"] * 3000) + "]")


def del_super_gc() -> None:
    cyc(Child())
    alloc()


def fin_ref() -> None:
    o = Plain()
    weakref.finalize(o, block)
    del o


def fin_gc() -> None:
    o = cyc(Plain())
    weakref.finalize(o, block)
    del o
    alloc()


def fin_gc_builtin() -> None:
    o = cyc(Plain())
    halt.lock.acquire()
    weakref.finalize(o, halt.lock.acquire)
    del o
    alloc()


def cb_ref() -> None:
    o = Plain()
    reference = weakref.ref(o, block_cb)
    del o
    assert reference() is None


def cb_gc() -> None:
    o = cyc(Plain())
    reference = weakref.ref(o, block_cb)
    del o
    alloc()
    assert reference() is None


def generator() -> Iterator[int]:
    try:
        yield 1
    finally:
        halt.wait()


def gen_ref() -> None:
    g = generator()
    next(g)
    del g


def gen_gc() -> None:
    p = cyc(Plain())
    p.g = generator()
    next(p.g)
    del p
    alloc()


def raw_ref() -> None:
    r = Raw()
    del r


def raw_gc() -> None:
    cyc(Raw())
    alloc()


def mp_gc() -> None:
    o = cyc(Plain())
    multiprocessing.util.Finalize(o, block)
    del o
    alloc()


def gc_callback() -> None:
    def callback(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and not halt.event.is_set():
            halt.wait()

    gc.callbacks.append(callback)
    gc.collect()
    gc.callbacks.remove(callback)


def self_dead_gc() -> None:
    lock = halt.lock

    class Conn:
        def __del__(self) -> None:
            with lock:
                pass

    with lock:
        cyc(Conn())
        alloc()
        lock.acquire(blocking=False)  # for the end of the block: who looked has released it


def self_dead_ref() -> None:
    lock = halt.lock

    class Conn:
        def __del__(self) -> None:
            lock.acquire()

    c = {1: Conn()}
    with lock:
        c.pop(1)


class Expected(NamedTuple):
    kind: str
    started_by: str
    state: str = "blocked"


STUCK: dict[Callable[[], None], Expected] = {
    del_delete_fast: Expected("__del__", "drop"),
    del_overwrite: Expected("__del__", "drop"),
    del_return: Expected("__del__", "drop"),
    del_store_attr: Expected("__del__", "drop"),
    del_list_clear: Expected("__del__", "drop"),
    del_dict_pop: Expected("__del__", "drop"),
    del_gc: Expected("__del__", "collector"),
    del_collect: Expected("__del__", "collector"),
    del_gc_in_c: Expected("__del__", "collector"),
    del_super_gc: Expected("__del__", "collector"),
    fin_ref: Expected("weakref.finalize", "drop"),
    fin_gc: Expected("weakref.finalize", "collector"),
    fin_gc_builtin: Expected("weakref.finalize", "collector"),
    cb_ref: Expected("weakref callback", "drop"),
    cb_gc: Expected("weakref callback", "collector"),
    gen_ref: Expected("generator", "drop"),
    gen_gc: Expected("generator", "collector"),
    raw_ref: Expected("io close", "drop"),
    raw_gc: Expected("io close", "collector"),
    mp_gc: Expected("multiprocessing.util.Finalize", "collector"),
    gc_callback: Expected("gc.callbacks", "collector"),
    self_dead_gc: Expected("__del__", "collector", "self-deadlock"),
    self_dead_ref: Expected("__del__", "drop", "self-deadlock"),
}


# -- harmless: somebody called it, or it is no finalizer


class Timed:
    def close(self) -> None:
        halt.wait()

    @property
    def prop(self) -> None:
        halt.wait()


def ok_del_explicit() -> None:
    o = WithDel()
    o.__del__()


def ok_del_by_its_name() -> None:
    o = WithDel()
    getattr(o, "__del__")()  # noqa: B009


def ok_finalize_explicit() -> None:
    o = Plain()
    weakref.finalize(o, block)()


def ok_generator_close() -> None:
    g = generator()
    next(g)
    g.close()  # type: ignore[attr-defined]


def ok_generator_next() -> None:
    g = generator()
    next(g)
    next(g, None)


def ok_call() -> None:
    Timed().close()


def ok_property() -> None:
    Timed().prop  # noqa: B018


def ok_sort_key() -> None:
    [1, 2].sort(key=lambda v: halt.wait() or v)


def ok_map() -> None:
    list(map(lambda v: halt.wait(), [1]))  # noqa: C417


def spin() -> None:
    while not halt.event.is_set():
        x: Any = []
        x = None
        assert x is None


def ok_signal() -> None:
    before = signal.signal(signal.SIGALRM, halt.wait)
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    spin()
    signal.signal(signal.SIGALRM, before)


def ok_trace() -> None:
    def tracer(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line" and frame.f_code is spin.__code__:
            halt.wait()
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    spin()
    sys.settrace(before)


def ok_profile() -> None:
    def profiler(frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code is spin.__code__ and event == "call":
            halt.wait()

    before = sys.getprofile()
    sys.setprofile(profiler)
    spin()
    sys.setprofile(before)


def ok_monitoring() -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    monitoring.use_tool_id(3, "test")
    monitoring.register_callback(3, monitoring.events.LINE, halt.wait)
    monitoring.set_local_events(3, spin.__code__, monitoring.events.LINE)
    spin()
    monitoring.set_local_events(3, spin.__code__, 0)
    monitoring.free_tool_id(3)


_armed: list[bool] = []


def _audit(event: str, arguments: object) -> None:
    if event == "finlint.test" and _armed:
        halt.wait()


def ok_audit() -> None:
    if not _audit.__dict__:
        sys.addaudithook(_audit)
        _audit.__dict__["added"] = True
    _armed.append(True)
    sys.audit("finlint.test")
    _armed.clear()


def ok_bool() -> None:
    class A:
        def __bool__(self) -> bool:
            halt.wait()
            return True

    a = A()
    if a:
        pass


class Hashed:
    def __hash__(self) -> int:
        halt.wait()
        return 1


def ok_hash() -> None:
    d = {}
    d[Hashed()] = 1


def ok_build_map() -> None:
    a = Hashed()
    {a: 1}  # noqa: B018


def ok_set_attr() -> None:
    class A:
        def __setattr__(self, name: str, value: object) -> None:
            halt.wait()

    A().x = 1


def ok_import() -> None:
    class Finder:
        def find_spec(self, *_: object) -> None:
            halt.wait()

    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
    try:
        import no_such_module  # noqa: F401
    except ImportError:
        pass
    del sys.meta_path[0]


class Items:
    def __iter__(self) -> Items:
        return self

    def __next__(self) -> int:
        halt.wait()
        raise StopIteration


def ok_iterator() -> None:
    for _ in Items():  # type: ignore[attr-defined]
        pass


def ok_unpack() -> None:
    try:
        a, b = Items()  # type: ignore[misc]
        assert a, b
    except ValueError:
        pass


def ok_thread_main() -> None:
    thread = threading.Thread(target=halt.wait)
    thread.start()
    thread.join()


def ok_class_namespace() -> None:
    class Namespace(dict[str, object]):
        def __setitem__(self, name: str, value: object) -> None:
            if name == "z":
                halt.wait()
            dict.__setitem__(self, name, value)

    class Meta(type):
        @classmethod
        def __prepare__(cls, *_: object) -> Any:
            return Namespace()

    class Z(metaclass=Meta):
        z = 1


OK: tuple[Callable[[], None], ...] = tuple(
    function
    for name, function in list(globals().items())
    if name.startswith("ok_") and (name != "ok_monitoring" or sys.version_info >= (3, 12))
)


# -- looking


class Seen(NamedTuple):
    """What the look itself said (kind, started by), and the verdicts of its record."""

    live: tuple[tuple[str, str], ...]
    verdicts: tuple[Verdict, ...]


def run(program: Callable[[], None]) -> Seen:
    """Have the program halt here, look at it twice from another thread, and let it go on."""
    global halt
    halt = Halt()
    records: list[dict[str, Any]] = []
    seen: list[Seen] = []
    enabled, threshold = gc.isenabled(), gc.get_threshold()
    gc.collect()
    gc.disable()
    monitor = Monitor(1e-9, records.append)
    monitor.listen()
    victim = threading.get_ident()

    def look() -> None:
        me = frozenset({threading.get_ident()})
        if (program in STUCK and "lock" in program.__code__.co_names) or program.__name__ == "fin_gc_builtin":
            while not monitor.running():
                monitor.look(me)
        else:
            while not halt.wants_event():
                pass
        monitor.look(me)
        monitor.look(me)
        live = tuple((s.found.kind, s.found.started_by) for s, _ in monitor.running() if s.ident == victim)
        found = diagnose(json.dumps(records[-1]), lint=False).stuck if records else ()
        seen.append(Seen(live, tuple(each.verdict for each in found)))
        halt.let_go()

    looker = threading.Thread(target=look)
    looker.start()
    try:
        program()
    finally:
        halt.let_go()
        looker.join()
        gc.set_threshold(*threshold)
        gc.callbacks.remove(monitor._on_gc)
        gc.collect()
        if enabled:
            gc.enable()
        else:
            gc.disable()
    return seen[0]


def main() -> int:
    wrong = 0
    for program, expected in STUCK.items():
        seen = run(program)
        fine = seen.live == ((expected.kind, expected.started_by),) and [
            (v.kind, v.started_by, v.state) for v in seen.verdicts
        ] == [tuple(expected)]
        wrong += not fine
        print("ok " if fine else "BAD", program.__name__, *(() if fine else (seen.live, seen.verdicts)))
    for program in OK:
        seen = run(program)
        fine = not seen.live and not seen.verdicts
        wrong += not fine
        print("ok " if fine else "BAD", program.__name__, *(() if fine else (seen.live, seen.verdicts)))
    print(f"{sys.version.split()[0]}: {len(STUCK)} stuck, {len(OK)} harmless, {wrong} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
