"""From files to the findings that the user wants to see: analysis, then selection and suppression.

The command and the flake8 plugin both come through here, so that they agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from finlint.config import Config, ConfigFinder
from finlint.model.codes import OPT_IN_CODES
from finlint.model.finding import Confidence, FileError, Finding, Report, Severity
from finlint.model.folders import USUAL_FOLDERS
from finlint.model.settings import Settings
from finlint.selection import codes_of, selected
from finlint.syntax.discover import Excluder
from finlint.syntax.suppressions import WORDS, Directive, Suppressions, covers, is_known

if TYPE_CHECKING:
    from finlint.model.stamp import Stamps
    from finlint.model.task import Statistics


class Overrides(NamedTuple):
    """What the command line says; it goes before configuration files."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()


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
        self.min_confidence = overrides.min_confidence or config.min_confidence or Confidence.LOW
        self._severity = {code: level for selector, level in config.severity for code in codes_of(selector)}
        self._per_file = tuple(
            (Excluder(config.root, (pattern,)), frozenset(c for s in selectors for c in codes_of(s)))
            for pattern, selectors in config.per_file_ignores
        )

    def ignored_in(self, path: str) -> frozenset[str]:
        """Codes that per-file-ignores takes away in ``path``."""
        absolute = os.path.abspath(path)
        name = os.path.basename(absolute)
        sets = [codes for excluder, codes in self._per_file if excluder.excludes(absolute, name)]
        return frozenset().union(*sets)

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
        patterns = (*(config.exclude or ()), *config.extend_exclude)
        usual = USUAL_FOLDERS if config.exclude is None else ()
        mine = (*(self.overrides.exclude or ()), *self.overrides.extend_exclude)
        if self.overrides.exclude is not None:
            patterns, usual = config.extend_exclude, ()
        if mine:
            here = os.getcwd()
            patterns += tuple(p if "/" not in p else os.path.normpath(os.path.join(here, p)) for p in mine)
        return Excluder(config.root, patterns, usual)


class Texts:
    """The text of files as they were analysed: overlays first, then the disk. Never raises."""

    def __init__(self, overlay: Mapping[str, bytes] | None = None) -> None:
        self._overlay = {os.path.abspath(path): data for path, data in (overlay or {}).items()}
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._suppressions: dict[str, Suppressions] = {}

    def data(self, path: str) -> bytes:
        from finlint.syntax.reading import Unreadable, read_bytes

        known = self._overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable:
            return b""

    def text(self, path: str) -> str:
        from finlint.syntax.reading import Unreadable, decode

        known = self._texts.get(path)
        if known is None:
            try:
                known = decode(self.data(path))
            except Unreadable:
                known = ""
            self._texts[path] = known
        return known

    def lines(self, path: str) -> list[str]:
        known = self._lines.get(path)
        if known is None:
            # Not splitlines(): a form feed or a line separator inside a line starts no new one in Python.
            known = self._lines[path] = self.text(path).split("\n")
        return known

    def suppressions(self, path: str) -> Suppressions:
        known = self._suppressions.get(path)
        if known is None:
            known = self._suppressions[path] = Suppressions(self.text(path))
        return known


class Outcome(NamedTuple):
    """What to show, and how much comments and thresholds kept back."""

    report: Report
    suppressed: int


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
) -> Outcome:
    """Analyse ``files`` and keep what the policies want. ``noqa`` off leaves noqa comments to flake8.

    ``errors`` and ``stamps`` are those of discovery; ``statistics`` is told what was done.
    Raises ConfigError, UnknownCodeError, and KnowledgeError of the engine.
    """
    # Errors of configuration come before any work.
    policies.of_files(files)
    from finlint import engine

    report = engine.analyse(files, settings, overlay=overlay, progress=progress, statistics=statistics, stamps=stamps)
    report = report._replace(errors=tuple(sorted({*report.errors, *errors})))
    return select(report, files, policies, texts, noqa=noqa)


