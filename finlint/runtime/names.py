"""How callables and types are called in reports. Nothing here keeps what it describes alive."""

from __future__ import annotations

import functools
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

PACKAGE: Final = os.path.dirname(__file__) + os.sep
_DEMO: Final = PACKAGE + "demo.py"


# A metaclass may answer for its classes, and raise. Asked like this it is not asked.
qualname: Final[Callable[[type], str]] = vars(type)["__qualname__"].__get__
_MODULE: Final[Callable[[type], object]] = vars(type)["__module__"].__get__
_BASES: Final[Callable[[type], tuple[type, ...]]] = vars(type)["__mro__"].__get__
_NAMESPACE: Final[Callable[[type], Mapping[str, Any]]] = vars(type)["__dict__"].__get__


def is_a(obj: object, kinds: type | tuple[type, ...]) -> bool:
    """Whether the object is of a type; unlike ``isinstance`` it does not ask the object for its ``__class__``."""
    return issubclass(type(obj), kinds)


def namespaces(obj: object) -> Iterator[Mapping[str, Any]]:
    """What the object's class and its bases define, the class first."""
    return map(_NAMESPACE, _BASES(type(obj)))


def is_ours(path: str) -> bool:
    """Whether a file is part of this package; the demo plays a user."""
    return path.startswith(PACKAGE) and path != _DEMO


class Site(NamedTuple):
    """A place in the program: where something was registered, or begun."""

    code: types.CodeType
    line: int

    def __str__(self) -> str:
        return f"{self.code.co_filename}:{self.line} in {self.code.co_name}"


def call_site() -> Site | None:
    """Where this package was called from: the innermost frame that is not its own."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else Site(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno)


def type_name(obj: object) -> str:
    """The qualified name of the object's type, without ``builtins.`` and ``__main__.``."""
    return kind_name(type(obj))


def kind_name(kind: type) -> str:
    """The qualified name of a type, without ``builtins.`` and ``__main__.``."""
    name, module = qualname(kind), _MODULE(kind)
    return name if not isinstance(module, str) or module in ("builtins", "__main__") else f"{module}.{name}"


def error_text(error: BaseException) -> str:
    """Type and text of an exception; one that cannot say its text is told by its type."""
    name = type_name(error).rpartition(".")[2]
    try:
        return f"{name}: {error}"
    except BaseException:  # it may do anything, and must not end the thread that asks
        return f"{name}: <no text: its __str__ raised>"


def function_name(fn: Any) -> str:
    """Name, and where it is known file and line, of a callable of any kind."""
    try:
        return _function_name(fn)
    except BaseException:  # a __getattr__ of the user's may do anything, and must not end the thread that asks
        return f"{type_name(fn)} instance"


def _function_name(fn: Any) -> str:
    if is_a(fn, functools.partial):
        return f"partial({function_name(fn.func)})"
    inner = getattr(fn, "__func__", fn)
    name = getattr(inner, "__qualname__", None)
    if not isinstance(name, str):
        return f"{type_name(fn)} instance"
    module = getattr(inner, "__module__", None)
    full = name if not isinstance(module, str) or module in ("builtins", "__main__") else f"{module}.{name}"
    code = getattr(inner, "__code__", None)
    return f"{full} ({code.co_filename}:{code.co_firstlineno})" if isinstance(code, types.CodeType) else full
