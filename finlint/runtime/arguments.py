"""What `set_finalizer` and `add_cleanup` accept. Every refusal says why it could not work."""

from __future__ import annotations

import functools
import inspect
import itertools
import types
from collections.abc import Iterable, Iterator
from typing import Any

from finlint.runtime.collector import is_own_dict, own_dict
from finlint.runtime.names import type_name

# By their ids: a metaclass may have a ``__hash__`` of its own.
_SHARED: frozenset[int] = frozenset(
    map(
        id,
        (
            *(type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, slice),
            *(type(Ellipsis), type(NotImplemented), types.CodeType, types.BuiltinFunctionType),
        ),
    )
)


def check_object(caller: str, obj: object) -> None:
    """Raises TypeError for what never dies, or whose death says nothing about the value at hand."""
    kind = type(obj)
    if obj is None:
        raise TypeError(f"{caller}: first argument is None, which never dies")
    if id(kind) in _SHARED:
        raise TypeError(
            f"{caller}: cannot watch a {kind.__name__}: the interpreter shares equal immutable values and keeps some "
            "for ever; wrap it in an object of your own"
        )
    if issubclass(kind, type):
        raise TypeError(f"{caller}: cannot watch the class {_called(obj)}: a class refers to itself and lives on")
    if issubclass(kind, types.ModuleType):
        raise TypeError(f"{caller}: cannot watch the module {_called(obj)}: sys.modules keeps it until exit")


def check_callable(caller: str, fn: Any, arguments: int, receives: str) -> None:
    """Raises TypeError unless `fn` can be called with that many positional arguments (Go checks it here, too)."""
    if not callable(fn):
        raise TypeError(f"{caller}: second argument is {type_name(fn)}, not a function")
    kind = type(fn)
    if kind is types.BuiltinFunctionType:  # Python decides at the call: reading its signature takes 0.2 ms
        return
    if kind is types.FunctionType:  # the common case; inspect.signature is 30 times slower
        fits = _fits(fn, arguments)
    elif kind is types.MethodType and type(fn.__func__) is types.FunctionType:
        fits = _fits(fn.__func__, arguments + 1)
    else:
        try:
            signature = inspect.signature(fn)
        except Exception:  # builtins without a signature, a __getattr__ of the user's: Python decides at the call
            return
        try:
            signature.bind(*[None] * arguments)
            fits = True
        except TypeError:
            fits = False
    if not fits:
        raise TypeError(f"{caller}: cannot pass {receives} to {_called(fn)}: wrong parameters")


def _called(thing: Any) -> str:
    """The name of a function, class or module; an object without one is told by its type."""
    for name in ("__qualname__", "__name__"):
        try:
            return str(getattr(thing, name))
        except Exception:  # no such name, or a __getattr__ of the user's that may do anything
            continue
    return f"{type_name(thing)} instance"


def _fits(fn: types.FunctionType, arguments: int) -> bool:
    code = fn.__code__
    least = code.co_argcount - len(fn.__defaults__ or ())
    most = float("inf") if code.co_flags & inspect.CO_VARARGS else code.co_argcount
    return least <= arguments <= most and len(fn.__kwdefaults__ or ()) == code.co_kwonlyargcount


def check_cleanup_argument(obj: object, arg: object) -> None:
    """Raises ValueError where the argument itself keeps the object (Go: recoverable panics since 1.26)."""
    if arg is obj:
        raise ValueError("add_cleanup: obj is equal to arg, cleanup will never run")
    if type(arg) is types.MethodType and arg.__self__ is obj:
        raise ValueError("add_cleanup: arg is a bound method of obj, cleanup will never run")
    if type(arg) is dict and is_own_dict(obj, arg):  # Go: a pointer into the object is "within arg", as bad as itself
        raise ValueError("add_cleanup: arg is the __dict__ of obj, which goes on being used; pass a copy")


def check_cleanup_closure(obj: object, fn: Any) -> None:
    """Raises ValueError where the function itself keeps the object (directly; see `Runtime.check` for the rest)."""
    if any(held is obj for held in _directly_held(fn)):
        raise ValueError("add_cleanup: cleanup function closes over obj, cleanup will never run")


# What is asked at every registration: a global name each, and no attribute of a module.
_Function, _Method, _Builtin, _Partial = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    functools.partial,
)
_HOLDERS: frozenset[type] = frozenset(
    {_Function, _Method, _Builtin, types.MethodWrapperType, _Partial, tuple, frozenset, dict}
)
_HOLDER_IDS = frozenset(map(id, _HOLDERS))
_FEW = 100
# How deep is looked at a glance, and how far along methods and partials at each depth: they may go in circles.
_GLANCE = 3
_STEPS = range(4)
_WIDTH = 8


