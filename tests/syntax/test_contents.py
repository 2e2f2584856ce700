"""Parsed files are dropped where they take too much room, and loaded again."""

from __future__ import annotations

from pathlib import Path

from finlint.syntax.contents import Contents, size
from finlint.syntax.files import Files
from finlint.syntax.lines import Lines

TEXT = "def f():\n    return 1\n"


def _written(folder: Path, count: int) -> list[str]:
    paths = [str(folder / f"m{number}.py") for number in range(count)]
    for path in paths:
        Path(path).write_text(TEXT)
    return paths


def test_those_asked_for_least_recently_are_dropped_until_half_of_the_room_is_free(tmp_path: Path) -> None:
    paths = _written(tmp_path, 5)
    contents = Contents(Files(paths), room=4 * _room_of(paths[0]))
    first = paths[0]
    kept = {path: contents.get(path) for path in (*paths, first)}
    contents.trim()
    assert [path for path in paths if path in contents.kept] == [first, paths[-1]]
    assert contents.get(first) is kept[first]
    assert contents.get(paths[1]) is not kept[paths[1]]


def test_nothing_is_dropped_where_there_is_room(tmp_path: Path) -> None:
    paths = _written(tmp_path, 3)
    contents = Contents(Files(paths), room=3 * _room_of(paths[0]))
    for path in paths:
        contents.get(path)
    assert contents.fullness() == 1
    contents.trim()
    assert list(contents.kept) == paths


def _room_of(path: str) -> int:
    content = Contents(Files([path])).get(path)
    assert content is not None
    return size(content.source)


def test_what_was_parsed_of_dropped_files_is_counted(tmp_path: Path) -> None:
    paths = _written(tmp_path, 2)
    contents = Contents(Files(paths), room=0)
    for path in paths:
        contents.get(path)
    before = contents.work()
    contents.trim()
    assert contents.work() == before
    contents.get(paths[0])
    assert contents.work().outlined == before.outlined * 3 // 2


def test_a_file_that_cannot_be_read_has_no_content(tmp_path: Path) -> None:
    assert Contents(Files([])).get(str(tmp_path / "none.py")) is None


def test_lines() -> None:
    lines = Lines("a\nbc\n\nd")
    assert len(lines) == 4
    assert [lines.between(n, n) for n in (1, 2, 3, 4)] == ["a\n", "bc\n", "\n", "d"]
    assert lines.between(2, 4) == "bc\n\nd"
    assert [lines.at(offset) for offset in range(7)] == [1, 1, 2, 2, 2, 3, 4]


def test_a_file_that_changes_while_it_is_read_is_not_known(tmp_path: Path) -> None:
    (path,) = _written(tmp_path, 1)
    files = Files([path]).fresh(digests=True)
    files.read(path)
    assert files.digests is not None
    told = files.digests[path]
    files.read(path)
    assert files.digests[path] == told != ""
    Path(path).write_text(TEXT + "#\n")
    files.read(path)
    assert files.digests[path] == ""
