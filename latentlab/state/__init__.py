"""Observable stores: the only mutable state that the window shows."""
