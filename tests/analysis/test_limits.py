"""Bounds of the analysis: each is declared in one place, is hit beyond its number, and says so."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small import check, codes, write

import finlint
from finlint.analysis.evaluation import call_sites
from finlint.cli.main import run
from finlint.engine import WORTH_REMEMBERING, analyse
from finlint.model import ir, limits
from finlint.model.limits import CODE_DEPTH, LIMITS, QUERIES, ROUNDS, Limit
from finlint.model.settings import Settings
from finlint.model.task import Statistics

PACKAGE = Path(finlint.__file__).parent

#: A finalizer that sleeps, wherever it is found.
SLEEPS = "import time\nclass S:\n    def stop(self): time.sleep(9)  # culprit\n"


def alternatives(count: int) -> str:
    """An attribute that may be one of ``count`` classes."""
    classes = "".join(f"class P{n}:\n    def stop(self): time.sleep({n + 1})  # culprit\n" for n in range(count))
    arms = "".join(f"        {'el' * bool(n)}if k == {n}: self.p = P{n}()\n" for n in range(count))
    return f"import time\n{classes}class A:\n    def __init__(self, k):\n{arms}    def __del__(self): self.p.stop()  # reported\n"


def nesting(count: int) -> str:
    """A list in a list in a list ..."""
    made, taken = "[" * count + "S()" + "]" * count, "[0]" * count
    return f"{SLEEPS}class A:\n    def __del__(self):\n        x = {made}\n        x{taken}.stop()\n"


def parts(count: int) -> str:
    return f"import os\nclass A:\n    def __del__(self): os{'.a' * count}.stop()\n"


def beside(count: int) -> str:
    """An argument that may be one of so many classes, or anything else; of more than ten any expression is unknown."""
    count = min(count, 6)
    classes = "".join(f"class P{n}:\n    def stop(self): time.sleep({n + 1})\n" for n in range(count))
    made = ", ".join(["unknown()", *(f"P{n}()" for n in range(count))])
    body = f"        for p in [{made}]: stop(p)\n"
    return f"import time\n{classes}def stop(p): p.stop()\nclass A:\n    def __del__(self):\n{body}"


def lengths(count: int) -> str:
    """A list in a list ... as an argument; what nests more deeply is unknown by itself."""
    count = min(count, 4)
    made, taken = "[" * count + "S()" + "]" * count, "[0]" * count
    return f"{SLEEPS}def stop(x): x{taken}.stop()\nclass A:\n    def __del__(self): stop({made})\n"


def items(count: int) -> str:
    values = ", ".join(["1"] * (count - 1))
    return f"{SLEEPS}class A:\n    def __del__(self):\n        x = [{values}, S()]\n        x[-1].stop()\n"


def pairs(count: int) -> str:
    values = ", ".join(f"{n}: S()" for n in range(count))
    return f"{SLEEPS}class A:\n    def __del__(self):\n        x = {{{values}}}\n        x[0].stop()\n"


def text(count: int) -> str:
    return f"{SLEEPS}def f(mode, s): s.stop()\nclass A:\n    def __del__(self): f('{'x' * count}', S())\n"


def conditions(count: int) -> str:
    arms = "".join(f"        elif k == {n}: x = {n}\n" for n in range(count - 1))
    return f"{SLEEPS}class A:\n    def __del__(self, k=1):\n        if k is None: x = S()\n{arms}        else: x = S()\n        x.stop()\n"


def rebindings(count: int) -> str:
    """A variable of the module that may be made from itself so many times, and once more."""
    again = "".join("if unknown(): x = same(x)\n" for _ in range(count + 1))
    return f"{SLEEPS}def same(x): return x\n{again}class A:\n    def __del__(self): x.stop()\n"


def decorated(count: int) -> str:
    above = f"{SLEEPS}def deco(made):\n    def __del__(self): self.made = made\n    made.__del__ = __del__\n    return made\n"
    return above + "".join(f"@deco\nclass C{n}: pass\n" for n in range(count))


def overrides(count: int) -> str:
    classes = "".join(f"class P{n}(P):\n    def stop(self): time.sleep({n + 1})\n" for n in range(count))
    return (
        f"import time, abc\nclass P(abc.ABC):\n    @abc.abstractmethod\n    def stop(self): pass\n{classes}"
        "class A:\n    def __init__(self, p: P): self.p = p\n    def __del__(self): self.p.stop()  # reported\n"
    )


def constructors(count: int) -> str:
    """A row of classes, each of which hands what it is given on to the one before."""
    classes = "".join(f"class C{n + 1}(C{n}):\n    def __init__(self, s): super().__init__(s)\n" for n in range(count))
    return (
        f"{SLEEPS}class C0:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n{classes}"
        f"def make(): return C{count}(S())\n"
    )


def bases(count: int) -> str:
    """A row of classes that inherit from each other."""
    classes = "".join(f"class C{n + 1}(C{n}): pass\n" for n in range(count))
    return f"import time\nclass C0:\n    def __del__(self): time.sleep(1)\n{classes}"


def subclasses(count: int) -> str:
    """An abstract class with so many subclasses that do not have the method either."""
    classes = "".join(f"class P{n}(P): pass\n" for n in range(count))
    return (
        f"import time, abc\nclass P(abc.ABC):\n    @abc.abstractmethod\n    def stop(self): pass\n{classes}"
        "class A:\n    def __init__(self, p: P): self.p = p\n    def __del__(self): self.p.stop()  # reported\n"
    )


def query_depth(count: int) -> str:
    """Functions that return what the next one returns, in a circle."""
    functions = "".join(f"def f{n}(k): return f{n + 1}(k)\n" for n in range(count))
    return f"{SLEEPS}{functions}def f{count}(k): return f0(k) if k else S()\nclass A:\n    def __del__(self): f0(1).stop()\n"


def caller_depth(count: int) -> str:
    """A parameter of which its callers know something."""
    functions = "".join(f"def f{n}(s): f{n - 1}(s)\n" for n in range(1, count))
    return (
        f"{SLEEPS}class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
        f"def f0(s): A(s)\n{functions}def main(): f{count - 1}(S())\n"
    )


def callers(count: int) -> str:
    calls = "".join(f"def f{n}(): A(S())\n" for n in range(count))
    return f"{SLEEPS}class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n{calls}"


def other_names(count: int) -> str:
    names = "".join(f"name{n} = A\n" for n in range(count))
    return f"{SLEEPS}class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n{names}"


def passing_on(count: int) -> str:
    heirs = "".join(f"class B{n}(A):\n    def __init__(self): super().__init__(S())\n" for n in range(count))
    return f"{SLEEPS}class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n{heirs}"


def storing(count: int) -> str:
    functions = "".join(f"def f{n}(a: A): a.s = S()\n" for n in range(count))
    return f"{SLEEPS}class A:\n    s = None\n    def __del__(self): self.s.stop()\n{functions}"


def putting(count: int) -> str:
    functions = "".join(f"def f{n}(): ALL.append(S())\n" for n in range(count))
    return f"{SLEEPS}ALL = []\nclass A:\n    def __del__(self): ALL[0].stop()\n{functions}"


def contexts(count: int) -> str:
    """One function that is called with ``count`` different arguments."""
    calls = "".join(f"        f({n})\n" for n in range(count - 1))
    return f"{SLEEPS}def f(s): s.stop()\nclass A:\n    def __del__(self):\n{calls}        f(S())\n"


def functions(count: int) -> str:
    functions = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(count))
    return f"{SLEEPS}{functions}def f{count}(): S().stop()\nclass A:\n    def __del__(self): f0()\n"


def construction(count: int) -> str:
    methods = "".join(f"    def m{n}(self): self.m{n + 1}()\n" for n in range(count))
    return (
        f"{SLEEPS}class A:\n    def __init__(self):\n        self.m0()\n        self.s = open('x')\n{methods}"
        f"    def m{count}(self): self.x = 1\n    def __del__(self): self.s.close()\n"
    )


def done(count: int) -> str:
    methods = "".join(f"    def m{n}(self): self.m{n + 1}()\n" for n in range(count))
    return (
        f"{SLEEPS}class A:\n    def __init__(self): self.over = False\n{methods}    def m{count}(self): self.over = True\n"
        "    def __del__(self):\n        self.m0()\n        if not self.over: time.sleep(1)\n"
    )


def unset(count: int) -> str:
    methods = "".join(f"    def m{n}(self): self.m{n + 1}()\n" for n in range(count))
    return (
        "class A:\n    def __init__(self, p):\n        self.f = open(p)\n        self.g = open(p)\n"
        f"    def __del__(self): self.m0()\n{methods}    def m{count}(self): self.g.close()\n"
    )


def escape(count: int) -> str:
    functions = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(count))
    return f"{functions}def f{count}(): raise ValueError\nclass A:\n    def __del__(self): f0()\n"


def resurrection(count: int) -> str:
    functions = "".join(f"def f{n}(x): f{n + 1}(x)\n" for n in range(count))
    return f"ALL = []\n{functions}def f{count}(x): ALL.append(x)\nclass A:\n    def __del__(self): f0(self)\n"


def retention(count: int) -> str:
    names = "".join(f"        x{n + 1} = [x{n}]\n" for n in range(count))
    return (
        "import weakref\nclass A:\n    def __init__(self):\n        x0 = self\n"
        f"{names}        weakref.finalize(self, print, x{count})\n"
    )


def retention_values(count: int) -> str:
    value = "self.m"
    for _ in range(count):
        value = f"functools.partial({value}, 1)"
    return f"import weakref, functools\ndef make(self): return {value}\nclass A:\n    def m(self, *a): pass\n    def __init__(self): weakref.finalize(self, make(self))\n"


def keeping(count: int) -> str:
    classes = "".join(f"class K{n + 1}(K{n}):\n    def __init__(self, x): super().__init__(x)\n" for n in range(count))
    return (
        "import weakref\nclass K0:\n    def __init__(self, x): self.x = x\n    def __call__(self): pass\n"
        f"{classes}class A:\n    def __init__(self): weakref.finalize(self, K{count}(self))\n"
    )


def dropped(count: int) -> str:
    calls = "".join(f"        f{n}()\n" for n in range(count))
    functions = "".join(f"def f{n}(): pass\n" for n in range(count))
    return f"{functions}class A:\n    def __del__(self):\n{calls}"


def aliases(count: int) -> str:
    names = "".join(f"        x{n + 1} = x{n}\n" for n in range(count))
    return (
        "import threading\nLOCK = threading.Lock()\nclass A:\n    def m(self):\n        x0 = LOCK\n"
        f"{names}        with x{count}: B()\n    def __del__(self):\n        x0 = LOCK\n{names}        with x{count}: pass\n"
        "class B:\n    def __del__(self):\n        with LOCK: pass\n"
    )


def one(program: Callable[[int], str]) -> Callable[[int], dict[str, str]]:
    return lambda count: {"a": program(count)}


def modules(count: int) -> dict[str, str]:
    """As many other modules that call a function."""
    others = {f"pkg/m{n}": "from pkg.a import A\nA(None)\n" for n in range(count)}
    source = "class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
    return {"pkg/__init__": "", "pkg/a": source, **others}


def neighbours(count: int) -> dict[str, str]:
    """A package of that many files beside the one in question and its ``__init__``."""
    others = {f"pkg/m{n}": "" for n in range(count - 2)}
    source = "class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
    return {"pkg/__init__": "", "pkg/a": source, **others}


def packages(count: int) -> dict[str, str]:
    """That many packages beside that of a class that another one may make."""
    others = {f"p{n}/__init__": "" for n in range(count)}
    source = "class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
    return {"pkg/__init__": "", "pkg/a": source, **others}


def sibling(count: int) -> dict[str, str]:
    """A file of that many characters that calls what another one defines."""
    source = "class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
    head = "from a import A\nclass S:\n    def stop(self): pass\nA(S())\n#"
    return {"a": source, "generated": head.ljust(count, "#")}


#: For each limit a program of some size, and by how much it may be larger than the limit without a hit.
PROGRAMS: dict[str, tuple[Callable[[int], dict[str, str]], int]] = {
    "query-depth": (one(query_depth), -5),
    "caller-depth": (one(caller_depth), -1),
    "alternatives": (one(alternatives), 0),
    "name-parts": (one(parts), -2),
    "known-beside": (one(beside), 0),
    "lengths": (one(lengths), 0),
    "nesting": (one(nesting), -2),
    "items": (one(items), 0),
    "text": (one(text), 0),
    "conditions": (one(conditions), 0),
    "rebindings": (one(rebindings), 0),
    "neighbours": (neighbours, 0),
    "packages-beside": (packages, 0),
    "file-size": (sibling, 0),
    "caller-modules": (modules, 0),
    "callers": (one(callers), 0),
    "other-names": (one(other_names), 0),
    "passing-on": (one(passing_on), 0),
    "constructors": (one(constructors), 0),
    "bases": (one(bases), 0),
    "subclasses": (one(subclasses), 0),
    "overrides": (one(overrides), 0),
    "storing-functions": (one(storing), 0),
    "putting-functions": (one(putting), -1),
    "decorated": (one(decorated), 0),
    "functions": (one(functions), -5),
    "contexts": (one(contexts), 0),
    "construction-depth": (one(construction), -1),
    "done-depth": (one(done), 0),
    "unset-depth": (one(unset), -1),
    "escape-depth": (one(escape), -1),
    "resurrection-depth": (one(resurrection), -1),
    "retention-depth": (one(retention), -7),
    "retention-values": (one(retention_values), -1),
    "keeping-depth": (one(keeping), 0),
    "dropped-functions": (one(dropped), -2),
    "lock-aliases": (one(aliases), -1),
}


#: Those of queries that lead to themselves are hit in ``test_convergence``, by queries that are made for it; Python's
#: own stack, which no size of a program is a measure of, below.
ELSEWHERE = (QUERIES, ROUNDS, CODE_DEPTH)


@pytest.mark.parametrize(
    "limit",
    [limit for limit in LIMITS.values() if all(limit is not other for other in ELSEWHERE)],
    ids=lambda x: x.name,
)
def test_a_limit_that_is_hit_is_told(limit: Limit, tmp_path: Path) -> None:
    program, below = PROGRAMS[limit.name]
    within = check(tmp_path / "within", program(limit + below))
    assert limit.name not in dict(within.summary.limits), within.summary.limits
    beyond = check(tmp_path / "beyond", program(limit + 10))
    assert dict(beyond.summary.limits)[limit.name] > 0, beyond.summary.limits


def chain(links: int) -> str:
    """A chain of so many calls in one expression."""
    return (
        f"{SLEEPS}    def same(self): return self\n"
        f"class A:\n    def __del__(self):\n        s = S(){'.same()' * links}\n        s.stop()  # reported\n"
    )


def test_code_that_nests_more_deeply_than_python_can_follow(tmp_path: Path) -> None:
    followed = check(tmp_path / "followed", {"a": chain(400)})
    assert (codes(followed), followed.summary.limits) == (["FIN103"], ())
    beyond = check(tmp_path / "beyond", {"a": chain(1_000)})
    assert dict(beyond.summary.limits) == {CODE_DEPTH.name: 1}


FAR = "class A:\n    def __del__(self): f0().stop()  # reported\n"
NEAR = "class Z:\n    def __del__(self): f110().stop()  # reported\n"


@pytest.mark.parametrize(
    "finalizers",
    [
        pytest.param(FAR, id="alone", marks=pytest.mark.slow),
        pytest.param(NEAR + FAR, id="before"),
        pytest.param(FAR + NEAR, id="behind", marks=pytest.mark.slow),
    ],
)
def test_what_is_asked_where_little_is_left_of_the_stack(finalizers: str, tmp_path: Path) -> None:
    """A query that finds no room is answered by itself: what is found does not depend on who asked for it before."""
    returning = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(110))
    functions = f"{SLEEPS}    def same(self): return self\n{returning}def f110(): return S(){'.same()' * 500}\n"
    found = check(tmp_path, {"a": functions + finalizers}).findings
    assert {finding.code for finding in found} == {"FIN103"}
    assert sum(1 + len(finding.folded) for finding in found) == finalizers.count("__del__")


@pytest.mark.parametrize(
    ("call", "growth"),
    [
        ("A({}())\n", 1),
        ("x = A({}())\n", 1),
        ("def f(): A({}())\n", 1),
        # What is on one line is read together.
        ("A({}()); ", 5),
    ],
    ids=["lines", "names", "functions", "one line"],
)
def test_no_more_callers_are_read_than_are_asked(
    call: str, growth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the calls stand: a generated table has them in the module, line by line."""
    read: list[ir.Call] = []
    names = call_sites.callee_names

    def counted(call: ir.Call) -> list[str]:
        read.append(call)
        return names(call)

    monkeypatch.setattr(call_sites, "callee_names", counted)

    def cost(count: int) -> int:
        read.clear()
        program = f"{SLEEPS}class A:\n    def __init__(self, s): self.s = s\n    def __del__(self): self.s.stop()\n"
        report = check(
            tmp_path / str(count), {"a": program + "".join(call.format(f"f{n}") for n in range(count)) + "\n"}
        )
        assert ("callers" in dict(report.summary.limits)) == (growth == 1)
        return len(read)

    few, many = cost(400), cost(2_000)
    assert 0 < many <= growth * few


