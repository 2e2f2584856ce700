"""Classes of libraries whose finalizers run what a subclass defines.

``finlint.scan.tokens.HERITABLE`` is what comes out of this for what we know ourselves; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from finlint.knowledge.base import Knowledge
from finlint.knowledge.entries import Entry
from finlint.knowledge.user import read_user_files


def finalizer_of(name: str, knowledge: Knowledge) -> Entry | None:
    """What is known of the ``__del__`` of a class, if it calls methods of its object."""
    member = knowledge.member(name, "__del__")
    entry = knowledge.entry(member) if member is not None else None
    return entry if entry is not None and entry.calls_methods else None


def described_in(paths: Iterable[str | PathLike[str]]) -> frozenset[bytes]:
    """Last names of such classes in the user's knowledge files."""
    files = tuple(paths)
    knowledge = Knowledge(files)
    names = (name for table in read_user_files(files).values() for name in table.names())
    return frozenset(name.rpartition(".")[2].encode() for name in names if finalizer_of(name, knowledge) is not None)
