"""How fast finlint is beside ruff, flake8 and ripgrep: ratios of medians, taken in one run on one machine.

    python benchmarks/speed.py [--corpus FOLDER] [--runs N] [--rows NAME ...] [--json FILE]
    python benchmarks/speed.py --profile NAME
    python benchmarks/speed.py --list

The peers, and finlint from this checkout, are installed from PyPI into environments below ``--work``. Without
``--corpus``, popular packages are downloaded for the large tree; with it, the FOLDER's Python files are copied, so that
files can be changed. Commands run in turns, N rounds; ratios compare medians. Needs Linux or macOS.

"Cold" means without finlint's cache, not without the disk's: every command runs once before it is measured.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import venv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]

#: What the large tree is made of where none is given: 25,000 files and more.
PACKAGES = """
aiohttp ansible-core anyio apache-airflow-core black bokeh boto3 botocore celery cryptography dask datasets
distributed django elasticsearch fastapi flask fsspec gevent google-cloud-storage gradio grpcio httpx hypothesis
ipython jax jupyter-client kombu lightning matplotlib mypy networkx nltk numba numpy pandas paramiko pillow pip
polars psycopg pydantic pylint pymongo pyspark pytest pyzmq ray redis requests scikit-learn scipy scrapy
sentry-sdk setuptools sphinx sqlalchemy statsmodels streamlit sympy tensorflow-cpu torch tornado transformers
trio twisted urllib3 xarray
"""

#: What ripgrep looks for where finlint's own words cannot be asked.
WORDS = ["__del__", "weakref", "Finalize", "gc.callbacks", "set_finalizer"]

NOT_LIBRARY = {"site-packages", "test", "tests", "idle_test", "lib2to3", "__pycache__"}


class Command(NamedTuple):
    """Something to measure. ``before`` runs, unmeasured, ahead of each measured run."""

    arguments: Sequence[str]
    before: Callable[[], object] | None = None


class Row(NamedTuple):
    """One line of the table: a command beside a peer, and how many times the peer's time it may take."""

    name: str
    text: str
    command: str
    peer: str
    limit: float


class Sample(NamedTuple):
    wall: float
    cpu: float


ROWS = (
    Row("large", "large tree, no cache", "finlint large cold", "ruff large", 0.7),
    Row("large-warm", "large tree, nothing changed", "finlint large warm", "ruff large", 0.25),
    Row("large-warm-rg", "large tree, nothing changed", "finlint large warm", "rg large", 4.0),
    Row("large-changed", "large tree, 10 files changed", "finlint large changed", "finlint large warm", 1.3),
    Row("stdlib", "standard library, no cache", "finlint stdlib", "ruff stdlib", 2.0),
    Row("stdlib-flake8", "standard library, no cache", "finlint stdlib", "flake8 stdlib", 0.1),
    Row("one", "one 500-line file without a registration", "finlint one", "python", 2.2),
    Row("chain", "one file, a chain through two modules", "finlint chain", "flake8 chain", 0.5),
)
#: Commands that take longer than this, in seconds, are measured in the first rounds only.
SLOW = 30
SLOW_RUNS = 2

MEMORY = "memory"
MEMORY_LIMIT = 250
IMPORTS = "imports"


class FailedError(Exception):
    """A command that does not do what it should, in a line."""


# -- environments and corpora


