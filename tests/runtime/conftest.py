"""Every test gets a world of its own, and none may leave a thread behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from finlint.runtime import Runtime


@pytest.fixture(autouse=True, scope="session")
def _quick_collections() -> Iterator[None]:
    """These tests collect often; what is there before them need not be looked at each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def log() -> list[object]:
    """Where the callbacks of a test write."""
    return []


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    for thread in left:
        thread.join(5)
    assert [thread for thread in left if thread.is_alive()] == []


@pytest.fixture
def rt(_no_thread_left: None) -> Iterator[Runtime]:
    """A runtime that collects its failures quietly."""
    runtime = Runtime(name="test", on_error=lambda failure: None)
    yield runtime
    assert runtime.close()
