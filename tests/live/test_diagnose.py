"""``finlint diagnose`` on real dumps of the programs in ``programs/`` (made in /srv/app), and on broken ones."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from counting import counted

from finlint.live import attaching, diagnosis, locks, rendering
from finlint.live.diagnosis import Diagnosed, Diagnosis, diagnose
from finlint.live.readers import DumpError, read
from finlint.live.source import Mapped, Sources
from finlint.live.stacks import Frame
from finlint.live.verdicts import Stuck, is_library, verdicts
from tests.cli.conftest import Run

HERE = Path(__file__).parent
DUMPS = HERE / "dumps"
PROGRAMS = HERE / "programs"
MAPPED = (Mapped("/srv/app", str(PROGRAMS)),)
FORMATS = ("faulthandler.txt", "pyspy.json", "pyspy.txt", "pyspy-locals.txt", "pystack.txt", "pystack-native.txt")


def of(dump: str, *, lint: bool = True) -> Diagnosis:
    return diagnose((DUMPS / dump).read_text(), MAPPED, lint=lint)


def only(diagnosis: Diagnosis) -> Diagnosed:
    assert len(diagnosis.stuck) == 1
    return diagnosis.stuck[0]


def line_of(program: str, text: str) -> int:
    lines = (PROGRAMS / program).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("threading.py", True),
        (threading.__file__, True),
        ("<frozen importlib._bootstrap>", True),
        ("/opt/python/lib/python3.9/queue.py", True),
        ("C:\\Python313\\Lib\\queue.py", True),
        ("C:\\srv\\app\\pool.py", False),
        ("/opt/lib/python3.9/site-packages/pool.py", False),
        ("pool.py", False),
        ("<stdin>", False),
    ],
)
def test_files_of_the_library(path: str, is_one: bool) -> None:
    assert is_library(Frame("f", path, 1), Sources(MAPPED)) is is_one


@pytest.mark.parametrize("form", FORMATS)
def test_one_verdict_of_a_self_deadlock_from_every_format(form: str) -> None:
    verdict, finding = only(of(f"pool.{form}"))
    assert (verdict.finalizer, verdict.kind, verdict.state) == ("Connection.__del__", "__del__", "self-deadlock")
    assert verdict.waits is not None
    assert (verdict.waits.text, verdict.waits.place.line) == ("self._lock", 21)
    assert verdict.held is not None
    assert (verdict.held.place.function, verdict.held.place.line, verdict.held.now.line) == ("Pool.take", 16, 17)
    assert verdict.held.same_thread
    assert verdict.interrupted is not None
    assert verdict.interrupted.line == line_of("pool.py", "gc.collect()")
    assert finding is not None
    assert (finding.code, finding.hops, finding.of) == ("FIN102", 3, 3)


@pytest.mark.parametrize(
    ("form", "certainty", "started_by"),
    [
        ("faulthandler.txt", "same expression", "collector"),
        ("pyspy.json", "same object", "collector or drop"),
        ("pyspy.txt", "same expression", "collector or drop"),
        ("pyspy-locals.txt", "same object", "collector or drop"),
        ("pystack.txt", "same expression", "collector or drop"),
        ("pystack-native.txt", "same object", "collector"),
    ],
)
def test_how_sure_it_is_depends_on_what_the_dump_has(form: str, certainty: str, started_by: str) -> None:
    verdict = only(of(f"pool.{form}", lint=False)).verdict
    assert verdict.held is not None
    assert (verdict.held.certainty.text, verdict.started_by) == (certainty, started_by)


@pytest.mark.parametrize("form", FORMATS)
def test_one_verdict_of_a_wait_for_another_thread_from_every_format(form: str) -> None:
    verdict, finding = only(of(f"shared.{form}"))
    assert (verdict.finalizer, verdict.kind, verdict.state) == ("flush", "weakref.finalize", "blocked")
    assert verdict.held is not None
    assert (verdict.held.place.function, verdict.held.now.line) == ("write", line_of("shared.py", "_never.wait()"))
    assert not verdict.held.same_thread
    assert len(verdict.behind) == 1, "the reader waits for the same lock, and the writer does not"
    assert finding is not None
    assert finding.code == "FIN102"


def test_threads_have_their_names_where_the_dump_has_them() -> None:
    verdict = only(of("shared.pyspy.json", lint=False)).verdict
    assert verdict.thread.startswith("dropper (")
    assert verdict.held is not None
    assert verdict.held.thread.startswith("writer (")
    assert [name.split()[0] for name in verdict.behind] == ["reader"]


def test_without_the_sources_the_finalizer_is_named_all_the_same() -> None:
    verdict, finding = only(diagnose((DUMPS / "pool.pyspy.json").read_text().replace("/srv/app", "/no/such")))
    assert (verdict.finalizer, verdict.state, verdict.waits, verdict.held) == (
        "Connection.__del__",
        "blocked",
        None,
        None,
    )
    assert finding is None


def test_a_dump_in_the_middle_of_a_log(tmp_path: Path) -> None:
    dump = (DUMPS / "pool.faulthandler.txt").read_text()
    log = "".join(f"2026-01-01T00:00:00Z app | {line}\n" for line in dump.splitlines())
    found = only(diagnose(f"starting\n{log}more\n", MAPPED, lint=False))
    assert found.verdict.state == "self-deadlock"


def test_of_several_dumps_in_a_log_the_last_counts() -> None:
    dump = (DUMPS / "pool.faulthandler.txt").read_text()
    free = dump.split("\n\n")[0].replace("line 21 in release", "line 40 in work").splitlines()[:2]
    found = diagnose(dump + "\n\n" + "\n".join(free) + "\n", MAPPED, lint=False)
    assert not found.stuck


# -- small stacks, in faulthandler's words


def stacks(tmp_path: Path, source: str, *threads: list[str]) -> list[Stuck]:
    """Verdicts of threads whose frames (innermost first) are at the lines with these marks, as ``# mark``."""
    path = tmp_path / "program.py"
    path.write_text(source)
    places: dict[str, tuple[int, str]] = {}
    function = "<module>"
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip().startswith(("def ", "async def ")):
            function = line.split("def ")[1].partition("(")[0]
        if "# " in line:
            places[line.rpartition("# ")[2]] = (number, function)
    text = ""
    for number, marks in enumerate(threads):
        text += f"Thread 0x{number + 1:016x} (most recent call first):\n"
        for mark in marks:
            if mark == "finalize":
                text += '  File "/usr/lib/python3.12/weakref.py", line 590 in __call__\n'
            else:
                text += f'  File "{path}", line {places[mark][0]} in {places[mark][1]}\n'
    return verdicts(read(text), Sources())


