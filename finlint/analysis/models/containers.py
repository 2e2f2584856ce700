"""What Python's own containers and texts have: their methods, and nothing else.

``[].path`` is no method of anything. Taken for one, a value that is read attribute after attribute in a circle
(``def load(x): return load(x.feature)``) becomes as many values as there are ways to spell that.
"""

from __future__ import annotations

import collections
import weakref

from finlint.analysis.domain.values import UNKNOWN, Const, Mapping, Sequence

#: A mapping of which nothing is known.
ANY_MAPPING = Mapping((), UNKNOWN, UNKNOWN)


def _methods(*classes: type) -> frozenset[str]:
    """The methods that any of the classes has."""
    return frozenset(name for cls in classes for name in dir(cls) if callable(getattr(cls, name))) - {"__class__"}


#: By kind of sequence; of what else can be iterated nothing is known.
_OF_SEQUENCES = {
    "list": _methods(list, collections.deque, collections.UserList),
    "tuple": _methods(tuple),
    "set": _methods(set, frozenset, weakref.WeakSet),
}
_OF_MAPPINGS = _methods(
    dict,
    collections.ChainMap,
    collections.Counter,
    collections.OrderedDict,
    collections.UserDict,
    collections.defaultdict,
    weakref.WeakKeyDictionary,
    weakref.WeakValueDictionary,
)
_OF_TEXTS: dict[type, frozenset[str]] = {str: _methods(str), bytes: _methods(bytes)}


def has_method(value: Sequence | Mapping | Const, name: str) -> bool:
    """Whether a container or a constant text may have a method of that name."""
    if isinstance(value, Mapping):
        return name in _OF_MAPPINGS
    if isinstance(value, Const):
        return name in _OF_TEXTS.get(type(value.value), ())
    known = _OF_SEQUENCES.get(value.kind)
    return known is None or name in known
