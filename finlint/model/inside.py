"""Whether a path lies in a folder, links followed."""

from __future__ import annotations

import os


def is_inside(path: str, folder: str) -> bool:
    """Whether ``path``, which need not be there, is really ``folder`` or something below it."""
    real, top = os.path.realpath(path), os.path.realpath(folder)
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)
