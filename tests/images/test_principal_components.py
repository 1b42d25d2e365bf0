from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images import principal_components as module
from latentlab.images.principal_components import PrincipalComponents, principal_components

Floats = NDArray[np.float64]
Images = NDArray[np.uint8]

# Options that lead each way whatever the size of the images is.
WIDE, TALL, RANDOM = "inner products", "covariance", "random directions"


def found(
    images: Images, count: int, indices: NDArray[Any] | None = None, **options: Any
) -> PrincipalComponents:
    where = np.arange(len(images)) if indices is None else indices
    return drained(principal_components(images, where, count, **options))


def drained(work: Generator[None, None, PrincipalComponents]) -> PrincipalComponents:
    while True:
        try:
            assert next(work) is None
        except StopIteration as end:
            result: PrincipalComponents = end.value
            return result


def noise(n: int, h: int, w: int, c: int, seed: int = 0) -> Images:
    """Images without any structure: their variances hardly differ."""
    return np.random.default_rng(seed).integers(0, 256, (n, h, w, c), dtype=np.uint8)


def structured(n: int, h: int, w: int, c: int, seed: int = 0) -> Images:
    """Images whose variances fall off, as those of photographs do."""
    rng = np.random.default_rng(seed)
    size = h * w * c
    mixing = np.linalg.qr(rng.normal(size=(size, size)))[0] / np.arange(1, size + 1)[:, None]
    values = rng.normal(size=(n, size)) @ mixing
    return np.clip(128 + 100 * values, 0, 255).astype(np.uint8).reshape(n, h, w, c)


def flat(images: Images) -> Floats:
    """Pixels as the network sees them: in [0, 1], channel by channel."""
    return np.moveaxis(images, 3, 1).reshape(len(images), -1) / 255


def exact(images: Images) -> tuple[Floats, Floats]:
    """Return all components and variances by singular value decomposition."""
    x = flat(images)
    _, singular, vectors = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return vectors, singular**2 / len(x)


def options_for(way: str) -> dict[str, Any]:
    if way == RANDOM:
        return {"max_exact": 1, "tolerance": 1e-13, "max_passes": 200}
    return {}


def shape_for(way: str) -> tuple[int, int, int, int]:
    return (20, 4, 5, 3) if way == WIDE else (150, 4, 5, 3)


def assert_same_directions(ours: Floats, theirs: Floats, atol: float) -> None:
    np.testing.assert_allclose(np.abs(ours @ theirs.T), np.eye(len(ours)), atol=atol)