def test_the_finding_that_a_limit_costs(tmp_path: Path) -> None:
    """Twelve alternatives are followed; of thirteen none is, which is no longer silent."""
    twelve = check(tmp_path / "twelve", {"a": alternatives(12)})
    assert codes(twelve) == ["FIN103"]
    assert twelve.summary.limits == ()
    thirteen = check(tmp_path / "thirteen", {"a": alternatives(13)})
    assert codes(thirteen) == []
    assert "alternatives" in dict(thirteen.summary.limits)


def test_hits_come_from_workers_and_out_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finlint.workers.elsewhere.WORTH", 0)
    files = {f"m{n}": alternatives(13 + n) + nesting(8) for n in range(4)}
    paths = write(tmp_path, files)
    here = analyse(paths, Settings(jobs=1)).summary
    assert here.limits
    settings = Settings(jobs=2, cache_dir=str(tmp_path / "cache"))
    assert [analyse(paths, settings).summary for _ in range(2)] == [here, here]


def test_hits_of_a_large_run_are_kept(tmp_path: Path) -> None:
    """Of so many files the report itself is kept."""
    files = {f"m{n}": "" for n in range(WORTH_REMEMBERING)} | {"a": alternatives(13)}
    paths = write(tmp_path, files)
    for path in paths:
        os.utime(path, (1_600_000_000, 1_600_000_000))
    settings = Settings(jobs=1, cache_dir=str(tmp_path / "cache"))
    first = analyse(paths, settings).summary
    assert dict(first.limits) == {"alternatives": 1}
    told: list[Statistics] = []
    assert analyse(paths, settings, statistics=told.append).summary == first
    assert told[0].files == 0


