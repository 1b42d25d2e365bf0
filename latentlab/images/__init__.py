"""Sets of images, and what is computed from pixels alone, with NumPy."""
