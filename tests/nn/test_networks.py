from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.networks import NETWORK_BUILDERS, build_network

SHAPES = [
    (1, 1, 1),
    (1, 20, 1),
    (20, 1, 1),
    (2, 2, 3),
    (3, 3, 1),
    (5, 7, 1),
    (28, 28, 1),
    (27, 29, 1),
    (32, 48, 3),
    (64, 64, 3),
]
ARGS: dict[str, list[dict[str, Any]]] = {
    "mlp": [{"hidden": (16,)}, {"hidden": (20, 10, 5)}, {"hidden": [1]}],
    "conv": [{"channels": (4,)}, {"channels": (4, 6)}, {"channels": [2, 3, 4, 5]}],
}
CASES = [(name, args) for name in sorted(ARGS) for args in ARGS[name]]


def test_every_network_is_tried_here() -> None:
    assert set(ARGS) == set(NETWORK_BUILDERS)


@pytest.mark.parametrize(("height", "width", "channels"), SHAPES)
@pytest.mark.parametrize(("name", "args"), CASES)
def test_codes_and_images_have_the_shapes_that_were_asked_for(
    name: str, args: dict[str, Any], height: int, width: int, channels: int
) -> None:
    encoder, decoder = build_network(
        name, (height, width, channels), code_width=6, latent_dim=3, dropout=0.0, **args
    )
    assert encoder(torch.rand(2, channels, height, width)).shape == (2, 6)
    assert decoder(torch.randn(2, 3)).shape == (2, channels, height, width)
    assert decoder(torch.randn(1, 3)).shape == (1, channels, height, width)


@pytest.mark.parametrize("latent_dim", [1, 2, 40])
@pytest.mark.parametrize("probabilistic", [True, False])
@pytest.mark.parametrize("name", sorted(NETWORK_BUILDERS))
def test_an_autoencoder_of_any_code(name: str, probabilistic: bool, latent_dim: int) -> None:
    model = Autoencoder(
        network=name,
        network_args=ARGS[name][0],
        input_shape=(6, 9, 3),
        latent_dim=latent_dim,
        probabilistic=probabilistic,
        likelihood="bernoulli",
    )
    x = torch.rand(4, 3, 6, 9)
    mu, logvar = model.encode(x)
    assert mu.shape == (4, latent_dim)
    assert (logvar is not None) == probabilistic
    assert logvar is None or logvar.shape == (4, latent_dim)
    image = model.decode_mean(mu)
    assert image.shape == x.shape
    assert ((image >= 0) & (image <= 1)).all()


def test_mlp_reads_and_writes_pixels_in_the_same_order() -> None:
    encoder, decoder = build_network(
        "mlp", (2, 3, 1), code_width=6, latent_dim=6, dropout=0.0, hidden=(6,)
    )
    for part in (encoder, decoder):
        for layer in part.modules():
            if isinstance(layer, nn.Linear):
                nn.init.eye_(layer.weight)
                nn.init.zeros_(layer.bias)
    x = torch.arange(6.0).reshape(1, 1, 2, 3) + 30  # SiLU is the identity up there
    torch.testing.assert_close(decoder(encoder(x)), x)


def test_the_decoder_of_an_mlp_has_the_widths_in_reverse() -> None:
    encoder, decoder = build_network(
        "mlp", (3, 3, 1), code_width=4, latent_dim=2, dropout=0.0, hidden=(8, 5)
    )

    def widths(part: nn.Module) -> list[tuple[int, int]]:
        layers = [m for m in part.modules() if isinstance(m, nn.Linear)]
        return [(m.in_features, m.out_features) for m in layers]

    assert widths(encoder) == [(9, 8), (8, 5), (5, 4)]
    assert widths(decoder) == [(2, 5), (5, 8), (8, 9)]


@pytest.mark.parametrize("name", sorted(NETWORK_BUILDERS))
def test_dropout_is_in_the_encoder_and_only_while_training(name: str) -> None:
    shape = (6, 6, 1)
    encoder, decoder = build_network(
        name, shape, code_width=4, latent_dim=2, dropout=0.5, **ARGS[name][0]
    )
    assert any(isinstance(m, nn.Dropout) for m in encoder.modules())
    assert not any(isinstance(m, nn.Dropout) for m in decoder.modules())
    x = torch.rand(8, 1, 6, 6)
    torch.manual_seed(0)
    assert not torch.equal(encoder(x), encoder(x))
    encoder.eval()
    assert torch.equal(encoder(x), encoder(x))
