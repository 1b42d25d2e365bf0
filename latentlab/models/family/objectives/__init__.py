"""Objectives by name: to add one, write its file here and name it below."""

from __future__ import annotations

from latentlab.models.family.objective import Objective
from latentlab.models.family.objectives.contractive import Contractive
from latentlab.models.family.objectives.denoising import Denoising
from latentlab.models.family.objectives.pca import Pca
from latentlab.models.family.objectives.rae import RegularisedAutoencoder
from latentlab.models.family.objectives.sparse_kl import SparseKl
from latentlab.models.family.objectives.sparse_l1 import SparseL1
from latentlab.models.family.objectives.sparse_topk import SparseTopK
from latentlab.models.family.objectives.tcvae import TotalCorrelation
from latentlab.models.family.objectives.undercomplete import Undercomplete
from latentlab.models.family.objectives.variational import Variational
from latentlab.models.family.objectives.wae import Wasserstein

OBJECTIVES: dict[str, type[Objective]] = {
    k.name: k
    for k in (
        Variational,
        Undercomplete,
        SparseL1,
        SparseKl,
        SparseTopK,
        Denoising,
        Contractive,
        RegularisedAutoencoder,
        Wasserstein,
        TotalCorrelation,
        Pca,
    )
}
