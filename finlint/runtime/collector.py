"""Which objects can nobody reach any more, although a registry holds them?

A finalizer gets the object itself, so the registry must hold it, so CPython's own collector never sees it die. This
module finds out by trial deletion, as CPython's collector does inside one generation: take everything reachable from
the registered objects, subtract from every reference count the references that come from inside that set and from the
registry; what is left is held from outside, and so is all it reaches. The rest is dead.

The counts and the references must be of one instant, or a thread that moves an object between two looks makes it seem
dead. Both are therefore read in ONE call into C (`list` over a chain of `map`), during which the GIL is not released
and no collection runs: the stop-the-world of this runtime. An edge that is missed (an extension type that does not
report its references) leaves a reference unexplained and the object alive: errors are on the safe side.
"""

from __future__ import annotations

import gc
import sys
import types
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, starmap
from typing import Any

from finlint.runtime.names import is_a, namespaces

_ATOMIC: frozenset[type] = frozenset(
    {type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis), type(NotImplemented)}
)
_SINGLETONS: frozenset[type] = frozenset({type(None), bool, type(Ellipsis), type(NotImplemented)})


class Opaque:
    """Base of the runtime's own books. An object may refer to its runtime; that must not lead back to the object."""

    __slots__ = ()


# Their references are not followed: they lead to the whole program. What they refer to just counts as held.
BOUNDARY: tuple[type, ...] = (type, types.ModuleType, types.CodeType, Opaque)


@dataclass(frozen=True)
class Graph:
    """The objects below some roots at one instant.

    `nodes[1:]` are the objects (`nodes[0]` is a gauge), the roots first; `edges` their references to each other, by
    position; `external` how many references to each come from elsewhere.
    """

    nodes: list[object]
    edges: list[list[int]]
    external: list[int]

    def reach(self, start: Iterable[int]) -> set[int]:
        """The positions of everything reachable from `start`, `start` included."""
        seen: set[int] = set()
        stack = list(start)
        edges = self.edges
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += edges[node]
        return seen

    def alive(self) -> set[int]:
        """What is held from outside, and everything that it reaches. A negative count is no proof: alive."""
        return self.reach(position for position, count in enumerate(self.external) if count != 0)


_LOOKS_BACK = 3
_FEW = 16


def _finds_its_own_call() -> bool:
    one: list[object] = []
    return any(type(referrer) is tuple for referrer in gc.get_referrers(*[one]))


_FINDS_ITS_OWN_CALL = _finds_its_own_call()  # since CPython 3.13 `gc.get_referrers` lists the tuple of its arguments


def held_by_somebody(roots: list[object]) -> bool:
    """Whether it is seen, looking backwards from a few objects, that something holds one of them: for what is
    registered once, and reaches much, that is far cheaper than to look at all that it reaches.

    A reference that no tracked object explains comes from a running function or from C, so it holds; one from a module
    holds; other referrers are looked at in the same way, a few steps up. False says nothing. The list `roots` and what
    is `Opaque` do not count. A thread that moves the object meanwhile can make it seem held, which postpones its end,
    and never the reverse.
    """
    if not all(map(gc.is_tracked, roots)):  # what refers to them may not be tracked either
        return False
    level, aside, seen = roots, {id(roots)}, set(map(id, roots))
    modules = {id(vars(module)) for module in list(sys.modules.values()) if type(module) is types.ModuleType}
    for _ in range(_LOOKS_BACK):
        gauged = [object(), *level]
        counts = list(map(sys.getrefcount, gauged))
        keys = set(map(id, level))
        own_call = list(map(id, level)) if _FINDS_ITS_OWN_CALL else None
        aside |= {id(level), id(gauged)}
        explained: Counter[int] = Counter()
        following: list[object] = []
        referrer: object = None
        for referrer in gc.get_referrers(*level):
            if id(referrer) in aside:
                continue
            if own_call is not None and type(referrer) is tuple and list(map(id, referrer)) == own_call:
                own_call = None  # one tuple of these elements is the call's
                continue
            if id(referrer) in modules or is_a(referrer, (type, types.ModuleType)):
                return True
            explained.update(filter(keys.__contains__, map(id, gc.get_referents(referrer))))
            if not is_a(referrer, Opaque) and id(referrer) not in seen:
                seen.add(id(referrer))
                following.append(referrer)
        referrer = None
        # The gauge is in one list, the others are in two.
        if any(count - counts[0] - 1 > explained[id(one)] for count, one in zip(counts[1:], level, strict=True)):
            return True
        if not following or len(following) > _FEW:
            return False
        level = following
    return False


