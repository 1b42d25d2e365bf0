from __future__ import annotations

import numpy as np
import pytest

from latentlab.base.bundled import BUNDLED_DATA
from latentlab.base.resources import resource
from latentlab.data.bundled_sets import BUNDLED_SETS, open_bundled
from latentlab.images.image_place import image_place


def test_the_list_says_what_opening_shows() -> None:
    assert tuple(about.name for about in BUNDLED_SETS) == BUNDLED_DATA
    for about in BUNDLED_SETS:
        images = open_bundled(about.name)
        assert (images.name, images.title) == (about.name, about.title)
        assert len(images) == about.num_images
        assert images.image_shape == about.image_shape


def test_the_emoji_are_coloured_and_have_names_and_categories() -> None:
    emoji = open_bundled("emoji")
    assert emoji.images.dtype == np.uint8
    assert emoji.labels is not None
    assert emoji.labels.dtype == np.int32
    assert emoji.class_names[0] == "Smileys & Emotion"
    assert len(emoji.class_names) == 9
    counts = np.bincount(emoji.labels, minlength=9)
    assert counts.min() >= 85
    assert counts.max() < len(emoji) / 4, "no category dominates"
    assert len({image.tobytes() for image in emoji.images}) == len(emoji), "none comes twice"
    assert np.median(emoji.images[:, 0, 0]) == 255, "they stand on white"
    assert emoji.origin is not None
    names = list(emoji.origin.files)
    assert len(set(names)) == len(emoji)
    heart = emoji.images[names.index("heart")]
    red, green, blue = heart[16, 16].astype(int)
    assert red > 180
    assert max(green, blue) < 120
    assert emoji.class_name(names.index("watermelon")) == "Food & Drink"
    assert not any("skin-tone" in name for name in names)
    place = image_place(emoji.origin, names.index("heart"))
    assert place is not None
    assert place.text.endswith("emoji.npz › heart")


def test_the_first_emoji_are_a_fair_sample() -> None:
    emoji = open_bundled("emoji")
    assert emoji.labels is not None
    shares = np.bincount(emoji.labels, minlength=9) / len(emoji)
    first = np.bincount(emoji.labels[:400], minlength=9) / 400
    np.testing.assert_allclose(first, shares, atol=0.06)


@pytest.mark.parametrize("name", ["LICENSE.md", "LICENSE-Apache-2.0.txt", "convert.py"])
def test_the_emoji_come_with_licences_and_their_script(name: str) -> None:
    assert resource("data", "emoji", name).is_file()
