"""The formats by name; a format's module is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from finlint.report.view import View

_RENDERERS = {
    "text": ("text", "render_text"),
    "concise": ("text", "render_concise"),
    "json": ("jsonfmt", "render_json"),
    "jsonl": ("jsonfmt", "render_jsonl"),
    "sarif": ("sarif", "render_sarif"),
    "github": ("github", "render_github"),
    "gitlab": ("gitlab", "render_gitlab"),
    "junit": ("junit", "render_junit"),
    "rdjson": ("rdjson", "render_rdjson"),
    "html": ("html", "render_html"),
}

FORMATS: tuple[str, ...] = tuple(_RENDERERS)
#: Formats for people, which may be coloured and are followed by a summary line.
READABLE = ("text", "concise")
#: Formats that hold the changes of a fix, and those that show which findings have one.
WITH_CHANGES = frozenset({"json", "jsonl", "sarif", "rdjson"})
WITH_FIXES = WITH_CHANGES | {"text", "concise", "html"}


def render(name: str, view: View) -> str:
    """The report as text of the format ``name`` (one of FORMATS)."""
    module, function = _RENDERERS[name]
    loaded = importlib.import_module(f"finlint.report.{module}")
    return cast(Callable[[View], str], getattr(loaded, function))(view)