EXPLICIT = """
import weakref

class Temporary:
    def __init__(self):
        self._finalizer = weakref.finalize(self, remove)

    def close(self):
        self._finalizer()  # call

    def end(self):
        self.__del__()  # explicit

    def drop(self):
        self.other = None  # drop

    def __del__(self):
        remove()  # del

class Child(Temporary):
    def __del__(self):
        super().__del__()  # super

def remove():
    lock.acquire()  # wait
"""


def test_calls_that_the_program_makes_itself_are_no_finalizers(tmp_path: Path) -> None:
    assert not stacks(tmp_path, EXPLICIT, ["wait", "finalize", "call"])
    assert not stacks(tmp_path, EXPLICIT, ["wait", "del", "explicit"])
    assert len(stacks(tmp_path, EXPLICIT, ["wait", "finalize", "drop"])) == 1
    assert len(stacks(tmp_path, EXPLICIT, ["wait", "del", "drop"])) == 1


def test_what_a_base_class_does_is_charged_to_the_finalizer_that_calls_it(tmp_path: Path) -> None:
    [found] = stacks(tmp_path, EXPLICIT, ["wait", "del", "super", "drop"])
    assert found.verdict.finalizer == "Child.__del__"
    assert [place.function for place in found.verdict.stack] == ["remove", "Temporary.__del__", "Child.__del__"]


