"""Finalizers that can never run: their own callback keeps the object alive."""

from __future__ import annotations

import gc
import types
import weakref
from collections.abc import Iterator
from typing import Any

#: Objects that are looked at between a callback and the object that it is to finalize.
_MOST = 2_000
#: What leads everywhere.
_NOT_THROUGH = (types.ModuleType, type, types.FrameType)

_registry: Any = getattr(weakref.finalize, "_registry", {})


def registered() -> frozenset[Any]:
    """The finalizers that are registered now."""
    return frozenset(_registry)


def retained(before: frozenset[Any]) -> Iterator[str]:
    """One line for each ``weakref.finalize`` that has come since and whose callback or arguments lead to its object."""
    for finalizer in list(_registry):
        info = _registry.get(finalizer)
        target = None if finalizer in before or info is None else info.weakref()
        if target is None:
            continue
        way = reaches([("callback", info.func), ("arguments", info.args), ("keywords", info.kwargs)], target)
        if way:
            yield (
                f"never runs: the finalizer of a {type(target).__qualname__} keeps the object alive by its own {way}"
            )


def reaches(roots: list[tuple[str, object]], goal: object) -> str:
    """The shortest way from one of the named roots to an object; "" where there is none."""
    todo = roots
    seen: set[int] = set()
    while todo and len(seen) < _MOST:
        following: list[tuple[str, object]] = []
        for way, thing in todo:
            if thing is goal:
                return way
            if id(thing) in seen or isinstance(thing, _NOT_THROUGH):
                continue
            seen.add(id(thing))
            following += _parts(way, thing)
        todo = following
    return ""


def _parts(way: str, thing: object) -> Iterator[tuple[str, object]]:
    if isinstance(thing, types.FunctionType):
        # Not its globals: a module lives as long as the program, whatever it has.
        for cell in thing.__closure__ or ():
            try:
                yield f"{way}, the closure of {thing.__qualname__}", cell.cell_contents
            except ValueError:  # empty
                continue
        for default in thing.__defaults__ or ():
            yield f"{way}, a default of {thing.__qualname__}", default
        return
    for part in gc.get_referents(thing):
        yield f"{way}, a {type(thing).__name__}", part
