"""Registrations that keep their own object alive: what Go's GODEBUG=checkfinalizers=1 looks for."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from finlint.runtime.collector import BOUNDARY, is_own_dict
from finlint.runtime.edges import edge_name
from finlint.runtime.names import function_name, is_a, kind_name, type_name
from finlint.runtime.registry import CleanupEntry
from finlint.runtime.worker import Job

_LIMIT = 50  # Go reports at most as many


@dataclass(frozen=True)
class Issue:
    """An object that its own finalizer, or cleanup, keeps alive.

    `path` are the types on the way to it, `way` the same with the names of attributes, variables and keys, `site` where
    it was registered.
    """

    callback: Literal["finalizer", "cleanup"]
    type_name: str
    function: str
    path: tuple[str, ...]
    way: str = ""
    site: str | None = None

    def __str__(self) -> str:
        source = "finalizer" if self.callback == "finalizer" else "cleanup or cleanup argument"
        registered = "" if self.site is None else f"; registered at {self.site}"
        return f"value of type {self.type_name} is reachable from {source} {self.function}: {self.way}{registered}"


def find_issues(finalizers: Iterable[Job], cleanups: Iterable[CleanupEntry]) -> list[Issue]:
    """At most fifty issues, in the order of registration, finalizers first."""
    issues: list[Issue] = []
    for entry in finalizers:
        # Go marks from the special, which holds the function, and from the object's fields: cycles are found, too.
        path = _path_to(entry.arg, [entry.fn]) or _path_to(entry.arg, _beyond_itself(entry.arg))
        if path is not None:
            issues.append(_issue("finalizer", entry, path))
    for cleanup in cleanups:
        target = cleanup.target()
        path = None if target is None else _path_to(target, [cleanup.job.fn, cleanup.job.arg])
        if path is not None:
            issues.append(_issue("cleanup", cleanup.job, path))
        if len(issues) >= _LIMIT:
            break
    return issues[:_LIMIT]


def _issue(callback: Literal["finalizer", "cleanup"], job: Job, path: Sequence[object]) -> Issue:
    site = None if job.site is None else str(job.site)
    types = tuple(map(type_name, path))
    return Issue(callback, kind_name(job.kind), function_name(job.fn), types, _way(path), site)


def _way(path: Sequence[object]) -> str:
    """The path in the program's own words: what lies between an object and its attribute, or a function and the value
    of a variable that it closes over, is left out."""
    words: list[str] = []
    at = 0
    while at < len(path) - 1:
        for step in (3, 2, 1):
            name = edge_name(path[at], path[at + step]) if at + step < len(path) else ""
            if name or step == 1:
                words.append(f"{type_name(path[at])}{name}")
                at += step
                break
    return " -> ".join([*words, type_name(path[-1])])


def _path_to(target: object, start: Sequence[object]) -> list[object] | None:
    """The shortest way from one of `start` to `target`; None where there is none."""
    parents: dict[int, tuple[object, int]] = {}
    frontier: list[object] = []
    for node in start:
        parents.setdefault(id(node), (node, 0))
        frontier.append(node)
    while frontier:
        found: list[object] = []
        for node in frontier:
            if node is target:
                return _chain(parents, node)
            if is_a(node, BOUNDARY):
                continue
            skip = id(node.__globals__) if type(node) is types.FunctionType else 0
            for referent in gc.get_referents(node):
                if id(referent) not in parents and id(referent) != skip and not is_a(referent, BOUNDARY):
                    parents[id(referent)] = (referent, id(node))
                    found.append(referent)
        frontier = found
    return None


def _chain(parents: dict[int, tuple[object, int]], node: object) -> list[object]:
    path: list[object] = []
    key = id(node)
    while key:
        member, key = parents[key]
        path.append(member)
    return path[::-1]


def _beyond_itself(obj: object) -> list[object]:
    """What the object refers to, itself excepted: a pointer straight back to itself is harmless, as in Go."""
    start: list[object] = []
    for referent in gc.get_referents(obj):
        if referent is obj or is_a(referent, BOUNDARY):
            continue
        if type(referent) is dict and is_own_dict(obj, referent):
            start += [value for value in referent.values() if value is not obj]
        else:
            start.append(referent)
    return start
