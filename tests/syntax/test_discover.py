"""Which files a path stands for."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from finlint.scan.tokens import headers_naming
from finlint.syntax.discover import Excluder, discover


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *paths: str, **options: object) -> list[str]:
    result = discover([str(root / p) for p in paths] or [str(root)], **options)  # type: ignore[arg-type]
    return [os.path.relpath(file, root) for file in result.files]


def test_only_py_files_of_folders_in_a_stable_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a.py", "a.pyi", "pkg/z.py", "pkg/sub/y.py", "notes.txt")
    assert found(tmp_path) == ["a.py", "b.py", "pkg/z.py", "pkg/sub/y.py"]


def test_named_files_are_taken_whatever_their_suffix(tmp_path: Path) -> None:
    tree(tmp_path, "script", "stub.pyi", "venv/x.py")
    assert found(tmp_path, "script", "stub.pyi", "venv/x.py") == ["script", "stub.pyi", "venv/x.py"]


def test_usual_folders_are_skipped_unless_named_or_packages(tmp_path: Path) -> None:
    tree(tmp_path, ".venv/a.py", "node_modules/b.py", "build/c.py", "venv/__init__.py", "x/__pycache__/d.py", "e.py")
    tree(tmp_path, "env/pyvenv.cfg", "env/lib/site-packages/f.py", "site-packages/g.py")
    assert found(tmp_path) == ["e.py", "site-packages/g.py", "venv/__init__.py"]
    assert found(tmp_path, "build") == ["build/c.py"]
    assert found(tmp_path, "env") == ["env/lib/site-packages/f.py"]


def test_excludes_by_name_and_by_path(tmp_path: Path) -> None:
    tree(tmp_path, "gen/a.py", "pkg/gen/b.py", "pkg/c_pb2.py", "pkg/d.py", "docs/conf.py")

    def excluder(*patterns: str) -> dict[str, object]:
        return {"excluder_of": lambda folder: Excluder(str(tmp_path), patterns)}

    assert found(tmp_path, **excluder("gen", "*_pb2.py")) == ["docs/conf.py", "pkg/d.py"]
    assert found(tmp_path, **excluder("pkg/gen")) == ["docs/conf.py", "gen/a.py", "pkg/c_pb2.py", "pkg/d.py"]
    assert found(tmp_path, **excluder("**/gen/**", "docs/*")) == ["pkg/c_pb2.py", "pkg/d.py"]


def test_force_exclude_holds_for_named_files(tmp_path: Path) -> None:
    tree(tmp_path, "gen/a.py", "venv/x.py", "b.py")
    options = {"excluder_of": lambda folder: Excluder(str(tmp_path), ("gen",))}
    named = ["gen/a.py", "venv/x.py", "b.py"]
    assert found(tmp_path, *named, **options) == named
    assert found(tmp_path, *named, force_exclude=True, **options) == ["b.py"]


def test_loops_and_second_names(tmp_path: Path) -> None:
    tree(tmp_path, "pkg/a.py")
    (tmp_path / "pkg" / "loop").symlink_to(tmp_path)
    (tmp_path / "alias.py").symlink_to(tmp_path / "pkg" / "a.py")
    (tmp_path / ".#lock.py").symlink_to("nobody@nowhere")
    assert found(tmp_path) == ["pkg/a.py"]
    assert found(tmp_path, ".", "pkg", "pkg/a.py") == ["pkg/a.py"]


def test_special_files_are_listed_but_never_opened_and_folders_named_py_descended(tmp_path: Path) -> None:
    tree(tmp_path, "x.py/inner.py")
    os.mkfifo(tmp_path / "fifo.py")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.path.relpath(tmp_path / "sock.py"))
        # The engine names them in one line each; it looks at the mode before it opens anything.
        assert found(tmp_path) == ["fifo.py", "sock.py", "x.py/inner.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every folder")
def test_unreadable_folder_is_one_line(tmp_path: Path) -> None:
    tree(tmp_path, "shut/a.py", "b.py")
    (tmp_path / "shut").chmod(0)
    try:
        result = discover([str(tmp_path)])
    finally:
        (tmp_path / "shut").chmod(0o755)
    assert [Path(f).name for f in result.files] == ["b.py"]
    assert [e.message for e in result.errors] == ["folder cannot be read: Permission denied"]


def test_missing_paths(tmp_path: Path) -> None:
    assert discover([str(tmp_path / "nope")]).missing == (str(tmp_path / "nope"),)


def test_what_git_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    tree(tmp_path, "a.py", "out/b.py", "pkg/gen_x.py", "pkg/keep.py", "pkg/local.py", "deep/out/c.py", "deep/d.py")
    (tmp_path / ".gitignore").write_text("# comment\n/out/\ngen_*.py\nlocal.py\n")
    (tmp_path / "pkg" / ".gitignore").write_text("!local.py\n")
    assert found(tmp_path) == ["a.py", "deep/d.py", "deep/out/c.py", "pkg/keep.py", "pkg/local.py"]
    assert found(tmp_path, respect_gitignore=False)[-2:] == ["pkg/keep.py", "pkg/local.py"]
    assert "out/b.py" in found(tmp_path, "out")
    assert found(tmp_path, "pkg") == ["pkg/keep.py", "pkg/local.py"]


@pytest.mark.parametrize(
    ("header", "names_it"),
    [
        ("class A(tqdm):", True),
        ("class A[T: int](tqdm):", True),
        ("class A(  # note: bases\n    tqdm\n):", True),
        ("class A('x:y', tqdm):", True),
        ("class A(x[1:2], tqdm):", True),
        ("class A \\\n    (tqdm):", True),
        ("class A(" + "Mixin, " * 400 + "tqdm):", True),
        ("class A(" + "Mixin, " * 4_000 + "tqdm):", True),
        ("class A:\n    x = (tqdm)", False),
        ("class A(B):\n    x = tqdm", False),
        ("text = 'a class of (tqdm'\nx: int", False),
        ("class A(B  # one class of many\n):\n    x = tqdm", True),  # not told apart: the file is looked at
    ],
)
def test_whether_a_class_header_names_a_base(header: str, names_it: bool) -> None:
    assert (next(headers_naming(f"{header} pass\n".encode(), {b"tqdm"}), None) is not None) is names_it
