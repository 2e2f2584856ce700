"""``finlint.lint``: the same as the command, without the command."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import finlint
from finlint import __main__ as command

BAD = "import threading\n\nlock = threading.Lock()\n\n\nclass A:\n    def __del__(self):\n        lock.acquire()\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bad.py").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(tmp_path.with_name(tmp_path.name + "-cache")))
    return tmp_path


def test_findings(project: Path) -> None:
    result = finlint.lint(project / "bad.py")
    (finding,) = result.findings
    assert (finding.code, finding.span.line, finding.severity) == ("FIN102", 8, finlint.Severity.WARNING)
    assert result
    assert (result.errors, result.suppressed, result.registrations) == ((), 0, 1)
    assert result.fixes()[finding].safe is False
    assert not finlint.lint(["."], ignore=["FIN102"])
    assert not finlint.lint(".", per_file_ignores={"bad*": ["lock"]})
    (project / "finlint.toml").write_text('ignore = ["FIN1"]\n')
    assert not finlint.lint(".")
    assert finlint.lint(".", isolated=True)


def test_the_same_as_the_command(project: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "finlint", "--output-format", "json", "."], capture_output=True)
    assert json.loads(finlint.lint(".").render("json")) == json.loads(done.stdout)


def test_unsaved_texts(project: Path) -> None:
    assert not finlint.lint("bad.py", texts={"bad.py": "x = 1\n"})
    assert [f.path for f in finlint.lint(texts={"new.py": BAD}).findings] == ["new.py"]
    assert finlint.lint(texts={"new.py": b"x = (\n"}).errors[0].line == 1


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_a_text_is_what_it_is_whatever_its_cookie_says(project: Path, encoding: str) -> None:
    text = f"# -*- coding: {encoding} -*-\n{BAD}".replace("lock.acquire()", "'éé'; lock.acquire()")
    result = finlint.lint(texts={"new.py": text})
    assert not result.errors
    (finding,) = result.findings
    assert finding.span.column == text.splitlines()[finding.span.line - 1].index("lock.acquire()") + 1
    assert (project / "bad.py").read_text() == BAD
    assert not (project / "new.py").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"paths": "nowhere.py"}, "no such file or folder: nowhere.py"),
        ({"paths": ".", "select": ["FIN19O"]}, "unknown rule `FIN19O`"),
        ({"paths": ".", "min_severity": "warn"}, "did you mean `warning`?"),
        ({"paths": ".", "config": "nowhere.toml"}, "nowhere.toml: cannot be read"),
    ],
)
def test_wrong_arguments_are_one_error(project: Path, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(finlint.LintError) as caught:
        finlint.lint(**arguments)  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_importing_finlint_loads_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import finlint; print(sorted(set(sys.modules) - before))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "['finlint']\n"
    assert set(finlint.__all__) <= set(dir(finlint))
    assert all(hasattr(finlint, name) for name in finlint.__all__)
    with pytest.raises(AttributeError):
        finlint.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_another_distributions_package_in_our_place_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(finlint, "DISTRIBUTION")
    monkeypatch.setattr(sys, "argv", ["finlint", "--version"])
    assert command.main() == 2
    said = capsys.readouterr().err
    assert said.startswith("finlint: error: the package `finlint` of another distribution stands in ours (")
    assert said.count("\n") == 1


def test_the_page_has_every_argument_and_its_example_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))))
    assert named == set(inspect.signature(finlint.lint).parameters)
    found = re.search(r"<!-- api-example -->\n```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    (project / "src").mkdir()
    (project / "src" / "bad.py").write_text(BAD)
    exec(found[1], {})
    assert capsys.readouterr().out.startswith("src/bad.py:8: FIN102 ")
