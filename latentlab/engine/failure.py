"""What is said when a piece of work fails: which one, why, and what to do."""

from __future__ import annotations

from typing import Literal

from latentlab.base.out_of_memory import is_out_of_memory

Job = Literal[
    "decode",
    "reconstruct",
    "grid",
    "slider_ends",
    "compare",
    "picture_scale",
    "points",
    "noise_codes",
    "noise_field",
    "denoise",
    "strip",
    "matrix",
    "query_image",
    "train",
    "save_run",
]
"""Work of the compute thread that is no command."""

_WORDS: dict[str, tuple[str, str]] = {
    "decode": ("Decoding at the cursor", "Move the cursor to try again."),
    "reconstruct": ("Reconstructing the selected image", "Select it again to retry."),
    "grid": ("Decoding the grid of the map", "Move the map to try again."),
    "slider_ends": ("Decoding the ends of the sliders", "Move the cursor to try again."),
    "compare": ("Comparing with the nearest image", "Move the cursor to try again."),
    "picture_scale": ("Measuring distances between images", "Open the data again to retry."),
    "points": ("Encoding the images for the map", "Open the data again to retry."),
    "noise_codes": ("Encoding the noise path and cloud", "Change the noise to try again."),
    "noise_field": ("Computing the denoising field", "Move the map to try again."),
    "denoise": ("Denoising the image", "Change the noise or choose another denoiser."),
    "strip": ("Computing the strip over all amounts", "Change the noise to try again."),
    "matrix": (
        "Computing the noise matrix",
        "Finished cells are kept; press “Compute” to try again.",
    ),
    "query_image": ("Encoding your image", "Paste or drop it again to retry."),
    "train": ("Training", "The run was stopped and its best weights were kept."),
    "save_run": ("Saving the run", "What was saved before is intact."),
    "UseDataCommand": ("Opening the data", "What was open stays open."),
    "OpenDataCommand": ("Opening the data", "What was open stays open."),
    "OpenModelCommand": ("Opening the model", "What was open stays open."),
    "SaveModelCommand": ("Saving the model", "Save it again, or to another place."),
    "UseDeviceCommand": ("Changing the device", "Choose another device."),
    "TrainCommand": ("Starting the run", "Change the settings and start it again."),
    "TrainControlCommand": ("Controlling the run", "Press the button again."),
    "EncodePictureCommand": ("Reading your image", "Paste or drop it again to retry."),
}
_ANY = ("The computation", "What was open stays open.")


def failure_sentence(origin: str, error: Exception, words: tuple[str, str] | None = None) -> str:
    """Return what is said of an error that nobody has foreseen.

    ``words`` are what was done, to begin a sentence with, and how to try again; without them they
    follow from the origin.
    """
    what, then = words or _WORDS.get(origin, _ANY)
    if is_out_of_memory(error):
        return (
            f"{what} needs more memory than is available. Close other programs, or use a smaller "
            f"model or fewer images. {then}"
        )
    return f"{what} failed unexpectedly ({type(error).__name__}). {then}"
