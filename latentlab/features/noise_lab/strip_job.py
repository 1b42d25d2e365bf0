"""The strip of the noise lab: one image and the PSNR curves over all amounts, in short pieces."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from latentlab.base.trace import now_s
from latentlab.engine.denoisers import Denoiser
from latentlab.engine.pace import PieceSize
from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.median_filter import median_3x3
from latentlab.features.noise_lab.messages import NoiseSteps, StripAdvanced, StripRequest
from latentlab.images.adapt import adapted
from latentlab.images.corruptions import CORRUPTIONS, corrupt_stack, derived_seed
from latentlab.images.image_array import ImageArray
from latentlab.images.image_set import ImageSet
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.linear_fit import LinearFit
from latentlab.images.pixel_metrics import mse_as_db
from latentlab.models.family.described_model import run_spec

NUM_AMOUNTS = 11  # 0, 10, …, 100 %
NUM_MEASURED = 64
_NUM_MEASURED_LIVE = 20  # while the weights change, an early answer is worth more
_NUM_MEASURED_NLM = 16  # it takes some milliseconds for each
_NLM_MOST_SIDE_PX = 64
_MOST_LEARNT_FROM = 10_000
_FEWEST_LEARNT_FROM = 32
_MOST_VALUES, _MOST_COMPONENTS, _PCA_IMAGES = 1024, 256, 384  # rougher than a headless fit
_USUAL_HELD_OUT = 0.1
_NOISE_SEED = 1  # of the curves, so that they stay the same whatever noise the image gets
_PART_VALUES = 2**13  # of the images that share their noise, which depends on this number
_MOST_DENOISED = 16  # at once
_MOST_KEPT = 512

T = TypeVar("T")
Pieces = Generator[StripAdvanced | None, None, T]
Work = Pieces[None]


class KnownCurves:
    """What needs no denoiser, kept because it is always the same for the same data.

    These are the moments of the last data set, and points of the curves.
    """

    def __init__(self) -> None:
        self._fit_key: tuple[object, ...] = ()
        self._fit: LinearFit | None = None
        self._points: dict[tuple[object, ...], float] = {}

    def fit_of(
        self, key: tuple[object, ...], images: ImageArray, rows: NDArray[np.int64]
    ) -> LinearFit:
        """Return the linear fit of some images, the same one again for the same key."""
        if self._fit is None or key != self._fit_key:
            self._fit_key, self._fit = (
                key,
                LinearFit(
                    images,
                    rows,
                    max_values=_MOST_VALUES,
                    max_components=_MOST_COMPONENTS,
                    pca_images=_PCA_IMAGES,
                    in_pieces=True,
                ),
            )
        return self._fit

    def get(self, key: tuple[object, ...]) -> float | None:
        """Return a point of a curve."""
        return self._points.get(key)

    def put(self, key: tuple[object, ...], psnr_db: float) -> None:
        """Keep a point of a curve."""
        if len(self._points) >= _MOST_KEPT:
            del self._points[next(iter(self._points))]
        self._points[key] = psnr_db


class StripJob:
    """The work for one request.

    Parameters
    ----------
    request
        What is wanted.
    denoiser
        What denoises; its weights may change meanwhile.
    data
        The open images, from which those that no model was trained on are taken.
    known
        Kept from one job to the next.
    """

    def __init__(
        self,
        request: StripRequest,
        denoiser: Denoiser,
        data: ImageSet | None,
        known: KnownCurves,
    ) -> None:
        self.request = request
        self.weights_change = False
        """Whether the denoiser is in training: then the curves are measured on fewer images."""
        self.first_version = denoiser.weights_version
        self._denoiser = denoiser
        self._data = data
        self._known = known
        self._shares = np.linspace(0.0, 1.0, NUM_AMOUNTS)
        self._steps = [steps_at(request.steps, request.varied, share) for share in self._shares]
        self._corrupted: NDArray[np.uint8] | None = None
        self._denoised: NDArray[np.uint8] | None = None
        self._curves: dict[str, NDArray[np.float64]] = {}
        self._num_images = 0
        self._held_out, self._learnt_from = self._split()
        self._key = (
            "" if data is None else data.fingerprint,
            denoiser.input_shape,
            self._held_out.tobytes(),  # other models may have other images held out
        )
        self._piece = PieceSize(_MOST_DENOISED)
        self._work = self._run()

    def close(self) -> None:
        """End it: a generator that waits holds the job that holds it, and the network with it."""
        self._work.close()

    def advance(self) -> tuple[StripAdvanced | None, bool]:
        """Do one piece; return what there is to report, and whether all is done."""
        report = next(self._work, StopIteration)
        if report is StopIteration:
            return self._report(complete=True), True
        assert report is None or isinstance(report, StripAdvanced)
        return report, False

    def _split(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the images to measure on, and those to learn from."""
        data = self._data
        if data is None or len(data) == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        spec = run_spec(self._denoiser.document)
        knows = data.fingerprint == self._denoiser.document.data_fingerprint
        held_out = data.held_out(spec.held_out if knows and spec else _USUAL_HELD_OUT)
        others = np.setdiff1d(np.arange(len(data)), held_out)
        if len(held_out) == 0:
            held_out = others
        return _spread(held_out, NUM_MEASURED), _spread(others, _MOST_LEARNT_FROM)

    # --- the work ------------------------------------------------------------------------------

    def _run(self) -> Work:
        if self.request.image is not None:
            yield from self._pictures(self.request.image)
        if self._data is None or len(self._held_out) == 0 or not self.request.steps:
            return
        shape = self._denoiser.input_shape
        clean = adapted(np.asarray(self._data.images[self._held_out]), shape)
        yield None
        yield from self._measured(clean)
        if non_local_means.is_available() and max(shape[:2]) <= _NLM_MOST_SIDE_PX:
            yield from self._nlm(clean[:_NUM_MEASURED_NLM])
        yield from self._linear(clean)

    def _pictures(self, image: NDArray[np.uint8]) -> Work:
        """Show the one image at all amounts."""
        clean = adapted(image[None], self._denoiser.input_shape)
        seed = self.request.seed
        noisy = np.concatenate([corrupt_stack(clean, s, seed, clip=False) for s in self._steps])
        yield None
        denoised = yield from self._denoise(noisy)
        self._corrupted, self._denoised = as_pixels(noisy), as_pixels(denoised)
        yield self._report()

    def _measured(self, clean: NDArray[np.uint8]) -> Work:
        """Measure denoiser, median and the images as they are, on ever more images."""
        errors = {name: np.zeros(NUM_AMOUNTS) for name in ("model", "untouched", "median")}
        for start, part in self._parts(clean):
            wanted = part / np.float32(255.0)
            for place, steps in enumerate(self._steps):
                noisy = _noisy(part, steps, start)
                made = {
                    "model": (yield from self._denoise(noisy)),
                    "untouched": noisy,
                    "median": np.clip(median_3x3(noisy), 0.0, 1.0),
                }
                for name, images in made.items():
                    errors[name][place] += np.sum((images - wanted) ** 2, dtype=np.float64)
                yield None
            self._num_images = start + len(part)
            count = self._num_images * wanted[0].size
            for name, total in errors.items():
                self._curves[name] = np.array([mse_as_db(float(e) / count) for e in total])
            if self.weights_change and self.request.image is not None:
                yield from self._pictures(self.request.image)
            else:
                yield self._report()
            if self.weights_change and self._num_images >= _NUM_MEASURED_LIVE:
                return

    def _denoise(self, noisy: NDArray[np.float32]) -> Pieces[NDArray[np.float32]]:
        """Denoise images (n, h, w, c) in as many pieces as they take."""
        denoised = np.empty_like(noisy)
        start = 0
        while start < len(noisy):
            rows = slice(start, start + self._piece.items)
            begin_s = now_s()
            denoised[rows] = self._denoiser.denoise(noisy[rows])[1]
            self._piece.learn(len(noisy[rows]), now_s() - begin_s)
            start = rows.stop
            yield None
        return denoised

    def _nlm(self, clean: NDArray[np.uint8]) -> Work:
        """Measure non-local means."""
        curve = self._curves["nlm"] = np.full(NUM_AMOUNTS, np.nan)
        for place, steps in enumerate(self._steps):
            key = ("nlm", *self._key, steps)
            psnr = self._known.get(key)
            if psnr is None:
                error = 0.0
                for start, part in self._parts(clean):
                    for noisy, image in zip(_noisy(part, steps, start), part, strict=True):
                        made = non_local_means.non_local_means(noisy)
                        error += float(np.mean((made - image / np.float32(255.0)) ** 2))
                        yield None
                psnr = mse_as_db(error / len(clean))
                self._known.put(key, psnr)
            curve[place] = psnr
        yield self._report()

    def _linear(self, clean: NDArray[np.uint8]) -> Work:
        """Fit and measure the best linear denoiser of each amount."""
        rows = self._learnt_from
        if len(rows) < _FEWEST_LEARNT_FROM:
            return
        curve = self._curves["linear"] = np.full(NUM_AMOUNTS, np.nan)
        keys = [("linear", *self._key, steps) for steps in self._steps]
        for place, key in enumerate(keys):
            psnr = self._known.get(key)
            curve[place] = np.nan if psnr is None else psnr
        # Every other one first, so that the shape of the curve is seen early.
        for place in (*range(0, NUM_AMOUNTS, 2), *range(1, NUM_AMOUNTS, 2)):
            if not np.isnan(curve[place]):
                continue
            fit = yield from self._prepared_fit(rows)
            steps = self._steps[place]
            denoiser = yield from LinearDenoiser.fitted(fit, steps, _NOISE_SEED, clip=False)
            yield None
            error = 0.0
            for start, part in self._parts(clean):
                made = denoiser.apply(_noisy(part, steps, start))
                error += float(np.sum((made - part / np.float32(255.0)) ** 2, dtype=np.float64))
                yield None
            curve[place] = mse_as_db(error / clean.size)
            self._known.put(keys[place], float(curve[place]))
            yield self._report()

    def _prepared_fit(self, rows: NDArray[np.int64]) -> Pieces[LinearFit]:
        assert self._data is not None
        shape = self._denoiser.input_shape
        images = self._data.images
        if self._data.image_shape != shape:
            # Adapted images are few enough to be kept: moments of fewer are good enough.
            rows = _spread(rows, _MOST_LEARNT_FROM // 4)
            kept = []
            for start in range(0, len(rows), 64):
                kept.append(adapted(np.asarray(images[rows[start : start + 64]]), shape))
                yield None
            images, rows = np.concatenate(kept), np.arange(len(rows))
        fit = self._known.fit_of(self._key, images, rows)
        yield from fit.prepare()
        return fit

    def _parts(self, images: NDArray[np.uint8]) -> list[tuple[int, NDArray[np.uint8]]]:
        """Return pieces of the images, each behind the number of its first image."""
        step = self._part_images(images.shape)
        return [(start, images[start : start + step]) for start in range(0, len(images), step)]

    def _part_images(self, shape: tuple[int, ...]) -> int:
        return max(1, min(16, _PART_VALUES // int(np.prod(shape[1:]))))

    def _report(self, *, complete: bool = False) -> StripAdvanced:
        return StripAdvanced(
            self.request.session_epoch,
            self.request.sequence,
            self.request.denoiser,
            self._shares,
            self._corrupted,
            self._denoised,
            {name: curve.copy() for name, curve in self._curves.items()},
            self._num_images,
            complete,
        )


def steps_at(steps: NoiseSteps, varied: int, share: float) -> NoiseSteps:
    """Return the steps with the amount of one of them at a share of its range."""
    changed = list(steps)
    if 0 <= varied < len(changed):
        kind = CORRUPTIONS[changed[varied][0]]
        changed[varied] = (kind.name, min(kind.maximum, round(kind.amount_at(share), 6)))
    return tuple(changed)


def _noisy(part: NDArray[np.uint8], steps: NoiseSteps, number: int) -> NDArray[np.float32]:
    """Return part ``number`` of the images that curves are measured on, corrupted."""
    return corrupt_stack(part, steps, derived_seed(_NOISE_SEED, number), clip=False)


def as_pixels(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return float images as read-only uint8, what lies beyond black and white cut off."""
    scaled = np.rint(np.clip(images, 0.0, 1.0) * np.float32(255.0))
    pixels: NDArray[np.uint8] = scaled.astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many rows, evenly spread."""
    if len(rows) <= most:
        return rows
    places = np.linspace(0, len(rows) - 1, most).astype(np.intp)
    chosen: NDArray[np.int64] = rows[places]
    return chosen
