"""Plans of layers against the networks that are built from them."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from latentlab.base.errors import UsageError
from latentlab.features.network.drawing import draw
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.layers import ACTIVATIONS, num_groups
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plan import stages
from latentlab.models.family.plans import effective, plan_of
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec, refuse_meaningless, usual_spec

SHAPES = [(28, 28, 1), (5, 7, 3), (1, 20, 1), (33, 17, 3), (20, 20, 1), (64, 64, 3)]
SMALL = {"hidden": (12, 9), "channels": (4, 6), "levels": (4, 6, 8), "units": 10}


def specs_for(network: str) -> list[TrainSpec]:
    base = TrainSpec(network=network, latent_dim=3, **SMALL)
    found = [base, dataclasses.replace(base, objective="undercomplete", dropout=0.2)]
    if network == "conv":
        for code in ("dense", "map"):
            for downsampling in ("stride", "pool"):
                changes = {"code": code, "downsampling": downsampling}
                found.append(dataclasses.replace(base, objective="denoising", **changes))
        found.append(dataclasses.replace(base, code="map"))
    if network == "mlp":
        found.append(dataclasses.replace(base, hidden=()))
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("network", NETWORKS)
def test_images_go_in_and_come_out(network: str, shape: tuple[int, int, int]) -> None:
    h, w, c = shape
    for spec in specs_for(network):
        try:
            spec.validate(shape)
        except UsageError as error:
            assert network == "resnet" and min(h, w) < 16, error.sentence
            return
        model = Autoencoder(spec, shape).eval()
        plan = plan_of(spec, shape)
        x = torch.rand(2, c, h, w)
        posterior = model.encode(x)
        assert posterior.mu.shape == (2, plan.latent_dim) == (2, model.latent_dim)
        assert (posterior.logvar is not None) == (spec.objective == "variational")
        assert model.decode(posterior.mu).shape == x.shape
        assert plan.num_parameters() == sum(p.numel() for p in model.parameters())
        assert plan.multiply_adds(shape) > 0


@pytest.mark.parametrize("network", NETWORKS)
def test_each_layer_gives_the_shape_that_the_plan_says(network: str) -> None:
    shape = (17, 20, 3)
    for spec in specs_for(network):
        plan = plan_of(spec, shape)
        x = torch.rand(2, 3, 17, 20)
        for layers in (plan.encoder, plan.decoder):
            for stage in stages(layers, tuple(x.shape[1:])):
                x = stage.layer.module()(x)
                assert tuple(x.shape[1:]) == stage.shape, stage.layer
            x = torch.rand(2, plan.latent_dim)


@pytest.mark.parametrize("downsampling", ["stride", "pool"])
def test_receptive_fields_are_those_of_gradients(downsampling: str) -> None:
    changes = {"channels": (2, 3), "downsampling": downsampling, "activation": "tanh"}
    spec = TrainSpec(network="conv", objective="denoising", code="map", **changes)
    plan = plan_of(spec, (40, 40, 1))
    torch.manual_seed(0)
    # The gradient of a maximum follows the largest alone: many images show its whole window.
    x = torch.rand(200, 1, 40, 40, dtype=torch.float64, requires_grad=True)
    out: torch.Tensor = x
    found = []
    for stage in stages(plan.encoder, (1, 40, 40)):
        out = stage.layer.module().double()(out)
        if out.ndim != 4:
            assert stage.receptive_px is None
            break
        middle = out[:, :, out.shape[2] // 2, out.shape[3] // 2].sum()
        (gradient,) = torch.autograd.grad(middle, x, retain_graph=True)
        for side in (2, 3):
            seen = gradient.abs().sum((0, 1, side)).nonzero()
            assert int(seen.max() - seen.min()) + 1 == stage.receptive_px
        found.append(stage.receptive_px)
    assert found == ([3, 3, 7, 7] if downsampling == "stride" else [3, 3, 4, 8, 8, 10])


def test_what_reaches_over_the_whole_image_sees_all_of_it() -> None:
    spec = TrainSpec(network="conv", objective="denoising", code="map", channels=(2, 2, 2))
    fields = [s.receptive_px for s in stages(plan_of(spec, (7, 6, 1)).encoder, (1, 7, 6))]
    # A corner still misses something at 7, and nothing at 15 or more.
    assert fields == [3, 3, 7, 7, None, None, None]
    plan = plan_of(TrainSpec(network="resnet", levels=(4, 4)), (64, 64, 1))
    fields = [s.receptive_px for s in stages(plan.encoder, (1, 64, 64))]
    assert fields[:4] == [3, 3 + 4 * 2, 11 + 2 * 2, 15 + 4 * 4]
    assert fields[-1] is None
    for network in ("mlp", "lstm"):
        plan = plan_of(TrainSpec(network=network), (28, 28, 1))
        assert {s.receptive_px for s in stages(plan.encoder, (1, 28, 28))[1:]} == {None}
    assert {s.receptive_px for s in stages(plan.decoder, (2,))} == {None}


@pytest.mark.parametrize(
    ("network", "changes"),
    [
        ("mlp", {}),
        ("conv", {"downsampling": "stride"}),
        ("conv", {"downsampling": "pool"}),
        ("conv", {"downsampling": "stride", "code": "map", "objective": "denoising"}),
        ("resnet", {}),
    ],
)
def test_the_work_is_what_pytorch_counts(network: str, changes: dict[str, object]) -> None:
    spec = dataclasses.replace(TrainSpec(network=network, objective="undercomplete"), **changes)
    shape = (28, 28, 1)
    model = Autoencoder(spec, shape).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.decode(model.encode(torch.rand(1, 1, 28, 28)).mu)
    real = counter.get_total_flops() / 2
    # The plan counts biases and norms as well.
    assert real <= plan_of(spec, shape).multiply_adds(shape) < 1.06 * real


def test_the_work_of_a_recurrent_network_is_its_weights_for_each_row() -> None:
    plan = plan_of(TrainSpec(network="lstm", units=10, latent_dim=3), (9, 7, 2))
    encoder, decoder = 4 * 10 * (14 + 10 + 2), 4 * 10 * (10 + 10 + 2)
    dense = 11 * 6 + 4 * 10
    assert plan.multiply_adds((9, 7, 2)) == 9 * (encoder + decoder + 11 * 14) + dense


def test_deep_784_is_what_its_name_says() -> None:
    model = Autoencoder(PRESETS["deep-784"].spec(), (28, 28, 1))
    linear = [m for part in (model.encoder, model.decoder) for m in part if hasattr(m, "weight")]
    widths = [m.in_features for m in linear] + [linear[-1].out_features]
    assert widths == [784, 2000, 500, 500, 10, 500, 500, 2000, 784]
    assert isinstance(model.encoder[-1], torch.nn.Sigmoid)
    assert model.latent_dim == 10


def test_conv_64_32_16_is_what_its_name_says() -> None:
    model = Autoencoder(PRESETS["conv-64-32-16"].spec(), (28, 28, 1))
    kinds = [type(m).__name__ for m in model.encoder]
    assert kinds == ["Conv2d", "ReLU", "MaxPool2d"] * 3 + ["Flatten"]
    convs = [m for m in model.encoder if isinstance(m, torch.nn.Conv2d)]
    assert [(m.in_channels, m.out_channels, m.kernel_size) for m in convs] == [
        (1, 64, (3, 3)),
        (64, 32, (3, 3)),
        (32, 16, (3, 3)),
    ]
    kinds = [type(m).__name__ for m in model.decoder]
    assert kinds == ["Unflatten", *["Conv2d", "ReLU", "Upsample"] * 3, "Conv2d"]
    convs = [m for m in model.decoder if isinstance(m, torch.nn.Conv2d)]
    assert [m.out_channels for m in convs] == [16, 32, 64, 1]
    assert model.decode(torch.rand(2, model.latent_dim)).shape == (2, 1, 28, 28)
    assert model.latent_dim == 16 * 4 * 4


@pytest.mark.parametrize("name", PRESETS)
def test_presets_can_be_built(name: str) -> None:
    preset = PRESETS[name]
    spec = preset.spec("digits")
    spec.validate((28, 28, 1))
    refuse_meaningless(spec, preset.changes)
    assert preset.sentence.endswith(".")
    with torch.device("meta"):
        model = Autoencoder(spec, (28, 28, 1))
        x = torch.empty(2, 1, 28, 28)
        assert model.decode(model.encode(x).mu).shape == x.shape
    assert plan_of(spec, (28, 28, 1)).num_parameters() == sum(p.numel() for p in model.parameters())


def test_presets_are_told_apart() -> None:
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)
    assert len({preset.spec() for preset in PRESETS.values()}) == len(PRESETS)
    assert all(preset.spec("flowers").data == "flowers" for preset in PRESETS.values())
    assert {"deep-784", "conv-64-32-16"} <= set(PRESETS)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_drawing_has_every_parameter_and_one_code(network: str, objective: str) -> None:
    spec = dataclasses.replace(usual_spec(objective), network=network, **SMALL)
    drawing = draw(spec, (28, 28, 1))
    assert drawing.num_parameters == plan_of(spec, (28, 28, 1)).num_parameters()
    assert sum(row.num_parameters for row in drawing.rows) == drawing.num_parameters
    assert [row.role for row in drawing.rows].count("code") == 1
    assert drawing.rows[0].shape == drawing.rows[-1].shape == (1, 28, 28)
    assert drawing.code.num_values == plan_of(spec, (28, 28, 1)).latent_dim
    assert drawing.narrowing == pytest.approx(784 / spec.latent_dim)
    assert all(row.short_title for row in drawing.rows)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"objective": "undercomplete", "latent_dim": 785}, "is wider than an image"),
        ({"objective": "variational", "latent_dim": 1000}, "is wider than an image"),
        ({"objective": "rae", "latent_dim": 785}, "is wider than an image"),
        ({"objective": "wae", "latent_dim": 785}, "is wider than an image"),
        ({"objective": "tcvae", "latent_dim": 785}, "is wider than an image"),
        ({"objective": "pca", "latent_dim": 785}, "is wider than an image"),
        ({"objective": "contractive", "activation": "relu"}, "smooth activation"),
        ({"objective": "contractive", "code_activation": "relu"}, "smooth activation"),
        ({"objective": "wae", "batch_size": 99}, "at least 100"),
        ({"objective": "wae", "network": "conv", "code": "map"}, "--code dense"),
        ({"objective": "sparse-kl", "network": "conv", "code": "map"}, "--code dense"),
        ({"objective": "sparse-topk", "k": 9, "latent_dim": 8}, "cannot keep 9"),
        (
            {"objective": "sparse-topk", "k": 9, "latent_dim": 8, "network": "conv"},
            "cannot keep 9",
        ),
        # A feature map is the code of convolutions alone, whatever else a form has kept.
        ({"objective": "sparse-topk", "k": 9, "latent_dim": 8, "code": "map"}, "cannot keep 9"),
        ({"objective": "sparse-kl", "code_activation": "relu"}, "needs the code activation"),
        ({"objective": "variational", "code_activation": "sigmoid"}, "needs the code activation"),
        ({"objective": "denoising", "corruption": "block", "amount": 1.5}, "cannot be 1.5"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        dataclasses.replace(TrainSpec(), **changes).validate((28, 28, 1))


@pytest.mark.parametrize(
    "objective", ["sparse-l1", "sparse-kl", "sparse-topk", "denoising", "contractive"]
)
def test_an_overcomplete_code_is_allowed_where_it_makes_sense(objective: str) -> None:
    TrainSpec(objective=objective, latent_dim=1000).validate((28, 28, 1))


def test_top_k_may_keep_all_units_and_knows_no_width_of_a_map() -> None:
    TrainSpec(objective="sparse-topk", k=8, latent_dim=8).validate((28, 28, 1))
    spec = TrainSpec(objective="sparse-topk", k=9, latent_dim=8, network="conv", code="map")
    spec.validate((28, 28, 1))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_code_as_wide_as_the_image_is_allowed_to_all(objective: str) -> None:
    TrainSpec(objective=objective, latent_dim=784).validate((28, 28, 1))
    TrainSpec(objective=objective, latent_dim=4000).validate()  # of images that nobody knows yet


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_code_has_the_activation_that_its_objective_needs(objective: str) -> None:
    kind = OBJECTIVES[objective]
    for name in ACTIVATIONS:
        spec = dataclasses.replace(usual_spec(objective), code_activation=name)
        if kind.code_activation in (None, name) or kind.closed_form:
            if not (objective == "contractive" and name == "relu"):
                spec.validate((28, 28, 1))
        else:
            with pytest.raises(UsageError, match="needs the code activation"):
                spec.validate((28, 28, 1))
    automatic = dataclasses.replace(usual_spec(objective), code_activation="auto")
    assert effective(automatic).code_activation == (kind.code_activation or "linear")
    if kind.code_activation is not None and not kind.closed_form:
        named = dataclasses.replace(automatic, code_activation=kind.code_activation)
        assert plan_of(named, (28, 28, 1)) == plan_of(automatic, (28, 28, 1))


def test_small_images_are_refused_by_the_residual_network() -> None:
    with pytest.raises(UsageError, match="at least 16 pixels"):
        TrainSpec(network="resnet").validate((15, 28, 1))
    TrainSpec(network="resnet").validate()


@pytest.mark.parametrize(
    ("changes", "given", "sentence"),
    [
        ({"objective": "pca", "network": "conv"}, ["network"], "--network has no meaning with"),
        ({"objective": "contractive"}, ["beta"], "--beta has no meaning with --objective"),
        ({"network": "conv"}, ["hidden"], "--hidden has no meaning with --network conv"),
        ({"likelihood": "bernoulli"}, ["sigma"], "--sigma has no meaning with --likelihood"),
        (
            {"network": "conv", "code": "map", "objective": "denoising"},
            ["latent_dim"],
            "--latent-dim has no meaning with --code map",
        ),
    ],
)
def test_options_without_a_meaning_are_refused(
    changes: dict[str, object], given: list[str], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        refuse_meaningless(dataclasses.replace(TrainSpec(), **changes), given)


@pytest.mark.parametrize("members", [OBJECTIVES, NETWORKS, LIKELIHOODS])
def test_words(members: dict[str, object]) -> None:
    titles = [member.title for member in members.values()]  # type: ignore[attr-defined]
    assert len(set(titles)) == len(titles)
    for name, member in members.items():
        assert member.name == name  # type: ignore[attr-defined]
        assert member.sentence.endswith(".")  # type: ignore[attr-defined]
        assert member.formula  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_can_be_built(name: str) -> None:
    spec = TrainSpec(activation=name, objective="undercomplete", code_activation=name, **SMALL)
    assert Autoencoder(spec, (6, 5, 1)).encode(torch.rand(2, 1, 6, 5)).mu.shape == (2, 2)


def test_groups_divide_channels() -> None:
    for channels in range(1, 70):
        groups = num_groups(channels)
        assert channels % groups == 0 and 1 <= groups <= 8
    assert math.isclose(num_groups(64), 8)
