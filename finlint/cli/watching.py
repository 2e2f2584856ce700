"""``--watch``: lint, then again after each change, until interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from finlint.cli.errors import UsageError
from finlint.cli.once import NOTHING, once
from finlint.cli.request import Request
from finlint.cli.terminal import say
from finlint.config import ConfigError
from finlint.knowledge.entries import KnowledgeError
from finlint.report.view import View
from finlint.selection import UnknownCodeError


def watch(request: Request) -> int:
    """Raises UsageError where watchfiles is missing, KeyboardInterrupt at the end."""
    try:
        from watchfiles import watch as changes_of
    except ImportError:
        raise UsageError('--watch needs watchfiles: pip install "flake8-finlint[watch]"') from None
    here = os.getcwd()
    named = {os.path.abspath(path) for path in request.paths if os.path.exists(path)}
    # A file that is replaced, as editors do when they save, is another one, of which a watch would hear nothing more.
    roots = sorted({path if os.path.isdir(path) else os.path.dirname(path) for path in named})
    _safely(request)
    if not roots:
        return 2
    for paths in _changed(changes_of, roots):
        if not any(map(os.path.isdir, roots)):
            say("finlint: error: nothing is left to watch")
            return 2
        changed = [path for path in paths if _may_matter(path) or path in named]
        if changed:
            # Everything again: only so is what depends on the changed files right, and the cache makes it cheap.
            shown = View(NOTHING, here, lambda path: [])
            say("")
            say(f"{len(changed)} changed: {', '.join(sorted({shown.path(path) for path in changed})[:5])}")
            _safely(request)
    return 0


def _may_matter(path: str) -> bool:
    """Whether a change of ``path`` may change a report: of a file that is read, or of a folder, which takes its files
    along without a word about them. What a name without a suffix was cannot be told once it is gone."""
    return path.endswith((".py", ".pyw", ".pyi", ".toml")) or "." not in os.path.basename(path) or os.path.isdir(path)


def _changed(changes_of: Callable[..., Iterable[set[tuple[Any, str]]]], roots: Sequence[str]) -> Iterator[list[str]]:
    """The paths of each change; the roots, where a path is no UTF-8: watchfiles raises an error for it and ends."""
    while True:
        try:
            for changes in changes_of(*roots, raise_interrupt=True):
                yield [path for _, path in changes]
            return
        except RuntimeError as error:
            if "decode path" not in str(error):
                raise
        yield list(roots)


def _safely(request: Request) -> None:
    """A wrong configuration while it is being edited must not end the watch."""
    try:
        once(request)
        sys.stdout.flush()
    except (ConfigError, UnknownCodeError, KnowledgeError) as error:
        say(f"finlint: error: {error}")
