"""What a glance says of the fixes of a finding, beside what the fixers make: "no" is never wrong, nor is "certainly"."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zlib import crc32

import pytest

import finlint
from finlint.fixes.fixable import FIXABLE
from finlint.fixes.fixer import Request
from finlint.fixes.glance import _LOOKS, Glances, Sure
from finlint.fixes.registry import FIXES, candidates
from finlint.offering import offers
from finlint.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
#: Of the fixtures of rules that have fixes about every sixth, whatever others there are.
FOLDERS = sorted(path for path in (ROOT / "fixtures").iterdir() if path.name.partition("_")[0] in FIXABLE)
PROGRAMS = [path for folder in FOLDERS for path in sorted(folder.glob("*.py")) if crc32(path.name.encode()) % 6 == 0]

HEAD = "import queue, threading, weakref\nfrom concurrent.futures import ThreadPoolExecutor\n"

QUEUE = "_Q = queue.Queue()\nclass A:\n    def __del__(self): _Q.put(1)\ndef main(): _Q.put(2)\n"

#: Finalizers that might be mended, but for one thing.
NEARLY = {
    "a result that is handed on": "def f(pool, x): keep(weakref.finalize(x, pool.shutdown))\ndef g(): f(ThreadPoolExecutor(), G())\n",
    "a name of its own": "cleaner = 1\nclass A:\n    def __init__(self): self.f = weakref.finalize(self, threading.Event().wait)\n",
    "a comment within": "class A:\n    def __init__(self):\n        self.f = weakref.finalize(  # why\n            self, threading.Event().wait)\n",
    "peek": "class A:\n    def __init__(self): self.f = weakref.finalize(self, threading.Event().wait)\n    def x(self): self.f.peek()\n",
    "another name": "from weakref import finalize as fin\nclass A:\n    def __init__(self): self.f = fin(self, threading.Event().wait)\n",
    "characters before": "class A:\n    def __init__(self): 'äöü'; self.f = weakref.finalize(self, threading.Event().wait)\n",
    "nothing in the way": "class A:\n    def __init__(self): self.f = weakref.finalize(self, threading.Event().wait)\n",
    "a queue": QUEUE,
    "a queue that is joined": QUEUE + "def j(): _Q.join()\n",
    "a queue that is handed on": QUEUE + "def g(): go(_Q)\n",
    "a method": "class A:\n    def __init__(self):\n        self.d = {}\n        weakref.finalize(self, self.stop)\n    def stop(self): self.d.clear()\n",
    "a method that writes": "class A:\n    def __init__(self):\n        self.d = {}\n        weakref.finalize(self, self.stop)\n    def stop(self): self.d = None\n",
    "a lock": "L = threading.Lock()\nclass A:\n    def __del__(self):\n        with L: pass\ndef use():\n    with L: x = [A()]\n",
}


def compare(path: Path) -> Counter[str]:
    result = finlint.lint([path], select=["ALL"], isolated=True)
    sources = Sources(result.files, result.texts.data)
    glances = Glances(sources.text, sources.may_change)
    wanted = tuple(finding for finding in result.findings if finding.code in FIXABLE)
    said: Counter[str] = Counter()
    for finding in wanted:
        made = list(candidates(Request(finding, sources.tree, wanted, sources.elsewhere, sources.text)))
        verdict = glances.verdict(finding)
        said[f"{type(verdict).__name__} {bool(made)}"] += 1
        assert verdict or not made, finding
        if isinstance(verdict, Sure):
            assert [(fix.title, fix.safe) for fix in made][:1] == [(verdict.title, False)], finding
            assert not any(fix.safe for fix in made), finding
    told = offers(result.findings, result.files, result.texts.data, changes=False)
    made_all = offers(result.findings, result.files, result.texts.data)
    assert [(f, o.title, o.safe) for f, o in told.items()] == [(f, o.title, o.safe) for f, o in made_all.items()]
    return said


def test_a_glance_says_of_the_programs_what_the_fixers_do() -> None:
    said: Counter[str] = Counter()
    for path in PROGRAMS:
        said += compare(path)
    # It is worth its while: of those that have no fix it knows most, of the others some.
    assert said["bool False"] > said["bool True"]


@pytest.mark.parametrize("name", NEARLY)
def test_a_glance_says_of_what_nearly_has_a_fix_what_the_fixers_do(name: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(HEAD + NEARLY[name])
    assert compare(path)


def test_each_fixer_has_its_look() -> None:
    assert {code: len(looks) for code, looks in _LOOKS.items()} == {code: len(fixers) for code, fixers in FIXES.items()}
