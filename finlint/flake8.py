"""The flake8 plugin: what the command finds in the file, through the same selection and our own comments.

flake8 imports every plugin on every run and gives each file a new object, so nothing is imported here that a file
without a registration does not need. ``noqa``, ``select``, ``ignore`` and ``per-file-ignores`` are left to flake8;
rules that are off by default are switched on by a ``select`` or ``extend-select`` that names them (``FIN401``,
``FIN4``; ``FIN`` and ``F`` mean the default ones), and by ``--finlint-enable``: flake8's own list of such rules is
undone by any ``ignore =``.
"""

from __future__ import annotations

import ast
import importlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import finlint
from finlint.model.codes import OPT_IN_CODES
from finlint.scan.tokens import HERITABLE, TOKENS, may_hold_finalizer

if TYPE_CHECKING:
    from finlint.config import Config
    from finlint.model.finding import Finding

Result = tuple[int, int, str, type["Plugin"]]


class Plugin:
    """One file. ``tree`` is asked for because flake8 calls plugins of that kind once for each file."""

    name = "finlint"
    version = getattr(finlint, "__version__", "unknown")

    _enable: ClassVar[tuple[str, ...]] = ()
    _config: ClassVar[str | None] = None
    _isolated: ClassVar[bool] = False

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @staticmethod
    def add_options(manager: Any) -> None:
        """flake8's hook: our options, on the command line and in flake8's configuration."""
        manager.add_option(
            "--finlint-enable",
            parse_from_config=True,
            comma_separated_list=True,
            default="",
            help="finlint's rules to report beside the default ones: codes, prefixes or kinds (FIN112, FIN4, logging)",
        )
        manager.add_option(
            "--finlint-config",
            parse_from_config=True,
            normalize_paths=True,
            default=None,
            metavar="FILE",
            help="finlint's configuration, instead of the nearest finlint.toml or pyproject.toml",
        )

    @classmethod
    def parse_options(cls, options: Any) -> None:
        """flake8's hook; runs before flake8 decides which codes it shows."""
        if not hasattr(finlint, "DISTRIBUTION"):
            from finlint.overwritten import overwritten

            raise _failure(f"finlint: {overwritten()}")
        named = (*(getattr(options, "select", None) or ()), *(getattr(options, "extend_select", None) or ()))
        enabled = getattr(options, "finlint_enable", None) or ()
        cls._enable = tuple(dict.fromkeys((*enabled, *_opt_in(named))))
        cls._config = getattr(options, "finlint_config", None)
        cls._isolated = bool(getattr(options, "isolated", False))
        _guard_prefix(options)
        cls._check(os.getcwd())

    @classmethod
    def _check(cls, folder: str) -> None:
        """Have flake8 end with one error where the configuration is wrong, and not with one for each file."""
        from finlint.config import ConfigError, ConfigFinder
        from finlint.knowledge.entries import KnowledgeError
        from finlint.selection import UnknownCodeError, codes_of

        try:
            for selector in cls._enable:
                codes_of(selector)
            config = ConfigFinder(isolated=cls._isolated, explicit=cls._config).of_folder(folder)
            if config.knowledge:
                from finlint.knowledge.user import read_user_files

                read_user_files(config.knowledge)
        except (ConfigError, KnowledgeError, UnknownCodeError) as error:
            raise _failure(f"finlint: {' '.join(str(error).split())}") from None

    def run(self) -> Iterator[Result]:
        """The findings of this file. Raises nothing but what is wrong with a configuration: that ends the run."""
        try:
            text = "".join(self._lines)
            if not self._may_hold_finalizer(text.encode("utf-8", "surrogatepass")):
                return
            results = self._results(text)
        except Exception as error:
            if type(error).__name__ in ("ConfigError", "UnknownCodeError", "KnowledgeError"):
                raise
            what = " ".join(f"{type(error).__name__}: {error}".split())
            from finlint.report.view import one_line

            results = [(1, 0, one_line(f"FIN901 finlint cannot check this file: {what}"), type(self))]
        yield from results

    def _path(self) -> str:
        """A path for the file; text from stdin without a name counts as a file of the working directory."""
        return self._filename if self._filename not in ("-", "stdin", "") else os.path.join(os.getcwd(), "<stdin>")

    def _may_hold_finalizer(self, data: bytes) -> bool:
        config = self._configuration()
        tokens = (*TOKENS, *(r.name.rpartition(".")[2].encode() for r in config.registrars))
        if not config.knowledge:
            return may_hold_finalizer(data, tokens)
        from finlint.knowledge.heritable import described_in

        return may_hold_finalizer(data, tokens, HERITABLE | described_in(config.knowledge))

    def _configuration(self) -> Config:
        key = (os.path.dirname(os.path.abspath(self._path())), self._config, self._isolated)
        known = _CONFIGS.get(key)
        if known is None:
            from finlint.config import ConfigFinder

            known = ConfigFinder(isolated=self._isolated, explicit=self._config).of_folder(key[0])
            _CONFIGS[key] = known
        return known

    def _results(self, text: str) -> list[Result]:
        from finlint.config import ConfigFinder, cache_dir
        from finlint.linter import analyse, merged_settings
        from finlint.model.settings import Settings
        from finlint.policy import Overrides, Policies
        from finlint.report.view import one_line
        from finlint.syntax.reading import encoded
        from finlint.texts import Texts

        path = self._path()
        overlay = {path: encoded(text)}
        finder = ConfigFinder(isolated=self._isolated, explicit=self._config)
        policies = Policies(finder, Overrides(extend_select=self._enable))
        config = finder.of_file(path)
        settings = merged_settings(
            [config], Settings(jobs=1, guarded=True), cache_dir=cache_dir(None, [config.cache_dir])
        )
        outcome = analyse([path], policies, settings, Texts(overlay), overlay=overlay, noqa=False)
        found: dict[Result, None] = {}
        for finding in outcome.report.findings:
            found[(finding.span.line, finding.span.column - 1, _sentence(finding), type(self))] = None
        for error in outcome.report.errors:
            found[(error.line, error.column - 1, one_line(f"FIN901 {error.message}"), type(self))] = None
        # flake8 does not drop duplicates any more.
        return list(found)


_CONFIGS: dict[tuple[str, str | None, bool], Config] = {}


def _sentence(finding: Finding) -> str:
    from finlint.report.plain import plain_path
    from finlint.report.view import with_culprit

    return f"{finding.code} {with_culprit(finding, lambda path: plain_path(os.path.relpath(path)))}"


def _failure(what: str) -> Exception:
    """What ends flake8 with one line."""
    # flake8 has no types.
    error: Exception = importlib.import_module("flake8.exceptions").ExecutionError(what)
    return error


def _opt_in(selectors: Sequence[str]) -> Iterator[str]:
    """The opt-in codes that selectors of flake8 name by more than our letters."""
    for code in sorted(OPT_IN_CODES):
        if any(len(selector) > len("FIN") and code.startswith(selector) for selector in selectors):
            yield code


def _guard_prefix(options: Any) -> None:
    """Keep ``ignore = F`` from meaning us.

    flake8 compares codes by prefix, and who leaves pyflakes to another tool ignores ``F``. The longer prefix
    wins, so selecting ``FIN`` undoes exactly that; where ``select`` is given, the user has said what to show.
    """
    if getattr(options, "select", None):
        return
    hidden = (*(getattr(options, "ignore", None) or ()), *(getattr(options, "extend_ignore", None) or ()))
    if any(code in ("F", "FI") for code in hidden):
        options.extend_select = [*(getattr(options, "extend_select", None) or ()), "FIN"]
