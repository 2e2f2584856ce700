"""The command line's grammar: in, arguments; out, a namespace. Wrong usage ends with exit status 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from finlint import __version__
from finlint.report.formats import FORMATS
from finlint.report.plain import plain_line

#: First words that are commands; a folder of that name is reached as ``./config``.
COMMANDS = {
    "rule": "explain a rule",
    "config": "print the effective configuration",
    "clean": "remove the cache",
    "graph": "draw the chains of a file's findings (Mermaid)",
    "server": "serve an editor (language server, on stdin and stdout)",
    "diagnose": "say which finalizer of a process is stuck, and why",
    "completion": "print a completion script for bash, zsh or fish",
}


class Parser(argparse.ArgumentParser):
    """Errors in one line, with the nearest option and the next step."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        hint = ""
        if unknown != message:
            import difflib

            word = unknown.split()[0].partition("=")[0]
            near = difflib.get_close_matches(word, list(self._option_string_actions), 1)
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            message = f"unknown option `{unknown}`" if word.startswith("-") else f"nothing to do with `{unknown}`"
        self.exit(2, f"{plain_line(f'{self.prog}: error: {message}{hint}; try `{self.prog} --help`')}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help and version that cannot be written are an error, as any output is: argparse says nothing of it. A
        complaint has nowhere else to go."""
        if file is sys.stdout:
            file.write(message)
            file.flush()
        else:
            super()._print_message(message, file)


def main_parser() -> Parser:
    """The parser of ``finlint PATH...``."""
    commands = "\n".join(f"  finlint {name:<12} {text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog="finlint",
        usage="finlint [options] [PATH ...]",
        description="Finds finalizers that block, never run, or deadlock.",
        epilog=f"commands:\n{commands}\n\nExit status: 0 clean, 1 findings, 2 usage, configuration or internal error.",
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=32),
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; `-` is stdin (default: .)")

    group = parser.add_argument_group("rules")
    group.add_argument("--select", metavar="CODES", action="append", help="only these: FIN102, a prefix, a kind, ALL")
    group.add_argument("--ignore", metavar="CODES", action="append", help="not these")
    group.add_argument("--extend-select", metavar="CODES", action="append", help="these too")
    group.add_argument(
        "--per-file-ignores", metavar="GLOB:CODES", action="append", help="not these in files of that pattern"
    )
    group.add_argument("--min-severity", metavar="LEVEL", help="note, warning (default) or error")
    group.add_argument("--min-confidence", metavar="LEVEL", help="low, medium (default) or high")

    group.add_argument("--live", metavar="FILE", help="trust what was seen in runs (finlint.watch writes FILE)")

    group = parser.add_argument_group("fixes")
    group.add_argument("--fix", action="store_true", help="mend what can be mended without another meaning")
    group.add_argument("--unsafe-fixes", action="store_true", help="mend what may change the meaning, too")
    group.add_argument("--diff", action="store_true", help="print what --fix would change, and write nothing")
    group.add_argument("--fix-only", action="store_true", help="as --fix, and report nothing of what is left")
    group.add_argument("--fixable", metavar="CODES", action="append", help="mend only these (default: all)")
    group.add_argument("--unfixable", metavar="CODES", action="append", help="do not mend these")
    group.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 where something was mended")

    group = parser.add_argument_group("files")
    group.add_argument("--exclude", metavar="GLOBS", action="append", help="instead of the usual folders")
    group.add_argument("--extend-exclude", metavar="GLOBS", action="append", help="beside the usual folders")
    group.add_argument("--force-exclude", action="store_true", help="exclude files that are named, too")
    group.add_argument("--no-respect-gitignore", action="store_true", help="look at what git ignores")
    group.add_argument("--stdin-filename", metavar="PATH", help="the name of what `-` reads")
    group.add_argument("--show-files", action="store_true", help="list the files, and do nothing else")
    group.add_argument("--diff-base", metavar="REV", help="only findings whose chain touches lines changed since REV")

    group = parser.add_argument_group("output")
    group.add_argument("--output-format", choices=FORMATS, default="text", metavar="FORMAT", help=", ".join(FORMATS))
    group.add_argument("--output-file", metavar="FILE", help="instead of standard output")
    group.add_argument("--output", metavar="FORMAT=FILE", action="append", help="one more output; can be repeated")
    group.add_argument("--statistics", action="store_true", help="how often each rule reports")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="(default: auto)")
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 although there are findings")
    group.add_argument("--watch", action="store_true", help="again whenever a file changes")
    group.add_argument("-q", "--quiet", action="store_true", help="findings and errors alone")
    group.add_argument("-v", "--verbose", action="store_true", help="say what was read and how long it took")

    group = parser.add_argument_group("known findings")
    group.add_argument("--baseline", metavar="FILE", help="do not report what FILE holds")
    group.add_argument("--write-baseline", metavar="FILE", help="write today's findings to FILE")
    group.add_argument("--add-ignore", action="store_true", help="write a comment on each finding's line")

    group = parser.add_argument_group("analysis and configuration")
    add_config_options(group)
    group.add_argument("--follow-installed", action="store_true", help="follow calls into installed packages")
    group.add_argument(
        "--jobs", metavar="N", type=_jobs, help="worker processes (default: one a processor, when it pays)"
    )
    group.add_argument("--no-cache", action="store_true", help="neither use nor keep answers of other runs")
    group.add_argument("--cache-dir", metavar="DIR", help="where answers are kept")
    group.add_argument("--no-prefilter", action="store_true", help=argparse.SUPPRESS)
    group.add_argument("--version", action="version", version=f"finlint {__version__}")
    group.add_argument("-h", "--help", action="help", help="this text")
    return parser


def add_config_options(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--config",
        metavar="FILE|KEY=VALUE",
        action="append",
        help="this configuration instead of the nearest; or a key, which goes before all files",
    )
    group.add_argument("--isolated", action="store_true", help="no configuration files")


def command_parser(command: str) -> Parser:
    """The parser of one of COMMANDS."""
    parser = Parser(prog=f"finlint {command}", description=COMMANDS[command].capitalize() + ".", allow_abbrev=False)
    if command == "rule":
        parser.add_argument("codes", nargs="*", metavar="CODE", help="a code or a kind: FIN102, lock")
        parser.add_argument("--all", action="store_true", help="list all rules")
        parser.add_argument("--output-format", choices=("text", "json"), default="text", metavar="FORMAT")
    elif command == "config":
        parser.add_argument(
            "path",
            nargs="?",
            default=".",
            metavar="PATH|KEY",
            help="what holds there (default: .); or what a key means",
        )
        parser.add_argument("--keys", action="store_true", help="list the keys")
        parser.add_argument("--schema", action="store_true", help="print the JSON Schema of a configuration file")
        parser.add_argument("--output-format", choices=("text", "json"), default="text", metavar="FORMAT")
        add_config_options(parser)
    elif command == "graph":
        parser.add_argument("place", metavar="FILE[:LINE]", help="all findings of the file, or those on the line")
        formats = ("markdown", "mermaid")
        parser.add_argument("--output-format", choices=formats, default="markdown", metavar="FORMAT")
        add_config_options(parser)
    elif command == "clean":
        parser.add_argument("--cache-dir", metavar="DIR", help="where the cache is")
    elif command == "diagnose":
        parser.add_argument(
            "what",
            metavar="PID|FILE|-",
            help="a process (py-spy reads its stacks), or a dump of py-spy, pystack, faulthandler or finlint.watch",
        )
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--source", metavar="THERE=HERE", action="append", help="files below THERE in the dump are below HERE"
        )
        parser.add_argument("--no-lint", action="store_true", help="do not look for the finding of the same callable")
        parser.add_argument("--live", metavar="FILE", help="add what was seen to FILE, for finlint --live FILE")
        # finlint.watch's own use of it, in a child.
        parser.add_argument("--lines", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--with-text", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--said-by", default="finlint", help=argparse.SUPPRESS)
    elif command == "completion":
        parser.add_argument("shell", choices=("bash", "zsh", "fish"))
    return parser


def split(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Comma-separated values of a repeatable option; None where it was not given."""
    if values is None:
        return None
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1, not `{text}`")
    return int(text)


def use_utf8() -> None:
    """Names and source that the terminal's encoding lacks are shown escaped, instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
