"""finlint from Python: ``finlint.lint(paths)``. Paths in, findings out; nothing is printed, written or run.

What is documented here is stable: names and meanings stay, more may come. The command goes the same way
(``finlint.linter.Linter``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from finlint.config import ConfigError
from finlint.config.values import confidence_of, severity_of
from finlint.knowledge.entries import KnowledgeError
from finlint.linter import Linter, Options
from finlint.model.finding import Confidence, FileError, Finding, OfferedFix, Report, Severity
from finlint.offering import offers
from finlint.policy import Overrides
from finlint.report.formats import FORMATS, render
from finlint.report.view import View
from finlint.selection import UnknownCodeError
from finlint.syntax.reading import encoded
from finlint.texts import Texts

Path = str | os.PathLike[str]


class LintError(ValueError):
    """Wrong arguments, a path that is not there, or a wrong configuration: one line that says what."""


class Result(NamedTuple):
    """What was found. ``findings`` and ``errors`` (files that cannot be read or parsed) are sorted by place.

    ``suppressed`` findings were kept back by comments; ``registrations`` finalizers were seen in ``files``.
    """

    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    files: tuple[str, ...]
    suppressed: int
    registrations: int
    #: The report as the command has it, and the texts that it was made from; for ``render`` and ``fixes``.
    report: Report
    texts: Texts

    def __bool__(self) -> bool:
        """Whether there is anything to be reported."""
        return bool(self.findings or self.errors)

    def fixes(self) -> dict[Finding, OfferedFix]:
        """The findings that can be mended, each with what would be changed."""
        return offers(self.findings, self.files, self.texts.data)

    def render(self, format: str = "json") -> str:
        """The report as the command writes it (``--output-format``). Raises LintError where there is no such format."""
        if format not in FORMATS:
            raise LintError(f"no format `{format}`; one of {', '.join(FORMATS)}")
        return render(format, View(self.report, os.getcwd(), self.texts.lines, fixes=self.fixes()))


def lint(
    paths: Path | Iterable[Path] = (),
    *,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    per_file_ignores: Mapping[str, Iterable[str]] | None = None,
    min_severity: Severity | str | None = None,
    min_confidence: Confidence | str | None = None,
    exclude: Iterable[str] | None = None,
    extend_exclude: Iterable[str] = (),
    force_exclude: bool = False,
    respect_gitignore: bool = True,
    texts: Mapping[str, str | bytes] | None = None,
    config: Path | None = None,
    isolated: bool = False,
    follow_installed: bool = False,
    jobs: int | None = 1,
    cache: bool = True,
    cache_dir: Path | None = None,
) -> Result:
    """Lint files and folders as the command does, configuration files and comments included.

    ``texts`` are unsaved texts by path, which go before what is on disk; a path in it need not be there, and without
    ``paths`` those in it are what is linted. The other arguments are the command's options; ``jobs`` is the number of
    processes (None: as many as pay). Raises LintError.
    """
    overlay = {path: encoded(text) if isinstance(text, str) else text for path, text in (texts or {}).items()}
    named = [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)] or [*overlay]
    try:
        overrides = Overrides(
            None if select is None else tuple(select),
            tuple(ignore),
            tuple(extend_select),
            severity_of(min_severity) if min_severity is not None else None,
            confidence_of(min_confidence) if min_confidence is not None else None,
            None if exclude is None else tuple(exclude),
            tuple(extend_exclude),
            tuple((pattern, tuple(codes)) for pattern, codes in (per_file_ignores or {}).items()),
        )
        options = Options(
            overrides,
            config=None if config is None else os.fspath(config),
            isolated=isolated,
            force_exclude=force_exclude,
            respect_gitignore=respect_gitignore,
            follow_installed=follow_installed,
            jobs=jobs,
            cache=cache,
            cache_dir=None if cache_dir is None else os.fspath(cache_dir),
        )
        return _result(Linter(options), named, overlay)
    except (ConfigError, KnowledgeError, UnknownCodeError) as error:
        raise LintError(" ".join(str(error).split())) from None


def _result(linter: Linter, paths: list[str], overlay: dict[str, bytes]) -> Result:
    found = linter.find(paths, overlay)
    if found.missing:
        raise LintError(f"no such file or folder: {', '.join(found.missing)}")
    texts = Texts(overlay)
    outcome = linter.lint(found.files, texts=texts, overlay=overlay, errors=found.errors, stamps=found.stamps)
    report = outcome.report
    counted = report.summary.registrations
    return Result(report.findings, report.errors, found.files, outcome.suppressed, counted, report, texts)
