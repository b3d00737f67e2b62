"""Tables of compared segmentations over many cases, as CSV.

A table has one row a case and segment:

=====================================================  =========================================================
``case``                                               what the case is called
``segment``                                            name of the segment
``prediction``, ``truth``                              its number in each; empty where it is not there
``dice``, ``jaccard``                                  0 to 1
``surface_dice_1mm``, ...                              0 to 1, a column a tolerance
``hausdorff_95_mm``, ``hausdorff_mm``                  of the surfaces
``mean_distance_mm``                                   over both surfaces
``mean_to_truth_mm``, ``mean_to_prediction_mm``        from one surface to the other
``prediction_ml``, ``truth_ml``                        volumes
``difference_ml``, ``difference_percent``              the prediction less the truth, and that of the truth's volume
=====================================================  =========================================================

Numbers are in full and come back the same to the bit. What is infinite is ``inf``, what there is no number for is
empty: pandas, R and NumPy read both as they are meant.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from pathlib import Path

from viewer3d.core.files import write_whole
from viewer3d.errors import OutputError
from viewer3d.measurements.overlap import SegmentationComparison, SegmentComparison
from viewer3d.measurements.table import TableRow, csv_cell, csv_path


def comparison_rows(case: str, comparison: SegmentationComparison) -> list[TableRow]:
    """Return the rows of one case, see :mod:`viewer3d.measurements.comparison_table`."""
    return [{"case": case, **_row(one)} for one in comparison.segments]


def _row(one: SegmentComparison) -> TableRow:
    return {
        "segment": one.name,
        "prediction": one.prediction,
        "truth": one.truth,
        "dice": one.dice,
        "jaccard": one.jaccard,
        **{f"surface_dice_{mm:g}mm": share for mm, share in one.surface_dice.items()},
        "hausdorff_95_mm": one.hausdorff_95,
        "hausdorff_mm": one.hausdorff,
        "mean_distance_mm": one.mean_distance,
        "mean_to_truth_mm": one.mean_to_truth,
        "mean_to_prediction_mm": one.mean_to_prediction,
        "prediction_ml": one.prediction_ml,
        "truth_ml": one.truth_ml,
        "difference_ml": one.difference_ml,
        "difference_percent": one.difference_percent,
    }


def save_comparisons(comparisons: Mapping[str, SegmentationComparison], path: str | os.PathLike[str]) -> Path:
    """Write compared segmentations of one case or many to a CSV file, completely or not at all.

    Parameters
    ----------
    comparisons : mapping of str to SegmentationComparison
        By the name of the case, all with the same tolerances.
    path : path-like
        ``.csv``, see :mod:`viewer3d.measurements.comparison_table`; in UTF-8.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When its suffix is another, cases have other tolerances, or it cannot be written there; no part of a file is
        left.
    """
    target = csv_path(path, "comparisons")
    rows = [row for case, comparison in comparisons.items() for row in comparison_rows(case, comparison)]
    columns = list(rows[0]) if rows else ["case", "segment"]
    for row in rows:
        if list(row) != columns:
            raise OutputError(f"{row['case']} was compared at other tolerances than {rows[0]['case']}: give the same")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return write_whole(target, lambda file: file.write(text.getvalue().encode()))


def _cell(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else csv_cell(value)
