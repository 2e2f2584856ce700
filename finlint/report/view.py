"""What every format is written from: the report, paths as they are shown, and source lines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from finlint import __version__
from finlint.model.finding import FileError, Finding, OfferedFix, Report
from finlint.report.plain import plain, plain_path

_PLACE = re.compile(r"(\d*):(\d*):(\s)")


class View(NamedTuple):
    """A report to be written.

    ``source`` gives the lines of a file as it was analysed ([] where it cannot be read); ``color`` is for the
    formats that people read. Paths are relative to ``cwd`` and shown relative to ``base`` (empty: to ``cwd``, too).
    ``fixes`` has the findings that can be mended.
    """

    report: Report
    cwd: str
    source: Callable[[str], list[str]]
    color: bool = False
    version: str = __version__
    base: str = ""
    fixes: Mapping[Finding, OfferedFix] = MappingProxyType({})

    def path(self, path: str) -> str:
        """``path`` for machines: relative to the base where it lies below it, and exact."""
        absolute = os.path.normpath(os.path.join(self.cwd, path))
        base = (self.base or self.cwd).rstrip(os.sep) + os.sep
        if absolute.startswith(base):
            return absolute[len(base) :]
        return path

    def posix(self, path: str) -> str:
        return self.path(path).replace(os.sep, "/")

    def shown(self, path: str) -> str:
        """``path`` for lines that people and CI services read: nothing in it acts on them."""
        return plain_path(self.path(path))

    def sentence(self, finding: Finding) -> str:
        """The message on one line, with the culprit's place where that is another than the finding's."""
        return with_culprit(finding, self.shown)

    def line(self, path: str, number: int) -> str:
        lines = self.source(path)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def items(self) -> Iterator[Finding | FileError]:
        """Findings and file errors, by place."""
        both: list[Finding | FileError] = [*self.report.findings, *self.report.errors]
        return iter(sorted(both, key=_order))


def _order(item: Finding | FileError) -> tuple[str, int, int, str, str]:
    return item.sort_key if isinstance(item, Finding) else (item.path, item.line, item.column, "FIN901", item.message)


def with_culprit(finding: Finding, shown: Callable[[str], str]) -> str:
    """The message on one line, with the culprit's place where that is another than the finding's; ``shown`` gives a
    path as it is written."""
    text, culprit = one_line(finding.said), finding.culprit
    if culprit is None or (culprit.path, culprit.line) == (finding.path, finding.span.line):
        return text
    return f"{text} (at {shown(culprit.path)}:{culprit.line})"


def one_line(message: str) -> str:
    """``message`` on one line, without ``digits:digits: ``: editors that parse flake8's lines stumble over it."""
    return plain(_PLACE.sub(r"\1:\2 \3", " ".join(message.split())).replace("  ", " "))


def error_message(error: FileError) -> str:
    return one_line(error.message)
