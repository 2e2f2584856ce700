"""Who can be inside a lock or a queue when a finalizer comes to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finlint.model.finding import Confidence, Finding, Severity
from finlint.report.jsonfmt import render_json
from finlint.report.view import View

from .programs import lint, of_code

_OBJECT = """
import asyncio, copy, queue, threading
class A:
    def __init__(self, other=None):
        self.gate = {made}
        self.items = []
    def put(self, item):
        with self.gate:
            self.items = [item]
    {more}
    def __del__(self):
        {end}  # reported
"""

#: name -> (what the lock is made by, another method)
OWN = {
    "a public name": ("threading.Lock()", "pass"),
    "None after its end": ("threading.Lock()", "def close(self): self.gate = None"),
    "an async method that awaits outside": (
        "threading.Lock()",
        "async def f(self):\n        with self.gate: x = 1\n        await asyncio.sleep(x)",
    ),
    "a generator that yields outside": (
        "threading.Lock()",
        "def f(self):\n        with self.gate: x = 1\n        yield x",
    ),
    "released in a finally": (
        "threading.Lock()",
        "def f(self, g):\n        self.gate.acquire()\n        try: g()\n        finally: self.gate.release()",
    ),
    "tried and given back at once": (
        "threading.Lock()",
        "def f(self):\n        if self.gate.acquire(False):\n            self.gate.release()\n            self.items = [1]",
    ),
    "held by a local name": (
        "threading.Lock()",
        "def f(self):\n        gate = self.gate\n        with gate: self.items = [1]",
    ),
    "a condition of it": ("threading.Lock()", "def f(self): self.more = threading.Condition(self.gate)"),
    "asked whether it is locked": ("threading.Lock()", "def f(self): return self.gate.locked()"),
}
SHARED = {
    "tried and given back later": (
        "threading.Lock()",
        "def f(self):\n        if self.gate.acquire(False):\n            self.items = [1]\n            self.gate.release()",
    ),
    "an async method that awaits inside": (
        "threading.Lock()",
        "async def f(self):\n        with self.gate: await asyncio.sleep(1)",
    ),
    "a generator that yields inside": ("threading.Lock()", "def f(self):\n        with self.gate: yield 1"),
    "given to a thread": (
        "threading.Lock()",
        "def f(self): threading.Thread(target=print, args=(self.gate,)).start()",
    ),
    "in a list": ("threading.Lock()", "def f(self): return [self.gate]"),
    "by another name": ("threading.Lock()", "def f(self): self.other = self.gate"),
    "by a local name": ("threading.Lock()", "def f(self):\n        gate = self.gate\n        return gate"),
    "left taken by a local name": (
        "threading.Lock()",
        "def f(self):\n        gate = self.gate\n        gate.acquire()",
    ),
    "left taken": ("threading.Lock()", "def f(self): self.gate.acquire()"),
    "somebody's": ("other or threading.Lock()", "pass"),
}


def _lint(folder: Path, made: str, more: str, end: str = "with self.gate: pass", after: str = "") -> list[Finding]:
    program = _OBJECT.replace("{made}", made).replace("{more}", more).replace("{end}", end) + after
    return of_code(lint(folder, program), "FIN102")


@pytest.mark.parametrize("shape", OWN.values(), ids=OWN)
def test_nobody_can_be_inside(shape: tuple[str, str], tmp_path: Path) -> None:
    (finding,) = _lint(tmp_path, *shape)
    assert finding.severity is Severity.NOTE
    assert finding.holders == ()


@pytest.mark.parametrize("shape", SHARED.values(), ids=SHARED)
def test_somebody_may_be_inside(shape: tuple[str, str], tmp_path: Path) -> None:
    (finding,) = _lint(tmp_path, *shape)
    assert finding.severity is Severity.ERROR
    assert "A.put" in finding.message


#: name -> (what gives the lock to the object's methods, how they ask, what others do with it, whether it is its own)
GETTERS = {
    "a property": ("@property\n    def lock(self): return self.gate", "self.lock", "", True),
    "a method": ("def lock(self): return self.gate", "self.lock()", "", True),
    "made when it is first asked": (
        "def lock(self):\n        if self.gate is None: self.gate = threading.Lock()\n        return self.gate",
        "self.lock()",
        "",
        True,
    ),
    "a property for all time": (
        "@functools.cached_property\n    def lock(self): return threading.Lock()",
        "self.lock",
        "",
        True,
    ),
    "a property that others enter": (
        "@property\n    def lock(self): return self.gate",
        "self.lock",
        "def f(a: A):\n    with a.lock: return [1]",
        True,
    ),
    "a property that others keep": (
        "@property\n    def lock(self): return self.gate",
        "self.lock",
        "def f(a: A, locks): locks.append(a.lock)",
        False,
    ),
    "a method that others pass on": (
        "def lock(self): return self.gate",
        "self.lock()",
        "def f(a: A): return a.lock()",
        False,
    ),
    "a property for all time of what it was given": (
        "@functools.cached_property\n    def lock(self): return self.other",
        "self.lock",
        "",
        False,
    ),
    "a property for all time that a method returns": (
        "@functools.cached_property\n    def lock(self): return threading.Lock()\n    def get(self): return self.lock",
        "self.lock",
        "",
        False,
    ),
    "what gives one of two": (
        "def lock(self): return self.gate if self.items else self.other",
        "self.lock()",
        "",
        False,
    ),
}

_GIVEN = """
import functools, threading
class A:
    def __init__(self, other: threading.Lock):
        self.gate = threading.Lock()
        self.other = other
        self.items = []
    def put(self, item):
        with {asked}: self.items = [item]
    {getter}
    def __del__(self):
        with {asked}: pass  # reported
{others}
"""


@pytest.mark.parametrize("shape", GETTERS.values(), ids=GETTERS)
def test_what_gives_the_lock_to_its_own_object(shape: tuple[str, str, str, bool], tmp_path: Path) -> None:
    getter, asked, others, is_own = shape
    program = _GIVEN.replace("{getter}", getter).replace("{asked}", asked).replace("{others}", others)
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert (finding.severity is Severity.NOTE) is is_own


def test_an_annotation_beside_what_is_made_says_nothing_more(tmp_path: Path) -> None:
    program = _OBJECT.replace("self.gate = {made}", "self.gate: threading.Lock = threading.Lock()")
    more = "def f(self):\n        gate: threading.Lock = self.gate\n        with gate: self.items = [1]"
    program = program.replace("{more}", more).replace("{end}", "with self.gate: pass")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.NOTE


_BUFFER = """
import threading, weakref
class Buffer:
    def __init__(self, flush, gate):
        self.flush = flush
        self.gate = gate
        {init}
    def add(self, item):
        with self.gate: self.flush([item])
    {more}
