"""Write what derives from the rules' declarations: their pages, the README's table, and ``finlint/model/codes.py``.

Run ``python docs/tools/rules.py`` after a rule was added or its words changed; ``--check`` only compares, as a test
does.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from pathlib import Path

from finlint.rules.base.page import page
from finlint.rules.registry import RULES

ROOT = Path(__file__).resolve().parents[2]

_CODES = '''\
"""Rule codes and kinds: the stable words of JSON, fixtures, suppressions and configuration.

Written by ``docs/tools/rules.py`` from the declarations in ``finlint/rules/``: a run that finds nothing need not import
them.
"""

from __future__ import annotations

from typing import Literal, get_args

#: code -> kind, in the order in which rules are listed.
KIND_OF_CODE: dict[str, str] = {
@kinds@
}

CODE_OF_KIND: dict[str, str] = {kind: code for code, kind in KIND_OF_CODE.items()}

#: Kinds of blocking: what a call can do to the thread that runs the finalizer.
BlockingKind = Literal[
@blocking@
]
BLOCKING_KINDS: frozenset[str] = frozenset(get_args(BlockingKind))

#: Codes that report only where the user asks for them.
OPT_IN_CODES: frozenset[str] = frozenset(
    {
@opt_in@
    }
)

DEFAULT_CODES: frozenset[str] = frozenset(KIND_OF_CODE) - OPT_IN_CODES
'''


_WAYS = '''\
"""The way out of what each rule finds, in one sentence: the first of its advice.

Written by ``docs/tools/rules.py`` from the declarations in ``finlint/rules/``.
"""

from __future__ import annotations

#: code -> sentence.
WAY_OUT: dict[str, str] = {
@ways@
}
'''


def ways_out() -> str:
    """The text of ``finlint/model/ways_out.py``."""
    lines = []
    for rule in RULES.values():
        sentence = rule.advice.split(". ")[0].removesuffix(".")
        fits = len(f'    "{rule.code}": "{sentence}",') <= 120
        parts = [sentence] if fits else textwrap.wrap(sentence, 96, drop_whitespace=False, break_on_hyphens=False)
        lines.append(f'    "{rule.code}": ' + "\n    ".join(f'"{part}"' for part in parts) + ",")
    return _WAYS.replace("@ways@", "\n".join(lines))


def codes() -> str:
    """The text of ``finlint/model/codes.py``."""
    kinds = "\n".join(f'    "{rule.code}": "{rule.kind}",' for rule in RULES.values())
    opt_in = "\n".join(f'        "{rule.code}",' for rule in RULES.values() if not rule.default)
    blocking = "\n".join(f'    "{rule.kind}",' for rule in RULES.values() if rule.code.startswith("FIN1"))
    return _CODES.replace("@kinds@", kinds).replace("@blocking@", blocking).replace("@opt_in@", opt_in)


def table(link: str = "{}") -> str:
    """The table of all rules; ``link`` is what stands for a code."""
    rows = [
        f"| {link.format(rule.code)} | {rule.kind} | {rule.summary} | {'on' if rule.default else 'opt-in'} |\n"
        for rule in RULES.values()
    ]
    return "| code | kind | reports | default |\n|---|---|---|---|\n" + "".join(rows)


#: What the rules are about, for the page that lists them.
FINALIZERS = """
## What is a finalizer

Whatever CPython runs when something is freed, at a moment that nobody chose:

- `__del__`, in the class's body, inherited from a class of the program or of a library, or given from outside;
- callbacks of `weakref.finalize`, `weakref.ref`, `weakref.proxy`, `weakref.WeakMethod` and their subclasses,
  `multiprocessing.util.Finalize`, `gc.callbacks`, and `set_finalizer` of `finlint.runtime`;
- generators that are freed unfinished: `finally`, `except BaseException`, exits of `with`; asynchronous ones by the
  hooks of `sys.set_asyncgen_hooks`.

Values of a `threading.local` that die with their thread, those of a `contextvars.Context`, and what a weak container
held last are freed like anything else: what runs then is the `__del__` of their classes and their callbacks, and that
is looked at wherever it is defined. The same holds for what `contextlib.ExitStack` and `contextlib.closing` have: they
run nothing when they are freed, only when they are left or closed.

Of the standard library's own finalizers those are followed that call a method which a subclass may have defined:
`close()` of the classes of `io` (and of `zipfile`, `wave`, `shelve`, `fileinput`, `multiprocessing.shared_memory`).
What the others do by themselves is not reported where an object of theirs is only dropped: `tempfile` deletes its file
or folder, `subprocess.Popen` asks once whether the child has ended, transports and loops of `asyncio` close what they
have and warn.
"""


def readme(text: str) -> str:
    """The README with its table of rules as it should be."""
    return re.sub(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", lambda _: table(), text, count=1, flags=re.S)


def files() -> dict[Path, str]:
    """What each file should hold."""
    pages = ROOT / "docs" / "rules"
    return {
        ROOT / "finlint" / "model" / "codes.py": codes(),
        ROOT / "finlint" / "model" / "ways_out.py": ways_out(),
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
        pages / "README.md": "# Rules\n\n" + table("[{0}]({0}.md)") + FINALIZERS,
        **{pages / f"{rule.code}.md": page(rule) for rule in RULES.values()},
    }


def stale() -> list[Path]:
    """Files that hold something else, and pages of rules that are gone."""
    wanted = files()
    gone = [path for path in sorted((ROOT / "docs" / "rules").glob("*.md")) if path not in wanted]
    return [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text] + gone


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    wanted = files()
    differing = stale()
    for path in differing:
        if not arguments.check and path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        elif not arguments.check:
            path.unlink()
        print(path.relative_to(ROOT))
    return 1 if arguments.check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
