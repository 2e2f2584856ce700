"""What stands in a module's body: by name, and by line."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from finlint.model.facts import Binding, ModuleFacts


class Bound:
    """The outline of one file, looked up: most of an analysis asks for a few names of a module."""

    def __init__(self, facts: ModuleFacts) -> None:
        self._facts = facts

    def named(self, name: str) -> tuple[Binding, ...]:
        """The statements that bind ``name``, in their order."""
        return self._by_name.get(name, ())

    def at(self, line: int) -> tuple[Binding, ...]:
        """The statements whose lines include ``line``, in their order; those that bind nothing come first."""
        rows, firsts, furthest = self._by_line
        found = []
        position = bisect_right(firsts, line) - 1
        while position >= 0 and furthest[position] >= line:
            number, binding = rows[position]
            if binding.end_line >= line:
                found.append((number, binding))
            position -= 1
        return tuple(binding for _, binding in sorted(found, key=lambda row: row[0]))

    @cached_property
    def _by_name(self) -> dict[str, tuple[Binding, ...]]:
        table: dict[str, list[Binding]] = {}
        for binding in self._facts.bindings:
            table.setdefault(binding.name, []).append(binding)
        return {name: tuple(bindings) for name, bindings in table.items()}

    @cached_property
    def _by_line(self) -> tuple[list[tuple[int, Binding]], list[int], list[int]]:
        """The statements with their numbers, by first line; the first lines; the last line of each and those before."""
        rows = sorted(enumerate((*self._facts.loose, *self._facts.bindings)), key=lambda row: row[1].line)
        return rows, [b.line for _, b in rows], list(accumulate((b.end_line for _, b in rows), max))
