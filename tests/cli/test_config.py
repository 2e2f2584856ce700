"""Where configuration is found, what it does, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.config import Config, ConfigError, ConfigFinder, read_config
from finlint.model.settings import Registrar

from .conftest import BAD, Run


def test_the_nearest_file_wins(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text('[tool.finlint]\nignore = ["FIN102"]\n')
    (project / "sub" / "deep").mkdir(parents=True)
    (project / "sub" / "finlint.toml").write_text("")
    (project / "sub" / "pyproject.toml").write_text('[tool.finlint]\nignore = ["FIN102"]\n')
    (project / "sub" / "deep" / "bad.py").write_text(BAD)
    (project / "sub" / "deep" / "pyproject.toml").write_text("[tool.other]\n")
    ran = run("--output-format", "concise")
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["sub/deep/bad.py"]
    both = run("--isolated", "--output-format", "concise")
    assert len(both.out.splitlines()) == 2
    assert run("--config", "pyproject.toml").status == 0


def test_the_command_line_goes_first(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text('select = ["FIN103"]\n')
    assert run().status == 0
    assert run("--select", "FIN102").status == 1
    assert run("--extend-select", "FIN102").status == 1


def test_keys_do_what_they_say(project: Path, run: Run) -> None:
    config = project / "finlint.toml"
    for text, status in {
        'per-file-ignores = {"bad*" = ["FIN1"]}': 0,
        'per-file-ignores = {"sub/*" = ["FIN1"]}': 1,
        'exclude = ["bad.py"]': 0,
        'extend-exclude = ["./bad.py"]': 0,
        'severity = {FIN102 = "note"}': 0,
        'severity = {FIN1 = "note", FIN102 = "error"}\nmin-severity = "error"': 1,
    }.items():
        config.write_text(text + "\n")
        assert run().status == status, text


def test_values(tmp_path: Path) -> None:
    path = tmp_path / "finlint.toml"
    path.write_text(
        'src = ["lib"]\nregistrars = ["pkg.on_death", {name = "pkg.at_end", callback = 0}]\n'
        'target-version = "py311"\nmin-confidence = "medium"\n'
    )
    config = read_config(str(path))
    assert config.src == (str(tmp_path / "lib"),)
    assert config.registrars == (Registrar("pkg.on_death", 1, 0), Registrar("pkg.at_end", 0, None))
    assert config.target_version == (3, 11)
    assert ConfigFinder(isolated=True).of_folder(str(tmp_path)) == Config(root=str(Path.cwd()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('selct = ["FIN1"]', "unknown key `selct`, did you mean `select`?"),
        ('select = "FIN1"', "key `select`: must be a list of strings, not 'FIN1'"),
        ('ignore = ["FIN19O"]', "key `ignore`: unknown rule `FIN19O`, did you mean `FIN1"),
        ('per-file-ignores = ["a"]', "key `per-file-ignores`: must be a table"),
        ('min-severity = "warn"', "must be error, warning or note, not 'warn', did you mean `warning`?"),
        ('severity = {FIN102 = "bad"}', "key `severity`: must be error, warning or note"),
        ("force-exclude = 1", "must be true or false, not 1"),
        ('target-version = "2.7"', 'must be a Python version such as "3.10"'),
        ('registrars = [{nam = "x"}]', "key `registrars`"),
        ('registrars = [{name = "x", callbak = 1}]', "unknown key `callbak` of a registrar, did you mean `callback`?"),
        ("select = [", "is not TOML"),
    ],
)
def test_errors_name_file_key_and_the_nearest_name(tmp_path: Path, text: str, says: str) -> None:
    for name, head in (("finlint.toml", ""), ("pyproject.toml", "[tool.finlint]\n")):
        path = tmp_path / name
        path.write_text(head + text + "\n")
        with pytest.raises(ConfigError) as caught:
            read_config(str(path))
        assert str(caught.value).startswith(str(path))
        assert says in str(caught.value)


def test_a_wrong_file_ends_the_run_with_2(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text("nonsense = 1\n")
    ran = run()
    assert ran.status == 2
    assert "finlint.toml: unknown key `nonsense`" in ran.err
    assert run("--isolated").status == 1


def test_a_broken_pyproject_of_somebody_else_is_not_ours_to_report(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text("[project\n")
    assert run().status == 1
