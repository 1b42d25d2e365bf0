"""The data that are open, and those that were lately."""
