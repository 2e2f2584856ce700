"""Records to reports: a child process reads the sources, asks the linter and writes, so that this one does not."""

from __future__ import annotations

import _thread
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Literal, NamedTuple, Protocol

from finlint.watch.monitor import complain

Format = Literal["text", "json"]


class Writable(Protocol):
    """What reports can be written to."""

    def write(self, text: str, /) -> object: ...


class Destination(NamedTuple):
    """Where reports go. ``file`` None: straight to the descriptor of standard error, past all locks of streams.

    ``format`` is "text", or "json": one object a line. ``on_stuck`` is called with each object. ``live`` is a file that
    what was seen is added to (``finlint --live``). ``text_too``: the objects have their text, as ``text``.
    """

    file: Writable | None = None
    format: Format = "text"
    on_stuck: Callable[[dict[str, Any]], object] | None = None
    live: str | None = None
    text_too: bool = False


#: The child runs this very package, wherever it was imported from and whatever else has its name, and nothing of the
#: program's own folder.
_CHILD = (
    "import sys; from importlib import util; home = sys.argv.pop(1); "
    "sys.path[:] = [p for p in sys.path if p] + [home]; "
    "spec = util.spec_from_file_location('finlint', home + '/finlint/__init__.py'); "
    "sys.modules['finlint'] = package = util.module_from_spec(spec); spec.loader.exec_module(package); "
    "from finlint.__main__ import main; sys.exit(main())"
)


class Reporter:
    """Called with a record; returns at once, and goes on in a thread of its own."""

    def __init__(self, destination: Destination) -> None:
        self._to = destination
        self._busy: dict[int, _thread.LockType] = {}
        #: Of the threads that report, by ident.
        self._mine: dict[int, _thread.LockType] = {}

    def __call__(self, record: dict[str, Any]) -> None:
        text = json.dumps(record)
        done = _thread.allocate_lock()
        done.acquire()
        self._busy[id(done)] = done
        try:
            _thread.start_new_thread(self._report, (text, record, done))
        except RuntimeError:  # at exit, or no more threads
            self._report(text, record, done)

    def wait(self, timeout: float) -> None:
        """Until all reports are out, ``timeout`` seconds at most for each; not the one that is asking, as an
        ``on_stuck`` does that ends the watch."""
        mine = self._mine.get(_thread.get_ident())
        for done in list(self._busy.values()):
            if done is not mine:
                done.acquire(timeout=timeout)

    def after_fork(self) -> None:
        """In a child, which has none of the threads that were reporting: their reports are the parent's."""
        self._busy, self._mine = {}, {}

    def _report(self, text: str, record: dict[str, Any], done: _thread.LockType) -> None:
        self._mine[_thread.get_ident()] = done
        try:
            if not (self._direct(text) if self._is_direct() else self._through_here(text)):
                self._say(plainly(record))
        except Exception as error:  # nobody is above this thread who could want it
            complain(f"a report failed: {type(error).__name__}: {error}")
        finally:
            self._mine.pop(_thread.get_ident(), None)
            self._busy.pop(id(done), None)
            done.release()

    def _is_direct(self) -> bool:
        return self._to.file is None and self._to.on_stuck is None

    def _direct(self, text: str) -> bool:
        """The child writes: nothing of this process is in the way but its start."""
        return self._child(text, ["--lines"] if self._to.format == "json" else [], 2) is not None

    def _through_here(self, text: str) -> bool:
        out = self._child(text, ["--lines", "--with-text"], subprocess.PIPE)
        if out is None:
            return False
        for line in out.splitlines():
            found = json.loads(line)
            shown = found["text"] if self._to.text_too else found.pop("text")
            self._say(shown if self._to.format == "text" else json.dumps(found) + "\n")
            if self._to.on_stuck is not None:
                try:
                    self._to.on_stuck(found)
                except Exception as error:  # the callback's own mistake must not end the watch
                    complain(f"on_stuck itself raised {type(error).__name__}: {error}")
        return True

    def _child(self, text: str, options: Sequence[str], out: int) -> bytes | None:
        """What the child wrote (nothing, where it wrote to a descriptor); None where it could not answer."""
        if not sys.executable:  # the interpreter is part of another program
            return None
        package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        command = [sys.executable, "-c", _CHILD, package, "diagnose", "-", "--said-by", "finlint.watch", *options]
        if self._to.live is not None:
            command += ["--live", self._to.live]
        try:
            with tempfile.TemporaryFile() as file:
                file.write(text.encode())
                file.seek(0)
                done = _started(command, file, out)
            with done:
                written = done.stdout.read() if done.stdout is not None else b""
        except (OSError, ValueError):
            return None
        # 0: nothing is stuck, which is an answer to who asked.
        return written if done.returncode in (0, 1) else None

    def _say(self, text: str) -> None:
        if self._to.file is None:
            os.write(2, text.encode("utf-8", "backslashreplace"))
        else:
            self._to.file.write(text)
            flush = getattr(self._to.file, "flush", None)
            if flush is not None:
                flush()


def _started(command: Sequence[str], source: IO[bytes], out: int) -> subprocess.Popen[bytes]:
    """The child. Not even this thread is to be the one that the collector picks, before the child has started."""
    collects = gc.isenabled()
    if collects:
        gc.disable()
    try:
        return subprocess.Popen(command, stdin=source, stdout=out, stderr=subprocess.DEVNULL, env=_environment())
    finally:
        if collects:
            gc.enable()


def _environment() -> Mapping[str, str]:
    """What the program's environment may tell an interpreter about the program is not for the child."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_CORE", "COVERAGE"))
    }


def plainly(record: dict[str, Any]) -> str:
    """What a record says without being asked about: where no child can be started."""
    out = []
    for thread in record["threads"]:
        if thread["seconds"] is not None:
            out.append(f"finlint.watch: thread {thread['name'] or thread['ident']} has been in a finalizer for")
            out[-1] += f" {thread['seconds']:.1f} s (no child process could be started that says more)"
            out += [f"     {f['path']}:{f['line']} {f['function']}" for f in thread["frames"]]
    return "".join(line + "\n" for line in out)
