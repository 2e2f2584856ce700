"""``finlint server``: the language server. What is being typed, and the folders around it, to diagnostics.

``app`` speaks the protocol and analyses nothing; an ``analyst`` in a process of its own does, and can be interrupted.
"""
