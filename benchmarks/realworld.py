"""Recall and false reports on labelled finalizers of released packages.

    python benchmarks/realworld.py --cases CASES.jsonl --root FOLDER [--only TEXT] [--json FILE] [--compare FILE]

CASES.jsonl holds one case a line: id, package, version, source, label ("bad" or "good"), kind, file,
registration_line, mechanism, and for the bad ones hops, receiver, evidence, strength. FOLDER holds the unpacked
packages as PACKAGE-VERSION; standard libraries as cpython-VERSION, else pyenv's are taken. Each package is linted as
its user would, ``finlint FOLDER`` without configuration; ``--scope files`` names only the labelled files.

The label "lock" says nothing of whether the lock is reentrant; finlint has a code for each (FIN102, FIN112). FIN112 is
right where the label calls the lock reentrant, and where finlint's culprit is the label's own line: the same lock,
which finlint has looked up.

Labels name kinds that finlint's codes divide in another way. "event-loop" means one that the finalizer runs (FIN108),
and one in another thread that it waits for, which is a wait (FIN104); a child process may be waited for by asking it
again and again (FIN110). Such a code is right where finlint's chain leads through the label's own line. "lost-weakref"
is a callback that never comes to run, or finds nothing: FIN302, and the cases of it that FIN305 and FIN306 name.

A finding stands on a case when its registration lies in the same file, on the labelled line: for a call on any line of
the innermost statement around it, for a method on its decorators or its ``def``. Columns:

    strict    a finding with the kind that the label means, whatever its severity
    shown     such a finding that a run without options prints: on by default, at warning or above
    lenient   kinds next door count too: a child that is waited for as a wait, a hand-off as the lock that it takes
    any       whatever a run without options prints at this registration

A good case is reported falsely when ``any`` holds for it.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import os
import re
import signal
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from finlint.engine import analyse
from finlint.model.codes import DEFAULT_CODES
from finlint.model.settings import Settings
from finlint.syntax.discover import discover

#: A label's kind, and the codes that it means.
STRICT: dict[str, frozenset[str]] = {
    "join/wait": frozenset({"FIN104"}),
    "io-net": frozenset({"FIN105"}),
    "lock": frozenset({"FIN102"}),
    "event-loop": frozenset({"FIN108"}),
    "subprocess": frozenset({"FIN107"}),
    "sleep": frozenset({"FIN103"}),
    "io-file": frozenset({"FIN106"}),
    "logging": frozenset({"FIN113"}),
    "channel/queue": frozenset({"FIN101", "FIN109"}),
    "nonreentrant-offload": frozenset({"FIN201"}),
    "retention": frozenset({"FIN301"}),
    "lost-weakref": frozenset({"FIN302", "FIN305", "FIN306"}),
    "never-awaited": frozenset({"FIN303"}),
    "attribute-before-init": frozenset({"FIN401"}),
    "shutdown-thread": frozenset({"FIN202"}),
}
#: Codes that tell the same truth from another side.
ALSO: dict[str, frozenset[str]] = {
    "lock": frozenset({"FIN112"}),
    "subprocess": frozenset({"FIN104"}),
    "nonreentrant-offload": frozenset({"FIN102", "FIN109"}),
}
#: Codes that mean it where they come to it by the label's own line.
THROUGH: dict[str, frozenset[str]] = {"event-loop": frozenset({"FIN104"}), "subprocess": frozenset({"FIN110"})}
#: Kinds of labels that FIN101 to FIN113 report.
BLOCKING = frozenset(kind for kind, codes in STRICT.items() if all(code < "FIN2" for code in codes))
#: A lock that its label calls reentrant.
REENTRANT = re.compile(r"\bRLock\b|reentrant lock", re.IGNORECASE)
#: What a run over a standard library leaves out.
NOT_LIBRARY = frozenset({"site-packages", "test", "tests", "idle_test", "lib2to3"})

COLUMNS = ("strict", "shown", "lenient", "any")

Case = dict[str, Any]


class Found(NamedTuple):
    """A finding, with the line of its registration."""

    code: str
    severity: str
    path: str
    line: int
    message: str
    trace: tuple[str, ...]
    #: Where the chain ends: path and line.
    culprit: tuple[str, int]
    confidence: str = "high"

    @property
    def by_default(self) -> bool:
        return self.code in DEFAULT_CODES and self.severity != "note" and self.confidence != "low"


class Linted(NamedTuple):
    """What became of one package."""

    folder: Path
    files: int
    seconds: float
    failure: str
    found: list[Found]


class Verdict(NamedTuple):
    case: Case
    folder: Path
    here: list[Found]
    failure: str
    strict: bool
    shown: bool
    lenient: bool
    any: bool

    @property
    def where(self) -> str:
        return f"{self.case['id']} {self.folder.name}/{self.case['file']}:{self.case['registration_line']}"

    @property
    def codes(self) -> list[str]:
        return sorted({f.code + ("" if f.by_default else "-") for f in self.here})

    @property
    def right(self) -> list[Found]:
        """The findings for which the case counts as found strictly."""
        return [f for f in self.here if is_right(f, self.case, self.folder)]


# -- linting


class TooLongError(BaseException):
    """A package took longer than it may. No Exception: nothing in between may catch it."""


def _too_long(signum: int, frame: object) -> None:
    raise TooLongError


def lint(task: tuple[Path, list[str], str, int]) -> Linted:
    """The findings of one package, in a process of its own."""
    folder, names, scope, seconds = task
    if scope == "files":
        files = sorted({str(folder / name) for name in names})
    else:
        files = list(discover([str(folder)], respect_gitignore=False).files)
        if folder.name.startswith(("cpython-", "python")):
            files = [f for f in files if NOT_LIBRARY.isdisjoint(Path(f).relative_to(folder).parts)]
    started = time.perf_counter()
    found: list[Found] = []
    failure = ""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(seconds)
    try:
        for f in analyse(files, Settings(jobs=1)).findings:
            path, line = (f.registration.path, f.registration.line) if f.registration else (f.path, f.span.line)
            trace = tuple(f"{hop.path}:{hop.line}: {hop.text}" for hop in f.trace)
            culprit = (f.trace[-1].path, f.trace[-1].line) if f.trace else (f.path, f.span.line)
            found.append(Found(f.code, f.severity.value, path, line, f.message, trace, culprit, f.confidence.value))
    except TooLongError:
        failure = f"took more than {seconds} s"
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return Linted(folder, len(files), time.perf_counter() - started, failure, found)


# -- judging


def folder_of(case: Case, root: Path) -> Path:
    """Where the package of ``case`` lies."""
    version: str = case["version"]
    folder = root / f"{case['package']}-{version}"
    if case.get("source", "PyPI") == "PyPI" or folder.is_dir():
        return folder
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return pyenv / "versions" / version / "lib" / f"python{'.'.join(version.split('.')[:2])}"


def registration_lines(text: str, line: int) -> range:
    """The lines on which the registration at ``line`` may be said to stand."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        # Python 2: no tree, so what looks like a call gets the lines that calls usually take.
        lines = text.splitlines()
        is_method = line <= len(lines) and re.search(r"\b__del__\b|^\s*def\b", lines[line - 1]) is not None
        return range(line, line + 1) if is_method else range(line - 3, line + 4)
    best = range(line, line + 1)
    size = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first, last = first_line(node), node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if body:
            # The header of a compound statement; its body holds statements of its own.
            last = max(node.lineno, first_line(body[0]) - 1)
        if first <= line <= last and (not size or last - first < size):
            best, size = range(first, last + 1), last - first
    return best