LOCKS = """
import threading

class Pool:
    def __init__(self):
        self._lock = threading.{kind}()

    def take(self):
        self._lock.acquire()
        if self.closed:
            self._lock.release()
            return None
        self.make()  # held
        self._lock.release()
        self.make()  # released

    def tried(self):
        if not self._lock.acquire(timeout=1):
            return None
        try:
            self.make()  # tried
        finally:
            self._lock.release()
        return 1

    def other(self):
        with self._other_lock:
            self.make()  # other

    def stacked(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._lock)
            self.make()  # stacked

    def give(self):
        with self._lock:  # wait
            pass

    def __del__(self):
        self.give()  # del

class Third:
    def use(self):
        with self._lock:
            make()  # third
"""


@pytest.mark.parametrize(
    ("at", "state", "certainty"),
    [
        ("held", "self-deadlock", "same expression"),
        ("tried", "self-deadlock", "same expression"),
        ("stacked", "self-deadlock", "same expression"),
        ("third", "self-deadlock", "same name"),
        ("released", "blocked", None),
        ("other", "blocked", None),
    ],
)
def test_which_locks_a_frame_has_open(tmp_path: Path, at: str, state: str, certainty: str | None) -> None:
    [found] = stacks(tmp_path, LOCKS.format(kind="Lock"), ["wait", "del", at])
    held = found.verdict.held
    assert (found.verdict.state, held.certainty.text if held is not None else None) == (state, certainty)


def test_the_surest_holder_is_named_wherever_it_is(tmp_path: Path) -> None:
    [found] = stacks(tmp_path, LOCKS.format(kind="Lock"), ["wait", "del", "third"], ["held"])
    assert found.verdict.held is not None
    assert found.verdict.held.place.function == "Pool.take"
    assert found.verdict.state == "blocked"


@pytest.mark.parametrize("kind", ["RLock", "Condition"])
def test_a_reentrant_lock_is_held_by_another_thread(tmp_path: Path, kind: str) -> None:
    [found] = stacks(tmp_path, LOCKS.format(kind=kind), ["wait", "del", "held"])
    assert (found.verdict.state, found.verdict.held) == ("blocked", None)
    [found] = stacks(tmp_path, LOCKS.format(kind=kind), ["wait", "del"], ["held"])
    assert found.verdict.held is not None
    assert not found.verdict.held.same_thread


CROSSED = """
import threading
one, two = threading.Lock(), threading.Lock()

class Object:
    def __del__(self):
        with two:  # wait two
            pass

def first():
    with one:
        collect()  # has one

def second():
    with two:
        with one:  # wait one
            pass
"""


def test_two_threads_that_wait_for_each_other(tmp_path: Path) -> None:
    [found] = stacks(tmp_path, CROSSED, ["wait two", "has one"], ["wait one"])
    assert found.verdict.state == "deadlock"


@pytest.mark.parametrize(
    ("at", "below", "state", "text"),
    [
        ("enters", "has", "self-deadlock", "self._lock"),
        ("sleeps", "has", "blocked", "time.sleep(9)"),
        ("enters", "had", "blocked", "self._lock"),
    ],
)
def test_a_block_on_the_line_of_its_lock(tmp_path: Path, at: str, below: str, state: str, text: str) -> None:
    source = (
        "class O:\n    def __del__(self):\n        with self._lock: self.kept.remove(1)  # enters\n"
        "    def close(self):\n        with self._lock: pass\n        time.sleep(9)  # sleeps\n"
        "    def use(self):\n        with self._lock: self.kept.clear()  # has\n        self.kept.clear()  # had\n"
    )
    [found] = stacks(tmp_path, source, [at, below] if at == "enters" else [at, "enters", below])
    assert found.verdict.waits is not None
    assert (found.verdict.state, found.verdict.waits.text) == (state, text)


def test_who_waits_at_the_line_of_a_lock_and_its_block_does_not_hold_it(tmp_path: Path) -> None:
    source = (
        "class O:\n    def __del__(self):\n        with self._lock: pass  # enters\n"
        "    def use(self):\n        with self._lock: pass  # waits\n\ndef drop():\n    x = None  # drop\n"
    )
    [found] = stacks(tmp_path, source, ["enters", "drop"], ["waits"])
    assert (found.verdict.state, found.verdict.held, len(found.verdict.behind)) == ("blocked", None, 1)


