"""Codes and the map: NumPy alone."""
