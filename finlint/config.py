"""Configuration: ``finlint.toml`` or ``[tool.finlint]`` of ``pyproject.toml``, the nearest above each file.

In: a folder, or the file that ``--config`` names. Out: a frozen ``Config``; ``ConfigError`` in one line that
names the file, the key and the nearest valid name for whatever does not fit.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from finlint.model.finding import Confidence, Severity
from finlint.model.settings import Registrar
from finlint.selection import UnknownCodeError, codes_of


class ConfigError(Exception):
    """What is wrong, in one line, starting with the file."""


class Config(NamedTuple):
    """One file's configuration; None where the file says nothing. Paths are absolute."""

    #: The folder that exclusion patterns and per-file patterns count from.
    root: str = ""
    #: The file that it was read from; None for the defaults.
    origin: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    src: tuple[str, ...] = ()
    registrars: tuple[Registrar, ...] = ()
    knowledge: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    target_version: tuple[int, int] | None = None
    force_exclude: bool = False
    respect_gitignore: bool = True
    follow_installed: bool = False
    baseline: str | None = None
    cache_dir: str | None = None


class ConfigFinder:
    """The configuration of each folder, read once. ``explicit`` is the file that ``--config`` names."""

    def __init__(self, *, isolated: bool = False, explicit: str | None = None) -> None:
        self._fixed: Config | None = None
        if explicit is not None:
            self._fixed = read_config(explicit)
        elif isolated:
            self._fixed = Config(root=os.getcwd())
        self._known: dict[str, Config] = {}

    def of_folder(self, folder: str) -> Config:
        """The configuration that holds in ``folder`` (absolute). Raises ConfigError."""
        if self._fixed is not None:
            return self._fixed
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = self._find(folder)
        return known

    def of_file(self, path: str) -> Config:
        """The configuration that holds for a file. Raises ConfigError."""
        return self.of_folder(os.path.dirname(os.path.abspath(path)))

    def all(self) -> list[Config]:
        """Every configuration met so far, each once."""
        return [self._fixed] if self._fixed is not None else list(dict.fromkeys(self._known.values()))

    def _find(self, folder: str) -> Config:
        for name in ("finlint.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                config = _read(path, required=False)
                if config is not None:
                    return config
        parent = os.path.dirname(folder)
        return Config(root=os.getcwd()) if parent == folder else self.of_folder(parent)


def default_cache_dir() -> str:
    """The user's cache folder: facts are keyed by content, so all projects share them."""
    named = os.environ.get("FINLINT_CACHE_DIR")
    if named:
        return os.path.abspath(named)
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    elif os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "finlint")


def read_config(path: str) -> Config:
    """The configuration in the file that the user named. Raises ConfigError."""
    config = _read(path, required=True)
    assert config is not None
    return config


def _read(path: str, *, required: bool) -> Config | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        if not required:
            return None
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror or error}; name a finlint.toml or a pyproject.toml"
        ) from None
    own = os.path.basename(path) != "pyproject.toml"
    # Reading TOML costs as much as the interpreter's start; most projects' files do not name us.
    if not own and not required and b"finlint" not in data:
        return None
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        table: Any = reader.loads(data.decode("utf-8").removeprefix("\ufeff"))
    except ValueError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    if not own or "tool" in table:
        tool = table.get("tool", {})
        if not isinstance(tool, dict) or "finlint" not in tool:
            return Config(root=_folder(path), origin=path) if required else None
        table = tool["finlint"]
        where = f"{path}: [tool.finlint]"
    else:
        where = path
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: must be a table")
    return _parse(table, path, where)


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _parse(table: Mapping[str, Any], path: str, where: str) -> Config:
    root = _folder(path)
    values: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            raise ConfigError(f"{where}: unknown key `{key}`{nearest(key, _READERS)}")
        try:
            values[key.replace("-", "_")] = reader(value, root)
        except UnknownCodeError as error:
            raise ConfigError(f"{where}: key `{key}`: {error}") from None
        except _UnfitError as error:
            raise ConfigError(f"{where}: key `{key}`: {error}") from None
    severity = values.get("severity")
    if isinstance(severity, Severity):
        # ``severity = "error"`` is the short way to say ``min-severity``.
        values.pop("severity")
        values.setdefault("min_severity", severity)
    return Config(root=root, origin=path, **values)


def nearest(word: str, words: object) -> str:
    """`` (did you mean `x`?)`` or the empty string."""
    import difflib

    near = difflib.get_close_matches(word, list(words), 1, 0.5)  # type: ignore[call-overload]
    return f", did you mean `{near[0]}`?" if near else ""


class _UnfitError(Exception):
    """What a key must hold."""


