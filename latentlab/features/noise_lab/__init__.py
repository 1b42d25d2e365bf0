"""Corrupt an image, denoise it, and compare."""
