"""What ends the process that makes fixes costs the fixes of that file: every finding is reported.

LibCST's native part aborts where memory is used up, which nothing in Python can catch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no other process without fork")

FIXABLE = """\
from concurrent.futures import ThreadPoolExecutor
class A:
    def __init__(self): self._p = ThreadPoolExecutor()
    def __del__(self): self._p.shutdown()
"""

#: Making the fixes of a file called so ends the process.
ENDS_AT_WORK = """
import os, sys
from finlint.fixes import registry
candidates = registry.candidates
def dying(request):
    if "abort" in os.path.basename(request.finding.path):
        os.write(2, b"memory allocation failed")
        os.abort()
    if "memory" in os.path.basename(request.finding.path):
        raise MemoryError
    return candidates(request)
registry.candidates = dying
"""
ENDS_AT_FIRST = """
import os, sys
from finlint import offering
offering.load_fixers = os.abort
"""
COMMAND = "from finlint.__main__ import main\nsys.exit(main())\n"


def run(ends: str, folder: Path, *names: str) -> tuple[dict[str, bool], str]:
    """Whether the findings of each file have a fix, and what is said on standard error."""
    for name in names:
        (folder / f"{name}.py").write_text(FIXABLE)
    arguments = ["--isolated", "--no-cache", "--jobs", "1", "--output-format", "json", "."]
    done = subprocess.run(
        [sys.executable, "-c", ends + COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)["findings"]
    return {finding["path"]: "fix" in finding for finding in findings}, done.stderr


def test_a_file_whose_fixes_end_the_process(tmp_path: Path) -> None:
    fixes, said = run(ENDS_AT_WORK, tmp_path, "a", "abort", "b", "memory", "z")
    assert fixes == {"a.py": True, "abort.py": False, "b.py": True, "memory.py": False, "z.py": True}
    assert said == (
        "finlint: warning: the process that made the fixes of abort.py and 1 other file ended (SIGABRT):"
        " there are none in this run\n"
    )


def test_no_fix_can_be_made_at_all(tmp_path: Path) -> None:
    fixes, said = run(ENDS_AT_FIRST, tmp_path, "a", "b")
    assert fixes == {"a.py": False, "b.py": False}
    assert said == (
        "finlint: warning: the process that made the fixes of a.py and 1 other file ended (SIGABRT):"
        " there are none in this run\n"
    )
