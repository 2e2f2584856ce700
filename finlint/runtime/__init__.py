"""Go's serial finalizers, exactly, in Python: the reference against which finlint's findings can be run.

A `Runtime` is a world of its own; the functions of this module serve a default one, made when first used.
``docs/runtime.md`` has the semantics as a table, each row with its test.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from finlint.runtime.channel import NIL, Channel, after
from finlint.runtime.checks import Issue
from finlint.runtime.cleaner import Cleanable, Cleaner, CleanerStats, cleaner
from finlint.runtime.context import Canceled, Context, DeadlineExceeded
from finlint.runtime.disposal import Run, Stall
from finlint.runtime.errors import FinalizerIssues, Goexit, Panic, ReentrantUseError, WorldClosed
from finlint.runtime.failure import Failure
from finlint.runtime.inspect import FrameLine, Verdict, inspect_thread
from finlint.runtime.profile import Counts, GoroutineGroup, Profile, Retained, Running, Stuck, Waiting
from finlint.runtime.runtime import Cleanup, Runtime, goexit
from finlint.runtime.select import Selection, select
from finlint.runtime.sync import Cond, Mutex, Once, RWMutex, WaitGroup

__all__ = [
    "NIL",
    "Canceled",
    "Channel",
    "Cleanable",
    "Cleaner",
    "CleanerStats",
    "Cleanup",
    "Cond",
    "Context",
    "Counts",
    "DeadlineExceeded",
    "Failure",
    "FinalizerIssues",
    "FrameLine",
    "Goexit",
    "GoroutineGroup",
    "Issue",
    "Mutex",
    "Once",
    "Panic",
    "Profile",
    "RWMutex",
    "ReentrantUseError",
    "Retained",
    "Run",
    "Running",
    "Runtime",
    "Selection",
    "Stall",
    "Stuck",
    "Verdict",
    "WaitGroup",
    "Waiting",
    "WorldClosed",
    "add_cleanup",
    "after",
    "cleaner",
    "default_runtime",
    "drain",
    "format_profile",
    "gc",
    "go",
    "goexit",
    "inspect_thread",
    "keep_alive",
    "profile",
    "select",
    "set_finalizer",
    "stuck",
]

T = TypeVar("T")
P = ParamSpec("P")

_default: Runtime | None = None


def default_runtime() -> Runtime:
    """The runtime that the functions of this module serve; a new one after it was closed, and in a forked child."""
    global _default
    if _default is None or _default.closed:
        _default = Runtime(name="finlint")
    return _default


def _forget_default() -> None:
    global _default
    _default = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_default)


def set_finalizer(obj: T, fn: Callable[[T], object] | None) -> None:
    """`Runtime.set_finalizer` of the default runtime."""
    default_runtime().set_finalizer(obj, fn)


def add_cleanup(obj: object, fn: Callable[[T], object], arg: T) -> Cleanup:
    """`Runtime.add_cleanup` of the default runtime."""
    return default_runtime().add_cleanup(obj, fn, arg)


def gc() -> None:
    """`Runtime.gc` of the default runtime."""
    default_runtime().gc()


def keep_alive(obj: object) -> None:
    """`Runtime.keep_alive` of the default runtime."""


def go(fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """`Runtime.go` of the default runtime."""
    default_runtime().go(fn, *args, **kwargs)


def drain(timeout: float | None = None) -> bool:
    """`Runtime.drain` of the default runtime."""
    return default_runtime().drain(timeout)


def stuck() -> Stuck | None:
    """`Runtime.stuck` of the default runtime."""
    return default_runtime().stuck()


def profile() -> Profile:
    """`Runtime.profile` of the default runtime."""
    return default_runtime().profile()


def format_profile() -> str:
    """`Runtime.format_profile` of the default runtime."""
    return default_runtime().format_profile()
