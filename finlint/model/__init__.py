"""Plain, frozen data that the layers hand on to each other; imports nothing of finlint."""
