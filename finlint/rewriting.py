"""Source files of the user's, changed in place: those alone that the command names, and with all that they have."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from finlint.atomic import write_bytes
from finlint.model.inside import is_inside


class RefusedError(OSError):
    """Why a file is left alone, in a few words."""


def refusal(path: str, given: Sequence[str]) -> str | None:
    """Why the file at ``path``, found below the paths ``given``, is not to be changed; None where it may be.

    A link is followed where it leads into a folder that was given, or stays in its own. A file of several names would
    lose all but one, and root may write to what nobody may.
    """
    try:
        info = os.stat(path)
        if os.path.islink(path) and not _leads_inside(path, given):
            return f"is a link to {os.path.realpath(path)}, which the given paths do not hold"
    except OSError as error:
        return f"cannot be looked at: {error.strerror or error}"
    if not stat.S_ISREG(info.st_mode):
        return "is no regular file"
    if not info.st_mode & 0o222 or not os.access(path, os.W_OK):
        return "is read-only"
    if info.st_nlink > 1:
        return f"has {info.st_nlink} names (hard links)"
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        if info.st_uid != os.geteuid():
            return "belongs to somebody else"
        if info.st_gid not in (os.getegid(), *os.getgroups()):
            return "belongs to a group that you are not in"
    return None


def _leads_inside(path: str, given: Sequence[str]) -> bool:
    folders = [folder for folder in given if os.path.isdir(folder)]
    return any(is_inside(path, folder) for folder in (*folders, os.path.dirname(os.path.abspath(path))))


def rewrite(path: str, data: bytes, given: Sequence[str]) -> None:
    """Replace the content of a file; its mode, owner and attributes stay. Raises RefusedError, OSError."""
    why = refusal(path, given)
    if why is not None:
        raise RefusedError(why)
    write_bytes(path, data)
