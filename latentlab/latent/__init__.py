"""Codes and the plane that shows them: geometry, densities, neighbours, with NumPy."""