class A:
    def __init__(self):
        self.gate = threading.Lock()
        self.items = []
        self.buffer = Buffer({given}, self.gate)
    def flush(self, items): self.items = items
    def __del__(self):
        with self.gate: self.items = []  # reported
"""


@pytest.mark.parametrize(
    ("given", "init", "more", "is_own"),
    [
        ("self.flush", "pass", "", True),
        ("self", "pass", "", True),
        ("print", "pass", "", False),
        ("self.items", "pass", "", False),
        ("weakref.WeakMethod(self.flush)", "pass", "", False),
        ("self.flush", "threading.Thread(target=work, args=(gate,)).start()", "", False),
        ("self.flush", "pass", "def theirs(self): return self.gate", False),
    ],
)
def test_a_part_that_has_the_lock_and_the_object(
    tmp_path: Path, given: str, init: str, more: str, is_own: bool
) -> None:
    program = _BUFFER.replace("{given}", given).replace("{init}", init).replace("{more}", more)
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert (finding.severity is Severity.NOTE) is is_own


_ENTERED = """
import threading
class Writer:
    def __init__(self):
        self.gate = threading.Lock()
        self.rows = []
    def __enter__(self): return self
    def __exit__(self, *why): self.close()
    def write(self, row):
        with self.gate: self.rows = [row]
        return self
    def close(self):
        with self.gate: self.rows = None  # culprit
