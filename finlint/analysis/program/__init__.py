"""Program: what does the source say of itself?

Modules, classes, functions and where their names get their values, read from text and IR alone; nothing is
evaluated here. Everything else in ``analysis`` builds on this room, and it imports none of the others.
"""
