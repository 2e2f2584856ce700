"""Domain: what may a value be, what may code do, and where is it asked?

The abstract values with their order and union, effects and registrations, call contexts and the state in which an
expression is evaluated. Only data and its algebra: no room above is asked.
"""
