"""What ``finlint.watch`` took down in the process itself (``finlint.watch.record`` writes it)."""

from __future__ import annotations

from typing import Any

from finlint.live.readers.errors import DumpError
from finlint.live.readers.objects import get, parsed
from finlint.live.stacks import Collection, Dump, Frame, Thread, Value

#: The version of the form; another one is of another finlint.
VERSION = 1


def read_recorded(text: str) -> Dump | None:
    """The record; None where it is something else. Raises DumpError."""
    if not text.lstrip().startswith("{"):
        return None
    document = parsed(text)
    if not isinstance(document, dict) or "finlint.watch" not in document:
        return None
    if (version := document["finlint.watch"]) != VERSION:
        raise DumpError(f"the record is of version {version!r}, this finlint reads {VERSION}")
    try:
        threads = tuple(map(_thread, get(document, "threads", list)))
    except DumpError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise DumpError(f"the record is broken: {error}") from None
    return Dump(
        "finlint.watch",
        threads,
        hooked=True,
        roots=tuple(map(str, get(document, "roots", list, []))),
        pid=get(document, "pid", int, 0) or None,
    )


def _thread(data: Any) -> Thread:
    collection = data.get("collection") if isinstance(data, dict) else None
    return Thread(
        str(get(data, "ident", int)),
        get(data, "name", str, ""),
        tuple(map(_frame, get(data, "frames", list))),
        get(data, "seconds", float, -1.0) if isinstance(data, dict) and data.get("seconds") is not None else None,
        None if collection is None else _collection(collection),
    )


def _collection(data: Any) -> Collection:
    young = tuple((str(name), int(count)) for name, count in get(data, "young", list, []))
    return Collection(
        get(data, "seconds", float),
        get(data, "interrupted", int),
        get(data, "made", int),
        get(data, "threshold", int),
        young,
    )


def _frame(data: Any) -> Frame:
    values = {
        str(name): Value(int(address), str(shown)) for name, (address, shown) in get(data, "values", dict, {}).items()
    }
    loads = data.get("loads")
    return Frame(
        get(data, "function", str),
        get(data, "path", str),
        get(data, "line", int),
        values,
        get(data, "opcode", str, ""),
        None if loads is None else tuple(map(str, loads)),
        get(data, "kind", str, ""),
    )