def check_held(obj: object, fn: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    """Raises ValueError where a callback or an argument is, or holds, the object whose end it waits for.

    Holding is what lasts: `self` of a method, what a function closes over or has as default, the parts of a partial and
    of a tuple, attributes of a callable object. What a list or an attribute of an argument holds may be gone when it
    matters, so it is accepted.
    """
    try:
        if type(fn) in _HOLDERS:
            clear = _lacks(fn, obj, _GLANCE)
        else:
            clear = fn is not obj and (type(fn) is type or not _has_as_attribute(fn, obj))
        if clear and not (args and _may_hold(args, obj)) and not (kwargs and _may_hold(kwargs.values(), obj)):
            return
    except Exception:  # a metaclass with a __hash__ of its own: the full look asks for identities only
        pass
    if _holds(fn, obj) or (id(type(fn)) not in _HOLDER_IDS and _has_as_attribute(fn, obj)):
        raise ValueError("register: the cleanup function holds obj, so it will never run")
    for value in (*args, *kwargs.values()):
        _check_argument(obj, value)


def _may_hold(arguments: Iterable[object], obj: object) -> bool:
    for value in arguments:
        kind = type(value)
        if value is obj or (kind is dict and is_own_dict(obj, value)):
            return True
        if kind in _HOLDERS and not _lacks(value, obj, _GLANCE):
            return True
    return False


def _lacks(one: Any, obj: object, depth: int) -> bool:
    """Whether it is seen at a glance that `one`, of a kind in `_HOLDERS`, does not hold the object; False says nothing.

    The question in full (`_holds`) would be most of the cost of registering, and nearly all callbacks are small.
    """
    if not depth:
        return False
    for _ in _STEPS:
        kind = type(one)
        if kind is _Function:
            parts = one.__closure__
            if parts is not None:
                try:
                    for cell in parts:
                        value = cell.cell_contents
                        if value is obj or (type(value) in _HOLDERS and not _lacks(value, obj, depth - 1)):
                            return False
                except ValueError:  # not assigned yet
                    return False
            parts = one.__defaults__
            return one.__kwdefaults__ is None and (parts is None or _all_lack(parts, obj, depth - 1))
        if kind is _Method:
            value, one = one.__self__, one.__func__
            if value is obj or (type(value) in _HOLDERS and not _lacks(value, obj, depth - 1)):
                return False
        elif kind is _Partial:
            if one.keywords and not _all_lack(list(one.keywords.values()), obj, depth - 1):
                return False
            for value in one.args:
                if value is obj or (type(value) in _HOLDERS and not _lacks(value, obj, depth - 1)):
                    return False
            one = one.func
        elif kind is tuple or kind is frozenset:
            return len(one) <= _WIDTH and _all_lack(one, obj, depth - 1)
        elif kind is dict:
            return True
        else:
            one = one.__self__
        if type(one) not in _HOLDERS:
            return one is not obj
    return False


def _all_lack(parts: Iterable[object], obj: object, depth: int) -> bool:
    for value in parts:  # noqa: SIM110 -- a generator costs as much as all the rest
        if value is obj or (type(value) in _HOLDERS and not _lacks(value, obj, depth)):
            return False
    return True


def _check_argument(obj: object, value: object) -> None:
    if value is obj:
        raise ValueError("register: obj is an argument of its own cleanup, which will never run")
    if type(value) is dict:
        if is_own_dict(obj, value):
            raise ValueError("register: an argument is the __dict__ of obj, which goes on being used; pass a copy")
    elif _holds(value, obj):
        raise ValueError("register: an argument holds obj, so the cleanup will never run")


def _holds(start: object, obj: object) -> bool:
    """Whether there is a lasting way from `start` to `obj`. A few steps are looked at, then it is taken for granted."""
    stack, seen = [start], set[int]()
    while stack and len(seen) < _FEW:
        one = stack.pop()
        if one is obj:
            return True
        if id(type(one)) in _HOLDER_IDS and id(one) not in seen:
            seen.add(id(one))
            stack += _lasting_parts(one)
    return False


def _lasting_parts(one: Any) -> list[object]:
    kind = type(one)
    if kind is types.MethodType:
        return [one.__self__, one.__func__]
    if kind is functools.partial:
        return [one.func, *one.args, *one.keywords.values()]
    if kind is types.FunctionType:
        return [*_cell_contents(one), *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    if kind is tuple or kind is frozenset:
        return list(itertools.islice(one, _FEW))
    return [] if kind is dict else [one.__self__]


def _has_as_attribute(holder: object, obj: object) -> bool:
    # As a list: another thread may store something meanwhile.
    return any(value is obj for value in list((own_dict(holder) or {}).values()))


def _cell_contents(function: types.FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def _directly_held(fn: Any) -> list[object]:
    held: list[object] = [fn]
    kind = type(fn)
    if kind is types.MethodType:
        return [fn.__self__, *_directly_held(fn.__func__)]
    if issubclass(kind, functools.partial):
        return [*_directly_held(fn.func), *fn.args, *fn.keywords.values()]
    if kind is types.FunctionType:
        held.extend(_cell_contents(fn))
        held.extend(fn.__defaults__ or ())
        held.extend((fn.__kwdefaults__ or {}).values())
    elif kind is types.BuiltinFunctionType and type(fn.__self__) is not types.ModuleType:
        held.append(fn.__self__)
    return held
