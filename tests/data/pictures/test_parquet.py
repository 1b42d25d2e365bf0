"""Parquet files: read in parts, bounded by what they can hold, and every damage a sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from picture_files import encoded, some_pixels

from latentlab.base.errors import DataError
from latentlab.data.pictures import parquet as module
from latentlab.data.pictures.listing import Entry, list_pictures
from latentlab.data.pictures.parquet import ParquetPictures, list_parquet
from latentlab.images.origin import Skipped

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

PICTURES = [encoded(some_pixels(i)) for i in range(12)]


def write(path: Path, columns: dict[str, Any], metadata: Any = None, **how: Any) -> Path:
    table = pa.table(columns)
    if metadata is not None:
        text = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
        table = table.replace_schema_metadata({b"huggingface": text})
    pq.write_table(table, path, **how)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cells = [{"bytes": content, "path": f"{i}.png"} for i, content in enumerate(PICTURES)]
    return write(
        tmp_path / "train.parquet",
        {"image": cells, "label": [i % 3 for i in range(12)]},
        {"info": {"features": {"label": {"names": ["ball", "post", "bench"]}}}},
        row_group_size=5,
    )


def entries(path: Path) -> list[Entry]:
    found = list(list_parquet(path, Entry))
    assert not any(isinstance(one, Skipped) for one in found)
    return found  # type: ignore[return-value]


def listed(path: Path) -> Iterator[bytes]:
    """Read all that a file lists, as an import does."""
    pictures = ParquetPictures(str(path))
    for one in entries(path):
        (one.label or "").encode("utf-8", "surrogatepass")
        yield pictures.read(one.member)


def test_rows_and_their_classes(path: Path) -> None:
    assert [one.label for one in entries(path)] == ["ball", "post", "bench"] * 4
    assert list(listed(path)) == PICTURES


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_rows_are_read_in_any_order(
    path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(module, "_MAX_BATCH_ROWS", batch)
    pictures = ParquetPictures(str(path))
    members = [one.member for one in entries(path)]
    for row in (0, 3, 2, 11, 4, 5, 6, 0, 10, 9, 9):
        assert pictures.read(members[row]) == PICTURES[row]
    for wrong in ("image/12", "image/-1", "label/0"):
        with pytest.raises(ValueError, match=r"row|picture"):
            pictures.read(wrong)


def test_only_some_rows_are_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH_BYTES", 1)
    pictures = ParquetPictures(str(path))
    for row in range(12):
        pictures.read(f"image/{row}")
        assert len(pictures._rows) == 1


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        list(listed(path))
    assert path.name in caught.value.sentence
    assert "\n" not in caught.value.sentence
    return caught.value


def test_millions_of_empty_rows_are_refused_by_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = pa.nulls(3_000_000, pa.binary())
    path = write(tmp_path / "nulls.parquet", {"image": cells, "label": cells})
    assert path.stat().st_size < 100_000

    def fail(*_: Any) -> None:
        pytest.fail("a row was read")

    monkeypatch.setattr(module, "_labels", fail)
    assert "3,000,000 rows" in refusal(path).sentence


def test_more_rows_than_anybody_has_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 11)
    assert "claims 12 rows" in refusal(path).sentence


def test_some_empty_rows_are_left_to_the_import(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"image": [PICTURES[0], None, b""]})
    pictures = ParquetPictures(str(path))
    assert len(entries(path)) == 3
    assert pictures.read("image/0") == PICTURES[0]
    with pytest.raises(ValueError, match="no picture"):
        pictures.read("image/1")


@pytest.mark.parametrize(
    "metadata",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        {"info": {"features": {"label": {"names": 7}}}},
        {"info": {"features": []}},
        {"info": {"features": {"label": {"names": ["\ud800", "b"]}}}},
    ],
    ids=range(6),
)
def test_descriptions_of_any_kind(tmp_path: Path, metadata: Any) -> None:
    cells = {"image": PICTURES, "label": [i % 2 for i in range(12)]}
    path = write(tmp_path / "a.parquet", cells, metadata)
    assert list(listed(path)) == PICTURES
    for _ in (scanning := list_pictures([path])):
        pass
    del scanning


@pytest.mark.parametrize(("depth", "is_read"), [(20, True), (60, False), (900, False)])
def test_deeply_nested_columns(tmp_path: Path, depth: int, is_read: bool) -> None:
    kind = pa.int32()
    for _ in range(depth):
        kind = pa.list_(kind)
    table = pa.table({"image": PICTURES, "label": pa.nulls(12, kind)})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    if is_read:
        assert list(listed(path)) == PICTURES
    else:
        refusal(path)


def test_a_long_label_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"image": PICTURES, "label": ["x" * 50_000] * 12})
    assert {len(one.label or "") for one in entries(path)} == {10_000}


def test_a_label_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    labels = pa.array([b"\xff\xfe"] * 12).view(pa.string())
    refusal(write(tmp_path / "a.parquet", {"image": PICTURES, "label": labels}))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"hello" * 99])
def test_what_is_no_parquet_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    assert "damaged" in refusal(path).sentence


@pytest.mark.parametrize("seed", range(8))
def test_mutations_are_read_or_refused(path: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for _ in range(40):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            first = footer if rng.random() < 0.7 else 0
            changed[rng.randrange(first, len(changed))] = rng.randrange(256)
        if rng.random() < 0.2:
            del changed[rng.randrange(len(changed)) :]
        path.write_bytes(changed)
        try:
            for _ in listed(path):
                pass
        except DataError as error:
            assert path.name in error.sentence
        except ValueError as error:  # a single row, which costs itself
            assert "row" in str(error)
