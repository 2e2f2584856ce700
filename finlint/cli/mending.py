"""``--fix`` and ``--diff``: mend what would be reported; write it, or print the difference."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import TextIO

from finlint import fixing, sources
from finlint.cli.errors import UsageError
from finlint.cli.once import NOTHING, Run, finish, say_lost
from finlint.cli.terminal import count, say
from finlint.cli.wanted import touched
from finlint.report.view import View
from finlint.rewriting import RefusedError, refusal, rewrite
from finlint.shown import Outcome
from finlint.texts import Texts


def mend(run: Run, outcome: Outcome) -> int:
    """Mend the findings of ``outcome`` that would be reported. Returns the exit status. Raises UsageError, OSError."""
    options, found = run.request.options, run.found
    read = cache(run.texts.data)

    def lint(changed: Mapping[str, bytes]) -> Outcome:
        now = {**found.overlay, **changed}
        return run.linter.lint(found.files, texts=Texts(now), overlay=now, errors=found.errors)

    left = run.known.subtracted(touched(outcome.report, options.diff_base), quiet=True).findings
    wanted = list(filter(run.linter.policies.may_fix, left))
    given = run.request.paths
    writes = not options.diff and not run.request.stdin
    kept: dict[str, str] = {}
    while True:
        done = fixing.fix(outcome, wanted, found.files, read, lint, unsafe=options.unsafe_fixes, kept=kept)
        refused = {path: why for path in done.texts if writes and (why := refusal(path, given)) is not None}
        if not refused:
            break
        kept |= refused
    more = f"{done.more} fixable with --unsafe-fixes." if done.more else ""
    view = View(NOTHING, os.getcwd(), run.texts.lines)
    for path, why in sorted(kept.items()):
        say(f"finlint: error: {view.path(path)} {why}, and is left alone")
    for path in sorted(done.too_large):
        large = f"has more than {sources.MAX_TREES:,} bytes"
        say(f"finlint: warning: {view.path(path)} {large}: no fix is looked for in it")
    say_lost(done.lost, run)
    if options.diff:
        for path, data in sorted(done.texts.items()):
            sys.stdout.write(fixing.diff(view.path(path), read(path), data))
        sys.stdout.flush()
        say(f"Would fix {count(len(done.fixed), 'finding')}." if done.fixed else "Nothing to fix.")
        if more:
            say(more)
        unreadable = _say_unreadable(done.outcome, "--diff")
        return 1 if (done.texts or unreadable) and not options.exit_zero else 0
    fixed = f"Fixed {count(len(done.fixed), 'finding')} in {count(len(done.texts), 'file')}." if done.fixed else ""
    after = done.outcome._replace(report=touched(done.outcome.report, options.diff_base))
    mended = 1 if done.texts and options.exit_non_zero_on_fix else 0
    if run.request.stdin:
        # The text is what was asked for; what is said about it goes elsewhere.
        name = next(iter(found.files), "")
        text = done.texts.get(name, read(name)) if name else b""
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        return _said(run, after, Texts({name: text}), fixed, more, sys.stderr) or mended
    for number, (path, data) in enumerate(sorted(done.texts.items())):
        # Whoever reads that one file could not be written also wants to know what has been.
        before = f" ({count(number, 'file')} fixed before it)" if number else ""
        if run.texts.data(path) != read(path):
            raise UsageError(f"{view.path(path)} has changed in the meantime, and is left alone{before}: run again")
        try:
            rewrite(path, data, given)
        except RefusedError as error:
            raise UsageError(f"{view.path(path)} {error}, and is left alone{before}") from None
        except OSError as error:
            why = f"cannot be written: {error.strerror or error}"
            raise UsageError(f"{view.path(path)} {why}, and is left alone{before}") from None
    return _said(run, after, Texts(done.texts), fixed, more, sys.stdout) or mended


def _said(run: Run, outcome: Outcome, texts: Texts, fixed: str, more: str, stream: TextIO) -> int:
    """Report what is left, or with ``--fix-only`` what was mended. Returns the exit status."""
    if not run.request.options.fix_only:
        return finish(run, outcome, texts, before=fixed, after=more, stream=stream)
    if not run.request.quiet:
        say(fixed or "Nothing to fix.")
    return 1 if _say_unreadable(outcome, "--fix-only") and not run.request.options.exit_zero else 0


def _say_unreadable(outcome: Outcome, option: str) -> bool:
    """Whether there are files in which nothing was looked for; a report that is not made would have named them."""
    unreadable = outcome.report.errors
    if unreadable:
        files = count(len({error.path for error in unreadable}), "unreadable file")
        say(f"finlint: error: no fix is looked for in {files}: a run without {option} says why")
    return bool(unreadable)
