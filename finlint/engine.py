"""Files in, report out: the one place where the layers are wired together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from finlint.model.finding import FileError, Finding, Report, Summary
from finlint.model.settings import Settings
from finlint.model.tokens import TOKENS
from finlint.syntax.source import SourceFile, Unreadable, decode, read_bytes

if TYPE_CHECKING:
    from finlint.analysis.reach import Step

#: A file without a token cannot hold a finalizer and is not parsed, but a small run checks its syntax all the same:
#: bytes of such files that are parsed before only their encoding is looked at. A megabyte costs about 0.15 s.
SYNTAX_BUDGET = 1_000_000

#: ``ast.PyCF_ONLY_AST``, without importing ast.
_ONLY_AST = 0x400

DEFAULT_SETTINGS = Settings()


def analyse(
    files: Sequence[str],
    settings: Settings = DEFAULT_SETTINGS,
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Analyse ``files`` and report every finding, whatever its code or severity, in a stable order.

    ``overlay`` gives the text of files that are not (or not yet) as on disk: unsaved editor buffers, stdin.
    ``progress`` is called with (files done, files in all). Selection and suppression are the caller's.
    """
    return _Run(files, settings, overlay or {}, progress).report()


class _Run:
    def __init__(
        self,
        files: Sequence[str],
        settings: Settings,
        overlay: Mapping[str, bytes],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.files = list(dict.fromkeys(files))
        self.settings = settings
        self.overlay = {os.path.abspath(path): data for path, data in overlay.items()}
        self.progress = progress
        self.errors: list[FileError] = []
        self.tokens = (*TOKENS, *(r.name.rpartition(".")[2].encode() for r in settings.registrars))
        self._linted = {os.path.abspath(path): path for path in self.files}
        self._failed: set[str] = set()
        self._sources: dict[str, SourceFile] = {}
        self._bytes: dict[str, bytes] = {}

    def report(self) -> Report:
        candidates = self._candidates()
        findings: list[Finding] = []
        registrations: set[object] = set()
        if candidates:
            from finlint.checking import Check

            check = Check(self.files, self.settings, self._load, self._read, self._peek, self._is_linted, self._text_at)
            for finalizer, found in check.findings(candidates):
                if finalizer is not None:
                    registrations.add((finalizer.module.path, finalizer.span, finalizer.registrar))
                findings.extend(found)
        unique = sorted(_distinct(findings), key=lambda f: f.sort_key)
        errors = sorted(self.errors)
        summary = Summary(len(self.files), len(self._sources), len(registrations), len(unique))
        return Report(tuple(unique), tuple(errors), summary)

    # -- files

    def _candidates(self) -> list[str]:
        """The files that hold a word without which there is no registration."""
        out = []
        budget = SYNTAX_BUDGET
        for number, path in enumerate(self.files):
            data = self._read(path)
            if data is None:
                pass
            elif not self.settings.prefilter or any(token in data for token in self.tokens):
                self._bytes[path] = data
                out.append(path)
            else:
                budget = self._check_text(path, data, budget)
            if self.progress is not None:
                self.progress(number + 1, len(self.files))
        return out

    def _check_text(self, path: str, data: bytes, budget: int) -> int:
        """Report a file that is no Python, as far as ``budget`` allows; returns what is left of it."""
        try:
            text = decode(data)
            if len(data) > budget:
                return budget
            try:
                compile(text, path, "exec", _ONLY_AST, dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                # LibCST knows syntax that is newer than the running interpreter.
                SourceFile(path, data)
        except Unreadable as error:
            self._fail(path, error)
        return budget - len(data)

    def _read(self, path: str) -> bytes | None:
        known = self.overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable as error:
            self._fail(path, error)
            return None

    def _peek(self, path: str) -> bytes | None:
        """The bytes of a file that is searched, not linted: what cannot be read is not there."""
        known = self.overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable:
            return None

    def _fail(self, path: str, error: Unreadable) -> None:
        if path not in self._failed and os.path.abspath(path) in self._linted:
            self._failed.add(path)
            self.errors.append(FileError(path, error.line, error.message))

    def _load(self, path: str) -> SourceFile | None:
        """The source of a linted file, or of one that an import names."""
        path = self._linted.get(os.path.abspath(path), path)
        data = self._bytes.pop(path, None)
        if data is None:
            data = self._read(path)
        if data is None:
            return None
        try:
            source = SourceFile(path, data)
        except Unreadable as error:
            self._fail(path, error)
            return None
        self._sources[path] = source
        return source

    def _is_linted(self, path: str) -> bool:
        return os.path.abspath(path) in self._linted

    def _text_at(self, step: Step) -> str:
        source = self._sources.get(step.path)
        if source is None:
            return ""
        line = source.line_text(step.span.line)
        if step.span.end_line == step.span.line:
            return line[step.span.column - 1 : step.span.end_column - 1]
        return line[step.span.column - 1 :].rstrip()


def _distinct(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for each callback and culprit, however often it is registered or inherited."""
    seen: set[object] = set()
    for finding in findings:
        key = (finding.code, finding.path, finding.span, finding.culprit)
        if key not in seen:
            seen.add(key)
            yield finding
