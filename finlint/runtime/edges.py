"""What a reference from one object to another is called in the program. Runs no code of the objects' classes."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any

from finlint.runtime.collector import own_dict
from finlint.runtime.names import function_name, is_a, namespaces, type_name


def edge_name(parent: object, child: object) -> str:
    """How `parent` refers to `child`: ``.attribute``, ``[0]``, ``['key']``, ``.__closure__ done``; empty if unknown."""
    return next((name for name, value in _named(parent) if value is child), "")


def _named(parent: Any) -> Iterator[tuple[str, object]]:
    kind = type(parent)
    if kind is dict:
        yield from ((f"[{_key(key)}]", value) for key, value in list(parent.items()))
    elif kind is list or kind is tuple:
        yield from ((f"[{index}]", value) for index, value in enumerate(list(parent)))
    elif kind is types.CellType:
        try:
            yield "", parent.cell_contents
        except ValueError:  # empty
            return
    elif kind is types.FunctionType:
        yield from _named_by_function(parent)
    elif kind is types.MethodType:
        yield from ((".__self__", parent.__self__), (".__func__", parent.__func__))
    elif kind is functools.partial:
        yield from ((".func", parent.func), (".args", parent.args), (".keywords", parent.keywords))
    else:
        fields: Mapping[str, object] = own_dict(parent) or {}
        yield from ((f".{name}", value) for name, value in list(fields.items()))
        yield from _slots(parent)


def _named_by_function(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield f" closing over {name}", cell
        try:
            yield f" closing over {name}", cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        yield f" default of {name}", value
    yield from ((f" default of {name}", value) for name, value in (function.__kwdefaults__ or {}).items())


def _slots(parent: object) -> Iterator[tuple[str, object]]:
    for namespace in namespaces(parent):
        for name, descriptor in list(namespace.items()):
            if type(descriptor) is types.MemberDescriptorType:
                try:
                    yield f".{name}", descriptor.__get__(parent)
                except AttributeError:  # not assigned yet
                    continue


def _key(key: object) -> str:
    return repr(key) if type(key) is str or type(key) is int or type(key) is bytes else f"a {type_name(key)}"


def described(parent: object) -> str:
    """What the holder of a reference is: a function by its name and place, anything else by its type."""
    return (
        function_name(parent)
        if is_a(parent, (types.FunctionType, types.MethodType))
        else type_name(parent).rpartition(".")[2]
    )
