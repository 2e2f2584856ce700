"""A pool whose lock a connection's finalizer wants: the collector starts it in the thread that holds the lock."""

import faulthandler
import gc
import os
import sys
import threading


class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._idle = []

    def take(self):
        with self._lock:
            gc.collect()  # where any allocation could have started it
            return Connection(self)

    def release(self, raw):
        with self._lock:
            self._idle.append(raw)


class Connection:
    def __init__(self, pool: Pool):
        self._pool = pool
        self._raw = object()
        self.callback = self.close  # a cycle: only the collector frees it

    def close(self):
        self._pool.release(self._raw)

    def __del__(self):
        self.close()


def work(pool):
    pool.take()
    pool.take()


def report_stuck(thread):
    """Says so on standard output when the thread has come to the lock that it holds itself."""
    while sys._current_frames()[thread.ident].f_code is not Pool.release.__code__:
        pass
    if "--faulthandler" in sys.argv:
        faulthandler.dump_traceback(all_threads=True)
    print("stuck", os.getpid(), flush=True)


if __name__ == "__main__":
    gc.disable()
    worker = threading.Thread(target=work, args=(Pool(),), name="worker-1", daemon=True)
    worker.start()
    report_stuck(worker)
    sys.stdin.read()  # until whoever looks has looked
