"""One run: files found and linted, and what is then asked for done with the findings."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from finlint.cli.paths import missing as complaint
from finlint.cli.request import Request
from finlint.cli.terminal import Progress, count, say
from finlint.cli.wanted import Known, touched
from finlint.cli.writing import fixable, write
from finlint.linter import Linter
from finlint.model.finding import FileError, Finding, OfferedFix, Report, Summary
from finlint.report.formats import WITH_CHANGES, WITH_FIXES
from finlint.report.plain import plain_path
from finlint.report.view import View
from finlint.shown import Outcome
from finlint.texts import Texts

if TYPE_CHECKING:
    from finlint.model.stamp import Stamps
    from finlint.model.task import Statistics


class Found(NamedTuple):
    """What there is to lint. ``overlay`` is the text of standard input by its name."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...] = ()
    missing: tuple[str, ...] = ()
    stamps: Stamps | None = None
    overlay: Mapping[str, bytes] = {}


class Run(NamedTuple):
    """What a run has at hand when its files have been linted."""

    request: Request
    linter: Linter
    found: Found
    texts: Texts
    known: Known


def once(request: Request) -> int:
    """Lint and report. Returns the exit status; raises what ``main.run`` turns into a line."""
    started = time.perf_counter()
    linter = Linter(request.linting)
    found = _found(request, linter)
    for path in found.missing:
        say(f"finlint: error: {complaint(path)}")
    if request.options.show_files:
        for file in found.files:
            print(plain_path(file))
        return 2 if found.missing else 0
    if not found.files and not found.errors:
        if found.missing:
            return 2
        if not linter.force_exclude and not request.quiet:
            say(f"finlint: warning: no Python files in {', '.join(request.paths)}")
    discovered = time.perf_counter()
    linter.settings(found.files)
    for warning in linter.warnings() if not request.quiet else ():
        say(f"finlint: warning: {warning}")
    run = Run(request, linter, found, Texts(found.overlay), Known(request, linter.here, found.files))
    outcome, done = _lint(run)
    analysed = time.perf_counter()
    for comment in outcome.odd if not request.quiet else ():
        say(f"finlint: warning: {comment.path}:{comment.line}: {comment.message}")
    status = _after(run, outcome)
    if request.options.verbose:
        _tell(linter, outcome, done)
        say(f"found files in {discovered - started:.3f} s, analysed them in {analysed - discovered:.3f} s")
    return 2 if found.missing else status


def _found(request: Request, linter: Linter) -> Found:
    if not request.stdin:
        return Found(*linter.find(request.paths))
    name = request.options.stdin_filename or "<stdin>"
    overlay = {name: sys.stdin.buffer.read()}
    listed = linter.find([name]).files if os.path.exists(name) else (name,)
    return Found((name,) if listed else (), overlay=overlay)


def _lint(run: Run) -> tuple[Outcome, list[Statistics]]:
    found = run.found
    done: list[Statistics] = []
    progress = Progress.on(sys.stderr)
    try:
        outcome = run.linter.lint(
            found.files,
            texts=run.texts,
            overlay=found.overlay,
            errors=found.errors,
            stamps=found.stamps,
            progress=progress,
            statistics=done.append if run.request.options.verbose else None,
        )
    finally:
        if progress is not None:
            progress.close()
    return outcome, done


def _after(run: Run, outcome: Outcome) -> int:
    options = run.request.options
    if run.request.fixes:
        from finlint.cli.mending import mend

        return mend(run, outcome)
    report = touched(outcome.report, options.diff_base)
    if options.write_baseline:
        run.known.write(report, options.write_baseline)
        return 0
    if options.add_ignore:
        from finlint.cli.ignoring import add_ignores

        return add_ignores(run.known.subtracted(report), run.texts, run.request.paths)
    return finish(run, outcome._replace(report=report), run.texts)


def finish(
    run: Run, outcome: Outcome, texts: Texts, *, before: str = "", after: str = "", stream: TextIO | None = None
) -> int:
    """Report what the baseline does not hold of ``outcome``; ``before`` and ``after`` are lines around the summary."""
    options = run.request.options
    report = run.known.subtracted(outcome.report)
    view = View(report, os.getcwd(), texts.lines)
    formats = {output.format for output in run.request.outputs}
    if not run.request.fixes and formats & WITH_FIXES:
        view = view._replace(fixes=_offers(run, report, texts, changes=bool(formats & WITH_CHANGES)))
        after = fixable(view.fixes)
    write(run.request, view, outcome.suppressed, stream or sys.stdout, before=before, after=after)
    return 1 if (report.findings or report.errors) and not options.exit_zero else 0


def _offers(run: Run, report: Report, texts: Texts, *, changes: bool) -> Mapping[Finding, OfferedFix]:
    """The fixes that ``--fix`` and ``--unsafe-fixes`` would try; with their ``changes``, or perhaps without."""
    from finlint.offering import offers

    lost: dict[str, str] = {}
    fixes = offers(
        report.findings,
        run.found.files,
        texts.data,
        run.linter.policies.may_fix,
        changes=changes,
        lost=lost.__setitem__,
    )
    say_lost(lost, run)
    return fixes


def say_lost(lost: Mapping[str, str], run: Run) -> None:
    """One line for files whose fixes have ended the process that made them; each with how it ended."""
    if lost and not run.request.quiet:
        first, how = next(iter(lost.items()))
        others = f" and {count(len(lost) - 1, 'other file')}" if len(lost) > 1 else ""
        where = View(NOTHING, os.getcwd(), run.texts.lines).shown(first)
        made = f"the process that made the fixes of {where}{others} ended{how}"
        say(f"finlint: warning: {made}: there are none in this run")


def _tell(linter: Linter, outcome: Outcome, done: Sequence[Statistics]) -> None:
    """What ``--verbose`` says."""
    summary = outcome.report.summary
    read = ", ".join(dict.fromkeys(c.origin for c in linter.finder.all() if c.origin)) or "none"
    say(f"configuration: {read}")
    say(f"files: {summary.files}, analysed: {summary.analysed}, registrations: {summary.registrations}")
    say(f"bounds that were hit: {', '.join(f'{name} {count}' for name, count in summary.limits) or 'none'}")
    for statistics in done:
        work = statistics.work
        say(
            f"read {statistics.files} files, {statistics.bytes} bytes; {statistics.candidates} may hold a finalizer;"
            f" {statistics.tasks} questions, {statistics.kept} of them answered from the cache"
        )
        say(
            f"parsed {work.outlined} characters for outlines, {work.sliced} in slices, {work.checked} to check"
            f" their syntax, {work.libcst} with LibCST; ran {statistics.frames} bodies;"
            f" {statistics.workers or 'no'} worker processes"
        )


NOTHING = Report((), (), Summary(0, 0, 0, 0))