class A:
    def __init__(self): self.writer = Writer()
    def put(self, row):
        {does}
    def __del__(self): self.writer.close()  # reported
"""


@pytest.mark.parametrize(
    ("does", "is_own"),
    [
        ("self.writer.write(row)", True),
        ("self.writer.write(row).write(row)", True),
        ("with self.writer as writer: writer.write(row)", True),
        ("return self.writer.write(row)", False),
        ("return self.writer.__enter__()", False),
        ("with self.writer as writer: return writer", False),
    ],
)
def test_a_part_whose_methods_return_it(tmp_path: Path, does: str, is_own: bool) -> None:
    """``return self`` gives the part to who calls the method, and has it."""
    program = _ENTERED.replace("{does}", does)
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert (finding.severity is Severity.NOTE) is is_own
    # An operator's result is nowhere called by its name.
    program = program.replace("def __enter__", "def __add__(self, row): return self\n    def __enter__")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.ERROR


_LENT = """
import threading, weakref
class Cache:
    def __init__(self, path):
        self.gate = threading.Lock()
        self.file = open(path)
    def run(self, operation):
        with self.gate:
            {does}
    def read(self):
        return self.run(lambda: self.file.read())
    def save(self, text):
        def op(): self.file.write(text)
        self.run(op)
    def close(self):
        with self.gate: self.file.close()  # reported
class Manager:
    def __init__(self, path):
        self.cache = Cache(path)
        weakref.finalize(self, Cache.close, self.cache)
"""


@pytest.mark.parametrize(
    ("does", "is_own"),
    [
        ("return operation()", True),
        ("self.last = operation", False),
        ("return threading.Timer(1, operation)", False),
    ],
)
def test_a_function_that_is_lent_to_a_method_is_nobody_elses(tmp_path: Path, does: str, is_own: bool) -> None:
    (finding,) = of_code(lint(tmp_path, _LENT.replace("{does}", does)), "FIN102")
    assert (finding.severity is Severity.NOTE) is is_own


def test_another_module_reads_it_and_keeps_it(tmp_path: Path) -> None:
    after = "def share(a: A, table): table['gate'] = a.gate\n"
    (finding,) = _lint(tmp_path, "threading.Lock()", "pass", after=after)
    assert finding.severity is Severity.ERROR


def test_without_a_place_where_a_finalizer_starts_it_waits_for_a_thread(tmp_path: Path) -> None:
    program = """
    import threading
    LOCK = threading.Lock()
    COUNT = 0
    def count():
        global COUNT
        with LOCK:
            COUNT += 1
    class A:
        def __del__(self):
            with LOCK:  # reported
                pass
    """
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith("calls nothing until he gives it back")
    (finding,) = of_code(lint(tmp_path, program.replace("COUNT += 1", "COUNT = yield")), "FIN102")
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("it waits while another thread has it")


_SENDER = """
import queue, threading
class Line:
    def __init__(self, waiting=None):
        self.waiting = {queue}
        threading.Thread(target=work, args=(self.waiting,)).start()
    def close(self):
        self.waiting.put_nowait(None)  # culprit
class A:
    def __init__(self, line):
        self.lines = {}
        self.line = {line}
    def add(self, name):
        self.lines[name] = Line()
    def __del__(self):
        {end}  # reported
def work(waiting): waiting.get()
def use(): return A(Line(queue.Queue()))
"""


@pytest.mark.parametrize(
    ("made", "line", "end", "confidence"),
    [
        ("queue.Queue()", "Line()", "self.line.close()", Confidence.MEDIUM),
        ("queue.Queue()", "Line()", "for line in self.lines.values(): line.close()", Confidence.MEDIUM),
        ("queue.Queue()", "line", "self.line.close()", Confidence.HIGH),
        ("queue.Queue()", "line or Line()", "self.line.close()", Confidence.HIGH),
        ("queue.Queue()", "1; self.line, self.number = line, 1", "self.line.close()", Confidence.HIGH),
        ("waiting", "Line()", "self.line.close()", Confidence.HIGH),
    ],
)
def test_what_came_from_outside_is_surer(
    tmp_path: Path, made: str, line: str, end: str, confidence: Confidence
) -> None:
    """Of what an object and its parts have made others have only what they were given, as the thread is here."""
    program = _SENDER.replace("{queue}", made).replace("{line}", line).replace("{end}", end)
    if made == "waiting":
        program = program.replace("Line()\n", "Line(queue.Queue())\n")
    (finding,) = of_code(lint(tmp_path, program), "FIN201")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, confidence)


_HANDED = """
import logging, threading
TABLE = {}
class Writer:
    def __init__(self):
        self.gate = threading.Lock()
        self.rows = []
    def run(self):
        with self.gate: self.rows = [1]
    def close(self):
        with self.gate: self.rows = None  # culprit
    def share(self): logging.debug("%s", self)
