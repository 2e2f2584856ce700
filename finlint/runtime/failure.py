"""A callback that did not do its work. Whatever it raised, saying so raises nothing: the thread has others to run."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from finlint.runtime.names import error_text, function_name, is_a

FailureKind = Literal["raised", "exited", "never-started"]
CallbackKind = Literal["finalizer", "cleanup", "goroutine"]


@dataclass(frozen=True)
class Failure:
    """A callback that did not do its work: it raised, it tried to end its thread, or its body never started.

    ``never-started``: the callback is a coroutine or generator function, so calling it only made an object.
    """

    kind: FailureKind
    callback: CallbackKind
    type_name: str
    function: str
    message: str
    traceback: str


def failure_of(
    error: BaseException, callback: CallbackKind, function: Callable[..., Any] | str, type_name: str = ""
) -> Failure:
    """What `error`, raised in a callback, comes to. Keeps neither the error nor the function alive."""
    kind: FailureKind = "exited" if is_a(error, SystemExit) else "raised"
    name = function if type(function) is str else function_name(function)
    return Failure(kind, callback, type_name, name, error_text(error), trace_of(error))


def trace_of(error: BaseException) -> str:
    """The traceback as CPython prints it; only the text of the error where that cannot be made."""
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException:  # of a method of the error, or of a value that it holds
        return f"{error_text(error)}\n"
