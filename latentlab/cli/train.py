"""``latentlab train``: the same run as in the window, from a shell."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from latentlab.cli.options import command_line_type
from latentlab.core.errors import DataError, TrainingError, UsageError
from latentlab.core.openmp import wait_passively
from latentlab.core.train_spec import TrainSpec

if TYPE_CHECKING:
    TrainOptions = TrainSpec
else:
    TrainOptions = command_line_type(TrainSpec, without=("data",))


def train(
    data: str,
    *,
    out: Path,
    device: str = "auto",
    threads: Annotated[int | None, Parameter(validator=Number(gte=1, lte=1024))] = None,
    options: Annotated[TrainOptions, Parameter(name="*")] = TrainOptions(),  # noqa: B008 - frozen
) -> int:
    """Train a model and write a run folder.

    Parameters
    ----------
    data
        A bundled name (digits), an IDX file or folder, or a .npz or .npy file.
    out
        The run folder to write; it must not hold a run yet.
    device
        auto, cpu, cuda or mps.
    threads
        Processor threads; the fastest count is found by trying if not given. Give it where a run
        must repeat to the last bit.
    """
    spec = TrainSpec(**{**vars(options), "data": data})
    spec.validate()

    from latentlab.data.catalog import open_data

    try:
        images = open_data(data)
    except DataError as error:
        raise UsageError(error.sentence, error.details) from error

    wait_passively()
    import torch
    from tqdm import tqdm

    from latentlab.nn.device import pick_device
    from latentlab.nn.run_folder import RunFolder
    from latentlab.nn.training import Metrics, StepDone, TrainingRun

    choice = pick_device(device)
    print(f"{choice.title} ({choice.reason})", file=sys.stderr)
    training = TrainingRun(spec, images, device=torch.device(choice.name), threads=threads)
    folder = RunFolder(out, training, warn=_warn)
    # A cluster ends a job by SIGTERM: the run is saved as after Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tqdm(total=training.total_steps, unit="step", disable=None, file=sys.stderr) as bar:
            for event in training.run():
                if isinstance(event, StepDone):
                    bar.update(event.step - bar.n)
                elif isinstance(event, Metrics):
                    folder.log(event)
                    folder.save_now_and_then()
                    if event.split == "held_out":
                        bar.set_postfix_str(f"held out {event.loss:.1f} nats", refresh=False)
    except (KeyboardInterrupt, TrainingError):
        folder.finish()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    folder.finish()
    best = training.best_metrics
    if best is not None:
        print(
            f"Kept epoch {best.epoch}: {best.loss:.2f} nats held out "
            f"(reconstruction {best.recon_loss:.2f}, KL {best.kl:.2f}).",
            file=sys.stderr,
        )
    print(folder.model_path)
    return 0


def _warn(sentence: str) -> None:
    print(sentence, file=sys.stderr)
