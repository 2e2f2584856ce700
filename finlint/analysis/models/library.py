"""Calls into libraries: the knowledge base applied to one call with its arguments."""

from __future__ import annotations

from collections.abc import Sequence as Items
from typing import Final, NamedTuple, Protocol

from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    Lib,
    LibObject,
    Mapping,
    Mode,
    OneOf,
    Sequence,
    SequenceKind,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.analysis.domain.values import (
    truth as truth_of,
)
from finlint.knowledge.entries import FLAG_PARAMETERS, Argument, Entry, Lasts, WhenOver
from finlint.model.codes import BlockingKind
from finlint.model.limits import NAME_PARTS


class Knowledge(Protocol):
    """What the analysis asks of ``finlint.knowledge.base.Knowledge``."""

    def entry(self, name: str) -> Entry | None: ...
    def is_definition(self, name: str) -> bool: ...
    def call_type(self, type_name: str, attribute: str) -> str: ...
    def canonical(self, name: str) -> str: ...
    def member(self, type_name: str, attribute: str) -> str | None: ...
    def attribute_type(self, type_name: str, attribute: str) -> str: ...
    def returns(self, name: str) -> str: ...
    def is_class(self, name: str) -> bool: ...
    def bases(self, name: str) -> tuple[str, ...]: ...
    def knows_module(self, module: str) -> bool: ...


#: The version of Python that runs.
VERSION = "sys.version_info"

#: Modes of a receiver: what it would be waited for is over, or was ended without asking.
OVER: Final = "over"
#: It is a pipe of a child process.
PIPE: Final = "pipe"
ENDED: Final = "ended"


class Verdict(NamedTuple):
    """One call waits: ``lasts`` as in the knowledge base; ``sure``: every condition was decided; ``ended``: for a
    process that was killed before."""

    kind: BlockingKind
    lasts: Lasts
    sure: bool
    ended: bool = False
    #: A timeout is what bounds it.
    timed: bool = False


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


def result_type(entry: Entry, given: dict[str, Value]) -> str:
    """The type of the result, where arguments decide it (``open(mode="rb")``); "" where the entry has none."""
    for condition, chosen in entry.returns_if:
        if _holds(condition, given) is True:
            return chosen
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


#: Lists and dictionaries of modules that registrars stand for.
_REGISTRARS = frozenset({"gc.callbacks"})

