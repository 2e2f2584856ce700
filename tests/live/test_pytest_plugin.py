"""``pytest --finlint-finalizers`` on the tests in ``suite/``: what fails, on which test, and that the run goes on."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parent / "suite"
ROOT = Path(__file__).parents[2]
TESTS = [
    node.name for node in ast.parse((SUITE / "finalizers.py").read_text()).body if isinstance(node, ast.FunctionDef)
]
TESTS = [name for name in TESTS if name.startswith("test_")]


def run(*arguments: str, cwd: Path = SUITE) -> subprocess.CompletedProcess[str]:
    # 5 ms between looks; what is to be slow waits for twelve of them.
    options = ["-p", "finlint.pytest_plugin", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "testpaths=", "-rA"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(cwd), *arguments],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    found = re.findall(r"^(PASSED|FAILED|ERROR|XFAIL) \S+::(\w+)", done.stdout, re.MULTILINE)
    out: dict[str, str] = {}
    for outcome, name in found:
        # A test that passes and fails in its teardown has both.
        out[name] = outcome if out.get(name) in (None, "PASSED") else out[name]
    return out


def wanted(name: str) -> str:
    if name.startswith("test_error"):
        return "ERROR"
    if name == "test_good_expected_failure":
        return "XFAIL"
    return "FAILED" if name.startswith("test_bad") else "PASSED"


WATCHED = ("--finlint-finalizers=0.02", "--finlint-stuck=0.5")


@pytest.mark.parametrize("more", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_every_report_is_on_the_right_test(more: tuple[str, ...], tmp_path: Path) -> None:
    if more:
        pytest.importorskip("xdist")
    live = tmp_path / "seen.json"
    done = run(*WATCHED, *more, "--finlint-live", str(live), "finalizers.py")
    assert outcomes(done) == {name: wanted(name) for name in TESTS}, done.stdout + done.stderr
    text = done.stdout
    assert re.search(r"slow: `Slow\.__del__` \(__del__\) took at least \d+\.\d", text)  # longer under load
    assert "raises: ValueError: no leaves `Raises.__del__`" in text
    assert "leaves the callback of a `weakref.finalize`" in text
    assert "it waits for its own thread (self-deadlock)" in text
    assert "held by `Pool.take`" in text
    assert (
        "never runs: the finalizer of a test_bad_never_runs.<locals>.Resource keeps the object alive by its own callback"
        in text
    )
    assert "callback, the closure of test_bad_never_runs_by_closure" in text
    # On a busy machine one that is slow may be stuck, too.
    seen = {(seen["code"], seen["verdict"]) for seen in json.loads(live.read_text())["seen"]}
    assert ("FIN102", "self-deadlock") in seen


def test_a_test_that_waits_for_a_stuck_thread_ends_and_so_does_the_process() -> None:
    done = run(*WATCHED, "worker.py")
    assert outcomes(done) == {"test_bad_waits_for_a_stuck_thread": "FAILED", "test_good_goes_on": "PASSED"}
    assert done.returncode == 1
    assert "in the finalizer `Stuck.__del__`" in done.stdout


def test_a_finalizer_that_catches_what_is_to_end_it_gets_it_again() -> None:
    done = run(*WATCHED, "stubborn.py", "-k", "catches or goes_on")
    assert outcomes(done) == {"test_bad_catches_twice": "FAILED", "test_good_goes_on": "PASSED"}, done.stdout


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no masks")
def test_where_no_signal_comes_through_the_run_ends_with_the_report() -> None:
    done = run(*WATCHED, "stubborn.py", "-k", "masked or goes_on")
    assert done.returncode == 1
    assert "finlint: stubborn.py::test_bad_masked: no signal comes through" in done.stderr
    assert "in the finalizer `Masked.__del__`" in done.stderr


def test_warnings_instead_of_failures() -> None:
    done = run(*WATCHED, "--finlint-report=warn", "finalizers.py", "-k", "bad_slow or never")
    assert set(outcomes(done).values()) == {"PASSED"}
    assert done.returncode == 0
    assert "FinalizerWarning: slow: `Slow.__del__`" in done.stdout
    assert "FinalizerWarning: never runs" in done.stdout


def test_off_by_default_and_loaded_lazily(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n"
        "    assert [m for m in sys.modules if m.startswith('finlint.')] == ['finlint.pytest_plugin']\n"
    )
    done = run("test_it.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--finlint-finalizers", "finalizers.py"],
            "must be seconds, not `finalizers.py` (write --finlint-finalizers=S",
        ),
        (["--finlint-finalizers=0"], "must be a positive number of seconds"),
        (["--finlint-finalizers", "--finlint-report=shout"], "invalid choice"),
    ],
)
def test_wrong_options_are_said(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 4
    assert said in done.stderr


def test_the_distribution_has_the_entry_point() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\nfinlint = "finlint.pytest_plugin"\n' in text