# Against the singular value decomposition


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
@pytest.mark.parametrize("make", [noise, structured])
@pytest.mark.parametrize("count", [1, 5, 12])
def test_the_components_are_those_of_the_svd(way: str, make: Any, count: int) -> None:
    images = make(*shape_for(way))
    result = found(images, count, **options_for(way))
    vectors, variances = exact(images)
    loose = 1e-4 if way == RANDOM else 1e-9
    np.testing.assert_allclose(result.mean, flat(images).mean(0), atol=1e-14)
    np.testing.assert_allclose(result.variances, variances[:count], rtol=loose**1.5)
    assert result.total_variance == pytest.approx(variances.sum(), rel=1e-12)
    assert_same_directions(result.components, vectors[:count], atol=loose)
    assert result.mean.shape == (60,)
    assert result.components.shape == (count, 60)
    assert {a.dtype for a in (result.mean, result.components, result.variances)} == {np.dtype("f8")}


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_the_ways_differ(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    for name, function in [
        (TALL, "_from_covariance"),
        (WIDE, "_from_inner_products"),
        (RANDOM, "_from_random_directions"),
    ]:
        original = getattr(module, function)

        def noted(*args: Any, name: str = name, original: Any = original) -> Any:
            used.append(name)
            return original(*args)

        monkeypatch.setattr(module, function, noted)
    found(noise(*shape_for(way)), 2, **options_for(way))
    assert used == [way]


def test_the_random_way_keeps_its_promise_about_photographs() -> None:
    images = structured(400, 10, 10, 3)
    best, ours = found(images, 20), found(images, 20, max_exact=1)
    shortfall = (best.variances.sum() - ours.variances.sum()) / best.total_variance
    assert -1e-14 < shortfall < 1e-8
    assert_same_directions(ours.components, best.components, atol=1e-3)


def test_the_random_way_is_exact_once_it_spans_everything() -> None:
    images = noise(100, 4, 4, 3)
    for count in (30, 48):
        result = found(images, count, max_exact=1)
        np.testing.assert_allclose(result.variances, exact(images)[1][:count], rtol=1e-9)


def test_more_passes_explain_more() -> None:
    images = noise(300, 8, 8, 1)
    options: dict[str, Any] = {"max_exact": 1, "tolerance": 0.0}
    explained = [
        found(images, 2, max_passes=passes, **options).variances.sum() for passes in (1, 2, 5, 40)
    ]
    assert (np.diff(explained) > 0).all()
    assert explained[-1] == pytest.approx(found(images, 2).variances.sum(), rel=1e-3)


@pytest.mark.parametrize("way", [TALL, WIDE])
def test_a_mean_far_from_zero_costs_no_digits(way: str) -> None:
    # All images are nearly white, and only some pixels are ever one level darker.
    rng = np.random.default_rng(0)
    images = np.full(shape_for(way), 255, np.uint8)
    images -= (rng.random(images.shape) < 0.01).astype(np.uint8)
    result = found(images, 5)
    np.testing.assert_allclose(result.variances, exact(images)[1][:5], rtol=1e-10)


def test_images_that_change_in_the_middle_cost_no_digits() -> None:
    # The first images say nothing about the mean of all.
    images = structured(300, 4, 4, 1)
    images[:200] = 0
    images[200:, 0, 0] = 255
    result = found(images, 6, chunk_values=16 * 20)
    vectors, variances = exact(images)
    np.testing.assert_allclose(result.variances, variances[:6], rtol=1e-11)
    assert_same_directions(result.components, vectors[:6], atol=1e-9)


# What components are


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
@pytest.mark.parametrize("count", [1, 7, 19])
def test_components_are_orthonormal_and_sorted(way: str, count: int) -> None:
    result = found(structured(*shape_for(way)), count, **options_for(way))
    np.testing.assert_allclose(result.components @ result.components.T, np.eye(count), atol=1e-12)
    assert (np.diff(result.variances) <= 0).all()
    assert (result.variances >= 0).all()


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_the_error_is_the_variance_that_is_left_out(way: str) -> None:
    images = structured(*shape_for(way))
    x = flat(images)
    for count in (1, 6, 19):
        result = found(images, count, **options_for(way))
        codes = (x - result.mean) @ result.components.T
        error = ((x - result.mean - codes @ result.components) ** 2).sum(1).mean()
        assert error == pytest.approx(result.total_variance - result.variances.sum(), abs=1e-12)
        np.testing.assert_allclose(codes.var(0), result.variances, rtol=1e-9)
        discarded = exact(images)[1][count:].sum()
        assert error == pytest.approx(discarded, rel=1e-9)


@pytest.mark.parametrize("way", [TALL, RANDOM])
def test_with_all_components_nothing_is_lost(way: str) -> None:
    images = noise(150, 4, 5, 3)
    result = found(images, 60, **options_for(way))
    x = flat(images)
    again = result.mean + (x - result.mean) @ result.components.T @ result.components
    np.testing.assert_allclose(again, x, atol=1e-12)
    assert result.variances.sum() == pytest.approx(result.total_variance, rel=1e-12)
    # Not only of the images they come from.
    other = np.random.default_rng(1).random(60)
    np.testing.assert_allclose(result.components.T @ (result.components @ other), other, atol=1e-12)


def test_few_images_are_explained_by_one_component_less() -> None:
    images = noise(20, 4, 5, 3)
    result = found(images, 19)
    x = flat(images)
    again = result.mean + (x - result.mean) @ result.components.T @ result.components
    np.testing.assert_allclose(again, x, atol=1e-12)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_the_largest_entry_of_each_component_is_positive(way: str) -> None:
    components = found(structured(*shape_for(way)), 10, **options_for(way)).components
    peaks = np.abs(components).argmax(1)
    assert (components[np.arange(10), peaks] > 0).all()


def test_pixels_are_in_the_order_of_the_network() -> None:
    # Only the last channel of the pixel in row 1 and column 2 ever changes.
    images = np.full((30, 3, 4, 3), 80, np.uint8)
    images[::2, 1, 2, 2] = 180
    for way in (TALL, WIDE, RANDOM):
        some = images[:8] if way == WIDE else images
        options = {"max_exact": 1} if way == RANDOM else {}
        result = found(np.repeat(some, 2, 0), 1, **options)
        direction = result.components[0].reshape(3, 3, 4)
        assert direction[2, 1, 2] == pytest.approx(1)
        assert result.mean.reshape(3, 3, 4)[2, 1, 2] == pytest.approx(130 / 255)
        assert result.mean.reshape(3, 3, 4)[0, 0, 0] == pytest.approx(80 / 255)
        assert result.variances[0] == pytest.approx((50 / 255) ** 2)
        assert result.total_variance == pytest.approx((50 / 255) ** 2)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_results_repeat(way: str) -> None:
    images = structured(*shape_for(way))
    first, again = (found(images, 5, **options_for(way)) for _ in range(2))
    assert np.array_equal(first.components, again.components)
    assert np.array_equal(first.variances, again.variances)


def test_the_seed_decides_where_the_random_way_begins() -> None:
    images = noise(200, 8, 8, 1)
    first, other = (found(images, 3, max_exact=1, max_passes=1, seed=seed) for seed in (0, 1))
    assert not np.allclose(first.components, other.components)


# Where the images come from


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_only_the_named_images_count(way: str) -> None:
    images = structured(400, 4, 5, 3)
    indices = np.random.default_rng(0).permutation(400)[: shape_for(way)[0]]
    result = found(images, 4, indices, **options_for(way))
    alone = found(images[indices], 4, **options_for(way))
    np.testing.assert_allclose(result.components, alone.components, atol=1e-12)
    np.testing.assert_allclose(result.mean, alone.mean)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
@pytest.mark.parametrize("chunk_values", [1, 61, 333, 1200])
def test_chunks_change_nothing(way: str, chunk_values: int) -> None:
    images = structured(*shape_for(way))
    whole = found(images, 4, **options_for(way))
    parts = found(images, 4, chunk_values=chunk_values, **options_for(way))
    loose = 1e-6 if way == RANDOM else 1e-10
    np.testing.assert_allclose(parts.components, whole.components, atol=loose)
    np.testing.assert_allclose(parts.mean, whole.mean, atol=1e-14)
    np.testing.assert_allclose(parts.variances, whole.variances, rtol=1e-9)
    assert parts.total_variance == pytest.approx(whole.total_variance, rel=1e-12)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_pieces_change_nothing(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = structured(*shape_for(way))
    whole = found(images, 4, **options_for(way))
    monkeypatch.setattr(module, "_PIECE_PRODUCTS", 1000)
    parts = found(images, 4, **options_for(way))
    loose = 1e-6 if way == RANDOM else 1e-10
    np.testing.assert_allclose(parts.components, whole.components, atol=loose)


def test_the_covariance_does_not_depend_on_the_chunks_at_all() -> None:
    images = structured(150, 4, 5, 3)
    whole, parts = found(images, 4), found(images, 4, chunk_values=60 * 7)
    assert np.array_equal(whole.components, parts.components)
    assert np.array_equal(whole.variances, parts.variances)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_the_work_is_divided(way: str) -> None:
    images = noise(*shape_for(way))
    options = {"max_exact": 1} if way == RANDOM else {}
    work = principal_components(images, np.arange(len(images)), 2, chunk_values=200, **options)
    assert sum(1 for _ in work) > len(images) * 60 / 200


def test_nothing_is_computed_before_the_first_step() -> None:
    work = principal_components(noise(10, 3, 3, 1), np.arange(1000), 2)
    with pytest.raises(IndexError):
        next(work)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_images_may_be_mapped_from_a_file(way: str, tmp_path: Path) -> None:
    images = structured(*shape_for(way))
    path = tmp_path / "images.npy"
    np.save(path, images)
    mapped = np.load(path, mmap_mode="r")
    result = found(mapped, 4, **options_for(way))
    plain = found(images, 4, **options_for(way))
    for name in ("mean", "components", "variances"):
        assert type(getattr(result, name)) is np.ndarray
        assert np.array_equal(getattr(result, name), getattr(plain, name))


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_images_are_not_changed_and_may_be_read_only(way: str) -> None:
    images = structured(*shape_for(way))
    before = images.copy()
    indices = np.arange(len(images))
    images.flags.writeable = indices.flags.writeable = False
    found(images, 4, indices, **options_for(way))
    assert np.array_equal(images, before)


def test_images_may_lie_in_memory_in_any_order() -> None:
    images = structured(100, 4, 6, 3)
    turned = images[:, ::-1, ::2]
    result = found(turned, 3)
    plain = found(np.ascontiguousarray(turned), 3)
    assert np.array_equal(result.components, plain.components)


def test_a_set_larger_than_one_chunk_is_read_in_parts() -> None:
    images = structured(300, 4, 6, 3)

    class Watched(np.ndarray[Any, Any]):
        largest = 0

        def __getitem__(self, key: Any) -> Any:
            part = np.asarray(super().__getitem__(key))
            Watched.largest = max(Watched.largest, part.size)
            return part

    # The provisional mean of the first way comes from 256 images at once.
    for n, options, most in [(300, {}, 256 * 72), (30, {}, 360), (300, {"max_exact": 1}, 360)]:
        Watched.largest = 0
        found(images[:n].view(Watched), 3, chunk_values=360, **options)
        assert 0 < Watched.largest <= most


# Special images


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
@pytest.mark.parametrize("value", [0, 77, 255])
def test_images_without_any_difference_have_no_variance(way: str, value: int) -> None:
    n, h, w, c = shape_for(way)
    images = np.full((n, h, w, c), value, np.uint8)
    images[:, 0, 0, 0] = 3
    result = found(images, 6, **options_for(way))
    assert result.total_variance == 0.0
    assert result.variances.tolist() == [0.0] * 6
    np.testing.assert_allclose(result.components @ result.components.T, np.eye(6), atol=1e-12)
    np.testing.assert_allclose(result.mean, flat(images)[0], atol=1e-15)


@pytest.mark.parametrize("way", [TALL, WIDE, RANDOM])
def test_images_that_are_repeated_have_few_directions(way: str) -> None:
    n, h, w, c = shape_for(way)
    images = np.resize(noise(4, h, w, c), (n, h, w, c))
    result = found(images, 10, **options_for(way))
    np.testing.assert_allclose(result.components @ result.components.T, np.eye(10), atol=1e-12)
    np.testing.assert_allclose(result.variances[3:], 0, atol=1e-12)
    assert result.variances[:3].sum() == pytest.approx(result.total_variance, rel=1e-9)


def test_the_smallest_sets() -> None:
    two = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    result = found(two, 1)
    assert result.mean.tolist() == [0.5]
    assert result.components.tolist() == [[1.0]]
    assert result.variances.tolist() == [0.25]
    wide = noise(2, 5, 5, 3)
    assert found(wide, 1).variances[0] == pytest.approx(exact(wide)[1][0])


@pytest.mark.parametrize(("n", "shape", "count"), [(10, (4, 4, 1), 10), (100, (3, 3, 1), 10)])
def test_more_components_than_there_are_are_refused_at_once(
    n: int, shape: tuple[int, int, int], count: int
) -> None:
    with pytest.raises(UsageError, match=r"have 9 principal components at most, not 10: choose"):
        principal_components(noise(n, *shape), np.arange(n), count)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_images_are_refused(n: int) -> None:
    with pytest.raises(UsageError, match="have 0 principal"):
        principal_components(noise(5, 3, 3, 1), np.arange(n), 1)


def test_what_is_no_set_of_images_is_a_defect() -> None:
    indices = np.arange(5)
    with pytest.raises(ValueError, match="uint8"):
        principal_components(np.zeros((5, 3, 3, 1)), indices, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        principal_components(np.zeros((5, 9), np.uint8), indices, 1)
    with pytest.raises(ValueError, match="0 components"):
        principal_components(noise(5, 3, 3, 1), indices, 0)
