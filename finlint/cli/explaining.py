"""``finlint rule``: what a rule reports, and why."""

from __future__ import annotations

import argparse
import json
from typing import Any

from finlint.cli.options import command_parser
from finlint.model.codes import KIND_OF_CODE
from finlint.rules.base.page import page
from finlint.rules.base.rule import Rule
from finlint.rules.registry import RULES
from finlint.selection import codes_of


def explain(options: argparse.Namespace) -> int:
    """Print the rules that are asked for. Raises UnknownCodeError."""
    if not options.codes and not options.all:
        command_parser("rule").error("which rule? Name a code such as FIN102, or say --all")
    codes = sorted(KIND_OF_CODE) if options.all else [c for code in options.codes for c in sorted(codes_of(code))]
    rules = [RULES[code] for code in codes]
    if options.output_format == "json":
        print(json.dumps([_as_json(rule) for rule in rules], indent=2))
    elif options.all:
        for rule in rules:
            state = "" if rule.default else " (opt-in)"
            print(f"{rule.code}  {rule.kind:<18}  {rule.summary}{state}")
    else:
        print("\n".join(map(page, rules)), end="")
    return 0


def _as_json(rule: Rule[Any]) -> dict[str, object]:
    return {
        "code": rule.code,
        "kind": rule.kind,
        "name": rule.kind,
        "summary": rule.summary,
        "documentation": page(rule),
        "default": rule.default,
    }
