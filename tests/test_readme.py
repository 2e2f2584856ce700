"""What README.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.model.codes import KIND_OF_CODE, OPT_IN_CODES
from finlint.rules.registry import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The fenced text between the comments ``<!-- name -->`` and ``<!-- /name -->``."""
    found = re.search(rf"<!-- {name} -->\n```[a-z]*\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert found is not None, name
    return found[1]


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_the_proof_prints_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "proof.py").write_text(block("proof"))
    assert run("proof.py", cwd=tmp_path) == "gc.collect() returns 0\ncycles still alive: 20000\n"


def test_the_example_prints_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(block("example"))
    assert run("-m", "finlint", "--isolated", "pool.py", cwd=tmp_path) == block("example-output")


def test_the_rule_table_is_complete() -> None:
    rows = re.findall(r"^\| (FIN\d{3}) \| (\S+) \| .+ \| (on|opt-in) \|$", README, re.MULTILINE)
    assert {code: kind for code, kind, _ in rows} == KIND_OF_CODE == {c: r.kind for c, r in RULES.items()}
    assert {code for code, _, default in rows if default == "opt-in"} == OPT_IN_CODES


@pytest.mark.parametrize("name", ["run-command", "test-command"])
def test_the_commands_name_files_that_exist(name: str) -> None:
    command = block(name)
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
    assert (ROOT / "fixtures").is_dir()


def test_nobody_is_sent_to_the_other_finlint() -> None:
    wrong = "pip install " + "finlint"
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert wrong not in path.read_text(encoding="utf-8"), path
