"""Names and shapes of weights, compared with those that a model needs."""

from __future__ import annotations

from collections.abc import Mapping

from latentlab.base.errors import ModelFileError

_ROWS_SHOWN = 50


def check_same_layout(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> None:
    """Check that names and shapes of weights are those of the model they are meant for.

    Raises
    ------
    ModelFileError
        With a table of the differences as its details.
    """
    rows = []
    for name in sorted({*expected, *found}):
        here = str(tuple(expected[name])) if name in expected else "-"
        there = str(tuple(found[name])) if name in found else "-"
        if here != there:
            rows.append((name, here, there))
    if not rows:
        return
    num_missing = sum(there == "-" for _, _, there in rows)
    num_extra = sum(here == "-" for _, here, _ in rows)
    counts = (
        (num_missing, "missing"),
        (num_extra, "unknown"),
        (len(rows) - num_missing - num_extra, "of another shape"),
    )
    raise ModelFileError(
        "The weights in this file do not fit the model that it describes: "
        + ", ".join(f"{count} {what}" for count, what in counts if count)
        + ".",
        _table((("weights", "model", "file"), *rows)),
    )


def _table(rows: tuple[tuple[str, str, str], ...]) -> str:
    shown = rows[: _ROWS_SHOWN + 1]
    widths = [max(len(row[column]) for row in shown) for column in range(2)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in shown]
    if len(rows) > len(shown):
        lines.append(f"... and {len(rows) - len(shown):,} more")
    return "\n".join(lines)
