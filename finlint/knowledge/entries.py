"""The shape of one piece of knowledge about a library name.

In the data files each entry is a TOML table whose key is the qualified name and whose fields are those
of ``Entry``; conditions are strings ``"parameter=value"``, attributes a table
``{ stdout = "io.BufferedReader" }``, ``returns_if`` strings ``"parameter=value -> type"``.
``finlint.knowledge.parse`` turns a table into an entry.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from finlint.model.codes import BlockingKind

#: How long a wait lasts: for ever, until a time limit, or a moment.
Lasts = Literal["unbounded", "bounded", "short"]
#: What a call that hands work over takes: nothing is handed over, no lock, or one that is not reentrant.
Handoff = Literal["", "safe", "unsafe"]
#: The answer that says that something is over, and what a call has to do with its being over.
TellsOver = Literal["", "true", "false", "not-none"]
WhenOver = Literal["", "returns", "takes", "makes", "undoes", "ends"]


class KnowledgeError(Exception):
    """A knowledge file that cannot be used; the message is one line for the user."""


class Argument(NamedTuple):
    """A condition on one argument of a call: ``parameter=value``, as ``timeout=0`` or ``block=False``.

    ``value`` is a Python constant; a condition holds when the argument is that very constant (``0`` and
    ``0.0`` are equal, ``False`` is not ``0``). Of a parameter that takes flags (``FLAG_PARAMETERS``) the
    condition holds when all bits of ``value`` are set.
    """

    parameter: str
    value: object


#: Parameters whose integer is a set of bits, as ``os.O_RDWR | os.O_NONBLOCK``; bits have their values on Linux.
FLAG_PARAMETERS = frozenset({"flags", "options", "operation", "cmd"})

#: Fields of an entry that are conditions.
CONDITION_FIELDS = frozenset(
    {
        "nonblocking",
        "only_if",
        "receiver_nonblocking",
        "receiver_only_if",
        "defaults",
        "makes_nonblocking",
    }
)


#: What a call gives: nothing that is known, an instance of a type, its receiver, what was put into that, an argument,
#: an instance of the class that an argument is, what ``with`` binds for it, what iterating over it gives.
Gives = Literal["unknown", "type", "receiver", "held", "argument", "instance", "entered", "element", "called", "module"]


class Result(NamedTuple):
    """What a call gives; ``name`` is that of the type or of the parameter, "" where it has none."""

    gives: Gives
    name: str = ""

    @property
    def type(self) -> str:
        """The type, "self" for that of the receiver, "" where it is not told by a name."""
        return "self" if self.gives == "receiver" else self.name if self.gives == "type" else ""


UNKNOWN_RESULT = Result("unknown")
#: How results are written that are no types.
_RESULTS: dict[str, Result] = {"": UNKNOWN_RESULT, "self": Result("receiver"), "held": Result("held")}
_OF_ARGUMENTS: dict[str, Gives] = {
    "arg": "argument",
    "instance": "instance",
    "entered": "entered",
    "element": "element",
    "called": "called",
    "module": "module",
}


def result(text: str) -> Result:
    """What ``returns`` says: a type, "self", "held" or "arg:NAME" and the like. Raises ``ValueError`` for another word
    before a colon."""
    known = _RESULTS.get(text)
    if known is not None:
        return known
    how, colon, name = text.partition(":")
    if not colon:
        return Result("type", text)
    if how not in _OF_ARGUMENTS or not name:
        raise ValueError(text)
    return Result(_OF_ARGUMENTS[how], name)


class Entry(NamedTuple):
    """What is known of one qualified name: a function, a method (``threading.Lock.acquire``) or a class.

    Every field has a neutral default: an entry says only what it knows.
    """

    name: str
    #: A class or a factory that works like one: calling the name gives an instance of it.
    is_class: bool = False
    bases: tuple[str, ...] = ()
    #: Names of the parameters in order, without self. Lets arguments be matched by position and by keyword.
    #: "*" stands before parameters that only a keyword can give, "*values" collects positional arguments.
    parameters: tuple[str, ...] = ()
    #: "" where the call never waits.
    kind: BlockingKind | Literal[""] = ""
    #: How long the wait lasts where no bound argument says otherwise.
    lasts: Lasts = "unbounded"
    #: Parameter whose number bounds the wait ("timeout"); None there means no bound.
    bound: str = ""
    #: Any of these makes the call return at once.
    nonblocking: tuple[Argument, ...] = ()
    #: The call waits only when one of these holds (``wait=True`` where the default is False).
    only_if: tuple[Argument, ...] = ()
    #: The same two, about the arguments that *constructed the receiver* (``queue.Queue(maxsize=0)`` never
    #: makes ``put`` wait). A missing argument counts as its default, in ``defaults`` of the class entry.
    receiver_nonblocking: tuple[Argument, ...] = ()
    receiver_only_if: tuple[Argument, ...] = ()
    #: Default values of parameters, where a condition needs them.
    defaults: tuple[Argument, ...] = ()
    #: The result; in data files a type, that is a qualified name or a generic such as "list[threading.Thread]",
    #: "tuple[socket.socket, socket.socket]" (names without a dot are builtins), "self" (the receiver), "held" (what was
    #: put into the receiver), "arg:NAME" (that argument), "instance:NAME" (an instance of that class), "entered:NAME"
    #: (what ``with`` binds for it), "element:NAME" (what iterating over it gives), "called:NAME" (what calling it does)
    #: or "module:NAME" (the module that it names).
    returns: Result = UNKNOWN_RESULT
    #: For a class: what is put into an instance comes out of it again.
    holds: bool = False
    #: Types of attributes of instances, for a class: (name, type).
    attributes: tuple[tuple[str, str], ...] = ()
    #: For a class: qualified names of what ``with`` performs on entry and exit, and what iterating performs.
    enter: str = ""
    exit: str = ""
    iterate: str = ""
    #: Parameters that are called before the call returns (``functools.reduce(function=)``).
    calls: tuple[str, ...] = ()
    #: Parameters that are coroutines driven to their end (``asyncio.run(main=)``).
    drives: tuple[str, ...] = ()
    #: Parameters that are iterated to their end (``list(iterable=)``).
    consumes: tuple[str, ...] = ()
    #: "" no handing over; "safe" re-entrant (SimpleQueue.put, Thread.start); "unsafe" takes a lock that is
    #: not re-entrant: a collection inside it deadlocks with itself (Queue.put, Executor.submit), FIN201.
    handoff: Handoff = ""
    #: The call starts a thread or submits to a pool, which fails when the interpreter exits: FIN202.
    starts_thread: bool = False
    #: Argument conditions under which the receiver never blocks from here on (``setblocking(flag=False)``),
    #: and the parameter whose number bounds all its later waits (``settimeout(value)``).
    makes_nonblocking: tuple[Argument, ...] = ()
    makes_bounded: str = ""
    #: Releasing what the finalizer owns: a note, not a warning.
    releases: bool = False
    #: Never returns (``os._exit``).
    no_return: bool = False
    #: Where the claim comes from: ``probe: ROW`` is a row of the measurements in ``tests/knowledge/data``
    #: (``reent: ROW`` and ``exit: ROW`` of the other two tables there); else a docs page, a source, an issue.
    evidence: str = ""
    #: The result's type where one argument is a given constant, first match wins
    #: (``open(mode='rb')`` -> io.BufferedReader); ``returns`` holds otherwise.
    returns_if: tuple[tuple[Argument, str], ...] = ()
    #: A coroutine function: the call only makes a coroutine; nothing else here holds before it is driven.
    is_async: bool = False
    #: Parameter of the receiver's constructor whose ``enter`` gives the kind instead, where its type is known
    #: (``threading.Condition(lock=threading.Lock())``: a lock, not a reentrant one).
    kind_from_receiver: str = ""
    #: Holds a non-reentrant lock of its own for a moment (``Event.set``, ``Queue.qsize``). Not a wait that
    #: matters by itself; a collection inside it that comes back to it deadlocks (mostly seen under tracers).
    inner_lock: bool = False
    #: The library allocates, or drops references, under the lock that the call takes: a finalizer that starts there and
    #: makes this call deadlocks with itself, as a report tells (``evidence``).
    deadlocks: bool = False
    #: Parameter whose number bounds all later waits of the *result* (``create_connection(timeout=)``), which
    #: for a class is the new instance.
    bounds_result: str = ""
    #: Type of the name itself where it is a variable or a property (``sys.stdout``), not a callable.
    type: str = ""
    #: What the call calls of the arguments that constructed the receiver: a parameter, or one of its methods
    #: (``contextlib.closing(thing).__exit__``: "thing.close"; ``functools.partial(func).__call__``: "func").
    receiver_calls: tuple[str, ...] = ()
    #: Parameters that make the call return at once by being given at all, whatever their value
    #: (``finlint.runtime.select(..., default=)``).
    nonblocking_given: tuple[str, ...] = ()
    #: Methods of the receiver that the call calls, and that a subclass may have of its own: ``io.IOBase.close`` calls
    #: "flush". Those of ``__del__`` are what an object's end runs of a subclass that has no finalizer itself.
    calls_methods: tuple[str, ...] = ()
    #: A class whose own methods do nothing, or only call others: what is known of them holds for instances of unknown
    #: subclasses, not for what a subclass inherits (``io.RawIOBase.flush``).
    is_abstract: bool = False
    #: The answer ("true", "false" or "not-none") with which the call, or the attribute, says that what others wait for
    #: is over: ``Future.done`` "true", ``Thread.is_alive`` "false", ``Popen.returncode`` "not-none".
    tells_over: TellsOver = ""
    #: What the call has to do with that: it "returns" at once when it is over (``Future.result``), it "takes" what was
    #: there, so that the next one waits again (``Connection.recv``), it "makes" it so (``Event.set``), "undoes" it
    #: (``Event.clear``), or "ends" a process without asking it, so that a wait for it is a short one (``Popen.kill``).
    when_over: WhenOver = ""
    #: For a class: attributes that are pipes of a child process, whose reading waits for what the child does.
    pipes: tuple[str, ...] = ()
