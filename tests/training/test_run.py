"""The training loop: what it does is stored here to the last digits, and no input breaks it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from latentlab.base.errors import TrainingError, UsageError
from latentlab.images.image_set import ImageSet, held_out_indices
from latentlab.models.family.objective import Batch, LossTerms
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec, usual_spec
from latentlab.training import loss_watch
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics, StepDone

CPU = torch.device("cpu")
SMALL = TrainSpec(hidden=(24,), batch_size=80, epochs=1, held_out=0.0, seed=3, learning_rate=0.001)


def random_images(count: int, h: int = 6, w: int = 5, c: int = 1, seed: int = 0) -> ImageSet:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, h, w, c), np.uint8)
    return ImageSet("random", "Random", pixels)


def start(spec: TrainSpec, data: ImageSet, **more: Any) -> TrainingRun:
    return TrainingRun(spec, data, device=CPU, **{"threads": 1, **more})


def finish(run: TrainingRun) -> list[Metrics]:
    return [event for event in run.run() if isinstance(event, Metrics)]


def optimiser_steps(run: TrainingRun) -> Iterator[StepDone]:
    """The steps that train; measuring held-out images reports steps as well."""
    before = run.step
    for event in run.run():
        if isinstance(event, StepDone) and event.step > before:
            before = event.step
            yield event


def weights_of(run: TrainingRun) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- Five steps whose losses are stored: a refactor must not move them ---------------------------

STORED: dict[str, tuple[TrainSpec, list[float]]] = {
    "variational mlp": (SMALL, [214.7363, 221.3936, 216.7976, 218.1874, 214.9375]),
    "undercomplete conv": (
        replace(
            SMALL,
            objective="undercomplete",
            network="conv",
            channels=(4, 6),
            likelihood="gaussian",
        ),
        [27256.402, 13666.253, 7889.689, 5468.298, 6433.108],
    ),
    "all options": (
        replace(
            SMALL,
            beta=2.0,
            latent_dim=3,
            dropout=0.1,
            shift=1.0,
            rotation=10.0,
            scaling=0.1,
            weight_decay=0.01,
            schedule="constant",
            learning_rate=0.003,
        ),
        [228.8554, 245.2285, 239.6930, 232.5538, 227.5340],
    ),
    "sparse-l1 conv, strided map": (
        replace(SMALL, objective="sparse-l1", network="conv", channels=(6, 4), code="map"),
        [304.0508, 341.6331, 333.5882, 336.1354, 331.6526],
    ),
    "sparse-kl mlp": (
        replace(SMALL, objective="sparse-kl", latent_dim=40),
        [263.2903, 269.6969, 262.316, 264.2331, 257.964],
    ),
    "sparse-topk mlp": (
        replace(SMALL, objective="sparse-topk", latent_dim=40, k=5, activation="gelu"),
        [202.0344, 210.2763, 205.7023, 210.3078, 206.0336],
    ),
    "denoising conv, pooled map, optimal": (
        replace(
            SMALL,
            objective="denoising",
            network="conv",
            channels=(6, 4),
            code="map",
            downsampling="pool",
            activation="relu",
            corruption="gaussian",
            amount=0.3,
            amounts="fixed",
            likelihood="gaussian-optimal",
        ),
        [169.0071, 174.7486, 166.1163, 167.692, 159.5845],
    ),
    "denoising conv, amounts drawn": (
        replace(
            SMALL,
            objective="denoising",
            network="conv",
            channels=(6, 4),
            code="map",
            downsampling="pool",
            activation="relu",
            corruption="gaussian",
            amount=0.3,
            likelihood="gaussian-optimal",
        ),
        [168.4554, 174.5838, 165.4695, 168.4707, 159.4615],
    ),
    "contractive resnet": (
        replace(SMALL, objective="contractive", network="resnet", levels=(4, 6, 8)),
        [898.783, 789.182, 815.5262, 770.7065, 770.9371],
    ),
    "contractive mlp, random probes": (
        replace(SMALL, objective="contractive", latent_dim=20, activation="tanh"),
        [504.5254, 459.1122, 432.5169, 414.172, 406.389],
    ),
    "rae mlp": (
        replace(SMALL, objective="rae", latent_dim=8, code_weight=2.0, decoder_weight=0.1),
        [241.395, 248.7151, 243.7795, 246.8824, 239.7292],
    ),
    "wae conv": (
        replace(SMALL, objective="wae", network="conv", channels=(4, 6), batch_size=100, epochs=2),
        [332.7822, 339.5094, 337.3726, 310.4414, 319.7052],
    ),
    "tcvae lstm, continuous": (
        replace(
            SMALL,
            objective="tcvae",
            network="lstm",
            units=12,
            latent_dim=4,
            likelihood="continuous-bernoulli",
        ),
        [-1455.0544, -1402.0603, -1424.1306, -1359.7975, -1398.8583],
    ),
    "variational mlp, free bits": (
        replace(SMALL, latent_dim=5, free_bits=0.4, warm_up=0.6, ema=0.9),
        [214.8099, 225.6829, 223.2693, 228.3997, 221.8988],
    ),
}


@pytest.mark.parametrize("name", sorted(STORED))
def test_five_steps_give_the_stored_losses(name: str, few_digits: ImageSet) -> None:
    spec, expected = STORED[name]
    losses = [m.loss for m in finish(start(spec, few_digits))][:5]
    assert losses == pytest.approx(expected, rel=1e-4)


# --- The order of images -------------------------------------------------------------------------


def test_a_pass_sees_every_training_image_at_most_once_and_no_held_out_one() -> None:
    data = random_images(103)
    run = start(replace(SMALL, held_out=0.2, batch_size=16, epochs=3), data)
    assert len(run.held_out) == 21
    assert run.steps_per_epoch == 5  # the uneven rest waits for another pass
    steps = list(optimiser_steps(run))
    assert len(steps) == 15
    for epoch in range(3):
        seen = np.concatenate([s.indices for s in steps[5 * epoch : 5 * epoch + 5]])
        assert len(seen) == len(set(seen.tolist())) == 80
        assert not set(seen.tolist()) & set(held_out_indices(103, 0.2).tolist())
        assert not set(seen.tolist()) & set(run.held_out.tolist())


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    data = random_images(60)
    base = replace(SMALL, batch_size=20, epochs=2)

    def order(spec: TrainSpec) -> list[list[int]]:
        return [s.indices.tolist() for s in optimiser_steps(start(spec, data))]

    first = order(base)
    assert first[:3] != first[3:]
    others = [
        replace(base, objective="undercomplete"),
        replace(base, learning_rate=0.01, dropout=0.2, shift=1.0),
        replace(base, hidden=(7,), latent_dim=3),
    ]
    assert all(order(spec) == first for spec in others)
    assert order(replace(base, seed=4)) != first
    assert order(replace(base, epochs=1)) == first[:3]


def test_the_same_seed_gives_the_same_bits() -> None:
    data = random_images(50)
    spec = replace(SMALL, batch_size=20, epochs=3, dropout=0.1, shift=1.0, held_out=0.1, ema=0.9)
    runs = [start(spec, data) for _ in range(2)]
    logs = [[replace(m, images_per_s=0.0) for m in finish(run)] for run in runs]
    assert logs[0] == logs[1]
    assert same(weights_of(runs[0]), weights_of(runs[1]))
    other = start(replace(spec, seed=8), data)
    finish(other)
    assert not same(weights_of(runs[0]), weights_of(other))


def test_what_happens_between_two_steps_does_not_matter() -> None:
    """Whoever advances the loop decodes and draws random numbers in between."""
    data = random_images(60)
    spec = replace(SMALL, batch_size=20, epochs=2, dropout=0.1)
    alone, disturbed = start(spec, data), start(spec, data)
    finish(alone)
    for event in disturbed.run():
        torch.manual_seed(1234)
        random.seed(1)
        disturbed.model.eval()
        with torch.inference_mode():
            disturbed.model.decode_mean(torch.randn(5, 2))
        del event
    assert same(weights_of(alone), weights_of(disturbed))


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_a_run_goes_on_from_the_step_where_it_was_left(steps: int) -> None:
    data = random_images(60)
    spec = replace(SMALL, batch_size=20, epochs=2, dropout=0.1)
    whole, halves = start(spec, data), start(spec, data)
    order = [s.indices.tolist() for s in optimiser_steps(whole)]
    parts = [s.indices.tolist() for s in itertools.islice(optimiser_steps(halves), steps)]
    parts += [s.indices.tolist() for s in optimiser_steps(halves)]
    assert parts == order
    assert same(weights_of(whole), weights_of(halves))


# --- Micro-batches -------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["variational", "undercomplete"])
@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("part", [1, 7, 32, 64])
def test_micro_batches_give_the_same_gradient(network: str, objective: str, part: int) -> None:
    spec = replace(SMALL, network=network, channels=(3, 4), objective=objective, batch_size=64)
    data = random_images(64)
    whole, parts = start(spec, data), start(spec, data, micro_batch=lambda: part)
    pieces = [list(itertools.islice(run.run(), 0, None)) for run in (whole, parts)]
    assert pieces[0].count(None) == 0
    num_parts = -(-64 // part)
    # What comes before the first part and after the last are pieces too.
    assert pieces[1].count(None) == num_parts + 1
    for a, b in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        scale = float(a.grad.abs().max())
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-5 * scale)
    losses = [next(e for e in p if isinstance(e, Metrics)).loss for p in pieces]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    codes = [next(e for e in p if isinstance(e, StepDone)) for p in pieces]
    assert codes[0].indices.tolist() == codes[1].indices.tolist()
    torch.testing.assert_close(codes[0].mu, codes[1].mu, rtol=1e-4, atol=1e-5)


def test_the_micro_batch_may_change_at_any_time() -> None:
    data = random_images(64)
    spec = replace(SMALL, batch_size=64, epochs=3)
    sizes = itertools.cycle([None, 5, 1000, 13])
    changing = start(spec, data, micro_batch=lambda: next(sizes))
    steady = start(spec, data)
    a, b = finish(changing), finish(steady)
    assert [m.loss for m in a] == pytest.approx([m.loss for m in b], rel=1e-4)


# --- Progress ------------------------------------------------------------------------------------


def test_training_on_digits_helps(few_digits: ImageSet) -> None:
    spec = replace(SMALL, held_out=0.1, epochs=8, batch_size=40, hidden=(64,), learning_rate=0.004)
    run = start(spec, few_digits)
    metrics = finish(run)
    train = [m for m in metrics if m.split == "train"]
    held_out = [m for m in metrics if m.split == "held_out"]
    assert train[-1].loss < 0.75 * train[0].loss
    assert held_out[-1].loss < 0.93 * held_out[0].loss
    assert [m.epoch for m in held_out] == list(range(1, 9))
    assert [m.step for m in held_out] == [9 * e for e in range(1, 9)]
    for m in metrics:
        assert m.loss == pytest.approx(m.recon_loss + m.kl, rel=1e-5)
        assert m.images_per_s > 0
    assert run.step == run.total_steps == 72
    assert run.epoch == 8


def test_a_training_line_is_the_mean_since_the_last_one() -> None:
    data = random_images(96)
    spec = replace(SMALL, batch_size=8, epochs=1)
    run = start(spec, data)
    lines = finish(run)
    assert [m.step for m in lines] == [3, 6, 9, 12]
    single = start(spec, data)
    losses: list[float] = []
    original = single.objective.terms

    def noted(*args: Any) -> LossTerms:
        terms: LossTerms = original(*args)
        losses.append(float(terms.loss.detach().mean()))
        return terms

    single.objective.terms = noted  # type: ignore[method-assign]
    finish(single)
    expected = np.array(losses).reshape(4, 3).mean(1)
    assert [m.loss for m in lines] == pytest.approx(expected.tolist(), rel=1e-5)


def test_held_out_figures_have_neither_dropout_nor_augmentation() -> None:
    data = random_images(40)
    plain = replace(SMALL, held_out=0.25, batch_size=30, learning_rate=1e-7)
    wild = replace(plain, dropout=0.9, shift=5.0, rotation=90.0)

    def held_out_loss(spec: TrainSpec) -> float:
        return next(m.loss for m in finish(start(spec, data)) if m.split == "held_out")

    assert held_out_loss(wild) == pytest.approx(held_out_loss(plain), rel=1e-4)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("constant", [1.0] * 4), ("cosine", [1.0, 0.8535534, 0.5, 0.1464466])],
)
def test_the_learning_rate_follows_its_schedule(schedule: str, expected: list[float]) -> None:
    run = start(replace(SMALL, batch_size=5, schedule=schedule), random_images(20))
    groups = run.optimiser.param_groups
    rates = [groups[0]["lr"] / run.spec.learning_rate for _ in optimiser_steps(run)]
    assert rates == pytest.approx(expected)


# --- What is kept --------------------------------------------------------------------------------


def test_the_best_epoch_is_kept_and_not_the_last() -> None:
    spec = replace(SMALL, held_out=0.25, epochs=6, batch_size=10, learning_rate=1e-4)
    run = start(spec, random_images(40))
    after: dict[int, dict[str, torch.Tensor]] = {}
    losses: dict[int, float] = {}
    for event in run.run():
        if isinstance(event, Metrics) and event.split == "held_out":
            after[event.step] = weights_of(run)
            losses[event.step] = event.loss
            if event.epoch == 4:
                run.model.decoder[-2].bias.data += 5.0  # type: ignore[union-attr, operator]
    best = min(losses, key=losses.__getitem__)
    assert best == 12, "the fifth epoch is worse than the fourth"
    assert len(losses) == 6
    run.keep_best()
    assert run.best_step == best
    assert run.best_metrics is not None
    assert run.best_metrics.loss == losses[best]
    assert same(weights_of(run), after[best])
    assert not run.model.training


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_run_that_is_stopped_before_it_was_measured_keeps_its_weights(steps: int) -> None:
    run = start(replace(SMALL, batch_size=5, held_out=0.1), random_images(60))
    for _ in itertools.islice(optimiser_steps(run), steps):
        pass
    before = weights_of(run)
    run.keep_best()
    assert run.best_metrics is None
    assert run.best_step == run.step == steps
    assert same(weights_of(run), before)


def test_averaged_weights_are_the_moving_average_and_are_what_is_kept() -> None:
    run = start(replace(SMALL, batch_size=5, ema=0.8, held_out=0.2, epochs=2), random_images(50))
    name = "encoder.1.weight"
    average = run.model.state_dict()[name].clone()
    for event in optimiser_steps(run):
        decay = min(0.8, (1 + event.step) / (10 + event.step))
        average = decay * average + (1 - decay) * run.model.state_dict()[name]
        measured = run.measured_model.state_dict()[name]
        torch.testing.assert_close(measured, average)
    assert decay == pytest.approx(17 / 26)
    assert not torch.allclose(run.model.state_dict()[name], average)
    assert run.best_step == run.total_steps
    run.keep_best()
    torch.testing.assert_close(run.model.state_dict()[name], average)


def test_without_averaging_the_live_weights_are_measured() -> None:
    run = start(SMALL, random_images(50))
    assert run.measured_model is run.model


# --- Losses that are not numbers -----------------------------------------------------------------


def poison_decoder(run: TrainingRun) -> None:
    run.model.decoder[0].weight.data[0, 0] = float("nan")  # type: ignore[union-attr, index]


def poison_kl(run: TrainingRun) -> None:
    """The square of the mean overflows, and the decoder does not look at it."""
    run.model.encoder[-1].bias.data[: run.spec.latent_dim] = 1e30  # type: ignore[union-attr, index]
    run.model.decoder[0].weight.data.zero_()  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize(
    ("poison", "term"), [(poison_decoder, "the reconstruction loss"), (poison_kl, "the KL term")]
)
def test_a_loss_that_is_not_a_number_ends_the_run_with_the_last_good_weights(
    monkeypatch: pytest.MonkeyPatch, poison: Any, term: str, ema: float
) -> None:
    monkeypatch.setattr(loss_watch, "_REMEMBER_EVERY_S", 0.0)
    run = start(replace(SMALL, batch_size=10, ema=ema), random_images(100))
    before: list[dict[str, torch.Tensor]] = [weights_of(run)]
    with pytest.raises(TrainingError) as caught:
        for event in optimiser_steps(run):
            before.append(weights_of(run))
            if event.step == 4:
                poison(run)
                # As on a GPU, where a loss is looked at some steps late.
                run.measured_model.load_state_dict(run.model.state_dict())
    assert f"step 5: {term} is not a number" in caught.value.sentence
    assert "lower learning rate" in caught.value.sentence
    good_step = int(caught.value.sentence.split("of step ")[1].split(",")[0])
    assert good_step in (3, 4)
    if not ema:
        assert same(weights_of(run), before[good_step])
    run.keep_best()
    assert all(torch.isfinite(w).all() for w in weights_of(run).values())
    assert run.step == run.best_step == good_step
    assert run.total_steps > run.step


def test_without_any_good_step_the_first_weights_are_kept() -> None:
    run = start(replace(SMALL, batch_size=10), random_images(100))
    first = weights_of(run)
    poison_decoder(run)
    with pytest.raises(TrainingError, match="at step 1"):
        finish(run)
    assert same(weights_of(run), first)


@pytest.mark.parametrize("objective", [n for n, k in OBJECTIVES.items() if not k.closed_form])
def test_every_objective_names_step_and_term_and_keeps_good_weights(objective: str) -> None:
    spec = replace(usual_spec(objective), hidden=(8,), batch_size=100, epochs=3, held_out=0.1)
    run = start(spec, random_images(230))
    with pytest.raises(TrainingError, match=r"at step 4: the reconstruction loss is not a number"):
        for event in run.run():
            if isinstance(event, StepDone) and event.step == 3:
                next(run.model.encoder.parameters()).data[0, 0] = float("nan")
    run.keep_best()
    assert run.best_metrics is not None and np.isfinite(run.best_metrics.loss)
    assert all(torch.isfinite(w).all() for w in weights_of(run).values())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_an_absurd_learning_rate_ends_in_numbers_or_in_a_sentence(
    network: str, likelihood: str
) -> None:
    spec = replace(
        SMALL,
        network=network,
        channels=(4, 4),
        likelihood=likelihood,
        learning_rate=1.0,
        schedule="constant",
        epochs=12,
        batch_size=10,
        held_out=0.1,
    )
    run = start(spec, random_images(50, 8, 8))
    try:
        metrics = finish(run)
    except TrainingError as error:
        assert "not a number" in error.sentence
    else:
        assert all(np.isfinite(m.loss) for m in metrics)
    run.keep_best()
    assert all(torch.isfinite(w).all() for w in weights_of(run).values())


# --- Little data ---------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(random_images(2), id="two images"),
        pytest.param(random_images(5), id="fewer than a batch"),
        pytest.param(ImageSet("a", "a", np.full((20, 4, 4, 1), 200, np.uint8)), id="identical"),
        pytest.param(ImageSet("a", "a", np.zeros((20, 4, 4, 1), np.uint8)), id="black"),
        pytest.param(random_images(20, 1, 1), id="one pixel"),
        pytest.param(random_images(20, 1, 30), id="one row"),
        pytest.param(random_images(20, 7, 5, 3), id="colour"),
    ],
)
@pytest.mark.parametrize("latent_dim", [1, 2, 30])
def test_little_data_gives_numbers(network: str, data: ImageSet, latent_dim: int) -> None:
    spec = replace(
        SMALL,
        network=network,
        channels=(3, 4),
        hidden=(8,),
        latent_dim=latent_dim,
        batch_size=4096,
        epochs=3,
        held_out=0.1,
        shift=1.0,
        rotation=20.0,
        scaling=0.1,
        ema=0.9,
    )
    if latent_dim > np.prod(data.image_shape):
        with pytest.raises(UsageError, match="is wider than an image"):
            start(spec, data)
        return
    run = start(spec, data)
    assert run.batch_size == len(run.train_indices) == len(data) - max(1, round(len(data) / 10))
    assert run.total_steps == 3
    metrics = finish(run)
    assert [m.split for m in metrics] == ["train", "held_out"] * 3
    assert all(np.isfinite([m.loss, m.recon_loss, m.kl]).all() for m in metrics)
    run.keep_best()
    assert all(torch.isfinite(w).all() for w in weights_of(run).values())


@pytest.mark.parametrize("count", [0, 1])
def test_training_needs_two_images(count: int) -> None:
    with pytest.raises(UsageError, match="at least two images"):
        start(SMALL, random_images(count))


def test_settings_are_checked() -> None:
    with pytest.raises(UsageError, match="Epochs cannot be 0"):
        start(replace(SMALL, epochs=0), random_images(10))


def test_memory_mapped_images_are_trained_on(tmp_path: Any) -> None:
    data = random_images(30)
    np.save(tmp_path / "x.npy", data.images)
    mapped = replace(data, images=np.load(tmp_path / "x.npy", mmap_mode="r"))
    a, b = start(SMALL, data), start(SMALL, mapped)
    assert [m.loss for m in finish(a)] == [m.loss for m in finish(b)]


# --- Out of memory -------------------------------------------------------------------------------


class SmallMemory:
    """Runs out of memory above a number of images, as CUDA, MPS and the CPU say it."""

    def __init__(self, run: TrainingRun, room: int, words: str) -> None:
        self.sizes: list[int] = []
        self._terms = run.objective.terms
        self._room = room
        self._words = words
        run.objective.terms = self.terms  # type: ignore[method-assign]

    def terms(self, model: Any, batch: Batch) -> LossTerms:
        self.sizes.append(len(batch.x))
        if len(batch.x) > self._room:
            raise RuntimeError(self._words)
        return self._terms(model, batch)


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "MPS backend out of memory (MPS allocated: 8 GB)",
        "[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.",
    ],
)
def test_out_of_memory_halves_the_part_and_goes_on(words: str) -> None:
    data = random_images(64)
    spec = replace(SMALL, batch_size=64, epochs=3)
    run, roomy = start(spec, data), start(spec, data)
    memory = SmallMemory(run, 20, words)
    losses = [m.loss for m in finish(run)]
    assert memory.sizes == [64, 32, *[16] * 12]
    assert losses == pytest.approx([m.loss for m in finish(roomy)], rel=1e-4)


def test_out_of_memory_in_the_middle_of_a_step_counts_nothing_twice() -> None:
    data = random_images(64)
    spec = replace(SMALL, batch_size=64)
    run, roomy = start(spec, data, micro_batch=lambda: 32), start(spec, data)
    memory = SmallMemory(run, 1000, "out of memory")
    calls = itertools.count()
    terms = memory._terms

    def once(*args: Any) -> LossTerms:
        if next(calls) == 1:
            raise RuntimeError("out of memory")
        return terms(*args)

    memory._terms = once
    events = list(run.run())
    assert memory.sizes == [32, 32, 16, 16, 16, 16]
    (step,) = [e for e in events if isinstance(e, StepDone)]
    assert len(step.mu) == 64
    (metrics,) = [e for e in events if isinstance(e, Metrics)]
    assert metrics.loss == pytest.approx(finish(roomy)[0].loss, rel=1e-5)
    for a, b in zip(roomy.model.parameters(), run.model.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-4)


def test_no_room_for_one_image_is_a_sentence() -> None:
    run = start(replace(SMALL, batch_size=8), random_images(8))
    memory = SmallMemory(run, 0, "out of memory")
    with pytest.raises(TrainingError, match="not enough memory"):
        finish(run)
    assert memory.sizes == [8, 4, 2, 1]


def test_another_error_is_not_taken_for_missing_memory() -> None:
    run = start(replace(SMALL, batch_size=8), random_images(8))
    SmallMemory(run, 0, "mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        finish(run)
