"""Registrations that keep their own object alive: what Go's GODEBUG=checkfinalizers=1 looks for."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from finlint.runtime.collector import BOUNDARY, is_own_dict
from finlint.runtime.names import function_name, type_name
from finlint.runtime.registry import CleanupEntry, Finalizer

_LIMIT = 50  # Go reports at most as many


@dataclass(frozen=True)
class Issue:
    """An object that its own finalizer, or cleanup, keeps alive; `path` are the types on the way to it."""

    callback: Literal["finalizer", "cleanup"]
    type_name: str
    function: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        source = "finalizer" if self.callback == "finalizer" else "cleanup or cleanup argument"
        return f"value of type {self.type_name} is reachable from {source} {self.function}: {' -> '.join(self.path)}"


def find_issues(finalizers: Iterable[Finalizer], cleanups: Iterable[CleanupEntry]) -> list[Issue]:
    """At most fifty issues, in the order of registration, finalizers first."""
    issues: list[Issue] = []
    for entry in finalizers:
        # Go marks from the special, which holds the function, and from the object's fields: cycles are found, too.
        path = _path_to(entry.obj, [entry.fn]) or _path_to(entry.obj, _beyond_itself(entry.obj))
        if path is not None:
            issues.append(Issue("finalizer", type_name(entry.obj), function_name(entry.fn), path))
    for cleanup in cleanups:
        target = cleanup.target()
        path = None if target is None else _path_to(target, [cleanup.fn, cleanup.arg])
        if path is not None:
            issues.append(Issue("cleanup", cleanup.type_name, function_name(cleanup.fn), path))
        if len(issues) >= _LIMIT:
            break
    return issues[:_LIMIT]


def _path_to(target: object, start: Sequence[object]) -> tuple[str, ...] | None:
    """The shortest way from one of `start` to `target`, as type names; None where there is none."""
    parents: dict[int, tuple[object, int]] = {}
    frontier: list[object] = []
    for node in start:
        parents.setdefault(id(node), (node, 0))
        frontier.append(node)
    while frontier:
        found: list[object] = []
        for node in frontier:
            if node is target:
                return _names(parents, node)
            if isinstance(node, BOUNDARY):
                continue
            skip = id(node.__globals__) if type(node) is types.FunctionType else 0
            for referent in gc.get_referents(node):
                if id(referent) not in parents and id(referent) != skip and not isinstance(referent, BOUNDARY):
                    parents[id(referent)] = (referent, id(node))
                    found.append(referent)
        frontier = found
    return None


def _names(parents: dict[int, tuple[object, int]], node: object) -> tuple[str, ...]:
    names: list[str] = []
    key = id(node)
    while key:
        member, key = parents[key]
        names.append(type_name(member))
    return tuple(reversed(names))


def _beyond_itself(obj: object) -> list[object]:
    """What the object refers to, itself excepted: a pointer straight back to itself is harmless, as in Go."""
    start: list[object] = []
    for referent in gc.get_referents(obj):
        if referent is obj or isinstance(referent, BOUNDARY):
            continue
        if type(referent) is dict and is_own_dict(obj, referent):
            start += [value for value in referent.values() if value is not obj]
        else:
            start.append(referent)
    return start
