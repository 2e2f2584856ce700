"""What is decided of a file by its bytes, before anything is analysed: may it hold a finalizer, and is it Python?

A file without one of the words cannot hold a finalizer and is not parsed, but of the first of them the syntax is
checked all the same, so that small runs say what is no Python.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from finlint.cache.verdict import CHECKED, MAY, NO
from finlint.model.settings import Settings
from finlint.scan.tokens import HERITABLE, TOKENS, may_hold_finalizer
from finlint.syntax.reading import Unreadable, decode

if TYPE_CHECKING:
    from finlint.analysis.program.packages import Packages

#: Bytes of files without a word, the first of a run, whose syntax is checked. A megabyte costs about 0.15 s.
SYNTAX_BUDGET = 1_000_000

#: ``ast.PyCF_ONLY_AST``, without importing ast.
_ONLY_AST = 0x400


class Prefilter:
    """The words are those of the settings' registrars, too; where ``settings`` say so, every file may hold one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens = (*TOKENS, *(r.name.rpartition(".")[2].encode() for r in settings.registrars))
        self._heritable = HERITABLE
        if settings.knowledge:
            # Reading TOML costs more imports than all the rest.
            from finlint.knowledge.heritable import described_in

            self._heritable = HERITABLE | described_in(settings.knowledge)
        self._packages: Packages | None = None

    def may_hold(self, data: bytes) -> bool:
        return not self._settings.prefilter or may_hold_finalizer(data, self._tokens, self._heritable)

    def verdict(self, path: str, data: bytes, check: bool) -> int | None:
        """What is known of a file: MAY, NO, or, if its syntax is to be checked, CHECKED; None where there is something
        to be said about it."""
        if self.may_hold(data):
            return MAY
        if problem(path, data, check) is not None:
            return None
        return CHECKED if check else NO

    def to_be_checked(self, verdicts: Sequence[int], sizes: Sequence[int]) -> int:
        """How many of the files, from the first, are within the budget, those that may hold a finalizer aside."""
        budget = Budget()
        for number, verdict in enumerate(verdicts):
            if verdict != MAY and not budget.takes(sizes[number]):
                return number
        return len(verdicts)

    def may_use(self, path: str, data: bytes, name: str, home: str) -> bool:
        """``Packages.may_use``."""
        if self._packages is None:
            from finlint.analysis.program.packages import Packages

            self._packages = Packages()
        return self._packages.may_use(path, data, name, home)


class Budget:
    """Whether the next file is checked: the first that is too large for what is left is the end."""

    def __init__(self) -> None:
        self._left = SYNTAX_BUDGET

    def takes(self, size: int) -> bool:
        self._left = self._left - size if size <= self._left else -1
        return self._left >= 0


def problem(path: str, data: bytes, syntax: bool) -> Unreadable | None:
    """Why a file cannot be read, or, if its ``syntax`` is to be checked, parsed."""
    try:
        text = decode(data)
        if not syntax:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, path, "exec", _ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            # LibCST knows syntax that is newer than the running interpreter.
            from finlint.syntax.validity import fault

            return fault(text, error)
    except Unreadable as error:
        return error
    except MemoryError:
        return Unreadable("cannot be parsed: out of memory")
    return None
