"""FIN108: runs an event loop."""

from __future__ import annotations

from finlint.rules.base.reaching import WHY, Reaches
from finlint.rules.base.rule import DEL


class EventLoop(Reaches):
    code = "FIN108"
    kind = "event-loop"
    verb = "runs an event loop in"

    summary = "runs an event loop"
    why = (
        WHY + " A loop that is run inside another one raises, and one that is run from another thread waits for "
        "that thread."
    )
    example = """
        import asyncio


        class Client:
            async def aclose(self):
                await asyncio.sleep(0)

            def __del__(self):
                asyncio.run(self.aclose())
    """
    advice = (
        "Release what needs no loop; offer `async with` for the rest. Where a loop is known, hand the work to it by "
        "`call_soon_threadsafe`."
    )
    fix = """
        import asyncio


        class Client:
            def __init__(self, loop: asyncio.AbstractEventLoop, transport):
                self.loop = loop
                self.transport = transport

            def __del__(self):
                self.loop.call_soon_threadsafe(self.transport.abort)
    """
    evidence = (
        DEL,
        "https://github.com/fsspec/filesystem_spec/issues/1723",
        "https://github.com/fsspec/gcsfs/issues/1037",
    )
