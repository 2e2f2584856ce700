"""A tree that plants commands wherever git and Python look for some: none of them runs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finlint import git
from tests.cli.conftest import BAD

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the traps are shell commands")

FIXABLE = "from concurrent.futures import ThreadPoolExecutor\n\n\nclass A:\n    def __init__(self):\n        self._p = ThreadPoolExecutor()\n\n    def __del__(self):\n        self._p.shutdown()\n"
LONG = "a line of it\n" * 80_000

#: Modules that we, our libraries or the interpreter import, and files that pytest, pip and setuptools run.
MODULES = (
    *("sitecustomize", "usercustomize", "ast", "json", "re", "symtable", "tokenize", "difflib", "hashlib", "tempfile"),
    *("multiprocessing", "subprocess", "argparse", "tomllib", "tomli", "libcst", "yaml", "pyflakes", "pycodestyle"),
    *("mccabe", "conftest", "setup", "encodings/mine", "codecs", "ctypes", "resource", "evil"),
)
HOOKS = (
    "post-checkout",
    "post-index-change",
    "pre-commit",
    "fsmonitor-watchman",
    "reference-transaction",
    "post-merge",
)

CONFIG = """\
[core]
	fsmonitor = {trap} fsmonitor
	hooksPath = {hooks}
	pager = {trap} pager
	editor = {trap} editor
	sshCommand = {trap} ssh
	askPass = {trap} askpass
	gitProxy = {trap} proxy
	alternateRefsCommand = {trap} alternates
	attributesFile = {attributes}
[pager]
	ls-tree = {trap} pager-ls-tree
	cat-file = {trap} pager-cat-file
	diff = {trap} pager-diff
[alias]
	rev-parse = !{trap} alias
	ls-tree = !{trap} alias
	ls-files = !{trap} alias
	cat-file = !{trap} alias
	diff = !{trap} alias
[diff]
	external = {trap} external
[diff "mine"]
	command = {trap} diff-command
	textconv = {trap} textconv
[filter "mine"]
	clean = {trap} clean
	smudge = {trap} smudge
	process = {trap} process
	required = true
[merge "mine"]
	driver = {trap} merge
[gpg]
	program = {trap} gpg
[log]
	showSignature = true
