"""Which finding has which fix."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.fixes.edit import Fix
from finlint.fixes.fixer import Fixer, Request
from finlint.fixes.guard_attribute import guard_attribute
from finlint.fixes.pass_callable import pass_callable
from finlint.fixes.shutdown_without_wait import shutdown_without_wait
from finlint.fixes.simple_queue import simple_queue
from finlint.fixes.static_callback import static_callback
from finlint.fixes.to_cleaner import to_cleaner
from finlint.fixes.try_lock import try_lock

#: The fixers of each code, best first: what is done elsewhere comes before what may be left undone.
FIXES: dict[str, tuple[Fixer, ...]] = {
    "FIN102": (to_cleaner, try_lock),
    "FIN104": (shutdown_without_wait, to_cleaner),
    "FIN105": (to_cleaner,),
    "FIN112": (to_cleaner, try_lock),
    "FIN201": (simple_queue,),
    "FIN301": (static_callback,),
    "FIN305": (pass_callable,),
    "FIN401": (guard_attribute,),
}


def candidates(request: Request) -> Iterator[Fix]:
    """What may take the finding away, best first."""
    for fixer in FIXES.get(request.finding.code, ()):
        yield from fixer(request)