def _strings(value: Any, root: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _UnfitError(f"must be a list of strings, not {_shown(value)}")
    return tuple(value)


def _codes(value: Any, root: str) -> tuple[str, ...]:
    selectors = _strings(value, root)
    for selector in selectors:
        codes_of(selector)
    return selectors


def _paths(value: Any, root: str) -> tuple[str, ...]:
    return tuple(os.path.normpath(os.path.join(root, path)) for path in _strings(value, root))


def _path(value: Any, root: str) -> str:
    if not isinstance(value, str):
        raise _UnfitError(f"must be a path, not {_shown(value)}")
    return os.path.normpath(os.path.join(root, value))


def _flag(value: Any, root: str) -> bool:
    if not isinstance(value, bool):
        raise _UnfitError(f"must be true or false, not {_shown(value)}")
    return value


def _per_file(value: Any, root: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise _UnfitError(f'must be a table such as {{"tests/*" = ["FIN106"]}}, not {_shown(value)}')
    return tuple((pattern, _codes(codes, root)) for pattern, codes in value.items())


def severity_of(value: Any) -> Severity:
    """The severity of that name. Raises ConfigError."""
    try:
        return Severity(value)
    except ValueError:
        names = [s.value for s in Severity]
        raise ConfigError(f"must be {_one_of(names)}, not {_shown(value)}{nearest(str(value), names)}") from None


def confidence_of(value: Any) -> Confidence:
    """The confidence of that name. Raises ConfigError."""
    try:
        return Confidence(value)
    except ValueError:
        names = [c.value for c in Confidence]
        raise ConfigError(f"must be {_one_of(names)}, not {_shown(value)}{nearest(str(value), names)}") from None


def _min_severity(value: Any, root: str) -> Severity:
    try:
        return severity_of(value)
    except ConfigError as error:
        raise _UnfitError(str(error)) from None


def _min_confidence(value: Any, root: str) -> Confidence:
    try:
        return confidence_of(value)
    except ConfigError as error:
        raise _UnfitError(str(error)) from None


def _severity(value: Any, root: str) -> Severity | tuple[tuple[str, Severity], ...]:
    if isinstance(value, str):
        return _min_severity(value, root)
    if not isinstance(value, dict):
        raise _UnfitError(f'must be a table such as {{FIN106 = "note"}}, or a severity, not {_shown(value)}')
    out = []
    for selector, name in value.items():
        codes_of(selector)
        out.append((selector, _min_severity(name, root)))
    # The more specific selector is applied last.
    return tuple(sorted(out, key=lambda item: len(item[0])))


_REGISTRAR_KEYS = ("name", "callback", "object")


def _registrars(value: Any, root: str) -> tuple[Registrar, ...]:
    if not isinstance(value, list):
        raise _UnfitError(
            f'must be a list such as ["pkg.on_death", {{name = "pkg.x", callback = 0}}], not {_shown(value)}'
        )
    out = []
    for item in value:
        if isinstance(item, str):
            out.append(Registrar(item))
            continue
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise _UnfitError(f"each registrar is a qualified name or a table with `name`, not {_shown(item)}")
        for key, part in item.items():
            if key not in _REGISTRAR_KEYS:
                raise _UnfitError(f"unknown key `{key}` of a registrar{nearest(key, _REGISTRAR_KEYS)}")
            if isinstance(part, bool) or not isinstance(part, (str, int)) or (isinstance(part, int) and part < 0):
                raise _UnfitError(f"`{key}` must be a position from 0 or a parameter's name, not {_shown(part)}")
        watched = item.get("object", 0 if item.get("callback", 1) != 0 else None)
        out.append(Registrar(item["name"], item.get("callback", 1), watched))
    return tuple(out)


def _target_version(value: Any, root: str) -> tuple[int, int]:
    text = value if isinstance(value, str) else ""
    digits = text.removeprefix("py").replace(".", "")
    if len(digits) < 2 or not digits.isascii() or not digits.isdigit() or digits[0] != "3":
        raise _UnfitError(f'must be a Python version such as "3.10" or "py310", not {_shown(value)}')
    return int(digits[0]), int(digits[1:])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "..."


def _one_of(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "select": _codes,
    "ignore": _codes,
    "extend-select": _codes,
    "per-file-ignores": _per_file,
    "exclude": _strings,
    "extend-exclude": _strings,
    "src": _paths,
    "registrars": _registrars,
    "knowledge": _paths,
    "severity": _severity,
    "min-severity": _min_severity,
    "min-confidence": _min_confidence,
    "target-version": _target_version,
    "force-exclude": _flag,
    "respect-gitignore": _flag,
    "follow-installed": _flag,
    "baseline": _path,
    "cache-dir": _path,
}

#: The keys of a configuration file, in the order in which they are documented.
KEYS: tuple[str, ...] = tuple(_READERS)
