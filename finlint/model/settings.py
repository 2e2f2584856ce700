"""What the analysis itself depends on (and so what a cache must be keyed by); what to show is configuration."""

from __future__ import annotations

from typing import NamedTuple

#: What code runs on that does not say it: the oldest Python that we run on ourselves.
OLDEST_PYTHON = (3, 10)


class Registrar(NamedTuple):
    """A function, named in the configuration, that registers a finalizer.

    ``callback`` and ``object`` are the parameter's position (from 0, self not counted) or its keyword;
    ``object`` is None where the registrar watches nothing of its own.
    """

    name: str
    callback: int | str = 1
    object: int | str | None = 0


class Settings(NamedTuple):
    #: Folders that module names count from, beside those that are found from the files themselves.
    src: tuple[str, ...] = ()
    registrars: tuple[Registrar, ...] = ()
    #: Paths of the user's own knowledge files (TOML, same shape as ours).
    knowledge: tuple[str, ...] = ()
    #: The oldest Python that the code runs on.
    target_version: tuple[int, int] = OLDEST_PYTHON
    #: Follow calls into modules of the running interpreter's site-packages.
    follow_installed: bool = False
    #: Off: every file is parsed whole with LibCST. For tests, which compare both.
    prefilter: bool = True
    jobs: int | None = None
    cache_dir: str | None = None
    #: Answers are given in another process where there may be one, so that what ends it does not end this one.
    guarded: bool = False
