"""What the compute thread does in each turn. No Qt: tests call it directly."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch

from latentlab.core.adapt import adapted
from latentlab.core.bundled import BUNDLED_MODELS, model_path
from latentlab.core.errors import LatentLabError, TrainingError, UsageError
from latentlab.core.image_set import ImageSet
from latentlab.core.messages import (
    Command,
    DataOpened,
    Decoded,
    DecodeRequest,
    DeviceOption,
    DeviceUsed,
    EncodePictureCommand,
    EngineReady,
    Failed,
    ForgetPictureCommand,
    ModelOpened,
    ModelSaved,
    OpenDataCommand,
    OpenModelCommand,
    Reconstructed,
    ReconstructRequest,
    Result,
    SaveModelCommand,
    TilesDecoded,
    TilesRequest,
    TrainCommand,
    TrainControlCommand,
    TrainStatusChanged,
    TraversalEndsDecoded,
    TraversalEndsRequest,
    UseDataCommand,
    UseDeviceCommand,
)
from latentlab.core.model_file import read_model_file
from latentlab.core.trace import Tracer, now_s
from latentlab.data.catalog import open_data
from latentlab.family.train_spec import TrainSpec
from latentlab.nn.checkpoint import (
    Description,
    build_model,
    describe,
    prior_of,
    save_model,
)
from latentlab.nn.device import available_devices, cpu_threads, pick_device
from latentlab.services.engine.brought_picture import BroughtPicture
from latentlab.services.engine.embedding_job import EmbeddingJob
from latentlab.services.engine.live_model import LiveModel
from latentlab.services.engine.mailbox import Mailbox
from latentlab.services.engine.nearest_comparison import NearestComparison
from latentlab.services.engine.noise_lab_work import NoiseLabWork
from latentlab.services.engine.noise_map_work import NoiseMapWork
from latentlab.services.engine.pace import (
    QUIET_SWITCH_INTERVAL_S,
    SWITCH_INTERVAL_S,
    Pace,
    PieceSize,
)
from latentlab.services.engine.picture_scale_work import PictureScaleWork
from latentlab.services.engine.study_work import StudyWork
from latentlab.services.engine.training_job import TrainingJob


class Engine:
    """Serves requests and advances long work, one piece per turn.

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
        self._embedding: EmbeddingJob | None = None
        self._picture: BroughtPicture | None = None
        self._noise_map = NoiseMapWork(mailbox, emit)
        self._fields_turn = False
        self._noise_lab = NoiseLabWork(mailbox, emit, tracer)
        self._studies = StudyWork(mailbox, emit)
        self._comparison = NearestComparison(mailbox, emit)
        self._scale = PictureScaleWork(emit)
        self._tiles: TilesRequest | None = None
        self._tiles_done = 0
        self._tile_piece = PieceSize(512)
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
        }

    def announce(self, import_s: float) -> None:
        """Say that the engine serves, after ``import_s`` seconds of loading."""
        options = tuple(DeviceOption(d.name, d.title, d.reason) for d in available_devices())
        self._emit(EngineReady(options, self._device.type, import_s))

    def turn(self) -> bool:
        """Do one piece of work; return whether there is more to do at once."""
        command = self._mailbox.take_command()
        if command is not None:
            self._run_command(command)
        self._serve_cursor()
        self._refresh_picture()
        training = self._training
        if training is not None and training.wants_turn:
            if training.run.threads is not None:
                self._pace.plan_micro_batch(training.run.batch_size, training.run.step_s)
                self._set_threads(self._threads_wanted())
            self._set_switch_interval(self._pace.is_interacting())
            self._advance_training(training)
            if self._pace.may_work_beside():
                begin = now_s()
                if self._work_beside_training():
                    self._pace.spent_beside(now_s() - begin)
            return True
        self._decode_ends()
        self._comparison.serve(self._model)
        self._noise_map.advance_codes(self._model)
        self._studies.serve(self._model)
        if self._has_tiles():
            self._advance_tiles()
        elif self._embedding is not None:
            self._advance_embedding()
        elif self._scale.has_work():
            self._scale.advance()
        elif self._noise_map.has_field():
            self._noise_map.advance_field(self._model)
        elif self._noise_lab.has_strip():
            self._noise_lab.advance_strip(self._model, self._data, self._device)
        else:
            self._studies.advance(self._model, self._device)
        return (
            self._has_tiles()
            or self._scale.has_work()
            or self._embedding is not None
            or self._noise_map.has_work()
            or self._noise_lab.has_strip()
            or self._studies.has_work()
            or not self._mailbox.is_empty()
        )

    def close(self) -> None:
        """Stop, and save the run that is in training."""
        if self._training is not None:
            self._end_training("")
        self._embedding = self._tiles = None
        self._scale.close()
        self._studies.close()

    # --- interactive requests ------------------------------------------------------------------

    def _serve_cursor(self) -> None:
        request = self._mailbox.take(DecodeRequest)
        if request is not None and self._is_current(request.session_epoch):
            assert self._model is not None
            begin = now_s()
            image = self._model.decode(request.z[None])[0]
            end = now_s()
            self._tracer.span("decode.compute", begin, end, sequence=request.sequence)
            self._emit(
                Decoded(
                    request.session_epoch,
                    request.sequence,
                    request.z,
                    image,
                    self._model.weights_version,
                    (end - begin) * 1e3,
                    request.event_s,
                    request.by_hand,
                )
            )
        self._noise_lab.serve(self._model, self._device)
        wanted = self._mailbox.take(ReconstructRequest)
        if wanted is not None and self._is_current(wanted.session_epoch):
            assert self._model is not None
            fitting = adapted(wanted.image[None], self._model.document.input_shape)[0]
            z, image, loss = self._model.reconstruct(fitting)
            self._emit(
                Reconstructed(wanted.session_epoch, wanted.sequence, wanted.index, z, image, loss)
            )

    def _is_current(self, session_epoch: int) -> bool:
        return self._model is not None and self._model.session_epoch == session_epoch

    def _has_ends(self) -> bool:
        return self._mailbox.has(TraversalEndsRequest)

    def _decode_ends(self) -> None:
        request = self._mailbox.take(TraversalEndsRequest)
        if request is None or not self._is_current(request.session_epoch):
            return
        assert self._model is not None
        self._emit(
            TraversalEndsDecoded(
                request.session_epoch,
                request.sequence,
                request.numbers,
                self._model.decode_tiles(request.z),
                self._model.weights_version,
            )
        )

    def _has_tiles(self) -> bool:
        return self._tiles is not None or self._mailbox.has(TilesRequest)

    def _advance_tiles(self) -> None:
        newer = self._mailbox.take(TilesRequest)
        if newer is not None:
            self._tiles, self._tiles_done = newer, 0
        request = self._tiles
        if request is None:
            return
        if not self._is_current(request.session_epoch):
            self._tiles = None
            return
        assert self._model is not None
        start = self._tiles_done
        stop = min(len(request.keys), start + self._tile_piece.items)
        begin = now_s()
        images = self._model.decode_tiles(request.z[start:stop])
        self._tile_piece.learn(stop - start, now_s() - begin)
        self._tiles_done = stop
        if stop == len(request.keys):
            self._tiles = None
        self._emit(
            TilesDecoded(
                request.session_epoch,
                request.sequence,
                request.level,
                request.keys[start:stop],
                images,
                self._model.weights_version,
            )
        )

    def _work_beside_training(self) -> bool:
        """Do a piece of what the map wants; return whether there was anything."""
        if self._comparison.serve(self._model):
            return True
        if self._studies.wants_serving():
            self._studies.serve(self._model)
            return True
        if self._scale.has_work():
            self._scale.advance()
            return True
        has_strip = self._noise_lab.has_strip()
        if has_strip:
            self._noise_lab.advance_strip(self._model, self._data, self._device)
        if not (self._has_tiles() or self._has_ends() or self._noise_map.has_work()):
            return has_strip
        self._decode_ends()
        self._noise_map.advance_codes(self._model)
        # The grid always wants more while the weights change, so the field takes turns with it.
        self._fields_turn = self._noise_map.has_field() and not (
            self._fields_turn and self._has_tiles()
        )
        if self._fields_turn:
            self._noise_map.advance_field(self._model)
        else:
            self._advance_tiles()
        return True

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
        except TrainingError as error:
            self._end_training(error.sentence)
            self._emit(Failed("train", error.sentence, error.details))
            return
        except Exception:
            # A defect must not leave a run that neither goes on nor ends.
            self._training = None
            self._emit(TrainStatusChanged("idle"))
            raise
        if ended:
            self._end_training("")
        elif training.paused and not training.wants_turn:
            self._report_pause(training)

    def _report_pause(self, training: TrainingJob) -> None:
        assert self._model is not None
        training.report(self._model, now=True)
        self._start_embedding()

    def _advance_embedding(self) -> None:
        assert self._embedding is not None
        report, done = self._embedding.advance()
        if done:
            self._embedding = None
        if report is not None:
            self._emit(report)

    def _start_embedding(self) -> None:
        self._embedding = None
        if self._model is not None and self._data is not None:
            self._embedding = EmbeddingJob(self._model, self._data)

    def _end_training(self, sentence: str) -> None:
        """Save the run and show its best weights."""
        training, model = self._training, self._model
        assert training is not None and model is not None
        run = training.run
        self._emit(TrainStatusChanged("finishing", "Saving the best model…"))
        training.report(model, now=True)
        training.finish()
        self._training = None
        self._set_switch_interval(True)
        model.network.eval()
        assert training.folder.saved is not None
        model.document, model.prior = training.folder.saved.document, training.folder.saved.prior
        model.path = training.folder.model_path
        model.weights_version = run.step + 1
        self._announce_model()
        self._emit(TrainStatusChanged("idle", sentence or _summary(training)))
        self._start_embedding()

    # --- commands ------------------------------------------------------------------------------

    def _run_command(self, command: Command) -> None:
        try:
            self._handlers[type(command)](command)
        except LatentLabError as error:
            self._emit(Failed(type(command).__name__, error.sentence, error.details))

    def _use_data_command(self, command: UseDataCommand) -> None:
        self._use_data(command.data)

    def _open_data(self, command: OpenDataCommand) -> None:
        self._refuse_while_training("opening other data")
        self._use_data(open_data(command.name))

    def _use_data(self, data: ImageSet) -> None:
        self._data = data
        self._noise_lab.end_strip()
        self._emit(DataOpened(data))
        if self._model is not None:
            self._announce_model()
            self._start_embedding()

    def _open_model(self, command: OpenModelCommand) -> None:
        self._refuse_while_training("opening another model")
        path = model_path(command.name)
        file = read_model_file(path)
        network, prior = build_model(file, self._device), prior_of(file)
        bundled = command.name in BUNDLED_MODELS
        self._session_epoch += 1
        self._model = LiveModel(
            network,
            file.document,
            self._device,
            command.name if bundled else path.stem if path.is_file() else path.name,
            file.path,
            self._session_epoch,
            prior=prior,
        )
        self._tiles = None
        self._announce_model()
        self._start_embedding()

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
        self._scale.follow(model, self._data)

    def _save_model(self, command: SaveModelCommand) -> None:
        if self._model is None:
            raise UsageError("There is no model to save yet.")
        description = Description(self._model.document, self._model.prior)
        if self._training is not None:
            run = self._training.run
            description = describe(run, run.model, run.step)
        save_model(command.path, self._model.network, description, keep_previous=True)
        if self._training is None:
            self._model.path = command.path
            self._model.name = command.path.stem
            self._announce_model()
        self._emit(ModelSaved(command.path))

    def _encode_picture(self, command: EncodePictureCommand) -> None:
        if self._model is None:
            raise UsageError("Open a model first; then it can be shown a picture.")
        picture = BroughtPicture(command.name, command.content)
        self._emit(picture.encode(self._model))
        self._picture = picture

    def _forget_picture(self, command: ForgetPictureCommand) -> None:
        del command
        self._picture = None

    def _refresh_picture(self) -> None:
        picture, model, training = self._picture, self._model, self._training
        if picture is None or model is None:
            return
        hurried = training is not None and training.wants_turn
        if picture.is_due(model, hurried=hurried):
            try:
                self._emit(picture.encode(model))
            except LatentLabError as error:
                self._picture = None
                self._emit(Failed("EncodePictureCommand", error.sentence, error.details))

    def _use_device(self, command: UseDeviceCommand) -> None:
        self._refuse_while_training("changing the device")
        self._device = torch.device(pick_device(command.name).name)
        if self._model is not None:
            self._model.network.to(self._device)
            self._model.device = self._device
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
            )
        except (LatentLabError, RuntimeError, MemoryError) as error:
            self._emit(TrainStatusChanged("idle"))
            if isinstance(error, LatentLabError):
                raise
            raise TrainingError(
                "There is not enough memory for this network and these images; make the network "
                "smaller.",
                str(error),
            ) from error
        self._embedding = self._tiles = None
        self._training = training
        self._studies.close()  # distances of the weights before would take a core from it
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
            self._embedding = None
            self._emit(TrainStatusChanged("running"))
        elif command.action == "step":
            if not training.paused:
                self._emit(TrainStatusChanged("paused"))
            self._embedding = None
            training.single_step()


def _summary(training: TrainingJob) -> str:
    run = training.run
    best = run.best_metrics
    if best is None:
        return f"Stopped after step {run.step:,}; the weights were kept."
    return (
        f"Kept epoch {best.epoch}: {best.nats:.1f} nats on images it never saw "
        f"({best.parts_text()})."
    )