def test_a_shortened_path_of_the_library_is_the_library(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import threading\nnever = threading.Event()\nclass O:\n    def __del__(self):\n        never.wait()\n"
    )
    line = next(
        n for n, t in enumerate(inspect.getsource(threading).splitlines(), 1) if t.strip() == "waiter.acquire()"
    )
    dump = (
        'Process 1: python app.py\nThread 1 (idle): "MainThread"\n'
        f"    wait (threading.py:{line})\n    wait (threading.py:{line + 300})\n    __del__ (app.py:5)\n    <module> (app.py:7)\n"
    )
    [found] = diagnose(dump, (Mapped("/srv", str(tmp_path)),), lint=False).stuck
    assert found.verdict.waits is not None
    assert found.verdict.waits.text == "never.wait()"


def test_what_is_no_lock_is_said_as_the_call(tmp_path: Path) -> None:
    source = (
        "class O:\n    def __del__(self):\n        self.thread.join(None)  # join\n\ndef f():\n    x = None  # drop\n"
    )
    [found] = stacks(tmp_path, source, ["join", "drop"])
    assert found.verdict.waits is not None
    assert (found.verdict.waits.text, found.verdict.waits.is_lock) == ("self.thread.join(None)", False)


# -- the command


def test_the_command_prints_text_and_json(run: Run) -> None:
    dump = str(DUMPS / "pool.pyspy.json")
    shown = run("diagnose", "--source", f"/srv/app={PROGRAMS}", dump)
    assert shown.status == 1
    assert "thread worker-1 (" in shown.out
    assert "is in the finalizer `Connection.__del__` (__del__)" in shown.out
    assert "it waits for its own thread (self-deadlock)" in shown.out
    assert "3 of 3 places of its chain are on the stack" in shown.out
    as_json = run("diagnose", "--json", "--source", f"/srv/app={PROGRAMS}", dump)
    document: dict[str, Any] = json.loads(as_json.out)
    [stuck] = document["stuck"]
    assert (as_json.status, document["version"], document["threads"]) == (1, 1, 2)
    assert stuck["verdict"] == "self-deadlock"
    assert stuck["held_by"]["certainty"] == "same object"
    assert stuck["finding"]["code"] == "FIN102"


def test_standard_input(run: Run) -> None:
    shown = run("diagnose", "-", "--no-lint", stdin=(DUMPS / "pool.pystack.txt").read_bytes())
    assert (shown.status, "Connection.__del__" in shown.out or "`__del__`" in shown.out) == (1, True)


def test_nothing_is_stuck(run: Run) -> None:
    dump = b'Thread 0x0001 (most recent call first):\n  File "x.py", line 1 in f\n'
    shown = run("diagnose", "-", stdin=dump)
    assert (shown.status, shown.out) == (0, "The only thread is not in a finalizer (faulthandler).\n")


@pytest.mark.parametrize(
    ("dump", "said"),
    [
        (b"", "the dump is empty"),
        (b"\xff\xfe\x00hello", "no stack dump in it"),
        (b"[{", "looks like JSON, and is broken"),
        (b'[{"frames": 3}]', "the dump has int where 'frames' should be list"),
        (b'[{"frames": [{"name": "f", "filename": "f.py", "line": "1"}]}]', "the dump has str where 'line'"),
        (b'{"finlint.watch": 99}', "the record is of version 99"),
        (b'{"finlint.watch": 1, "threads": [1]}', "the dump has NoneType where 'ident'"),
        (b"[" * 100_000, "no stack dump in it"),
        (b'[{"a":' + b"[" * 100_000, "nested too deeply"),
        (b'[{"frames": [{"line": ' + b"9" * 5000 + b"}]}]", "looks like JSON, and is broken"),
        (
            b'Thread 0x01 (most recent call first):\n  File "a.py", line ' + b"9" * 5000 + b" in f\n",
            "number in it is too long",
        ),
    ],
)
def test_bad_dumps_get_one_line(run: Run, dump: bytes, said: str) -> None:
    shown = run("diagnose", "-", stdin=dump)
    assert (shown.status, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert said in shown.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-file"], "no such file: no-such-file"),
        (["."], "is a folder"),
        (["x", "--source", "nonsense"], "must be THERE=HERE"),
        (["x", "--source", "/app=/no/such"], "no such folder"),
        ([], "the following arguments are required"),
    ],
)
def test_wrong_arguments_get_one_line(run: Run, project: Path, arguments: list[str], said: str) -> None:
    shown = run("diagnose", *arguments)
    assert (shown.status, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert said in shown.err


def test_a_dump_cannot_drive_the_terminal(run: Run) -> None:
    dump = (
        b'Thread 0x01 (most recent call first):\n  File "\x1b[31m.py", line 1 in __del__\n  File "b.py", line 2 in g\n'
    )
    shown = run("diagnose", "-", "--no-lint", stdin=dump)
    assert shown.status == 1
    assert "\x1b" not in shown.out


_ODD = ("\x00", "\ud800", "\n", '"', "{", "]]", "-1", "9" * 400, 'File "', "null", "1e999", "NaN", "/dev/zero", "\r")


def _garbled(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 2, 5, 30))):
        at, to = chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)
        cut = chance.randrange(40)
        text = text[:at] + chance.choice((chance.choice(_ODD), text[to : to + 300], "")) + text[at + cut :]
    return text


