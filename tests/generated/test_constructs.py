"""Each construct of the tables alone, linted and executed: they agree, but for what ``tables/limits.txt`` names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .compose import Spec, program
from .constructs import Kind, limits, named, table
from .judge import Judged, judged
from .report import BEGIN, END, PAGE, page
from .specs import PRIMITIVE, REGISTRATION, alone, retentions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is blocked is read from /proc")

#: Faults of constructs alone that have been looked at.
KNOWN = {limit.name: limit.fault for limit in limits()}


def _unexpected(results: Iterator[tuple[str, Judged]]) -> list[str]:
    """Disagreements that nobody expects, and limits that are none any more."""
    seen: dict[str, set[str]] = {}
    out = []
    for name, result in results:
        seen.setdefault(name, set()).add(result.fault)
        # Where something harmless is reported, it is also where something else blocks.
        if result.fault and KNOWN.get(name) not in (result.fault, "false" if result.fault == "elsewhere" else None):
            out.append(str(result))
    for name, faults in seen.items():
        if name in KNOWN and KNOWN[name] not in faults:
            out.append(f"{name} agrees: no line of tables/limits.txt")
    return out


#: Half the constructs are in these two tables.
LARGE = (Kind.CARRIER, Kind.HOP)
KINDS = [pytest.param(kind, id=kind.value, marks=[pytest.mark.slow] if kind in LARGE else []) for kind in Kind]


@pytest.mark.parametrize("kind", KINDS)
def test_each_construct_alone(kind: Kind, tmp_path: Path) -> None:
    constructs, specs = zip(*alone(kind), strict=True)
    results = judged(specs, tmp_path)
    wrong = _unexpected((one.name, result) for one, result in zip(constructs, results, strict=True))
    wrong += [
        f"its execution is not what the table is for: {result}" for result in results if not _serves(kind, result)
    ]
    assert not wrong, "\n\n".join(wrong)


def _serves(kind: Kind, result: Judged) -> bool:
    """Does an entry do what its table is for? Told by its execution, and so by no expectation about finlint."""
    state = result.outcome.state
    if kind in (Kind.RETENTION, Kind.KEEPER):
        return state in ("kept", "finished")
    blocks = result.spec.use == 1 and kind is not Kind.SILENCE
    return state == ("blocked" if blocks else "finished")


@pytest.mark.slow
def test_each_value_with_each_registration_that_keeps_it(tmp_path: Path) -> None:
    results = judged(retentions(), tmp_path)
    assert {result.outcome.state for result in results} == {"kept", "finished"}
    wrong = [
        str(result)
        for result in results
        if result.fault and not ({one.name for one in result.spec.constructs} & set(KNOWN))
    ]
    # What a helper's argument holds in turn is not always seen, and a lambda's default is read as it was last.
    assert len(wrong) < 0.05 * len(results), "\n\n".join(wrong)


def test_limits_name_constructs() -> None:
    for limit in limits():
        assert named(limit.name).name == limit.name
        assert limit.fault in ("missed", "false", "elsewhere")


def test_the_page_has_what_the_tables_say() -> None:
    assert PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0] == page()


def test_names_are_new_where_a_construct_stands_twice() -> None:
    (box,) = (one for one in table(Kind.CARRIER) if one.title == "attribute of a plain class")
    text = program(Spec(named(REGISTRATION), (box, box), named(PRIMITIVE))).files["main.py"]
    assert "class Box:" in text
    assert "class Box2:" in text
    assert "v = Box2(v)" in text
