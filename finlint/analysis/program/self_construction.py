"""Calls by which the methods of a class make one more instance of it, without saying its name: ``cls(...)``,
``type(self)(...)``, ``self.__class__(...)``. Constructors of another name do (``Connection.open(address)``), and so do
copies."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.program.symbols import ClassNode, FunctionNode
from finlint.model import ir

#: Names that the class has there. What a name means is decided by its value.
_NAMES = ("cls", "klass")
_CLASS = "__class__"
_TYPE = "type"


def making_another(cls: ClassNode) -> Iterator[tuple[FunctionNode, ir.Call]]:
    """Calls in methods of ``cls`` that may be such ones, each with the method."""
    for method in cls.methods_calling((*_NAMES, _CLASS, _TYPE)):
        for call in method.index.calls:
            if _may_be_class(call.func):
                yield method, call


def _may_be_class(func: ir.Expr) -> bool:
    if isinstance(func, ir.Call):
        return isinstance(func.func, ir.Name) and func.func.id == _TYPE
    if isinstance(func, ir.Attr):
        return func.name == _CLASS
    return isinstance(func, ir.Name) and func.id in _NAMES


def made_names(method: FunctionNode) -> list[str]:
    """Variables of ``method`` that hold an instance of its class which it has just made: ``copy = cls()``,
    ``self = super().__new__(cls)``."""
    own = method.owner.name if method.owner is not None else ""
    return [
        name
        for name, definitions in method.index.names.items()
        for definition in definitions[:1]
        if definition.how == "value" and isinstance(definition.node, ir.Call) and _makes(definition.node.func, own)
    ]


def _makes(func: ir.Expr, own: str) -> bool:
    if isinstance(func, ir.Attr) and func.name == "__new__":
        return True
    return _may_be_class(func) or (isinstance(func, ir.Name) and func.id == own)
