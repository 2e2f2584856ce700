"""The quick run says what the whole run says, or leaves it to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from finlint import cli, quick
from finlint.model.folders import USUAL_FOLDERS
from finlint.syntax.discover import Excluder

PLAIN = "import os\n\n\ndef f(x):\n    return os.path.join(x, 'a')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(PLAIN)
    (tmp_path / "b.py").write_text('pattern = "\\d"\n')
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.py"],
        ["./a.py", "b.py"],
        ["--isolated", "a.py", "--exit-zero"],
        ["--force-exclude", "--output-format", "concise", "a.py", "b.py"],
        ["--output-format", "text", "a.py"],
    ],
)
def test_same_words_as_the_whole_run(folder: Path, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert quick.quick(arguments) == 0
    said = capfd.readouterr()
    assert cli.run([*arguments, "--no-cache"]) == 0
    assert capfd.readouterr() == said
    assert (said.err if "concise" in arguments else said.out).startswith("No findings (")


@pytest.mark.parametrize("text", ["class A:\n    def __del__(self): pass\n", "def f(:\n", "x = '\0'\n", "\xff"])
def test_what_needs_a_line_is_left_to_the_whole_run(folder: Path, text: str) -> None:
    (folder / "c.py").write_text(text, encoding="latin-1")
    assert quick.quick(["a.py", "c.py"]) is None


def test_nesting_and_size_are_left_to_the_whole_run(folder: Path) -> None:
    (folder / "deep.py").write_text("x = " + "(" * 1000 + ")" * 1000)
    (folder / "large.py").write_text("#" * (quick.MAX_BYTES + 1))
    assert quick.quick(["deep.py"]) is None
    assert quick.quick(["large.py"]) is None


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["."],
        ["missing.py"],
        ["a.py", "./a.py"],
        ["a.py", "--select", "FIN902"],
        ["--output-format", "json", "a.py"],
        ["--output-format"],
        ["rule", "a.py"],
        ["a.py", "--verbose"],
        ["-"],
    ],
)
def test_other_arguments_are_left_to_the_whole_run(folder: Path, arguments: list[str]) -> None:
    assert quick.quick(arguments) is None


@pytest.mark.parametrize(("name", "text"), [("finlint.toml", ""), ("pyproject.toml", "[tool.finlint]\n")])
def test_a_configured_project_is_left_to_the_whole_run(folder: Path, name: str, text: str) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "c.py").write_text(PLAIN)
    (folder / "pyproject.toml").write_text("[project]\n")
    assert quick.quick(["below/c.py"]) == 0
    (folder / name).write_text(text)
    assert quick.quick(["below/c.py"]) is None
    assert quick.quick(["--isolated", "below/c.py"]) == 0


@pytest.mark.parametrize("name", ["build", ".venv", "env"])
def test_what_may_be_excluded_is_left_to_the_whole_run(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "pyvenv.cfg").write_text("")
    (folder / name / "c.py").write_text(PLAIN)
    assert Excluder(str(folder), (), USUAL_FOLDERS).usually_skips(str(folder / name), name) or name == "env"
    assert quick.quick(["--force-exclude", os.path.join(name, "c.py")]) is None
    assert quick.quick([os.path.join(name, "c.py")]) == 0


def test_the_command_imports_neither_its_parser_nor_the_engine(folder: Path) -> None:
    code = "import sys; sys.argv = ['finlint', 'a.py']; from finlint.__main__ import main; main()\n"
    code += "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('finlint', 'argparse', 're', 'typing')))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env={
        **os.environ, "PYTHONPATH": str(Path(quick.__file__).parents[1]),
    })  # fmt: skip
    ours = ["finlint", "finlint.__main__", "finlint.model", "finlint.model.folders", "finlint.quick"]
    assert done.stdout.splitlines()[1] == str([*ours, "finlint.scan", "finlint.scan.abandoned", "finlint.scan.tokens"])
