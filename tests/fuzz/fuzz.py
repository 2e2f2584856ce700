"""Hostile and unlucky trees, made from a seed: finlint reports on each of them, and nothing else happens.

A case is a small tree: real files of the standard library that were damaged, deep shapes, odd names, settings at random.
finlint lints it in a process of its own, whose status has to be one of finlint's, whose output no traceback, and whose
time bounded. The cases of a seed are the same on every machine (but for the standard library's text).

As a script: ``python tests/fuzz/fuzz.py --minutes 30 --seed 1`` (with ``tests/`` on PYTHONPATH) says what failed, and
writes the trees that did below ``--keep``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from syntax.deep import FLAT, SHAPES

#: Seconds of CPU that one case may take; the largest take about two.
PATIENCE = 20

#: Characters of a real file; larger ones are cut.
SIZE = 60_000

FORMATS = ("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "html")
SUBJECTS = ("asyncio", "concurrent/futures", "multiprocessing", "logging", "unittest", "email", "importlib", ".")


class Case(NamedTuple):
    """``files`` by name (bytes, as the system takes them), and what ``finlint`` is called with."""

    kind: str
    files: dict[bytes, bytes]
    arguments: list[str]


def cases(seed: int) -> Iterator[Case]:
    """The cases of a seed, without an end."""
    number = 0
    while True:
        chance = random.Random(f"{seed} {number}")
        kind, make = KINDS[number % len(KINDS)]
        yield Case(kind, make(chance), _arguments(chance))
        number += 1


def _arguments(chance: random.Random) -> list[str]:
    arguments = ["--output-format", chance.choice(FORMATS), "--jobs", chance.choice("12")]
    for option in (
        "--no-cache",
        "--verbose",
        "--isolated",
        "--exit-zero",
        "--statistics",
        "--diff",
        "--no-such-option",
    ):
        if chance.random() < (0.02 if option == "--no-such-option" else 0.3):
            arguments.append(option)
    return arguments


@lru_cache(maxsize=1)
def _real() -> tuple[Path, ...]:
    root = Path(os.__file__).parent
    return tuple(path for subject in SUBJECTS for path in sorted((root / subject).glob("*.py")))


def mutated(chance: random.Random) -> dict[bytes, bytes]:
    """Real files with a few faults in them."""
    out = {}
    for number in range(chance.randrange(1, 4)):
        data = bytearray(chance.choice(_real()).read_bytes()[:SIZE])
        for _ in range(chance.choice((0, 1, 3, 20))):
            at = chance.randrange(len(data) + 1)
            length = chance.choice((1, 5, 80))
            what = chance.randrange(5)
            if what == 0:
                del data[at : at + length]
            elif what == 1:
                data[at:at] = bytes(chance.randrange(256) for _ in range(length))
            elif what == 2:
                other = chance.randrange(len(data) + 1)
                data[at:at] = data[other : other + length * 20]
            elif what == 3:
                data[at:at] = chance.choice(PIECES)
            else:
                lines = bytes(data).split(b"\n")
                chance.shuffle(lines)
                data = bytearray(b"\n".join(lines))
        out[b"m%d.py" % number] = bytes(data)
    return out


PIECES = (
    b"\n    def __del__(self): self.close()\n",
    b"\nimport weakref, threading\nweakref.finalize(object(), threading.Lock().acquire)\n",
    b"\ntype X[T = int] = T\n",
    b"\nmatch x:\n    case [A(b=[c, *d]), {'e': f}] if g: pass\n",
    b"'''",
    b"\\\n",
    b"\t",
    b"\f",
    b"\0",
    b"\r",
    b"\xef\xbb\xbf",
    b"\n# -*- coding: punycode -*-\n",
    b"f'{x!r:>{y}}'",
    b"lambda: (yield)",
    b"(" * 30,
    b"class A(A, *A, metaclass=A): pass\n",
    b"from . import *\nfrom .. import m0, m1\n",
    b"  # finlint: ignore[FIN102",
)


def deep(chance: random.Random) -> dict[bytes, bytes]:
    """A shape, where it is evaluated: in the module, in a finalizer, as an argument, behind newer syntax or an error."""
    name = chance.choice([*SHAPES, *FLAT])
    shape = {**SHAPES, **FLAT}[name]
    body = shape(chance.choice((10, 100, 300, 1_000, 3_000, 20_000)))
    inner = "".join(f"        {line}\n" for line in body.splitlines())
    text = {
        0: f"import weakref\n{body}",
        1: f"class A:\n    def __del__(self):\n{inner}        self.lock.acquire()\n",
        2: f"import weakref\nweakref.finalize(a, {body.removeprefix('x = ').rstrip()})\n",
        3: f"import weakref\ntype X[T = int] = T\n{body}",
        4: f"import weakref\n{body}x = = 1\n",
        5: f"class A:\n    def __init__(self):\n{inner}    def __del__(self): self.x.close()\n",
        6: f"type X[T = int] = T\nclass A:\n    def __del__(self):\n{inner}",
    }[chance.randrange(7)]
    return {b"deep.py": text.encode(), b"good.py": GOOD}


GOOD = b"import time\nclass A:\n    def __del__(self): time.sleep(1)\n"


def related(chance: random.Random) -> dict[bytes, bytes]:
    """Classes, imports and parameters that refer to each other at random."""
    # A hundred in each of three modules take up to 20 s: what they pass each other differs in each call.
    size = chance.choice((5, 15, 30))
    modules = chance.randrange(1, 5)
    out = {}
    for module in range(modules):
        lines = ["import time, weakref, threading"]
        for _ in range(chance.randrange(4)):
            other = chance.randrange(modules)
            lines.append(
                chance.choice((f"import r{other}", f"from r{other} import *", f"from .r{other} import C1, f2"))
            )
        for number in range(size):
            bases = ", ".join(f"C{chance.randrange(max(number, 1) + 2)}" for _ in range(chance.randrange(4)))
            lines.append(f"class C{number}({bases}):")
            lines.append(
                f"    def __init__(self, p, *a, **k): self.p = p; super().__init__(self, *a, q=C{chance.randrange(size)}(p))"
            )
            lines.append(
                f"    def m{chance.randrange(5)}(self, x): return self.p.m{chance.randrange(5)}(C{chance.randrange(size)}(x))"
            )
            if chance.random() < 0.3:
                lines.append(f"    def __del__(self): self.m{chance.randrange(5)}(f{chance.randrange(size)}(self))")
            lines.append(f"def f{number}(x, y=C{chance.randrange(size)}): return f{chance.randrange(size)}(y(x))")
        out[b"r%d.py" % module] = "\n".join(lines).encode()
    return out


def named(chance: random.Random) -> dict[bytes, bytes]:
    """Files and folders with names that formats, terminals and patterns stumble over."""
    alphabet = [
        b"a",
        b" ",
        b"\n",
        b"\r",
        b"\x1b[31m",
        b"::error::",
        b"%0A",
        b"\xff",
        b"\xc3\xbc",
        b"'",
        b'"',
        b"&<>",
        b"*",
        b"[",
        b"-",
        b":",
    ]
    out = {}
    for _ in range(3):
        name = b"".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 8)))
        folder = b"" if chance.random() < 0.5 else b"".join(chance.choice(alphabet) for _ in range(3)) + b"/"
        out[folder + name + b".py"] = chance.choice((GOOD, b"x = = 1\n", b"\xff\n", b"import time\n"))
    return out


def configured(chance: random.Random) -> dict[bytes, bytes]:
    """A configuration at random."""
    keys = ["select", "ignore", "extend-select", "exclude", "src", "per-file-ignores", "cache-dir", "knowledge",
            "registrars", "target-version", "severity", "baseline", "no-such-key", "jobs", "confidence", "output-format"]  # fmt: skip
    values = ['"FIN1"', '["FIN"]', "[]", "1", "-1", "true", '{"*.py" = ["FIN103"]}', '"../.."', '["\\u001b[31m"]', "1e999",
              "[[[[[[]]]]]]", '"py311"', '"\\n::error::"', "[1, 2]", '{"a.b" = 1}', "1979-05-27", '"error"']  # fmt: skip
    lines = [f"{chance.choice(keys)} = {chance.choice(values)}" for _ in range(chance.randrange(1, 5))]
    text = "\n".join(lines)
    if chance.random() < 0.2:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(("[", '"', "\\", "=", "\x00", "é")) + text[at:]
    name = chance.choice((b"finlint.toml", b"pyproject.toml"))
    head = "[tool.finlint]\n" if name == b"pyproject.toml" else ""
    return {name: (head + text + "\n").encode(), b"good.py": GOOD}


KINDS: tuple[tuple[str, Callable[[random.Random], dict[bytes, bytes]]], ...] = (
    ("mutated", mutated),
    ("deep", deep),
    ("related", related),
    ("mutated", mutated),
    ("named", named),
    ("configured", configured),
)


class Result(NamedTuple):
    """What is wrong ("" if nothing), seconds of CPU, and what was printed."""

    fault: str
    seconds: float
    output: str


def run(case: Case) -> Result:
    """Lint the tree of a case in a process of its own."""
    folder = tempfile.mkdtemp(prefix="finlint-fuzz-")
    _prepare()
    try:
        for name, data in case.files.items():
            path = os.path.join(os.fsencode(folder), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        log = os.path.join(folder, "..", os.path.basename(folder) + ".log")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        child = os.fork()
        if not child:
            _lint(folder, log, case.arguments)
        _, status = os.waitpid(child, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = Path(log).read_text(errors="replace")
        os.unlink(log)
        return Result(_fault(status, output), after.ru_utime - before.ru_utime, output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@lru_cache(maxsize=1)
def _prepare() -> None:
    """Import once what every case needs."""
    for module in ("libcst", "finlint.checking", "finlint.cli.main", "finlint.engine", "finlint.syntax.lower"):
        importlib.import_module(module)


def _lint(folder: str, log: str, arguments: list[str]) -> None:
    """What the process does; it does not return."""
    status = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 1))
        # A case that eats memory ends itself, and not its neighbours.
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), errors="surrogateescape")
        sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), errors="backslashreplace")
        os.chdir(folder)
        from finlint.cli.main import run as finlint

        status = finlint([*arguments, "."])
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 2
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _fault(status: int, output: str) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "too slow" if number == signal.SIGXCPU else f"died by {signal.Signals(number).name}"
    if "Traceback" in output or "internal error" in output:
        return "traceback"
    return "" if os.WEXITSTATUS(status) in (0, 1, 2) else f"status {os.WEXITSTATUS(status)}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Lint trees made from a seed, and say where finlint fails.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="write the trees that failed below this folder")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    done: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    slowest = 0.0
    for number, case in enumerate(cases(options.seed)):
        if time.monotonic() > end:
            break
        result = run(case)
        done[case.kind] += 1
        slowest = max(slowest, result.seconds)
        if result.seconds > 5 and not result.fault:
            print(f"slow: {number} {case.kind} {result.seconds:.1f} s", flush=True)
        if result.fault:
            faults[f"{case.kind}: {result.fault}"] += 1
            print(f"{number} {case.kind} {result.fault} {result.seconds:.1f} s\n{result.output[-1500:]}", flush=True)
            if options.keep is not None:
                for name, data in case.files.items():
                    path = os.path.join(os.fsencode(options.keep / str(number)), name)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    Path(os.fsdecode(path)).write_bytes(data)
                (options.keep / str(number) / "arguments").write_text(" ".join(case.arguments))
    print(f"cases: {dict(done)}; faults: {dict(faults) or 'none'}; slowest {slowest:.1f} s of CPU")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
