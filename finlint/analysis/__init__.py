"""Facts to answers, in rooms with arrows one way: program < domain < models < evaluation < execution < properties.

Each room's ``__init__`` says the one question that it answers; ``docs/architecture.md`` walks one finding through them.
"""