class Runner(threading.Thread):
    def __init__(self, writer):
        super().__init__()
        self.writer = writer
    def run(self): self.writer.run()
def spawn(work, args=()):
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread
class A:
    def __init__(self): self.writer = Writer()
    def run(self): self.writer.run()
    def begin(self):
        {does}
    def __del__(self): self.writer.close()  # reported
"""


@pytest.mark.parametrize(
    ("does", "confidence"),
    [
        ("pass", Confidence.LOW),
        ("logging.debug('%s', self.writer)", Confidence.LOW),
        ("threading.Thread(target=self.run).start()", Confidence.LOW),
        ("threading.Thread(target=print, args=(self, self.writer)).start()", Confidence.LOW),
        ("threading.Thread(target=self.writer.run).start()", Confidence.MEDIUM),
        ("threading.Thread(target=print, args=(self.writer,)).start()", Confidence.MEDIUM),
        ("Runner(self.writer).start()", Confidence.MEDIUM),
        ("spawn(print, (self.writer,))", Confidence.MEDIUM),
        ("spawn(self.run)", Confidence.LOW),
        ("return self.writer", Confidence.MEDIUM),
        ("TABLE['a'] = self.writer", Confidence.MEDIUM),
    ],
)
def test_who_is_seen_to_have_what_a_part_has_made(tmp_path: Path, does: str, confidence: Confidence) -> None:
    """A thread that has the object has ended by then; and what is only passed on is rarely kept."""
    (finding,) = of_code(lint(tmp_path, _HANDED.replace("{does}", does)), "FIN102")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, confidence)


def test_a_part_that_is_a_thread_has_what_it_made(tmp_path: Path) -> None:
    program = _HANDED.replace("{does}", "pass").replace("class Writer:", "class Writer(threading.Thread):")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.MEDIUM)


_SHARDS = """
import threading, weakref
class Shard:
    def __init__(self):
        self.gate = threading.Lock()
        self.items = {}
    def put(self, key, value):
        with self.gate: self.items[key] = [value]
    def clear(self):
        with self.gate: self.items.clear()  # culprit
class A:
    def __init__(self, shards):
        self.shards = {made}
    def put(self, key, value): self.shards[0].put(key, value)
    def more(self): {more}
    def __del__(self):
        for shard in self.shards:
            shard.clear()  # reported
def use(): return A([Shard()])
"""


@pytest.mark.parametrize(
    ("made", "more", "confidence"),
    [
        ("[Shard() for _ in range(4)]", "pass", Confidence.LOW),
        ("[Shard() for _ in range(4)]", "return self.shards", Confidence.MEDIUM),
        ("[Shard() for _ in range(4)]", "KEPT.append(self.shards)", Confidence.MEDIUM),
        ("shards", "pass", Confidence.HIGH),
    ],
)
def test_parts_in_a_list(tmp_path: Path, made: str, more: str, confidence: Confidence) -> None:
    """Items that are taken out of a list are not followed; where nobody is seen to get the list it is not shown."""
    program = _SHARDS.replace("{made}", made).replace("{more}", more)
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, confidence)


def test_a_part_that_a_callback_is_given(tmp_path: Path) -> None:
    program = _LENT.replace("{does}", "self.last = [operation]")
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.confidence is Confidence.LOW
    program = program.replace(
        "def __init__(self, path):\n        self.cache = Cache(path)",
        "def __init__(self, cache: Cache):\n        self.cache = cache",
    )
    (finding,) = of_code(lint(tmp_path, program), "FIN102")
    assert finding.confidence is Confidence.HIGH


def test_the_lock_has_its_name_in_the_source(tmp_path: Path) -> None:
    (finding,) = _lint(tmp_path, "other or threading.Lock()", "pass")
    assert "acquires the lock `self.gate` (`threading.Lock.acquire`)" in finding.message


PART = """
import threading
class Watcher:
    def __init__(self, owner=None):
        self.gate = threading.Lock()
        self.names = []
        self.owner = owner
        self.listeners = []
    def listen(self, callback): self.listeners.append(callback)
    def changed(self, names):
        with self.gate: self.names = [n for n in names]
    def close(self):
        with self.gate: self.names = None  # culprit
