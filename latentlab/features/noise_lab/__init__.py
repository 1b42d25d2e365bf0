"""Corrupt an image, denoise it, and compare."""

from latentlab.features.feature import Feature

NOISE_LAB = Feature(
    "noise_lab",
    "Noise lab",
    command="latentlab.features.noise_lab.command:denoise",
    summary="Clean images with a model, and measure it against the best linear denoiser.",
)
