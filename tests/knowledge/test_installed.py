"""What we say of third-party libraries against those that are installed: names, coroutine functions, parameters.

A library that is not installed is not looked at; ``pip install`` some beside the project to check more. Names that a
library makes at run time, and C functions without a signature, say nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import finlint.knowledge
from finlint.knowledge.entries import Entry
from finlint.knowledge.parse import load_toml, parse_library

_FOLDER = Path(finlint.knowledge.__file__).with_name("data") / "thirdparty"


def _libraries() -> Iterator[tuple[str, Path]]:
    for path in sorted(_FOLDER.glob("*.toml")):
        top = path.stem.partition(".")[0]
        try:
            found = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            found = None
        if found is not None and found.origin is not None:
            yield top, path


LIBRARIES = dict(_libraries())


def _resolved(name: str) -> tuple[Any, Any] | None:
    """What a qualified name means and what it was read from; None where its module cannot be imported here."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        owner: Any = None
        for part in parts[length:]:
            owner, value = (
                value,
                inspect.getattr_static(value, part, None) if inspect.isclass(value) else getattr(value, part, None),
            )
            if value is None:
                return owner, None
        return owner, value
    return None


def _faults(entry: Entry) -> Iterator[str]:
    found = _resolved(entry.name)
    if found is None:
        return
    owner, value = found
    if value is None:
        if not _is_dynamic(owner) and not entry.type:
            yield f"{entry.name} is not there"
        return
    function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
    if inspect.isfunction(function):
        if inspect.iscoroutinefunction(function) is not entry.is_async and not _gives_awaitable(function):
            yield f"{entry.name} is {'no' if entry.is_async else 'a'} coroutine function"
        yield from _parameters(entry, function)


def _is_dynamic(owner: Any) -> bool:
    """Whether attributes are made when they are asked for, or by metaclasses and generated code."""
    return owner is None or hasattr(owner, "__getattr__") or not inspect.isclass(owner)


def _gives_awaitable(function: Any) -> bool:
    """A decorator hides what it is, or it is a plain function that returns something to await."""
    return hasattr(function, "__wrapped__") or "Awaitable" in str(function.__annotations__.get("return", ""))


def _parameters(entry: Entry, function: Any) -> Iterator[str]:
    params = inspect.signature(function).parameters.values()
    if any(param.kind in (param.VAR_KEYWORD, param.VAR_POSITIONAL) for param in params):
        return
    names = {param.name for param in params}
    wanted = {name.lstrip("*") for name in entry.parameters} - {""}
    missing = sorted(wanted - names)
    if missing:
        yield f"{entry.name} has no parameter {', '.join(missing)}"


@pytest.mark.parametrize("top", LIBRARIES)
def test_it_is_as_we_say(top: str) -> None:
    path = LIBRARIES[top]
    entries = parse_library(load_toml(path.read_text("utf-8"), path.name), path.name).entries
    assert [fault for entry in entries.values() for fault in _faults(entry)] == []


def test_some_are_installed() -> None:
    assert LIBRARIES
