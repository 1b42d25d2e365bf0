"""The parts of the noise lab: pictures, corruptions, strip, choice of the denoiser, drawing pad."""
