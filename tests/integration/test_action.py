"""The GitHub Action: valid by GitHub's schema, and its steps' commands run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from checkout import copied

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: install the extra `integration`")

ROOT = Path(__file__).resolve().parents[2]
BAD = "import threading\nlock = threading.Lock()\n\nclass A:\n    def __del__(self):\n        lock.acquire()\n\n"
BAD += "def other():\n    with lock:\n        return [A()]\n"


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_it_is_valid() -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed: install the extra `integration`")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_inputs_reach_the_shell_as_variables_only(action: dict[str, Any]) -> None:
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", (ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(used) == set(action["inputs"])


def _run(
    action: dict[str, Any], folder: Path, scratch: Path, given: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The ``run`` steps, one after the other, as a runner does; the first that fails is the last."""
    values = {name: str(spec.get("default", "")) for name, spec in action["inputs"].items()} | given
    done = None
    for step in action["runs"]["steps"]:
        if "run" not in step:
            assert step["uses"].startswith("actions/setup-python@")
            continue
        env = dict(os.environ)
        for name, value in step.get("env", {}).items():
            found = re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], value)
            env[name] = found.replace("${{ github.action_path }}", str(scratch / "action"))
        env |= {"RUNNER_TEMP": str(scratch / "temp"), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"}
        env.pop("PYTHONPATH", None)
        # The options that GitHub starts `shell: bash` with.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            break
    assert done is not None
    return done


@pytest.mark.slow
def test_it_runs(action: dict[str, Any], tmp_path: Path) -> None:
    copied(tmp_path / "action")
    (tmp_path / "temp").mkdir()
    project = tmp_path / "project"
    project.mkdir()
    (project / "bad.py").write_text(BAD)
    (project / "log.py").write_text("import logging\n\nclass A:\n    def __del__(self):\n        logging.error('')\n")
    (project / "good.py").write_text("x = 1\n")

    given = {"paths": "bad.py log.py", "args": "--extend-select FIN113", "sarif-file": "out.sarif"}
    done = _run(action, project, tmp_path, given)
    assert done.returncode == 1, done.stderr
    assert [line.split(",title")[0] for line in done.stdout.splitlines()] == [
        "::error file=bad.py,line=6,col=9,endLine=6,endColumn=23",
        "::warning file=log.py,line=5,col=9,endLine=5,endColumn=26",
    ]
    results = json.loads((project / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["FIN102", "FIN113"]
    (project / "bad.py").unlink()
    assert _run(action, project, tmp_path, {}).returncode == 0
