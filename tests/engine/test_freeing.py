"""Runs leave nothing in memory; what is free goes back to the system where the C library can do that."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from finlint.analysis.program.symbols import ModuleNode
from finlint.engine import analyse
from finlint.workers.freeing import give_back, peak


def _modules() -> list[object]:
    # Not by isinstance(): other tests leave objects that say something else of their class, or raise.
    return [thing for thing in gc.get_objects() if type(thing) is ModuleNode]


@pytest.mark.parametrize("collects", [True, False])
def test_a_run_leaves_nothing_where_the_collector_is_on(collects: bool, tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text("import time\nclass A:\n    def __del__(self): time.sleep(9)\n")
    gc.collect()
    before = _modules()
    # Nothing but what is asked for here may collect.
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    gc.set_threshold(0)
    (gc.enable if collects else gc.disable)()
    try:
        assert len(analyse([str(module)]).findings) == 1
        left = [thing for thing in _modules() if all(thing is not other for other in before)]
    finally:
        gc.set_threshold(*thresholds)
        (gc.enable if enabled else gc.disable)()
    assert (left == []) is collects


def test_the_c_library_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(malloc_trim=asked.append))
    give_back()
    assert asked == [0]


@pytest.mark.parametrize("error", [OSError, TypeError], ids=lambda error: error.__name__)
def test_a_system_without_a_handle_to_the_c_library(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(name: None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", fails)
    assert give_back() is None


def test_another_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    assert give_back() is None


def test_an_interpreter_without_ctypes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctypes", None)
    assert give_back() is None


def test_what_a_process_has_held() -> None:
    pytest.importorskip("resource")
    before = peak()
    room = bytearray(b"x") * (before + 10_000_000)
    assert peak() >= before + 10_000_000
    del room
    assert peak() >= before + 10_000_000


def test_a_system_that_does_not_say_what_a_process_has_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak() == 0
