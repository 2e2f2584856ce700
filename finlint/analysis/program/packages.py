"""Which package a file belongs to, by the ``__init__.py`` files above it, and whether it may use another's names."""

from __future__ import annotations

import os
from collections.abc import Callable

from finlint.analysis.program.class_headers import brings

#: What makes a folder a package.
PACKAGE_FILES = ("__init__.py", "__init__.pyi")


def listed(folder: str) -> frozenset[str]:
    """The names in a folder; none where it cannot be read."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


class Packages:
    """``listing`` gives the names in a folder."""

    def __init__(self, listing: Callable[[str], frozenset[str]] = listed) -> None:
        self._listing = listing
        self._roots: dict[str, tuple[str, str]] = {}

    def folders(self) -> frozenset[str]:
        """The folders that were listed."""
        return frozenset(self._roots)

    def root(self, path: str) -> tuple[str, str]:
        """(folder that the module's name counts from, dotted name) of an absolute path."""
        folder, base = os.path.split(path)
        stem = base.rpartition(".")[0] or base
        root, package = self._package(folder)
        if base in PACKAGE_FILES:
            return root, package or os.path.basename(folder)
        return root, f"{package}.{stem}" if package else stem

    def _package(self, folder: str) -> tuple[str, str]:
        known = self._roots.get(folder)
        if known is None:
            parent, name = os.path.split(folder)
            if not self._listing(folder).isdisjoint(PACKAGE_FILES) and parent != folder:
                root, package = self._package(parent)
                known = root, f"{package}.{name}" if package else name
            else:
                known = folder, ""
            self._roots[folder] = known
        return known

    def of(self, path: str) -> str:
        """The folder of the outermost package that the file belongs to, or its own folder."""
        here = os.path.abspath(path)
        root, dotted = self.root(here)
        package = os.path.join(root, dotted.partition(".")[0])
        return package if os.path.isdir(package) else os.path.dirname(here)

    def may_use(self, path: str, data: bytes, name: str, home: str) -> bool:
        """Whether the file ``path`` may mean ``name`` of the file ``home`` by ``name``; decided without parsing.

        A file of another package has to name the home's package; every other file has to get the name from somewhere.
        """
        here = os.path.abspath(home)
        there = os.path.abspath(path)
        if here == there:
            return True
        root, dotted = self.root(here)
        top = dotted.partition(".")[0]
        package = os.path.join(root, top) + os.sep
        if not there.startswith(package) and top.encode() not in data:
            return False
        return brings(data, name)
