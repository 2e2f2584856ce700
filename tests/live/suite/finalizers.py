"""Tests with finalizers; those called ``test_bad...`` are to fail. Not collected but by name."""

import asyncio
import gc
import threading
import weakref

import pytest
from conftest import last


class Node:
    pass


def cyc(thing):
    thing.me = thing
    return thing


class Slow:
    def __del__(self):
        last()


class Raises:
    def __del__(self):
        raise ValueError("no")


class Fast:
    def __del__(self):
        pass


class Pool:
    def __init__(self):
        self.lock = threading.Lock()
        self.idle = []

    def take(self):
        with self.lock:
            gc.collect()
            return Conn(self)


class Conn:
    def __init__(self, pool):
        self.pool = pool

    def __del__(self):
        try:
            with self.pool.lock:
                self.pool.idle.append(1)
        except Exception:
            pass


def test_good():
    fast = Fast()
    del fast
    node = Node()
    weakref.finalize(node, len, "x")
    del node


def test_bad_slow():
    slow = Slow()
    del slow


def test_good_after_slow():
    pass


def test_bad_slow_collected():
    cyc(Slow())
    gc.collect()


def test_bad_slow_garbage():
    """Nobody collects: the garbage of a test is charged to it, and not to the next one."""
    cyc(Slow())


def test_good_after_garbage():
    gc.collect()


def test_bad_raises():
    raises = Raises()
    del raises


def test_bad_finalize_raises():
    node = Node()
    weakref.finalize(node, int, "x")
    del node


def test_bad_self_deadlock():
    pool = Pool()
    cyc(pool.take())
    pool.take()


def test_bad_never_runs():
    class Resource:
        def __init__(self):
            weakref.finalize(self, self.close)

        def close(self):
            pass

    Resource()


def test_bad_never_runs_by_closure():
    node = Node()
    node.x = 1
    weakref.finalize(node, lambda: node.x)


def test_bad_other_thread():
    def work():
        slow = Slow()
        del slow

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_bad_asyncio():
    async def work():
        slow = Slow()
        await asyncio.sleep(0)
        del slow

    asyncio.run(work())


def test_good_explicit_close():
    class Closed:
        def close(self):
            last()

        def __del__(self):
            pass

    closed = Closed()
    closed.close()
    del closed


def test_good_explicit_del():
    class Once:
        done = False

        def __del__(self):
            if not self.done:
                self.done = True
                last()

    once = Once()
    once.__del__()


KEPT = []


def test_good_module_cache():
    KEPT.append(Node())
    weakref.finalize(KEPT[0], len, "bye").atexit = False


@pytest.mark.xfail(strict=True, raises=ValueError)
def test_good_expected_failure():
    raises = Raises()
    del raises
    raise ValueError


@pytest.fixture
def resource():
    yield Node()
    slow = Slow()
    del slow


def test_error_in_fixture(resource):
    pass
