"""FIN101-FIN113: finalizers that wait."""

from finlint.rules.texts.text import Text

_DEL = "https://docs.python.org/3/reference/datamodel.html#object.__del__"
_WHY = (
    "A finalizer runs in whichever thread drops the last reference or happens to collect garbage, between any two "
    "instructions of it. While it waits, that thread does, and while the collector runs it no other thread collects "
    "garbage; with a serial finalizer worker, no other finalizer runs. A method that the `__del__` of a library's "
    "class calls is a finalizer, too: `close()` of an `io.RawIOBase`, or of a `zipfile.ZipFile`."
)
_SILENT = (
    "Calls that do not wait (`blocking=False`, `timeout=0`, `wait=False`), branches that the arguments rule out, "
    "functions that are only referenced, and work that is handed to a thread, an executor or a loop."
)
_BOUNDED = " A wait with a timeout is a warning, one without an error."


def _text(
    summary: str, example: str, advice: str, fix: str, *evidence: str, why: str = _WHY, silent: str = _SILENT
) -> Text:
    return Text(summary, why, example, advice, fix, silent, (_DEL, *evidence))


TEXTS = {
    "FIN101": _text(
        "waits to receive from a channel, queue, pipe or connection",
        """
import queue


class Client:
    def __init__(self, answers: queue.Queue):
        self.answers = answers

    def __del__(self):
        self.answers.get()  # the farewell's answer
""",
        "Take what is there, and do not wait for what may never come.",
        """
import queue


class Client:
    def __init__(self, answers: queue.Queue):
        self.answers = answers

    def __del__(self):
        try:
            self.answers.get_nowait()
        except queue.Empty:
            pass
""",
        "https://docs.python.org/3/library/queue.html#queue.Queue.get",
        silent=_SILENT + _BOUNDED,
    ),
    "FIN102": _text(
        "acquires a lock that is not reentrant",
        """
import threading


class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._free = []

    def take(self):
        with self._lock:
            return self._free.pop() if self._free else Connection(self)

    def give_back(self, raw):
        with self._lock:
            self._free.append(raw)


class Connection:
    def __init__(self, pool: Pool):
        self._pool = pool
        self._raw = object()

    def __del__(self):
        self._pool.give_back(self._raw)
""",
        "Let the finalizer append to a `collections.deque` or put into a `queue.SimpleQueue`, which need no lock, and "
        "let whoever holds the lock next take it out. The finding names a place that holds the lock while it allocates "
        "or drops references, where there is one: the other half of the deadlock.",
        """
import collections
import threading


class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._free = []
        self._returned = collections.deque()

    def take(self):
        with self._lock:
            while self._returned:
                self._free.append(self._returned.popleft())
            return self._free.pop() if self._free else Connection(self)

    def give_back(self, raw):
        self._returned.append(raw)


class Connection:
    def __init__(self, pool: Pool):
        self._pool = pool
        self._raw = object()

    def __del__(self):
        self._pool.give_back(self._raw)
""",
        "https://github.com/redis/redis-py/issues/3081",
        "https://github.com/wool-labs/wool/issues/397",
        why="The collector may start the finalizer at any allocation, also on the thread that holds the lock: it then "
        "waits for itself, for ever. Dropping the last reference under the lock does the same at once.",
        silent=_SILENT + " Reentrant locks are FIN112. A finalizer on a worker of its own (`finlint.runtime`) "
        "interrupts nobody, and is reported because others may hold the lock for long. A lock that the finalized "
        "object has made for itself, and that only its own methods take, is a note: whoever runs one of them keeps the "
        "object alive, so that nobody has the lock by then.",
    ),
    "FIN103": _text(
        "sleeps",
        """
import time


class Job:
    def __init__(self, server):
        self.server = server

    def __del__(self):
        while not self.server.cancelled(self):
            time.sleep(1)
""",
        "Say what is wanted once, and leave the waiting to a thread that may.",
        """
class Job:
    def __init__(self, server):
        self.server = server

    def __del__(self):
        self.server.cancelled(self)
""",
        "https://docs.python.org/3/library/time.html#time.sleep",
    ),
    "FIN104": _text(
        "joins or waits for a thread, process, future, event, barrier or signal",
        """
import threading


class Worker:
    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._stop.wait)

    def __del__(self):
        self._stop.set()
        self._thread.join()
""",
        "Tell it to stop, and do not wait until it has; offer `close()` to those who want to.",
        """
import threading


class Worker:
    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._stop.wait)

    def close(self):
        self._stop.set()
        self._thread.join()

    def __del__(self):
        self._stop.set()
""",
        "https://github.com/psycopg/psycopg/issues/954",
        "https://github.com/pytorch/pytorch/pull/12700",
        silent=_SILENT + _BOUNDED + " So is the join of a thread that has the finalized object for as long as it runs "
        "(`Thread(target=self.run)`): it does not wait, but neither does the finalizer run before the thread has ended "
        "by itself. Give the thread a function and what it needs, not the object.",
    ),
    "FIN105": _text(
        "talks to the network",
        """
import requests


class Session:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()

    def __del__(self):
        self.session.post(self.url + "/logout")
""",
        "Say goodbye in `close()` or `__exit__`; the finalizer only lets go of the socket.",
        """
import requests


class Session:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()

    def close(self):
        self.session.post(self.url + "/logout")
        self.session.close()

    def __del__(self):
        self.session.close()
""",
        "https://github.com/fsspec/s3fs/issues/573",
        "https://github.com/snowflakedb/snowflake-connector-python/pull/1898",
        silent=_SILENT + " Closing a socket or a session is a note: releasing is what finalizers are for.",
    ),
    "FIN106": _text(
        "does file-system or stream I/O",
        """
class Journal:
    def __init__(self, path):
        self.path = path
        self.lines = []

    def __del__(self):
        with open(self.path, "a") as file:
            file.writelines(self.lines)
""",
        "Write when there is something to write, or in `close()`; what only the finalizer writes may be lost anyway.",
        """
class Journal:
    def __init__(self, path):
        self.file = open(path, "a")

    def add(self, line):
        self.file.write(line)

    def __del__(self):
        self.file.close()
""",
        "https://github.com/h5py/h5py/issues/2019",
        silent=_SILENT + " Closing, unlinking and removing what the object owns are notes.",
    ),
    "FIN107": _text(
        "runs or waits for a child process",
        """
import subprocess


class Mount:
    def __init__(self, path):
        self.path = path

    def __del__(self):
        subprocess.run(["umount", self.path])
""",
        "Run it in `close()`, or start it and do not wait for its end.",
        """
import subprocess


class Mount:
    def __init__(self, path):
        self.path = path

    def close(self):
        subprocess.run(["umount", self.path])
""",
        "https://docs.python.org/3/library/subprocess.html#subprocess.run",
        silent=_SILENT + " `terminate()` and `kill()` are notes.",
    ),
    "FIN108": _text(
        "runs an event loop",
        """
import asyncio


class Client:
    async def aclose(self):
        await asyncio.sleep(0)

    def __del__(self):
        asyncio.run(self.aclose())
""",
        "Release what needs no loop; offer `async with` for the rest. Where a loop is known, hand the work to it by "
        "`call_soon_threadsafe`.",
        """
import asyncio


class Client:
    def __init__(self, loop: asyncio.AbstractEventLoop, transport):
        self.loop = loop
        self.transport = transport

    def __del__(self):
        self.loop.call_soon_threadsafe(self.transport.abort)
""",
        "https://github.com/fsspec/filesystem_spec/issues/1723",
        "https://github.com/fsspec/gcsfs/issues/1037",
        why=_WHY + " A loop that is run inside another one raises, and one that is run from another thread waits for "
        "that thread.",
    ),
    "FIN109": _text(
        "sends to a channel or bounded queue that can be full",
        """
import queue


class Task:
    def __init__(self):
        self.jobs = queue.Queue(maxsize=10)

    def __del__(self):
        self.jobs.put(None)
""",
        "Use a `queue.SimpleQueue`, which is never full and needs no lock, or leave the item out when it is.",
        """
import queue


class Task:
    def __init__(self):
        self.jobs = queue.SimpleQueue()

    def __del__(self):
        self.jobs.put(None)
""",
        "https://github.com/python/cpython/issues/83541",
        "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
        silent=_SILENT + " Queues that nothing bounds never wait; see FIN201 for their locks.",
    ),
    "FIN110": _text(
        "loops with no bound of its own",
        """
class Reader:
    busy = False

    def read(self):
        self.busy = True

    def __del__(self):
        while self.busy:
            pass
""",
        "Set a flag that the other thread looks at, and leave.",
        """
class Reader:
    stopped = False

    def read(self):
        return self.stopped

    def __del__(self):
        self.stopped = True
""",
        "https://pkg.go.dev/runtime#SetFinalizer",
        silent=_SILENT + " Loops that consume something, count, or walk a chain.",
    ),
    "FIN111": _text(
        "reads or writes the console",
        """
class Connection:
    open = True

    def __del__(self):
        print("connection was not closed")
""",
        "Use `warnings.warn(..., ResourceWarning)`, which the user can filter.",
        """
import warnings


class Connection:
    open = True

    def __del__(self):
        warnings.warn("connection was not closed", ResourceWarning, source=self)
""",
        "https://docs.python.org/3/library/exceptions.html#ResourceWarning",
        why=_WHY + " A console that is a full pipe waits for its reader, and at exit it may be gone.",
        silent=_SILENT + " `print(file=...)` to something else is judged as what that is.",
    ),
    "FIN112": _text(
        "acquires a reentrant lock, for which other threads can make it wait",
        """
import threading


class Registry:
    def __init__(self):
        self._lock = threading.RLock()
        self._names = {}

    def remove(self, name):
        with self._lock:
            self._names.pop(name, None)


class Entry:
    def __init__(self, registry: Registry, name):
        self._registry = registry
        self._name = name

    def __del__(self):
        self._registry.remove(self._name)
""",
        "Let the finalizer note what is gone in a `collections.deque`, and let the next caller remove it.",
        """
import collections
import threading


class Registry:
    def __init__(self):
        self._lock = threading.RLock()
        self._names = {}
        self._gone = collections.deque()

    def names(self):
        with self._lock:
            while self._gone:
                self._names.pop(self._gone.popleft(), None)
            return list(self._names)


class Entry:
    def __init__(self, registry: Registry, name):
        self._registry = registry
        self._name = name

    def __del__(self):
        self._registry._gone.append(self._name)
""",
        "https://docs.python.org/3/library/threading.html#rlock-objects",
        why="An RLock does not deadlock with itself, but the finalizer enters in the middle of what its holder is "
        "changing, and it waits for other threads that hold the lock.",
    ),
    "FIN113": _text(
        "logs, which takes the handlers' locks and does their I/O",
        """
import logging

logger = logging.getLogger(__name__)


class Connection:
    def __del__(self):
        logger.warning("connection was not closed")
""",
        "Use `warnings.warn(..., ResourceWarning)`, or log in `close()`.",
        """
import logging
import warnings

logger = logging.getLogger(__name__)


class Connection:
    def close(self):
        logger.info("closed")

    def __del__(self):
        warnings.warn("connection was not closed", ResourceWarning, source=self)
""",
        "https://github.com/itamarst/crochet/issues/25",
        "https://github.com/getsentry/sentry-python/issues/803",
        why=_WHY
        + " A handler may hold any lock and do any I/O: one that sends over the network or hands on to a queue "
        "deadlocked in the reported cases.",
    ),
}
