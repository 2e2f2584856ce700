"""Worker processes, the order of files and the hash seed change nothing in a report."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import finlint.analysis.program.disk
import finlint.checking
import finlint.engine
import finlint.workers.batches
import finlint.workers.elsewhere
import finlint.workers.here
import finlint.workers.serving
import finlint.workers.sweeps
from finlint.analysis.execution.summary import Summary
from finlint.analysis.program.disk import OFTEN, Disk
from finlint.engine import analyse
from finlint.model.finding import Report
from finlint.model.settings import Settings
from finlint.model.task import Known, Statistics, Task
from finlint.scan.words import NAMES, SUBCLASSES, Vocabulary
from finlint.syntax.contents import Contents
from finlint.syntax.discover import discover
from finlint.syntax.files import Files
from finlint.workers.freeing import CollectorPaused

FIXTURES = Path(__file__).parents[2] / "fixtures"
LIBRARY = Path(sysconfig.get_paths()["stdlib"])


def run(paths: list[str], jobs: int) -> tuple[Report, Statistics]:
    numbers: list[Statistics] = []
    return analyse(paths, Settings(jobs=jobs), statistics=numbers.append), numbers[0]


def old(path: Path) -> None:
    """Written long ago: a later stamp will tell of a change."""
    os.utime(path, (1_600_000_000, 1_600_000_000))


@pytest.fixture(scope="module")
def paths() -> list[str]:
    folders = [
        FIXTURES / "FIN102_lock",
        FIXTURES / "FIN301_retention",
        LIBRARY / "multiprocessing",
        LIBRARY / "concurrent",
    ]
    return list(discover([str(folder) for folder in folders]).files)


@pytest.fixture(scope="module")
def alone(paths: list[str]) -> Report:
    report, numbers = run(paths, 1)
    assert numbers.workers == 0
    assert len(report.findings) > 40
    return report


@pytest.mark.parametrize("jobs", [2])
def test_workers_report_the_same(paths: list[str], alone: Report, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    report, numbers = run(paths, jobs)
    assert numbers.workers == jobs
    assert report == alone


def test_workers_look_at_all_files(
    paths: list[str], alone: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What cannot be read, or is no Python, is told as one process tells it, and a cache has the same verdicts."""
    for name, data in (("nul.py", b"x = 0\0"), ("latin.py", b"x = '\xe4'"), ("broken.py", b"def ("), ("empty.py", b"")):
        (tmp_path / name).write_bytes(data)
        old(tmp_path / name)
    files = [*paths, *map(str, sorted(tmp_path.iterdir())), str(tmp_path / "none.py")]
    expected, numbers = run(files, 1)
    assert len(expected.errors) == 4
    monkeypatch.setattr(finlint.engine, "WORTH_SHARING", 0)
    report, shared = run(files, 2)
    assert (report, shared.workers) == (expected, 2)
    assert (shared.files, shared.bytes) == (numbers.files, numbers.bytes)
    cache = tmp_path / "cache"
    for _ in range(2):
        assert analyse(files, Settings(jobs=2, cache_dir=str(cache))) == expected
    # Verdicts that other processes gave are as good.
    many = [*files, *(str(tmp_path / f"m{number}.py") for number in range(finlint.engine.WORTH_REMEMBERING))]
    for path in map(Path, many[len(files) :]):
        path.write_text("x = 1\n")
        old(path)
    seen: list[Statistics] = []
    for _ in range(2):
        analyse(many, Settings(jobs=2, cache_dir=str(cache)), statistics=seen.append)
    assert seen[0].files > 200
    assert seen[1].files == 3, "what could not be read is looked at again"


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the workers are to be tampered with")
@pytest.mark.parametrize("request_name", ["look", "hits"])
def test_a_worker_that_dies_looking_is_replaced_by_this_process(
    paths: list[str], alone: Report, monkeypatch: pytest.MonkeyPatch, request_name: str
) -> None:
    monkeypatch.setattr(finlint.engine, "WORTH_SHARING", 0)
    # Once the processes are gone, no task is sent to them.
    monkeypatch.setattr(
        finlint.engine._Run, "_worker", lambda self, tasks: finlint.workers.here.Here(self.files, Settings())
    )
    monkeypatch.setattr(finlint.workers.sweeps.Share, request_name, lambda *_: os._exit(3))
    report, numbers = run(paths, 2)
    assert (report, numbers.workers) == (alone, 2)


