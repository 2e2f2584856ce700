"""What is known otherwise once something was called: of its receiver, and of the containers that it was given."""

from __future__ import annotations

from finlint.analysis.domain.containers import grown, is_complete, put_at, with_elements
from finlint.analysis.domain.effects import Args
from finlint.analysis.domain.state import EvalState, dotted, known_in
from finlint.analysis.domain.values import (
    Bound,
    Class,
    Const,
    Function,
    Lib,
    LibMethod,
    LibObject,
    Mapping,
    Partial,
    Sequence,
    Value,
    alternatives,
    is_known,
    union,
)
from finlint.analysis.evaluation.protocols import EXIT_STACK, exit_action
from finlint.analysis.evaluation.queries import Queries
from finlint.analysis.models import library
from finlint.analysis.program.definitions import holder_of
from finlint.analysis.program.statements import last_name, parts_of
from finlint.model import ir
from finlint.scan.words import PUTS_FIRST

#: Methods of containers that change nothing in them.
_READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values", "__contains__", "__getitem__"})


_SIGKILL = Lib("signal.SIGKILL")


class AfterCalls:
    """Notes in the environment what a call has changed."""

    def __init__(self, ask: Queries) -> None:
        self.ask = ask
        self.knowledge = ask.knowledge

    def note(self, expr: ir.Call, function: Value, args: Args, state: EvalState) -> None:
        """Note what calling ``function`` has changed."""
        if isinstance(expr.func, ir.Attr):
            self._note_receiver_change(expr, function, args, state)
        self._note_given(expr, function, state)
        self._note_kill(expr, function, state)

    def _note_receiver_change(self, expr: ir.Call, function: Value, args: Args, state: EvalState) -> None:
        """``sock.setblocking(False)`` changes what ``sock`` is from here on."""
        assert isinstance(expr.func, ir.Attr)
        assert state.env is not None
        if isinstance(function, LibMethod) and isinstance(function.receiver, (Sequence, Mapping)):
            if function.name not in _READING and not self._note_update(expr.func.value, function, args, state):
                self._note_growth(expr.func.value, state)
            return
        if not isinstance(function, LibMethod) or not isinstance(function.receiver, LibObject):
            if any(map(self._ends_process, alternatives(function))):
                # Whatever else it may be.
                self._end(expr.func.value, state)
            return
        entry = self.knowledge.entry(function.name)
        path = dotted(expr.func.value)
        if path and function.receiver.type == EXIT_STACK:
            if expr.func.name == "pop_all":
                state.env[path] = LibObject(EXIT_STACK)
            elif expr.func.name in ("callback", "push", "enter_context"):
                action = exit_action(expr.func.name, args)
                if is_known(action):
                    state.env[path] = with_elements(function.receiver, [action])
            return
        if entry is None or not path or not library.changes_receiver(entry):
            return
        state.env[path] = library.changed_receiver(entry, args, function.receiver)

    def _ends_process(self, function: Value) -> bool:
        """Whether it is ``kill()`` of a process."""
        entry = self.knowledge.entry(function.name) if isinstance(function, LibMethod) else None
        return entry is not None and entry.when_over == "ends"

    def _note_growth(self, container: ir.Expr, state: EvalState) -> None:
        """What is in a container that was given away, or changed by a method, is known no more; nor is it of the one
        that has it in it: ``table[key].append(x)``."""
        assert state.env is not None
        while (outer := holder_of(container)) is not None:
            container = outer
        path = dotted(container)
        known = known_in(state.env, path) if path else None
        if known is not None and any(isinstance(v, (Sequence, Mapping)) for v in alternatives(known)):
            everything = self.ask.names.context_name(path, state.context) if "." not in path else known
            state.env[path] = union(grown(v) for v in (*alternatives(known), *alternatives(everything)))

    def _note_update(self, container: ir.Expr, function: LibMethod, args: Args, state: EvalState) -> bool:
        """``table.update(close=close)``: what is known to be put in is known to be there."""
        assert state.env is not None
        held = function.receiver
        if not isinstance(container, ir.Name) or not isinstance(held, Mapping) or function.name != "update":
            return False
        given = args.positional
        if args.open_ended or not all(isinstance(one, Mapping) and is_complete(one) for one in given):
            return False
        pairs = [pair for one in given if isinstance(one, Mapping) for pair in one.items]
        for key, value in (*pairs, *((Const(name), value) for name, value in args.keywords)):
            changed = put_at(held, key, value)
            assert isinstance(changed, Mapping)
            held = changed
        state.env[container.id] = held
        return True

    def _note_kill(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """``os.kill(process.pid, signal.SIGKILL)`` ends the process, as ``process.send_signal(SIGKILL)`` does."""
        sends = isinstance(function, LibMethod) and function.name.endswith(".send_signal")
        if not sends and not (isinstance(function, Lib) and function.name in ("os.kill", "os.killpg")):
            return
        if not expr.args or not self._may_be_sigkill(expr.args[-1].value, state):
            return
        if sends and isinstance(expr.func, ir.Attr):
            self._end(expr.func.value, state)
            return
        # ``os.getpgid(process.pid)``, too.
        for part in parts_of(expr.args[0].value):
            if isinstance(part, ir.Attr) and part.name == "pid":
                self._end(part.value, state)

    def _may_be_sigkill(self, expr: ir.Expr, state: EvalState) -> bool:
        """Whether it is SIGKILL, or a name that is by default: Windows has none, and something else in its place."""
        if _is_sigkill(expr):
            return True
        values = alternatives(self.ask.expressions.eval(expr, state.quiet()))
        return any(value in (_SIGKILL, Const(9)) for value in values)

    def _end(self, process: ir.Expr, state: EvalState) -> None:
        """From here on a process is over as soon as somebody waits for it."""
        assert state.env is not None
        if path := dotted(process):
            state.env[path] = library.ended(self.ask.expressions.eval(process, state.quiet()))

    def _note_given(self, expr: ir.Call, function: Value, state: EvalState) -> None:
        """Functions may change the containers that they are given, and some of a library do."""
        if isinstance(function, Lib) and last_name(expr.func) in PUTS_FIRST and expr.args:
            self._note_growth(expr.args[0].value, state)
        if any(isinstance(option, (Function, Bound, Class, Partial)) for option in alternatives(function)):
            for arg in expr.args:
                if isinstance(arg.value, ir.Name):
                    self._note_growth(arg.value, state)


def _is_sigkill(expr: ir.Expr) -> bool:
    return last_name(expr) == "SIGKILL" or expr == ir.Const(9)
