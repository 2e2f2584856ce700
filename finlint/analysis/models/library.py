"""Calls into libraries: an entry of the knowledge base applied to one call with its arguments."""

from __future__ import annotations

from collections.abc import Sequence as Items
from typing import Final, NamedTuple

from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.values import (
    Const,
    LibObject,
    Mode,
    OneOf,
    Sequence,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.knowledge.entries import FLAG_PARAMETERS, Argument, Entry, Lasts, Result, WhenOver
from finlint.model.codes import BlockingKind
from finlint.model.record import replaced

#: Modes of a receiver: what it would be waited for is over, or was ended without asking.
OVER: Final = "over"
#: It is a pipe of a child process.
PIPE: Final = "pipe"
ENDED: Final = "ended"


class Verdict(NamedTuple):
    """One call waits: ``lasts`` as in the knowledge base; ``sure``: every condition was decided."""

    kind: BlockingKind
    lasts: Lasts
    sure: bool
    #: A timeout is what bounds it.
    timed: bool = False
    #: How many seconds it lasts at the most, where an argument says that.
    seconds: float | None = None


def arguments(entry: Entry, args: Args) -> dict[str, Value]:
    """Arguments by parameter name; defaults that the entry knows are filled in."""
    out: dict[str, Value] = {}
    if not args.open_ended:
        out.update((d.parameter, Const(d.value)) for d in entry.defaults)
    given = list(args.positional)
    for parameter in entry.parameters:
        if not given or parameter == "*":
            break
        if parameter.startswith("*"):
            # ``*values`` collects what is left; what follows is given by keyword.
            out[parameter[1:]] = Sequence("tuple", tuple(given), union(given))
            break
        out[parameter] = given.pop(0)
    out.update(args.keywords)
    return out


def result(entry: Entry, given: dict[str, Value]) -> Result:
    """What a call gives, where arguments decide it, too (``open(mode="rb")``)."""
    for condition, chosen in entry.returns_if:
        if _holds(condition, given) is True:
            return Result("type", chosen)
    return entry.returns


def _holds(condition: Argument, given: dict[str, Value]) -> bool | None:
    """Whether an argument is that constant: True, False, or None where it cannot be told."""
    value = given.get(condition.parameter)
    if value is None:
        return False
    if condition.value is ...:
        # ``default=...``: given at all, whatever it is.
        return True
    if isinstance(value, Const):
        if condition.parameter in FLAG_PARAMETERS and isinstance(condition.value, int):
            # One bit of several: ``os.WNOHANG``, ``fcntl.LOCK_EX | fcntl.LOCK_NB``.
            return isinstance(value.value, int) and value.value & condition.value == condition.value
        same = type(value.value) is type(condition.value) or (_is_number(value.value) and _is_number(condition.value))
        equal = same and value.value == condition.value
        return equal if value.firm else (None if equal else False)
    if isinstance(value, OneOf):
        # None beside constants is the platform, or the moment, in which the call is not made.
        present = [v for v in value.order if not (isinstance(v, Const) and v.value is None)]
        verdicts = {
            _holds(condition, {condition.parameter: Const(v.value) if isinstance(v, Const) else v}) for v in present
        }
        return verdicts.pop() if len(verdicts) == 1 and condition.value is not None else None
    return None if not is_known(value) else False


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def ended(value: Value, mode: Mode = ENDED) -> Value:
    """A process that was killed; with mode ``OVER`` what there is nothing to wait for any more."""
    return union(replaced(v, mode=mode) if isinstance(v, LibObject) else v for v in alternatives(value))


def changes_receiver(entry: Entry) -> bool:
    """Whether a call makes anything else of its receiver."""
    return bool(entry.makes_nonblocking or entry.makes_bounded or entry.when_over)


def _any(conditions: Items[Argument], given: dict[str, Value]) -> bool | None:
    verdicts = [_holds(c, given) for c in conditions]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def judge(entry: Entry, args: Args, receiver: Value | None) -> Verdict | None:
    """Whether this call of ``entry`` waits, and how long at most; None: it does not, or nothing says that it does."""
    if not entry.kind:
        return None
    given = arguments(entry, args)
    sure = not args.open_ended
    if any(parameter in given for parameter in entry.nonblocking_given):
        return None
    held = _any(entry.nonblocking, given)
    if held is True:
        return None
    if held is None:
        sure = False
    if entry.only_if:
        held = _any(entry.only_if, given)
        if held is False:
            return None
        sure = sure and held is True
    if isinstance(receiver, LibObject):
        made = {key: value for key, value in receiver.args if key != HELD}
        if (entry.receiver_nonblocking or entry.receiver_only_if) and not made:
            # Typed by an annotation: whether the queue is bounded is not known.
            return None
        never = _any(entry.receiver_nonblocking, made)
        if never is True:
            return None
        # A queue of a size that is not known may be one without a bound.
        sure = sure and never is False
        if entry.receiver_only_if:
            held = _any(entry.receiver_only_if, made)
            if held is False:
                return None
            sure = sure and held is True
        if receiver.mode == "nonblocking" or (receiver.mode == OVER and entry.when_over in ("returns", "takes")):
            return None
    elif entry.receiver_only_if:
        return None
    lasts = entry.lasts
    timed = False
    ended = isinstance(receiver, LibObject) and receiver.mode == ENDED and entry.when_over == "returns"
    if isinstance(receiver, LibObject) and receiver.mode == "bounded" and lasts == "unbounded":
        lasts, timed = "bounded", True
    if entry.bound and lasts == "unbounded":
        bound = given.get(entry.bound)
        if bound is not None:
            lasts = _bounded_by(bound)
            timed = lasts == "bounded"
            if not is_known(bound):
                sure = False
    if isinstance(receiver, LibObject) and receiver.mode == PIPE and entry.name.rpartition(".")[2] in _READS:
        return Verdict("channel-receive", "unbounded", sure)
    if ended and lasts == "unbounded":
        # The kernel is about to end it, and nobody is asked.
        return Verdict(entry.kind, "short", sure)
    if lasts == "bounded" and _finishes(entry, receiver):
        return Verdict(entry.kind, "short", sure)
    return Verdict(entry.kind, lasts, sure, timed=timed, seconds=_seconds(entry, given))


def _finishes(entry: Entry, receiver: Value | None) -> bool:
    """Whether a call brings a file that is open to its end, as closing it does: it writes what is left to write. What
    is only annotated as a stream, and a child's pipe, may have a reader who is busy."""
    if not isinstance(receiver, LibObject) or receiver.mode == PIPE:
        return False
    return receiver.type in _FILES and entry.name in _FINISHES


#: What ``open()`` gives.
_FILES = frozenset({"io.BufferedRandom", "io.BufferedReader", "io.BufferedWriter", "io.FileIO", "io.TextIOWrapper"})
_FINISHES = frozenset(f"io.IOBase.{name}" for name in ("flush", "seek", "truncate", "write", "writelines"))


#: Methods that wait for the writer of a pipe.
_READS = frozenset({"__iter__", "__next__", "peek", "read", "read1", "readall", "readinto", "readline", "readlines"})


def _bounded_by(bound: Value) -> Lasts:
    """How long a wait with this timeout lasts: a number bounds it, None and infinity do not; unknown ones mostly do."""
    for value in alternatives(bound):
        if isinstance(value, Const) and (value.value is None or value.value == float("inf")):
            return "unbounded"
    return "bounded"


def _seconds(entry: Entry, given: dict[str, Value]) -> float | None:
    """The longest of the numbers that the argument which bounds a wait may be; None where it may be something else."""
    bound = given.get(entry.bound) if entry.bound else None
    numbers = [value.value if isinstance(value, Const) else None for value in alternatives(bound)] if bound else []
    known = [float(number) for number in numbers if isinstance(number, (int, float)) and not isinstance(number, bool)]
    if not known or len(known) < len(numbers):
        return None
    return max(known) / (1000 if any(unit in entry.bound for unit in _THOUSANDTHS) else 1)


#: What the name of a parameter has where a second is 1000: "msecs", "timeout_ms", "milliseconds".
_THOUSANDTHS = ("ms", "milli")


#: What a call makes of its receiver's mode.
_MODES_AFTER: dict[WhenOver, Mode] = {"takes": "", "makes": OVER, "undoes": "", "ends": ENDED}


def changed_receiver(entry: Entry, args: Args, receiver: LibObject) -> LibObject:
    """The receiver after a call such as ``setblocking(False)`` or ``settimeout(5)``."""
    given = arguments(entry, args)
    if entry.when_over == "takes" and receiver.mode != OVER:
        # A timeout of its own stays what it is.
        return receiver
    if entry.when_over:
        return replaced(receiver, mode=_MODES_AFTER.get(entry.when_over, receiver.mode))
    if entry.makes_nonblocking and _any(entry.makes_nonblocking, given) is True:
        return LibObject(receiver.type, receiver.args, "nonblocking")
    if entry.makes_bounded:
        value = given.get(entry.makes_bounded)
        if isinstance(value, Const) and value.value is None:
            return LibObject(receiver.type, receiver.args)
        return LibObject(receiver.type, receiver.args, "bounded")
    if entry.makes_nonblocking:
        return LibObject(receiver.type, receiver.args)
    return receiver