def test_verbose_and_json_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, {"a": alternatives(13)})
    run(["--isolated", "--no-cache", "--verbose", "--output-format", "json", path])
    out, err = capsys.readouterr()
    assert json.loads(out)["summary"]["limits"] == {"alternatives": 1}
    assert "bounds that were hit: alternatives 1" in err


def test_every_limit_says_what_it_is() -> None:
    for limit in LIMITS.values():
        assert limit > 0
        assert min(len(limit.unit), len(limit.loses), len(limit.why)) > 10, limit.name


#: Numbers of the analysis that end no search: room in memory, and marks that no number of anything reaches.
KEPT = {"disk.MAX_KEPT", "disk.OFTEN", "memo._FREE", "definitions.REST"}
#: Comparisons of a length that are about how many arguments a call has, or about what a name means.
LENGTHS_ASKED = {
    "builtin_calls: len(args.positional) > 2",
    "builtin_calls: len(args.positional) >= 2",
    "builtin_calls: len(numbers) > 3",
    "call_sites: len(name) > 2",
    "registrars: len(args.positional) > 4",
}


def test_no_bound_stands_elsewhere() -> None:
    """A number that ends a search belongs to the limits; room for what is kept in memory does not."""
    numbers, lengths = set(), set()
    for path in sorted((PACKAGE / "analysis").rglob("*.py")):
        tree = ast.parse(path.read_text())
        numbers |= {
            f"{path.stem}.{target.id}" for node in tree.body for target in assigned(node) if target.id.isupper()
        }
        lengths |= {f"{path.stem}: {ast.unparse(node)}" for node in ast.walk(tree) if bounds_a_length(node)}
    assert (numbers, lengths) == (KEPT, LENGTHS_ASKED)


