"""What operators give: arithmetic, comparisons, and the special methods that they run."""

from __future__ import annotations

from finlint.analysis.domain.containers import together
from finlint.analysis.domain.state import EvalState, place
from finlint.analysis.domain.values import (
    UNKNOWN,
    Class,
    Const,
    Lib,
    LibObject,
    Mapping,
    Object,
    Sequence,
    Value,
    alternatives,
    union,
)
from finlint.analysis.evaluation.comparisons import EQUALITIES, compared, contains, versions
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.program.statements import last_name, left_spine
from finlint.model import ir
from finlint.model.source import Span

_COMPARISONS = {
    "Equal": "__eq__",
    "NotEqual": "__ne__",
    "LessThan": "__lt__",
    "GreaterThan": "__gt__",
    "LessThanEqual": "__le__",
    "GreaterThanEqual": "__ge__",
}
#: Those of which one makes the others.
_ORDERS = ("__lt__", "__gt__", "__le__", "__ge__")
_UNARY = {"Minus": "__neg__", "Plus": "__pos__", "BitInvert": "__invert__"}
_OPERATORS = {
    "Add": "__add__",
    "Subtract": "__sub__",
    "Multiply": "__mul__",
    "Divide": "__truediv__",
    "FloorDivide": "__floordiv__",
    "Modulo": "__mod__",
    "Power": "__pow__",
    "LeftShift": "__lshift__",
    "RightShift": "__rshift__",
    "BitOr": "__or__",
    "BitAnd": "__and__",
    "BitXor": "__xor__",
    "MatrixMultiply": "__matmul__",
}


