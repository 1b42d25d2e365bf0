"""``latentlab train``: the same run as in the window, from a shell or on a cluster."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from latentlab.base.errors import TrainingError
from latentlab.base.model_place import RUN_NAME
from latentlab.base.openmp import wait_briefly
from latentlab.base.write_errors import is_disk_full
from latentlab.cli.command_options import WHOLE, AsJson, command_line_type, given
from latentlab.cli.destination import folder_to_write
from latentlab.cli.ending import ending
from latentlab.cli.output import note, print_json
from latentlab.cli.picture_options import NOTHING_ASKED, Pictures, asked_treatment
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.proposal import proposed_spec, too_few
from latentlab.models.family.train_spec import (
    TrainSpec,
    check_alone,
    refuse_meaningless,
    usual_spec,
)

AUTO, NONE = "auto", "none"

if TYPE_CHECKING:
    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder

    TrainOptions = TrainSpec
    PresetName = str
else:
    TrainOptions = command_line_type(TrainSpec, without=("data",))
    PresetName = Literal[(AUTO, NONE, *PRESETS)]


def train(
    data: str,
    *,
    out: Path,
    resume: bool = False,
    preset: PresetName = AUTO,
    device: str = "auto",
    threads: Annotated[int | None, WHOLE, Parameter(validator=Number(gte=1, lte=1024))] = None,
    save_every: Annotated[float, Parameter(validator=Number(gte=0))] = 20.0,
    json_: AsJson = False,
    options: Annotated[TrainOptions, Parameter(name="*")] = TrainOptions(),  # noqa: B008 - frozen
    pictures: Pictures = NOTHING_ASKED,
) -> int:
    """Train a model and write a run folder.

    Started by torchrun, several processes share each batch.

    Parameters
    ----------
    data
        A folder or zip archive of pictures, a packed data set, a bundled or known name such as
        digits, an IDX file or folder, or a .npz, .npy or Parquet file.
    out
        The run folder to write; it must not hold a run yet.
    resume
        Continue the run in the folder, if there is one, exactly where its last save left it.
    preset
        Settings by name, which single options change: auto is what suits the images, and with
        --resume the settings of the run; none is the usual setting of each option.
    device
        auto, cpu, cuda or mps.
    threads
        Processor threads; as many as the work is worth if not given. The same count gives the same
        run to the last bit.
    save_every
        Seconds between two saves.
    json_
        Write the result as one JSON object.
    """
    asked = given(options)
    # What cannot be is refused before images are read, which may take minutes.
    if preset == AUTO:
        check_alone(asked)
        settled = _spec_so_far(data, out, asked) if resume else None
    else:
        settled = _spec_of(data, preset, asked)

    from latentlab.cli.subject import open_images

    images = open_images(data, asked_treatment(pictures))
    spec = settled or _recommended(data, asked, images.image_shape, len(images))
    spec.validate(images.image_shape)
    folder_to_write(out)

    wait_briefly()
    from latentlab.models.device import pick_device
    from latentlab.training.process_group import (
        ProcessGroup,
        TorchrunGroup,
        local_device,
        started_by_torchrun,
    )
    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder, join_run
    from latentlab.training.threads import usual_threads

    choice = pick_device(device)
    where = local_device(choice.name)
    group = TorchrunGroup(where) if started_by_torchrun() else ProcessGroup()
    try:
        training = TrainingRun(spec, images, device=where, threads=threads, group=group)
        if group.writes:
            folder = RunFolder(out, training, warn=note, resume=resume)
            note(f"{choice.title} ({choice.reason})")
            if warning := too_few(len(images)):
                note(warning)
            _say_start(training, folder)
        else:
            folder = None
            join_run(out, training, resume=resume)
        if training.threads is None:  # neither given nor that of the run so far
            training.threads = usual_threads(spec, images.image_shape)
        with ending(training, folder) as ended:
            _advance(training, folder, save_every)
    finally:
        group.close()
    if folder is not None:
        if not folder.is_saved:
            error = folder.save_error
            remedy = "Make room and continue" if is_disk_full(error) else "Continue"
            raise TrainingError(
                f"The best model, of step {training.best_step:,}, could not be saved in “{out}”: "
                f"{error.sentence if error else ''} {remedy} with --resume to save it.",
                error.details if error else "",
            )
        _say_result(training, folder, json_)
    return 130 if ended.asked or training.stop_requested else 0


def _spec_of(data: str, preset: str, options: dict[str, Any]) -> TrainSpec:
    """Return the settings: the preset's, changed by what was given."""
    if preset == NONE:
        base = usual_spec(options.get("objective", TrainSpec().objective))
    else:
        base = PRESETS[preset].spec()
    return _changed(base, data, options)


def _recommended(
    data: str, options: dict[str, Any], shape: tuple[int, int, int], num_images: int
) -> TrainSpec:
    """Return what is recommended for the images beside what was given."""
    return _changed(proposed_spec(shape, num_images, options), data, options)


def _spec_so_far(data: str, out: Path, options: dict[str, Any]) -> TrainSpec | None:
    """Return the settings of the run in a folder, changed by what was given, if it holds one.

    They were settled when it began: what is recommended today may be something else.
    """
    if not (out / RUN_NAME).is_file():
        return None
    wait_briefly()
    from latentlab.training.run_folder import asked_for

    return _changed(asked_for(out)[0], data, options)


def _changed(base: TrainSpec, data: str, options: dict[str, Any]) -> TrainSpec:
    spec = dataclasses.replace(base, **{**options, "data": data})
    spec.validate()
    refuse_meaningless(spec, options)
    return spec


def _advance(training: "TrainingRun", folder: "RunFolder | None", save_every_s: float) -> None:
    """Run to the end or to a stop, and save."""
    from tqdm import tqdm

    from latentlab.training.train_events import Metrics, StepDone

    try:
        with tqdm(
            total=training.total_steps,
            initial=training.step,
            unit="step",
            disable=None if folder is not None else True,
            file=sys.stderr,
        ) as bar:
            for event in training.run():
                if isinstance(event, StepDone):
                    bar.update(event.step - bar.n)
                elif isinstance(event, Metrics) and folder is not None:
                    folder.log(event)
                    if event.split == "held_out":
                        bar.set_postfix_str(f"held out {event.nats:.1f} nats", refresh=False)
                if folder is not None:
                    folder.save_now_and_then(save_every_s)
    except BaseException:  # whatever ends the run, what it has learnt is not lost
        if folder is not None:
            folder.finish()
        raise
    if folder is not None:
        folder.finish()


def _say_start(training: "TrainingRun", folder: "RunFolder") -> None:
    if training.step >= training.total_steps:
        note(f"The run in “{folder.path}” is complete; there is nothing to continue.")
    elif training.step:
        note(f"Continuing after step {training.step:,} of {training.total_steps:,}.")


def _say_result(training: "TrainingRun", folder: "RunFolder", as_json: bool) -> None:
    from latentlab.training.memorising import memorising

    if remark := memorising(training):
        note(remark)
    best = training.best_metrics
    if best is not None:
        note(f"Kept epoch {best.epoch}: {best.nats:.2f} nats held out ({best.parts_text()}).")
    if as_json:
        found = {
            "run": str(folder.path),
            "model": str(folder.model_path),
            "step": training.step,
            "total_steps": training.total_steps,
            "best": None if best is None else best.as_line(),
        }
        print_json(found)
    else:
        print(folder.model_path)
