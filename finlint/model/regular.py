"""Regular files of others: opened so that a FIFO, a device or a file without end in their place costs nothing."""

from __future__ import annotations

import errno
import os
import stat

#: A FIFO that nobody writes to would wait to be opened; on Windows there is neither this nor a FIFO by a file's name.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str, most: int, *, follow: bool = True) -> int:
    """A descriptor of the regular file at ``path``, for reading. Raises OSError, also where the file has more than
    ``most`` bytes, or is reached over a link and ``follow`` is off."""
    handle = os.open(path, _FLAGS | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if info.st_size > most:
            raise OSError(errno.EFBIG, f"too large: {info.st_size} bytes, the limit is {most}", path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_regular(path: str, most: int) -> bytes:
    """The bytes of the regular file at ``path``. Raises OSError, ValueError (a name with NUL)."""
    with open(open_regular(path, most), "rb", buffering=0) as file:
        return file.readall()
