"""The progress of reading pictures, on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from latentlab.data.pictures.import_messages import ImportProgress


class ImportBar:
    """A bar that appears with the first pictures that are read, on a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> ImportBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def show(self, progress: ImportProgress) -> None:
        """Show how far the import is."""
        if progress.stage != self._stage:
            self._close()
            from tqdm import tqdm

            is_scan = progress.stage == "scanning"
            self._bar = tqdm(
                total=None if is_scan else progress.found,
                desc="Looking for pictures" if is_scan else "Reading pictures",
                unit="file" if is_scan else "picture",
                disable=None,
                leave=False,
                file=sys.stderr,
            )
            self._stage = progress.stage
        count = progress.found if progress.stage == "scanning" else progress.done
        self._bar.update(count - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
