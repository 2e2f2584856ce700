"""What README.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from checkout import block

import finlint
from finlint.fixes.registry import FIXES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_the_proof_prints_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "proof.py").write_text(block(README, "proof"))
    assert run("proof.py", cwd=tmp_path) == "gc.collect() returns 0\ncycles still alive: 20000\n"


def test_the_example_prints_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(block(README, "example"))
    assert run("-m", "finlint", "--isolated", "pool.py", cwd=tmp_path) == block(README, "example-output")


def test_the_fixed_example_is_clean_and_works(tmp_path: Path) -> None:
    user = block(README, "example").partition("\n\nclass Connection")
    (tmp_path / "pool.py").write_text(block(README, "fixed-example") + "".join(user[1:]))
    assert run("-m", "finlint", "--isolated", "pool.py", cwd=tmp_path).startswith("No findings")
    script = "from pool import Pool; p = Pool(); c = p.take(); raw = c._raw; del c; print(p.take()._raw is raw)"
    assert run("-c", script, cwd=tmp_path) == "True\n"


def test_the_example_is_mended_as_shown(tmp_path: Path) -> None:
    (tmp_path / "uploader.py").write_text(block(README, "fix-example"))
    command = [sys.executable, "-m", "finlint", "--isolated", "--diff", "uploader.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout) == (1, block(README, "fix-output"))


def test_the_table_of_fixes_is_complete() -> None:
    table = README.partition("| code | fix |")[2].partition("\n\n")[0]
    assert set(re.findall(r"FIN\d{3}", table)) == set(FIXES)


def test_every_block_of_commands_is_one_that_a_test_runs() -> None:
    """Those of ``tests/integration/test_readme_commands.py``, and the one that ``.ci/run`` takes from the README."""
    unnamed = re.sub(r"<!-- ([\w-]+) -->.*?<!-- /\1 -->", "", README, flags=re.DOTALL)
    commands = [line for text in re.findall(r"^```\w*\n(.*?)^```", unnamed, re.M | re.S) for line in text.splitlines()]
    assert not [line for line in commands if re.match(r"(\.venv/|python3|pip|finlint|flake8|pre-commit)\b", line)]
    named = set(re.findall(r"<!-- ([\w-]+-command) -->", README))
    assert named == {"run-command", "test-command", "bug-command", "flake8-command", "ci-command"}
    assert block(README, "test-command").startswith("python3 -m venv .venv && .venv/bin/pip install -q ")


def test_nobody_is_sent_to_the_other_finlint() -> None:
    wrong = "pip install " + "finlint"
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert wrong not in path.read_text(encoding="utf-8"), path


def test_the_changelog_has_dates_and_begins_with_this_version() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0].startswith(f"{finlint.__version__} (")
    assert [text for text in headings if not re.search(r"\(.*\b\d{4}-\d\d-\d\d\)$", text)] == []
