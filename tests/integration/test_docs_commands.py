"""Every command that README and docs name is run, in a project with one finding; every option that they name is there.

A command that nobody expects anything of fails the test: say what it does, or which test runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.cli.options import COMMANDS, command_parser, main_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]

POOL = (
    (ROOT / "README.md").read_text(encoding="utf-8").partition("<!-- example -->\n```python\n")[2].partition("```")[0]
)
UPLOADER = """\
from concurrent.futures import ThreadPoolExecutor


class Uploader:
    def __init__(self):
        self._executor = ThreadPoolExecutor()

    def __del__(self):
        self._executor.shutdown()
"""

#: What stands for something of the reader's, and what it is here.
PLACEHOLDERS = {
    "FILE": "pool.py",
    "PATH": ".",
    "KEY": "select",
    "PACKAGE": ".",
    "'KEY = VALUE'": "'select = [\"FIN1\"]'",
}

#: Exit status, and what is printed somewhere.
EXPECTED = {
    "finlint pool.py": (1, "pool.py:26:9: FIN102"),
    "finlint PACKAGE": (1, "FIN102"),
    "finlint --diff uploader.py": (1, "+        self._executor.shutdown(wait=False)"),
    "finlint rule FIN102": (0, "# FIN102"),
    "finlint rule --all": (0, "FIN902"),
    "finlint config": (0, "# no configuration file"),
    "finlint config PATH": (0, "select = "),
    "finlint config KEY": (0, "The rules that report."),
    "finlint config --keys": (0, "per-file-ignores"),
    "finlint config --schema": (0, "json-schema.org"),
    "finlint graph pool.py": (0, "flowchart TD"),
    "finlint graph pool.py:26": (0, "flowchart TD"),
    "finlint clean": (0, "cache"),
    "finlint --version": (0, "finlint 0."),
    "finlint --verbose": (1, "parsed"),
    "finlint --write-baseline FILE": (0, ""),
    "finlint --output-format github .": (1, "::error file=pool.py"),
    "finlint --exit-zero --output sarif=finlint.sarif .": (0, "FIN102"),
    "finlint --output gitlab=gl-code-quality-report.json .": (1, "FIN102"),
    "finlint --output junit=finlint.xml .": (1, "FIN102"),
    "finlint --exit-zero --output-format rdjson .": (0, '"diagnostics"'),
    "finlint --exit-zero --output html=finlint.html .": (0, "FIN102"),
    "finlint --diff-base HEAD .": (0, "No findings"),
    "finlint --write-baseline finlint-baseline.json .": (0, ""),
    "finlint --baseline finlint-baseline.json .": (0, "No findings"),
    "finlint --isolated --no-cache --output-format github .": (1, "::error file=pool.py"),
    "finlint --output-format concise --stdin-filename FILE -": (1, "pool.py:26:9: FIN102"),
    "finlint --fix --stdin-filename FILE -": (1, "class Pool"),
}

#: Beginnings of commands that other tests run.
ELSEWHERE = {
    "finlint server": "tests/server/test_server.py",
    "finlint diagnose": "tests/live",
    "finlint --live": "tests/live",
}


def commands() -> dict[str, str]:
    """Every ``finlint ...`` of the pages, in code of a line or in a block, with the page that names it first."""
    out: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`(finlint [^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S))
        for block in re.findall(r"^ *```(?:sh|yaml)\n(.*?)^ *```", text, re.M | re.S):
            named += re.findall(r"^ *(?:- )?(?:run: |script: )?(finlint .*)$", block, re.M)
        for command in named:
            # What another program does with the output is its own matter; a remark is none of the shell's.
            out.setdefault(re.split(r" [|#] ", command)[0].strip(), page.name)
    return out


COMMANDS_OF_PAGES = commands()


def elsewhere(command: str) -> str | None:
    return next((test for start, test in ELSEWHERE.items() if f"{command} ".startswith(f"{start} ")), None)


def test_each_is_run_somewhere() -> None:
    unknown = {c: page for c, page in COMMANDS_OF_PAGES.items() if c not in EXPECTED and elsewhere(c) is None}
    assert unknown == {}
    assert set(EXPECTED) <= set(COMMANDS_OF_PAGES), "nobody names it any more"
    assert sum(page == "ci.md" for page in COMMANDS_OF_PAGES.values()) >= 8
    for test in ELSEWHERE.values():
        assert (ROOT / test).exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pool.py").write_text(POOL)
    (folder / "uploader.py").write_text(UPLOADER)
    return folder


@pytest.mark.parametrize("command", EXPECTED)
def test_it_does_what_it_says(command: str, project: Path) -> None:
    status, says = EXPECTED[command]
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    env = {**os.environ, "PATH": os.pathsep.join(folders), "FINLINT_CACHE_DIR": str(project.with_name("cache"))}
    if "--diff-base" in command:
        commit = "git -c user.name=t -c user.email=t@example.org commit -qm all"
        subprocess.run(["bash", "-c", f"git init -q && git add . && {commit}"], cwd=project, check=True)
    if "--baseline" in command:
        baseline = command.replace("--baseline", "--write-baseline")
        subprocess.run(["bash", "-c", baseline], cwd=project, env=env, check=True, capture_output=True)
    for name, value in PLACEHOLDERS.items():
        value = "baseline.json" if name == "FILE" and "baseline" in command else value
        command = re.sub(rf"\b{name}\b" if name.isalpha() else re.escape(name), value, command)
    text = POOL if command.endswith(" -") else None
    run = ["bash", "-c", command]
    done = subprocess.run(run, cwd=project, env=env, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for name in re.findall(r"=(\S+\.(?:sarif|json|xml|html))", command):
        assert (project / name).stat().st_size > 100


#: Options of other programs, of benchmarks, and of the commands that have parsers of their own.
OF_OTHERS = {
    "--finlint-enable": "finlint/flake8.py",
    "--rows": "benchmarks",
    "--profile": "benchmarks",
    "--strict": "mkdocs.yml",
}


def test_every_option_that_is_named_is_there() -> None:
    known = {
        option for parser in [main_parser(), *map(command_parser, COMMANDS)] for option in parser._option_string_actions
    }
    known |= {*OF_OTHERS}
    for page in PAGES:
        if page.name == "live.md":
            # Options of the watch and of the pytest plugin, which have tests of their own.
            continue
        text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        named = {
            option
            for code in re.findall(r"`((?:finlint )?--[^`\n]+)`", text)
            for option in re.findall(r"(?<!\S)--[a-z][\w-]*", code)
        }
        assert named - known - {"--finlint-finalizers"} == set(), page.name