def bounds_a_length(node: ast.AST) -> bool:
    """``len(...) > 3``: more than one, and no upper end."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], (ast.Gt, ast.GtE)):
        return False
    asked, number = node.left, node.comparators[0]
    length = isinstance(asked, ast.Call) and isinstance(asked.func, ast.Name) and asked.func.id == "len"
    return length and isinstance(number, ast.Constant) and isinstance(number.value, int) and number.value > 1


def assigned(node: ast.stmt) -> list[ast.Name]:
    """The names that a statement of a module gives a number."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    # ``1 << 30``, ``-(2**31)``: made of numbers alone.
    parts = [part for part in ast.walk(node.value) if isinstance(part, ast.expr)]
    number = all(isinstance(part, (ast.Constant, ast.BinOp, ast.UnaryOp)) for part in parts) and any(
        isinstance(part, ast.Constant) and isinstance(part.value, int) and not isinstance(part.value, bool)
        for part in parts
    )
    return [target for target in targets if number and isinstance(target, ast.Name)]


def test_whoever_listens_is_told_of_hits() -> None:
    limit = LIMITS["items"]
    limit.hit()
    outer: list[str] = []
    inner: list[str] = []
    with limits.telling(outer.append):
        limit.hit()
        with limits.telling(inner.append):
            limit.hit()
            limit.hit()
        assert (inner, outer) == (["items"] * 2, ["items"])
        assert list(limit.first(range(limit))) == list(range(limit))
        assert outer == ["items"]
        assert list(limit.first(range(limit + 1))) == list(range(limit))
        assert outer == ["items"] * 2
