"""What is asked for: options, checked against each other, as the values that the run works with."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from finlint.cli.errors import UsageError
from finlint.cli.options import split
from finlint.config import ConfigError
from finlint.config.values import confidence_of, severity_of
from finlint.linter import Options
from finlint.policy import Overrides
from finlint.report.formats import FORMATS
from finlint.selection import UnknownCodeError, codes_of, selected

if TYPE_CHECKING:
    from finlint.seen import Seen

_Value = TypeVar("_Value")


class Output(NamedTuple):
    """A format, and the file that it goes to (None: standard output)."""

    format: str
    file: str | None


class Request(NamedTuple):
    """One invocation. ``options`` are those of the argument parser; the rest is made from them."""

    options: Namespace
    paths: list[str]
    outputs: list[Output]
    linting: Options

    @property
    def fixes(self) -> bool:
        """Whether something is to be mended, or shown mended."""
        return bool(self.options.fix or self.options.fix_only or self.options.diff)

    @property
    def quiet(self) -> bool:
        """Whether only findings and errors are to be said."""
        return bool(self.options.quiet)

    @property
    def stdin(self) -> bool:
        """Whether standard input is what is linted."""
        return self.paths == ["-"]


def request_of(options: Namespace) -> Request:
    """The request that parsed options make. Raises UsageError."""
    _check(options)
    return Request(options, options.paths or ["."], _outputs(options), _linting(options))


def config_of(options: Namespace) -> tuple[str | None, tuple[str, ...]]:
    """The file and the ``key=value`` of ``--config``, which can be repeated. Raises UsageError."""
    given = [*(options.config or ())]
    # A file may have an equals sign in its name.
    files = [value for value in given if "=" not in value or os.path.isfile(value)]
    if len(files) > 1:
        raise UsageError(f"--config names two files, {files[0]} and {files[1]}; one can `extend` the other")
    if files and options.isolated:
        raise UsageError("--isolated and --config FILE exclude each other")
    return (files[0] if files else None), tuple(value for value in given if value not in files)


def _linting(options: Namespace) -> Options:
    select, ignore, extend = split(options.select), split(options.ignore), split(options.extend_select)
    fixable, unfixable = split(options.fixable), split(options.unfixable)
    for name, selectors in {
        "--select": select,
        "--ignore": ignore,
        "--extend-select": extend,
        "--fixable": fixable,
        "--unfixable": unfixable,
    }.items():
        _known(name, selectors or ())
    if select == ():
        raise UsageError("--select is empty, so that nothing would be reported; leave it out for the default rules")
    if select and not selected(select, ignore or (), extend or ()):
        raise UsageError("--ignore takes away all that --select names, so that nothing would be reported")
    config, inline = config_of(options)
    overrides = Overrides(
        select,
        ignore or (),
        extend or (),
        _level("--min-severity", options.min_severity, severity_of),
        _level("--min-confidence", options.min_confidence, confidence_of),
        split(options.exclude),
        split(options.extend_exclude) or (),
        tuple(map(_per_file, options.per_file_ignores or ())),
        fixable,
        unfixable or (),
    )
    return Options(
        overrides,
        config=config,
        inline=inline,
        isolated=options.isolated,
        force_exclude=options.force_exclude,
        respect_gitignore=not options.no_respect_gitignore,
        follow_installed=options.follow_installed,
        jobs=options.jobs,
        cache=not options.no_cache,
        cache_dir=options.cache_dir,
        prefilter=not options.no_prefilter,
        seen=_seen(options.live) if options.live else (),
    )


def _seen(path: str) -> tuple[Seen, ...]:
    from finlint.seen import SeenError, read

    try:
        return read(path)
    except SeenError as error:
        raise UsageError(f"--live {error}") from None


def _known(option: str, selectors: Iterable[str]) -> None:
    for selector in selectors:
        try:
            codes_of(selector)
        except UnknownCodeError as error:
            raise UsageError(f"{option}: {error}") from None


def _per_file(value: str) -> tuple[str, tuple[str, ...]]:
    pattern, _, codes = value.rpartition(":")
    selectors = split([codes]) or ()
    if not pattern or not selectors:
        raise UsageError(f"--per-file-ignores {value}: must be PATTERN:CODES, such as 'tests/*:FIN103,FIN106'")
    _known("--per-file-ignores", selectors)
    return pattern, selectors


def _level(option: str, value: str | None, read: Callable[[str], _Value]) -> _Value | None:
    try:
        return None if value is None else read(value)
    except ConfigError as error:
        raise UsageError(f"{option} {error}") from None


def _check(options: Namespace) -> None:
    """Options that exclude each other, or that need another one. Raises UsageError."""
    stdin = "-" in options.paths
    fixes = options.fix or options.fix_only or options.diff
    faults = (
        (
            options.baseline and options.write_baseline,
            "--baseline and --write-baseline exclude each other: writing takes all findings",
        ),
        (
            options.diff_base and options.write_baseline,
            "--diff-base and --write-baseline exclude each other: writing takes all findings",
        ),
        (
            options.watch and options.write_baseline,
            "--watch and --write-baseline exclude each other: what is new would be written away as it comes",
        ),
        (stdin and len(options.paths) > 1, "`-` reads standard input, and stands alone"),
        (stdin and (options.watch or options.add_ignore), "standard input can be neither watched nor changed"),
        (
            options.unsafe_fixes and not fixes,
            "--unsafe-fixes says which fixes: --fix writes them, --diff shows them",
        ),
        (
            options.exit_non_zero_on_fix and not fixes,
            "--exit-non-zero-on-fix goes with --fix or --fix-only",
        ),
        (options.diff and options.fix_only, "--diff writes nothing, and --fix-only does: one of them"),
        (options.quiet and options.verbose, "--quiet and --verbose exclude each other"),
        (
            fixes and (options.add_ignore or options.write_baseline),
            "--fix and --diff come first: run again with --add-ignore or --write-baseline",
        ),
        (options.stdin_filename and not stdin, "--stdin-filename goes with `-`, which reads standard input"),
    )
    for wrong, message in faults:
        if wrong:
            raise UsageError(message)


def _outputs(options: Namespace) -> list[Output]:
    """The main output first."""
    outputs = [Output(options.output_format, None if options.output_file in (None, "-") else options.output_file)]
    for value in options.output or ():
        name, equals, path = value.partition("=")
        if name not in FORMATS or not equals or not path:
            raise UsageError(f"--output {value}: must be FORMAT=FILE, the format one of {', '.join(FORMATS)}")
        outputs.append(Output(name, path))
    return outputs
