"""The features: one folder each, and this list."""

from latentlab.features.properties import PROPERTIES

FEATURES = (PROPERTIES,)