def environment() -> dict[str, str]:
    """The variables of measured commands: byte code is written and used, as everywhere else."""
    left_out = ("PYTHON", "VIRTUAL_ENV", "FINLINT")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def call(arguments: Sequence[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment())
    if done.returncode:
        raise FailedError(f"{' '.join(arguments[:6])}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Place:
    """Everything that a benchmark needs, below one folder, made when it is first asked for."""

    def __init__(self, work: Path, corpus: Path | None, finlint: str | None) -> None:
        self.work = work
        self.corpus = corpus
        self.given_finlint = finlint
        work.mkdir(parents=True, exist_ok=True)

    # environments

    def _venv(self, name: str, *install: str) -> Path:
        """The ``bin`` folder of an environment."""
        folder = self.work / name
        done = folder / ".installed"
        if not done.exists() or done.read_text() != repr(install):
            say(f"installing {', '.join(Path(i).name for i in install)}")
            venv.create(folder, with_pip=True, clear=True)
            call(
                [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *install]
            )
            done.write_text(repr(install))
        return folder / "bin"

    def python(self) -> str:
        """The interpreter of the environment that finlint is in."""
        return str(self._venv("venv-finlint", "libcst", "tomli; python_version < '3.11'") / "python")

    def finlint(self) -> list[str]:
        """The command as its user has it: installed, not run from the checkout."""
        if self.given_finlint is not None:
            return [self.given_finlint]
        command = Path(self.python()).with_name("finlint")
        newest = max(path.stat().st_mtime for path in (REPOSITORY / "finlint").rglob("*.*") if path.is_file())
        done = self.work / "venv-finlint" / ".checkout"
        if not done.exists() or done.read_text() != f"{REPOSITORY} {newest}":
            say("installing finlint from this checkout")
            pip = [self.python(), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            call([*pip, "--no-deps", "--force-reinstall", str(REPOSITORY)])
            done.write_text(f"{REPOSITORY} {newest}")
        return [str(command)]

    def ruff(self) -> list[str]:
        program = str(self._venv("venv-ruff", "ruff") / "ruff")
        return [program, "check", "--no-cache", "--isolated", "--select", "ASYNC", "--quiet", "--exit-zero"]

    def flake8(self) -> list[str]:
        program = str(self._venv("venv-flake8", "flake8", "flake8-async") / "flake8")
        return [program, "--isolated", "--select", "ASYNC", "--exit-zero"]

    def peer(self, name: str) -> Path:
        """The program of a peer that is called as its distribution is."""
        return self._venv(f"venv-{name}", name) / name

    def rg(self) -> list[str]:
        program = shutil.which("rg")
        if program is None:
            try:
                program = str(self._venv("venv-rg", "--only-binary=:all:", "ripgrep") / "rg")
            except FailedError as error:
                raise FailedError(f"no ripgrep on this machine, and none from PyPI ({error})") from None
        words = [argument for word in self._words() for argument in ("-e", word)]
        return [program, "-l", "--no-ignore", "-tpy", "-F", *words]

    def _words(self) -> list[str]:
        ask = "import json; from finlint.scan.tokens import TOKENS; print(json.dumps([t.decode() for t in TOKENS]))"
        try:
            words: list[str] = json.loads(call([str(Path(self.finlint()[0]).with_name("python")), "-c", ask]))
        except (FailedError, OSError):
            return WORDS
        return words

    # corpora

    def _made(self, name: str, make: Callable[[Path], None], stamp: str) -> Path:
        folder = self.work / name
        done = self.work / f".{name}"
        if not done.exists() or done.read_text() != stamp:
            say(f"making the corpus {name}")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.write_text(stamp)
        return folder

    def large(self) -> Path:
        if self.corpus is not None:
            corpus = self.corpus.resolve()
            return self._made("large", lambda folder: copy_python(corpus, folder), str(corpus))
        return self._made("large", download, PACKAGES)

    def stdlib(self) -> Path:
        library = Path(sysconfig.get_paths()["stdlib"])
        return self._made("stdlib", lambda folder: copy_python(library, folder, NOT_LIBRARY), str(library))

    def one(self) -> Path:
        """A file of about 500 lines that holds no finalizer, out of the standard library."""
        words = [word.encode() for word in self._words()]
        best = (10_000, Path())
        for path in sorted(self.stdlib().glob("*.py")):
            data = path.read_bytes()
            if not any(word in data for word in words):
                best = min(best, (abs(data.count(b"\n") - 500), path))
        return best[1]

    def chain(self) -> Path:
        """A file whose finalizer reaches a lock two modules away."""

        def make(folder: Path) -> None:
            package = folder / "pkg"
            package.mkdir()
            for name, text in CHAIN.items():
                (package / name).write_text(text)

        return self._made("chain", make, repr(CHAIN)) / "pkg" / "client.py"


CHAIN = {
    "__init__.py": "",
    "client.py": """\
from pkg.pool import Pool


class Client:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def close(self) -> None:
        self._pool.release(self)

    def __del__(self) -> None:
        self.close()
"""
    + "\n\ndef padding(a: int, b: int) -> int:\n    return a + b\n" * 100,
    "pool.py": """\
from pkg.base import Base


class Pool(Base):
    def release(self, client: object) -> None:
        self.check(client)
"""
    + "\n\ndef padding(a: int, b: int) -> int:\n    return a + b\n" * 100,
    "base.py": """\
import threading


class Base:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked: dict[int, str] = {}

    def check(self, client: object) -> None:
        with self._lock:
            self._checked.update({id(client): repr(client)})
"""
    + "\n\ndef padding(a: int, b: int) -> int:\n    return a + b\n" * 100,
}


def copy_python(source: Path, target: Path, without: set[str] | None = None) -> None:
    """Copies the Python files alone: what a linter's walk finds is the same for all."""
    for top, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in (without or ())]
        there = target / Path(top).relative_to(source)
        wanted = [name for name in names if name.endswith(".py")]
        if wanted:
            there.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            path = Path(top, name)
            if path.is_file():
                shutil.copyfile(path, there / name)


def download(target: Path) -> None:
    """Unpacks the Python files of PACKAGES; nothing is installed or executed."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for name, problem in pool.map(lambda name: (name, download_one(name, target / name)), PACKAGES.split()):
            if problem:
                say(f"left out {name}: {problem}")


def download_one(name: str, target: Path) -> str:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            call([*pip, "--only-binary=:all:", "-d", folder, name])
        except FailedError as error:
            return str(error)
        (archive,) = Path(folder).iterdir()
        unpack(archive, target)
    return ""


def unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if info.filename.endswith(".py") and ".." not in info.filename:
                    wheel.extract(info, target)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and member.name.endswith(".py") and ".." not in member.name:
                    tar.extract(member, target)


# -- measuring


def commands(place: Place, names: set[str]) -> dict[str, Command]:
    """The commands of these names; makes what they need."""
    out: dict[str, Command] = {}

    def add(name: str, make: Callable[[], Command]) -> None:
        if name in names:
            try:
                out[name] = make()
            except FailedError as error:
                say(f"skipped: {name}: {error}")

    def finlint(*arguments: str) -> list[str]:
        return [*place.finlint(), "--isolated", "--exit-zero", *arguments]

    def cached(which: str) -> list[str]:
        # Each kind of run has a cache of its own: a changed tree must not help or hurt the unchanged one.
        return finlint("--cache-dir", str(place.work / f"cache-{which}"), str(place.large()))

    add("finlint large cold", lambda: Command(finlint("--no-cache", str(place.large()))))
    # Another row changes files of the same tree: an unmeasured run catches up with it.
    add("finlint large warm", lambda: Command(cached("warm"), lambda: measure(Command(cached("warm")))))
    add("finlint large changed", lambda: Command(cached("changed"), Changes(place.large()).change))
    add("ruff large", lambda: Command([*place.ruff(), str(place.large())]))
    add("rg large", lambda: Command([*place.rg(), str(place.large())]))
    add("finlint stdlib", lambda: Command(finlint("--no-cache", str(place.stdlib()))))
    add("ruff stdlib", lambda: Command([*place.ruff(), str(place.stdlib())]))
    add("flake8 stdlib", lambda: Command([*place.flake8(), str(place.stdlib())]))
    add("finlint one", lambda: Command(finlint(str(place.one()))))
    add("python", lambda: Command([place.python(), "-c", "pass"]))
    add("finlint chain", lambda: Command(finlint("--no-cache", str(place.chain()))))
    add("flake8 chain", lambda: Command([*place.flake8(), str(place.chain())]))
    return out


class Changes:
    """Another comment at the end of ten files, before each run: half of them hold a finalizer."""

    def __init__(self, folder: Path) -> None:
        self.files: list[Path] = []
        self.texts: list[bytes] = []
        self.count = 0
        plain: list[Path] = []
        candidates: list[Path] = []
        for path in sorted(folder.rglob("*.py")):
            (candidates if b"def __del__" in path.read_bytes() else plain).append(path)
        for paths in (plain, candidates):
            self.files += [paths[i * len(paths) // 5] for i in range(5)] if len(paths) >= 5 else paths
        self.texts = [path.read_bytes().partition(b"\n# change ")[0] for path in self.files]

    def change(self) -> None:
        self.count += 1
        mark = f"\n# change {time.time_ns()}\n".encode()
        for path, text in zip(self.files, self.texts, strict=True):
            path.write_bytes(text + mark)


def measure(command: Command) -> Sample:
    """One run."""
    if command.before is not None:
        command.before()
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command.arguments, stdout=subprocess.DEVNULL, stderr=errors, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise FailedError(f"status {process.returncode}: {said[-300:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime)


def rounds(todo: dict[str, Command], runs: int) -> dict[str, list[Sample]]:
    """``runs`` samples of each command, taken in turns so that a slow minute of the machine meets all of them."""
    samples: dict[str, list[Sample]] = {}
    slow: set[str] = set()
    for name, command in todo.items():
        try:
            # Byte code, the disk's cache, and finlint's.
            for _ in range(2 if "warm" in name or "changed" in name else 1):
                sample = measure(command)
        except FailedError as error:
            say(f"skipped: {name}: {error}")
            continue
        samples[name] = []
        if sample.wall > SLOW:
            slow.add(name)
        say(f"{name}: about {sample.wall:.2f} s")
    for number in range(runs if samples else 0):
        names = [name for name in samples if name not in slow or number < SLOW_RUNS]
        if not names:
            break
        for name in names[number % len(names) :] + names[: number % len(names)]:
            samples[name].append(measure(todo[name]))
        say(f"round {number + 1} of {runs}")
    return samples


class Memory(NamedTuple):
    """The highest sums over all processes of a command, in MB: proportional (shared pages once) and resident."""

    proportional: float
    resident: float
    processes: int


def peak_memory(arguments: Sequence[str]) -> Memory:
    """What a command and its children take together, looked at every few milliseconds. Linux only."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise FailedError("the memory of several processes is only measured on Linux")
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True
    )
    peak = Memory(0.0, 0.0, 0)
    try:
        while process.poll() is None:
            pss = rss = 0
            count = 0
            for pid in family(process.pid):
                try:
                    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                except OSError:
                    continue
                count += 1
                for line in rollup.splitlines():
                    if line.startswith("Pss:"):
                        pss += int(line.split()[1])
                    elif line.startswith("Rss:"):
                        rss += int(line.split()[1])
            peak = Memory(
                max(peak.proportional, pss / 1024), max(peak.resident, rss / 1024), max(peak.processes, count)
            )
            time.sleep(0.005)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return peak


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def imported(arguments: Sequence[str], python: str) -> list[str]:
    """The modules that a run imports."""
    done = subprocess.run(
        [python, "-X", "importtime", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    return [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")][1:]


# -- telling


def median(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.wall for sample in samples)


def seconds(samples: Sequence[Sample]) -> str:
    walls = [sample.wall for sample in samples]
    return f"{statistics.median(walls):.3f} ({min(walls):.3f}-{max(walls):.3f})"


def table(rows: Sequence[Row], samples: dict[str, list[Sample]]) -> Iterator[str]:
    yield "| row | work | finlint s (min-max) | CPU s | peer | peer s (min-max) | CPU s | ratio | at most | holds |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        mine, other = samples.get(row.command), samples.get(row.peer)
        cells = [row.name, row.text]
        for name, taken in ((None, mine), (row.peer, other)):
            if name is not None:
                cells.append(name)
            cells += ["-", "-"] if not taken else [seconds(taken), f"{statistics.median(s.cpu for s in taken):.2f}"]
        if mine and other:
            ratio = median(mine) / median(other)
            cells += [f"{ratio:.3f}", f"{row.limit:g}", "yes" if ratio <= row.limit else "NO"]
        else:
            cells += ["-", f"{row.limit:g}", "not measured"]
        yield f"| {' | '.join(cells)} |"


def size_of(folder: Path) -> str:
    sizes = [path.stat().st_size for path in folder.rglob("*.py")]
    return f"{len(sizes):,} files, {sum(sizes) / 1e6:.1f} MB"


def profile(place: Place, name: str, lines: int) -> None:
    """Where one row's time goes: functions by their own time, and by all below them; imports where they matter."""
    (row,) = (row for row in ROWS if row.name == name)
    command = commands(place, {row.command})[row.command]
    script, *arguments = command.arguments
    python = str(Path(script).with_name("python"))
    if command.before is not None:
        command.before()
    out = place.work / "profile"
    # One process: a profiler sees no other.
    run = [python, "-m", "cProfile", "-o", str(out), script, "--jobs", "1", "--verbose", *arguments]
    done = subprocess.run(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())
    print(done.stderr)
    ask = "import pstats, sys; s = pstats.Stats(sys.argv[1]); n = int(sys.argv[2])\n"
    ask += "for key in ('tottime', 'cumtime'): s.sort_stats(key).print_stats(n)"
    print(call([python, "-c", ask, str(out), str(lines)]))
    costs = subprocess.run(
        [python, "-X", "importtime", script, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ).stderr.splitlines()
    costs = [line for line in costs if line.startswith("import time:")][1:]
    print(f"{len(costs)} imports; the dearest, own microseconds first:")
    print(*sorted(costs, key=lambda line: -int(line.split(":")[1].split("|")[0]))[:25], sep="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="finlint beside ruff, flake8 and ripgrep.")
    names = [row.name for row in ROWS] + [MEMORY, IMPORTS]
    parser.add_argument("--corpus", type=Path, metavar="FOLDER", help="the large tree, instead of downloading one")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "finlint-speed"), metavar="FOLDER")
    parser.add_argument("--finlint", metavar="SCRIPT", help="measure this installed command, not the checkout")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--profile", choices=[row.name for row in ROWS], metavar="NAME", help="profile a row")
    parser.add_argument("--lines", type=int, default=30, help="of the profile")
    parser.add_argument("--only-peers", action="store_true", help="measure what finlint is compared with")
    parser.add_argument("--list", action="store_true", help="the rows' names")
    options = parser.parse_args()
    if options.list:
        print(*(f"{row.name:<16} {row.text}; at most {row.limit:g} x {row.peer}" for row in ROWS), sep="\n")
        print(f"{MEMORY:<16} peak of all processes together on the large tree; at most {MEMORY_LIMIT} MB")
        print(f"{IMPORTS:<16} modules that are imported for a file without a registration; no LibCST")
        return 0
    place = Place(options.work.resolve(), options.corpus, options.finlint)
    try:
        if options.profile is not None:
            profile(place, options.profile, options.lines)
            return 0
        return compare(place, options)
    except FailedError as error:
        say(f"speed: {error}")
        return 2


def compare(place: Place, options: argparse.Namespace) -> int:
    rows = [row for row in ROWS if row.name in options.rows]
    wanted = {row.peer for row in rows} | {row.command for row in rows}
    if options.only_peers:
        wanted = {name for name in wanted if not name.startswith("finlint")}
    samples = rounds(commands(place, wanted), options.runs) if wanted else {}
    print(
        f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}, {options.runs} runs"
    )
    for name in ("large", "stdlib"):
        if any(name in command for command in wanted):
            print(f"{name}: {size_of(place.work / name)}")
    print(*table(rows, samples), sep="\n")
    if MEMORY in options.rows and not options.only_peers:
        for cache in (["--no-cache"], ["--cache-dir", str(place.work / "cache-warm")]):
            arguments = [*place.finlint(), "--isolated", "--exit-zero", *cache, str(place.large())]
            peak = peak_memory(arguments)
            said = f"{peak.proportional:.0f} MB in {peak.processes} processes (resident: {peak.resident:.0f} MB)"
            holds = "yes" if peak.proportional <= MEMORY_LIMIT else "NO"
            print(f"peak memory, large tree, {cache[0]}: {said}; at most {MEMORY_LIMIT}: {holds}")
    if IMPORTS in options.rows and not options.only_peers:
        python = str(Path(place.finlint()[0]).with_name("python"))
        modules = imported([*place.finlint(), "--isolated", "--exit-zero", str(place.one())], python)
        bare = imported(["-c", "pass"], python)
        heavy = sum(module.split(".")[0] == "libcst" for module in modules)
        said = f"{len(modules)} modules, {len(modules) - len(bare)} more than Python itself, {heavy} of LibCST"
        print(f"imports for a file without a registration: {said}; none of LibCST: {'NO' if heavy else 'yes'}")
    if options.json is not None:
        data = {name: [sample._asdict() for sample in taken] for name, taken in samples.items()}
        options.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
