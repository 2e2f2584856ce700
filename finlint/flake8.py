"""The flake8 plugin: the same findings as the command, for one file.

Everything heavy is imported in ``run``: flake8 imports every plugin on every run. Codes that are off by default are
switched on by our own option, because flake8's default ignore list is undone by any ``ignore =``.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from finlint import __version__

if TYPE_CHECKING:
    from finlint.model.finding import Finding

#: Words without which a file has no finalizer; a test compares them with the analysis's own.
_WORDS = ("__del__", "weakref", "Finalize", "gc", "set_finalizer", "add_cleanup")


class Plugin:
    """Checks one file. ``tree`` is asked for so that flake8 calls us once a file; the text is what we read."""

    name = "finlint"
    version = __version__
    enabled: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[tuple[str, ...]] = _WORDS

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.text = "".join(lines)

    @staticmethod
    def add_options(manager: Any) -> None:
        manager.add_option(
            "--finlint-enable",
            parse_from_config=True,
            comma_separated_list=True,
            default="",
            help="finlint codes to switch on that are off by default (FIN111, FIN4, ...)",
        )

    @classmethod
    def parse_options(cls, options: Any) -> None:
        cls.enabled = tuple(options.finlint_enable or ())
        # flake8 matches codes by prefix, and F is a prefix of FIN: who moved pyflakes elsewhere and ignores F
        # does not mean us. The longer prefix wins.
        hidden = [*(options.ignore or ()), *(getattr(options, "extend_ignore", None) or ())]
        if getattr(options, "select", None) is None and any(code in ("F", "FI") for code in hidden):
            options.extend_select = [*(getattr(options, "extend_select", None) or ()), "FIN"]

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        if not any(word in self.text for word in self.words):
            return
        try:
            for finding in self._findings():
                yield (
                    finding.span.line,
                    finding.span.column - 1,
                    f"{finding.code} {finding.message}",
                    type(self),
                )
        except Exception as error:  # an exception here would end the whole flake8 run
            yield (1, 0, f"FIN901 internal error in finlint, please report it: {error!r}", type(self))

    def _findings(self) -> list[Finding]:
        from finlint.config import load
        from finlint.engine import analyse
        from finlint.model.settings import Settings
        from finlint.selection import Selection, select, shown
        from finlint.syntax.suppressions import suppress

        path = self.filename if self.filename not in ("-", "stdin") else "stdin.py"
        config = load(os.path.dirname(os.path.abspath(path)))
        settings = Settings(src=config.src, registrars=config.registrars, knowledge=config.knowledge)
        report = analyse([path], settings, overlay={path: self.text.encode("utf-8", "surrogatepass")})
        report, _ = suppress(report, lambda name: self.text if name == path else "")
        codes = select(config.select, config.ignore, [*config.extend_select, *self.enabled])
        return [f for f in shown(report, Selection(codes)).findings if f.path == path]
