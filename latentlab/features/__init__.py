"""The features: one folder each, and this list."""

from latentlab.features.noise_lab import NOISE_LAB
from latentlab.features.outliers import OUTLIERS
from latentlab.features.properties import PROPERTIES
from latentlab.features.variations import VARIATIONS

FEATURES = (NOISE_LAB, OUTLIERS, VARIATIONS, PROPERTIES)
