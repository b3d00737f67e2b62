"""What the segments and structures over a volume measure, and tables of it as JSON and CSV.

A table has one row a segment or region of interest, with the same fields in JSON and CSV:

====================================  ==============================================================================
``overlay``                           what the segmentation or structure set is called
``number``, ``name``                  of the segment or region of interest
``voxels``, ``ml``                    of its own grid; of contours those of their mask on the volume's grid
``occupied_ml``                       of fractions of occupancy their sum; where there are such
``polygon_ml``                        of contours the exact area of polygons times the step; where there are contours
``centroid_x_LPS_mm``, ``_y_``, ...   mean of the voxels' centres, in the world of the volume
``count``                             voxels of the volume whose values were taken
``mean``, ``sd``, ``min``, ``max``    of these values
``p5``, ``p25``, ``p50``, ``p75``,    percentiles
``p95``
``suv_peak``, ``suv_peak_x_LPS_mm``   of PET in SUV, and where it is
``mtv_ml``, ``tlg``                   of PET in SUV: metabolic tumour volume, and total lesion glycolysis
``ml_uncertainty``,                   half widths of 95 % intervals of ``ml`` and ``mean``
``mean_uncertainty``
====================================  ==============================================================================

In CSV the unit of the values is in the heads: ``mean_HU``, ``max_SUVbw``, ``tlg_SUVbw_ml``; in JSON it is named once,
as ``coordinates`` are, and places are lists of three numbers. Where RAS is asked for it stands in the place of LPS.
What there is no number for is empty in CSV and null in JSON. Numbers are in full and come back the same to the bit.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from viewer3d.core.files import check_folder, write_whole
from viewer3d.core.geometry import Space, check_space, place_in
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.regions import PlacedRegions, region_numbers
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError, ViewError
from viewer3d.measurements.segments import PERCENTILES, SegmentStatistics, measure_placed
from viewer3d.measurements.table import TABLE_VERSION, TableRow, csv_cell


def measure_regions(volume: AnyVolume, overlays: Overlays) -> tuple[SegmentStatistics, ...]:
    """Measure the segments and structures that lie over a volume.

    Parameters
    ----------
    volume : Volume or what :func:`viewer3d.load` takes
        Whose values are measured.
    overlays : sequence of Layer or data
        Segmentations, structure sets, or paths of them; one may be given without a list. Of one whose look names
        ``segments`` these are measured, in the order of the file.

    Returns
    -------
    tuple of SegmentStatistics
        Places are in the world of the volume (LPS, mm), also where an overlay was placed by a transform. ``ml`` of a
        region of interest of which there is no mask is NaN, and a note says why.

    Raises
    ------
    ViewError
        When an overlay is an image, is of another frame of reference with nothing that says how it lies, or has no such
        segment.

    Examples
    --------
    >>> import numpy as np
    >>> from viewer3d.core.segmentation import Segmentation
    >>> ct = Volume.from_array(np.arange(8).reshape(2, 2, 2), np.diag([10, 10, 10, 1]), unit="HU")
    >>> liver = Segmentation.from_array(ct.voxels > 5, ct.affine, names=["Liver"])
    >>> [(one.name, one.ml, one.mean) for one in measure_regions(ct, liver)]
    [('Liver', 2.0, 6.5)]
    """
    base = as_volume(volume)
    placed = place_layers(base, overlays)
    for layer in placed.layers[1:]:
        raise ViewError(f"{layer.name}: has values and no segments: give segmentations and structure sets alone")
    return tuple(one for regions in placed.regions for one in measure_placed_regions(base, regions))


def measure_placed_regions(volume: Volume, placed: PlacedRegions) -> Iterator[SegmentStatistics]:
    """Yield what the regions of an overlay measure, those alone that its look names.

    Raises
    ------
    ViewError
        When there is none of such a name or number; lists those that there are.
    """
    wanted = placed.look.get("segments")
    numbers = None if wanted is None else region_numbers(placed, wanted)
    segmentation, structures = placed.segmentation, placed.structures
    for region, segment in zip(placed.regions, segmentation.segments, strict=True):
        if numbers is not None and region.number not in numbers:
            continue
        found = replace(measure_placed(segmentation, segment, volume), number=region.number)
        polygon_ml, notes, of_mask = None, found.notes, list[Note]()
        if structures is not None:
            own = structures.measure(region.number, volume.geometry)
            of_masks = [note for note in segmentation.notes if note not in structures.notes]
            of_mask = [note for note in of_masks if note.startswith((f"{region.name}:", f"{region.name} "))]
            polygon_ml, notes = own.ml, (*found.notes, *dict.fromkeys((*of_mask, *own.notes)))
        elif placed.meshes is not None:
            of_mask = [note for note in segmentation.notes if note.startswith(f"{region.name} ")]
            polygon_ml, notes = placed.ml(region.number), (*found.notes, *of_mask)
        if any(note.startswith(f"{region.name} has no mask:") for note in of_mask):
            found = replace(found, ml=math.nan, voxels=0, ml_uncertainty=None)
        yield replace(found, overlay=placed.name, polygon_ml=polygon_ml, notes=notes)


def statistics_rows(statistics: Sequence[SegmentStatistics]) -> list[TableRow]:
    """Return the rows of a table, all with the same fields; see :mod:`viewer3d.measurements.region_table`."""
    in_suv = any(one.unit.startswith("SUV") for one in statistics)
    more = {name for name in ("occupied_ml", "polygon_ml") if any(getattr(one, name) is not None for one in statistics)}
    return [_row(one, more, in_suv=in_suv) for one in statistics]


def _row(one: SegmentStatistics, more: set[str], *, in_suv: bool) -> TableRow:
    row: TableRow = {"overlay": one.overlay, "number": one.number, "name": one.name, "voxels": one.voxels, "ml": one.ml}
    row |= {name: getattr(one, name) for name in ("occupied_ml", "polygon_ml") if name in more}
    row |= {"centroid": one.centroid, "count": one.count}
    row |= {name: getattr(one, name) for name in ("mean", "sd", "min", "max")}
    row |= {f"p{percent}": one.percentiles.get(percent) for percent in PERCENTILES}
    if in_suv:
        row |= {"suv_peak": one.suv_peak, "suv_peak_at": one.suv_peak_at, "mtv": one.mtv, "tlg": one.tlg}
    row |= {"ml_uncertainty": one.ml_uncertainty, "mean_uncertainty": one.mean_uncertainty}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


def statistics_json(statistics: Sequence[SegmentStatistics], *, space: Space = "LPS") -> str:
    """Write statistics as JSON, with their places in a space.

    It is ``{"version": 1, "coordinates": "LPS mm", "unit": "HU", "segments": [row, ...]}``.

    Raises
    ------
    OutputError
        When they are in several units.
    """
    table = {"version": TABLE_VERSION, "coordinates": f"{space} mm", "unit": _unit_of(statistics)}
    rows = [_row_in(row, space) for row in statistics_rows(statistics)]
    return json.dumps({**table, "segments": rows}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def statistics_csv(statistics: Sequence[SegmentStatistics], *, space: Space = "LPS") -> str:
    """Write statistics as CSV (RFC 4180), with the unit and the space of places in the heads.

    Raises
    ------
    OutputError
        When they are in several units.
    """
    unit = _unit_of(statistics)
    rows = [_flat(_row_in(row, space), unit, space) for row in statistics_rows(statistics)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["overlay", "number", "name", "voxels", "ml"])
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


_OF_VALUES = ("mean", "sd", "min", "max", *(f"p{percent}" for percent in PERCENTILES), "suv_peak", "mean_uncertainty")


_PLACES = ("centroid", "suv_peak_at")


def _row_in(row: TableRow, space: Space) -> TableRow:
    return {name: place_in(one, space) if name in _PLACES and one is not None else one for name, one in row.items()}


def _flat(row: TableRow, unit: str, space: Space) -> TableRow:
    """Return a row with a field for each coordinate, and the unit and the space in the names."""
    flat: TableRow = {}
    for name, value in row.items():
        if name in _PLACES:
            point, what = (None,) * 3 if value is None else value, name.removesuffix("_at")
            flat |= {f"{what}_{axis}_{space}_mm": mm for axis, mm in zip("xyz", point, strict=True)}
        elif name in _OF_VALUES and unit:
            flat[f"{name}_{unit}"] = value
        else:
            flat[{"mtv": "mtv_ml", "tlg": f"tlg_{unit}_ml"}.get(name, name)] = value
    return flat


def _unit_of(statistics: Sequence[SegmentStatistics]) -> str:
    units = dict.fromkeys(one.unit for one in statistics)
    if len(units) > 1:
        raise OutputError(f"statistics in {' and '.join(map(repr, units))} make no table: give those of one volume")
    return next(iter(units), "")


def save_statistics(
    statistics: Sequence[SegmentStatistics], path: str | os.PathLike[str], *, space: Space = "LPS"
) -> Path:
    """Write what segments and structures measure to a file, completely or not at all.

    Parameters
    ----------
    statistics : sequence of SegmentStatistics
        From :func:`viewer3d.measure_regions`, of one volume.
    path : path-like
        ``.json`` or ``.csv``, see :mod:`viewer3d.measurements.region_table`; in UTF-8.
    space : {"LPS", "RAS"}
        In which coordinates the places are written; the table says which.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When its suffix is neither, they are in several units, or it cannot be written there; no part of a file is left.
    ViewError
        When there is no such space.
    """
    told, target = check_space(space), check_table(path)
    text = statistics_text(statistics, target, space=told)
    return write_whole(target, lambda file: file.write(text.encode()))


def statistics_text(statistics: Sequence[SegmentStatistics], target: Path, *, space: Space = "LPS") -> str:
    """Return the table of statistics that a file of a name holds, JSON or CSV.

    Raises
    ------
    OutputError
        When they are in several units.
    """
    return (statistics_json if target.suffix.lower() == ".json" else statistics_csv)(statistics, space=space)


def check_table(path: str | os.PathLike[str]) -> Path:
    """Return the path of a table, if it can be written there.

    Raises
    ------
    OutputError
        When its folder is not there, or its suffix is none of a table.
    """
    target = check_folder(path)
    if target.suffix.lower() not in (".json", ".csv"):
        raise OutputError(f"{target}: statistics are not saved with the suffix {target.suffix!r}: give .json or .csv")
    return target
