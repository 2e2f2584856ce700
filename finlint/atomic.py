"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import os
import tempfile


def write_bytes(path: str, data: bytes) -> None:
    """Replace ``path`` (through a link, its target) by ``data``, keeping its mode and, where that may be, its owner and
    extended attributes. Raises OSError."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        # A device or a pipe (/dev/stdout, process substitution) cannot be replaced, only written to.
        try:
            with open(path, "wb") as device:
                device.write(data)
        except OSError as error:
            error.filename = path
            raise
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=".finlint-", dir=os.path.dirname(path) or ".")
    except OSError as error:
        # Nobody knows the temporary file.
        error.filename = path
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        _keep_owner(path, temporary)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            # A disk that is full names no file, and nobody knows the temporary one.
            error.filename, error.filename2 = path, None
        raise


def _keep_owner(path: str, temporary: str) -> None:
    """Give the new file the owner, the group and the extended attributes of the old one."""
    try:
        old, new = os.stat(path), os.stat(temporary)
    except FileNotFoundError:
        return
    try:
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(temporary, old.st_uid, old.st_gid)
        if hasattr(os, "listxattr"):
            for name in os.listxattr(path):
                os.setxattr(temporary, name, os.getxattr(path, name))
    except OSError:
        # They are another user's to give, or the file system has none.
        pass


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
