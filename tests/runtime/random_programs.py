"""Random programs of objects, references, finalizers, cleanups with handles, gates and channels; the Python half.

`generate` makes one from a seed; `run` runs it here; ``go/random.go`` runs it in Go. ``python random_programs.py SEED``
prints one, and what it prints.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

from finlint.runtime import Channel, Cleanup, Runtime

VARS, HANDLES, GATES, FIELDS = 8, 8, 4, 3
FINALIZERS = ("log", "log", "save", "again", "other", "unlink")


def generate(seed: int) -> list[str]:
    """The instructions of a program. Every third one blocks finalizers; what runs when is open then, until the end."""
    chance = random.Random(seed)
    blocking = seed % 3 == 0
    program: list[str] = []
    made = 0
    opened: set[int] = set()

    def var() -> int:
        return chance.randrange(VARS)

    def new() -> str:
        nonlocal made
        made += 1
        return f"new {var()} o{made}"

    def gate() -> str:
        return f"gate {var()} {chance.randrange(GATES)}"

    def open_one() -> str:
        closed = sorted(set(range(GATES)) - opened)
        if not closed:
            return new()
        opened.add(closed[0])
        return f"open {closed[0]}"

    kinds: list[tuple[int, Callable[[], str]]] = [
        (5, new),
        (4, lambda: f"drop {var()}"),
        (6, lambda: f"link {var()} {chance.randrange(FIELDS)} {var()}"),
        (5, lambda: f"fin {var()} {'log' if blocking else chance.choice(FINALIZERS)}"),
        (1, lambda: f"clear {var()}"),
        (3, lambda: f"clean {var()} {chance.randrange(HANDLES)} {var()} c{chance.randrange(1000)}"),
        (1, lambda: f"stop {chance.randrange(HANDLES)}"),
        (1, lambda: "forget"),
        (1, lambda: f"send {chance.randrange(3)} {chance.randrange(100)}"),
        (1, lambda: f"receive {chance.randrange(3)}"),
        (3, lambda: "quiet" if blocking else "gc"),
        *([(2, gate), (1, open_one)] if blocking else []),
    ]
    program += [f"new {number} v{number}" for number in range(VARS)]
    for _ in range(chance.randint(10, 60)):
        program.append(chance.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]())
    program += [f"open {number}" for number in range(GATES) if number not in opened]
    program += [f"drop {number}" for number in range(VARS)]
    # A chain needs one collection for each, what is made or saved by finalizers some more: nothing is to be left.
    program += ["quiet" if blocking else "gc"] * 12 + ["forget", "gc"] * 12
    return program


class O:  # noqa: E742  # Go's
    """An object of a random program."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unlink()

    def unlink(self) -> None:
        """Attributes, as Go's array is inside of the object: a reference to itself is direct then."""
        self.field0: O | None = None
        self.field1: O | None = None
        self.field2: O | None = None


class Machine:
    """A random program that runs; instruction by instruction after ``go/random.go``."""

    def __init__(self, rt: Runtime) -> None:
        self.rt = rt
        self.said: list[str] = []
        self.notes: list[str] = []
        self.vars: list[O | None] = [None] * VARS
        self.saved: list[O] = []
        self.handles = [Cleanup() for _ in range(HANDLES)]
        self.gates = [Channel[None]() for _ in range(GATES)]
        self.channels = [Channel[int](capacity) for capacity in range(3)]
        self.armed: set[str] = set()

    def new(self, v: str, name: str) -> None:
        self.vars[int(v)] = O(name)

    def drop(self, v: str) -> None:
        self.vars[int(v)] = None

    def forget(self) -> None:
        self.saved = []

    def link(self, v: str, field: str, w: str) -> None:
        if (o := self.vars[int(v)]) is not None:
            setattr(o, f"field{field}", self.vars[int(w)])

    def fin(self, v: str, kind: str) -> None:
        o = self.vars[int(v)]
        if o is not None and o.name not in self.armed:
            self.armed.add(o.name)
            self.rt.set_finalizer(o, getattr(self, f"on_{kind}"))

    def on_log(self, o: O) -> None:
        self.notes.append(f"fin {o.name}")

    def on_save(self, o: O) -> None:
        self.notes.append(f"save {o.name}")
        self.armed.discard(o.name)
        self.saved.append(o)

    def on_again(self, o: O) -> None:
        self.notes.append(f"again {o.name}")
        self.rt.set_finalizer(o, lambda o: self.notes.append(f"second {o.name}"))

    def on_other(self, o: O) -> None:
        self.notes.append(f"other {o.name}")
        name = o.name
        self.rt.set_finalizer(O(name), lambda o: self.notes.append(f"made by {name}"))
        self.rt.add_cleanup(O(name), lambda name: self.notes.append(f"cleanup made by {name}"), name)

    def on_unlink(self, o: O) -> None:
        self.notes.append(f"unlink {o.name}")
        o.unlink()

    def clear(self, v: str) -> None:
        if (o := self.vars[int(v)]) is not None:
            self.rt.set_finalizer(o, None)
            self.armed.discard(o.name)

    def clean(self, v: str, h: str, a: str, name: str) -> None:
        o, arg = self.vars[int(v)], self.vars[int(a)]
        if o is not None:
            self.handles[int(h)] = self.rt.add_cleanup(
                o,
                lambda arg: self.notes.append(f"clean {name}" if arg is None else f"clean {name} with {arg.name}"),
                None if arg is o else arg,
            )

    def stop(self, h: str) -> None:
        self.handles[int(h)].stop()
        self.handles[int(h)] = Cleanup()

    def gate(self, v: str, g: str) -> None:
        o = self.vars[int(v)]
        if o is not None and o.name not in self.armed:
            gate = self.gates[int(g)]
            self.rt.set_finalizer(o, lambda o: (gate.receive(), self.notes.append(f"gate {o.name}")))
            self.armed.add(o.name)

    def open(self, g: str) -> None:
        self.gates[int(g)].close()

    def send(self, c: str, value: str) -> None:
        sent = self.channels[int(c)].try_send(int(value))
        self.notes.append(f"sent {value}" if sent else "full")

    def receive(self, c: str) -> None:
        got = self.channels[int(c)].try_receive()
        self.notes.append("empty" if got is None else f"got {got[0]}")

    def gc(self) -> None:
        self.rt.gc()
        drained = str(self.rt.drain()).lower()
        profile = self.rt.profile()
        finalizers = profile.finalizers.queued - profile.finalizers.executed
        cleanups = profile.cleanups.queued - profile.cleanups.executed
        self.said += [f"drained {drained} {finalizers} {cleanups}", " ".join(sorted(self.notes))]
        self.notes.clear()

    def quiet(self) -> None:
        self.rt.gc()
        self.said.append(f"drained {str(self.rt.drain()).lower()}")


def run(program: list[str]) -> list[str]:
    """What a program prints here."""
    with Runtime() as rt:
        machine = Machine(rt)
        for line in program:
            word, *operands = line.split()
            operation: Any = getattr(machine, word)
            operation(*operands)
        return machine.said


if __name__ == "__main__":
    print(*generate(int(sys.argv[1])), "", *run(generate(int(sys.argv[1]))), sep="\n")
