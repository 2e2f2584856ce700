"""The same program, written otherwise: names, order, modules, comments, layout. What finlint reports must be the same."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import random
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Sequence

from finlint.model.finding import Finding

from .compose import Chunk, Program, Spec, bound, chunks, imports, one_module


def renamed(spec: Spec) -> Program | None:
    """Every name that the program chose for itself is another one, and as long."""
    text = one_module(chunks(spec)).files["main.py"]
    if _names_itself(text):
        return None
    tree = ast.parse(text)
    own = bound(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    # A name that is also an attribute, a keyword of a call or of a pattern, or a word of a text, is part of an interface.
    public = {"make", "x", "self", "cls", *sys.stdlib_module_names, *dir(builtins), *keyword.kwlist}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            public.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            public.add(node.arg)
        elif isinstance(node, ast.MatchClass):
            public.update(node.kwd_attrs)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            public.update(re.findall(r"\w+", node.value))
        elif isinstance(node, ast.JoinedStr):
            # Before 3.12 it is one token, and what stands in it stays as it is.
            public.update(name.id for name in ast.walk(node) if isinstance(name, ast.Name))
        elif isinstance(node, ast.ClassDef):
            public |= bound(ast.Module(node.body, []))
    new = {name: f"{name}_{len(name)}" for name in own - public if not name.startswith("__")}
    return Program({"main.py": _replaced(text, new)})


def _replaced(text: str, new: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string in new:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + new[token.string] + line[column + len(token.string) :]
    return "".join(lines)


def reordered(spec: Spec) -> Program | None:
    """Functions that nothing needs while the module is run stand last, in reverse."""
    tree = ast.parse(one_module(chunks(spec)).files["main.py"])
    early = {name for node in tree.body for name in _needed_at_once(node)}
    late = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and node.name not in early
    ]
    twice = Counter(node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
    late = [node for node in late if twice[node.name] == 1 and not node.args.defaults and not node.args.kw_defaults]
    rest = [node for node in tree.body if node not in late]
    return Program({"main.py": ast.unparse(ast.Module([*rest, *reversed(late)], [])) + "\n"})


def _needed_at_once(node: ast.stmt) -> set[str]:
    """Names that a statement of a module reads when it is run, as far as can be told: what a class is made of, too."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        parts: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        parts = [node]
    return {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)}


def split(spec: Spec) -> Program | None:
    """Each construct's definitions in a module of their own. None where they bind a global that others read."""
    parts = chunks(spec)
    text = "\n".join(part.text for part in parts)
    if _names_itself(text) or re.search(r"^\s+global ", text, re.M):
        return None
    homes: dict[str, str] = {}
    files = {}
    for number, part in enumerate(parts):
        name = "main" if number == len(parts) - 1 else f"part{number}"
        files[f"{name}.py"] = _module(part, homes)
        homes.update(dict.fromkeys(bound(ast.parse(part.text)), name))
    return Program(files)


def _module(part: Chunk, homes: dict[str, str]) -> str:
    used = {node.id for node in ast.walk(ast.parse(part.text)) if isinstance(node, ast.Name)}
    wanted = sorted((homes[name], name) for name in used if name in homes)
    lines = [imports(part.text, homes), *(f"from {home} import {name}" for home, name in wanted)]
    return "\n".join(filter(None, lines)) + f"\n\n{part.text}\n"


def _names_itself(text: str) -> bool:
    """Does a program look its own names up by their text?"""
    return any(word in text for word in ("globals()", "__name__", "exec(", "getattr(self, f"))


def commented(spec: Spec) -> Program | None:
    """Comments and empty lines between all lines, and after them."""
    chance = random.Random(spec.name)
    out = []
    for line in one_module(chunks(spec)).files["main.py"].split("\n"):
        if chance.random() < 0.5:
            out += ["", f"{' ' * chance.randrange(9)}# wait(), Lock, __del__: v.acquire()"]
        out.append(f"{line}  # weakref.finalize" if line.strip() and chance.random() < 0.3 else line)
    return Program({"main.py": "\n".join(out)})


def formatted(spec: Spec) -> Program | None:
    """Tabs, statements on one line where that is allowed, and calls over several lines."""
    out = []
    for line in ast.unparse(ast.parse(one_module(chunks(spec)).files["main.py"])).split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        tokens = list(tokenize.generate_tokens(io.StringIO(line.lstrip(" ")).readline)) if line else []
        out.append("\t" * (indent // 4) + _over_lines(line.lstrip(" "), tokens))
    return Program({"main.py": "\n".join(out) + "\n"})


def _over_lines(line: str, tokens: Sequence[tokenize.TokenInfo]) -> str:
    """The line with breaks after commas within brackets."""
    breaks = []
    depth = 0
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == "," and depth == 1:
                breaks.append(token.end[1])
    for column in reversed(breaks):
        line = f"{line[:column]}\n\t\t\t{line[column:].lstrip()}"
    return line


VARIANTS: dict[str, Callable[[Spec], Program | None]] = {
    "renamed": renamed,
    "reordered": reordered,
    "split": split,
    "commented": commented,
    "formatted": formatted,
}


def said(one: Program, found: Sequence[Finding], names: bool = True) -> Counter[tuple[str, ...]]:
    """What findings say, whatever the layout: code, severity, confidence and, unless names differ, the statement."""
    return Counter(
        (
            finding.code,
            finding.severity.value,
            finding.confidence.value,
            _statement(one.files[finding.path.rpartition("/")[2]], finding.span.line) if names else "",
        )
        for finding in found
    )


def _statement(text: str, line: int) -> str:
    nodes = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return ast.unparse(max(nodes, key=lambda node: node.lineno))
