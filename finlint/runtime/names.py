"""How callables and types are called in reports. Nothing here keeps what it describes alive."""

from __future__ import annotations

import functools
import types
from typing import Any


def type_name(obj: object) -> str:
    """The qualified name of the object's type, without ``builtins.`` and ``__main__.``."""
    kind = type(obj)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def function_name(fn: Any) -> str:
    """Name, and where it is known file and line, of a callable of any kind."""
    if isinstance(fn, functools.partial):
        return f"partial({function_name(fn.func)})"
    inner = getattr(fn, "__func__", fn)
    name = getattr(inner, "__qualname__", None)
    if not isinstance(name, str):
        return f"{type_name(fn)} instance"
    module = getattr(inner, "__module__", None)
    full = name if not isinstance(module, str) or module in ("builtins", "__main__") else f"{module}.{name}"
    code = getattr(inner, "__code__", None)
    return f"{full} ({code.co_filename}:{code.co_firstlineno})" if isinstance(code, types.CodeType) else full
