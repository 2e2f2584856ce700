"""Every finlint command in docs/ci.md is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = "import threading\nlock = threading.Lock()\n\nclass A:\n    def __del__(self):\n        lock.acquire()\n"


def commands() -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    # What draws pictures of the README's example is run by ``test_docs_commands``.
    pattern = re.compile(r"^\s*(?:- (?:run: |script: )?)?(finlint (?!graph ).*)$", re.MULTILINE)
    return [match.partition("|")[0].strip() for block in blocks for match in pattern.findall(block)]


def test_the_commands_are_found() -> None:
    assert len(commands()) >= 8


@pytest.mark.parametrize("command", commands())
def test_runs_as_documented(command: str, tmp_path: Path) -> None:
    def sh(*arguments: str) -> int:
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False).returncode

    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    assert sh("git", "init", "-q") == 0
    assert sh("git", *identity, "commit", "-q", "--allow-empty", "-m", "empty") == 0
    finlint = (sys.executable, "-m", "finlint")
    (tmp_path / "bad.py").write_text(BAD)
    if "--baseline" in command:
        assert sh(*finlint, "--write-baseline", "finlint-baseline.json", ".") == 0
    lenient = any(option in command for option in ("--exit-zero", "--write-baseline", "--baseline"))
    assert sh(*finlint, *shlex.split(command)[1:]) == (0 if lenient else 1)
    for name in re.findall(r"=(\S+\.(?:sarif|json|xml))", command):
        assert (tmp_path / name).stat().st_size > 100
