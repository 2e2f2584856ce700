"""How finlint's cost grows: with copies of a tree, with the length of a chain of calls, with the size of a class.

    python benchmarks/growth.py [--tree FOLDER] [--runs N] [--svg docs/growth.svg]

Each program is doubled until it is eight times as large. What is measured is the processor time of one process that
analyses it, imports left out (the least of N runs; the machine's other work only ever adds), with the number of
function bodies that were run beside it. The picture has both axes relative to the smallest program: on the diagonal,
cost grows as the program does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from math import log2
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
FACTORS = (1, 2, 4, 8)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "test", "tests", "site-packages", "config-*")

#: Analyses the tree once more than it measures, so that imports and the disk are paid for.
MEASURE = """
import json, sys, time
from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.syntax.discover import discover
paths = discover([sys.argv[1]]).files
settings = Settings(jobs=1)
analyse(paths[:1], settings)
numbers = []
start = time.process_time()
report = analyse(paths, settings, statistics=numbers.append)
print(json.dumps([time.process_time() - start, numbers[0].frames, len(report.findings), numbers[0].bytes]))
"""


class Point(NamedTuple):
    factor: int
    seconds: float
    bodies: int
    findings: int
    size: int


class Series(NamedTuple):
    name: str
    points: Sequence[Point]


def copies(tree: Path) -> Callable[[Path, int], None]:
    def make(folder: Path, factor: int) -> None:
        for number in range(factor):
            shutil.copytree(tree, folder / f"copy{number}", ignore=LEFT_OUT)

    return make


def chain(folder: Path, factor: int) -> None:
    """Calls through modules of fifty functions each; the last one takes a lock."""
    count = 250 * factor
    (folder / "p").mkdir()
    (folder / "p" / "__init__.py").write_text("")
    for start in range(0, count, 50):
        following = start + 50
        if following < count:
            lines = [f"from p.m{following} import f{following}\n"]
        else:
            lines = ["import threading\nL = threading.Lock()\n"]
        for number in range(start, following):
            call = f"f{number + 1}()" if number + 1 < count else "L.acquire()"
            lines.append(f"def f{number}():\n    {call}\n")
        (folder / "p" / f"m{start}.py").write_text("".join(lines))
    (folder / "p" / "a.py").write_text("from p.m0 import f0\nclass A:\n    def __del__(self):\n        f0()\n")


def methods(folder: Path, factor: int) -> None:
    """One class whose methods call each other in a row, from ``__del__`` on."""
    count = 500 * factor
    body = "".join(f"    def m{n}(self):\n        self.a{n} = 1\n        self.m{n + 1}()\n" for n in range(count))
    (folder / "a.py").write_text(
        "import threading\nclass A:\n    def __init__(self):\n        self.lock = threading.Lock()\n"
        f"    def __del__(self):\n        self.m0()\n{body}    def m{count}(self):\n        self.lock.acquire()\n"
    )


def measure(make: Callable[[Path, int], None], factor: int, runs: int) -> Point:
    """The cheapest of ``runs`` analyses. Raises subprocess.CalledProcessError where one fails."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), factor)
        seen = []
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, "-c", MEASURE, folder],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )
            seen.append(json.loads(done.stdout))
    seconds, bodies, findings, size = min(seen)
    return Point(factor, seconds, bodies, findings, size)


COLOURS = ("#0072b2", "#d55e00", "#009e73")
LEFT, TOP, SIDE = 60, 30, 320


def svg(series: Sequence[Series]) -> str:
    """A picture with logarithmic axes: times as large, times as dear."""
    most = max(16.0, *(point.seconds / s.points[0].seconds for s in series for point in s.points))
    steps = max(4, next(n for n in range(64) if 2**n >= most))

    def x(factor: int) -> float:
        return LEFT + SIDE * log2(factor) / log2(FACTORS[-1])

    def y(ratio: float) -> float:
        return TOP + SIDE - SIDE * max(0.0, log2(ratio)) / steps

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + SIDE + 360}" height="{TOP + SIDE + 60}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="14">Processor time against size, both relative to the smallest</text>',
    ]
    for factor in FACTORS:
        out.append(f'<line x1="{x(factor)}" y1="{TOP}" x2="{x(factor)}" y2="{TOP + SIDE}" stroke="#ddd"/>')
        out.append(f'<text x="{x(factor)}" y="{TOP + SIDE + 18}" text-anchor="middle">{factor}x</text>')
    for step in range(steps + 1):
        out.append(f'<line x1="{LEFT}" y1="{y(2**step)}" x2="{LEFT + SIDE}" y2="{y(2**step)}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(2**step) + 4}" text-anchor="end">{2**step}x</text>')
    out.append(f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 40}" text-anchor="middle">size</text>')
    out.append(
        f'<line x1="{x(1)}" y1="{y(1)}" x2="{x(8)}" y2="{y(8)}" stroke="#888" stroke-dasharray="5 4"/>'
        f'<text x="{LEFT + SIDE + 12}" y="{TOP + 12}" fill="#555">- - - linear</text>'
    )
    for number, s in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x(point.factor), y(point.seconds / s.points[0].seconds)) for point in s.points]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.extend(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in places)
        first, last = s.points[0], s.points[-1]
        text = f"{s.name}: {first.seconds:.2f} s to {last.seconds:.2f} s"
        out.append(f'<text x="{LEFT + SIDE + 12}" y="{TOP + 36 + 20 * number}" fill="{colour}">{text}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="How the cost grows with the program.")
    library = Path(sysconfig.get_paths()["stdlib"])
    parser.add_argument("--tree", type=Path, default=library, metavar="FOLDER", help="what is copied")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--svg", type=Path, metavar="FILE")
    options = parser.parse_args()
    programs = {
        "copies of the standard library" if options.tree == library else f"copies of {options.tree.name}": copies(
            options.tree
        ),
        "length of a chain of calls": chain,
        "methods of a class": methods,
    }
    series = []
    print("| program | size | processor s | bodies run | findings | seconds, relative |")
    print("|---|---|---|---|---|---|")
    for name, make in programs.items():
        points = [measure(make, factor, options.runs) for factor in FACTORS]
        series.append(Series(name, points))
        for point in points:
            ratio = point.seconds / points[0].seconds
            print(
                f"| {name} | {point.factor}x ({point.size:,} bytes) | {point.seconds:.3f} | {point.bodies:,} |"
                f" {point.findings} | {ratio:.2f} |"
            )
    if options.svg is not None:
        options.svg.write_text(svg(series), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
