"""The keys of a configuration: one declaration each, from which everything else that is said of them is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from finlint.config import values
from finlint.config.version import required_version
from finlint.model.codes import DEFAULT_CODES
from finlint.model.folders import USUAL_FOLDERS


class Type(NamedTuple):
    """A type of value: its name for people, how it is read, and its JSON Schema."""

    words: str
    read: Callable[[Any, str], Any]
    schema: dict[str, Any]


class Key(NamedTuple):
    """A key. ``default`` is what holds where nothing is said, as TOML has it (None: nothing does).

    ``meaning`` is Markdown; ``example`` is the right-hand side of TOML; ``option`` the command's option, if it has one.
    """

    name: str
    type: Type
    default: Any
    meaning: str
    example: str
    option: str = ""

    @property
    def field(self) -> str:
        """The name in ``Config``."""
        return self.name.replace("-", "_")


_SELECTOR = {
    "type": "string",
    "pattern": "^(ALL|[Ff][Ii]?[Nn]?[0-9]{0,3}|[a-z]+(-[a-z]+)*)$",
    "description": "A code (FIN102), a prefix of codes (FIN1), a kind (lock), or ALL.",
}
_STRING = {"type": "string"}
_LEVEL = {"type": "string", "enum": ["note", "warning", "error"]}
_PLACE = {"type": ["integer", "string"], "minimum": 0}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


CODES = Type("list of codes, prefixes of codes, kinds, or `ALL`", values.codes, _list(_SELECTOR))
CHOSEN = Type(CODES.words, values.chosen, _list(_SELECTOR, minItems=1))
PATTERNS = Type("list of patterns", values.patterns, _list(_STRING))
PATHS = Type("list of paths, which count from the file's folder", values.paths, _list(_STRING))
PATH = Type("path, which counts from the file's folder", values.path, {**_STRING, "minLength": 1})
FLAG = Type("`true` or `false`", values.flag, {"type": "boolean"})
PER_FILE = Type(
    "table: patterns to codes", values.per_file, {"type": "object", "additionalProperties": _list(_SELECTOR)}
)
SEVERITIES = Type(
    "table: codes to `note`, `warning` or `error`",
    values.severities,
    {"anyOf": [_LEVEL, {"type": "object", "additionalProperties": _LEVEL}]},
)
SEVERITY = Type("`note`, `warning` or `error`", values.least_severity, _LEVEL)
CONFIDENCE = Type(
    "`low`, `medium` or `high`", values.least_confidence, {"type": "string", "enum": ["low", "medium", "high"]}
)
REGISTRARS = Type(
    "list of qualified names, or of tables with `name`, `callback` and `object`",
    values.registrars,
    _list(
        {
            "anyOf": [
                {**_STRING, "description": "The qualified name of a function: pkg.module.on_death(object, callback)."},
                {
                    "type": "object",
                    "properties": {
                        "name": {**_STRING, "description": "The qualified name of the function."},
                        "callback": {
                            **_PLACE,
                            "default": 1,
                            "description": "The callback's position from 0, or its parameter's name.",
                        },
                        "object": {
                            **_PLACE,
                            "default": 0,
                            "description": "The watched object's position from 0, or its parameter's name.",
                        },
                    },
                    "required": ["name"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
)
PYTHON = Type(
    'version of Python, `"3.10"` or `"py310"`', values.target_version, {**_STRING, "pattern": r"^(py)?3\.?[0-9]+$"}
)
VERSIONS = Type(
    'requirement, such as `">=0.1"`',
    required_version,
    {
        **_STRING,
        "pattern": r"^\s*(==|!=|>=|<=|>|<|~=)?\s*[0-9.]+\s*(,\s*(==|!=|>=|<=|>|<|~=)?\s*[0-9.]+\s*)*$",
    },
)

_DECLARED = (
    Key(
        "select",
        CHOSEN,
        sorted(DEFAULT_CODES),
        "The rules that report. The more specific selector wins over `ignore`; of two alike, `ignore` does.",
        '["FIN1", "FIN301"]',
        "--select",
    ),
    Key("ignore", CODES, [], "Rules that do not report.", '["FIN106"]', "--ignore"),
    Key(
        "extend-select",
        CODES,
        [],
        "Rules that report beside those of `select`, or beside the default ones: the way to switch an opt-in rule on.",
        '["FIN112", "FIN4"]',
        "--extend-select",
    ),
    Key(
        "per-file-ignores",
        PER_FILE,
        {},
        "Rules that do not report in files that match a pattern. A pattern without a slash is compared with the file's "
        "name, one with a slash with its path below the configuration's folder; `*` goes over slashes, too.",
        '{ "tests/*" = ["FIN103"], "conftest.py" = ["FIN1"] }',
        "--per-file-ignores",
    ),
    Key(
        "severity",
        SEVERITIES,
        {},
        "Other severities for rules. (A severity alone means the same as `min-severity`.)",
        '{ FIN106 = "note", FIN103 = "error" }',
    ),
    Key(
        "min-severity",
        SEVERITY,
        None,
        "Findings below it are not reported. Without it those are reported that are at least warnings, and the notes "
        "of opt-in rules that were switched on; `note` shows also what only releases what the finalizer owns.",
        '"error"',
        "--min-severity",
    ),
    Key(
        "min-confidence",
        CONFIDENCE,
        "medium",
        "Findings whose names and receivers were resolved with less certainty, or by a longer chain, are not reported.",
        '"high"',
        "--min-confidence",
    ),
    Key(
        "fixable",
        CODES,
        ["ALL"],
        "The rules whose findings `--fix` mends.",
        '["FIN201", "FIN305"]',
        "--fixable",
    ),
    Key("unfixable", CODES, [], "Rules whose findings `--fix` leaves alone.", '["FIN401"]', "--unfixable"),
    Key(
        "exclude",
        PATTERNS,
        list(USUAL_FOLDERS),
        "Files and folders to walk past, instead of the usual folders. Patterns as in `per-file-ignores`, folders "
        "included. Virtual environments (folders with a `pyvenv.cfg`) are walked past either way. By default a package "
        "(with an `__init__.py`) that has the name of a usual folder is not.",
        '["generated", "vendor/*"]',
        "--exclude",
    ),
    Key(
        "extend-exclude",
        PATTERNS,
        [],
        "Files and folders to walk past, beside those of `exclude`.",
        '["*_pb2.py"]',
        "--extend-exclude",
    ),
    Key(
        "force-exclude",
        FLAG,
        False,
        "Exclude files that are named on the command line, too, as hooks name them.",
        "true",
        "--force-exclude",
    ),
    Key(
        "respect-gitignore",
        FLAG,
        True,
        "Walk past what git's files of patterns name (`.gitignore`, `info/exclude`, your own), tracked files included.",
        "false",
        "--no-respect-gitignore",
    ),
    Key(
        "src",
        PATHS,
        [],
        "Folders that module names count from, beside those that are found from the files themselves: the topmost "
        "folder without an `__init__.py` above each.",
        '["src", "lib"]',
    ),
    Key(
        "registrars",
        REGISTRARS,
        [],
        "Functions of yours that register a finalizer in a way that finlint cannot see, as one written in C. A name "
        "alone means `name(object, callback, ...)`; `callback` and `object` are positions from 0 or parameters.",
        '["pkg.lifetime.on_death", { name = "pkg.at_end", callback = 0 }]',
    ),
    Key(
        "knowledge",
        PATHS,
        [],
        "Files that say what the functions of your libraries do: [Knowledge](knowledge.md).",
        '["finlint-knowledge.toml"]',
    ),
    Key(
        "target-version",
        PYTHON,
        None,
        "The oldest Python that the code runs on: branches for older ones are left out. Without it that of "
        "`project.requires-python` counts: in the same file, or in the nearest `pyproject.toml` further in. Where "
        "several projects are linted at once, the oldest of theirs counts for all. Code of which nothing says it runs "
        "on what finlint itself runs on, 3.10 and later.",
        '"3.10"',
    ),
    Key(
        "follow-installed",
        FLAG,
        False,
        "Follow calls into packages that are installed in the environment that finlint runs in.",
        "true",
        "--follow-installed",
    ),
    Key(
        "baseline",
        PATH,
        None,
        "A file of findings that are known and not reported: `finlint --write-baseline FILE` makes it.",
        '"finlint-baseline.json"',
        "--baseline",
    ),
    Key(
        "cache-dir",
        PATH,
        None,
        "A folder in which `finlint-cache`, with answers of other runs, is made, instead of the user's cache folder. "
        "It must lie in the folder of the configuration file; `--cache-dir` and `FINLINT_CACHE_DIR`, which go before "
        "this, name any.",
        '".finlint_cache"',
        "--cache-dir",
    ),
    Key(
        "required-version",
        VERSIONS,
        None,
        "Which versions of finlint the configuration is for; any other ends with an error instead of other findings.",
        '">=0.1,<2"',
    ),
    Key(
        "extend",
        PATH,
        None,
        "Another configuration file that holds where this one says nothing. What `extend-select` and `extend-exclude` "
        "say is added up, tables (`per-file-ignores`, `severity`) are merged by key; patterns and paths count from the "
        "folder of the file that they stand in.",
        '"../finlint.toml"',
    ),
)

#: Every key by its name, in the order in which they are documented.
KEYS: dict[str, Key] = {key.name: key for key in _DECLARED}
