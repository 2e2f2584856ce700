"""What the tests of the runtime share."""

from __future__ import annotations

from typing import Any

from finlint.runtime import Runtime


class Thing:
    """An ordinary object with room for anything."""

    def __init__(self, name: str = "", **fields: Any) -> None:
        self.name = name
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def collect(rt: Runtime, times: int = 1) -> None:
    """So many collections, each with everything that it queued."""
    for _ in range(times):
        rt.gc()
        assert rt.drain()
