"""Answers that converge: whoever asks first, in whatever order things are defined, how deep in whatever question."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from small import check, codes

from finlint.analysis.domain.call_contexts import CallContext, CallContexts
from finlint.analysis.domain.values import NEVER, UNKNOWN, Const, Sequence, Value, alternatives, union
from finlint.analysis.evaluation.memo import MOST_QUERIES, Memo, Solver
from finlint.model import limits
from finlint.model.limits import ALTERNATIVES, QUERIES, QUERY_DEPTH
from finlint.model.reads import Reads

#: Two functions that return what the other one returns, and two classes that ask one each.
CIRCLE = (
    "class L:\n    def stop(self): time.sleep(9)  # culprit\n",
    "def f(n):\n    if n: return g(n - 1)\n    return L()\n",
    "def g(n):\n    if n: return f(n - 1)\n    return None\n",
    "class A:\n    def __del__(self): f(1).stop()  # reported\n",
    "class B:\n    def __del__(self): g(1).stop()  # reported\n",
)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::12])
def test_the_order_of_definitions_does_not_matter(order: tuple[int, ...], tmp_path: Path) -> None:
    report = check(tmp_path, {"a": "import time\n" + "".join(CIRCLE[n] for n in order)})
    assert codes(report) == ["FIN103", "FIN103"]


@pytest.mark.parametrize(
    "methods",
    [
        "    def over(self): return self.flag and self.over()\n",
        "    def over(self): return self.flag and self.other()\n    def other(self): return self.over()\n",
        "    @property\n    def now(self): return self.over()\n    def over(self): return self.flag and self.now\n",
    ],
)
def test_a_question_that_asks_itself(methods: str, tmp_path: Path) -> None:
    waits = "    def __del__(self):\n        if self.over(): self.thread.join()  # reported\n"
    made = "    def __init__(self, flag):\n        self.flag = flag\n        self.thread = threading.Thread()\n"
    report = check(tmp_path, {"a": f"import threading\nclass A:\n{made}{methods}{waits}"})
    assert codes(report) == ["FIN104"]


class _Graph:
    """Queries that ask each other: each gives its own constant, if it has one, and what those give that it asks."""

    def __init__(self, edges: dict[int, list[int]], own: dict[int, Value]) -> None:
        self.edges = edges
        self.own = own
        self.reads = Reads()
        self.memo: Memo[int, Value] = Memo(Solver(self.reads), NEVER)

    def ask(self, node: int) -> Value:
        return self.memo.answer(node, self._work_out, node)

    def _work_out(self, node: int) -> Value:
        self.reads.note(node)
        given = [self.own[node]] if node in self.own else [NEVER]
        return union([*given, *map(self.ask, self.edges[node])])

    def reached(self, node: int) -> set[int]:
        seen = {node}
        stack = [node]
        while stack:
            fresh = set(self.edges[stack.pop()]) - seen
            seen |= fresh
            stack += fresh
        return seen

    def least(self, node: int) -> set[Value]:
        return set(alternatives(union(self.own[other] for other in self.reached(node))))


@pytest.mark.parametrize("seed", range(30))
def test_the_least_answer_is_found_whoever_is_asked_first(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randrange(2, 40)
    edges = {n: [dice.randrange(count) for _ in range(dice.randrange(4))] for n in range(count)}
    own: dict[int, Value] = {n: Const(dice.randrange(ALTERNATIVES), False) for n in range(count)}
    order = dice.sample(range(count), count)
    graph = _Graph(edges, own)
    for node in order:
        graph.reads.made_from = 0
        assert set(alternatives(graph.ask(node))) == graph.least(node), node
        # What it was made from is known, by whichever way it was got.
        assert {token for token in graph.reads.tokens() if isinstance(token, int)} >= graph.reached(node)


@contextmanager
def hits() -> Iterator[list[str]]:
    told: list[str] = []
    with limits.telling(told.append):
        yield told


def test_a_chain_of_queries_may_be_of_any_length() -> None:
    length = QUERY_DEPTH * 30
    graph = _Graph({n: [n + 1] if n < length else [] for n in range(length + 1)}, {length: Const("end")})
    with hits() as told:
        assert graph.ask(0) == Const("end")
    assert told == []


def test_a_circle_that_is_longer_than_the_stack_is_told() -> None:
    length = QUERY_DEPTH * 2
    graph = _Graph({n: [(n + 1) % length] for n in range(length)}, {0: Const("end")})
    with hits() as told:
        graph.ask(0)
    assert "query-depth" in told


def test_what_would_grow_without_end_is_widened() -> None:
    """``x = [x]``."""
    memo: Memo[str, Value] = Memo(Solver(Reads()), NEVER)

    def nested() -> Value:
        inner = memo.answer("x", nested)
        return union([Const(None), Sequence("list", (inner,), inner)])

    with hits() as told:
        value = memo.answer("x", nested)
    assert {type(option) for option in alternatives(value)} == {Const, Sequence}
    assert told == []


def test_what_goes_back_and_forth_ends_and_is_told() -> None:
    memo: Memo[str, bool | None] = Memo(Solver(Reads()), None, grows=False)

    def contrary() -> bool:
        return not memo.answer("x", contrary)

    with hits() as told:
        assert memo.answer("x", contrary) in (True, False)
    assert told == ["rounds"]


def test_a_web_that_is_larger_than_the_stack_is_bounded_and_told() -> None:
    """Each part of it that is too deep would be answered again for each other one that asks it."""
    dice = random.Random(1)
    count = 1_500
    graph = _Graph({n: [dice.randrange(count) for _ in range(3)] for n in range(count)}, {0: Const("end")})
    times = 0
    work_out = graph._work_out

    def counted(node: int) -> Value:
        nonlocal times
        times += 1
        return work_out(node)

    graph._work_out = counted  # type: ignore[method-assign]
    with hits() as told:
        graph.ask(0)
    assert "queries" in told
    assert QUERIES < times < 1.1 * QUERIES


def test_queries_that_go_on_for_ever_are_bounded_and_told() -> None:
    """Each asks one that nobody has asked before."""
    memo: Memo[int, Value] = Memo(Solver(Reads()), NEVER)
    times = 0

    def both(number: int) -> Value:
        nonlocal times
        times += 1
        return union([memo.answer(other, both, other) for other in (2 * number, 2 * number + 1)])

    with hits() as told:
        assert memo.answer(1, both, 1) is UNKNOWN
    assert "queries" in told
    assert MOST_QUERIES <= times < 1.1 * MOST_QUERIES


DISPATCHED = """
import threading
LOCK = threading.Lock()
def dispatched(number):
    def taking(tables):
        def run(*args):
            key = type(args[0])
            def convert(x):
                return one(x) if key is int else two(x)
            return tables()[key](args[0], *map(convert, args[1:number]))
        return run
    return taking