class Session:
    def __init__(self):
        {made}
    def changed(self): pass
    def __del__(self): self.watcher.close()  # reported
"""
BACK = {
    "it is its owner": "self.watcher = Watcher(self)",
    "it listens": "self.watcher = Watcher(); self.watcher.listen(self.changed)",
}


@pytest.mark.parametrize("made", BACK.values(), ids=BACK)
def test_a_part_that_refers_back(made: str, tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, PART.replace("{made}", made)), "FIN102")
    assert finding.severity is Severity.NOTE


def test_a_part_that_others_have(tmp_path: Path) -> None:
    program = PART.replace("{made}", "self.watcher = Watcher(); TABLE.append(self.watcher)")
    (finding,) = of_code(lint(tmp_path, program.replace("import threading", "import threading\nTABLE = []")), "FIN102")
    assert finding.severity is Severity.ERROR
    assert "`Watcher.changed`" in finding.message


MADE = """
import asyncio, functools, queue, threading, weakref
TABLE = {}
class Part{base}:
    def __init__(self):
        self.gate = threading.Lock()
        self.items = {}
        {init}
    def put(self, key, value):
        with self.gate: self.items[key] = [value]
    def wipe(self):
        with self.gate: self.items.clear()  # culprit
    def each(self):
        with self.gate: found = list(self.items)
        yield from found
    {part}
class Owner:
    def __init__(self, given=None):
        self.part = {made}
    def put(self, value):
        self.part.put(1, [value])
    {owner}
    def close(self): {close}
    def __del__(self): self.close()  # reported
def use(owner: Owner, name):
    {other}
