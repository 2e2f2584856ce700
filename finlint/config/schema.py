"""The JSON Schema of a configuration file, in the form in which SchemaStore publishes them."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

from finlint.config.keys import KEYS, Key


def schema() -> dict[str, Any]:
    """The schema of ``finlint.toml``, which is that of ``[tool.finlint]``, too."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://json.schemastore.org/finlint.json",
        "title": "finlint",
        "description": "Configuration of finlint: finlint.toml, or [tool.finlint] of pyproject.toml",
        "type": "object",
        "properties": {key.name: _property(key) for key in KEYS.values()},
        "additionalProperties": False,
    }


def _property(key: Key) -> dict[str, Any]:
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", key.meaning).replace("`", "")
    return {
        "description": words,
        **({} if key.default is None else {"default": key.default}),
        "examples": [toml.loads(f"x = {key.example}")["x"]],
        **key.type.schema,
    }
