"""Records of files in the cache: one is found without reading the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import finlint.cache.records as records
from finlint.cache.blocks import Blocks, write_blocks
from finlint.model.stamp import Stamp

PATHS = [f"/p/m{number}.py" for number in range(40)] + ["/p/\udcff.py", '/q/"x".py']


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blocks:
    monkeypatch.setattr(records, "BLOCK", 300)
    files = {
        path: records.FileRecord(None, Stamp(number, 2, 3), f"d{number}", {"facts\n": f"f{number}"})
        for number, path in enumerate(PATHS)
    }
    write_blocks(str(tmp_path / "file"), records.file_blocks(files))
    return Blocks(str(tmp_path / "file"))


def test_all_are_read_in_the_order_of_their_paths(blocks: Blocks) -> None:
    files = records.files_in(blocks)
    assert list(files) == sorted(PATHS)
    assert {path: (f.stamp[0], f.digest, f.parts) for path, f in files.items()} == {
        path: (number, f"d{number}", {"facts\n": f"f{number}"}) for number, path in enumerate(PATHS)
    }


def test_one_is_found(blocks: Blocks) -> None:
    for number, path in enumerate(PATHS):
        record = records.file_in(blocks, path)
        assert record is not None
        assert record.digest == f"d{number}"
    for path in ("/a.py", "/p/m1", "/p/m1.pyi", "/z.py"):
        assert records.file_in(blocks, path) is None


def test_a_file_that_was_replaced_is_damaged(blocks: Blocks, tmp_path: Path) -> None:
    write_blocks(str(tmp_path / "file"), {"files": b"[]"})
    with pytest.raises(ValueError, match="not what was written"):
        records.file_in(blocks, PATHS[0])


def test_no_files(tmp_path: Path) -> None:
    write_blocks(str(tmp_path / "file"), records.file_blocks({}))
    assert records.files_in(Blocks(str(tmp_path / "file"))) == {}
    assert records.file_in(Blocks(str(tmp_path / "file")), PATHS[0]) is None


@pytest.mark.parametrize("wrong", [["a"], {"a": 1}, None, 1])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_group_of_what_is_no_path_is_damage(wrong: object, at: int) -> None:
    """Whoever has written the digests anew, too, may have written anything."""
    row: list[object] = ["folder", ["folder"], ["a.py", "b.py"], [["word", "", [0, 1]]]]
    assert records.groups_in(json.dumps(row).encode())["folder"].paths == ("a.py", "b.py")
    row[at] = wrong if at == 0 else [wrong, "b.py"]
    with pytest.raises(TypeError):
        records.groups_in(json.dumps(row).encode())
