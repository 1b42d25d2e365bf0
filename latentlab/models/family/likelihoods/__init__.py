"""Likelihoods by name: to add one, write its file here and name it below."""

from __future__ import annotations

from latentlab.models.family.likelihood import Likelihood
from latentlab.models.family.likelihoods.bernoulli import Bernoulli
from latentlab.models.family.likelihoods.continuous_bernoulli import ContinuousBernoulli
from latentlab.models.family.likelihoods.gaussian import Gaussian
from latentlab.models.family.likelihoods.optimal_gaussian import OptimalGaussian

LIKELIHOODS: dict[str, type[Likelihood]] = {
    k.name: k for k in (Bernoulli, Gaussian, OptimalGaussian, ContinuousBernoulli)
}
