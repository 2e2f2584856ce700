"""Generators that are freed unfinished: which are finalizers, and which of their clean-ups are reported."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from expected import see_places
from small import check

from finlint.engine import analyse
from finlint.scan.abandoned import guarded_yields

HEAD = "import queue, threading\nLOCK = threading.Lock()\ndef holder():\n    with LOCK: return [object()]\n"

#: A title, a program, and the codes that are reported, with the line's text.
PROGRAMS = [
    (
        "a lock in finally",
        "def g():\n    try:\n        yield 1\n    finally:\n        with LOCK: pass\n",
        [("FIN102", "with LOCK: pass")],
    ),
    (
        "a lock that the generator itself has taken before",
        "OTHER = threading.Lock()\ndef g(d):\n    with OTHER: d[1] = [1]\n    try:\n        yield 1\n    finally:\n"
        "        with OTHER: d.pop(1)\n",
        [("FIN102", "with OTHER: d.pop(1)")],
    ),
    (
        "a lock that it takes when it is freed only",
        "OTHER = threading.Lock()\ndef g(d):\n    try:\n        yield 1\n    finally:\n        with OTHER: d.pop(1)\n",
        [],
    ),
    (
        "a join in except GeneratorExit",
        "def g(thread: threading.Thread):\n    try:\n        yield 1\n    except GeneratorExit:\n        thread.join()\n",
        [("FIN104", "thread.join()")],
    ),
    (
        "what a caller gives",
        "def g(given):\n    try:\n        yield 1\n    finally:\n        given.join()\n"
        "def hold(box): box.it = g(threading.Thread(target=print))\n",
        [("FIN104", "given.join()")],
    ),
    (
        "what callers give to a method, which does not wait",
        "class Rows:\n    def g(self, given):\n        try:\n            yield 1\n        finally:\n            given.join()\n"
        "    def hold(self): self.it = self.g('-')\n",
        [],
    ),
    (
        "what a caller gives to a method",
        "class Rows:\n    def g(self, given):\n        try:\n            yield 1\n        finally:\n            given.wait()\n"
        "    def hold(self): self.it = self.g(threading.Event())\n",
        [("FIN104", "given.wait()")],
    ),
    (
        "one of several in a tuple",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    except (OSError, BaseException):\n        t.join()\n",
        [("FIN104", "t.join()")],
    ),
    (
        "what is outside runs after what is inside raises",
        "def g(t: threading.Thread):\n    try:\n        try:\n            yield 1\n        except BaseException:\n"
        "            raise\n    finally:\n        t.join()\n",
        [("FIN104", "t.join()")],
    ),
    (
        "the exit of a manager of the project",
        "class Busy:\n    def __enter__(self): return self\n    def __exit__(self, *a): threading.Event().wait()\n"
        "def g():\n    with Busy() as busy:\n        yield busy\n",
        [("FIN104", "with Busy() as busy:")],
    ),
    (
        "a method that iterates",
        "class Rows:\n    def __init__(self): self._done = threading.Event()\n    def __iter__(self):\n        try:\n"
        "            yield 1\n        finally:\n            self._done.wait()\n",
        [("FIN104", "self._done.wait()")],
    ),
    (
        "an inner one that is called and kept",
        "def f(done: threading.Event):\n    def g():\n        try:\n            yield 1\n        finally:\n"
        "            done.wait()\n    return g()\n",
        [("FIN104", "done.wait()")],
    ),
    (
        "a lock for which no holder is seen",
        "def g(lock: threading.Lock):\n    try:\n        yield\n    finally:\n        with lock: pass\n",
        [],
    ),
    (
        "except ValueError",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    except ValueError:\n        t.join()\n",
        [],
    ),
    ("after the yield", "def g(t: threading.Thread):\n    yield 1\n    t.join()\n", []),
    (
        "else",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    except OSError: pass\n    else: t.join()\n",
        [],
    ),
    (
        "a context manager",
        "import contextlib\n@contextlib.contextmanager\ndef g(t: threading.Thread):\n    try:\n        yield 1\n"
        "    finally:\n        t.join()\n",
        [],
    ),
    (
        "a special method of a protocol that drives it by a with",
        "class A:\n    def __contextmanager__(self):\n        try:\n            yield self\n        finally:\n"
        "            threading.Event().wait()\n",
        [],
    ),
    (
        "always exhausted",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t):\n    for x in g(t): print(x)\n    return list(g(t))\n",
        [],
    ),
    (
        "exhausted by what takes it in",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t, out):\n    out.extend(enumerate(g(t)))\n    for x, y in zip(g(t), map(str, g(t))): print(x, y)\n"
        "    return sum(x for x in g(t))\n",
        [],
    ),
    (
        "exhausted by a variable",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t):\n    rows = g(t)\n    first = next(rows)\n    for row in rows: print(first, row)\n",
        [],
    ),
    (
        "a variable that only gives its first",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t):\n    rows = g(t)\n    return next(rows)\n",
        [("FIN104", "t.join()")],
    ),
    (
        "taken in by what nobody takes to its end",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t):\n    return (x for x in g(t)), enumerate(g(t))\n",
        [("FIN104", "t.join()")],
    ),
    (
        "exhausted once, kept once",
        "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n"
        "def use(t):\n    return list(g(t)), g(t)\n",
        [("FIN104", "t.join()")],
    ),
    (
        "an inner one that is handed on",
        "def f(done: threading.Event, register):\n    def g():\n        try:\n            yield 1\n        finally:\n"
        "            done.wait()\n    register(g)\n",
        [],
    ),
    (
        "an async one, which its loop closes",
        "async def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join()\n",
        [],
    ),
    ("bounded", "def g(t: threading.Thread):\n    try:\n        yield 1\n    finally:\n        t.join(1)\n", []),
]


@pytest.mark.parametrize(("title", "source", "expected"), PROGRAMS, ids=[title for title, _, _ in PROGRAMS])
def test_what_is_reported(title: str, source: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    report = check(tmp_path, {"main.py": HEAD + source})
    lines = (tmp_path / "main.py").read_text().splitlines()
    found = [(f.code, lines[f.span.line - 1].strip()) for f in report.findings if f.severity.value != "note"]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"def g():\n    try:\n        yield\n    finally:\n        pass\n", True),
        (b"def g():\n\ttry:\n\t\tyield\n\texcept:\n\t\tpass\n", True),
        (b"class A:\n  @staticmethod\n  def g():\n    with x:\n      yield\n", True),
        (b"def g():\n    with (\n        x\n    ):\n        if y:\n            yield\n", True),
        (b"@fixture\ndef g():\n    try:\n        yield\n    finally:\n        pass\n", False),
        (b"def g():\n    try:\n        yield\n    except ValueError:\n        pass\n", False),
        (b"def g():\n    with x:\n        pass\n    for y in z:\n        yield\n", False),
        (b"def g():\n    try:\n        a()\n    finally:\n        b()\n    yield\n", False),
        (b"async def g():\n    with x:\n        yield\n", False),
        (b"def g():\n    with x:\n        yielding = 1\n", False),
    ],
)
def test_candidates_by_bytes(text: bytes, is_one: bool) -> None:
    assert bool(list(guarded_yields(text))) is is_one


WORKER = """
    import threading
    class Worker:
        def __init__(self):
            self.lock = threading.Lock()
            self.items = []
        def add(self, item):
            with self.lock: self.items.append([item])
        def close(self):
            with self.lock: self.items = []
    class Pool:
        def __init__(self): self.worker = Worker()
        def make(self): return Worker()
        def give(self): return self.worker
    def each(items, pool: Pool, worker: Worker):
        {made}
        try:
            for item in items:
                own.add(item)
                yield {given}
        finally:
            own.close()
