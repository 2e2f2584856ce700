"""What ``finlint.watch`` costs the program that it watches: CPU time of the program's thread, with and without.

    python benchmarks/watch.py [--times N] [--only PROGRAM]

Each program runs N times (7) in a process of its own for each way, in turns; the best of each counts, as noise only
adds. ``watch`` is ``finlint.watch.start()``, ``timing`` the same with ``timing=True``. The last column compares with
``none``; ``none again`` shows what the machine's own noise is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
WAYS = ("none", "none again", "watch", "timing")


class Dropped:
    __slots__ = ("__weakref__",)

    def __del__(self) -> None:
        pass


class Plain:
    __slots__ = ("__weakref__",)


def nothing() -> None:
    pass


def million_finalizers() -> None:
    """A million objects with ``__del__``."""
    for _ in range(1_000_000):
        Dropped()


def finalize() -> None:
    """200,000 objects with ``weakref.finalize``."""
    for _ in range(200_000):
        weakref.finalize(Plain(), nothing)


def million_plain() -> None:
    """A million objects without finalizers."""
    for _ in range(1_000_000):
        Plain()


def cycles() -> None:
    """300,000 reference cycles: some 400 collections."""
    for _ in range(300_000):
        ring: list[object] = []
        ring.append(ring)


def exceptions() -> None:
    """300,000 exceptions."""
    for _ in range(300_000):
        try:
            raise ValueError
        except ValueError:
            pass


PROGRAMS: dict[str, Callable[[], None]] = {
    function.__name__: function for function in (million_finalizers, finalize, million_plain, cycles, exceptions)
}


def one(program: str, way: str) -> None:
    """Run a program once and print the seconds of CPU of this thread."""
    if way in ("watch", "timing"):
        from finlint import watch

        watch.start(timing=way == "timing")
    started = time.thread_time()
    PROGRAMS[program]()
    print(time.thread_time() - started, flush=True)
    os._exit(0)


def measured(program: str, way: str) -> float:
    command = [sys.executable, __file__, "--one", program, way]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7, metavar="N")
    parser.add_argument("--only", choices=PROGRAMS, metavar="PROGRAM", help=f"one of {', '.join(PROGRAMS)}")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(*options.one)
    print(f"Python {sys.version.split()[0]}; ms of CPU, the best of {options.times}\n")
    print("| program | " + " | ".join(WAYS) + " | in comparison with none |")
    print("|---|" + "---|" * (len(WAYS) + 1))
    for program in (options.only,) if options.only else PROGRAMS:
        function = PROGRAMS[program]
        best = dict.fromkeys(WAYS, float("inf"))
        for _ in range(options.times):
            for way in WAYS:
                best[way] = min(best[way], measured(program, way))
        shares = ", ".join(f"{way} {best[way] / best['none']:.2f}" for way in WAYS[1:])
        cells = " | ".join(f"{best[way] * 1000:.0f}" for way in WAYS)
        print(f"| {(function.__doc__ or program).rstrip('.')} | {cells} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
