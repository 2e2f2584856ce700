"""The words of each rule, for formats that carry them: from the rules' registry."""

from __future__ import annotations

import importlib
from typing import NamedTuple

from finlint.model.codes import KIND_OF_CODE

_SUMMARIES = {
    "FIN101": "waits to receive from a channel, queue, pipe or connection",
    "FIN102": "acquires a lock that is not reentrant",
    "FIN103": "sleeps",
    "FIN104": "joins or waits for a thread, process, future, event, barrier or signal",
    "FIN105": "talks to the network",
    "FIN106": "file-system or stream I/O",
    "FIN107": "runs or waits for a child process",
    "FIN108": "runs an event loop",
    "FIN109": "sends to a channel or bounded queue that can be full",
    "FIN110": "loops with no bound of its own",
    "FIN111": "reads or writes the console",
    "FIN112": "acquires a reentrant lock, for which other threads can make it wait",
    "FIN113": "logs, which takes the handlers' locks and does their I/O",
    "FIN201": "offloads through something that takes a lock that is not reentrant",
    "FIN202": "starts a thread or submits to a pool when the finalizer may run at interpreter exit",
    "FIN301": "the callback or its arguments keep the object alive, so that it never runs",
    "FIN302": "the weak reference is dropped at once, so that its callback never runs",
    "FIN303": "the callback is a coroutine function, whose body never runs",
    "FIN304": "the callback is a generator function, whose body never runs",
    "FIN305": "the callback is called at registration and its result registered",
    "FIN401": "`__del__` reads an attribute that a failed `__init__` leaves unset",
    "FIN402": "an exception escapes the callback and is only printed",
    "FIN403": "the finalizer makes its object reachable again",
    "FIN404": "calls `__del__` explicitly",
    "FIN405": "overrides an inherited `__del__` without calling it",
    "FIN901": "the file cannot be read or parsed",
    "FIN902": "a suppression that suppresses nothing",
}


class RuleText(NamedTuple):
    code: str
    kind: str
    name: str
    summary: str
    #: Markdown; empty where there is no more to say than the summary.
    documentation: str


def rule_text(code: str) -> RuleText:
    """The words of one rule. Raises KeyError for a code that does not exist."""
    kind = KIND_OF_CODE[code]
    try:
        # By name, and late: formats that do not print the rules' words must not load them.
        registry = importlib.import_module("finlint.rules.registry")
        rule = registry.RULES[code]
    except (ImportError, KeyError):
        return RuleText(code, kind, kind, _SUMMARIES[code], "")
    return RuleText(code, kind, rule.name, rule.summary, rule.documentation)
