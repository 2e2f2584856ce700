"""Many compositions, judged, and what disagrees in classes: ``python -m generated.campaign --programs 20000 --seed 1``.

Run with ``tests/`` on PYTHONPATH. By default constructs that do not agree alone are left out (``--all``: they are not):
then what is reported here does not compose. One process at a time; about 100 programs take a second and a half of CPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .compose import Spec
from .constructs import limits
from .judge import Judged, judged
from .shrink import is_of, name_of, shrunk
from .specs import compositions

#: Programs that are written, linted and run at a time.
PORTION = 200


def run(specs: Iterator[Spec], folder: Path) -> Iterator[Judged]:
    """The programs judged, a portion after the other."""
    while portion := list(islice(specs, PORTION)):
        yield from judged(portion, folder)


def main() -> int:
    parser = argparse.ArgumentParser(description="Lint and execute programs made from a seed, and compare.")
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="also constructs that are known not to agree alone")
    parser.add_argument("--shrink", type=int, default=200, help="disagreements that are made smaller, which takes long")
    parser.add_argument("--keep", type=Path, default=None, help="write one program of each class into this folder")
    options = parser.parse_args()
    without = set() if options.all else {limit.name for limit in limits()}
    states: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        results = run(islice(compositions(options.seed, without), options.programs), folder)
        while portion := list(islice(results, PORTION)):
            states.update(result.outcome.state for result in portion)
            new: list[Judged] = []
            for result in (one for one in portion if one.fault not in ("", "invalid")):
                name = next((known for known in classes if is_of(result, known)), "")
                if name:
                    classes[name] += 1
                elif classes.total() + len(new) < options.shrink:
                    new.append(result)
                else:
                    classes[f"{result.fault}: of another class, or of more than one"] += 1
            for small in shrunk(new, folder / "small"):
                name = name_of(small)
                if name not in classes:
                    print(f"{small}\n", flush=True)
                    _keep(options.keep, len(classes), small)
                classes[name] += 1
            print(f"{states.total()} programs, {classes.total()} disagree", file=sys.stderr, flush=True)
    invalid = states.pop("invalid", 0)
    whole, wrong = sum(states.values()), sum(classes.values())
    share = f"{100 * (whole - wrong) / max(whole, 1):.2f} %"
    print(f"{whole} programs ({dict(states)}; {invalid} more are invalid): {whole - wrong} agree ({share})")
    for name, count in classes.most_common():
        print(f"{count:6} {name}")
    return 1 if classes else 0


def _keep(folder: Path | None, number: int, result: Judged) -> None:
    if folder is not None:
        for name, text in result.program.files.items():
            path = folder / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
