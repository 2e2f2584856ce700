"""``python -m finlint`` and the console command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command with ``sys.argv``; the exit status out."""
    try:
        return _main()
    except MemoryError:
        # While our own modules were loaded: later the command itself says it.
        print("finlint: error: out of memory", file=sys.stderr)
        return 2


def _main() -> int:
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        _open_streams()
    import finlint

    if not hasattr(finlint, "DISTRIBUTION"):
        from finlint.overwritten import overwritten

        print(f"finlint: error: {overwritten()}", file=sys.stderr)
        return 2
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Asked by every editor and hook at start: not worth an argument parser.
        from finlint import __version__

        try:
            print(f"finlint {__version__}", flush=True)
        except OSError:
            # Nobody listens; the whole run knows what to do then.
            pass
        else:
            return 0
    from finlint.quick import quick

    status = quick(sys.argv[1:])
    if status is not None:
        return status
    import gc

    from finlint.cli.main import run

    # The process ends with the run: nothing that a collector would find is in anybody's way.
    gc.disable()
    return run(sys.argv[1:])


def _open_streams() -> None:
    """Have /dev/null where the shell has closed a standard stream (``>&-``): nothing else gets its number."""
    import os

    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


if __name__ == "__main__":
    sys.exit(main())
