"""FIN401-FIN405: ``__del__`` methods and callbacks that break."""

from finlint.rules.texts.text import Text

_DEL = "https://docs.python.org/3/reference/datamodel.html#object.__del__"

TEXTS = {
    "FIN401": Text(
        "`__del__` reads an attribute that a failed `__init__` leaves unset",
        "`__del__` runs even if `__init__` raised. What `__init__` had not set by then is not there: an AttributeError "
        "is printed, and the rest of `__del__` is left out.",
        "class Table:\n    def __init__(self, path):\n        self.file = open(path)\n\n"
        "    def __del__(self):\n        self.file.close()",
        "class Table:\n    file = None\n\n    def __init__(self, path):\n        self.file = open(path)\n\n"
        "    def __del__(self):\n        if self.file is not None:\n            self.file.close()",
        "Class-level defaults, `getattr` with a default, `hasattr`, `except AttributeError`, attributes set by "
        "`__new__` or before anything can fail, classes with `__getattr__` or decorators.",
        (_DEL, "https://github.com/gpiozero/gpiozero/pull/494"),
    ),
    "FIN402": Text(
        "an exception escapes the callback and is only printed",
        "Nobody can catch what a finalizer raises: it goes to `sys.unraisablehook`, and what follows is left out.",
        "def __del__(self):\n    raise RuntimeError('not closed')",
        "Use `warnings.warn(..., ResourceWarning)`, and catch what the calls may raise.",
        "Exceptions that are caught or suppressed, branches that the arguments rule out, and what calls of libraries "
        "may raise.",
        (_DEL,),
    ),
    "FIN403": Text(
        "the finalizer makes its object reachable again",
        "An object that comes back is not finalized a second time: `__del__` runs once, weak references are gone.",
        "def __del__(self):\n    FREE.append(self)",
        "Put the part that is worth keeping back (`FREE.append(self.buffer)`), not the object.",
        "Helpers that look at the object and let it go; local containers; numbers and parts.",
        (_DEL, "https://peps.python.org/pep-0442/"),
    ),
    "FIN404": Text(
        "calls `__del__` explicitly",
        "The finalizer runs a second time when the object is freed, on what the first run left.",
        "def close(self):\n    self.__del__()",
        "def close(self):\n    self._release()\n\n\ndef __del__(self):\n    self._release()",
        "`super().__del__()` and `Base.__del__(self)` inside `__del__`; the statement `del obj`.",
        (_DEL,),
    ),
    "FIN405": Text(
        "overrides an inherited `__del__` without calling it",
        "What the base class releases is not released.",
        "class Logged(Descriptor):\n    def __del__(self):\n        log.append(self.name)",
        "class Logged(Descriptor):\n    def __del__(self):\n        log.append(self.name)\n        super().__del__()",
        "Bases whose `__del__` does nothing, and bases that are not in reach.",
        (_DEL,),
    ),
}