def first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def strict_codes(case: Case) -> frozenset[str] | None:
    """The codes that say what the label says; None where any will do."""
    codes = STRICT.get(case["kind"])
    if case["kind"] == "lock" and REENTRANT.search(case["note"]):
        return (codes or frozenset()) | {"FIN112"}
    return codes


def is_right(found: Found, case: Case, folder: Path) -> bool:
    """Whether a finding at the case's registration says what the label says."""
    codes = strict_codes(case)
    if codes is None or found.code in codes:
        return True
    if found.code in THROUGH.get(case["kind"], ()):
        line = f"{folder / case['blocking_file']}:{case['blocking_line']}: "
        return any(hop.startswith(line) for hop in found.trace)
    if case["kind"] != "lock" or found.code != "FIN112":
        return False
    return found.culprit == (str(folder / case["blocking_file"]), case["blocking_line"])


def judge(case: Case, folder: Path, linted: Linted, lines: range) -> Verdict:
    path = str(folder / case["file"])
    here = [f for f in linted.found if f.path == path and f.line in lines]
    codes = strict_codes(case)
    right = [f for f in here if is_right(f, case, folder)]
    near = [f for f in here if f in right or f.code in (*(codes or ()), *ALSO.get(case["kind"], ()))]
    by_default = any(f.by_default for f in here)
    shown = any(f.by_default for f in right)
    return Verdict(case, folder, here, linted.failure, bool(right), shown, bool(near), by_default)


