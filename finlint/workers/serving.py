"""What a worker process does: a request in, its reply out, until the pipe closes."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from finlint.model.settings import Settings
from finlint.syntax.files import Files
from finlint.workers.batches import batch_to_json, request_from_json
from finlint.workers.freeing import peak
from finlint.workers.here import Here
from finlint.workers.sweeps import Share

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Bytes by which a process may have grown. What a deep task leaves behind is free, but in so many pieces that hardly
#: any goes back to the system: after ray, 82 MB are held for 37 in use. Twice as many, where what is known of the last
#: package is kept for the next one.
MAX_GROWTH = 70_000_000


class _Server:
    """What a worker does, by the name of the request."""

    def __init__(self, files: Files, settings: Settings, share: Sequence[str]) -> None:
        self._files = files
        self._settings = settings
        self._share = Share(share, files, settings)
        self._here: Here | None = None
        self._at_first = peak()

    def answer(self, request: Sequence[Any]) -> Any:
        """A batch of answers, and whether another process had better go on."""
        if self._here is None:
            self._here = Here(self._files, self._settings)
        asked, known = request_from_json(request)
        (batch,) = self._here.run([asked], known)
        # What was seen of all files would have to be looked at again, and so would what is kept.
        most = MAX_GROWTH * 2 if self._here.keeps() else MAX_GROWTH
        return batch_to_json(batch), not self._share.has_searched and peak() - self._at_first > most

    def look(self, places: Sequence[int]) -> Any:
        """At those of its files that have these places in its share."""
        return self._share.look(places)

    def hits(self, request: Sequence[Any]) -> Any:
        """For each of its files the words that it holds: ``Searches.hits``."""
        return self._share.hits(*request)


def serve(
    connection: Connection, ours: Sequence[Connection], files: Files, settings: Settings, share: Sequence[str]
) -> None:
    """A worker's life: a request in, its reply out, until the pipe closes."""
    import signal

    for other in ours:
        other.close()
    # Ctrl-C is the parent's; the closed pipe tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = _Server(files, settings, share)
    gc.disable()
    # Nor does a collection of what is young walk what was there before, and copy the pages that a fork shares.
    gc.freeze()
    while True:
        try:
            name, request = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        reply = json.dumps(getattr(server, name)(request)).encode()
        try:
            connection.send_bytes(reply)
        except OSError:
            return
