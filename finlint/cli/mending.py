"""``--fix`` and ``--diff``: mend what would be reported; write it, or print the difference."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache

from finlint import atomic, fixing
from finlint.cli.errors import UsageError
from finlint.cli.once import NOTHING, Run, finish
from finlint.cli.terminal import count, say
from finlint.cli.wanted import touched
from finlint.report.view import View
from finlint.shown import Outcome
from finlint.texts import Texts


def mend(run: Run, outcome: Outcome) -> int:
    """Mend the findings of ``outcome`` that would be reported. Returns the exit status. Raises UsageError, OSError."""
    options, found = run.request.options, run.found
    read = cache(run.texts.data)

    def lint(changed: Mapping[str, bytes]) -> Outcome:
        now = {**found.overlay, **changed}
        return run.linter.lint(found.files, texts=Texts(now), overlay=now, errors=found.errors)

    wanted = run.known.subtracted(touched(outcome.report, options.diff_base), quiet=True).findings
    done = fixing.fix(outcome, wanted, found.files, read, lint, unsafe=options.unsafe_fixes)
    more = f"{done.more} fixable with --unsafe-fixes." if done.more else ""
    view = View(NOTHING, os.getcwd(), run.texts.lines)
    if options.diff:
        for path, data in sorted(done.texts.items()):
            sys.stdout.write(fixing.diff(view.path(path), read(path), data))
        sys.stdout.flush()
        say(f"Would fix {count(len(done.fixed), 'finding')}." if done.fixed else "Nothing to fix.")
        if more:
            say(more)
        return 1 if done.texts and not options.exit_zero else 0
    fixed = f"Fixed {count(len(done.fixed), 'finding')} in {count(len(done.texts), 'file')}." if done.fixed else ""
    left = done.outcome._replace(report=touched(done.outcome.report, options.diff_base))
    if run.request.stdin:
        # The text is what was asked for; what is said about it goes elsewhere.
        name = next(iter(found.files), "")
        text = done.texts.get(name, read(name)) if name else b""
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        return finish(run, left, Texts({name: text}), before=fixed, after=more, stream=sys.stderr)
    for path, data in sorted(done.texts.items()):
        if run.texts.data(path) != read(path):
            raise UsageError(f"{view.path(path)} has changed in the meantime, and is left alone: run again")
        atomic.write_bytes(path, data)
    return finish(run, left, Texts(done.texts), before=fixed, after=more)
