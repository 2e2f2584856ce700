"""Write the table of the analysis's bounds into ``docs/architecture.md``, from ``finlint/model/limits.py``.

Run ``python docs/tools/limits.py`` after a bound was added or changed; ``--check`` only compares, as a test does. In
how many tasks each is hit is in ``limits.json`` beside this file, which ``benchmarks/limits.py`` writes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from finlint.model.limits import LIMITS

PAGE = Path(__file__).resolve().parents[1] / "architecture.md"


MEASURED = json.loads((Path(__file__).parent / "limits.json").read_text("utf-8"))


def table() -> str:
    """One row for each bound, in the order of its module."""
    hits = MEASURED["hits"]
    rows = [
        f"| {name} | {int(bound):,} {bound.unit} | {bound.loses} | {bound.why} | {hits.get(name, 0)} |\n"
        for name, bound in LIMITS.items()
    ]
    tasks = f"hit in, of {MEASURED['tasks']:,} tasks about {MEASURED['packages']} packages"
    return f"| name | bound | what a hit loses | why it is there | {tasks} |\n|---|---|---|---|---|\n" + "".join(rows)


def written(text: str) -> str:
    """The page with the table as it is now."""
    return re.sub(
        r"(<!-- limits -->\n).*?(<!-- /limits -->)", lambda found: found[1] + table() + found[2], text, flags=re.S
    )


def main() -> int:
    text = PAGE.read_text("utf-8")
    if written(text) == text:
        return 0
    if "--check" in sys.argv:
        print(f"{PAGE.name}: the table of bounds is not that of finlint/model/limits.py", file=sys.stderr)
        return 1
    PAGE.write_text(written(text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
