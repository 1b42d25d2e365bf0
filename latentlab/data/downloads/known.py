"""Well-known data sets that do not come with the program and are downloaded when asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from latentlab.base.errors import DataError
from latentlab.base.folders import downloads_folder
from latentlab.data.downloads.remote_file import TIMEOUT_S, Progress, RemoteFile, is_intact
from latentlab.data.idx import open_idx
from latentlab.images.image_set import ImageSet


@dataclass(frozen=True)
class KnownSet:
    """A published data set of IDX files.

    Attributes
    ----------
    name
        What it is called on the command line; also the name of its folder.
    title
        What people read.
    licence
        Under which its authors publish it.
    num_images
        Of training and test together.
    image_shape
        (height, width, channels) of each, in pixels.
    class_names
        Names of the classes.
    mirrors
        Addresses of folders that hold all the files, tried in turn.
    files
        The files with sizes and checksums as published.
    """

    name: str
    title: str
    licence: str
    num_images: int
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]

    @property
    def folder(self) -> Path:
        """Where its files belong."""
        return downloads_folder() / self.name

    @property
    def num_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def is_here(self) -> bool:
        """Whether all files are in place, gzipped or not; does not look into them."""
        return all(
            (self.folder / file.name).is_file() or _unpacked(self.folder, file).is_file()
            for file in self.files
        )


KNOWN_SETS = (
    KnownSet(
        name="mnist",
        title="MNIST",
        licence="CC BY-SA 3.0",
        num_images=70_000,
        image_shape=(28, 28, 1),
        class_names=tuple("0123456789"),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        files=(
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
    ),
    KnownSet(
        name="fashion-mnist",
        title="Fashion-MNIST",
        licence="MIT",
        num_images=70_000,
        image_shape=(28, 28, 1),
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        files=(
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
    ),
    KnownSet(
        name="kmnist",
        title="Kuzushiji-MNIST",
        licence="CC BY-SA 4.0",
        num_images=70_000,
        image_shape=(28, 28, 1),
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        files=(
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                18_165_135,
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                29_497,
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                3_041_136,
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                5_120,
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        ),
    ),
)

KNOWN_DATA = tuple(known.name for known in KNOWN_SETS)


def known_set(name: str) -> KnownSet:
    """Return what is known of a data set by name; it must be one of :data:`KNOWN_DATA`."""
    return next(known for known in KNOWN_SETS if known.name == name)


def open_known(name: str) -> ImageSet:
    """Return training and test images of a downloaded set, in this order.

    Raises
    ------
    DataError
        If its files are not here, saying how they come here, or if they are damaged.
    """
    known = known_set(name)
    if not known.is_here:
        files = ", ".join(file.name for file in known.files)
        raise DataError(
            f"{known.title} is not on this computer yet: run “latentlab data get {name}”, or put "
            f"{files} into “{known.folder}”."
        )
    found = open_idx(known.folder)
    return dataclasses.replace(found, name=name, title=known.title, class_names=known.class_names)


def fetch(known: KnownSet, *, timeout_s: float = TIMEOUT_S) -> Generator[Progress, None, None]:
    """Download those files of a set that are not here and intact.

    Files that somebody has put there unpacked are left as they are. Closing the generator stops the
    download, and the next one goes on from there.

    Yields
    ------
    The progress of all files together.

    Raises
    ------
    DataError
        If a file cannot be had or written; the ones before it stay.
    """
    # What speaks HTTP takes a moment to load, which the start of the window need not wait for.
    from latentlab.data.downloads.download import download

    behind = 0
    for file in known.files:
        unpacked = _unpacked(known.folder, file).is_file()
        if not unpacked and not is_intact(file, known.folder / file.name):
            urls = [mirror + file.name for mirror in known.mirrors]
            for part in download(file, known.folder, urls, timeout_s=timeout_s):
                yield Progress(behind + part.done_bytes, known.num_bytes, part.bytes_per_s)
        behind += file.size
        yield Progress(behind, known.num_bytes, 0.0)


def _unpacked(folder: Path, file: RemoteFile) -> Path:
    return folder / file.name.removesuffix(".gz")
