"""The kinds of nodes that both readers lower, with the node types that ``ast`` and LibCST have for each.

This table drives ``finlint.syntax.lower_ast`` and ``finlint.syntax.lower``: a reader without a method for a kind cannot
be imported, and a test feeds every kind through both. A construct is added here, in both readers, and in
``finlint.model.ir`` where it is a node of its own there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """``name`` is that of the method of a reader, behind its prefix; ``ast`` and ``cst`` are names of node types. One
    side is empty where only the other tells such nodes apart (LibCST has seven kinds of constants, ``ast`` one)."""

    name: str
    ast: tuple[str, ...]
    cst: tuple[str, ...]


STATEMENTS = (
    Kind("assign", ("Assign",), ("Assign",)),
    Kind("annotated", ("AnnAssign",), ("AnnAssign",)),
    Kind("augmented", ("AugAssign",), ("AugAssign",)),
    Kind("expression", ("Expr",), ("Expr",)),
    Kind("return", ("Return",), ("Return",)),
    Kind("raise", ("Raise",), ("Raise",)),
    Kind("delete", ("Delete",), ("Del",)),
    Kind("assert", ("Assert",), ("Assert",)),
    Kind("break", ("Break",), ("Break",)),
    Kind("continue", ("Continue",), ("Continue",)),
    Kind("global", ("Global",), ("Global",)),
    Kind("nonlocal", ("Nonlocal",), ("Nonlocal",)),
    Kind("import", ("Import",), ("Import", "LazyImport")),
    Kind("import_from", ("ImportFrom",), ("ImportFrom", "LazyImportFrom")),
    Kind("if", ("If",), ("If",)),
    Kind("while", ("While",), ("While",)),
    Kind("for", ("For", "AsyncFor"), ("For",)),
    Kind("with", ("With", "AsyncWith"), ("With",)),
    Kind("try", ("Try", "TryStar"), ("Try", "TryStar")),
    Kind("match", ("Match",), ("Match",)),
    Kind("function", ("FunctionDef", "AsyncFunctionDef"), ("FunctionDef",)),
    Kind("class", ("ClassDef",), ("ClassDef",)),
)
EXPRESSIONS = (
    Kind("name", ("Name",), ("Name",)),
    Kind("constant", ("Constant",), ()),
    Kind("number", (), ("Integer", "Float")),
    Kind("ellipsis", (), ("Ellipsis",)),
    Kind("string", (), ("SimpleString",)),
    Kind("concatenated", (), ("ConcatenatedString",)),
    Kind("formatted", ("JoinedStr",), ("FormattedString",)),
    Kind("attribute", ("Attribute",), ("Attribute",)),
    Kind("call", ("Call",), ("Call",)),
    Kind("lambda", ("Lambda",), ("Lambda",)),
    Kind("tuple", ("Tuple",), ("Tuple",)),
    Kind("list", ("List",), ("List",)),
    Kind("set", ("Set",), ("Set",)),
    Kind("dict", ("Dict",), ("Dict",)),
    Kind("subscript", ("Subscript",), ("Subscript",)),
    Kind("slice", ("Slice",), ()),
    Kind("boolean", ("BoolOp",), ("BooleanOperation",)),
    Kind("unary", ("UnaryOp",), ("UnaryOperation",)),
    Kind("compare", ("Compare",), ("Comparison",)),
    Kind("binary", ("BinOp",), ("BinaryOperation",)),
    Kind("conditional", ("IfExp",), ("IfExp",)),
    Kind("await", ("Await",), ("Await",)),
    Kind("yield", ("Yield", "YieldFrom"), ("Yield",)),
    Kind("walrus", ("NamedExpr",), ("NamedExpr",)),
    Kind("starred", ("Starred",), ("StarredElement",)),
    Kind("list_comprehension", ("ListComp",), ("ListComp",)),
    Kind("set_comprehension", ("SetComp",), ("SetComp",)),
    Kind("generator", ("GeneratorExp",), ("GeneratorExp",)),
    Kind("dict_comprehension", ("DictComp",), ("DictComp",)),
    Kind("merged_comprehension", (), ("StarredDictComp",)),
)
#: Patterns of ``match``: what a name in one is bound to, and what one asks.
PATTERNS = (
    Kind("named", ("MatchAs",), ("MatchAs",)),
    Kind("value", ("MatchValue",), ("MatchValue",)),
    Kind("singleton", ("MatchSingleton",), ("MatchSingleton",)),
    Kind("sequence", ("MatchSequence",), ("MatchList", "MatchTuple")),
    Kind("mapping", ("MatchMapping",), ("MatchMapping",)),
    Kind("instance", ("MatchClass",), ("MatchClass",)),
    Kind("alternatives", ("MatchOr",), ("MatchOr",)),
)


def methods(reader: type, prefix: str, kinds: Iterable[Kind], library: str) -> dict[str, Any]:
    """The methods of ``reader`` (``prefix`` and the kind's name) by node type of ``library``, "ast" or "cst".

    Raises ``AttributeError`` where the reader has none for a kind.
    """
    return {node: getattr(reader, prefix + kind.name) for kind in kinds for node in getattr(kind, library)}