"""
_MADE = {
    "base": "",
    "init": "",
    "part": "",
    "made": "Part()",
    "owner": "",
    "close": "self.part.wipe()",
    "other": "owner.part.put(1, 2)",
}
#: name -> what is different in ``MADE``
PARTS_OF_ITS_OWN = {
    "a part": {},
    "made again": {"owner": "def reset(self): self.part = Part()"},
    "None at its end": {"owner": "def stop(self): self.part = None"},
    "by a local name": {"owner": "def more(self):\n        part = self.part\n        part.put(1, 2)"},
    "a function inside": {"owner": "def later(self): return lambda: self.part.put(1, 2)"},
    "asked": {"owner": "def size(self): return len(self.part.items) if self.part else 0"},
    "iterated": {"owner": "def all(self): return [x for x in self.part.each()]"},
    "an awaited method": {
        "part": "async def get(self):\n        with self.gate: return [1]",
        "owner": "async def get(self): return await self.part.get()",
    },
    "a weak reference to it": {"init": "self.me = weakref.ref(self)"},
    "a harmless base": {"base": "(dict)"},
    "its condition": {"init": "self.more = threading.Condition(self.gate)"},
    "a lock with the same name is held": {
        "owner": "gate = None",
        "close": "\n        with self.gate: self.part.wipe()  # culprit",
        "made": "Part(); self.gate = threading.Lock()",
    },
    "a property": {
        "part": "@property\n    def size(self):\n        with self.gate: return [1]",
        "owner": "def size(self): return self.part.size",
    },
}
PARTS_OF_OTHERS = {
    "given": {"made": "given or Part()"},
    "given to a thread": {"owner": "def go(self): threading.Thread(target=print, args=(self.part,)).start()"},
    "its method is": {"owner": "def go(self): threading.Thread(target=self.part.put).start()"},
    "returned": {"owner": "def get(self): return self.part"},
    "a property that gives it": {"owner": "@property\n    def inner(self): return self.part"},
    "returned by another name": {"owner": "def get(self):\n        part = self.part\n        return part"},
    "in a table": {"owner": "def keep(self): TABLE['part'] = self.part"},
    "it keeps itself in a table": {"init": "TABLE[id(self)] = self"},
    "it starts a thread": {"init": "threading.Thread(target=self.put, args=(1, 2)).start()"},
    "a function inside it": {"init": "TABLE['f'] = lambda: self.put(1, 2)"},
    "it is a thread": {"base": "(threading.Thread)"},
    "unknown base": {"base": "(Elsewhere)"},
    "a generator that goes on": {"owner": "def all(self): return self.part.each()"},
    "a task": {
        "part": "async def get(self):\n        with self.gate: return [1]",
        "owner": "def go(self): return asyncio.create_task(self.part.get())",
    },
    "a generator that stops inside": {"part": "def some(self):\n        with self.gate: yield 1"},
    "another module gives it away": {"other": "TABLE['part'] = owner.part"},
    "its lock is given away": {"part": "def lock(self): return self.gate"},
    "it is held already": {"close": "\n        with self.part.gate: self.part.wipe()  # culprit"},
    "an instance that all share": {"owner": "part = Part()", "made": "self.part"},
    "made once for all": {"base": "(metaclass=Elsewhere)"},
    "a partial": {"owner": "def go(self): return functools.partial(self.part.put, 1)"},
}


def _of_part(folder: Path, changed: dict[str, str]) -> Severity:
    program = MADE
    for name, text in {**_MADE, **changed}.items():
        program = program.replace("{" + name + "}", text)
    found = of_code(lint(folder, program), "FIN102")
    return max((finding.severity for finding in found), key=lambda severity: severity.rank)


@pytest.mark.parametrize("changed", PARTS_OF_ITS_OWN.values(), ids=PARTS_OF_ITS_OWN)
def test_a_part_that_the_object_alone_has(changed: dict[str, str], tmp_path: Path) -> None:
    assert _of_part(tmp_path, changed) is Severity.NOTE


@pytest.mark.parametrize("changed", PARTS_OF_OTHERS.values(), ids=PARTS_OF_OTHERS)
def test_a_part_that_somebody_else_has(changed: dict[str, str], tmp_path: Path) -> None:
    assert _of_part(tmp_path, changed) is Severity.ERROR


DEEP = """
import threading
class Table:
    def __init__(self): self.lock = threading.Lock(); self.rows = {}
    def add(self, row):
        with self.lock: self.rows[row] = [row]
    def clear(self):
        with self.lock: self.rows.clear()  # culprit
class Store:
    def __init__(self): self.table = Table()
    def add(self, row): self.table.add(row)
    def close(self): self.table.clear()
    {more}
class Session:
    def __init__(self): self.store = Store()
    def add(self, row): self.store.add(row)
    def __del__(self): self.store.close()  # reported
"""


def test_a_part_of_a_part(tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, DEEP.replace("{more}", "")), "FIN102")
    assert finding.severity is Severity.NOTE
    (finding,) = of_code(lint(tmp_path, DEEP.replace("{more}", "def all(self): return self.table")), "FIN102")
    assert finding.severity is Severity.ERROR


FINALIZED = """
import threading, weakref
class Part:
    def __init__(self): self.lock = threading.Lock(); self.items = {}
    def add(self, item):
        with self.lock: self.items[item] = [item]
    def close(self):
        with self.lock: self.items.clear()  # reported
def clear(lock, items):
    with lock: {clear}  # reported
class Owner:
    def __init__(self):
        self.lock = threading.Lock()
        self.items = {}
        self.part = Part()
        {registered}
    @staticmethod
    def clean_up(lock, items):
        with lock: items.clear()  # reported
    def add(self, item):
        with self.lock: self.items[item] = [item]
        self.part.add(item)
    {more}