def groups(case: Case) -> Iterator[str]:
    """The rows of the table that a bad case counts for."""
    if case["kind"] not in BLOCKING:
        yield "other kinds: all"
        yield f"other kinds: {case['kind']}"
        return
    yield "blocking: all"
    if case["receiver"] != "unknown" and case["hops"] <= 2:
        yield "blocking: receiver known, at most 2 hops"
    yield f"kind {case['kind']}"
    yield f"hops {case['hops']}"
    yield f"receiver {case['receiver']}"
    yield f"evidence {case['evidence']}"
    yield f"strength {case['strength']}"
    yield f"mechanism {case['mechanism']}"
    yield "across modules" if case["cross_module"] else "within a module"


# -- telling


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(verdicts: list[Verdict]) -> Iterator[str]:
    """Recall on the bad cases, group by group."""
    totals: Counter[str] = Counter()
    hits: dict[str, Counter[str]] = {column: Counter() for column in COLUMNS}
    for verdict in verdicts:
        if verdict.case["label"] != "bad":
            continue
        for group in groups(verdict.case):
            totals[group] += 1
            for column in COLUMNS:
                hits[column][group] += getattr(verdict, column)
    yield f"{'bad cases':<44} {'cases':>5} " + " ".join(f"{column:>14}" for column in COLUMNS)
    for group in sorted(totals):
        cells = (f"{hits[c][group]:>5} {share(hits[c][group], totals[group]):>8}" for c in COLUMNS)
        yield f"{group:<44} {totals[group]:>5} " + " ".join(cells)


def targets(verdicts: list[Verdict]) -> Iterator[str]:
    """The figures that must hold."""
    bad = [v for v in verdicts if v.case["label"] == "bad"]
    good = [v for v in verdicts if v.case["label"] == "good"]
    blocking = [v for v in bad if v.case["kind"] in BLOCKING]
    known = [v for v in blocking if v.case["receiver"] != "unknown" and v.case["hops"] <= 2]
    others = [v for v in bad if v.case["kind"] not in BLOCKING]
    for name, rows, least in (
        ("blocking cases found", blocking, 75),
        ("  of them with a known receiver, at most 2 hops", known, 85),
        ("cases of other rules found", others, None),
    ):
        if rows:
            cells = ", ".join(f"{c} {share(sum(getattr(v, c) for v in rows), len(rows))}" for c in COLUMNS)
            verdict = "" if least is None else f"; at least {least} % strict: {holds(rows, least)}"
            yield f"{name:<49} {len(rows):>4}: {cells}{verdict}"
    if good:
        wrong = sum(v.any for v in good)
        verdict = "yes" if 100 * wrong <= 5 * len(good) else "NO"
        yield f"{'good cases reported':<49} {len(good):>4}: {wrong}, {share(wrong, len(good))}; at most 5 %: {verdict}"


def holds(rows: list[Verdict], least: int) -> str:
    return "yes" if 100 * sum(v.strict for v in rows) >= least * len(rows) else "NO"


def listing(verdicts: list[Verdict]) -> Iterator[str]:
    """Misses, what is found but not shown, and false reports."""
    bad = [v for v in verdicts if v.case["label"] == "bad"]
    misses = [v for v in bad if not v.strict]
    yield f"{len(misses)} misses (strict); a code with - is not printed by default"
    for v in misses:
        case = v.case
        facts = f"{case['kind']} | {case['receiver']} | {case['hops']} hops | {case['strength']} | {case['mechanism']}"
        yield f"  {v.where} | {facts} | found {', '.join(v.codes) or v.failure or 'nothing'}"
        yield f"      culprit {case['blocking_file']}:{case['blocking_line']}; {case['note']}"
    quiet = [v for v in bad if v.strict and not v.shown]
    yield f"\n{len(quiet)} found, but not printed by default"
    for v in quiet:
        codes = ", ".join(sorted({f"{f.code} {f.severity}" for f in v.right}))
        yield f"  {v.where} | {v.case['kind']} | {v.case['strength']} | {codes}"
    false = [v for v in verdicts if v.case["label"] == "good" and v.any]
    yield f"\n{len(false)} false reports on good cases"
    for v in false:
        yield f"  {v.where} | {v.case['kind']} | {v.case['note']}"
        for f in v.here:
            if f.by_default:
                yield f"      {f.code} {f.severity}: {f.message}"


def details(verdicts: list[Verdict]) -> Iterator[str]:
    """Everything that stands on the cases: for runs over one or two."""
    for v in verdicts:
        yield f"{v.where} | {v.case['label']} {v.case['kind']} | {v.case['note']}"
        for f in v.here:
            yield f"  {f.code} {f.severity}: {f.message}"
            yield from (f"      {hop}" for hop in f.trace)


