"""The compute side: one thread that alone touches torch, and what it does turn by turn."""
