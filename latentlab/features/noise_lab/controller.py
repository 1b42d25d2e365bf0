"""The noise lab: which picture, what is done to it, who denoises, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.base.bundled import BUNDLED_MODELS, model_path
from latentlab.base.errors import DataError, LatentLabError
from latentlab.base.shown_name import shown_name
from latentlab.base.trace import now_s
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.cursor_messages import PictureEncoded
from latentlab.engine.messages import Failed, ModelOpened, WatchCommand
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.noise_lab.denoiser_proposal import denoiser_spec
from latentlab.features.noise_lab.messages import (
    Denoised,
    DenoiseRefused,
    DenoiseRequest,
    NoiseSteps,
    StripAdvanced,
    StripRequest,
)
from latentlab.features.noise_lab.store import MOST_SEED, MOST_STEPS, NoiseLab
from latentlab.features.training.controller import TrainingController
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.models_at_hand import models_at_hand
from latentlab.workspace.session import Session

_STRIP_AT_REST_MS = 160  # the hand needs the denoiser more than the strip does
_STRIP_EVERY_MS = 1500  # while the weights change


class NoiseController(QObject):
    """Between the noise lab's panel and the compute thread.

    The newest request wins, and the picture always advances: an answer is dropped only if it is
    older than what is shown, or of another picture, denoiser or model.
    """

    refused = Signal(str)
    """A denoiser cannot be trained; the sentence says why."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        explorer: Explorer,
        lab: NoiseLab,
        training: TrainingController,
        recent: Callable[[], list[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._lab = lab
        self._training = training
        self._recent = recent
        self._sequence = 0
        self._num_inputs = 0  # tells pictures apart, as their addresses would not
        self._oldest_wanted = 0  # answers from before the picture or the denoiser was changed
        self._shown_sequence = 0
        self._strip_sequence = 0
        self._strip_asked: tuple[object, ...] = ()
        self._strip_is_coming = False
        self._is_watched = False
        self._has_older_weights = False  # the result, because nobody watched
        self._weights_version = -1
        self._strip_timer = QTimer(self)
        self._strip_timer.setSingleShot(True)
        self._strip_timer.timeout.connect(self._request_strip)
        thread.resulted.connect(self._take)
        lab.imageChanged.connect(self._on_input_changed)
        lab.denoiserChanged.connect(self._on_denoiser_changed)
        lab.noiseChanged.connect(self._on_noise_changed)
        session.dataChanged.connect(self._on_data_changed)
        session.engineChanged.connect(self.refresh)
        session.modelChanged.connect(self._on_model_changed)
        explorer.selectedChanged.connect(self._on_selected)

    # --- the picture ---------------------------------------------------------------------------

    def use_data_image(self, index: int) -> None:
        """Take a data image as input."""
        data = self._session.data
        if data is None or not 0 <= index < len(data):
            return
        try:
            image = np.ascontiguousarray(data.images[index])
        except DataError as error:  # their file has changed
            self._thread.resulted.emit(Failed("use_data_image", error.sentence, error.details))
            return
        name = data.class_name(index)
        # Where one image of the data is noisy itself, the others are too.
        is_noisy = self._lab.image_index is not None and not self._lab.has_clean
        title = self.tr("Image {:,}").format(index)
        self._lab.set_image(
            image,
            f"{title} · {shown_name(name)}" if name else title,
            has_clean=not is_noisy,
            index=index,
        )

    @Slot()
    def next_image(self) -> None:
        """Take the data image after the present one, the first after the last."""
        self._step_image(1)

    @Slot()
    def previous_image(self) -> None:
        """Take the data image before the present one, the last before the first."""
        self._step_image(-1)

    @Slot()
    def random_image(self) -> None:
        """Take any data image."""
        data = self._session.data
        if data is not None and len(data):
            self.use_data_image(int(np.random.default_rng().integers(len(data))))

    def use_drawing(self, image: NDArray[np.uint8]) -> None:
        """Take a drawing, uint8 (h, w, c), as input."""
        self._lab.set_image(image, self.tr("Your drawing"), has_clean=True, index=None)

    @Slot(bool)
    def set_noisy(self, noisy: bool) -> None:
        """Say that the input is noisy itself: then nothing is done to it, and nothing compared."""
        lab = self._lab
        if lab.image is not None:
            lab.set_image(lab.image, lab.image_title, not noisy, lab.image_index)

    def _step_image(self, by: int) -> None:
        data, index = self._session.data, self._lab.image_index
        if data is not None and len(data):
            self.use_data_image(0 if index is None else (index + by) % len(data))

    # --- corruption ----------------------------------------------------------------------------

    def set_corruption(self, place: int, name: str) -> None:
        """Let step number ``place`` be another corruption, at its usual amount."""
        self._change(place, (name, CORRUPTIONS[name].default_amount))
        self._lab.set_varied(place)

    def set_amount(self, place: int, amount: float) -> None:
        """Change the amount of step number ``place``; what is out of range is brought to it."""
        if not 0 <= place < len(self._lab.steps):
            return
        name = self._lab.steps[place][0]
        self._lab.set_varied(place)
        self._change(place, (name, CORRUPTIONS[name].limited(amount)))

    @Slot()
    def add_step(self) -> None:
        """Do one more thing to the picture: the first corruption that is not among the steps."""
        steps = self._lab.steps
        if len(steps) < MOST_STEPS:
            used = {name for name, _ in steps}
            kinds = [*CORRUPTIONS.values()]
            kind = next((k for k in kinds if k.name not in used), kinds[0])
            self._lab.set_noise((*steps, (kind.name, kind.default_amount)), self._lab.seed)
            self._lab.set_varied(len(steps))

    def remove_step(self, place: int) -> None:
        """Leave out step number ``place``."""
        steps = self._lab.steps
        if 0 <= place < len(steps):
            self._lab.set_noise(steps[:place] + steps[place + 1 :], self._lab.seed)

    def move_step(self, place: int, by: int) -> None:
        """Apply step number ``place`` earlier (−1) or later (1)."""
        steps = list(self._lab.steps)
        there = place + by
        if 0 <= place < len(steps) and 0 <= there < len(steps):
            steps[place], steps[there] = steps[there], steps[place]
            self._lab.set_noise(tuple(steps), self._lab.seed)
            self._lab.set_varied(there)

    @Slot(int)
    def set_seed(self, seed: int) -> None:
        """Draw the noise of another seed."""
        self._lab.set_noise(self._lab.steps, seed)

    @Slot()
    def new_noise(self) -> None:
        """Draw other noise."""
        seed = int(np.random.default_rng().integers(MOST_SEED + 1))
        self.set_seed(seed if seed != self._lab.seed else (seed + 1) % MOST_SEED)

    def _change(self, place: int, step: tuple[str, float]) -> None:
        steps = list(self._lab.steps)
        if 0 <= place < len(steps):
            steps[place] = step
            self._lab.set_noise(tuple(steps), self._lab.seed)

    # --- denoiser ------------------------------------------------------------------------------

    def set_denoiser(self, denoiser: str) -> None:
        """Let another model denoise: ``""`` for that of the map, else a bundled name or a path."""
        self._lab.set_denoiser(denoiser)

    @Slot(int)
    def set_passes(self, passes: int) -> None:
        """Denoise the denoised again."""
        self._lab.set_passes(passes)

    def bundled_denoisers(self) -> list[str]:
        """Return the names of bundled models that are there."""
        return [name for name in BUNDLED_MODELS if model_path(name).is_file()]

    def recent_models(self) -> list[str]:
        """Return the paths of models that were opened or trained last, newest first."""
        return [str(path) for path in models_at_hand(self._recent())]

    @Slot()
    def train_denoiser(self) -> None:
        """Train a denoiser on the open data with the panel's corruption; it denoises meanwhile."""
        data = self._session.data
        if data is None or len(data) < 2:
            self.refused.emit(
                self.tr("Open a data set first; then there is something to train on.")
            )
            return
        try:
            spec = denoiser_spec(data.image_shape, len(data), self._lab.steps)
        except LatentLabError as error:
            self.refused.emit(error.sentence)
            return
        self._training.fill(spec)
        self._lab.set_denoiser("")
        self._training.start()

    # --- requests ------------------------------------------------------------------------------

    def set_watched(self, watched: bool) -> None:
        """Note whether somebody sees the strip; without that it is not computed."""
        if watched != self._is_watched:
            self._is_watched = watched
            # One that is begun is paused, and continues where it was.
            self._thread.command(WatchCommand("strip", watched))
        if watched:
            if self._has_older_weights:
                self._request(by_hand=False)
            self._strip_timer.start(_STRIP_AT_REST_MS)
        else:
            self._strip_timer.stop()

    @Slot()
    def refresh(self) -> None:
        """Ask again, under the present weights."""
        self._request(by_hand=False)
        self._want_strip()

    def _effective_steps(self) -> NoiseSteps:
        return self._lab.steps if self._lab.has_clean else ()

    @Slot()
    def _on_noise_changed(self) -> None:
        self._thread.touch()
        self._request(by_hand=True)
        self._want_strip()

    @Slot()
    def _on_input_changed(self) -> None:
        self._num_inputs += 1
        self._oldest_wanted = self._sequence + 1
        if self._lab.image is None:
            self._lab.set_result(None)
        self._thread.touch()
        self.refresh()

    @Slot()
    def _on_denoiser_changed(self) -> None:
        self._strip_sequence += 1  # what is on its way is another's
        self._strip_is_coming = False
        self._lab.set_strip(None)
        self._on_input_changed()

    def _request(self, *, by_hand: bool) -> None:
        lab, session = self._lab, self._session
        if lab.image is None or session.engine_status != "ready":
            return
        if lab.denoiser == "" and session.model is None:
            lab.set_result(None, self.tr("Open a model first; then it can denoise."))
            return
        self._has_older_weights = False
        self._sequence += 1
        self._thread.request(
            DenoiseRequest(
                session.session_epoch,
                self._sequence,
                lab.image,
                self._effective_steps(),
                lab.seed,
                lab.passes,
                lab.denoiser,
                now_s(),
                lab.has_clean,
                by_hand,
            )
        )

    def _want_strip(self) -> None:
        if self._is_watched and self._strip_key() != self._strip_asked:
            self._strip_timer.start(_STRIP_AT_REST_MS)

    def _strip_key(self) -> tuple[object, ...]:
        """Return all that the strip depends on; the amount that it varies is not among it."""
        lab = self._lab
        others = tuple(
            name if place == lab.varied else (name, amount)
            for place, (name, amount) in enumerate(lab.steps)
        )
        return (
            self._session.session_epoch if lab.denoiser == "" else -1,
            self._weights_version if lab.denoiser == "" else -1,
            self._session.data,
            self._num_inputs,
            lab.denoiser,
            others,
            lab.varied,
            lab.seed,
            lab.has_clean,
        )

    @Slot()
    def _request_strip(self) -> None:
        lab, session = self._lab, self._session
        if not self._is_watched or session.engine_status != "ready":
            return
        key = self._strip_key()
        if key == self._strip_asked:
            return
        if lab.denoiser == "" and session.model is None:
            return
        self._strip_asked = key
        self._strip_is_coming = True
        self._strip_sequence += 1
        self._thread.request(
            StripRequest(
                session.session_epoch,
                self._strip_sequence,
                lab.image,
                lab.steps,
                lab.varied,
                lab.seed,
                lab.denoiser,
            )
        )

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case Denoised():
                if self._is_wanted(result):
                    self._shown_sequence = result.sequence
                    self._lab.set_result(result)
            case DenoiseRefused():
                if self._is_wanted(result):
                    self._shown_sequence = result.sequence
                    self._lab.set_result(None, result.sentence)
                    self._strip_is_coming = False
            case Failed():
                self._take_failure(result)
            case StripAdvanced():
                if result.sequence == self._strip_sequence:
                    self._strip_is_coming = not result.complete
                    self._lab.set_strip(result)
            case TrainProgress():
                self._on_weights_changed(result.weights_version)
            case ModelOpened():
                self._on_weights_changed(-1)
            case PictureEncoded():
                if result.is_new:
                    self._lab.set_image(result.picture, shown_name(result.name))

    def _take_failure(self, failed: Failed) -> None:
        if failed.origin == "denoise" and failed.sequence == self._sequence:
            self._shown_sequence = failed.sequence
            self._lab.set_result(None, failed.sentence)
        elif failed.origin == "strip" and failed.sequence == self._strip_sequence:
            self._strip_is_coming = False  # what it depends on asks again
            self._lab.set_strip(None, failed.sentence)

    def _is_wanted(self, result: Denoised | DenoiseRefused) -> bool:
        lab = self._lab
        if result.denoiser != lab.denoiser or lab.image is None:
            return False
        if lab.denoiser == "" and result.session_epoch != self._session.session_epoch:
            return False
        return result.sequence > self._shown_sequence and result.sequence >= self._oldest_wanted

    def _on_weights_changed(self, weights_version: int) -> None:
        self._weights_version = weights_version
        if self._lab.denoiser == "":
            if not self._is_watched:
                self._has_older_weights = True
                return
            self._request(by_hand=False)
            # Begun strips are finished first: beside training each takes a while.
            waits = self._strip_timer.isActive() or self._strip_is_coming
            if not waits:
                self._strip_timer.start(_STRIP_EVERY_MS)

    @Slot()
    def _on_model_changed(self) -> None:
        self._strip_is_coming = False
        if self._lab.denoiser == "":
            self._lab.set_strip(None)
            result = self._lab.result
            if result is not None and result.session_epoch != self._session.session_epoch:
                self._lab.set_result(None)
            self.refresh()

    @Slot()
    def _on_data_changed(self) -> None:
        self._lab.set_pinned(False)
        self._lab.set_strip(None)
        data = self._session.data
        self._lab.set_image(None)  # what was known of the data before says nothing of these
        if data is not None and len(data):
            self.use_data_image(0)
        self._want_strip()

    @Slot()
    def _on_selected(self) -> None:
        index = self._explorer.selected
        if index is not None and not self._lab.pinned:
            self.use_data_image(index)
