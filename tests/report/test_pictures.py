"""The HTML report and Mermaid flowcharts: what they show, and that nothing in them acts on who looks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

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
from finlint.report.chain import by_problem, steps
from finlint.report.formats import render
from finlint.report.mermaid import flowchart, markdown
from finlint.report.view import View

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&\x1b[2J\u202e\udcff\n"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def finding(path: str = "/p/pool.py", line: int = 26, said: str = "`A.__del__` waits", code: str = "FIN102") -> Finding:
    return Finding(
        code,
        "lock",
        Severity.ERROR,
        Confidence.HIGH,
        said,
        path,
        Span(line, 9, line, 21),
        RegistrationRef("__del__", path, line - 1, 5),
        Culprit("threading.Lock.acquire", "/p/locks.py", 14, 14),
        (Hop(path, line, 9, "self.close()"), Hop("/p/locks.py", 14, 14, "self._lock")),
        (Hop("/p/locks.py", 10, 14, "`Pool.take` holds the lock while it allocates"),),
    )


def view(*findings: Finding, errors: tuple[FileError, ...] = ()) -> View:
    return View(Report(findings, errors, Summary(2, 2, 1, len(findings))), "/p", lambda path: [], version="1.2.3")


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], "not every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & {*self._open}:
            self.said.append(data)


def test_steps_are_registration_calls_culprit_and_holder() -> None:
    chain = steps(finding(), view())
    assert [(step.role, step.path, step.line) for step in chain] == [
        ("registration", "pool.py", 25),
        ("call", "pool.py", 26),
        ("culprit", "locks.py", 14),
        ("holder", "locks.py", 10),
    ]


def test_findings_of_one_culprit_are_one_problem() -> None:
    other = finding(line=90)._replace(culprit=Culprit("time.sleep", "/p/locks.py", 99, 1))
    assert by_problem([finding(), other, finding(line=50)]) == [[finding(), finding(line=50)], [other]]


def test_the_page_has_what_there_is() -> None:
    page = Page(render("html", view(finding(), finding(line=50), errors=(FileError("/p/bad.py", 3, "no Python", 7),))))
    text = " ".join(" ".join(page.said).split())
    assert "2 problems, 3 findings (3 errors) in 2 files with 1 finalizer" in text
    assert "threading.Lock.acquire at locks.py:14" in text
    assert "bad.py:3:7 no Python" in text
    articles = [attributes for tag, attributes in page.elements if tag == "article"]
    assert [a["data-code"] for a in articles] == ["FIN102", "FIN102", "FIN901"]
    roles = [attributes["class"] for tag, attributes in page.elements if tag == "g"]
    assert roles == ["registration", "call", "culprit", "holder"] * 2
    assert render("html", view()).count("No findings.") == 1


def test_nothing_of_a_tree_acts_in_the_page() -> None:
    evil = finding(f"/p/{EVIL}.py", said=EVIL)
    evil = evil._replace(
        kind=EVIL,
        culprit=Culprit(EVIL, f"/p/{EVIL}", 1, 1),
        trace=(Hop(f"/p/{EVIL}", 1, 1, EVIL),),
        related=(Hop("/p/x", 1, 1, EVIL),),
        registration=RegistrationRef(EVIL, f"/p/{EVIL}", 1, 1),
    )
    text = render("html", view(evil, errors=(FileError(f"/p/{EVIL}", 1, EVIL, 1),)))
    assert text.isascii()
    assert "\x1b" not in text
    good = Page(render("html", view(finding(), errors=(FileError("/p/bad.py", 3, "no Python", 7),))))
    page = Page(text)
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in good.elements}
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    names = {name for _, attributes in page.elements for name in attributes}
    assert names == {name for _, attributes in good.elements for name in attributes}
    assert not any(name.startswith("on") or name in ("src", "href") for name in names)


def test_the_page_needs_nothing_else() -> None:
    text = render("html", view(finding()))
    assert not re.search(r"https?:|url\(|@import|<link", text)
    assert "default-src 'none'; style-src 'sha256-" in text


def test_flowchart() -> None:
    lines = flowchart(finding(), view()).splitlines()
    assert lines[0] == "flowchart TD"
    assert '  subgraph f1["locks.py"]' in lines
    assert '    s1["26: self.close()"]:::call' in lines
    assert "  s1 --> s2" in lines
    assert "  s3 -. holds .-> s2" in lines


def test_nothing_of_a_tree_acts_in_a_flowchart() -> None:
    evil = finding(f"/p/{EVIL}", said=EVIL + "```\n# heading")._replace(trace=(Hop(f"/p/{EVIL}", 1, 1, EVIL),))
    text = markdown(evil, view())
    assert text.isprintable() or set(text) - {"\n"} <= {c for c in text if c.isprintable()}
    said, fence, *rest = text.split("\n\n")[0], *text.split("\n\n")[1:]
    assert said.startswith("`")
    assert said.count("`") == 2
    assert "\n" not in said
    assert not rest
    assert fence.count("```") == 2
    for label in re.findall(r'"([^"\n]*)"', fence):
        assert re.fullmatch(r"(?:[A-Za-z0-9 _.,/=+*:()-]|#\d+;)*", label)
    assert not re.search(r'"[^"\n]*"[^\]]', fence)


def dumped(page: Path, address: str, profile: Path) -> str:
    """The page as a browser has it after its script has run."""
    assert CHROMIUM is not None
    switches = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    command = [CHROMIUM, *switches.split(), "--disable-component-update", f"--user-data-dir={profile}"]
    done = subprocess.run([*command, "--dump-dom", page.as_uri() + address], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_filters_by_the_address(tmp_path: Path) -> None:
    findings = [finding(), finding(line=50, code="FIN103", said="sleeps"), finding(said=EVIL)]
    page = tmp_path / "report.html"
    page.write_text(render("html", view(*findings)), encoding="ascii")

    def seen(address: str) -> tuple[str, int]:
        text = dumped(page, address, tmp_path / "profile")
        found = re.search(r'<span id="seen">(\d+)</span>', text)
        assert found is not None
        return found[1], len(re.findall(r"<article[^>]* hidden", text))

    assert seen("") == ("3", 0)
    assert seen("#code=FIN103") == ("1", 2)
    assert seen("#severity=error&text=SLEEPS") == ("1", 2)
    assert seen("#severity=note") == ("0", 3)


def test_the_command(tmp_path: Path) -> None:
    source = "import time\n\n\nclass A:\n    def __del__(self):\n        time.sleep(9)\n"
    (tmp_path / "a.py").write_text(source)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "finlint", "graph", "--isolated", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    for place in ("a.py", "a.py:6", "a.py:5", "a.py:6:9"):
        done = run(place)
        assert done.returncode == 0
        assert done.stdout.startswith("`a.py:6: FIN103 ")
        assert "```mermaid\nflowchart TD\n" in done.stdout
    assert run("--output-format", "mermaid", "a.py").stdout.startswith("flowchart TD\n")
    done = run("a.py:1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No findings on line 1 of a.py\n")
    done = run("b.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such file or folder: b.py" in done.stderr
    done = run("--config", "other.toml", "a.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "finlint: error: --isolated and --config FILE exclude each other\n"
    (tmp_path / "bad.py").write_text("def f(:\n")
    done = run("bad.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"bad\.py:1:\d+: syntax error: .*\n", done.stderr)
