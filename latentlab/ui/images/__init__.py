"""Many images at once: what they are, how one is painted, and the grid that they stand in."""
