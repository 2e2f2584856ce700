"""Typed access to JSON that anybody may have written: what is not of the type that is asked for is a DumpError."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from finlint.live.readers.errors import DumpError

_Kind = TypeVar("_Kind", str, int, float, dict[str, Any], list[Any])


def parsed(text: str) -> Any:
    """The JSON value, or None where it is none. Raises DumpError where it starts like one and breaks off."""
    try:
        return json.loads(text)
    except RecursionError:
        raise DumpError("the dump is nested too deeply") from None
    except ValueError as error:
        raise DumpError(f"the dump looks like JSON, and is broken: {error}") from None


def get(where: Any, key: str, kind: type[_Kind], default: _Kind | None = None) -> _Kind:
    """``where[key]``, which must be a ``kind``; ``default`` stands for null and for a key that is missing."""
    value = where.get(key) if isinstance(where, dict) else None
    if value is None and default is not None:
        return default
    # A truth value is no number here, and JSON writes whole seconds without a point.
    wanted: Any = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise DumpError(f"the dump has {type(value).__name__} where {key!r} should be {kind.__name__}")
    found: Any = value
    return found  # type: ignore[no-any-return]
