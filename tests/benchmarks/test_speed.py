"""benchmarks/speed.py, with commands of the test's own in place of linters."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "speed.py"


@pytest.fixture(scope="module")
def speed() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_speed", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_rounds_give_as_many_samples_as_asked_for(speed: ModuleType) -> None:
    ran: list[int] = []
    todo = {
        "quick": speed.Command([sys.executable, "-c", "pass"]),
        "slow": speed.Command([sys.executable, "-c", "sum(range(5_000_000))"], lambda: ran.append(1)),
    }
    samples = speed.rounds(todo, 3)
    assert {name: len(taken) for name, taken in samples.items()} == {"quick": 3, "slow": 3}
    assert len(ran) == 4  # once more to warm up
    row = speed.Row("name", "what it does", "slow", "quick", 0.0001)
    (line,) = list(speed.table([row], samples))[2:]
    assert line.startswith("| name | what it does | 0.")
    assert line.endswith("| 0.0001 | NO |")
    assert "| yes |" in list(speed.table([row._replace(limit=1e6)], samples))[2]


def test_a_command_that_fails_is_left_out(speed: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    todo = {"broken": speed.Command([sys.executable, "-c", "raise SystemExit(2)"])}
    assert speed.rounds(todo, 2) == {}
    assert "skipped: broken: status 2" in capsys.readouterr().err
    row = speed.Row("name", "what it does", "broken", "absent", 1)
    assert "not measured" in list(speed.table([row], {}))[2]


def test_changes_are_ten_files_each_time_others_and_do_not_pile_up(speed: ModuleType, tmp_path: Path) -> None:
    for number in range(30):
        body = "class C:\n    def __del__(self): pass\n" if number % 3 == 0 else "x = 1\n"
        (tmp_path / f"m{number:02}.py").write_text(body)
    changes = speed.Changes(tmp_path)
    sizes = []
    texts = set()
    for _ in range(3):
        changes.change()
        changed = [path for path in tmp_path.iterdir() if b"# change" in path.read_bytes()]
        assert len(changed) == 10
        assert sum(b"__del__" in path.read_bytes() for path in changed) == 5
        sizes.append(sum(path.stat().st_size for path in changed))
        texts.add(changed[0].read_bytes())
    assert len(set(sizes)) == 1
    assert len(texts) == 3
    # Another run over the same tree starts from what was there.
    assert all(b"# change" not in text for text in speed.Changes(tmp_path).texts)


def test_only_python_files_are_copied(speed: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("a.py", "a.pyi", "pkg/b.py", "pkg/data.txt", "test/c.py"):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    speed.copy_python(source, tmp_path / "target", {"test"})
    copied = sorted(str(p.relative_to(tmp_path / "target")) for p in (tmp_path / "target").rglob("*") if p.is_file())
    assert copied == ["a.py", os.path.join("pkg", "b.py")]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's smaps_rollup")
def test_memory_is_that_of_all_processes(speed: ModuleType) -> None:
    child = "x = b'1' * 60_000_000; sum(range(30_000_000))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peak = speed.peak_memory([sys.executable, "-c", parent])
    assert peak.processes == 2
    assert peak.resident >= peak.proportional > 57


def test_imports_are_listed(speed: ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import colorsys\n")
    assert "colorsys" in speed.imported([str(script)], sys.executable)
    assert "colorsys" not in speed.imported(["-c", "pass"], sys.executable)


def test_the_corpora_that_it_makes(speed: ModuleType, tmp_path: Path) -> None:
    place = speed.Place(tmp_path / "work", None, sys.executable)
    one = place.one()
    assert 400 < len(one.read_bytes().splitlines()) < 600
    chain = place.chain()
    found = subprocess.run(
        [sys.executable, "-m", "finlint", "--isolated", "--output-format", "concise", str(chain)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FIN102" in found.stdout, found.stderr


def test_the_rows_are_listed() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--list"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[:2] == ["large", "large-warm"]
    assert names[-2:] == ["memory", "imports"]