@dispatched(1)
def one(): return {int: lambda x: x, str: lambda x: two(x)}
@dispatched(1)
def two(): return {int: lambda x: one(x), str: lambda x: x}
@dispatched(2)
def equal(): return {int: lambda x, y: x == y, str: lambda x, y: equal(x, y)}
class A:
    def __init__(self, x, y): self.x, self.y = x, y
    def __del__(self):
        if equal(self.x, self.y):
            LOCK.acquire()  # reported
"""


def test_parameters_within_arguments_do_not_nest_without_end(tmp_path: Path) -> None:
    """A closure's parameter, in the ``*args`` of a function, whose closure's parameter is in the ``*args`` of ..."""
    report = check(tmp_path, {"a": DISPATCHED})
    assert codes(report) == ["FIN102"]
    assert "queries" not in dict(report.summary.limits)


def test_an_error_leaves_nothing_half_answered() -> None:
    memo: Memo[str, Value] = Memo(Solver(Reads()), NEVER)

    def fails() -> Value:
        memo.answer("inner", lambda: memo.answer("outer", fails))
        raise RecursionError

    for _ in range(2):
        with pytest.raises(RecursionError):
            memo.answer("outer", fails)
    assert memo.answer("outer", lambda: Const(1)) == Const(1)
    assert memo.answer("inner", lambda: Const(2)) == Const(2)


@pytest.mark.parametrize("count", [10, 60])
def test_no_number_of_callers_makes_an_argument_unknown(count: int, tmp_path: Path) -> None:
    """A helper that runs what it is given: each caller's own."""
    functions = "".join(f"def c{n}(): run(lambda: w{n}())\ndef w{n}(): pass\n" for n in range(count))
    calls = "".join(f"        c{n}()\n" for n in range(count))
    program = (
        "import time\ndef run(do): do()\ndef slow(): time.sleep(9)  # culprit\n"
        f"{functions}class A:\n    def __del__(self):\n{calls}        run(slow)  # reported\n"
        f"class B:\n    def __del__(self):\n{calls}"
    )
    assert codes(check(tmp_path, {"a": program})) == ["FIN103"]