"""
OF_ITS_FINALIZER = {
    "a function": "weakref.finalize(self, clear, self.lock, self.items)",
    "by keyword": "weakref.finalize(self, clear, items=self.items, lock=self.lock)",
    "a static method": "weakref.finalize(self, self.clean_up, self.lock, self.items)",
    "a method of a part": "weakref.finalize(self, self.part.close)",
    "a part": "weakref.finalize(self, Part.close, self.part)",
}


def _finalized(folder: Path, registered: str, clear: str = "items.clear()", more: str = "") -> Severity:
    program = FINALIZED.replace("{registered}", registered).replace("{clear}", clear).replace("{more}", more)
    (finding,) = of_code(lint(folder, program), "FIN102")
    return finding.severity


@pytest.mark.parametrize("registered", OF_ITS_FINALIZER.values(), ids=OF_ITS_FINALIZER)
def test_what_only_the_object_and_its_finalizer_have(registered: str, tmp_path: Path) -> None:
    assert _finalized(tmp_path, registered) is Severity.NOTE


def test_what_a_finalizer_and_others_have(tmp_path: Path) -> None:
    registered = OF_ITS_FINALIZER["a function"]
    assert _finalized(tmp_path, registered, more="def get(self): return self.lock") is not Severity.NOTE
    assert _finalized(tmp_path, registered, clear="threading.Thread(args=(lock,)).start()") is not Severity.NOTE
    assert _finalized(tmp_path, registered.replace("self,", "self.part,", 1)) is not Severity.NOTE
    by_part = OF_ITS_FINALIZER["a method of a part"]
    assert _finalized(tmp_path, by_part, more="def get(self): return self.part") is not Severity.NOTE


RECORD = """
import threading
from dataclasses import dataclass, field
@dataclass
class A:
    name: str
    gate: threading.Lock = field(default_factory=threading.Lock)
    def add(self, x):
        with self.gate: self.name = [x]
    def __del__(self):
        with self.gate: pass  # reported
"""


def test_a_record_that_makes_its_lock(tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, RECORD), "FIN102")
    assert finding.severity is Severity.NOTE
    (finding,) = of_code(lint(tmp_path, RECORD + "L = threading.Lock()\ndef f(): return A('x', L)\n"), "FIN102")
    assert finding.severity is Severity.ERROR


POOL = """
import threading
class Other:
    def __init__(self): self._lock = threading.Lock()
    def busy(self):
        with self._lock: return [1]
class Pool:
    def __init__(self, lock=None):
        self._lock = threading.Lock()
        self._free = []
    def reset(self):
        with self._lock: self._free = []
    def _spare(self):
        with self._lock: return [1]
    def get_connection(self):
        with self._lock: return make()
    def release(self, thing):
        with self._lock: self._free.append(thing)  # culprit
def make(): return object()
class Owner:
    def __init__(self, pool: Pool): self.pool = pool
    def __del__(self): self.pool.release(None)  # reported
"""


def test_all_holders_the_likely_ones_first(tmp_path: Path) -> None:
    report = lint(tmp_path, POOL)
    (finding,) = of_code(report, "FIN102")
    assert [hop.line for hop in finding.holders] == [14, 16, 12]
    view = View(report, str(tmp_path), lambda path: [])
    (shown,) = json.loads(render_json(view))["findings"]
    assert [hop["line"] for hop in shown["holders"]] == [14, 16, 12]


METRICS = """
import threading
class Metric:
    def __init__(self):
        self._lock = threading.Lock()
        self._children = {}
    def labels(self, name):
        with self._lock: return self._children[name]  # culprit
    def reset(self):
        with self._lock: self._children = {}
    def samples(self):
        with self._lock: return self._children.copy()
class Histogram(Metric):
    pass
class Info(Metric):
    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()
    def items(self):
        with self._lock: return [1]
HISTOGRAM = Histogram()
class Owner:
    def __init__(self): self.metric = HISTOGRAM
    def __del__(self): self.metric.labels("x")  # reported
