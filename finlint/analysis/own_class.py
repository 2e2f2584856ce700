"""Calls by which the methods of a class make one more instance of it, without saying its name: ``cls(...)``,
``type(self)(...)``, ``self.__class__(...)``. Constructors of another name do (``Connection.open(address)``), and so do
copies."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.nodes import ClassNode, FunctionNode
from finlint.model import ir

#: Names that the class has there. What a name means is decided by its value.
_NAMES = ("cls", "klass")
_CLASS = "__class__"
_TYPE = "type"


def own_calls(cls: ClassNode) -> Iterator[tuple[FunctionNode, ir.Call]]:
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
