"""Fixtures whose code stands somewhere else: in a function, under a condition, in another module. The same is found.

A part of the fixtures for each way of moving them, a different one each time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from small import check

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("*/*.py"))

#: What moving changes: nobody but the module keeps an object until the interpreter exits, and implementations of what is
#: abstract are looked for in bodies of modules only. So are the callers of a local class, which dies with what it holds,
#: and who else may tell its thread to end.
_OF_A_MODULE = {
    "abstract_allocator",
    "generator_closed",
    "list_of_the_class",
    "observer_of_the_module",
    "server_that_only_it_shuts_down",
    "submit_in_late_del",
    "thread_that_only_it_ends",
    "thread_in_late_del",
}

Files = dict[str, str]


def _parts(tree: ast.Module) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Docstring and imports, and the rest."""
    head: list[ast.stmt] = []
    rest: list[ast.stmt] = []
    for node in tree.body:
        plain = isinstance(node, (ast.Import, ast.ImportFrom))
        (head if plain or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) else rest).append(node)
    return head, rest


def _text(*blocks: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module([node for block in blocks for node in block], [])))


def _inside(frame: str, tree: ast.Module) -> Files:
    """The module's body in place of the ``pass`` of ``frame``."""
    head, rest = _parts(tree)
    around = ast.parse(frame).body
    around[0].body = rest  # type: ignore[attr-defined]
    return {"m": _text(head, around)}


def in_a_function(tree: ast.Module) -> Files | None:
    if any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        return None
    return _inside("def outer():\n    pass", tree)


def under_a_condition(tree: ast.Module) -> Files:
    return _inside("if __debug__:\n    pass", tree)


def in_a_try(tree: ast.Module) -> Files:
    return _inside("try:\n    pass\nexcept ImportError:\n    raise", tree)


def in_another_module(tree: ast.Module) -> Files | None:
    head, rest = _parts(tree)
    main = [node for node in rest if isinstance(node, ast.FunctionDef) and node.name == "main"]
    others = [node for node in rest if node not in main]
    names: list[str] = []
    for node in others:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
        else:
            return None
    if not names or any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        return None
    imported = ast.parse(f"from .core import {', '.join(names)}").body
    return {"pkg/__init__": "", "pkg/core": _text(head, others), "pkg/m": _text(head, imported, main)}


def behind_a_modules_name(tree: ast.Module) -> Files | None:
    files = in_another_module(tree)
    if files is None:
        return None
    text = files["pkg/m"]
    line = re.search(r"from \.core import (.*)", text)
    assert line is not None
    text = text.replace(line[0], "from . import core")
    for name in line[1].split(", "):
        text = re.sub(rf"(?<![\w.\"'`]){name}\b(?!\s*=)", f"core.{name}", text)
    return {**files, "pkg/m": text}


def with_another_self(tree: ast.Module) -> Files:
    return {"m": re.sub(r"\bself\b", "this", ast.unparse(tree))}


def _found(folder: Path, files: Files) -> set[str]:
    report = check(folder, files)
    assert not report.errors
    return {f.code for f in report.findings if f.severity.value != "note" and f.code != "FIN402"}


MOVES: list[Callable[[ast.Module], Files | None]] = [
    in_a_function,
    under_a_condition,
    in_a_try,
    in_another_module,
    behind_a_modules_name,
    with_another_self,
]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_what_is_moved_is_found(move: Callable[[ast.Module], Files | None], tmp_path: Path) -> None:
    moved = 0
    for number, path in enumerate(FIXTURES):
        if number % 3 != MOVES.index(move) % 3 or (move is in_a_function and path.stem in _OF_A_MODULE):
            continue
        source = path.read_text()
        files = move(ast.parse(source))
        if files is not None:
            moved += 1
            expected = _found(tmp_path / f"{number}", {"m": source})
            assert _found(tmp_path / f"{number}-moved", files) == expected, path
    assert moved > 30
