"""Variations of an image with noise in latent space."""
