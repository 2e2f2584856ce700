"""The command: options, exit status, what goes to which stream."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fifo import make_fifo

from finlint.cli import terminal
from finlint.model.codes import KIND_OF_CODE

from .conftest import BAD, Run, git


def test_findings_exit_1_and_are_summed_up(project: Path, run: Run) -> None:
    ran = run()
    assert ran.status == 1
    assert "bad.py:7:9: FIN102 [lock]" in ran.out
    assert "        ^^^^^^^^^^^^^^^" in ran.out
    assert "defined by `__del__` at bad.py:6:5" in ran.out
    assert "   = fix: try the lock, do not wait for it (--fix --unsafe-fixes)\n" in ran.out
    assert ran.out.endswith(
        "Found 1 finding in 1 file (2 files, 1 registration).\n1 fixable with --fix --unsafe-fixes.\n"
    )
    assert ran.err == ""
    assert run("good.py").status == 0
    assert run("--exit-zero").status == 0


def test_concise_holds_findings_only(project: Path, run: Run) -> None:
    ran = run("--output-format", "concise")
    assert len(ran.out.splitlines()) == 1
    assert ran.out.startswith("bad.py:7:9: FIN102 ")
    assert ran.err.startswith("Found 1 finding")


def test_the_order_and_the_paths_do_not_depend_on_the_folder(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    relative = json.loads(run("--output-format", "json", ".").out)
    absolute = json.loads(run("--output-format", "json", str(project)).out)
    assert relative == absolute
    assert relative["findings"][0]["path"] == "bad.py"
    monkeypatch.chdir("/")
    far = json.loads(run("--output-format", "json", str(project)).out)
    below = str(project / "bad.py").lstrip("/")
    assert [f["path"] for f in far["findings"]] == [below]


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (["--select", "FIN102"], True),
        (["--select", "lock"], True),
        (["--select", "FIN1", "--ignore", "FIN102"], False),
        (["--select", "FIN102", "--ignore", "FIN1"], True),
        (["--ignore", "FIN1"], False),
        (["--ignore", "FIN1", "--extend-select", "FIN102"], True),
        (["--select", "FIN101,FIN103"], False),
        # Nothing is known to hold its lock while a finalizer can start.
        (["--min-severity", "error"], False),
        (["--min-severity", "warning"], True),
        (["--min-confidence", "high"], True),
    ],
)
def test_selection(project: Path, run: Run, options: list[str], reported: bool) -> None:
    assert run(*options).status == (1 if reported else 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no such file or folder: `nowhere`"),
        (["baad.py"], "no such file or folder: `baad.py`, did you mean `bad.py`?"),
        (["nowhere/bad.py"], "the folder `nowhere` is not there either"),
        (["confg"], "did you mean the command `finlint config`?"),
        (["check", "good.py"], "linting needs no command: `finlint PATH`"),
        (["help"], "try `finlint --help`"),
        (["--diff-base", "no-such-revision"], "name a revision of the repository"),
        (["FIN101"], "to read about a rule: `finlint rule FIN101`"),
        (["--select", "FIN199"], "--select: unknown rule `FIN199`, did you mean `FIN1"),
        (["--ignore", "slep"], "--ignore: unknown rule `slep`, did you mean `sleep`?"),
        (["--selct", "FIN1"], "did you mean `--select`?"),
        (["--output-format", "xml"], "invalid choice: 'xml'"),
        (["--output", "sarif"], "must be FORMAT=FILE"),
        (
            ["--min-severity", "eror"],
            "--min-severity must be error, warning or note, not 'eror', did you mean `error`?",
        ),
        (["--config", "no.toml"], "name a finlint.toml or a pyproject.toml"),
        (["--baseline", "no.json"], "`--write-baseline` makes one"),
        (["-", "bad.py"], "stands alone"),
        (["--jobs", "0"], "must be a number from 1, not `0`"),
        (["rule", "FIN999"], "unknown rule `FIN999`"),
        (["rule"], "which rule?"),
        (["--output-file", "no/such/folder/out.txt"], "no/such/folder/out.txt: No such file or directory"),
    ],
)
def test_wrong_usage_exits_2_with_one_line(project: Path, run: Run, arguments: list[str], says: str) -> None:
    ran = run(*arguments)
    assert ran.status == 2
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err


def test_a_missing_path_does_not_keep_the_others_from_being_linted(project: Path, run: Run) -> None:
    ran = run("nowhere", "bad.py")
    assert ran.status == 2
    assert "bad.py:7:9: FIN102" in ran.out


def test_stdin(project: Path, run: Run) -> None:
    (project / "bad.py").write_text("")
    ran = run("-", "--stdin-filename", "bad.py", "--output-format", "concise", stdin=BAD.encode())
    assert ran.status == 1
    assert ran.out.startswith("bad.py:7:9: FIN102")
    nameless = run("-", "--output-format", "concise", stdin=BAD.encode())
    assert nameless.out.startswith("<stdin>:7:9: FIN102")


def test_bad_files_are_one_line_each_and_the_others_are_linted(project: Path, run: Run) -> None:
    token = b"import weakref\n"
    for name, data in {
        "binary.py": token + b"\x00\x01",
        "cookie.py": b"# coding: nonsense\n" + token,
        "nested.py": token + b"(" * 10_000,
        "python2.py": token + b"print 'x'\n",
        "syntax.py": token + b"def f(:\n",
        "utf16.py": "import weakref\n".encode("utf-16"),
        "empty.py": b"",
    }.items():
        (project / name).write_bytes(data)
    make_fifo(project / "fifo.py")
    (project / "x.py").mkdir()
    ran = run("--output-format", "concise")
    assert ran.status == 1
    errors = [line for line in ran.out.splitlines() if " FIN901 " in line]
    named = sorted(line.partition(":")[0] for line in errors)
    assert named == ["binary.py", "cookie.py", "fifo.py", "nested.py", "python2.py", "syntax.py", "utf16.py"]
    assert any("bad.py:7:9: FIN102" in line for line in ran.out.splitlines())
    assert run("--ignore", "FIN901,FIN102").status == 0


def test_no_python_files_is_a_warning(project: Path, run: Run) -> None:
    (project / "empty").mkdir()
    ran = run("empty")
    assert (ran.status, ran.err) == (0, "finlint: warning: no Python files in empty\n")


def test_several_outputs_in_one_run(project: Path, run: Run) -> None:
    ran = run("--output-format", "concise", "--output", "json=out.json", "--output", "sarif=out.sarif")
    assert ran.out.startswith("bad.py:7:9")
    assert json.loads((project / "out.json").read_text())["summary"]["findings"] == 1
    assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"
    only_file = run("--output-format", "text", "--output-file", "out.txt", "--color", "always")
    assert only_file.out == ""
    assert "\x1b" not in (project / "out.txt").read_text()


def test_show_files_and_statistics(project: Path, run: Run) -> None:
    assert run("--show-files").out == "bad.py\ngood.py\n"
    assert run("--show-files", "--extend-exclude", "good*").out == "bad.py\n"
    assert run("--statistics").out.split()[:3] == ["1", "FIN102", "lock"]
    assert json.loads(run("--statistics", "--output-format", "json").out) == [
        {"code": "FIN102", "kind": "lock", "count": 1}
    ]


def test_colour(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run().out
    assert "\x1b" in run("--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run().out


def test_progress_waits_its_second_and_cleans_up() -> None:
    stream, now = io.StringIO(), [0.0]
    bar = terminal.Progress(stream, lambda: now[0])
    bar(1, 10)
    assert stream.getvalue() == ""
    now[0] = 1.5
    bar(5, 10)
    assert "5/10" in stream.getvalue()
    bar.close()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert terminal.Progress.on(io.StringIO()) is None


def test_baseline_survives_moved_lines_and_reports_what_is_gone(project: Path, run: Run) -> None:
    assert run("--write-baseline", "known.json").status == 0
    (project / "bad.py").write_text("# moved\n\n" + BAD)
    assert run("--baseline", "known.json").status == 0
    second = BAD.replace("class Pool", "class Other").replace("_lock", "_other")
    (project / "bad.py").write_text(BAD + second)
    ran = run("--baseline", "known.json", "--output-format", "concise")
    assert ran.status == 1
    assert "Other.__del__" in ran.out
    assert "Pool.__del__" not in ran.out
    (project / "bad.py").write_text("")
    gone = run("--baseline", "known.json")
    assert gone.status == 0
    assert "1 of known.json no longer occur" in gone.err
    # Of files that were not looked at nothing is said.
    assert "no longer occur" not in run("--baseline", "known.json", "good.py").err
    (project / "known.json").write_text("{}")
    assert run("--baseline", "known.json").status == 2


def test_diff_base_keeps_findings_of_changed_lines(project: Path, run: Run) -> None:
    git("init", "-q")
    git("add", "bad.py")
    git("commit", "-qm", "one")
    assert run("bad.py", "--diff-base", "HEAD").status == 0
    (project / "bad.py").write_text(BAD + "\nx = 1\n")
    assert run("bad.py", "--diff-base", "HEAD").status == 0
    (project / "bad.py").write_text(BAD.replace("_lock.acquire()", "_lock.acquire()  # now"))
    assert run("bad.py", "--diff-base", "HEAD").status == 1
    (project / "new.py").write_text(BAD)
    assert run("new.py", "--diff-base", "HEAD").status == 1
    assert run("--diff-base", "nonsense").status == 2


def test_add_ignore_writes_comments_that_work_and_are_not_unused(project: Path, run: Run) -> None:
    (project / "bad.py").chmod(0o640)
    assert run("--add-ignore").status == 0
    assert "_lock.acquire()  # finlint: ignore[FIN102]\n" in (project / "bad.py").read_text()
    assert (project / "bad.py").stat().st_mode & 0o777 == 0o640
    ran = run("--extend-select", "FIN902")
    assert (ran.status, ran.out) == (0, "No findings (2 files, 1 registration, 1 suppressed).\n")


def test_unused_suppressions(project: Path, run: Run) -> None:
    (project / "bad.py").write_text(BAD.replace("closed = True", "closed = True  # finlint: ignore[FIN102, FIN199]"))
    ran = run("--select", "FIN902", "--output-format", "concise")
    assert ran.out.startswith("bad.py:8:29: FIN902 The comment names no rule with `FIN199` and suppresses nothing")


def test_rule_config_clean_completion(project: Path, run: Run) -> None:
    page = run("rule", "FIN102").out
    assert page.startswith("# FIN102: lock\n\nAcquires a lock that is not reentrant.\n\nOn by default.\n")
    assert page.count("Acquires a lock that is not reentrant.") == 1
    listed = run("rule", "--all").out
    assert [line.split()[0] for line in listed.splitlines()] == sorted(KIND_OF_CODE)
    (project / "finlint.toml").write_text('min-severity = "error"\n')
    assert f'min-severity = "error"  # {project / "finlint.toml"}' in run("config").out
    assert "# min-severity is not set: warning" in run("config", "--isolated").out
    cache = Path(os.environ["FINLINT_CACHE_DIR"])
    run("--exit-zero", ".")
    assert (cache / "finlint-cache" / "CACHEDIR.TAG").exists()
    assert "Removed" in run("clean").out
    assert list(cache.iterdir()) == []
    assert "Nothing to remove" in run("clean", "--cache-dir", str(project)).out
    for shell in ("bash", "zsh", "fish"):
        assert "output-format" in run("completion", shell).out


def test_the_bash_completion_completes(project: Path, run: Run) -> None:
    script = run("completion", "bash").out
    asked = script + '\nCOMP_WORDS=(finlint --output-format s); COMP_CWORD=2; _finlint; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "sarif\n"


def test_help_is_grouped_and_fits_a_screen_or_two(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = run("--help")
    assert ran.status == 0
    groups = [line for line in ran.out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert len(groups) >= 7
    assert groups[-1] == "commands:"
    assert len(ran.out.splitlines()) < 80
    assert max(map(len, ran.out.splitlines())) <= 80
    options = {word for word in ran.out.split() if word.startswith("--")}
    completed = run("completion", "fish").out
    assert all(f"-l {option[2:].rstrip(',')} " in completed for option in options), options


def test_watch_lints_again_after_a_change(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watchfiles = pytest.importorskip("watchfiles", reason="watchfiles is not installed")

    def watch(*paths: str, **options: object):  # type: ignore[no-untyped-def]
        (project / "bad.py").write_text("")
        yield {(watchfiles.Change.modified, str(project / "bad.py"))}

    monkeypatch.setattr(watchfiles, "watch", watch)
    ran = run("--watch")
    assert ran.out.index("Found 1 finding") < ran.out.index("No findings")
    assert "1 changed: bad.py" in ran.err


def test_watch_without_watchfiles_says_what_to_install(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    ran = run("--watch")
    assert ran.status == 2
    assert 'pip install "flake8-finlint[watch]"' in ran.err


def test_an_internal_error_is_one_line(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("finlint.engine.analyse", broken)
    ran = run()
    assert ran.status == 2
    assert "internal error: ZeroDivisionError: oops" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in run("--verbose").err

    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("finlint.engine.analyse", interrupted)
    assert run() == (130, "", "")


def test_a_closed_pipe_ends_quietly(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([sys.executable, "-m", "finlint"], stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def _modules(code: str, folder: Path) -> set[str]:
    script = (
        f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_start_up_imports_little(project: Path) -> None:
    version = _modules("sys.argv[1:] = ['--version']\nfrom finlint.__main__ import main; main()", project)
    assert version - {"__future__"} == {"finlint", "finlint.__main__"}
    clean = _modules(
        "sys.argv[1:] = ['--isolated', '--no-cache', 'good.py']\nfrom finlint.__main__ import main; main()", project
    )
    heavy = {"libcst", "difflib", "tomllib", "tomli", "subprocess", "multiprocessing", "importlib.metadata"}
    heavy |= {"tempfile", "hashlib", "shutil", "unicodedata", "traceback", "fnmatch"}
    assert "finlint.engine" in clean
    # argparse asks shutil for the terminal's width where there is help to print; nothing else here may need it.
    assert heavy & clean <= {"shutil", "fnmatch"}


def test_a_file_that_is_no_python_is_shown_where(project: Path, run: Run) -> None:
    (project / "bad.py").write_text("def __del__(self): pass\nx = f(1,\n")
    ran = run("bad.py")
    assert ran.out.splitlines()[:4] == [
        "bad.py:2:6: FIN901 [parse-error] syntax error: '(' was never closed",
        " 1 | def __del__(self): pass",
        " 2 | x = f(1,",
        "   |      ^",
    ]
    (error,) = json.loads(run("bad.py", "--output-format", "json").out)["errors"]
    assert (error["line"], error["column"]) == (2, 6)


def test_comments_that_do_not_do_what_they_seem_to_are_warned_of(project: Path, run: Run) -> None:
    for comment, says in {
        "# finlint: disable=FIN102": "bad.py:7: `disable` says nothing to finlint, did you mean `# finlint: ignore[FIN102]`?",
        "# finlint: igonre": "did you mean `# finlint: ignore`?",
        "# finlint: ignore[FIN199]": "bad.py:7: the comment names no rule with `FIN199`",
        "# noqa: FIN199": "the comment names no rule with `FIN199`",
    }.items():
        (project / "bad.py").write_text(BAD.replace("acquire()", f"acquire()  {comment}"))
        ran = run("--output-format", "concise")
        assert ran.status == 1
        assert says in ran.err
        assert "warning" not in run("-q").err


def test_notebooks_and_windows_programs(project: Path, run: Run) -> None:
    (project / "nb.ipynb").write_text('{"cells": []}')
    (project / "gui.pyw").write_text(BAD)
    ran = run("nb.ipynb", "--output-format", "concise")
    assert ran.status == 1
    assert ran.out.startswith("nb.ipynb:1:1: FIN901 a notebook, which finlint does not read; ")
    assert sorted(run("--show-files").out.splitlines()) == ["bad.py", "good.py", "gui.pyw"]


def test_a_link_to_nowhere_is_called_one(project: Path, run: Run) -> None:
    (project / "link.py").symlink_to("gone.py")
    assert "`link.py` is a link to `gone.py`, which is not there" in run("link.py").err


def test_quiet_says_findings_and_errors_alone(project: Path, run: Run) -> None:
    loud = run("--output-format", "concise")
    assert "1 finding" in loud.err
    for option in ("-q", "--quiet"):
        ran = run(option, "--output-format", "concise")
        assert (ran.status, ran.out, ran.err) == (1, loud.out, "")
        assert run(option, "good.py").out == ""
    assert run("-q").out + "Found" in run().out
    (project / "finlint.toml").write_text('src = ["nowhere"]\n')
    assert "warning" in run().err
    assert run("-q").err == ""
    assert "no such file" in run("-q", "nowhere.py").err
    assert "exclude each other" in run("-q", "-v").err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--diff-base HEAD --write-baseline b.json", "writing takes all findings"),
        ("--baseline a.json --write-baseline b.json", "writing takes all findings"),
        ("--watch --write-baseline b.json", "what is new would be written away as it comes"),
        ("--select FIN102 --ignore FIN1,FIN102", "--ignore takes away all that --select names"),
        ("--select FIN1 --ignore ALL,FIN1", "--ignore takes away all that --select names"),
        ("--diff --fix-only", "one of them"),
        ("--unsafe-fixes", "--unsafe-fixes says which fixes"),
        ("--exit-non-zero-on-fix", "goes with --fix"),
        ("--stdin-filename a.py", "goes with `-`"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(options: str, says: str, run: Run) -> None:
    ran = run(*options.split())
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err


def test_a_range_suppresses(project: Path, run: Run) -> None:
    (project / "bad.py").write_text("# finlint: off[FIN102] -- ours\n" + BAD + "# finlint: on\n")
    assert run("bad.py").status == 0
    ran = run("--select", "FIN902,FIN103", "bad.py")
    assert ran.status == 0, ran.out
    (project / "bad.py").write_text("# finlint: off[FIN103]\n" + BAD + "# finlint: on\n")
    assert "no such finding up to line 10" in run("--extend-select", "FIN902", "bad.py").out
