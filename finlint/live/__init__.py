"""Finalizers of a running program: which one is stuck, what it waits for, and who holds that.

Data flows one way: ``readers`` (dumps to stacks), ``recognise`` (which frame is a finalizer's), ``source`` and
``locks`` (what it waits for, who holds it), ``verdicts`` (all of that in one answer), ``findings`` (what the linter
says of the same callable), ``diagnosis``, ``rendering``. ``stacks`` and ``recognise`` are imported by programs that are
watched: they import nothing else, and this module imports nothing at all.
"""
