"""The bounds of the analysis, in one place: what each bounds, why it is there, and how often it cut an answer short.

A bound that is hit means that something was not looked at, so that a finding may be missing. Whoever stops at one says
so (``Limit.hit``); which were hit for a task is part of its answer, travels from workers and out of the cache with it,
and is told by ``--verbose`` and in JSON (``summary.limits``: in how many tasks).

Bounds that cost time or memory alone, such as the room for texts that are kept, stand where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_T = TypeVar("_T")

#: Who is told of hits at this moment.
_told: ContextVar[Callable[[str], None] | None] = ContextVar("finlint_limits", default=None)

#: All limits by name.
LIMITS: dict[str, Limit] = {}


class Limit(int):
    """A bound. It is a number, to be compared like any other, with its ``name`` in reports.

    ``unit`` says what is counted, ``loses`` what a hit costs, ``why`` why there is a bound and why this one.
    """

    name: str
    unit: str
    loses: str
    why: str

    def __new__(cls, value: int, name: str, *, unit: str, loses: str, why: str) -> Limit:
        limit = super().__new__(cls, value)
        limit.name, limit.unit, limit.loses, limit.why = name, unit, loses, why
        assert name not in LIMITS
        LIMITS[name] = limit
        return limit

    def hit(self) -> None:
        """Say that an answer was cut short here."""
        told = _told.get()
        if told is not None:
            told(self.name)

    def reached(self, count: int) -> bool:
        """Whether ``count`` is the bound or more, which is a hit."""
        if count < self:
            return False
        self.hit()
        return True

    def passed(self, count: int) -> bool:
        """Whether ``count`` is more than the bound, which is a hit."""
        if count <= self:
            return False
        self.hit()
        return True

    def first(self, items: Iterable[_T]) -> Iterator[_T]:
        """No more than that many of ``items``; it is a hit if there are more."""
        for number, item in enumerate(items):
            if self.reached(number):
                return
            yield item


@contextmanager
def telling(whom: Callable[[str], None]) -> Iterator[None]:
    """A context in which ``whom`` is told of the limits that are hit, by name."""
    token = _told.set(whom)
    try:
        yield
    finally:
        _told.reset(token)


#: An answer that is kept, with the limits that were hit for it.
Noted = tuple[_T, tuple[str, ...]]


def noted(work_out: Callable[[], _T]) -> Noted[_T]:
    """What ``work_out`` gives, and the limits that were hit for it, of which nobody is told yet (``told_again``)."""
    hits: list[str] = []
    with telling(hits.append):
        answer = work_out()
    return answer, tuple(dict.fromkeys(hits))


def told_again(known: Noted[_T]) -> _T:
    """An answer that was kept: whoever gets it is told of the limits that were hit for it."""
    for name in known[1]:
        LIMITS[name].hit()
    return known[0]


# -- questions

QUERY_DEPTH = Limit(
    120,
    "query-depth",
    unit="queries that lead to one another in a circle",
    loses="what the innermost query of the circle asks is unknown",
    why="each costs some ten of Python's frames; a chain of queries may be of any length, because those that nest too"
    " deeply are answered by themselves",
)
CODE_DEPTH = Limit(
    4_000,
    "code-depth",
    unit="calls within calls of Python while one expression or statement is followed",
    loses="what that statement does, of which only what was seen so far stands",
    why="a chain of calls in one expression (`q.where(a).where(b)...`) costs some ten calls a link, and Python's stack"
    " ends; some 600 links are followed, the longest chain of 114 packages has 12",
)
QUERIES = Limit(
    40_000,
    "queries",
    unit="queries worked out, each time counted, for one that no other query asks",
    loses="circles of queries are not answered again, and what nests too deeply is unknown; from five times as many on"
    " everything is",
    why="circles within circles multiply their rounds: those of unittest and difflib do not end in minutes; most"
    " queries take fewer than a hundred others",
)
ROUNDS = Limit(
    24,
    "rounds",
    unit="times that queries which lead to one another are answered until nothing changes",
    loses="they are as they were in the last round",
    why="a union grows by one value in a round at least, or nothing changes; what decides by what is not known may go"
    " back and forth",
)
CALLER_DEPTH = Limit(
    2,
    "caller-depth",
    unit="calls outwards from a parameter",
    loses="the parameter is unknown",
    why="a parameter is typed by its callers, their parameters by theirs; each step multiplies the work, and what comes"
    " from further away says little about this call: with a third one celery took three times as long, distributed,"
    " pymongo and redis a quarter to a third more, with the same findings, and of 51 others pykafka alone had more in"
    " its default output",
)
# -- values

ALTERNATIVES = Limit(
    12,
    "alternatives",
    unit="values that one expression may be",
    loses="the expression is unknown",
    why="more than these say nothing that a report could stand on, and each costs a look at every call",
)
NAME_PARTS = Limit(
    16,
    "name-parts",
    unit="parts of the dotted name of something in a library",
    loses="the attribute is unknown",
    why="`x = x.subdtype` in a circle gives a longer name each time: numba had names of hundreds of parts, and the"
    " search for their modules took half of the time",
)
KNOWN_BESIDE = Limit(
    2,
    "known-beside",
    unit="values known of an argument, or of what one holds, that may be anything else, too",
    loses="the argument is unknown",
    why="each combination makes another context of a function; with data left out, 43 % fewer queries in the package"
    " with the most (blosc2), and the findings of 16 of 17 others are the same (newrelic: two others, one less)",
)
LENGTHS = Limit(
    2,
    "lengths",
    unit="levels of containers in an argument that keep what stands at which place",
    loses="of the items only what any of them may be is known",
    why="tuples of tuples of data make a context for each of their values; functions take pairs apart, and lists of"
    " pairs",
)
NESTING = Limit(
    6,
    "nesting",
    unit="values within values (an object made with an object made with ...)",
    loses="what nests more deeply is unknown",
    why="contexts are told apart by their values, and would grow without end where a function calls itself",
)
ITEMS = Limit(
    16,
    "items",
    unit="items of a list, tuple, set or dict that are told apart",
    loses="only what any item may be is known",
    why="long displays are data; which item is taken out of them is seldom known",
)
TEXT = Limit(
    24,
    "text",
    unit="characters of a constant text that is passed to a function",
    loses="the function does not know its value",
    why="modes and names are short; a long text decides nothing, and would tell contexts apart",
)
CONDITIONS = Limit(
    16,
    "conditions",
    unit="arms of an if statement that a later arm excludes",
    loses="assignments in later arms count although an earlier arm was taken",
    why="an elif chain of thousands would cost its square",
)
REBINDINGS = Limit(
    50,
    "rebindings",
    unit="conditional assignments to a name of a module or class that another one may mean",
    loses="what the name was given further above",
    why="`if a: x = [x]` means all that stand before it, so that thousands of them would cost the square",
)

# -- searches of the package

NEIGHBOURS = Limit(
    1_000,
    "neighbours",
    unit="files of a package that are searched for callers and subclasses",
    loses="only the folder of the module itself is searched",
    why="each search looks at all of them",
)
PACKAGES_BESIDE = Limit(
    20,
    "packages-beside",
    unit="packages beside a module's own that are searched for callers",
    loses="callers in other packages: only the module's own is searched",
    why="an application has some; a folder with more is one that packages are installed in",
)
FILE_SIZE = Limit(
    1_000_000,
    "file-size",
    unit="bytes of a file that is searched for callers and subclasses of what another file defines",
    loses="callers, subclasses and stores in it",
    why="generated tables: one of 20 MB beside a file of eight lines took 13 s and 2 GB to be parsed for its callers",
)
CALLER_MODULES = Limit(
    6,
    "caller-modules",
    unit="other modules that are read because they name what is searched",
    loses="callers, subclasses and stores in further modules",
    why="the nearest come first; each has to be parsed where it names it",
)
CALLERS = Limit(
    20,
    "callers",
    unit="calls of a function in one module that are asked what they pass",
    loses="what further calls pass",
    why="more of them rarely say more",
)
OTHER_NAMES = Limit(
    8,
    "other-names",
    unit="other names of a class that it may be made by",
    loses="makers by further names",
    why="each name is searched for in the package",
)
PASSING_ON = Limit(
    3,
    "passing-on",
    unit="constructors of subclasses that pass arguments on to one of a base",
    loses="they are not asked as if they were the caller",
    why="a base of many has no one maker",
)
CONSTRUCTORS = Limit(
    12,
    "constructors",
    unit="constructors between that of the class that is made and that of a base which one argument is handed on to",
    loses="what makers of the class give to the constructor of that base",
    why="each is asked what the one before it gives: 200 classes in a row took a minute; the most of the standard"
    " library and thirty packages are eight",
)
BASES = Limit(
    250,
    "bases",
    unit="classes that one inherits from",
    loses="what classes further up define",
    why="each class of a long row has an order of bases of its own; fewer than 60 are the most of the standard library",
)
SUBCLASSES = Limit(
    64,
    "subclasses",
    unit="subclasses of one class",
    loses="methods that further subclasses define",
    why="what one of very many does says little about an object of which only the base is known",
)
OVERRIDES = Limit(
    8,
    "overrides",
    unit="implementations of a method in subclasses that are followed",
    loses="further implementations",
    why="what one of very many implementations does says little about an object of which only the base is known",
)
STORING_FUNCTIONS = Limit(
    12,
    "storing-functions",
    unit="functions of others that store into an attribute",
    loses="what further functions store",
    why="an attribute with a common name is stored everywhere",
)
PUTTING_FUNCTIONS = Limit(
    20,
    "putting-functions",
    unit="functions that put something into a container of their module",
    loses="what further functions put into it",
    why="a container with a common name is filled everywhere",
)

DECORATED = Limit(
    40,
    "decorated",
    unit="lines of a module with a decorator of one name",
    loses="what further functions and classes have from that decorator",
    why="some decorators stand on every function of a module, and the first tell what it is applied to",
)

# -- walks

FUNCTIONS = Limit(
    4_000,
    "functions",
    unit="functions that one finalizer may reach, however many ways they are called in",
    loses="what functions further away do",
    why="the largest of sixty popular packages needs 1,000, and a chain of 2,000 calls is followed; this is the last"
    " bound of a task's work",
)
CONTEXTS = Limit(
    1_000,
    "contexts",
    unit="differences in the arguments with which one function is followed from one finalizer",
    loses="what the function does with the arguments of further calls",
    why="values are bounded so that contexts come to an end, after fewer than a hundred in popular packages; where a"
    " bound is missing, a run ends all the same",
)
CONSTRUCTION_DEPTH = Limit(
    4,
    "construction-depth",
    unit="calls inwards from a constructor",
    loses="attributes that are set further in count as not set, or the order in which they are set is not known",
    why="constructors set their attributes in themselves, their base's and one or two helpers",
)
DONE_DEPTH = Limit(
    3,
    "done-depth",
    unit="calls inwards from a method that is asked what it has done to its object when it returns",
    loses="flags and events that are set further in, and processes that are killed there",
    why="a flag is set in the method itself or in a helper; what is called further in belongs to somebody else",
)
UNSET_DEPTH = Limit(
    4,
    "unset-depth",
    unit="calls inwards from a finalizer to where an attribute is read that may be missing",
    loses="reads further in (FIN401)",
    why="what is read far away is guarded by what was asked on the way",
)
ESCAPE_DEPTH = Limit(
    3,
    "escape-depth",
    unit="calls inwards from a finalizer to a raise",
    loses="exceptions from further in (FIN402)",
    why="what is raised far away is about that function's arguments",
)
RESURRECTION_DEPTH = Limit(
    3,
    "resurrection-depth",
    unit="calls that hand the dying object on",
    loses="stores further in (FIN403)",
    why="it is stored by the finalizer or by what that calls",
)
RETENTION_DEPTH = Limit(
    8,
    "retention-depth",
    unit="expressions and closures between a callback and the object that it holds",
    loses="what holds it by a longer way (FIN301)",
    why="names that refer to each other in a circle would be followed for ever",
)
RETENTION_VALUES = Limit(
    4,
    "retention-values",
    unit="values within the value that a callback is",
    loses="what holds the object more deeply (FIN301)",
    why="partials of bound methods nest two or three times",
)
KEEPING_DEPTH = Limit(
    3,
    "keeping-depth",
    unit="constructors of bases between a class and the one that stores an argument",
    loses="what a base further up stores (FIN301)",
    why="classes that inherit from each other would be followed for ever",
)
DROPPED_FUNCTIONS = Limit(
    30,
    "dropped-functions",
    unit="functions that a finalizer calls and that are looked at for coroutines that nobody awaits",
    loses="what further functions drop (FIN303)",
    why="what is dropped far away is not this finalizer's mistake",
)
LOCK_ALIASES = Limit(
    4,
    "lock-aliases",
    unit="names and imports between a lock's use and where it is made",
    loses="it is not known which lock that is (FIN102)",
    why="modules that import from each other would be followed for ever",
)
