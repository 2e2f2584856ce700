"""Which findings of a run are wanted: those that a change touches, and those that the baseline does not hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from finlint.cli.errors import UsageError
from finlint.cli.request import Request
from finlint.cli.terminal import count, say
from finlint.config import Config
from finlint.model.finding import Finding, Report
from finlint.model.inside import is_inside
from finlint.report.view import View
from finlint.texts import Texts

if TYPE_CHECKING:
    from finlint.baseline import Entry


def touched(report: Report, revision: str | None) -> Report:
    """What ``--diff-base`` leaves. Raises UsageError."""
    if not revision:
        return report
    from finlint.changes import Changes, ChangesError

    try:
        changes = Changes(revision)
    except ChangesError as error:
        raise UsageError(f"--diff-base {revision}: {error}; name a revision of the repository, as `HEAD`") from None
    report = only(report, tuple(f for f in report.findings if changes.touch(f)))
    return report._replace(errors=tuple(e for e in report.errors if changes.touch(e)))


def only(report: Report, findings: tuple[Finding, ...]) -> Report:
    """The report with these findings alone."""
    return report._replace(findings=findings, summary=report.summary._replace(findings=len(findings)))


class Known:
    """The baseline of a run: paths in it count from the folder of the configuration, wherever the command stands."""

    def __init__(self, request: Request, here: Config, files: Sequence[str]) -> None:
        self._path: str | None = request.options.baseline or here.baseline
        self._is_named = bool(request.options.baseline)
        self._root = here.root
        self._files = files
        self._quiet = request.quiet
        self._tell = not request.options.diff_base and not request.quiet

    def view(self, report: Report) -> View:
        return View(report, os.getcwd(), Texts().lines, base=self._root)

    def subtracted(self, report: Report, *, quiet: bool = False) -> Report:
        """What the baseline does not hold; says on standard error which of its entries no longer occur.

        A file of an older version is written anew. ``quiet``: nothing is said and nothing written. Raises UsageError.
        """
        if not self._path:
            return report
        from finlint import baseline

        view = self.view(report)
        try:
            entries = baseline.read(self._path)
        except baseline.BaselineError as error:
            raise UsageError(str(error)) from None
        compared = baseline.subtract(view, entries, {view.posix(path) for path in self._files})
        if not quiet:
            self._renew(entries, compared.entries)
            self._tell_gone(compared.gone)
        return only(report, compared.fresh)

    def write(self, report: Report, path: str) -> None:
        """Make the report's findings the baseline at ``path``. Raises OSError."""
        from finlint import atomic, baseline

        atomic.write_bytes(path, baseline.write(self.view(report)).encode())
        say(f"Wrote {count(len(report.findings), 'finding')} to {path}")

    def _renew(self, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        from finlint import atomic, baseline

        if self._path is None or sorted(before, key=repr) == sorted(after, key=repr):
            return
        if not self._is_named and not is_inside(self._path, self._root):
            # What a checkout's configuration names elsewhere is read, and never written.
            return
        try:
            atomic.write_bytes(self._path, baseline.text(after).encode())
        except OSError as error:
            say(f"finlint: note: {self._path} is of an older version, and cannot be rewritten: {error.strerror}")
        else:
            if not self._quiet:
                say(f"finlint: note: {self._path} was of an older version, and has been rewritten")

    def _tell_gone(self, gone: Sequence[Entry]) -> None:
        if not gone or not self._tell:
            return
        say(f"finlint: note: {len(gone)} of {self._path} no longer occur; `--write-baseline {self._path}` drops them:")
        for entry in gone:
            say(f"  {entry.path}: {entry.code} {entry.message}")
