"""A cache makes a run faster and changes nothing else: after any edit the report is that of a run without one."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from finlint.engine import WORTH_REMEMBERING, analyse
from finlint.model.finding import Report
from finlint.model.settings import Settings
from finlint.model.task import Statistics
from finlint.syntax.discover import discover

BASE = """\
import threading
from pkg.util import Registry


class Base:
    def __init__(self) -> None:
        self._lock = threading.{lock}()
        self.registry = Registry()

    def close(self) -> None:
        {close}

    def __del__(self) -> None:
        self.close()
"""
UTIL = """\
import time
import weakref


class Registry:
    def flush(self) -> None:
        {flush}


def on_death(obj, callback):
    {register}
"""
HEIR = """\
from pkg.base import Base


class Heir{number}(Base):
    def close(self) -> None:
        {close}
"""
CALLER = """\
import time
from pkg.util import on_death


def note(*args):
    {note}


def watch(obj):
    on_death(obj, note)
"""

CHOICES = {
    "pkg/base.py": [
        BASE.format(lock=lock, close=close)
        for lock in ("Lock", "RLock")
        for close in ("pass", "with self._lock:\n            pass", "self.registry.flush()")
    ],
    "pkg/util.py": [
        UTIL.format(flush=flush, register=register)
        for flush in ("pass", "time.sleep(1)")
        for register in ("weakref.finalize(obj, callback)", "weakref.finalize(obj, callback, 1)", "callback()", "(")
    ],
    **{
        f"pkg/heir{number}.py": [
            HEIR.format(number=number, close=close) for close in ("pass", "self._lock.acquire()", "super().close()")
        ]
        + [""]
        for number in range(3)
    },
    **{
        f"app/caller{number}.py": [CALLER.format(note=note) for note in ("pass", "time.sleep(2)")] + ["x = 1\n"]
        for number in range(2)
    },
}


class Tree:
    """Modules that are edited, and others that make the run large enough to remember what it saw of them."""

    def __init__(self, root: Path, seed: int, others: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        #: Seconds: long ago, so that the time of a file tells when it was written.
        self.clock = itertools.count(1_600_000_000, 10)
        for name in ("pkg/__init__.py", "app/__init__.py", *(f"other/m{n}.py" for n in range(others))):
            self.write(name, "")
        for name in CHOICES:
            self.edit(name)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if self.random.random() < 0.7:
            now = next(self.clock)
            os.utime(path, (now, now))

    def edit(self, name: str) -> None:
        self.write(name, self.random.choice(CHOICES[name]))

    def change(self) -> None:
        for _ in range(self.random.randrange(3)):
            name = self.random.choice(list(CHOICES))
            path = self.root / name
            what = self.random.random()
            if what < 0.15:
                path.unlink(missing_ok=True)
            elif what < 0.25 and path.exists():
                path.touch()
            else:
                self.edit(name)

    def paths(self) -> list[str]:
        """All files, or some of them: others are then only reached."""
        every = sorted(str(path) for path in self.root.rglob("*.py"))
        if self.random.random() < 0.3:
            return [path for path in every if self.random.random() < 0.7 or "other" in path]
        return every


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("others", [0, WORTH_REMEMBERING])
def test_the_report_is_that_of_a_run_without_a_cache(tmp_path: Path, seed: int, others: int) -> None:
    (tmp_path / "tree").mkdir()
    tree = Tree(tmp_path / "tree", seed, others)
    cached = Settings(jobs=1, cache_dir=str(tmp_path / "cache"))
    kept = 0
    reported = set()
    for _ in range(16):
        tree.change()
        paths = tree.paths()
        numbers: list[Statistics] = []
        report = analyse(paths, cached, statistics=numbers.append)
        assert report == analyse(paths, Settings(jobs=1))
        kept += numbers[0].kept
        reported.update(finding.code for finding in report.findings)
    # The steps were such that there was something to keep, and something to find.
    assert kept
    assert reported


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return Tree(tmp_path / "tree", 1, WORTH_REMEMBERING).root


Run = Callable[[], tuple[Report, Statistics]]


@pytest.fixture
def run(tree: Path, tmp_path: Path) -> Run:
    def runs() -> tuple[Report, Statistics]:
        numbers: list[Statistics] = []
        settings = Settings(jobs=1, cache_dir=str(tmp_path / "cache"))
        paths = sorted(str(path) for path in tree.rglob("*.py"))
        return analyse(paths, settings, statistics=numbers.append), numbers[0]

    return runs


def old(path: Path) -> None:
    os.utime(path, (1_500_000_000, 1_500_000_000))


def test_a_second_run_reads_and_parses_nothing(tree: Path, run: Run) -> None:
    for path in tree.rglob("*.py"):
        old(path)
    first, cold = run()
    second, warm = run()
    assert second == first
    assert cold.kept == 0
    assert cold.files > WORTH_REMEMBERING
    assert (warm.files, warm.work.outlined, warm.kept) == (0, 0, warm.tasks)


def test_a_fresh_checkout_is_read_again_and_not_analysed_again(tree: Path, run: Run) -> None:
    run()
    for path in tree.rglob("*.py"):
        old(path)
    _, numbers = run()
    assert numbers.kept == numbers.tasks


def cache_files(tmp_path: Path, which: str = "") -> list[Path]:
    return sorted((tmp_path / "cache").rglob(f"*{which}.finlint"))


def half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def other_version(path: Path) -> None:
    path.parent.rename(path.parent.with_name("v0-other"))


def no_json(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00{]")


def tampered(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"FIN1", b"FIN2"))


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [half, other_version, no_json, tampered, folder_instead])
def test_a_damaged_cache_is_as_if_it_were_not_there(tmp_path: Path, run: Run, damage: Callable[[Path], None]) -> None:
    first, _ = run()
    for path in cache_files(tmp_path):
        if path.exists():
            damage(path)
    second, numbers = run()
    assert second == first
    assert numbers.kept == 0


@pytest.mark.parametrize("which", ["run", "answers"])
@pytest.mark.parametrize("damage", [half, no_json, tampered, folder_instead])
def test_half_of_a_cache_is_as_good(tmp_path: Path, run: Run, damage: Callable[[Path], None], which: str) -> None:
    first, _ = run()
    (path,) = cache_files(tmp_path, which)
    damage(path)
    assert run()[0] == first
    assert run()[0] == first


@pytest.mark.parametrize("which", ["run", "answers"])
def test_valid_blocks_of_another_shape_are_ignored(tmp_path: Path, run: Run, which: str) -> None:
    from finlint.cache.blocks import Blocks, write_blocks

    first, _ = run()
    (path,) = cache_files(tmp_path, which)
    blocks = Blocks(str(path)).all()
    for name in blocks:
        for content in (b"", b"[]", b"{}", b"[1]\n", b"3", b'[["a", 1]]\n', b"\xff"):
            write_blocks(str(path), {**blocks, name: content})
            assert run()[0] == first
        write_blocks(str(path), {n: block for n, block in blocks.items() if n != name})
        assert run()[0] == first


#: In the place of a text, a number, a list or a table.
ODD = ([], {}, None, -1, float("inf"), 10**400, 2**64, "\0", [[]], ["a"])


def variants(value: object) -> Iterator[object]:
    """``value`` with one of its parts, however deep, in another shape."""
    yield from ODD
    items = list(value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()))
    for key, part in items:
        for other in variants(part):
            copy: Any = value.copy()  # type: ignore[attr-defined]
            copy[key] = other
            yield copy


@pytest.mark.parametrize("which", ["run", "answers"])
def test_what_stands_within_a_block_may_be_anything(tmp_path: Path, run: Run, which: str) -> None:
    """Sampled: a part of a block in another shape is no error, whatever else is then believed."""
    from finlint.cache.blocks import Blocks, write_blocks

    chance = random.Random(5)
    run()
    (path,) = cache_files(tmp_path, which)
    blocks = Blocks(str(path)).all()
    for name, block in blocks.items():
        try:
            lines = [json.loads(line) for line in block.splitlines()]
        except ValueError:
            continue
        found = list(variants(lines))[len(ODD) :]
        for content in chance.sample(found, min(12, len(found))):
            written = content if isinstance(content, list) else [content]
            text = "\n".join(map(json.dumps, written))
            write_blocks(str(path), {**blocks, name: text.encode() + b"\n" * block.endswith(b"\n")})
            run()


@pytest.mark.parametrize("field", ["code", "kind", "message", "path", "span", "registration", "trace", "names"])
def test_what_a_finding_cannot_be_is_not_believed(tmp_path: Path, run: Run, field: str) -> None:
    from finlint.cache.blocks import Blocks, write_blocks

    first, _ = run()
    (path,) = cache_files(tmp_path, "run")
    blocks = Blocks(str(path)).all()
    report = json.loads(blocks["report"])
    finding = report[0][0]
    for odd in (["a"], 7, [10**400] * 4, [["a"]] * 4):
        finding_now = {**finding, field: odd if field != "names" else [odd]}
        text = json.dumps([[finding_now, *report[0][1:]], *report[1:]])
        write_blocks(str(path), {**blocks, "report": text.encode()})
        assert run()[0] == first


@pytest.mark.parametrize("which", ["run", "answers"])
@pytest.mark.parametrize("named", ["findings", "errors"])
def test_what_is_told_of_files_of_no_run_is_not_believed(tmp_path: Path, run: Run, which: str, named: str) -> None:
    """A report shows the lines that a finding is in: those of the user's own files, if the cache of others says so."""
    from finlint.cache.blocks import Blocks, write_blocks

    def elsewhere(answer: Any) -> Any:
        findings, errors, *rest = answer
        if named == "findings":
            return [[{**finding, "path": "/etc/passwd"} for finding in findings], errors, *rest]
        return [findings, [["/etc/passwd", 1, "no", 1]], *rest]

    first, _ = run()
    (path,) = cache_files(tmp_path, which)
    blocks = Blocks(str(path)).all()
    if which == "run":
        blocks["report"] = json.dumps(elsewhere(json.loads(blocks["report"]))).encode()
    else:
        for other in cache_files(tmp_path, "run"):
            other.unlink()
        rows = map(json.loads, blocks["answers"].splitlines())
        blocks["answers"] = b"".join(json.dumps([*row[:-1], elsewhere(row[-1])]).encode() + b"\n" for row in rows)
    write_blocks(str(path), blocks)
    assert run()[0] == first


