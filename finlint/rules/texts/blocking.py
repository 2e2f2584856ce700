"""FIN101-FIN113, FIN201, FIN202: finalizers that wait, or hand work over unsafely."""

from finlint.rules.texts.text import Text

_DEL = "https://docs.python.org/3/reference/datamodel.html#object.__del__"
_WHY = (
    "A finalizer runs in whichever thread drops the last reference or happens to collect garbage, between any two "
    "instructions of it. While it waits, that thread does: with a serial finalizer worker, no other finalizer runs."
)
_SILENT = (
    "Calls that do not wait (`blocking=False`, `timeout=0`, `wait=False`), branches that the arguments rule out, "
    "and work that is only handed on."
)


def _text(summary: str, example: str, fix: str, why: str = _WHY, *evidence: str) -> Text:
    code = f"class Owner:\n    def __del__(self):\n        {example}"
    return Text(summary, why, code, fix, _SILENT, (_DEL, *evidence))


_HAND_OVER = "Hand the work to a thread that may wait, by `queue.SimpleQueue.put`, and offer an explicit `close()`."

TEXTS = {
    "FIN101": _text(
        "waits to receive from a channel, queue, pipe or connection", "self.answers.get()", "Use `get_nowait()`."
    ),
    "FIN102": _text(
        "acquires a lock that is not reentrant",
        "with self._pool._lock: ...",
        "Append to a `collections.deque` or put into a `queue.SimpleQueue`, and let the lock's holder take it out.",
        "A collection may start the finalizer while its own thread holds the lock: it then waits for itself, for ever.",
        "https://github.com/redis/redis-py/issues/3081",
    ),
    "FIN103": _text("sleeps", "time.sleep(1)", _HAND_OVER),
    "FIN104": _text(
        "joins or waits for a thread, process, future, event, barrier or signal",
        "self._thread.join()",
        "Tell the thread to stop, and do not wait for it.",
    ),
    "FIN105": _text("talks to the network", "self._session.post(url)", _HAND_OVER),
    "FIN106": _text("does file-system or stream I/O", "open(self.path).read()", _HAND_OVER),
    "FIN107": _text("runs or waits for a child process", "subprocess.run(command)", _HAND_OVER),
    "FIN108": _text("runs an event loop", "asyncio.run(self.aclose())", "Release what needs no loop."),
    "FIN109": _text("sends to a channel or bounded queue that can be full", "self.jobs.put(None)", _HAND_OVER),
    "FIN110": _text("loops with no bound of its own", "while self._busy: pass", "Do not wait in a finalizer."),
    "FIN111": _text("reads or writes the console", "print('bye')", "Use `warnings.warn(..., ResourceWarning)`."),
    "FIN112": _text(
        "acquires a reentrant lock, for which other threads can make it wait",
        "with self._rlock: ...",
        _HAND_OVER,
        "An RLock does not deadlock with itself, but the finalizer sees what its holder was changing, and waits for "
        "other threads.",
    ),
    "FIN113": _text(
        "logs, which takes the handlers' locks and does their I/O",
        "logger.info('closed')",
        "Use `warnings.warn(..., ResourceWarning)`, or log in `close()`.",
    ),
    "FIN201": _text(
        "offloads through something that takes a lock that is not reentrant",
        "self._queue.put(self.number)  # queue.Queue",
        "Use `queue.SimpleQueue`, whose `put` is reentrant, or `collections.deque.append`.",
        "A collection inside `put` may start the finalizer, which calls `put` again and waits for the lock that its "
        "own thread holds.",
        "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
    ),
    "FIN202": _text(
        "starts a thread or submits to a pool when the finalizer may run at interpreter exit",
        "threading.Thread(target=stop).start()",
        "Set `atexit = False` on the finalizer, or use a thread that runs already.",
        "Threads cannot be started while the interpreter exits: RuntimeError since 3.12.",
        "https://docs.python.org/3/whatsnew/3.12.html",
    ),
}
