"""What happens to the failure of a callback."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from typing import Literal

from finlint.runtime.errors import WorldClosed
from finlint.runtime.failure import Failure
from finlint.runtime.names import error_text

Policy = Literal["report", "panic"] | Callable[[Failure], object]


class Reporter:
    """Keeps the latest failures and applies a policy to each.

    ``report`` prints it to standard error, as CPython does for what a ``__del__`` raises. ``panic`` is Go's answer:
    prints it and ends the process with status 2, whatever else runs. A function is called with the `Failure`.
    """

    def __init__(self, policy: Policy) -> None:
        if not callable(policy) and policy not in ("report", "panic"):
            raise ValueError(f"on_error must be 'report', 'panic' or a function, not {policy!r}")
        self._policy = policy
        self.failures: deque[Failure] = deque(maxlen=100)

    def __call__(self, failure: Failure) -> None:
        self.failures.append(failure)
        if self._policy == "panic" and failure.kind == "raised":
            write_error(f"panic: {failure.message}\n\n{_text(failure)}exit status 2\n")
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (OSError, ValueError, AttributeError):  # closed or never there
                    continue
            os._exit(2)
        if callable(self._policy):
            try:
                self._policy(failure)
            except WorldClosed:
                raise
            except BaseException as error:  # the policy's own mistake must not end the worker
                write_error(f"finlint.runtime: on_error itself raised {error_text(error)}\n")
        else:
            write_error(_text(failure))


def _text(failure: Failure) -> str:
    what = f"{failure.callback} of {failure.type_name}" if failure.type_name else failure.callback
    return f"finlint.runtime: {what}, {failure.function}: {failure.message}\n{failure.traceback}"


def write_error(text: str) -> None:
    """Writes to standard error, if there is one that can be written to."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(text)
        except Exception:  # closed, full, or an object of the user's
            pass
