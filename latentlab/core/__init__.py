"""Values and pure functions: the standard library and NumPy only, no Qt and no torch."""
