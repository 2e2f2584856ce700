"""``python -m finlint`` and the ``finlint`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the exit status is the result."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered without argparse, configuration or LibCST: tools ask this often.
        from finlint import __version__

        print(f"finlint {__version__}")
        return 0
    from finlint.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
