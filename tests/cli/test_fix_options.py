"""--fix, --unsafe-fixes and --diff: what is written, what is said, and what is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.fixes.fixable import FIXABLE
from finlint.fixes.registry import FIXES

from .conftest import Ran, Run

SAFE = """\
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor()


class Uploader:
    def __del__(self) -> None:
        pool.shutdown()
"""
MENDED = SAFE.replace("shutdown()", "shutdown(wait=False)")
BOTH = """\
import queue
import threading

_dead = queue.Queue()
_lock = threading.Lock()


class Entry:
    def __del__(self) -> None:
        _dead.put(1)
        with _lock:
            pass
"""


@pytest.fixture
def code(project: Path) -> Path:
    """A folder with one file, which is what ``SAFE`` says."""
    (project / "bad.py").unlink()
    (project / "code.py").write_text(SAFE)
    return project / "code.py"


def test_fix_writes_and_sums_up(code: Path, run: Run) -> None:
    os.chmod(code, 0o755)
    done = run("--fix", ".")
    assert done == Ran(0, "Fixed 1 finding in 1 file.\nNo findings (2 files, 1 registration).\n", "")
    assert code.read_text() == MENDED
    assert code.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in code.parent.iterdir()) == ["code.py", "good.py"]
    assert run("--fix", ".") == Ran(0, "No findings (2 files, 1 registration).\n", "")


def test_what_is_left_is_reported_and_counted(code: Path, run: Run) -> None:
    code.write_text(BOTH)
    done = run("--fix", ".")
    assert done.status == 1
    assert "SimpleQueue" in code.read_text()
    lines = done.out.splitlines()
    assert lines[0].startswith("code.py:11:14: FIN102")
    assert lines[-3:] == [
        "Fixed 1 finding in 1 file.",
        "Found 1 finding in 1 file (2 files, 1 registration).",
        "1 fixable with --unsafe-fixes.",
    ]
    assert run("--fix", "--unsafe-fixes", ".").status == 0
    assert "acquire(blocking=False)" in code.read_text()


def test_diff_writes_nothing_and_can_be_applied(code: Path, run: Run) -> None:
    # In bytes: pytest's own capture would read the line ends away.
    code.write_bytes(SAFE.replace("\n", "\r\n").removesuffix("\n").encode())
    before = code.read_bytes()
    command = [sys.executable, "-m", "finlint", "--diff", "."]
    done = subprocess.run(command, capture_output=True, check=False, cwd=code.parent)
    assert (done.returncode, done.stderr) == (1, b"Would fix 1 finding.\n")
    assert code.read_bytes() == before
    assert done.stdout.startswith(b"--- code.py\n+++ code.py\n@@ ")
    subprocess.run(["git", "apply", "--unsafe-paths", "-p0"], input=done.stdout, check=True, cwd=code.parent)
    assert code.read_bytes() == before.replace(b"shutdown()", b"shutdown(wait=False)")
    assert run("--diff", ".") == Ran(0, "", "Nothing to fix.\n")


def test_stdin_comes_out_mended_and_the_rest_is_said_elsewhere(code: Path, run: Run) -> None:
    done = run("--fix", "-", stdin=SAFE.encode())
    assert done == Ran(0, MENDED, "Fixed 1 finding in 1 file.\nNo findings (1 file, 1 registration).\n")
    done = run("--fix", "--stdin-filename", "code.py", "-", stdin=BOTH.encode())
    assert (done.status, done.out) == (1, BOTH.replace("Queue", "SimpleQueue"))
    assert "code.py:11:14: FIN102" in done.err
    assert code.read_text() == SAFE
    assert run("--fix", "-", stdin=b"x = 1\n").out == "x = 1\n"
    assert run("--fix", "-", stdin=b"x = (\n").out == "x = (\n"
    assert run("--diff", "-", stdin=SAFE.encode()).out.startswith("--- <stdin>\n")


@pytest.mark.parametrize(
    ("encoding", "cookie", "newline"),
    [
        ("utf-8", "", "\n"),
        ("utf-8", "", "\r"),
        ("utf-8-sig", "", "\r\n"),
        ("latin-1", "# coding: latin-1\n", "\n"),
        ("latin-1", "# coding: latin-1\n", "\r\n"),
    ],
)
def test_encoding_and_newlines_are_kept(code: Path, run: Run, encoding: str, cookie: str, newline: str) -> None:
    text = (cookie + "name = 'é'  # ü\n" + BOTH).replace("\n", newline)
    code.write_bytes(text.encode(encoding))
    assert run("--fix", "--unsafe-fixes", ".").status == 0
    lock = f"if _lock.acquire(blocking=False):{newline}            try:{newline}                pass{newline}"
    lock += f"            finally:{newline}                _lock.release()"
    expected = text.replace("Queue", "SimpleQueue").replace(f"with _lock:{newline}            pass", lock)
    assert code.read_bytes() == expected.encode(encoding)


def test_what_is_suppressed_known_or_not_selected_is_left_alone(code: Path, run: Run) -> None:
    for comment in ("# noqa: FIN104", "# finlint: ignore[FIN104] -- meant"):
        text = SAFE.replace("shutdown()", f"shutdown()  {comment}")
        code.write_text(text)
        assert run("--fix", ".").status == 0
        assert code.read_text() == text
    code.write_text(SAFE)
    assert run("--fix", "--ignore", "FIN104", ".").status == 0
    run("--write-baseline", "known.json", ".")
    assert run("--fix", "--baseline", "known.json", ".").status == 0
    assert code.read_text() == SAFE
    assert run("--fix", ".").status == 0
    assert code.read_text() == MENDED


def test_files_that_are_not_linted_are_left_alone(code: Path, run: Run) -> None:
    code.write_text(
        "from helper import Pool\n\nclass A:\n    pool = Pool()\n    def __del__(self):\n        self.pool._end()\n"
    )
    helper = SAFE.replace("class Uploader:\n    def __del__(self)", "class Pool:\n    def _end(self)")
    (code.parent / "helper.py").write_text(helper)
    assert run("--fix", "--unsafe-fixes", "code.py").status == 1
    assert (code.parent / "helper.py").read_text() == helper
    assert run("--fix", "--unsafe-fixes", "code.py", "helper.py").status == 0
    assert "wait=False" in (code.parent / "helper.py").read_text()


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_mended(code: Path, run: Run) -> None:
    (code.parent / "broken.py").write_text("def __del__(\n")
    done = run("--fix", ".")
    assert done.status == 1
    assert "broken.py:1:12: FIN901" in done.out
    assert code.read_text() == MENDED


def test_a_link_is_followed_and_stays_one(code: Path, run: Run) -> None:
    (code.parent / "sub").mkdir()
    code.rename(code.parent / "sub" / "code.py")
    code.symlink_to(Path("sub") / "code.py")
    assert run("--fix", "code.py").status == 0
    assert code.is_symlink()
    assert code.read_text() == MENDED


def test_machine_formats_stay_readable(code: Path, run: Run) -> None:
    done = run("--fix", "--output-format", "json", ".")
    assert json.loads(done.out)["findings"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--unsafe-fixes", "."], "--fix writes them, --diff shows them"),
        (["--fix", "--add-ignore", "."], "run again with --add-ignore"),
        (["--diff", "--write-baseline", "x.json", "."], "run again with --add-ignore or --write-baseline"),
    ],
)
def test_options_that_do_not_go_together(code: Path, run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert done.err.count("\n") == 1


def test_what_can_be_mended_is_marked_and_counted(code: Path, run: Run) -> None:
    code.write_text(BOTH)
    shown = run(".").out
    assert "code.py:10:9: FIN201 [*] [unsafe-handoff] " in shown
    assert "   = fix: use queue.SimpleQueue (--fix)\n" in shown
    assert "code.py:11:14: FIN102 [lock] " in shown
    assert shown.endswith("[*] 1 fixable with --fix, 1 more with --fix --unsafe-fixes.\n")
    concise = run("--output-format", "concise", ".")
    assert "code.py:10:9: FIN201 [*] " in concise.out
    assert "[*] 1 fixable with --fix" in concise.err
    # Once it has been tried, nothing is promised.
    assert "[*]" not in run("--fix", ".").out


def _apply(text: str, edits: list[dict[str, int | str]]) -> str:
    """As an editor does it, from the end of the file."""
    for edit in sorted(edits, key=lambda e: (e["line"], e["column"]), reverse=True):
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        begin = starts[int(edit["line"]) - 1] + int(edit["column"]) - 1
        end = starts[int(edit["end_line"]) - 1] + int(edit["end_column"]) - 1
        text = text[:begin] + str(edit["text"]) + text[end:]
    return text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_the_edits_of_json_are_the_fix(code: Path, run: Run, newline: str, end: str) -> None:
    text = (SAFE.rstrip("\n") + end).replace("\n", newline)
    code.write_bytes(text.encode())
    (finding,) = json.loads(run("--output-format", "json", ".").out)["findings"]
    assert (finding["fix"]["title"], finding["fix"]["safe"]) == ("do not wait for the executor", True)
    assert {edit["path"] for edit in finding["fix"]["edits"]} == {"code.py"}
    edited = _apply(text, finding["fix"]["edits"])
    assert run("--fix", ".").status == 0
    assert code.read_bytes() == edited.encode()


def test_sarif_and_rdjson_have_the_edits(code: Path, run: Run) -> None:
    (result,) = json.loads(run("--output-format", "sarif", ".").out)["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "code.py"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 8, "startColumn": 1, "endLine": 9, "endColumn": 1},
            "insertedContent": {"text": "        pool.shutdown(wait=False)\n"},
        }
    ]
    (diagnostic,) = json.loads(run("--output-format", "rdjson", ".").out)["diagnostics"]
    place = {"start": {"line": 8, "column": 1}, "end": {"line": 9, "column": 1}}
    assert diagnostic["suggestions"] == [{"range": place, "text": "        pool.shutdown(wait=False)\n"}]
    code.write_text(
        SAFE.replace("pool.shutdown()", "pool.shutdown(wait=True)\n        print(1)").replace("__del__", "f")
    )
    assert "fix" not in run("--output-format", "json", ".").out


def test_which_codes_are_mended(code: Path, run: Run) -> None:
    code.write_text(BOTH)
    assert "Nothing to fix" in run("--diff", "--fixable", "FIN102", ".").err
    assert "Nothing to fix" in run("--diff", "--unfixable", "FIN2", ".").err
    assert "Would fix 1" in run("--diff", "--unsafe-fixes", "--fixable", "FIN102", ".").err
    assert "[*]" not in run("--unfixable", "FIN201", ".").out
    (code.parent / "finlint.toml").write_text('unfixable = ["FIN201"]\n')
    assert "Nothing to fix" in run("--diff", ".").err
    assert "--fixable: unknown rule `FIN2O1`" in run("--fix", "--fixable", "FIN2O1", ".").err


def test_fix_only(code: Path, run: Run) -> None:
    code.write_text(BOTH)
    assert run("--fix-only", ".") == Ran(0, "", "Fixed 1 finding in 1 file.\n")
    assert "SimpleQueue" in code.read_text()
    assert run("--fix-only", ".") == Ran(0, "", "Nothing to fix.\n")
    assert run("--fix-only", "-q", ".") == Ran(0, "", "")
    assert run("--fix-only", "-", stdin=SAFE.encode()).out == MENDED


def test_exit_non_zero_on_fix(code: Path, run: Run) -> None:
    assert run("--fix", "--exit-non-zero-on-fix", ".").status == 1
    assert run("--fix", "--exit-non-zero-on-fix", ".").status == 0
    code.write_text(SAFE)
    assert run("--fix-only", "--exit-non-zero-on-fix", ".").status == 1


def test_the_codes_with_fixes_are_those_of_the_registry() -> None:
    assert set(FIXES) == FIXABLE
