"""Plots drawn by pyqtgraph, which is loaded with the first of them."""
