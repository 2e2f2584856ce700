"""The way out of what each rule finds, in one sentence: the first of its advice.

Written by ``docs/tools/rules.py`` from the declarations in ``finlint/rules/``.
"""

from __future__ import annotations

#: code -> sentence.
WAY_OUT: dict[str, str] = {
    "FIN101": "Take what is there, and do not wait for what may never come",
    "FIN102": "Let the finalizer append to a `collections.deque` or put into a `queue.SimpleQueue`, which need "
    "no lock, and let whoever holds the lock next take it out",
    "FIN103": "Say what is wanted once, and leave the waiting to a thread that may",
    "FIN104": "Tell it to stop, and do not wait until it has; offer `close()` to those who want to",
    "FIN105": "Say goodbye in `close()` or `__exit__`; the finalizer only lets go of the socket",
    "FIN106": "Write when there is something to write, or in `close()`; what only the finalizer writes may be "
    "lost anyway",
    "FIN107": "Run it in `close()`, or start it and do not wait for its end",
    "FIN108": "Release what needs no loop; offer `async with` for the rest",
    "FIN109": "Use a `queue.SimpleQueue`, which is never full and needs no lock, or leave the item out when it is",
    "FIN110": "Set a flag that the other thread looks at, and leave",
    "FIN111": "Use `warnings.warn(..., ResourceWarning)`, which the user can filter",
    "FIN112": "Let the finalizer note what is gone in a `collections.deque`, and let the next caller remove it",
    "FIN113": "Use `warnings.warn(..., ResourceWarning)`, or log in `close()`",
    "FIN201": "Use `queue.SimpleQueue`, whose `put` is documented as reentrant, `collections.deque.append`, or "
    "`loop.call_soon_threadsafe`",
    "FIN202": "Set `atexit = False` on the finalizer, or hand over to a thread that runs already",
    "FIN203": "Append to a `collections.deque`, or put into a `queue.SimpleQueue`, that somebody looks at",
    "FIN301": "Pass a function and the parts that it needs, not the object",
    "FIN302": "Use `weakref.finalize`, which keeps itself, or store the reference elsewhere",
    "FIN303": "Release what needs no loop in a plain function; offer `async with` for the rest",
    "FIN304": "Make it a plain function, or register one that consumes it",
    "FIN305": "Pass the function itself, and its arguments after it",
    "FIN306": "Pass the parts that the callback needs, not a reference to the object",
    "FIN401": "Give the attribute a default in the class, or set it before anything can fail",
    "FIN402": "Use `warnings.warn(..., ResourceWarning)`, and catch what the calls may raise",
    "FIN403": "Put the part that is worth keeping back, not the object",
    "FIN404": "Give the work a method of its own that may be called twice, and call that in both places",
    "FIN405": "Call `super().__del__()` last",
    "FIN406": "Import at the top of the module; what the finalizer needs then, keep in a default value or an attribute",
    "FIN901": "Mend the file, or exclude it (`exclude` in the configuration)",
    "FIN902": "Remove the comment",
}
