"""Files that are not what they are taken for, and standard streams that are not there, cost one clear line."""

from __future__ import annotations

import encodings.aliases
import fnmatch
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from finlint import git, prefilter
from tests.cli.conftest import BAD, Run

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has neither FIFOs nor these shells")

NESTED = 100_000


def refuses(ran: tuple[int, str, str], *words: str) -> None:
    """Exit status 2 and one line with the words, which is no internal error."""
    status, out, err = ran
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("finlint: error: ")
    for word in words:
        assert word in err


def test_nested_configuration(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text("select = " + "[" * NESTED + "]" * NESTED)
    refuses(run("."), "finlint.toml", "nested too deeply")


@pytest.mark.parametrize("text", ["[tool.finlint.{}]", "{} = 1", "x = {{{} = 1}}", "'a' . \"b\" .{} = 1"])
def test_a_key_of_many_parts(project: Path, run: Run, text: str) -> None:
    """Each of its beginnings would be looked up: 50,000 parts took minutes."""
    (project / "finlint.toml").write_text(text.format("a." * 50_000 + "b") + "\n")
    refuses(run("."), "finlint.toml", "nested too deeply")


@pytest.mark.parametrize(
    "text",
    [
        'extend = "a\\u0000b"',
        'baseline = "a\\u0000b"',
        'cache-dir = "a\\u0000b"',
        'knowledge = ["a\\u0000b"]',
        'src = ["a\\u0000b"]',
    ],
)
def test_a_path_that_is_none(project: Path, run: Run, text: str) -> None:
    (project / "finlint.toml").write_text(text + "\n")
    refuses(run("."), "finlint.toml", "is not a path")


def test_versions_of_thousands_of_digits(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text(f'target-version = "py3{"1" * 5_000}"\n')
    refuses(run("."), "target-version")
    (project / "finlint.toml").write_text(f'required-version = ">=0.{"1" * 5_000}"\n')
    refuses(run("."), "required-version")
    (project / "finlint.toml").unlink()
    (project / "pyproject.toml").write_text(f'[project]\nrequires-python = ">=3.{"1" * 5_000}"\n')
    assert run(".").status == 1


def test_a_requirement_of_spaces(project: Path, run: Run) -> None:
    """Where spaces may stand on either side of an operator that may be missing, each way to share them is tried: days."""
    (project / "finlint.toml").write_text(f'required-version = "{" " * 4_000_000}x"\n')
    refuses(run("."), "required-version", "must be a requirement")
    (project / "finlint.toml").write_text('required-version = "  >=  0.0.1  ,  < 99 "\n')
    assert run(".").status == 1


def test_many_patterns_are_read_once(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """``fnmatch`` keeps 32,768 of them, and would read more anew for each file."""
    patterns = "".join(f'"*{number}x" = ["FIN106"]\n' for number in range(100))
    (project / "finlint.toml").write_text(f"[per-file-ignores]\n{patterns}")
    for number in range(20):
        (project / f"m{number}.py").write_text(BAD)
    read: list[str] = []
    translate = fnmatch.translate
    monkeypatch.setattr(fnmatch, "translate", lambda pattern: read.append(pattern) or translate(pattern))
    assert run(".").status == 1
    assert len(read) == len(set(read)) == 100


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux alone has a device that is always full")
def test_a_full_device_is_named(project: Path, run: Run) -> None:
    refuses(run("--output-file", "/dev/full", "."), "/dev/full: No space left")


@posix
@pytest.mark.parametrize("name", ["HEAD", "config"])
def test_a_repository_that_keeps_git_waiting(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    (project / ".git" / name).unlink()
    os.mkfifo(project / ".git" / name)
    monkeypatch.setattr(git, "PATIENCE", 0.2)
    refuses(run("--diff-base", "HEAD", "."), "git does not answer")


def test_a_line_of_many_findings_is_not_shown_whole_for_each(project: Path, run: Run) -> None:
    def printed(count: int) -> int:
        call = "weakref.finalize(a, time.sleep, 1); "
        (project / "line.py").write_text(f"import time, weakref\nclass A: pass\na = A()\n{call * count}\n")
        ran = run("line.py")
        assert ran.out.count("FIN103") == count
        assert "weakref.finalize(a, time.sleep, 1)" in ran.out
        return len(ran.out)

    assert printed(120) < 2.5 * printed(60)


def test_nested_knowledge(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text('knowledge = ["mine.toml"]\n')
    (project / "mine.toml").write_text("a = " + "[" * NESTED + "]" * NESTED)
    refuses(run("."), "mine.toml", "nested too deeply")


def test_nested_baseline(project: Path, run: Run) -> None:
    (project / "base.json").write_text("[" * NESTED + "]" * NESTED)
    refuses(run("--baseline", "base.json", "."), "base.json", "nested too deeply")


@pytest.mark.parametrize("count", ["1e400", "-1e400", "NaN", "[]", '"x"', "9" * 5000])
def test_counts_of_a_baseline(project: Path, run: Run, count: str) -> None:
    entry = f'{{"fingerprint": "", "code": "", "path": "", "message": "", "count": {count}}}'
    (project / "base.json").write_text(f'{{"version": 1, "entries": [{entry}]}}')
    refuses(run("--baseline", "base.json", "."), "base.json")


@posix
@pytest.mark.parametrize("name", ["finlint.toml", "pyproject.toml", ".gitignore", "base.json", "mine.toml"])
@pytest.mark.parametrize("kind", ["fifo", "zero", "loop", "folder"])
def test_files_that_are_none(project: Path, kind: str, name: str) -> None:
    """Neither waited for nor read: in another process, which hangs if they are."""
    path = project / name
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "zero" else path)
    (project / ".git").mkdir()
    config = {"base.json": 'baseline = "base.json"\n', "mine.toml": 'knowledge = ["mine.toml"]\n'}.get(name)
    if config:
        (project / "finlint.toml").write_text(config)
    for paths in (["."], ["good.py"]):
        done = subprocess.run(
            [sys.executable, "-m", "finlint", "--no-cache", *paths], capture_output=True, text=True, timeout=600
        )
        if config:
            refuses((done.returncode, done.stdout, done.stderr), name)
        else:
            assert (done.returncode, done.stderr) == (1 if paths == ["."] else 0, "")


def test_a_configuration_file_that_is_too_large(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from finlint.config import reading

    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    (project / "finlint.toml").write_text("# " + "x" * 100)
    refuses(run("."), "finlint.toml", "too large")


def test_whatever_a_codec_says_is_one_line_about_its_file(project: Path, run: Run) -> None:
    """The cookie is believed, so the rest of the file is what the codec may not be able to read."""
    rests = [b"x = '\xff\x81'\n", b"x = '" + b"a" * 200 + b"'\n", b"-\n", b"x = '+2AA-'\n", b"x = '\\ud800'\n"]
    codecs = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined", "raw_unicode_escape"})
    for codec in codecs:
        for number, rest in enumerate(rests):
            (project / f"{codec}{number}.py").write_bytes(f"# coding: {codec}\nimport weakref\n".encode() + rest)
    for jobs in ("1", "2"):
        ran = run("--output-format", "json", "--no-cache", "--jobs", jobs, ".")
        assert (ran.status, ran.err) == (1, "")
        document = json.loads(ran.out)
        assert [finding["path"] for finding in document["findings"]] == ["bad.py"]
        broken = {error["path"] for error in document["errors"]}
        assert {"punycode1.py", "undefined0.py", "base64_codec0.py", "utf_73.py"} <= broken
        assert document["summary"]["files"] == len(codecs) * len(rests) + 2
    with_finding = run("--output-format", "concise", "--no-cache", "--ignore", "FIN901", ".")
    assert with_finding.out.splitlines()[0].startswith("bad.py:7:9: FIN102")


@pytest.mark.parametrize("codec", ["punycode", "undefined"])
def test_codecs_that_raise_errors_of_their_own(project: Path, run: Run, codec: str) -> None:
    (project / "c.py").write_text(f"# coding: {codec}\n{BAD}")
    ran = run("--output-format", "concise", ".")
    assert ran.status == 1
    (line,) = [line for line in ran.out.splitlines() if "FIN901" in line]
    # Since Python 3.13 some of them say where.
    assert re.match(r"c\.py:\d+:1: FIN901 cannot be decoded", line)
    assert codec in line
    assert "bad.py:7:9: FIN102" in ran.out


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_as_if_nobody_read_them(project: Path, closed: str) -> None:
    for path, status in (("bad.py", 1), ("good.py", 0), ("none.py", 2)):
        command = f'exec "{sys.executable}" -m finlint --output=json=out-{path}.json {path} {closed}'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert done.returncode == status
        assert "rror:" not in done.stderr.replace("finlint: error: no such file", "")
    assert json.loads((project / "out-bad.py.json").read_text())["findings"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux alone has a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    ["--version", "--help", "rule FIN102", "config", "completion bash", "graph bad.py", "bad.py", "good.py"],
)
def test_output_that_goes_nowhere_is_one_line_at_most(project: Path, arguments: str) -> None:
    for target in (">/dev/full", "| true"):
        command = f'"{sys.executable}" -m finlint {arguments} {target}'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert len(done.stderr.splitlines()) <= 1
        assert "internal error" not in done.stderr
        assert "finlint: error: " in done.stderr or not done.stderr


@posix
def test_memory_that_is_used_up_is_one_line(project: Path) -> None:
    """In the middle of a run: whatever the interpreter, or a library that is loaded, makes of it."""
    code = (
        "import sys\nfrom finlint import cli\nfrom finlint.linter import Linter\n"
        "def analyse(*a, **k): raise {error}\n"
        "Linter.lint = analyse\nsys.exit(cli.run(['.']))\n"
    )
    for error in (
        "MemoryError()",
        "SystemError('<function f at 0x1> returned NULL without setting an exception')",
        "ImportError('x.so: failed to map segment from shared object')",
        "OSError(12, 'Cannot allocate memory')",
    ):
        done = subprocess.run([sys.executable, "-c", code.format(error=error)], capture_output=True, text=True)
        refuses((done.returncode, done.stdout, done.stderr), "out of memory")
    # Before there is a command.
    code = (
        "import sys\nclass Full:\n    def find_spec(self, name, *_):\n        if name == 'finlint.cli': raise MemoryError\n"
        "sys.meta_path.insert(0, Full())\nfrom finlint.__main__ import main\nsys.argv[1:] = ['.']\nsys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    refuses((done.returncode, done.stdout, done.stderr), "out of memory")


def full(*_: object, **__: object) -> None:
    raise MemoryError


@posix
@pytest.mark.parametrize("parsers", [["source.parse"], ["validity.symtable.symtable", "validity.parse"]], ids=" ".join)
def test_what_there_was_no_memory_for_is_not_remembered(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, parsers: list[str]
) -> None:
    """CPython's parser says the same of what nests too deeply, which is remembered."""
    with monkeypatch.context() as patch:
        for parser in parsers:
            patch.setattr(f"finlint.syntax.{parser}", full)
        ran = run("--output-format", "concise", ".")
        assert ran.status == 1
        assert "bad.py:1:1: FIN901 the process that analysed it ended (out of memory)" in ran.out
        assert "FIN102" not in ran.out
    assert "bad.py:7:9: FIN102" in run("--output-format", "concise", ".").out


def test_what_there_was_no_memory_for_is_said_of_a_file_without_finalizers(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(prefilter, "compile", full, raising=False)
        ran = run("--output-format", "concise", ".")
        assert "good.py:1:1: FIN901 cannot be parsed: out of memory" in ran.out
        assert "bad.py:7:9: FIN102" in ran.out
    assert "FIN901" not in run(".").out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS holds on Linux")
def test_a_run_within_very_little_memory(project: Path) -> None:
    (project / "big.py").write_text(
        "import weakref\n" + "".join(f"def f{n}():\n    return {n}\n" for n in range(60_000))
    )
    for kilobytes in (30_000, 50_000, 70_000):
        command = f'ulimit -v {kilobytes}; exec "{sys.executable}" -m finlint --no-cache --jobs 1 .'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert "Traceback" not in done.stderr or "finlint" not in done.stderr
        assert "internal error" not in done.stderr
        assert done.returncode in (1, 2)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
@pytest.mark.parametrize("arguments", [["--help"], ["rule", "--help"], ["--version"], ["--version", "--quiet"]])
def test_help_that_cannot_be_written(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "finlint", *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (2, "finlint: error: No space left on device\n")
