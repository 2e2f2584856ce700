"""What to show of each file's findings: its configuration and the command line, made into one policy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from finlint.config import Config, ConfigFinder
from finlint.model.codes import OPT_IN_CODES
from finlint.model.finding import Confidence, Finding, Severity
from finlint.model.folders import USUAL_FOLDERS
from finlint.selection import codes_of, selected
from finlint.syntax.discover import Excluder, rooted


class Overrides(NamedTuple):
    """What the command line says; it goes before configuration files."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    #: Beside those of the configuration; patterns count from the working directory.
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] = ()


NO_OVERRIDES = Overrides()


class Policy:
    """What to show of one file's findings: made from its configuration and the command line."""

    def __init__(self, config: Config, overrides: Overrides) -> None:
        """Raises UnknownCodeError."""
        self.config = config
        if overrides.select is not None:
            self.codes = selected(overrides.select, overrides.ignore, overrides.extend_select)
        else:
            base = selected(config.select, config.ignore, config.extend_select)
            self.codes = selected(None, overrides.ignore, overrides.extend_select, base)
        self.min_severity = overrides.min_severity or config.min_severity
        self.min_confidence = overrides.min_confidence or config.min_confidence or Confidence.MEDIUM
        self._severity = {code: level for selector, level in config.severity for code in codes_of(selector)}
        fixable = overrides.fixable or config.fixable or ("ALL",)
        self._fixable = selected(fixable, (*config.unfixable, *overrides.unfixable))
        here = os.getcwd()
        mine = tuple((rooted(pattern, here), selectors) for pattern, selectors in overrides.per_file_ignores)
        self._per_file = tuple(
            (Excluder(config.root, (pattern,)), frozenset(c for s in selectors for c in codes_of(s)))
            for pattern, selectors in (*config.per_file_ignores, *mine)
        )

    def ignored_in(self, path: str) -> frozenset[str]:
        """Codes that per-file-ignores takes away in ``path``."""
        absolute = os.path.abspath(path)
        name = os.path.basename(absolute)
        sets = [codes for excluder, codes in self._per_file if excluder.excludes(absolute, name)]
        return frozenset().union(*sets)

    def may_fix(self, code: str) -> bool:
        """Whether findings of the code are to be mended."""
        return code in self._fixable

    def levelled(self, finding: Finding) -> Finding:
        """The finding with the severity that the configuration gives its code."""
        level = self._severity.get(finding.code)
        return finding if level is None else finding._replace(severity=level)

    def wants(self, finding: Finding) -> bool:
        """Whether code, severity and confidence are asked for (per-file-ignores aside)."""
        if finding.code not in self.codes or finding.confidence.rank < self.min_confidence.rank:
            return False
        if self.min_severity is not None:
            return finding.severity.rank >= self.min_severity.rank
        # Who switches an opt-in rule on wants to see it, although its findings are notes.
        return finding.severity is not Severity.NOTE or finding.code in OPT_IN_CODES


class Policies:
    """The policy of each file, one for each configuration."""

    def __init__(self, finder: ConfigFinder, overrides: Overrides = NO_OVERRIDES) -> None:
        self.finder = finder
        self.overrides = overrides
        self._known: dict[Config, Policy] = {}
        self._by_folder: dict[str, Policy] = {}
        self._asked: tuple[Sequence[str], list[Policy]] | None = None

    def of_file(self, path: str) -> Policy:
        """Raises ConfigError, UnknownCodeError."""
        folder = os.path.dirname(path)
        policy = self._by_folder.get(folder)
        if policy is None:
            config = self.finder.of_file(path)
            policy = self._known.get(config)
            if policy is None:
                policy = self._known[config] = Policy(config, self.overrides)
            self._by_folder[folder] = policy
        return policy

    def may_fix(self, finding: Finding) -> bool:
        """Whether the finding is to be mended. Raises ConfigError, UnknownCodeError."""
        return self.of_file(finding.path).may_fix(finding.code)

    def of_files(self, paths: Sequence[str]) -> list[Policy]:
        """The policies of files, each once. Raises ConfigError, UnknownCodeError."""
        # Each step of a run asks about the same files, of which there may be many.
        if self._asked is None or self._asked[0] is not paths:
            folders = {
                path.rpartition(os.sep)[0] if os.altsep is None else os.path.dirname(path): path for path in paths
            }
            self._asked = paths, list(dict.fromkeys(map(self.of_file, folders.values())))
        return self._asked[1]

    def excluder_of(self, folder: str) -> Excluder:
        """Exclusion in ``folder`` (absolute): the command line's patterns count from the working directory."""
        config = self.finder.of_folder(folder)
        instead = config.exclude if self.overrides.exclude is None else self._here(self.overrides.exclude)
        beside = (*config.extend_exclude, *self._here(self.overrides.extend_exclude))
        if instead is None:
            return Excluder(config.root, beside)
        if set(USUAL_FOLDERS) <= set(instead):
            # The default as ``finlint config`` prints it, and perhaps more: its names mean what they mean unsaid.
            others = tuple(pattern for pattern in instead if pattern not in USUAL_FOLDERS)
            return Excluder(config.root, (*others, *beside))
        return Excluder(config.root, (*instead, *beside), ())

    def _here(self, patterns: Sequence[str]) -> tuple[str, ...]:
        here = os.getcwd()
        return tuple(rooted(pattern, here) for pattern in patterns)
