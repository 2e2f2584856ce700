"""What finlint says of a program, and whether that agrees with what its execution has shown."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from finlint.engine import analyse
from finlint.model.codes import OPT_IN_CODES
from finlint.model.finding import Finding, Severity

from .compose import Program, Spec, program
from .constructs import Kind
from .execute import Outcome, execute


class Judged(NamedTuple):
    """``fault``: "" (they agree), "missed", "false", "elsewhere" (another line is reported), "invalid", "apart".

    "apart" is where the two executions differ: then one of the executors is wrong.
    """

    spec: Spec
    program: Program
    found: tuple[Finding, ...]
    outcome: Outcome
    fault: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.spec.name}\n{self.outcome}\n{shown(self.program, self.found)}"


def shown(one: Program, found: Sequence[Finding]) -> str:
    """What finlint says of a program, and its text."""
    said = [f"{finding.path.rpartition('/')[2]}:{finding.span.line} {finding.code}" for finding in found]
    return "\n".join([f"finlint: {said}", *(f"-- {name}\n{text}" for name, text in one.files.items())])


def judged(specs: Sequence[Spec], folder: Path) -> list[Judged]:
    """Lint and run the program of each choice, in folders below ``folder``, which are gone afterwards."""
    programs = [program(spec) for spec in specs]
    folders = write(programs, folder)
    plain = execute(folders, "plain")
    served = execute(folders, "runtime")
    out = []
    for spec, one, place, first, second in zip(specs, programs, folders, plain, served, strict=True):
        found = findings(place)
        # The finalizers of the runtime run there and nowhere else.
        outcome = (
            second
            if "finlint.runtime.set_finalizer" in str(one) or "finlint.runtime.add_cleanup" in str(one)
            else first
        )
        fault = _fault(spec, one, found, outcome)
        if outcome.state != second.state and fault != "invalid":
            # One that fails in the one way, as it is finalized in another order, shows nothing.
            fault = "invalid" if second.state == "invalid" else "apart"
        out.append(Judged(spec, one, found, outcome, fault))
        shutil.rmtree(place)
    return out


def write(programs: Sequence[Program], folder: Path) -> list[Path]:
    """Each program in a folder of its own."""
    out = []
    for number, one in enumerate(programs):
        place = folder / f"p{number:04}"
        for name, text in one.files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        out.append(place)
    return out


def findings(place: Path) -> tuple[Finding, ...]:
    """What finlint reports of a program: releasing (notes) is what finalizers are for."""
    report = analyse(sorted(str(path) for path in place.rglob("*.py")))
    if report.errors:
        raise RuntimeError(f"{report.errors}\n" + "\n".join(path.read_text("utf-8") for path in place.rglob("*.py")))
    return tuple(finding for finding in report.findings if finding.severity is not Severity.NOTE)


def _fault(spec: Spec, one: Program, found: tuple[Finding, ...], outcome: Outcome) -> str:
    if outcome.state == "invalid":
        return "invalid"
    if spec.registration.kind is Kind.KEEPER:
        return of_keeping(found, outcome)
    return "invalid" if outcome.state == "kept" else of_waits(one, found, outcome)


def of_waits(one: Program, found: tuple[Finding, ...], outcome: Outcome) -> str:
    """How finlint disagrees with a run about what blocks: "missed", "false", "elsewhere"; "" where it does not."""
    waits = [finding for finding in found if finding.code < "FIN200" and finding.code not in OPT_IN_CODES]
    difference = _difference(bool(waits), outcome.state == "blocked")
    return difference or ("elsewhere" if waits and not _blamed(one, waits, outcome) else "")


def of_keeping(found: tuple[Finding, ...], outcome: Outcome) -> str:
    """How finlint disagrees with a run about what is kept alive: "missed", "false"; "" where it does not."""
    return _difference(any(finding.code == "FIN301" for finding in found), outcome.state == "kept")


def _difference(reported: bool, happened: bool) -> str:
    return "" if reported == happened else "missed" if happened else "false"


def _blamed(one: Program, waits: Sequence[Finding], outcome: Outcome) -> bool:
    """Is a statement on the blocked stack reported? A library's function that is the callback has no line there."""
    if not outcome.stack:
        return True
    reported = {(Path(finding.path).name, finding.span.line) for finding in waits}
    for file, line in outcome.stack:
        spans = [
            (node.lineno, node.end_lineno or node.lineno)
            for node in ast.walk(ast.parse(one.files[file]))
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        first, last = max(spans, default=(line, line))
        if any((Path(file).name, number) in reported for number in range(first, last + 1)):
            return True
    return False
