"""Each fix, as text before and after: formatting and comments are kept, and what is not to be mended stays."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
import pytest

from finlint import fixing
from finlint.config import ConfigFinder
from finlint.fixes.edit import Edit, apply
from finlint.fixes.registry import FIXES
from finlint.fixes.tree import Tree
from finlint.linter import analyse
from finlint.model.codes import KIND_OF_CODE
from finlint.model.settings import Settings
from finlint.policy import Overrides, Policies
from finlint.texts import Texts


def mended(text: str, *, unsafe: bool = False, others: dict[str, str] | None = None) -> str:
    """The text after all fixes; mending once more must change nothing."""
    once, _ = _mend(text, unsafe, others or {})
    again, _ = _mend(once, unsafe, others or {})
    assert again == once
    return once


def _mend(text: str, unsafe: bool, others: dict[str, str]) -> tuple[str, fixing.Fixed]:
    sources = {"mod.py": text.encode(), **{name: other.encode() for name, other in others.items()}}
    policies = Policies(ConfigFinder(isolated=True), Overrides(select=("ALL",), ignore=("FIN902",)))
    files = sorted(sources)

    def lint(changed: object) -> object:
        now = {**sources, **changed}  # type: ignore[dict-item]
        return analyse(files, policies, Settings(), Texts(now), overlay=now)

    outcome = lint({})
    done = fixing.fix(outcome, outcome.report.findings, files, sources.__getitem__, lint, unsafe=unsafe)  # type: ignore
    return done.texts.get("mod.py", sources["mod.py"]).decode(), done


class Case(NamedTuple):
    name: str
    before: str
    #: None: left as it is.
    after: str | None
    unsafe: bool = False


def case(name: str, before: str, after: str | None, *, unsafe: bool = False) -> Case:
    return Case(name, _text(before), None if after is None else _text(after), unsafe)


def _text(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


CASES = [
    # -- FIN305
    case(
        "arguments and keywords go on, comments stay",
        """
        import weakref

        def drop(a, b=None): ...

        class A:
            def __init__(self, path):
                weakref.finalize(
                    self,  # who
                    drop(path, b=1),  # what
                )
        """,
        """
        import weakref

        def drop(a, b=None): ...

        class A:
            def __init__(self, path):
                weakref.finalize(
                    self,  # who
                    drop,
                    path, b=1,  # what
                )
        """,
    ),
    case(
        "multiprocessing takes a tuple and a mapping",
        """
        from multiprocessing.util import Finalize
        def drop(a, b=None): ...
        class A: pass
        a = A()
        Finalize(a, drop(1, b=2), exitpriority=10)
        Finalize(a, drop(1))
        """,
        """
        from multiprocessing.util import Finalize
        def drop(a, b=None): ...
        class A: pass
        a = A()
        Finalize(a, drop, args=(1,), kwargs={"b": 2}, exitpriority=10)
        Finalize(a, drop, args=(1,))
        """,
    ),
    case(
        "a method of the object would keep it alive",
        """
        import weakref
        class A:
            def __init__(self):
                weakref.finalize(self, self.close())
            def close(self): ...
        """,
        None,
        unsafe=True,
    ),
    case(
        "a callback that waits must not be brought to life",
        """
        import threading, weakref
        lock = threading.Lock()
        def drop(): lock.acquire()
        class A: pass
        a = A()
        weakref.finalize(a, drop())
        """,
        None,
    ),
    case(
        "whose arguments these are is not known",
        """
        import weakref
        def drop(x): ...
        class A: pass
        a = A()
        weakref.finalize(a, drop(1), 2)
        """,
        None,
    ),
    case(
        "a comment that would be lost",
        """
        import weakref
        def drop(x): ...
        class A: pass
        a = A()
        weakref.finalize(a, drop(  # of the first kind
            1))
        """,
        None,
    ),
    # -- FIN104
    case(
        "keywords are kept, waiting is not",
        """
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            def __del__(self):
                self._pool.shutdown( wait = True, cancel_futures=True )  # in the end
        """,
        """
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            def __del__(self):
                self._pool.shutdown( wait = False, cancel_futures=True )  # in the end
        """,
    ),
    case(
        "what comes after may count on it: unsafe",
        """
        import shutil
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            _folder = "x"
            def __del__(self):
                self._pool.shutdown(True)
                del self._folder
        """,
        None,
    ),
    case(
        "unsafe, but asked for",
        """
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            def close(self):
                self._pool.shutdown(True)
            def __del__(self):
                self.close()
        """,
        """
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            def close(self):
                self._pool.shutdown(False)
            def __del__(self):
                self.close()
        """,
        unsafe=True,
    ),
    case(
        "who calls close() may wait for it: not safe",
        """
        from concurrent.futures import ThreadPoolExecutor
        class A:
            _pool = ThreadPoolExecutor()
            def close(self):
                self._pool.shutdown()
            def __del__(self):
                self.close()
        """,
        None,
    ),
    case(
        "several registrars, each in its way",
        """
        import weakref
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.util import Finalize
        class A: pass
        a, pool = A(), ThreadPoolExecutor()
        weakref.finalize(a, pool.shutdown)
        Finalize(a, pool.shutdown, exitpriority=1)
        """,
        """
        import weakref
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.util import Finalize
        class A: pass
        a, pool = A(), ThreadPoolExecutor()
        weakref.finalize(a, pool.shutdown, wait=False)
        Finalize(a, pool.shutdown, kwargs={"wait": False}, exitpriority=1)
        """,
    ),
    # -- FIN201
    case(
        "constructor and annotations",
        """
        import queue
        class A:
            _dead: "queue.Queue[int]" = queue.Queue()  # ids
            def __del__(self):
                self._dead.put(id(self), timeout=1)
            def drain(self):
                while not self._dead.empty():
                    yield self._dead.get_nowait()
        """,
        """
        import queue
        class A:
            _dead: "queue.SimpleQueue[int]" = queue.SimpleQueue()  # ids
            def __del__(self):
                self._dead.put(id(self), timeout=1)
            def drain(self):
                while not self._dead.empty():
                    yield self._dead.get_nowait()
        """,
    ),
    case(
        "the import is replaced where nothing else needs it",
        """
        from queue import (
            Empty,
            Queue,  # unbounded
        )
        _dead: Queue[int] = Queue(maxsize=0)
        class A:
            def __del__(self):
                _dead.put_nowait(1)
        """,
        """
        from queue import (
            Empty,
            SimpleQueue,  # unbounded
        )
        _dead: SimpleQueue[int] = SimpleQueue()
        class A:
            def __del__(self):
                _dead.put_nowait(1)
        """,
    ),
    case(
        "the import is added where something else needs the old one",
        """
        from queue import Queue
        _dead = Queue()
        _jobs = Queue(10)
        class A:
            def __del__(self):
                _dead.put(1)
        """,
        """
        from queue import Queue, SimpleQueue
        _dead = SimpleQueue()
        _jobs = Queue(10)
        class A:
            def __del__(self):
                _dead.put(1)
        """,
    ),
    *(
        case(
            f"a queue that is used for more: {more}",
            f"""
            import queue, threading
            _dead = queue.Queue({"5" if more == "5" else ""})
            class A:
                def __del__(self):
                    _dead.put_nowait(1)
            {more}
            """,
            None,
            unsafe=True,
        )
        for more in ("_dead.join()", "print(_dead)", "_dead = None", "5", "other = _dead", "getattr(queue, '_dead')")
    ),
    # -- FIN301
    case(
        "a method that others call hands on",
        '''
        import weakref

        class Buffer:
            """Memory."""

            def __init__(self, data, log):
                self._data, self.name = data, "x"
                self._log = log  # where to
                self._pages = data
                self.finalizer = weakref.finalize(self, self.close)

            # Closing is idempotent.
            def close(self) -> bool:
                """Give it back."""
                for page in self._pages:  # all of them
                    page.release()
                self._log.append(len(self._pages))
                return True

            def other(self): ...
        ''',
        '''
        import weakref

        class Buffer:
            """Memory."""

            def __init__(self, data, log):
                self._data, self.name = data, "x"
                self._log = log  # where to
                self._pages = data
                self.finalizer = weakref.finalize(self, self._finalize_close, self._pages, self._log)

            # Closing is idempotent.
            def close(self) -> bool:
                """Give it back."""
                return self._finalize_close(self._pages, self._log)

            @staticmethod
            def _finalize_close(pages, log) -> bool:
                for page in pages:  # all of them
                    page.release()
                log.append(len(pages))
                return True

            def other(self): ...
        ''',
        unsafe=True,
    ),
    case(
        "a private method that is there for the finalizer becomes static",
        """
        import weakref

        class Buffer:
            def __init__(self, data):
                self._data = data
                weakref.finalize(self, self._release)

            def _release(self):
                self._data.clear()
        """,
        """
        import weakref

        class Buffer:
            def __init__(self, data):
                self._data = data
                weakref.finalize(self, self._release, self._data)

            @staticmethod
            def _release(data):
                data.clear()
        """,
        unsafe=True,
    ),
    case(
        "multiprocessing, a lambda with an argument, a method without attributes",
        """
        import weakref
        from multiprocessing.util import Finalize

        class Buffer:
            def __init__(self, data):
                self._data = data
                Finalize(self, self.close, exitpriority=5)
                weakref.finalize(self, lambda: self._data.remove(1, key="x"))
                weakref.finalize(self, self._note)

            def close(self):
                self._data.clear()

            def _note(self):
                print("gone")
        """,
        """
        import weakref
        from multiprocessing.util import Finalize

        class Buffer:
            def __init__(self, data):
                self._data = data
                Finalize(self, self._finalize_close, args=(self._data,), exitpriority=5)
                weakref.finalize(self, self._data.remove, 1, key="x")
                weakref.finalize(self, self._note)

            def close(self):
                self._finalize_close(self._data)

            @staticmethod
            def _finalize_close(data):
                data.clear()

            @staticmethod
            def _note():
                print("gone")
        """,
        unsafe=True,
    ),
    *(
        case(
            f"what the callback needs is not settled: {callback}",
            f"""
            import weakref
            suffix = 1

            class Buffer:
                def __init__(self, data):
                    weakref.finalize(self, {callback})
                    self._data = data

                def close(self):
                    self._data.clear()
            """,
            None,
            unsafe=True,
        )
        for callback in (
            "self.close",
            "self.close, 1",
            "lambda: self._data.clear()",
            "lambda: self._data.remove(suffix)",
            "lambda: self._data.remove(len(self._data))",
            "lambda: self.close()",
            "lambda x: self._data.remove(x), 1",
        )
    ),
    case(
        "nothing of that is safe",
        """
        import weakref

        class Buffer:
            def __init__(self, data):
                self._data = data
                weakref.finalize(self, self._release)

            def _release(self):
                self._data.clear()
        """,
        None,
    ),
    *(
        case(
            f"the method needs more than its attributes: {body}",
            f"""
            import weakref

            class Buffer:
                def __init__(self, data):
                    self.data = data
                    weakref.finalize(self, self.close)

                def close(self):
                    {body}

                def helper(self): ...

                def again(self, data):
                    self.rebound = data
            """,
            None,
            unsafe=True,
        )
        for body in ("self.helper()", "self.closed = True", "print(self)", "super().close()", "self.rebound.clear()")
    ),
    case(
        "a parameter's name must be free",
        """
        import weakref
        class Buffer:
            def __init__(self, data):
                self._data = data
                weakref.finalize(self, self.close)
            def close(self):
                data = self._data.pop()
                data.clear()
        """,
        """
        import weakref
        class Buffer:
            def __init__(self, data):
                self._data = data
                weakref.finalize(self, self._finalize_close, self._data)
            def close(self):
                self._finalize_close(self._data)

            @staticmethod
            def _finalize_close(data_):
                data = data_.pop()
                data.clear()
        """,
        unsafe=True,
    ),
    # -- FIN102, FIN104, FIN105: a Cleaner
    case(
        "the work moves to a thread of its own, with its arguments",
        """
        import socket
        import weakref
        class A:
            def __init__(self):
                self.sock = socket.create_connection(("localhost", 1))
                self._finalizer = weakref.finalize(self, self.sock.sendall, b"bye")  # the last word
            def close(self):
                self._finalizer()
        """,
        """
        import socket
        import weakref
        from finlint.runtime import cleaner

        class A:
            def __init__(self):
                self.sock = socket.create_connection(("localhost", 1))
                self._finalizer = cleaner().register(self, self.sock.sendall, b"bye")  # the last word
            def close(self):
                self._finalizer()
        """,
        unsafe=True,
    ),
    case(
        "a Cleaner that is there already, and a lock further down",
        """
        import threading
        import weakref
        from finlint.runtime import cleaner
        lock = threading.Lock()
        def log():
            with lock:
                print()
        def drop(key):
            log()
        class A:
            def __init__(self):
                log()
                weakref.finalize(self, drop, 1)
                thread = threading.Thread(target=print)
                cleaner().register(self, thread.join)
        """,
        """
        import threading
        import weakref
        from finlint.runtime import cleaner
        lock = threading.Lock()
        def log():
            with lock:
                print()
        def drop(key):
            log()
        class A:
            def __init__(self):
                log()
                cleaner().register(self, drop, 1)
                thread = threading.Thread(target=print)
                cleaner().register(self, thread.join)
        """,
        unsafe=True,
    ),
    case(
        "what could also be left undone is done elsewhere",
        """
        import threading
        import weakref
        lock = threading.Lock()
        index = {}
        def drop(key):
            with lock:
                index.pop(key, None)
        class A:
            def __init__(self, key):
                with lock:
                    index[key] = [key]
                weakref.finalize(self, drop, key)
        """,
        """
        import threading
        import weakref
        from finlint.runtime import cleaner

        lock = threading.Lock()
        index = {}
        def drop(key):
            with lock:
                index.pop(key, None)
        class A:
            def __init__(self, key):
                with lock:
                    index[key] = [key]
                cleaner().register(self, drop, key)
        """,
        unsafe=True,
    ),
    case(
        "who takes a lock for good would keep a Cleaner's thread",
        """
        import threading
        import weakref
        gate = threading.Lock()
        class A:
            def __init__(self):
                weakref.finalize(self, gate.acquire)
            def use(self):
                with gate:
                    return [A()]
        """,
        """
        import threading
        import weakref
        gate = threading.Lock()
        class A:
            def __init__(self):
                weakref.finalize(self, gate.acquire, blocking=False)
            def use(self):
                with gate:
                    return [A()]
        """,
        unsafe=True,
    ),
    case(
        "the name means something else, or the handle is asked for more",
        """
        import threading
        import weakref
        thread = threading.Thread(target=print)
        class A:
            def __init__(self, cleaner):
                weakref.finalize(self, thread.join)
        """,
        None,
        unsafe=True,
    ),
    case(
        "peek is only finalize's",
        """
        import threading
        import weakref
        thread = threading.Thread(target=print)
        class A:
            def __init__(self):
                self.end = weakref.finalize(self, thread.join)
            def what(self):
                return self.end.peek()
        """,
        None,
        unsafe=True,
    ),
    # -- FIN102
    case(
        "with: comments, one-liners and multi-line strings",
        '''
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                # The registry.
                with lock:  # short
                    text = """
            not indented
        """  # but this is
                    # The last word.
                with lock: print()
        ''',
        '''
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                # The registry.
                if lock.acquire(blocking=False):  # short
                    try:
                        text = """
            not indented
        """  # but this is
                        # The last word.
                    finally:
                        lock.release()
                if lock.acquire(blocking=False):
                    try:
                        print()
                    finally:
                        lock.release()
        ''',
        unsafe=True,
    ),
    case(
        "acquire: a statement leaves, a condition does not",
        """
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                if lock.acquire(timeout=1):
                    lock.release()
                lock.acquire()  # here
                lock.release()
        """,
        """
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                if lock.acquire(blocking=False):
                    lock.release()
                if not lock.acquire(blocking=False):  # here
                    return
                lock.release()
        """,
        unsafe=True,
    ),
    case(
        "a loop would spin",
        """
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                while not lock.acquire(timeout=1):
                    pass
        """,
        None,
        unsafe=True,
    ),
    case(
        "what others call must not give up",
        """
        import threading
        lock = threading.Lock()
        class A:
            def close(self):
                with lock:
                    print()
            def __del__(self):
                self.close()
        """,
        None,
        unsafe=True,
    ),
    case(
        "finally would release what was not taken",
        """
        import threading
        lock = threading.Lock()
        class A:
            def __del__(self):
                try:
                    lock.acquire()
                    self.x = 1
                finally:
                    lock.release()
        """,
        None,
        unsafe=True,
    ),
    # -- FIN401
    case(
        "questions by getattr, the rest by hasattr",
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._names = []
                self._process = None
                self._thread = None
                self._pool = None
            def __del__(self):
                if self._file:
                    pass
                # Names.
                self._names.clear()  # all
                process = self._process
                if process is not None:
                    process.kill()
                if not self._thread: return
                pool = self._pool
                pool.stop()
        """,
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._names = []
                self._process = None
                self._thread = None
                self._pool = None
            def __del__(self):
                if getattr(self, "_file", None):
                    pass
                # Names.
                if hasattr(self, "_names"):
                    self._names.clear()  # all
                process = getattr(self, "_process", None)
                if process is not None:
                    process.kill()
                if not getattr(self, "_thread", None): return
                pool = self._pool
                pool.stop()
        """,
    ),
    case(
        "what is not there must not be taken for an answer",
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._closed = False
                self._owner = None
            def close(self): ...
            def __del__(self):
                if not self._closed:
                    self.close()
                if self._owner is None and path:
                    self.close()
                elif self._file is not None: self.close()
        """,
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._closed = False
                self._owner = None
            def close(self): ...
            def __del__(self):
                if hasattr(self, "_closed"):
                    if not self._closed:
                        self.close()
                if hasattr(self, "_owner"):
                    if self._owner is None and path:
                        self.close()
                    elif self._file is not None: self.close()
        """,
    ),
    case(
        "a function inside has no object of its own",
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
            def __del__(self):
                def close():
                    self._file.close()
                close()
        """,
        None,
        unsafe=True,
    ),
    case(
        "what the statement may leave before must not be come to: not safe",
        """
        class A:
            def __init__(self, path):
                self._loop = open(path)
            def __del__(self):
                if self._loop.closed():
                    return
                print(self)
        """,
        None,
    ),
    case(
        "the attribute that is set last stands for those before it",
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._names = []
            def __del__(self):
                self._names.remove(self._file)
        """,
        """
        class A:
            def __init__(self, path):
                self._file = open(path)
                self._names = []
            def __del__(self):
                if hasattr(self, "_names"):
                    self._names.remove(self._file)
        """,
    ),
    case(
        "one question for all attributes of a statement",
        """
        class A:
            def __init__(self, path):
                self._names = []
                self._file = open(path)
                self._other = open(path)
            def __del__(self):
                self._names.append([self._file, self._other])
        """,
        """
        class A:
            def __init__(self, path):
                self._names = []
                self._file = open(path)
                self._other = open(path)
            def __del__(self):
                if hasattr(self, "_file") and hasattr(self, "_other"):
                    self._names.append([self._file, self._other])
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_text_afterwards(case: Case) -> None:
    assert mended(case.before, unsafe=case.unsafe) == (case.before if case.after is None else case.after)


def test_every_code_is_one() -> None:
    assert set(FIXES) <= set(KIND_OF_CODE)


def test_a_private_name_that_another_module_uses_for_more_is_not_safe() -> None:
    text = "import queue\n_dead = queue.Queue()\nclass A:\n    def __del__(self):\n        _dead.put(1)\n"
    for other, safe in {
        "import mod\nmod._dead.join()\n": False,
        "import mod\nmod._dead.get()\n": True,
        "_dead = 1\n": True,
    }.items():
        assert (mended(text, others={"other.py": other}) != text) is safe
        assert "SimpleQueue" in mended(text, others={"other.py": other}, unsafe=True)


def test_what_a_cleaner_runs_may_take_the_lock() -> None:
    """The object dies while its thread holds the lock: with ``weakref.finalize`` that never ends."""
    text = _text(
        """
        import threading
        import weakref
        lock = threading.Lock()
        def tell(key):
            with lock:
                print("dropped", key)
        def drop(key):
            tell(key)
        class A: pass
        a = A()
        weakref.finalize(a, drop, 1)
        tell(0)
        with lock:
            del a
            print("gone")
        """
    )
    after = mended(text, unsafe=True)
    assert "cleaner().register(a, drop, 1)" in after
    done = subprocess.run([sys.executable, "-c", after], capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "dropped 0\ngone\ndropped 1\n", "")


def test_unsafe_fixes_are_counted_and_not_made() -> None:
    text = (
        "import threading\nfrom concurrent.futures import ThreadPoolExecutor\nlock = threading.Lock()\n"
        "pool = ThreadPoolExecutor()\nclass A:\n    def __del__(self):\n"
        "        with lock:\n            pass\n        pool.shutdown()\n"
    )
    after, done = _mend(text, False, {})
    assert after == text.replace("shutdown()", "shutdown(wait=False)")
    assert ([finding.code for finding in done.fixed], done.more) == (["FIN104"], 1)
    _, done = _mend(text, True, {})
    assert (sorted(finding.code for finding in done.fixed), done.more) == (["FIN102", "FIN104"], 0)


def _every_newline() -> Iterator[tuple[str, str]]:
    for newline in ("\n", "\r\n", "\r"):
        yield newline, newline.join(["a", "b\fc", "d", ""])
        yield newline, newline.join(["a", "b\fc", "d"])


@pytest.mark.parametrize(("newline", "text"), list(_every_newline()))
def test_edits_keep_newlines_and_the_end(newline: str, text: str) -> None:
    changed = apply(text, [Edit(1, 2, ("x\n", "y\n")), Edit(2, 3, ("z\n",)), Edit(0, 0, ("0\n",))])
    assert changed == text.replace(f"b\fc{newline}d", f"x{newline}y{newline}z").replace("a", f"0{newline}a")


@pytest.mark.parametrize("pattern", ["{'lock': x}", "{}", "{'lock': x, **rest}", "(a, x)", "Box(lock=x)", "[x, *_]"])
def test_a_tree_of_a_pattern(pattern: str) -> None:
    """LibCST tells no place of some spaces that are not there."""
    tree = Tree("mod.py", f"match given:\n    case {pattern}:\n        end()\n")
    (call,) = tree.starting(cst.Call, 3, 9)
    assert isinstance(list(tree.parents(call))[-1], cst.Module)


def test_edits_that_meet() -> None:
    assert Edit(1, 3, ()).meets(Edit(2, 4, ()))
    assert not Edit(1, 2, ()).meets(Edit(2, 3, ()))
    assert Edit(2, 2, ()).meets(Edit(1, 2, ()))
    assert Edit(2, 2, ()).meets(Edit(2, 2, ()))


def test_the_program_folder_holds_python_only() -> None:
    assert {path.suffix for path in Path(__file__).parent.joinpath("programs").iterdir() if path.is_file()} == {".py"}
