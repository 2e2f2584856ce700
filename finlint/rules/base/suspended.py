"""Callbacks that only make something when they are called: a coroutine, a generator. Nobody runs its body."""

from __future__ import annotations

from typing import Literal, NamedTuple

from finlint.analysis.domain.effects import CallArgs
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import LibCoroutine, Suspended, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.rules.base.describe import describe

_WHAT: dict[str, Literal["coroutine", "asynchronous generator", "generator"]] = {
    "coroutine": "coroutine",
    "async-generator": "asynchronous generator",
    "generator": "generator",
    "context": "generator",
}


class Made(NamedTuple):
    """What a callback makes; ``name`` is that of the function whose body it is, "" if it has none."""

    what: Literal["coroutine", "asynchronous generator", "generator"]
    name: str


def made_by(finalizer: Finalizer, evaluator: Evaluator) -> Made | None:
    """What calling the callback makes, if that is something with a body that has not run."""
    registration = finalizer.registration
    args = registration.args if registration is not None else CallArgs()
    # Nothing is recorded: the finalizer's own summary has what the call does.
    result = evaluator.calls.call(finalizer.callback, args, EvalState(finalizer.root), None, None)
    for option in alternatives(result):
        if isinstance(option, LibCoroutine):
            return Made("coroutine", option.name)
        if isinstance(option, Suspended) and option.kind in _WHAT:
            function = option.context.function
            return Made(_WHAT[option.kind], function.name if function is not None else "")
    return None


def only_makes(finalizer: Finalizer, made: Made) -> str:
    """The message about it."""
    shown = f"`{made.name}`" if made.name and made.name != "<lambda>" else "the callback"
    subject = describe(finalizer) if finalizer.owner is not None else f"callback {shown} of `{finalizer.registrar}`"
    if finalizer.owner is not None and not finalizer.is_library and made.name != "__del__":
        subject += f" returns what {shown} gives and"
    return f"{subject} only makes a {made.what} when it is called, and nobody runs it: its body never runs"