def test_without_room_everything_is_read_again(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = [path for path in paths if Path(path).parent.name == "FIN301_retention"]
    expected, _ = run(few, 1)
    assert len(expected.findings) > 5
    monkeypatch.setattr(finlint.checking, "Contents", partial(Contents, room=0))
    monkeypatch.setattr(finlint.checking, "Disk", partial(Disk, room=0))
    assert run(few, 1)[0] == expected
    for _ in range(2):
        assert analyse(few, Settings(jobs=1, cache_dir=str(tmp_path))) == expected


def test_the_bytes_of_packages_have_bounds(tmp_path: Path) -> None:
    for package in "ab":
        for number in range(2):
            (tmp_path / package).mkdir(exist_ok=True)
            (tmp_path / package / f"m{number}.py").write_text("x" * 10)
    read: list[str] = []

    def peek(path: str) -> bytes:
        read.append(path)
        return Path(path).read_bytes()

    disk = Disk(room=30)
    for package in "ab":
        disk.groups[package] = (), tuple(map(str, sorted((tmp_path / package).iterdir())))
    for package, count in (("a", 2), ("a", 2), ("b", 4), ("b", 4), ("a", 6)):
        assert [(os.path.basename(path), data) for path, data in disk.texts(package, peek)] == [
            ("m0.py", b"x" * 10),
            ("m1.py", b"x" * 10),
        ]
        assert len(read) == count


def test_packages_that_are_searched_by_turns_do_not_have_their_words_collected_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[str] = []

    class Counted(Vocabulary):
        def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
            super().__init__(files)
            collected.extend(self._paths)

    monkeypatch.setattr(finlint.analysis.program.disk, "Vocabulary", Counted)
    disk = Disk(room=30)
    for package in "ab":
        (tmp_path / package).write_text(f"{package} some words that are too many for two")
        disk.groups[package] = (), (str(tmp_path / package),)
    turns = 10 * OFTEN
    for turn in range(turns):
        for package in "ab":
            found = disk.holding(package, f"word{turn}", "", lambda path: Path(path).read_bytes())
            assert found == []
    assert 2 <= len(collected) <= 2 * turns / OFTEN


def test_a_word_is_looked_for_in_all_files_once(tmp_path: Path) -> None:
    texts = {"a": b"class A(Base): pass\n", "b": b"Base()\n", "c": b"x = Base\n", "d": b"Basement()\n", "e": b"\n"}
    for name, data in texts.items():
        (tmp_path / name).write_bytes(data)
    read: list[str] = []

    def peek(path: str) -> bytes | None:
        read.append(os.path.basename(path))
        return Path(path).read_bytes()

    disk = Disk(room=0)
    disk.groups["p"] = (), tuple(str(tmp_path / name) for name in texts)

    def holding(text: str, form: str = "") -> tuple[list[str], list[str]]:
        read.clear()
        found = [os.path.basename(path) for path in disk.holding("p", text, form, peek)]
        return found, list(read)

    assert holding("Base(") == (["b"], ["a", "b", "c", "d", "e"])
    # "Basement" holds it too.
    assert holding("(Base)") == (["a"], ["a", "b", "c", "d"])
    assert holding("Base", SUBCLASSES) == (["a"], ["a", "b", "c", "d"])
    assert holding("Base", NAMES) == (["a", "c"], ["a", "b", "c", "d"])
    assert holding("Base") == (["a", "b", "c", "d"], ["a", "b", "c", "d"])
    assert holding("Base(") == (["b"], [])
    # Where many words are looked for, all words of all files are read once.
    assert [len(holding(f"word{number}")[1]) for number in range(OFTEN + 2)] == [5] * OFTEN + [0, 0]
    assert holding("Bas") == (["a", "b", "c", "d"], ["a", "b", "c", "d"])
    # The longest word of what is sought leaves out the files that do not hold it.
    assert holding(" = B") == (["c"], ["a", "b", "c", "d"])


def test_no_package_leaves_what_refers_to_itself(paths: list[str]) -> None:
    """The collector is paused, and would have to walk everything."""
    files = Files(paths)
    here = finlint.workers.here.Here(files, Settings())
    with CollectorPaused():
        list(here.run([finlint.workers.batches.Asked("", [Task(path, "own") for path in paths])], Known()))
        here.close()
        # A class of another test may answer no question, not even what it is.
        left = sum(type(thing) is Summary for thing in gc.get_objects())
    assert left == 0


def test_a_small_run_starts_no_worker() -> None:
    _, numbers = run([str(FIXTURES / "FIN102_lock" / name) for name in os.listdir(FIXTURES / "FIN102_lock")], 8)
    assert numbers.workers == 0


def test_the_order_of_the_files_changes_nothing(paths: list[str], alone: Report) -> None:
    shuffled = random.Random(7).sample(paths, len(paths))
    assert run(shuffled, 1)[0] == alone


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_seed_changes_nothing(paths: list[str], alone: Report, seed: str) -> None:
    script = (
        "import json, sys; from finlint.engine import analyse; from finlint.model.settings import Settings\n"
        "report = analyse(json.load(sys.stdin), Settings(jobs=1))\n"
        "print(json.dumps([repr(finding) for finding in report.findings]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert json.loads(done.stdout) == [repr(finding) for finding in alone.findings]


def packages(folder: Path, source: str) -> list[Path]:
    """Four packages that hold the same."""
    files = [folder / f"p{number}" / "__init__.py" for number in range(4)]
    for path in files:
        path.parent.mkdir()
        path.write_text(source)
    return files


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the workers are to be tampered with")
def test_a_worker_that_dies_loses_its_own_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finalizer = "import time\nclass A:\n    def __del__(self):\n        time.sleep(1)\n"
    files = packages(tmp_path, finalizer)
    answer = finlint.workers.here.Here._batch

    def dying(
        here: finlint.workers.here.Here, asked: finlint.workers.batches.Asked, known: Known
    ) -> finlint.workers.batches.Batch:
        if asked.package.endswith("p2"):
            os._exit(3)
        return answer(here, asked, known)

    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    monkeypatch.setattr(finlint.workers.here.Here, "_batch", dying)
    report, _ = run([str(path) for path in files], 2)
    (error,) = report.errors
    assert error.path == str(files[2])
    assert "ended" in error.message
    assert sorted(finding.path for finding in report.findings) == sorted(str(files[n]) for n in (0, 1, 3))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the workers are to be tampered with")
def test_no_file_is_forgotten_when_all_workers_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = packages(tmp_path, "class A:\n    def __del__(self): pass\n")
    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    monkeypatch.setattr(finlint.workers.here.Here, "_batch", lambda *_: os._exit(3))
    report, _ = run([str(path) for path in files], 2)
    assert {error.path for error in report.errors} == {str(path) for path in files}


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the workers are to be tampered with")
def test_what_a_worker_never_got_another_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = packages(tmp_path, "import time\nclass A:\n    def __del__(self): time.sleep(1)\n")
    answers = finlint.workers.elsewhere.Elsewhere.run

    def after_a_death(workers: Any, batches: Any, known: Known) -> Any:
        worker = workers._workers[-1]
        worker.process.kill()
        worker.process.join()
        return answers(workers, batches, known)

    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    monkeypatch.setattr(finlint.workers.elsewhere.Elsewhere, "run", after_a_death)
    report, _ = run([str(path) for path in files], 2)
    assert not report.errors
    assert [finding.path for finding in report.findings] == sorted(map(str, files))


def test_a_package_stays_with_one_worker_while_there_are_others() -> None:
    batches = [finlint.workers.batches.Asked(name, [name]) for name in ("a", "a", "a", "b", "b", "c")]  # type: ignore[list-item]
    waiting = finlint.workers.elsewhere._Waiting(batches)
    one, other = waiting.take(""), waiting.take("")
    assert (one.package, other.package) == ("a", "b")
    assert waiting.take("b").package == "b"
    assert waiting.take("b").package == "c"
    # Nobody has work of its own left: what is left of the first package is shared.
    assert waiting.take("c").package == "a"
    assert waiting.take("a").package == "a"
    assert not waiting


def test_a_package_that_is_known_from_the_round_before_is_taken_first() -> None:
    batches = [finlint.workers.batches.Asked(name, [name]) for name in ("a", "b", "b")]  # type: ignore[list-item]
    waiting = finlint.workers.elsewhere._Waiting(batches)
    assert waiting.has("b")
    assert not waiting.has("c")
    assert [waiting.take("b").package for _ in range(3)] == ["b", "b", "a"]
    assert not waiting.has("b")


def test_workers_end_with_the_run(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By themselves: whoever has to be waited for, or stopped, costs every run that time."""
    ended: list[int | None] = []
    close = finlint.workers.elsewhere.Elsewhere.close

    def watched(workers: finlint.workers.elsewhere.Elsewhere) -> None:
        close(workers)
        ended.extend(worker.process.exitcode for worker in workers._workers)

    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    monkeypatch.setattr(finlint.workers.elsewhere.Elsewhere, "close", watched)
    run(paths[:4], 2)
    assert ended == [0, 0]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the workers are to be tampered with")
def test_a_worker_that_has_grown_is_replaced(
    paths: list[str], alone: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the next package, and not once it knows what all of its files hold; its successor has its share of them."""
    started: list[str] = []
    start = finlint.workers.elsewhere.Elsewhere._start

    def watched(workers: finlint.workers.elsewhere.Elsewhere, share: list[str]) -> finlint.workers.elsewhere._Worker:
        started.append(share[0])
        return start(workers, share)

    monkeypatch.setattr(finlint.workers.elsewhere, "WORTH", 0)
    monkeypatch.setattr(finlint.workers.elsewhere.Elsewhere, "_start", watched)
    monkeypatch.setattr(finlint.workers.serving, "MAX_GROWTH", -1)
    assert run(paths, 2)[0] == alone
    assert len(started) > 2
    assert set(started) == {paths[0], paths[1]}


@pytest.mark.parametrize(
    ("keeps", "growth", "grown"), [(True, 1.5, False), (True, 2.5, True), (False, 1.5, True), (False, 0.5, False)]
)
def test_a_worker_is_not_replaced_for_what_the_next_package_may_use(
    keeps: bool, growth: float, grown: bool, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its successor would have to find it out again: each package beside the last one, in each round."""
    server = finlint.workers.serving._Server(Files(paths), Settings(), ())
    server._at_first = 0
    size = int(growth * finlint.workers.serving.MAX_GROWTH)
    monkeypatch.setattr(finlint.workers.serving, "peak", lambda: size)
    monkeypatch.setattr(finlint.checking.Check, "is_small", lambda check: keeps)
    asked = finlint.workers.batches.Asked("package", [Task(paths[0], "own")])
    assert server.answer(finlint.workers.batches.request_to_json(asked, Known()))[1] is grown
