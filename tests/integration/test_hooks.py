"""The real pre-commit and prek: a bad finalizer is refused, a mended one is accepted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import SOURCES, copied

ROOT = Path(__file__).resolve().parents[2]

BAD = """\
import threading

_lock = threading.Lock()


class Pool:
    def __del__(self) -> None:
        _lock.acquire()
"""
GOOD = BAD.replace("acquire()", "acquire(blocking=False)")


def environment(homes: Path) -> dict[str, str]:
    """With the folders where hook programs keep what they have built: a hook is installed once for all tests here."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PRE_COMMIT_HOME": str(homes / "pre-commit"), "PREK_HOME": str(homes / "prek"), "PREK_ALLOW_NO_CONFIG": "1"}
    return {**os.environ, "PATH": path, **own}


def git(folder: Path, homes: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(homes), capture_output=True, text=True, check=check)


def program(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: install the extra `integration`")
    return found


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with this package as it stands, as hook programs clone it."""
    folder = copied(tmp_path_factory.mktemp("hooks") / "finlint", (*SOURCES, ".pre-commit-hooks.yaml"))
    git(folder, folder.parent, "init", "-q")
    git(folder, folder.parent, "add", ".")
    git(folder, folder.parent, "commit", "-qm", "hooks")
    return folder


@pytest.mark.parametrize("hook", ["finlint", "finlint-all"])
@pytest.mark.parametrize("name", ["pre-commit", pytest.param("prek", marks=pytest.mark.slow)])
def test_a_commit_with_a_bad_finalizer_is_refused(name: str, hook: str, hooks: Path, tmp_path: Path) -> None:
    tool = program(name)
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, hooks.parent, "init", "-q")
    revision = git(hooks, hooks.parent, "rev-parse", "HEAD").stdout.strip()
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: file://{hooks}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
    )
    git(folder, hooks.parent, "add", ".")
    subprocess.run([tool, "install"], cwd=folder, env=environment(hooks.parent), check=True, capture_output=True)

    (folder / "pool.py").write_text(BAD)
    git(folder, hooks.parent, "add", ".")
    refused = git(folder, hooks.parent, "commit", "-m", "bad", check=False)
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0, said
    assert "pool.py:8:9: FIN102" in said

    (folder / "pool.py").write_text(GOOD)
    git(folder, hooks.parent, "add", ".")
    accepted = git(folder, hooks.parent, "commit", "-m", "good", check=False)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr


def test_the_hook_mends_what_it_can(hooks: Path, tmp_path: Path) -> None:
    tool = program("prek")
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, hooks.parent, "init", "-q")
    revision = git(hooks, hooks.parent, "rev-parse", "HEAD").stdout.strip()
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: file://{hooks}\n  rev: {revision}\n  hooks:\n  - id: finlint\n    args: [--fix]\n"
    )
    text = "from concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor()\n\n\nclass A:\n"
    (folder / "pool.py").write_text(f"{text}    def __del__(self):\n        pool.shutdown()\n")
    git(folder, hooks.parent, "add", ".")
    env = environment(hooks.parent)
    for status in (1, 0):
        done = subprocess.run([tool, "run"], cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        assert (folder / "pool.py").read_text().endswith("pool.shutdown(wait=False)\n")
        git(folder, hooks.parent, "add", ".")


def test_pre_commit_finds_the_manifest_valid() -> None:
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    subprocess.run([program("pre-commit"), "validate-manifest", manifest], check=True)
