"""FIN401-FIN405: ``__del__`` methods and callbacks that break."""

from finlint.rules.texts.text import Text

_DEL = "https://docs.python.org/3/reference/datamodel.html#object.__del__"

TEXTS = {
    "FIN401": Text(
        "`__del__` reads an attribute that a failed `__init__` leaves unset",
        "`__del__` runs even if `__init__` raised. What `__init__` had not set by then is not there: an AttributeError "
        "is printed, and the rest of `__del__` is left out.",
        """
class Table:
    def __init__(self, path):
        self.file = open(path)

    def __del__(self):
        self.file.close()
""",
        "Give the attribute a default in the class, or set it before anything can fail.",
        """
class Table:
    file = None

    def __init__(self, path):
        self.file = open(path)

    def __del__(self):
        if self.file is not None:
            self.file.close()
""",
        "Class-level defaults, `getattr` with a default, `hasattr`, `self.__dict__`, `except AttributeError`, "
        "attributes set by `__new__`, by a base's constructor or before anything can fail, attributes set before one "
        "that was read already, classes with `__getattr__` or decorators. One finding stands for all attributes that "
        "one place reads.",
        (_DEL, "https://github.com/gpiozero/gpiozero/pull/494", "https://github.com/expyriment/expyriment/pull/77"),
    ),
    "FIN402": Text(
        "an exception escapes the callback and is only printed",
        "Nobody can catch what a finalizer raises: it goes to `sys.unraisablehook`, and what follows is left out.",
        """
class Transaction:
    def __init__(self):
        self.open = True

    def commit(self):
        self.open = False

    def __del__(self):
        if self.open:
            raise RuntimeError("neither committed nor rolled back")
""",
        "Use `warnings.warn(..., ResourceWarning)`, and catch what the calls may raise.",
        """
import warnings


class Transaction:
    def __init__(self):
        self.open = True

    def commit(self):
        self.open = False

    def __del__(self):
        if self.open:
            warnings.warn("neither committed nor rolled back", ResourceWarning, source=self)
""",
        "Exceptions that are caught or suppressed, branches that the arguments rule out, checks of a function's own "
        "arguments, exceptions that a handler raises again, abstract methods that a subclass implements, and what "
        "calls of libraries may raise.",
        (_DEL, "https://docs.python.org/3/library/sys.html#sys.unraisablehook"),
    ),
    "FIN403": Text(
        "the finalizer makes its object reachable again",
        "An object that comes back is not finalized a second time: `__del__` runs once, weak references are gone.",
        """
FREE = []


class Buffer:
    def __init__(self):
        self.data = bytearray(4096)

    def __del__(self):
        FREE.append(self)
""",
        "Put the part that is worth keeping back, not the object.",
        """
FREE = []


class Buffer:
    def __init__(self):
        self.data = FREE.pop() if FREE else bytearray(4096)

    def __del__(self):
        FREE.append(self.data)
""",
        "Helpers that look at the object and let it go; local containers; numbers and parts.",
        (_DEL, "https://peps.python.org/pep-0442/"),
    ),
    "FIN404": Text(
        "calls `__del__` explicitly",
        "The finalizer runs a second time when the object is freed, on what the first run left.",
        """
class File:
    def __init__(self, fd):
        self.fd = fd

    def close(self):
        self.__del__()

    def __del__(self):
        release(self.fd)
""",
        "Give the work a method of its own that may be called twice, and call that in both places.",
        """
class File:
    def __init__(self, fd):
        self.fd = fd

    def close(self):
        fd, self.fd = self.fd, None
        if fd is not None:
            release(fd)

    def __del__(self):
        self.close()
""",
        "`super().__del__()`, and `Base.__del__(self)` inside a `__del__`; the statement `del obj`.",
        (_DEL, "https://docs.python.org/3/library/weakref.html#comparing-finalizers-with-del-methods"),
    ),
    "FIN405": Text(
        "overrides an inherited `__del__` without calling it",
        "What the base class releases is not released.",
        """
class Descriptor:
    def __init__(self, fd):
        self.fd = fd

    def __del__(self):
        release(self.fd)


class Logged(Descriptor):
    def __del__(self):
        print("gone")
""",
        "Call `super().__del__()` last.",
        """
class Descriptor:
    def __init__(self, fd):
        self.fd = fd

    def __del__(self):
        release(self.fd)


class Logged(Descriptor):
    def __del__(self):
        print("gone")
        super().__del__()
""",
        "Bases whose `__del__` does nothing, bases that are not in reach, and an override that comes to the same "
        "method of the object (`self.close()`).",
        (_DEL,),
    ),
}
