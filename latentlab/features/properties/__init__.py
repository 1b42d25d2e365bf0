"""Properties: what can be measured in each image without any model."""

from latentlab.engine.jobs import JobKind
from latentlab.features.feature import Feature

MEASURING = JobKind(
    "properties",
    "latentlab.features.properties.job:measured",
    doing="Measuring the properties",
    retry="Open the tab again to retry.",
    beside_training=True,
)

PROPERTIES = Feature(
    "properties",
    "Properties",
    panel="latentlab.features.properties.panel:PropertiesPanel",
    command="latentlab.features.properties.command:properties",
    summary="Measure area, brightness, contrast, sharpness, aspect and orientation of images.",
)
