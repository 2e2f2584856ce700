"""FIN305: what is registered is not the function that should run.

Either the function is called at registration and its result registered, or what is registered only gives another
callable when it is called: a ``WeakMethod``, a factory, ``functools.partial`` itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.domain.effects import Registration
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import (
    Bound,
    Const,
    Function,
    Lib,
    LibCoroutine,
    LibMethod,
    LibObject,
    Mapping,
    Object,
    Partial,
    Sequence,
    Suspended,
    Value,
    WeakReference,
    alternatives,
    is_known,
)
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.properties.watched import callback_expression
from finlint.model import ir
from finlint.model.finding import Finding, Severity
from finlint.rules.base.rule import FINALIZE, FinalizerPass, FinalizerRule

_PLAIN = frozenset({"None", "bool", "bytes", "float", "int", "str"})


class CalledNotPassed(FinalizerRule):
    code = "FIN305"
    kind = "called-not-passed"
    severity = Severity.ERROR
    claims = ("never-started-body", "never-ran", "raised")

    summary = "the callback is called at registration and its result registered"
    why = (
        "`finalize(obj, close())` closes now, and registers what `close` returned. The opposite mistake has the same "
        "end: a factory, `functools.partial` itself or a `WeakMethod` as callback gives a callable when it is called, "
        "and nobody calls that one."
    )
    example = """
        import weakref


        class Stream:
            def __init__(self):
                self.chunks = []

            def open(self, reader):
                weakref.finalize(reader, self.release())

            def release(self):
                self.chunks.clear()
    """
    advice = "Pass the function itself, and its arguments after it."
    fix = """
        import weakref


        class Stream:
            def __init__(self):
                self.chunks = []

            def open(self, reader):
                weakref.finalize(reader, self.release)

            def release(self):
                self.chunks.clear()
    """
    mended = ("register the function instead of what calling it gave (safe)",)
    not_reported = "Calls whose result can be called (factories, partials, instances with `__call__`) or is not known."
    evidence = (FINALIZE, "https://github.com/DiamondLightSource/httomo/pull/265")

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        registration = finalizer.registration
        if registration is None:
            return
        expr = callback_expression(registration, evaluator)
        message = _at_registration(finalizer.callback, registration, expr, evaluator)
        if not message:
            message = _gives_a_callable(finalizer.callback, registration, finalizer, evaluator)
        if message:
            yield self.finding(finalizer, message)


def _at_registration(callback: Value, registration: Registration, expr: ir.Expr | None, evaluator: Evaluator) -> str:
    if not isinstance(expr, ir.Call):
        return ""
    options = list(alternatives(registration.callback))
    if not all(_cannot_be_called(v, evaluator) for v in options):
        called = alternatives(evaluator.expressions.eval(expr.func, EvalState(registration.context)))
        if not all(_gives_plain_value(v, evaluator) for v in called):
            return ""
    name = dotted(expr.func)
    shown = f"`{name}()`" if name else "The function"
    return (
        f"{shown} is called when `{registration.registrar}` registers, and its result is the callback: "
        "pass the function itself"
    )


def _gives_plain_value(function: Value, evaluator: Evaluator) -> bool:
    """Whether it is a function of a library that gives nothing, or a number or text: ``shutil.rmtree(path)``."""
    if not isinstance(function, (Lib, LibMethod)):
        return False
    owner, _, name = function.name.rpartition(".")
    returned = evaluator.knowledge.returns(function.name)
    if not returned and isinstance(function, LibMethod):
        returned = evaluator.knowledge.call_type(owner, name)
    return returned in _PLAIN


def _cannot_be_called(value: Value, evaluator: Evaluator) -> bool:
    if isinstance(value, Const):
        return value.value is None or isinstance(value.value, (int, str, bytes, float))
    if isinstance(value, (Sequence, Mapping, Suspended, LibCoroutine)):
        return True
    if isinstance(value, Object):
        known = all(is_known(base) for base in evaluator.classes.mro(value.cls))
        return (
            known
            and evaluator.classes.class_member(value.cls, "__call__") is None
            and not _has_library_base(value, evaluator)
        )
    return False


def _has_library_base(value: Object, evaluator: Evaluator) -> bool:
    return evaluator.classes.library_base(value.cls) not in ("", "builtins.object")


def _gives_a_callable(callback: Value, registration: Registration, finalizer: Finalizer, evaluator: Evaluator) -> str:
    if isinstance(callback, WeakReference) or (
        isinstance(callback, LibObject) and callback.type.startswith("weakref.") and "finalize" not in callback.type
    ):
        return (
            f"The callback of `{registration.registrar}` is a weak reference: calling it only gives what it refers to "
            "(None by then), and nothing is run"
        )
    if isinstance(callback, (Function, Bound)) and not _only_makes(callback):
        return ""
    made = evaluator.calls.call(callback, registration.args, EvalState(finalizer.root), None, None)
    options = list(alternatives(made))
    if options and all(isinstance(v, (Function, Bound, Partial)) for v in options):
        return (
            f"The callback of `{registration.registrar}` only gives another callable, which nobody calls: "
            "call the factory, and register what it makes"
        )
    return ""


def _only_makes(callback: Value) -> bool:
    """Whether a function does nothing but make and return something."""
    function = callback.function if isinstance(callback, Bound) else callback
    if not isinstance(function, Function):
        return False
    body = function.node.ir.body
    return all(
        isinstance(stmt, (ir.FunctionDef, ir.Return))
        or (isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const))
        or isinstance(stmt, ir.Jump)
        for stmt in body
    )
