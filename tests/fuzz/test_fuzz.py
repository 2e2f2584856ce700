"""The first cases of a seed: a part of ``.ci/run`` (``python -m pytest -m slow``); ``fuzz.py`` goes on for longer."""

from __future__ import annotations

from itertools import islice

import pytest

# Each case is linted in a fork, with limits that the system keeps.
pytest.importorskip("resource")
from fuzz.fuzz import KINDS, cases, run

#: As many as take less than a minute of CPU.
CASES = 60


@pytest.mark.slow
def test_hostile_and_unlucky_trees() -> None:
    faults = []
    for number, case in enumerate(islice(cases(1), CASES)):
        result = run(case)
        if result.fault:
            faults.append(f"{number} {case.kind}: {result.fault}\n{result.output[-1000:]}")
    assert not faults, "\n".join(faults)


def test_the_cases_of_a_seed_are_the_same() -> None:
    first, second, other = (list(islice(cases(seed), 2 * len(KINDS))) for seed in (1, 1, 2))
    assert first == second != other


def test_one_case_of_each_kind() -> None:
    for case in islice(cases(3), len(KINDS)):
        result = run(case)
        assert not result.fault, (case.kind, result.output)
