"""Abstract values: what an expression may be, as far as the analysis needs to know.

``UNKNOWN`` is the answer wherever nothing is known, and everything done with it stays silent.

Values are tuples, made and compared millions of times; those of two kinds that could hold the same fields have a
``tag`` that tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, Union

from finlint.model.limits import ALTERNATIVES, NESTING, Noted
from finlint.model.record import Record, replaced

if TYPE_CHECKING:
    from finlint.analysis.domain.call_contexts import CallContext
    from finlint.analysis.program.symbols import ClassNode, FunctionNode, ModuleNode


class Unknown:
    """The class of ``UNKNOWN`` alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Never:
    """The class of ``NEVER`` alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NEVER"


#: No value at all: what a query that leads to itself starts from (``finlint.analysis.evaluation.memo``). It adds
#: nothing to a union, and what is done with it gives it again; no answer that is final is NEVER.
NEVER = Never()


class Const(Record):
    """A constant. ``firm``: no other value is possible; attributes and globals that code assigns are not firm,
    so they type a receiver or bound a wait, but rule out no branch."""

    value: object
    firm: bool = True


NONE = Const(None)
MAYBE_NONE = Const(None, False)
#: The key of a mapping in which nothing is.
NO_KEY = Const(NotImplemented, False)
#: What kind of sequence does not hold its elements.
WEAK_SET: Final = "weak-set"


class Lib(Record):
    """A module, function or class of a library, by qualified name."""

    name: str


#: What is known of waiting for an object of a library: ``setblocking``/``settimeout`` said that its calls do not wait,
#: or not for ever; what it would be waited for is over, or was ended without asking; it is a pipe of a child process.
Mode = Literal["", "nonblocking", "bounded", "over", "ended", "pipe"]


class LibObject(Record):
    """An instance of a library class. ``args``: how it was constructed, by parameter name."""

    type: str
    args: tuple[tuple[str, Value], ...] = ()
    mode: Mode = ""


#: Data, whichever it is: a text, a number, a list of pairs of them. It is not None, and what is in it is data, too.
DATA = LibObject("data")


class LibMethod(Record):
    """A method of a library. ``instance`` is the receiver where it is an instance of a class of the project and the
    method does nothing itself, or calls others of its methods."""

    receiver: Value
    name: str
    instance: Object | None = None


class Module(Record):
    node: ModuleNode


class Class(Record):
    node: ClassNode
    context: CallContext


#: The site of an object that was made by its class, as far as what it is given to knows.
MADE = "made"


#: How the arguments of a member of an enumeration say its name, its value, and its value where it is equal to that. The
#: name comes first; no parameter is called so.
MEMBER = "*member"
VALUE_OF_MEMBER = "*value"
DATA_OF_MEMBER = "*data"


#: How the arguments of a descriptor that is told its name (``__set_name__``) say it.
NAMED = "*named"


class Object(Record):
    """An instance of a class of the project. ``args``: the constructor's parameters; ``site`` tells instances
    apart: "self" for the instance that a method runs on, ``MADE`` for one that was made somewhere, so that its class is
    no other, "" where it is not known which one it is."""

    cls: Class
    args: tuple[tuple[str, Value], ...] = ()
    site: str = ""


class Function(Record):
    node: FunctionNode
    #: The call context that the function was defined in.
    context: CallContext


class Bound(Record):
    """A function bound to its first argument: a method, or ``types.MethodType(f, x)``."""

    function: Value
    receiver: Value


class Partial(Record):
    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


class MethodCaller(Record):
    name: str
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


#: "iterable" may be any, "lazy" is what a generator expression gives; a "weak-set" does not hold its elements.
SequenceKind = Literal["list", "tuple", "set", "frozenset", "iterable", "async-iterable", "lazy", "weak-set"]


class Sequence(Record):
    """A list, tuple, set or any iterable: its items where all are known, and what an element may be."""

    kind: SequenceKind
    items: tuple[Value, ...] | None
    element: Value


class Mapping(Record):
    """A mapping: what is in it by constant keys, and what any key and value may be. ``weak``: it does not hold its
    values. ``missing`` is what is called for a key that is not there (``defaultdict``)."""

    items: tuple[tuple[Value, Value], ...]
    key: Value
    element: Value
    weak: bool = False
    missing: Value = UNKNOWN


#: The type of their instances.
NAMED_TUPLE = "collections.namedtuple"


class RecordType(Record):
    """A class made by ``collections.namedtuple``."""

    fields: tuple[str, ...]


#: What a function without a body that runs at once gives; "context" is a generator under ``contextlib.contextmanager``.
SuspendedKind = Literal["generator", "coroutine", "async-generator", "context"]


class Suspended(Record):
    """A generator or coroutine made by calling a function: its body runs when it is consumed or driven.

    ``context`` is the one that the body will run in. ``is_new``: of an argument, that nothing of it was run before.
    """

    kind: SuspendedKind
    context: CallContext
    is_new: bool = False


class LibCoroutine(Record):
    """An un-awaited coroutine of a library function."""

    name: str
    tag: str = "coroutine"


class Super(Record):
    cls: Class
    receiver: Value
    tag: str = "super"


class WeakReference(Record):
    """``weakref.ref(target)`` or a proxy of it: does not hold what it refers to."""

    target: Value
    registrar: str


class Parameter(Record):
    """A parameter of which nothing is known: behaves as UNKNOWN, but tells who supplies it."""

    name: str
    context: CallContext
    tag: str = "parameter"


class LibResult(Record):
    """What a function or class of a library gives of which we know nothing: behaves as UNKNOWN, but tells which."""

    name: str
    tag: str = "result"


class Returning(Record):
    """Something callable of which only the result is known: ``Callable[[], Connection]``."""

    result: Value


#: Kinds of functions that are chosen by the type of an argument.
DISPATCH: Final = "dispatch"
DISPATCH_METHOD: Final = "dispatch-method"


class AtKey(Record):
    """Something that is put into a mapping under a key that is known; never what an expression is."""

    key: Value
    value: Value


#: "static", "class", "property" and "context" are the decorators of that name (``contextmanager``); "exit" is an entry
#: of an ``ExitStack``, a context manager or a call, "set" what an object is set to; "partial" a ``partialmethod``;
#: "within" a function that a context manager decorates, as a partial with that manager; the last two are
#: ``functools.singledispatch`` and its kin.
MarkedKind = Literal[
    "static", "class", "property", "context", "exit", "set", "partial", "within", "dispatch", "dispatch-method"
]


class Marked(Record):
    """A function of which reading it from a class or an instance, or calling it, gives something else."""

    kind: MarkedKind
    function: Value


class OneOf:
    """One of several. Compared by its members, whatever their order."""

    __slots__ = ("_depth", "_hash", "_sorted", "coarser", "members", "order")

    def __init__(self, order: tuple[Value, ...]) -> None:
        self.members = frozenset(order)
        #: The members as they were found. A set's own order changes from process to process, and with it would the
        #: findings where a limit cuts a search short.
        self.order = order
        self._sorted: tuple[Value, ...] | None = None
        self._depth = -1
        self._hash = hash(self.members)
        #: What is left of it in a call's context, where that was asked (``abstraction``).
        self.coarser: dict[int, Noted[Value]] = {}

    @property
    def sorted(self) -> tuple[Value, ...]:
        """The members in an order that does not depend on who found them first."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self.order, key=_order))
        return self._sorted

    @property
    def depth(self) -> int:
        """How deeply what it may be nests."""
        if self._depth < 0:
            self._depth = max(map(depth, self.order))
        return self._depth

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, OneOf) and self.members == other.members)

    def __repr__(self) -> str:
        return f"OneOf{self.order!r}"


