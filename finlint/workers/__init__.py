"""Who gives the answers: this process or others, and how they are shared out.

The answers are the same either way, because none depends on another.
"""
