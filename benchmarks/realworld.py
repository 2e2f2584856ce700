"""Recall and false reports on labelled finalizers of released packages.

    python benchmarks/realworld.py --cases CASES.jsonl --root FOLDER [--only TEXT] [--jobs N] [--json FILE]

CASES.jsonl holds one case a line: id, package, version, source, label ("bad" or "good"), kind, file,
registration_line, hops, receiver, evidence, note. FOLDER holds the unpacked packages as PACKAGE-VERSION; cases whose
source is not PyPI are read from pyenv's standard libraries.

A bad case is found when a finding stands on the same registration (file and line; for calls that span lines, up to
three lines on) with the kind that the label means. A good case is reported falsely when a finding that is on by
default, at warning or above, stands on its registration. Findings of severity note count as found in the column
"any" and not in "shown".
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from finlint.engine import analyse
from finlint.model.codes import DEFAULT_CODES

#: What a label's kind means in ours. A wait for a child process is FIN104 or FIN107 as the call says.
KINDS: dict[str, frozenset[str]] = {
    "join/wait": frozenset({"wait"}),
    "io-net": frozenset({"network-io"}),
    "lock": frozenset({"lock", "reentrant-lock"}),
    "event-loop": frozenset({"event-loop"}),
    "subprocess": frozenset({"subprocess", "wait"}),
    "sleep": frozenset({"sleep"}),
    "io-file": frozenset({"file-io"}),
    "logging": frozenset({"logging"}),
    "channel/queue": frozenset({"channel-receive", "channel-send"}),
    "nonreentrant-offload": frozenset({"unsafe-handoff"}),
    "retention": frozenset({"retention"}),
    "lost-weakref": frozenset({"lost-weakref", "called-not-passed"}),
    "never-awaited": frozenset({"never-awaited"}),
    "attribute-before-init": frozenset({"unset-attribute"}),
    "shutdown-thread": frozenset({"exit-thread"}),
}
BLOCKING = frozenset(list(KINDS)[:9])


class Found(NamedTuple):
    code: str
    kind: str
    severity: str
    path: str
    line: int
    message: str


def folder_of(case: dict[str, Any], root: Path) -> Path:
    if case.get("source", "PyPI") == "PyPI":
        return root / f"{case['package']}-{case['version']}"
    short = ".".join(case["version"].split(".")[:2])
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    version: str = case["version"]
    return pyenv / "versions" / version / "lib" / f"python{short}"


def lint(task: tuple[Path, list[str]]) -> tuple[Path, list[Found]]:
    """The findings of one package; of a standard library only the labelled files are linted."""
    folder, files = task
    paths = [folder / name for name in files] if "versions" in folder.parts else sorted(folder.rglob("*.py"))
    report = analyse(sorted({str(path) for path in paths}))
    return folder, [
        Found(f.code, f.kind, f.severity.value, f.registration.path, f.registration.line, f.message)
        for f in report.findings
        if f.registration is not None
    ]


def standing_on(case: dict[str, Any], folder: Path, found: list[Found]) -> list[Found]:
    path = str(folder / case["file"])
    slack = 0 if case["mechanism"].startswith("__del__") else 3
    return [f for f in found if f.path == path and abs(f.line - case["registration_line"]) <= slack]


def main() -> int:
    parser = argparse.ArgumentParser(description="Recall and false reports on labelled finalizers.")
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--only", default="", help="packages whose folder holds this text")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the findings, to compare runs")
    options = parser.parse_args()

    cases = [json.loads(line) for line in options.cases.read_text().splitlines() if line.strip()]
    by_folder: dict[Path, list[dict[str, Any]]] = defaultdict(list)
    for case in cases:
        folder = folder_of(case, options.root)
        if folder.is_dir() and options.only in str(folder):
            by_folder[folder].append(case)
    tasks = [(folder, [c["file"] for c in rows]) for folder, rows in by_folder.items()]
    with multiprocessing.Pool(options.jobs) as pool:
        results = dict(pool.imap_unordered(lint, tasks))
    if options.json is not None:
        options.json.write_text(json.dumps({str(k): v for k, v in sorted(results.items())}, indent=1))

    totals: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    any_: Counter[str] = Counter()
    misses: list[str] = []
    false: list[str] = []
    for folder, rows in by_folder.items():
        for case in rows:
            here = standing_on(case, folder, results[folder])
            where = f"{case['id']} {folder.name}/{case['file']}:{case['registration_line']}"
            if case["label"] == "good":
                totals["good reported"] += 1
                wrong = [f for f in here if f.code in DEFAULT_CODES and f.severity != "note"]
                if wrong:
                    shown["good reported"] += 1
                    any_["good reported"] += 1
                    false.append(f"{where} {[f.code for f in wrong]} {case['note']}")
                continue
            kinds = KINDS.get(case["kind"])
            right = [f for f in here if kinds is None or f.kind in kinds]
            for group in groups(case):
                totals[group] += 1
                any_[group] += bool(right)
                shown[group] += any(f.severity != "note" for f in right)
            if not right:
                misses.append(
                    f"{where} kind={case['kind']} receiver={case['receiver']} hops={case['hops']} "
                    f"found={sorted({f.code for f in here})} {case['note']}"
                )
    print(f"{'group':<40} {'cases':>6} {'any':>6} {'shown':>6}")
    for group in sorted(totals):
        share = 100 * any_[group] / totals[group]
        print(f"{group:<40} {totals[group]:>6} {any_[group]:>6} {shown[group]:>6}  {share:.0f} %")
    print(f"\n{len(misses)} misses", *misses, sep="\n  ")
    print(f"\n{len(false)} false reports on good cases", *false, sep="\n  ")
    return 0


def groups(case: dict[str, Any]) -> list[str]:
    out = [f"kind {case['kind']}"]
    if case["kind"] in BLOCKING:
        out += ["blocking: all", f"hops {case['hops']}", f"receiver {case['receiver']}", f"evidence {case['evidence']}"]
        if case["receiver"] != "unknown" and case["hops"] <= 2:
            out.append("blocking: receiver known, at most two hops")
    else:
        out.append("other rules: all")
    return out


if __name__ == "__main__":
    raise SystemExit(main())
