"""What ends the process that makes fixes costs the fixes of that file: every finding is reported.

LibCST's native part aborts where memory is used up, which nothing in Python can catch.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from finlint.workers import apart, guarded

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


#: Looking whether a text that is to be written is Python ends the process.
ENDS_AT_THE_CHECK = """
import os, sys
from finlint.syntax import cst
parse_module = cst.parse_module
def dying(text):
    if "ends here" in text and "wait=False" in text and "import" in text:
        os.abort()
    return parse_module(text)
cst.parse_module = dying
"""


@pytest.mark.parametrize("ends", [ENDS_AT_WORK, ENDS_AT_THE_CHECK], ids=["planned", "checked"])
@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--diff"])
def test_the_other_files_are_mended(tmp_path: Path, ends: str, option: str) -> None:
    for name in ("a", "abort", "z"):
        (tmp_path / f"{name}.py").write_text(FIXABLE + ("# ends here\n" if name == "abort" else ""))
    arguments = ["--isolated", "--no-cache", "--jobs", "1", option, "--unsafe-fixes", "."]
    done = subprocess.run(
        [sys.executable, "-c", ends + COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.stderr.count("the process that made the fixes of abort.py ended (SIGABRT): there are none") == 1
    assert "Traceback" not in done.stderr
    if option == "--diff":
        assert done.stdout.count("+++ ") == 2
        assert "+++ abort.py" not in done.stdout
        assert "Would fix 2 findings." in done.stderr
    else:
        mended = {path.name for path in tmp_path.iterdir() if "wait=False" in path.read_text()}
        assert mended == {"a.py", "z.py"}


#: Making fixes ends the process that has asked for them, and fails then.
ENDS_ITS_PARENT = """
import os, signal, sys
from finlint.fixes import registry
def failing(request):
    parent = os.getppid()
    os.kill(parent, signal.SIGKILL)
    while os.getppid() == parent:
        pass
    raise ZeroDivisionError("by accident")
registry.candidates = failing
"""


def test_who_has_lost_its_parent_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    arguments = ["--isolated", "--no-cache", "--jobs", "1", "--fix", "a.py"]
    done = subprocess.run(
        [sys.executable, "-c", ENDS_ITS_PARENT + COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (-9, "", "")


def test_who_is_not_heard_out_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    source, target = os.pipe()
    os.close(source)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        apart._live(target, ["answer"], parent)
    os.close(target)
    assert guarded.ending(os.waitpid(child, 0)[1]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("option", ["--fix-only", "--diff"])
def test_what_cannot_be_read_is_said_where_no_report_is_made(tmp_path: Path, option: str) -> None:
    (tmp_path / "a.py").write_text("def (\n")
    done = subprocess.run(
        [sys.executable, "-m", "finlint", "--no-cache", option, "."], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no fix is looked for in 1 unreadable file: a run without {option} says why" in done.stderr


def answered_here() -> list[tuple[str, object]]:
    """What is answered, where this process has to do it: nothing is lost."""
    prepared: list[str] = []
    pid = os.getpid()

    def lost(path: str, how: str) -> None:
        pytest.fail(f"{path}{how}")

    def is_here(item: str) -> object:
        return [item, os.getpid() == pid]

    out = list(apart.each(["a", "b"], str, is_here, lost, lambda: prepared.append("p")))
    assert prepared == ["p"]
    return out


def test_where_there_can_be_no_other_process_this_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(apart, "may_fork", lambda: True)
    monkeypatch.setattr(os, "fork", none)
    assert answered_here() == [("a", ["a", True]), ("b", ["b", True])]


def test_beside_a_thread_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would inherit the locks that the thread has."""
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        assert answered_here() == [("a", ["a", True]), ("b", ["b", True])]
    finally:
        is_over.set()
        thread.join()


def answered(monkeypatch: pytest.MonkeyPatch, items: list[str], work: Callable[[str], object]) -> tuple[list[str], str]:
    """Items that have answers from forks, and the files that have none: an item's first letter."""
    monkeypatch.setattr(apart, "may_fork", lambda: True)
    lost: list[str] = []
    found = [item for item, _ in apart.each(items, lambda item: item[0], work, lambda path, how: lost.append(path))]
    return found, "".join(lost)


def test_an_item_is_tried_again_in_a_fork_that_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before it may have taken the room that it needs."""
    done: list[str] = []

    def work(item: str) -> object:
        done.append(item)
        return os._exit(1) if len(done) > 2 else item

    assert answered(monkeypatch, ["a1", "b1", "c1", "d1", "e1"], work) == (["a1", "b1", "c1", "d1", "e1"], "")


def test_of_a_file_that_is_lost_nothing_more_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(item: str) -> object:
        return os._exit(1) if item == "b1" else item

    assert answered(monkeypatch, ["a1", "b1", "c1", "b2", "c2"], work) == (["a1", "c1", "c2"], "b")


def test_an_interrupt_is_for_who_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sends it to both."""

    def work(item: str) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return item

    assert answered(monkeypatch, ["a1"], work) == (["a1"], "")
