"""``python -m finlint`` and the console command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command with ``sys.argv``; the exit status out."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Asked by every editor and hook at start: not worth an argument parser.
        from finlint import __version__

        print(f"finlint {__version__}")
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


if __name__ == "__main__":
    sys.exit(main())
