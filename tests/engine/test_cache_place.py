"""finlint removes and overwrites what it wrote, and nothing else; whatever stands in the cache's place is left alone."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from fifo import make_fifo

from finlint import engine
from finlint.cache import own, place
from tests.cli.conftest import BAD, Run, project, run

__all__ = ["project", "run"]

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no FIFOs, and links are for administrators")


def snapshot(folder: Path) -> dict[str, object]:
    """All that is in a folder, links as links."""
    out: dict[str, object] = {}
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(base, name)
            if path.is_symlink():
                out[str(path)] = os.readlink(path)
            else:
                out[str(path)] = path.read_bytes() if path.is_file() else ""
    return out


@pytest.mark.parametrize("named", [".", "caches", "pkg"])
def test_a_project_in_the_place_of_the_cache_stays(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.delenv("FINLINT_CACHE_DIR")
    monkeypatch.setattr(place, "MAX_BYTES", 0)
    (project / "finlint.toml").write_text(f'cache-dir = "{named}"\n')
    for name in ("notes.txt", "pkg/data.json", "pkg/__init__.py", "pkg/v3-0123456789abcdef/x.finlint"):
        (project / name).parent.mkdir(exist_ok=True, parents=True)
        (project / name).write_text("precious")
    for folder in (project, project / "pkg"):
        # What any tool may write.
        (folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    before = snapshot(project)
    assert run("bad.py").status == 1
    cached = [path for path in snapshot(project) if path.endswith(".answers.finlint")]
    assert len(cached) == 1
    assert f"{named}/finlint-cache/v3-".lstrip("./") in cached[0]
    (project / "bad.py").write_text(BAD + "\n\n")
    assert run("bad.py").status == 1
    (project / "bad.py").write_text(BAD)
    ran = run("clean")
    assert (ran.status, ran.err) == (0, "")
    assert "Removed the cache" in ran.out
    (project / "caches").mkdir(exist_ok=True)
    after = snapshot(project)
    before[str(project / "caches")] = ""
    assert after == before


def test_files_of_others_in_our_folder_stay(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Path(os.environ["FINLINT_CACHE_DIR"])
    run("bad.py")
    (ours,) = cache.rglob("*.answers.finlint")
    precious = project / "precious.py"
    precious.write_text("x = 1\n")
    theirs = [
        ours.with_name("u.json"),
        ours.with_name("x.finlint"),
        ours.with_name("0" * 32 + ".answers.finlint.bak"),
        ours.parent.with_name("mine") / ours.name,
        ours.parent.with_name("notes"),
        ours.parent.with_name("x.finlint"),
        ours.parent.with_name("new-abcdefgh.finlint.bak"),
    ]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("precious")
    links = [
        ours.with_name("1" * 32 + ".answers.finlint"),
        ours.with_name("new-abcdefgh.finlint"),
        ours.parent.with_name("new-abcdefgh.finlint"),
    ]
    for link in links:
        link.symlink_to(precious)
    outside = project / ("v3-" + "0" * 16)
    outside.mkdir()
    (outside / ("2" * 32 + ".run.finlint")).write_text("precious")
    ours.parent.with_name("v3-" + "1" * 16).symlink_to(outside)
    # A run that prunes, and then the command.
    monkeypatch.setattr(place, "MAX_BYTES", 0)
    (project / "bad.py").write_text(BAD + "\n\nx = 2\n")
    run("bad.py")
    assert [path.read_text() for path in theirs] == ["precious"] * len(theirs)
    ran = run("clean")
    assert "left" in ran.out
    assert not ours.exists()
    assert [path.read_text() for path in theirs] == ["precious"] * len(theirs)
    assert precious.read_text() == "x = 1\n"
    assert [path.read_text() for path in outside.iterdir()] == ["precious"]
    assert all(link.is_symlink() for link in links)
    # What is left is no reason to do without a cache.
    assert run("bad.py").err == ""
    assert len(list(cache.rglob("*.answers.finlint"))) == 3


FOREIGN = ["file", "folder", "tagged", "marked by another", "link", "linked marker", "dangling", "loop", "zero", "fifo"]


@posix
@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("which", ["finlint-cache", "finlint-cache/finlint-cache.txt"])
def test_what_stands_in_its_place_is_one_line_and_no_cache(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, which: str
) -> None:
    """A FIFO that is opened to be read hangs, and so does this."""
    cache = project / "c"
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(cache))
    path = cache / which
    path.parent.mkdir(parents=True)
    target = project / "target"
    target.mkdir()
    (target / "finlint-cache.txt").write_bytes(own._CONTENT)
    if kind == "file":
        path.write_text("precious")
    elif kind == "fifo":
        make_fifo(path)
    elif kind in ("folder", "tagged", "marked by another"):
        path.mkdir()
        name = {"folder": "x", "tagged": "CACHEDIR.TAG", "marked by another": "finlint-cache.txt"}[kind]
        (path / name).write_text("precious")
    else:
        leads_to = {
            "link": target,
            "linked marker": target / "finlint-cache.txt",
            "dangling": project / "made",
            "loop": path,
            "zero": Path("/dev/zero"),
        }
        path.symlink_to(leads_to[kind])
    before = snapshot(project)
    for arguments in (["bad.py"], ["."], ["--no-cache", "bad.py"]):
        ran = run(*arguments)
        assert ran.status == 1
        lines = [] if "--no-cache" in arguments else ran.err.splitlines()
        assert len(lines) == (0 if "--no-cache" in arguments else 1)
        assert all(line.startswith("finlint: warning: no cache: ") for line in lines)
    ran = run("clean")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert snapshot(project) == before


@posix
# Whoever opens a FIFO waits for ever: what tells without a wait comes first.
@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "zero", "fifo"])
@pytest.mark.parametrize("name", ["*.answers.finlint", "*.run.finlint", "v3-*", "CACHEDIR.TAG", ".gitignore"])
def test_what_stands_in_the_place_of_a_file_is_neither_read_nor_followed(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    many = project / "many"
    many.mkdir()
    for number in range(200):
        (many / f"m{number}.py").write_text("")
    cache = project / "c"
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(cache))
    assert run(".").status == 1
    (path,) = cache.rglob(name)
    target = project / "target"
    if path.is_dir():
        path.rename(target)
    else:
        target.write_bytes(path.read_bytes())
        path.unlink()
    if kind == "fifo":
        make_fifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"zero": "/dev/zero", "dangling": project / "made", "link": target}[kind])
    precious = snapshot(target) if target.is_dir() else target.read_bytes()
    first = run(".", "--no-cache")
    for _ in range(2):
        assert run(".") == first
    assert run("clean").status == 0
    assert not (project / "made").exists()
    assert (snapshot(target) if target.is_dir() else target.read_bytes()) == precious
    assert not list(cache.rglob("*.py"))


@posix
@pytest.mark.parametrize("name", ["*.answers.finlint", "*.run.finlint"])
def test_a_link_to_what_a_run_has_written_is_not_read(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing else has changed: whoever read it would have nothing to write, and leave the link."""
    if "run" in name:
        # Where the last report is still right, no answer is read.
        monkeypatch.setattr(engine, "WORTH_REMEMBERING", 1)
    cache = Path(os.environ["FINLINT_CACHE_DIR"])
    for source in (*project.glob("*.py"), project):
        # What was written a moment ago is looked at again, and its time written anew.
        os.utime(source, (1_500_000_000, 1_500_000_000))
    first = run(".")
    (path,) = cache.rglob(name)
    target = path.rename(project.with_name(project.name + "-target"))
    path.symlink_to(target)
    assert run(".") == first
    assert not path.is_symlink()


