"""flake8 6 and 7, each as pip installs it: the same findings, options, and no difference between one job and two."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BAD = "import locks\n\nclass A:\n    def __del__(self):\n        locks.hold()\n"
LOCKS = "import threading\nlock = threading.Lock()\n\ndef hold():\n    lock.acquire()\n"
LOGS = "import logging\n\nclass B:\n    def __del__(self):\n        logging.warning('gone')\n"


@pytest.fixture(scope="module", params=["6", "7"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A major version of flake8 and the folder that it is installed in."""
    folder = tmp_path_factory.mktemp(f"flake8-{request.param}")
    wanted = f"flake8=={request.param}.*"
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*command, wanted], check=True, capture_output=True)
    return request.param, folder


def flake8(folder: Path, cwd: Path, *arguments: str, stdin: str | None = None) -> list[str]:
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "flake8", *arguments]
    env = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.slow  # each is installed
def test_the_plugin_in_this_version(version: tuple[str, Path], tmp_path: Path) -> None:
    major, folder = version
    said = " ".join(flake8(folder, tmp_path, "--version"))
    assert said.startswith(f"{major}.")
    assert re.search(r"finlint: \d", said)

    (tmp_path / "locks.py").write_text(LOCKS)
    (tmp_path / "logs.py").write_text(LOGS)
    (tmp_path / "quiet.py").write_text(BAD.replace("hold()", "hold()  # noqa: FIN102"))
    for number in range(4):
        (tmp_path / f"bad{number}.py").write_text(BAD)
    (tmp_path / ".flake8").write_text(
        "[flake8]\nselect = FIN\nfinlint-enable = logging\nper-file-ignores = bad3.py:FIN102\n"
    )
    one = flake8(folder, tmp_path, "--jobs", "1", ".")
    assert [" ".join(line.split()[:2]) for line in one] == [
        *(f"./bad{number}.py:5:9: FIN102" for number in range(3)),
        "./logs.py:5:9: FIN113",
    ]
    assert flake8(folder, tmp_path, "--jobs", "2", ".") == one
    unsaved = flake8(folder, tmp_path, "--stdin-display-name", "new.py", "-", stdin=BAD)
    assert [line.split()[0] for line in unsaved] == ["new.py:5:9:"]
    assert flake8(folder, tmp_path, "--extend-ignore", "FIN102,FIN113", ".") == []
