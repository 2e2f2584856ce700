"""Which programs are made: each construct alone, and choices of several from a seed."""

from __future__ import annotations

import random
from collections.abc import Container, Iterator

from .compose import Spec
from .constructs import Construct, Kind, named, table

#: What the constructs that are tried alone stand in and call.
REGISTRATION = "registrations: __del__, argument of the constructor"
PRIMITIVE = "primitives: Event.wait"
HARMLESS = 2
KEEPER = "keepers: an argument of finalize"
HOLDING, NOT_HOLDING = "retentions: a list with self", "retentions: a constant"

#: Steps of a composition at most.
STEPS = 4


def alone(kind: Kind) -> list[tuple[Construct, Spec]]:
    """Each construct of a table with the programs that try it."""
    return [(one, spec) for one in table(kind) for spec in _alone(one)]


def _alone(one: Construct) -> Iterator[Spec]:
    registration, primitive = named(REGISTRATION), named(PRIMITIVE)
    if one.kind is Kind.PRIMITIVE:
        yield from (Spec(registration, (), one, use) for use in range(1, len(one.parts)))
    elif one.kind is Kind.REGISTRATION:
        yield from (Spec(one, (), primitive, use) for use in (1, HARMLESS))
    elif one.kind is Kind.WAIT:
        yield Spec(registration, (one,), primitive)
    elif one.kind is Kind.RETENTION:
        yield Spec(named(KEEPER), (one,), primitive)
    elif one.kind is Kind.KEEPER:
        yield from (Spec(one, (named(held),), primitive) for held in (HOLDING, NOT_HOLDING))
    else:
        yield from (Spec(registration, (one,), primitive, use) for use in (1, HARMLESS))


def compositions(seed: int, without: Container[str] = ()) -> Iterator[Spec]:
    """Choices of up to `STEPS` steps without an end; the same for a seed. ``without``: names of constructs."""
    chance = random.Random(seed)

    def some(kind: Kind) -> list[Construct]:
        return [one for one in table(kind) if one.name not in without]

    carriers, hops, silences = some(Kind.CARRIER), some(Kind.HOP), some(Kind.SILENCE)
    registrations, primitives = some(Kind.REGISTRATION), some(Kind.PRIMITIVE)
    while True:
        steps = [chance.choice(carriers if chance.random() < 0.4 else hops) for _ in range(chance.randint(1, STEPS))]
        if chance.random() < 0.2:
            steps[chance.randrange(len(steps))] = chance.choice(silences)
        primitive = chance.choice(primitives)
        use = 1 if chance.random() < 0.7 else chance.randrange(1, len(primitive.parts))
        yield Spec(chance.choice(registrations), tuple(steps), primitive, use)


def retentions() -> list[Spec]:
    """Every value with every registration that keeps one."""
    primitive = named(PRIMITIVE)
    return [Spec(keeper, (value,), primitive) for keeper in table(Kind.KEEPER) for value in table(Kind.RETENTION)]
