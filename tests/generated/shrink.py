"""Disagreements made small, so that many programs come to few classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .compose import Spec
from .constructs import Kind, named
from .judge import Judged, judged
from .specs import HARMLESS, PRIMITIVE, REGISTRATION


def shrunk(results: Sequence[Judged], folder: Path) -> list[Judged]:
    """Of each the smallest program with the same fault that leaving out and replacing constructs one after another
    leads to. All take a step together, as many programs are run beside each other."""
    out = list(results)
    pending = list(range(len(out)))
    while pending:
        tried = [(number, spec) for number in pending for spec in _smaller(out[number].spec)]
        found: dict[int, Judged] = {}
        for (number, _), other in zip(tried, judged([spec for _, spec in tried], folder), strict=True):
            if other.fault == out[number].fault:
                found.setdefault(number, other)
        for number, smaller in found.items():
            out[number] = smaller
        pending = list(found)
    return out


def _smaller(spec: Spec) -> Iterator[Spec]:
    for number in range(len(spec.steps)):
        yield spec._replace(steps=spec.steps[:number] + spec.steps[number + 1 :])
    if spec.registration.kind is Kind.KEEPER:
        return
    registration, primitive = named(REGISTRATION), named(PRIMITIVE)
    if spec.registration != registration:
        yield spec._replace(registration=registration)
    if spec.primitive != primitive:
        yield spec._replace(primitive=primitive, use=1 if spec.use == 1 else HARMLESS)
    elif spec.use > HARMLESS:
        yield spec._replace(use=HARMLESS)


def name_of(result: Judged) -> str:
    """What is left of a program: its constructs but for those that every construct is tried with alone."""
    return f"{result.fault}: {' > '.join(_names(result))}"


def is_of(result: Judged, name: str) -> bool:
    """Whether a program has, in that order, all that a class of disagreements has."""
    fault, _, constructs = name.partition(": ")
    names = iter(_names(result))
    return result.fault == fault and all(one in names for one in constructs.split(" > "))


def _names(result: Judged) -> list[str]:
    ordinary = {REGISTRATION, PRIMITIVE}
    return [one.name for one in result.spec.constructs if one.name not in ordinary] or ["nothing"]
