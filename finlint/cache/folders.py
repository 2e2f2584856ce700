"""Folders as imports see them: which modules and packages are there."""

from __future__ import annotations

import os

from finlint.syntax.digest import digest


def names_in(folder: str) -> str:
    """What tells a folder with the same modules from one with others."""
    try:
        with os.scandir(folder) as entries:
            # What is no module and no package does not matter: logs and byte code come and go.
            names = sorted(
                entry.name + "/" * entry.is_dir()
                for entry in entries
                if entry.name.endswith((".py", ".pyi")) or ("." not in entry.name and entry.name != "__pycache__")
            )
    except OSError:
        return "-"
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))
