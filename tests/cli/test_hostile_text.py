"""Names and texts of a tree that nobody has read act on nobody: no line, command or terminal sequence is theirs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from finlint.report.formats import FORMATS
from finlint.report.plain import as_json, plain, plain_line, plain_path
from tests.cli.conftest import BAD, Run

NAMES = [
    b"a\n::error file=x::injected.py",
    b"::error file=x::injected.py",
    b"  ::stop-commands::x.py",
    b"b\r::set-output name=a::b.py",
    b"##[add-path]x.py",
    b"##vso[task.setvariable variable=a]x.py",
    b"esc\x1b[2J\x1b]0;title\x07.py",
    b"del\x7f.py",
    "c1\x9b2J.py".encode(),
    "bidi\u202egnp\u2066.py".encode(),
    "line\u2028separator\u0085.py".encode(),
    b"no-utf8-\xff\xfe.py",
    b"quotes\"'\\&<>,%0A:.py",
]
#: Control characters but the line's end, marks of direction, separators: nothing of that is in any output.
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
#: What may start a line of the format for GitHub.
OURS = re.compile(
    r"::(error|warning|notice) file=[^:\n]*,line=\d+(,col=\d+)?(,endLine=\d+(,endColumn=\d+)?)?,title=finlint FIN\d+::"
)


def assert_harmless(text: str, *, commands: int = 0) -> None:
    assert FORBIDDEN.search(text) is None
    text.encode()
    assert "##[" not in text
    assert "##vso[" not in text
    lines = [line for line in text.split("\n") if line.strip().startswith("::")]
    assert len(lines) == commands
    assert all(OURS.match(line) for line in lines)


@pytest.fixture
def hostile(project: Path) -> Path:
    """A folder of such names: each is a file with a finding, and one that cannot be read."""
    text = BAD.replace("_lock.acquire()", "_lock.acquire()  # ##[error]x \x1b[2J\x0c::error::y")
    for name in NAMES:
        (project / os.fsdecode(name)).write_text(text)
        (project / os.fsdecode(b"broken-" + name)).write_text("def f(:\n")
        (project / os.fsdecode(name + b".broken.py")).write_bytes(b"\0")
    return project


def readable(name: str, text: str) -> None:
    if name == "jsonl":
        for line in text.splitlines():
            json.loads(line)
    elif name in ("json", "sarif", "gitlab", "rdjson"):
        json.loads(text)
    elif name == "junit":
        ET.fromstring(text)


@pytest.mark.parametrize("name", FORMATS)
def test_names_act_on_nobody_in_any_format(hostile: Path, run: Run, name: str) -> None:
    ran = run("--output-format", name, ".")
    assert ran.status == 1
    # One for each file, the one of the fixture included, where the format is that of commands.
    assert_harmless(ran.out, commands=3 * len(NAMES) + 1 if name == "github" else 0)
    assert_harmless(ran.err)
    readable(name, ran.out)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_in_the_bytes_that_a_process_writes(hostile: Path, tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-m", "finlint", "--no-cache"]
    target = tmp_path.with_name(f"report.{name}")
    done = subprocess.run([*command, "--output-format", name, f"--output={name}={target}", "."], capture_output=True)
    assert done.returncode == 1
    for data in (done.stdout, target.read_bytes()):
        assert_harmless(data.decode("utf-8"), commands=3 * len(NAMES) + 1 if name == "github" else 0)
        readable(name, data.decode("utf-8"))
    assert_harmless(done.stderr.decode("utf-8"))


def test_paths_are_exact_for_machines(hostile: Path, run: Run) -> None:
    paths = {error["path"] for error in json.loads(run("--output-format", "json", ".").out)["errors"]}
    for name in NAMES:
        shown = os.fsdecode(b"broken-" + name)
        # Bytes that are no UTF-8 are no JSON either.
        assert re.sub("[\udc80-\udcff]", lambda m: f"\\u{ord(m[0]):04x}", shown) in paths


def test_other_words_about_files(hostile: Path, run: Run) -> None:
    for arguments in (
        ["--show-files", "."],
        ["--add-ignore", "."],
        ["--statistics", "."],
        ["no\x1b[2Jsuch\n::error::x.py"],
    ):
        ran = run(*arguments)
        assert_harmless(ran.out)
        assert_harmless(ran.err)


def test_options_are_repeated_without_their_sequences(project: Path, run: Run) -> None:
    for arguments in (["--no\x1b[2J"], ["--select", "\x1b[2J"], ["--jobs", "\n::error::x"], ["rule", "\x1b[2J"]):
        ran = run(*arguments)
        assert ran.status == 2
        assert_harmless(ran.out)
        assert_harmless(ran.err)


@pytest.mark.parametrize(
    "text",
    [
        '"\\u001b[2J" = 1\n',
        '"\\n::error::x" = 1\n',
        'select = ["\\u001b[2J"]\n',
        'target-version = "\\u009b2J"\n',
        'registrars = [{name = "a", "\\u202e" = 1}]\n',
    ],
)
def test_configuration_is_repeated_without_its_sequences(project: Path, run: Run, text: str) -> None:
    (project / "finlint.toml").write_text(text)
    ran = run(".")
    assert (ran.status, ran.out) == (2, "")
    assert_harmless(ran.err)
    assert len(ran.err.splitlines()) == 1


def test_the_printed_configuration(project: Path, run: Run) -> None:
    folder = project / "a\x1b[2J"
    folder.mkdir()
    (folder / "finlint.toml").write_text('exclude = ["\\u001b[2J\\n::error::x", "##[error]x"]\n', encoding="utf-8")
    for options in ([], ["--output-format", "json"]):
        ran = run("config", str(folder), *options)
        assert ran.status == 0
        assert_harmless(ran.out)


def test_entries_of_a_baseline_that_are_gone(project: Path, run: Run) -> None:
    entry: dict[str, Any] = {
        "fingerprint": "0" * 16,
        "code": "FIN102\n::error::x",
        "path": "::error::\x1b[2J.py",
        "message": "\x9b2J",
        "count": 1,
    }
    (project / entry["path"]).write_text("x = 1\n")
    (project / "base.json").write_text(json.dumps({"version": 1, "entries": [entry]}))
    ran = run("--baseline", "base.json", ".")
    assert ran.status == 1
    assert_harmless(ran.err)
    assert len(ran.err.splitlines()) == 2


def test_the_difference_names_files_as_git_does(project: Path, run: Run) -> None:
    text = "import queue\n\nQ = queue.Queue()\n\n\nclass A:\n    def __del__(self):\n        Q.put(1)\n"
    (project / "good.py").unlink()
    (project / "bad.py").unlink()
    (project / "n\n::error::\x1b[2J\u202e.py").write_text(text)
    ran = run("--unsafe-fixes", "--diff", ".")
    assert ran.status == 1
    assert_harmless(ran.out)
    assert r'--- "n\n::error::\033[2J\342\200\256.py"' in ran.out
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply", "-p0", "-"], input=ran.out, text=True, check=True)
    assert run(".").status == 0


def test_sentences() -> None:
    assert plain("a\tb\x1b\udcff\u202e##[x] ## [") == r"a\tb\x1b\udcff\u202e#\x23[x] ## ["
    assert plain("äöü 中文 ::x") == "äöü 中文 ::x"
    assert plain_line(" ::error") == r" \x3a:error"
    assert plain_path("::error") == "./::error"
    for document in ("\udcff", "\U0001f600", "\\udcff", "\\\\\ud800x", "a##[b", "\x1b\n"):
        text = as_json([document])
        assert text.isascii()
        (back,) = json.loads(text)
        assert back == re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", document)
