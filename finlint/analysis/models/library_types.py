"""Names and type expressions of libraries as values: what ``module.name`` is, and an instance of ``list[Queue]``."""

from __future__ import annotations

from collections.abc import Sequence as Items

from finlint.analysis.domain.containers import HELD
from finlint.analysis.domain.values import (
    UNKNOWN,
    Const,
    Lib,
    LibObject,
    Mapping,
    Sequence,
    SequenceKind,
    Value,
    is_known,
    union,
)
from finlint.analysis.domain.values import (
    truth as truth_of,
)
from finlint.analysis.models.knowledge import Knowledge
from finlint.knowledge import types
from finlint.model.limits import NAME_PARTS

#: The version of Python that runs.
VERSION = "sys.version_info"

#: What ``functools.cmp_to_key`` gives: a key that compares two.
BY_COMPARISON = "functools.cmp_to_key"

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
    parts = types.members(text)
    if len(parts) > 1:
        values = [Const(None, False) if p == "None" else instance_of(p, knowledge) for p in parts]
        return union(v for v in values if is_known(v)) if any(map(is_known, values)) else UNKNOWN
    name, bracket, _ = text.partition("[")
    if bracket:
        return generic(name, [instance_of(part, knowledge) for part in types.arguments(text)], knowledge)
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
    if not inner or entry is None:
        return LibObject(name)
    if entry.holds:
        return LibObject(name, ((HELD, inner[0]),))
    entered = knowledge.entry(entry.enter) if entry.enter else None
    # ``threading.Condition[threading.Lock]``: the lock that it was made with decides what taking it is.
    made_with = entered.kind_from_receiver if entered is not None else ""
    return LibObject(name, ((made_with, inner[0]),) if made_with else ())
