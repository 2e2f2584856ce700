"""Small programs of the tests of rules: linted as one file or several."""

from __future__ import annotations

import textwrap
from pathlib import Path

from expected import see_places

from finlint.engine import analyse
from finlint.model.finding import Finding, Report


def lint(folder: Path, source: str, **others: str) -> Report:
    """Lint ``source`` as ``program.py``, with further modules by name."""
    paths = []
    for name, text in {"program": source, **others}.items():
        path = folder / f"{name}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        paths.append(str(path))
    return analyse(paths)


def of_code(report: Report, prefix: str) -> list[Finding]:
    """The findings whose code starts so, in order of place. Each is reported on a line that says ``# reported``, for what
    is done on one that says ``# culprit`` (``expected.see_places``)."""
    found = [finding for finding in report.findings if finding.code.startswith(prefix)]
    see_places(found)
    return found