"""


def test_an_object_of_another_class_has_another_lock(tmp_path: Path) -> None:
    """A lock by the same name in a class beside that of the metric: prometheus-client 0.5.0."""
    (finding,) = of_code(lint(tmp_path, METRICS), "FIN102")
    assert [hop.line for hop in finding.holders] == [12, 10]
    # Once it may come from elsewhere, it may be the same.
    given = METRICS.replace("def __init__(self):\n        super", "def __init__(self, lock):\n        super")
    given = given.replace(
        "super().__init__()\n        self._lock = threading.Lock()", "super().__init__()\n        self._lock = lock"
    )
    (finding,) = of_code(lint(tmp_path, given), "FIN102")
    assert [hop.line for hop in finding.holders] == [12, 10, 20]


CALLED = """
import threading
class Pool:
    def __init__(self): self._lock = threading.Lock()
    def authenticate(self):
        with self._lock: return [1 for _ in range(2)]
    def take(self):
        with self._lock: return make()
    def release(self):
        with self._lock: pass  # culprit
def make(): return object()
class Owner:
    def __init__(self, pool: Pool): self.pool = pool
    def __del__(self): self.pool.release()  # reported
def one(pool): return pool.take()
def two(pool): return pool.take()
"""


def test_what_is_called_often_comes_first(tmp_path: Path) -> None:
    """As ``get_connection`` of redis 6.1.0, which deadlocks within seconds; the other one is for a rare event."""
    (finding,) = of_code(lint(tmp_path, CALLED), "FIN102")
    assert [hop.line for hop in finding.holders] == [8, 6]


QUEUE = """
import queue, threading
class Player:
    def __init__(self, given=None):
        self.wakeups = {made}
        {more}
    def wait(self): return self.wakeups.get()
    def __del__(self): self.wakeups.put(None)  # reported
"""
QUEUES = {
    "its own": ("queue.Queue()", "pass", Severity.NOTE),
    "its own, of a size": ("queue.Queue(maxsize=given)", "pass", Severity.NOTE),
    "given": ("given or queue.Queue()", "pass", Severity.ERROR),
    "given to a thread": (
        "queue.Queue()",
        "threading.Thread(target=print, args=(self.wakeups,)).start()",
        Severity.ERROR,
    ),
}


@pytest.mark.parametrize("shape", QUEUES.values(), ids=QUEUES)
def test_a_queue(shape: tuple[str, str, Severity], tmp_path: Path) -> None:
    made, more, severity = shape
    (finding,) = of_code(lint(tmp_path, QUEUE.replace("{made}", made).replace("{more}", more)), "FIN201")
    assert finding.severity is severity


BY_HAND = """
import threading
class Gate:
    def __init__(self):
        self.lock = threading.Lock()
        self.owner = None
        self.count = 0
    def enter(self):
        me = threading.get_ident()
        {test}
            self.count += 1
            return
        self.lock.acquire()  # culprit
        self.owner = me
    def work(self):
        with self.lock: return [1]
GATE = Gate()
class A:
    def __del__(self): GATE.enter()  # reported
"""


def test_a_lock_that_is_made_reentrant_by_hand(tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, BY_HAND.replace("{test}", "if self.owner == me:")), "FIN102")
    assert finding.severity is Severity.NOTE


def test_a_lock_that_looks_like_it(tmp_path: Path) -> None:
    (finding,) = of_code(lint(tmp_path, BY_HAND.replace("{test}", "if self.owner == self.count:")), "FIN102")
    assert finding.severity is Severity.ERROR


NAMED_BY_ITSELF = """
import threading, weakref
class Part:
    def __init__(self): self.lock = threading.Lock()
    def work(self):
        with self.lock: return [1]
PART = Part()
def clean_up(part):
    part = part.lock
    part.acquire()  # reported
class A:
    def __init__(self): weakref.finalize(self, clean_up, PART)
"""


def test_a_name_that_is_bound_to_a_part_of_itself(tmp_path: Path) -> None:
    """A program that tests/generated/ made: looking for whose lock it is, the name led back to itself without an end."""
    (finding,) = of_code(lint(tmp_path, NAMED_BY_ITSELF), "FIN102")
    assert finding.severity is Severity.ERROR
