"""What docs/live.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from checkout import block

from finlint.live.diagnosis import diagnose
from finlint.live.rendering import text

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text("utf-8")


def test_the_day_of_the_page(tmp_path: Path) -> None:
    """The profile points at one place, the diagnosis at the other; both as on the page but for numbers of processes."""
    program = block(PAGE, "day")
    assert program.endswith("sys.stdin.read()\n")
    (tmp_path / "day.py").write_text(
        program.removesuffix("sys.stdin.read()\n") + "import faulthandler\nfaulthandler.dump_traceback()\n"
    )
    done = subprocess.run([sys.executable, str(tmp_path / "day.py")], capture_output=True, text=True, check=True)
    profile, shown = done.stdout.splitlines()[0], block(PAGE, "day-profile").splitlines()[0]
    assert re.search(r"day\.py:(\d+): size=", profile)[1] == re.search(r"day\.py:(\d+): size=", shown)[1]  # type: ignore[index]
    assert program.splitlines()[18].strip() == "self.buffer = bytearray(1_000)"
    said = _lines(text(diagnose(done.stderr)).replace(f"{tmp_path}/", ""))
    assert said == _lines(block(PAGE, "day-diagnosis"))


def _lines(diagnosis: str) -> list[str]:
    """Without what a dump of ``faulthandler`` lacks, and what differs between versions."""
    kept = re.sub(r"thread \S+( \(\d+\))? ", "thread T ", diagnosis).replace(" of <Upload at 0x7f0fdae681d0>", "")
    kept = kept.replace("by the collector, or the drop of the last reference, at", "by the collector at")
    return [line for line in kept.splitlines() if "threading.py" not in line]
