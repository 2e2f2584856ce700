"""A `weakref.finalize` callback waits for a lock that another thread holds, and a third waits behind it."""

import faulthandler
import os
import sys
import threading
import weakref

_lock = threading.Lock()
_never = threading.Event()


class Record:
    pass


def flush():
    with _lock:
        pass


def write():
    with _lock:
        _never.wait()


def read():
    _lock.acquire()


def drop():
    record = Record()
    weakref.finalize(record, flush)
    del record


def is_in(thread, function):
    frame = sys._current_frames().get(thread.ident)
    while frame is not None and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


if __name__ == "__main__":
    threads = []
    for name, target, function in (
        ("writer", write, threading.Event.wait),
        ("reader", read, read),
        ("dropper", drop, flush),
    ):
        threads.append(threading.Thread(target=target, name=name, daemon=True))
        threads[-1].start()
        while not is_in(threads[-1], function):
            pass
    if "--faulthandler" in sys.argv:
        faulthandler.dump_traceback(all_threads=True)
    print("stuck", os.getpid(), flush=True)
    sys.stdin.read()
