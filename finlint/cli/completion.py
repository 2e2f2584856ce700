"""``finlint completion``: scripts for shells, made from the options."""

from __future__ import annotations

import argparse

from finlint.cli.options import COMMANDS, main_parser
from finlint.model.codes import KIND_OF_CODE
from finlint.model.finding import Confidence, Severity

#: Values of options that check them themselves, to name the nearest one.
_LEVELS = {
    "--min-severity": tuple(level.value for level in Severity),
    "--min-confidence": tuple(level.value for level in Confidence),
}


def _options() -> list[tuple[str, str, bool, tuple[str, ...]]]:
    """(option, help, whether it takes a file, its choices) of each long option."""
    out = []
    for action in main_parser()._actions:
        if action.help == argparse.SUPPRESS:
            continue
        for option in action.option_strings:
            if option.startswith("--"):
                takes = str(action.metavar).partition("|")[0] in ("FILE", "DIR", "PATH")
                choices = tuple(action.choices or _LEVELS.get(option, ()))
                out.append((option, action.help or "", takes, choices))
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


#: What makes the script, by shell.
SCRIPTS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
