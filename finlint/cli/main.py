"""``finlint PATH...``: arguments in, report out, exit status 0, 1 or 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from finlint.cli.errors import UsageError
from finlint.cli.once import once
from finlint.cli.options import COMMANDS, main_parser, use_utf8
from finlint.cli.request import request_of
from finlint.cli.terminal import say
from finlint.config import ConfigError
from finlint.knowledge.entries import KnowledgeError
from finlint.model.memory import is_out_of_memory
from finlint.selection import UnknownCodeError


def run(arguments: Sequence[str]) -> int:
    """The whole command. Never raises but for SystemExit of the argument parser."""
    use_utf8()
    verbose = "--verbose" in arguments or "-v" in arguments
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. What is left in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (UsageError, ConfigError, UnknownCodeError, KnowledgeError) as error:
        say(f"finlint: error: {' '.join(str(error).split())}")
        return 2
    except OSError as error:
        if is_out_of_memory(error):
            return _out_of_memory()
        where = f"{error.filename}: " if error.filename else ""
        say(f"finlint: error: {where}{error.strerror or error}")
        return 2
    except Exception as error:
        if is_out_of_memory(error):
            return _out_of_memory()
        if verbose:
            import traceback

            traceback.print_exc()
        hint = "" if verbose else "; --verbose shows where"
        say(f"finlint: internal error: {type(error).__name__}: {' '.join(str(error).split())}{hint}; please report it")
        return 2


def _out_of_memory() -> int:
    hint = "allow more (`ulimit -v`), use fewer processes (`--jobs 1`), or lint less at once"
    say(f"finlint: error: out of memory; {hint}")
    return 2


def _run(arguments: Sequence[str]) -> int:
    # What most runs have no use for (commands, watching, baselines, fixes) is loaded where it is asked for.
    if arguments and arguments[0] in COMMANDS:
        from finlint.cli.commands import run_command

        return run_command(arguments[0], arguments[1:])
    request = request_of(main_parser().parse_args(arguments))
    if request.options.watch:
        from finlint.cli.watching import watch

        return watch(request)
    return once(request)
