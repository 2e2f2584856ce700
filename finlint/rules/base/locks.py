"""What rules about locks share: which lock it is, and how it is called in a message."""

from __future__ import annotations

import re

from finlint.analysis.domain.effects import Effect
from finlint.analysis.execution.reachability import Witness
from finlint.rules.base.reaching import Reached, Reaches

#: What takes the lock itself that it is called on.
_ACQUIRES = frozenset({"acquire", "acquire_lock", "lock", "wait", "wait_for", "__enter__"})


def is_of_library(effect: Effect) -> bool:
    """Whether it is a lock inside a thing of a library that a method of that takes: no lock that it is called on, and
    none of the system's, as that of ``fcntl.flock``."""
    method = effect.call.rpartition(".")[2]
    return bool(effect.subject) and method not in _ACQUIRES and "lock" not in method.lower()


class TakesLock(Reaches):
    """A rule about a lock that a finalizer acquires; each lock is a mistake of its own."""

    def subject(self, witness: Witness, about: Reached) -> str:
        return lock_of(witness.effect, about.text_at(witness.steps[-1]))

    def done(self, witness: Witness, about: Reached) -> str:
        return takes_lock(self.verb, witness.effect, about.text_at(witness.steps[-1]))


def lock_of(effect: Effect, text: str) -> str:
    """What tells a lock from the others at its place; ``text`` is the source text of the call."""
    library, _, method = effect.call.rpartition(".")
    if method not in _ACQUIRES:
        # A library's own locks are one thing to stay away from.
        return library.partition(".")[0]
    # ``with self._lock`` and ``with self._other_lock`` have no subject.
    return effect.subject or text


def takes_lock(verb: str, effect: Effect, text: str) -> str:
    """The predicate "acquires the lock ..." with the lock by its name in the source; ``text`` is that of the call."""
    library, _, method = effect.call.rpartition(".")
    name = effect.subject or text.removesuffix("()").removesuffix(".acquire")
    if method not in _ACQUIRES or not _NAME.fullmatch(name):
        return f"{verb} of `{library}` in `{effect.call}`" if method not in _ACQUIRES else f"{verb} `{effect.call}`"
    return f"{verb} `{name}` (`{effect.call}`)"


#: A lock by a name in the source: ``self._lock``, ``LOCKS[key]``.
_NAME = re.compile(r"[A-Za-z_][\w.]*(\[[^\]]*\])?")
