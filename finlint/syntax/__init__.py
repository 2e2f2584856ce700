"""Files to facts: discovery, prefilter, outline, and the LibCST readers."""