class Operators:
    """Operators to values."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask

    def compare(self, expr: ir.Compare, state: EvalState) -> Value:
        version = versions(expr, self.ask.oldest, lambda part: self.ask.expressions.eval(part, state))
        if version is not None:
            return Const(version)
        left = self.ask.expressions.eval(expr.left, state)
        result: Value = UNKNOWN
        for op, right_expr in expr.rest:
            right = self.ask.expressions.eval(right_expr, state)
            if op in ("In", "NotIn"):
                found = self._contains(left, right, right_expr, state)
                verdict = None if found is None else found is (op == "In")
            else:
                verdict = compared(left, op, right, isinstance(expr.left, ir.Name))
                if verdict is None:
                    verdict = self._same_class(left, op, right)
            result = UNKNOWN if verdict is None else Const(verdict)
            self._compare_objects(left, op, right, state, expr)
            left = right
        return result if len(expr.rest) == 1 else UNKNOWN

    def _contains(self, item: Value, container: Value, written: ir.Expr, state: EvalState) -> bool | None:
        """What ``item in written`` gives, where it is sure."""
        if isinstance(container, Object):
            return self.ask.enumerations.has(container, item)
        found = contains(item, container, written, False)
        # Whether anybody changes the container is asked of the whole package: only where that decides.
        if found is None and isinstance(written, ir.Name) and isinstance(container, (Sequence, Mapping)):
            name = written.id
            if self._is_as_given(name, state) or self.ask.names.is_never_changed(name, state.context):
                return contains(item, container, written, True)
        return found

    @staticmethod
    def _is_as_given(name: str, state: EvalState) -> bool:
        """Whether a name is that of a function's ``**options``, into which it puts nothing: nobody else has them."""
        function = state.context.function
        if function is None or name in function.index.names:
            return False
        return any(param.kind == "**" and param.name == name for param in function.ir.params)

    def _same_class(self, left: Value, op: str, right: Value) -> bool | None:
        """What ``type(self) is Other`` gives: false where neither inherits from the other."""
        if op not in EQUALITIES or not isinstance(left, Class) or not isinstance(right, Class):
            return None
        if left in self.ask.classes.mro(right) or self.ask.classes.has_unknown_base(right):
            return None
        return op in ("IsNot", "NotEqual")

    def _compare_objects(self, left: Value, op: str, right: Value, state: EvalState, expr: ir.Compare) -> None:
        if state.recorder is None:
            return
        if op in ("In", "NotIn"):
            for option in alternatives(right):
                if isinstance(option, Object) and self.ask.classes.class_member(option.cls, "__contains__") is not None:
                    self.ask.protocols.special(option, "__contains__", (left,), state, place(expr))
                    continue
                if isinstance(option, (Sequence, Mapping)):
                    self.ask.protocols.hashed(option, left, state, place(expr))
                for item in alternatives(self.ask.protocols.element(option, state, place(expr))):
                    if isinstance(item, Object) and isinstance(option, Sequence):
                        self.ask.protocols.special(item, "__eq__", (left,), state, place(expr))
            return
        for option in alternatives(left):
            if isinstance(option, Object):
                method = _COMPARISONS.get(op, "")
                if method == "__ne__" and self.ask.classes.class_function(option.cls, method) is None:
                    # That of ``object`` asks whether they are equal.
                    method = "__eq__"
                elif method in _ORDERS and self.ask.classes.class_function(option.cls, method) is None:
                    method = self._ordered_by(option.cls)
                self.ask.protocols.special(option, method, (right,), state, place(expr))

    def _ordered_by(self, cls: Class) -> str:
        """The comparison that ``functools.total_ordering`` makes the others of; "" where it makes none."""
        for base in self.ask.classes.mro(cls):
            decorators = base.node.facts.decorators if isinstance(base, Class) else ()
            if any(last_name(decorator) == "total_ordering" for decorator in decorators):
                return next((name for name in _ORDERS if self.ask.classes.class_function(cls, name) is not None), "")
        return ""

    def binary(self, expr: ir.Binary, state: EvalState) -> Value:
        terms = left_spine(expr)
        value = self.ask.expressions.eval(terms[0].left, state)
        for part in terms:
            value = self._operate(part, value, state)
        return value

    def _operate(self, expr: ir.Binary, left: Value, state: EvalState) -> Value:
        right = self.ask.expressions.eval(expr.right, state)
        if expr.op == "Add" and isinstance(left, Sequence) and isinstance(right, Sequence):
            return together(left, right)
        if expr.op == "BitOr":
            merged = self.ask.protocols.merged(left, right)
            if merged is not None:
                return merged
            if all(isinstance(option, (Class, Lib)) for side in (left, right) for option in alternatives(side)):
                # ``Client = Plain | Clustered``: a name for types.
                return union([left, right])
        if expr.op == "Add" and _is_text(left) and _is_text(right):
            return Const(left.value + right.value, left.firm and right.firm)  # type: ignore[union-attr,operator]
        if expr.op == "Modulo" and isinstance(left, Const) and isinstance(left.value, str):
            # ``"%s" % value``
            given = right.items if isinstance(right, Sequence) and right.items is not None else (right,)
            for value in given if state.recorder is not None else ():
                self.ask.protocols.shown(value, "__str__", state, expr.span)
            return UNKNOWN
        if expr.op == "Multiply" and isinstance(left, Sequence):
            return Sequence(left.kind, None, left.element)
        if expr.op == "Multiply" and isinstance(right, Sequence):
            return Sequence(right.kind, None, right.element)
        if (
            expr.op == "BitOr"
            and isinstance(left, Const)
            and isinstance(right, Const)
            and isinstance(left.value, int)
            and isinstance(right.value, int)
        ):
            return Const(left.value | right.value, left.firm and right.firm)
        if expr.op.startswith("Bit") and isinstance(left, Object) and self.ask.enumerations.is_one(left.cls):
            return self.ask.enumerations.combined(expr.op, left, right)
        if expr.op in _OPERATORS:
            method = _OPERATORS[expr.op]
            if isinstance(left, Object) and self.ask.classes.class_member(left.cls, method) is not None:
                return self.ask.protocols.special(left, method, (right,), state, expr.span)
            if isinstance(right, Object):
                return self.ask.protocols.special(right, f"__r{method[2:]}", (left,), state, expr.span)
        if isinstance(left, LibObject) and expr.op == "Divide" and left.type.startswith("pathlib."):
            return left
        return UNKNOWN

    def in_place(self, obj: Object, op: str, value: Value, state: EvalState, span: Span) -> None:
        """``obj += value``: ``__iadd__``, else ``__add__``."""
        method = _OPERATORS.get(op, "")
        for name in (f"__i{method[2:]}", method):
            if self.ask.classes.class_function(obj.cls, name) is not None:
                self.ask.protocols.special(obj, name, (value,), state, span)
                return

    def unary(self, expr: ir.Unary, state: EvalState) -> Value:
        value = self.ask.expressions.eval(expr.value, state)
        return union(
            self.ask.protocols.special(option, _UNARY[expr.op], (), state, expr.span)
            for option in alternatives(value)
            if isinstance(option, Object)
        )


def _is_text(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str)