def survey(roots: list[object], owned: Mapping[int, int], *, leaves: bool = False) -> Graph:
    """Takes the graph below `roots`, which it empties.

    `owned` maps the id of a root to the number of references to it that are to be disregarded, the caller's own; the
    list `roots` does not count. With `leaves` objects that refer to nothing are nodes, too. Raises RuntimeError where
    there is no GIL to stop the world with.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise RuntimeError("finlint.runtime needs an interpreter with the GIL: it stops the world by not releasing it")
    nodes, index = _discover(roots, leaves)
    roots.clear()
    # No collection may run in the middle, and none of our own bytecodes: hence the switches inside the chain.
    on, off = (gc.enable, gc.disable) if gc.isenabled() else (gc.disable, gc.disable)
    seen: list[Any] = list(
        chain(starmap(off, [()]), map(sys.getrefcount, nodes), map(gc.get_referents, nodes), starmap(on, [()]))
    )
    counts: list[int] = seen[1 : len(nodes) + 1]
    base = counts[0]
    external = [count - base for count in counts]
    edges: list[list[int]] = []
    known = index.get
    for referents in seen[len(nodes) + 1 : -1]:
        targets = [position for position in map(known, map(id, referents)) if position is not None]
        edges.append(targets)
        for position in targets:
            external[position] -= 1
    for key, references in owned.items():
        if key in index:  # not where its registration was cancelled meanwhile
            external[index[key]] -= references
    external[0] = 0
    return Graph(nodes, edges, external)


def _builtins_of(function: Any) -> object:
    """``__builtins__`` of a function, 3.10 and later; not every release of typeshed's stubs has it, hence ``Any``."""
    return function.__builtins__


def _discover(roots: Sequence[object], leaves: bool) -> tuple[list[object], dict[int, int]]:
    """Everything below the roots. The gauge, node 0, is held by the list alone, like any node nobody else holds."""
    nodes: list[object] = [object()]
    index: dict[int, int] = {}
    for root in roots:
        index[id(root)] = len(nodes)
        nodes.append(root)
    pruned = {id(vars(module)) for module in list(sys.modules.values()) if type(module) is types.ModuleType}
    boundary: dict[type, bool] = dict.fromkeys(_SINGLETONS if leaves else _ATOMIC, True)
    frontier = nodes[1:]
    while frontier:
        for node in frontier:
            if type(node) is types.FunctionType:
                pruned.add(id(node.__globals__))
                pruned.add(id(_builtins_of(node)))
        found: list[object] = []
        for referent in gc.get_referents(*frontier):
            kind = type(referent)
            try:
                skip = boundary.get(kind)
                if skip is None:
                    skip = boundary[kind] = issubclass(kind, BOUNDARY)
            except Exception:  # its metaclass has a __hash__ or __eq__ of its own
                skip = issubclass(kind, BOUNDARY)
            if skip:
                continue
            key = id(referent)
            if key in index or key in pruned:
                continue
            # An untracked object refers to nothing, but for tuples and dicts, which are untracked lazily.
            if not leaves and not gc.is_tracked(referent) and kind is not dict and kind is not tuple:
                continue
            index[key] = len(nodes)
            nodes.append(referent)
            found.append(referent)
        frontier = found
    return nodes, index


def held_by_the_dying(graph: Graph, dying: Iterable[int]) -> set[int]:
    """What Go marks from the finalizers of unreachable objects: everything below each, the object itself excepted.

    Go, runtime/mgcmark: the special's object is scanned, not marked, and a pointer from an object straight back to
    itself is ignored. So an object on a cycle through another object is marked by its own finalizer and never dies; one
    that points at itself does. An instance's own ``__dict__`` is part of the object here: attributes are fields.
    """
    start: list[int] = []
    for position in dying:
        for target in graph.edges[position]:
            if target == position:
                continue
            fields = graph.edges[target]
            if position in fields and is_own_dict(graph.nodes[position], graph.nodes[target]):
                start.extend(field for field in fields if field != position)
            else:
                start.append(target)
    return graph.reach(start)


def held_by_another(graph: Graph, dying: Sequence[int]) -> set[int]:
    """Those of `dying` that another one of `dying` reaches: the rule of ``cycles="run"``, TinyGo's.

    Two different sources are enough to know that one of them is another, so no object is visited more than twice.
    """
    sources: dict[int, set[int]] = {}
    stack = [(target, position) for position in dying for target in graph.edges[position]]
    while stack:
        node, source = stack.pop()
        known = sources.setdefault(node, set())
        if len(known) < 2 and source not in known:
            known.add(source)
            stack += [(target, source) for target in graph.edges[node]]
    return {position for position in dying if sources.get(position, {position}) != {position}}


def is_own_dict(instance: object, candidate: object) -> bool:
    """Whether `candidate` is the ``__dict__`` of `instance`; runs no code of the class."""
    return type(candidate) is dict and own_dict(instance) is candidate


def own_dict(instance: object) -> dict[str, object] | None:
    """The ``__dict__`` of `instance`, None where it has none; runs no code of the class."""
    for namespace in namespaces(instance):
        descriptor = namespace.get("__dict__")
        if descriptor is None:
            continue
        if type(descriptor) is types.GetSetDescriptorType:
            fields = descriptor.__get__(instance)
            return fields if type(fields) is dict else None
        return None
    return None


def retained_size(nodes: Iterable[object]) -> int:
    """The bytes of these objects as `sys.getsizeof` sees them; an object that cannot say counts as nothing."""
    total = 0
    for node in nodes:
        try:
            total += sys.getsizeof(node)
        except Exception:  # a __sizeof__ of the user's may do anything
            continue
    return total
