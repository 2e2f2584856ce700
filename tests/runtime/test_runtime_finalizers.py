"""Life cycle, reachability and order of finalizers. The docs name these tests; the ids are those of the table there."""

from __future__ import annotations

import collections
import contextvars
import dataclasses
import enum
import functools
import gc
import io
import os
import subprocess
import sys
import threading
import types
import weakref
from typing import Any, NamedTuple

import pytest
from worlds import Thing, collect

from finlint import runtime
from finlint.runtime import NIL, Channel, Runtime

# -- life cycle --------------------------------------------------------------------------------------------


def test_runs_once_with_the_object_itself(rt: Runtime, log: list[Any]) -> None:
    thing = Thing("a")
    identity = id(thing)
    rt.set_finalizer(thing, lambda it: log.append((id(it), it.name, type(it))))
    collect(rt)
    assert log == []
    del thing
    collect(rt, 5)
    assert log == [(identity, "a", Thing)]


def test_none_clears(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.set_finalizer(thing, log.append)
    rt.set_finalizer(thing, None)
    rt.set_finalizer(thing, None)
    del thing
    collect(rt, 2)
    assert log == []


def test_clear_then_set_again_runs_the_second(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.set_finalizer(thing, lambda it: log.append("first"))
    rt.set_finalizer(thing, None)
    rt.set_finalizer(thing, lambda it: log.append("second"))
    del thing
    collect(rt)
    assert log == ["second"]


def test_clearing_inside_its_own_finalizer_is_a_no_op(rt: Runtime, log: list[Any]) -> None:
    def finalizer(it: Thing) -> None:
        rt.set_finalizer(it, None)
        log.append("ran")

    rt.set_finalizer(Thing(), finalizer)
    collect(rt, 2)
    assert log == ["ran"]


def test_resurrects_for_good_if_kept(rt: Runtime, log: list[Any]) -> None:
    thing = Thing("a")
    death = weakref.ref(thing)
    rt.set_finalizer(thing, log.append)
    del thing
    collect(rt, 3)
    assert [it.name for it in log] == ["a"]
    log.clear()
    collect(rt)
    assert death() is None


def test_may_set_a_new_finalizer_inside(rt: Runtime, log: list[Any]) -> None:
    def finalizer(it: Thing) -> None:
        log.append(it.name)
        rt.set_finalizer(it, finalizer)

    rt.set_finalizer(Thing("again"), finalizer)
    for runs in range(1, 6):
        collect(rt)
        assert len(log) == runs


def test_may_register_others_and_collect_inside(rt: Runtime, log: list[Any]) -> None:
    def finalizer(it: Thing) -> None:
        for number in range(10):
            rt.set_finalizer(Thing(), lambda it, number=number: log.append(number))
        rt.gc()
        log.append("outer")

    rt.set_finalizer(Thing(), finalizer)
    collect(rt, 2)
    assert log[0] == "outer"
    assert sorted(log[1:]) == list(range(10))


def test_gc_queues_and_does_not_wait(rt: Runtime, log: list[Any]) -> None:
    started, go_on = Channel[None](), Channel[None]()

    def finalizer(it: Thing) -> None:
        started.send(None)
        go_on.receive()
        log.append("ended")

    rt.set_finalizer(Thing(), finalizer)
    rt.gc()
    started.receive()
    assert log == []
    go_on.send(None)
    assert rt.drain()
    assert log == ["ended"]


def test_nothing_happens_without_gc(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Thing(), log.append)
    gc.collect()
    assert rt.drain()
    assert log == []
    assert rt.profile().finalizers.registered == 1


def test_no_promise_at_exit() -> None:
    program = """
import threading
from finlint import runtime
class T: pass
runtime.set_finalizer(T(), lambda t: print("ran"))
runtime.gc(); runtime.drain()
runtime.set_finalizer(T(), lambda t: print("never"))
runtime.set_finalizer(T(), lambda t: (runtime.NIL.receive(), print("never")))
runtime.gc(); assert not runtime.drain()
runtime.set_finalizer(T(), lambda t: print("never"))
print("end")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\nend\n", "")


@pytest.mark.parametrize(
    "does",
    [
        "rt.set_finalizer(T(), print); rt.gc(); rt.drain(5)",
        "rt.go(print)",
        "runtime.Cleaner().register(T(), print)",
        "runtime.Runtime(stuck_after=1)",
    ],
)
def test_a_del_that_needs_a_thread_while_the_interpreter_is_taken_down_does_not_hang(does: str) -> None:
    """Before CPython 3.12 a thread that is started then never runs, and who starts it waits for it."""
    program = f"""
import sys
from finlint import runtime
class T: pass
rt = runtime.Runtime()
class Last:
    def __init__(self): self.me = self
    def __del__(self):
        {does}
sys.modules["kept to the end"] = Last()
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=600, check=True)


def test_os_exit_in_a_finalizer_ends_the_process() -> None:
    program = """
import os
from finlint import runtime
class T: pass
runtime.set_finalizer(T(), lambda t: os._exit(7))
runtime.gc(); runtime.drain()
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=600, check=False).returncode == 7


def test_weak_references_live_until_the_object_does(rt: Runtime, log: list[Any]) -> None:
    """A departure: Go's weak pointers are nil before the finalizer runs; CPython's cannot be cleared from outside."""
    thing = Thing()
    death = weakref.ref(thing)
    rt.set_finalizer(thing, lambda it: log.append(death() is it))
    del thing
    collect(rt, 2)
    assert log == [True]
    assert death() is None


def test_keep_alive(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.set_finalizer(thing, lambda it: log.append("ran"))
    try:
        collect(rt)
        assert log == []
    finally:
        rt.keep_alive(thing)
    del thing
    collect(rt)
    assert log == ["ran"]


# -- reachability ------------------------------------------------------------------------------------------


def test_dependency_order(rt: Runtime, log: list[Any]) -> None:
    first, second = Thing("a"), Thing("b")
    first.other = second
    rt.set_finalizer(second, lambda it: log.append("b"))
    rt.set_finalizer(first, lambda it: log.append(f"a sees {it.other.name}"))
    del first, second
    collect(rt)
    assert log == ["a sees b"]
    collect(rt)
    assert log == ["a sees b", "b"]


def test_chain_needs_one_collection_each(rt: Runtime, log: list[Any]) -> None:
    thing = None
    for number in reversed(range(10)):
        link = Thing(str(number))
        link.other = thing
        rt.set_finalizer(link, lambda it: log.append(int(it.name)))
        thing = link
    del thing, link
    for done in range(1, 11):
        collect(rt)
        assert log == list(range(done))


@pytest.mark.parametrize("both", [False, True])
def test_cycle_through_another_object_never_runs(rt: Runtime, log: list[Any], both: bool) -> None:
    first, second = Thing(), Thing()
    first.other, second.other = second, first
    death = weakref.ref(first)
    rt.set_finalizer(first, log.append)
    if both:
        rt.set_finalizer(second, log.append)
    del first, second
    collect(rt, 3)
    assert log == []
    assert death() is not None


def test_cycle_through_a_list_never_runs(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    thing.selves = [thing]
    rt.set_finalizer(thing, log.append)
    del thing
    collect(rt, 3)
    assert log == []


def test_cycle_through_a_closure_in_a_field_never_runs(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    thing.me = (lambda it: lambda: it)(thing)
    rt.set_finalizer(thing, log.append)
    del thing
    collect(rt, 3)
    assert log == []


def test_direct_self_reference_runs(rt: Runtime, log: list[Any]) -> None:
    thing = Thing("me")
    thing.me = thing
    rt.set_finalizer(thing, lambda it: log.append(it.me is it))
    del thing
    collect(rt)
    assert log == [True]


def test_cycles_run_if_told_to(log: list[Any]) -> None:
    with Runtime(cycles="run") as rt:
        first, second, third = Thing(), Thing(), Thing()
        first.other, second.other = second, first
        third.selves = [third]
        rt.set_finalizer(first, lambda it: log.append("cycle"))
        rt.set_finalizer(third, lambda it: log.append("list"))
        del first, second, third
        collect(rt)
        assert sorted(log) == ["cycle", "list"]


def test_cycles_run_but_not_two_finalizers_on_one(log: list[Any]) -> None:
    with Runtime(cycles="run") as rt:
        first, second = Thing(), Thing()
        first.other, second.other = second, first
        rt.set_finalizer(first, log.append)
        rt.set_finalizer(second, log.append)
        del first, second
        collect(rt, 2)
        assert log == []


def test_object_that_points_at_a_plain_cycle_runs(rt: Runtime, log: list[Any]) -> None:
    left, right, thing = Thing(), Thing(), Thing("out")
    left.other, right.other, thing.other = right, left, left
    rt.set_finalizer(thing, lambda it: log.append(it.name))
    del left, right, thing
    collect(rt)
    assert log == ["out"]


def test_object_that_a_plain_cycle_points_at_runs(rt: Runtime, log: list[Any]) -> None:
    left, right, thing = Thing(), Thing(), Thing("in")
    left.other, right.other, right.child = right, left, thing
    rt.set_finalizer(thing, lambda it: log.append(it.name))
    del left, right, thing
    collect(rt)
    assert log == ["in"]


def test_callback_that_closes_over_the_object_never_runs(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.set_finalizer(thing, (lambda held: lambda it: log.append(held))(thing))
    del thing
    collect(rt, 3)
    assert log == []
    assert rt.profile().finalizers.registered == 1


def test_bound_method_never_runs_and_plain_function_does(rt: Runtime, log: list[Any]) -> None:
    class Resource:
        def close(self) -> None:
            log.append("closed")

    bound, plain = Resource(), Resource()
    rt.set_finalizer(bound, lambda it, close=bound.close: close())
    rt.set_finalizer(plain, Resource.close)
    del bound, plain
    collect(rt, 3)
    assert log == ["closed"]


def test_object_may_refer_to_its_runtime_and_cleanup(rt: Runtime, log: list[Any]) -> None:
    thing, listed = Thing("a", rt=rt), SlotsWithRuntime()
    thing.cleanup = rt.add_cleanup(thing, log.append, "cleanup")
    listed.rt, listed.cleanup = rt, rt.add_cleanup(listed, log.append, "other cleanup")
    rt.set_finalizer(thing, lambda it: log.append("finalizer"))
    del thing, listed
    collect(rt, 2)
    assert sorted(log) == ["cleanup", "finalizer", "other cleanup"]


class SlotsWithRuntime:
    __slots__ = ("cleanup", "rt")


def test_queued_objects_keep_all_they_refer_to(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: gate.receive())
    rt.gc()
    assert not rt.drain()
    thing, child = Thing(), Thing()
    thing.child = child
    death = weakref.ref(child)
    rt.set_finalizer(thing, lambda it: log.append("ran"))
    del thing, child
    rt.gc()
    assert death() is not None
    gate.send(None)
    assert rt.drain()
    assert death() is None
    assert log == ["ran"]


def test_cleared_object_is_freed_also_behind_a_stuck_worker(rt: Runtime) -> None:
    rt.set_finalizer(Thing(), lambda it: NIL.receive())
    rt.gc()
    assert not rt.drain()
    thing = Thing()
    death = weakref.ref(thing)
    rt.set_finalizer(thing, print)
    rt.set_finalizer(thing, None)
    del thing
    assert death() is None


def test_object_held_by_a_module_or_another_thread_lives(rt: Runtime, log: list[Any]) -> None:
    module = types.ModuleType("holder")
    sys.modules["holder"] = module
    try:
        module.thing = Thing()
        rt.set_finalizer(module.thing, log.append)
        entered, leave = Channel[None](), Channel[None]()

        def hold(it: Thing) -> None:
            entered.send(None)
            leave.receive()
            del it

        held = Thing()
        rt.go(hold, held)
        rt.set_finalizer(held, lambda it: log.append("held"))
        del held
        entered.receive()
        collect(rt, 2)
        assert log == []
        leave.send(None)
    finally:
        del sys.modules["holder"]


def test_ended_threads_and_handled_exceptions_do_not_pin(rt: Runtime, log: list[Any]) -> None:
    done = Channel[None](1)

    def work(it: Thing) -> None:
        try:
            raise ValueError(it)
        except ValueError:
            done.send(None)

    thing = Thing()
    rt.go(work, thing)
    rt.set_finalizer(thing, lambda it: log.append("ran"))
    del thing
    done.receive()
    while any(thread.name == "test-go" for thread in threading.enumerate()):
        for thread in threading.enumerate():
            if thread.name == "test-go":
                thread.join()
    collect(rt)
    assert log == ["ran"]


# -- order and sequence ------------------------------------------------------------------------------------


def test_one_collection_runs_newest_first(rt: Runtime, log: list[Any]) -> None:
    things = [Thing(str(number)) for number in range(5)]
    for thing in things:
        rt.set_finalizer(thing, lambda it: log.append(it.name))
    del thing
    things.clear()
    collect(rt)
    assert log == ["4", "3", "2", "1", "0"]


def test_several_collections_behind_a_blocker_run_newest_first(rt: Runtime, log: list[Any]) -> None:
    gate = Channel[None]()
    rt.set_finalizer(Thing(), lambda it: (gate.receive(), log.append("hold")))
    rt.gc()
    assert not rt.drain()
    for number in (1, 2, 3):
        rt.set_finalizer(Thing(), lambda it, number=number: log.append(f"gc{number}"))
        rt.gc()
    gate.send(None)
    assert rt.drain()
    assert log == ["hold", "gc3", "gc2", "gc1"]


def test_one_worker_strictly_in_sequence(rt: Runtime, log: list[Any]) -> None:
    inside: list[int] = []

    def finalizer(it: Thing) -> None:
        inside.append(1)
        log.append((threading.get_ident(), len(inside)))
        inside.pop()

    for _ in range(200):
        rt.set_finalizer(Thing(), finalizer)
    collect(rt)
    assert len(log) == 200
    assert len(set(log)) == 1
    assert log[0][1] == 1
    assert log[0][0] != threading.get_ident()


def test_worker_has_a_context_of_its_own(rt: Runtime, log: list[Any]) -> None:
    variable = contextvars.ContextVar("variable", default="own")
    variable.set("caller's")
    rt.set_finalizer(Thing(), lambda it: log.append(variable.get()))
    collect(rt)
    assert log == ["own"]


def test_deep_recursion_on_the_worker(rt: Runtime, log: list[Any]) -> None:
    def depth(left: int) -> int:
        return 0 if left == 0 else 1 + depth(left - 1)

    rt.set_finalizer(Thing(), lambda it: log.append(depth(500)))
    collect(rt)
    assert log == [500]


# -- kinds of callbacks ------------------------------------------------------------------------------------


class Receiver:
    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def method(self, it: Thing) -> int:
        self.log.append(it.name)
        return 42

    __call__ = method


def test_any_callable_and_the_result_is_ignored(rt: Runtime, log: list[Any]) -> None:
    receiver = Receiver(log)
    for name, fn in {
        "method": receiver.method,
        "instance": receiver,
        "partial": functools.partial(Receiver.method, receiver),
        "lambda": lambda it: log.append(it.name),
        "default": lambda it, more=1: log.append(it.name),
        "star": lambda *them: log.append(them[0].name),
    }.items():
        rt.set_finalizer(Thing(name), fn)
        collect(rt)
    rt.set_finalizer(Thing(), log.append)
    collect(rt)
    assert log[:-1] == ["method", "instance", "partial", "lambda", "default", "star"]
    assert type(log[-1]) is Thing


# -- kinds of objects --------------------------------------------------------------------------------------


class Slots:
    __slots__ = ("other",)


class SlotsEmpty:
    __slots__ = ()


class SlotsWeak:
    __slots__ = ("__weakref__", "other")


@dataclasses.dataclass
class Data:
    other: Any = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    other: Any = None


@dataclasses.dataclass(slots=True)
class DataSlots:
    other: Any = None


class Pair(NamedTuple):
    left: int


class WithDel:
    deleted: list[str] = []  # noqa: RUF012

    def __del__(self) -> None:
        self.deleted.append("del")


class Guarded:
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


class ListSub(list):  # type: ignore[type-arg]
    pass


class IntSub(int):
    pass


class StrSub(str):
    pass


class DictSub(dict):  # type: ignore[type-arg]
    pass


def generator() -> Any:
    yield 1


KINDS: dict[str, Any] = {
    "plain": Thing,
    "slots": Slots,
    "slots, empty": SlotsEmpty,
    "slots with weakref": SlotsWeak,
    "dataclass": Data,
    "dataclass, frozen": Frozen,
    "dataclass, slots": DataSlots,
    "namedtuple": lambda: Pair(1),
    "own __del__": WithDel,
    "__setattr__ raises": Guarded,
    "unhashable, equal to all": Unhashable,
    "list": lambda: [1],
    "dict": lambda: {"a": []},
    "set": lambda: {1},
    "bytearray": lambda: bytearray(9),
    "list subclass": ListSub,
    "int subclass": lambda: IntSub(12345),
    "str subclass": lambda: StrSub("text"),
    "dict subclass": DictSub,
    "exception": lambda: ValueError("x"),
    "SimpleNamespace": types.SimpleNamespace,
    "object()": object,
    "function": lambda: lambda: 1,
    "bound method": lambda: Thing().__init__,  # type: ignore[misc]
    "partial": lambda: functools.partial(len),
    "generator": generator,
    "file": lambda: io.StringIO(),
    "lock": threading.Lock,
    "deque": collections.deque,
    "memoryview": lambda: memoryview(b"x"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_finalizer_of_every_kind_of_object(rt: Runtime, log: list[Any], kind: str) -> None:
    thing = KINDS[kind]()
    cls, identity = type(thing), id(thing)
    rt.set_finalizer(thing, lambda it: log.append((type(it), id(it))))
    collect(rt)
    assert log == [], "alive"
    assert type(thing) is cls
    del thing
    collect(rt)
    assert log == [(cls, identity)]


@pytest.mark.parametrize("kind", KINDS)
def test_cleanup_of_every_kind_of_object(rt: Runtime, log: list[Any], kind: str) -> None:
    thing = KINDS[kind]()
    rt.add_cleanup(thing, log.append, "gone")
    collect(rt)
    assert log == [], "alive"
    del thing
    collect(rt)
    assert log == ["gone"]


def test_own_del_runs_after_the_finalizer_and_once(rt: Runtime) -> None:
    WithDel.deleted.clear()
    rt.set_finalizer(WithDel(), lambda it: it.deleted.append("finalizer"))
    collect(rt, 2)
    assert WithDel.deleted == ["finalizer", "del"]


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (None, "never dies"),
        (5, "shares"),
        ("text", "shares"),
        (b"bytes", "shares"),
        ((1, 2), "shares"),
        (frozenset(), "shares"),
        (1.5, "shares"),
        (True, "shares"),
        (..., "shares"),
        (Thing, "class Thing"),
        (os, "module os"),
        (len, "shares"),
    ],
)
def test_refuses_what_cannot_work(rt: Runtime, thing: object, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        rt.set_finalizer(thing, print)
    with pytest.raises(TypeError, match=why):
        rt.add_cleanup(thing, print, 1)


def test_enum_member_and_global_are_accepted_and_live(rt: Runtime, log: list[Any]) -> None:
    rt.set_finalizer(Colour.RED, log.append)
    collect(rt, 2)
    assert log == []


@pytest.mark.parametrize(
    ("fn", "why"),
    [
        ("text", "second argument is str, not a function"),
        (lambda: 0, r"cannot pass .*Thing to .*lambda"),
        (lambda one, two: 0, "cannot pass"),
        (lambda it, *, key: 0, "cannot pass"),
        (Thing().__init__, None),
        (functools.partial(lambda one, two: 0), r"cannot pass"),
    ],
)
def test_refuses_callbacks_that_cannot_be_called(rt: Runtime, fn: Any, why: str | None) -> None:
    thing = Thing()
    if why is None:
        rt.set_finalizer(thing, fn)
        return
    with pytest.raises(TypeError, match=why):
        rt.set_finalizer(thing, fn)


def test_second_finalizer_is_an_error(rt: Runtime, log: list[Any]) -> None:
    thing = Thing()
    rt.set_finalizer(thing, lambda it: log.append("first"))
    with pytest.raises(ValueError, match=r"finalizer already set on this .*Thing"):
        rt.set_finalizer(thing, lambda it: log.append("second"))
    del thing
    collect(rt)
    assert log == ["first"]


def test_the_default_runtime(log: list[Any]) -> None:
    thing = Thing("default")
    runtime.set_finalizer(thing, lambda it: log.append(it.name))
    runtime.add_cleanup(thing, log.append, "cleanup")
    runtime.gc()
    runtime.keep_alive(thing)
    del thing
    runtime.gc()
    assert runtime.drain()
    runtime.gc()
    assert runtime.drain()
    done = Channel[str]()
    runtime.go(done.send, "went")
    log.append(done.receive())
    assert log == ["default", "cleanup", "went"]
    assert runtime.profile().worker == "idle"
    assert "1 executed" in runtime.format_profile()
    assert runtime.stuck() is None
    assert runtime.default_runtime().close()
    assert runtime.default_runtime().profile().worker == "not started"
