"""What the outline of a file keeps: names, and the lines to read when one of them is asked for."""

from __future__ import annotations

from typing import Literal, NamedTuple

from finlint.model import ir
from finlint.model.source import Span

#: What kind of statement binds a name; "other": a loop, ``with``, ``except``, a pattern.
BindingKind = Literal["function", "class", "import", "assign", "other"]


class Binding(NamedTuple):
    """One statement of a module's or class's body that binds ``name``.

    Where ``stmt`` is None, lines ``line`` to ``end_line`` of the file (decorators included) hold the statement: they
    are lowered when it is needed.
    """

    name: str
    kind: BindingKind
    line: int
    end_line: int
    #: Under an ``if``, ``try``, ``for`` or ``with``: an earlier binding of the name may still be the one.
    conditional: bool = False
    #: Under ``if TYPE_CHECKING``: there for annotations only.
    typing_only: bool = False
    stmt: ir.Stmt | None = None
    cls: ClassFacts | None = None
    is_async: bool = False


class ClassFacts(NamedTuple):
    name: str
    span: Span
    line: int
    end_line: int
    bases: tuple[ir.Arg, ...]
    decorators: tuple[ir.Expr, ...]
    members: tuple[Binding, ...]


class ModuleFacts(NamedTuple):
    """The outline of one file. ``loose`` holds the lines of statements that bind nothing (calls, loops)."""

    bindings: tuple[Binding, ...]
    stars: tuple[ir.ImportFrom, ...]
    loose: tuple[Binding, ...]
