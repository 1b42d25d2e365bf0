"""Which units of the code are active."""
