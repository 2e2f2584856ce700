"""``finlint rule``, ``config``, ``clean`` and ``completion``: arguments in, exit status out."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from typing import Any

from finlint.cli.options import COMMANDS, command_parser, main_parser
from finlint.config import KEYS, Config, ConfigFinder, default_cache_dir
from finlint.model.codes import DEFAULT_CODES, KIND_OF_CODE
from finlint.model.finding import Confidence, Severity
from finlint.report.rule_text import RuleText, rule_text
from finlint.selection import codes_of


def run_command(command: str, arguments: Sequence[str]) -> int:
    """Run one of COMMANDS. Raises ConfigError, UnknownCodeError, OSError."""
    options = command_parser(command).parse_args(arguments)
    if command == "rule":
        return _rule(options)
    if command == "config":
        return _config(options)
    if command == "clean":
        return _clean(options)
    print(_COMPLETIONS[options.shell](), end="")
    return 0


# -- rule


def _rule(options: argparse.Namespace) -> int:
    if not options.codes and not options.all:
        command_parser("rule").error("which rule? Name a code such as FIN102, or say --all")
    codes = sorted(KIND_OF_CODE) if options.all else [c for code in options.codes for c in sorted(codes_of(code))]
    rules = [rule_text(code) for code in codes]
    if options.output_format == "json":
        print(json.dumps([{**r._asdict(), "default": r.code in DEFAULT_CODES} for r in rules], indent=2))
    elif options.all:
        for rule in rules:
            state = "" if rule.code in DEFAULT_CODES else " (opt-in)"
            print(f"{rule.code}  {rule.kind:<18}  {rule.summary}{state}")
    else:
        print("\n".join(_explained(rule) for rule in rules), end="")
    return 0


def _explained(rule: RuleText) -> str:
    state = "on by default" if rule.code in DEFAULT_CODES else "opt-in: --extend-select " + rule.code
    summary = rule.summary[:1].upper() + rule.summary[1:].rstrip(".") + "."
    body = f"\n{rule.documentation.strip()}\n" if rule.documentation else ""
    return f"# {rule.code} {rule.kind}\n\n{summary}\n({state})\n{body}"


# -- config


def effective(config: Config) -> dict[str, Any]:
    """Every key with the value that holds, defaults filled in, as plain JSON values."""
    raw: dict[str, Any] = {key: getattr(config, key.replace("-", "_")) for key in KEYS}
    raw["select"] = sorted(DEFAULT_CODES) if config.select is None else config.select
    raw["min-severity"] = config.min_severity or Severity.WARNING
    raw["min-confidence"] = config.min_confidence or Confidence.LOW
    raw["exclude"] = config.exclude or ("(the usual folders: .git, .venv, build, dist, node_modules, ...)",)
    raw["per-file-ignores"] = dict(config.per_file_ignores)
    raw["severity"] = dict(config.severity)
    raw["registrars"] = [r._asdict() for r in config.registrars]
    version = config.target_version
    raw["target-version"] = None if version is None else f"{version[0]}.{version[1]}"
    raw["cache-dir"] = config.cache_dir or default_cache_dir()
    return {key: _plain(value) for key, value in raw.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (Severity, Confidence)):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _config(options: argparse.Namespace) -> int:
    if not os.path.exists(options.path):
        command_parser("config").error(f"no such file or folder: `{options.path}`")
    finder = ConfigFinder(isolated=options.isolated, explicit=options.config)
    path = os.path.abspath(options.path)
    config = finder.of_folder(path) if os.path.isdir(path) else finder.of_file(path)
    defaults = effective(Config())
    values = effective(config)
    said = config.origin or "default"
    # What equals the default may still have been said; the effect is the same, and so is the answer.
    origins = {key: said if values[key] != defaults[key] else "default" for key in KEYS}
    if options.output_format == "json":
        document = {"file": config.origin, "values": {k: {"value": values[k], "origin": origins[k]} for k in KEYS}}
        print(json.dumps(document, indent=2))
        return 0
    print(f"# {config.origin or 'no configuration file: defaults'}")
    for key in KEYS:
        print(f"{key} = {json.dumps(values[key])}  # {origins[key]}")
    return 0


# -- clean


def _clean(options: argparse.Namespace) -> int:
    folder = options.cache_dir or ConfigFinder().of_folder(os.getcwd()).cache_dir or default_cache_dir()
    if not os.path.isdir(folder):
        print(f"Nothing to remove: {folder} does not exist")
        return 0
    tag = os.path.join(folder, "CACHEDIR.TAG")
    if os.path.basename(os.path.abspath(folder)) not in ("finlint", ".finlint_cache") and not os.path.exists(tag):
        command_parser("clean").error(f"{folder} does not look like a cache of finlint; remove it by hand")
    import shutil

    shutil.rmtree(folder)
    print(f"Removed {folder}")
    return 0


# -- completion


def _options() -> list[tuple[str, str, bool, tuple[str, ...]]]:
    """(option, help, whether it takes a file, its choices) of each long option."""
    out = []
    for action in main_parser()._actions:
        if action.help == argparse.SUPPRESS:
            continue
        for option in action.option_strings:
            if option.startswith("--"):
                takes = action.metavar in ("FILE", "DIR", "PATH")
                out.append((option, action.help or "", takes, tuple(action.choices or ())))
    return out


def _bash() -> str:
    options = _options()
    cases = "".join(
        f'        {name}) COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$cur")); return ;;\n'
        for name, _, _, choices in options
        if choices
    )
    words = " ".join(name for name, *_ in options)
    codes = " ".join(sorted(KIND_OF_CODE))
    return f"""# finlint completion bash > ~/.local/share/bash-completion/completions/finlint
_finlint() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
    case "$prev" in
{cases}        --select|--ignore|--extend-select|rule) COMPREPLY=($(compgen -W "{codes}" -- "$cur")); return ;;
        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")); return ;;
    esac
    if [[ "$cur" == -* ]]; then
        COMPREPLY=($(compgen -W "{words}" -- "$cur"))
    elif [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "{" ".join(COMMANDS)}" -- "$cur") $(compgen -f -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}}
complete -o filenames -F _finlint finlint
"""


def _zsh() -> str:
    lines = []
    for name, text, takes, choices in _options():
        shown = text.translate({ord(c): "" for c in "[]:'`"})
        after = f":value:({' '.join(choices)})" if choices else (":file:_files" if takes else "")
        lines.append(f"        '{name}[{shown}]{after}' \\\n")
    commands = " ".join(COMMANDS)
    return f"""#compdef finlint
# finlint completion zsh > a folder of $fpath, as _finlint
_finlint() {{
    _arguments -s \\
{"".join(lines)}        '1: :_alternative "commands:command:({commands})" "files:file:_files"' \\
        '*:file:_files'
}}
compdef _finlint finlint
"""


def _fish() -> str:
    out = ["# finlint completion fish > ~/.config/fish/completions/finlint.fish"]
    for name, text in COMMANDS.items():
        out.append(f"complete -c finlint -n __fish_use_subcommand -a {name} -d '{text}'")
    for name, text, takes, choices in _options():
        shown = text.replace("\\", "").replace("'", "")
        after = f" -x -a '{' '.join(choices)}'" if choices else (" -r" if takes else "")
        out.append(f"complete -c finlint -l {name[2:]}{after} -d '{shown}'")
    return "\n".join(out) + "\n"


_COMPLETIONS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
