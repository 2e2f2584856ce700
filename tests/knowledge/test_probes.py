"""The data agrees with what was measured on CPython 3.10.13, 3.11.7, 3.12.1 and 3.13.0.

``data/block.jsonl``: [row, verdict, call, receiver, circumstance]. The verdict is FOREVER (blocked in a system call
without a time limit, until somebody else acted), BOUNDED, POLLS (woke up again and again) or no (returned at once).
``call`` is the call by qualified name, ``receiver`` the arguments of its constructor; an empty call says in the last
column what kind of statement the row is instead. Circumstances:

    calm        the call can wait, but the row gave it nothing to wait for
    receiver    the receiver had been made non-blocking or bounded by an earlier call
    descriptor  the descriptor had been made non-blocking
    inner       another thread held a lock that is held for a moment as a rule
    polls       how long it lasts depends on the arguments' contents

``data/reent.jsonl``: [operation, deadlocks on the four versions when a collection forced at each allocation point of
the operation runs the same operation, the same under a tracer or null]. ``data/exit.jsonl``: [action, exception,
{version: phases of the interpreter's exit in which it failed}].
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from tools import load

from finlint.knowledge.base import Knowledge
from finlint.knowledge.entries import FLAG_PARAMETERS, Argument, Entry

compiler = load("knowledge")
DATA = Path(__file__).parent / "data"
#: I/O that normally ends though the probe could make it wait for ever; the severity is for the data to say.
IO_KINDS = frozenset({"file-io", "network-io", "console-io", "logging", "subprocess"})


def _rows(name: str) -> list[list[Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


BLOCK = _rows("block")
REENT = _rows("reent")
EXIT = _rows("exit")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge()


# -- a small judge of its own, so that the data is tested and not the analysis


def _constant(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ...


def _read_call(text: str) -> tuple[str, list[object], dict[str, object]]:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    keywords = {item.arg or "**": _constant(item.value) for item in call.keywords}
    return ast.unparse(call.func), [_constant(item) for item in call.args], keywords


def _find(knowledge: Knowledge, name: str) -> Entry | None:
    """The entry of a function or method, or of what ``with`` and ``for`` call."""
    owner, _, last = name.rpartition(".")
    special = {"__enter__": "enter", "__exit__": "exit", "__next__": "iterate", "__iter__": "iterate"}.get(last)
    if special is not None:
        for cls in knowledge.ancestors(owner):
            entry = knowledge.entry(cls)
            if entry is not None and getattr(entry, special):
                return knowledge.entry(getattr(entry, special))
    member = knowledge.member(owner, last)
    return knowledge.entry(member) if member is not None else knowledge.entry(name)


def _holds(condition: Argument, arguments: dict[str, object]) -> bool:
    value = arguments.get(condition.parameter, ...)
    if condition.parameter in FLAG_PARAMETERS and isinstance(condition.value, int):
        return type(value) is int and value & condition.value == condition.value
    numbers = isinstance(value, (int, float)) and isinstance(condition.value, (int, float))
    same = type(value) is type(condition.value) or (numbers and bool not in (type(value), type(condition.value)))
    return same and value == condition.value


def _waits(knowledge: Knowledge, text: str, receiver: str) -> tuple[Entry | None, str]:
    """(entry, "no" | "short" | "bounded" | "unbounded") of a call."""
    name, positional, keywords = _read_call(text)
    entry = _find(knowledge, name)
    if entry is None or not entry.kind or entry.is_async:
        return entry, "no"
    arguments = {item.parameter: item.value for item in entry.defaults}
    arguments.update(zip((item for item in entry.parameters if item != "*"), positional, strict=False))
    arguments.update(keywords)
    if any(_holds(condition, arguments) for condition in entry.nonblocking):
        return entry, "no"
    if entry.only_if and not any(_holds(condition, arguments) for condition in entry.only_if):
        return entry, "no"
    owner = knowledge.entry(name.rpartition(".")[0])
    made = {item.parameter: item.value for item in owner.defaults} if owner is not None else {}
    made.update(_read_call(f"f({receiver})")[2])
    if any(_holds(condition, made) for condition in entry.receiver_nonblocking):
        return entry, "no"
    bound = arguments.get(entry.bound) if entry.bound else None
    if entry.lasts == "unbounded" and isinstance(bound, (int, float)) and bound is not True and bound >= 0:
        return entry, "bounded"
    return entry, entry.lasts


# -- what blocks


@pytest.mark.parametrize("row", BLOCK, ids=[row[0] for row in BLOCK])
def test_agrees_with_the_probe(knowledge: Knowledge, row: list[str]) -> None:
    _, verdict, call, receiver, circumstance = row
    if not call:
        assert circumstance, "a row without a call says why"
        return
    entry, lasts = _waits(knowledge, call, receiver)
    assert entry is not None, "every measured call has an entry"
    if circumstance == "inner":
        assert entry.inner_lock
    elif circumstance in ("calm", "receiver", "descriptor"):
        assert entry.kind, "only a call that can wait needs circumstances"
    elif verdict == "FOREVER":
        assert lasts == "unbounded" or (entry.kind in IO_KINDS and lasts == "bounded") or entry.releases
    elif verdict in ("BOUNDED", "POLLS") and circumstance != "polls":
        assert lasts == "bounded"
    elif verdict == "no":
        # "short" claims no wait: releasing, or handing to an event loop that is not asked thread-safely.
        short_io = (entry.kind in IO_KINDS and lasts == "bounded") or lasts == "short"
        ends_soon = entry.name in ("multiprocessing.pool.Pool.terminate",)
        assert lasts == "no" or short_io or ends_soon


def test_every_row_is_there() -> None:
    assert len(BLOCK) == 409
    assert sum(bool(row[2]) for row in BLOCK) >= 395


def test_methods_that_change_a_receiver(knowledge: Knowledge) -> None:
    """The rows whose receiver was prepared: setblocking, settimeout, timeout= of what made it."""
    setblocking = knowledge.entry("socket.socket.setblocking")
    settimeout = knowledge.entry("socket.socket.settimeout")
    connection = knowledge.entry("socket.create_connection")
    assert setblocking is not None
    assert settimeout is not None
    assert connection is not None
    assert Argument("flag", False) in setblocking.makes_nonblocking
    assert Argument("value", 0) in settimeout.makes_nonblocking
    assert settimeout.makes_bounded == "value"
    assert connection.bounds_result == "timeout"


# -- what hands over safely


#: Operation -> the entries that perform it.
OPERATIONS = {
    "Lock: with L: <alloc>": ["threading.Lock.acquire"],
    "mp.Lock: with L: <alloc>": ["multiprocessing.Lock.acquire"],
    "RLock: with L: <alloc>": ["threading.RLock.acquire"],
    "Semaphore.release": ["threading.Semaphore.release"],
    "Event.set": ["threading.Event.set"],
    "Event.set (one waiter)": ["threading.Event.set"],
    "Event.is_set": ["threading.Event.is_set"],
    "Queue.put": ["queue.Queue.put"],
    "Queue.put_nowait": ["queue.Queue.put_nowait"],
    "Queue.get_nowait": ["queue.Queue.get_nowait"],
    "Queue.qsize/empty": ["queue.Queue.qsize", "queue.Queue.empty"],
    "PriorityQueue.put (py __lt__)": ["queue.PriorityQueue.put"],
    "SimpleQueue.put": ["queue.SimpleQueue.put"],
    "SimpleQueue.put (getter waiting)": ["queue.SimpleQueue.put"],
    "SimpleQueue.get_nowait": ["queue.SimpleQueue.get_nowait"],
    "deque.append": ["collections.deque.append"],
    "list.append": ["builtins.list.append"],
    "ThreadPoolExecutor.submit same": ["concurrent.futures.ThreadPoolExecutor.submit"],
    "ThreadPoolExecutor.submit other executor": ["concurrent.futures.ThreadPoolExecutor.submit"],
    "ThreadPoolExecutor.submit idle worker": ["concurrent.futures.Executor.submit"],
    "ProcessPoolExecutor.submit": ["concurrent.futures.ProcessPoolExecutor.submit"],
    "executor.shutdown(wait=False)": ["concurrent.futures.ThreadPoolExecutor.shutdown"],
    "Thread.start": ["threading.Thread.start"],
    "Timer.start": ["threading.Timer.start"],
    "_thread.start_new_thread": ["_thread.start_new_thread"],
    "loop.call_soon_threadsafe": ["asyncio.AbstractEventLoop.call_soon_threadsafe"],
    "call_soon_threadsafe debug=True": ["asyncio.AbstractEventLoop.call_soon_threadsafe"],
    "run_coroutine_threadsafe": ["asyncio.run_coroutine_threadsafe"],
    "loop.run_in_executor": ["asyncio.AbstractEventLoop.run_in_executor", "asyncio.to_thread"],
    "asyncio.run() ; F: asyncio.run()": ["asyncio.run"],
    "mp.Queue.put": ["multiprocessing.Queue.put"],
    "mp.Queue.put (feeder running)": ["multiprocessing.Queue.put"],
    "mp.Queue.put_nowait (feeder running)": ["multiprocessing.Queue.put_nowait"],
    "mp.SimpleQueue.put": ["multiprocessing.SimpleQueue.put"],
    "mp.Event.set": ["multiprocessing.Event.set"],
    "mp.Process.start": ["multiprocessing.Process.start"],
    "mp.Pool.apply_async": ["multiprocessing.pool.Pool.apply_async"],
    "ThreadPool (mp.pool) apply_async": ["multiprocessing.pool.ThreadPool.apply_async"],
    "resource_tracker.register": ["multiprocessing.resource_tracker.register"],
    "signal.raise_signal": ["signal.raise_signal"],
    "atexit.register": ["atexit.register"],
    "subprocess.Popen": ["subprocess.Popen"],
    "tempfile.gettempdir first use": ["tempfile.gettempdir"],
}


@pytest.mark.parametrize("row", REENT, ids=[row[0] for row in REENT])
def test_handoffs_agree_with_the_sweep(knowledge: Knowledge, row: list[Any]) -> None:
    operation, deadlocks, under_tracer = row
    dies = any(deadlocks) or any(under_tracer or ())
    for name in OPERATIONS.get(operation, ()):
        entry = _find(knowledge, name)
        assert entry is not None, name
        if dies:
            assert entry.handoff != "safe", name
            # A wait on a lock is the lock's own finding; everything else must say that it holds one.
            assert entry.inner_lock or entry.kind == "lock", name
        else:
            assert entry.handoff != "unsafe", name


def test_every_operation_was_measured() -> None:
    assert set(OPERATIONS) <= {row[0] for row in REENT}


def test_every_safe_handoff_was_measured_or_says_why(knowledge: Knowledge) -> None:
    measured = {entry for names in OPERATIONS.values() for name in names if (entry := _find(knowledge, name))}
    for path in compiler.library_files():
        if path.parent.name == "stdlib":
            for entry in compiler.read_library(path).entries.values():
                if entry.handoff == "unsafe":
                    assert entry in measured or entry.inner_lock, entry.name


# -- what fails at exit


EXIT_ACTIONS = {
    "thread_start": "threading.Thread.start",
    "daemon_thread_start": "threading.Thread.start",
    "start_new_thread": "_thread.start_new_thread",
    "timer": "threading.Timer.start",
    "submit_new": "concurrent.futures.ThreadPoolExecutor.submit",
    "submit_existing": "concurrent.futures.ThreadPoolExecutor.submit",
    "ppe_submit": "concurrent.futures.ProcessPoolExecutor.submit",
    "asyncio_to_thread": "asyncio.to_thread",
    "mp_pool": "multiprocessing.Pool",
    "simplequeue_to_daemon": "queue.SimpleQueue.put",
    "call_soon_threadsafe": "asyncio.AbstractEventLoop.call_soon_threadsafe",
    "run_coro_threadsafe": "asyncio.run_coroutine_threadsafe",
    "subprocess_run": "subprocess.run",
    "asyncio_run": "asyncio.run",
    "atexit_register": "atexit.register",
    "finalize_create": "weakref.finalize",
    "gc_collect": "gc.collect",
    "unlink": "os.unlink",
    "time_sleep": "time.sleep",
}


@pytest.mark.parametrize("row", EXIT, ids=[row[0] for row in EXIT])
def test_starting_threads_agrees_with_exit(knowledge: Knowledge, row: list[Any]) -> None:
    action, exception, failures = row
    if action not in EXIT_ACTIONS:
        return
    entry = _find(knowledge, EXIT_ACTIONS[action])
    assert entry is not None
    assert entry.starts_thread == bool(failures), exception


# -- evidence


def test_evidence_that_names_a_probe_names_a_row() -> None:
    rows = {
        "probe": {row[0] for row in BLOCK},
        "reent": {row[0] for row in REENT},
        "exit": {row[0] for row in EXIT},
    }
    for path in compiler.library_files():
        for entry in compiler.read_library(path).entries.values():
            # A row may hold "; " itself, so the next source is looked for by its word.
            text = entry.evidence
            for word in ("reent", "exit"):
                text = text.replace(f"; {word}: ", f"\n{word}: ")
            for part in text.split("\n"):
                word, colon, source = part.partition(": ")
                if colon and word in rows:
                    assert any(source == row or source.startswith(f"{row}: ") for row in rows[word]), part
