"""Files that are replaced: the old one or the new one is there, whatever happens, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from finlint.atomic import write_bytes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, modes and FIFOs")


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    write_bytes(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_modes(tmp_path: Path) -> None:
    """A new file has that of any new file, an old one all bits that it had."""
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o4751)
    before = os.umask(0o027)
    try:
        for name in ("old", "new"):
            write_bytes(str(tmp_path / name), b"x")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")]
    assert list(map(oct, modes)) == ["0o4751", "0o640"]


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    """A device or a pipe is not replaced by a file."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_bytes(str(tmp_path / "pipe"), b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize("step", ["replace", "chmod"])
@pytest.mark.parametrize("old", [True, False])
def test_what_fails_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, old: bool
) -> None:
    path = tmp_path / "file"
    if old:
        path.write_bytes(b"old")

    def fails(*paths: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(OSError, match="No space left") as caught:
        write_bytes(str(path), b"new")
    assert (caught.value.filename, caught.value.filename2) == (str(path), None)
    assert os.listdir(tmp_path) == (["file"] if old else [])
    assert not old or path.read_bytes() == b"old"
