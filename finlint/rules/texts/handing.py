"""FIN201, FIN202: finalizers that hand work over unsafely."""

from finlint.rules.texts.text import Text

TEXTS = {
    "FIN201": Text(
        "offloads through something that takes a lock that is not reentrant",
        "The collector may start the finalizer inside `put` or `submit` itself, on the thread that holds their lock: "
        "the finalizer calls `put` again and waits for its own thread, for ever. Offloading is right, but the way "
        "must not lock.",
        """
import queue

closing = queue.Queue()


class Handle:
    def __init__(self, number):
        self.number = number

    def __del__(self):
        closing.put(self.number)
""",
        "Use `queue.SimpleQueue`, whose `put` is documented as reentrant, `collections.deque.append`, or "
        "`loop.call_soon_threadsafe`. They were probed with a collection at every allocation.",
        """
import queue

closing = queue.SimpleQueue()


class Handle:
    def __init__(self, number):
        self.number = number

    def __del__(self):
        closing.put(self.number)
""",
        "`SimpleQueue.put`, `deque.append`, `call_soon_threadsafe`; finalizers of `finlint.runtime`, which interrupt "
        "nobody; a hand-over inside a call that waits before it comes to it, which is reported as that wait.",
        (
            "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
            "https://github.com/python/cpython/issues/59181",
            "https://github.com/python/cpython/pull/5216",
        ),
    ),
    "FIN202": Text(
        "starts a thread or submits to a pool when the finalizer may run at interpreter exit",
        "`weakref.finalize` runs what is left at exit, and `__del__` of objects that modules hold runs even later. "
        "Threads cannot be started then: RuntimeError since 3.12, and before it the exit may hang.",
        """
import threading
import weakref


def stop(server):
    threading.Thread(target=server.stop).start()


def watch(client, server):
    weakref.finalize(client, stop, server)
""",
        "Set `atexit = False` on the finalizer, or hand over to a thread that runs already.",
        """
import threading
import weakref


def stop(server):
    threading.Thread(target=server.stop).start()


def watch(client, server):
    finalizer = weakref.finalize(client, stop, server)
    finalizer.atexit = False
""",
        "`atexit` set to False, weak reference callbacks and `multiprocessing.util.Finalize` without an exit priority "
        "(none of them runs at exit), `__del__` of objects that no module holds.",
        (
            "https://docs.python.org/3/library/weakref.html#weakref.finalize.atexit",
            "https://docs.python.org/3/whatsnew/3.12.html#threading",
            "https://github.com/python/cpython/issues/87950",
        ),
    ),
}
