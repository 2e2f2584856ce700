"""docs/accuracy.md: what can be worked out of its table of findings is what its sentences say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from finlint.model.codes import KIND_OF_CODE
from finlint.rules.base import reaching

TEXT = (Path(__file__).parents[1] / "docs" / "accuracy.md").read_text(encoding="utf-8")
VERDICTS = ("severe", "minor", "arguable", "false")
TRUE = ("severe", "minor")


class Judged(NamedTuple):
    sample: str
    package: str
    finding: str
    confidence: str
    verdict: str

    @property
    def is_shown(self) -> bool:
        return "no longer reported" not in self.verdict

    @property
    def word(self) -> str:
        return self.verdict.partition(",")[0]


def _rows(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called ``heading``."""
    lines = iter(TEXT.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    out: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            break
        out.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return out


#: The rows that begin with a sample and a package of a version.
JUDGED = [
    Judged(*cells)
    for line in TEXT.splitlines()
    if re.match(r"\| [A-Z] \| \S+ [\d.]+ \|", line)
    for cells in [[cell.strip() for cell in line.strip("|").split(" | ")]]
]


def test_there_are_findings_and_their_words_are_known() -> None:
    assert len(JUDGED) >= 20
    for row in JUDGED:
        assert row.word in VERDICTS, row
        assert row.confidence in ("high", "medium"), row
        assert row.finding.split()[0] in KIND_OF_CODE, row


def test_the_table_of_verdicts_counts_the_findings() -> None:
    counted = {row[0]: row[1:5] for row in _rows("verdict")}
    for word in VERDICTS:
        of_a = Counter(row.word for row in JUDGED if row.sample == "A")[word]
        before = Counter(row.word for row in JUDGED if row.sample == "B")[word]
        after = Counter(row.word for row in JUDGED if row.sample == "B" and row.is_shown)[word]
        of_c = Counter(row.word for row in JUDGED if row.sample == "C")[word]
        assert counted[word] == [str(of_a), str(before), str(after), str(of_c)], word


def test_the_figures_follow_from_the_findings() -> None:
    shown = [row for row in JUDGED if row.is_shown]
    true = sum(row.word in TRUE for row in shown)
    severe = sum(row.word == "severe" for row in shown)
    false = sum(row.word == "false" for row in shown)
    assert false == 0
    share = f"{100 * true / len(shown):.0f} %"
    said = f"Of {len(shown)} findings that are shown now, {true} are true ({share}) and none is false"
    assert said in TEXT
    assert f"{severe} ({100 * severe / len(shown):.0f} %) are such that a maintainer would mend" in " ".join(
        TEXT.split()
    )
    # Not one false among n: the true rate is below this with 95 % certainty.
    assert f"below {100 * (1 - 0.05 ** (1 / len(shown))):.0f} %" in TEXT


@pytest.mark.parametrize("confidence", ["high", "medium"])
def test_confidence_is_counted(confidence: str) -> None:
    rows = [row for row in JUDGED if row.is_shown and row.confidence == confidence]
    true = sum(row.word in TRUE for row in rows)
    assert f"{true} of {len(rows)} of {confidence} confidence" in " ".join(TEXT.split())


def test_the_bounds_are_those_of_the_code() -> None:
    numbers = {6: "six", 8: "eight", 9: "nine", 10: "ten"}
    assert f"the chain has {numbers[reaching._LONGISH]} calls or more" in TEXT
    assert f"the chain has {numbers[reaching._LONG]} calls or more: low" in TEXT
