"""The ``finlint`` command: arguments in, report out, and the exit status.

0: clean; 1: findings, or files that cannot be read; 2: usage, configuration or internal error.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from finlint import __version__
from finlint.config import Config, ConfigError, load
from finlint.model.finding import Confidence, Report, Severity
from finlint.model.settings import Settings
from finlint.selection import Selection, UnknownCode, select, shown

CLEAN, FOUND, FAILED = 0, 1, 2



def run(arguments: Sequence[str]) -> int:
    """Run the command with ``arguments`` (without the program's name) and return its exit status."""
    try:
        if arguments and arguments[0] == "rule":
            return _rule(list(arguments[1:]))
        return _lint(_parser().parse_args(list(arguments)))
    except (ConfigError, UnknownCode) as error:
        print(f"finlint: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # The reader has seen enough (``| head``). Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        print("finlint: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="finlint",
        description="Find finalizers that block, never run, or deadlock.",
        epilog="Other commands: finlint rule CODE, finlint rule --all. Exit status: 0 clean, 1 findings, 2 error.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", default=None, metavar="PATH", help="files and folders; - for stdin")
    parser.add_argument("--version", action="version", version=f"finlint {__version__}")

    rules = parser.add_argument_group("which findings")
    rules.add_argument("--select", type=_codes, metavar="CODES", help="codes or prefixes, or ALL")
    rules.add_argument("--ignore", type=_codes, metavar="CODES", help="codes or prefixes to leave out")
    rules.add_argument("--extend-select", type=_codes, metavar="CODES", help="codes or prefixes to add")
    rules.add_argument("--min-severity", choices=[s.value for s in Severity], help="default: warning")
    rules.add_argument("--min-confidence", choices=[c.value for c in Confidence], help="default: low")
    rules.add_argument("--exit-zero", action="store_true", help="exit with 0 in spite of findings")

    files = parser.add_argument_group("which files")
    files.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="skip names or paths")
    files.add_argument("--force-exclude", action="store_true", help="apply exclusions to named files too")
    files.add_argument("--no-gitignore", action="store_true", help="lint what git ignores as well")
    files.add_argument("--stdin-filename", metavar="PATH", help="the file that standard input is")
    files.add_argument("--follow-installed", action="store_true", help="follow calls into site-packages")

    output = parser.add_argument_group("output and configuration")
    output.add_argument("--output-format", choices=["text", "concise", "json"], default="text")
    output.add_argument("--output-file", metavar="FILE", help="write the report there")
    output.add_argument("--config", metavar="FILE", help="use this configuration file")
    output.add_argument("--isolated", action="store_true", help="read no configuration files")
    output.add_argument("--no-prefilter", action="store_true", help=argparse.SUPPRESS)
    output.add_argument("-v", "--verbose", action="store_true", help="say what was read and how long it took")
    return parser


def _codes(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _lint(options: argparse.Namespace) -> int:
    from finlint.syntax.discover import discover

    config = load(os.getcwd(), options.config, isolated=options.isolated)
    selection = _selection(options, config)
    started = time.monotonic()
    overlay: dict[str, bytes] = {}
    paths = options.paths or ["."]
    if "-" in paths:
        name = options.stdin_filename or "stdin.py"
        overlay[name] = sys.stdin.buffer.read()
        paths = [path for path in paths if path != "-"]
    found = discover(
        paths,
        (*config.exclude, *options.exclude),
        force_exclude=options.force_exclude,
        gitignore=not options.no_gitignore,
    )
    if found.missing:
        for path in found.missing:
            print(f"finlint: {path}: no such file or folder", file=sys.stderr)
        return FAILED
    files = [*found.files, *overlay]
    if not files and not found.errors:
        print(f"finlint: warning: no Python files in {' '.join(paths)}", file=sys.stderr)
    report = _analyse(files, options, config, overlay)
    report = report._replace(errors=tuple(sorted([*report.errors, *found.errors])))
    from finlint.syntax.suppressions import suppress

    report, _ = suppress(report, lambda path: _text(path, overlay))
    report = shown(report, selection)
    if options.verbose:
        elapsed = time.monotonic() - started
        print(f"finlint: {len(files)} files, {report.summary.analysed} read closely, {elapsed:.2f} s", file=sys.stderr)
    _write(report, options, overlay)
    return CLEAN if options.exit_zero or not (report.findings or report.errors) else FOUND


def _selection(options: argparse.Namespace, config: Config) -> Selection:
    selected = options.select if options.select is not None else config.select
    ignored = [*config.ignore, *(options.ignore or [])]
    extended = [*config.extend_select, *(options.extend_select or [])]
    return Selection(
        select(selected, ignored, extended),
        Severity(options.min_severity or config.severity),
        Confidence(options.min_confidence or config.min_confidence),
    )


def _analyse(
    files: list[str], options: argparse.Namespace, config: Config, overlay: dict[str, bytes]
) -> Report:
    from finlint.engine import analyse

    settings = Settings(
        src=config.src,
        registrars=config.registrars,
        knowledge=config.knowledge,
        follow_installed=options.follow_installed,
        prefilter=not options.no_prefilter,
    )
    progress = _Progress(sys.stderr) if sys.stderr.isatty() else None
    try:
        return analyse(files, settings, overlay=overlay, progress=progress)
    finally:
        if progress is not None:
            progress.clear()


class _Progress:
    """A bar on a terminal, shown once the run has taken a second."""

    WIDTH = 30

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.started = time.monotonic()
        self.drawn = -1

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self.started < 1 or not total:
            return
        filled = self.WIDTH * done // total
        if filled != self.drawn:
            self.drawn = filled
            bar = "=" * filled + " " * (self.WIDTH - filled)
            self.stream.write(f"\r[{bar}] {done}/{total} files")
            self.stream.flush()

    def clear(self) -> None:
        if self.drawn >= 0:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def _write(report: Report, options: argparse.Namespace, overlay: dict[str, bytes]) -> None:
    render: Callable[[Report], str]
    if options.output_format == "json":
        from finlint.report.json import render
    elif options.output_format == "concise":
        from finlint.report.concise import render
    else:
        from finlint.report.text import render as render_text

        lines: dict[str, list[str]] = {}

        def line_of(path: str, line: int) -> str:
            if path not in lines:
                lines[path] = _text(path, overlay).splitlines()
            return lines[path][line - 1] if 0 < line <= len(lines[path]) else ""

        colour = options.output_file is None and _colour(sys.stdout)

        def render(report: Report) -> str:
            return render_text(report, line_of, colour=colour)

    text = render(report)
    if options.output_file is None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    temporary = f"{options.output_file}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, options.output_file)


def _colour(stream: TextIO) -> bool:
    """Colours only on a terminal; NO_COLOR beats FORCE_COLOR (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _text(path: str, overlay: dict[str, bytes]) -> str:
    from finlint.syntax.source import Unreadable, decode, read_bytes

    try:
        return decode(overlay[path] if path in overlay else read_bytes(path))
    except Unreadable:
        return ""


def _rule(arguments: list[str]) -> int:
    from finlint.rules.registry import RULES

    parser = argparse.ArgumentParser(prog="finlint rule", description="Explain rules.")
    parser.add_argument("code", nargs="?", metavar="CODE")
    parser.add_argument("--all", action="store_true", help="list all rules")
    options = parser.parse_args(arguments)
    if options.all or options.code is None:
        for rule in RULES.values():
            print(f"{rule.code}  {rule.kind:<20} {rule.summary}")
        return CLEAN
    from finlint.selection import expand

    for code in sorted(expand([options.code])):
        print(RULES[code].documentation.rstrip() + "\n")
    return CLEAN



