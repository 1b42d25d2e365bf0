"""``latentlab outliers``: the images that are most unusual to a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.cli.command_options import WHOLE, AsJson, Out
from latentlab.cli.destination import file_to_write, write_table_result
from latentlab.cli.output import note, print_json, printable
from latentlab.cli.subject import choose, held_out_of, open_trained, trained_on
from latentlab.features.outliers.measure import OutlierScores, latent_distance, outlier_scores
from latentlab.features.outliers.roc import auc
from latentlab.features.outliers.table import outlier_columns
from latentlab.images.image_set import ImageSet
from latentlab.images.table_file import ENDINGS, check_table_file

if TYPE_CHECKING:
    from latentlab.models.open_model import OpenedModel

_ROWS = 20  # of the table
_NAMES = 20  # of classes in a sentence

Splits = NDArray[np.str_]
Top = Annotated[int | None, WHOLE, Parameter(validator=Number(gte=1))]


@dataclass(frozen=True)
class OutlierRow:
    """One image in the result; the names of the fields are those of columns and keys."""

    rank: int
    index: int
    file: str | None
    label: str | None
    split: str
    recon_error: float
    latent_distance: float


def outliers(
    run: str,
    data: str,
    *,
    by: Literal["recon", "latent"] = "recon",
    error: Literal["mse", "nats"] = "mse",
    top: Top = None,
    abnormal: str | None = None,
    out: Out | None = None,
    device: str = "auto",
    json_: AsJson = False,
) -> int:
    """List images by how unusual they are to a model.

    The reconstruction error says how badly an image is drawn again; the latent distance is the mean
    distance of its code to the 5 nearest codes of training images other than itself, in units of
    the spread of these codes. Splits are train and held-out; images of a set that the model was not
    trained on are other.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    data
        A data set of images that fit the model.
    by
        The score that images are sorted by, most unusual first.
    error
        The reconstruction error in which unit: mse, over pixels from 0 to 1, or nats, the loss of
        the model. On grey pixels nats are large for grey images, however well they are drawn.
    top
        How many images to list; 20 in the table, and all of them with --json, if not given.
    abnormal
        A class that counts as abnormal: gives for both scores the area under the ROC curve over the
        images that were not trained on. It is 0.5 for chance and 1 where all of the class are more
        unusual than any other image.
    out
        A .csv or .parquet file with all images.
    device
        auto, cpu, cuda or mps.
    json_
        Write one JSON object.
    """
    if out is not None:
        check_table_file(file_to_write(out, ENDINGS))
    model = open_trained(run, device)
    images = choose(model, data, "all").data
    positive = None if abnormal is None else _of_class(images, abnormal)
    scores, splits = _measured(model, images, error)
    rows = _rows(images, splits, scores, by)
    found: dict[str, Any] = {
        "data": images.name,
        "num_images": len(images),
        "by": by,
        "error": error,
        "abnormal": abnormal,
        "auc_recon": None,
        "auc_latent": None,
    }
    if positive is not None:
        unseen = splits != "train"
        found["auc_recon"] = auc(scores.recon_error[unseen], positive[unseen])
        found["auc_latent"] = auc(scores.latent_distance[unseen], positive[unseen])
        if not 0 < positive[unseen].sum() < unseen.sum():
            note(
                f"Among the {unseen.sum():,} images that were not trained on there are not both "
                f"some of “{abnormal}” and others, so there is no ROC curve."
            )
    if out is not None:
        order = np.array([row.index for row in rows], np.int64)
        knows = not (splits == "other").any()
        held_out = np.flatnonzero(splits == "held-out") if knows else None
        write_table_result(out, outlier_columns(images, scores, order, held_out=held_out))
        found["out"] = out
    if json_:
        print_json(found | {"outliers": [asdict(row) for row in rows[:top]]})
    else:
        _print(found, rows[: top or _ROWS])
    return 0


def _measured(model: OpenedModel, images: ImageSet, error: str) -> tuple[OutlierScores, Splits]:
    """Return the scores of all images, and the split of each."""
    from latentlab.features.outliers.image_errors import codes_of, image_errors

    found = image_errors(model.network, images.images, model.device)
    errors = found.mse if error == "mse" else found.nats
    document = model.document
    own = trained_on(document, images)
    everything = np.arange(len(images))
    if own is images:
        held_out = held_out_of(document, images)
        splits = np.where(np.isin(everything, held_out), "held-out", "train")
        training = np.setdiff1d(everything, held_out)
        return outlier_scores(errors, found.codes, training), splits
    splits = np.full(len(images), "other")
    if own is None:
        note(
            f"The images that the model was trained on (“{document.data_name}”) are not here, so "
            "latent distances are those among the given images."
        )
        return outlier_scores(errors, found.codes, everything), splits
    training = np.setdiff1d(np.arange(len(own)), held_out_of(document, own))
    codes = codes_of(model.network, own.images, training, model.device)
    return OutlierScores(errors, latent_distance(found.codes, codes)), splits


def _of_class(images: ImageSet, name: str) -> NDArray[np.bool_]:
    """Return which images are of a class, bool (n,).

    Raises
    ------
    UsageError
        If there are no classes, or none of that name.
    """
    if images.labels is None:
        raise UsageError(f"“{images.title}” has no classes, so none can be --abnormal.")
    labels = np.unique(images.labels)
    first_of = [int(np.flatnonzero(images.labels == label)[0]) for label in labels]
    names = [images.class_name(index) for index in first_of]
    if name not in names:
        shown = ", ".join(names[:_NAMES]) + (" …" if len(names) > _NAMES else "")
        raise UsageError(f"“{images.title}” has no class “{name}”; it has: {shown}.")
    found: NDArray[np.bool_] = images.labels == labels[names.index(name)]
    return found


def _rows(images: ImageSet, splits: Splits, scores: OutlierScores, by: str) -> list[OutlierRow]:
    """Return all images, most unusual first."""
    origin = images.origin
    files = None if origin is None or len(origin.files) != len(images) else origin.files
    ranks = scores.ranks(by)
    return [
        OutlierRow(
            rank=int(ranks[i]),
            index=i,
            file=None if files is None else files[i],
            label=None if images.labels is None else images.class_name(i),
            split=str(splits[i]),
            recon_error=float(scores.recon_error[i]),
            latent_distance=float(scores.latent_distance[i]),
        )
        for i in np.argsort(ranks).tolist()
    ]


def _print(found: dict[str, Any], rows: Sequence[OutlierRow]) -> None:
    print(f"{found['num_images']:,} images of {printable(found['data'])}")
    if found["abnormal"] is not None:
        for name, key in (("reconstruction error", "auc_recon"), ("latent distance", "auc_latent")):
            shown = "–" if found[key] is None else f"{found[key]:.3f}"
            print(f"  AUC of {name:21}{shown}")
    width = max(5, *(len(printable(row.label or "")) for row in rows))
    print(
        f"{'rank':>7} {'index':>7}  {'split':8}  {found['error']:>10}  distance  {'class':{width}}"
    )
    for row in rows:
        print(
            f"{row.rank:7,} {row.index:7}  {row.split:8}  {row.recon_error:10.5g}  "
            f"{row.latent_distance:8.4f}  {printable(row.label or ''):{width}}  "
            f"{printable(row.file or '')}".rstrip()
        )
    if "out" in found:
        print(found["out"])
