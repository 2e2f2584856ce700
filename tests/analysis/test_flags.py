"""What a finalizer sets, or finds, its object's flags to be, holds in the methods that it calls next on that object."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

PROGRAM = """\
    import contextlib, logging, threading, time
    log = logging.getLogger(__name__)
    class Part:
        def touch(self): time.sleep(9)
    class Flag:
        def set(self): pass
        def is_set(self): return 1 > 2
    class A:
        closed = False
        other: "A"
        def __init__(self, flag, part: Part):
            self.closed, self.flag, self.part = flag, flag, part
            self.gone = threading.Event()
            self.lock = threading.Lock()
            self.items, self.pred = [], flag
            self.made = Flag()
        def begin(self, *args): self.closed = self.flag
        def turn(self):
            if not self.closed: self.part.touch()
            self.closed = False
        def free(self):
            if self.closed: return
            self.part.touch()
        def drop(self):
            if not self.closed or self.flag: return
            self.part.touch()
        def on(self):
            if self.closed: self.free()
        @property
        def open(self):
            self.closed = self.flag
            return self.flag
        def __setitem__(self, key, value): self.closed = self.flag
        @property
        def level(self): return 1
        @level.setter
        def level(self, value): self.closed = self.flag
        @property
        def idle(self): return self.part is None
        def end(self):
            if self.gone.is_set(): return
            self.part.touch()
        def last(self):
            while not self.gone.is_set(): self.part.touch()
        def made_up(self):
            if not self.made.is_set(): self.part.touch()
        def __del__(self):
            {body}
    """

SILENT = {
    "set": "self.closed = True\n            self.free()",
    "found": "if self.closed: self.free()",
    "found, by leaving": "if not self.closed: return\n            self.free()",
    "found not to be": "if not self.closed: self.drop()",
    "one of two": "if self.closed and self.flag: self.free()",
    "tested again": "if self.closed:\n                if not self.closed: self.part.touch()",
    "across a call to a library": "self.closed = True\n            log.debug('gone')\n            self.free()",
    "on all ways": ("if self.flag: self.closed = True\n            else: self.closed = True\n            self.free()"),
    "an event": "self.gone.set()\n            self.end()",
    "an event, in a loop": "self.gone.set()\n            self.last()",
    "None": "self.closed = None\n            self.drop()",
    "in a conditional expression": "self.closed = True\n            self.part.touch() if not self.closed else None",
    "one of two that are tested": "self.flag = True\n            self.drop()",
    "through two methods": "self.closed = True\n            self.on()",
    "in a try": "self.closed = True\n            try: self.free()\n            except OSError: pass",
    "under a lock": "self.closed = True\n            with self.lock: self.free()",
}
FOUND = {
    "nothing is known": "self.free()",
    "in a finally": (
        "self.closed = False\n            try:\n                self.items.pop()\n                self.closed = True\n"
        "            finally:\n                if not self.closed: self.part.touch()"
    ),
    "in a handler": (
        "if self.flag: return\n            try:\n                self.flag = True\n                self.items.pop()\n"
        "                self.flag = False\n            except Exception:\n                if self.flag: self.part.touch()"
    ),
    "after a finally": (
        "try:\n                if self.flag: return\n                self.closed = True\n"
        "            finally: self.free()"
    ),
    "after what swallows": (
        "with contextlib.suppress(Exception):\n                self.items.pop()\n                self.closed = True\n"
        "            self.free()"
    ),
    "after a break": ("while not self.closed:\n                if self.items.pop(): break\n            self.free()"),
    "in a loop's condition": "while self.closed and not self.begin(): self.free()",
    "asserted": "assert self.closed and self.begin()\n            self.free()",
    "set by the left of and": ("self.closed = True\n            if self.begin() or not self.closed: self.part.touch()"),
    "what is called is no flag": "if self.pred:\n                if not self.pred(): self.part.touch()",
    "a property is no flag": "if self.idle: self.part = None\n            if not self.idle: self.free()",
    "set by a property": "self.closed = True\n            x = self.open\n            self.free()",
    "set by storing an item": "self.closed = True\n            self[1] = 5\n            self.free()",
    "set by a setter that comes later": "self.closed = self.level = True\n            self.free()",
    "set by setattr": "self.closed = True\n            setattr(self, 'closed', False)\n            self.free()",
    "set by what a library calls": (
        "self.closed = True\n            self.items.sort(key=self.begin)\n            self.free()"
    ),
    "by another name": "self.closed = True\n            me = self\n            me.closed = False\n            self.free()",
    "an event by another name": (
        "e = self.gone\n            self.gone.set()\n            e.clear()\n            self.end()"
    ),
    "an event that others set": (
        "if not self.gone.is_set():\n                self.gone.wait(1)\n"
        "                if self.gone.is_set(): self.part.touch()"
    ),
    "in a subscript": "self.closed = True\n            self.items[self.begin()] += 1\n            self.free()",
    "in a default": "self.closed = True\n            def f(x=self.begin()): pass\n            self.free()",
    "in a comprehension": ("self.closed = True\n            [self.turn() for x in self.items]"),
    "an event that is cleared": "self.gone.set()\n            self.gone.clear()\n            self.end()",
    "an event of another object": "self.other.gone.set()\n            self.end()",
    "an event that is made anew": "self.gone.set()\n            self.gone = threading.Event()\n            self.end()",
    "a flag of the project's own": "self.made.set()\n            self.made_up()",
    "set to the other": "self.closed = False\n            self.free()",
    "found to be the other": "if not self.closed: self.free()",
    "set to something": "self.closed = self.flag\n            self.free()",
    "set in between": "self.closed = True\n            self.begin()\n            self.free()",
    "on one way": "if self.flag: self.closed = True\n            self.free()",
    "of another object": "self.closed = True\n            self.other.free()",
    "set on another object": "self.other.closed = True\n            self.free()",
    "another flag": "self.flag = True\n            self.free()",
    "set by what is tested": "if self.closed and not self.begin(): self.free()",
    "deleted": "self.closed = True\n            del self.closed\n            self.free()",
    "counted": "self.closed = True\n            self.closed -= 1\n            self.free()",
    "in a loop that changes it": (
        "self.closed = True\n            for x in [1, 2]:\n                self.free()\n                self.begin()"
    ),
    "in a loop until": "while not self.closed: self.free()",
    "set by an argument": "self.closed = True\n            print(self.begin(), self.free())",
    "after the manager has changed it": (
        "self.closed = True\n            with contextlib.closing(self.begin()): self.free()"
    ),
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [*((b, []) for b in SILENT.values()), *((b, ["FIN103"]) for b in FOUND.values())],
    ids=[*SILENT, *FOUND],
)
def test_flags(body: str, expected: list[str], tmp_path: Path) -> None:
    report = check(tmp_path, {"m": PROGRAM.replace("{body}", body)})
    assert [code for code in codes(report) if code == "FIN103"] == expected
