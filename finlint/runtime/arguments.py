"""What `set_finalizer` and `add_cleanup` accept. Every refusal says why it could not work."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from finlint.runtime.collector import is_own_dict
from finlint.runtime.names import type_name

_SHARED: frozenset[type] = frozenset(
    {
        *(type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, slice),
        *(type(Ellipsis), type(NotImplemented), types.CodeType, types.BuiltinFunctionType),
    }
)


def check_object(caller: str, obj: object) -> None:
    """Raises TypeError for what never dies, or whose death says nothing about the value at hand."""
    kind = type(obj)
    if obj is None:
        raise TypeError(f"{caller}: first argument is None, which never dies")
    if kind in _SHARED:
        raise TypeError(
            f"{caller}: cannot watch a {kind.__name__}: the interpreter shares equal immutable values and keeps some "
            "for ever; wrap it in an object of your own"
        )
    if isinstance(obj, type):
        raise TypeError(f"{caller}: cannot watch the class {obj.__qualname__}: a class refers to itself and lives on")
    if isinstance(obj, types.ModuleType):
        raise TypeError(f"{caller}: cannot watch the module {obj.__name__}: sys.modules keeps it until exit")


def check_callable(caller: str, fn: object, arguments: int, receives: str) -> None:
    """Raises TypeError unless `fn` can be called with that many positional arguments (Go checks it here, too)."""
    if not callable(fn):
        raise TypeError(f"{caller}: second argument is {type_name(fn)}, not a function")
    if isinstance(fn, types.BuiltinFunctionType):  # Python decides at the call: reading its signature takes 0.2 ms
        return
    if isinstance(fn, types.FunctionType):  # the common case; inspect.signature is 30 times slower
        fits = _fits(fn, arguments)
    elif isinstance(fn, types.MethodType) and isinstance(fn.__func__, types.FunctionType):
        fits = _fits(fn.__func__, arguments + 1)
    else:
        try:
            signature = inspect.signature(fn)
        except (ValueError, TypeError):  # builtins without a signature: Python decides at the call
            return
        try:
            signature.bind(*[None] * arguments)
            fits = True
        except TypeError:
            fits = False
    if not fits:
        raise TypeError(f"{caller}: cannot pass {receives} to {getattr(fn, '__qualname__', fn)!s}: wrong parameters")


def _fits(fn: types.FunctionType, arguments: int) -> bool:
    code = fn.__code__
    least = code.co_argcount - len(fn.__defaults__ or ())
    most = float("inf") if code.co_flags & inspect.CO_VARARGS else code.co_argcount
    return least <= arguments <= most and len(fn.__kwdefaults__ or ()) == code.co_kwonlyargcount


def check_cleanup_argument(obj: object, arg: object) -> None:
    """Raises ValueError where the argument itself keeps the object (Go: recoverable panics since 1.26)."""
    if arg is obj:
        raise ValueError("add_cleanup: obj is equal to arg, cleanup will never run")
    if isinstance(arg, types.MethodType) and arg.__self__ is obj:
        raise ValueError("add_cleanup: arg is a bound method of obj, cleanup will never run")
    if type(arg) is dict and is_own_dict(obj, arg):  # Go: a pointer into the object is "within arg", as bad as itself
        raise ValueError("add_cleanup: arg is the __dict__ of obj, which goes on being used; pass a copy")


def check_cleanup_closure(obj: object, fn: Any) -> None:
    """Raises ValueError where the function itself keeps the object (directly; see `Runtime.check` for the rest)."""
    if any(held is obj for held in _directly_held(fn)):
        raise ValueError("add_cleanup: cleanup function closes over obj, cleanup will never run")


def check_held(obj: object, fn: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    """Raises ValueError where a callback or an argument of it is, or directly holds, the object that it waits for."""
    for value in args:
        if value is obj:
            raise ValueError("register: obj is an argument of its own cleanup, which will never run")
    if kwargs and any(value is obj for value in kwargs.values()):
        raise ValueError("register: obj is an argument of its own cleanup, which will never run")
    kind = type(fn)  # the common cases first: this is most of the cost of registering
    if kind is types.FunctionType:
        plain = not (fn.__closure__ or fn.__defaults__ or fn.__kwdefaults__)
    else:
        plain = kind is type or (kind is types.BuiltinFunctionType and fn.__self__ is not obj)
    if not plain and any(one is obj for one in _directly_held(fn)):
        raise ValueError("register: the cleanup function holds obj, so it will never run")
    for value in args:
        if isinstance(value, types.MethodType) and value.__self__ is obj:
            raise ValueError("register: an argument is a bound method of obj, so the cleanup will never run")
        if type(value) is dict and is_own_dict(obj, value):
            raise ValueError("register: an argument is the __dict__ of obj, which goes on being used; pass a copy")


def _directly_held(fn: Any) -> list[object]:
    held: list[object] = [fn]
    if isinstance(fn, types.MethodType):
        return [fn.__self__, *_directly_held(fn.__func__)]
    if isinstance(fn, functools.partial):
        return [*_directly_held(fn.func), *fn.args, *fn.keywords.values()]
    if isinstance(fn, types.FunctionType):
        for cell in fn.__closure__ or ():
            try:
                held.append(cell.cell_contents)
            except ValueError:  # not assigned yet
                continue
        held.extend(fn.__defaults__ or ())
        held.extend((fn.__kwdefaults__ or {}).values())
    elif isinstance(fn, types.BuiltinFunctionType) and not isinstance(fn.__self__, types.ModuleType):
        held.append(fn.__self__)
    return held
