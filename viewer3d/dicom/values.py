"""Single values out of the attributes that were read; what is absent is None or an empty text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.dicom.attributes import Value
from viewer3d.dicom.frame import Activity, ModalityTable, Vector
from viewer3d.errors import BadFileError, WindowError
from viewer3d.window import Window

if TYPE_CHECKING:
    from pydicom import Dataset

Attributes = dict[str, Value]

LARGEST: Final = 1e6
"""mm: a kilometre. No patient is so large, and the squares and products of what is smaller stay finite."""


def text(attributes: Attributes, keyword: str) -> str:
    """Return the first value as text."""
    values = attributes.get(keyword)
    return str(values[0]) if values else ""


def number(attributes: Attributes, keyword: str) -> float | None:
    """Return the first value as a float; what is not finite was not read."""
    values = attributes.get(keyword)
    return float(values[0]) if values else None


def integer(attributes: Attributes, keyword: str) -> int | None:
    """Return the first value as an int."""
    values = attributes.get(keyword)
    return int(values[0]) if values else None


def numbers(attributes: Attributes, keyword: str, count: int) -> tuple[float, ...] | None:
    """Return all lengths or cosines, when there are as many as there must be and none is beyond :data:`LARGEST`."""
    values = attributes.get(keyword)
    if not values or len(values) != count:
        return None
    floats = tuple(map(float, values))
    return floats if max(floats) <= LARGEST and min(floats) >= -LARGEST else None


def vector(values: Any) -> Vector | None:
    """Return three numbers as a tuple of float."""
    if values is None:
        return None
    x, y, z = map(float, values)
    return x, y, z


def windows(centers: Sequence[Any] | None, widths: Sequence[Any] | None, function: str) -> tuple[Window, ...]:
    """Return the file's windows that PS3.3 C.11.2 allows, in their order."""
    pairs = zip(centers or (), widths or (), strict=False)
    return tuple(one for center, width in pairs if (one := _window(center, width, function)))


@lru_cache(maxsize=64)  # a series has one or two
def _window(center: float, width: float, function: str) -> Window | None:
    try:
        return Window(float(center), float(width), function or "LINEAR")  # type: ignore[arg-type]  # it checks the name
    except WindowError:
        return None


def activity(dataset: Dataset) -> Activity:
    """Read what makes uptake out of activity from the header of a PET image."""
    items = dataset.get("RadiopharmaceuticalInformationSequence")
    item = items[0] if items else {}
    scanned = _seconds(dataset.get("SeriesDate"), dataset.get("SeriesTime"))
    acquired = _seconds(dataset.get("AcquisitionDate"), dataset.get("AcquisitionTime"))
    moment = str(item.get("RadiopharmaceuticalStartDateTime") or "")
    # Without a date the injection was on the day of the scan; midnight between the two is seen to in units.
    injected = (
        _seconds(moment[:8], moment[8:])
        if moment
        else _seconds(dataset.get("SeriesDate"), item.get("RadiopharmaceuticalStartTime"))
    )
    return Activity(
        corrected=tuple(str(word) for word in _parts(dataset.get("CorrectedImage"))),
        decay=str(dataset.get("DecayCorrection") or ""),
        weight=_positive(dataset.get("PatientWeight")),
        dose=_positive(item.get("RadionuclideTotalDose")),
        half_life=_positive(item.get("RadionuclideHalfLife")),
        injected=injected,
        scanned=scanned,
        late=scanned is not None and acquired is not None and scanned > acquired,
    )


def _parts(value: Any) -> tuple[Any, ...]:
    return () if value in (None, "") else tuple(value) if hasattr(value, "insert") else (value,)


def _positive(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 < found < np.inf else None


def _seconds(date: Any, time: Any) -> float | None:
    """Return a DICOM date and time (PS3.5 6.2: YYYYMMDD, HHMMSS.FFFFFF) in seconds; zones are not looked at."""
    day, moment = str(date or ""), str(time or "").split("+")[0].split("-")[0]
    try:
        start = datetime.strptime(day, "%Y%m%d")
        whole, _, part = moment.partition(".")
        clock = datetime.strptime(whole, "%H%M%S")
        share = float(f"0.{part}") if part else 0.0
    except ValueError:
        return None
    return (start - datetime(1900, 1, 1)).total_seconds() + clock.hour * 3600 + clock.minute * 60 + clock.second + share


def modality_table(dataset: Dataset) -> ModalityTable | None:
    """Read the Modality LUT Sequence of a dataset or functional group (PS3.3 C.11.1.1)."""
    items = dataset.get("ModalityLUTSequence")
    if not items:
        return None
    item = items[0]
    count, first, bits = (int(v) for v in item.LUTDescriptor)
    count = count or 1 << 16  # PS3.3 C.11.1.1.1: 0 means 65,536
    raw = item.LUTData
    dtype = np.dtype("<u1" if bits <= 8 and isinstance(raw, bytes) and len(raw) < 2 * count else "<u2")
    entries = np.frombuffer(raw, dtype) if isinstance(raw, bytes) else np.atleast_1d(np.asarray(raw, np.uint16))
    if len(entries) < count:
        raise BadFileError(f"Modality LUT has {len(entries)} entries where its descriptor says {count}")
    return ModalityTable(first, entries[:count], str(item.get("ModalityLUTType", "")))
