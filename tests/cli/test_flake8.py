"""The plugin inside the real flake8: the same findings as the command, through flake8's own machinery."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.flake8 import Plugin

from .conftest import BAD, Run

pytest.importorskip("flake8", reason="flake8 is not installed")

LOGGING = """\
import logging, weakref

def note():
    logging.getLogger("x").warning("gone")

class A: pass
a = A()
weakref.finalize(a, note)
"""


def flake8(*arguments: str, stdin: str | None = None) -> list[str]:
    command = [sys.executable, "-m", "flake8", "--isolated", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_same_as_the_command(project: Path, run: Run) -> None:
    command = run("--output-format", "concise", "--isolated", "bad.py").out.splitlines()
    assert flake8("--select", "FIN", "bad.py") == command
    shown = flake8("--select", "FIN", "--stdin-display-name", "bad.py", "-", stdin=BAD)
    assert shown == command
    assert [line.partition(":")[2] for line in flake8("--select", "FIN", "-", stdin=BAD)] == [
        line.partition(":")[2] for line in command
    ]


def test_the_same_with_two_jobs(project: Path) -> None:
    for number in range(4):
        (project / f"bad{number}.py").write_text(BAD)
    one = flake8("--select", "FIN", "--jobs", "1", ".")
    assert [line.split()[0] for line in one] == [f"./bad{number}.py:7:9:" for number in ("", 0, 1, 2, 3)]
    assert flake8("--select", "FIN", "--jobs", "2", ".") == one


def test_chains_through_other_files_and_unsaved_text(project: Path) -> None:
    (project / "locks.py").write_text("import threading\nlock = threading.Lock()\ndef hold():\n    lock.acquire()\n")
    text = "import locks\n\nclass A:\n    def __del__(self):\n        locks.hold()\n"
    (project / "user.py").write_text("")
    shown = flake8("--select", "FIN", "--stdin-display-name", "user.py", "-", stdin=text)
    assert [line.partition(" ")[0] for line in shown] == ["user.py:5:9:"]
    assert "FIN102" in shown[0]


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        ([], True),
        (["--extend-ignore", "F"], True),
        (["--ignore", "F"], True),
        (["--ignore", "FIN"], False),
        (["--extend-ignore", "FIN102"], False),
        (["--select", "E"], False),
        (["--per-file-ignores", "bad.py:FIN102"], False),
    ],
)
def test_selection_is_flake8s(project: Path, options: list[str], reported: bool) -> None:
    shown = [line for line in flake8(*options, "bad.py") if "FIN" in line]
    assert bool(shown) is reported


def test_noqa_is_flake8s_and_our_own_comment_is_ours(project: Path) -> None:
    for comment, reported in {"# noqa: FIN102": 0, "# noqa: E501": 1, "# finlint: ignore[FIN102] -- why": 0}.items():
        (project / "bad.py").write_text(BAD.replace("acquire()", f"acquire()  {comment}"))
        assert len(flake8("--select", "FIN", "bad.py")) == reported, comment
    (project / "bad.py").write_text(BAD.replace("acquire()", "acquire()  # noqa: FIN102"))
    assert len(flake8("--select", "FIN", "--disable-noqa", "bad.py")) == 1


def test_opt_in_rules_are_off_until_enabled(project: Path) -> None:
    (project / "log.py").write_text(LOGGING)
    assert flake8("--select", "FIN", "log.py") == []
    assert flake8("--select", "FIN", "--ignore", "E501", "log.py") == []
    assert "FIN113" in flake8("--select", "FIN", "--finlint-enable", "FIN113", "log.py")[0]
    (project / ".flake8").write_text("[flake8]\nselect = FIN\nfinlint-enable = logging\n")
    done = subprocess.run([sys.executable, "-m", "flake8", "log.py"], capture_output=True, text=True, check=False)
    assert "FIN113" in done.stdout


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (["--select", "FIN113"], True),
        (["--select", "FIN1"], True),
        (["--extend-select", "FIN113"], True),
        (["--select", "E,FIN113"], True),
        (["--select", "FIN113", "--ignore", "FIN113"], False),
        (["--extend-select", "FIN"], False),
        (["--extend-select", "FIN4"], False),
    ],
)
def test_selecting_an_opt_in_rule_switches_it_on(project: Path, options: list[str], reported: bool) -> None:
    (project / "log.py").write_text(LOGGING)
    assert any("FIN113" in line for line in flake8(*options, "log.py")) is reported


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_wrong_configuration_is_one_error(project: Path, jobs: str) -> None:
    for number in range(4):
        (project / f"bad{number}.py").write_text(BAD)
    command = [sys.executable, "-m", "flake8", "--jobs", jobs, "--select", "FIN", "."]
    for text, says in (
        ("nonsense = 1\n", "finlint.toml: unknown key `nonsense`"),
        ('knowledge = ["nowhere.toml"]\n', "nowhere.toml: cannot be read"),
    ):
        (project / "finlint.toml").write_text(text)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert (done.stdout + done.stderr).count(says) == 1
        assert "FIN901" not in done.stdout
        assert "Traceback" not in done.stderr
    (project / "finlint.toml").unlink()
    wrong = [*command, "--finlint-enable", "FIN19O"]
    done = subprocess.run(wrong, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr).count("unknown rule `FIN19O`, did you mean") == 1


def test_a_wrong_configuration_further_down_is_one_error(project: Path) -> None:
    (project / "sub").mkdir()
    for name in ("a", "b"):
        (project / "sub" / f"{name}.py").write_text(BAD)
    (project / "sub" / "finlint.toml").write_text("nonsense = 1\n")
    command = [sys.executable, "-m", "flake8", "--jobs", "1", "--select", "FIN", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("unknown key `nonsense`") == 1


def test_an_internal_error_is_a_line_not_a_crash(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("at 1:2: oops")

    monkeypatch.setattr("finlint.engine.analyse", broken)
    import ast

    found = list(Plugin(ast.parse(BAD), "bad.py", BAD.splitlines(keepends=True)).run())
    assert [(line, column, text) for line, column, text, _ in found] == [
        (1, 0, "FIN901 finlint cannot check this file: ZeroDivisionError: at 1:2 oops")
    ]


@pytest.mark.parametrize("cookie", ["", "# coding: latin-1\n", "\ufeff", "# -*- coding: cp1252 -*-\n"])
def test_any_encoding(project: Path, cookie: str) -> None:
    text = cookie + "name = 'é'\n" + BAD
    encoding = "latin-1" if "coding" in cookie else "utf-8"
    (project / "bad.py").write_bytes(text.encode(encoding))
    assert ["FIN102" in line for line in flake8("--select", "FIN", "bad.py")] == [True]


def test_a_file_without_a_registration_costs_no_import(project: Path) -> None:
    script = (
        "import sys, ast, json; before = set(sys.modules)\n"
        "from finlint.flake8 import Plugin\n"
        "assert list(Plugin(ast.parse('x = 1'), 'good.py', ['x = 1']).run()) == []\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=project)
    loaded = set(json.loads(done.stdout))
    # 8 ms for all of them, on the machine that the limit of 30 ms was set for.
    few = {
        "flake8",
        "config",
        "config.finder",
        "config.model",
        "model",
        "model.codes",
        "model.finding",
        "model.settings",
        "model.source",
    }
    few |= {"scan", "scan.abandoned", "scan.tokens"}
    assert {name for name in loaded if name.startswith("finlint")} <= {"finlint", *(f"finlint.{name}" for name in few)}
    assert not {"libcst", "tomllib", "tomli", "subprocess", "importlib.metadata", "multiprocessing"} & loaded
    assert len(loaded) < 25