@pytest.mark.parametrize("name", ["finlint-cache.txt", "precious"])
def test_a_folder_of_others_is_not_made_ours(tmp_path: Path, name: str) -> None:
    """Also where it has come since the place was looked at."""
    folder = tmp_path / own.NAME
    folder.mkdir()
    (folder / name).write_text("precious")
    before = snapshot(tmp_path)
    with pytest.raises(own.NotOursError):
        own.make(str(tmp_path), "v3-" + "0" * 16)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["CACHEDIR.TAG", ".gitignore"])
def test_notes_that_the_user_has_changed_stay(project: Path, run: Run, name: str) -> None:
    run("bad.py")
    note = Path(os.environ["FINLINT_CACHE_DIR"], own.NAME, name)
    note.write_text("precious")
    assert "left 1 entry" in run("clean").out
    assert note.read_text() == "precious"


def test_notes_that_the_user_has_removed_stay_away(project: Path, run: Run) -> None:
    """A cache that is kept in the repository, on purpose."""
    run("bad.py")
    note = Path(os.environ["FINLINT_CACHE_DIR"], own.NAME, ".gitignore")
    note.unlink()
    (project / "bad.py").write_text(BAD + "\n\nx = 2\n")
    run("bad.py")
    assert not note.exists()


@posix
@pytest.mark.parametrize("named", ["..", "../elsewhere", "/tmp", "~", "linked", "linked/deeper"])
def test_a_configuration_names_a_cache_in_its_project_alone(project: Path, run: Run, named: str) -> None:
    elsewhere = project.with_name(project.name + "-elsewhere")
    elsewhere.mkdir()
    (project / "linked").symlink_to(elsewhere)
    for text, name in (
        (f'cache-dir = "{named}"\n', "finlint.toml"),
        (f'[tool.finlint]\ncache-dir = "{named}"\n', "pyproject.toml"),
    ):
        (project / name).write_text(text)
        for arguments in (["."], ["clean"], ["--config", name, "."]):
            ran = run(*arguments)
            assert (ran.status, ran.out) == (2, "")
            assert len(ran.err.splitlines()) == 1
            assert "--cache-dir or FINLINT_CACHE_DIR" in ran.err
        assert run("--isolated", ".").status == 1
        (project / name).unlink()
    assert list(elsewhere.iterdir()) == []
    # Whoever types it may name any place.
    assert run("--config", f'cache-dir = "{elsewhere}"', "--no-cache", ".").status == 1
    assert run("--cache-dir", str(elsewhere), ".").status == 1
    assert [path.name for path in elsewhere.iterdir()] == ["finlint-cache"]


