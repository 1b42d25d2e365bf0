"""The panels in the docks; each renders stores and calls controllers."""
