"""From a choice of constructs to a program: a module, or several, with a function ``make()`` that returns the object.

What is put together stands one inside the other: the registration's callback has the steps' code in it, from the
outermost to the innermost, and in the innermost the primitive is used. A step is a hop or silence, which wraps what is
further in, or a carrier, which is read on the way in and stored where the resource is made.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Container
from typing import NamedTuple

from .constructs import Construct, Kind

_MODULES = ("concurrent.futures", "multiprocessing.pool", "multiprocessing.util", "os.path", "urllib.request",
            "importlib.util", "collections.abc", "logging.handlers", "xml.etree.ElementTree", "finlint.runtime")  # fmt: skip


class Spec(NamedTuple):
    """``use``: which part of the primitive is used; 1 is the one that blocks."""

    registration: Construct
    steps: tuple[Construct, ...]
    primitive: Construct
    use: int = 1

    @property
    def constructs(self) -> tuple[Construct, ...]:
        return (self.registration, *self.steps, self.primitive)

    @property
    def name(self) -> str:
        inner = [one.title for one in self.steps]
        return " > ".join([self.registration.title, *inner, f"{self.primitive.title} ({self.use})"])


class Program(NamedTuple):
    """``files``: name -> text; ``main.py`` has ``make()``."""

    files: dict[str, str]


class Chunk(NamedTuple):
    """Definitions that belong together, in the order in which they must be run."""

    text: str


def program(spec: Spec) -> Program:
    """The program of a choice of constructs, in one module."""
    return one_module(chunks(spec))


def one_module(parts: list[Chunk]) -> Program:
    text = "\n\n".join(part.text for part in parts)
    return Program({"main.py": f"{imports(text)}\n\n{text}\n"})


def chunks(spec: Spec) -> list[Chunk]:
    """The definitions of a program, what is used before what uses it; the last has ``make()``."""
    out = _Composer()
    if spec.registration.kind is Kind.KEEPER:
        return out.keeping(spec)
    make, body = spec.primitive.parts[0], spec.primitive.parts[spec.use]
    for step in reversed(spec.steps):
        if step.kind is Kind.CARRIER:
            definitions, store, read = out.fresh(step.parts)
            if "MAKE" in definitions:
                out.define(_put(definitions, "MAKE", out.expression(make, "v")))
                make = store
            else:
                out.define(definitions)
                make = f"{make}\n{store}"
            body = f"{read}\n{body}"
        else:
            definitions, inline = out.fresh(step.parts)
            out.define(out.spliced(definitions, body))
            body = out.spliced(inline, body)
    definitions, made = out.fresh(spec.registration.parts)
    return out.finished(out.spliced(definitions, body, make), out.spliced(made, body, make), make)


class _Composer:
    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._taken: set[str] = set()
        self._calls: dict[str, str] = {}

    def define(self, text: str) -> None:
        if text:
            self._chunks.append(Chunk(text))

    def fresh(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The parts of a construct, in which the names that its definitions bind are new."""
        for name in sorted(_bound(parts[0])):
            free = self._free(name)
            self._taken.add(free)
            if free != name:
                parts = tuple(re.sub(rf"\b{name}\b", free, part) for part in parts)
        return parts

    def _free(self, name: str) -> str:
        number = 1
        free = name
        while free in self._taken:
            number += 1
            free = f"{name}{number}"
        return free

    def spliced(self, text: str, body: str, make: str = "") -> str:
        """The text with what its markers stand for."""
        if "CALL" in text:
            text = _put(text, "CALL", self._call(body))
        if make and "MAKE" in text:
            text = _put(text, "MAKE", self.expression(make, "v"))
        return _indented(text, "BODY", body)

    def _call(self, body: str) -> str:
        """An expression that does what the statements do."""
        tree = ast.parse(body).body
        if len(tree) == 1 and isinstance(tree[0], ast.Expr) and "\n" not in body:
            return body
        if body not in self._calls:
            (name,) = self.fresh(("def use(v): pass", "use"))[1:]
            self._calls[body] = name
            self.define(f"def {name}(v):\n{_in(body)}")
        return f"{self._calls[body]}(v)"

    def expression(self, make: str, variable: str) -> str:
        """An expression for what the statements bind the variable to."""
        make = make.strip("\n")
        tree = ast.parse(make).body
        if len(tree) == 1 and "\n" not in make and make.startswith(f"{variable} = "):
            return make.partition(" = ")[2]
        (name,) = self.fresh(("def made(): pass", "made"))[1:]
        self.define(f"def {name}():\n{_in(make)}\n    return {variable}")
        return f"{name}()"

    def finished(self, definitions: str, made: str, make: str) -> list[Chunk]:
        self.define(definitions)
        # Where the value is made elsewhere (MAKE), nobody needs it here.
        needs = re.search(r"\bv\b", made) is not None
        inner = f"{make}\n{made}" if needs else made
        self.define(f"def make():\n{_in(inner)}\n    return x")
        return self._chunks

    def keeping(self, spec: Spec) -> list[Chunk]:
        (value,) = spec.steps
        self.define("def seen(*args):\n    pass")
        definitions, inline = self.fresh(value.parts)
        self.define(definitions)
        definitions, made = self.fresh(spec.registration.parts)
        return self.finished(_indented(definitions, "VALUE", inline), _indented(made, "VALUE", inline), "")


def _in(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.split("\n"))


def _put(text: str, marker: str, expression: str) -> str:
    return re.sub(rf"\b{marker}\b", lambda _: expression, text)


def _indented(text: str, marker: str, body: str) -> str:
    lines = []
    for line in text.split("\n"):
        if line.strip() == marker:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + inner if inner else inner for inner in body.split("\n")]
        else:
            lines.append(line)
    return "\n".join(lines)


_MARKERS = re.compile(r"\b(BODY|CALL|VALUE|MAKE)\b")


def _bound(definitions: str) -> set[str]:
    """The names that the statements of a module bind."""
    return bound(ast.parse(_MARKERS.sub("v", definitions)))


def bound(tree: ast.Module) -> set[str]:
    out = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            out.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            out |= {alias.asname or alias.name for alias in node.names}
        else:
            out |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return out


def imports(text: str, others: Container[str] = ()) -> str:
    """The imports of the standard library, and of the runtime, that a module's text needs; ``others`` are no modules."""
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound(tree) - set(dir(builtins))
    names = {name for name in names if name not in others}
    wanted = {name for name in names if name in sys.stdlib_module_names or name == "finlint"}
    for dotted in _MODULES:
        if re.search(rf"\b{re.escape(dotted)}\b", text):
            wanted = (wanted - {dotted.partition(".")[0]}) | {dotted}
            if dotted in ("os.path", "urllib.request", "collections.abc", "logging.handlers"):
                wanted.add(dotted.partition(".")[0])
    return "\n".join(f"import {name}" for name in sorted(wanted))
