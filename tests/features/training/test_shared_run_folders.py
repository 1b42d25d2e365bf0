from __future__ import annotations

import threading
from pathlib import Path

from latentlab.features.training.controller import new_run_folder


def test_windows_that_begin_in_the_same_second_get_a_folder_each(tmp_path: Path) -> None:
    made: list[Path] = []
    windows = [
        threading.Thread(target=lambda: made.append(new_run_folder(tmp_path / "runs", "a")))
        for _ in range(8)
    ]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    names = {"a", *(f"a-{i}" for i in range(2, 9))}
    assert {folder.name for folder in made} == names
    assert all(folder.is_dir() for folder in made)


def test_where_no_folder_can_be_made_the_run_says_so(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    assert new_run_folder(tmp_path / "runs", "a") == tmp_path / "runs" / "a"
