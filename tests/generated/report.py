"""What docs/accuracy.md says of constructs, from the tables: ``python -m generated.report`` writes it.

Run with ``tests/`` on PYTHONPATH. That the limits are those that execution shows is what ``test_constructs.py`` tests.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .constructs import Kind, limits, whole_table
from .whole import DECIDED, PROGRAMS, Whole, programs

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- constructs -->\n", "<!-- /constructs -->\n"

_WHAT = {
    Kind.PRIMITIVE: "what is waited for, and what of it does not wait",
    Kind.CARRIER: "where the resource is kept on its way",
    Kind.HOP: "how what blocks is called",
    Kind.WAIT: "calls that wait for what they call elsewhere",
    Kind.SILENCE: "what is never called, or not by the finalizer",
    Kind.REGISTRATION: "how a finalizer is registered, and has its resource",
    Kind.RETENTION: "what a registration keeps, and perhaps the object with it",
    Kind.KEEPER: "how a registration keeps it",
}

_FAULTS = {"missed": "missed", "false": "reported, and does not happen", "elsewhere": "reported at another line"}


def page() -> str:
    """The part of the page between its marks."""
    lines = ["| table | of | constructs | agree | |", "| --- | --- | --- | --- | --- |"]
    failing = Counter(limit.name.partition(": ")[0] for limit in limits())
    whole = agree = 0
    for kind in Kind:
        number = len(whole_table(kind))
        good = number - failing[kind.value]
        whole, agree = whole + number, agree + good
        lines.append(f"| {kind.value} | {_WHAT[kind]} | {number} | {good} | {_share(good, number)} |")
    lines.append(f"| all | | {whole} | {agree} | {_share(agree, whole)} |")
    lines += ["", "Not followed, and why:", ""]
    reasons: dict[str, list[str]] = {}
    for limit in limits():
        table, _, title = limit.name.partition(": ")
        fault = "" if limit.fault == "missed" else f", {_FAULTS[limit.fault]}"
        reasons.setdefault(limit.why, []).append(f"{_escaped(title)} ({table}{fault})")
    lines += [f"- {why}: {'; '.join(names)}" for why, names in reasons.items()]
    return "\n".join([*lines, "", *_of_whole_programs()]) + "\n"


def _of_whole_programs() -> list[str]:
    """What is said of ``programs/``."""
    written = [one for path in sorted(PROGRAMS.glob("*.txt")) for one in programs(path)]
    known = [one for one in written if one.fault]
    decided = [one for one in known if one.table == DECIDED]
    others = [one for one in known if one.table != DECIDED]
    return [
        f"Of {len(written)} whole programs that were written by hand and are run, too, {len(written) - len(known)} agree.",
        f"{len(decided)} are no limits, but decided so, as a class is judged for all that may use it, and a run shows one:",
        "",
        *_by_reason(decided),
        "",
        "The others, and why:",
        "",
        *_by_reason(others),
    ]


def _by_reason(known: list[Whole]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in known:
        fault = "" if one.fault == "missed" else f" ({_FAULTS[one.fault]})"
        reasons.setdefault(one.why, []).append(f"{_escaped(one.title)}{fault}")
    return [f"- {why}: {'; '.join(names)}" for why, names in reasons.items()]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def _escaped(title: str) -> str:
    return title.replace("*", r"\*").replace("__", r"\_\_")


def main() -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{page()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