"""


@pytest.mark.parametrize(
    ("made", "given", "is_own"),
    [
        ("own = Worker()", "item", True),
        ("own = pool.make()", "item", True),
        ("own = Worker()", "own", False),
        ("own = pool.give()", "item", False),
        ("own = worker", "item", False),
    ],
)
def test_nobody_is_inside_what_only_the_generator_has(tmp_path: Path, made: str, given: str, is_own: bool) -> None:
    text = WORKER.replace("{made}", made).replace("{given}", given)
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(text))
    report = analyse([str(path)])
    assert [f.code for f in report.findings if f.code < "FIN2"] == ([] if is_own else ["FIN102"])


CALLER = """
    def rest(events, worker: Worker):
        try:
            for event in events: yield event
        finally:
            worker.close()
    def start(items, table, given: Worker):
        {made}
        {does}
        return rest(map(str, items), own)
"""


@pytest.mark.parametrize(
    ("made", "does", "is_own"),
    [
        ("own = Worker()", "own.add(1)", True),
        ("own = Worker()", "table.append(own)", False),
        ("own = given", "pass", False),
    ],
)
def test_nobody_is_inside_what_its_caller_has_made_for_it(tmp_path: Path, made: str, does: str, is_own: bool) -> None:
    head = WORKER[: WORKER.index("    class Pool")]
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(head + CALLER.replace("{made}", made).replace("{does}", does)))
    report = analyse([str(path)])
    assert [f.code for f in report.findings if f.code < "FIN2"] == ([] if is_own else ["FIN102"])


def test_a_generator_that_somebody_closes_is_told_where_he_does(tmp_path: Path) -> None:
    source = """
        import threading
        def frames(reader: threading.Thread):
            try:
                yield 1
            finally:
                reader.join()  # culprit
        class Movie:
            def __init__(self): self.frames = frames(threading.Thread())
            def __del__(self): self.frames.close()  # reported
    """
    report = check(tmp_path, {"main.py": source})
    found = [f for f in report.findings if f.code < "FIN2"]
    see_places(found)
    assert [(f.code, f.registration and f.registration.registrar) for f in found] == [("FIN104", "__del__")]


@pytest.mark.parametrize("comment", ["# told", "  # told", "        # told", ""])
def test_comments_and_empty_lines_are_none(comment: str) -> None:
    """Whatever its indentation; a program that tests/generated/ made."""
    text = f"def parts(v):\n    try:\n{comment}\n        yield 1\n{comment}\n    finally:\n        v.wait()\n"
    assert list(guarded_yields(text.encode())) == [text.index("yield")]


def test_a_comment_below_a_decorator_is_none() -> None:
    text = "@wrapped\n# told\n\ndef parts(v):\n    try:\n        yield 1\n    finally:\n        v.wait()\n"
    assert list(guarded_yields(text.encode())) == []
