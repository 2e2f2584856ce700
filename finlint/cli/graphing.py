"""``finlint graph``: the chains of a file's findings as Mermaid flowcharts."""

from __future__ import annotations

import argparse
import os
import re

from finlint.cli.errors import UsageError
from finlint.cli.request import config_of
from finlint.cli.terminal import say
from finlint.linter import Linter, Options
from finlint.model.finding import Finding
from finlint.report.mermaid import flowchart, markdown
from finlint.report.view import View, error_message
from finlint.texts import Texts


def draw(options: argparse.Namespace) -> int:
    """Print a flowchart for each finding in the file, or on its line. Raises UsageError, ConfigError.

    1 where a file cannot be read, which is said, else 0.
    """
    path, line = _place(options.place)
    config, inline = config_of(options)
    linter = Linter(Options(config=config, inline=inline, isolated=options.isolated))
    texts = Texts()
    found = linter.find([path])
    if found.missing:
        raise UsageError(f"no such file or folder: {', '.join(found.missing)}")
    report = linter.lint(found.files, texts=texts, errors=found.errors, stamps=found.stamps).report
    view = View(report, os.getcwd(), texts.lines)
    wanted = [finding for finding in report.findings if line is None or line in _lines_of(finding)]
    picture = flowchart if options.output_format == "mermaid" else markdown
    print("\n".join(picture(finding, view) for finding in wanted), end="")
    for error in report.errors:
        say(f"{error.path}:{error.line}:{error.column}: {error_message(error)}")
    if not wanted and not report.errors:
        say(f"No findings in {path}" if line is None else f"No findings on line {line} of {path}")
    return 1 if report.errors else 0


def _lines_of(finding: Finding) -> set[int]:
    """Lines on which somebody would point at the finding: its own, and where the finalizer is registered."""
    registration = finding.registration
    own = range(finding.span.line, finding.span.end_line + 1)
    return {*own, *([] if registration is None else [registration.line])}


def _place(text: str) -> tuple[str, int | None]:
    """A path, and the line behind it; a file may have a colon in its name."""
    match = re.fullmatch(r"(.+?):(\d+)(?::\d+)?", text)
    if match is None or os.path.exists(text):
        return text, None
    return match[1], int(match[2])
