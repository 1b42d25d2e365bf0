"""Images that are unlike the others, ranked."""

from latentlab.features.feature import Feature

OUTLIERS = Feature(
    "outliers",
    "Outliers",
    command="latentlab.features.outliers.command:outliers",
    summary="List images by how unusual they are to a model.",
)
