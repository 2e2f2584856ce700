"""Closed kinds: where code branches on one, a type checker proves that no kind is forgotten."""

from __future__ import annotations

from typing import NoReturn


def assert_never(kind: NoReturn) -> NoReturn:
    """What stands where all kinds have been told apart (``typing.assert_never``, which Python 3.10 does not have)."""
    raise AssertionError(f"no such kind: {kind!r}")
