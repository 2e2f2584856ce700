"""What can be told of a text without parsing it: whether it may hold a finalizer, and where it names something."""
