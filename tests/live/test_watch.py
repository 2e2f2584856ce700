"""``finlint.watch``: what it recognises, and that it keeps its promises in programs that are as stuck as can be.

Programs run in processes of their own. They end when the report has come: nothing here waits for a time to pass.
"""

from __future__ import annotations

import gc
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finlint import watch
from finlint.watch.monitor import Monitor
from finlint.watch.record import roots
from tests.live import scenarios

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]


def names(program: Callable[[], None]) -> str:
    return program.__name__


@pytest.mark.parametrize("program", scenarios.STUCK, ids=names)
def test_a_stuck_finalizer_is_named(program: Callable[[], None]) -> None:
    expected = scenarios.STUCK[program]
    seen = scenarios.run(program)
    assert seen.live == ((expected.kind, expected.started_by),)
    [verdict] = seen.verdicts
    assert (verdict.kind, verdict.started_by, verdict.state) == expected


@pytest.mark.parametrize("program", scenarios.OK, ids=names)
def test_nothing_is_said_of_what_is_no_finalizer(program: Callable[[], None]) -> None:
    seen = scenarios.run(program)
    assert (seen.live, seen.verdicts) == ((), ())


#: What programs begin with. ``report`` is an ``on_stuck`` that prints the object and ends the process.
HEAD = """
import ctypes, gc, json, logging, os, sys, threading, weakref
from finlint import watch

never = threading.Event()

def report(found):
    os.write(1, (json.dumps(found) + "\\n").encode())
    os._exit(0)

class Stuck:
    def __del__(self):
        never.wait()

def cyc(thing):
    thing.me = thing
"""