Value = Union[
    Unknown,
    Never,
    Const,
    Lib,
    LibObject,
    LibMethod,
    Module,
    Class,
    Object,
    Function,
    Bound,
    Partial,
    MethodCaller,
    Sequence,
    Mapping,
    RecordType,
    Suspended,
    LibCoroutine,
    Super,
    WeakReference,
    Parameter,
    LibResult,
    Returning,
    Marked,
    AtKey,
    OneOf,
]


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that ``value`` may be, in a stable order."""
    return value.sorted if type(value) is OneOf else (value,)


def _order(value: Value) -> str:
    if isinstance(value, (Object, Class)):
        node = value.node if isinstance(value, Class) else value.cls.node
        return f"{type(value).__name__} {node.module.path} {node.facts.line} {node.name}"
    if isinstance(value, Function):
        return f"Function {value.node.module.path} {value.node.ir.span.line} {value.node.name}"
    if isinstance(value, Bound):
        return f"Bound {_order(value.function)} {_order(value.receiver)}"
    if isinstance(value, Lib):
        return f"Lib {value.name}"
    if isinstance(value, LibObject):
        return f"LibObject {value.type} {len(value.args)}"
    if isinstance(value, Const):
        return f"Const {value.value!r} {value.firm}"
    return type(value).__name__


def union(values: Iterable[Value]) -> Value:
    """One value that may be any of ``values``; unknown parts are kept, so that certainty is not invented."""
    if type(values) is list and len(values) == 1:
        return values[0]  # type: ignore[no-any-return]
    members: dict[Value, None] = {}
    for value in values:
        if type(value) is OneOf:
            members.update(dict.fromkeys(value.order))
        else:
            members[value] = None
    if NEVER in members and len(members) > 1:
        del members[NEVER]
    if len(members) > 1:
        # Beside another value a constant is one possibility of several.
        members = dict.fromkeys(_beside(m) if type(m) in _TELLING else m for m in members)
    if not members:
        return UNKNOWN
    if len(members) == 1:
        return next(iter(members))
    if ALTERNATIVES.passed(len(members)):
        return UNKNOWN
    return _one_of(members)


#: What says less beside another value.
_TELLING = frozenset({Const, Object, LibResult})


def _beside(value: Value) -> Value:
    return UNKNOWN if type(value) is LibResult else softened(value)


def _one_of(members: dict[Value, None]) -> OneOf:
    return OneOf(tuple(members))


def without_none(value: Value) -> Value:
    """``value`` where it is known not to be None."""
    if isinstance(value, OneOf):
        rest = [m for m in value.order if not (isinstance(m, Const) and m.value is None)]
        return union(rest) if rest else UNKNOWN
    return value


def softened(value: Value) -> Value:
    """``value`` with constants made not firm: read from a place that other code may assign."""
    if isinstance(value, Const):
        return Const(value.value, False) if value.firm else value
    if isinstance(value, OneOf):
        return _one_of(dict.fromkeys(softened(m) for m in value.order))
    if type(value) is Object and value.args and value.args[0][0] == MEMBER:
        (key, name), *rest = value.args
        return replaced(value, args=((key, softened(name)), *((k, softened(v)) for k, v in rest)))
    return value


def member_name(value: Value) -> Const | None:
    """The name of a member of an enumeration, where it is known, firm where it is certainly that one."""
    if type(value) is Object and value.args and value.args[0][0] == MEMBER:
        name = value.args[0][1]
        return name if isinstance(name, Const) else None
    return None


def is_known(value: Value) -> bool:
    return type(value) not in _NOT_KNOWN


_NOT_KNOWN = frozenset({Unknown, Never, Parameter, LibResult})


def truth(value: Value) -> bool | None:
    """Whether the value is certainly true or certainly false."""
    if isinstance(value, Const):
        return bool(value.value) if value.firm else None
    if isinstance(value, (Lib, LibMethod, Module, Class, Function, Bound, Partial, MethodCaller, Suspended)):
        return True
    if isinstance(value, (Object, LibObject)):
        # Most objects are true; one that defines __bool__ or __len__ is the exception that makes this unsafe.
        return None
    if isinstance(value, Sequence) and value.items is not None and value.kind == "tuple":
        # Lists and sets grow and shrink after they were written down.
        return len(value.items) > 0
    return None


def depth(value: Value) -> int:
    """How deeply constructor arguments nest in ``value``."""
    kind = type(value)
    if kind in _FLAT:
        return 0
    if kind is OneOf:
        return value.depth  # type: ignore[union-attr]
    return _nesting(value, {})


def _nesting(value: Value, known: dict[int, int]) -> int:
    """The same, where ``known`` is that of parts by their identity: a container's items are parts of its element, too,
    so that there are twice as many ways to a part with each level."""
    kind = type(value)
    if kind in _FLAT:
        return 0
    if kind is OneOf:
        return value.depth  # type: ignore[union-attr]
    found = known.get(id(value))
    if found is None:
        if isinstance(value, (Function, Suspended)):
            found = value.context.depth + 1
        else:
            inner = 0
            for part in _parts(value):
                inner = max(inner, _nesting(part, known))
            # ``x = [x.append]``: a method of a container nests no more than that.
            found = inner + (kind not in _TRANSPARENT)
        known[id(value)] = found
    return found


def _parts(value: Value) -> Iterable[Value]:
    if isinstance(value, (Object, LibObject)):
        return [argument for _, argument in value.args]
    if isinstance(value, Bound):
        return (value.function, value.receiver)
    if isinstance(value, Partial):
        return [value.function, *value.args, *(v for _, v in value.keywords)]
    if isinstance(value, Sequence):
        return [value.element, *(value.items or ())]
    if isinstance(value, Mapping):
        return [value.element, *(v for _, v in value.items)]
    if isinstance(value, WeakReference):
        return (value.target,)
    if isinstance(value, LibMethod):
        return (value.receiver,)
    if isinstance(value, Marked):
        return (value.function,)
    if isinstance(value, AtKey):
        return (value.value,)
    if isinstance(value, Returning):
        return (value.result,)
    return ()


#: Kinds of values that nest no more than what they hold.
_TRANSPARENT = frozenset({LibMethod, AtKey, RecordType})
#: Kinds of values that hold no others.
_FLAT = frozenset({Unknown, Never, Const, Lib, Module, Class, MethodCaller, LibCoroutine, Parameter, Super, LibResult})


def is_flat(value: Value) -> bool:
    """Whether a value is of a kind that holds no others."""
    return type(value) in _FLAT


def shallow(value: Value, below: int = 0) -> Value:
    """``value`` without what nests so deeply in it, ``below`` levels down, that contexts would grow without end."""
    if type(value) in _FLAT or depth(value) <= NESTING - below:
        return value
    if isinstance(value, (Object, LibObject)) and below < NESTING:
        # What it was made with is left out, not what it is.
        return replaced(value, args=tuple((name, shallow(given, below + 1)) for name, given in value.args))
    NESTING.hit()
    return UNKNOWN


def is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def typed_union(values: list[Value]) -> Value:
    """The union of declared types: those that we do not know are left out, as they say nothing."""
    known = [v for v in values if is_known(v)]
    return union(known) if known else UNKNOWN


def says_nothing(value: Value) -> bool:
    """Whether it is unknown, None, or a container of which nothing is known but that it is one."""
    if isinstance(value, OneOf):
        return all(map(says_nothing, value.order))
    if isinstance(value, (Sequence, Mapping)):
        return not value.items and says_nothing(value.element)
    return not is_known(value) or is_none(value)
