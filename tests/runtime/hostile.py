"""Classes and objects that raise at every question: nothing of them may be asked where it is not needed."""

from __future__ import annotations

from typing import Any


class Meta(type):
    """A metaclass that answers nothing, as one with ``__eq__`` and no ``__hash__`` does not."""

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(f"{name} of the class")

    def __hash__(cls) -> int:
        raise RuntimeError("hash of the class")

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("eq of the class")

    def __repr__(cls) -> str:
        raise RuntimeError("repr of the class")


class Hostile(metaclass=Meta):
    """Neither do its objects, and calling one raises, too."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __sizeof__(self) -> int:
        raise RuntimeError("sizeof")

    def __call__(self, *_: object) -> Any:
        raise UnspeakableError


class UnspeakableError(Exception):
    """What it says ends the thread that asks."""

    def __str__(self) -> str:
        raise SystemExit(3)
