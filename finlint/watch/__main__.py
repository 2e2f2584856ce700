"""``python -m finlint.watch [options] script.py ARGS`` or ``... -m module ARGS``: run a program, watched."""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import sys

from finlint import watch


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finlint.watch",
        usage="python -m finlint.watch [options] (script.py | -m MODULE) [ARGS ...]",
        description="Runs a program and says which of its finalizers is stuck.",
        allow_abbrev=False,
    )
    parser.add_argument("--budget", type=_seconds, default=1.0, metavar="S", help="that one may take (default: 1)")
    parser.add_argument("--json", action="store_true", help="one object a line instead of text")
    parser.add_argument("--signal", type=_signal, metavar="NAME", help="report what runs when it comes: USR1")
    parser.add_argument("--timing", action="store_true", help="count and time every finalizer; printed at the end")
    parser.add_argument("--live", metavar="FILE", help="add what was seen to FILE, for finlint --live FILE")
    parser.add_argument(
        "--dead-man", action="store_true", help="have faulthandler print the stacks where nothing else can run"
    )
    parser.add_argument("-m", dest="module", action="store_true", help="run a module")
    parser.add_argument("program", metavar="script.py|MODULE")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS")
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not `{text}`")
    return value


def _signal(text: str) -> int:
    name = text.upper().removeprefix("SIG")
    found = getattr(signal, f"SIG{name}", None)
    if not isinstance(found, signal.Signals):
        raise argparse.ArgumentTypeError(f"no signal `{text}`")
    return int(found)


def main() -> None:
    """Run the program of ``sys.argv``; its exit status is this one's."""
    options = _parser().parse_args()
    if not options.module and not os.path.isfile(options.program):
        _parser().error(f"no such file: {options.program}")
    try:
        watch.start(
            options.budget,
            format="json" if options.json else "text",
            signal=options.signal,
            timing=options.timing,
            dead_man=options.dead_man,
            live=options.live,
        )
    except ValueError as error:
        _parser().error(str(error))
    sys.argv = [options.program, *options.arguments]
    try:
        if options.module:
            # As ``python -m`` has it.
            sys.path[0] = os.getcwd()
            runpy.run_module(options.program, run_name="__main__", alter_sys=True)
        else:
            sys.path[0] = os.path.dirname(os.path.abspath(options.program))
            runpy.run_path(options.program, run_name="__main__")
    finally:
        if options.timing:
            _print_timing()


def _print_timing() -> None:
    for row in watch.snapshot().timed:
        line = f"finlint.watch: {row.times:>9,} x {row.finalizer}: {row.total:.3f} s, the longest {row.longest:.3f} s"
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
