"""Configuration: ``[tool.finlint]`` of pyproject.toml, or finlint.toml, from the nearest folder upwards."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from finlint.model.finding import Confidence, Severity
from finlint.model.settings import Registrar


class ConfigError(Exception):
    """A configuration file that cannot be used: one line that names the file, the key and a way out."""


class Config(NamedTuple):
    """The effective values; ``origin`` is the file they came from, "" for the defaults."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    src: tuple[str, ...] = ()
    registrars: tuple[Registrar, ...] = ()
    knowledge: tuple[str, ...] = ()
    severity: str = Severity.WARNING.value
    min_confidence: str = Confidence.LOW.value
    origin: str = ""


_LISTS = ("select", "ignore", "extend-select", "exclude", "src", "knowledge")
_KEYS = (*_LISTS, "registrars", "severity", "min-confidence")


def load(folder: str, explicit: str | None = None, *, isolated: bool = False) -> Config:
    """The configuration that holds for ``folder``. Raises ConfigError."""
    if isolated:
        return Config()
    path = explicit or _nearest(folder)
    if path is None:
        return Config()
    table = _read(path)
    if os.path.basename(path) == "pyproject.toml":
        table = table.get("tool", {}).get("finlint", {})
    return _from_table(table, path)


def _nearest(folder: str) -> str | None:
    folder = os.path.abspath(folder)
    while True:
        for name in ("finlint.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (name == "finlint.toml" or b"[tool.finlint" in _bytes(path)):
                return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _read(path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(_bytes(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _from_table(table: Mapping[str, Any], path: str) -> Config:
    values: dict[str, Any] = {"origin": path}
    for key, value in table.items():
        if key not in _KEYS:
            import difflib

            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_KEYS)}"
            raise ConfigError(f"{path}: unknown key {key!r}; {hint}")
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{path}: {key} must be a list of strings")
            values[key.replace("-", "_")] = tuple(value)
        elif key == "registrars":
            values["registrars"] = tuple(_registrar(item, path) for item in value)
        else:
            allowed = [m.value for m in (Severity if key == "severity" else Confidence)]
            if value not in allowed:
                raise ConfigError(f"{path}: {key} must be one of {', '.join(allowed)}")
            values[key.replace("-", "_")] = value
    base = os.path.dirname(os.path.abspath(path))
    for key in ("src", "knowledge"):
        values[key] = tuple(os.path.join(base, item) for item in values.get(key, ()))
    _check_codes(values, path)
    return Config(**values)


def _check_codes(values: Mapping[str, Any], path: str) -> None:
    from finlint.selection import UnknownCode, expand

    for key in ("select", "ignore", "extend_select"):
        try:
            expand(values.get(key) or ())
        except UnknownCode as error:
            raise ConfigError(f"{path}: {key.replace('_', '-')}: {error}") from None


def _registrar(item: object, path: str) -> Registrar:
    """``"pkg.on_death"`` or ``{name = "pkg.on_death", callback = 1, object = 0}``."""
    if isinstance(item, str):
        return Registrar(item)
    if isinstance(item, dict) and isinstance(item.get("name"), str) and set(item) <= {"name", "callback", "object"}:
        return Registrar(item["name"], item.get("callback", 1), item.get("object", 0))
    raise ConfigError(f"{path}: registrars: each is a qualified name or a table with name, callback and object")
