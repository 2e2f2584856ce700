"""What tells a changed file or folder from an unchanged one without reading it."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable
from typing import NamedTuple

#: Numbers of a stamp, and their bytes in an array of many.
FIELDS = 3
WIDTH = FIELDS * 8
_BITS = (1 << 64) - 1


class Stamp(NamedTuple):
    """Each number is one of 64 bits without sign: inodes are, and times before 1970 are made so."""

    mtime: int
    size: int
    inode: int


#: The stamp of what is not there, or was not looked at: like no other, not even itself.
NO_STAMP = Stamp(0, 0, 0)


def stamp_in(info: os.stat_result) -> Stamp:
    return Stamp(info.st_mtime_ns & _BITS, info.st_size, info.st_ino & _BITS)


def stamp_of(path: str) -> Stamp:
    try:
        return stamp_in(os.stat(path))
    except (OSError, ValueError):
        return NO_STAMP


class Stamps(NamedTuple):
    """The stamps of many files, the numbers of one after those of the other, and when (ns) the first was looked at."""

    numbers: array[int]
    taken: int


def no_stamps() -> array[int]:
    """An array for the numbers of many stamps."""
    return array("Q")


def stamps_of(paths: Iterable[str]) -> Stamps:
    out = Stamps(no_stamps(), time.time_ns())
    for path in paths:
        out.numbers.extend(stamp_of(path))
    return out
