"""Records: plain immutable data with named fields, of which the large unions of the analysis are made.

At run time a record is a ``NamedTuple`` like any other of the package. To a type checker it is a tuple of which nothing
is known, and a class of its own: two named tuples are compared field by field before their names are, and in unions of
twenty-five kinds that hold each other, mypy spent seven minutes on that, where it now needs half a minute. Everything
that is checked of a named tuple is checked of a record: what it is made with, what it is made again with
(``replaced``), and that nothing is assigned to its fields. Only what it gives when it is unpacked is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dataclasses import replace as replaced

    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True)
    class Record(tuple[object, ...]):
        """A tuple of these fields."""
else:
    Record = NamedTuple

    def replaced(record, /, **changes):
        """``record`` with other values in some of its fields."""
        return record._replace(**changes)


__all__ = ["Record", "replaced"]
