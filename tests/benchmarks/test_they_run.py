"""The smaller benchmarks, each as small as it can be: they run, and print what the documentation quotes from them."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BAD = "import time\nclass A:\n    def __del__(self):\n        time.sleep(1)\ndef f():\n    return A()\n"

#: Benchmark, arguments, a pattern of what it prints.
RUNS = {
    "finalizers": (["100"], r"Cleaner: register, die, run +[\d,]+ /s"),
    "watch": (["--times", "1", "--only", "cycles"], r"\| 300,000 reference cycles.*watch \d+\.\d+, timing \d+\.\d+ \|"),
    "growth": (["--runs", "1", "--tree", "."], r"8"),
    "limits": ([".", "--output", "limits.json"], r"a\.py 1 \{\}"),
    "server": ([".", "a.py", "--edits", "1"], r"a\.py: wall \d+ ms .*CPU \d+ ms"),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "growth" else n for n in RUNS])
def test_it_runs(name: str, tmp_path: Path) -> None:
    if name == "server" and (importlib.util.find_spec("pygls") is None or sys.platform != "linux"):
        pytest.skip("needs pygls, and /proc")
    arguments, printed = RUNS[name]
    (tmp_path / "a.py").write_text(BAD)
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(printed, done.stdout), done.stdout


def test_every_benchmark_has_a_test() -> None:
    """``speed``, ``peers`` and ``realworld`` fetch what they measure; their parts have tests of their own."""
    there = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert there == {*RUNS, "speed", "peers", "realworld"}
