"""FIN302: weak references whose callback is not called as meant."""

from __future__ import annotations

from pathlib import Path

from .programs import lint, of_code

_HEAD = """
import weakref
KEPT = []
TABLE = {}
def gone(*args): print("gone")
class Node:
    def method(self): pass
    @classmethod
    def of_class(cls): pass
    def watch(self, other): return weakref.ref(other, gone)
"""


def test_a_wrapper_drops_it(tmp_path: Path) -> None:
    report = lint(
        tmp_path,
        _HEAD
        + "def watch(o, callback):\n    weakref.ref(o, callback)\n"
        + "def keep(o, callback):\n    KEPT.append(weakref.ref(o, callback))\n"
        + "def f(o):\n    watch(o, gone)  # reported\n    keep(o, gone)\n",
    )
    (finding,) = of_code(report, "FIN3")
    assert finding.code == "FIN302"
    assert "dropped at once in `watch()`" in finding.message
    assert finding.span.line == 16