def start(program: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *options, "-c", HEAD + program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def report_of(program: str) -> dict[str, Any]:
    """The report that ends the program."""
    with start(program) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def test_the_report_says_everything() -> None:
    found = report_of(
        f"""
sys.path.insert(0, {str(PROGRAMS)!r})
import pool
gc.disable()
watch.start(0.05, report)
threading.Thread(target=pool.work, args=(pool.Pool(),), name="worker-1").start()
"""
    )
    assert (found["verdict"], found["finalizer"], found["started_by"]) == (
        "self-deadlock",
        "Connection.__del__",
        "collector",
    )
    assert found["thread"].startswith("worker-1 (")
    assert found["object"].startswith("<Connection at 0x")
    assert (found["waits_for"]["text"], found["waits_for"]["lock"]) == ("self._lock", True)
    assert (found["held_by"]["function"], found["held_by"]["certainty"]) == ("Pool.take", "same object")
    assert found["interrupted"]["opcode"].startswith("CALL")
    assert found["seconds"] >= 0.05
    assert found["collector"]["seconds"] > 0
    assert (found["finding"]["code"], found["finding"]["hops"]) == ("FIN102", 3)


def test_a_long_collection_is_not_a_callback() -> None:
    """Who waits for the interpreter meanwhile gets it in our own hook, at the end of the collection."""
    records: list[dict[str, Any]] = []
    monitor = Monitor(1e-9, records.append)
    let_go: queue.SimpleQueue[None] = queue.SimpleQueue()

    class Ending(dict[int, Any]):
        @property
        def pop(self) -> Any:  # type: ignore[override]
            return let_go.get  # in C: the hook is the innermost frame

    main = threading.get_ident()

    def look() -> None:
        try:
            while sys._current_frames()[main].f_locals.get("phase") != "stop":
                pass
            for _ in range(3):
                monitor.look(frozenset({threading.get_ident()}))
        finally:
            let_go.put(None)

    monitor._collecting = Ending()
    gc.disable()  # one collection is meant, and here
    monitor.listen()
    looker = threading.Thread(target=look)
    looker.start()
    try:
        gc.collect()
        looker.join()
    finally:
        gc.callbacks.remove(monitor._on_gc)
        gc.enable()
    assert records == []


def test_a_callback_in_c_is_what_the_collector_waits_for() -> None:
    found = report_of(
        """
import queue
class Plain: pass
thing = Plain()
cyc(thing)
reference = weakref.ref(thing, queue.SimpleQueue().get)
del thing
watch.start(0.05, report)
gc.collect()
"""
    )
    assert (found["kind"], found["started_by"]) == ("a callback without a Python frame", "collector")
    assert found["collector"]["seconds"] >= found["seconds"] >= 0.05


def test_what_piles_up_is_counted_by_type() -> None:
    found = report_of(
        """
class Node:
    pass

def collected():
    thing = Stuck()
    cyc(thing)
    del thing
    gc.collect()

gc.disable()
thread = threading.Thread(target=collected, daemon=True)
thread.start()
while not never._cond._waiters:
    pass
for _ in range(5000):
    cyc(Node())
from finlint.watch.record import young
counted = dict(young())
report({"node": counted["__main__.Node"]})
"""
    )
    assert found["node"] == 5000


def test_the_collector_does_not_pick_the_watching_thread() -> None:
    """Only the watch allocates, and a collection would run the finalizer."""
    with start(
        """
gc.collect()
gc.disable()
watch.start(0.05, report)
cyc(Stuck())
gc.set_threshold(1)
gc.enable()
looks = watch._watch.monitor
until = looks.looks + 20
while looks.looks < until:
    pass
os.write(1, b"not captured\\n")
os._exit(0)
"""
    ) as process:
        out, err = process.communicate()
    assert (out, err) == ("not captured\n", "")


def test_a_watching_thread_that_was_picked_all_the_same_is_reported_by_the_other() -> None:
    found = report_of(
        """
import types
from finlint.watch import monitor
unguarded = {name: getattr(gc, name) for name in ("callbacks", "get_count", "get_threshold")}
monitor.gc = types.SimpleNamespace(isenabled=lambda: False, **unguarded)
gc.collect()
gc.disable()
watch.start(0.05, report)
lock = threading.Lock()
lock.acquire()
cyc(Stuck())
gc.set_threshold(gc.get_count()[0] + 20)
gc.enable()
lock.acquire()  # from here on the main thread makes nothing
"""
    )
    assert found["finalizer"] == "Stuck.__del__"
    assert found["thread"].isdigit(), "threading knows nothing of the watch's threads"


def test_no_object_dies_in_the_watching_thread() -> None:
    """A frame that outlives a look would keep the objects of its locals, and free them there."""
    with start(
        """
import time
from finlint.watch.monitor import Monitor
sys.setswitchinterval(1000)  # threads change where they sleep, and nowhere else
died_in = set()

class Dropped:
    def __del__(self):
        died_in.add(threading.get_ident())

def drop():
    things = [Dropped() for _ in range(100)]
    time.sleep(0)

monitor = Monitor(60, print, pace=0.001)
monitor.start()
while monitor.looks < 200:
    drop()
monitor.stop()
os.write(1, json.dumps(died_in == {threading.get_ident()}).encode())
os._exit(0)
"""
    ) as process:
        out, _ = process.communicate()
    assert json.loads(out) is True


@pytest.mark.parametrize(
    "lock",
    ["threading._active_limbo_lock", "logging._lock", "threading._shutdown_locks_lock"],
)
def test_locks_of_threading_and_logging_may_be_held_by_who_is_stuck(lock: str) -> None:
    found = report_of(
        f"""
lock = getattr({lock.split(".")[0]}, {lock.split(".")[1]!r}, None) or threading.Lock()

class Holding:
    def __del__(self):
        with lock:
            never.wait()

def drop():
    thing = Holding()
    del thing

watch.start(0.05, report)
threading.Thread(target=drop).start()
"""
    )
    assert (found["finalizer"], found["started_by"]) == ("Holding.__del__", "drop")


def test_a_child_by_fork_is_watched_too() -> None:
    found = report_of(
        """
watch.start(0.05, report)
child = os.fork()
if child:
    os.waitpid(child, 0)
    os._exit(0)
thing = Stuck()
del thing
"""
    )
    assert found["finalizer"] == "Stuck.__del__"


def test_a_child_does_not_wait_for_reports_that_its_parent_makes() -> None:
    with start(
        """
reporting, forked = threading.Event(), threading.Event()
def slow(found):
    reporting.set()
    forked.wait()

watch.start(0.05, slow)
threading.Thread(target=lambda: Stuck(), daemon=True).start()
reporting.wait()
child = os.fork()
if not child:
    watch.stop(timeout=3600)
    os._exit(7)
_, status = os.waitpid(child, 0)
forked.set()
os.write(1, json.dumps(os.waitstatus_to_exitcode(status)).encode())
os._exit(0)
"""
    ) as process:
        out, _ = process.communicate()
    assert json.loads(out) == 7


def test_a_finalizer_that_blocks_at_exit() -> None:
    found = report_of(
        """
watch.start(0.05, report)
class Plain: pass
kept = Plain()
weakref.finalize(kept, never.wait)
"""
    )
    assert (found["kind"], found["started_by"]) == ("weakref.finalize at exit", "exit")
    assert found["waits_for"]["text"] or found["stack"]


def test_the_loop_of_asyncio() -> None:
    found = report_of(
        """
import asyncio
watch.start(0.05, report)
async def main():
    thing = Stuck()
    await asyncio.sleep(0)
    del thing
asyncio.run(main())
"""
    )
    assert (found["finalizer"], found["started_by"]) == ("Stuck.__del__", "drop")


def test_an_on_stuck_that_fails_does_not_end_the_watch() -> None:
    with start(
        """
seen = []
def failing(found):
    seen.append(found["finalizer"])
    if len(seen) == 2:
        os._exit(0)
    raise ValueError("mine")

class Other(Stuck):
    def __del__(self):
        never.wait()

def drop(cls):
    thing = cls()
    del thing

watch.start(0.05, failing)
threading.Thread(target=drop, args=(Stuck,)).start()
while not seen:
    pass
threading.Thread(target=drop, args=(Other,)).start()
"""
    ) as process:
        _, err = process.communicate()
    assert process.returncode == 0
    assert "finlint.watch: on_stuck itself raised ValueError: mine\n" in err


def test_each_is_reported_once_however_many_are_stuck() -> None:
    with start(
        """
seen = []
def drop():
    thing = Stuck()
    del thing

watch.start(0.05, seen.append)
for number in range(3):
    threading.Thread(target=drop, name=f"stuck-{number}", daemon=True).start()
    while len(seen) <= number:
        pass
watch.stop()
os.write(1, json.dumps([found["thread"].split()[0] for found in seen]).encode())
os._exit(0)
"""
    ) as process:
        out, _ = process.communicate()
    assert json.loads(out) == ["stuck-0", "stuck-1", "stuck-2"]


def test_an_on_stuck_may_end_the_watch() -> None:
    """It does not wait for its own report, for a minute."""
    found = report_of(
        """
def last(found):
    watch.stop(timeout=3600)
    report(found)

watch.start(0.05, last)
thing = Stuck()
del thing
"""
    )
    assert found["finalizer"] == "Stuck.__del__"


def test_nothing_is_asked_of_hostile_classes() -> None:
    found = report_of(
        f"""
sys.path.insert(0, {str(ROOT / "tests" / "runtime")!r})
from hostile import Hostile

class Connection(Hostile):
    __slots__ = ("lock", "other")
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)
    __class__ = property(lambda self: 1 / 0)
    def __del__(self):
        with self.lock:
            pass

def drop():
    hostile = Hostile()
    connection = Connection()
    connection.lock, connection.other = threading.Lock(), hostile
    connection.lock.acquire()
    del connection

watch.start(0.05, report)
drop()
"""
    )
    assert (found["finalizer"], found["started_by"]) == ("Connection.__del__", "drop")
    assert found["object"].startswith("<Connection at 0x")


def test_who_keeps_the_interpreters_lock_is_shown_by_the_dead_man() -> None:
    with start(
        """
class Keeps:
    def __del__(self):
        ctypes.PyDLL(None).read(0, ctypes.create_string_buffer(1), 1)  # does not let go of the lock

watch.start(0.05, report, dead_man=True)
while not watch.snapshot().looks:
    pass
thing = Keeps()
del thing
os._exit(0)
"""
    ) as process:
        assert process.stderr is not None
        assert process.stdin is not None
        line = process.stderr.readline()
        while "__del__" not in line:
            line = process.stderr.readline()
        process.stdin.write("x")
        process.stdin.flush()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal")
def test_a_signal_asks_although_the_main_thread_runs_no_handlers() -> None:
    with start(
        """
import signal
watch.start(1e6, report, signal=signal.SIGUSR1)

def drop():
    thing = Stuck()
    del thing

threading.Thread(target=drop).start()
while not never._cond._waiters or not watch.snapshot().running:
    pass
print("stuck", flush=True)
ctypes.CDLL(None).pause()  # returns for a handler of a signal; Python's would not run in it
ctypes.CDLL(None).pause()
"""
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGUSR1)
        found = json.loads(process.stdout.readline())
        process.communicate()
    assert found["finalizer"] == "Stuck.__del__"


def test_text_to_a_stream_and_stop_waits_for_it(tmp_path: Path) -> None:
    with start(
        """
import io
stream = io.StringIO()
watch.start(0.05, file=stream, live="seen.json")
def drop():
    thing = Stuck()
    del thing
threading.Thread(target=drop, daemon=True).start()
while not watch.snapshot().reports:
    pass
watch.stop()
sys.stdout.write(stream.getvalue())
sys.stdout.flush()
os._exit(0)
""".replace('"seen.json"', repr(str(tmp_path / "seen.json")))
    ) as process:
        out, err = process.communicate()
    assert err == ""
    assert out.startswith("finlint.watch: thread Thread-1 (drop) (")
    assert "in the finalizer `Stuck.__del__` (__del__) of <Stuck at 0x" in out
    assert out.count("finlint.watch:") == 1


@pytest.mark.parametrize(
    ("executable", "said"),
    # None: Python within another program.
    [("None", "no child process could be started that says more"), ("'/no/such/python'", "")],
)
def test_without_a_child_the_stack_is_still_said(executable: str, said: str) -> None:
    with start(
        f"""
watch.start(0.05)
sys.executable = {executable}
def drop():
    thing = Stuck()
    del thing
threading.Thread(target=drop, daemon=True).start()
while not watch.snapshot().reports:
    pass
watch.stop()
os._exit(0)
"""
    ) as process:
        _, err = process.communicate()
    assert "has been in a finalizer for 0." in err
    assert "Stuck.__del__" in err
    assert said in err


def test_snapshot_says_what_runs() -> None:
    with start(
        """
watch.start(1e6)
def drop():
    thing = Stuck()
    del thing
threading.Thread(target=drop, daemon=True).start()
while not watch.snapshot().running:
    pass
[now] = watch.snapshot().running
print(now.finalizer, now.kind, now.started_by, now.seconds >= 0, len(now.stack), watch.snapshot().collecting)
os._exit(0)
""".replace("os._exit", "sys.stdout.flush(); os._exit")
    ) as process:
        out, _ = process.communicate()
    assert out == "Stuck.__del__ __del__ drop True 3 None\n"


TIMED = """
class Before:
    def __del__(self): pass
class Raises:
    def __del__(self): raise ValueError
class Plain: pass
def done(): pass
before = list(vars(Before).items())
sys.unraisablehook = lambda _: None
watch.start(1e6, timing=True)
class Later:
    def __del__(self): pass
for _ in range(100):
    Before()
for _ in range(50):
    Later()
for _ in range(7):
    weakref.finalize(Plain(), done)
weakref.finalize(Plain, done)()
Raises()
Later()
for row in sorted(watch.snapshot().timed):
    if row.finalizer in ("Before.__del__", "Later.__del__", "Raises.__del__", "done"):
        print(row.finalizer, row.times, row.total >= row.longest >= 0)
watch.stop()
assert list(vars(Before).items()) == before
Before()
"""


def test_timing_counts_every_finalizer() -> None:
    with start(TIMED) as process:
        out, err = process.communicate()
    assert err == ""
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert rows["Before.__del__"] == ["100", "True"]
    assert rows["Later.__del__"] == ["51", "True"]
    assert rows["done"] == ["7", "True"]
    assert rows["Raises.__del__"] == ["1", "True"]


def test_a_finalizer_that_is_timed_is_recognised_all_the_same() -> None:
    found = report_of(
        """
watch.start(0.05, report, timing=True)
cyc(Stuck())
gc.collect()
"""
    )
    assert (found["finalizer"], found["started_by"]) == ("Stuck.__del__", "collector")
    assert found["interrupted"]["function"] == "<module>"


# -- python -m finlint.watch


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "finlint.watch", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_runs_a_program_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("name = 'beside the script'\n")
    (tmp_path / "script.py").write_text(
        "import sys, helper\nprint(__name__, sys.argv, helper.name)\n"
        "class A:\n    def __del__(self): pass\nA()\nsys.exit(3)\n"
    )
    done = command("--timing", "--signal", "USR1", "script.py", "--budget", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "__main__ ['script.py', '--budget', 'x'] beside the script\n")
    assert "1 x A.__del__" in done.stderr
    done = command("-m", "script", "y", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.startswith("__main__ [")


def test_another_package_of_our_name_does_not_answer(tmp_path: Path) -> None:
    """PyPI has one; the watch may be imported from elsewhere, and its child must be, too."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    (site,) = tmp_path.glob("env/lib/python*/site-packages")
    (site / "finlint").mkdir()
    (site / "finlint" / "__init__.py").write_text("raise SystemExit('not ours')\n")
    (tmp_path / "script.py").write_text(
        "import os, json, threading\nfrom finlint import watch\n"
        "def report(found):\n    os.write(1, found['finalizer'].encode())\n    os._exit(0)\n"
        "watch.start(0.05, report)\nclass A:\n    def __del__(self): threading.Event().wait()\nA()\n"
    )
    # What finlint needs comes from here; all of that is behind what the environment has of its own.
    (site / "more.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    command = [tmp_path / "env" / "bin" / "python", tmp_path / "script.py"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "A.__del__", done.stderr


def test_the_command_reports_one_object_a_line(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import os, threading\nfrom finlint import watch\n"
        "class A:\n    def __del__(self): threading.Event().wait()\n"
        "def drop():\n    a = A()\n    del a\n"
        "threading.Thread(target=drop, daemon=True).start()\n"
        "while not watch.snapshot().reports: pass\n"
        "watch.stop()\nos._exit(0)\n"
    )
    done = command("--budget", "0.05", "--json", "script.py", cwd=tmp_path)
    # On a busy machine it is told again, or something else is late, too.
    reports = [json.loads(line) for line in done.stderr.splitlines()]
    assert [report["finalizer"] for report in reports][:1] == ["A.__del__"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--budget", "0", "x.py"], "must be a positive number of seconds"),
        (["--signal", "NONSENSE", "x.py"], "no signal `NONSENSE`"),
        (["no-such.py"], "no such file: no-such.py"),
        ([], "the following arguments are required"),
    ],
)
def test_wrong_arguments_of_the_command(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [{"budget": 0}, {"format": "xml"}, {"signal": 10_000}])
def test_wrong_arguments_of_start(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        watch.start(**arguments)


def test_twice_is_an_error_and_not_at_all_too() -> None:
    with pytest.raises(watch.WatchError, match="has not been started"):
        watch.snapshot()
    watch.stop()
    watch.start(1e6, file=io.StringIO())
    try:
        with pytest.raises(watch.WatchError, match="already"):
            watch.start()
    finally:
        watch.stop()


def test_folders_of_a_record_are_text_wherever_the_program_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "path", ["", tmp_path, str(tmp_path), str(gone)])
    assert roots() == [str(tmp_path)]
