"""Models: what do library calls and registrars mean?

The knowledge base's entries turned into values and effects of a call, and the functions that register finalizers.
"""
