"""What fixers go by, and so does the glance at a file before one is asked: names, and nothing of LibCST."""

from __future__ import annotations

import re
from typing import Literal

from finlint.model.finding import Finding

#: What a registrar passes to the callback (``analysis.models.registrars``), of those that can be changed.
Passes = Literal["rest", "tuple", "argument", "object"]
#: How the callback gets arguments: "rest" of the call's own, ``args=`` and ``kwargs=`` ("tuple"), one more
#: ("argument"), or the dying object itself ("object").
PASSES: dict[str, Passes] = {
    "weakref.finalize": "rest",
    "multiprocessing.util.Finalize": "tuple",
    "finlint.runtime.add_cleanup": "argument",
    "finlint.runtime.Runtime.add_cleanup": "argument",
    "finlint.runtime.set_finalizer": "object",
    "finlint.runtime.Runtime.set_finalizer": "object",
}

#: The cleaner that callbacks move to: where it is, and what a ``weakref.finalize`` has and a `Cleanable` has not.
CLEANER_MODULE, CLEANER = "finlint.runtime", "cleaner"
CLEANER_LACKS = ("peek",)
CLEANER_TITLE = "let a finlint.runtime.Cleaner run it, on a thread of its own"

#: The method that, as a callback, takes a lock and never gives it back. On a cleaner's thread it might wait for ever,
#: and everybody else's callbacks behind it.
TAKES_FOR_GOOD = "acquire"

#: What the argument of ``acquire`` is called that says not to wait.
LOCK_ARGUMENTS = {"threading": "blocking", "_thread": "blocking", "multiprocessing": "block"}

#: What ``queue.Queue`` and ``queue.SimpleQueue`` both have.
SHARED_BY_QUEUES = frozenset({"put", "put_nowait", "get", "get_nowait", "empty", "qsize"})


def is_called(finding: Finding, text: str) -> bool:
    """Whether the function that waits is one that is called by its name: most are, and the tree of a large file costs
    a hundred times what looking for that does."""
    name = finding.names[-1].rpartition(".")[2] if len(finding.names) > 1 else "__del__"
    if name == "__del__" or not name.isidentifier():
        return False
    return re.search(rf"(?<!def )\b{name}\s*\(", text) is not None
