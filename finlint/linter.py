"""From paths to the findings that the user wants to see: files found, analysed, then selected and suppressed.

The command, the flake8 plugin and ``finlint.lint`` all come through here, so that they agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from finlint.config import Config, ConfigFinder, cache_dir
from finlint.config.oddities import foreign_sections
from finlint.model.finding import FileError
from finlint.model.settings import OLDEST_PYTHON, Settings
from finlint.policy import NO_OVERRIDES, Overrides, Policies
from finlint.shown import Outcome, select
from finlint.syntax.discover import Discovery, discover
from finlint.texts import Texts

if TYPE_CHECKING:
    from finlint.model.stamp import Stamps
    from finlint.model.task import Statistics
    from finlint.seen import Seen


class Options(NamedTuple):
    """How to lint, whoever asks. What is not said here is said by configuration files, or is the default."""

    overrides: Overrides = NO_OVERRIDES
    #: A configuration file instead of the nearest of each file.
    config: str | None = None
    #: ``key=value`` as in a configuration file; goes before files.
    inline: tuple[str, ...] = ()
    #: No configuration files.
    isolated: bool = False
    #: Exclude files that are named, too.
    force_exclude: bool = False
    respect_gitignore: bool = True
    follow_installed: bool = False
    jobs: int | None = None
    #: Whether answers are kept and used again, and where (None: as configured, or the user's cache folder).
    cache: bool = True
    cache_dir: str | None = None
    prefilter: bool = True
    #: What was seen in runs: those findings are of high confidence.
    seen: tuple[Seen, ...] = ()


class Linter:
    """Finds and lints files under some options. The working directory is the one at its making."""

    def __init__(self, options: Options) -> None:
        """Raises ConfigError."""
        self.options = options
        self.finder = ConfigFinder(isolated=options.isolated, explicit=options.config, inline=options.inline)
        self.policies = Policies(self.finder, options.overrides)
        #: What is configured where the command stands.
        self.here = self.finder.of_folder(os.getcwd())

    @property
    def force_exclude(self) -> bool:
        return self.options.force_exclude or self.here.force_exclude

    def find(self, paths: Sequence[str], unsaved: Collection[str] = ()) -> Discovery:
        """The files that ``paths`` name; those that there are ``unsaved`` texts of need not be there.

        Raises ConfigError.
        """
        new = [path for path in paths if path in unsaved and not os.path.exists(path)]
        found = discover(
            [path for path in paths if path not in new],
            self.policies.excluder_of,
            force_exclude=self.force_exclude,
            respect_gitignore=self.options.respect_gitignore and self.here.respect_gitignore,
        )
        return found._replace(files=(*found.files, *dict.fromkeys(new)))

    def settings(self, files: Sequence[str]) -> Settings:
        """What the analysis of ``files`` depends on. Raises ConfigError, UnknownCodeError."""
        self.policies.of_files(files)
        configs = self.finder.all()
        return merged_settings(
            configs,
            Settings(prefilter=self.options.prefilter, jobs=self.options.jobs, guarded=True),
            follow_installed=self.options.follow_installed,
            cache_dir=self._cache_dir([config.cache_dir for config in configs]),
        )

    def warnings(self) -> list[str]:
        """What is odd about the configurations that were read so far, and about the cache's place, one line each."""
        out = [] if self.options.isolated or self.options.config else foreign_sections(os.getcwd())
        configs = self.finder.all()
        out += dict.fromkeys(line for config in configs for line in config.warnings)
        place = self._cache_dir([config.cache_dir for config in configs])
        if place is not None and os.path.lexists(place):
            from finlint.cache.own import problem

            out += filter(None, [problem(place)])
        return out

    def lint(
        self,
        files: Sequence[str],
        *,
        texts: Texts,
        overlay: Mapping[str, bytes] | None = None,
        errors: Sequence[FileError] = (),
        stamps: Stamps | None = None,
        progress: Callable[[int, int], None] | None = None,
        statistics: Callable[[Statistics], None] | None = None,
        noqa: bool = True,
    ) -> Outcome:
        """As ``analyse``, under this linter's options."""
        return analyse(
            files,
            self.policies,
            self.settings(files),
            texts,
            overlay=overlay,
            errors=errors,
            # What is known of the files on disk is no help where there are others.
            stamps=None if overlay else stamps,
            progress=progress,
            statistics=statistics,
            noqa=noqa,
            seen=self.options.seen,
        )

    def _cache_dir(self, configured: Sequence[str | None]) -> str | None:
        if not self.options.cache:
            return None
        return cache_dir(self.options.cache_dir, configured)


def analyse(
    files: Sequence[str],
    policies: Policies,
    settings: Settings,
    texts: Texts,
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
    errors: Sequence[FileError] = (),
    noqa: bool = True,
    statistics: Callable[[Statistics], None] | None = None,
    stamps: Stamps | None = None,
    seen: Sequence[Seen] = (),
) -> Outcome:
    """Analyse ``files`` and keep what the policies want. ``noqa`` off leaves noqa comments to flake8.

    ``errors`` and ``stamps`` are those of discovery; ``statistics`` is told what was done; what was ``seen`` in runs is
    of high confidence.
    Raises ConfigError, UnknownCodeError, and KnowledgeError of the engine.
    """
    # Errors of configuration come before any work.
    policies.of_files(files)
    from finlint import engine

    report = engine.analyse(files, settings, overlay=overlay, progress=progress, statistics=statistics, stamps=stamps)
    report = report._replace(errors=tuple(sorted({*report.errors, *errors})))
    if seen:
        from finlint.seen import raised

        report = report._replace(findings=raised(report.findings, seen))
    return select(report, files, policies, texts, noqa=noqa)


def _oldest(configs: Sequence[Config]) -> tuple[int, int]:
    """What all of several projects run on, of which one that says nothing runs on what any code does."""
    # A folder that no project is in says nothing of what is in its parts.
    versions = [config.target_version for config in configs if config.origin or config.target_version is not None]
    return min((version or OLDEST_PYTHON for version in versions), default=OLDEST_PYTHON)


def merged_settings(
    configs: Sequence[Config], base: Settings, *, follow_installed: bool = False, cache_dir: str | None = None
) -> Settings:
    """The settings of one run over files of several configurations: modules are found, and registrars known, in all."""
    return base._replace(
        src=tuple(dict.fromkeys(path for c in configs for path in c.src)),
        registrars=tuple(dict.fromkeys(r for c in configs for r in c.registrars)),
        knowledge=tuple(dict.fromkeys(path for c in configs for path in c.knowledge)),
        target_version=_oldest(configs),
        follow_installed=follow_installed or any(c.follow_installed for c in configs),
        cache_dir=cache_dir,
    )
