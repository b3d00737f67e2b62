"""Tables of dose-volume histograms: their numbers as rows, and as CSV.

A table has one row a region:

============================================  =====================================================================
``region``, ``name``                          its number in the structure set or segmentation, and its name
``ml``                                        volume of the whole region
``covered_percent``                           what of it lies in the dose grid; all that follows is of that part
``unit``                                      of doses: ``Gy``, ``relative``
``mean``, ``min``, ``max``                    doses
``d2``, ``d50``, ``d95``, ``d98``             doses that 2, 50, 95 and 98 % of the volume have at least
``v20gy_percent``                             percent of the volume with at least 20 Gy; empty of a relative dose
``prescribed_gy``, ``v95_percent``            the prescribed dose, and percent of the volume with at least 95 % of it
============================================  =====================================================================

Numbers are in full and come back the same to the bit.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from viewer3d.core.files import write_whole
from viewer3d.measurements.dose_volume import DoseVolumeHistograms, RegionDose
from viewer3d.measurements.table import TableRow, csv_cell, csv_path


def dose_row(one: RegionDose) -> TableRow:
    """Return the row of one region, see :mod:`viewer3d.measurements.dose_table`."""
    prescribed = one.prescribed is not None
    return {
        "region": one.number,
        "name": one.name,
        "ml": one.ml,
        "covered_percent": 100 * one.covered,
        "unit": one.unit,
        "mean": one.mean,
        "min": one.min,
        "max": one.max,
        **{name: getattr(one, name) for name in ("d2", "d50", "d95", "d98")},
        "v20gy_percent": one.v20gy,
        "prescribed_gy": one.prescribed,
        "v95_percent": one.volume_at("95%") if prescribed else None,
    }


def save_dvh(histograms: DoseVolumeHistograms, path: str | os.PathLike[str]) -> Path:
    """Write the numbers of dose-volume histograms to a CSV file, completely or not at all.

    Parameters
    ----------
    histograms : DoseVolumeHistograms
    path : path-like
        ``.csv``, see :mod:`viewer3d.measurements.dose_table`; in UTF-8.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When its suffix is another, or it cannot be written there; no part of a file is left.
    """
    target = csv_path(path, "histograms")
    rows = [dose_row(one) for one in histograms.regions]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    return write_whole(target, lambda file: file.write(text.getvalue().encode()))
