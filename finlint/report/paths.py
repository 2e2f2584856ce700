"""Paths as reports show them: relative to the working directory where they lie below it, with forward slashes."""

from __future__ import annotations

import os


def shown(path: str, cwd: str | None = None) -> str:
    base = cwd or os.getcwd()
    absolute = os.path.abspath(path)
    if absolute == base or absolute.startswith(base.rstrip(os.sep) + os.sep):
        absolute = os.path.relpath(absolute, base)
    return absolute.replace(os.sep, "/")
