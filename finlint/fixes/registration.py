"""The call that registers a finalizer, as its arguments are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from finlint.fixes.terms import PASSES, Passes
from finlint.fixes.tree import Tree, dotted, keyword, with_arguments
from finlint.model.finding import Finding


class Registered(NamedTuple):
    """``call`` registers ``callback`` for ``watched``; ``rest`` are the arguments after it."""

    tree: Tree
    call: cst.Call
    passes: Passes
    watched: cst.Arg
    callback: cst.Arg
    rest: tuple[cst.Arg, ...]

    def to(self, callback: cst.BaseExpression, args: Sequence[cst.Arg] = ()) -> cst.Call | None:
        """The call with another callback, ``args`` for it before those that it has; None where they do not fit."""
        start = [self.watched, self.callback.with_changes(value=callback)]
        rest = list(self.rest)
        if self.passes == "tuple" and args:
            if rest and (rest[0].keyword is None or any(_is(a, "args", "kwargs") for a in rest)):
                return None
            rest = [*_tuple_and_mapping(self.tree, args), *rest]
        elif self.passes == "rest":
            rest = [*args, *rest] if not any(a.keyword for a in args) else [*rest, *args]
        elif self.passes == "argument" and args:
            if len(args) != 1 or rest or args[0].keyword or args[0].star:
                return None
            rest = list(args)
        elif args:
            return None
        return with_arguments(self.call, [*start, *rest])


def registered(finding: Finding, tree: Tree) -> Registered | None:
    """The call that the finding's registration is, where it is one that we know how to change."""
    place = finding.registration
    if place is None or place.registrar not in PASSES:
        return None
    calls = tree.starting(cst.Call, place.line, place.column)
    last = place.registrar.rpartition(".")[2]
    named = [c for c in calls if tree.qualified(c.func).rpartition(".")[2] == last]
    if len(named) != 1:
        return None
    call = named[0]
    plain = [a for a in call.args[:2] if not a.star and a.keyword is None]
    if len(plain) != 2:
        return None
    return Registered(tree, call, PASSES[place.registrar], plain[0], plain[1], tuple(call.args[2:]))


def only_finalizes(function: cst.FunctionDef, tree: Tree) -> bool:
    """Whether nothing but finalization calls the function, as far as its file tells: it is ``__del__``, or named
    once, as an argument of a call."""
    name = function.name.value
    if name == "__del__":
        return all(_of_super(node) for node in tree.attributes("__del__"))
    uses = [node for node in (*tree.names(name), *tree.attributes(name)) if node is not function.name]
    if len(uses) != 1:
        return False
    argument = tree.parent(uses[0])
    return isinstance(argument, cst.Arg) and isinstance(tree.parent(argument), cst.Call)


def is_private(function: cst.FunctionDef, tree: Tree) -> bool:
    """Whether other files have no business with the function."""
    return function.name.value.startswith("_") or tree.function(function) is not None


def _of_super(node: cst.Attribute) -> bool:
    value = node.value
    return isinstance(value, cst.Call) and dotted(value.func) == "super"


def _is(argument: cst.Arg, *names: str) -> bool:
    return argument.keyword is not None and argument.keyword.value in names


def _tuple_and_mapping(tree: Tree, args: Sequence[cst.Arg]) -> list[cst.Arg]:
    positional = [a.star + tree.code(a.value) for a in args if a.keyword is None and a.star != "**"]
    named = [f'"{a.keyword.value}": {tree.code(a.value)}' for a in args if a.keyword is not None]
    named += [f"**{tree.code(a.value)}" for a in args if a.star == "**"]
    out = []
    if positional:
        comma = "," if len(positional) == 1 else ""
        out.append(keyword("args", f"({', '.join(positional)}{comma})"))
    if named:
        out.append(keyword("kwargs", "{" + ", ".join(named) + "}"))
    return out
