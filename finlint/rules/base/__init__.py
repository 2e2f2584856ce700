"""What a rule is made of: the declaration (``rule``), what rules are asked about, and what many of them share."""
