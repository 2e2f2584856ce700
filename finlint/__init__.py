"""finlint: finds finalizers that block, never run, or deadlock.

The version is written here and nowhere else: importing ``importlib.metadata`` to look it up costs more than
three times what the interpreter needs to start.
"""

__version__ = "0.1.0"
