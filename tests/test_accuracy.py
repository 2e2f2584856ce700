"""docs/accuracy.md: what can be worked out of its table of findings is what its sentences say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from finlint.model.codes import KIND_OF_CODE
from finlint.rules.base import reaching

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
VERDICTS = ("severe", "minor", "arguable", "false")
TRUE = ("severe", "minor")


class Judged(NamedTuple):
    sample: str
    package: str
    finding: str
    #: As it is now, and as it was in the first run where that is another: "medium, high at first".
    confidences: str
    verdict: str

    @property
    def confidence(self) -> str:
        return self.confidences.partition(",")[0]

    @property
    def confidence_at_first(self) -> str:
        return self.confidences.rpartition(", ")[2].removesuffix(" at first")

    @property
    def is_shown(self) -> bool:
        return "no longer reported" not in self.verdict

    @property
    def was_shown(self) -> bool:
        """In the first run over its sample."""
        return "reported since" not in self.verdict

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
        assert row.confidence_at_first in ("high", "medium"), row
        assert row.finding.split()[0] in KIND_OF_CODE, row


def _rounds() -> list[str]:
    """The columns of the table of verdicts: samples, and where there are two runs over one, which."""
    heading = next(line for line in TEXT.splitlines() if line.startswith("| verdict |"))
    return [cell.strip() for cell in heading.strip("|").split(" | ")][1:-1]


def test_the_table_of_verdicts_counts_the_findings() -> None:
    rows = {row[0]: row[1:] for row in _rows("verdict")}
    for number, column in enumerate(_rounds()):
        sample, _, run = column.partition(" ")
        judged = [row for row in JUDGED if row.sample == sample]
        counted = Counter(row.word for row in judged if (row.was_shown if run == "before" else row.is_shown))
        for word in VERDICTS:
            assert rows[word][number] == str(counted[word]), (word, column)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def test_the_figures_follow_from_the_findings() -> None:
    text = " ".join(TEXT.split())
    shown = [row for row in JUDGED if row.is_shown]
    true = sum(row.word in TRUE for row in shown)
    severe = sum(row.word == "severe" for row in shown)
    false = sum(row.word == "false" for row in shown)
    said = f"Of {len(shown)} findings that are shown now, {true} are true ({_share(true, len(shown))}) and {false} are false"
    assert f"{said} ({_share(false, len(shown))}); {severe} ({_share(severe, len(shown))}) are such" in text
    roots = int(text.partition(" root problems")[0].split()[-1])
    assert f"({len(shown) / roots:.1f} findings each)" in text


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ("BDEFGHIJKLMNOPQR", "of the {} findings of the first runs over B and D to R, "),
        ("LMNOPQR", "of the {} of L to R, the last, "),
    ],
)
def test_the_figures_of_fresh_code(samples: str, said: str) -> None:
    first = [row for row in JUDGED if row.sample in samples and row.was_shown]
    true = sum(row.word in TRUE for row in first)
    false = sum(row.word == "false" for row in first)
    total = len(first)
    text = " ".join(TEXT.split())
    assert (
        said.format(total) + f"{true} were true ({_share(true, total)}) and {false} false ({_share(false, total)})"
        in text
    )


@pytest.mark.parametrize("confidence", ["high", "medium"])
def test_confidence_is_counted(confidence: str) -> None:
    rows = [row for row in JUDGED if row.is_shown and row.confidence == confidence]
    true = sum(row.word in TRUE for row in rows)
    assert f"{true} of {len(rows)} of {confidence} confidence" in " ".join(TEXT.split())


def test_the_figures_of_high_confidence_on_fresh_code() -> None:
    first = [row for row in JUDGED if row.was_shown and row.confidence_at_first == "high"]
    true = sum(row.word in TRUE for row in first)
    false = sum(row.word == "false" for row in first)
    said = f"{true} of {len(first)} of high confidence were true ({_share(true, len(first))}) and {false} false"
    assert f"{said} ({_share(false, len(first))})" in " ".join(TEXT.split())


def test_the_bounds_are_those_of_the_code() -> None:
    numbers = {6: "six", 8: "eight", 9: "nine", 10: "ten"}
    assert f"the chain has {numbers[reaching._LONGISH]} calls or more" in TEXT
    assert f"the chain has {numbers[reaching._LONG]} calls or more: low" in TEXT


def test_the_labelled_cases_are_what_the_benchmark_printed() -> None:
    printed = {}
    for line in (ROOT / "benchmarks" / "labelled.txt").read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"(.{44}) +(\d+) +(\d+) +([\d.]+ %) +(\d+) +([\d.]+ %) .*", line)
        if row is not None:
            name, labelled, found, of_found, shown, of_shown = row.groups()
            printed[name.rstrip()] = [labelled, f"{found} ({of_found})", f"{shown} ({of_shown})"]
    told = {name: cells for name, _, *cells in _rows("cases")}
    assert told == {name: printed[name] for name in told}
    assert {name for name in printed if name.startswith(("kind ", "other kinds: "))} < told.keys()
