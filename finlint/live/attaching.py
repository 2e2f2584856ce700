"""The stacks of a process by its number: py-spy takes them, from outside, and nothing runs in the process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from finlint.live.readers.errors import DumpError

#: Seconds after which py-spy is given up; a dump takes a fraction of one.
PATIENCE = 60.0

INSTALL = "install it (`pip install py-spy`), or hand over a dump: finlint diagnose FILE"


def dump_of(pid: int) -> str:
    """The JSON that ``py-spy dump`` prints. Raises DumpError."""
    program = _pyspy()
    if program is None:
        raise DumpError(f"py-spy is not installed, which reads the stacks of a process: {INSTALL}")
    command = [program, "dump", "--json", "--locals", "--pid", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise DumpError(f"py-spy has said nothing about process {pid} for {PATIENCE:.0f} s") from None
    except OSError as error:
        raise DumpError(f"py-spy cannot be started: {error.strerror or error}") from None
    if done.returncode:
        raise DumpError(f"py-spy cannot read process {pid}: {_reason(done.stderr)}")
    return done.stdout.decode("utf-8", "replace")


def _pyspy() -> str | None:
    """The program of this environment, or of the path."""
    beside = os.path.join(os.path.dirname(sys.executable), "py-spy")
    found = shutil.which(beside) or shutil.which("py-spy")
    # A folder of the path that is relative may be one of the tree that one happens to stand in.
    return found if found is None or os.path.isabs(found) else None


def _reason(output: bytes) -> str:
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    said = [line.removeprefix("Error: ").removeprefix("Reason: ") for line in lines if ":" in line]
    return " ".join(said) or " ".join(lines) or "it does not say why"
