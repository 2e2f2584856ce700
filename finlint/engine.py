"""Files in, report out: the one place where the layers are wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from finlint.model.finding import Report, Summary
from finlint.model.settings import Settings


def analyse(
    files: Sequence[str],
    settings: Settings = Settings(),
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Analyse ``files`` and report every finding, whatever its code or severity, in a stable order.

    ``overlay`` gives the text of files that are not (or not yet) as on disk: unsaved editor buffers, stdin.
    ``progress`` is called with (files done, files in all). Selection and suppression are the caller's.
    """
    return Report((), (), Summary(len(files), 0, 0, 0))
