"""Files of others: what is no regular file of bounded size is refused, and costs nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from fifo import make_fifo, said_of

from finlint.model.regular import open_regular, read_regular

posix = pytest.mark.skipif(os.name != "posix", reason="links and FIFOs")


@posix
def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    make_fifo(tmp_path / "fifo")


@posix
@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null", "."])
def test_what_is_no_regular_file(target: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(target)
    assert said_of(tmp_path / "link") == "not a regular file\n"


def test_a_file_may_have_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert read_regular(str(path), 3) == b"abc"
    with pytest.raises(OSError, match="too large: 3 bytes, the limit is 2"):
        read_regular(str(path), 2)


@posix
def test_a_link_is_followed_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(str(tmp_path / "link"), 3) == b"abc"
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        open_regular(str(tmp_path / "link"), 3, follow=False)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux lists the open files of a process")
def test_nothing_that_is_refused_stays_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        with pytest.raises(OSError, match="too large"):
            open_regular(str(tmp_path / "file"), 2)
        with pytest.raises(OSError, match="not a regular file"):
            open_regular(str(tmp_path), 2)
    assert os.listdir("/proc/self/fd") == before
