"""Programs of several constructs, the same for a seed: what agrees alone agrees together, however it is written."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import pytest

from .compose import Spec, program
from .constructs import Kind, limits, named
from .judge import findings, judged, write
from .specs import alone, compositions
from .variants import VARIANTS, said

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is blocked is read from /proc")

WITHOUT = {limit.name for limit in limits()}


#: The share that agrees, at least. What disagrees is mostly a container in a container in an object: of what stands so
#: deep in an argument, little is kept (``docs/accuracy.md`` has the figures of a campaign).
AGREE = 0.9


@pytest.mark.parametrize(("seed", "programs"), [(1, 50), pytest.param(2, 1_200, marks=pytest.mark.slow)])
def test_compositions_agree(seed: int, programs: int, tmp_path: Path) -> None:
    results = judged(list(islice(compositions(seed, WITHOUT), programs)), tmp_path)
    valid = [result for result in results if result.fault != "invalid"]
    states = [result.outcome.state for result in valid]
    # What does not go together (a list in a set) is little.
    assert len(valid) > 0.95 * programs
    assert states.count("blocked") > programs / 4
    assert states.count("finished") > programs / 4
    wrong = [str(result) for result in valid if result.fault]
    assert not [result for result in valid if result.fault == "apart"], "\n\n".join(wrong)
    assert len(wrong) <= (1 - AGREE) * len(valid), "\n\n".join(wrong)


def test_the_compositions_of_a_seed_are_the_same() -> None:
    first, second, other = (list(islice(compositions(seed), 20)) for seed in (1, 1, 2))
    assert first == second != other
    assert [program(spec) for spec in first] == [program(spec) for spec in second]


@pytest.mark.parametrize("variant", VARIANTS)
def test_written_otherwise_the_same_is_said(variant: str, tmp_path: Path) -> None:
    _compare(variant, list(islice(compositions(3, WITHOUT), 60)), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_each_construct_written_otherwise(variant: str, tmp_path: Path) -> None:
    kinds = (Kind.CARRIER, Kind.HOP, Kind.SILENCE, Kind.REGISTRATION)
    _compare(variant, [spec for kind in kinds for _, spec in alone(kind) if spec.use == 1], tmp_path)


#: Constructs that finlint does not follow where they are written so (``docs/accuracy.md`` says it): definitions under
#: conditions in another module, what a lambda of another module registers, and what ``setattr`` stores in a third module,
#: where nobody searches for it. A generator of another module is reported where it is freed or closed,
#: and by itself.
OTHERWISE = {
    "split": {
        "conditional definition",
        "definition in try",
        "finalize, lambda",
        "generator that is dropped half-way",
        "generator, closed",
        "setattr and getattr",
    },
}


def _compare(variant: str, specs: list[Spec], folder: Path) -> None:
    left_out = OTHERWISE.get(variant, set())
    specs = [spec for spec in specs if left_out.isdisjoint(one.title for one in spec.constructs)]
    written = [(spec, program(spec), VARIANTS[variant](spec)) for spec in specs]
    pairs = [(spec, one, other) for spec, one, other in written if other is not None]
    assert len(pairs) > len(specs) / 2
    firsts = write([one for _, one, _ in pairs], folder / "first")
    seconds = write([other for _, _, other in pairs], folder / "second")
    names = variant != "renamed"
    wrong = []
    for (spec, one, other), first, second in zip(pairs, firsts, seconds, strict=True):
        before, after = said(one, findings(first), names), said(other, findings(second), names)
        if before != after:
            texts = "\n".join(f"-- {name}\n{text}" for name, text in other.files.items())
            wrong.append(f"{spec.name}\n{before - after} became {after - before}\n{texts}")
    assert not wrong, "\n\n".join(wrong)


def test_variants_run_as_the_programs_do(tmp_path: Path) -> None:
    """What is compared is the same program: one of each variant is run."""
    from .execute import execute

    spec = Spec(named("registrations: finalize"), (named("hops: function"),), named("primitives: Event.wait"))
    written = [variant(spec) for variant in VARIANTS.values()]
    outcomes = execute(write([one for one in written if one is not None], tmp_path), "plain")
    assert [outcome.state for outcome in outcomes] == ["blocked"] * len(VARIANTS)
