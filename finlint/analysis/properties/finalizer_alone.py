"""What nobody is seen to do but the finalizer of an object: to set a flag, to call what ends a loop."""

from __future__ import annotations

from typing import NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.state import EvalState, dotted
from finlint.analysis.domain.values import Class, Lib
from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.program.escape import Thing, escapes
from finlint.analysis.program.statements import calls_in, expressions_in, flat_statements, last_name
from finlint.analysis.program.symbols import FunctionNode, ModuleNode, lines_naming, with_closures
from finlint.model import ir


class About(NamedTuple):
    """A class, and the finalizer of its instances. ``anybody``: what of an instance anybody may end, for all that is
    asked."""

    cls: Class
    ending: FunctionNode | None
    evaluator: Evaluator
    anybody: str = ""

    @property
    def init(self) -> FunctionNode | None:
        found = self.evaluator.classes.class_function(self.cls, "__init__")
        return None if found is None else found.node


def is_told_by_finalizer_only(name: str, function: FunctionNode, about: About) -> bool:
    """Whether nobody but the constructor, the thread itself and the finalizer names the attribute."""
    module = function.module
    modules = (module, *about.evaluator.project.mentioning(f".{name}", module))
    known = {function, about.ending, about.init} - {None}
    naming = {other for one in modules for _, other in lines_naming(one, name)} - known
    if any(other is None or not _names_its_own(other, name, about) for other in naming):
        return False
    stores = [key for key in function.index.stores if key[1] == name]
    sets = (call for call in function.index.calls if isinstance(call.func, ir.Attr) and call.func.name == "set")
    told = any(isinstance(c.func, ir.Attr) and dotted(c.func.value).rpartition(".")[2] == name for c in sets)
    return not stores and not told


def _names_its_own(function: FunctionNode, name: str, about: About) -> bool:
    """Whether a method names that attribute of its own object only, which is of another class than this one."""
    owner, classes = function.owner, about.evaluator.classes
    if owner is None or not function.ir.params:
        return False
    cls = about.evaluator.binding.generic_class(owner)
    if classes.has_unknown_base(cls) or about.cls in classes.mro(cls) or cls in classes.mro(about.cls):
        return False
    me = function.ir.params[0].name
    # A text may be the name for ``getattr``.
    return all(
        not (isinstance(expr, ir.Attr) and expr.name == name and dotted(expr.value) != me)
        and not (isinstance(expr, ir.Const) and expr.value == name)
        for around in with_closures(function)
        for stmt in flat_statements(around[-1].ir.body)
        for expr in expressions_in(stmt)
    )


def is_called_by_finalizer_only(until: str, owner: ir.Expr, context: CallContext, about: About) -> bool:
    """Whether nobody but the finalizer names ``until``, of what has it beside the object itself nobody else."""
    module, name = about.cls.node.module, owner.name if isinstance(owner, ir.Attr) else about.cls.node.name
    if name == about.anybody:
        return True
    for other in about.evaluator.project.mentioning(f".{until}", module):
        if other.source.lines("words", name):
            return False
    known = {context.function, about.ending, about.init}
    if not _naming(module, until) <= known:
        return False
    return not isinstance(owner, ir.Attr) or is_own(name, context, about)


def is_own(name: str, context: CallContext, about: About) -> bool:
    """Whether an attribute is made by the constructor, or the thread, and handed to nobody of the program, who might
    end it."""
    module = about.cls.node.module
    makers = [function for function in (about.init, context.function) if function is not None and function.ir.params]
    stored = [made for maker in makers for made in maker.index.stores.get((maker.ir.params[0].name, name), ())]
    values = [made for made in stored if made.how != "annotation"]
    if not values or not all(made.how == "value" and isinstance(made.node, ir.Call) for made in values):
        return False
    others = _naming(module, name) - {context.function, about.ending}
    return all(naming is not None and not escapes(naming.ir, _thing(naming, name, about)) for naming in others)


def _naming(module: ModuleNode, name: str) -> set[FunctionNode | None]:
    """The functions whose lines hold the word; None if others have it as an attribute. Modules are imported by it, too,
    and the text of a class may say it."""
    return {
        naming
        for line, naming in lines_naming(module, name)
        if naming is not None or _is_attribute(name, module.source.line_text(line))
    }


def _is_attribute(name: str, line: str) -> bool:
    return f".{name}" in line and not line.lstrip().startswith(("import ", "from "))


def _thing(function: FunctionNode, name: str, about: About) -> Thing:
    """An attribute called ``name``, which functions of libraries may be given, as ``asyncio.set_event_loop``."""
    state = EvalState(about.evaluator.binding.generic_context(function))
    fine = {
        id(arg.value)
        for call in calls_in(function.ir.body)
        for arg in call.args
        if last_name(arg.value) == name and isinstance(about.evaluator.expressions.eval(call.func, state), Lib)
    }
    return Thing(
        lambda expr: isinstance(expr, ir.Attr) and expr.name == name,
        with_owner=True,
        allowed=lambda expr: id(expr) in fine,
    )
