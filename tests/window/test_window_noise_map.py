"""On the real map: noise is followed on the map, by the model that is open."""

from __future__ import annotations

import numpy as np
from lab_window import LabMap

from latentlab.features.noise_map.paths import NUM_SEEDS, PATH_POINTS


def test_path_cloud_and_field_come_from_the_open_model(lab_map: LabMap) -> None:
    lab = lab_map.lab
    lab_map.wait(lambda: np.isfinite(lab.map_view.codes).all())
    assert lab.noise_map.codes is None, "nobody has asked for noise"
    lab.noise_controller.use_data_image(25)
    lab.noise_lab.set_noise((("gaussian", 0.3),), 5)
    lab_map.wait(lambda: lab.noise_map.codes is not None)
    codes = lab.noise_map.codes
    assert codes is not None
    assert codes.path.shape == (PATH_POINTS, 2)
    assert codes.cloud.shape == (NUM_SEEDS, 2)
    np.testing.assert_allclose(codes.path[0], lab.map_view.codes[25], atol=2e-3)
    assert lab.noise_map.field is None

    lab.map_view.set_shown("noise_field", True)
    lab_map.wait(lambda: lab.noise_map.field is not None)
    before = lab_map.map.grab().toImage()
    lab.map_view.set_shown("noise_field", False)
    lab_map.wait(lambda: lab.noise_map.field is None)
    assert lab_map.map.grab().toImage() != before
