"""Which calls register a finalizer, and what their arguments mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from finlint.analysis.domain.effects import Args, CallArgs, Registration
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import (
    UNKNOWN,
    Class,
    Const,
    Lib,
    LibObject,
    Mapping,
    Sequence,
    Value,
    WeakReference,
)
from finlint.analysis.models.knowledge import Knowledge
from finlint.model import ir
from finlint.model.closed import assert_never
from finlint.model.settings import Registrar
from finlint.model.source import Span

#: What a registrar passes to the callback: the arguments after it, the weak reference, the object (resurrected), one
#: more argument, what ``args=`` and ``kwargs=`` hold, or something that is not known.
Passes = Literal["rest", "reference", "object", "argument", "tuple", "nothing"]


class Spec(NamedTuple):
    """How a registrar takes its arguments."""

    name: str
    object: int | str | None
    callback: int | str
    callback_name: str
    passes: Passes
    #: What the call gives: "reference" for weakref.ref and its kin, "finalizer" for the rest.
    result: Literal["finalizer", "reference"] = "finalizer"


_SPECS = (
    Spec("weakref.finalize", 0, 1, "func", "rest"),
    Spec("weakref.ref", 0, 1, "callback", "reference", "reference"),
    Spec("weakref.ReferenceType", 0, 1, "callback", "reference", "reference"),
    Spec("weakref.KeyedRef", 0, 1, "callback", "reference", "reference"),
    Spec("weakref.proxy", 0, 1, "callback", "reference", "reference"),
    Spec("weakref.WeakMethod", 0, 1, "callback", "reference", "reference"),
    Spec("multiprocessing.util.Finalize", 0, 1, "callback", "tuple"),
    Spec("finlint.runtime.set_finalizer", 0, 1, "fn", "object"),
    Spec("finlint.runtime.add_cleanup", 0, 1, "fn", "argument"),
    Spec("finlint.runtime.Runtime.set_finalizer", 0, 1, "fn", "object"),
    Spec("finlint.runtime.Runtime.add_cleanup", 0, 1, "fn", "argument"),
    Spec("gc.callbacks.append", None, 0, "", "nothing"),
    Spec("gc.callbacks.insert", None, 1, "", "nothing"),
)

#: Names under which registrars are known elsewhere, with the name that is reported.
_ALIASES = {
    "_weakref.ref": "weakref.ref",
    "_weakref.proxy": "weakref.proxy",
    "_weakref.ReferenceType": "weakref.ref",
    "weakref.ReferenceType": "weakref.ref",
    "multiprocess.util.Finalize": "multiprocessing.util.Finalize",
    "billiard.util.Finalize": "multiprocessing.util.Finalize",
    "finlint.runtime.api.set_finalizer": "finlint.runtime.set_finalizer",
    "finlint.runtime.api.add_cleanup": "finlint.runtime.add_cleanup",
}


class Registrars:
    """The known registrars and those that the configuration names."""

    def __init__(self, configured: Iterable[Registrar] = ()) -> None:
        self._specs = {spec.name: spec for spec in _SPECS}
        for alias, name in _ALIASES.items():
            self._specs[alias] = self._specs[name]
        for extra in configured:
            self._specs[extra.name] = Spec(
                extra.name,
                extra.object,
                extra.callback,
                extra.callback if isinstance(extra.callback, str) else "",
                "rest",
            )

    def named(self, name: str) -> Spec | None:
        """The registrar with this qualified name."""
        return self._specs.get(name)

    @property
    def words(self) -> frozenset[str]:
        """Last names of all registrars: what a call of one must be called, but for aliases."""
        return frozenset(name.rpartition(".")[2] for name in self._specs) - {"append", "insert"} | {"callbacks"}

    @property
    def everyday(self) -> frozenset[str]:
        """Those of ``words`` that a module's function has, or a class, so that a chain before them names a module."""
        modules = ("weakref.", "_weakref.", "gc.", "multiprocessing.", "multiprocess.", "billiard.")
        others = {name.rpartition(".")[2] for name in self._specs if not name.startswith(modules)}
        return self.words - others

    def constructed(self, cls: Class, order: tuple[Value, ...], knowledge: Knowledge) -> Spec | None:
        """The registrar that a class of the project is, by name, or inherits from (``weakref.ref``)."""
        named = self._specs.get(f"{cls.node.module.name}.{cls.node.name}")
        if named is not None:
            return named
        for base in order:
            if isinstance(base, Lib):
                spec = self._specs.get(knowledge.canonical(base.name))
                if spec is not None:
                    return spec
        return None

    def registration(
        self,
        spec: object,
        args: Args,
        state: EvalState,
        span: Span | None,
        call: ir.Call | None = None,
    ) -> tuple[Registration | None, Value] | None:
        """The registration that a call makes (None: no callback was given), and the call's value."""
        assert isinstance(spec, Spec)
        target = _argument(args, spec.object, ("obj", "object", "meth")) if spec.object is not None else None
        callback = _argument(args, spec.callback, (spec.callback_name,))
        reference = WeakReference(target or UNKNOWN, "weakref.proxy" if spec.name == "weakref.proxy" else "weakref.ref")
        value: Value = reference if spec.result == "reference" else LibObject(spec.name)
        nothing = isinstance(callback, Const) and callback.value is None
        if callback is None or (nothing and not (call is not None and _may_be_other(call, spec))):
            return None, value
        if span is None:
            return None, value
        if spec.name == "multiprocessing.util.Finalize" and isinstance(target, Const) and target.value is None:
            # It watches nothing, and is run at exit only, as what ``atexit`` has.
            return None, value
        passed = self._passed(spec, args, target or UNKNOWN, reference)
        at_exit = args.keyword("exitpriority") is not None or len(args.positional) > 4
        path = state.module.path
        made = Registration(spec.name, path, span, target, callback, passed, state.context, at_exit, call)
        return made, value

    @staticmethod
    def _passed(spec: Spec, args: Args, target: Value, reference: Value) -> CallArgs:
        if spec.passes == "rest":
            first = spec.callback + 1 if isinstance(spec.callback, int) else len(args.positional)
            keywords = tuple((k, v) for k, v in args.keywords if k not in (spec.callback_name, spec.callback))
            return CallArgs(args.positional[first:], keywords, args.open_ended)
        if spec.passes == "reference":
            return CallArgs((reference,))
        if spec.passes == "object":
            return CallArgs((target,))
        if spec.passes == "argument":
            return CallArgs((_argument(args, 2, ("arg",)) or UNKNOWN,))
        if spec.passes == "tuple":
            given = _argument(args, 2, ("args",))
            mapping = _argument(args, 3, ("kwargs",))
            open_ended = False
            positional: tuple[Value, ...] = ()
            if isinstance(given, Sequence) and given.items is not None:
                positional = given.items
            elif given is not None:
                open_ended = True
            named: tuple[tuple[str, Value], ...] = ()
            if isinstance(mapping, Mapping):
                named = tuple((str(k.value), v) for k, v in mapping.items if isinstance(k, Const))
            return CallArgs(positional, named, open_ended)
        if spec.passes != "nothing":
            assert_never(spec.passes)
        return CallArgs(open_ended=True)


