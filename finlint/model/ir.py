"""The facts' language: what is kept of a function body.

LibCST slices are lowered to these nodes once; analysis never sees a syntax tree. Nodes are tuples: cheap to
make, hashable, and written to the cache as they are. White space, comments and formatting are gone; places
(``Span``) are kept where a finding or a trace may need them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Union

from finlint.model.record import Record
from finlint.model.source import Span

# -- expressions


#: How an argument is spliced in.
Star = Literal["", "*", "**"]
DisplayKind = Literal["tuple", "list", "set"]
ComprehensionKind = Literal["list", "set", "dict", "generator"]
#: Operators have LibCST's names.
BoolOp = Literal["and", "or"]
UnaryOp = Literal["Minus", "Plus", "BitInvert"]
BinaryOp = Literal[
    "Add",
    "Subtract",
    "Multiply",
    "MatrixMultiply",
    "Divide",
    "FloorDivide",
    "Modulo",
    "Power",
    "LeftShift",
    "RightShift",
    "BitOr",
    "BitXor",
    "BitAnd",
]
CompareOp = Literal[
    "Equal",
    "NotEqual",
    "LessThan",
    "LessThanEqual",
    "GreaterThan",
    "GreaterThanEqual",
    "Is",
    "IsNot",
    "In",
    "NotIn",
]
#: ``!s``, ``!r`` and ``!a`` of an f-string.
Conversion = Literal["", "s", "r", "a"]
JumpKind = Literal["break", "continue", "pass"]
#: Positional only, by position or keyword, keyword only, ``*args``, ``**kwargs``.
ParamKind = Literal["pos", "any", "kw", "*", "**"]


class Name(Record):
    id: str
    span: Span


class Const(Record):
    """None, a bool, a number, a string or bytes; ``...`` too."""

    value: object


class Attr(Record):
    value: Expr
    name: str
    span: Span


class Arg(Record):
    value: Expr
    keyword: str = ""
    star: Star = ""


class Call(Record):
    func: Expr
    args: tuple[Arg, ...]
    span: Span


class Lambda(Record):
    function: Function


class Display(Record):
    """A tuple, list or set display."""

    kind: DisplayKind
    items: tuple[Expr, ...]
    span: Span


class DictDisplay(Record):
    """A dictionary display; a key is None where ``**mapping`` is spliced in."""

    items: tuple[tuple[Expr | None, Expr], ...]
    span: Span


class Starred(Record):
    value: Expr


class Subscript(Record):
    value: Expr
    key: Expr
    span: Span


class Bool(Record):
    """``and`` / ``or`` of two operands."""

    op: BoolOp
    left: Expr
    right: Expr


class Not(Record):
    value: Expr


class Compare(Record):
    left: Expr
    rest: tuple[tuple[CompareOp, Expr], ...]


class Binary(Record):
    left: Expr
    op: BinaryOp
    right: Expr
    span: Span


class IfExp(Record):
    test: Expr
    body: Expr
    orelse: Expr


class Await(Record):
    value: Expr
    span: Span


class Yield(Record):
    value: Expr | None
    delegates: bool
    span: Span


class For_(Record):
    """One ``for`` clause of a comprehension."""

    target: Expr
    iter: Expr
    ifs: tuple[Expr, ...]
    is_async: bool


class Comprehension(Record):
    """A dict has two elements, ``{**mapping for ...}`` one."""

    kind: ComprehensionKind
    elements: tuple[Expr, ...]
    clauses: tuple[For_, ...]
    span: Span


class Walrus(Record):
    target: str
    value: Expr


class Slice(Record):
    """``a:b:c`` between brackets: the parts that are given, and which of the three each is (None: not told)."""

    parts: tuple[Expr, ...]
    places: tuple[int, ...] | None = None


class Unary(Record):
    """``-x``, ``+x`` or ``~x``."""

    op: UnaryOp
    value: Expr
    span: Span


class Formatted(Record):
    """A field of an f-string; ``spec`` are the fields in its format."""

    value: Expr
    conversion: Conversion
    spec: tuple[Expr, ...]
    span: Span


class Text(Record):
    """An f-string: constant texts and fields (``Formatted``), as they stand."""

    parts: tuple[Expr, ...]


class Narrowed(Record):
    """``value`` where a pattern has found that it is an instance of ``cls``."""

    value: Expr
    cls: Expr


class Positional(Record):
    """What a class pattern finds at ``position``, as the ``__match_args__`` of the class of ``value`` say."""

    value: Expr
    position: int
    span: Span


class Opaque(Record):
    """An expression whose value is of no interest, with the parts that are evaluated."""

    parts: tuple[Expr, ...]


Expr = Union[
    Name,
    Const,
    Attr,
    Call,
    Lambda,
    Display,
    DictDisplay,
    Starred,
    Subscript,
    Bool,
    Not,
    Compare,
    Binary,
    IfExp,
    Await,
    Yield,
    Comprehension,
    Walrus,
    Slice,
    Unary,
    Formatted,
    Text,
    Narrowed,
    Positional,
    Opaque,
]


def text(parts: Iterable[Expr]) -> Text:
    """An f-string of these parts, in which no two constants stand side by side."""
    out: list[Expr] = []
    for part in parts:
        if isinstance(part, Const) and out and isinstance(out[-1], Const):
            out[-1] = Const(f"{out[-1].value}{part.value}")
        elif not isinstance(part, Const) or part.value:
            out.append(part)
    return Text(tuple(out))


# -- statements


class Assign(Record):
    targets: tuple[Expr, ...]
    value: Expr
    span: Span


class AnnAssign(Record):
    target: Expr
    annotation: Expr
    value: Expr | None
    span: Span


class AugAssign(Record):
    target: Expr
    op: BinaryOp
    value: Expr
    span: Span


class ExprStmt(Record):
    value: Expr
    span: Span


class Return(Record):
    value: Expr | None
    span: Span


class Raise(Record):
    """``raise value from cause``"""

    value: Expr | None
    span: Span
    cause: Expr | None = None


class Delete(Record):
    targets: tuple[Expr, ...]
    span: Span


class If(Record):
    test: Expr
    body: Block
    orelse: Block
    span: Span


class While(Record):
    test: Expr
    body: Block
    orelse: Block
    span: Span


class For(Record):
    target: Expr
    iter: Expr
    body: Block
    orelse: Block
    is_async: bool
    span: Span


class With(Record):
    """``items``: (context expression, target or None, place of the expression). ``is_left``: the managers were entered
    before, and ``body`` is what is left of it (of a generator that goes on, or is closed)."""

    items: tuple[tuple[Expr, Expr | None, Span], ...]
    body: Block
    is_async: bool
    span: Span
    is_left: bool = False


class Handler(Record):
    type: Expr | None
    name: str
    body: Block


class Try(Record):
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block
    span: Span


class Import(Record):
    """``import a.b as c``: (module, name bound, whether the whole path is meant by that name)."""

    names: tuple[tuple[str, str, bool], ...]
    span: Span


class ImportFrom(Record):
    """``from ..m import x as y``; ``names`` holds (name, name bound); a star import is (("*", "*"),)."""

    module: str
    level: int
    names: tuple[tuple[str, str], ...]
    span: Span


class FunctionDef(Record):
    function: Function


class ClassDef(Record):
    name: str
    bases: tuple[Arg, ...]
    decorators: tuple[Expr, ...]
    body: Block
    span: Span


class Global(Record):
    names: tuple[str, ...]
    nonlocal_: bool


class Assert(Record):
    """``message`` is evaluated where the test fails."""

    test: Expr
    message: Expr | None
    span: Span


class Pattern(Record):
    """What a ``case`` looks for, in expressions of the subject (``subject.lock``, ``subject[0]``).

    ``binds``: the names that it binds, each with what it is bound to; the alternatives of ``a | b`` bind a name once
    each. ``test`` is what it asks: ``Const(True)`` where it matches everything, None where no expression says it.
    ``needs`` is what it asks of parts of the subject, beside other things: where that is false, it does not match.
    ``cls`` is the class that it requires, if any. ``names`` are the dotted names that are looked up for it: values,
    classes, keys.
    """

    binds: tuple[tuple[str, Expr], ...]
    test: Expr | None
    cls: Expr | None
    names: tuple[Expr, ...] = ()
    needs: Expr | None = None


class Case(Record):
    """One ``case``."""

    pattern: Pattern
    guard: Expr | None
    body: Block


class Match(Record):
    subject: Expr
    cases: tuple[Case, ...]
    span: Span


class Jump(Record):
    """``break``, ``continue`` or ``pass``."""

    kind: JumpKind


Stmt = Union[
    Assign,
    AnnAssign,
    AugAssign,
    ExprStmt,
    Return,
    Raise,
    Delete,
    If,
    While,
    For,
    With,
    Try,
    Import,
    ImportFrom,
    FunctionDef,
    ClassDef,
    Global,
    Assert,
    Match,
    Jump,
]

Block = tuple[Stmt, ...]

# -- functions


class Param(Record):
    name: str
    kind: ParamKind
    annotation: Expr | None
    default: Expr | None


class Function(Record):
    """A function or a lambda (name ``<lambda>``). ``span`` is that of ``def``/``lambda`` up to the name."""

    name: str
    params: tuple[Param, ...]
    body: Block
    returns: Expr | None
    decorators: tuple[Expr, ...]
    is_async: bool
    is_generator: bool
    #: Names bound in the body (parameters included), so that every other name is free.
    bound: frozenset[str]
    span: Span
