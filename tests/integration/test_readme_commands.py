"""The README's commands, pasted into a shell in a fresh clone, as somebody who has just come by does it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import SOURCES, block, copied

# Each command installs what it needs.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PARTS = (*SOURCES, "fixtures", ".pre-commit-hooks.yaml")
BAD = "import threading\nlock = threading.Lock()\n\nclass A:\n    def __del__(self):\n        lock.acquire()\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "finlint"
    copied(folder, PARTS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "a clone")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Without this project's own settings; ``python3`` is the Python that runs the tests."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(folder / "home"), "PREK_HOME": str(folder / "prek")}
    return {name: value for name, value in env.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, env=environment(folder.parent))


def sh(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    run = ["bash", "-c", command]
    return subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, env=environment(folder.parent))


def test_the_commands_in_their_order(clone: Path) -> None:
    done = sh(block(README, "run-command"), clone)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Found \d+ findings in \d+ files", done.stdout, re.MULTILINE)
    assert "fixtures/FIN102_lock/self_deadlock_in_cache.py:30:14: FIN102 [lock]" in done.stdout

    done = sh(block(README, "bug-command"), clone)
    assert done.returncode == 1, done.stderr
    said = iter(done.stdout.splitlines())
    for line in block(README, "bug-output").splitlines():
        # In this order, whatever else is said between them.
        assert any(other.startswith(line.removesuffix(" ...")) for other in said), line

    done = sh(block(README, "flake8-command"), clone)
    assert done.returncode == 0, done.stderr
    assert "self_deadlock_in_cache.py:30:14: FIN102 " in done.stdout

    done = sh(block(README, "ci-command"), clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("::error file=fixtures/")
    assert (clone / "finlint.sarif").stat().st_size > 10_000


@pytest.mark.parametrize("program", ["pre-commit", "prek"])
def test_the_hook_as_it_stands(program: str, clone: Path) -> None:
    tool = shutil.which(program, path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip(f"{program} is not installed: install the extra `integration`")
    project = clone.parent / f"project-{program}"
    project.mkdir()
    git(project, "init", "-q")
    (project / ".pre-commit-config.yaml").write_text(block(README, "pre-commit"))
    (project / "bad.py").write_text(BAD)
    git(project, "add", ".")
    done = sh(f"{tool} run", project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:6:9: FIN102" in done.stdout
