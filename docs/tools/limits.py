"""Write the table of the analysis's bounds into ``docs/architecture.md``, from ``finlint/model/limits.py``.

Run ``python docs/tools/limits.py`` after a bound was added or changed; ``--check`` only compares, as a test does.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from finlint.model.limits import LIMITS

PAGE = Path(__file__).resolve().parents[1] / "architecture.md"


def table() -> str:
    """One row for each bound, in the order of its module."""
    rows = [
        f"| {name} | {int(bound):,} {bound.unit} | {bound.loses} | {bound.why} |\n" for name, bound in LIMITS.items()
    ]
    return "| name | bound | what a hit loses | why it is there |\n|---|---|---|---|\n" + "".join(rows)


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
