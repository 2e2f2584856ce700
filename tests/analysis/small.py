"""Lint small programs: what the tests of the analysis share."""

from __future__ import annotations

import textwrap
from pathlib import Path

from expected import see_places

from finlint.engine import analyse
from finlint.model.finding import Report
from finlint.model.settings import Settings


def write(folder: Path, files: dict[str, str]) -> list[str]:
    """Write modules, by path (``.py`` is added where no suffix stands); the paths of the modules."""
    paths = []
    for name, source in files.items():
        path = folder / (name if "." in name.rpartition("/")[2] else name + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        if path.suffix == ".py":
            paths.append(str(path))
    return sorted(paths)


def check(folder: Path, files: dict[str, str], settings: Settings | None = None) -> Report:
    """Lint the given modules."""
    paths = write(folder, files)
    return analyse(paths) if settings is None else analyse(paths, settings)


def codes(report: Report) -> list[str]:
    """Codes of FIN1xx and FIN2xx at warning and above, in order of place. Each is reported on a line that says
    ``# reported``, for what is done on one that says ``# culprit``; one line may be both."""
    found = [f for f in report.findings if f.code < "FIN3" and f.severity.value != "note"]
    see_places(found)
    return [f.code for f in found]