def argument_expression(call: ir.Call, where: int | str | None, names: tuple[str, ...]) -> ir.Expr | None:
    """The expression of an argument, as ``_argument`` finds its value; None behind a ``*args``."""
    if isinstance(where, int):
        positional = [a for a in call.args if not a.keyword and a.star != "**"]
        if where < len(positional) and not any(a.star for a in positional[: where + 1]):
            return positional[where].value
    else:
        names = (where or "",)
    for arg in call.args:
        if arg.keyword and arg.keyword in names:
            return arg.value
    return None


def _may_be_other(call: ir.Call, spec: Spec) -> bool:
    """Whether a callback that is None is not meant as "no callback": it is the result of a call, which is a mistake, or
    an attribute, which a subclass may have."""
    expr = argument_expression(call, spec.callback, (spec.callback_name,))
    return isinstance(expr, (ir.Call, ir.Attr))


def is_left_to_heirs(registration: Registration, callback: Value) -> bool:
    """Whether a registration's ``callback`` is an attribute that is None here: only a subclass may have one."""
    if not isinstance(callback, Const) or callback.value is not None or registration.call is None:
        return False
    return not any(isinstance(arg.value, ir.Call) for arg in registration.call.args)


def _argument(args: Args, where: int | str, names: tuple[str, ...]) -> Value | None:
    if isinstance(where, str):
        return args.keyword(where)
    if where < len(args.positional):
        return args.positional[where]
    for name in names:
        value = args.keyword(name) if name else None
        if value is not None:
            return value
    return None
