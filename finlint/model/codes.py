"""Rule codes and kinds: the stable words of JSON, fixtures, suppressions and configuration.

Written by ``docs/tools/rules.py`` from the declarations in ``finlint/rules/``: a run that finds nothing need not import
them.
"""

from __future__ import annotations

from typing import Literal, get_args

#: code -> kind, in the order in which rules are listed.
KIND_OF_CODE: dict[str, str] = {
    "FIN101": "channel-receive",
    "FIN102": "lock",
    "FIN103": "sleep",
    "FIN104": "wait",
    "FIN105": "network-io",
    "FIN106": "file-io",
    "FIN107": "subprocess",
    "FIN108": "event-loop",
    "FIN109": "channel-send",
    "FIN110": "busy-loop",
    "FIN111": "console-io",
    "FIN112": "reentrant-lock",
    "FIN113": "logging",
    "FIN201": "unsafe-handoff",
    "FIN202": "exit-thread",
    "FIN203": "inner-lock",
    "FIN301": "retention",
    "FIN302": "lost-weakref",
    "FIN303": "never-awaited",
    "FIN304": "never-iterated",
    "FIN305": "called-not-passed",
    "FIN306": "dead-weakref",
    "FIN401": "unset-attribute",
    "FIN402": "raises",
    "FIN403": "resurrects",
    "FIN404": "explicit-del",
    "FIN405": "missing-super-del",
    "FIN406": "import-at-exit",
    "FIN901": "parse-error",
    "FIN902": "unused-suppression",
}

CODE_OF_KIND: dict[str, str] = {kind: code for code, kind in KIND_OF_CODE.items()}

#: Kinds of blocking: what a call can do to the thread that runs the finalizer.
BlockingKind = Literal[
    "channel-receive",
    "lock",
    "sleep",
    "wait",
    "network-io",
    "file-io",
    "subprocess",
    "event-loop",
    "channel-send",
    "busy-loop",
    "console-io",
    "reentrant-lock",
    "logging",
]
BLOCKING_KINDS: frozenset[str] = frozenset(get_args(BlockingKind))

#: Codes that report only where the user asks for them.
OPT_IN_CODES: frozenset[str] = frozenset(
    {
        "FIN111",
        "FIN112",
        "FIN113",
        "FIN203",
        "FIN401",
        "FIN402",
        "FIN403",
        "FIN404",
        "FIN405",
        "FIN406",
        "FIN902",
    }
)

DEFAULT_CODES: frozenset[str] = frozenset(KIND_OF_CODE) - OPT_IN_CODES