@pytest.mark.parametrize("size", [10**400, -1, "1", [1], 2**63, 10**13])
@pytest.mark.parametrize("which", ["run", "answers"])
def test_sizes_of_blocks_may_be_anything(tmp_path: Path, run: Run, which: str, size: object) -> None:
    from finlint.syntax.digest import digest

    first, _ = run()
    (path,) = cache_files(tmp_path, which)
    _, table, *_ = path.read_bytes().split(b"\n")
    rows = json.dumps([[name, size, told] for name, _, told in json.loads(table)]).encode() + b"\n"
    path.write_bytes(digest(rows).encode() + b"\n" + rows + b"x" * 1_000)
    assert run()[0] == first


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, run: Run) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    first, _ = run()
    second, numbers = run()
    assert second == first
    assert numbers.kept == 0


def test_the_folder_says_what_it_is(tmp_path: Path, run: Run) -> None:
    run()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["finlint-cache"]
    folder = tmp_path / "cache" / "finlint-cache"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder / ".gitignore").read_text() == "*\n"


def test_the_folder_stays_within_its_bounds(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from finlint.cache import place

    run()
    current = cache_files(tmp_path)
    for number in range(3):
        other = current[0].with_name(f"{number:032}.answers.finlint")
        shutil.copy(current[0], other)
        old(other)
    size = sum(path.stat().st_size for path in current)
    monkeypatch.setattr(place, "MAX_BYTES", size + current[0].stat().st_size // 2)
    (path,) = [p for p in (tmp_path / "tree" / "pkg").iterdir() if p.name == "util.py"]
    path.write_text("\n" + path.read_text())
    run()
    left = cache_files(tmp_path)
    assert left == current


def test_settings_have_caches_of_their_own(tree: Path, tmp_path: Path, run: Run) -> None:
    run()
    other = Settings(jobs=1, cache_dir=str(tmp_path / "cache"), src=(str(tree),))
    paths = sorted(str(path) for path in tree.rglob("*.py"))
    assert analyse(paths, other) == analyse(paths, other._replace(cache_dir=None))
    assert len(cache_files(tmp_path, "answers")) == 2


def test_unsaved_text_neither_uses_nor_makes_a_cache(tree: Path, tmp_path: Path) -> None:
    settings = Settings(jobs=1, cache_dir=str(tmp_path / "cache"))
    paths = sorted(str(path) for path in tree.rglob("*.py"))
    analyse(paths, settings, overlay={paths[0]: b"x = 1\n"})
    assert not (tmp_path / "cache").exists()


# -- single edits, and how little is done again after each

PROGRAM = {
    "pkg/__init__.py": "from pkg.base import Base\n",
    "pkg/base.py": """\
import time


class Base:
    def close(self) -> None:
        pass

    def __del__(self) -> None:
        self.close()


def unrelated() -> int:
    return 1
""",
    "pkg/one.py": """\
from pkg import Base
from pkg.tools import slow, quick


class One(Base):
    def close(self) -> None:
        slow()
""",
    "pkg/two.py": """\
from pkg.tools import quick


class Two:
    def __init__(self, how) -> None:
        self.how = how

    def __del__(self) -> None:
        self.how.finish()
""",
    "pkg/tools.py": """\
import time
import weakref


def slow() -> None:
    time.sleep(1)


def quick() -> None:
    pass


class Way:
    def finish(self) -> None:
        time.sleep(2)


def watch(obj, callback) -> None:
    weakref.finalize(obj, callback)
""",
    "pkg/uses.py": """\
from pkg.tools import Way, watch
from pkg.two import Two


def make() -> Two:
    return Two(Way())


def later(obj) -> None:
    watch(obj, make)
""",
    "app/__init__.py": "",
    "app/alone.py": "import time\n\n\nclass Alone:\n    def __del__(self) -> None:\n        time.sleep(3)\n",
}


class Program:
    """A small program among files that make the run a large one; edits of it, and runs."""

    def __init__(self, root: Path) -> None:
        self.root = root / "tree"
        self.settings = Settings(jobs=1, cache_dir=str(root / "cache"))
        self.clock = itertools.count(1_600_000_000, 10)
        for name, text in {**PROGRAM, **{f"other/m{n}.py": "" for n in range(WORTH_REMEMBERING)}}.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        now = next(self.clock)
        os.utime(path, (now, now))
        os.utime(path.parent, (now, now))

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.root / name).read_text() + text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def run(self) -> Statistics:
        """A run with the cache, which says what one without says."""
        numbers: list[Statistics] = []
        paths = sorted(str(path) for path in self.root.rglob("*.py"))
        report = analyse(paths, self.settings, statistics=numbers.append)
        assert report == analyse(paths, Settings(jobs=1))
        return numbers[0]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def again(numbers: Statistics) -> int:
    """Questions that were answered again."""
    return numbers.tasks - numbers.kept


#: An edit, and how many of the program's questions may be answered again for it.
EDITS: dict[str, tuple[Callable[[Program], None], int]] = {
    "nothing": (lambda p: None, 0),
    "a comment in a central file": (lambda p: p.append("pkg/base.py", "\n# comment\n"), 0),
    "a comment that names a registrar": (lambda p: p.append("pkg/base.py", "\n# weakref.finalize\n"), 1),
    "a comment in a file without a finalizer": (lambda p: p.append("pkg/one.py", "# comment\n"), 0),
    "a body that nobody looks at": (lambda p: p.replace("pkg/base.py", "return 1", "return 2"), 0),
    "a name is added": (lambda p: p.append("pkg/tools.py", "\n\ndef more() -> None:\n    pass\n"), 0),
    "a class is added to a file with finalizers": (lambda p: p.append("pkg/base.py", "\n\nclass More:\n    pass\n"), 0),
    "a body that is reached": (lambda p: p.replace("pkg/tools.py", "time.sleep(1)", "print(123456)"), 1),
    "a body that only another one reaches": (lambda p: p.replace("app/alone.py", "sleep(3)", "sleep(4)"), 1),
    "a file that is not Python": (lambda p: p.append("pkg/one.py", "def (\n"), 2),
    "a file without a word": (lambda p: p.append("other/m7.py", "x = 1\n"), 0),
    "a file without a word gets one": (lambda p: p.append("other/m7.py", "import weakref\n"), 1),
    "a finalizer": (lambda p: p.write("other/m7.py", PROGRAM["app/alone.py"]), 1),
}
#: Edits after which much may be done again.
LARGER: dict[str, Callable[[Program], None]] = {
    "lines shift": lambda p: p.replace("pkg/tools.py", "import time\n", "import time\n\n\n"),
    "a new caller in the package": lambda p: p.append("pkg/one.py", "\n\ndef more(two):\n    two.Two(One())\n"),
    "a name is removed": lambda p: p.replace("pkg/tools.py", "def slow", "def slower"),
    "a name is bound again": lambda p: p.append("pkg/tools.py", "\n\nslow = quick\n"),
    "a name is bound by a function": lambda p: p.append(
        "pkg/tools.py", "\n\ndef swap():\n    global slow\n    slow = quick\n"
    ),
    "a file is added": lambda p: p.write("pkg/more.py", "from pkg.two import Two\n\nTwo(1)\n"),
    "a file takes another's place": lambda p: p.write("pkg/tools/__init__.py", "def slow():\n    pass\n"),
    "a file is deleted": lambda p: (p.root / "pkg/tools.py").unlink(),
    "a file is renamed": lambda p: (p.root / "pkg/one.py").replace(p.root / "pkg/eins.py") and None,
    "a subclass elsewhere": lambda p: p.write(
        "app/sub.py",
        "import time\nfrom pkg.base import Base\n\n\nclass Sub(Base):\n    def close(self):\n        time.sleep(9)\n",
    ),
    "a re-export": lambda p: p.replace("pkg/__init__.py", "from pkg.base import Base", "class Base:\n    pass"),
    "a wrapper no longer is one": lambda p: p.replace("pkg/tools.py", "weakref.finalize(obj, callback)", "callback()"),
    "a wrapper hands on something else": lambda p: p.replace("pkg/tools.py", "(obj, callback)\n", "(obj, slow)\n"),
    "a package is none any more": lambda p: (p.root / "pkg/__init__.py").unlink(),
    "a class gets another base": lambda p: p.replace("pkg/one.py", "One(Base)", "One"),
    "a file may not be read": lambda p: p.write("pkg/tools.py", "\0"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_small_edit_costs_little(program: Program, name: str) -> None:
    edit, most = EDITS[name]
    first = program.run()
    assert again(first) == first.tasks > 4
    edit(program)
    assert again(program.run()) <= most
    assert again(program.run()) == 0


@pytest.mark.parametrize("name", LARGER)
def test_after_a_large_edit_and_back_the_report_is_right(program: Program, name: str) -> None:
    program.run()
    LARGER[name](program)
    program.run()
    assert again(program.run()) == 0
    for path in program.root.rglob("*.py"):
        if str(path.relative_to(program.root)) not in PROGRAM and "other" not in path.parts:
            path.unlink()
    for path in program.root.iterdir():
        (path / "tools").is_dir() and (path / "tools").rmdir()
    for file, text in PROGRAM.items():
        if not (program.root / file).exists() or (program.root / file).read_text() != text:
            program.write(file, text)
    program.run()


def test_a_caller_in_another_package_comes_and_goes(program: Program) -> None:
    program.write("pkg/far.py", PROGRAM["pkg/two.py"].replace("Two", "Far"))
    program.run()
    program.write("web/__init__.py", "")
    calls = "from pkg.far import Far\nfrom pkg.tools import Way\n\nFar(Way())\n"
    for text in (calls, "import unittest\n" + calls, calls.replace("(Way())", "")):
        program.write("web/use.py", text)
        # What the calls give is asked again; ``run`` says whether the answer is right.
        assert again(program.run()) > 0
        assert again(program.run()) == 0


def test_a_syntax_error_comes_and_goes(program: Program) -> None:
    program.run()
    text = PROGRAM["pkg/tools.py"]
    for number in range(3):
        program.write("pkg/tools.py", f"{text}def (\n")
        program.run()
        program.write("pkg/tools.py", f"{text}# {number}\n")
        program.run()


def test_files_that_were_only_reached_count(program: Program) -> None:
    numbers: list[Statistics] = []

    def run() -> Report:
        paths = sorted(str(path) for path in program.root.rglob("*.py") if path.name != "tools.py")
        report = analyse(paths, program.settings, statistics=numbers.append)
        assert report == analyse(paths, Settings(jobs=1))
        return report

    first = run()
    program.append("pkg/tools.py", "# comment\n")
    assert run() == first
    assert again(numbers[-1]) == 0
    program.replace("pkg/tools.py", "time.sleep(1)", "print(123456)")
    assert run() != first
    program.write("pkg/tools.pyi", "def slow() -> int: ...\n")
    run()


def test_imports_for_a_comment_are_few(program: Program) -> None:
    program.run()
    program.append("pkg/base.py", "# comment\n")
    code = (
        "import sys\nfrom pathlib import Path\nfrom finlint.engine import analyse\n"
        "from finlint.model.settings import Settings\n"
        f"paths = sorted(str(p) for p in Path({str(program.root)!r}).rglob('*.py'))\n"
        f"analyse(paths, Settings(jobs=1, cache_dir={program.settings.cache_dir!r}))\n"
        "print(*(m for m in sys.modules if m.startswith(('libcst', 'finlint.analysis.evaluation.evaluator', 'finlint.rules'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_what_git_ignores_is_as_if_it_were_not_there(program: Program) -> None:
    (program.root / ".git").mkdir()
    seen = []
    for rules in ("", "app/\n", "tools.py\n", ""):
        (program.root / ".gitignore").write_text(rules)
        found = discover([str(program.root)])
        report = analyse(found.files, program.settings, stamps=found.stamps)
        assert report == analyse(found.files, Settings(jobs=1))
        seen.append(report)
    assert seen[0] == seen[-1]
    assert len({repr(report) for report in seen}) == 3


def test_a_file_that_was_written_twice_in_a_moment(program: Program) -> None:
    """Its time, size and inode do not tell."""
    path = program.root / "app/alone.py"
    for seconds in (3, 4, 5):
        with open(path, "r+b") as file:
            file.write(PROGRAM["app/alone.py"].replace("3", str(seconds)).encode())
        now = path.stat().st_ctime_ns + 10_000_000_000
        os.utime(path, ns=(now, 2_000_000_000_000_000_000))
        assert program.run().tasks


def test_files_of_other_runs_are_remembered(program: Program) -> None:
    every = sorted(str(path) for path in program.root.rglob("*.py"))
    numbers: list[Statistics] = []
    for paths in (every, every[:-1], every):
        report = analyse(paths, program.settings, statistics=numbers.append)
        assert report == analyse(paths, Settings(jobs=1))
    assert [n.files for n in numbers] == [len(every), 0, 0]
