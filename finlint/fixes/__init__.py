"""Changes of source that take a finding away, one small module for each.

In: a finding and the trees of the linted files. Out: candidates, best first, as lines to replace. Whether a candidate
really takes its finding away, and brings no other, is for the caller to see by linting again (``finlint.fixing``).
"""
