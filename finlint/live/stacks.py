"""The stacks of a process at one moment, as plain data, whoever took them down."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Value(NamedTuple):
    """What a name stands for: where it lives (0: nobody said) and how it was shown, such as ``<Pool at 0x7f..>``."""

    address: int
    text: str


class Frame(NamedTuple):
    """One call. ``function`` is qualified where the dump has that.

    ``locals`` may have dotted names, too (``self._lock``). What only the process itself can tell: ``opcode``, the
    instruction that the frame executes; ``loads``, the names that its line loads up to there (None: not known);
    ``kind``, what the interpreter would call this frame as (``weakref.finalize``, ...; "" for nothing special).
    """

    function: str
    path: str
    line: int
    locals: Mapping[str, Value] = MappingProxyType({})
    opcode: str = ""
    loads: tuple[str, ...] | None = None
    kind: str = ""

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.function.rpartition(".")[2]


class Collection(NamedTuple):
    """The collector at work, as its own hook told: for how many seconds, in which frame of the thread (counted from
    the innermost), with how many new objects since and how many it waits for, and the commonest types among them."""

    seconds: float
    interrupted: int
    made: int
    threshold: int
    young: tuple[tuple[str, int], ...] = ()


class Thread(NamedTuple):
    """A thread with its frames, the innermost first. ``seconds`` is how long its finalizer has been running."""

    ident: str
    name: str
    frames: tuple[Frame, ...]
    seconds: float | None = None
    collection: Collection | None = None

    @property
    def shown(self) -> str:
        """How people would call it."""
        return f"{self.name} ({self.ident})" if self.name else self.ident


class Dump(NamedTuple):
    """All threads. ``collecting``: the dump says that the collector is at work, not in which thread.

    ``hooked``: the collector's own hook was listened to, so that a thread without ``collection`` is not in it.
    ``roots`` are folders that the program's files may lie in, for dumps that shorten paths.
    """

    format: str
    threads: tuple[Thread, ...]
    collecting: bool = False
    hooked: bool = False
    roots: tuple[str, ...] = ()
    pid: int | None = None
