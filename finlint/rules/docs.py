"""Write the rules' pages: ``python -m finlint.rules.docs [folder]`` (default: ``docs/rules``)."""

from __future__ import annotations

import sys
from pathlib import Path

from finlint.rules.registry import RULES


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    out = {f"{rule.code}.md": rule.documentation for rule in RULES.values()}
    rows = [
        f"| [{r.code}]({r.code}.md) | {r.kind} | {r.summary} | {'on' if r.default else 'opt-in'} |"
        for r in RULES.values()
    ]
    out["README.md"] = "# Rules\n\n| code | kind | reports | default |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    return out


def main(folder: str = "docs/rules") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        Path(folder, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
