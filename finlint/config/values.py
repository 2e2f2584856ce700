"""The values of a configuration, and how each is read from TOML: a value and the folder of its file in, what the
configuration holds out; ``Unfit`` (or ``UnknownCodeError``) says in a few words what does not fit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from finlint.config.model import ConfigError
from finlint.model.finding import Confidence, Severity
from finlint.model.settings import Registrar
from finlint.selection import codes_of


class Unfit(Exception):  # noqa: N818 - says what the value is
    """What a key must hold."""


def nearest(word: str, words: Iterable[str]) -> str:
    """`` (did you mean `x`?)`` or the empty string."""
    import difflib

    near = difflib.get_close_matches(word, list(words), 1, 0.5)
    return f", did you mean `{near[0]}`?" if near else ""


def severity_of(value: Any) -> Severity:
    """The severity of that name. Raises ConfigError."""
    try:
        return Severity(value)
    except ValueError:
        names = [s.value for s in Severity]
        raise ConfigError(f"must be {_one_of(names)}, not {shown(value)}{nearest(str(value), names)}") from None


def confidence_of(value: Any) -> Confidence:
    """The confidence of that name. Raises ConfigError."""
    try:
        return Confidence(value)
    except ValueError:
        names = [c.value for c in Confidence]
        raise ConfigError(f"must be {_one_of(names)}, not {shown(value)}{nearest(str(value), names)}") from None


# -- readers


def strings(value: Any, root: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unfit(f"must be a list of strings, not {shown(value)}")
    return tuple(value)


def codes(value: Any, root: str) -> tuple[str, ...]:
    selectors = strings(value, root)
    for selector in selectors:
        codes_of(selector)
    return selectors


def chosen(value: Any, root: str) -> tuple[str, ...]:
    selectors = codes(value, root)
    if not selectors:
        raise Unfit("is empty, so that nothing would be reported; leave it out for the default rules")
    return selectors


def patterns(value: Any, root: str) -> tuple[str, ...]:
    return strings(value, root)


def paths(value: Any, root: str) -> tuple[str, ...]:
    return tuple(os.path.normpath(os.path.join(root, _named(path))) for path in strings(value, root))


def _named(path: str) -> str:
    """A path that a system can be asked for: no name has a NUL in it, or half of a character."""
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise Unfit(f"{shown(path)} is not a path")
    return path


def path(value: Any, root: str) -> str:
    if not isinstance(value, str) or not value:
        raise Unfit(f"must be a path, not {shown(value)}")
    _named(value)
    return os.path.normpath(os.path.join(root, os.path.expanduser(value)))


def text(value: Any, root: str) -> str:
    if not isinstance(value, str):
        raise Unfit(f"must be a string, not {shown(value)}")
    return value


def flag(value: Any, root: str) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"must be true or false, not {shown(value)}")
    return value


def per_file(value: Any, root: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise Unfit(f'must be a table such as {{"tests/*" = ["FIN106"]}}, not {shown(value)}')
    return tuple((pattern, codes(ignored, root)) for pattern, ignored in value.items())


def least_severity(value: Any, root: str) -> Severity:
    try:
        return severity_of(value)
    except ConfigError as error:
        raise Unfit(str(error)) from None


def least_confidence(value: Any, root: str) -> Confidence:
    try:
        return confidence_of(value)
    except ConfigError as error:
        raise Unfit(str(error)) from None


def severities(value: Any, root: str) -> Severity | tuple[tuple[str, Severity], ...]:
    """A severity alone is the short way to say ``min-severity``."""
    if isinstance(value, str):
        return least_severity(value, root)
    if not isinstance(value, dict):
        raise Unfit(f'must be a table such as {{FIN106 = "note"}}, or a severity, not {shown(value)}')
    out = []
    for selector, name in value.items():
        codes_of(selector)
        out.append((selector, least_severity(name, root)))
    # The more specific selector is applied last.
    return tuple(sorted(out, key=lambda item: len(item[0])))


_REGISTRAR_KEYS = ("name", "callback", "object")


def registrars(value: Any, root: str) -> tuple[Registrar, ...]:
    if not isinstance(value, list):
        raise Unfit(f'must be a list such as ["pkg.on_death", {{name = "pkg.x", callback = 0}}], not {shown(value)}')
    return tuple(_registrar(item) for item in value)


def _registrar(item: Any) -> Registrar:
    if isinstance(item, str):
        return Registrar(_qualified(item))
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise Unfit(f"each registrar is a qualified name or a table with `name`, not {shown(item)}")
    for key, part in item.items():
        if key not in _REGISTRAR_KEYS:
            raise Unfit(f"unknown key `{key}` of a registrar{nearest(key, _REGISTRAR_KEYS)}")
        if isinstance(part, bool) or not isinstance(part, (str, int)) or (isinstance(part, int) and part < 0):
            raise Unfit(f"`{key}` must be a position from 0 or a parameter's name, not {shown(part)}")
    watched = item.get("object", 0 if item.get("callback", 1) != 0 else None)
    return Registrar(_qualified(item["name"]), item.get("callback", 1), watched)


def _qualified(name: str) -> str:
    parts = name.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise Unfit(f"{shown(name)} is not the qualified name of a function, such as `pkg.module.on_death`")
    return name


def target_version(value: Any, root: str) -> tuple[int, int]:
    version = value if isinstance(value, str) else ""
    digits = version.removeprefix("py").replace(".", "")
    if not 2 <= len(digits) <= 4 or not digits.isascii() or not digits.isdigit() or digits[0] != "3":
        raise Unfit(f'must be a Python version such as "3.10" or "py310", not {shown(value)}')
    return int(digits[0]), int(digits[1:])


def shown(value: Any) -> str:
    """A wrong value as an error names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "..."


def _one_of(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]
