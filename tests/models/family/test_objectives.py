"""The losses of all objectives against formulas, loops and autograd."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from latentlab.base.errors import UsageError
from latentlab.images.corruptions import CORRUPTIONS, MIXED, corrupt, corrupt_drawn, corrupt_mixed
from latentlab.images.image_set import ImageSet
from latentlab.latent.code_units import DEAD_SAMPLE, activity_shares
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objective import Batch, LossTerms, Objective
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.objectives.contractive import squared_jacobian_norm
from latentlab.models.family.objectives.sparse_code import reading_layer, reading_norms
from latentlab.models.family.objectives.tcvae import decomposed_kl, log_aggregate
from latentlab.models.family.objectives.variational import kl_per_dim
from latentlab.models.family.objectives.wae import mmd
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics

SHAPE = (6, 5, 1)
DESCENDED = [name for name, kind in OBJECTIVES.items() if not kind.closed_form]


def spec_of(objective: str, **changes: Any) -> TrainSpec:
    usual = {"latent_dim": 8, "hidden": (12,), "k": 3, "activation": "tanh"}
    return dataclasses.replace(TrainSpec(objective=objective), **{**usual, **changes})


def parts(objective: str, **changes: Any) -> tuple[Objective, Autoencoder]:
    torch.manual_seed(0)
    spec = spec_of(objective, **changes)
    spec.validate()
    return OBJECTIVES[objective](spec, 500), Autoencoder(spec, SHAPE)


def batch_of(count: int = 20, seed: int = 0, **more: Any) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 1, 6, 5, generator=generator)
    return Batch(x, x, torch.randn(count, 8, generator=generator), **more)


def terms_of(objective: str, batch: Batch | None = None, **changes: Any) -> LossTerms:
    kind, model = parts(objective, **changes)
    return kind.terms(model, batch or batch_of())


# --- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", DESCENDED)
def test_the_terms_are_one_number_for_each_image(objective: str) -> None:
    terms = terms_of(objective)
    assert len(terms.penalties) == len(OBJECTIVES[objective].penalties)
    for term in (terms.loss, terms.recon_loss, terms.kl, *terms.penalties):
        assert term.shape == (20,)
        assert torch.isfinite(term).all()
    assert terms.mu.shape == (20, 8)
    assert (terms.kl != 0).all() == OBJECTIVES[objective].probabilistic


WEIGHED: dict[str, dict[str, float]] = {
    "variational": {"beta": 2.5},
    "undercomplete": {},
    "denoising": {},
    "sparse-l1": {"sparsity": 0.7},
    "sparse-kl": {"sparsity_weight": 4.0},
    "sparse-topk": {},
    "contractive": {"contraction": 3.0},
    "rae": {"code_weight": 0.3, "decoder_weight": 0.2},
    "wae": {"mmd_weight": 50.0},
    "tcvae": {"tc_weight": 4.0},
}


@pytest.mark.parametrize("objective", DESCENDED)
def test_the_loss_is_reconstruction_and_weighted_penalties(objective: str) -> None:
    settings = WEIGHED[objective]
    terms = terms_of(objective, **settings)
    added = terms.loss - terms.recon_loss
    values = list(settings.values())
    wanted = {
        "variational": lambda: 2.5 * terms.kl,
        "tcvae": lambda: terms.penalties[0] + 4.0 * terms.penalties[1] + terms.penalties[2],
        "contractive": lambda: (
            3.0 * terms.penalties[0] + 5.0 * terms.mu.var(0, unbiased=False).mean().log().square()
        ),
        "sparse-topk": lambda: 0.0 * terms.loss,
    }.get(
        objective,
        lambda: sum(
            (w * p for w, p in zip(values, terms.penalties, strict=True)), 0.0 * terms.loss
        ),
    )()
    torch.testing.assert_close(added, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("objective", [n for n in DESCENDED if not OBJECTIVES[n].couples_images])
def test_a_batch_can_be_split(objective: str) -> None:
    kind, model = parts(objective)
    whole = batch_of()
    kind.terms(model, whole).loss.sum().backward()
    gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    for part in (slice(0, 7), slice(7, 20)):
        kind.terms(
            model, Batch(whole.x[part], whole.seen[part], whole.noise[part])
        ).loss.sum().backward()
    now = [p.grad for p in model.parameters() if p.grad is not None]
    for a, b in zip(gradients, now, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("objective", DESCENDED)
def test_the_encoder_is_shown_what_is_seen_and_the_target_is_x(objective: str) -> None:
    kind, model = parts(objective)
    clean, other = batch_of(), batch_of(seed=5)
    mixed = Batch(clean.x, other.x, clean.noise)
    terms = kind.terms(model, mixed)
    torch.testing.assert_close(terms.mu, model.encode(other.x).mu)
    if not OBJECTIVES[objective].probabilistic:
        wanted = model.likelihood.nll(model.decode(terms.mu), clean.x)
        torch.testing.assert_close(terms.recon_loss, wanted)


@pytest.mark.parametrize("objective", DESCENDED)
def test_measuring_gathers_nothing(objective: str) -> None:
    """Held-out images leave no trace in what an objective remembers of its steps."""
    kind, model = parts(objective)
    kind.terms(model, batch_of(seed=1))
    before = {name: value.clone() for name, value in kind.state().items()}
    with torch.no_grad():
        kind.terms(model, batch_of(seed=2, measuring=True))
    assert kind.state().keys() == before.keys()
    for name, value in before.items():
        assert torch.equal(kind.state()[name], value)


@pytest.mark.parametrize("objective", DESCENDED)
def test_what_it_remembers_can_be_put_into_another(objective: str) -> None:
    one, model = parts(objective)
    for seed in range(3):
        one.terms(model, batch_of(seed=seed))
    two, _ = parts(objective)
    two.load_state({name: value.clone() for name, value in one.state().items()})
    for seed in (3, 4):
        a, b = one.terms(model, batch_of(seed=seed)), two.terms(model, batch_of(seed=seed))
        assert torch.equal(a.loss, b.loss)
    assert one.state().keys() == two.state().keys()
    for name, value in one.state().items():
        assert torch.equal(two.state()[name], value)


@pytest.mark.parametrize("objective", DESCENDED)
def test_every_weight_is_trained(objective: str) -> None:
    kind, model = parts(objective)
    kind.terms(model, batch_of()).loss.mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert float(weight.grad.abs().max()) > 0, name


# --- variational ---------------------------------------------------------------------------------


def test_the_kl_is_that_of_monte_carlo() -> None:
    torch.manual_seed(1)
    mu, logvar = torch.randn(3, 4).double(), torch.randn(3, 4).double()
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros_like(mu), 1.0)
    z = q.sample((200_000,))
    sampled = (q.log_prob(z) - p.log_prob(z)).mean(0)
    torch.testing.assert_close(kl_per_dim(mu, logvar), sampled, atol=0.02, rtol=0.02)
    torch.testing.assert_close(kl_per_dim(mu, logvar), torch.distributions.kl_divergence(q, p))


@pytest.mark.parametrize("objective", [n for n in DESCENDED if OBJECTIVES[n].probabilistic])
def test_what_is_decoded_is_a_sample_of_the_posterior(objective: str) -> None:
    kind, model = parts(objective)
    with torch.no_grad():
        head = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1]
        head.bias[8:] = torch.linspace(-2.0, 3.0, 8)  # clouds of different sizes
    batch = batch_of()
    terms = kind.terms(model, batch)
    mu, logvar = model.encode(batch.x)
    assert logvar is not None
    z = mu + logvar.exp().sqrt() * batch.noise
    torch.testing.assert_close(terms.recon_loss, model.likelihood.nll(model.decode(z), batch.x))
    torch.testing.assert_close(terms.mu, mu)


def test_only_free_bits_let_images_depend_on_each_other() -> None:
    assert not parts("variational")[0].couples_images
    assert parts("variational", free_bits=0.01)[0].couples_images
    assert not OBJECTIVES["variational"].couples_images


def test_warm_up_begins_at_zero_and_ends_in_time() -> None:
    kind, model = parts("variational", beta=2.0, warm_up=0.5)
    for progress, weight in ((0.0, 0.0), (0.25, 1.0), (0.5, 2.0), (0.9, 2.0), (1.0, 2.0)):
        terms = kind.terms(model, batch_of(progress=progress))
        torch.testing.assert_close(terms.loss, terms.recon_loss + weight * terms.kl)


def test_the_longest_warm_up_ends_before_training_does() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 1), np.uint8)
    spec = spec_of("variational", beta=3.0, warm_up=0.9, batch_size=20, epochs=10, held_out=0.0)
    data = ImageSet("noise", "Noise", pixels)
    run = TrainingRun(spec, data, device=torch.device("cpu"), threads=1)
    weights = []
    terms = run.objective.terms

    def noted(model: Any, batch: Batch) -> LossTerms:
        found: LossTerms = terms(model, batch)
        weights.append(float(((found.loss - found.recon_loss).sum() / found.kl.sum()).detach()))
        return found

    run.objective.terms = noted  # type: ignore[method-assign]
    assert run.total_steps == len([event for event in run.run() if hasattr(event, "mu")]) == 20
    wanted = [3.0 * min(1.0, step / 18) for step in range(20)]
    assert weights == pytest.approx(wanted, rel=1e-3, abs=1e-6)
    assert weights[0] == 0.0 and weights[-2:] == pytest.approx([3.0, 3.0], rel=1e-3)


def test_free_bits_cost_nothing_and_the_raw_kl_is_reported() -> None:
    plain = terms_of("variational")
    kind, model = parts("variational", free_bits=0.2)
    assert kind.couples_images
    terms = kind.terms(model, batch_of())
    mu, logvar = model.encode(batch_of().x)
    assert logvar is not None
    each = kl_per_dim(mu, logvar).mean(0)
    wanted = each.clamp(min=0.2).sum()
    torch.testing.assert_close(terms.loss - terms.recon_loss, wanted.expand(20), atol=1e-5, rtol=0)
    torch.testing.assert_close(terms.kl, plain.kl)
    assert (each < 0.2).any() and (wanted > each.sum())


def test_a_linear_variational_model_is_probabilistic_pca() -> None:
    """With the exact posterior and σ² the mean discarded eigenvalue the bound is tight.

    Tipping and Bishop 1999; Lucas et al. 2019.
    """
    rng = np.random.default_rng(0)
    n, size, d = 4000, 12, 3
    x = rng.standard_normal((n, size)) @ np.diag(np.linspace(2.0, 0.3, size))
    x = x @ np.linalg.qr(rng.standard_normal((size, size)))[0]
    x -= x.mean(0)
    covariance = x.T @ x / n
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = values[d:].mean()
    weights = vectors[:, :d] * np.sqrt(values[:d] - noise)
    inner = weights.T @ weights + noise * np.eye(d)
    mu = x @ weights @ np.linalg.inv(inner)
    posterior = noise * np.linalg.inv(inner)
    logvar = np.log(np.diag(posterior))
    np.testing.assert_allclose(posterior, np.diag(np.diag(posterior)), atol=1e-12)

    kl = kl_per_dim(torch.from_numpy(mu), torch.from_numpy(np.tile(logvar, (n, 1)))).sum(1)
    residual = np.square(x - mu @ weights.T).sum(1) + np.trace(weights @ posterior @ weights.T)
    recon = residual / (2 * noise) + 0.5 * size * np.log(2 * np.pi * noise)
    model = weights @ weights.T + noise * np.eye(size)
    log_likelihood = -0.5 * (
        size * np.log(2 * np.pi)
        + np.linalg.slogdet(model)[1]
        + np.einsum("ni,ij,nj->n", x, np.linalg.inv(model), x)
    )
    np.testing.assert_allclose(-(recon + kl.numpy()), log_likelihood, atol=1e-10)
    assert kl.mean().item() == pytest.approx(0.5 * np.log(values[:d] / noise).sum(), abs=1e-10)
    np.testing.assert_allclose(mu.T @ mu / n + posterior, np.eye(d), atol=1e-10)


def test_more_importance_samples_never_loosen_the_bound() -> None:
    """Burda et al. 2016: L_1 ≤ L_5 ≤ L_50, and with the exact posterior all are log p(x)."""
    rng = np.random.default_rng(0)
    weights, noise, x = rng.standard_normal((6, 2)), 0.3, rng.standard_normal(6)
    inner = weights.T @ weights / noise + np.eye(2)
    exact_mean = np.linalg.solve(inner, weights.T @ x / noise)
    exact = torch.distributions.MultivariateNormal(
        torch.from_numpy(exact_mean), torch.from_numpy(np.linalg.inv(inner))
    )
    loose = torch.distributions.MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    model = weights @ weights.T + noise * np.eye(6)
    log_p = torch.distributions.MultivariateNormal(
        torch.zeros(6).double(), torch.from_numpy(model)
    ).log_prob(torch.from_numpy(x))
    torch.manual_seed(0)

    def bound(posterior: Any, samples: int) -> float:
        z = posterior.sample((4000, samples))
        prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        mean = z @ torch.from_numpy(weights.T)
        given = torch.distributions.Normal(mean, math.sqrt(noise))
        joint = given.log_prob(torch.from_numpy(x)).sum(-1) + prior
        ratio = joint - posterior.log_prob(z)
        return float((ratio.logsumexp(1) - math.log(samples)).mean())

    for samples in (1, 5, 50):
        assert bound(exact, samples) == pytest.approx(log_p.item(), abs=1e-10)
    bounds = [bound(loose, samples) for samples in (1, 5, 50)]
    assert bounds[0] < bounds[1] < bounds[2] < log_p.item()


# --- contractive ---------------------------------------------------------------------------------


def test_the_jacobian_norm_is_autograds() -> None:
    _, model = parts("contractive")
    x = batch_of(4).x.requires_grad_()
    norms = squared_jacobian_norm(model.encode(x).mu, x)
    for i in range(4):
        jacobian = torch.autograd.functional.jacobian(
            lambda one: model.encode(one).mu, x[i : i + 1].detach()
        )
        assert norms[i].item() == pytest.approx(jacobian.square().sum().item(), rel=1e-5)


def test_one_sigmoid_layer_has_the_closed_form() -> None:
    """Rifai et al. 2011, equation 6: Σ_j (h_j (1 − h_j))² Σ_i W_ji²."""
    _, model = parts("contractive", hidden=(), code_activation="sigmoid")
    x = batch_of(5).x.requires_grad_()
    h = model.encode(x).mu
    weight = next(m for m in model.encoder if isinstance(m, torch.nn.Linear)).weight
    wanted = (h * (1 - h)).square() @ weight.square().sum(1)
    torch.testing.assert_close(squared_jacobian_norm(h, x), wanted)


def test_random_signs_estimate_it_without_bias_and_better_than_normals() -> None:
    _, model = parts("contractive")
    x = batch_of(1).x.requires_grad_()
    mu = model.encode(x).mu
    exact = squared_jacobian_norm(mu, x).item()
    torch.manual_seed(0)
    tries = 400
    draws: dict[str, list[float]] = {"signs": [], "normal": []}
    for _ in range(tries):
        noise = torch.randn(1, 8)
        draws["signs"].append(squared_jacobian_norm(mu, x, noise.sign()).item() / exact)
        draws["normal"].append(squared_jacobian_norm(mu, x, noise).item() / exact)
    assert np.mean(draws["signs"]) == pytest.approx(1.0, abs=4 * np.std(draws["signs"]) / 20)
    assert np.std(draws["signs"]) < np.std(draws["normal"])


def test_all_signs_together_give_the_norm_and_the_variance_of_the_estimate() -> None:
    """Over all 2^d sign vectors the mean is ‖J‖²_F and the variance 2 Σ_{i≠j} (J Jᵀ)²_ij.

    Normal probes have 2 ‖J Jᵀ‖²_F, so signs win by far where the rows are nearly orthogonal.
    """
    _, model = parts("contractive", hidden=(), activation="linear")
    head = next(m for m in model.encoder if isinstance(m, torch.nn.Linear))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        rows = torch.linalg.qr(torch.randn(30, 8, generator=generator))[0].T
        head.weight.copy_(rows + 0.01 * torch.randn(8, 30, generator=generator))
    jacobian = head.weight.detach().double()
    probes = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=8)))
    x = batch_of(1).x.expand(256, -1, -1, -1).clone().requires_grad_()
    estimates = squared_jacobian_norm(model.encode(x).mu, x, probes).detach().double()
    gram = jacobian @ jacobian.T
    across = gram - torch.diag(gram.diagonal())
    total = float(gram.trace())
    assert estimates.mean().item() == pytest.approx(total, rel=1e-6)
    variance = 2 * float(across.square().sum())
    assert estimates.var(unbiased=False).item() == pytest.approx(variance, rel=1e-4)
    assert math.sqrt(variance) / total < 0.06
    normal = math.sqrt(2 * float(gram.square().sum())) / total
    assert normal == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("latent_dim", [8, 16, 17, 24])
def test_the_penalty_is_relative_to_the_variance_of_the_codes(latent_dim: int) -> None:
    """Exact for narrow codes, from one random probe for each image for wide ones."""
    kind, model = parts("contractive", latent_dim=latent_dim)
    narrow = batch_of()
    noise = torch.randn(20, latent_dim, generator=torch.Generator().manual_seed(3))
    batch = dataclasses.replace(narrow, noise=noise)
    x = narrow.x.clone().requires_grad_()
    mu = model.encode(x).mu
    norms = squared_jacobian_norm(mu, x, None if latent_dim <= 16 else noise.sign())
    wanted = (norms.mean() / torch.cov(mu.T, correction=0).trace()).expand(20)
    torch.testing.assert_close(kind.terms(model, batch).penalties[0], wanted)


def test_shrinking_the_codes_cheats_no_penalty() -> None:
    kind, model = parts("contractive")
    before = kind.terms(model, batch_of()).penalties[0][0].item()
    with torch.no_grad():
        head = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1]
        first = next(m for m in model.decoder if isinstance(m, torch.nn.Linear))
        head.weight.mul_(0.01)
        head.bias.mul_(0.01)
        first.weight.mul_(100)
    assert kind.terms(model, batch_of()).penalties[0][0].item() == pytest.approx(before, rel=1e-3)


def test_the_penalty_moves_the_encoder_when_measured_without_gradients_too() -> None:
    kind, model = parts("contractive")
    with torch.no_grad():
        measured = kind.terms(model, batch_of(measuring=True))
    torch.testing.assert_close(
        measured.loss, kind.terms(model, batch_of()).loss.detach(), check_stride=False
    )
    kind.terms(model, batch_of()).penalties[0].mean().backward()
    assert any(float(p.grad.abs().sum()) > 0 for p in model.encoder.parameters())


# --- sparse --------------------------------------------------------------------------------------


def test_l1_cannot_be_cheated_by_rescaling_a_unit() -> None:
    kind, model = parts("sparse-l1", hidden=())
    before = kind.terms(model, batch_of()).penalties[0]
    with torch.no_grad():
        head = next(m for m in model.encoder if isinstance(m, torch.nn.Linear))
        head.weight[2] *= 0.01
        head.bias[2] *= 0.01
        next(m for m in model.decoder if isinstance(m, torch.nn.Linear)).weight[:, 2] *= 100
    torch.testing.assert_close(kind.terms(model, batch_of()).penalties[0], before)


CODES = {
    "mlp": {"hidden": (12,)},
    "one layer": {"hidden": ()},
    "conv": {"network": "conv", "channels": (3, 4)},
    "strided map": {"network": "conv", "channels": (5, 4), "code": "map"},
    "pooled map": {
        "network": "conv",
        "channels": (5, 4),
        "code": "map",
        "downsampling": "pool",
    },
    "lstm": {"network": "lstm", "units": 9},
}


@pytest.mark.parametrize("code", CODES)
def test_the_norms_are_of_what_each_unit_writes(code: str) -> None:
    """The layer that reads the code is linear, so its answer to one unit is that unit's weights."""
    _, model = parts("sparse-l1", **CODES[code])
    layer = reading_layer(model)
    if isinstance(layer, torch.nn.Linear):
        each = torch.eye(model.latent_dim)
    else:
        # Far from the edges of a larger map, where a convolution keeps all of its taps.
        channels = int(layer.in_channels)
        each = torch.zeros(channels, channels, 7, 7)
        each[range(channels), range(channels), 3, 3] = 1.0
    with torch.no_grad():
        answers = (layer(each) - layer(torch.zeros_like(each))).flatten(1).norm(dim=1)
    norms = reading_norms(model, model.latent_dim)
    torch.testing.assert_close(norms, answers.repeat_interleave(model.latent_dim // len(each)))


@pytest.mark.parametrize("code", CODES)
def test_no_kind_of_code_can_be_cheated(code: str) -> None:
    kind, model = parts("sparse-l1", activation="linear", **CODES[code])
    head = [m for m in model.encoder.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
    reading = reading_layer(model)
    with torch.no_grad():
        head[-1].bias += 1.0  # all units are on
    before = kind.terms(model, batch_of())
    with torch.no_grad():
        head[-1].weight[2] *= 0.01
        head[-1].bias[2] *= 0.01
        inputs_first = isinstance(reading, torch.nn.ConvTranspose2d)
        (reading.weight[2] if inputs_first else reading.weight[:, 2]).mul_(100.0)
    after = kind.terms(model, batch_of())
    assert not torch.allclose(after.mu, before.mu)
    torch.testing.assert_close(after.recon_loss, before.recon_loss)
    torch.testing.assert_close(after.penalties[0], before.penalties[0])


def test_l1_grows_over_the_first_twentieth() -> None:
    kind, model = parts("sparse-l1", sparsity=2.0)
    for progress, weight in ((0.0, 0.0), (0.025, 1.0), (0.05, 2.0), (1.0, 2.0)):
        terms = kind.terms(model, batch_of(progress=progress))
        torch.testing.assert_close(terms.loss, terms.recon_loss + weight * terms.penalties[0])


def test_kl_sparsity_is_the_formula_on_a_large_batch() -> None:
    kind, model = parts("sparse-kl", target_activation=0.1)
    terms = kind.terms(model, batch_of(300))
    rho = terms.mu.mean(0)
    wanted = (0.1 * (0.1 / rho).log() + 0.9 * (0.9 / (1 - rho)).log()).sum()
    assert terms.penalties[0][0].item() == pytest.approx(wanted.item(), rel=1e-5)
    assert kind.state() == {}


def test_kl_sparsity_of_small_batches_averages_over_time_with_a_full_gradient() -> None:
    kind, model = parts("sparse-kl")
    first = kind.terms(model, batch_of(32, seed=1))
    first.penalties[0].mean().backward()
    alone = [p.grad.clone() for p in model.encoder.parameters() if p.grad is not None]
    model.zero_grad()
    rho = torch.full((8,), 0.05)
    mean = model.encode(batch_of(32, seed=1).x).mu.mean(0)
    (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum().backward()
    for a, p in zip(alone, model.encoder.parameters(), strict=True):
        torch.testing.assert_close(a, p.grad)
    before = kind.state()["mean_activation"].clone()
    kind.terms(model, batch_of(32, seed=2))
    now = model.encode(batch_of(32, seed=2).x).mu.mean(0).detach()
    torch.testing.assert_close(kind.state()["mean_activation"], before.lerp(now, 32 / 256))
    other, _ = parts("sparse-kl")
    other.load_state(kind.state())
    kind_next = kind.terms(model, batch_of(32, seed=3)).penalties[0]
    torch.testing.assert_close(other.terms(model, batch_of(32, seed=3)).penalties[0], kind_next)


def test_kl_sparsity_of_a_batch_is_averaged_only_while_it_is_small() -> None:
    kind, model = parts("sparse-kl", target_activation=0.2)
    head = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1]
    rho = {}
    for sign in (1.0, -1.0):
        with torch.no_grad():
            head.bias.fill_(2.0 * sign)
        rho[sign] = model.encode(batch_of(128).x).mu.mean(0).detach()
        terms = kind.terms(model, batch_of(128))
    average = (rho[1.0] + rho[-1.0]) / 2  # 128 of 256 images each
    torch.testing.assert_close(kind.state()["mean_activation"], average)
    wanted = (0.2 * (0.2 / average).log() + 0.8 * (0.8 / (1 - average)).log()).sum()
    torch.testing.assert_close(terms.penalties[0], wanted.expand(128))
    large = kind.terms(model, batch_of(256))
    alone = model.encode(batch_of(256).x).mu.mean(0)
    wanted = (0.2 * (0.2 / alone).log() + 0.8 * (0.8 / (1 - alone)).log()).sum()
    torch.testing.assert_close(large.penalties[0], wanted.expand(256))
    torch.testing.assert_close(kind.state()["mean_activation"], average)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_units_that_are_always_on_or_off_cost_a_finite_number(sign: float) -> None:
    kind, model = parts("sparse-kl", target_activation=0.2)
    with torch.no_grad():
        [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1].bias.fill_(200.0 * sign)
    terms = kind.terms(model, batch_of(300))
    on = 1e-6 if sign < 0 else 1 - 1e-6
    wanted = 8 * (0.2 * math.log(0.2 / on) + 0.8 * math.log(0.8 / (1 - on)))
    # 1 − 10⁻⁶ has few digits in single precision.
    assert terms.penalties[0][0].item() == pytest.approx(wanted, rel=0.01)
    terms.loss.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_top_k_keeps_exactly_the_k_largest() -> None:
    _, model = parts("sparse-topk", k=3)
    codes = model.encode(batch_of().x).mu
    assert ((codes > 0).sum(1) <= 3).all()
    before = torch.nn.Sequential(*list(model.encoder.children())[:-2])(batch_of().x)
    kept = before.topk(3, dim=1).values.relu().sum(1)
    torch.testing.assert_close(codes.sum(1), kept)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("training", [True, False])
def test_exactly_k_units_are_on_where_there_are_as_many_positive_ones(
    code: str, training: bool
) -> None:
    _, model = parts("sparse-topk", k=3, **CODES[code])
    model.train(training)
    head = [m for m in model.encoder.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
    with torch.no_grad():
        head[-1].bias += 50.0
    with torch.inference_mode():
        codes = model.encode(batch_of().x).mu
    on = (codes != 0).sum(1)
    assert (on == 3).all()
    assert (codes >= 0).all()


@pytest.mark.parametrize("code", CODES)
def test_after_a_step_all_units_write_with_norm_one(code: str) -> None:
    kind, model = parts("sparse-topk", **CODES[code])
    kind.after_step(model)
    torch.testing.assert_close(reading_norms(model, model.latent_dim), torch.ones(model.latent_dim))
    with torch.no_grad():
        reading_layer(model).weight.zero_()
    kind.after_step(model)
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_unit_is_dead_after_a_sample_of_images_without_it() -> None:
    kind, model = parts("sparse-topk", k=1)
    shares = []
    for _ in range(4):
        terms = kind.terms(model, batch_of(DEAD_SAMPLE // 4))
        shares.append(float(terms.penalties[0][0]))
    used = (terms.mu > 0).any(0)
    assert not used.all()
    assert shares[:3] == [0.0, 0.0, 0.0]
    assert shares[3] == pytest.approx(float((~used).float().mean()))
    unused = kind.state()["unused_for"]
    assert torch.equal(unused, torch.where(used, 0.0, float(DEAD_SAMPLE)))
    torch.testing.assert_close(terms.loss, terms.recon_loss)


@pytest.mark.parametrize("code", ["mlp", "one layer", "conv", "lstm"])
def test_dead_units_are_let_in_for_the_image_that_is_nearest_to_them(code: str) -> None:
    kind, model = parts("sparse-topk", k=2, **CODES[code])
    head = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1]
    with torch.no_grad():
        head.bias[4:] -= 5.0
    batch = batch_of()
    assert not (model.encode(batch.x).mu[:, 4:] > 0).any()
    kind.load_state({"unused_for": torch.tensor([0.0] * 4 + [1e6] * 4)})
    before = head.bias.detach().clone()
    terms = kind.terms(model, batch)
    assert float(terms.penalties[0][0]) == 0.5
    kind.after_step(model)
    torch.testing.assert_close(head.bias[:4], before[:4])
    assert (head.bias[4:] > before[4:]).all()
    with torch.no_grad():
        scores = torch.nn.Sequential(*list(model.encoder.children())[:-2])(batch.x)
        # Each is among the k largest of one image, were it raised alone.
        for unit in range(4, 8):
            others = torch.cat([scores[:, :4], scores[:, unit : unit + 1]], 1)
            assert (others.topk(2, dim=1).indices == 4).any()
        assert (model.encode(batch.x).mu[:, 4:] > 0).any()
    raised = head.bias.detach().clone()
    kind.after_step(model)
    assert torch.equal(head.bias, raised), "once for each step"


def test_a_feature_map_keeps_its_biases() -> None:
    kind, model = parts("sparse-topk", k=2, **CODES["pooled map"])
    kind.load_state({"unused_for": torch.full((model.latent_dim,), 1e6)})
    before = {name: p.detach().clone() for name, p in model.encoder.named_parameters()}
    kind.terms(model, batch_of())
    kind.after_step(model)
    assert all(torch.equal(before[name], p) for name, p in model.encoder.named_parameters())


def test_held_out_images_say_which_units_none_of_a_sample_uses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over all batches together, on the images that the window and ``evaluate`` would take."""
    pixels = np.random.default_rng(0).integers(0, 256, (700, 6, 5, 1), np.uint8)
    spec = spec_of(
        "sparse-topk", latent_dim=24, k=1, batch_size=20, epochs=1, held_out=0.9, learning_rate=1e-3
    )
    for sample in (2000, 40):
        monkeypatch.setattr("latentlab.latent.code_units.DEAD_SAMPLE", sample)
        run = TrainingRun(
            spec, ImageSet("noise", "Noise", pixels), device=torch.device("cpu"), threads=1
        )
        found = [e for e in run.run() if isinstance(e, Metrics) and e.split == "held_out"][-1]
        x = torch.from_numpy(pixels[run.held_out]).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            codes = run.model.eval().encode(x).mu.numpy()
        wanted = float((activity_shares(codes) == 0).mean())
        assert found.penalties["dead_units"] == pytest.approx(wanted)
        assert (wanted > 0) == (sample == 40)


# --- RAE -----------------------------------------------------------------------------------------


def test_small_codes_and_a_smooth_decoder_are_half_squares() -> None:
    kind, model = parts("rae")
    terms = kind.terms(model, batch_of())
    code, decoder = terms.penalties
    torch.testing.assert_close(code, 0.5 * terms.mu.square().sum(1))
    weights = [m.weight for m in model.decoder if isinstance(m, torch.nn.Linear)]
    wanted = 0.5 * sum(float(w.detach().square().sum()) for w in weights)
    torch.testing.assert_close(decoder, torch.full((20,), wanted))
    with torch.no_grad():
        for layer in model.decoder:
            if isinstance(layer, torch.nn.Linear):
                layer.bias += 3.0
    torch.testing.assert_close(kind.terms(model, batch_of()).penalties[1], decoder)


# --- WAE and TCVAE -------------------------------------------------------------------------------


def test_mmd_is_the_unbiased_double_sum() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(9, 3).double(), torch.randn(9, 3).double() + 0.5

    def kernel(u: torch.Tensor, v: torch.Tensor) -> float:
        scales = [2 * 3 * s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
        return sum(c / (c + float((u - v).square().sum())) for c in scales)

    total = 0.0
    for i in range(9):
        for j in range(9):
            if i != j:
                total += (kernel(a[i], a[j]) + kernel(b[i], b[j])) / 72
            total -= 2 * kernel(a[i], b[j]) / 81
    assert mmd(a, b).item() == pytest.approx(total, rel=1e-9)


def test_mmd_is_nought_on_average_for_equal_distributions_and_large_for_others() -> None:
    torch.manual_seed(0)
    same = [mmd(torch.randn(200, 4), torch.randn(200, 4)).item() for _ in range(60)]
    assert abs(np.mean(same)) < 4 * np.std(same) / math.sqrt(60)
    assert min(same) < 0
    assert mmd(torch.randn(200, 4) + 2, torch.randn(200, 4)).item() > 20 * np.std(same)
    twins = torch.zeros(5, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(mmd(twins, torch.randn(5, 2)), twins)
    assert torch.isfinite(gradient).all()


def posteriors(count: int, dims: int, spread: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Means and log-variances in double precision, correlated and of different widths."""
    generator = torch.Generator().manual_seed(7)
    mu = spread * torch.randn(count, dims, generator=generator).double()
    mu[:, 1] = 0.8 * mu[:, 0] + 0.6 * mu[:, 1]
    return mu, 0.5 * torch.randn(count, dims, generator=generator).double() - 1.0


def exact_parts(z: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Information, correlation and dimension-wise KL at z (n, d) of posterior i each, (3, n).

    From sums over all posteriors, one density after the other.
    """
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros(mu.shape[1]).double(), 1.0)
    found = []
    for i, point in enumerate(z):
        each = q.log_prob(point).exp()
        joint = each.prod(1).mean().log()
        product = each.mean(0).log().sum()
        given = each[i].prod().log()
        found.append(
            torch.stack([given - joint, joint - product, product - p.log_prob(point).sum()])
        )
    return torch.stack(found, 1)


def test_a_batch_of_all_images_gives_the_exact_parts_of_the_kl() -> None:
    mu, logvar = posteriors(30, 3)
    z = mu + torch.randn(30, 3).double() * (0.5 * logvar).exp()
    wanted = exact_parts(z, mu, logvar).mean(1)
    torch.testing.assert_close(torch.stack(decomposed_kl(z, mu, logvar, 30)), wanted)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_over_all_batches_the_aggregate_posterior_is_right_on_average(size: int) -> None:
    """The mean over each possible batch is exactly the sum over all posteriors."""
    mu, logvar = posteriors(6, 2)
    z = mu + 0.7
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    each = torch.stack([q.log_prob(point) for point in z])  # (sample, posterior, dimension)
    batches = list(itertools.combinations(range(6), size))
    for log_densities in (each.sum(2), each):
        found: dict[int, list[torch.Tensor]] = {}
        for batch in batches:
            index = torch.tensor(batch)
            estimate = log_aggregate(log_densities[index][:, index], 6)
            for image, value in zip(batch, estimate.exp(), strict=True):
                found.setdefault(image, []).append(value)
        for image, values in found.items():
            wanted = log_densities[image].exp().mean(0)
            torch.testing.assert_close(torch.stack(values).mean(0), wanted)


def test_over_many_batches_the_parts_come_near_the_exact_ones() -> None:
    """As the plain minibatch weights do not: they give a dimension-wise KL far below 0."""
    n, m, d = 400, 100, 4
    mu, logvar = posteriors(n, d)
    generator = torch.Generator().manual_seed(0)
    exact, stratified, plain = [], [], []
    for _ in range(12):
        z = mu + torch.randn(n, d, generator=generator).double() * (0.5 * logvar).exp()
        exact.append(exact_parts(z, mu, logvar).mean(1))
        for batch in torch.randperm(n, generator=generator).split(m):
            own = z[batch], mu[batch], logvar[batch]
            stratified.append(torch.stack(decomposed_kl(*own, n)))
            # Plain weights, 1 / (N M) for all, are ln N off the mean over the batch in each sum.
            information, correlation, dimension = decomposed_kl(*own, m)
            shift = math.log(n)
            plain.append(
                torch.stack(
                    [information + shift, correlation + (d - 1) * shift, dimension - d * shift]
                )
            )
    wanted, found = torch.stack(exact).mean(0), torch.stack(stratified).mean(0)
    assert (found - wanted).abs().max() < 0.3
    information, _, dimension = found
    assert dimension > 0 and information < math.log(n)
    assert torch.stack(plain).mean(0)[2] < -10


@pytest.mark.parametrize("num_images", [20, 500, 60_000])
def test_no_part_of_the_kl_is_impossible(num_images: int) -> None:
    """The information is at most ln N, however far apart the posteriors are; parts add up."""
    mu, logvar = posteriors(20, 5, spread=50.0)
    z = mu + torch.randn(20, 5).double() * (0.5 * logvar).exp()
    information, correlation, dimension = decomposed_kl(z, mu, logvar, num_images)
    assert information.item() == pytest.approx(math.log(num_images))
    assert information <= math.log(num_images) + 1e-9
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros(5).double(), 1.0)
    total = (q.log_prob(z) - p.log_prob(z)).sum(1).mean()
    torch.testing.assert_close(information + correlation + dimension, total)


@pytest.mark.parametrize("num_images", [20, 500, 60_000])
def test_with_weight_one_the_parts_are_the_kl_whatever_the_size_of_the_data(
    num_images: int,
) -> None:
    _, model = parts("tcvae", tc_weight=1.0)
    model.double()
    kind = OBJECTIVES["tcvae"](spec_of("tcvae", tc_weight=1.0), num_images)
    plain = batch_of()
    batch = Batch(plain.x.double(), plain.x.double(), plain.noise.double())
    terms = kind.terms(model, batch)
    mu, logvar = model.encode(batch.x)
    assert logvar is not None
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    z = mu + batch.noise * (0.5 * logvar).exp()
    sampled = (q.log_prob(z) - torch.distributions.Normal(0.0, 1.0).log_prob(z)).sum(1).mean()
    torch.testing.assert_close(terms.loss - terms.recon_loss, sampled.expand(20))
    torch.testing.assert_close(terms.kl, kl_per_dim(mu, logvar).sum(1))


def test_the_order_of_a_batch_does_not_matter() -> None:
    torch.manual_seed(0)
    z, mu, logvar = torch.randn(3, 6, 2).double().unbind()
    parts_in_order = decomposed_kl(z, mu, logvar, 40)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    for a, b in zip(
        parts_in_order, decomposed_kl(z[order], mu[order], logvar[order], 40), strict=True
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("num_images", [1, 2, 40])
def test_the_parts_of_a_tiny_batch_are_finite(count: int, num_images: int) -> None:
    """One image alone can be told from no other: no information, no correlation."""
    z, mu, logvar = torch.randn(3, count, 2).double().unbind()
    mu.requires_grad_()
    found = torch.stack(decomposed_kl(z, mu, logvar, num_images))
    if count == 1:
        torch.testing.assert_close(found[:2], torch.zeros(2).double())
    (gradient,) = torch.autograd.grad(found.sum(), mu)
    assert torch.isfinite(found).all() and torch.isfinite(gradient).all()


# --- denoising -----------------------------------------------------------------------------------


def test_each_step_has_its_own_corruption_that_repeats() -> None:
    kind, _ = parts("denoising", corruption="mask", amount=0.5)
    x = batch_of().x
    once, again, other = kind.corrupt(x, 1), kind.corrupt(x, 1), kind.corrupt(x, 2)
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert 0.15 < float((once == 0).float().mean()) < 0.35
    assert torch.equal(x, batch_of().x)


@pytest.mark.parametrize("amounts", ["drawn", "fixed"])
def test_each_image_has_an_amount_of_its_own_unless_it_is_fixed(amounts: str) -> None:
    """Drawn evenly from 0, so that the encoder sees images that are all but clean."""
    kind, _ = parts("denoising", corruption="mask", amount=0.8, amounts=amounts)
    hidden = (kind.corrupt(torch.ones(400, 1, 40, 40), 1) == 0).float().mean((1, 2, 3))
    if amounts == "fixed":
        assert (hidden - 0.8).abs().max() < 0.06
        return
    assert hidden.min() < 0.02 and hidden.max() > 0.75
    counts = torch.histc(hidden, 4, 0.0, 0.9)
    assert (counts[:3] - 112).abs().max() < 40  # 400 images over 0 to 0.8


def test_a_fixed_amount_has_no_meaning_for_a_mixture() -> None:
    with pytest.raises(UsageError, match="have no fixed amount"):
        spec_of("denoising", corruption=MIXED, amount=1.0, amounts="fixed").validate()


def test_gaussian_noise_is_not_clipped() -> None:
    kind, _ = parts("denoising", corruption="gaussian", amount=0.5, amounts="fixed")
    noisy = kind.corrupt(batch_of(2000).x, 0)
    assert float(noisy.min()) < -0.5 and float(noisy.max()) > 1.5
    error = (noisy - batch_of(2000).x).square().mean()
    assert float(error) == pytest.approx(0.25, rel=0.03)


@pytest.mark.parametrize("amounts", ["drawn", "fixed"])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_images_are_corrupted_as_everywhere_else(name: str, amounts: str) -> None:
    """Colour images pass through channels-last arrays and come back in place."""
    amount = 1.0
    kind, _ = parts("denoising", corruption=name, amount=amount, amounts=amounts)
    x = torch.rand(6, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    function = corrupt if amounts == "fixed" else corrupt_drawn
    last = function(x.permute(0, 2, 3, 1).numpy(), name, amount, 7, clip=False)
    seen = kind.corrupt(x, 7)
    assert seen.shape == x.shape and seen.dtype == x.dtype
    np.testing.assert_array_equal(seen.permute(0, 2, 3, 1).numpy(), last)
    assert not torch.equal(seen, x)


def test_a_mixture_is_drawn_for_each_image_and_not_clipped() -> None:
    kind, _ = parts("denoising", corruption=MIXED, amount=0.9)
    x = torch.rand(40, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    wanted = corrupt_mixed(x.permute(0, 2, 3, 1).numpy(), 0.9, 7, clip=False)
    seen = kind.corrupt(x, 7)
    np.testing.assert_array_equal(seen.permute(0, 2, 3, 1).numpy(), wanted)
    assert float(seen.min()) < 0.0 and float(seen.max()) > 1.0
    spec_of("denoising", corruption=MIXED, amount=1.0).validate((9, 11, 3))


def test_a_run_shows_corrupted_images_and_asks_for_clean_ones() -> None:
    pixels = np.random.default_rng(0).integers(1, 256, (60, 6, 5, 1), np.uint8)
    settings = {"corruption": "mask", "amount": 0.5, "batch_size": 25, "epochs": 1}
    data = ImageSet("noise", "Noise", pixels)

    def batches(seed: int) -> list[Batch]:
        spec = spec_of("denoising", held_out=0.2, seed=seed, **settings)
        run = TrainingRun(spec, data, device=torch.device("cpu"), threads=1)
        found, terms = [], run.objective.terms

        def noted(model: Any, batch: Batch) -> LossTerms:
            found.append(batch)
            return terms(model, batch)

        run.objective.terms = noted  # type: ignore[method-assign]
        for _ in run.run():
            pass
        return found

    first, again, other = batches(1), batches(1), batches(2)
    assert [b.measuring for b in first] == [False, True]
    for batch, same in zip(first, again, strict=True):
        assert (batch.x > 0).all()
        hidden = batch.seen == 0
        assert 0.15 < float(hidden.float().mean()) < 0.35
        assert torch.equal(batch.seen[~hidden], batch.x[~hidden])
        assert torch.equal(batch.seen, same.seen)
    assert not torch.equal(first[0].seen == 0, other[0].seen == 0)
    assert torch.equal(first[1].seen == 0, other[1].seen == 0), "measured alike in all runs"