def select(report: Report, files: Sequence[str], policies: Policies, texts: Texts, *, noqa: bool = True) -> Outcome:
    """The part of ``report`` that the policies want and no comment suppresses, unused comments added."""
    shown: list[Finding] = []
    used: set[tuple[str, Directive, str]] = set()
    suppressed = 0
    # A comment is also of use where it suppresses what is not to be shown.
    asks_for_unused = any("FIN902" in policy.codes for policy in policies.of_files(files))
    for finding in report.findings:
        policy = policies.of_file(finding.path)
        finding = policy.levelled(finding)
        wanted = policy.wants(finding) and finding.code not in policy.ignored_in(finding.path)
        if not wanted and not asks_for_unused:
            continue
        directives = list(_directives(finding, texts, noqa))
        for path, directive in directives:
            used.add((os.path.abspath(path), directive, finding.code))
        if not wanted:
            continue
        if directives:
            suppressed += 1
        else:
            shown.append(finding)
    if asks_for_unused:
        shown += _unused(files, policies, texts, used, noqa)
    errors = [e for e in report.errors if _wants_error(e, policies)]
    shown.sort(key=lambda f: f.sort_key)
    summary = report.summary._replace(findings=len(shown))
    return Outcome(Report(tuple(shown), tuple(errors), summary), suppressed)


def _wants_error(error: FileError, policies: Policies) -> bool:
    policy = policies.of_file(error.path)
    return "FIN901" in policy.codes and "FIN901" not in policy.ignored_in(error.path)


def _directives(finding: Finding, texts: Texts, noqa: bool) -> list[tuple[str, Directive]]:
    """The comments that suppress the finding: on its line (first or last), or on the registration's."""
    places = {(finding.path, finding.span.line), (finding.path, finding.span.end_line)}
    if finding.registration is not None:
        places.add((finding.registration.path, finding.registration.line))
    return [
        (path, directive)
        for path, line in sorted(places)
        for directive in texts.suppressions(path).matching(finding.code, line, noqa=noqa)
    ]


def _unused(
    files: Sequence[str], policies: Policies, texts: Texts, used: set[tuple[str, Directive, str]], noqa: bool
) -> list[Finding]:
    out: list[Finding] = []
    for path in files:
        policy = policies.of_file(path)
        if "FIN902" not in policy.codes or "FIN902" in policy.ignored_in(path):
            continue
        if not any(word in texts.data(path) for word in WORDS):
            continue
        absolute = os.path.abspath(path)
        hits: dict[Directive, set[str]] = {}
        for at, directive, code in used:
            if at == absolute:
                hits.setdefault(directive, set()).add(code)
        for directive in texts.suppressions(path).directives:
            message = _complaint(directive, hits.get(directive, set())) if noqa or directive.own else None
            if message is not None:
                finding = Finding(
                    "FIN902",
                    "unused-suppression",
                    Severity.NOTE,
                    Confidence.HIGH,
                    message,
                    path,
                    directive.span,
                    None,
                    None,
                    (),
                )
                if policy.wants(policy.levelled(finding)):
                    out.append(policy.levelled(finding))
    return out


def _complaint(directive: Directive, hits: set[str]) -> str | None:
    where = "in this file" if directive.whole_file else "on this line"
    if directive.codes is None:
        # A bare noqa may be meant for another tool.
        return f"The comment suppresses nothing: finlint finds nothing {where}" if directive.own and not hits else None
    unknown = [written for written in directive.codes if not is_known(written)]
    idle = [w for w in directive.codes if w not in unknown and not any(covers(w, code) for code in hits)]
    parts = []
    if unknown:
        parts.append(f"names no rule with {_quoted(unknown)}")
    if idle:
        parts.append(f"suppresses nothing with {_quoted(idle)}: no such finding {where}")
    return f"The comment {' and '.join(parts)}" if parts else None


def _quoted(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def merged_settings(
    configs: Sequence[Config], base: Settings, *, follow_installed: bool = False, cache_dir: str | None = None
) -> Settings:
    """The settings of one run over files of several configurations: modules are found, and registrars known, in all."""
    return base._replace(
        src=tuple(dict.fromkeys(path for c in configs for path in c.src)),
        registrars=tuple(dict.fromkeys(r for c in configs for r in c.registrars)),
        knowledge=tuple(dict.fromkeys(path for c in configs for path in c.knowledge)),
        target_version=next((c.target_version for c in configs if c.target_version is not None), None),
        follow_installed=follow_installed or any(c.follow_installed for c in configs),
        cache_dir=cache_dir,
    )