[credential]
	helper = !{trap} credential
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[remote "origin"]
	url = ext::{trap} transport
	promisor = true
	partialclonefilter = blob:none
	uploadpack = {trap} uploadpack
	fetch = +refs/heads/*:refs/remotes/origin/*
[uploadpack]
	packObjectsHook = {trap} pack-objects
[extensions]
	partialClone = origin
"""


class Tree:
    """The checkout ``root``; what ran of it is in the file ``log``."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.log = folder / "log"
        self.folder = folder
        self.root.mkdir()
        self._trap = folder / "trap.sh"
        self._trap.write_text(f'#!/bin/sh\necho "$0 $1" >> "{self.log}"\nexit 1\n')
        self._trap.chmod(0o755)
        self.plant_python()
        self.plant_git()

    def plant_python(self) -> None:
        line = f"import weakref\nopen({str(self.log)!r}, 'a').write(__name__ + '\\n')\n"
        for name in MODULES:
            path = self.root / (f"{name}.py" if name != "libcst" else "libcst/__init__.py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(line + BAD)
        (self.root / "mine.pth").write_text(f"import os; open({str(self.log)!r}, 'a').write('pth\\n')\n")
        (self.root / "fixable.py").write_text(FIXABLE)
        (self.root / "coded.py").write_text("# coding: mine\nimport weakref\n")
        plugin = "[flake8:local-plugins]\nextension =\n    EVL = evil:Plugin\npaths = .\n"
        for name in ("setup.cfg", "tox.ini", ".flake8"):
            (self.root / name).write_text(plugin)
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n[tool.finlint]\nsrc = ["."]\n'
        )

    def plant_git(self) -> None:
        (self.root / ".gitattributes").write_text("*.py filter=mine diff=mine merge=mine text\n")
        attributes = self.folder / "attributes"
        attributes.write_text("*.py filter=mine diff=mine\n")
        self.git("init", "-q")
        self.git("-c", "core.autocrlf=false", "add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
        (self.root / "fixable.py").write_text(FIXABLE.replace("shutdown()", "shutdown()  # now"))
        # An object that is not there is fetched, where a repository says that it is a partial clone.
        name = self.git("rev-parse", "HEAD:coded.py").strip()
        (self.root / ".git" / "objects" / name[:2] / name[2:]).unlink()
        (self.root / "coded.py").write_text(BAD)
        hooks = self.root / "hooks"
        hooks.mkdir()
        for hook in HOOKS:
            for folder in (hooks, self.root / ".git" / "hooks"):
                folder.mkdir(exist_ok=True)
                (folder / hook).write_text(self._trap.read_text())
                (folder / hook).chmod(0o755)
        config = CONFIG.format(trap=self._trap, hooks=hooks, attributes=attributes)
        (self.root / ".git" / "included").write_text(config)
        with open(self.root / ".git" / "config", "a") as file:
            file.write(f'{config}[include]\n\tpath = included\n[includeIf "gitdir:{self.root}/"]\n\tpath = included\n')
        for name in ("git", "ssh", "less", "python", "python3", "sh"):
            # In the tree, for whoever searches a path with `.` in it.
            (self.root / name).write_text(self._trap.read_text())
            (self.root / name).chmod(0o755)

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True).stdout

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command as pip installs it, in the tree, with a search path that a careless user has."""
        script = self.folder / "bin" / module.split(".")[0]
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"import sys\nfrom {module} import main\nsys.exit(main())\n")
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        env |= {"PATH": f".::{os.environ['PATH']}", "FINLINT_CACHE_DIR": str(self.folder / "cache")}
        command = [sys.executable, str(script), *arguments]
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True)

    def ran(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_traps_are_live(tree: Tree) -> None:
    # Its content is compared, and cleaned therefore: of files that are as old as the index that is a matter of luck.
    os.utime(tree.root / "evil.py", (1_500_000_000, 1_500_000_000))
    for command in (["git", "status"], ["git", "diff"], ["git", "cat-file", "-p", "HEAD:coded.py"]):
        subprocess.run(command, cwd=tree.root, capture_output=True, check=False)
    subprocess.run([sys.executable, "-c", "import ast, libcst"], cwd=tree.root, capture_output=True, check=False)
    tree.run("flake8.main.cli", "fixable.py")
    said = "\n".join(tree.ran())
    for trap in ("fsmonitor", "process", "transport", "ast", "evil"):
        assert trap in said


@pytest.mark.parametrize(
    ("asked", "trap"),
    [
        (["status", "--porcelain"], "fsmonitor"),
        (["update-ref", "refs/heads/other", "HEAD"], "reference-transaction"),
        (["cat-file", "-p", "HEAD:coded.py"], "transport"),
        (["ls-remote", "origin"], "transport"),
        (["ls-remote", "ssh://localhost/checkout"], "ssh"),
        (["ls-remote", "https://localhost/checkout"], "credential"),
    ],
)
def test_each_switch_of_git_is_closed(tree: Tree, monkeypatch: pytest.MonkeyPatch, asked: list[str], trap: str) -> None:
    """Whatever is asked; what looks at files runs their filters all the same, and is not asked therefore."""
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{tree.folder / 'trap.sh'} ssh")
    with contextlib.suppress(git.GitError):
        git.ask(*asked, folder=str(tree.root))
    assert not [line for line in tree.ran() if trap in line]
    subprocess.run(["git", *asked], cwd=tree.root, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if trap != "credential":
        # It takes a server to be run at all.
        assert [line for line in tree.ran() if trap in line]


def test_git_writes_nothing(tree: Tree) -> None:
    """Not even what it has found out about files that were touched."""
    index = tree.root / ".git" / "index"
    before = index.read_bytes()
    os.utime(tree.root / "evil.py", (1_500_000_000, 1_500_000_000))
    with contextlib.suppress(git.GitError):
        git.ask(
            "-c",
            "filter.mine.required=false",
            "-c",
            "filter.mine.process=",
            "-c",
            "filter.mine.clean=",
            "status",
            folder=str(tree.root),
        )
    assert index.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["."],
        ["fixable.py", "--follow-installed", "--no-cache"],
        ["--diff-base", "HEAD", "."],
        ["--diff-base", "HEAD~1", "."],
        ["--diff", "--unsafe-fixes", "."],
        ["--fix", "--unsafe-fixes", "--diff-base", "HEAD", "."],
        ["--add-ignore", "."],
        ["--show-files", "."],
        ["--write-baseline", "base.json", "."],
    ],
    ids=" ".join,
)
def test_the_command_runs_nothing(tree: Tree, arguments: list[str]) -> None:
    done = tree.run("finlint.__main__", *arguments)
    assert tree.ran() == []
    assert "internal error" not in done.stderr
    clean = {"--show-files", "--write-baseline", "--add-ignore", "--fix"}
    assert done.returncode == (2 if "HEAD~1" in arguments else 0 if arguments[0] in clean else 1)
    if "--fix" in arguments:
        assert "shutdown(wait=False)" in (tree.root / "fixable.py").read_text()


def test_workers_run_nothing(tree: Tree) -> None:
    # Enough to read that worker processes pay. A text costs little: LibCST has a node for each comment.
    for number in range(2):
        (tree.root / f"large{number}.py").write_text(f'{BAD}TEXT = """{LONG}"""\n')
    done = tree.run("finlint.__main__", "--jobs", "2", "--verbose", "--diff-base", "HEAD", ".")
    assert "2 worker processes" in done.stderr
    assert tree.ran() == []
    # What has changed, and what cannot be compared.
    assert "coded.py:7:9" in done.stdout
    assert "ast.py" not in done.stdout


def test_the_plugin_runs_nothing(tree: Tree) -> None:
    """Under --isolated: without it flake8 itself loads the plugins that a tree's configuration names."""
    done = tree.run("flake8.main.cli", "--isolated", "--select", "FIN", "fixable.py", "coded.py", "ast.py")
    assert done.returncode == 1
    assert "FIN104" in done.stdout
    assert tree.ran() == []
