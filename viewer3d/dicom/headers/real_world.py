"""Read Real World Value Mappings of parametric maps: units of stored values, PS3.3 C.7.6.16.2.11."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.text import one_line
from viewer3d.core.window import Window
from viewer3d.dicom.headers.frame import Frame, ModalityTable, RealWorldMapping
from viewer3d.dicom.headers.values import all_values

if TYPE_CHECKING:
    from pydicom import Dataset

PARAMETRIC_MAP: Final = "1.2.840.10008.5.1.4.1.1.30"
"""SOP Class: Parametric Map Storage (PS3.4 B.5)."""

REAL_SLOPE: Final = "Real World Value Slope (0040,9225)"
REAL_INTERCEPT: Final = "Real World Value Intercept (0040,9224)"

QUANTITY: Final = "RealWorldQuantity"
"""The key of a frame's quantity among its dimension values: maps of two quantities may share one file."""

_UNITS: Final = {
    "1": "",
    "[hnsf'U]": "HU",
    "Bq/mL": "Bq/ml",
    "{SUVbw}g/ml": "SUVbw",
    "{SUVlbm}g/ml": "SUVlbm",
    "{SUVbsa}cm2/ml": "SUVbsa",
    "{SUVibw}g/ml": "SUVibw",
    "Gy": "Gy",
}
"""UCUM codes of Measurement Units (PS3.16 CID 84 and 7181) to the names that units have here; others stay codes."""

_QUANTITIES: Final = ("246205007", "G-C1C6")
"""SNOMED CT and SRT codes of the concept name Quantity (PS3.16 TID 9002)."""


def mapped(frame: Frame, items: Iterable[Dataset]) -> Frame:
    """Return a frame of a parametric map in real world units, by its first mapping that can be used.

    Its windows, which are of the values before that mapping (PS3.3 C.11.2.1.2), are carried over.

    Parameters
    ----------
    frame : Frame
        As its Pixel Value Transformation has it.
    items : iterable of Dataset
        Real World Value Mapping Sequence (0040,9096).
    """
    found = [mapping for item in items if (mapping := _mapping(item, frame)) is not None]
    if not found:
        return frame
    first = found[0]
    windows: tuple[Window, ...] = ()
    factor = first.slope / frame.slope
    if first.table is None and frame.table is None and factor > 0:
        offset = first.intercept - frame.intercept * factor
        same = factor == 1 and offset == 0
        windows = frame.windows if same else tuple(one.scaled(factor, offset) for one in frame.windows)
    dimension: dict[str, str | float] = {QUANTITY: first.name} if first.name else {}
    return replace(
        frame,
        slope=first.slope,
        intercept=first.intercept,
        rescaled=True,
        table=first.table,
        declared_unit=first.unit,
        windows=windows,
        scaled_by=() if first.table is not None else (REAL_SLOPE, REAL_INTERCEPT),
        flaw="",
        mappings=tuple(found),
        dimension_values=frame.dimension_values | dimension,
    )


def other_mappings(frames: Sequence[Frame]) -> dict[str, tuple[float, float]]:
    """Return how values come into the units of mappings not taken, where these go for all frames.

    Returns
    -------
    dict of str to (float, float)
        By unit: by what values are multiplied and what is added then. In the order of the file; without those that have
        no unit or share one.
    """
    mappings = frames[0].mappings
    if len(mappings) < 2 or len({frame.mappings for frame in frames}) > 1 or mappings[0].table is not None:
        return {}
    first, found = mappings[0], dict[str, tuple[float, float]]()
    for one in mappings[1:]:
        if one.table is None and one.slope / first.slope > 0 and one.unit not in ("", first.unit, *found):
            factor = one.slope / first.slope
            found[one.unit] = factor, one.intercept - first.intercept * factor
    return found


def _mapping(item: Dataset, frame: Frame) -> RealWorldMapping | None:
    """Return the mapping of an item; None where it lacks what a mapping needs."""
    unit, meaning = _unit(item)
    label = _text(item, "LUTLabel")
    quantity = _quantity(item)
    table = _table(item) if frame.stored.keyword == "PixelData" else None
    slope, intercept = _number(item, "RealWorldValueSlope"), _number(item, "RealWorldValueIntercept")
    if table is not None:
        return RealWorldMapping(label, quantity, unit, meaning, 1.0, 0.0, table)
    if slope is None or intercept is None or slope == 0:
        return None
    return RealWorldMapping(label, quantity, unit, meaning, slope, intercept, ends=_ends(item))


def _ends(item: Dataset) -> tuple[float, float] | None:
    """Return the lowest and the highest stored value that a mapping is for."""
    for prefix in ("DoubleFloatRealWorldValue", "RealWorldValue"):
        first, last = _number(item, f"{prefix}FirstValueMapped"), _number(item, f"{prefix}LastValueMapped")
        if first is not None and last is not None:
            return min(first, last), max(first, last)
    return None


def _unit(item: Dataset) -> tuple[str, str]:
    """Return the unit of a mapping, and how its code spells it."""
    codes = item.get("MeasurementUnitsCodeSequence")
    if not codes:
        return "", ""
    code, meaning = _text(codes[0], "CodeValue"), _text(codes[0], "CodeMeaning")
    if _text(codes[0], "CodingSchemeDesignator").upper() != "UCUM":
        return meaning or code, meaning or code
    return _UNITS.get(code, code), code if code == meaning or not meaning else f"{code}, {meaning}"


def _quantity(item: Dataset) -> str:
    """Return the name of the quantity: the first concept of its definition (PS3.16 TID 9002)."""
    for one in item.get("QuantityDefinitionSequence") or ():
        name, concept = one.get("ConceptNameCodeSequence"), one.get("ConceptCodeSequence")
        if concept and (not name or _text(name[0], "CodeValue") in _QUANTITIES):
            return _text(concept[0], "CodeMeaning")
    return ""


def _table(item: Dataset) -> ModalityTable | None:
    data, first = item.get("RealWorldValueLUTData"), _number(item, "RealWorldValueFirstValueMapped")
    if data is None or first is None:
        return None
    entries = np.array([float(one) for one in all_values(data)])
    return ModalityTable(int(first), entries, "") if entries.size and np.isfinite(entries).all() else None


def _number(item: Dataset, keyword: str) -> float | None:
    value: Any = item.get(keyword)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _text(item: Dataset, keyword: str) -> str:
    return one_line(str(item.get(keyword) or "")).strip()
