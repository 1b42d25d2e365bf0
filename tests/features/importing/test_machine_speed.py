"""The machine's speed is a plausible number."""

from __future__ import annotations

from latentlab.features.importing.machine_speed import measured_gflops


def test_a_product_of_matrices_takes_a_time() -> None:
    assert 0.01 < measured_gflops() < 1e6
