"""The plain autoencoder: reconstruction through a narrow code and nothing else."""

from __future__ import annotations

from latentlab.models.family.objective import Deterministic


class Undercomplete(Deterministic):
    """Loss = reconstruction. A linear network of this kind finds the subspace of PCA."""

    name = "undercomplete"
    title = "Undercomplete"
    sentence = (
        "Learns only to rebuild its input through a narrow code; nothing shapes the space "
        "between the codes."
    )
    formula = "reconstruction"
