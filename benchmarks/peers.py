"""How much CPU finlint takes beside type checkers that follow the same code: ty and pyrefly, package by package.

    python benchmarks/peers.py [--corpus FOLDER] [--count N] [--seed N] [--rounds N] [--work FOLDER] [--json FILE]

Without ``--corpus``, the packages are chosen from those of the large tree of ``benchmarks/speed.py`` and downloaded;
with it, from the FOLDER's own folders. The choice is ``random.Random(SEED).sample`` of their sorted names. Of each
package all Python files are copied, and all three read the same copy: without a cache, without configuration, without
what the package needs. The figures are CPU seconds of all processes, the least of the rounds, which take turns; the
ratio of sums says what a tree costs, the median what a package costs. Needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from speed import PACKAGES, Command, FailedError, Place, copy_python, download_one, environment, measure, say

PEERS = ("ty", "pyrefly")


class Row(NamedTuple):
    """One package: CPU seconds by tool, and the function bodies that finlint ran."""

    package: str
    seconds: dict[str, float]
    bodies: int

    def ratio(self, peer: str) -> float:
        return self.seconds["finlint"] / self.seconds[peer]


def chosen(names: Sequence[str], count: int, seed: int) -> list[str]:
    """``count`` of the names, or all if there are no more."""
    ordered = sorted(names)
    return sorted(random.Random(seed).sample(ordered, min(count, len(ordered))))


def tools(place: Place, folder: Path) -> dict[str, Command]:
    """What each tool is called with for the package in ``folder``."""
    ty, pyrefly = (str(place.peer(name)) for name in PEERS)
    return {
        "finlint": Command([*place.finlint(), "--isolated", "--no-cache", "--exit-zero", str(folder)]),
        "ty": Command([ty, "check", "--exit-zero", "--quiet", "--project", str(folder), str(folder)]),
        "pyrefly": Command([pyrefly, "check", "--summary=none", "--output-format", "min-text", str(folder)]),
    }


def bodies(place: Place, folder: Path) -> int:
    """The function bodies that finlint runs for a package, each time counted: work, whatever the machine does."""
    command = [*place.finlint(), "--isolated", "--no-cache", "--exit-zero", "--verbose", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    found = re.search(r"ran ([\d,]+) bodies", done.stderr)
    if found is None:
        raise FailedError(f"finlint --verbose does not say what it ran: {done.stderr.strip()[-300:]}")
    return int(found[1].replace(",", ""))


def row(place: Place, name: str, folder: Path, rounds: int) -> Row:
    """The least CPU of each tool on one package. Raises FailedError."""
    todo = tools(place, folder)
    samples: dict[str, list[float]] = {tool: [] for tool in todo}
    for _ in range(rounds):
        for tool, command in todo.items():
            samples[tool].append(measure(command).cpu)
    return Row(name, {tool: min(taken) for tool, taken in samples.items()}, bodies(place, folder))


def table(rows: Sequence[Row]) -> str:
    """The rows, those that cost most beside ty first, and the ratios over all of them."""
    lines = ["| package | finlint | ty | pyrefly | to ty | to pyrefly | bodies |", "|---|---|---|---|---|---|---|"]
    for one in sorted(rows, key=lambda one: -one.ratio("ty")):
        seconds = " | ".join(f"{one.seconds[tool]:.2f} s" for tool in ("finlint", *PEERS))
        ratios = " | ".join(f"{one.ratio(peer):.2f}" for peer in PEERS)
        lines.append(f"| {one.package} | {seconds} | {ratios} | {one.bodies:,} |")
    for peer in PEERS:
        ratios_to = [one.ratio(peer) for one in rows]
        total = sum(one.seconds["finlint"] for one in rows) / sum(one.seconds[peer] for one in rows)
        worst = max(rows, key=lambda one: one.ratio(peer))
        lines.append(
            f"\nCPU to {peer} on {len(rows)} packages: sum {total:.2f}, median {statistics.median(ratios_to):.2f},"
            f" worst {worst.ratio(peer):.2f} ({worst.package})"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="choose from the folders in this one, and download nothing")
    parser.add_argument("--count", type=int, default=40, help="packages (default: 40)")
    parser.add_argument("--seed", type=int, default=20, help="of the choice (default: 20)")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each tool on each package (default: 2)")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "finlint-speed")
    parser.add_argument("--finlint", help="this command in place of the checkout's")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    given = parser.parse_args(arguments)
    place = Place(given.work, given.corpus, given.finlint)
    names = [path.name for path in given.corpus.iterdir() if path.is_dir()] if given.corpus else PACKAGES.split()
    rows: list[Row] = []
    for name in chosen(names, given.count, given.seed):
        with tempfile.TemporaryDirectory() as copy:
            folder = Path(copy) / name
            try:
                if given.corpus:
                    copy_python(given.corpus / name, folder)
                elif problem := download_one(name, folder):
                    raise FailedError(problem)
                rows.append(row(place, name, folder, given.rounds))
            except FailedError as error:
                say(f"left out {name}: {error}")
                continue
            say(f"{name}: {rows[-1].ratio('ty'):.2f} times ty")
    if not rows:
        say("nothing was measured")
        return 1
    print(table(rows))
    if given.json is not None:
        given.json.write_text(json.dumps([one._asdict() for one in rows], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
