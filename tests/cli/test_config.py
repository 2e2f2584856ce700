"""Where configuration is found, what it does, and what is said about a wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.config import Config, ConfigError, ConfigFinder
from finlint.config.keys import KEYS
from finlint.config.reading import MAX_EXTENDED, read_config
from finlint.config.values import Unfit
from finlint.config.version import required_version
from finlint.model.codes import DEFAULT_CODES
from finlint.model.folders import USUAL_FOLDERS
from finlint.model.settings import Registrar
from finlint.syntax.discover import Excluder

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


def test_a_file_extends_another(project: Path, run: Run) -> None:
    (project / "base.toml").write_text(
        'extend-select = ["FIN112"]\nexclude = ["base_generated/*"]\nper-file-ignores = {"a/*" = ["FIN103"]}\n'
        'severity = {FIN102 = "note"}\nmin-severity = "error"\n'
    )
    sub = project / "pkg"
    sub.mkdir()
    (sub / "finlint.toml").write_text(
        'extend = "../base.toml"\nextend-select = ["FIN111"]\nmin-severity = "note"\n'
        'per-file-ignores = {"b/*" = ["FIN102"]}\nseverity = {FIN103 = "error"}\n'
    )
    config = ConfigFinder().of_folder(str(sub))
    assert config.extend_select == ("FIN112", "FIN111")
    assert config.min_severity is not None
    assert config.min_severity.value == "note"
    # Patterns count from the folder of the file that they stand in.
    assert config.exclude == (f"{project}/base_generated/*",)
    assert dict(config.per_file_ignores) == {f"{project}/a/*": ("FIN103",), f"{sub}/b/*": ("FIN102",)}
    assert {code: level.value for code, level in config.severity} == {"FIN102": "note", "FIN103": "error"}
    assert dict(config.said)["exclude"] == str(project / "base.toml")
    assert dict(config.said)["min-severity"] == str(sub / "finlint.toml")
    (sub / "b").mkdir()
    (sub / "b" / "bad.py").write_text(BAD)
    (sub / "bad.py").write_text(BAD)
    assert [line.partition(":")[0] for line in run("pkg", "--output-format", "concise").out.splitlines()] == [
        "pkg/bad.py"
    ]


def test_extending_a_pyproject_and_what_cannot_be_extended(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.finlint]\nextend = "sub/pyproject.toml"\n')
    (project / "sub").mkdir()
    base = project / "sub" / "pyproject.toml"
    base.write_text('[tool.finlint]\nignore = ["FIN102"]\n')
    assert read_config(str(project / "pyproject.toml")).ignore == ("FIN102",)
    base.write_text('[tool.finlint]\nextend = "../pyproject.toml"\n')
    with pytest.raises(ConfigError, match="extends this file, too"):
        read_config(str(project / "pyproject.toml"))
    base.unlink()
    with pytest.raises(ConfigError, match=r"key `extend`: there is no file"):
        read_config(str(project / "pyproject.toml"))


def test_files_that_extend_each_other_in_a_long_row(project: Path) -> None:
    for number in range(MAX_EXTENDED):
        (project / f"c{number}.toml").write_text(f'extend = "c{number + 1}.toml"\n')
    (project / f"c{MAX_EXTENDED}.toml").write_text('ignore = ["FIN102"]\n')
    assert read_config(str(project / "c1.toml")).ignore == ("FIN102",)
    with pytest.raises(ConfigError, match=f"more than {MAX_EXTENDED} files extend each other"):
        read_config(str(project / "c0.toml"))


def test_folders_with_special_names_are_no_patterns(tmp_path: Path) -> None:
    odd = tmp_path / "a[b]*"
    odd.mkdir()
    (odd / "base.toml").write_text('exclude = ["gen/*"]\n')
    (tmp_path / "finlint.toml").write_text(f'extend = "{odd.name}/base.toml"\n')
    config = ConfigFinder().of_folder(str(tmp_path))
    assert config.exclude is not None
    excluder = Excluder(config.root, config.exclude, ())
    assert excluder.excludes(str(odd / "gen" / "x.py"), "x.py")
    assert not excluder.excludes(str(tmp_path / "ab" / "gen" / "x.py"), "x.py")


def test_keys_on_the_command_line(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text('ignore = ["FIN102"]\nextend-select = ["FIN112"]\n')
    assert run().status == 0
    assert run("--config", "ignore=[]").status == 1
    assert run("--isolated", "--config", 'per-file-ignores = {"bad*" = ["FIN1"]}').status == 0
    (project / "other.toml").write_text("")
    assert run("--config", "other.toml", "--config", 'exclude=["bad.py"]').status == 0
    shown = run("config", "--config", "ignore=[]").out
    assert "ignore = []  # --config\n" in shown
    for value, says in (
        ("ignore=FIN1", "is not TOML"),
        ("ignore=FIN1", """write it as in a file: 'ignore = ["FIN106"]'"""),
        ("ignor=[]", "--config: unknown key `ignor`, did you mean `ignore`?"),
        ("min-severity='warn'", "--config: key `min-severity`: must be error, warning or note"),
    ):
        ran = run("--config", value)
        assert ran.status == 2
        assert says in ran.err
    assert "names two files" in run("--config", "other.toml", "--config", "finlint.toml").err


def test_ignores_by_file_on_the_command_line(project: Path, run: Run) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "bad.py").write_text(BAD)
    assert run("tests", "--per-file-ignores", "tests/*:FIN102").status == 0
    assert run(".", "--per-file-ignores", "tests/*:FIN102", "--per-file-ignores", "bad.py:lock,FIN103").status == 0
    assert run(".", "--per-file-ignores", "tests/*:FIN102").status == 1
    for wrong in ("tests", "tests/*:", ":FIN102"):
        assert "must be PATTERN:CODES" in run("--per-file-ignores", wrong).err
    assert "--per-file-ignores: unknown rule `FIN19O`" in run("--per-file-ignores", "a:FIN19O").err


@pytest.mark.parametrize(
    ("requirement", "meets"),
    [
        (">=0.1", True),
        ("0.1.0", True),
        ("==0.1", True),
        (">=0.1,<0.2", True),
        ("~=0.1", True),
        ("~=0.0.9", False),
        ("!=0.1.0", False),
        (">0.1", False),
        ("<=0.0.9", False),
        ("> 0.0.9", True),
    ],
)
def test_required_versions(requirement: str, meets: bool) -> None:
    if meets:
        assert required_version(requirement, "", "0.1.0") == requirement
    else:
        with pytest.raises(Unfit, match=r"asks for finlint .*, and this is 0\.1\.0"):
            required_version(requirement, "", "0.1.0")


def test_another_version_ends_the_run(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text('required-version = ">=99"\n')
    ran = run()
    assert ran.status == 2
    assert "key `required-version`: asks for finlint >=99, and this is " in ran.err
    (project / "finlint.toml").write_text('required-version = "new"\n')
    assert 'must be a requirement such as ">=0.1"' in run().err


def test_only_a_configuration_is_taken_for_one(project: Path, run: Run) -> None:
    """What describes a library called finlint has the name of a configuration by chance."""
    (project / "finlint.toml").write_text('[aliases]\n"finlint.a" = "finlint.b"\n\n["finlint.b"]\nkind = "lock"\n')
    assert run().status == 1
    assert run("--config", "finlint.toml").status == 2


@pytest.mark.parametrize("name", ["tool.Finlint", "tool.flake8-finlint", "finlint"])
def test_a_table_of_another_name_is_answered(name: str, project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text(f'[{name}]\nignore = ["FIN102"]\n')
    ran = run()
    assert ran.status == 2
    assert f"pyproject.toml: [{name}] is not read, did you mean [tool.finlint]?" in ran.err


def test_what_is_odd_is_warned_of(project: Path, run: Run) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "lifetime.py").write_text("def on_death(obj, callback): ...\n")
    (project / "finlint.toml").write_text(
        'src = ["nowhere"]\nregistrars = ["pkg.lifetime.on_deth", "pkg.lifetime.on_death", "other.lib.at_end"]\n'
    )
    (project / "setup.cfg").write_text("[finlint]\nignore = FIN102\n")
    ran = run()
    assert ran.status == 1
    warnings = [line for line in ran.err.splitlines() if line.startswith("finlint: warning: ")]
    assert len(warnings) == 3
    assert "setup.cfg: [finlint] is not read; say it in [tool.finlint] of pyproject.toml" in ran.err
    assert f"key `src`: there is no folder `{project / 'nowhere'}`" in ran.err
    assert "lifetime.py has no `on_deth`, did you mean `on_death`?" in ran.err


@pytest.mark.parametrize("value", ["", ",", " "])
def test_selecting_nothing_is_answered(value: str, project: Path, run: Run) -> None:
    ran = run("--select", value)
    assert ran.status == 2
    assert "--select is empty" in ran.err
    (project / "finlint.toml").write_text("select = []\n")
    assert "key `select`: is empty" in run().err


def test_what_is_printed_is_a_configuration(project: Path, run: Run) -> None:
    for text in (
        "",
        'extend-select = ["FIN112"]\nregistrars = [{name = "a.b", callback = 0}, "c.d"]\nseverity = {FIN1 = "error"}\n'
        'per-file-ignores = {"a b/\\u00fc*" = ["FIN1"]}\ntarget-version = "3.11"\nbaseline = "x.json"\n'
        'src = ["lib"]\nmin-confidence = "high"\nrequired-version = ">=0.1"\nrespect-gitignore = false\n',
    ):
        (project / "finlint.toml").write_text(text)
        before = ConfigFinder().of_folder(str(project))
        printed = run("config").out
        (project / "finlint.toml").write_text(printed)
        after = ConfigFinder().of_folder(str(project))
        told = [name for name in Config._fields if name not in ("said", "warnings", "select", "exclude", "fixable")]
        assert before.min_confidence in (None, after.min_confidence)
        before = before._replace(min_confidence=after.min_confidence)
        assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
        assert after.select == tuple(sorted(DEFAULT_CODES))
        assert after.exclude == USUAL_FOLDERS


def test_the_printed_default_excludes_what_the_default_does(project: Path, run: Run) -> None:
    for name in ("build", "venv"):
        (project / name).mkdir()
        (project / name / "bad.py").write_text(BAD)
    (project / "venv" / "__init__.py").write_text("")
    before = run("--show-files").out
    (project / "finlint.toml").write_text(run("config").out)
    assert run("--show-files").out == before
    assert "venv/bad.py" in before
    (project / "finlint.toml").write_text('exclude = ["venv"]\n')
    assert sorted(run("--show-files").out.splitlines()) == ["bad.py", "build/bad.py", "good.py"]


def test_keys_are_explained(project: Path, run: Run) -> None:
    listed = run("config", "--keys").out
    assert [line.split()[0] for line in listed.splitlines()] == list(KEYS)
    for name, key in KEYS.items():
        text = run("config", name).out
        assert text.startswith(f"{name}: ")
        assert f"example: {name} = {key.example}" in text
    wrong = run("config", "per-file-ignore")
    assert wrong.status == 2
    assert "did you mean the key `per-file-ignores`?" in wrong.err


def test_examples_are_read_and_fit_the_schema(project: Path, run: Run) -> None:
    (project / "finlint.toml").touch()
    document = json.loads(run("config", "--schema").out)
    assert set(document["properties"]) == set(KEYS)
    for name, key in KEYS.items():
        if name != "extend":
            (project / "finlint.toml").write_text(f"{name} = {key.example}\n")
            read_config(str(project / "finlint.toml"))
        assert document["properties"][name]["examples"]
        assert f"{key.field}" in Config._fields


def test_the_reference_and_the_schema_are_up_to_date() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "docs/tools/configuration.py"), "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "up to date\n")
