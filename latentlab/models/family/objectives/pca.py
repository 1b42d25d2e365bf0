"""Principal components as an autoencoder: the linear baseline, in closed form."""

from __future__ import annotations

from latentlab.models.family.objective import Deterministic


class Pca(Deterministic):
    """Encoder z = W (x − mean), decoder x = Wᵀ z + mean, W the first d principal directions.

    No linear autoencoder has a smaller squared error. Nothing is descended, so most settings have
    no meaning for it.
    """

    name = "pca"
    title = "PCA"
    sentence = (
        "Principal component analysis: the best linear code, computed at once and inverted "
        "exactly; what every autoencoder should beat."
    )
    formula = "‖x − Wᵀ W (x − x̄) − x̄‖², W orthonormal"
    closed_form = True
    code_activation = "linear"
    without = frozenset(
        {
            "network",
            "likelihood",
            "activation",
            "code_activation",
            "epochs",
            "batch_size",
            "learning_rate",
            "schedule",
            "dropout",
            "shift",
            "rotation",
            "scaling",
            "edges",
            "weight_decay",
            "adam_beta2",
            "ema",
            "precision",
        }
    )
