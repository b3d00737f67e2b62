"""Tables of measurements for spreadsheets, other programs and the clipboard.

A table has one row a measurement, with the same fields in JSON and CSV; what a kind does not have is left out of JSON
and empty in CSV:

=============================  ========================================================================================
``name``                       what a person called it; may be empty
``kind``                       ``distance``, ``angle``, ``ellipse``, ``rectangle``, ``probe``, ``freehand``,
                               ``polygon``, ``bidirectional``, ``arrow``, ``text`` or ``isocontour``
``length_mm``                  of a distance
``angle_degrees``              of an angle, at its second point
``area_mm2``                   of the shape of an ellipse, rectangle, freehand or polygon
``count``                      of the values in it
``mean``, ``sd``               of these values, in the unit (see :class:`viewer3d.measurements.results.Region`)
``min``, ``max``               of these values, in the unit
``value``                      of the voxel that a probe lies in, in the unit
``unit``                       of the volume's values; empty when the files do not say
``length_uncertainty_mm``, ...  half widths of the 95 % intervals of length, angle, area and mean, in full too:
                               ``angle_uncertainty_degrees``, ``area_uncertainty_mm2``, ``mean_uncertainty``
``points_mm``                  world points in mm: ends; arm, vertex and arm; opposite corners of the box; corners of an
                               outline; ends of the long axis and of the short one; tip and tail; a place
``right``                      world direction of the slice it was drawn on
``down``                       the other one, perpendicular to it
``layer``                      name of the layer with these values, if it is not the base
``perimeter_mm``               of a freehand or polygon
``long_mm``, ``short_mm``      the two diameters of a bidirectional, with ``long_uncertainty_mm`` and
                               ``short_uncertainty_mm``, and ``product_mm2``
``radius_mm``, ``volume_ml``   of an isocontour: its sphere's radius, and the volume of its voxels (of uptake the MTV),
                               with ``volume_uncertainty_ml``
``threshold``                  the lowest value of an isocontour, in the unit, with ``threshold_percent`` where it is a
                               part of the maximum
``peak``, ``tlg``              SUVpeak and total lesion glycolysis of an isocontour, where values are uptake
``leaks``                      true where an isocontour reaches the edge of its sphere, else left out
``outside``                    true where an end or a part of the shape lies outside of the volume, else left out
=============================  ========================================================================================

CSV has the columns from ``layer`` on only where a row has something in them.

JSON is ``{"version": 1, "coordinates": "LPS mm", "measurements": [row, ...]}``, points as lists of three numbers and
what there is no number for as null. CSV has a line of the names above, but ``points_LPS_mm``, ``right_LPS`` and
``down_LPS``, and writes points as ``x y z; x y z``; numbers are in full and come back the same to the bit. Where RAS is
asked for it stands in the place of LPS.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from viewer3d.core.files import check_folder, write_whole
from viewer3d.core.geometry import Space, check_space, place_in
from viewer3d.core.text import printable
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.measurements.image_results import ImageResult
from viewer3d.measurements.results import measure
from viewer3d.measurements.values import (
    Angle,
    Bidirectional,
    Isocontour,
    Length,
    MeasurementResult,
    ProbeValue,
    Region,
    Remark,
    VolumeResult,
)

TABLE_VERSION = 1
"""Of the JSON's form."""

TABLE_COLUMNS = (
    *("name", "kind", "length_mm", "angle_degrees", "area_mm2", "count", "mean", "sd", "min", "max", "value", "unit"),
    *("length_uncertainty_mm", "angle_uncertainty_degrees", "area_uncertainty_mm2", "mean_uncertainty"),
    *("points_mm", "right", "down"),
)
"""Fields of a row, in the order of the CSV's columns."""

FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the beginning of a formula, the wide forms included: an apostrophe makes it text."""

LAYER_COLUMN: Final = "layer"
"""The field of a row whose values are not those of the base."""

OUTSIDE_COLUMN: Final = "outside"
"""The field of a row that reaches outside of the volume."""

RARE_COLUMNS: Final = (
    *(LAYER_COLUMN, "perimeter_mm", "long_mm", "short_mm", "long_uncertainty_mm", "short_uncertainty_mm"),
    *(
        "product_mm2",
        "radius_mm",
        "volume_ml",
        "volume_uncertainty_ml",
        "threshold",
        "threshold_percent",
        "peak",
        "tlg",
    ),
    *("leaks", OUTSIDE_COLUMN),
)
"""Fields that few rows have: the CSV has their columns only where one does."""

PIXELS: Final = "points_pixels"
"""The field of a row on an image in no space, instead of places and directions: column, row and frame, from 0.
Its lengths are in the unit of the image: ``length_px`` where nobody measured mm."""

TableRow = dict[str, Any]


def table_row(measurement: Measurement, result: MeasurementResult, layer: str = "") -> TableRow:
    """Return the row of one measurement: the fields that its kind has, in order.

    Parameters
    ----------
    measurement : Measurement
    result : MeasurementResult
    layer : str
        Name of the layer whose values were measured, where it is not the base.
    """
    if isinstance(result, ImageResult):
        return result.row(table_row(measurement, result.result, layer))
    has_values = isinstance(result, Region | ProbeValue | Isocontour)
    return {
        "name": measurement.name,
        "kind": measurement.kind,
        **_numbers(result),
        "points_mm": measurement.points,
        "right": measurement.right,
        "down": measurement.down,
        **({LAYER_COLUMN: layer} if layer and has_values else {}),
        **_rare_numbers(result),
        **({OUTSIDE_COLUMN: True} if result.outside else {}),
    }


def _numbers(result: VolumeResult) -> TableRow:
    if isinstance(result, Length):
        return {"length_mm": result.length, "length_uncertainty_mm": result.uncertainty}
    if isinstance(result, Angle):
        return {"angle_degrees": result.angle, "angle_uncertainty_degrees": result.uncertainty}
    if isinstance(result, Remark | Bidirectional):
        return {}
    if isinstance(result, Isocontour):
        statistics = {"mean": result.mean, "sd": result.sd, "min": result.minimum, "max": result.maximum}
        return {"count": result.count, **statistics, "unit": result.unit, "mean_uncertainty": result.mean_uncertainty}
    if not isinstance(result, Region):
        return {"value": result.value, "unit": result.unit}
    statistics = {"mean": result.mean, "sd": result.sd, "min": result.minimum, "max": result.maximum}
    known = {"area_uncertainty_mm2": result.area_uncertainty, "mean_uncertainty": result.mean_uncertainty}
    return {"area_mm2": result.area, "count": result.count, **statistics, "unit": result.unit, **known}


def _rare_numbers(result: VolumeResult) -> TableRow:
    if isinstance(result, Bidirectional):
        known = {"long_uncertainty_mm": result.long_uncertainty, "short_uncertainty_mm": result.short_uncertainty}
        return {"long_mm": result.long, "short_mm": result.short, **known, "product_mm2": result.product}
    if isinstance(result, Isocontour):
        rule = {"threshold_percent": result.rule.value} if result.rule.of_maximum else {}
        uptake = {"peak": result.peak, "tlg": result.tlg} if result.is_uptake else {}
        size = {"radius_mm": result.radius, "volume_ml": result.ml, "volume_uncertainty_ml": result.ml_uncertainty}
        return {**size, "threshold": result.threshold, **rule, **uptake, **({"leaks": True} if result.leaks else {})}
    return {"perimeter_mm": result.perimeter} if isinstance(result, Region) and result.perimeter is not None else {}


def to_json(rows: Iterable[TableRow], *, space: Space = "LPS") -> str:
    """Write rows, whose places are in LPS, as JSON with their places in a space."""
    told = [_row_in(row, space) for row in rows]
    where = "pixels" if any(PIXELS in row for row in told) else f"{space} mm"
    table = {"version": TABLE_VERSION, "coordinates": where, "measurements": told}
    return json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(rows: Iterable[TableRow], delimiter: str = ",", *, space: Space = "LPS") -> str:
    """Write rows as CSV (RFC 4180), or with a tab between as spreadsheets take it from the clipboard.

    The rows have their places in LPS, what is written has them in the space.
    """
    text = io.StringIO()
    listed = [_row_in(row, space) for row in rows]
    columns: tuple[str, ...] = (*TABLE_COLUMNS, *(name for name in RARE_COLUMNS if any(name in row for row in listed)))
    if any(PIXELS in row for row in listed):  # of an image: no columns of mm
        columns = tuple(dict.fromkeys(name for row in listed for name in row))
    writer = csv.DictWriter(text, columns, delimiter=delimiter)
    heads = {"points_mm": f"points_{space}_mm", "right": f"right_{space}", "down": f"down_{space}"}
    writer.writerow({name: heads.get(name, name) for name in columns})
    told = {True: "true", False: "false"}
    writer.writerows(
        {name: told[value] if isinstance(value, bool) else csv_cell(value) for name, value in row.items()}
        for row in listed
    )
    return text.getvalue()


def _row_in(row: TableRow, space: Space) -> TableRow:
    if PIXELS in row:
        return row
    places = {name: place_in(row[name], space) for name in ("right", "down")}
    return {**row, "points_mm": tuple(place_in(one, space) for one in row["points_mm"]), **places}


def csv_path(path: str | os.PathLike[str], what: str) -> Path:
    """Return the path of a table that is written as CSV alone, in a folder that is there.

    Parameters
    ----------
    path : path-like
    what : str
        What the table is of, in the plural.

    Raises
    ------
    OutputError
        When its suffix is another, or there is no such folder.
    """
    target = check_folder(path)
    if target.suffix.lower() != ".csv":
        raise OutputError(f"{target}: {what} are not saved with the suffix {target.suffix!r}: give .csv")
    return target


def csv_cell(value: object) -> object:
    """Return a value as a cell: no text is a formula there, and points are one text."""
    if isinstance(value, str):
        text = printable(value)
        return f"'{text}" if text.lstrip().startswith(FORMULA) else text
    if not isinstance(value, tuple):
        return value
    points = value if isinstance(value[0], tuple) else (value,)
    return "; ".join(" ".join(str(float(number)) for number in point) for point in points)


def save_measurements(
    volume: Volume,
    measurements: Sequence[Measurement],
    path: str | os.PathLike[str],
    *,
    layer: str = "",
    space: Space = "LPS",
) -> Path:
    """Write measurements and their numbers to a file, completely or not at all.

    Parameters
    ----------
    volume : Volume
        The one they were drawn on, or another in its world.
    measurements : sequence of Measurement
        Such as ``state.measurements``.
    path : path-like
        ``.json`` or ``.csv``, see :mod:`viewer3d.measurements.table`; in UTF-8.
    layer : str
        Name of the layer that the volume is, where it is not the base.
    space : {"LPS", "RAS"}
        In which coordinates the places are written; the table says which.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When its suffix is neither or it cannot be written there; no part of a file is left.
    ViewError
        When there is no such space.
    """
    told = check_space(space)
    target = check_folder(path)
    text = measurements_text(volume, measurements, target, layer=layer, space=told)
    return write_whole(target, lambda file: file.write(text.encode()))


def measurements_text(
    volume: Volume, measurements: Sequence[Measurement], target: Path, *, layer: str = "", space: Space = "LPS"
) -> str:
    """Return the table of measurements that a file of a name holds.

    Raises
    ------
    OutputError
        When its suffix is none of a table.
    """
    forms: dict[str, Callable[..., str]] = {".json": to_json, ".csv": to_csv}
    if target.suffix.lower() not in forms:
        also = ": viewer3d.save writes DICOM" if target.suffix.lower() == ".dcm" else ""
        raise OutputError(
            f"{target}: measurements are not saved with the suffix {target.suffix!r}: give .json or .csv{also}"
        )
    rows = [table_row(one, measure(volume, one), layer) for one in measurements]
    return forms[target.suffix.lower()](rows, space=space)
