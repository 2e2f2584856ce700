"""Small repositories that stand for very much: git is asked within bounds of memory and of what it may answer."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from finlint import git
from tests.cli.conftest import Run
from tests.cli.conftest import git as run_git

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is of Linux")


@pytest.fixture
def repository(project: Path) -> Path:
    run_git("init", "-q", "-b", "main", ".", folder=project)
    return project


def committed(folder: Path, tree: str) -> None:
    commit = run_git("commit-tree", tree, "-m", "one", folder=folder)
    run_git("update-ref", "refs/heads/main", commit, folder=folder)


def test_trees_that_hold_each_other(repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    file = run_git("hash-object", "-w", "good.py", folder=repository)
    tree = run_git("mktree", folder=repository, given=f"100644 blob {file}\tgood.py\n")
    for _ in range(4):
        tree = run_git("mktree", folder=repository, given="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)))
    committed(repository, tree)
    # Ten thousand files.
    assert run("--diff-base", "HEAD", ".").status == 1
    monkeypatch.setattr(git, "ANSWER", 100_000)
    status, out, err = run("--diff-base", "HEAD", ".")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "git ls-tree says more than 100,000 bytes" in err


#: In a process of its own: what this one holds is added to the bound. What it held, and gave back, is not.
ASKS = """
import resource, sys
from finlint import git
from finlint.changes import Changes
b"x" * 400_000_000
git.MEMORY = int(sys.argv[1])
before = resource.getrlimit(resource.RLIMIT_DATA)
print(Changes("HEAD")._lines("good.py"))
assert resource.getrlimit(resource.RLIMIT_DATA) == before
"""


def test_a_small_difference_from_something_very_large(repository: Path) -> None:
    """Nothing is known of the file then: all of it counts as changed."""
    text = (repository / "good.py").read_bytes()
    pack = repository / ".git" / "objects" / "pack" / f"pack-{'0' * 40}.pack"
    pack.parent.mkdir(exist_ok=True)
    pack.write_bytes(_packed(300_000_000, b"#" + text))
    run_git("index-pack", str(pack), folder=repository)
    name = hashlib.sha1(b"blob %d\0#" % (len(text) + 1) + text, usedforsecurity=False).hexdigest()
    committed(repository, run_git("mktree", folder=repository, given=f"100644 blob {name}\tgood.py\n"))

    def changed(memory: int) -> str:
        command = [sys.executable, "-c", ASKS, str(memory)]
        return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout.strip()

    assert changed(git.MEMORY) == "frozenset({1})"
    assert changed(50_000_000) == "None"


def _packed(size: int, text: bytes) -> bytes:
    """A pack of line ends, and of ``text`` as what differs from them."""
    large = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    squeeze = zlib.compressobj(1)
    squeezed = []
    for part in _parts(size):
        large.update(part)
        squeezed.append(squeeze.compress(part))
    squeezed.append(squeeze.flush())
    difference = _number(size) + _number(len(text)) + bytes([len(text)]) + text
    body = b"PACK" + struct.pack(">II", 2, 2) + _header(3, size) + b"".join(squeezed)
    body += _header(7, len(difference)) + large.digest() + zlib.compress(difference)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _parts(size: int) -> Iterator[bytes]:
    part = b"\n" * (1 << 20)
    for _ in range(size >> 20):
        yield part
    yield part[: size & ((1 << 20) - 1)]


def _header(kind: int, size: int) -> bytes:
    first, rest = (kind << 4) | (size & 15), size >> 4
    return bytes([first | 0x80]) + _number(rest) if rest else bytes([first])


def _number(value: int) -> bytes:
    """Seven bits at a time, the last first."""
    out = []
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
