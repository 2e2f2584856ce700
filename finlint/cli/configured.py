"""``finlint config``: what holds for a file or folder and where it was said, or what a key means."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from finlint.cli.options import command_parser
from finlint.cli.paths import missing
from finlint.cli.request import config_of
from finlint.config import Config, ConfigFinder, cache_dir
from finlint.config.keys import KEYS, Key
from finlint.config.toml import toml_value
from finlint.model.finding import Confidence, Severity
from finlint.model.settings import Registrar
from finlint.report.plain import as_json, plain, plain_line


def show_config(options: argparse.Namespace) -> int:
    """Print what is asked for. Returns the exit status. Raises ConfigError, UsageError."""
    if options.schema:
        from finlint.config.schema import schema

        print(json.dumps(schema(), indent=2))
    elif options.keys:
        for key in KEYS.values():
            print(f"{key.name:<18}  {_plain_words(key.type.words)}")
    elif options.path in KEYS and not os.path.exists(options.path):
        print(explained(KEYS[options.path]), end="")
    else:
        _show_effective(options)
    return 0


def explained(key: Key) -> str:
    """A key for people: type, default, meaning, example."""
    lines = [f"{key.name}: {_plain_words(key.type.words)}", "", _plain_words(key.meaning), ""]
    lines.append(f"default: {toml_value(key.default) if key.default is not None else 'none'}")
    lines.append(f"example: {key.name} = {key.example}")
    if key.option:
        lines.append(f"on the command line: {key.option}")
    return "\n".join(lines) + "\n"


def _plain_words(markdown: str) -> str:
    return markdown.replace("[Knowledge](knowledge.md)", "docs/knowledge.md").replace("`", "")


def effective(config: Config) -> dict[str, Any]:
    """Every key with the value that holds, defaults filled in, as plain values; None where nothing holds."""
    values: dict[str, Any] = {}
    for key in KEYS.values():
        value = getattr(config, key.field)
        values[key.name] = key.default if value is None else _plain(value)
    values["per-file-ignores"] = _plain(dict(config.per_file_ignores))
    values["severity"] = _plain(dict(config.severity))
    return values


def _unsaid() -> dict[str, str]:
    """What holds where a key without a default is not given."""
    return {"min-severity": "warning, and notes of opt-in rules that are switched on", "cache-dir": cache_dir(None, ())}


def _plain(value: Any) -> Any:
    if isinstance(value, (Severity, Confidence)):
        return value.value
    if isinstance(value, Registrar):
        return {name: part for name, part in value._asdict().items() if part is not None}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _show_effective(options: argparse.Namespace) -> None:
    if not os.path.exists(options.path):
        hint = missing(options.path)
        if near := _near_key(options.path):
            hint = f"there is neither a file nor a key `{options.path}`, did you mean the key `{near}`?"
        command_parser("config").error(hint)
    explicit, inline = config_of(options)
    finder = ConfigFinder(isolated=options.isolated, explicit=explicit, inline=inline)
    path = os.path.abspath(options.path)
    config = finder.of_folder(path) if os.path.isdir(path) else finder.of_file(path)
    values = effective(config)
    if config.target_version is not None:
        values["target-version"] = "{}.{}".format(*config.target_version)
    said = dict(config.said)
    origins = {name: said.get(name, "default") for name in KEYS}
    if options.output_format == "json":
        document = {"file": config.origin, "values": {k: {"value": values[k], "origin": origins[k]} for k in KEYS}}
        print(as_json(document, indent=2))
        return
    print(plain_line(f"# {config.origin or 'no configuration file: defaults'}"))
    unsaid = _unsaid()
    for name, value in values.items():
        if value is None:
            print(_comment(f"{name} is not set" + (f": {unsaid[name]}" if name in unsaid else "")))
        else:
            print(f"{name} = {_told(toml_value(value), origins[name])}")


def _told(value: str, origin: str) -> str:
    """The value with where it was said, in a comment at the end of its first line."""
    first, newline, rest = value.partition("\n")
    return f"{first}  {_comment(origin)}{newline}{rest}"


def _comment(text: str) -> str:
    return "# " + plain(" ".join(text.encode("utf-8", "replace").decode("utf-8").split()))


def _near_key(word: str) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(word, KEYS, 1, 0.75)), "")
