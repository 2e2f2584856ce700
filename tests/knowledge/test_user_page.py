"""docs/knowledge.md says what there is, and its example does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from checkout import block

from finlint.knowledge.entries import Entry

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8")


def test_every_field_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))))
    assert described | {"evidence", "name"} == set(Entry._fields)


def test_the_example_does_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "finlint-knowledge.toml").write_text(block(PAGE, "knowledge-example"))
    (tmp_path / "finlint.toml").write_text('knowledge = ["finlint-knowledge.toml"]\n')
    (tmp_path / "session.py").write_text(block(PAGE, "knowledge-program"))
    command = [sys.executable, "-m", "finlint", "--no-cache", "--output-format", "json", "session.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    findings = json.loads(done.stdout)["findings"]
    assert [(f["code"], f["line"], f["culprit"]["call"]) for f in findings] == [("FIN104", 10, "acme.bus.Client.close")]
