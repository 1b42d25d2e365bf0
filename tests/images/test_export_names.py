from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from latentlab.images.export_names import export_names

NAMES = {
    "plain": (["a.png", "dog/b.jpg"], ["a.png", "dog/b.png"]),
    "clashes": (
        ["a.jpg", "a.png", "A.gif", "a-2.png"],
        ["a.png", "a-2.png", "A-3.png", "a-2-2.png"],
    ),
    "clashes in folders": (["x/a.jpg", "y/a.jpg", "x/a.bmp"], ["x/a.png", "y/a.png", "x/a-2.png"]),
    "a folder like a file": (["x.jpg", "x.png/a.jpg"], ["x-2.png", "x.png/a.png"]),
    "no ending": (["scan.2020", "scan.2021", "a"], ["scan.2020.png", "scan.2021.png", "a.png"]),
    "a dot first": ([".png", ".two.webp"], [".png.png", ".two.png"]),
    "out of the folder": (
        ["../../x.png", "/etc/x.png", "a/../b.png"],
        ["x.png", "etc/x.png", "a/b.png"],
    ),
    "nothing left": (
        ["..", "", "/", ". ."],
        ["picture.png", "picture-2.png", "picture-3.png", "picture-4.png"],
    ),
    "Windows": (
        ["C:\\x.png", "con.png", "a./NUL", "b .png"],
        ["C__x.png", "_con.png", "a/_NUL.png", "b.png"],
    ),
    "refused letters": (['a<b>:"|?*.png', "=cmd()"], ["a_b______.png", "=cmd().png"]),
    "no text": (
        ["caf\udce9.png", "a\nb.png", "\u202egnp.exe"],
        ["caf_xe9.png", "a_nb.png", "_u202egnp.exe.png"],
    ),
    "one letter in two ways": (["é.png", "e\u0301.png"], ["é.png", "e\u0301-2.png"]),
    "a row of a table": (["x.parquet#0", "x.parquet#1"], ["x.parquet#0.png", "x.parquet#1.png"]),
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    files, expected = NAMES[name]
    assert export_names(files) == expected


def test_long_and_deep_names_can_be_written(tmp_path: Path) -> None:
    files = ["x" * 255 + ".png", "é" * 127, "x" * 254 + ".jpg", "/".join(["deep" * 20] * 1000)]
    found = export_names([*files, *files])
    assert len(set(found)) == 8
    for name in found:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
        assert max(len(part.encode()) for part in PurePosixPath(name).parts) < 150
        assert len(name.encode()) < 1100


def test_many_clashes_are_quickly_solved() -> None:
    found = export_names(["a.png"] * 20_000)
    assert len(set(found)) == 20_000
    assert found[-1] == "a-20000.png"


def test_whatever_the_names_are_they_stay_inside_and_differ() -> None:
    parts = ["..", ".", "", " ", "a", "A", "a.png", "con", "\\", "\x00", "..\\..", "b.", "a-2"]
    files = ["/".join((a, b, c)) for a in parts for b in parts for c in parts]
    found = export_names(files)
    assert len({name.casefold() for name in found}) == len(files)
    for name in found:
        assert not name.startswith("/")
        for part in name.split("/"):
            assert part == part.strip()
            assert not part.endswith(".")
            assert part not in ("", ".", "..")
            assert not set(part) & set('<>:"\\|?*\x00')
