"""Tables of curves, profiles and histograms, as CSV.

A table has a row a member, a point or a bin, and these columns, with the unit in the heads where there is one:

============  =================================================================================================
time curve    ``member`` from 1; ``time_s`` or what else parts the set; ``value_HU`` of a point, ``mean_HU``,
              ``sd_HU``, ``min_HU``, ``max_HU`` and ``count`` of a region; of several curves the name before each
profile       ``distance_mm``, ``x_LPS_mm``, ``y_LPS_mm``, ``z_LPS_mm``, and the values of each layer
histogram     ``from_HU`` and ``to_HU`` of each bin, and its ``count``
============  =================================================================================================

Numbers are in full and come back the same to the bit; what there is no number for is empty.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from viewer3d.core.files import write_whole
from viewer3d.measurements.plots.profile import LineProfile
from viewer3d.measurements.plots.time_curve import TimeCurve
from viewer3d.measurements.plots.value_histogram import ValueHistogram
from viewer3d.measurements.table import csv_cell, csv_path

Plotted = TimeCurve | LineProfile | ValueHistogram
"""What is plotted, and can be written as a table."""


def plot_csv(plotted: Plotted | Sequence[TimeCurve], delimiter: str = ",") -> str:
    """Return the table of a curve, profile or histogram as CSV, as it is written.

    Parameters
    ----------
    plotted : TimeCurve, LineProfile, ValueHistogram, or sequence of TimeCurve
        Several curves are of the same members, and stand side by side.
    delimiter : str
        Between cells: a comma, or a tab for the clipboard.
    """
    columns = _columns_of(plotted)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def save_plot(plotted: Plotted | Sequence[TimeCurve], path: str | os.PathLike[str]) -> Path:
    """Write the values of a curve, profile or histogram to a CSV file, completely or not at all.

    Parameters
    ----------
    plotted : TimeCurve, LineProfile, ValueHistogram, or sequence of TimeCurve
    path : path-like
        ``.csv``, see :mod:`viewer3d.measurements.plots.plot_table`; in UTF-8.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When its suffix is another, or it cannot be written there; no part of a file is left.
    """
    target = csv_path(path, "plots")
    text = plot_csv(plotted)
    return write_whole(target, lambda file: file.write(text.encode()))


def _columns_of(plotted: Plotted | Sequence[TimeCurve]) -> Mapping[str, NDArray[Any]]:
    if isinstance(plotted, TimeCurve | LineProfile | ValueHistogram):
        return plotted.columns
    if len(plotted) == 1:
        return plotted[0].columns
    table: dict[str, NDArray[Any]] = {}
    for number, curve in enumerate(plotted, 1):
        place, *values = list(curve.columns.items())[1:]
        table |= dict([("member", curve.columns["member"]), place])
        for name, column in values:
            head = f"{curve.of}_{name}".replace(" ", "_")
            table[head if head not in table else f"{head}_{number}"] = column
    return table


def _cell(value: Any) -> object:
    number = value.item()
    return "" if isinstance(number, float) and math.isnan(number) else number
