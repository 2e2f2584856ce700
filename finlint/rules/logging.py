"""FIN113: logs, which takes the handlers' locks and does their I/O."""

from __future__ import annotations

from finlint.rules.base.reaching import WHY, Reaches
from finlint.rules.base.rule import DEL


class Logging(Reaches):
    code = "FIN113"
    kind = "logging"
    default = False
    verb = "logs in"
    merged = True

    summary = "logs, which takes the handlers' locks and does their I/O"
    why = (
        WHY + " A handler may hold any lock and do any I/O: one that sends over the network or hands on to a queue "
        "deadlocked in the reported cases."
    )
    example = """
        import logging

        logger = logging.getLogger(__name__)


        class Connection:
            def __del__(self):
                logger.warning("connection was not closed")
    """
    advice = "Use `warnings.warn(..., ResourceWarning)`, or log in `close()`."
    fix = """
        import logging
        import warnings

        logger = logging.getLogger(__name__)


        class Connection:
            def close(self):
                logger.info("closed")

            def __del__(self):
                warnings.warn("connection was not closed", ResourceWarning, source=self)
    """
    evidence = (
        DEL,
        "https://github.com/itamarst/crochet/issues/25",
        "https://github.com/getsentry/sentry-python/issues/803",
    )
