"""Reading a configuration: a file, with those that it extends, or ``key=value``, in; ``Config`` out."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from finlint.config.keys import KEYS
from finlint.config.model import Config, ConfigError
from finlint.config.oddities import odd_values
from finlint.config.values import Unfit, nearest
from finlint.model.finding import Severity
from finlint.model.inside import is_inside
from finlint.model.regular import read_regular
from finlint.model.toml import parsed
from finlint.selection import UnknownCodeError
from finlint.syntax.discover import rooted

#: A configuration file of more bytes is something else.
MAX_BYTES = 10_000_000

#: Files of which each extends the next.
MAX_EXTENDED = 100

#: What a configuration is called that stands on the command line.
COMMAND_LINE = "--config"

#: Names that somebody may give our table, and that are not it.
#: The lower bound of ``requires-python``: ``>=3.10``, ``~=3.10``, ``==3.12.*``.
_REQUIRES = re.compile(rb"""^[ \t]*requires-python[ \t]*=[ \t]*["']([^"'\n]*)["']""", re.MULTILINE)
_OLDEST = re.compile(r"(?:>=|~=|==)\s*3\.([0-9]{1,3})(?![0-9])")
_MISNAMED = frozenset({"finlint", "flake8-finlint", "flake8_finlint", "fin-lint", "fin_lint"})


def read_config(path: str) -> Config:
    """The configuration in the file that the user named. Raises ConfigError."""
    config = read(path, required=True)
    assert config is not None
    return config


def overridden(config: Config, inline: Sequence[str]) -> Config:
    """The configuration with ``key=value`` of the command line on top of it. Raises ConfigError."""
    if not inline:
        return config
    own = _parse(inline_table(inline), os.getcwd(), COMMAND_LINE, COMMAND_LINE)
    return _merged(config, own)._replace(root=config.root, origin=config.origin)


def inline_table(values: Sequence[str]) -> dict[str, Any]:
    """What ``key=value`` on the command line says, as one table. Raises ConfigError."""
    table: dict[str, Any] = {}
    for value in values:
        name = value.partition("=")[0].strip()
        try:
            table.update(parsed(value))
        except ValueError as error:
            hint = f"; write it as in a file: '{name} = {KEYS[name].example}'" if name in KEYS else ""
            raise ConfigError(f"{COMMAND_LINE} {value}: is not TOML: {error}{hint}") from None
        except RecursionError:
            raise ConfigError(f"{COMMAND_LINE}: is not read: nested too deeply") from None
    return table


def read(path: str, *, required: bool, extending: tuple[str, ...] = ()) -> Config | None:
    try:
        data = _read_named(path) if required and not extending else read_regular(path, MAX_BYTES)
    except OSError as error:
        if not required and error.errno != errno.EFBIG:
            return None
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror or error}; name a finlint.toml or a pyproject.toml"
        ) from None
    own = os.path.basename(path) != "pyproject.toml"
    # Reading TOML costs as much as the interpreter's start; most projects' files do not name us.
    if not own and not required and b"finlint" not in data.lower():
        return None
    try:
        table: Any = parsed(data.decode("utf-8").removeprefix("\ufeff"))
    except ValueError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: is not read: nested too deeply") from None
    if own and not required and _is_knowledge(table):
        return None
    where, required_python = path, _required_python(table)
    if not own or "tool" in table:
        found = _own_table(table, path)
        if found is None:
            return Config(root=_folder(path), origin=path) if required else None
        table, where = found, f"{path}: [tool.finlint]"
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: must be a table")
    config = _parse(table, _folder(path), path, where)
    if config.target_version is None:
        config = config._replace(target_version=required_python)
    return config if config.extend is None else _extended(config, path, where, extending)


def required_by(path: str) -> tuple[int, int] | None:
    """The oldest Python that a ``pyproject.toml`` requires, which need not name us: told without reading TOML. None
    where it says none, or is not read."""
    try:
        found = _REQUIRES.search(read_regular(path, MAX_BYTES))
    except OSError:
        return None
    oldest = _OLDEST.search(found[1].decode("utf-8", "replace")) if found is not None else None
    return (3, int(oldest[1])) if oldest is not None else None


def _required_python(table: Any) -> tuple[int, int] | None:
    """The oldest version that ``project.requires-python`` allows; None where it does not say one."""
    project = table.get("project") if isinstance(table, dict) else None
    wanted = project.get("requires-python") if isinstance(project, dict) else None
    found = _OLDEST.search(wanted) if isinstance(wanted, str) else None
    return (3, int(found[1])) if found is not None else None


def _read_named(path: str) -> bytes:
    """Whoever names a file on the command line may name a pipe."""
    with open(path, "rb") as file:
        return file.read()


def _own_table(table: Mapping[str, Any], path: str) -> Any:
    """``[tool.finlint]``; None where there is none. Raises ConfigError where another name was given to it."""
    tool = table.get("tool", {})
    tools = tool if isinstance(tool, dict) else {}
    if "finlint" in tools:
        return tools["finlint"]
    for name, prefix in [(name, "tool.") for name in tools] + [(name, "") for name in table]:
        if name.lower() in _MISNAMED:
            raise ConfigError(f"{path}: [{prefix}{name}] is not read, did you mean [tool.finlint]?")
    return None


def _is_knowledge(table: Mapping[str, Any]) -> bool:
    """Whether a file that happens to be called so describes a library: quoted qualified names, and aliases."""
    return bool(table) and all(
        isinstance(value, dict) and (name == "aliases" or "." in name) for name, value in table.items()
    )


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _parse(table: Mapping[str, Any], root: str, origin: str, where: str) -> Config:
    values: dict[str, Any] = {}
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise ConfigError(f"{where}: unknown key `{name}`{nearest(name, KEYS)}")
        try:
            values[key.field] = key.type.read(value, root)
        except (UnknownCodeError, Unfit) as error:
            raise ConfigError(f"{where}: key `{name}`: {error}") from None
    cache = values.get("cache_dir")
    if cache is not None and origin != COMMAND_LINE and not is_inside(cache, root):
        hint = "name a place elsewhere with --cache-dir or FINLINT_CACHE_DIR"
        raise ConfigError(f"{where}: key `cache-dir`: {cache} is not in the folder of this file; {hint}")
    severity = values.get("severity")
    said = dict.fromkeys(table, origin)
    if isinstance(severity, Severity):
        values.pop("severity")
        if values.setdefault("min_severity", severity) is severity:
            said["min-severity"] = said.pop("severity")
    return Config(
        root=root, origin=origin, **values, said=tuple(said.items()), warnings=tuple(odd_values(values, where, root))
    )


# -- one file after another


def _extended(config: Config, path: str, where: str, extending: tuple[str, ...]) -> Config:
    """The configuration on top of the one that it extends. Raises ConfigError."""
    assert config.extend is not None
    real = os.path.realpath(path)
    chain = (*extending, real)
    if os.path.realpath(config.extend) in chain:
        raise ConfigError(f"{where}: key `extend`: {config.extend} extends this file, too")
    if len(chain) >= MAX_EXTENDED:
        raise ConfigError(f"{where}: key `extend`: more than {MAX_EXTENDED} files extend each other")
    if not os.path.isfile(config.extend):
        raise ConfigError(f"{where}: key `extend`: there is no file `{config.extend}`")
    base = read(config.extend, required=True, extending=chain)
    assert base is not None
    return _merged(base, config)


def _merged(base: Config, own: Config) -> Config:
    """What ``own`` says, and where it says nothing what ``base`` does. Patterns of the base become absolute."""
    said = dict(own.said)
    values = own._asdict()
    for name, key in KEYS.items():
        if name not in said:
            values[key.field] = getattr(base, key.field)
    values["extend_select"] = _both(base.extend_select, own.extend_select)
    values["extend_exclude"] = _both(_absolute(base.extend_exclude, base.root), _absolute(own.extend_exclude, own.root))
    if own.exclude is None and base.exclude is not None:
        values["exclude"] = _absolute(base.exclude, base.root)
    elif own.exclude is not None:
        values["exclude"] = _absolute(own.exclude, own.root)
    merged = {**_rooted(base), **_rooted(own)}
    values["per_file_ignores"] = tuple(merged.items())
    severity = {**dict(base.severity), **dict(own.severity)}
    values["severity"] = tuple(sorted(severity.items(), key=lambda item: len(item[0])))
    values["said"] = tuple({**dict(base.said), **said}.items())
    values["warnings"] = _both(base.warnings, own.warnings)
    return Config(**values)


def _both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _rooted(config: Config) -> dict[str, tuple[str, ...]]:
    return {_absolute((pattern,), config.root)[0]: codes for pattern, codes in config.per_file_ignores}


def _absolute(patterns: Sequence[str], root: str) -> tuple[str, ...]:
    return tuple(rooted(pattern, root) for pattern in patterns)
