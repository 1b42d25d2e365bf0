"""What the compute thread does in each turn. No Qt: tests call it directly."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from latentlab.base.bundled import BUNDLED_MODELS, model_path
from latentlab.base.errors import TrainingError, UsageError
from latentlab.base.out_of_memory import is_out_of_memory
from latentlab.base.trace import Tracer, now_s
from latentlab.data.catalog import open_data
from latentlab.engine.aside import Aside
from latentlab.engine.cursor_messages import EncodePictureCommand, ForgetPictureCommand
from latentlab.engine.failure import failure_sentence
from latentlab.engine.live_model import LiveModel
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    Command,
    DataOpened,
    DeviceOption,
    DeviceUsed,
    EngineReady,
    ModelOpened,
    ModelSaved,
    OpenDataCommand,
    OpenModelCommand,
    Result,
    SaveModelCommand,
    UseDataCommand,
    UseDeviceCommand,
    WatchCommand,
)
from latentlab.engine.pace import QUIET_SWITCH_INTERVAL_S, SWITCH_INTERVAL_S, Pace
from latentlab.engine.schedule import Open, Schedule
from latentlab.engine.training_messages import TrainCommand, TrainControlCommand, TrainStatusChanged
from latentlab.engine.work import Guard
from latentlab.features.training.job import TrainingJob
from latentlab.images.image_set import ImageSet
from latentlab.models.checkpoint import build_model, prior_of, read_checkpoint
from latentlab.models.device import available_devices, cpu_threads, pick_device
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_file import ModelFile, write_model_file
from latentlab.training.description import Description, describe, tensors_of
from latentlab.training.memorising import memorising

_LOOK_EVERY_S = 0.002  # whether what is done aside is done, where there is nothing else to do
_SAVED_WITHIN_S = 5.0  # at the end of the program


class Engine:
    """Serves requests and advances long work, one piece per turn.

    Whatever raises ends alone, and everything else goes on (``work.py``).

    Parameters
    ----------
    mailbox
        Where requests and commands come from.
    emit
        Takes each result.
    tracer
        Records ``decode.compute`` and ``train.step``.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None], tracer: Tracer) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._tracer = tracer
        self._pace = Pace(mailbox.idle_s)
        self._device = torch.device(pick_device().name)
        self._data: ImageSet | None = None
        self._model: LiveModel | None = None
        self._session_epoch = 0
        self._training: TrainingJob | None = None
        self._guard = Guard(mailbox, emit)
        self._schedule = Schedule(mailbox, emit, tracer, self._guard, self._open_now)
        self._aside: tuple[Command, Aside[Any], Callable[[Any], None]] | None = None
        self._threads = 0
        self._switches_for_hand = True
        self._set_threads(max(1, cpu_threads() - 1))
        self._handlers: dict[type[Command], Callable[..., None]] = {
            UseDataCommand: self._use_data_command,
            OpenDataCommand: self._open_data,
            OpenModelCommand: self._open_model,
            SaveModelCommand: self._save_model,
            UseDeviceCommand: self._use_device,
            TrainCommand: self._train,
            TrainControlCommand: self._control_training,
            EncodePictureCommand: self._encode_picture,
            ForgetPictureCommand: self._forget_picture,
            WatchCommand: self._schedule.watch,
        }

    def announce(self, import_s: float) -> None:
        """Say that the engine serves, after ``import_s`` seconds of loading."""
        options = tuple(DeviceOption(d.name, d.title, d.reason) for d in available_devices())
        self._emit(EngineReady(options, self._device.type, import_s))

    def turn(self) -> bool:
        """Do one piece of work; return whether there is more to do at once."""
        self._serve_commands()
        self._schedule.serve()
        training = self._training
        if training is not None and training.wants_turn:
            if training.run.threads is not None:
                self._set_threads(self._threads_wanted())
            self._set_switch_interval(self._pace.is_interacting())
            # One piece a turn, of either: the cursor is served between any two.
            if self._pace.may_work_beside():
                begin = now_s()
                if self._schedule.work_beside_training():
                    self._pace.spent_beside(now_s() - begin)
                    return True
            self._advance_training(training)
            return True
        self._schedule.work()
        return self._schedule.has_work() or self._wait_aside() or not self._mailbox.is_empty()

    def save_state(self) -> None:
        """Save where the run in training stands.

        The one thing that another thread may ask for directly: it does not wait for the piece of
        work that goes on.
        """
        training = self._training
        if training is not None:
            training.save_state()

    def close(self) -> None:
        """Stop, and save the run that is in training."""
        self.save_state()  # first of all, whatever comes of the rest
        self._schedule.close()
        if self._training is not None:
            self._end_training("")
        self._schedule.end_points()
        if self._aside is not None and isinstance(self._aside[0], SaveModelCommand):
            self._aside[1].wait(_SAVED_WITHIN_S)

    def _open_now(self) -> Open:
        training = self._training
        is_training = training is not None and training.wants_turn
        return Open(self._model, self._data, self._device, is_training)

    # --- long work -----------------------------------------------------------------------------

    def _threads_wanted(self) -> int:
        """Return what training is fastest with, less a core for the window while it is used."""
        assert self._training is not None
        tuned = self._training.run.threads or 1
        spare = max(1, cpu_threads() - 1)
        return min(tuned, spare) if self._pace.is_interacting() else tuned

    def _set_threads(self, count: int) -> None:
        if count != self._threads:
            torch.set_num_threads(count)
            self._threads = count

    def _set_switch_interval(self, for_hand: bool) -> None:
        """Choose how often Python changes threads: for the hand, or for training alone."""
        if for_hand != self._switches_for_hand:
            sys.setswitchinterval(SWITCH_INTERVAL_S if for_hand else QUIET_SWITCH_INTERVAL_S)
            self._switches_for_hand = for_hand

    def _advance_training(self, training: TrainingJob) -> None:
        assert self._model is not None
        try:
            ended = training.advance(self._model)
        except Exception as error:  # noqa: BLE001 - whatever it is, all other work goes on
            # A defect must not leave a run that neither goes on nor ends, nor lose it.
            sentence = getattr(error, "sentence", failure_sentence("train", error))
            self._end_training(sentence)
            self._guard.tell("train", error, always=True)
            return
        if ended:
            self._end_training("")
        elif training.paused and not training.wants_turn:
            self._report_pause(training)

    def _report_pause(self, training: TrainingJob) -> None:
        assert self._model is not None
        training.report(self._model, now=True)
        self._schedule.start_points()

    def _end_training(self, sentence: str) -> None:
        """Save the run and show its best weights."""
        training, model = self._training, self._model
        assert training is not None and model is not None
        run = training.run
        self._emit(TrainStatusChanged("finishing", "Saving the best model…"))
        try:
            try:
                training.report(model, now=True)
            finally:
                training.finish()  # whatever the report comes to
        except Exception as error:  # noqa: BLE001 - a run that cannot be saved must end all the same
            sentence = failure_sentence("save_run", error)
            self._guard.tell("save_run", error, always=True)
            training.folder.close()
        self._training = None
        self._set_switch_interval(True)
        model.network.eval()
        saved = training.folder.saved
        if saved is not None:
            model.document, model.prior = saved.document, saved.prior
            model.path = training.folder.model_path
        model.weights_version = run.step + 1
        self._announce_model()
        self._emit(TrainStatusChanged("idle", sentence or _summary(training)))
        self._schedule.start_points()

    # --- commands ------------------------------------------------------------------------------

    def _serve_commands(self) -> None:
        """Run the next command; while one waits for a disk, those after it wait too."""
        if self._aside is not None:
            command, aside, then = self._aside
            if aside.is_done:
                self._aside = None
                self._guarded(command, lambda: then(aside.result()))
            return
        taken = self._mailbox.take_command()
        if taken is not None:
            self._guarded(taken, lambda: self._handlers[type(taken)](taken))

    def _guarded(self, command: Command, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever it is, all other work goes on
            self._guard.tell(type(command).__name__, error, always=True)

    def _begin_aside(
        self, command: Command, do: Callable[[], Any], then: Callable[[Any], None]
    ) -> None:
        """Do what needs no torch in another thread, and then the rest of a command here."""
        self._aside = command, Aside(do), then

    def _wait_aside(self) -> bool:
        """Wait a moment for what is done elsewhere; return whether there is anything."""
        if self._aside is not None:
            self._aside[1].wait(_LOOK_EVERY_S)
            return True
        return self._schedule.picture.wait(_LOOK_EVERY_S)

    def _use_data_command(self, command: UseDataCommand) -> None:
        self._begin_aside(command, lambda: _fingerprinted(command.data), self._use_data)

    def _open_data(self, command: OpenDataCommand) -> None:
        self._refuse_while_training("opening other data")
        self._begin_aside(command, lambda: _fingerprinted(open_data(command.name)), self._use_data)

    def _use_data(self, data: ImageSet) -> None:
        self._data = data
        self._guard.forget()
        self._schedule.begin_data()
        self._emit(DataOpened(data))
        if self._model is not None:
            self._announce_model()
            self._schedule.start_points()

    def _open_model(self, command: OpenModelCommand) -> None:
        self._refuse_while_training("opening another model")
        path = model_path(command.name)
        self._begin_aside(
            command,
            lambda: read_checkpoint(path),
            lambda file: self._use_model(file, path, command.name),
        )

    def _use_model(self, file: ModelFile, path: Path, name: str) -> None:
        network, prior = build_model(file, self._device), prior_of(file)
        bundled = name in BUNDLED_MODELS
        self._session_epoch += 1
        self._model = LiveModel(
            network,
            file.document,
            self._device,
            name if bundled else path.stem if path.is_file() else path.name,
            file.path,
            self._session_epoch,
            prior=prior,
        )
        self._guard.forget()
        self._schedule.begin_model()
        self._announce_model()
        self._schedule.start_points()

    def _announce_model(self) -> None:
        model = self._model
        assert model is not None
        self._emit(
            ModelOpened(
                model.session_epoch,
                model.name,
                model.path,
                model.document,
                model.fits(self._data),
                model.knows(self._data),
                model.prior,
            )
        )
        self._schedule.begin_picture_scale()

    def _save_model(self, command: SaveModelCommand) -> None:
        if self._model is None:
            raise UsageError("There is no model to save yet.")
        description = Description(self._model.document, self._model.prior)
        if self._training is not None:
            run = self._training.run
            description = describe(run, run.model, run.step)
        is_training = self._training is not None
        tensors = tensors_of(self._model.network, description)
        if is_training:  # the weights change while they are written
            tensors = {name: value.copy() for name, value in tensors.items()}
        self._begin_aside(
            command,
            lambda: write_model_file(
                command.path, description.document, tensors, keep_previous=True
            ),
            lambda _: self._take_saved(command.path, is_training),
        )

    def _take_saved(self, path: Path, was_training: bool) -> None:
        if self._model is not None and not was_training:
            self._model.path = path
            self._model.name = path.stem
            self._announce_model()
        self._emit(ModelSaved(path))

    def _encode_picture(self, command: EncodePictureCommand) -> None:
        if self._model is None:
            raise UsageError("Open a model first; then it can be shown a picture.")
        self._schedule.picture.bring(command.name, command.content)

    def _forget_picture(self, command: ForgetPictureCommand) -> None:
        del command
        self._schedule.picture.forget()

    def _use_device(self, command: UseDeviceCommand) -> None:
        self._refuse_while_training("changing the device")
        self._device = torch.device(pick_device(command.name).name)
        if self._model is not None:
            self._model.network.to(self._device)
            self._model.device = self._device
        self._guard.forget()
        self._emit(DeviceUsed(self._device.type))

    def _refuse_while_training(self, what: str) -> None:
        if self._training is not None:
            raise UsageError(f"Training is running: stop it before {what}.")

    def _train(self, command: TrainCommand) -> None:
        self._refuse_while_training("starting another run")
        if self._data is None:
            raise UsageError("Open a data set first; then there is something to train on.")
        assert isinstance(command.spec, TrainSpec)
        self._emit(TrainStatusChanged("preparing", spec=command.spec))
        try:
            training = TrainingJob(
                command.spec,
                self._data,
                self._device,
                command.run_folder,
                pace=self._pace,
                emit=self._emit,
                tracer=self._tracer,
                guard=self._guard,
            )
        except Exception as error:
            self._emit(TrainStatusChanged("idle"))
            if not is_out_of_memory(error):
                raise
            raise TrainingError(
                "There is not enough memory for this network and these images; make the network "
                "smaller.",
                str(error),
            ) from error
        training.run.pauses.pause = self._schedule.serve_pointer
        self._guard.forget()
        self._training = training
        self._schedule.begin_training()  # distances of the weights before would take a core from it
        self._session_epoch += 1
        run = training.run
        self._model = LiveModel(
            run.model,
            describe(run, run.model, 0, measure_codes=False).document,
            self._device,
            command.name,
            None,
            self._session_epoch,
        )
        self._announce_model()
        self._emit(TrainStatusChanged("running", spec=command.spec, run_folder=command.run_folder))

    def _control_training(self, command: TrainControlCommand) -> None:
        training = self._training
        if training is None:
            return
        if command.action == "stop":
            self._end_training("")
        elif command.action == "pause" and not training.paused:
            training.paused = True
            self._emit(TrainStatusChanged("paused"))
            self._report_pause(training)
        elif command.action == "resume" and training.paused:
            training.paused = False
            self._schedule.end_points()
            self._emit(TrainStatusChanged("running"))
        elif command.action == "step":
            if not training.paused:
                self._emit(TrainStatusChanged("paused"))
            self._schedule.end_points()
            training.single_step()


def _fingerprinted(data: ImageSet) -> ImageSet:
    """Return data whose fingerprint is known: all images are read for it."""
    _ = data.fingerprint
    return data


def _summary(training: TrainingJob) -> str:
    run = training.run
    best = run.best_metrics
    if best is None:
        return f"Stopped after step {run.step:,}; the weights were kept."
    kept = (
        f"Kept epoch {best.epoch}: {best.nats:.1f} nats on images it never saw "
        f"({best.parts_text()})."
    )
    return " ".join(filter(None, (kept, memorising(run))))
