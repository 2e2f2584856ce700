"""What a configuration comes to, and the error that a wrong one is."""

from __future__ import annotations

from typing import NamedTuple

from finlint.model.finding import Confidence, Severity
from finlint.model.settings import Registrar


class ConfigError(Exception):
    """What is wrong, in one line, starting with the file."""


class Config(NamedTuple):
    """What holds in a folder; None where nothing is said. Paths are absolute."""

    #: The folder that exclusion patterns and per-file patterns count from.
    root: str = ""
    #: The file that it was read from; None for the defaults.
    origin: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    src: tuple[str, ...] = ()
    registrars: tuple[Registrar, ...] = ()
    knowledge: tuple[str, ...] = ()
    target_version: tuple[int, int] | None = None
    follow_installed: bool = False
    baseline: str | None = None
    cache_dir: str | None = None
    required_version: str | None = None
    extend: str | None = None
    #: Where each key that was given was given: (key, file or "--config").
    said: tuple[tuple[str, str], ...] = ()
    #: What is odd about the file, and not wrong: one line each.
    warnings: tuple[str, ...] = ()