def as_json(verdicts: list[Verdict], results: list[Linted]) -> dict[str, Any]:
    """A run, in a form that another run can be compared with."""
    labelled = {(f.path, f.line, f.code) for v in verdicts for f in v.here}
    return {
        "cases": {
            v.case["id"]: {
                "label": v.case["label"],
                "kind": v.case["kind"],
                **{column: getattr(v, column) for column in COLUMNS},
                "found": sorted({f"{f.code} {f.severity}: {f.message}" for f in v.here}),
            }
            for v in verdicts
        },
        "unlabelled": sorted(
            f"{Path(f.path).relative_to(r.folder.parent)}:{f.line}: {f.code} {f.severity}: {f.message}"
            for r in results
            for f in r.found
            if f.by_default and (f.path, f.line, f.code) not in labelled
        ),
        "packages": {
            r.folder.name: {"files": r.files, "seconds": round(r.seconds, 2), "failure": r.failure} for r in results
        },
    }


def changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What ``new`` has gained and lost against ``old``."""
    for name in sorted(old["cases"].keys() & new["cases"].keys()):
        before, after = old["cases"][name], new["cases"][name]
        columns = COLUMNS if before["label"] == "bad" else ("any",)
        moved = [f"{'+' if after[c] else '-'}{c}" for c in columns if before[c] != after[c]]
        if moved:
            yield f"{name} ({after['label']} {after['kind']}): {' '.join(moved)}"
    packages = old["packages"].keys() & new["packages"].keys()
    for sign, one, other in (("-", old, new), ("+", new, old)):
        for line in sorted(set(one["unlabelled"]) - set(other["unlabelled"])):
            if line.split("/")[0] in packages:
                yield f"{sign} {line}"


def selected(cases: list[Case], root: Path, only: str) -> Iterator[tuple[Case, Path]]:
    """Cases with their folders: one case, those of packages whose name holds ``only``, or all."""
    one = any(case["id"] == only for case in cases)
    for case in cases:
        folder = folder_of(case, root)
        if case["id"] == only if one else only in f"{case['package']}-{case['version']}":
            yield case, folder


def main() -> int:
    parser = argparse.ArgumentParser(description="Recall and false reports on labelled finalizers.")
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--only", default="", metavar="TEXT", help="a case's id, or a part of PACKAGE-VERSION")
    parser.add_argument("--scope", choices=("package", "files"), default="package")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=300, metavar="SECONDS", help="for one package")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the run, to compare others with")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="say what changed since the run in FILE")
    options = parser.parse_args()

    cases = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    by_folder: dict[Path, list[Case]] = defaultdict(list)
    for case, folder in selected(cases, options.root, options.only):
        by_folder[folder].append(case)
    absent = [f for f, rows in by_folder.items() if not all((f / case["file"]).is_file() for case in rows)]
    for folder in absent:
        print(f"left out, not there: {folder}")
        del by_folder[folder]
    if not by_folder:
        parser.error("no cases")
    tasks = [(folder, [c["file"] for c in rows], options.scope, options.timeout) for folder, rows in by_folder.items()]
    with multiprocessing.Pool(options.jobs, maxtasksperchild=8) as pool:
        results = sorted(pool.imap_unordered(lint, tasks))
    linted = {result.folder: result for result in results}
    verdicts = []
    for folder, rows in by_folder.items():
        for case in rows:
            text = (folder / case["file"]).read_text(encoding="utf-8", errors="replace")
            verdicts.append(judge(case, folder, linted[folder], registration_lines(text, case["registration_line"])))

    run = as_json(verdicts, results)
    if options.json is not None:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if len(by_folder) <= 2:
        print(*details(verdicts), "", sep="\n")
    print(*table(verdicts), "", sep="\n")
    print(*listing(verdicts), "", sep="\n")
    for result in results:
        if result.failure:
            print(f"failed: {result.folder.name}: {result.failure}")
    slow = sorted(results, key=lambda r: -r.seconds)[:5]
    total = sum(r.seconds for r in results)
    print(f"{sum(r.files for r in results)} files in {len(results)} packages, {total:.0f} s; the slowest:")
    print(*(f"  {r.seconds:6.1f} s {r.files:>6} files {r.folder.name}" for r in slow), "", sep="\n")
    if options.compare is not None:
        print("changes:", *changes(json.loads(options.compare.read_text(encoding="utf-8")), run), "", sep="\n  ")
    print(*targets(verdicts), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
