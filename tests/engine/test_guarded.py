"""What ends the process that analyses a file costs that file, and nothing else.

finlint runs in processes of their own here: where nothing guards it, the whole run would end with them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no other process without fork")

GOOD = "import time\nclass A:\n    def __del__(self): time.sleep(1)\n"

#: Analysing a file called so ends the process in one of these ways.
ENDS = """
import ctypes, os, signal, sys
from finlint import checking
answer = checking.Check.answer
def dying(self, task, known):
    if "kill" in os.path.basename(task.path):
        os.kill(os.getpid(), signal.SIGKILL)
    if "segv" in os.path.basename(task.path):
        ctypes.string_at(0)
    if "exit" in os.path.basename(task.path):
        os._exit(3)
    if "raise" in os.path.basename(task.path):
        raise ZeroDivisionError("by accident")
    if "memory" in os.path.basename(task.path):
        raise MemoryError
    return answer(self, task, known)
checking.Check.answer = dying
from finlint.workers import elsewhere
elsewhere.WORTH = int(sys.argv.pop(1))
"""
COMMAND = ENDS + "from finlint.__main__ import main\nsys.exit(main())\n"
FLAKE8 = ENDS + "from flake8.main.cli import main\nsys.exit(main())\n"


def run(program: str, worth: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, str(worth), *arguments], capture_output=True, text=True, timeout=300
    )


def files(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_text(GOOD)


def linted(folder: Path, jobs: int, *arguments: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """The report as JSON. With two jobs worker processes start whatever the size."""
    worth = -1 if jobs > 1 else 1_500_000
    done = run(COMMAND, worth, "--isolated", "--output-format", "json", "--jobs", str(jobs), *arguments, str(folder))
    return json.loads(done.stdout), done


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_other_file_is_reported(jobs: int, tmp_path: Path) -> None:
    files(tmp_path, *(f"a{number}" for number in range(12)), "kill", "segv", "exit", "z")
    report, done = linted(tmp_path, jobs, "--no-cache")
    assert done.returncode == 1
    good = {f"a{number}.py" for number in range(12)} | {"z.py"}
    assert {Path(f["path"]).name for f in report["findings"]} == good
    messages = {Path(error["path"]).name: error["message"] for error in report["errors"]}
    assert messages == {
        "kill.py": "the process that analysed it ended (SIGKILL)",
        "segv.py": "the process that analysed it ended (SIGSEGV)",
        "exit.py": "the process that analysed it ended",
    }


#: Analysing a file ends the process that has asked for it, and fails then.
ENDS_ITS_PARENT = """
import os, signal, sys
from finlint import checking
def failing(self, task, known):
    parent = os.getppid()
    os.kill(parent, signal.SIGKILL)
    while os.getppid() == parent:
        pass
    raise ZeroDivisionError("by accident")
checking.Check.answer = failing
from finlint.__main__ import main
sys.exit(main())
"""


def test_who_has_lost_its_parent_says_nothing(tmp_path: Path) -> None:
    files(tmp_path, "a")
    done = run(
        "import sys; del sys.argv[1]" + ENDS_ITS_PARENT,
        0,
        "--isolated",
        "--no-cache",
        "--jobs",
        "1",
        str(tmp_path / "a.py"),
    )
    assert (done.returncode, done.stdout, done.stderr) == (-9, "", "")


def test_a_fault_of_finlint_costs_one_file(tmp_path: Path) -> None:
    files(tmp_path, "a", "raise", "z")
    report, done = linted(tmp_path, 1, "--no-cache")
    assert [Path(f["path"]).name for f in report["findings"]] == ["a.py", "z.py"]
    assert [Path(error["path"]).name for error in report["errors"]] == ["raise.py"]
    assert "internal error: ZeroDivisionError: by accident" in done.stderr
    assert "Traceback" not in done.stderr


def test_memory_that_is_used_up_is_said_of_the_file(tmp_path: Path) -> None:
    """And nowhere else: a tree may have thousands of such files."""
    files(tmp_path, "a", "memory1", "memory2", "z")
    report, done = linted(tmp_path, 1, "--no-cache")
    assert [Path(f["path"]).name for f in report["findings"]] == ["a.py", "z.py"]
    errors = {Path(error["path"]).name: error["message"] for error in report["errors"]}
    said = "the process that analysed it ended (out of memory)"
    assert errors == {"memory1.py": said, "memory2.py": said}
    assert done.stderr == ""


def test_no_file_ends_all_of_them(tmp_path: Path) -> None:
    """Where all end, each is named."""
    files(tmp_path, "kill1", "kill2", "kill3")
    report, _ = linted(tmp_path, 2, "--no-cache")
    assert report["findings"] == []
    assert len(report["errors"]) == 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_nobody_answered_is_not_kept(jobs: int, tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    files(project, "a", "kill")
    first, _ = linted(project, jobs, "--cache-dir", str(cache))
    assert len(first["errors"]) == 1
    done = run("import sys\nsys.argv.pop(1)\n" + COMMAND.removeprefix(ENDS), 0, "--isolated", "--cache-dir", str(cache),
               "--output-format", "json", str(project))  # fmt: skip
    second = json.loads(done.stdout)
    assert second["errors"] == []
    assert len(second["findings"]) == 2


def test_under_flake8(tmp_path: Path) -> None:
    files(tmp_path, "a", "kill", "z")
    for jobs in ("1", "2"):
        done = run(FLAKE8, 0, "--isolated", "--select", "FIN", "--jobs", jobs, str(tmp_path))
        assert "a.py:3:24: FIN103" in done.stdout, done.stderr
        assert "z.py:3:24: FIN103" in done.stdout
        assert "kill.py:1:1: FIN901 the process that analysed it ended (SIGKILL)" in done.stdout
