"""Every test and pair that docs/runtime.md names exists, every row names one, and the page's programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import more_programs  # noqa: F401  # registers more
import programs

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "runtime.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([A-Z]\d+) \| (.*) \| (.*) \|$", PAGE, re.M)


def test_every_row_names_tests_that_exist() -> None:
    source = "".join(path.read_text("utf-8") for path in HERE.glob("test_runtime_*.py"))
    assert len(ROWS) > 50
    assert len({row[0] for row in ROWS}) == len(ROWS)
    for row, _, named in ROWS:
        names = re.findall(r"`([\w*.]+)`", named)
        assert names, row
        for name in names:
            if name.endswith(".py"):
                assert (HERE / name).exists(), name
            elif name.startswith("test_"):
                assert f"def {name}(" in source, name
            else:
                pattern = name.replace("*", ".*")
                assert any(re.fullmatch(pattern, program) for program in programs.PROGRAMS), name


#: What each program of the page is followed by here, to see that it does what the text around it says.
AFTER = (
    "",
    """
import threading


class Connection:
    def shutdown(self):
        print("shut down in", threading.current_thread().name)


first, second = Upload(Connection()), Upload(Connection())
first.close()
first.close()
del first, second
assert cleaner.drain()
""",
)
PRINTED = (
    r"finlint.runtime: worker busy; .*\nrunning for .* \[blocked: chan receive \(nil chan\)\]\n(.*\n)*1 waiting:\n(.*\n)*",
    r"shut down in MainThread\nshut down in cleaner\n",
)


def test_the_programs_of_the_page_run() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    for block, after, printed in zip(blocks, AFTER, PRINTED, strict=True):
        done = subprocess.run([sys.executable, "-c", block + after], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(printed, done.stdout), done.stdout
