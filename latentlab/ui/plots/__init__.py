"""Curves and grids of cells in the colours of the theme; ``plot.Plot`` is what others use."""
