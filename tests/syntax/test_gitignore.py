"""What is read from the files is what git says."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from fifo import make_fifo

from finlint.syntax.discover import discover
from finlint.syntax.wildmatch import parse

NAMES = ["a", "b", "ab", "a.b", "foo", "bar", "aa", "a[b", "x y", "#c", "!d", "-", "é", "a]"]
WORDS = [
    *("a", "b", "foo", "bar", "é", "*", "?", "**", "***", "/", "/", "/**/", "**/", "/**", "*.py", "a*b", "*a*"),
    *("[ab]", "[!a]", "[^b]", "[a-c]", "[[:alpha:]]", "[[:bad:]]", "[[:al]", "[]a]", "[a-]", "[--a]", "[b/a]", "[\\]]"),
    *("\\*", "\\a", " ", "\\ ", "[", "]", "!", "#", "\\", "\t"),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder that is empty, so that nobody's own patterns count."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def root(tmp_path: Path, home: Path) -> Path:
    """An empty work tree."""
    folder = tmp_path / "tree"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def of_git(root: Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    return sorted(os.fsdecode(name) for name in out.split(b"\0") if name.endswith(b".py"))


def found(root: Path) -> list[str]:
    return sorted(os.path.relpath(path, root) for path in discover([str(root)]).files)


def pattern(rng: random.Random) -> str:
    text = "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 5)))
    if rng.random() < 0.3:
        text = rng.choice(NAMES) + rng.choice(["", "/", ".py", "*"])
    if "\\/" in text:
        # An escaped slash is none of git's documented patterns.
        return pattern(rng)
    return "!" * (rng.random() < 0.25) + text + "/" * (rng.random() < 0.25) + "  " * (rng.random() < 0.1)


def plant(root: Path, rng: random.Random) -> None:
    """Folders with files, and files of patterns in some of them."""
    folders = [root]
    for _ in range(rng.randint(2, 8)):
        folders.append(rng.choice(folders) / rng.choice(NAMES))
        folders[-1].mkdir(exist_ok=True)
    for _ in range(rng.randint(4, 16)):
        (rng.choice(folders) / f"{rng.choice(NAMES)}.py").touch()
    for _ in range(rng.randint(1, 3)):
        end = rng.choice(["\n", "\n", "\r\n"])
        (rng.choice(folders) / ".gitignore").write_bytes(
            end.join(pattern(rng) for _ in range(rng.randint(1, 6))).encode()
        )


@pytest.mark.parametrize("seed", range(4))
def test_random_patterns(root: Path, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(100):
        folder = root / f"tree{number}"
        folder.mkdir()
        plant(folder, rng)
    every = sorted(str(path.relative_to(root)) for path in root.rglob("*.py"))
    assert found(root) == of_git(root)
    assert 0.2 * len(every) < len(of_git(root)) < len(every)


@pytest.mark.parametrize(
    "lines",
    [
        # Everything but what is named, the idiom in which patterns for folders do not count for what is in them.
        ["*", "!*/", "!*.py"],
        ["/*", "!/a", "/a/*", "!/a/foo.py"],
        ["a/", "!a/"],
        ["a/**", "!a/foo.py"],
        ["**/a/**/foo.py", "a/**/b"],
        ["\ufeff" + "foo.py"],
        ["foo.py   ", "bar.py\\ ", "a b\t"],
        ["foo.py\r", "# a", "", "   ", "/", "//", "!", "a//", "!!foo.py"],
    ],
)
def test_idioms(root: Path, lines: list[str]) -> None:
    for name in ("a/foo.py", "a/b/foo.py", "a/c/b/bar.py", "foo.py", "bar.py ", "bar.py", "b/a/x/foo.py", "!foo.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / ".gitignore").write_text("\n".join(lines), encoding="utf-8", newline="")
    assert found(root) == of_git(root)


def test_files_of_the_repository_and_of_the_user(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one.py", "two.py", "three.py", "four.py", "five.py", "sub/two.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text("/two.py\n!four.py\n")
    usual = home / ".config" / "git" / "ignore"
    usual.parent.mkdir(parents=True)
    usual.write_text("three.py\nfour.py\n")
    assert found(root) == of_git(root) == ["five.py", "four.py", "one.py", "sub/two.py"]
    (home / "mine").write_text("one.py\n")
    for config in ("[core]\n\texcludesFile = ~/mine\n", '[user]\nname = x\n[Core] EXCLUDESFILE = "~/mine" ; mine\n'):
        (home / ".gitconfig").write_text(config)
        assert found(root) == of_git(root) == ["five.py", "four.py", "sub/two.py", "three.py"]
    # The nearer file goes before those further away.
    (root / ".gitignore").write_text("!one.py\n!two.py\n")
    assert found(root) == of_git(root) == ["five.py", "four.py", "one.py", "sub/two.py", "three.py", "two.py"]
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert found(root) == of_git(root)


def test_linked_work_trees_and_repositories_inside(root: Path, tmp_path: Path) -> None:
    (root / "a.py").touch()
    commands = [["add", "a.py"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]]
    for command in [*commands, ["worktree", "add", "-q", str(tmp_path / "linked")]]:
        subprocess.run(["git", "-C", str(root), *command], check=True)
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text("x.py\n")
    linked = tmp_path / "linked"
    (linked / "x.py").touch()
    assert found(linked) == of_git(linked) == ["a.py"]
    (root / ".gitignore").write_text("y.py\n")
    inner = root / "inner"
    subprocess.run(["git", "init", "-q", str(inner)], check=True)
    for folder in (root, inner):
        (folder / "y.py").touch()
    # git does not look into another repository, whose own patterns hold in it.
    assert found(root) == ["a.py", "inner/y.py"]


def test_a_tracked_file_that_matches_is_ignored(root: Path) -> None:
    (root / "a.py").touch()
    subprocess.run(["git", "-C", str(root), "add", "a.py"], check=True)
    (root / ".gitignore").write_text("a.py\n")
    assert of_git(root) == ["a.py"]
    assert found(root) == []
    assert discover([str(root / "a.py")]).files == (str(root / "a.py"),)


@pytest.mark.skipif(os.name != "posix", reason="links and FIFOs")
def test_a_file_of_patterns_that_is_none(root: Path, tmp_path: Path) -> None:
    (root / "a.py").touch()
    (tmp_path / "patterns").write_text("a.py\n")
    (root / ".gitignore").symlink_to(tmp_path / "patterns")
    assert found(root) == of_git(root) == ["a.py"]
    (root / ".gitignore").unlink()
    make_fifo(root / ".gitignore")
    assert found(root) == ["a.py"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("*a" * 40 + "*b", "a" * 255),
        ("**/a*/" * 15 + "b", "a/" * 40 + "c"),
        ("/" + "**/a*a*/" * 15 + "b", ("a" * 200 + "/") * 18 + "c"),
        ("[a-z]*" * 60 + "X", "a" * 255),
        ("*?" * 200, "a" * 255 + "/b"),
    ],
)
def test_no_pattern_backtracks_for_ever(text: str, path: str) -> None:
    found = parse(text)
    assert found is not None
    assert not found.matches(path.split("/"), False)