#: Constants that decide whether a call waits, with their values on Linux (where the probes ran): only compared
#: with each other and with the knowledge base, so other platforms' values do not matter.
CONSTANTS: dict[str, float] = {
    "typing.TYPE_CHECKING": False,
    "typing_extensions.TYPE_CHECKING": False,
    # As a timeout: centuries.
    "threading.TIMEOUT_MAX": float("inf"),
    "_thread.TIMEOUT_MAX": float("inf"),
    "math.inf": float("inf"),
    "os.WNOHANG": 1,
    "os.WUNTRACED": 2,
    "os.P_NOWAIT": 1,
    "os.P_WAIT": 0,
    "fcntl.LOCK_SH": 1,
    "fcntl.LOCK_EX": 2,
    "fcntl.LOCK_NB": 4,
    "fcntl.LOCK_UN": 8,
    "os.F_LOCK": 1,
    "os.F_TLOCK": 2,
    "os.F_ULOCK": 0,
    "socket.MSG_DONTWAIT": 64,
    "socket.MSG_PEEK": 2,
    "socket.MSG_OOB": 1,
    "os.O_RDONLY": 0,
    "os.O_WRONLY": 1,
    "os.O_RDWR": 2,
    "os.O_CREAT": 64,
    "os.O_NONBLOCK": 2048,
    "zmq.NOBLOCK": 1,
    "zmq.DONTWAIT": 1,
    "six.PY2": False,
    "six.PY3": True,
    "future.utils.PY2": False,
    "future.utils.PY3": True,
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def ended(value: Value, mode: Mode = ENDED) -> Value:
    """A process that was killed; with mode ``OVER`` what there is nothing to wait for any more."""
    return union(v._replace(mode=mode) if isinstance(v, LibObject) else v for v in alternatives(value))


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
        return Verdict(entry.kind, "bounded", sure, ended=True)
    return Verdict(entry.kind, lasts, sure, timed=timed)


#: Methods that wait for the writer of a pipe.
_READS = frozenset({"__iter__", "__next__", "peek", "read", "read1", "readall", "readinto", "readline", "readlines"})


def _bounded_by(bound: Value) -> Lasts:
    """How long a wait with this timeout lasts: a number bounds it, None and infinity do not; unknown ones mostly do."""
    for value in alternatives(bound):
        if isinstance(value, Const) and (value.value is None or value.value == float("inf")):
            return "unbounded"
    return "bounded"


#: What a call makes of its receiver's mode.
_MODES_AFTER: dict[WhenOver, Mode] = {"takes": "", "makes": OVER, "undoes": "", "ends": ENDED}


def changed_receiver(entry: Entry, args: Args, receiver: LibObject) -> LibObject:
    """The receiver after a call such as ``setblocking(False)`` or ``settimeout(5)``."""
    given = arguments(entry, args)
    if entry.when_over:
        return receiver._replace(mode=_MODES_AFTER.get(entry.when_over, receiver.mode))
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


# -- type expressions


_CONTAINERS: dict[str, SequenceKind] = {
    "list": "list",
    "set": "set",
    "frozenset": "set",
    "tuple": "tuple",
    "deque": "list",
    "UserList": "list",
    "Sequence": "list",
    "MutableSequence": "list",
    "Iterable": "iterable",
    "Iterator": "iterable",
    "Collection": "list",
    "Container": "list",
    "Set": "set",
    "AbstractSet": "set",
    "MutableSet": "set",
    "FrozenSet": "set",
    "List": "list",
    "Tuple": "tuple",
    "Deque": "list",
    "Generator": "iterable",
    "AsyncIterator": "async-iterable",
    "WeakSet": "set",
}
_MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "defaultdict",
        "DefaultDict",
        "OrderedDict",
        "WeakValueDictionary",
        "WeakKeyDictionary",
        "ChainMap",
        "UserDict",
    }
)
_TRANSPARENT = frozenset(
    {"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "TypeGuard"}
)


#: Where the names of containers mean containers: other modules have a ``Container`` or a ``Set`` of their own.
_TYPING_MODULES = frozenset(
    {"", "builtins", "collections", "collections.abc", "dataclasses", "typing", "typing_extensions", "weakref"}
)


def container_kind(name: str) -> SequenceKind | None:
    """What a name of a container type means; None for others."""
    module, _, short = name.rpartition(".")
    return _CONTAINERS.get(short) if module in _TYPING_MODULES else None


def is_mapping(name: str) -> bool:
    module, _, short = name.rpartition(".")
    return module in _TYPING_MODULES and short in _MAPPINGS


def is_transparent(name: str) -> bool:
    """Whether ``name[X, ...]`` means X as far as types go."""
    module, _, short = name.rpartition(".")
    return module in _TYPING_MODULES and short in _TRANSPARENT


def module_member(module: str, name: str, knowledge: Knowledge) -> Value:
    """What ``name`` of a library module is: a variable whose type is known, or what its qualified name stands for."""
    full = f"{module}.{name}"
    if NAME_PARTS.passed(full.count(".") + 1):
        return UNKNOWN
    if full == VERSION:
        return LibObject(VERSION)
    constant = CONSTANTS.get(full)
    if constant is not None:
        return Const(constant)
    declared = knowledge.attribute_type(module, name)
    if declared and not declared.endswith("._SpecialForm") and declared[:5] != "type[" and full not in _REGISTRARS:
        variable = instance_of(declared, knowledge)
        # A number, say, is no function or class, which would be true in conditions.
        return variable if is_known(variable) or not knowledge.is_definition(full) else Lib(full)
    if name.startswith("__") and not knowledge.is_definition(full) and knowledge.member(module, name) is None:
        # ``__dict__``, ``__self__``, ``__class__``: what everything has in Python is no name of the library's.
        return UNKNOWN
    return Lib(full)


def truth(value: Value, knowledge: Knowledge) -> bool | None:
    """``values.truth``, where a name of a library is true only if it is that of a module, a class or a function."""
    if isinstance(value, Lib) and not knowledge.is_definition(value.name):
        return None
    return truth_of(value)


_VALUE_TYPES = frozenset(
    {
        "int",
        "str",
        "bool",
        "float",
        "bytes",
        "complex",
        "object",
        "Any",
        "builtins.object",
        "typing.Any",
        "None",
        # What is called is what matters, not that it can be.
        "collections.abc.Callable",
        "typing.Callable",
        "types.FunctionType",
        "types.MethodType",
    }
    | {f"builtins.{t}" for t in ("int", "str", "bool", "float", "bytes", "complex")}
)


def instance_of(text: str, knowledge: Knowledge) -> Value:
    """The value that a type expression of the knowledge base describes; UNKNOWN for plain values."""
    text = text.strip()
    if text == "...":
        # ``tuple[int, ...]``
        return Const(...)
    if not text or text in _VALUE_TYPES or text.startswith("~"):
        return UNKNOWN
    parts = _split(text, "|")
    if len(parts) > 1:
        values = [Const(None, False) if p.strip() == "None" else instance_of(p, knowledge) for p in parts]
        return union(v for v in values if is_known(v)) if any(map(is_known, values)) else UNKNOWN
    name, bracket, rest = text.partition("[")
    if bracket:
        inner = _split(rest.rstrip()[:-1], ",")
        return generic(name, [instance_of(part, knowledge) for part in inner], knowledge)
    if kind := container_kind(name):
        return Sequence(kind, None, UNKNOWN)
    if is_mapping(name):
        return Mapping((), UNKNOWN, UNKNOWN)
    return LibObject(knowledge.canonical(name))


def generic(name: str, inner: Items[Value], knowledge: Knowledge) -> Value:
    """An instance of ``name[inner...]``."""
    short = name.rpartition(".")[2]
    if short == "Optional":
        return union([inner[0], Const(None, False)]) if inner else UNKNOWN
    if short == "Union":
        return union(inner)
    if is_transparent(name) or short == "Awaitable":
        return inner[0] if inner else UNKNOWN
    kind = container_kind(name)
    if kind == "tuple":
        if len(inner) == 2 and inner[1] == Const(...):
            return Sequence("tuple", None, inner[0])
        return Sequence("tuple", tuple(inner), union(inner))
    if kind:
        return Sequence(kind, None, inner[0] if inner else UNKNOWN)
    if is_mapping(name):
        return Mapping((), inner[0] if inner else UNKNOWN, inner[-1] if len(inner) > 1 else UNKNOWN)
    if "." not in name:
        return UNKNOWN
    name = knowledge.canonical(name)
    entry = knowledge.entry(name)
    return LibObject(name, ((HELD, inner[0]),) if inner and entry is not None and entry.holds else ())


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that no bracket encloses."""
    out, level, start = [], 0, 0
    for position, char in enumerate(text):
        if char == "[":
            level += 1
        elif char == "]":
            level -= 1
        elif char == separator and level == 0:
            out.append(text[start:position])
            start = position + 1
    out.append(text[start:])
    return out
