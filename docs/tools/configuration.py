"""Write what derives from the declarations of the configuration's keys: their reference and their JSON Schema.

Run ``python docs/tools/configuration.py`` after a key was added or its words changed; ``--check`` only compares, as a
test does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from finlint.config.keys import KEYS, Key
from finlint.config.schema import schema
from finlint.config.toml import toml_value

DOCS = Path(__file__).resolve().parents[1]

_HEAD = """\
# Configuration

`[tool.finlint]` in `pyproject.toml`, or the same keys at the top of a `finlint.toml`. Of the folders above a file the
nearest that has one of the two counts, for that file alone (where both are there, `finlint.toml`); it is not mixed with
those further up unless it says so by [`extend`](#extend). The command line goes before files: its own options, and
`--config 'KEY = VALUE'` for any key (can be repeated). `--config FILE` reads that file instead, `--isolated` none.

`finlint config` prints what holds here as a configuration file, with where each value was said; `finlint config PATH`
what holds there; `finlint config KEY` what a key means; `finlint config --keys` lists them.

A key that is not known, a value of another type and a rule that there is not end the run with exit status 2. A folder
of `src` that is not there, a registrar that its module does not have, and a section of ours in a file that nobody reads
(`setup.cfg`) are warned of.

"""

_TAIL = """\
## In editors

`finlint config --schema` prints the JSON Schema of these keys, which is also in the repository
([finlint.schema.json](finlint.schema.json)). Editors that use Taplo or Even Better TOML complete and check by it where
a file starts with `#:schema ./finlint.schema.json`.

## flake8

The plugin reads the same files; rules are chosen by flake8's own options ([Editors](editors.md)).
"""


def reference() -> str:
    """The text of ``docs/configuration.md``."""
    rows = "".join(f"| [`{key.name}`](#{key.name}) | {_cell(key)} | {key.type.words} |\n" for key in KEYS.values())
    table = f"| key | default | type |\n|---|---|---|\n{rows}\n"
    return _HEAD + table + "\n".join(_section(key) for key in KEYS.values()) + "\n" + _TAIL


def _cell(key: Key) -> str:
    if key.default is None:
        return ""
    if isinstance(key.default, list) and key.default:
        return f"[{len(key.default)} of them](#{key.name})"
    return f"`{toml_value(key.default)}`"


def _section(key: Key) -> str:
    lines = [f"## {key.name}", "", key.meaning, ""]
    default = "nothing" if key.default is None else f"`{toml_value(key.default, 10_000)}`"
    lines += [f"- type: {key.type.words}", f"- default: {default}"]
    if key.option:
        lines.append(f"- on the command line: `{key.option}`")
    lines += ["", "```toml", "[tool.finlint]", f"{key.name} = {key.example}", "```"]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """Every file that is written, with its text."""
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    return {DOCS / "configuration.md": reference(), DOCS / "finlint.schema.json": text}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    stale = [p for p, text in files().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if check:
        print("\n".join(f"{path} differs: run python docs/tools/configuration.py" for path in stale) or "up to date")
        return 1 if stale else 0
    for path in stale:
        path.write_text(files()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
