"""Objectives by name: to add one, write its file here and name it below."""

from __future__ import annotations

from latentlab.family.objective import Objective
from latentlab.family.objectives.contractive import Contractive
from latentlab.family.objectives.denoising import Denoising
from latentlab.family.objectives.pca import Pca
from latentlab.family.objectives.rae import RegularisedAutoencoder
from latentlab.family.objectives.sparse_kl import SparseKl
from latentlab.family.objectives.sparse_l1 import SparseL1
from latentlab.family.objectives.sparse_topk import SparseTopK
from latentlab.family.objectives.tcvae import TotalCorrelation
from latentlab.family.objectives.undercomplete import Undercomplete
from latentlab.family.objectives.variational import Variational
from latentlab.family.objectives.wae import Wasserstein

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