def test_code_that_has_nothing_to_do_with_it_takes_no_finding_away(tmp_path: Path) -> None:
    """The body before the culprit grows."""
    for number, size in enumerate((1, 400)):
        many = "".join(f"        x{n} = [len(str({n})), {{'a': {n}}}, max(1, {n})]\n" for n in range(size))
        program = f"import time\nclass A:\n    def __del__(self):\n{many}        time.sleep(9)  # reported\n"
        assert codes(check(tmp_path / str(number), {"a": program})) == ["FIN103"]


def test_closures_that_call_the_function_they_are_made_in_come_to_an_end(tmp_path: Path) -> None:
    """As ``tempfile.TemporaryDirectory._rmtree`` and its ``onerror`` do: each closure has parameters of its own."""
    source = """
        import time, shutil
        class Folder:
            def __del__(self):
                self.clean(self.name)  # reported
            @classmethod
            def clean(cls, name, quiet=False):
                def failed(func, path, info):
                    def reset(path):
                        time.sleep(1)  # culprit
                    if path != name:
                        reset(shutil.abspath(path))
                    reset(path)
                    try:
                        cls.clean(path, quiet=quiet)
                    except OSError:
                        if not quiet:
                            raise
                failed(None, name, None)
                shutil.rmtree(name, onerror=failed)
    """
    report = check(tmp_path, {"main.py": source})
    assert codes(report) == ["FIN103"]
    assert "contexts" not in dict(report.summary.limits)


def test_instances_that_are_made_with_what_their_makers_were_given_come_to_an_end(tmp_path: Path) -> None:
    """As pathlib's selectors do: each constructor makes the next one with its own parameter."""
    source = """
        import time
        def make(parts, flavour):
            kind = Precise if parts[0] else Wild
            return kind(parts[0], parts[1:], flavour)
        class Selector:
            def __init__(self, parts, flavour):
                self.flavour = flavour
                self.successor = make(parts, flavour) if parts else End()
            def select(self, path):
                return self.successor.select_from(path)
        class End:
            def select_from(self, path): time.sleep(1)  # culprit
        class Precise(Selector):
            def __init__(self, name, parts, flavour):
                self.name = name
                Selector.__init__(self, parts, flavour)
            def select_from(self, path): return self.successor.select_from(path)
        class Wild(Selector):
            def __init__(self, pattern, parts, flavour):
                self.match = flavour.compile(pattern)
                Selector.__init__(self, parts, flavour)
            def select_from(self, path): return self.successor.select_from(path)
        class Path:
            def __init__(self, flavour): self.flavour = flavour
            def __del__(self):
                make(("a", "b"), self.flavour).select_from(self)  # reported
    """
    report = check(tmp_path, {"main.py": source})
    assert codes(report) == ["FIN103"]
    assert not {"contexts", "queries"} & set(dict(report.summary.limits))


#: What is read attribute by attribute, or handed on by ``**``, and comes back to where it was read.
RETURNING = {
    "attributes of everything": """
        import time
        class Jellier:
            def jelly(self, obj):
                if isinstance(obj, type):
                    return obj.__name__
                return [self.jelly(obj.__self__), self.jelly(obj.__class__), self.jelly(obj.__dict__)]
            def __del__(self):
                if self.jelly(str): time.sleep(9)  # reported
    """,
    "what a list has not": """
        import time
        class Features:
            def decode(self, schema):
                if isinstance(schema, dict):
                    return {k: self.decode(v) for k, v in schema.items()}
                if isinstance(schema, (list, tuple)):
                    return self.decode([schema.feature])
                if hasattr(schema, "length"):
                    return [self.decode(schema.feature)], [self.decode([schema.length])]
                return schema
            def __del__(self):
                if self.decode([{"a": 1}, "x"]): time.sleep(9)  # reported
    """,
    "keywords": """
        import time
        class System:
            def walk(self, path, topdown=True, **kwargs):
                detail = kwargs.pop("detail", False)
                for name in self.ls(path, **kwargs):
                    yield name
                    yield from self.walk(name, detail=detail, **kwargs)
                    yield from self.walk(name, detail=self.of(detail), topdown=True, **kwargs)
            def of(self, detail):
                return not detail
            def __del__(self):
                for name in self.walk("/"): time.sleep(9)  # reported
    """,
}


@pytest.mark.parametrize("name", RETURNING)
def test_what_comes_back_with_more_is_not_another_thing_each_time(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    of = CallContexts.of

    def counted(self: CallContexts, *args: Any) -> CallContext:
        nonlocal made
        before = len(self._table)
        context = of(self, *args)
        made += len(self._table) - before
        # Not at the end: there would be none.
        assert made < 50
        return context

    monkeypatch.setattr(CallContexts, "of", counted)
    assert codes(check(tmp_path, {"main.py": RETURNING[name]})) == ["FIN103"]
    assert made
