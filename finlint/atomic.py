"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import os
import tempfile


def write_bytes(path: str, data: bytes) -> None:
    """Replace ``path`` (through a link, its target) by ``data``, keeping its mode. Raises OSError."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        # A device or a pipe (/dev/stdout, process substitution) cannot be replaced, only written to.
        with open(path, "wb") as device:
            device.write(data)
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
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
