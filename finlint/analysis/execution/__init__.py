"""Execution: what happens when this body runs?

``interpreter`` runs a body in order and gives its summary (effects, calls, registrations), ``reachability`` follows
summaries from a root to what blocks, ``finalizers`` finds the roots.
"""
