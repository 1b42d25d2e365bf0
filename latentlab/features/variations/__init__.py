"""Variations of an image with noise in latent space."""

from latentlab.features.feature import Feature

VARIATIONS = Feature(
    "variations",
    "Vary",
    command="latentlab.features.variations.command:vary",
    summary="Make variations of an image with noise in latent space, and with noise in its pixels.",
)
