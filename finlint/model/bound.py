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
        self._together: dict[tuple[int, ...], tuple[Binding, ...]] = {}

    def named(self, name: str) -> tuple[Binding, ...]:
        """The statements that bind ``name``, in their order."""
        return self._by_name.get(name, ())

    def at(self, line: int) -> tuple[Binding, ...]:
        """The statements whose lines include ``line``, in their order; those that bind nothing come first."""
        groups, firsts, furthest = self._by_line
        found = []
        position = bisect_right(firsts, line) - 1
        while position >= 0 and furthest[position] >= line:
            if groups[position][0].end_line >= line:
                found.append(position)
            position -= 1
        # The same object for each line of a statement, which may have thousands of names on as many lines.
        key = tuple(found)
        known = self._together.get(key)
        if known is None:
            rows = sorted(row for position in found for row in groups[position][1])
            known = self._together[key] = tuple(self._all[number] for number in rows)
        return known

    @cached_property
    def _all(self) -> tuple[Binding, ...]:
        return (*self._facts.loose, *self._facts.bindings)

    @cached_property
    def _by_name(self) -> dict[str, tuple[Binding, ...]]:
        table: dict[str, list[Binding]] = {}
        for binding in self._facts.bindings:
            table.setdefault(binding.name, []).append(binding)
        return {name: tuple(bindings) for name, bindings in table.items()}

    @cached_property
    def _by_line(self) -> tuple[list[tuple[Binding, list[int]]], list[int], list[int]]:
        """The statements that begin and end on the same lines (one of them, the numbers of all), by first line; the
        first lines; the last line of each and those before."""
        table: dict[tuple[int, int], tuple[Binding, list[int]]] = {}
        for number, binding in enumerate(self._all):
            table.setdefault((binding.line, binding.end_line), (binding, []))[1].append(number)
        groups = sorted(table.values(), key=lambda group: group[0].line)
        ends = accumulate((binding.end_line for binding, _ in groups), max)
        return groups, [binding.line for binding, _ in groups], list(ends)
