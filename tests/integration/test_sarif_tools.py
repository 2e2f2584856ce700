"""What sarif-tools reads out of our SARIF is what the JSON format says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

loader = pytest.importorskip("sarif.loader", reason="sarif-tools is not installed: install the extra `integration`")

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_read_back(tmp_path: Path) -> None:
    target, document = tmp_path / "finlint.sarif", tmp_path / "finlint.json"
    outputs = ["--output", f"sarif={target}", "--output", f"json={document}"]
    command = [sys.executable, "-m", "finlint", "--isolated", "--exit-zero", "--select", "ALL", *outputs, "fixtures"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    findings = json.loads(document.read_text(encoding="utf-8"))["findings"]
    read = loader.load_sarif_file(str(target))
    assert read.get_distinct_tool_names() == ["finlint"]
    records = sorted((unquote(r["Location"]), r["Line"], r["Code"], r["Severity"]) for r in read.get_records())
    assert len(records) > 100
    assert records == sorted((f["path"], f["line"], f["code"], f["severity"]) for f in findings)

    flows = [result for run in json.loads(target.read_text("utf-8"))["runs"] for result in run["results"]]
    assert sum("codeFlows" in result for result in flows) > 50
    summary = [sys.executable, "-m", "sarif", "summary", str(target)]
    said = subprocess.run(summary, capture_output=True, text=True, check=True).stdout
    assert f"error: {sum(f['severity'] == 'error' for f in findings)}" in said
