"""Properties: is it so? One question a module, asked by the rules.

Does the callback keep its object alive, who holds this lock, can the attribute be unset, can it run at exit: each
module answers one such question about a finalizer, and none of them changes a value or a summary.
"""