@pytest.mark.parametrize("dump", sorted(path.name for path in DUMPS.iterdir()))
def test_whatever_a_dump_says_it_is_read_or_refused(dump: str) -> None:
    chance = random.Random(dump)
    whole = (DUMPS / dump).read_text()
    for _ in range(15):
        with contextlib.suppress(DumpError):
            assert rendering.text(diagnose(_garbled(whole, chance), lint=False))


@pytest.mark.parametrize("path", ["a\x00b.py", "/a\ud800.py", "/dev/zero", "/" + "a" * 5000])
def test_a_path_that_is_none(path: str) -> None:
    frames = [{"name": name, "filename": path, "line": 1} for name in ("__del__", "f")]
    dump = json.dumps([{"pid": 1, "thread_id": 1, "thread_name": "a", "frames": frames}])
    [stuck] = diagnose(dump, lint=False).stuck
    assert stuck.verdict.finalizer == "__del__"


def test_without_pyspy_a_number_is_answered_by_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching.shutil, "which", lambda name: None)
    shown = run("diagnose", "123456789")
    assert (shown.status, shown.err.count("\n")) == (2, 1)
    assert "py-spy is not installed" in shown.err
    assert "finlint diagnose FILE" in shown.err


def fake_pyspy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    program = tmp_path / "py-spy"
    program.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setattr(attaching, "_pyspy", lambda: str(program))


