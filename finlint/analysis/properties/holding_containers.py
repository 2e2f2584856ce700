"""Containers of a class or a module that a constructor puts its object into, and that only the finalizer empties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState
from finlint.analysis.domain.values import Class, Mapping, Module, Object, Sequence, Value, alternatives
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.statements import (
    children,
    conditions,
    flat_statements,
    last_name,
    parts_of,
    whole_expressions,
)
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, lines_naming, with_closures
from finlint.model import ir
from finlint.model.bindings import Bound, bound_singly
from finlint.model.facts import Binding
from finlint.model.source import Span

#: Methods that put something into a container and take nothing out of it.
_ADDS = frozenset({"append", "add", "appendleft", "insert"})
_READS = frozenset({"get", "items", "keys", "values", "copy", "index", "count"})
#: Functions that only look at what they are given.
_LOOKS = frozenset(
    {
        "all",
        "any",
        "bool",
        "enumerate",
        "frozenset",
        "iter",
        "len",
        "list",
        "repr",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
    }
)
_KINDS = frozenset({"list", "set"})


class Put(NamedTuple):
    """What a constructor puts (``given``) into the container ``name`` of ``owner``."""

    owner: Class | ModuleNode
    name: str
    text: str
    given: tuple[ir.Arg, ...]
    span: Span


def container_of(stmt: ir.Stmt, me: str, context: CallContext, evaluator: Evaluator) -> Put | None:
    """Where a statement of a constructor puts something: ``Pool.live.append(self)``, ``LIVE[id(self)] = self``."""
    container, given = _written(stmt, me)
    if container is None:
        return None
    span = stmt.span  # type: ignore[union-attr]
    if isinstance(container, ir.Name):
        assert context.function is not None
        if container.id in context.function.ir.bound:
            return None
        home, name = _defined_in(context.module, container.id, evaluator)
        return Put(home, name, container.id, given, span)
    if not isinstance(container, ir.Attr):
        return None
    for option in alternatives(evaluator.expressions.eval(container.value, EvalState(context))):
        if isinstance(option, Module) and option.node.bound(container.name):
            home, name = _defined_in(option.node, container.name, evaluator)
            return Put(home, name, f"{last_name(container.value)}.{container.name}", given, span)
        cls = option if isinstance(option, Class) else option.cls if isinstance(option, Object) else None
        if cls is not None and container.name in cls.node.members:
            return Put(cls, container.name, f"{cls.node.name}.{container.name}", given, span)
    return None


def _defined_in(module: ModuleNode, name: str, evaluator: Evaluator) -> tuple[ModuleNode, str]:
    """The module that a name of another one is imported from, and what it is called there."""
    bound = module.bound(name)
    stmt = bound[0].stmt if len(bound) == 1 else None
    source = evaluator.project.source_of(stmt, module) if isinstance(stmt, ir.ImportFrom) else None
    return (module, name) if source is None or not isinstance(stmt, ir.ImportFrom) else (source, stmt.names[0][0])


def _written(stmt: ir.Stmt, me: str) -> tuple[ir.Expr | None, tuple[ir.Arg, ...]]:
    container, given = adds_to(stmt)
    if container is not None:
        return container, given
    if isinstance(stmt, ir.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ir.Subscript):
        target = stmt.targets[0]
        if isinstance(target.key, ir.Name) and target.key.id == me:
            return target.value, (ir.Arg(target.key),)
        if _is_own_id(target.key, me):
            # Under any other key the next object may take its place.
            return target.value, (ir.Arg(stmt.value),)
    return None, ()


def adds_to(stmt: ir.Stmt) -> tuple[ir.Expr | None, tuple[ir.Arg, ...]]:
    """The container that a statement adds something to, ``live.append(x)``, and what."""
    if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call) and isinstance(stmt.value.func, ir.Attr):
        func = stmt.value.func
        if func.name in _ADDS:
            return func.value, stmt.value.args[-1:]
    return None, ()


def _is_own_id(key: ir.Expr, me: str) -> bool:
    return (
        isinstance(key, ir.Call)
        and isinstance(key.func, ir.Name)
        and key.func.id == "id"
        and len(key.args) == 1
        and isinstance(key.args[0].value, ir.Name)
        and key.args[0].value.id == me
    )


def is_never_emptied(put: Put, ending: FunctionNode | None, evaluator: Evaluator) -> bool:
    """Whether nobody takes anything out of the container before the finalizer ``ending`` runs.

    Whatever is done with it in its module is looked at, and has to be known to do no such thing; no other that names
    the module or the class may name it, but that of the finalizer.
    """
    home = _home(put)
    others = evaluator.project.mentioning(put.name, home)
    reaching = [other for other in others if _may_reach(other, put)]
    own = [] if ending is None else [ending.module]
    if not _holds_what_is_put(put, evaluator) or any(other not in own for other in reaching):
        return False
    return all(_only_looks(module, put, ending) for module in dict.fromkeys((home, *reaching)))


def _only_looks(module: ModuleNode, put: Put, ending: FunctionNode | None) -> bool:
    """Whether a module, but for the finalizer, only looks into the container, or adds to it."""
    seen: set[object] = set()
    for line, function in lines_naming(module, put.name):
        if function is None:
            if not _is_at(line, put, module):
                return False
        elif function not in seen and function is not ending:
            seen.add(function)
            if not only_reads(function, put.name):
                return False
    return True


def _may_reach(module: ModuleNode, put: Put) -> bool:
    """Whether another module may mean the container by its name: it names where that is defined, too. A class of its
    own by that name is another one."""
    owners = {_home(put).name.rpartition(".")[2]}
    if isinstance(put.owner, Class) and not _defines_class(module, put.owner.node.name):
        owners.add(put.owner.node.name)
    words = module.source.lines
    return bool(words("words", put.name)) and any(words("words", owner) for owner in owners)


def _defines_class(module: ModuleNode, name: str) -> bool:
    bound = module.bound(name)
    return bool(bound) and all(binding.kind == "class" for binding in bound)


def _holds_what_is_put(put: Put, evaluator: Evaluator) -> bool:
    """Whether it is a list, a set or a dictionary that holds what is in it, and all of it."""
    value: Value
    if isinstance(put.owner, ModuleNode):
        value = evaluator.names.module_name(put.owner, put.name)
    else:
        value = evaluator.attributes.class_attribute(put.owner, put.name)
    options = alternatives(value)
    plain = ((isinstance(v, Sequence) and v.kind in _KINDS) or (isinstance(v, Mapping) and not v.weak) for v in options)
    definitions = [stmt for binding in _bindings(put) for stmt in _home(put).statements(binding)]
    made = [s.value for s in definitions if isinstance(s, (ir.Assign, ir.AnnAssign))]
    bounded = any(isinstance(v, ir.Call) and (len(v.args) > 1 or any(a.keyword for a in v.args)) for v in made)
    return all(plain) and len(definitions) == len(made) == 1 and not bounded


def _home(put: Put) -> ModuleNode:
    return put.owner if isinstance(put.owner, ModuleNode) else put.owner.node.module


def _bindings(put: Put) -> Iterable[Binding]:
    return put.owner.bound(put.name) if isinstance(put.owner, ModuleNode) else put.owner.node.members[put.name]


def _is_at(line: int, put: Put, home: ModuleNode) -> bool:
    """Whether a line outside of functions is that of its definition, or only reads it."""
    if home is _home(put) and any(binding.line <= line <= binding.end_line for binding in _bindings(put)):
        return True
    if any(b.kind == "import" and b.line <= line <= b.end_line for b in home.bound(put.name)):
        return True
    found = [stmt for binding in home.statements_at(line) for stmt in home.statements(binding)]
    return bool(found) and all(_only_reads_in(stmt, put.name) for stmt in found)


def only_reads(function: FunctionNode, name: str) -> bool:
    """Whether a function, with those inside it, only looks at what is called ``name``, or adds to it."""
    inside = (around[-1] for around in with_closures(function))
    return all(_only_reads_in(stmt, name) for node in inside for stmt in flat_statements(node.ir.body))


def _only_reads_in(stmt: ir.Stmt, name: str) -> bool:
    """Whether a statement (without those in it) only looks at what is called ``name``, or adds to it."""
    for bound in bound_singly(stmt):
        # An import gives the container its name in another module.
        if bound.how != "import" and _names(bound.target, name) and not _is_own_place(bound, name):
            return False
    looks = [stmt.iter] if isinstance(stmt, ir.For) else conditions(stmt)
    return all((_is(expr, name) and expr in looks) or _is_fine(expr, name) for expr in whole_expressions(stmt))


def _is_own_place(bound: Bound, name: str) -> bool:
    """``LIVE[id(x)] = x``: each object in its own place."""
    target, how, value = bound
    return (
        how == "value"
        and isinstance(target, ir.Subscript)
        and _is(target.value, name)
        and isinstance(value, ir.Name)
        and (_is_own_id(target.key, value.id) or target.key == value)
    )


def _is(expr: object, name: str) -> bool:
    return isinstance(expr, (ir.Name, ir.Attr)) and last_name(expr) == name


def _names(expr: ir.Expr, name: str) -> bool:
    return any(last_name(part) == name for part in parts_of(expr))


def _is_fine(expr: ir.Expr, name: str) -> bool:
    """Whether an expression does nothing with what is called ``name`` but look at it or add to it."""
    if last_name(expr) == name:
        return False
    parts = children(expr)
    if isinstance(expr, ir.Call):
        func = expr.func
        if isinstance(func, ir.Attr) and _is(func.value, name) and func.name in _ADDS | _READS:
            parts = [arg.value for arg in expr.args]
        elif isinstance(func, ir.Name) and func.id in _LOOKS:
            parts = [arg.value for arg in expr.args if not _is(arg.value, name)]
    elif isinstance(expr, (ir.Compare, ir.Not, ir.Subscript)):
        parts = [part for part in parts if not _is(part, name)]
    elif isinstance(expr, ir.Comprehension):
        iterated = [clause.iter for clause in expr.clauses]
        parts = [part for part in parts if not (_is(part, name) and part in iterated)]
    return all(_is_fine(part, name) for part in parts)
