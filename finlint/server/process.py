"""An analyst as the server sees it: ask, wait, interrupt. It is started when it is needed, and again after it died."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

#: Bytes of one answer, at most: the diagnostics of all files of a workspace.
_LIMIT = 500_000_000

#: The child looks for modules where this process does, and not in the folder that it stands in.
_START = "import sys; sys.path[:] = {path!r}; from finlint.server.analyst import main; sys.exit(main())"


class Analyst:
    """One request at a time. ``folder`` is where it stands: configuration and relative paths count from there."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._asking = False

    async def ask(
        self, paths: list[str], texts: dict[str, str], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> dict[str, Any]:
        """The last answer to the request (``finlint.server.analyst``): ``files``, ``cancelled`` or ``error``."""
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        self._asking = True
        try:
            process.stdin.write(json.dumps({"paths": paths, "texts": texts}).encode() + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                answer: dict[str, Any] = json.loads(line)
                if "progress" not in answer:
                    return answer
                progress(*answer["progress"])
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self._asking = False
        status = await process.wait()
        self._process = None
        return {"error": f"the process that analyses ended with status {status}"}

    def interrupt(self) -> None:
        """Have the present request, if any, answered by ``cancelled`` soon."""
        if self._asking and self._process is not None and self._process.returncode is None:
            if sys.platform == "win32":
                self._process.kill()
            else:
                self._process.send_signal(signal.SIGINT)

    async def close(self) -> None:
        """End the process, and wait for that."""
        if self._process is not None and self._process.returncode is None:
            if sys.platform == "win32":
                self._process.kill()
            else:
                # Those that it has forked, too.
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            path = [entry for entry in sys.path if entry]
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _START.format(path=path),
                cwd=self._folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LIMIT,
                start_new_session=True,
            )
        return self._process
