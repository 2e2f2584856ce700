"""Free memory goes back to the system where the C library can do that, and nothing happens where it cannot."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import pytest

from finlint.workers.freeing import give_back, peak


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
