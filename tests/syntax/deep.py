"""Deep texts: every construct that nests without a bound of its own, as functions of how deep."""

from __future__ import annotations

from collections.abc import Callable

#: Shapes of modules, by name.
SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "x = " + "(" * n + "1" + ")" * n + "\n",
    "lists": lambda n: "x = " + "[" * n + "]" * n + "\n",
    "dicts": lambda n: "x = " + "{1:" * n + "1" + "}" * n + "\n",
    "arguments": lambda n: "x = " + "f(" * n + ")" * n + "\n",
    "open": lambda n: "x = " + "(" * n + "\n",
    "format specs": lambda n: 'x = f"{a:' + "{b:" * n + "}" * n + '}"\n',
    "f-strings": lambda n: "x = " + "f'{" * n + "1" + "}'" * n + "\n",
    "strings in f-strings": lambda n: "x = f'{" + "f\"{f'" * n + "}\"'" * n + "}'\n",
    "not": lambda n: "x = " + "not " * n + "x\n",
    "minus": lambda n: "x = " + "-" * n + "x\n",
    "tilde": lambda n: "x = " + "~" * n + "x\n",
    "await": lambda n: "async def f():\n    x = " + "(await " * n + "x" + ")" * n + "\n",
    "lambda": lambda n: "x = " + "lambda: " * n + "x\n",
    "lambda with parameters": lambda n: "x = " + "lambda a, b: " * n + "x\n",
    "lambda in defaults": lambda n: "x = " + "lambda a=" * n + "1" + ": 1" * n + "\n",
    "attributes": lambda n: "x = a" + ".b" * n + "\n",
    "calls": lambda n: "x = a" + "()" * n + "\n",
    "subscripts": lambda n: "x = a" + "[1, 2]" * n + "\n",
    "method calls": lambda n: "x = a" + ".b(1, 2)" * n + "\n",
    "power": lambda n: "x = a" + "**a" * n + "\n",
    "power of minus": lambda n: "x = " + "a**-" * n + "x\n",
    "sum": lambda n: "x = a" + " + a" * n + "\n",
    "sum of lines": lambda n: "x = (a\n" + "+ a\n" * n + ")\n",
    "sum of long lines": lambda n: "x = a" + " \\\n + a" * n + "\n",
    "comparison": lambda n: "x = a" + " < a" * n + "\n",
    "or": lambda n: "x = a" + " or a" * n + "\n",
    "if else": lambda n: "x = " + "a if a else " * n + "a\n",
    "strings": lambda n: "x = " + "'a' " * n + "\n",
    "elif": lambda n: "if a: pass\n" + "elif a: pass\n" * n,
    "elif with else within": lambda n: "if a: pass\n" + "elif a:\n  if b: pass\n  else: pass\n" * n,
    "comprehension": lambda n: "x = [a" + " for a, b in a" * n + "]\n",
    "import": lambda n: "import a" + ".a" * n + "\n",
    "walrus": lambda n: "x = " + "(y := " * n + "1" + ")" * n + "\n",
    "patterns": lambda n: "match a:\n    case " + "[" * n + "]" * n + ": pass\n",
    "pattern of attributes": lambda n: "match a:\n    case a" + ".b" * n + ": pass\n",
    "annotation": lambda n: "x: " + "A[" * n + "int" + "]" * n + "\n",
    "mixed": lambda n: "x = " + "(-a.b[0]**not " * n + "x" + ")" * n + "\n",
}

#: Shapes that are long, and not deep.
FLAT: dict[str, Callable[[int], str]] = {
    "items": lambda n: "x = [" + "a + b, " * n + "]\n",
    "lambdas": lambda n: "x = [" + "lambda a, b=1: a, " * n + "]\n",
    "pairs": lambda n: "x = {" + "1: {2: [3]}, " * n + "}\n",
    "formats": lambda n: "".join(f'x{i} = f"{{a:{{b}}}}{{{{ {{c!r}}" + f\'{{d["e"]}}\'\n' for i in range(n)),
    "brackets in strings": lambda n: "".join(
        f"x{i} = '((((((((' + \"[[[[\" + '''{{{{\n{{{{'''  # ((((\n" for i in range(n)
    ),
    "statements": lambda n: "a = b.c(d)[e]; " * n + "\n",
    "functions": lambda n: "def f(a, b=lambda: 1):\n    return a if b else not a\n" * n,
    "ifs": lambda n: "if a: pass\nelif b: pass\nelse: pass\n" * n,
    "cases": lambda n: "match a:\n" + "    case [1, {2: A(b=[c])}]: pass\n" * n,
    "except": lambda n: "try: pass\n" + "except a: pass\n" * n,
    "comprehensions": lambda n: "x = [" + "[a for a, b in c if a], " * n + "]\n",
}