@pytest.mark.skipif(os.name == "nt", reason="a script as a program")
def test_what_pyspy_cannot_read_is_said_in_its_words(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_pyspy(
        tmp_path, monkeypatch, "sys.exit('Error: Permission Denied: Try running again with elevated permissions')"
    )
    shown = run("diagnose", "123456789")
    assert (shown.status, shown.err.count("\n")) == (2, 1)
    assert "Permission Denied" in shown.err


@pytest.mark.skipif(os.name == "nt", reason="a script as a program")
def test_a_number_is_read_by_pyspy_with_the_locals(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dump = str(DUMPS / "pool.pyspy.json")
    wanted = ["dump", "--json", "--locals", "--pid", "123456789"]
    fake_pyspy(tmp_path, monkeypatch, f"assert sys.argv[1:] == {wanted!r}\nprint(open({dump!r}).read())")
    shown = run("diagnose", "123456789", "--no-lint", "--source", f"/srv/app={PROGRAMS}")
    assert (shown.status, shown.err) == (1, "")
    assert "same object: `self._lock`" in shown.out


@pytest.mark.skipif(attaching._pyspy() is None, reason="py-spy is not installed")
def test_a_running_process() -> None:
    """The program says when it is stuck, and ends when its standard input is closed."""
    command = [sys.executable, str(PROGRAMS / "pool.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline().startswith("stuck")
        try:
            text = attaching.dump_of(program.pid)
        except DumpError as error:
            pytest.skip(str(error))  # no right to look at other processes
        finally:
            program.stdin.close()
    [found] = diagnose(text, lint=False).stuck
    assert found.verdict.state == "self-deadlock"


def test_a_linter_that_does_not_come_back_is_not_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(diagnosis.Static, "of", lambda *_: never.wait())
    monkeypatch.setattr(diagnosis, "PATIENCE", 0.01)
    shown = run("diagnose", str(DUMPS / "pool.pyspy.json"), "--json", "--source", f"/srv/app={PROGRAMS}")
    never.set()
    assert shown.status == 1
    assert "the linter was asked about these files, and given up" in shown.err
    document = json.loads(shown.out)
    assert (document["unanswered"], document["stuck"][0]["verdict"]) == (True, "self-deadlock")
    assert document["stuck"][0]["finding"] is None


def test_linting_loads_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import weakref\n\n\ndef f(x):\n    weakref.finalize(x, print)\n")
    code = (
        "import sys\nfrom finlint.cli.main import run\nrun(['--isolated', '--no-cache', '--jobs', '1', sys.argv[1]])\n"
        "print([m for m in sys.modules if m.startswith(('finlint.live', 'finlint.watch'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_finding_is_the_one_of_the_call_that_waits(tmp_path: Path) -> None:
    """As in ptyprocess, whose ``close`` sleeps, and terminates, which sleeps again and asks whether it has helped."""
    (tmp_path / "pty.py").write_text(
        """\
import os
import time


class Process:
    def alive(self):
        return os.waitpid(self.pid, 0)

    def terminate(self):
        time.sleep(self.pause)
        return self.alive()

    def close(self):
        time.sleep(0.1)
        self.terminate()

    def __del__(self):
        self.close()
"""
    )
    dump = "Current thread 0x00007f0000000740 (most recent call first):\n" + "".join(
        f'  File "{tmp_path}/pty.py", line {line} in {name}\n'
        for line, name in ((10, "terminate"), (15, "close"), (18, "__del__"), (30, "<module>"))
    )
    verdict, finding = only(diagnose(dump, ()))
    assert verdict.waits is not None
    assert verdict.waits.text == "time.sleep(self.pause)"
    assert finding is not None
    assert (finding.code, finding.hops, finding.of) == ("FIN103", 1, 2)


def test_a_number_of_thousands_of_digits_is_a_damaged_dump() -> None:
    text = f'Thread 0x00007f (most recent call first):\n  File "a.py", line {"9" * 10_000} in __del__\n'
    with pytest.raises(DumpError, match="damaged dump of faulthandler"):
        read(text)


def _crowd(folder: Path, count: int, line: int) -> str:
    """A dump of threads that are all in the same finalizer, at the same ``line``."""
    program = folder / "crowd.py"
    program.write_text(
        "import threading\nLOCK = threading.Lock()\nclass A:\n    def __del__(self):\n        LOCK.acquire()\n"
        "        work()\ndef work():\n    with LOCK:\n        x = A()\n"
    )
    frames = f'  File "{program}", line {line} in __del__\n  File "{program}", line 9 in work\n'
    return "\n".join(f"Thread 0x{n:08x} (most recent call first):\n{frames}" for n in range(count))


def test_what_a_crowd_of_threads_has_open_is_found_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each thread all others are asked for the locks that they hold."""
    looked: list[int] = []
    held_at = locks._held_at

    def counted(frame: Frame, sources: Sources, inside: bool) -> list[locks._Open]:
        looked.append(frame.line)
        return held_at(frame, sources, inside)

    monkeypatch.setattr(locks, "_held_at", counted)
    found = diagnose(_crowd(tmp_path, 40, 5), lint=False)
    assert len(found.stuck) == 40
    assert all(held is not None and held.place.line == 8 for held in (one.verdict.held for one in found.stuck))
    assert len(looked) <= 4
    line = next(line for line in rendering.text(found).splitlines() if "behind it" in line)
    assert line.endswith(", 27 more")
    assert line.count("Thread") + line.count("0x") <= 3 * 12


def test_threads_that_take_no_lock_are_not_compared(tmp_path: Path) -> None:
    def calls(count: int) -> int:
        text = _crowd(tmp_path, count, 6)
        made, found = counted(lambda: diagnose(text, lint=False))
        assert len(found.stuck) == count
        return made

    calls(10)
    assert calls(400) < 2.5 * calls(200)