def test_the_environment_goes_before_the_configuration(project: Path, run: Run) -> None:
    (project / "finlint.toml").write_text('cache-dir = "mine"\n')
    run(".")
    assert not (project / "mine").exists()
    assert Path(os.environ["FINLINT_CACHE_DIR"], "finlint-cache").is_dir()
    named = project / "named"
    run("--cache-dir", str(named), ".")
    assert (named / "finlint-cache").is_dir()


def test_a_folder_that_somebody_was_stopped_at_making_is_made(project: Path, run: Run) -> None:
    folder = Path(os.environ["FINLINT_CACHE_DIR"], "finlint-cache")
    folder.mkdir(parents=True)
    (folder / "new-abcdefgh.finlint").write_text("half")
    assert run("bad.py").err == ""
    assert list(folder.rglob("*.answers.finlint"))
    run("clean")
    assert not folder.exists()


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_folder_that_the_disk_had_no_room_for_is_made_later(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    replace, left = os.replace, written

    def full(source: str, target: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert run("bad.py").err == ""
    folder = Path(os.environ["FINLINT_CACHE_DIR"], own.NAME)
    assert len(list(folder.iterdir())) == written
    assert run("bad.py").err == ""
    assert list(folder.rglob("*.answers.finlint"))
    run("clean")
    assert not folder.exists()


def test_what_was_never_written_to_its_end_goes(project: Path, run: Run) -> None:
    run("bad.py")
    (ours,) = Path(os.environ["FINLINT_CACHE_DIR"]).rglob("*.answers.finlint")
    old, fresh = (ours.with_name(f"new-{name * 8}.finlint") for name in "ab")
    for path in (old, fresh):
        shutil.copy(ours, path)
    os.utime(old, (1_500_000_000, 1_500_000_000))
    (project / "bad.py").write_text(BAD + "\n\nx = 2\n")
    run("bad.py")
    assert (old.exists(), fresh.exists()) == (False, True)


def test_the_plugin_does_without_a_word(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    from finlint.flake8 import Plugin

    (project / "c").mkdir()
    (project / "c" / "finlint-cache").write_text("precious")
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(project / "c"))
    found = list(Plugin(ast.parse(BAD), "bad.py", BAD.splitlines(keepends=True)).run())
    assert [text[:6] for _, _, text, _ in found] == ["FIN102"]
    assert (project / "c" / "finlint-cache").read_text() == "precious"
